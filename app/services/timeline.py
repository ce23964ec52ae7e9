"""Gathering a contract's timeline from its record: text, terms, papers, cases and exit."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from app.domain.calendar import WorkingCalendar
from app.domain.exit_plan import TaskKey
from app.domain.notice import Method
from app.domain.permissions import Action, Actor
from app.domain.termination import TerminationTerms, cure_ends
from app.domain.timeline import Mark, MarkKind, Span, SpanKind, Timeline
from app.services.ending_rows import OPEN, case_of
from app.services.papers import VOID
from app.services.record import opened
from app.services.term_state import TermState, load_term_state
from app.store.contracts import ContractRow
from app.store.endings import WHOLE, endings_of, exits_of
from app.store.instruments import instruments_of
from app.store.uow import UnitOfWork

ENDED = ("expired", "terminated", "archived")
AMENDMENT = "amendment"


def read_timeline(uow: UnitOfWork, actor: Actor, today: date, official: WorkingCalendar, contract_id: str) -> Timeline:
    """Raises ``ContractMissing``, ``term.unknown``."""
    contract = opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    state = load_term_state(uow, contract, official)
    over = contract.stage in ENDED
    marks = [*_beginning(contract, state), *_papers(uow, contract_id), *_cases(uow, contract, state)]
    ended = next((r.ended_on for r in exits_of(uow.session, contract_id) if r.scope == WHOLE), None) if over else None
    spans = [
        Span(t.first_day, min(t.last_day, ended or t.last_day), SpanKind.TERM, t.name)
        for t in state.chain.terms
        if ended is None or t.first_day <= ended
    ]
    if over:
        spans += _exit(uow, contract_id)
        marks += _over(uow, contract, state)
    else:
        marks += _due(state, today)
        spans += _ahead(state, today)
    spans += [s for s in _cures(uow, contract, state) if not over]
    return Timeline.of(marks, spans, today)


def _beginning(contract: ContractRow, state: TermState) -> Iterator[Mark]:
    if state.facts.signed_on is not None:
        yield Mark(state.facts.signed_on, MarkKind.SIGNED, "签订")
    if contract.took_effect_on is not None:
        yield Mark(contract.took_effect_on, MarkKind.EFFECT, "生效")


def _papers(uow: UnitOfWork, contract_id: str) -> Iterator[Mark]:
    for row in instruments_of(uow.session, contract_id):
        if row.state == VOID:
            continue
        if row.kind == AMENDMENT and row.effective_on is not None:
            yield Mark(row.effective_on, MarkKind.AMENDED, f"{row.title}生效")
        elif row.arrived_on is not None:
            yield Mark(row.arrived_on, MarkKind.PAPER, f"{row.title}{'签署' if row.state == 'signed' else '到达'}")


def _cases(uow: UnitOfWork, contract: ContractRow, state: TermState) -> Iterator[Mark]:
    for row in endings_of(uow.session, contract.id):
        if row.ended_on is not None and row.part:
            yield Mark(row.ended_on, MarkKind.END, "部分终止")
        if row.objected_on is not None:
            yield Mark(row.objected_on, MarkKind.PAPER, "对方异议")


def _cures(uow: UnitOfWork, contract: ContractRow, state: TermState) -> Iterator[Span]:
    terms = TerminationTerms.from_answers(state.answers)
    for row in endings_of(uow.session, contract.id):
        case = case_of(uow, row, state.answers)
        cure = cure_ends(case, terms, state.official)
        if row.state == OPEN and cure is not None and case.demand is not None and case.demand.arrived_on is not None:
            yield Span(case.demand.arrived_on, cure.day, SpanKind.CURE, "补救期")


def _due(state: TermState, today: date) -> Iterator[Mark]:
    """What hangs on the current term and is still to come, or came without anything being done."""
    plan = state.schedule()
    yield Mark(plan.end.day, MarkKind.END, "届满")
    if plan.notice_deadline is not None:
        yield Mark(plan.notice_deadline.day, MarkKind.DEADLINE, "通知到达截止")
        safe = plan.safe["b"].get(Method.EXPRESS) or plan.safe["a"].get(Method.EXPRESS)
        if safe is not None:
            yield Mark(safe.day, MarkKind.SAFE, "快递最后安全发出")


def _ahead(state: TermState, today: date) -> Iterator[Span]:
    plan, ahead = state.schedule(), state.outlook(today)
    if plan.window_opens is not None and plan.notice_deadline is not None:
        yield Span(plan.window_opens.day, plan.notice_deadline.day, SpanKind.WINDOW, "续约窗口")
    if ahead.next_term is not None:
        yield Span(ahead.next_term.first_day, ahead.next_term.last_day, SpanKind.AHEAD, f"{ahead.next_term.name}（将自动续约）")


def _exit(uow: UnitOfWork, contract_id: str) -> Iterator[Span]:
    for row in exits_of(uow.session, contract_id):
        last = next((t.due_on for t in row.tasks if t.key == TaskKey.SUPPORT.value), None)
        if row.scope == WHOLE and last is not None and last > row.ended_on:
            yield Span(row.ended_on, last, SpanKind.TRANSITION, "过渡期")


def _over(uow: UnitOfWork, contract: ContractRow, state: TermState) -> Iterator[Mark]:
    rows = [r for r in exits_of(uow.session, contract.id) if r.scope == WHOLE]
    if rows:
        yield Mark(rows[0].ended_on, MarkKind.END, "届满" if rows[0].how == "expired" else "终止")
    elif contract.stage == "expired":
        yield Mark(state.chain.current.last_day, MarkKind.END, "届满")
