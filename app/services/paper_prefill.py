"""What renewal and ending know of a paper, read from the record: its case, the terms, the exit that runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

from app.domain.calendar import WorkingCalendar
from app.domain.errors import ContractError
from app.domain.exit_plan import TaskKey
from app.domain.paper_proposals import (
    Footing,
    Owed,
    for_demand,
    for_non_renewal,
    for_renewal,
    for_rescission,
    for_termination,
    of_term,
)
from app.domain.paper_values import Background
from app.domain.papers import PaperKind, PaperState
from app.domain.termination import TerminationTerms
from app.domain.variables import Value, is_blank
from app.services.ending_rows import case_of
from app.services.money_rows import overdue_of
from app.services.papers import stated
from app.services.term_state import load_term_state
from app.store.contracts import ContractRow
from app.store.endings import EndingRow, ending_of_paper, exits_of
from app.store.instruments import InstrumentRow, instruments_of
from app.store.settlements import settlement_of_paper
from app.store.uow import UnitOfWork

_KINDS = (PaperKind.RENEWAL, PaperKind.NON_RENEWAL, PaperKind.DEMAND, PaperKind.RESCISSION, PaperKind.TERMINATION)


def known_values(
    uow: UnitOfWork,
    contract: ContractRow,
    row: InstrumentRow,
    kind: PaperKind,
    background: Background,
    official: WorkingCalendar,
    today: date,
) -> dict[str, Value]:
    """Values of a paper on renewal or ending; empty for other kinds, and where the contract's term isn't known."""
    footing = _footing(uow, contract, background, official, today) if kind in _KINDS else None
    if footing is None:
        return {}
    found = _values(uow, contract, row, kind, footing)
    return {name: value for name, value in found.items() if not is_blank(value)}


def with_term(
    uow: UnitOfWork, contract: ContractRow, background: Background, official: WorkingCalendar, today: date
) -> Background:
    """The background with the dates of the renewed term, against which papers are checked; its words stay as they are."""
    footing = _footing(uow, contract, background, official, today)
    moved = of_term(footing) if footing else {}
    if not moved:
        return background
    standing = background.standing
    return replace(background, standing=replace(standing, answers=standing.answers.with_values(moved)))


def _footing(
    uow: UnitOfWork, contract: ContractRow, background: Background, official: WorkingCalendar, today: date
) -> Footing | None:
    try:
        state = load_term_state(uow, contract, official)
    except ContractError:
        return None
    answers = background.standing.answers
    ending = TerminationTerms.from_answers(answers)
    return Footing(answers, state.chain, state.terms, ending, state.rules, background.labels(), official, today)


def _values(uow: UnitOfWork, contract: ContractRow, row: InstrumentRow, kind: PaperKind, footing: Footing) -> dict[str, Value]:
    case_row = ending_of_paper(uow.session, row.id)
    case = case_of(uow, case_row, footing.answers) if case_row else None
    match kind:
        case PaperKind.RENEWAL:
            return for_renewal(footing)
        case PaperKind.NON_RENEWAL:
            return for_non_renewal(footing)
        case PaperKind.TERMINATION:
            return for_termination(footing, case, case_row.ended_on if case_row else None, _done(uow, row.contract_id, case_row))
        case PaperKind.DEMAND if case is not None and case_row is not None:
            return for_demand(footing, case, case_row.grace_days, _owed(uow, contract, footing))
        case PaperKind.RESCISSION if case is not None:
            return for_rescission(footing, case)
    return {}


def _done(uow: UnitOfWork, contract_id: str, case: EndingRow | None) -> Mapping[TaskKey, date]:
    """Days on which the tasks of the exit that belongs to the case were done."""
    rows = [r for r in exits_of(uow.session, contract_id) if case is not None and r.ending_id == case.id]
    return {TaskKey(t.key): t.done_on for r in rows for t in r.tasks if t.done_on is not None}


def _owed(uow: UnitOfWork, contract: ContractRow, footing: Footing) -> tuple[Owed, ...]:
    """What settlements of the record make payable, less what was paid on them; and what settlements confirmed on paper alone say."""
    overdue, _ = overdue_of(uow, footing.official, contract, footing.today)
    found = [Owed(o.settlement, o.principal, o.due) for o in overdue]
    for paper in sorted(instruments_of(uow.session, contract.id), key=lambda paper: paper.number):
        if paper.kind != PaperKind.SETTLEMENT.value or paper.state != PaperState.SIGNED.value:
            continue
        if settlement_of_paper(uow.session, paper.id) is not None:
            continue
        amount, due = stated(uow, paper, "settlement.payable"), stated(uow, paper, "settlement.due")
        if isinstance(amount, Decimal) and isinstance(due, date):
            found.append(Owed(paper.number, amount, due))
    return tuple(found)
