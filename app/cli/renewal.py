"""``renewal``: dates of the term with their reasons, the decision, its papers on their way."""

from __future__ import annotations

import sys
from datetime import date
from decimal import Decimal

import click

from app.cli.common import settings, today_option
from app.cli.contract_common import acting_option, at_desk, number_argument
from app.cli.contract_options import reason_option
from app.cli.term_common import Member, day_type, figure, party, print_checks, print_date, print_paper, revision_of
from app.domain.notice import CAUTION, Method, Proof
from app.domain.renewal_decision import Choice
from app.domain.renewal_price import Proposal
from app.services.access import actor_with_login
from app.services.papers import PaperMissing
from app.services.renewal import RenewalDesk, renewal_desk
from app.services.renewal import decide as decide_renewal
from app.services.renewal_list import RenewalLine, Urgency, read_renewals
from app.services.renewal_papers import AgreedRenewal, draft_option_notice, notice_arrived, renewal_signed, send_paper
from app.services.renewal_pricing import enter_prices, work_out
from app.services.timeline import read_timeline
from app.wiring import Wiring, now

MOST = 200


@click.group(short_help="期限与续约")
def renewal() -> None:
    """期限与续约：各项日期及其计算过程、续约决定、不续约通知与续约协议。"""


@renewal.command("show", short_help="显示期限与续约")
@number_argument
@acting_option
@today_option
def show(number: str, login: str, today: date) -> None:
    """逐行显示届满日、续约窗口、通知截止日、最后安全发出日的计算过程，以及可以作出的决定。"""
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        found = renewal_desk(uow, desk.actor, today, desk.wiring.calendar, desk.contract_id)
    plan, tree = found.schedule, found.state.instrument
    click.echo(
        f"{plan.term.name}：{plan.term.first_day.isoformat()} 至 {plan.term.last_day.isoformat()}（{found.state.terms.mode.label}）"
    )
    for one in (plan.end, plan.window_opens, plan.notice_deadline, plan.sign_by, plan.exit_plan_due):
        if one is not None:
            print_date(one, tree)
    for side, ways in plan.safe.items():
        for safe in ways.values():
            print_date(safe, tree, f"{safe.label}，寄往{'甲方' if side == 'a' else '乙方'}")
    if plan.safe:
        click.echo(f"注意：{CAUTION}")
    ahead = found.outlook
    click.echo(f"期满：{f'续约至 {ahead.next_term.last_day.isoformat()}' if ahead.next_term else '终止'}")
    print_checks(ahead.grounds)
    _print_decisions(found)


def _print_decisions(found: RenewalDesk) -> None:
    for offer in found.offers:
        said = f"✗ {offer.refused}" if offer.refused else offer.consequence
        papers = "、".join(p.label for p in offer.papers)
        click.echo(f"{offer.choice.value}\t{offer.choice.label}\t{said}{f'　起草：{papers}' if papers else ''}")
    for d in found.decisions:
        mark = "现行决定" if d.current else "以前的决定"
        click.echo("，".join([f"{mark}：{d.choice.label}", d.decided_by, d.reason, *d.papers]))
    for paper in found.papers:
        print_paper(paper)


@renewal.command("list", short_help="列出各合同的续约")
@click.option("--within", type=click.IntRange(min=0), help="只列出这么多天内届满的合同；不填为全部。")
@click.option("--reasons", is_flag=True, help="逐行显示每个日期的计算过程。")
@acting_option
@today_option
def list_(within: int | None, reasons: bool, login: str, today: date) -> None:
    """列出可以查看的履行中的合同，先届满的在前：届满日、最后安全发出日、通知截止日和续约决定（每次至多200份）。"""
    wiring, after, shown = Wiring(settings()), "", 0
    with wiring.reading() as uow:
        actor = actor_with_login(uow, login)
        while shown < MOST:
            page = read_renewals(uow, actor, today, wiring.calendar, within, after=after)
            for line in page.lines:
                _print_line(line, reasons=reasons)
            shown, after = shown + len(page.lines), page.after
            if not after:
                break
    if not shown:
        click.echo("这段时间内没有届满的合同。")


def _print_line(line: RenewalLine, *, reasons: bool) -> None:
    days = [line.schedule.end, line.safe, line.schedule.notice_deadline] if line.schedule else []
    said = [x.day.isoformat() if x else "—" for x in days] or [line.why]
    decided = line.decision.choice.label if line.decision else ""
    click.echo("\t".join((line.contract.number, _URGENCIES[line.urgency], *said, decided)).rstrip("\t"))
    if reasons and line.state is not None:
        for found in line.dates:
            print_date(found, line.state.instrument)


_URGENCIES = {
    Urgency.OVERDUE: "通知截止日已过", Urgency.NOW: "须尽快决定", Urgency.LATER: "未到续约窗口", Urgency.DECIDED: "已作决定",
    Urgency.UNKNOWN: "无法计算",
}  # fmt: skip


@renewal.command("timeline", short_help="以文字列出时间轴")
@number_argument
@acting_option
@today_option
def timeline(number: str, login: str, today: date) -> None:
    """按时间先后列出签订、生效、期限、窗口、通知、变更、终止和今天。"""
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        found = read_timeline(uow, desk.actor, today, desk.wiring.calendar, desk.contract_id)
    for event in found.events:
        click.echo(event.sentence)


@renewal.command("decide", short_help="作出续约决定")
@number_argument
@click.argument("choice", type=Member(Choice), metavar="决定")
@reason_option
@acting_option
@today_option
def decide(number: str, choice: Choice, reason: str, login: str, today: date) -> None:
    """决定续签（renew）、重谈（renegotiate）、不续约（not_renew）或者到期不续（lapse），并起草相应文书。"""
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        seen = renewal_desk(uow, desk.actor, today, desk.wiring.calendar, desk.contract_id).contract.revision
    with desk.wiring.unit_of_work() as uow:
        papers = decide_renewal(
            uow, desk.actor, now(), today, desk.wiring.calendar, desk.contract_id, seen, choice, reason
        )  # fmt: skip
    click.echo(f"已记录决定“{choice.label}”。")
    for paper in papers:
        click.echo(f"已起草 {paper}")


@renewal.command("price", short_help="计算续约价格")
@number_argument
@click.option("--rise", type=figure, default=None, help="协商调价的幅度（%）。")
@click.option("--index", type=figure, default=None, help="据以调价的指数幅度（%）。")
@click.option("--published", type=figure, default=None, help="公布的指数涨幅（%）。")
@click.option("--source", default="", help="指数的名称、发布机构和期间。")
@click.option("--write", is_flag=True, help="写入起草中的续约协议。")
@acting_option
@today_option
def price(
    number: str, rise: Decimal | None, index: Decimal | None, published: Decimal | None, source: str, write: bool, login: str, today: date
) -> None:  # fmt: skip
    """逐行计算续展期价格；合计幅度不得超过第8.3节的年度上限。合同不允许的，退出码为 1。"""
    desk = at_desk(login, number)
    proposal = Proposal(rise or Decimal(0), index or Decimal(0), published, source)
    with desk.wiring.reading() as uow:
        found = work_out(uow, desk.actor, desk.wiring.calendar, desk.contract_id, proposal)
    for line in found.reasoning:
        click.echo(line)
    for fault in found.faults:
        click.echo(fault, err=True)
    if found.faults:
        sys.exit(1)
    if write:
        with desk.wiring.unit_of_work() as uow:
            paper = enter_prices(uow, desk.actor, now(), today, desk.wiring.papers, desk.contract_id, proposal)
        click.echo(f"已写入 {paper}")


@renewal.command("option", short_help="起草选择续约通知")
@number_argument
@acting_option
def option(number: str, login: str) -> None:
    """约定一方续约选择权的合同：起草选择续约的书面通知。"""
    desk = at_desk(login, number)
    with desk.wiring.unit_of_work() as uow:
        click.echo(draft_option_notice(uow, desk.actor, now(), desk.wiring.calendar, desk.contract_id))


@renewal.command("send", short_help="记录通知发出")
@number_argument
@click.argument("paper", metavar="文书编号")
@click.option("--from", "sender", type=party, required=True, help="发出方：a 甲方，b 乙方。")
@click.option("--method", type=Member(Method), required=True, help="送达方式。")
@click.option("--on", "sent_on", type=day_type, required=True, help="发出日。")
@acting_option
@today_option
def send(number: str, paper: str, sender: str, method: Method, sent_on: date, login: str, today: date) -> None:
    """记录不续约通知或者选择续约通知的发出；打印送达标识，到达时使用。"""
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        found = renewal_desk(uow, desk.actor, today, desk.wiring.calendar, desk.contract_id)
    with desk.wiring.unit_of_work() as uow:
        delivery = send_paper(
            uow, desk.actor, now(), today, desk.wiring.calendar, desk.contract_id, _paper_id(found, paper), sender=sender,
            method=method, sent_on=sent_on,
        )  # fmt: skip
    click.echo(delivery)


@renewal.command("arrived", short_help="记录通知到达")
@number_argument
@click.argument("delivery", metavar="送达标识")
@click.option("--on", "arrived_on", type=day_type, required=True, help="到达日。")
@click.option("--proof", type=Member(Proof), required=True, help="到达的证明。")
@click.option("--evidence", default="", help="回执、妥投记录、邮件头或者日志的编号。")
@acting_option
@today_option
def arrived(number: str, delivery: str, arrived_on: date, proof: Proof, evidence: str, login: str, today: date) -> None:
    """记录到达；及时到达的不续约通知使合同进入“即将届满”，及时到达的选择续约通知使合同续约。"""
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        found = renewal_desk(uow, desk.actor, today, desk.wiring.calendar, desk.contract_id)
    with desk.wiring.unit_of_work() as uow:
        said = notice_arrived(
            uow, desk.actor, now(), today, desk.wiring.calendar, desk.contract_id, delivery, revision_of(found.papers, delivery),
            arrived_on=arrived_on, proof=proof, evidence=evidence,
        )  # fmt: skip
    click.echo(said)


@renewal.command("signed", short_help="记录续约协议签署")
@number_argument
@click.argument("paper", metavar="文书编号")
@click.option("--on", "signed_on", type=day_type, required=True, help="最后签署日。")
@click.option("--years", type=int, help="续展年数。")
@click.option("--until", "last_day", type=day_type, help="或者续展届满日。")
@click.option("--not-counted", is_flag=True, help="不计入续约次数。")
@click.option("--remark", default="", help="签署日晚于续展起始日时的追溯说明。")
@acting_option
@today_option
def signed(
    number: str, paper: str, signed_on: date, years: int | None, last_day: date | None, not_counted: bool, remark: str, login: str, today: date
) -> None:  # fmt: skip
    """记录双方签署续约协议；续展期与原期限首尾相接，各项日期随之更新。"""
    desk = at_desk(login, number)
    with desk.wiring.reading() as uow:
        found = renewal_desk(uow, desk.actor, today, desk.wiring.calendar, desk.contract_id)
    agreed = AgreedRenewal(signed_on, years, last_day, not not_counted, remark)
    with desk.wiring.unit_of_work() as uow:
        term = renewal_signed(
            uow, desk.actor, now(), today, desk.wiring.calendar, desk.contract_id, _paper_id(found, paper), agreed
        )  # fmt: skip
    click.echo(f"续展期：{term.first_day.isoformat()} 至 {term.last_day.isoformat()}。")


def _paper_id(found: RenewalDesk, number: str) -> str:
    paper = next((p for p in found.papers if number in (p.number, p.id)), None)
    if paper is None:
        raise PaperMissing(number)
    return paper.id
