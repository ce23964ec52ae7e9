"""Two clocks for each measurement: the wall's and the processor's.

Where other work shares the machine the wall clock counts its work too; the processor time of the process itself does so far less.
Ratios are judged by processor time and shown for both; only what is about waiting or parallel work is judged by the wall.
"""

from __future__ import annotations

import gc
import os
import resource
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Time:
    """Seconds."""

    wall: float
    processor: float

    def __str__(self) -> str:
        if self.wall < 60:
            return f"{self.processor * 1000:.0f} ({self.wall * 1000:.0f}) ms"
        return f"{self.processor:.1f} ({self.wall:.1f}) s"


class Stopwatch:
    """Filled when the block that it times is left."""

    time: Time


@contextmanager
def stopwatch() -> Iterator[Stopwatch]:
    """Time a block."""
    watch = Stopwatch()
    wall, spent = time.perf_counter(), time.process_time()
    yield watch
    watch.time = Time(time.perf_counter() - wall, time.process_time() - spent)


def run_timed(command: Sequence[str]) -> tuple[Time, float]:
    """Run a command to its end: what it took, its own processor time only, and its peak memory in MiB."""
    since = time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, command)
    return Time(time.perf_counter() - since, used.ru_utime + used.ru_stime), used.ru_maxrss / 1024


def median(times: list[Time]) -> Time:
    """Of each clock for itself."""
    return Time(statistics.median(t.wall for t in times), statistics.median(t.processor for t in times))


def interleaved(rounds: int, *actions: Callable[[], object]) -> list[Time]:
    """The median time of each action, run in turn; the first round is thrown away."""
    times: list[list[Time]] = [[] for _ in actions]
    for index in range(rounds + 1):
        for slot, action in zip(times, actions, strict=True):
            gc.collect()
            with stopwatch() as watch:
                action()
            if index:
                slot.append(watch.time)
    return [median(slot) for slot in times]


def peak_memory() -> float:
    """Most resident memory of this process so far, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
