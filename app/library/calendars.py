"""``clauses/calendars.yaml`` → the working-day calendar: years with an official State Council notice, and only those.

The file may be replaced while the program runs: every process looks at it whenever it needs the calendar, and takes it anew once it has
changed and lies still. One that can't be used changes nothing; the log says why, and so does ``calendar_fault``.
"""

from __future__ import annotations

import logging
import os
import threading
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.domain.calendar import WorkingCalendar
from app.domain.errors import LibraryError
from app.library.loader import clauses_root
from app.library.yaml_files import read_yaml

STILL = 2.0
"""Seconds that a changed file must have lain untouched: somebody may be writing it, and a part of it may be sound YAML with fewer years."""
_Stamp = tuple[int, int, int]
log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Held:
    stamp: _Stamp
    calendar: WorkingCalendar
    refused: _Stamp | None = None
    fault: str = ""


_held: dict[Path, _Held] = {}
_lock = threading.Lock()


def load_calendar(path: Path | None = None, now: datetime | None = None) -> WorkingCalendar:
    """The calendar as its file stands at ``now``; None: as it was read before, where it was. Raises ``LibraryError`` where it can't be
    used and no earlier one is known."""
    source = path or clauses_root() / "calendars.yaml"
    with _lock:
        held = _held.get(source)
        if held is None:
            try:
                held = _held[source] = _Held(_stamp(source), _read(source))
            except OSError as error:
                raise LibraryError([f"calendars.yaml 无法读取：{error.strerror or error}"]) from error
        elif now is not None:
            _look_again(source, held, now)
        return held.calendar


def calendar_fault(path: Path | None = None) -> str:
    """Why the file that lies there now is not used; empty where it is."""
    held = _held.get(path or clauses_root() / "calendars.yaml")
    return held.fault if held is not None else ""


def _look_again(source: Path, held: _Held, now: datetime) -> None:
    try:
        stamp = _stamp(source)
        if stamp in (held.stamp, held.refused):
            if stamp == held.stamp:
                held.refused, held.fault = None, ""
            return
        if 0 <= now.timestamp() - stamp[0] / 1e9 < STILL:
            return
        calendar = _read(source)
        if _stamp(source) != stamp:
            return
    except OSError as error:
        held.fault = f"calendars.yaml 无法读取：{error.strerror or error}"
        return
    except LibraryError as error:
        held.refused, held.fault = stamp, error.message
        log.warning("放假安排文件有误，仍用此前的：%s", error.message)
        return
    held.stamp, held.calendar, held.refused, held.fault = stamp, calendar, None, ""
    log.info("放假安排已更新：%s", "、".join(map(str, sorted(calendar.official_years))))


def _stamp(source: Path) -> _Stamp:
    found = os.stat(source)
    return found.st_mtime_ns, found.st_size, found.st_ino


def _read(source: Path) -> WorkingCalendar:
    problems: list[str] = []
    data = read_yaml(source, problems)
    if problems:
        raise LibraryError(problems)
    try:
        return WorkingCalendar.from_data(data)
    except (KeyError, TypeError, ValueError) as error:
        raise LibraryError([f"calendars.yaml：{error}"]) from error
