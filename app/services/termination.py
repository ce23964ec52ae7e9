"""Ending a contract before its term: the desk that shows where each case stands, opening a case, and what happens to it meanwhile."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from app.domain.calendar import WorkingCalendar
from app.domain.errors import ContractError, InputError, InputFault
from app.domain.lifecycle import MOVES
from app.domain.notice import Method, last_safe_days
from app.domain.permissions import Action, Actor
from app.domain.reasoning import Check, ReasonedDate
from app.domain.termination import (
    HAPPENINGS,
    Case,
    Route,
    TerminationTerms,
    cure_ends,
    ends_on,
    ground,
    may_leave_on,
    right_lapses,
)
from app.domain.termination_checks import has_ended, may_demand, may_give_notice
from app.services.ending_rows import OPEN, WITHDRAWN, CaseBlocked, case_of, come_to, terms_of_ending, touch
from app.services.filing import ContractView, view_contract
from app.services.journal import note
from app.services.papers import ARRIVED, IN_THE_HOUSE, SENT, SIGNED, PaperView, require_paper, view_paper, void_paper
from app.services.record import opened, state_of
from app.services.term_state import TermState
from app.store.contracts import ContractRow
from app.store.endings import EndingRow, endings_of
from app.store.instruments import InstrumentRow
from app.store.uow import UnitOfWork

MAX_TEXT = 4000


@dataclass(frozen=True, slots=True)
class CaseDetails:
    """What a person enters. ``by`` empty: both parties; ``part`` empty: the whole contract. ``grace_days`` of a demand, natural days."""

    route: Route
    by: str = ""
    ground: str = ""
    part: str = ""
    facts: str = ""
    evidence: str = ""
    known_on: date | None = None
    continuing: bool = False
    since: date | None = None
    end_on: date | None = None
    grace_days: int = 0


@dataclass(frozen=True, slots=True)
class CaseView:
    """One case with everything that its next step rests on.

    ``safe``: last safe day to send the notice so that it arrives before the right lapses, by method. ``demand_checks``,
    ``notice_checks``, ``end_checks``: what is met and what is not.
    """

    id: str
    revision: int
    state: str
    case: Case
    grace_days: int
    demand: PaperView | None
    notice: PaperView | None
    agreement: PaperView | None
    cure_ends: ReasonedDate | None
    cure_over: bool
    right_lapses: ReasonedDate | None
    may_leave_on: ReasonedDate | None
    ends_on: ReasonedDate | None
    ended_on: date | None
    safe: Mapping[Method, ReasonedDate]
    demand_checks: tuple[Check, ...]
    notice_checks: tuple[Check, ...]
    end_checks: tuple[Check, ...]
    objected_on: date | None
    objection: str
    objection_outcome: str
    created_at: datetime
    created_by: str

    @property
    def needs_demand(self) -> bool:
        found = ground(self.case.ground)
        return found is not None and found.demand

    @property
    def disputed(self) -> bool:
        return self.objected_on is not None and not self.objection_outcome


@dataclass(frozen=True, slots=True)
class TerminationDesk:
    """``routes``: those that the contract's stage knows now."""

    contract: ContractView
    state: TermState
    terms: TerminationTerms
    cases: tuple[CaseView, ...]
    routes: tuple[Route, ...]

    @property
    def numbers(self) -> Mapping[str, str]:
        return self.state.numbers


def termination_desk(uow: UnitOfWork, actor: Actor, today: date, official: WorkingCalendar, contract_id: str) -> TerminationDesk:
    """Raises ``ContractMissing``, ``term.unknown``."""
    contract = opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    state, terms = terms_of_ending(uow, contract, official)
    cases = tuple(view_case(uow, row, state, terms, today) for row in endings_of(uow.session, contract_id))
    return TerminationDesk(view_contract(contract), state, terms, cases, possible_routes(contract))


def possible_routes(contract: ContractRow) -> tuple[Route, ...]:
    stage = state_of(contract).stage
    known = {move.event for move in MOVES if stage in move.sources}
    return tuple(r for r in Route if r.event in known)


def open_case(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, official: WorkingCalendar, contract_id: str, details: CaseDetails
) -> str:
    """Begin a case; returns its id. Nothing is sent and nothing ends by it.

    Raises ``ContractMissing``, ``Forbidden``, ``InputError`` with every fault; ``ending.stage`` where the contract can't be ended so;
    ``ending.open`` where another case on the whole contract is open.
    """
    contract = opened(uow, actor, Action.END_CONTRACT, contract_id, lock=True)
    if details.route not in possible_routes(contract):
        raise ContractError("ending.stage", f"合同为“{state_of(contract).stage.label}”，不能以“{details.route.label}”终止。")
    _require_sound(uow, contract, details, today, official)
    running = [r for r in endings_of(uow.session, contract_id) if r.state == OPEN and not r.part.strip()]
    if running and not details.part.strip():
        raise ContractError("ending.open", f"已有办理中的终止事项（{Route(running[0].route).label}）；请先办结或者撤回。")
    row = EndingRow(id=uuid.uuid4().hex, contract_id=contract_id, state=OPEN, created_at=now, created_by=actor.name)
    _write(row, details)
    touch(row, actor, now)
    uow.session.add(row)
    _note(uow, actor, now, "ending.opened", row, details)
    uow.commit()
    return row.id


def change_case(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    today: date,
    official: WorkingCalendar,
    contract_id: str,
    case_id: str,
    revision: int,
    details: CaseDetails,
) -> None:
    """Correct what was entered, while no paper of the case has left the house. Raises ``InputError``, ``ending.sent``."""
    contract, row = come_to(uow, actor, contract_id, case_id, revision)
    _require_open(row)
    if any(p.state not in IN_THE_HOUSE for p in _papers(uow, row)):
        raise ContractError("ending.sent", "文书已经发出，不能再改事由和事实；请撤回后另行办理，或者在后续文书中补充。")
    _require_sound(uow, contract, details, today, official)
    _write(row, details)
    touch(row, actor, now)
    _note(uow, actor, now, "ending.changed", row, details)
    uow.commit()


def record_happening(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, contract_id: str, case_id: str, revision: int, what: str, on: date
) -> None:
    """Record that something happened to the case: a key of ``HAPPENINGS``. Raises ``InputError`` for a day to come."""
    _, row = come_to(uow, actor, contract_id, case_id, revision)
    _require_open(row)
    if what not in HAPPENINGS:
        raise InputError([InputFault("what", "事项", "不是可以记录的事项", "、".join(HAPPENINGS.values()))])
    if on > today:
        raise InputError([InputFault("on", HAPPENINGS[what], f"{on.isoformat()} 尚未到来")])
    setattr(row, what, on)
    if what == "ceased_on":
        row.continuing = True
    touch(row, actor, now)
    note(uow, actor, now, "ending.happened", contract=contract_id, ending=row.id, what=what, on=on.isoformat())
    uow.commit()


def withdraw_case(
    uow: UnitOfWork, actor: Actor, now: datetime, contract_id: str, case_id: str, revision: int, reason: str
) -> None:
    """Give a case up. What arrived has worked and can't be called back (CC:565), so a notice may not have arrived."""
    _, row = come_to(uow, actor, contract_id, case_id, revision)
    _require_open(row)
    if not reason.strip():
        raise InputError([InputFault("reason", "理由", "须写明撤回的理由")])
    papers = _papers(uow, row)
    if any(p.state in (ARRIVED, SIGNED) and p.id in (row.notice_id, row.agreement_id) for p in papers):
        raise CaseBlocked("撤回", ("通知已经到达或者协议已经签署，解除或者终止已不能单方撤回",))
    for paper in papers:
        if paper.state in IN_THE_HOUSE:
            void_paper(uow, actor, now, paper, reason.strip())
    row.state = WITHDRAWN
    touch(row, actor, now)
    note(uow, actor, now, "ending.withdrawn", contract=contract_id, ending=row.id, reason=reason.strip())
    uow.commit()


def _papers(uow: UnitOfWork, row: EndingRow) -> list[InstrumentRow]:
    return [require_paper(uow, row.contract_id, i) for i in (row.demand_id, row.notice_id, row.agreement_id) if i is not None]


def _require_open(row: EndingRow) -> None:
    if row.state != OPEN:
        raise ContractError("ending.closed", "该终止事项已经办结或者撤回，不能再变更。")


def _require_sound(uow: UnitOfWork, contract: ContractRow, details: CaseDetails, today: date, official: WorkingCalendar) -> None:
    """What can be told wrong at once; what may still come (demand, arrival, time) is left to the checks."""
    faults = []
    route, found = details.route, ground(details.ground)
    if route in (Route.BREACH, Route.STATUTORY) and (found is None or found.route is not route):
        faults.append(InputFault("ground", "解除事由", f"请选择{route.label}的事由"))
    if route is not Route.AGREEMENT and details.by not in ("a", "b"):
        faults.append(InputFault("by", "解除方", "请选择由甲方还是乙方提出"))
    if found is not None and details.by in ("a", "b") and details.by not in found.by:
        faults.append(InputFault("by", "解除方", f"“{found.label}”不能由该方主张"))
    for name, label, day in (("known_on", "知道事由之日", details.known_on), ("since", "中断起始日", details.since)):
        if day is not None and day > today:
            faults.append(InputFault(name, label, f"{day.isoformat()} 尚未到来"))
    _, terms = terms_of_ending(uow, contract, official)
    least = terms.cure(found) if found is not None and found.demand else 0
    if found is not None and found.demand and details.grace_days < least:
        faults.append(InputFault("grace_days", "宽限期", f"不得短于约定的补救期{least}个自然日"))
    if len(details.facts) > MAX_TEXT or len(details.evidence) > MAX_TEXT:
        faults.append(InputFault("facts", "事实和证据", f"每项不超过{MAX_TEXT}字"))
    if faults:
        raise InputError(faults)


def _write(row: EndingRow, details: CaseDetails) -> None:
    row.route, row.by_party, row.ground = details.route.value, details.by, details.ground
    row.part, row.facts, row.evidence = details.part.strip(), details.facts.strip(), details.evidence.strip()
    row.known_on, row.continuing, row.since = details.known_on, details.continuing, details.since
    row.end_on, row.grace_days = details.end_on, details.grace_days


def _note(uow: UnitOfWork, actor: Actor, now: datetime, action: str, row: EndingRow, details: CaseDetails) -> None:
    note(
        uow, actor, now, action, contract=row.contract_id, ending=row.id, route=details.route.value, ground=details.ground,
        by=details.by, part=row.part, facts=row.facts, evidence=row.evidence,
        known_on=details.known_on.isoformat() if details.known_on else "", continuing=details.continuing,
        grace_days=details.grace_days,
    )  # fmt: skip


def view_case(uow: UnitOfWork, row: EndingRow, state: TermState, terms: TerminationTerms, today: date) -> CaseView:
    """The case as its desk shows it, for another use case that has come to the contract."""
    case, official = case_of(uow, row, state.answers), state.official
    lapses, cure = right_lapses(case, terms, official), cure_ends(case, terms, official)

    def paper(paper_id: str | None) -> PaperView | None:
        return view_paper(uow, require_paper(uow, row.contract_id, paper_id)) if paper_id else None

    notice = paper(row.notice_id)
    waiting = notice is None or notice.state in (*IN_THE_HOUSE, SENT)
    recipient = {"a": "b", "b": "a"}.get(case.by, "")
    safe = last_safe_days(lapses, recipient, state.rules, state.calendar) if lapses and recipient and waiting else {}
    open_ = row.state == OPEN
    return CaseView(
        id=row.id,
        revision=row.revision,
        state=row.state,
        case=case,
        grace_days=row.grace_days,
        demand=paper(row.demand_id),
        notice=notice,
        agreement=paper(row.agreement_id),
        cure_ends=cure,
        cure_over=cure is not None and cure.day < today,
        right_lapses=lapses,
        may_leave_on=may_leave_on(case, terms, official),
        ends_on=ends_on(case, terms, official),
        ended_on=row.ended_on,
        safe=safe,
        demand_checks=may_demand(case, terms, row.grace_days, today) if open_ and case.demand is None else (),
        notice_checks=may_give_notice(case, terms, official, today) if open_ and waiting else (),
        end_checks=has_ended(case, terms, official, today) if open_ else (),
        objected_on=row.objected_on,
        objection=row.objection,
        objection_outcome=row.objection_outcome,
        created_at=row.created_at,
        created_by=row.created_by,
    )
