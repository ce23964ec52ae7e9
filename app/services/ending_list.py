"""Ending over every contract that somebody may read: the cases that are open with their next step, and the exits that are not done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

from app.domain.calendar import WorkingCalendar
from app.domain.errors import ContractError
from app.domain.permissions import Action, Actor, require
from app.domain.reasoning import ReasonedDate
from app.domain.termination import Route, TerminationTerms
from app.services.exiting import ExitView, TaskView, view_exit
from app.services.filing import ContractView, view_contract
from app.services.term_state import TermState, load_term_state
from app.services.termination import CaseView, view_case
from app.store.contracts import ContractRow
from app.store.endings import EndingRow, ExitRow, open_cases_page, open_exits_page
from app.store.uow import UnitOfWork

PAGE = 20


class Step(Enum):
    """What an open case waits for."""

    DRAFT_DEMAND = "draft_demand"
    DELIVER_DEMAND = "deliver_demand"
    CURE = "cure"
    DRAFT_NOTICE = "draft_notice"
    DELIVER_NOTICE = "deliver_notice"
    DRAFT_AGREEMENT = "draft_agreement"
    SIGN_AGREEMENT = "sign_agreement"
    CONFIRM = "confirm"


@dataclass(frozen=True, slots=True)
class CaseLine:
    """``unmet``: what still stands in the way of the next step; ``dates``: each with its reasoning, in order of time. ``why`` says why
    nothing can be computed; ``view`` is None then."""

    contract: ContractView
    case_id: str
    view: CaseView | None = None
    state: TermState | None = None
    step: Step | None = None
    dates: tuple[ReasonedDate, ...] = ()
    unmet: tuple[str, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class ExitLine:
    """An exit with open tasks. ``next``: the open task that is due first."""

    contract: ContractView
    exit_id: str
    view: ExitView | None = None
    state: TermState | None = None
    next: TaskView | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class EndingList:
    """A page of each; ``more_*``: there is a next page."""

    cases: tuple[CaseLine, ...]
    exits: tuple[ExitLine, ...]
    more_cases: bool
    more_exits: bool


def read_endings(uow: UnitOfWork, actor: Actor, today: date, official: WorkingCalendar, page: int = 1) -> EndingList:
    """Open cases, the oldest first, and open exits, the task that is due first first. Raises ``Forbidden``."""
    require(actor, Action.READ_CONTRACTS)
    start = (max(page, 1) - 1) * PAGE
    cases = open_cases_page(uow.session, actor.id, start, PAGE + 1)
    exits = open_exits_page(uow.session, actor.id, start, PAGE + 1)
    return EndingList(
        tuple(_case(uow, contract, row, today, official) for row, contract in cases[:PAGE]),
        tuple(_exit(uow, contract, row, today, official) for row, contract in exits[:PAGE]),
        len(cases) > PAGE,
        len(exits) > PAGE,
    )


def _case(uow: UnitOfWork, contract: ContractRow, row: EndingRow, today: date, official: WorkingCalendar) -> CaseLine:
    head = view_contract(contract)
    try:
        state = load_term_state(uow, contract, official)
        view = view_case(uow, row, state, TerminationTerms.from_answers(state.answers), today)
    except ContractError as error:
        return CaseLine(head, row.id, why=error.message)
    step = next_step_of(view)
    safe = min(view.safe.values(), key=lambda found: found.day, default=None)
    dates = [view.cure_ends, view.may_leave_on, safe, view.right_lapses, view.ends_on]
    shown = sorted((x for x in dates if x is not None), key=lambda x: x.day)
    return CaseLine(head, row.id, view, state, step, tuple(shown), _unmet(view, step))


def next_step_of(view: CaseView) -> Step:
    """What an open case waits for."""
    if view.case.route is Route.AGREEMENT:
        return Step.DRAFT_AGREEMENT if view.agreement is None else Step.SIGN_AGREEMENT
    if view.needs_demand:
        if view.demand is None:
            return Step.DRAFT_DEMAND
        if view.demand.arrived_on is None:
            return Step.DELIVER_DEMAND
        if not view.cure_over and view.notice is None:
            return Step.CURE
    if view.notice is None:
        return Step.DRAFT_NOTICE
    return Step.CONFIRM if view.notice.arrived_on is not None else Step.DELIVER_NOTICE


def _unmet(view: CaseView, step: Step) -> tuple[str, ...]:
    checks = {
        Step.DRAFT_DEMAND: view.demand_checks, Step.CURE: view.notice_checks, Step.DRAFT_NOTICE: view.notice_checks,
        Step.DELIVER_NOTICE: view.notice_checks, Step.CONFIRM: view.end_checks,
    }.get(step, ())  # fmt: skip
    return tuple(c.sentence for c in checks if not c.met)


def _exit(uow: UnitOfWork, contract: ContractRow, row: ExitRow, today: date, official: WorkingCalendar) -> ExitLine:
    head = view_contract(contract)
    try:
        state = load_term_state(uow, contract, official)
    except ContractError as error:
        return ExitLine(head, row.id, why=error.message)
    view = view_exit(row, state, today)
    waiting = sorted((t for t in view.tasks if t.done_on is None), key=lambda t: t.task.due.day)
    return ExitLine(head, row.id, view, state, waiting[0] if waiting else None)
