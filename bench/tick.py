"""How the clock's tick grows: 100 reminders due among 1,000,000 contracts against 100 due among 10,000, on SQLite and on PostgreSQL.

Every contract has one open date with one moment far ahead; before each round 100 moments are made due. A tick is what the clock's task does:
work out contracts that ask for it, plan, raise, write the messages. Rows are made by the database itself. Processor time is that of this
process and, on PostgreSQL, of its backends, too.
"""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine, create_engine, text

from app.library.calendars import load_calendar
from app.post_room import reminder_post_of
from app.services.raising import raise_due
from app.services.renewal_reminding import work_out_waiting
from app.services.telling import tell_people
from app.settings import Settings
from app.store.engine import open_engine
from app.store.migrate import upgrade
from app.store.uow import UnitOfWork
from bench.clocks import Time, median
from tests.databases import binaries, postgresql

SMALL, LARGE, DUE, OWNERS = 10_000, 1_000_000, 100, 20
ROUNDS = 7
START = datetime(2027, 3, 1, 1, tzinfo=UTC)
"""Nine o'clock in Beijing on a Monday."""
_SERIES = {
    "sqlite": "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < :count) SELECT {} FROM s",
    "postgresql": "SELECT {} FROM generate_series(1, :count) AS s(n)",
}
_FILL = (
    ("users", "id, login, name, email, active, password_hash, totp_secret, totp_step, failures, revision, created_at",
     "'u' || n, 'u' || n, '人员' || n, 'u' || n || '@example.com', {true}, '', '', 0, 0, 1, '2026-01-01 00:00:00{zone}'", OWNERS),
    ("user_roles", "user_id, role", "'u' || n, 'drafter'", OWNERS),
    ("contracts", "id, number, form, title, stage, rectifying, disputed, confidential, owner_id, owner_name, revision, created_at, updated_at, "
     "updated_by", "'c' || n, 'HT-' || n, 'after_sales_outsourcing', '售后服务外包合同', 'active', {false}, {false}, {false}, "
     "'u' || (n % {owners} + 1), '', 1, '2026-01-01 00:00:00{zone}', '2026-01-01 00:00:00{zone}', 'x'", 0),
    ("reminder_subjects", "id, topic, subject_id, contract_id, title, path, detail, due_on, agreed_days, decides, snooze_reason, snoozed_by, "
     "updated_at", "'s' || n, 'payment', 'c' || n || '-1', 'c' || n, '第' || n || '期服务费', '/contracts/c' || n || '/', '依据第8.2节。', "
     "'2029-06-01', '', {false}, '', '', '2026-01-01 00:00:00{zone}'", 0),
    ("reminders", "id, subject_id, due_on, step, on_day, at, state", "'r' || n, 's' || n, '2029-06-01', '-5', '2029-05-25', "
     "'2029-05-25 00:30:00{zone}', 'planned'", 0),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Grown:
    """The median tick of each size on one kind of database."""

    database: str
    small: Time
    large: Time


def measure(rounds: int = ROUNDS, small: int = SMALL, large: int = LARGE) -> Iterator[Grown]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chengyue-tick-")))
        yield _measured(
            "SQLite", [open_engine(f"sqlite:///{folder / f'{n}.sqlite3'}") for n in (small, large)], (small, large), rounds
        )
        if binaries() is not None:
            address = stack.enter_context(postgresql(folder))
            yield _measured("PostgreSQL", [open_engine(_database(address, n)) for n in (small, large)], (small, large), rounds)


def _measured(database: str, engines: list[Engine], counts: tuple[int, int], rounds: int) -> Grown:
    for engine, count in zip(engines, counts, strict=True):
        upgrade(engine)
        _fill(engine, count)
    times: tuple[list[Time], list[Time]] = ([], [])
    for number in range(rounds + 1):
        now = START + timedelta(days=number)
        for engine, count, slot in zip(engines, counts, times, strict=True):
            _make_due(engine, count, number, now.date())
            taken = _tick(engine, now)
            if number:  # the first one loads what every later one has
                slot.append(taken)
    for engine in engines:
        engine.dispose()
    return Grown(database, median(times[0]), median(times[1]))


def _fill(engine: Engine, count: int) -> None:
    kind = engine.dialect.name
    words = {"zone": "+00" if kind == "postgresql" else ".000000", "owners": OWNERS}
    words |= {"true": "true", "false": "false"} if kind == "postgresql" else {"true": "1", "false": "0"}
    with engine.begin() as connection:
        for table, columns, values, fixed in _FILL:
            rows = _SERIES[kind].format(values.format(**words))
            connection.execute(text(f"INSERT INTO {table} ({columns}) {rows}"), {"count": fixed or count})
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


def _make_due(engine: Engine, count: int, number: int, day: date) -> None:
    """``DUE`` dates spread over the whole are due in this round; their own date lies five days ahead."""
    chosen = [count // DUE * i + i % OWNERS + number + 1 for i in range(DUE)]  # of every owner some
    due = (day + timedelta(days=5)).isoformat()
    zone = "+00" if engine.dialect.name == "postgresql" else ".000000"
    with engine.begin() as connection:
        for n in chosen:
            connection.execute(text("UPDATE reminder_subjects SET due_on = :due WHERE id = :id"), {"due": due, "id": f"s{n}"})
            at = f"{day.isoformat()} 00:30:00{zone}"
            statement = "UPDATE reminders SET due_on = :due, on_day = :day, at = :at WHERE id = :id"
            connection.execute(text(statement), {"due": due, "day": day.isoformat(), "at": at, "id": f"r{n}"})


def _tick(engine: Engine, now: datetime) -> Time:
    calendar, post = load_calendar(), reminder_post_of(Settings(), b"key")

    def units() -> UnitOfWork:
        return UnitOfWork(engine)

    gc.collect()
    held, spent, wall = _backends(engine), time.process_time(), time.perf_counter()
    work_out_waiting(units, now, now.date(), calendar)
    raised = raise_due(units, now, calendar)
    told = tell_people(units, now, post)
    wall, spent = time.perf_counter() - wall, time.process_time() - spent
    assert (raised.raised, told) == (DUE, OWNERS), (raised, told)
    return Time(wall, spent + max(0.0, _backends(engine) - held))


def _backends(engine: Engine) -> float:
    """Processor seconds of PostgreSQL's own processes for this database."""
    if engine.dialect.name != "postgresql":
        return 0.0
    with engine.connect() as connection:
        mine = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
        pids = list(connection.scalars(text(mine)))
    return sum(int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) for pid in pids) / 1e9


def _database(maintenance: str, count: int) -> str:
    engine = create_engine(maintenance, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE tick_{count}"))
    engine.dispose()
    return f"{maintenance.rpartition('/')[0]}/tick_{count}"
