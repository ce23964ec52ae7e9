"""A date with its reasons: one frozen step for every rule that was applied, from which day to which.

``domain.term`` computes; this module keeps what was computed as data, so that a page, a mail and a paper can all show it line by line.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum

from app.domain.calendar import WorkingCalendar
from app.domain.term import (
    LegalDate,
    Period,
    Unit,
    chinese_date,
    deadline_before,
    due_date,
    roll_back,
    roll_forward,
)

_ONE_DAY = timedelta(days=1)


def days(count: int) -> Period:
    return Period(Decimal(count), Unit.DAYS)


def working_days(count: int) -> Period:
    return Period(Decimal(count), Unit.WORKING_DAYS)


class Direction(Enum):
    """How a step leads from one day to the next."""

    GIVEN = "given"
    """取定: the day itself, from the contract or a record."""
    FORWARD = "forward"
    """起算: a period that runs from the day after (CC:201)."""
    TERM = "term"
    """合同期: a term that includes its first and its last day (CC:204)."""
    BACK = "back"
    """往前数: a period counted back (section 1.1)."""
    LATER = "later"
    """顺延: to the next working day (CC:203)."""
    EARLIER = "earlier"
    """提前: to the previous working day (section 1.1)."""


@dataclass(frozen=True, slots=True)
class Step:
    """One line of reasoning.

    ``rule``: what was applied, a Chinese phrase. ``source``: where it stands, ids of provisions of the contract and citation codes
    (``CC:203``). ``period`` is None where a day is taken as it is or moved to a working day. ``remark``: what kind of day ``end`` is.
    """

    rule: str
    source: tuple[str, ...]
    direction: Direction
    start: date
    end: date
    period: Period | None = None
    remark: str = ""

    @property
    def sentence(self) -> str:
        """The line without its sources, e.g. ``通知截止日：自2027年12月31日往前数60个自然日，为2027年11月1日（周一）``."""
        end = f"{chinese_date(self.end)}（{self.remark}）" if self.remark else chinese_date(self.end)
        start, period = chinese_date(self.start), self.period.text if self.period else ""
        match self.direction:
            case Direction.GIVEN:
                return f"{self.rule}：{end}"
            case Direction.FORWARD:
                return f"{self.rule}：自{start}次日起算{period}，为{end}"
            case Direction.TERM:
                return f"{self.rule}：自{start}起{period}，首尾两日均计入，至{end}"
            case Direction.BACK:
                return f"{self.rule}：自{start}往前数{period}，为{end}"
            case Direction.LATER:
                return f"{self.rule}：{start}（{self.remark}），顺延至{chinese_date(self.end)}"
            case Direction.EARLIER:
                return f"{self.rule}：{start}（{self.remark}），提前至{chinese_date(self.end)}"


@dataclass(frozen=True, slots=True)
class ReasonedDate:
    """A computed day. ``provisional_years``: years without an official calendar that the computation touched."""

    label: str
    day: date
    steps: tuple[Step, ...]
    provisional_years: tuple[int, ...] = ()

    @property
    def provisional(self) -> bool:
        return bool(self.provisional_years)

    @property
    def warning(self) -> str:
        """Why the day may still move; empty where the calendars of all years are known."""
        years = "、".join(f"{y}年" for y in self.provisional_years)
        return f"{years}放假安排未录入，结果为暂定值" if years else ""

    @property
    def lines(self) -> tuple[str, ...]:
        found = tuple(step.sentence for step in self.steps)
        return (*found, self.warning) if self.warning else found


@dataclass(frozen=True, slots=True)
class Check:
    """One condition: whether it is met, the sentence that says so, and where the rule stands (provision or citation code)."""

    met: bool
    sentence: str
    source: str = ""


@dataclass(slots=True)
class Reasoner:
    """Computes one date step by step over ``domain.term`` and remembers why."""

    calendar: WorkingCalendar
    steps: list[Step] = field(default_factory=list)
    missing: set[int] = field(default_factory=set)

    def kind(self, day: date) -> str:
        """What kind of day it is. That a year has no calendar is said once, in the warning, and not on every line."""
        return self.calendar.describe(day).partition("（")[0]

    def given(self, rule: str, day: date, *source: str) -> date:
        self.steps.append(Step(rule, source, Direction.GIVEN, day, day, remark=self.kind(day)))
        return day

    def take(self, found: ReasonedDate) -> date:
        """Everything that led to another date leads to this one, too."""
        self.steps += found.steps
        self.missing |= set(found.provisional_years)
        return found.day

    def back(self, rule: str, start: date, period: Period, *source: str) -> date:
        """Counted back and not rolled; working days are working days already."""
        found = deadline_before(start, period, self.calendar)
        if period.unit is Unit.WORKING_DAYS:
            self._note(found)
        self._say(rule, source, Direction.BACK, start, found.raw, period)
        return found.raw

    def forward(self, rule: str, start: date, period: Period, *source: str) -> date:
        """From the day after ``start``, not rolled; working days are working days already."""
        found = due_date(start, period, self.calendar)
        if period.unit is Unit.WORKING_DAYS:
            self._note(found)
        self._say(rule, source, Direction.FORWARD, start, found.raw, period)
        return found.raw

    def term(self, rule: str, first: date, last: date, period: Period | None, *source: str) -> date:
        self.steps.append(
            Step(rule, source, Direction.TERM if period else Direction.GIVEN, first if period else last, last, period,
                 self.kind(last))
        )  # fmt: skip
        return last

    def earlier(self, rule: str, day: date, *source: str) -> date:
        """The same day or, where nobody works on it, the working day before; says nothing where nothing moves."""
        return self._rolled(rule, day, roll_back(day, self.calendar), Direction.EARLIER, source)

    def later(self, rule: str, day: date, *source: str) -> date:
        return self._rolled(rule, day, roll_forward(day, self.calendar), Direction.LATER, source)

    def result(self, label: str, day: date) -> ReasonedDate:
        return ReasonedDate(label, day, tuple(self.steps), tuple(sorted(self.missing)))

    def _rolled(self, rule: str, day: date, found: LegalDate, direction: Direction, source: tuple[str, ...]) -> date:
        self._note(found)
        if found.day != day:
            self.steps.append(Step(rule, source, direction, day, found.day, remark=self.kind(day)))
        return found.day

    def _say(
        self, rule: str, source: tuple[str, ...], direction: Direction, start: date, end: date, period: Period
    ) -> None:  # fmt: skip
        self.steps.append(Step(rule, source, direction, start, end, period, self.kind(end)))

    def _note(self, found: LegalDate) -> None:
        self.missing |= set(found.provisional_years)
