"""``clauses/calendars.yaml`` → the working-day calendar: years with an official State Council notice, and only those."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from app.domain.calendar import WorkingCalendar
from app.domain.errors import LibraryError
from app.library.loader import clauses_root
from app.library.yaml_files import read_yaml


@lru_cache(maxsize=2)
def load_calendar(path: Path | None = None) -> WorkingCalendar:
    """The calendar. Raises ``LibraryError`` where the file can't be used."""
    problems: list[str] = []
    data = read_yaml(path or clauses_root() / "calendars.yaml", problems)
    if problems:
        raise LibraryError(problems)
    try:
        return WorkingCalendar.from_data(data)
    except (KeyError, TypeError, ValueError) as error:
        raise LibraryError([f"calendars.yaml：{error}"]) from error
