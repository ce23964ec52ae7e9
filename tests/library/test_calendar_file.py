"""The calendar's file may be replaced while the program runs: every process takes it anew, whole and sound, or goes on with what it had."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.domain.calendar import WorkingCalendar
from app.domain.errors import LibraryError
from app.library import calendars
from app.library.calendars import calendar_fault
from app.library.calendars import load_calendar as load
from app.library.loader import clauses_root
from app.settings import Settings
from app.wiring import Wiring

SOURCE = (clauses_root() / "calendars.yaml").read_text(encoding="utf-8")
SHUT = date(2026, 3, 18)
"""A Wednesday that the made-up second file makes a holiday."""
SECOND = SOURCE.replace("holidays:\n", "holidays:\n      - {name: 试验, from: 2026-03-18, to: 2026-03-18}\n", 1)
Write = Callable[..., None]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(calendars, "clauses_root", lambda: tmp_path)
    path = tmp_path / "calendars.yaml"
    put(path, SOURCE, 60)
    return path


def load_calendar() -> WorkingCalendar:
    return load(now=datetime.now(UTC))


def put(path: Path, text: str, seconds_ago: float) -> None:
    """As a file that was written that long ago."""
    path.write_text(text, encoding="utf-8")
    os.utime(path, (time.time() - seconds_ago,) * 2)


def test_a_new_file_is_taken_by_every_process_and_what_hangs_on_it_is_made_anew(path: Path) -> None:
    web, clock = Wiring(Settings()), Wiring(Settings())
    before = web.reference
    assert web.calendar.is_working_day(SHUT)
    assert web.reference is before, "made once while nothing changes"
    put(path, SECOND, 30)
    for wiring in (web, clock):
        assert not wiring.calendar.is_working_day(SHUT)
        assert not wiring.reference.calendar.is_working_day(SHUT)
        assert wiring.papers.reference.calendar is wiring.almanac.official is wiring.calendar
    assert before.calendar.is_working_day(SHUT), "who is at work goes on with what it has"


def test_a_file_that_is_being_written_is_not_taken_yet(path: Path) -> None:
    known = load_calendar()
    put(path, SECOND[: len(SECOND) // 2], 0)
    assert load_calendar() is known
    put(path, SECOND, 0)
    assert load_calendar() is known
    put(path, SECOND, 30)
    assert not load_calendar().is_working_day(SHUT)


def test_a_faulty_file_changes_nothing_and_says_so_until_it_is_put_right(path: Path) -> None:
    known = load_calendar()
    put(path, "years: [", 30)
    assert load_calendar() is known
    assert "calendars.yaml" in calendar_fault()
    path.unlink()
    assert load_calendar() is known
    assert "无法读取" in calendar_fault()
    put(path, SECOND, 20)
    assert load_calendar() is not known
    assert calendar_fault() == ""


def test_without_any_sound_file_there_is_no_calendar(tmp_path: Path) -> None:
    with pytest.raises(LibraryError):
        load(tmp_path / "calendars.yaml")
