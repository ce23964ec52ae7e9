"""Calendar months as bins of what falls due."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True, order=True)
class Month:
    year: int
    month: int

    @property
    def first_day(self) -> date:
        return date(self.year, self.month, 1)

    @property
    def last_day(self) -> date:
        return date(self.year, self.month, calendar.monthrange(self.year, self.month)[1])

    @property
    def next(self) -> Month:
        return Month(self.year + self.month // 12, self.month % 12 + 1)

    @property
    def before(self) -> Month:
        return Month(self.year - (self.month == 1), (self.month - 2) % 12 + 1)

    def __str__(self) -> str:
        return f"{self.year:04d}-{self.month:02d}"

    @classmethod
    def of(cls, day: date) -> Month:
        return cls(day.year, day.month)

    @classmethod
    def parse(cls, text: str) -> Month:
        """``2027-03``. Raises ``ValueError``."""
        return cls.of(date.fromisoformat(f"{text}-01"))


def months_from(first: Month, count: int) -> tuple[Month, ...]:
    found = [first]
    while len(found) < count:
        found.append(found[-1].next)
    return tuple(found)


def binned(counted: Iterable[tuple[date, int]], months: Iterable[Month]) -> dict[Month, int]:
    """How many fall into each month; what lies outside is left out."""
    bins = dict.fromkeys(months, 0)
    for day, number in counted:
        if Month.of(day) in bins:
            bins[Month.of(day)] += number
    return bins
