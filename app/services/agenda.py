"""Every date that somebody has to keep or to know of: one list over all contracts and all kinds of dates."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from app.domain.permissions import Action, Actor, require
from app.domain.reminders import Topic
from app.store.agenda import count_dates, dates_between
from app.store.contracts import ContractRow
from app.store.reminders import ReminderSubjectRow
from app.store.uow import UnitOfWork

LONG_AGO = timedelta(days=3650)
MOST = 500


@dataclass(frozen=True, slots=True)
class AgendaLine:
    """``path``: where the date is seen to, an address of this site or empty; ``late``: it lies before today."""

    topic: Topic
    due_on: date
    title: str
    path: str
    contract_id: str
    number: str
    late: bool
    snoozed_until: date | None


@dataclass(frozen=True, slots=True)
class Counts:
    """Of the actor's own dates: overdue; today to six days on; today to twenty-nine days on."""

    late: int
    week: int
    month: int


def read_agenda(
    uow: UnitOfWork, actor: Actor, today: date, first: date, last: date, topics: Collection[Topic] = (), *, mine: bool = True
) -> tuple[AgendaLine, ...]:
    """Open dates from ``first`` to ``last``, the earliest first, ``MOST`` of them at the most. Raises ``Forbidden``."""
    require(actor, Action.READ_CONTRACTS)
    found = dates_between(
        uow.session, actor.id, first, last, [t.value for t in topics], mine=mine, house=True, limit=MOST
    )  # fmt: skip
    return tuple(_line(row, contract, today) for row, contract in found if row.due_on is not None)


def read_counts(uow: UnitOfWork, actor: Actor, today: date) -> Counts:
    require(actor, Action.READ_CONTRACTS)

    def count(first: date, last: date) -> int:
        return count_dates(uow.session, actor.id, first, last, house=True)

    day = timedelta(days=1)
    return Counts(count(today - LONG_AGO, today - day), count(today, today + 6 * day), count(today, today + 29 * day))


def _line(row: ReminderSubjectRow, contract: ContractRow | None, today: date) -> AgendaLine:
    due = row.due_on
    assert due is not None
    number = contract.number if contract else ""
    snoozed = row.snoozed_until if row.snoozed_until and row.snoozed_until > today else None
    return AgendaLine(Topic(row.topic), due, row.title, row.path, row.contract_id or "", number, due < today, snoozed)
