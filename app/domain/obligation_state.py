"""Where an instance of an obligation stands, and what planning again may change.

Being late is computed and never stored: what was due yesterday is late today without anybody having written it down.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

from app.domain.obligation_basis import Instance
from app.domain.obligation_events import EVENTS, EXIT_DUTIES, Origin
from app.domain.obligations import Cause, Obligor
from app.domain.term import BEIJING


class DutyState(Enum):
    """What is recorded; the value is stored."""

    OPEN = "open"
    DONE = "done"
    WAIVED = "waived"
    DISPUTED = "disputed"
    BEFORE = "before"
    """Due before this system took the contract over; taken as done without anybody having recorded it."""


class Shown(Enum):
    """What a person sees today."""

    STANDING = "standing"
    PAUSED = "paused"
    """Its clock stands still (section 2.3, 停钟)."""
    LATER = "later"
    """Open, and its day is still far."""
    SOON = "soon"
    """Open, and the reminder's lead has begun, or it is due today."""
    LATE = "late"
    DONE = "done"
    DONE_LATE = "done_late"
    WAIVED = "waived"
    DISPUTED = "disputed"
    BEFORE = "before"

    @property
    def label(self) -> str:
        return _LABELS[self]


_LABELS = {
    Shown.STANDING: "持续", Shown.PAUSED: "停钟中", Shown.LATER: "未到期", Shown.SOON: "即将到期", Shown.LATE: "已逾期", Shown.DONE: "已完成",
    Shown.DONE_LATE: "逾期完成", Shown.WAIVED: "已豁免", Shown.DISPUTED: "有争议", Shown.BEFORE: "接管前已办",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Facts:
    """What is recorded of one instance. ``done_at``: its hour, where the period is one of hours."""

    state: DutyState
    due_on: date | None
    due_at: datetime | None = None
    remind_on: date | None = None
    done_on: date | None = None
    done_at: datetime | None = None
    begun: bool = False
    """An event began it."""


def shown(facts: Facts, now: datetime) -> Shown:
    """How it stands at ``now``. A day ends at 24:00 in Beijing; a period of hours ends at its moment."""
    match facts.state:
        case DutyState.WAIVED:
            return Shown.WAIVED
        case DutyState.DISPUTED:
            return Shown.DISPUTED
        case DutyState.BEFORE:
            return Shown.BEFORE
        case DutyState.DONE:
            return Shown.DONE_LATE if _done_late(facts) else Shown.DONE
        case DutyState.OPEN:
            return _open(facts, now)


def _open(facts: Facts, now: datetime) -> Shown:
    today = now.astimezone(BEIJING).date()
    if facts.due_on is None:
        return Shown.PAUSED if facts.begun else Shown.STANDING
    if (now > facts.due_at) if facts.due_at else (today > facts.due_on):
        return Shown.LATE
    return Shown.SOON if today >= min(facts.remind_on or facts.due_on, facts.due_on) else Shown.LATER


def _done_late(facts: Facts) -> bool:
    if facts.due_at is not None and facts.done_at is not None:
        return facts.done_at > facts.due_at
    return facts.due_on is not None and facts.done_on is not None and facts.done_on > facts.due_on


def kept(instances: Iterable[Instance]) -> tuple[Instance, ...]:
    """What is entered of a plan: what a party owes during the contract's life. What the program does by itself, what lay before the effect
    and what the exit keeps as its own tasks are not entered."""
    return tuple(
        i
        for i in instances
        if i.duty.obligor is not Obligor.SYSTEM
        and i.duty.id not in EXIT_DUTIES
        and not (i.duty.cause is Cause.EVENT and EVENTS[i.duty.anchor].origin is Origin.BEFORE)
    )


@dataclass(frozen=True, slots=True)
class Changes:
    """What planning again does to what is stored. Nothing that is done, waived or disputed is ever touched; what was only taken as done is
    moved or dropped like what is open."""

    added: tuple[Instance, ...]
    moved: tuple[Instance, ...]
    dropped: tuple[str, ...]

    @property
    def nothing(self) -> bool:
        return not (self.added or self.moved or self.dropped)


Print = tuple[object, ...]
"""What of an instance can change: its day, moment, clause, words; two prints differ exactly where something moved."""


def print_of(instance: Instance) -> Print:
    due = instance.due
    return (
        due.day if due else None, due.moment if due else None, instance.opens, instance.remind_on, instance.clause, instance.label,
        instance.duty.action, tuple((line.text, line.source) for line in instance.reasons),
    )  # fmt: skip


def reconcile(stored: Mapping[str, tuple[DutyState, Print]], planned: Iterable[Instance]) -> Changes:
    """Compare what is stored, by key, with a plan."""
    wanted = {i.key: i for i in planned}
    added = tuple(i for key, i in wanted.items() if key not in stored)
    unproven = (DutyState.OPEN, DutyState.BEFORE)
    moved = tuple(
        i for key, i in wanted.items() if key in stored and stored[key][0] in unproven and stored[key][1] != print_of(i)
    )
    dropped = tuple(key for key, (state, _) in stored.items() if key not in wanted and state in unproven)
    return Changes(added, moved, dropped)


# ---- contracts that come in mid-term

COURIER = timedelta(days=30)
"""Papers that were signed elsewhere come in some weeks later; until then what fell due meanwhile is this system's to keep."""


def usual_takeover(effective_on: date, recorded_on: date) -> date | None:
    """The day from which this system answers for the duties of a contract that came in after its effect, unless somebody says otherwise:
    the day on which it came in, where that was more than ``COURIER`` later; None: from the beginning."""
    return recorded_on if recorded_on - effective_on > COURIER else None


def is_taken_as_done(due_on: date | None, taken_over_on: date | None) -> bool:
    """Whether an instance that nobody has recorded anything of fell due before the contract was taken over."""
    return due_on is not None and taken_over_on is not None and due_on < taken_over_on


def state_when_moved(state: DutyState, was_due: date | None, due_on: date | None, taken_over_on: date | None) -> DutyState:
    """The state of an unproven instance whose day moved: it changes where the day crosses the takeover, so what somebody took up again by
    hand stays so."""
    taken = is_taken_as_done(due_on, taken_over_on)
    if state is DutyState.BEFORE and not taken:
        return DutyState.OPEN
    if state is DutyState.OPEN and taken and not is_taken_as_done(was_due, taken_over_on):
        return DutyState.BEFORE
    return state
