"""A new calendar of working days: every planned date is worked out anew, on its own as soon as the clock sees it, or at once by hand.

What is changed here only asks: the clock then plans obligations (``advancing``), the dates of terms (``renewal_reminding``) and the moments of
reminders (``planning``). A date that moves takes its reminders along, and whoever was told of the old one is told so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.domain.calendar import WorkingCalendar
from app.domain.permissions import Action, Actor, require
from app.services.journal import CLOCK, note
from app.services.moving import WATCHED, law_day
from app.store.contracts import wake_contracts
from app.store.reminders import ask_all_to_work_out, ask_for_planning, settings_row
from app.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class PlannedAnew:
    """What the clock is asked to work out: contracts with their terms and obligations, and open dates with their reminders."""

    contracts: int
    dates: int


@dataclass(frozen=True, slots=True)
class CalendarState:
    """``years``: with an official arrangement. ``planned``: everything was planned by just this calendar."""

    years: Sequence[int]
    planned: bool


def calendar_state(uow: UnitOfWork, actor: Actor, calendar: WorkingCalendar) -> CalendarState:
    require(actor, Action.READ_REMINDERS)
    return CalendarState(sorted(calendar.official_years), settings_row(uow.session).calendar_digest == calendar.digest)


def plan_anew(uow: UnitOfWork, actor: Actor, now: datetime, calendar: WorkingCalendar) -> PlannedAnew:
    """Work out everything anew, though nothing seems to have changed. Commits."""
    require(actor, Action.KEEP_REMINDERS)
    settings_row(uow.session, lock=True)
    made = _plan_all(uow, actor, now, calendar)
    uow.commit()
    return made


def plan_by_new_calendar(uow: UnitOfWork, now: datetime, calendar: WorkingCalendar) -> PlannedAnew | None:
    """For the clock: work out everything anew where the calendar's content isn't the one that was planned by last; None where it is. Commits."""
    row = settings_row(uow.session)
    if row.calendar_digest == calendar.digest:
        return None
    uow.session.expire(row)  # what was read without the lock may be over once it is held
    if settings_row(uow.session, lock=True).calendar_digest == calendar.digest:
        return None  # another clock was quicker
    made = _plan_all(uow, CLOCK, now, calendar)
    uow.commit()
    return made


def _plan_all(uow: UnitOfWork, actor: Actor, now: datetime, calendar: WorkingCalendar) -> PlannedAnew:
    row = settings_row(uow.session)
    first, row.calendar_digest = not row.calendar_digest, calendar.digest
    uow.session.flush()
    stages = [stage.value for stage in WATCHED]
    contracts = wake_contracts(uow.session, law_day(now), stages)
    ask_all_to_work_out(uow.session, now, stages)
    dates = ask_for_planning(uow.session, now)
    if contracts or dates or not first:  # an empty house has nothing to say
        note(
            uow, actor, now, "reminder.planned_anew", years=[str(y) for y in sorted(calendar.official_years)], contracts=contracts,
            dates=dates,
        )  # fmt: skip
    return PlannedAnew(contracts, dates)
