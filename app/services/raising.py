"""Raising what is due: plan what waits for planning, make a notice for each person, in the order in which things fell due.

Everything may be run again at any time and by two clocks at once: a moment is raised once (its key is unique, its row is taken in the
transaction that raises it), and whoever dies on the way leaves it to the next round. After an outage the missed moments of one date are
folded into the newest of them, which is still useful; the others are kept as folded.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.domain.calendar import WorkingCalendar
from app.domain.reminders import MOVED, Policy, is_urgent, recipients
from app.services.journal import CLOCK, note
from app.services.moving import law_day
from app.services.planning import SNOOZED, plan_waiting
from app.services.reminder_house import Crowd, House, Policies, house
from app.store.reminders import (
    DROPPED,
    FOLDED,
    RAISED,
    UNTOLD,
    WAITING,
    ReminderNoticeRow,
    ReminderRow,
    ReminderSubjectRow,
    due_moments,
    person_row,
    subjects_due,
    subjects_with_ids,
)
from app.store.uow import UnitOfWork
from app.store.users import is_without_users

BATCH = 100
ROUND = 5000
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Raised:
    """What one round did, in dates: ``planned`` anew, ``raised``; ``folded`` moments that a later one took the place of."""

    planned: int = 0
    raised: int = 0
    folded: int = 0


def raise_due(
    units: Callable[[], UnitOfWork], now: datetime, calendar: WorkingCalendar, *, limit: int = ROUND,
    carry_on: Callable[[], bool] = lambda: True,
) -> Raised:  # fmt: skip
    """At most ``limit`` dates, and only while ``carry_on`` says so. Nobody is written to here: ``telling.tell_people`` does that."""
    done = Raised()
    while carry_on() and done.planned < limit:
        with units() as uow:
            house(uow, lock=True)
            count = plan_waiting(uow, now, calendar, BATCH)
            uow.commit()
        done.planned += count
        if count < BATCH:
            break
    with units() as uow:
        if is_without_users(uow.session):
            return (
                done  # raised once there is somebody to be told: otherwise a new house begins with a reminder that reached nobody
            )
    failed, size = set[str](), BATCH
    while carry_on() and done.raised < limit:
        with units() as uow:
            due = [i for i in subjects_due(uow.session, now, BATCH + len(failed)) if i not in failed][:size]
        if not due:
            break
        try:
            with units() as uow:
                rules = house(uow, lock=True)
                found = [s for s in subjects_with_ids(uow.session, due) if s.plan_from is None]
                raised, folded = _raise(uow, now, calendar, rules, found)
                uow.commit()
        except Exception:
            # A fault with one date must not keep the others waiting: they are taken one by one, and it is tried again at the next wake-up.
            if len(due) > 1:
                size = 1
                continue
            log.exception("raising the reminder %s failed", due[0])
            failed.add(due[0])
            continue
        done.raised += raised
        done.folded += folded
        failed |= {i for i in due if i not in {s.id for s in found}}  # changed since: planned at the next wake-up
    return done


def _raise(
    uow: UnitOfWork, now: datetime, calendar: WorkingCalendar, rules: House, subjects: list[ReminderSubjectRow]
) -> tuple[int, int]:
    if not subjects:
        return 0, 0
    policies, crowd = Policies(uow, subjects), Crowd(uow)
    due: dict[str, list[ReminderRow]] = {}
    for row in due_moments(uow.session, [s.id for s in subjects], now):
        due.setdefault(row.subject_id, []).append(row)
    by_id = {s.id: s for s in subjects}
    folded = 0
    for subject_id, rows in due.items():
        newest = _newest(rows)
        for row in rows:
            row.at, row.raised_at, row.state = None, now, RAISED if row is newest else FOLDED
        folded += len(rows) - 1
        subject = by_id[subject_id]
        if subject.due_on != newest.due_on:  # closed or moved in the meantime
            newest.state = DROPPED
            continue
        _tell(uow, now, calendar, rules, policies, crowd, subject, newest)
    uow.session.flush()
    return len(due), folded


def _newest(rows: Sequence[ReminderRow]) -> ReminderRow:
    """The moment that the missed ones are folded into: the last of the policy's own, which says how near the date is."""
    return max(rows, key=lambda r: (r.step != MOVED, r.on_day, _days(r, r.due_on)))


def _days(row: ReminderRow, due_on: date) -> int:
    """How the policy counts the moment; for one outside of it, how far the date is."""
    return (row.on_day - due_on).days if row.step == MOVED or row.step.startswith(SNOOZED) else int(row.step)


def _tell(
    uow: UnitOfWork, now: datetime, calendar: WorkingCalendar, rules: House, policies: Policies, crowd: Crowd,
    subject: ReminderSubjectRow, moment: ReminderRow,
) -> None:  # fmt: skip
    assert subject.due_on is not None
    contract = policies.contracts.get(subject.contract_id or "")
    policy: Policy = policies.of(subject).policy
    told = recipients(_days(moment, subject.due_on), policy, crowd.of(subject, contract, rules.head_id))
    previous = subject.told_due_on if subject.told_due_on != subject.due_on else None
    for person in told:
        uow.session.add(
            ReminderNoticeRow(
                id=uuid.uuid4().hex, reminder_id=moment.id, user_id=person.user_id, why=person.why, channels=" ".join(policy.channels),
                previous_due_on=previous, not_before=_not_before(uow, now, calendar, rules, person.user_id, subject.due_on), state=WAITING,
            )
        )  # fmt: skip
    if not told:
        uow.session.add(
            ReminderNoticeRow(id=uuid.uuid4().hex, reminder_id=moment.id, channels=" ".join(policy.channels), state=UNTOLD)
        )
    subject.told_due_on = subject.due_on
    names = [user.name for user in (crowd.user(p.user_id) for p in told) if user]
    note(
        uow, CLOCK, now, "reminder.raised", contract=subject.contract_id or "", subject=subject.id, topic=subject.topic,
        title=subject.title, due_on=subject.due_on.isoformat(), step=moment.step, to=names,
    )  # fmt: skip


def _not_before(uow: UnitOfWork, now: datetime, calendar: WorkingCalendar, rules: House, user_id: str, due_on: date) -> datetime:
    """One digest a day: what comes later on the same day waits for the next morning unless it presses; nothing goes out in quiet hours."""
    person = person_row(uow.session, user_id)
    if person is not None and person.digest_on == law_day(now) and not is_urgent(due_on, law_day(now)):
        return rules.hours.next_morning(now, calendar)
    return rules.hours.next_awake(now)
