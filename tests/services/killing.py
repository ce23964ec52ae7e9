"""Driving processes that are killed on purpose (``tests.services.nursery``): at every boundary of some steps, or at seeded moments."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
KILLED = int(signal.SIGKILL)
Said = list[dict[str, Any]]


class Nursery:
    """The program ``module`` that forks a child for each order and tells what it said."""

    def __init__(self, module: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", module], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        while "ready" not in self._read():
            pass  # what the rehearsal says

    def run(
        self, url: str, folder: Path, steps: tuple[str, ...], *, at: int | None = None, seconds: float | None = None
    ) -> tuple[Said, int]:
        """What a child said, and the signal that ended it (0: it came to its end)."""
        order = {"url": url, "folder": str(folder), "steps": steps, "at": at, "seconds": seconds}
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        said: Said = []
        while True:
            line = self._read()
            if "end" in line:
                return said, line["end"]
            said.append(line)

    def _read(self) -> dict[str, Any]:
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


def nursery_of(module: str) -> Any:
    """A fixture of the nursery that ``module`` runs, for all tests of a file."""

    @pytest.fixture(scope="module")
    def nursery() -> Iterator[Nursery]:
        running = Nursery(module)
        yield running
        running.close()

    return nursery


@dataclass
class Deaths:
    """What the children of one database have said so far, and how many of them were killed."""

    nursery: Nursery
    url: str
    folder: Path
    said: Said = field(default_factory=list)
    count: int = 0

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
