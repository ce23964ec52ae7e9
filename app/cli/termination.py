"""``termination``: cases of ending before the term, from the demand to the end; objections; the exit."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import click

from app.cli.common import settings, today_option
from app.cli.contract_common import Desk, acting_option, at_desk, number_argument
from app.cli.contract_options import reason_option
from app.cli.term_common import PARTIES, Member, day_type, party, print_checks, print_date, print_paper, revision_of
from app.domain.lifecycle_facts import Decision
from app.domain.notice import Method, Proof
from app.domain.termination import GROUNDS, HAPPENINGS, Outcome, Route
from app.services import termination_papers as papers
from app.services.access import actor_with_login
from app.services.ending_list import Step, read_endings
from app.services.ending_rows import STATES, CaseMissing
from app.services.objections import close_objection, object_to
from app.services.papers import PaperMissing, PaperView
from app.services.termination import (
    CaseDetails,
    CaseView,
    TerminationDesk,
    open_case,
    record_happening,
    termination_desk,
    withdraw_case,
)
from app.wiring import Wiring, now

case_option = click.option("--case", "case_id", default="", help="终止事项标识（可只写开头）；只有一件办理中的可省略。")


@click.group(short_help="提前终止：催告、解除、协议、异议")
def termination() -> None:
    """提前终止：违约解除、法定解除、协议解除、无因提前终止。"""


@termination.command("grounds", short_help="列出解除事由")
def grounds() -> None:
    """列出可以选用的解除事由及其代码。"""
    for g in GROUNDS:
        demand = "先催告" if g.demand else "无须催告"
        click.echo(f"{g.key}\t{g.route.label}\t{g.label}\t{'或者'.join(PARTIES[p] for p in g.by)}主张，{demand}")


@termination.command("list", short_help="列出办理中的终止与退出")
@click.option("--page", type=click.IntRange(min=1), default=1, show_default=True, help="第几页，每页各20项。")
@acting_option
@today_option
def list_(page: int, login: str, today: date) -> None:
    """列出可以查看的合同中办理中的终止事项及其下一步，和没有清理完毕的退出。"""
    wiring = Wiring(settings())
    with wiring.reading() as uow:
        found = read_endings(uow, actor_with_login(uow, login), today, wiring.calendar, page)
    for case in found.cases:
        step = _STEPS[case.step] if case.step else case.why
        days = "，".join(f"{x.label} {x.day.isoformat()}" for x in case.dates)
        route = case.view.case.route.label if case.view else ""
        click.echo("\t".join((case.contract.number, route, step, days)).rstrip("\t"))
    for one in found.exits:
        first = f"{one.next.task.due.day.isoformat()} {one.next.task.title}" if one.next else one.why
        click.echo(f"{one.contract.number}\t退出任务\t还有{len(one.view.open) if one.view else 0}项\t{first}")
    if not found.cases and not found.exits:
        click.echo("没有办理中的终止事项，也没有未完成的退出任务。")


_STEPS = {
    Step.DRAFT_DEMAND: "起草催告函", Step.DELIVER_DEMAND: "送达催告函", Step.CURE: "等待补救期届满", Step.DRAFT_NOTICE: "起草通知",
    Step.DELIVER_NOTICE: "送达通知", Step.DRAFT_AGREEMENT: "起草终止协议", Step.SIGN_AGREEMENT: "签署终止协议", Step.CONFIRM: "确认终止",
}  # fmt: skip


@termination.command("show", short_help="显示终止事项")
@number_argument
@acting_option
@today_option
def show(number: str, login: str, today: date) -> None:
    """逐件显示终止事项：各项日期的计算过程、已具备和尚缺的条件、文书。"""
    _, found = _desk(login, number, today)
    if not found.cases:
        click.echo("没有终止事项。")
    for view in found.cases:
        _print_case(view, found)


def _print_case(view: CaseView, found: TerminationDesk) -> None:
    tree = found.state.instrument
    part = f"（部分：{view.case.part}）" if view.case.partial else ""
    click.echo(f"{view.id[:8]}\t{view.case.route.label}{part}\t{STATES[view.state]}{'，争议中' if view.disputed else ''}")
    for one in (view.cure_ends, view.right_lapses, view.may_leave_on, view.ends_on, *view.safe.values()):
        if one is not None:
            print_date(one, tree)
    for label, checks in (("起草催告函", view.demand_checks), ("起草通知", view.notice_checks), ("终止", view.end_checks)):
        if checks:
            click.echo(f" {label}：")
            print_checks(checks)
    for paper in (view.demand, view.notice, view.agreement):
        if paper is not None:
            print_paper(paper)


@termination.command("open", short_help="启动终止事项")
@number_argument
@click.option("--route", type=Member(Route), required=True, help="途径。")
@click.option("--by", "by", type=party, default=None, help="提出方；协议解除不填。")
@click.option("--ground", default="", help="解除事由代码，见 termination grounds。")
@click.option("--facts", default="", help="事实或者原因。")
@click.option("--evidence", default="", help="证据。")
@click.option("--known-on", type=day_type, help="知道解除事由之日。")
@click.option("--continuing", is_flag=True, help="违约仍在持续。")
@click.option("--grace-days", type=int, default=0, help="催告宽限期（自然日），不短于补救期。")
@click.option("--since", type=day_type, help="不可抗力致使服务中断的起始日。")
@click.option("--end-on", type=day_type, help="拟定终止日。")
@click.option("--part", default="", help="仅终止其中一部分。")
@acting_option
@today_option
def open_(
    number: str, route: Route, by: str | None, ground: str, facts: str, evidence: str, known_on: date | None, continuing: bool, grace_days: int,
    since: date | None, end_on: date | None, part: str, login: str, today: date,
) -> None:  # fmt: skip
    """启动一件终止事项；打印其标识。"""
    desk = at_desk(login, number)
    details = CaseDetails(route, by or "", ground, part, facts, evidence, known_on, continuing, since, end_on, grace_days)
    with desk.wiring.unit_of_work() as uow:
        made = open_case(uow, desk.actor, now(), today, desk.wiring.calendar, desk.contract_id, details)
    click.echo(made)


@termination.command("demand", short_help="起草催告函")
@number_argument
@case_option
@acting_option
@today_option
def demand(number: str, case_id: str, login: str, today: date) -> None:
    """起草催告函；条件不具备的逐项列出。"""
    click.echo(_step(login, number, case_id, today, papers.draft_demand))


@termination.command("notice", short_help="起草解除通知函或者提前终止通知")
@number_argument
@case_option
@click.option("--automatic", is_flag=True, help="载明逾期不履行则自动解除。")
@acting_option
@today_option
def notice(number: str, case_id: str, automatic: bool, login: str, today: date) -> None:
    """起草通知；补救期未满、没有到达记录、解除权已消灭等，逐项列出并拒绝。"""
    click.echo(_step(login, number, case_id, today, papers.draft_notice, automatic=automatic))


@termination.command("agreement", short_help="起草终止协议")
@number_argument
@case_option
@acting_option
@today_option
def agreement(number: str, case_id: str, login: str, today: date) -> None:
    """起草终止协议：协议解除，或者解除后的清理。"""
    desk, found = _desk(login, number, today)
    view = _case(found, case_id)
    with desk.wiring.unit_of_work() as uow:
        click.echo(papers.draft_agreement(uow, desk.actor, now(), desk.contract_id, view.id, view.revision))


@termination.command("send", short_help="记录文书发出")
@number_argument
@click.argument("paper", metavar="文书编号")
@click.option("--method", type=Member(Method), required=True, help="送达方式。")
@click.option("--on", "sent_on", type=day_type, required=True, help="发出日。")
@acting_option
@today_option
def send(number: str, paper: str, method: Method, sent_on: date, login: str, today: date) -> None:
    """记录催告函或者通知的发出；打印送达标识，到达时使用。"""
    desk, found = _desk(login, number, today)
    chosen = next((p for p in _papers(found) if paper in (p.number, p.id)), None)
    if chosen is None:
        raise PaperMissing(paper)
    with desk.wiring.unit_of_work() as uow:
        made = papers.send_case_paper(
            uow, desk.actor, now(), today, desk.wiring.calendar, desk.contract_id, chosen.id, method=method, sent_on=sent_on
        )
    click.echo(made)


@termination.command("arrived", short_help="记录文书到达")
@number_argument
@click.argument("delivery", metavar="送达标识")
@click.option("--on", "arrived_on", type=day_type, required=True, help="到达日。")
@click.option("--proof", type=Member(Proof), required=True, help="到达的证明。")
@click.option("--evidence", default="", help="回执、妥投记录、邮件头或者日志的编号。")
@acting_option
@today_option
def arrived(number: str, delivery: str, arrived_on: date, proof: Proof, evidence: str, login: str, today: date) -> None:
    """记录到达：催告函起算补救期；条件齐备的解除通知当即终止合同。"""
    desk, found = _desk(login, number, today)
    with desk.wiring.unit_of_work() as uow:
        said = papers.case_paper_arrived(
            uow, desk.actor, now(), today, desk.wiring.calendar, desk.contract_id, delivery, revision_of(_papers(found), delivery),
            arrived_on=arrived_on, proof=proof, evidence=evidence,
        )  # fmt: skip
    click.echo(said)


@termination.command("signed", short_help="记录终止协议签署")
@number_argument
@case_option
@click.option("--on", "signed_on", type=day_type, required=True, help="最后签署日。")
@click.option("--end-on", type=day_type, required=True, help="协议载明的终止日。")
@acting_option
@today_option
def signed(number: str, case_id: str, signed_on: date, end_on: date, login: str, today: date) -> None:
    """记录双方签署终止协议。"""
    click.echo(_step(login, number, case_id, today, papers.agreement_signed, signed_on=signed_on, end_on=end_on))


@termination.command("happened", short_help="记录补救、履行等事实")
@number_argument
@click.argument("what", type=click.Choice(list(HAPPENINGS)), metavar="事实")
@click.option("--on", "on", type=day_type, required=True, help="日期。")
@case_option
@acting_option
@today_option
def happened(number: str, what: str, on: date, case_id: str, login: str, today: date) -> None:
    """记录 cured_on（完成补救）、performed_on（履行债务）、ceased_on（违约终了）、asked_on（对方催告是否解除）。"""
    desk, found = _desk(login, number, today)
    view = _case(found, case_id)
    with desk.wiring.unit_of_work() as uow:
        record_happening(uow, desk.actor, now(), today, desk.contract_id, view.id, view.revision, what, on)
    click.echo("已记录。")


@termination.command("confirm", short_help="确认终止")
@number_argument
@case_option
@acting_option
@today_option
def confirm(number: str, case_id: str, login: str, today: date) -> None:
    """终止日已到且期间没有履行的，确认终止。"""
    _step(login, number, case_id, today, papers.confirm_end)
    click.echo("已确认终止，退出任务已建立。")


@termination.command("withdraw", short_help="撤回终止事项")
@number_argument
@case_option
@reason_option
@acting_option
@today_option
def withdraw(number: str, case_id: str, reason: str, login: str, today: date) -> None:
    """撤回办理中的终止事项；通知已经到达的不能单方撤回。"""
    desk, found = _desk(login, number, today)
    view = _case(found, case_id)
    with desk.wiring.unit_of_work() as uow:
        withdraw_case(uow, desk.actor, now(), desk.contract_id, view.id, view.revision, reason)
    click.echo("已撤回。")


@termination.command("object", short_help="记录对方异议")
@number_argument
@case_option
@click.option("--on", "on", type=day_type, required=True, help="异议到达日。")
@click.option("--text", required=True, help="异议内容。")
@acting_option
@today_option
def object_(number: str, case_id: str, on: date, text: str, login: str, today: date) -> None:
    """记录对方异议，合同标记为“争议中”。"""
    desk, found = _desk(login, number, today)
    view = _case(found, case_id)
    with desk.wiring.unit_of_work() as uow:
        object_to(uow, desk.actor, now(), today, desk.contract_id, view.id, view.revision, on=on, text=text)
    click.echo("已记录异议，合同标记为“争议中”。")


@termination.command("settle", short_help="了结异议")
@number_argument
@case_option
@click.option("--outcome", type=Member(Outcome), required=True, help="结果。")
@click.option("--decision", default="", help="裁判文书案号。")
@click.option("--in-force-on", type=day_type, help="裁判生效日。")
@acting_option
@today_option
def settle(
    number: str, case_id: str, outcome: Outcome, decision: str, in_force_on: date | None, login: str, today: date
) -> None:  # fmt: skip
    """了结异议；裁判否定终止的，合同恢复到原来的阶段。"""
    desk, found = _desk(login, number, today)
    view = _case(found, case_id)
    made = Decision(decision, in_force_on) if in_force_on else None
    with desk.wiring.unit_of_work() as uow:
        close_objection(uow, desk.actor, now(), today, desk.contract_id, view.id, view.revision, outcome, decision=made)
    click.echo(f"异议已了结：{outcome.label}。")


def _desk(login: str, number: str, today: date) -> tuple[Desk, TerminationDesk]:
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        return desk, termination_desk(uow, desk.actor, today, desk.wiring.calendar, desk.contract_id)


def _papers(found: TerminationDesk) -> tuple[PaperView, ...]:
    return tuple(p for c in found.cases for p in (c.demand, c.notice, c.agreement) if p is not None)


def _case(found: TerminationDesk, case_id: str) -> CaseView:
    """The case that begins with ``case_id``; without one, the newest that is open, or else the newest."""
    if case_id:
        fits = [c for c in found.cases if c.id.startswith(case_id)]
        if len(fits) != 1:
            raise CaseMissing(case_id)
        return fits[0]
    chosen = [c for c in found.cases if c.state == "open"] or list(found.cases)
    if not chosen:
        raise CaseMissing("（没有终止事项）")
    return chosen[0]


def _step(login: str, number: str, case_id: str, today: date, step: Callable[..., Any], **more: Any) -> Any:
    desk, found = _desk(login, number, today)
    view = _case(found, case_id)
    with desk.wiring.unit_of_work() as uow:
        return step(uow, desk.actor, now(), today, desk.wiring.calendar, desk.contract_id, view.id, view.revision, **more)
