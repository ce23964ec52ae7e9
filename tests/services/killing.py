"""Driving processes that are killed on purpose (``tests.services.nursery``): at every boundary of some steps, or at seeded moments."""

from __future__ import annotations

import atexit
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.data_folders import migrated

ROOT = Path(__file__).resolve().parents[2]
KILLED = int(signal.SIGKILL)
Said = list[dict[str, Any]]


class Program:
    """``tests.services.nursery`` as a process, for as long as the tests run; its kinds of life and of database that are rehearsed."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.services.nursery"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self.rehearsed: set[tuple[str, str]] = set()
        atexit.register(self.close)

    def order(self, **order: object) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()

    def read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        text = self.process.stdout.readline()
        assert text, "the nursery ended by itself"
        found: dict[str, Any] = json.loads(text)
        return found

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()


@cache
def _program() -> Program:
    return Program()


@dataclass(frozen=True, slots=True)
class Nursery:
    """Forks a child of one kind of life (a module's) for each order and tells what it said."""

    kind: str

    def rehearse(self, url: str) -> None:
        """Let every step be taken once over a database of this kind, so that children find everything warm."""
        program, wanted = _program(), (self.kind, url.partition(":")[0])
        if wanted not in program.rehearsed:
            program.order(kind=self.kind, url=url, migrated=str(migrated()))
            while "ready" not in program.read():
                pass  # what the rehearsal says
            program.rehearsed.add(wanted)

    def run(
        self, url: str, folder: Path, steps: tuple[str, ...], *, at: int | None = None, seconds: float | None = None
    ) -> tuple[Said, int]:
        """What a child said, and the signal that ended it (0: it came to its end)."""
        program = _program()
        program.order(kind=self.kind, url=url, folder=str(folder), steps=steps, at=at, seconds=seconds)
        said: Said = []
        while "end" not in (line := program.read()):
            said.append(line)
        return said, line["end"]


def nursery_of(module: str) -> Any:
    """A fixture of the nursery of the kind of life that ``module`` describes, for all tests of a file."""

    @pytest.fixture(scope="module")
    def nursery() -> Nursery:
        return Nursery(module)

    return nursery


@dataclass
class Deaths:
    """What the children of one database have said so far, and how many of them were killed."""

    nursery: Nursery
    url: str
    folder: Path
    said: Said = field(default_factory=list)
    count: int = 0

    def __post_init__(self) -> None:
        self.nursery.rehearse(self.url)

    def run(self, steps: tuple[str, ...], *, at: int | None = None, seconds: float | None = None) -> bool:
        """Whether one more child was killed; it must not end in any other way than that or by itself."""
        told, end = self.nursery.run(self.url, self.folder, steps, at=at, seconds=seconds)
        self.said += told
        assert end in (0, KILLED)
        self.count += end == KILLED
        return end == KILLED

    @property
    def refused(self) -> Said:
        return [line for line in self.said if "refused" in line]


def killed_at_every_boundary(
    nursery: Nursery,
    url: str,
    folder: Path,
    steps: tuple[str, ...],
    check: Callable[[Deaths], object],
    *,
    unwatched: Collection[str] = (),
) -> Deaths:
    """Each of ``steps`` in turn, killed at its first boundary, at its second and so on until it comes to its end.

    ``check`` looks at the database after every death. ``unwatched`` steps are only taken.
    """
    deaths = Deaths(nursery, url, folder)
    for step in steps:
        at = 1
        while deaths.run((step,), at=None if step in unwatched else at):
            at += 1
            check(deaths)
    return deaths


def seeded_chance() -> random.Random:
    """The chance of a soak; its seed is printed, and ``SOAK_SEED`` repeats it."""
    seed = int(os.environ.get("SOAK_SEED") or random.SystemRandom().randrange(2**32))
    print(f"seed {seed} (repeat with SOAK_SEED={seed})")
    return random.Random(seed)
