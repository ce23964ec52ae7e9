"""A clock that is killed on purpose: run as a program, it lives through a small world and forks children for each round, some of which die.

Arguments: database, seed, contracts, days, kills, port of a mail server. A child dies by a signal that nothing can catch: just before or after
its n-th commit, or in the middle of whatever it does. The day's round is then done again by one that lives, as the next wake-up would; on some
days two of them at once, and on some the clock was set back an hour in between. Prints what happened, as JSON.
"""

from __future__ import annotations

import gc
import json
import os
import random
import signal
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import NoReturn

from sqlalchemy import event
from sqlalchemy.orm import Session

from app.domain.messages import Mail
from app.notify.mail import Smtp
from app.services.outbox import deliver_outbox
from app.store.uow import UnitOfWork
from tests.databases import clone, drop
from tests.services.reminder_years import FIRST, World, calendar_days, happen, live, moment, settle, tick, world
from tests.services.wandering_engine import wandering_engine

ONWARD = (0, 1, 2, 4, 8)
"""Hours after the round at which the outbox is looked at again on the same day."""
REHEARSED = 5
"""The seed of a world whose rounds come to most statements."""
DOUBLED, SET_BACK = 0.15, 0.1
"""How often two clocks run at once, and how often one was set back."""


@dataclass(frozen=True, slots=True)
class Fate:
    """How a child ends: before or after its n-th commit, after so many seconds, or (both 0) in peace. ``back``: minutes it is set back."""

    commits: int = 0
    seconds: float = 0
    back: int = 0


@dataclass(frozen=True, slots=True)
class Life:
    url: str
    made: World
    port: int

    def child(self, day: date, fate: Fate, *, clock: bool = True) -> int:
        """The process of one round; without the ``clock``, only of what people do on that day."""
        child = os.fork()
        if child == 0:
            self._round(day, fate, clock)
        return child

    def _round(self, day: date, fate: Fate, clock: bool) -> NoReturn:
        engine, reached = wandering_engine(self.url), 0

        def boundary(*_arguments: object) -> None:
            nonlocal reached
            reached += 1
            if reached == fate.commits:
                os.kill(os.getpid(), signal.SIGKILL)

        def units() -> UnitOfWork:
            return UnitOfWork(engine)

        if fate.commits:
            event.listen(engine, "commit", boundary)
            event.listen(Session, "after_commit", boundary)
        if fate.seconds:
            signal.setitimer(signal.ITIMER_REAL, fate.seconds)  # whose signal ends a process that does not wait for it
        happen(units, self.made, day)
        if clock and day not in self.made.asleep:
            now = moment(day) - timedelta(minutes=fate.back)
            tick(units, now)
            mailer = Smtp("127.0.0.1", self.port, "none", "a@example.com", timeout=0.4)
            for hours in ONWARD:
                deliver_outbox(units, mailer, lambda: now + timedelta(hours=hours))  # noqa: B023  (called before the next turn)
        os._exit(0)


def main(url: str, seed: int, contracts: int, days: int, kills: int, port: int) -> None:
    made, chance = world(seed, contracts, days), random.Random(seed)
    life, happened = Life(url, made, port), Counter[str]()
    gc.disable()  # short lives: the collector would only copy pages that a child shares
    rehearse(url)
    engine = wandering_engine(url)
    settle(lambda: UnitOfWork(engine), made)
    engine.dispose()
    for day in calendar_days(made):
        happened["asleep"] += day in made.asleep
        for _ in range(3):
            # As often as it takes to reach the number in these days, with some to spare.
            if happened["killed"] < kills and chance.random() < 1.5 * kills / days:
                by_commit = chance.random() < 0.5
                fate = Fate(commits=chance.randrange(1, 16)) if by_commit else Fate(seconds=chance.uniform(0.002, 0.12))
                happened["killed"] += ended(life.child(day, fate))
        together = 2 if chance.random() < DOUBLED and day not in made.asleep else 1
        happened["doubled"] += together == 2
        if together == 2:  # two clocks, but one person, who says the same date once
            assert not ended(life.child(day, Fate(), clock=False))
        for child in [life.child(day, Fate()) for _ in range(together)]:
            assert not ended(child)
        if chance.random() < SET_BACK and day not in made.asleep:
            happened["set_back"] += 1
            assert not ended(life.child(day, Fate(back=60)))
    print(json.dumps(happened))


class Taking:
    """A mail server of the rehearsal."""

    def send(self, mail: Mail) -> None:
        pass


def rehearse(url: str) -> None:
    """Some rounds in a copy that is thrown away, so that a child finds everything compiled."""
    copy = clone(url, f"rehearsal_{os.getpid()}")
    made, engine = world(REHEARSED, 12, 25), wandering_engine(copy)

    def units() -> UnitOfWork:
        return UnitOfWork(engine)

    settle(units, made)
    live(units, made)
    deliver_outbox(units, Smtp("127.0.0.1", 1, "none", "a@example.com", timeout=0.4), lambda: moment(FIRST + timedelta(60)))
    deliver_outbox(units, Taking(), lambda: moment(FIRST + timedelta(61)))
    engine.dispose()
    drop(copy)


def ended(child: int) -> bool:
    """Whether it was killed; waits for its end."""
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


if __name__ == "__main__":
    main(sys.argv[1], *(int(a) for a in sys.argv[2:7]))
