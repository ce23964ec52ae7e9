"""Periods of law: where they begin, where they end, how they roll (brief B1; CC:200-204, CC:1259).

Every result carries its reasoning line by line in Chinese, and the years whose official calendar was missing.
"""

from __future__ import annotations

import calendar as gregorian
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum
from zoneinfo import ZoneInfo

from app.domain.calendar import WorkingCalendar

BEIJING = ZoneInfo("Asia/Shanghai")
_ONE_DAY = timedelta(days=1)
_NOTATION = re.compile(r"(-?)(\d+(?:\.\d+)?)(WD|SH|D|H|M|Y)")
_RECURRING = re.compile(r"EVERY (\d+)(M|Y)(?:@(WD|D)(\d+))?")


class Unit(Enum):
    """Unit of a period, in the brief's notation (§0.1)."""

    HOURS = "H"
    SERVICE_HOURS = "SH"
    DAYS = "D"
    WORKING_DAYS = "WD"
    MONTHS = "M"
    YEARS = "Y"

    @property
    def label(self) -> str:
        return {"H": "个自然小时", "SH": "个服务小时", "D": "个自然日", "WD": "个工作日", "M": "个月", "Y": "年"}[self.value]


@dataclass(frozen=True, slots=True)
class Period:
    """An amount of a unit; negative counts back."""

    amount: Decimal
    unit: Unit

    @classmethod
    def parse(cls, text: str) -> Period:
        """``5WD``, ``30D``, ``2H``, ``0.5SH``, ``1M``, ``-60D``. Raises ``ValueError`` on anything else."""
        match = _NOTATION.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"“{text}”不是有效的期限记号，应写成 5WD、30D、2H、2SH、1M、1Y 的样子")
        sign, amount, unit = match.groups()
        value = Decimal(amount) * (-1 if sign else 1)
        if Unit(unit) not in (Unit.HOURS, Unit.SERVICE_HOURS) and value != value.to_integral_value():
            raise ValueError(f"“{text}”：只有小时可以是小数")
        return cls(value, Unit(unit))

    def notation(self) -> str:
        return f"{self.amount.normalize():f}{self.unit.value}"

    @property
    def text(self) -> str:
        return f"{abs(self.amount).normalize():f}{self.unit.label}"


@dataclass(frozen=True, slots=True)
class Recurrence:
    """``EVERY 1M@WD5``: every ``amount`` months or years, on the ``on``-th (working) day of the period; 0 = its last day."""

    amount: int
    unit: Unit
    on: int = 0
    working: bool = False

    @classmethod
    def parse(cls, text: str) -> Recurrence:
        """Raises ``ValueError`` on anything but ``EVERY nM[@WDk|@Dk]`` or ``EVERY nY…``."""
        match = _RECURRING.fullmatch(text.strip())
        if match is None or int(match[1]) == 0:
            raise ValueError(f"“{text}”不是有效的周期记号，应写成 EVERY 1M@WD5 的样子")
        amount, unit, kind, on = match.groups()
        return cls(int(amount), Unit(unit), int(on or 0), kind == "WD")


@dataclass(frozen=True, slots=True)
class LegalDate:
    """A computed date. ``provisional_years``: years without an official calendar that the computation touched."""

    day: date
    steps: tuple[str, ...] = ()
    provisional_years: tuple[int, ...] = ()

    @property
    def provisional(self) -> bool:
        return bool(self.provisional_years)


def chinese_date(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def anniversary(start: date, years: int) -> date:
    """The same day ``years`` later; 29 February of a year without one counts as 1 March (agreed, brief B1-5)."""
    try:
        return start.replace(year=start.year + years)
    except ValueError:
        return date(start.year + years, 3, 1)


def term_end(start: date, years: int) -> date:
    """Last day of a contract term that includes both its first and its last day (brief B1-5, CC:204)."""
    if years < 1:
        raise ValueError("a term lasts at least one year")
    return anniversary(start, years) - _ONE_DAY


def corresponding_day(start: date, months: int) -> date:
    """The corresponding day ``months`` later, or the month's last day where there is none (CC:202)."""
    index = start.year * 12 + start.month - 1 + months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(start.day, gregorian.monthrange(year, month + 1)[1]))


class _Reasoning:
    """Collects the lines of reasoning and the years that had no official calendar."""

    def __init__(self, working: WorkingCalendar) -> None:
        self.calendar = working
        self.steps: list[str] = []
        self.missing: set[int] = set()

    def works(self, day: date) -> bool:
        if not self.calendar.is_official(day):
            self.missing.add(day.year)
        return self.calendar.is_working_day(day)

    def say(self, line: str) -> None:
        self.steps.append(line)

    def result(self, day: date) -> LegalDate:
        if self.missing:
            years = "、".join(f"{y}年" for y in sorted(self.missing))
            self.say(f"{years}放假安排未录入，结果为暂定值")
        return LegalDate(day, tuple(self.steps), tuple(sorted(self.missing)))


def roll_forward(day: date, working: WorkingCalendar) -> LegalDate:
    """A last day that is no working day moves to the next working day (CC:203; brief B1-4, B1-11)."""
    reasoning = _Reasoning(working)
    return reasoning.result(_rolled(day, reasoning, 1))


def roll_back(day: date, working: WorkingCalendar) -> LegalDate:
    """A deadline counted back moves to the previous working day (agreed, brief B1-7)."""
    reasoning = _Reasoning(working)
    return reasoning.result(_rolled(day, reasoning, -1))


def _rolled(day: date, reasoning: _Reasoning, direction: int) -> date:
    target = day
    while not reasoning.works(target):
        target += direction * _ONE_DAY
    if target == day:
        reasoning.say(f"{chinese_date(day)}为工作日（{reasoning.calendar.describe(day)}），无须调整")
    else:
        word = "顺延" if direction > 0 else "提前"
        reasoning.say(f"{chinese_date(day)}为{reasoning.calendar.describe(day)}，{word}至{chinese_date(target)}")
    return target


def add_working_days(start: date, count: int, working: WorkingCalendar) -> LegalDate:
    """The ``count``-th working day behind (or, negative, before) ``start``; the first day does not count (brief B1-9)."""
    reasoning = _Reasoning(working)
    day, left = start, abs(count)
    step = _ONE_DAY if count >= 0 else -_ONE_DAY
    while left:
        day += step
        left -= reasoning.works(day)
    word = "起算（当日不计）" if count >= 0 else "往前数（当日不计）"
    reasoning.say(f"自{chinese_date(start)}{word}{abs(count)}个工作日，为{chinese_date(day)}")
    return reasoning.result(day)


def due_date(start: date, period: Period, working: WorkingCalendar) -> LegalDate:
    """Last day of a period that an event on ``start`` begins: the first day does not count, the last day rolls forward
    (CC:201-203; brief B1-2 to B1-4). Raises ``ValueError`` for hours, which need an instant."""
    count = int(period.amount)
    match period.unit:
        case Unit.WORKING_DAYS:
            return add_working_days(start, count, working)
        case Unit.DAYS:
            raw = start + count * _ONE_DAY
        case Unit.MONTHS:
            raw = corresponding_day(start, count)
        case Unit.YEARS:
            raw = corresponding_day(start, count * 12)
        case _:
            raise ValueError("a period of hours needs an instant")
    if count < 0:
        return _counted_back(start, period, raw, working)
    reasoning = _Reasoning(working)
    reasoning.say(f"自{chinese_date(start)}次日起算{period.text}，末日为{chinese_date(raw)}")
    return reasoning.result(_rolled(raw, reasoning, 1))


def deadline_before(end: date, period: Period, working: WorkingCalendar) -> LegalDate:
    """The last day to act, ``period`` before ``end``, rolled to the earlier working day (brief B1-7)."""
    if period.unit is Unit.WORKING_DAYS:
        return add_working_days(end, -abs(int(period.amount)), working)
    back = Period(-abs(period.amount), period.unit)
    count = int(back.amount)
    raw = end + count * _ONE_DAY if period.unit is Unit.DAYS else corresponding_day(
        end, count * (12 if period.unit is Unit.YEARS else 1)
    )  # fmt: skip
    return _counted_back(end, back, raw, working)


def _counted_back(end: date, period: Period, raw: date, working: WorkingCalendar) -> LegalDate:
    reasoning = _Reasoning(working)
    reasoning.say(f"自{chinese_date(end)}往前数{period.text}，为{chinese_date(raw)}")
    return reasoning.result(_rolled(raw, reasoning, -1))


def hours_after(moment: datetime, hours: Decimal) -> datetime:
    """Natural hours run from the moment itself, holidays or not (CC:201). ``moment`` must carry its zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment must carry its time zone")
    local = moment.astimezone(BEIJING)
    return local + timedelta(minutes=float(hours * 60))


@dataclass(frozen=True, slots=True)
class ServiceWindow:
    """Daily service hours in Beijing time; ``end`` 24:00 is midnight (``None``). ``days``: weekdays served, Monday = 0."""

    start: time
    end: time | None
    days: frozenset[int] = frozenset(range(7))

    def of(self, day: date) -> tuple[datetime, datetime] | None:
        if day.weekday() not in self.days:
            return None
        opens = datetime.combine(day, self.start, BEIJING)
        closes = datetime.combine(day + _ONE_DAY, time(0), BEIJING) if self.end is None else datetime.combine(day, self.end, BEIJING)
        return (opens, closes) if closes > opens else (opens, closes + _ONE_DAY)


Interval = tuple[datetime, datetime]


def service_minutes(start: datetime, end: datetime, window: ServiceWindow, stops: Iterable[Interval] = ()) -> int:
    """Whole minutes of service time between two moments; the clock stands outside the window and during ``stops`` (brief B1-10)."""
    total = timedelta()
    for opens, closes in _segments(start, end, window):
        pieces: Sequence[Interval] = [(opens, closes)]
        for begin, finish in stops:
            pieces = [p for piece in pieces for p in _without(piece, begin, finish)]
        total += sum((b - a for a, b in pieces), timedelta())
    return int(total.total_seconds() // 60)


def service_due(start: datetime, hours: Decimal, window: ServiceWindow, stops: Iterable[Interval] = ()) -> datetime:
    """The moment when ``hours`` of service time have run from ``start``."""
    left = timedelta(minutes=float(hours * 60))
    pauses = sorted(stops)
    day = (start.astimezone(BEIJING) - _ONE_DAY).date()
    for _ in range(366 * 3):
        span = window.of(day)
        day += _ONE_DAY
        if span is None:
            continue
        pieces: Sequence[Interval] = [(max(span[0], start), span[1])] if span[1] > start else []
        for begin, finish in pauses:
            pieces = [p for piece in pieces for p in _without(piece, begin, finish)]
        for begin, finish in sorted(pieces):
            if finish - begin >= left:
                return begin + left
            left -= finish - begin
    raise ValueError("the service window is never open long enough")


def _segments(start: datetime, end: datetime, window: ServiceWindow) -> Iterable[Interval]:
    day = (start.astimezone(BEIJING) - _ONE_DAY).date()
    while day <= end.astimezone(BEIJING).date():
        span = window.of(day)
        if span is not None:
            opens, closes = max(span[0], start), min(span[1], end)
            if closes > opens:
                yield opens, closes
        day += _ONE_DAY


def _without(piece: Interval, begin: datetime, finish: datetime) -> list[Interval]:
    first = (piece[0], min(piece[1], begin))
    last = (max(piece[0], finish), piece[1])
    return [p for p in (first, last) if p[1] > p[0]]
