"""Planning: the moments of a date by the policy in force. What was raised stays as it is; what lies ahead is planned anew."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from app.domain.calendar import WorkingCalendar
from app.domain.reminders import MOVED, Moment, moments
from app.services.moving import law_day
from app.services.reminder_house import House, Policies, house
from app.services.reminding import days_of
from app.store.reminders import (
    DROPPED,
    PLANNED,
    ReminderRow,
    ReminderSubjectRow,
    drop_planned,
    moments_of,
    subjects_to_plan,
)
from app.store.uow import UnitOfWork

SNOOZED = "s"
"""The step of the reminder at the end of a snooze begins so, its day follows."""


def plan_waiting(uow: UnitOfWork, now: datetime, calendar: WorkingCalendar, limit: int) -> int:
    """Plan the dates that wait for it, inside the caller's transaction; how many there were."""
    rows = subjects_to_plan(uow.session, limit)
    if not rows:
        return 0
    policies, rules = Policies(uow, rows), house(uow)
    known: dict[str, set[tuple[date, str]]] = {row.id: set() for row in rows}
    drop_planned(uow.session, list(known))
    for moment in moments_of(uow.session, list(known)):
        known[moment.subject_id].add((moment.due_on, moment.step))
    for row in rows:
        row.plan_from = None
        if row.due_on is not None:
            _plan(
                uow,
                now,
                calendar,
                rules,
                row,
                moments(row.due_on, policies.of(row).policy, calendar, days_of(row.agreed_days)),
                known,
            )
    uow.session.flush()
    return len(rows)


def _plan(
    uow: UnitOfWork, now: datetime, calendar: WorkingCalendar, rules: House, row: ReminderSubjectRow, found: tuple[Moment, ...],
    known: dict[str, set[tuple[date, str]]],
) -> None:  # fmt: skip
    assert row.due_on is not None
    until = row.snoozed_until

    def add(step: str, on: date, at: datetime | None, state: str = PLANNED) -> None:
        assert row.due_on is not None
        if (row.due_on, step) not in known[row.id]:
            uow.session.add(
                ReminderRow(id=uuid.uuid4().hex, subject_id=row.id, due_on=row.due_on, step=step, on_day=on, at=at, state=state)
            )

    for moment in found:
        put_off = until is not None and moment.on < until
        add(moment.step, moment.on, None if put_off else rules.hours.at(moment.on), DROPPED if put_off else PLANNED)
    if until is not None:
        add(f"{SNOOZED}{until:%y%m%d}", until, rules.hours.at(until))
    if row.told_due_on is not None and row.told_due_on != row.due_on:
        add(MOVED, law_day(now), now)
