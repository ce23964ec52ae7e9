"""``contract people``, ``confidential``, ``hand-over``: who has to do with a contract, and to whom it is open."""

from __future__ import annotations

import click

from app.cli.contract_common import Desk, acting_option, at_desk, number_argument
from app.services.access import actor_with_login
from app.services.confidentiality import change_owner, read_people, set_confidentiality
from app.services.stage_mails import Post
from app.wiring import now


@click.command("people", short_help="负责人与可以查看的人")
@number_argument
@acting_option
def people(number: str, login: str) -> None:
    """显示合同的负责人；保密合同还显示可以查看的人。"""
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        found = read_people(uow, desk.actor, desk.contract_id)
    click.echo(f"负责人：{found.owner_name or '—'}")
    if found.closure.confidential:
        click.echo(f"保密，除负责人外只对以下人员开放：{'、'.join(p.name for p in found.readers) or '无'}")
    else:
        click.echo("不保密：有阅读合同的角色即可查看。")


@click.command("confidential", short_help="设为保密或者取消")
@number_argument
@click.option("--on/--off", "closed", required=True, help="设为保密，或者取消保密。")
@click.option("--reader", "readers", multiple=True, metavar="登录名", help="可以查看的人，可重复；取代原有名单。")
@acting_option
def confidential(number: str, login: str, readers: tuple[str, ...], *, closed: bool) -> None:
    """把合同设为只有负责人和指定人员可以看到，或者取消。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        named = frozenset(actor_with_login(uow, reader).id for reader in readers)
        set_confidentiality(uow, desk.actor, now(), desk.contract_id, confidential=closed, readers=named)
    click.echo("已设为保密。" if closed else "已取消保密。")


@click.command("hand-over", short_help="移交给他人")
@number_argument
@click.option("--to", "to", required=True, metavar="登录名", help="新的负责人。")
@acting_option
def hand_over(number: str, login: str, to: str) -> None:
    """把合同移交给另一位负责人，并邮件告知。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        change_owner(uow, desk.actor, now(), desk.contract_id, actor_with_login(uow, to).id, post=overview_post(desk))
    click.echo("已移交。")


def overview_post(desk: Desk) -> Post:
    """Mails that lead to the overview of a contract."""
    base = desk.wiring.settings.base_url
    return Post(desk.wiring.write_mail, lambda found: f"{base}/contracts/{found}/")
