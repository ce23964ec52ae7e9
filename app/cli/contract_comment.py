"""``contract comment``: comments on a contract's text."""

from __future__ import annotations

from pathlib import Path

import click

from app.cli.contract_common import Desk, TextChoice, acting_option, at_desk, number_argument
from app.cli.files import write_all
from app.domain.comments import WHOLE, Audience, CommentRefused, Standing, places, visible
from app.services.comment_mails import Post
from app.services.commented_document import make_commented, share_comments
from app.services.commenting import Filter, Thread, list_threads, open_thread, reopen, reply, resolve, set_audience
from app.services.texts import ContractText, current_ordinal, label_of, load_text
from app.wiring import now, today

thread_argument = click.argument("thread", metavar="批注")
text_argument = click.argument("text", metavar="内容")
version_option = click.option("--version", "ordinal", type=TextChoice(), help="针对哪个版本；省略则为现行文本。")
shareable_option = click.option("--shareable", is_flag=True, help="可对外；省略则仅供内部。")


@click.group(short_help="批注：列出、添加、回复、解决、导出")
def comment() -> None:
    """合同文本的批注。"""


@comment.command("list", short_help="列出批注")
@number_argument
@acting_option
@version_option
@click.option("--state", type=click.Choice(["open", "resolved", "all"]), default="all", show_default=True, help="处理状态。")
@click.option("--audience", type=click.Choice([a.value for a in Audience]), help="阅读范围。")
def show(number: str, login: str, ordinal: int | None, state: str, audience: str | None) -> None:
    """列出批注及回复；方括号内为批注的标识，供 reply、resolve、reopen 使用。"""
    desk = at_desk(login, number)
    wanted = Filter({"open": False, "resolved": True}.get(state), Audience(audience) if audience else None)
    shown = load(desk, ordinal)
    with desk.wiring.reading() as uow:
        threads = list_threads(uow, desk.actor, desk.contract_id, shown, wanted)
    for thread in threads:
        _print(thread, shown.label)
    click.echo(f"共 {len(threads)} 条")


@comment.command("add", short_help="添加批注")
@number_argument
@text_argument
@acting_option
@version_option
@click.option("--on", "place", default="", metavar="条款", help="条款编号（如 8.2.3、8.2.1（2））或标识；省略则针对整份合同。")
@shareable_option
def add(number: str, text: str, login: str, ordinal: int | None, place: str, shareable: bool) -> None:
    """在一处条款或者整份合同上添加批注。"""
    desk = at_desk(login, number)
    shown = load(desk, ordinal)
    known = places(shown.instrument)
    found = place if place in known else next((p.id for p in known.values() if p.label.split(" ")[0] == place), place)
    with desk.wiring.unit_of_work() as uow:
        made = open_thread(
            uow, desk.actor, now(), today(), desk.wiring.reference, _post(desk), desk.contract_id, text, ordinal=shown.ordinal,
            place=found or WHOLE, audience=_audience(shareable),
        )  # fmt: skip
    click.echo(f"[{made[:8]}] 已批注")


@comment.command("reply", short_help="回复批注")
@number_argument
@thread_argument
@text_argument
@acting_option
@shareable_option
def answer(number: str, thread: str, text: str, login: str, shareable: bool) -> None:
    """回复一条批注。"""
    desk = at_desk(login, number)
    found = _named(desk, thread)
    with desk.wiring.unit_of_work() as uow:
        reply(uow, desk.actor, now(), _post(desk), desk.contract_id, found, text, audience=_audience(shareable))
    click.echo(f"[{found[:8]}] 已回复")


@comment.command("resolve", short_help="标为已解决")
@number_argument
@thread_argument
@acting_option
def settle(number: str, thread: str, login: str) -> None:
    """把一条批注标为已解决。"""
    desk = at_desk(login, number)
    found = _named(desk, thread)
    with desk.wiring.unit_of_work() as uow:
        resolve(uow, desk.actor, now(), _post(desk), desk.contract_id, found)
    click.echo(f"[{found[:8]}] 已解决")


@comment.command("reopen", short_help="重新打开")
@number_argument
@thread_argument
@acting_option
def unsettle(number: str, thread: str, login: str) -> None:
    """重新打开一条已解决的批注。"""
    desk = at_desk(login, number)
    found = _named(desk, thread)
    with desk.wiring.unit_of_work() as uow:
        reopen(uow, desk.actor, now(), _post(desk), desk.contract_id, found)
    click.echo(f"[{found[:8]}] 已重新打开")


@comment.command("audience", short_help="改变阅读范围")
@number_argument
@thread_argument
@click.argument("audience", type=click.Choice([a.value for a in Audience]))
@acting_option
def audience_(number: str, thread: str, audience: str, login: str) -> None:
    """把一条批注改为仅供内部，或者可对外；可对外的只能由批注人本人改。"""
    desk = at_desk(login, number)
    found = _named(desk, thread)
    with desk.wiring.unit_of_work() as uow:
        set_audience(uow, desk.actor, now(), desk.contract_id, found, Audience(audience))
    click.echo(f"[{found[:8]}] {Audience(audience).label}")


@comment.command("export", short_help="导出可对外的批注")
@number_argument
@acting_option
@version_option
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False), help="输出目录。")
def export(number: str, login: str, ordinal: int | None, out: Path) -> None:
    """写出带有可对外批注的 DOCX，供发给对方；内部批注和内部回复不写入。"""
    desk = at_desk(login, number)
    chosen = load(desk, ordinal).ordinal
    with desk.wiring.unit_of_work() as uow:
        found = share_comments(uow, desk.actor, now(), desk.wiring.reference, today(), desk.contract_id, chosen)
    made = make_commented(found, desk.wiring.comment_tools, now(), lambda step: click.echo(f"… {step}", err=True))
    for path in write_all(out, made.files):
        click.echo(f"已写出 {path}（{len(found.threads)} 条批注）")


def load(desk: Desk, ordinal: int | None) -> ContractText:
    """The text with this ordinal, or the one that counts now."""
    with desk.wiring.reading() as uow:
        chosen = current_ordinal(uow, desk.actor, desk.contract_id) if ordinal is None else ordinal
        return load_text(uow, desk.actor, desk.wiring.reference, today(), desk.contract_id, chosen)


def _named(desk: Desk, prefix: str) -> str:
    """The id of the thread that begins so. Raises ``CommentRefused`` where there is none, or more than one."""
    with desk.wiring.reading() as uow:
        found = [t.id for t in list_threads(uow, desk.actor, desk.contract_id) if t.id.startswith(prefix.lower())]
    if len(found) != 1:
        why = "没有" if not found else "不止一条"
        raise CommentRefused("missing", f"{why}以“{prefix[:40]}”开头的批注；用 contract comment list 查看标识。")
    return found[0]


def _post(desk: Desk) -> Post:
    base = desk.wiring.settings.base_url
    return Post(desk.wiring.write_mail, lambda contract, thread: f"{base}/contracts/{contract}/text#thread-{thread}")


def _audience(shareable: bool) -> Audience:
    return Audience.SHAREABLE if shareable else Audience.INTERNAL


def _print(thread: Thread, label: str) -> None:
    state = f"已解决（{thread.resolved_by}）" if thread.resolved else "未解决"
    gone = f"　（此条款在{label}中已不存在）" if thread.standing is Standing.GONE else ""
    reworded = "　（批注之后文字已修改）" if thread.standing is Standing.REWORDED else ""
    made_on = label_of(thread.made_on)
    click.echo(
        f"[{thread.id[:8]}] {thread.label_now or thread.label}　{thread.audience.label}　{state}　于{made_on}{gone}{reworded}"
    )
    for remark in thread.comments:
        inner = "（内部）" if remark.audience is Audience.INTERNAL and thread.audience is Audience.SHAREABLE else ""
        lines = visible(remark.text).replace("\n", "\n      ")
        click.echo(f"    {remark.author}{inner}：{lines}")
