"""Working days of the People's Republic of China (brief B2, CC:203).

A working day is a make-up working day, or a Monday to Friday that is no holiday. Holidays of a year follow the notice that the
General Office of the State Council publishes for it; a year without that notice is provisional and never guessed: only its
weekends are known not to be working days.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Any

from app.domain.remembering import remembered

_WEEKDAYS = "一二三四五六日"
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CalendarYear:
    """The official arrangement of one year, with its source."""

    year: int
    holidays: frozenset[date]
    working_weekends: frozenset[date]
    source: str = ""
    published: date | None = None
    names: Mapping[date, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        wrong = [d for d in self.working_weekends if d.weekday() < 5]
        if wrong:
            raise ValueError(f"{self.year}年的调休上班日应为周六或周日：{'、'.join(map(str, sorted(wrong)))}")
        both = self.holidays & self.working_weekends
        if both:
            raise ValueError(f"{self.year}年既放假又上班：{'、'.join(map(str, sorted(both)))}")
        outside = [d for d in self.holidays | self.working_weekends if d.year != self.year]
        if outside:
            raise ValueError(f"{self.year}年的安排含有其他年份的日期：{'、'.join(map(str, sorted(outside)))}")


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Years with an official arrangement."""

    years: Mapping[int, CalendarYear]

    @classmethod
    def of(cls, years: Iterable[CalendarYear]) -> WorkingCalendar:
        """Raises ``ValueError`` where a year comes twice."""
        found: dict[int, CalendarYear] = {}
        for year in years:
            if year.year in found:
                raise ValueError(f"{year.year}年的放假安排重复")
            found[year.year] = year
        return cls(MappingProxyType(found))

    @classmethod
    def from_data(cls, data: Mapping[Any, Any]) -> WorkingCalendar:
        """From the mapping of ``calendars.yaml``. A holiday is ``{name, from, to}`` with ISO dates, both included.

        Raises ``ValueError`` or ``KeyError`` where the data can't be used.
        """
        years = data["years"]
        if not isinstance(years, Mapping) or not all(isinstance(entry, Mapping) for entry in years.values()):
            raise ValueError("years 应为“年份 → 放假安排”的对照")
        return cls.of(_year(int(year), entry) for year, entry in years.items())

    @property
    def digest(self) -> str:
        """SHA-256 of what days are working days: two calendars with the same one count alike, whatever their sources and names say."""
        days = [
            (
                year.year,
                *("h" + d.isoformat() for d in sorted(year.holidays)),
                *("w" + d.isoformat() for d in sorted(year.working_weekends)),
            )
            for _, year in sorted(self.years.items())
        ]
        return hashlib.sha256(repr(days).encode()).hexdigest()

    @property
    def official_years(self) -> frozenset[int]:
        return frozenset(self.years)

    def is_official(self, day: date) -> bool:
        return day.year in self.years

    def is_working_day(self, day: date) -> bool:
        year = self.years.get(day.year)
        if year is not None:
            if day in year.working_weekends:
                return True
            if day in year.holidays:
                return False
        return day.weekday() < 5

    def without_make_up_days(self) -> WorkingCalendar:
        """The same holidays, but Saturday and Sunday never count: a contract that defines its working days as Monday to Friday
        without public holidays (``defs.workday_source`` = mon_fri_only)."""
        return _without_make_up_days(self)

    def describe(self, day: date) -> str:
        """What kind of day it is, in words for a line of reasoning."""
        year = self.years.get(day.year)
        week = f"周{_WEEKDAYS[day.weekday()]}"
        if year is None:
            return f"{week}（{day.year}年放假安排未录入）"
        if day in year.working_weekends:
            return f"{week}，调休上班"
        if day in year.holidays:
            return f"{week}，{year.names.get(day, '法定节假日')}放假"
        return week

    def working_days(self, year: int) -> int:
        """How many working days the year has."""
        day, total = date(year, 1, 1), 0
        while day.year == year:
            total += self.is_working_day(day)
            day += _ONE_DAY
        return total


@remembered(4)
def _without_make_up_days(calendar: WorkingCalendar) -> WorkingCalendar:
    return WorkingCalendar.of(replace(year, working_weekends=frozenset()) for year in calendar.years.values())


def _day(value: Any) -> date:
    if isinstance(value, datetime):
        raise ValueError(f"“{value}”应为日期，不带时刻")
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def _year(year: int, entry: Mapping[str, Any]) -> CalendarYear:
    names: dict[date, str] = {}
    for span in entry["holidays"]:
        first, last = _day(span["from"]), _day(span["to"])
        if last < first:
            raise ValueError(f"{year}年“{span['name']}”的放假终止日早于起始日")
        while first <= last:
            if first in names:
                raise ValueError(f"{first}同时属于“{names[first]}”和“{span['name']}”")
            names[first] = str(span["name"])
            first += _ONE_DAY
    published = entry.get("published")
    return CalendarYear(
        year,
        frozenset(names),
        frozenset(_day(d) for d in entry.get("working_weekends", ())),
        str(entry.get("source", "")),
        _day(published) if published else None,
        MappingProxyType(names),
    )
