"""``outbox``: mails that wait, failed, or were kept for lack of a mail server."""

from __future__ import annotations

import click

from app.cli.common import settings
from app.cli.contract_common import acting_option
from app.domain.errors import ContractError
from app.domain.permissions import Actor
from app.services.access import actor_with_login
from app.services.outbox_reading import STATES, list_outbox, read_message, retry_message
from app.wiring import Wiring, now

_STATE_WORDS = {"waiting": "待投递", "failed": "投递失败", "local": "存于本地", "sent": "已发送"}
message_argument = click.argument("message", metavar="邮件")


@click.group(short_help="发件箱：列出、阅读、重新投递")
def outbox() -> None:
    """系统发出的邮件；限系统管理员。"""


@outbox.command("list", short_help="列出邮件")
@click.option("--state", type=click.Choice(STATES), help="只列一种状态。")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="至多几封。")
@acting_option
def list_(state: str | None, limit: int, login: str) -> None:
    """列出邮件，新的在前；方括号内为标识。"""
    with Wiring(settings()).reading() as uow:
        page = list_outbox(uow, actor_with_login(uow, login), state or "", limit=limit)
    for line in page.lines:
        subject = "（保密合同的邮件）" if line.closed else line.subject
        problem = f"\t{line.problem}" if line.problem else ""
        click.echo(f"[{line.id[:8]}]\t{_STATE_WORDS.get(line.state, line.state)}\t{line.recipient}\t{subject}{problem}")
    click.echo("；".join(f"{_STATE_WORDS.get(s, s)} {n}" for s, n in page.counts.items()), err=True)


@outbox.command("show", short_help="阅读邮件")
@message_argument
@acting_option
def show(message: str, login: str) -> None:
    """显示一封邮件；其中的一次性链接不予显示。"""
    wiring = Wiring(settings())
    with wiring.reading() as uow:
        actor = actor_with_login(uow, login)
        found = read_message(uow, actor, _named(wiring, actor, message))
    click.echo(f"{found.line.recipient}　{found.line.subject}\n\n{found.text}")


@outbox.command("retry", short_help="重新投递")
@message_argument
@acting_option
def retry(message: str, login: str) -> None:
    """把投递失败或者存于本地的邮件重新投递。"""
    wiring = Wiring(settings())
    with wiring.reading() as uow:
        actor = actor_with_login(uow, login)
    found = _named(wiring, actor, message)
    with wiring.unit_of_work() as uow:
        retry_message(uow, actor, now(), found)
    click.echo("将在下一次投递时发出。")


def _named(wiring: Wiring, actor: Actor, prefix: str) -> str:
    with wiring.reading() as uow:
        found = [x.id for x in list_outbox(uow, actor, limit=10_000).lines if x.id.startswith(prefix.lower())]
    if len(found) != 1:
        raise ContractError("outbox.missing", f"{'没有' if not found else '不止一封'}以“{prefix[:40]}”开头的邮件。")
    return found[0]
