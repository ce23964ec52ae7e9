"""The papers of an ending on their way: drafted once the checks allow it, sent, arrived, signed; and the end that follows."""

from __future__ import annotations

from datetime import date, datetime

from app.domain.calendar import WorkingCalendar
from app.domain.errors import ContractError, InputError, InputFault
from app.domain.exit_plan import Ended, Ending
from app.domain.lifecycle_facts import Facts
from app.domain.lifecycle_facts import Paper as EffectivePaper
from app.domain.notice import Method, Proof
from app.domain.paper_values import LEAVING_TITLE
from app.domain.permissions import Action, Actor
from app.domain.renewal_decision import Paper
from app.domain.term import chinese_date
from app.domain.termination import Case, Route, TerminationTerms, ends_on
from app.domain.termination_checks import has_ended, may_demand, may_give_notice, unmet
from app.services.ending_rows import ENDED, OPEN, CaseBlocked, CaseMissing, case_of, come_to, terms_of_ending, touch
from app.services.exiting import begin_exit
from app.services.journal import note
from app.services.moving import move
from app.services.papers import (
    IN_THE_HOUSE,
    SENT,
    SIGNED,
    add_arrival,
    add_sending,
    draft_of,
    draft_paper,
    require_paper,
    stated,
)
from app.services.record import opened
from app.services.term_state import TermState
from app.store.contracts import ContractRow
from app.store.deliveries import find_delivery
from app.store.endings import EndingRow, ending_of_paper
from app.store.uow import UnitOfWork

_HOW = {
    Route.AGREEMENT: Ended.AGREEMENT,
    Route.BREACH: Ended.RESCINDED,
    Route.STATUTORY: Ended.RESCINDED,
    Route.CONVENIENCE: Ended.CONVENIENCE,
}


def draft_demand(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, official: WorkingCalendar, contract_id: str, case_id: str, revision: int
) -> str:  # fmt: skip
    """Draft the demand letter of a case; returns its number. Raises ``CaseBlocked`` with what brief C8 misses."""
    contract, row = come_to(uow, actor, contract_id, case_id, revision)
    state, terms = terms_of_ending(uow, contract, official)
    if row.demand_id is not None:
        raise CaseBlocked("起草催告函", ("本事项已有催告函",))
    _require("起草催告函", unmet(may_demand(case_of(uow, row, state.answers), terms, row.grace_days, today)))
    paper = draft_of(uow, actor, now, contract, Paper.DEMAND)
    row.demand_id = paper.id
    touch(row, actor, now)
    uow.commit()
    return paper.number


def draft_notice(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, official: WorkingCalendar, contract_id: str, case_id: str, revision: int,
    *, automatic: bool = False,
) -> str:  # fmt: skip
    """Draft the notice that ends the contract; returns its number. ``automatic``: it gives a last chance and ends by itself then.

    Raises ``CaseBlocked`` with everything that brief C4 misses on ``today``.
    """
    contract, row = come_to(uow, actor, contract_id, case_id, revision)
    state, terms = terms_of_ending(uow, contract, official)
    route = Route(row.route)
    if route is Route.AGREEMENT:
        raise CaseBlocked("起草通知", ("协议解除以终止协议办理，没有解除通知",))
    if row.notice_id is not None:
        raise CaseBlocked("起草通知", ("本事项已有通知",))
    _require("起草通知", unmet(may_give_notice(case_of(uow, row, state.answers), terms, official, today)))
    leaving = route is Route.CONVENIENCE
    title = LEAVING_TITLE if leaving else Paper.RESCISSION.label
    paper = draft_paper(uow, actor, now, contract, Paper.RESCISSION.value, Paper.RESCISSION.code, title)
    row.notice_id, row.automatic = paper.id, automatic and not leaving
    touch(row, actor, now)
    uow.commit()
    return paper.number


def draft_agreement(uow: UnitOfWork, actor: Actor, now: datetime, contract_id: str, case_id: str, revision: int) -> str:
    """Draft the termination agreement: of a case by agreement, or to wind up what a notice ended (brief C5). Returns its number."""
    contract, row = come_to(uow, actor, contract_id, case_id, revision)
    if row.agreement_id is not None:
        raise CaseBlocked("起草终止协议", ("本事项已有终止协议",))
    if row.state not in (OPEN, ENDED):
        raise CaseBlocked("起草终止协议", ("该事项已经撤回或者被否定",))
    paper = draft_of(uow, actor, now, contract, Paper.TERMINATION)
    row.agreement_id = paper.id
    touch(row, actor, now)
    uow.commit()
    return paper.number


def send_case_paper(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    today: date,
    official: WorkingCalendar,
    contract_id: str,
    paper_id: str,
    *,
    method: Method,
    sent_on: date,
) -> str:
    """Record that a demand or a notice was sent by the party that ends; returns the delivery's id. Raises ``InputError``."""
    contract = opened(uow, actor, Action.FILE_PAPER, contract_id, lock=True)
    paper = require_paper(uow, contract_id, paper_id)
    row = ending_of_paper(uow.session, paper_id)
    if row is None:
        raise CaseMissing(paper_id)
    if paper_id == row.agreement_id:
        raise ContractError("paper.kind", f"{paper.number} 由双方签署，不需要送达。")
    state, _ = terms_of_ending(uow, contract, official)
    sent = add_sending(uow, actor, now, today, state, paper, row.by_party, method, sent_on)
    touch(row, actor, now)
    uow.commit()
    return sent.id


def case_paper_arrived(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    today: date,
    official: WorkingCalendar,
    contract_id: str,
    delivery_id: str,
    revision: int,
    *,
    arrived_on: date,
    proof: Proof,
    evidence: str,
    document_id: str = "",
) -> str:
    """Record the arrival of a demand or a notice; returns a sentence that says what follows.

    A demand starts the cure period. A notice that needs nothing more ends the contract in the same commit; one with a day still to
    come, or with something missing, waits for ``confirm_end``.
    """
    contract = opened(uow, actor, Action.FILE_PAPER, contract_id, lock=True)
    delivery = find_delivery(uow.session, delivery_id)
    row = ending_of_paper(uow.session, delivery.instrument_id) if delivery is not None else None
    if row is None or row.contract_id != contract_id:
        raise CaseMissing(delivery_id)
    state, terms = terms_of_ending(uow, contract, official)
    paper = add_arrival(uow, actor, now, today, state, delivery_id, revision, arrived_on, proof, evidence, document_id)
    touch(row, actor, now)
    said = f"{paper.number}已于{chinese_date(arrived_on)}到达。"
    if paper.id == row.notice_id and row.state == OPEN:
        said += _follow(uow, actor, now, today, contract, row, state, terms)
    uow.commit()
    return said


def _follow(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, contract: ContractRow, row: EndingRow, state: TermState,
    terms: TerminationTerms,
) -> str:  # fmt: skip
    """End at once where nothing is missing, otherwise say what is."""
    case = case_of(uow, row, state.answers)
    missing = unmet(has_ended(case, terms, state.official, today))
    if missing:
        return f"尚不能记为终止：{'；'.join(missing)}。"
    _end(uow, actor, now, today, contract, row, case, state, terms)
    return f"{'该部分' if case.partial else '合同'}已终止，退出任务已建立。"


def agreement_signed(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, official: WorkingCalendar, contract_id: str, case_id: str, revision: int,
    *, signed_on: date, end_on: date,
) -> str:  # fmt: skip
    """Record that both parties signed the termination agreement. A case by agreement ends on ``end_on``; one that had ended already
    is only wound up by it. Returns a sentence. Raises ``InputError``."""
    contract, row = come_to(uow, actor, contract_id, case_id, revision)
    faults = []
    if row.agreement_id is None:
        raise CaseBlocked("记录签署", ("尚未起草终止协议",))
    paper = require_paper(uow, contract_id, row.agreement_id)
    if paper.state not in (*IN_THE_HOUSE, SENT):
        raise CaseBlocked("记录签署", (f"{paper.number} 已经签署或者作废",))
    if signed_on > today:
        faults.append(InputFault("signed_on", "签署日", f"{signed_on.isoformat()} 尚未到来"))
    if row.state == ENDED and row.ended_on is not None and end_on != row.ended_on:
        faults.append(InputFault("end_on", "终止日", f"合同已于{row.ended_on.isoformat()}终止，协议载明的终止日应与之一致"))
    written = stated(uow, paper, "termination.date")
    if isinstance(written, date) and written != end_on:
        words = f"定稿的{paper.number}载明{written.isoformat()}，与所录的{end_on.isoformat()}不符"
        faults.append(InputFault("end_on", "终止日", words, "按签署的文本填写"))
    if faults:
        raise InputError(faults)
    paper.arrived_on, paper.effective_on, paper.state = signed_on, end_on, SIGNED
    note(
        uow, actor, now, "paper.signed", contract=contract_id, paper=paper.id, number=paper.number, signed_on=signed_on.isoformat(),
        effective_on=end_on.isoformat(),
    )  # fmt: skip
    said = f"{paper.number}已于{chinese_date(signed_on)}签署。"
    if row.state == OPEN:
        row.signed_on, row.end_on = signed_on, end_on
        if Route(row.route) is Route.AGREEMENT:
            state, terms = terms_of_ending(uow, contract, official)
            said += _follow(uow, actor, now, today, contract, row, state, terms)
    touch(row, actor, now)
    uow.commit()
    return said


def confirm_end(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    today: date,
    official: WorkingCalendar,
    contract_id: str,
    case_id: str,
    revision: int,
) -> None:
    """A person confirms that the day of the end has come and nothing was performed meanwhile. Raises ``CaseBlocked``, ``IllegalMove``."""
    contract, row = come_to(uow, actor, contract_id, case_id, revision)
    state, terms = terms_of_ending(uow, contract, official)
    if row.state != OPEN:
        raise CaseBlocked("确认终止", ("该事项已经办结或者撤回",))
    case = case_of(uow, row, state.answers)
    _require("确认终止", unmet(has_ended(case, terms, official, today)))
    _end(uow, actor, now, today, contract, row, case, state, terms)
    uow.commit()


def _end(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, contract: ContractRow, row: EndingRow, case: Case, state: TermState,
    terms: TerminationTerms,
) -> None:  # fmt: skip
    """Move the stage (a part that ends leaves it), and enter the exit, in the caller's transaction."""
    found = ends_on(case, terms, state.official)
    if found is None:
        raise CaseBlocked("记为终止", ("终止日尚不能确定",))
    paper_id = row.agreement_id if case.route is Route.AGREEMENT else row.notice_id
    paper = require_paper(uow, contract.id, paper_id or "")
    paper.effective_on = found.day
    row.state, row.ended_on = ENDED, found.day
    touch(row, actor, now)
    if not case.partial:
        checks = unmet(has_ended(case, terms, state.official, today))
        effective = EffectivePaper(paper.number, paper.arrived_on, found.day, checks)
        move(uow, actor, now, contract, case.route.event, Facts(today=today, paper=effective), paper=paper.number)
    note(
        uow, actor, now, "ending.ended", contract=contract.id, ending=row.id, route=case.route.value, part=case.part,
        ended_on=found.day.isoformat(), paper=paper.number,
    )  # fmt: skip
    ending = Ending(_HOW[case.route], found.day, contract.took_effect_on is not None, case.part, case.by)
    begin_exit(uow, actor, now, contract, state, ending, row.id)


def _require(what: str, missing: tuple[str, ...]) -> None:
    if missing:
        raise CaseBlocked(what, missing)
