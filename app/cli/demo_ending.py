"""The later life of two demonstration contracts: one renewed in time and then not renewed, one rescinded for breach and wound up."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

from app.cli.demo_life import Life, lives
from app.domain.calendar import WorkingCalendar
from app.domain.exit_plan import TaskKey
from app.domain.lifecycle import Stage
from app.domain.notice import Method, Proof
from app.domain.papers import PaperKind
from app.domain.permissions import Actor
from app.domain.renewal_decision import Choice
from app.domain.term import term_end
from app.domain.termination import Route
from app.services.exiting import ExitView, archive, exit_desk, finish_task
from app.services.filing import DocumentKind
from app.services.generation import Format, Tools
from app.services.link_deciding import Entered, decide_by_link, read_link
from app.services.paper_delivery import arrive_alone, send_alone
from app.services.paper_files import PAPER_FORMATS
from app.services.paper_texts import start_paper
from app.services.renewal import RenewalDesk, decide, renewal_desk
from app.services.renewal_papers import AgreedRenewal, notice_arrived, renewal_signed, send_paper
from app.services.termination import CaseDetails, CaseView, open_case, termination_desk
from app.services.termination_papers import (
    agreement_signed,
    case_paper_arrived,
    draft_agreement,
    draft_demand,
    draft_notice,
    send_case_paper,
)
from app.store.deliveries import find_delivery
from app.store.instruments import instruments_of
from app.store.uow import UnitOfWork

LICENCE = {
    "name": "增值电信业务经营许可证（呼叫中心）", "number": "沪B2-20260001", "holder": "乙方", "until": "2030-12-31", "covers": True,
}  # fmt: skip
BREACH = CaseDetails(
    Route.BREACH, by="a", ground="fail", facts="2026年4月至6月连续三期月度考核不合格", evidence="结算单JS-202604至JS-202606所附考核表",
    known_on=date(2026, 7, 6), grace_days=15,
)  # fmt: skip
SHORTFALL: Mapping[str, Any] = {
    "rectification.fact_table": (
        {"metric": "月度考核得分", "period": "2026年4月", "agreed": "不低于80分", "actual": "74分", "sample": "考核月报YB-202604"},
    ),
    "rectification.trigger": "本合同第5.3.2条第（1）项所列情形", "rectification.severity": "serious",
    "rectification.score_confirmed": date(2026, 5, 11), "rectification.round": 1, "rectification.max_rounds": 2,
    "rectification.requirement_table": ({"measure": "补足晚高峰坐席并调整排班", "criterion": "2026年6月的月度考核得分不低于80分"},),
    "rectification.plan_due": date(2026, 5, 20), "rectification.completion_due": date(2026, 6, 30),
    "rectification.consequences": ("again", "deduct"), "rectification.is_demand": False,
}  # fmt: skip
DUTY = {"duty": "月度考核得分达到合同约定的合格线", "due": "2026-06-30", "days": 8, "record": "JS-202606"}


def ending_files(
    tools: Callable[[], Tools], formats: frozenset[Format] = PAPER_FORMATS
) -> tuple[dict[str, bytes], list[str], list[str]]:
    """Both lives: their papers and the record of what happened, its lines, and what did not hold."""
    with lives(tools, formats) as begin:
        told = [_renewed(begin("续约与不续约")), _rescinded(begin("违约解除与清理"))]
        told[-1].audit()
    lines = [line for life in told for line in (f"── {life.name} ──", *life.log, "")]
    files = {name: content for life in told for name, content in life.files.items()}
    return files | {"ending.txt": "\n".join(lines).encode()}, lines, [f for life in told for f in life.failed]


# ---- a renewal decided in time, then none


def _renewed(life: Life) -> Life:
    life.at(2026, 9, 1)
    desk = _desk(life)
    life.show(desk.schedule.notice_deadline)
    life.show(desk.schedule.safe["b"].get(Method.EXPRESS))
    _decide(life, Choice.RENEW, "年度考核均分91分，业务部门书面同意按原价格续约一年。")
    life.at(2026, 9, 8)
    renewal = _paper(life, PaperKind.RENEWAL)
    life.finish(renewal, "renewal", {"renewal.pia_ref": "PIA-2026-004", "renewal.licence_table": [LICENCE]})
    life.at(2026, 10, 12)
    signed = AgreedRenewal(life.today, years=2)
    life.refused("登记与定稿不符的续展期", lambda uow: renewal_signed(uow, *life.place, renewal, signed))
    signed = AgreedRenewal(life.today, years=1)
    term = life.do(lambda uow: renewal_signed(uow, *life.place, renewal, signed))
    life.say(f"续约协议签署，续展期自{term.first_day.isoformat()}起至{term.last_day.isoformat()}止")
    after = _desk(life)
    life.hold(
        "续展期与原有效期首尾相接",
        (term.first_day - desk.schedule.term.last_day).days == 1 and term.last_day == term_end(term.first_day, 1),
    )
    life.show(after.schedule.notice_deadline)
    life.at(2027, 1, 5)
    life.hold("时钟不再重复续约", len(_desk(life).state.chain.terms) == 2)
    _not_renewed(life)
    return life


def _decide_by_link(life: Life, choice: Choice, reason: str) -> None:
    """The reminder that waits, and the decision by the link in it."""
    told = life.remind()
    life.hold(
        "到期提醒已写入发件箱，写明三个日期", all(w in told for w in ("届满日：", "通知截止日（到达）：", "最晚安全寄送日："))
    )
    life.log += [f"{'':14}{line}" for line in told.splitlines() if line and "/decide/" not in line]
    link = next((found for found in re.findall(r"/decide/(\w+)/(\w+)/([\w-]+)", told) if found[1] == choice.value), None)
    if link is None:
        life.hold("提醒中有办理链接", holds=False)
        return
    where = (life.now, life.today, life.wiring.calendar, life.wiring.link_key, link[0], link[1], link[2])
    for _ in range(2):  # a mail scanner, then the person
        page = life.do(lambda uow: read_link(uow, *where))
    life.hold("打开链接不改变任何内容", _desk(life).decision is None)
    life.say(life.do(lambda uow: decide_by_link(uow, *where, Entered(page.revision, reason))))
    life.refused("同一链接再用一次", lambda uow: decide_by_link(uow, *where, Entered(page.revision, reason)))


def _not_renewed(life: Life) -> None:
    life.at(2027, 9, 1)
    _decide_by_link(life, Choice.NOT_RENEW, "改由内部团队承接，业务部门2027年8月27日书面意见。")
    notice = _paper(life, PaperKind.NON_RENEWAL)
    life.finish(notice, "non-renewal", {})
    life.at(2027, 9, 6)
    express = _send(life, notice, send_paper, sender="a")
    life.at(2027, 9, 9)
    life.say(_arrive(life, express, notice_arrived, date(2027, 9, 8)))
    life.hold("合同进入期满前处理", life.view().state.stage is Stage.EXPIRING)
    life.at(2028, 1, 2)
    life.hold("期满由时钟终止，不发生自动续约", life.view().state.stage is Stage.EXPIRED)
    left = _exit(life)
    life.say(f"退出任务{len(left.tasks)}项，最后一项{max(t.task.due.day for t in left.tasks).isoformat()}")


# ---- a breach, its demand and its notice


def _rectified(life: Life) -> None:
    """The first failing month: a notice to rectify (brief C7), sent, arrived, and of no avail."""
    life.at(2026, 5, 12)
    notice = life.do(
        lambda uow: start_paper(
            uow, life.actor, life.now, life.today, life.wiring.papers, life.contract_id, PaperKind.RECTIFICATION, values=SHORTFALL
        )
    )
    life.finish(notice, "rectification", {})
    sent: dict[str, Any] = {"sender": "a", "method": Method.EXPRESS, "sent_on": life.today}
    delivery = life.do(lambda uow: send_alone(uow, life.actor, life.now, life.today, life.wiring.calendar, notice, **sent))
    life.at(2026, 5, 15)
    life.say(_arrive(life, str(delivery), _served, date(2026, 5, 14)))
    life.say("至6月底没有完成整改，5月、6月的月度考核仍不合格")


def _served(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    today: date,
    official: WorkingCalendar,
    _contract: str,
    *delivery: Any,
    **told: Any,
) -> str:
    """The arrival of a paper that stands alone, called as those of renewal and ending are."""
    return f"{arrive_alone(uow, actor, now, today, official, *delivery, **told)} 到达"


def _rescinded(life: Life) -> Life:
    _rectified(life)
    life.at(2026, 7, 8)
    case = str(life.do(lambda uow: open_case(uow, *life.place, BREACH)))
    life.refused("未经催告即起草解除通知函", lambda uow: draft_notice(uow, *life.place, case, _revision(life, case)))
    _step(life, case, draft_demand)
    demand = _paper(life, PaperKind.DEMAND)
    words = "补足人员并调整排班，使2026年7月的月度考核得分达到合格线。"
    life.finish(demand, "demand", {"demand.duty_table": [DUTY], "demand.requirement": words})
    express = _send(life, demand, send_case_paper)
    life.at(2026, 7, 12)
    life.say(_arrive(life, express, case_paper_arrived, date(2026, 7, 10)))
    view = _case(life, case)
    life.show(view.cure_ends)
    life.show(view.right_lapses)
    life.at(2026, 7, 20)
    life.refused("补救期内起草解除通知函", lambda uow: draft_notice(uow, *life.place, case, view.revision))
    life.at(2026, 7, 30)
    _step(life, case, draft_notice)
    notice = _paper(life, PaperKind.RESCISSION)
    life.finish(notice, "rescission", {"rescission.unperformed": "2026年7月的月度考核得分仍为71分，未达到合格线。"})
    express = _send(life, notice, send_case_paper)
    life.at(2026, 8, 4)
    life.say(_arrive(life, express, case_paper_arrived, date(2026, 8, 3)))
    life.hold("解除通知函到达之日合同终止", life.view().state.stage is Stage.TERMINATED)
    _wound_up(life, case)
    return life


def _wound_up(life: Life, case: str) -> None:
    left = _exit(life)
    life.say(f"建立退出任务{len(left.tasks)}项：")
    life.log += [f"{'':14}{t.task.due.day.isoformat()}  {t.task.title}" for t in left.tasks]
    life.refused("任务未完成时归档", lambda uow: _archive(uow, life))
    life.at(2026, 8, 10)
    revision = _revision(life, case)
    life.do(lambda uow: draft_agreement(uow, life.actor, life.now, life.contract_id, case, revision))
    agreement = _paper(life, PaperKind.TERMINATION)
    life.finish(agreement, "termination", _settled())
    life.at(2026, 8, 17)
    _step(life, case, agreement_signed, signed_on=life.today, end_on=date(2026, 8, 3))
    life.say(f"终止协议 {life.paper_number(agreement)} 签署，终止日与解除日一致")
    _tasks(life)
    life.do(lambda uow: _archive(uow, life))
    life.hold("任务全部完成后归档", life.view().state.stage is Stage.ARCHIVED)


def _archive(uow: UnitOfWork, life: Life) -> None:
    archive(uow, life.actor, life.now, life.wiring.calendar, life.contract_id, life.view().revision)


def _settled() -> Mapping[str, Any]:
    lines = [{"number": f"JS-2026{m:02}", "period": f"2026年{m}月", "amount": "106000.00", "state": "closed"} for m in (6, 7)]
    return {
        "termination.cause": "乙方2026年4月至6月连续三期月度考核不合格，经催告在补救期内仍未达到合格线，甲方依约解除，双方就清理达成一致。",
        "termination.settlement_table": lines,
    }


def _tasks(life: Life) -> None:
    """Every task is done on its day, with a certificate or list on file where one is asked for."""
    while (view := next((t for t in _exit(life).tasks if t.done_on is None), None)) is not None:
        if view.task.due.day > life.today:
            life.at(view.task.due.day.year, view.task.due.day.month, view.task.due.day.day)
        proof = life.attach(f"{view.task.title[:30]}.txt", DocumentKind.EVIDENCE, "演示证据") if view.task.proof else ""
        left, key = _exit(life), view.task.key
        _finish(life, left, key, proof)
    life.say("退出任务全部完成，均有证据")


def _finish(life: Life, left: ExitView, key: TaskKey, proof: str) -> None:
    day = life.today
    life.do(
        lambda uow: finish_task(
            uow, *life.place, left.id, left.revision, key, done_on=day, evidence="双方签收的清单", document_id=proof
        )
    )


# ---- what both need


def _desk(life: Life) -> RenewalDesk:
    with life.wiring.reading() as uow:
        return renewal_desk(uow, life.actor, life.today, life.wiring.calendar, life.contract_id)


def _decide(life: Life, choice: Choice, reason: str) -> None:
    revision = life.view().revision
    papers = life.do(lambda uow: decide(uow, *life.place, revision, choice, reason))
    life.say(f"决定“{choice.label}”，起草{'、'.join(papers)}")


def _paper(life: Life, kind: PaperKind) -> str:
    with life.wiring.reading() as uow:
        return [r.id for r in instruments_of(uow.session, life.contract_id) if r.kind == kind.value and r.state != "void"][-1]


def _case(life: Life, case: str) -> CaseView:
    with life.wiring.reading() as uow:
        desk = termination_desk(uow, life.actor, life.today, life.wiring.calendar, life.contract_id)
    return next(c for c in desk.cases if c.id == case)


def _revision(life: Life, case: str) -> int:
    return _case(life, case).revision


def _step(life: Life, case: str, act: Callable[..., Any], **more: Any) -> None:
    revision = _revision(life, case)
    life.do(lambda uow: act(uow, *life.place, case, revision, **more))


def _exit(life: Life) -> ExitView:
    with life.wiring.reading() as uow:
        return exit_desk(uow, life.actor, life.today, life.wiring.calendar, life.contract_id).exits[0]


def _send(life: Life, paper: str, send: Callable[..., str], **more: Any) -> str:
    """By express and to the mailbox on the same day; returns the delivery by express."""
    first = ""
    for way in (Method.EXPRESS, Method.EMAIL):
        with life.wiring.unit_of_work() as uow:
            made = send(uow, *life.place, paper, method=way, sent_on=life.today, **more)
        first = first or made
    life.say(f"{life.paper_number(paper)} 以邮政特快专递和指定邮箱同日发出")
    return first


def _arrive(life: Life, delivery: str, record: Callable[..., str], on: date) -> str:
    with life.wiring.reading() as uow:
        row = find_delivery(uow.session, delivery)
        revision = row.revision if row else 0
    told = {"arrived_on": on, "proof": Proof.SIGNED_FOR, "evidence": "EMS 1100000000002 妥投记录"}
    return str(life.do(lambda uow: record(uow, *life.place, delivery, revision, **told)))
