"""The renewals of every contract that somebody may read: which of them ask for a decision, by when, and why by then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from app.domain.calendar import WorkingCalendar
from app.domain.errors import ContractError
from app.domain.lifecycle import Stage
from app.domain.notice import Method
from app.domain.permissions import Action, Actor, require
from app.domain.reasoning import ReasonedDate
from app.domain.renewal import Mode, Outlook, Schedule
from app.services.filing import ContractView, view_contract
from app.services.record import opened
from app.services.register import Filter, Order, RegisterPage, read_register
from app.services.renewal import IN_FORCE, DecisionView, decisions_on
from app.services.term_state import TermState, load_term_state
from app.store.contracts import contracts_with_ids
from app.store.register import Range, SortKey
from app.store.uow import UnitOfWork

PAGE = 20
SOON = timedelta(days=30)


class Urgency(Enum):
    """Where the renewal of a contract stands; the members are in the order in which they ask for attention."""

    OVERDUE = "overdue"
    """通知截止日已过而没有决定: what follows at the end of the term is settled."""
    NOW = "now"
    """须尽快决定: the window is open, or a notice must go out within thirty days."""
    LATER = "later"
    """未到续约窗口."""
    DECIDED = "decided"
    """已作决定."""
    UNKNOWN = "unknown"
    """无法计算: the text says no term."""


@dataclass(frozen=True, slots=True)
class RenewalLine:
    """One contract in force. ``schedule`` None: its dates can't be computed, ``why`` says what is missing.

    ``safe``: the earliest last safe day among the methods and sides that the schedule computes for post and mail.
    """

    contract: ContractView
    urgency: Urgency
    state: TermState | None = None
    schedule: Schedule | None = None
    outlook: Outlook | None = None
    decision: DecisionView | None = None
    safe: ReasonedDate | None = None
    why: str = ""

    @property
    def dates(self) -> tuple[ReasonedDate, ...]:
        """In the order in which they come: window, safe day, deadline, signing, end."""
        plan = self.schedule
        if plan is None:
            return ()
        found = (plan.window_opens, self.safe, plan.notice_deadline, plan.sign_by, plan.end)
        return tuple(x for x in found if x is not None)


@dataclass(frozen=True, slots=True)
class RenewalList:
    """A page of the list, the term that ends first first. ``count`` stops where the register's does."""

    lines: tuple[RenewalLine, ...]
    count: int
    more: bool
    before: str
    after: str


def read_renewals(
    uow: UnitOfWork,
    actor: Actor,
    today: date,
    official: WorkingCalendar,
    within: int | None = None,
    *,
    after: str = "",
    before: str = "",
) -> RenewalList:
    """Contracts in force whose term ends within so many days (None: all). Raises ``Forbidden``, ``BadPlace``."""
    require(actor, Action.READ_CONTRACTS)
    until = Range(high=today + timedelta(days=within)) if within is not None else Range()
    wanted = Filter(stages=frozenset(IN_FORCE), last_day=until)
    page: RegisterPage = read_register(
        uow, actor, wanted, Order(SortKey.LAST_DAY, descending=False), after=after, before=before, size=PAGE
    )
    rows = {row.id: row for row in contracts_with_ids(uow.session, [line.contract.id for line in page.lines])}
    lines = []
    for shown in page.lines:
        contract = rows[shown.contract.id]
        try:
            state = load_term_state(uow, contract, official)
            decisions = decisions_on(uow, contract.id, state)
        except ContractError as error:
            lines.append(RenewalLine(view_contract(contract), Urgency.UNKNOWN, why=error.message))
            continue
        lines.append(_line(view_contract(contract), state, next((d for d in decisions if d.current), None), today))
    return RenewalList(tuple(lines), page.count, page.more, page.before, page.after)


def read_renewal(uow: UnitOfWork, actor: Actor, today: date, official: WorkingCalendar, contract_id: str) -> RenewalLine:
    """The line of one contract. Raises ``ContractMissing``, ``term.unknown``."""
    contract = opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    state = load_term_state(uow, contract, official)
    decision = next((d for d in decisions_on(uow, contract.id, state) if d.current), None)
    return _line(view_contract(contract), state, decision, today)


def _line(contract: ContractView, state: TermState, decision: DecisionView | None, today: date) -> RenewalLine:
    plan, ahead = state.schedule(), state.outlook(today)
    safe = min(
        (ways[m] for ways in plan.safe.values() for m in (Method.EXPRESS, Method.EMAIL) if m in ways),
        key=lambda found: found.day,
        default=None,
    )
    return RenewalLine(contract, _urgency(contract, state, plan, decision, safe, today), state, plan, ahead, decision, safe)


def _urgency(
    contract: ContractView,
    state: TermState,
    plan: Schedule,
    decision: DecisionView | None,
    safe: ReasonedDate | None,
    today: date,
) -> Urgency:
    if decision is not None or contract.state.stage is Stage.EXPIRING:
        return Urgency.DECIDED
    deadline = plan.notice_deadline or plan.sign_by or plan.end
    if deadline.day < today:
        return Urgency.OVERDUE
    opened = plan.window_opens is not None and plan.window_opens.day <= today
    first = safe or deadline
    pressing = first.day - SOON <= today
    return Urgency.NOW if opened or (pressing and state.terms.mode is not Mode.NONE) else Urgency.LATER
