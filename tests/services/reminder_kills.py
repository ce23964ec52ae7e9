"""A clock that is killed on purpose: run as a program, it lives through a small world and forks a child for each round, some of which die.

Arguments: database, seed, contracts, days, kills. A child dies by SIGKILL just before or after its n-th commit; the day's round is then done
again by one that lives, as the next wake-up would.
"""

from __future__ import annotations

import os
import random
import signal
import sys
from typing import NoReturn

from sqlalchemy import event
from sqlalchemy.orm import Session

from app.store.engine import open_engine
from app.store.uow import UnitOfWork
from tests.services.reminder_years import calendar_days, happen, moment, settle, tick, world


def main(url: str, seed: int, contracts: int, days: int, kills: int) -> None:
    made, chance = world(seed, contracts, days), random.Random(seed)
    engine = open_engine(url)
    settle(lambda: UnitOfWork(engine), made)
    engine.dispose()
    died = 0
    for day in calendar_days(made):
        for _ in range(3):
            if died < kills and chance.random() < 0.6:
                died += _child(url, seed, day.toordinal(), contracts, days, at=chance.randrange(1, 12))
        assert not _child(url, seed, day.toordinal(), contracts, days, at=0)
    print(died)


def _child(url: str, seed: int, ordinal: int, contracts: int, days: int, *, at: int) -> bool:
    """Whether it was killed."""
    child = os.fork()
    if child == 0:
        _round(url, seed, ordinal, contracts, days, at)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


def _round(url: str, seed: int, ordinal: int, contracts: int, days: int, at: int) -> NoReturn:
    from datetime import date

    engine, reached = open_engine(url), 0

    def boundary(*_arguments: object) -> None:
        nonlocal reached
        reached += 1
        if reached == at:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(engine, "commit", boundary)
    event.listen(Session, "after_commit", boundary)
    made, day = world(seed, contracts, days), date.fromordinal(ordinal)
    happen(lambda: UnitOfWork(engine), made, day)
    if day not in made.asleep:
        tick(lambda: UnitOfWork(engine), moment(day))
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1], *(int(a) for a in sys.argv[2:6]))
