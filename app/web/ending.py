"""Ending a contract before its term: cases with their checks, papers and dates; objections of the other party."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from app.domain.lifecycle_facts import Decision
from app.domain.termination import GROUNDS, HAPPENINGS, Outcome, Route
from app.services import termination_papers as papers
from app.services.objections import close_objection, object_to
from app.services.termination import CaseDetails, change_case, open_case, record_happening, termination_desk, withdraw_case
from app.web.acting import acted
from app.web.delivering import entered_arrival, entered_sending
from app.web.desk import desk
from app.web.entered import Entered
from app.web.gate import actor
from app.web.term_page import term_desk_page

pages = Blueprint("ending", __name__, url_prefix="/contracts/<contract_id>/ending")


@pages.get("/")
def show(contract_id: str) -> str:
    return page(contract_id)


def page(contract_id: str, **more: Any) -> str:
    with_more = {"grounds": GROUNDS, "happenings": HAPPENINGS, "outcomes": Outcome, **more}
    return term_desk_page("contracts/ending.html", contract_id, termination_desk, **with_more)


def _details(form: Entered) -> CaseDetails:
    """Raises ``InputError`` with everything that can't be read."""
    route = form.member("route", _("途径"), Route)
    grace = form.whole("grace_days", _("宽限期"), most=365)
    known_on = form.day("known_on", _("知道事由之日"), required=False)
    since, end_on = form.day("since", _("中断起始日"), required=False), form.day("end_on", _("终止日"), required=False)
    form.require_sound()
    assert route is not None
    return CaseDetails(
        route=route,
        by="" if route is Route.AGREEMENT else form.text("by", 1),
        ground=form.text("ground", 16) if route in (Route.BREACH, Route.STATUTORY) else "",
        part=form.text("part", 400),
        facts=form.text("facts"),
        evidence=form.text("evidence"),
        known_on=known_on,
        continuing=form.flag("continuing"),
        since=since,
        end_on=end_on,
        grace_days=grace or 0,
    )


@pages.post("/")
def create(contract_id: str) -> ResponseReturnValue:
    def act() -> str:
        details = _details(Entered())
        with desk().unit_of_work() as uow:
            open_case(uow, actor(), desk().now(), desk().today(), desk().calendar, contract_id, details)
        return _("已启动终止事项。下一步见下方。")

    return acted(contract_id, act, page, "ending.show")


@pages.post("/<case_id>/")
def change(contract_id: str, case_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Entered()
        details = _details(form)
        with desk().unit_of_work() as uow:
            change_case(uow, actor(), desk().now(), desk().today(), desk().calendar, contract_id, case_id, _seen(form), details)
        return _("已更正。")

    return acted(contract_id, act, page, "ending.show")


@pages.post("/<case_id>/demand")
def demand(contract_id: str, case_id: str) -> ResponseReturnValue:
    return _step(contract_id, case_id, papers.draft_demand, lambda made: _("已起草催告函 %(number)s。", number=made))


@pages.post("/<case_id>/notice")
def notice(contract_id: str, case_id: str) -> ResponseReturnValue:
    automatic = Entered().flag("automatic")
    return _step(
        contract_id, case_id, papers.draft_notice, lambda made: _("已起草 %(number)s。", number=made), automatic=automatic
    )


@pages.post("/<case_id>/confirmation")
def confirm(contract_id: str, case_id: str) -> ResponseReturnValue:
    return _step(contract_id, case_id, papers.confirm_end, lambda _made: _("已确认终止，退出任务已建立。"))


@pages.post("/<case_id>/agreement")
def agreement(contract_id: str, case_id: str) -> ResponseReturnValue:
    def act() -> str:
        with desk().unit_of_work() as uow:
            made = papers.draft_agreement(uow, actor(), desk().now(), contract_id, case_id, _seen(Entered()))
        return _("已起草终止协议 %(number)s。", number=made)

    return acted(contract_id, act, page, "ending.show")


@pages.post("/<case_id>/signature")
def sign(contract_id: str, case_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Entered()
        signed_on, end_on = form.day("signed_on", _("签署日")), form.day("end_on", _("终止日"))
        form.require_sound()
        assert signed_on is not None
        assert end_on is not None
        with desk().unit_of_work() as uow:
            return papers.agreement_signed(
                uow, actor(), desk().now(), desk().today(), desk().calendar, contract_id, case_id, _seen(form), signed_on=signed_on,
                end_on=end_on,
            )  # fmt: skip

    return acted(contract_id, act, page, "ending.show")


@pages.post("/papers/<paper_id>/sending")
def send(contract_id: str, paper_id: str) -> ResponseReturnValue:
    def act() -> str:
        sending = entered_sending()
        with desk().unit_of_work() as uow:
            papers.send_case_paper(
                uow, actor(), desk().now(), desk().today(), desk().calendar, contract_id, paper_id, method=sending.method,
                sent_on=sending.sent_on,
            )  # fmt: skip
        return _("已记录发出。到达后请回到这里记录到达。")

    return acted(contract_id, act, page, "ending.show")


@pages.post("/deliveries/<delivery_id>/arrival")
def arrive(contract_id: str, delivery_id: str) -> ResponseReturnValue:
    def act() -> str:
        found = entered_arrival()
        with desk().unit_of_work() as uow:
            return papers.case_paper_arrived(
                uow, actor(), desk().now(), desk().today(), desk().calendar, contract_id, delivery_id, found.revision,
                arrived_on=found.arrived_on, proof=found.proof, evidence=found.evidence,
            )  # fmt: skip

    return acted(contract_id, act, page, "ending.show")


@pages.post("/<case_id>/happening")
def happening(contract_id: str, case_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Entered()
        on = form.day("on", _("日期"))
        form.require_sound()
        assert on is not None
        with desk().unit_of_work() as uow:
            record_happening(
                uow, actor(), desk().now(), desk().today(), contract_id, case_id, _seen(form), form.text("what", 20), on
            )
        return _("已记录。")

    return acted(contract_id, act, page, "ending.show")


@pages.post("/<case_id>/withdrawal")
def withdraw(contract_id: str, case_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Entered()
        with desk().unit_of_work() as uow:
            withdraw_case(uow, actor(), desk().now(), contract_id, case_id, _seen(form), form.text("reason"))
        return _("已撤回该终止事项。")

    return acted(contract_id, act, page, "ending.show")


@pages.post("/<case_id>/objection")
def objection(contract_id: str, case_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Entered()
        on = form.day("on", _("异议到达日"))
        form.require_sound()
        assert on is not None
        with desk().unit_of_work() as uow:
            object_to(
                uow, actor(), desk().now(), desk().today(), contract_id, case_id, _seen(form), on=on, text=form.text("text")
            )
        return _("已记录异议，合同标记为“争议中”。")

    return acted(contract_id, act, page, "ending.show")


@pages.post("/<case_id>/objection/close")
def close(contract_id: str, case_id: str) -> ResponseReturnValue:
    def act() -> str:
        form = Entered()
        outcome = form.member("outcome", _("结果"), Outcome)
        decided = form.day("decision_on", _("裁判生效日"), required=bool(outcome and outcome.decided))
        form.require_sound()
        assert outcome is not None
        decision = Decision(form.text("decision", 100), decided) if decided else None
        with desk().unit_of_work() as uow:
            close_objection(
                uow, actor(), desk().now(), desk().today(), contract_id, case_id, _seen(form), outcome, decision=decision,
                remark=form.text("remark"),
            )  # fmt: skip
        return _("异议已了结：%(outcome)s。", outcome=outcome.label)

    return acted(contract_id, act, page, "ending.show")


def _seen(form: Entered) -> int:
    return form.whole("revision", _("版本"), most=10**9) or 0


def _step(
    contract_id: str, case_id: str, step: Callable[..., Any], told: Callable[[Any], str], **more: Any
) -> ResponseReturnValue:
    def act() -> str:
        with desk().unit_of_work() as uow:
            made = step(
                uow, actor(), desk().now(), desk().today(), desk().calendar, contract_id, case_id, _seen(Entered()), **more
            )
        return told(made)

    return acted(contract_id, act, page, "ending.show")
