"""Months (in ``make soak``: three years) of reminders against an oracle; with the clock off, doubled, set back and killed; with a mail
server that misbehaves."""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
import threading
import time as clock
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.notify.mail import Smtp
from app.services.outbox import BARRED, deliver_outbox
from app.store.engine import open_engine
from app.store.outbox import messages
from app.store.uow import UnitOfWork
from tests.services.conftest import Units
from tests.services.reminder_years import EVERY_KIND, FIRST, World, actual, expected, kinds, live, moment, settle, tick, world
from tests.services.sharing import both_databases

pytestmark = both_databases

ROOT = Path(__file__).resolve().parents[2]
MANNERS = ("refuse", "drop", "busy", "slow", "forget")
"""How a mail server can misbehave; ``forget``: it takes the message and the sender never learns."""


def lived(units: Units, made: World) -> int:
    """Lives through a world and holds it against the oracle; returns how many were told."""
    settle(units, made)
    live(units, made)
    found, most = actual(units)
    wanted = expected(made)
    assert found - wanted == Counter()
    assert wanted - found == Counter()
    assert most == 1
    return sum(wanted.values())


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_ten_months_tell_exactly_what_the_oracle_expects_and_come_to_every_rule(units: Units) -> None:
    made = world(20270101, 60, 300)
    assert kinds(made) == EVERY_KIND
    assert lived(units, made) > 150


@pytest.mark.soak
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_three_years_over_500_contracts_tell_exactly_what_the_oracle_expects(units: Units) -> None:
    assert lived(units, world(20270101, 500, 1096)) > 900


def test_two_clocks_at_once_tell_what_one_would(units: Units, engine: Engine) -> None:
    made = world(7, 30, 90)
    settle(units, made)
    with units() as uow:
        uow.commit()
    from tests.services.reminder_years import calendar_days, happen

    for day in calendar_days(made):
        happen(units, made, day)
        if day not in made.asleep and (day - FIRST).days % 6 == 5:
            both = [threading.Thread(target=tick, args=(units, moment(day))) for _ in range(2)]
            for thread in both:
                thread.start()
            for thread in both:
                thread.join()
    skipped = world(7, 30, 90)
    skipped.asleep |= {d for d in calendar_days(made) if (d - FIRST).days % 6 != 5}
    found, most = actual(units)
    assert found == expected(skipped)
    assert sum(found.values()) > 20
    assert most == 1


# ---- a real mail server that misbehaves


class Server:
    """SMTP on a loopback port. Each conversation takes its manner from the list: refuse, drop, slow, or serve."""

    def __init__(self, manners: list[str]) -> None:
        self.manners, self.arrived, self.done = manners, list[str](), Counter[str]()
        self.listening = socket.create_server(("127.0.0.1", 0))
        self.port = self.listening.getsockname()[1]
        self.going = True
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def _serve(self) -> None:
        while self.going:
            try:
                connection, _ = self.listening.accept()
            except OSError:
                return
            manner = self.manners.pop(0) if self.manners else "serve"
            self.done[manner] += 1
            with connection, suppress(OSError):
                self._converse(connection, manner)

    def _converse(self, connection: socket.socket, manner: str) -> None:
        stream = connection.makefile("rwb")

        def say(line: str) -> None:
            stream.write(f"{line}\r\n".encode())
            stream.flush()

        say("421 busy" if manner == "busy" else "220 ready")
        while line := stream.readline().decode().strip().upper():
            if manner == "slow":
                clock.sleep(0.7)
                return  # longer than the client waits
            if line.startswith("EHLO"):
                say("250 localhost")
            elif line == "DATA":
                say("354 go on")
                if manner == "drop":
                    stream.readline()
                    return
                lines = list[str]()
                while (data := stream.readline()) not in (b".\r\n", b""):
                    lines.append(data.decode(errors="replace").rstrip("\r\n"))
                if not data:
                    return  # the client died
                if manner == "refuse":
                    say("451 try again")
                    continue
                self.arrived += [x.partition(":")[2].strip() for x in lines if x.lower().startswith("message-id:")]
                if manner == "forget":
                    return  # it has the message, and the client never learns
                say("250 taken")
            elif line == "QUIT":
                say("221 bye")
                return
            else:
                say("250 fine")

    def stop(self) -> None:
        self.going = False
        self.listening.shutdown(socket.SHUT_RDWR)
        self.listening.close()
        self.thread.join()


@contextmanager
def serving(*manners: str) -> Iterator[Server]:
    server = Server(list(manners))
    try:
        yield server
    finally:
        server.stop()


def killed(url: str, seed: int, contracts: int, days: int, kills: int) -> Counter[str]:
    """Lives through the world by ``reminder_kills`` with a mail server that misbehaves, and holds what came of it against the oracle."""
    from app.store.migrate import upgrade

    engine = open_engine(url)
    upgrade(engine)
    engine.dispose()
    chance = random.Random(seed + 2)
    manners = chance.choices(("serve", *MANNERS), (85, *(15 / len(MANNERS) for _ in MANNERS)), k=contracts * 8)
    with serving(*manners) as server:
        arguments = map(str, (seed, contracts, days, kills, server.port))
        done = subprocess.run(
            [sys.executable, "-m", "tests.services.reminder_kills", url, *arguments],
            cwd=ROOT, capture_output=True, text=True, timeout=1200, env={**os.environ, "PYTHONWARNINGS": "default"},
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    happened = Counter[str](json.loads(done.stdout))
    engine = open_engine(url)
    found, most = actual(lambda: UnitOfWork(engine))
    with UnitOfWork(engine) as uow:
        rows = [(row.id, row.state, row.problem) for row in messages(uow.session, limit=100_000)]
    engine.dispose()
    wanted = expected(world(seed, contracts, days))
    assert found - wanted == Counter()
    assert wanted - found == Counter()
    # What was killed between raising and telling goes out with the next round of the same day.
    assert most == 1
    barred = {row for row, state, problem in rows if (state, problem) == ("failed", BARRED)}
    assert {state for row, state, _ in rows if row not in barred} == {"sent"}
    arrived = Counter(m.strip("<>").partition("@")[0] for m in server.arrived)
    assert {row for row, state, _ in rows if state == "sent"} <= set(arrived) <= {row for row, _, _ in rows}
    happened.update(reminders=sum(found.values()), messages=len(rows), arrived=arrived.total(), barred=len(barred))
    happened.update({f"server_{manner}": count for manner, count in server.done.items()})
    return happened


@pytest.mark.parametrize("database", ["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)], indirect=True)
def test_a_clock_that_is_killed_again_and_again_neither_loses_nor_doubles_a_reminder(database: str) -> None:
    happened = killed(database, 11, 40, 30, 12)
    assert happened["killed"] >= 8
    assert happened["reminders"] > 20
    assert min(happened[name] for name in ("doubled", "set_back", "asleep")) > 0
    assert sum(happened[f"server_{manner}"] > 0 for manner in MANNERS) >= 2


@pytest.mark.soak
def test_three_years_of_a_clock_that_is_killed_200_times_neither_lose_nor_double_a_reminder(tmp_path: Path) -> None:
    seed = int(os.environ.get("SOAK_SEED") or random.SystemRandom().randrange(2**32))
    print(f"seed {seed} (repeat with SOAK_SEED={seed})")
    happened = killed(f"sqlite:///{tmp_path / 'killed.sqlite3'}", seed, 500, 1096, 200)
    print(dict(happened))
    assert happened["killed"] == 200
    assert happened["asleep"] == 40
    assert min(happened[f"server_{manner}"] for manner in MANNERS) > 0
    assert min(happened["doubled"], happened["set_back"]) > 10


def test_a_mail_server_that_refuses_drops_or_stalls_delays_reminders_but_loses_none(units: Units) -> None:
    made = world(3, 25, 30)
    made.closed = {}  # to a closed account nothing is delivered
    settle(units, made)
    live(units, made)
    with units() as uow:
        written = {row.id for row in messages(uow.session)}
    assert len(written) > 5
    now = moment(FIRST + timedelta(31))
    with serving("refuse", "drop", "busy", "slow", "forget") as server:
        mailer = Smtp("127.0.0.1", server.port, "none", "a@example.com", timeout=0.4)
        for hours in (0, 1, 2, 8):
            deliver_outbox(units, mailer, lambda hours=hours: now + timedelta(hours=hours))  # type: ignore[misc]
    arrived = Counter(m.strip("<>").partition("@")[0] for m in server.arrived)
    assert set(arrived) == written
    # At least once: the one whose answer was lost comes again under the same Message-ID, by which a receiver drops it.
    assert sorted(arrived.values())[-2:] == [1, 2]
    with units() as uow:
        assert {row.state for row in messages(uow.session)} == {"sent"}
