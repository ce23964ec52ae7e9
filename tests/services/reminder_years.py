"""Years of reminders: seeded contracts with their dates, what happens to them, the clock's rounds, and an oracle that knows no line of the
engine: a table of days, a rule for working days, and a ledger that is gone through day by day."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cache

from sqlalchemy import insert, select

from app.domain.calendar import CalendarYear, WorkingCalendar
from app.domain.reminders import Topic
from app.notify.calendar import write_calendar
from app.notify.mail_texts import write_mail
from app.services.raising import raise_due
from app.services.reminding import Subject, set_date
from app.services.telling import Post, tell_people
from app.store.contracts import ContractRow
from app.store.outbox import OutboxRow
from app.store.reminders import person_row, settings_row
from app.store.uow import UnitOfWork
from app.store.users import UserRoleRow, UserRow
from tests.services.fixtures import LAWYER, NOW

FIRST = date(2027, 1, 1)
ONE = timedelta(days=1)
HOLIDAYS = frozenset(
    FIRST.replace(month=m) + timedelta(d)
    for m, d in ((1, 0), (2, 6), (2, 7), (2, 8), (5, 0), (5, 1), (10, 0), (10, 1), (10, 2), (10, 3))
)
MAKE_UP = frozenset({date(2027, 1, 30), date(2027, 10, 9)})
CALENDAR = WorkingCalendar.of([CalendarYear(2027, HOLIDAYS, MAKE_UP)])
POST = Post(write_mail, write_calendar, "http://localhost", b"k")
PEOPLE = 5
HEAD = "u0"

DAYS = {
    "renewal": {-90: 1, -60: 1, -30: 2, -7: 3}, "payment": {-5: 1, -1: 1, 1: 1, 7: 2, 15: 3, 30: 3}, "licence": {-60: 1, -30: 1},
    "authority": {-30: 1}, "deletion": {-5: 1},
}  # fmt: skip
"""The days of brief D, and how many are told by then: the owner, the deputy too, the head too."""
ALONE_WITH_HEAD = {"licence": -30, "authority": -30, "deletion": -5}
"""Topics where the head is told from this day on without the deputy."""


def moment(day: date, hour: int = 9) -> datetime:
    return datetime.combine(day, time(hour - 8), UTC)  # Beijing is eight hours ahead


@dataclass(slots=True)
class Plan:
    """A date: whose it is, and what becomes of it: (day, new date or None where it is done with), in order."""

    number: int
    topic: str
    owner: int
    changes: list[tuple[date, date | None]]

    @property
    def title(self) -> str:
        return f"事项{self.number:05d}"


@dataclass(slots=True)
class World:
    """``closed``: person → the day from which the account is closed. ``asleep``: days on which no clock runs."""

    plans: list[Plan]
    closed: dict[int, date]
    asleep: frozenset[date]
    days: int
    seed: int


def world(seed: int, contracts: int, days: int) -> World:
    chance = random.Random(seed)
    plans, end = [], FIRST + timedelta(days)
    for number in range(contracts):
        topic = chance.choices(list(DAYS), (2, 1, 2, 3, 3))[0]
        when, changes = FIRST + timedelta(chance.randrange(0, 60)), []
        due = when + timedelta(chance.randrange(-20, days))
        changes.append((when, due))
        for _ in range(chance.choices((0, 1, 2), (6, 3, 1))[0]):
            when += timedelta(chance.randrange(1, max(2, days // 3)))
            due_next = None if chance.random() < 0.4 else due + timedelta(chance.randrange(-120, 200))
            changes.append((when, due_next))
            if due_next is None:
                break
            due = due_next
        plans.append(Plan(number, topic, chance.randrange(1, PEOPLE), [(w, d) for w, d in changes if w < end]))
    closed = {n: FIRST + timedelta(chance.randrange(days // 3, days)) for n in chance.sample(range(1, PEOPLE), 2)}
    gap = FIRST + timedelta(chance.randrange(days // 4, days // 2))
    return World(plans, closed, frozenset(gap + timedelta(n) for n in range(min(40, days // 5))), days, seed)


def settle(units: Callable[[], UnitOfWork], made: World) -> None:
    """People (each one's deputy is the next one) and contracts, as rows."""
    with units() as uow:
        for n in range(PEOPLE):
            uow.session.add(
                UserRow(id=f"u{n}", login=f"u{n}", name=f"人员{n}", email=f"u{n}@example.com", active=True, created_at=NOW,
                        roles=[UserRoleRow(role="drafter")])
            )  # fmt: skip
        uow.session.flush()
        for n in range(1, PEOPLE):
            row = person_row(uow.session, f"u{n}", make=True)
            assert row is not None
            row.deputy_id = f"u{n % (PEOPLE - 1) + 1}"
        settings_row(uow.session).head_id = HEAD
        rows = [
            {"id": f"c{p.number}", "number": f"HT-{p.number:05d}", "form": "f", "title": "合同", "stage": "active", "owner_id": f"u{p.owner}",
             "owner_name": "", "rectifying": False, "disputed": False, "confidential": False, "revision": 1, "created_at": NOW,
             "updated_at": NOW, "updated_by": "x"}
            for p in made.plans
        ]  # fmt: skip
        uow.session.execute(insert(ContractRow), rows)
        uow.commit()


def happen(units: Callable[[], UnitOfWork], made: World, day: date) -> None:
    """What people do on a day, before the clock's round. May be done again."""
    found = [(p, due) for p in made.plans for when, due in p.changes if when == day]
    gone = [n for n, since in made.closed.items() if since == day]
    if not found and not gone:
        return
    with units() as uow:
        for plan, due in found:
            about = Subject(Topic(plan.topic), f"s{plan.number}", plan.title, "", f"c{plan.number}")
            set_date(uow, LAWYER, moment(day, 8), about, due)
        for n in gone:
            user = uow.session.get(UserRow, f"u{n}")
            assert user is not None
            user.active = False
        uow.commit()


def tick(units: Callable[[], UnitOfWork], now: datetime) -> None:
    """One round of the clock."""
    raise_due(units, now, CALENDAR)
    tell_people(units, now, POST)


def live(units: Callable[[], UnitOfWork], made: World) -> None:
    """Day by day; now and then the round comes twice, or the clock was set back an hour in between."""
    chance = random.Random(made.seed + 1)
    for day in calendar_days(made):
        happen(units, made, day)
        if day in made.asleep:
            continue
        tick(units, moment(day))
        if chance.random() < 0.03:
            tick(units, moment(day, chance.choice((8, 9, 10))) + timedelta(minutes=31))


def calendar_days(made: World) -> Iterator[date]:
    return (FIRST + timedelta(n) for n in range(made.days))


# ---- the oracle


def is_worked(day: date) -> bool:
    return day in MAKE_UP or (day.weekday() < 5 and day not in HOLIDAYS)


@cache
def falls_on(due: date, count: int) -> date:
    day = due + count * ONE
    while not is_worked(day):
        day += ONE if count > 0 else -ONE
    return day


@dataclass(slots=True)
class Ledger:
    """What is known of one date so far."""

    due: date | None = None
    told: date | None = None
    done: set[tuple[date, int | str]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Telling:
    """One date told on one day: the days of its table that fell on it (none: only because it moved), and the people."""

    day: date
    plan: Plan
    due: date
    counts: tuple[int, ...]
    moved: bool
    people: frozenset[int]


def tellings(made: World) -> Iterator[Telling]:
    """What must be told, day by day."""
    ledgers = {p.number: Ledger() for p in made.plans}
    due_changes: dict[date, list[tuple[Plan, date | None]]] = {}
    for plan in made.plans:
        for when, due in plan.changes:
            due_changes.setdefault(when, []).append((plan, due))
    for day in calendar_days(made):
        for plan, due in due_changes.get(day, []):
            ledgers[plan.number].due = due
        if day in made.asleep:
            continue
        for plan in made.plans:
            ledger = ledgers[plan.number]
            if ledger.due is None:
                continue
            waiting = [
                (falls_on(ledger.due, n), n)
                for n in DAYS[plan.topic]
                if falls_on(ledger.due, n) <= day and (ledger.due, n) not in ledger.done
            ]
            moved = ledger.told not in (None, ledger.due) and (ledger.due, "moved") not in ledger.done
            if not waiting and not moved:
                continue
            ledger.done |= {(ledger.due, n) for _, n in waiting} | ({(ledger.due, "moved")} if moved else set())
            counted = max(waiting)[1] if waiting else (day - ledger.due).days
            yield Telling(day, plan, ledger.due, tuple(n for _, n in waiting), moved, frozenset(told(made, plan, counted, day)))
            ledger.told = ledger.due


def expected(made: World) -> Counter[tuple[str, date, str, date]]:
    """Who must be told, on which day, of what, and of which date: each exactly once."""
    return Counter((f"u{person}@example.com", t.day, t.plan.title, t.due) for t in tellings(made) for person in t.people)


def kinds(made: World) -> set[object]:
    """The rules that this world comes to: each day of each topic's table; a date that moved; days made up for together, by the sleep
    or by the entry of a late date; an owner whose account is closed, and one whose deputy's is."""
    found: set[object] = set()
    for t in tellings(made):
        found |= {(t.plan.topic, n) for n in t.counts} | ({"moved"} if t.moved else set())
        found |= {"together"} if len(t.counts) > 1 else set()
        found |= {"awake"} if t.day - ONE in made.asleep and t.counts else set()
        closed = {n for n, since in made.closed.items() if since <= t.day}
        found |= (
            {"owner gone"} if t.plan.owner in closed else {"deputy gone"} if t.plan.owner % (PEOPLE - 1) + 1 in closed else set()
        )
        found |= (
            {"worked weekend"} if t.day in MAKE_UP else {"put off"} if any(t.due + n * ONE != t.day for n in t.counts) else set()
        )
    return found


EVERY_KIND = {(topic, n) for topic, table in DAYS.items() for n in table} | {
    "moved", "together", "awake", "owner gone", "deputy gone", "put off", "worked weekend",
}  # fmt: skip


def told(made: World, plan: Plan, counted: int, day: date) -> set[int]:
    def able(n: int) -> bool:
        return made.closed.get(n, date.max) > day

    deputy = plan.owner % (PEOPLE - 1) + 1
    reached = max((level for n, level in DAYS[plan.topic].items() if counted >= n), default=1)
    wanted = [plan.owner] + ([deputy] if reached >= 2 else []) + ([0] if reached >= 3 else [])
    if plan.topic in ALONE_WITH_HEAD and counted >= ALONE_WITH_HEAD[plan.topic]:
        wanted.append(0)
    if not able(plan.owner):
        wanted = [deputy, 0]
    return {n for n in wanted if able(n)}


def actual(units: Callable[[], UnitOfWork]) -> tuple[Counter[tuple[str, date, str, date]], int]:
    """What the outbox says, read from the words of its messages; and how many messages one person got on one day, at the most."""
    with units() as uow:
        rows = uow.session.execute(select(OutboxRow.recipient, OutboxRow.created_at, OutboxRow.text)).all()
    found: Counter[tuple[str, date, str, date]] = Counter()
    per_day: Counter[tuple[str, date]] = Counter()
    for recipient, at, text in rows:
        day = (at + timedelta(hours=8)).date()
        per_day[recipient, day] += 1
        for title, y, m, d in re.findall(r"(事项\d{5})\n[^\n]*?：(\d{4})年(\d+)月(\d+)日（", text):
            found[recipient, day, title, date(int(y), int(m), int(d))] += 1
    return found, max(per_day.values(), default=0)
