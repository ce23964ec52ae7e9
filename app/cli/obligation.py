"""``obligation``: what is due and why, what becomes of it, and the events that begin periods."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import click

from app.cli.common import settings, today_option
from app.cli.contract_common import Desk, acting_option, at_desk, number_argument, put_evidence
from app.cli.contract_options import reason_option
from app.cli.term_common import day_type
from app.domain.errors import InputError
from app.domain.event_table import read_event_table
from app.domain.obligation_events import STOPS, event_named, recordable
from app.domain.obligation_state import Shown
from app.domain.permissions import Action
from app.domain.priorities import LEVELS
from app.domain.term import BEIJING
from app.services.access import actor_with_login
from app.services.event_rows import Happening
from app.services.obligation_events import (
    end_state,
    import_events,
    judge_incident,
    record_event,
    start_clock,
    stop_clock,
    withdraw_event,
)
from app.services.obligation_handover import MOST, assign, hand_over
from app.services.obligation_keeping import Proof, dispute, finish, reopen, waive
from app.services.obligation_planning import replan
from app.services.obligation_views import DutyLine, duty_board, duty_detail, export_duties, ids_of_all
from app.services.record import opened
from app.services.taking_over import take_over
from app.store.obligations import DutyFilter
from app.store.users import user_with_login
from app.wiring import Wiring, now

OPEN = (Shown.LATE.value, Shown.SOON.value, Shown.LATER.value)
duty_argument = click.argument("obligation_id", metavar="义务")
event_argument = click.argument("event_id", metavar="事件")
at_option = click.option(
    "--at", "moment", required=True, type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]), help="北京时间。"
)
evidence_file = click.option(
    "--file", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="存入合同的证据文件。"
)


@click.group(short_help="履行：义务与触发事件")
def obligation() -> None:
    """履行：各项义务的期限及其依据，完成、豁免、争议；触发期限的事件及其停钟。"""


@obligation.command("plan", short_help="立即排期")
@number_argument
@acting_option
def plan(number: str, login: str) -> None:
    """按现行文本、期限、事件和放假安排重新排定义务；已办结的不变。平时由后台任务进行。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        contract = opened(uow, desk.actor, Action.KEEP_PERFORMANCE, desk.contract_id, lock=True)
        made = replan(uow, desk.actor, now(), contract, desk.wiring.almanac)
        uow.commit()
    click.echo(f"已排期：新增{made.added}项，改期{made.moved}项，取消{made.dropped}项。")


@obligation.command("list", short_help="列出义务")
@number_argument
@acting_option
@click.option("--all", "everything", is_flag=True, help="连同已办结的。")
@click.option("--party", type=click.Choice(["A", "B"]), default=None, help="只看一方的义务。")
@click.option("--from", "first", type=day_type, default=None, help="期限（起）。")
@click.option("--to", "last", type=day_type, default=None, help="期限（止）。")
def list_duties(number: str, login: str, everything: bool, party: str | None, first: date | None, last: date | None) -> None:
    """义务、期限、状态和责任人，按期限先后。"""
    desk = at_desk(login, number)
    wanted = DutyFilter(party or "", () if everything else OPEN, "", first, last)
    with desk.wiring.reading() as uow:
        board = duty_board(uow, desk.actor, now(), desk.contract_id, wanted)
    for line in (*board.lines, *board.standing):
        _print(line)


def _print(line: DutyLine) -> None:
    when = (
        f"{line.due_at.astimezone(BEIJING):%Y-%m-%d %H:%M}" if line.due_at else line.due_on.isoformat() if line.due_on else "持续"
    )
    mark = "（暂定）" if line.provisional else ""
    click.echo(
        f"{when}{mark}\t{line.shown.label}\t{line.obligor.label}\t{line.action}（{line.label}）\t{line.clause}\t{line.keeper}\t{line.id}"
    )


@obligation.command("show", short_help="一项义务的期限及其计算")
@number_argument
@duty_argument
@acting_option
def show(number: str, obligation_id: str, login: str) -> None:
    """逐行显示期限从哪一天、依哪一条、按什么规则算出。"""
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        found = duty_detail(uow, desk.actor, now(), desk.contract_id, obligation_id)
    _print(found.line)
    laws = desk.wiring.reference.laws
    for reason in found.reasons:
        cited = [c.text if (c := laws.citation(code)) else code for code in reason.source if ":" in code]
        where = "、".join([*(code for code in reason.source if ":" not in code), *cited])
        click.echo(f"    {reason.text}{f'［{where}］' if where else ''}")
    if found.line.ground:
        click.echo(f"    {found.line.shown.label}：{found.line.ground}（{found.line.settled_by}）")


@obligation.command("done", short_help="记录完成")
@number_argument
@duty_argument
@acting_option
@today_option
@click.option("--on", "done_on", type=day_type, default=None, help="完成日，默认今天。")
@click.option(
    "--at", "moment", type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]), default=None, help="完成时刻（北京时间）。"
)
@click.option("--evidence", default="", help="依据：文件、邮件、记录的编号或者说明。")
@evidence_file
def done(
    number: str, obligation_id: str, login: str, today: date, done_on: date | None, moment: datetime | None, evidence: str, file: Path | None
) -> None:  # fmt: skip
    """记录一项义务已经完成；由此起算的对方期限随即排定。"""
    desk = at_desk(login, number)
    document, at = _filed(desk, file), moment.replace(tzinfo=BEIJING) if moment else None
    proof = Proof(at.date() if at else done_on or today, evidence, document, at)
    seen = _revision(desk, obligation_id)
    with desk.wiring.unit_of_work() as uow:
        finish(uow, desk.actor, now(), today, desk.wiring.almanac, desk.contract_id, obligation_id, seen, proof)
    click.echo("已记录完成。")


@obligation.command("waive", short_help="豁免")
@number_argument
@duty_argument
@acting_option
@reason_option
@click.option("--authority", required=True, help="授权依据：批准人和批准文件，或者对方的书面豁免。")
@evidence_file
def give_up(number: str, obligation_id: str, login: str, reason: str, authority: str, file: Path | None) -> None:
    """豁免一项义务。合同管理员或者法务负责人可以办理。"""
    desk = at_desk(login, number)
    document = _filed(desk, file)
    seen = _revision(desk, obligation_id)
    with desk.wiring.unit_of_work() as uow:
        waive(
            uow,
            desk.actor,
            now(),
            desk.contract_id,
            obligation_id,
            seen,
            reason=reason,
            authority=authority,
            document_id=document,
        )
    click.echo("已记录豁免。")


@obligation.command("dispute", short_help="提出争议")
@number_argument
@duty_argument
@acting_option
@reason_option
def contest(number: str, obligation_id: str, login: str, reason: str) -> None:
    """双方对是否应当履行或者是否已经履行有分歧。"""
    desk = at_desk(login, number)
    seen = _revision(desk, obligation_id)
    with desk.wiring.unit_of_work() as uow:
        dispute(uow, desk.actor, now(), desk.contract_id, obligation_id, seen, reason=reason)
    click.echo("已记录争议。")


@obligation.command("reopen", short_help="重新办理")
@number_argument
@duty_argument
@acting_option
@reason_option
def take_up(number: str, obligation_id: str, login: str, reason: str) -> None:
    """撤回完成、豁免或者争议的记录；由它起算的期限一并撤回，审计日志保留。"""
    desk = at_desk(login, number)
    seen = _revision(desk, obligation_id)
    with desk.wiring.unit_of_work() as uow:
        reopen(uow, desk.actor, now(), desk.wiring.almanac, desk.contract_id, obligation_id, seen, reason=reason)
    click.echo("已重新打开。")


@obligation.command("takeover", short_help="设定接管日")
@number_argument
@acting_option
@today_option
@click.option("--on", "day", type=day_type, default=None, help="接管日；此前到期而没有记录的事项视为接管前已办，不再提醒。")
@click.option("--none", "nothing", is_flag=True, help="取消接管日，此前的事项恢复为待办。")
@reason_option
def set_takeover(number: str, login: str, today: date, day: date | None, nothing: bool, reason: str) -> None:
    """中途登记的合同从哪一天起由本系统管理履行。合同于生效三十日以后登记的，默认为登记日。"""
    if (day is None) != nothing:
        raise click.UsageError("请填写 --on 日期，或者 --none。")
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        made = take_over(uow, desk.actor, now(), today, desk.contract_id, day, reason)
    click.echo(f"{made.taken}项视为接管前已办，{made.reopened}项恢复为待办。")


@obligation.command("assign", short_help="更换责任人")
@number_argument
@click.argument("duty", metavar="义务编号")
@acting_option
@click.option("--to", "keeper", default="", help="登录名；不填则为合同负责人。")
@reason_option
def hand_to(number: str, duty: str, login: str, keeper: str, reason: str) -> None:
    """一项义务（例如 O-8.2-1）未办的各期改由某人负责；也可以填单项的编号。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        person = user_with_login(uow.session, keeper) if keeper else None
        to = person.id if person else keeper
        if duty.startswith("O-"):
            made = assign(uow, desk.actor, now(), desk.contract_id, duty, to, reason)
        else:
            made = hand_over(uow, desk.actor, now(), [duty], to, reason)
    click.echo(f"已更换责任人，涉及{made.changed}项。")


@obligation.command("handover", short_help="一人负责的各项全部移交")
@click.argument("giver", metavar="登录名")
@click.option("--to", "keeper", required=True, help="登录名。")
@click.option("--as", "login", required=True, metavar="登录名", help="以谁的账号办理。")
@reason_option
def hand_all_over(giver: str, keeper: str, login: str, reason: str) -> None:
    """某人负责的未办义务（各份合同）全部移交，例如离职、休假时；每次至多500项，可以重复执行。"""
    wiring = Wiring(settings())
    with wiring.unit_of_work() as uow:
        actor = actor_with_login(uow, login)
        people = {name: user_with_login(uow.session, name) for name in (giver, keeper)}
        unknown = [name for name, person in people.items() if person is None]
        if unknown:
            raise click.UsageError(f"没有登录名为“{'”“'.join(unknown)}”的账号。")
        old, new = people[giver], people[keeper]
        assert old is not None
        assert new is not None
        ids = ids_of_all(uow, actor, now(), DutyFilter(person=old.id), MOST)
        made = hand_over(uow, actor, now(), ids, new.id, reason)
    click.echo(f"已移交{made.changed}项，涉及{made.contracts}份合同。")


@obligation.command("export", short_help="导出履行清单")
@number_argument
@acting_option
@click.argument("target", metavar="文件", type=click.Path(dir_okay=False, path_type=Path))
def export(number: str, login: str, target: Path) -> None:
    """导出为 .xlsx 或者 .csv。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        book, sheet = export_duties(uow, desk.actor, now(), DutyFilter(), desk.wiring.write_register, [], desk.contract_id)
    target.write_bytes(sheet if target.suffix.lower() == ".csv" else book)
    click.echo(str(target))


# ---- events


@obligation.command("events", short_help="列出触发事件")
@number_argument
@acting_option
def events(number: str, login: str) -> None:
    """已记录的事件及其停钟；没有时列出可以记录的事件。"""
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        board = duty_board(uow, desk.actor, now(), desk.contract_id)
    for e in board.events:
        when = f"{e.moment.astimezone(BEIJING):%Y-%m-%d %H:%M}" if e.moment else e.on_day.isoformat()
        click.echo(f"{when}\t{e.kind.label}\t{e.subject}\t{'停钟中' if e.stands_since else ''}\t{e.id}")
    if not board.events:
        for kind in recordable():
            click.echo(f"{kind.name}\t{kind.label}{'（填计划日）' if kind.planned else ''}")


@obligation.command("event", short_help="记录事件")
@number_argument
@click.argument("kind", metavar="事件")
@acting_option
@today_option
@click.option("--on", "day", type=day_type, default=None, help="日期，默认今天；有计划日的填计划日。")
@click.option(
    "--at", "moment", type=click.DateTime(["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"]), default=None, help="时刻（北京时间）。"
)
@click.option("--subject", default="", help="对象：工单、投诉、通知的编号等。")
@click.option("--level", type=click.Choice(LEVELS), default=None, help="工单的严重等级，决定响应时限。")
@click.option("--note", default="", help="说明。")
def event(
    number: str, kind: str, login: str, today: date, day: date | None, moment: datetime | None, subject: str, level: str | None, note: str
) -> None:  # fmt: skip
    """记录一个事件（名称或者中文名），由它起算的期限随即排定。"""
    desk = at_desk(login, number)
    at, known = moment.replace(tzinfo=BEIJING) if moment else None, event_named(kind)
    happening = Happening(known.name if known else kind, at.date() if at else day or today, subject, at, note, level or "")
    with desk.wiring.unit_of_work() as uow:
        made = record_event(uow, desk.actor, now(), today, desk.wiring.almanac, desk.contract_id, happening, "cli")
    click.echo(f"此前已经记录\t{made.id}" if made.known else f"已记录，由此排定义务{made.planned.added}项\t{made.id}")


@obligation.command("import", short_help="从表格导入事件")
@click.argument("source", metavar="文件", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--contract", "number", default="", help="全部属于这份合同；不填则按“合同编号”列。")
@click.option("--as", "login", required=True, metavar="登录名", help="以谁的账号办理。")
@today_option
def import_table(source: Path, number: str, login: str, today: date) -> None:
    """从 .xlsx 或者 .csv 导入；全部正确才导入，重复导入不会重复登记。"""
    from app.services.record import id_of

    wiring = Wiring(settings())
    table = read_event_table(wiring.read_event_list(source.read_bytes(), source.name), one_contract=bool(number))
    if table.faults:
        raise InputError(table.faults)
    with wiring.unit_of_work() as uow:
        actor = actor_with_login(uow, login)
        contract = id_of(uow, actor, number) if number else ""
        made = import_events(uow, actor, now(), today, wiring.almanac, table.rows, contract)
    click.echo(f"已导入{made.new}条，此前已有{made.known}条，由此排定义务{made.planned}项。")


@obligation.command("judge", short_help="认定事件的原因")
@number_argument
@event_argument
@acting_option
@today_option
@click.option("--fault", type=click.Choice(["a", "b", "none"]), required=True, help="a 甲方，b 乙方，none 尚未认定。")
@click.option("--cause", default="", help="根因；因乙方原因的 P1 须填，同一根因用同样的写法。")
def judge(number: str, event_id: str, login: str, today: date, fault: str, cause: str) -> None:
    """认定 P1、重大投诉的责任方和根因；符合第5.3节的随即触发整改。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        made = judge_incident(
            uow,
            desk.actor,
            now(),
            today,
            desk.wiring.almanac,
            desk.contract_id,
            event_id,
            at_fault="" if fault == "none" else fault,
            cause=cause,
        )
    click.echo("认定已记录。")
    for sentence in made.raised:
        click.echo(f"触发整改：{sentence}。")


@obligation.command("stop", short_help="停钟")
@number_argument
@event_argument
@acting_option
@at_option
@click.option("--ground", required=True, type=click.Choice(list(STOPS)), help="；".join(f"{k}：{v}" for k, v in STOPS.items()))
def stop(number: str, event_id: str, login: str, moment: datetime, ground: str) -> None:
    """由该事件起算的小时期限停止计时。"""
    desk = at_desk(login, number)
    at = moment.replace(tzinfo=BEIJING)
    with desk.wiring.unit_of_work() as uow:
        stop_clock(uow, desk.actor, now(), desk.wiring.almanac, desk.contract_id, event_id, ground=ground, at=at)
    click.echo("已停钟。")


@obligation.command("start", short_help="恢复计时")
@number_argument
@event_argument
@acting_option
@at_option
def start(number: str, event_id: str, login: str, moment: datetime) -> None:
    """恢复计时，期限随之重算。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        start_clock(uow, desk.actor, now(), desk.wiring.almanac, desk.contract_id, event_id, at=moment.replace(tzinfo=BEIJING))
    click.echo("已恢复计时。")


@obligation.command("end", short_help="状态解除（例如 P1 恢复）")
@number_argument
@event_argument
@acting_option
@at_option
def end(number: str, event_id: str, login: str, moment: datetime) -> None:
    """事件引起的状态解除，其间反复履行的义务到此为止。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        end_state(uow, desk.actor, now(), desk.wiring.almanac, desk.contract_id, event_id, at=moment.replace(tzinfo=BEIJING))
    click.echo("已记录状态解除。")


@obligation.command("withdraw", short_help="撤回误记的事件")
@number_argument
@event_argument
@acting_option
@reason_option
def withdraw(number: str, event_id: str, login: str, reason: str) -> None:
    """撤回误记的事件，由它起算而未办的义务一并取消。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        made = withdraw_event(uow, desk.actor, now(), desk.wiring.almanac, desk.contract_id, event_id, reason)
    click.echo(f"已撤回，取消未办的义务{made.dropped}项。")


def _revision(desk: Desk, obligation_id: str) -> int:
    with desk.wiring.reading() as uow:
        return duty_detail(uow, desk.actor, now(), desk.contract_id, obligation_id).line.revision


def _filed(desk: Desk, file: Path | None) -> str:
    return "" if file is None else put_evidence(desk, [file])[0]
