"""Periods of law: where they begin, where they end, how they roll (brief B1; CC:200-204, CC:1259).

Every result carries its reasoning line by line in Chinese, and the years whose official calendar was missing.
"""

from __future__ import annotations

import calendar as gregorian
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from zoneinfo import ZoneInfo

from app.domain.calendar import WorkingCalendar

BEIJING = ZoneInfo("Asia/Shanghai")
_ONE_DAY = timedelta(days=1)
_LONGEST = 99_999
_NOTATION = re.compile(r"(-?)([0-9]{1,5}(?:\.[0-9]{1,4})?)(min|WD|SH|D|H|W|M|Y)")
_RECURRING = re.compile(
    r"EVERY (?P<amount>[0-9]{1,3})(?P<unit>min|W|M|Y)"
    r"(?:(?<=W)@(?P<weekday>MON|TUE|WED|THU|FRI|SAT|SUN)|(?<=[MY])@(?P<kind>WD|D)(?P<on>[0-9]{1,2}))?"
)
_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")


class Unit(Enum):
    """Unit of a period, in the brief's notation (§0.1)."""

    MINUTES = "min"
    HOURS = "H"
    SERVICE_HOURS = "SH"
    DAYS = "D"
    WORKING_DAYS = "WD"
    WEEKS = "W"
    MONTHS = "M"
    YEARS = "Y"

    @property
    def label(self) -> str:
        return _UNIT_LABELS[self.value]


_UNIT_LABELS = {
    "min": "分钟", "H": "个自然小时", "SH": "个服务小时", "D": "个自然日", "WD": "个工作日", "W": "周", "M": "个月", "Y": "年",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Period:
    """An amount of a unit; negative counts back. Only hours may have a fraction (``ValueError``)."""

    amount: Decimal
    unit: Unit

    def __post_init__(self) -> None:
        if not self.amount.is_finite() or abs(self.amount) > _LONGEST:
            raise ValueError(f"期限的数值“{self.amount}”超出范围")
        if self.unit not in (Unit.HOURS, Unit.SERVICE_HOURS) and self.amount != self.amount.to_integral_value():
            raise ValueError(f"期限“{self.amount}{self.unit.value}”：只有小时可以是小数")

    @classmethod
    def parse(cls, text: str) -> Period:
        """``5WD``, ``30D``, ``15min``, ``2H``, ``0.5SH``, ``1W``, ``1M``, ``-60D``. Raises ``ValueError`` on anything else."""
        match = _NOTATION.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"“{text}”不是有效的期限记号，应写成 5WD、30D、2H、2SH、1M、1Y 的样子")
        sign, amount, unit = match.groups()
        return cls(Decimal(amount) * (-1 if sign else 1), Unit(unit))

    def notation(self) -> str:
        return f"{self.amount.normalize():f}{self.unit.value}"

    @property
    def text(self) -> str:
        return f"{abs(self.amount).normalize():f}{self.unit.label}"


@dataclass(frozen=True, slots=True)
class Recurrence:
    """``EVERY 1M@WD5``: every ``amount`` months or years, on the ``on``-th (working) day of the period; 0 = its last day.

    ``EVERY 1W@MON``: every week on ``weekday`` (Monday = 0). ``EVERY 30min``: every thirty minutes.
    """

    amount: int
    unit: Unit
    on: int = 0
    working: bool = False
    weekday: int | None = None

    @classmethod
    def parse(cls, text: str) -> Recurrence:
        """Raises ``ValueError`` on anything but ``EVERY nM[@WDk|@Dk]``, ``EVERY nY…``, ``EVERY nW[@MON]``, ``EVERY nmin``."""
        match = _RECURRING.fullmatch(text.strip())
        if match is None or int(match["amount"]) == 0 or match["on"] in ("0", "00"):
            raise ValueError(f"“{text}”不是有效的周期记号，应写成 EVERY 1M@WD5 的样子")
        weekday = _WEEKDAYS.index(match["weekday"]) if match["weekday"] else None
        return cls(int(match["amount"]), Unit(match["unit"]), int(match["on"] or 0), match["kind"] == "WD", weekday)

    def notation(self) -> str:
        place = f"@{'WD' if self.working else 'D'}{self.on}" if self.on else ""
        if self.weekday is not None:
            place = f"@{_WEEKDAYS[self.weekday]}"
        return f"EVERY {self.amount}{self.unit.value}{place}"


@dataclass(frozen=True, slots=True)
class LegalDate:
    """A computed date. ``raw``: before it was rolled to a working day. ``provisional_years``: years without an official
    calendar that the computation touched."""

    day: date
    raw: date
    steps: tuple[str, ...] = ()
    provisional_years: tuple[int, ...] = ()

    @property
    def provisional(self) -> bool:
        return bool(self.provisional_years)


def chinese_date(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"


def anniversary(start: date, years: int) -> date:
    """The same day ``years`` (0 or more) later; 29 February of a year without one counts as 1 March (agreed, brief B1-5)."""
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
    """The corresponding day ``months`` later (negative: earlier), or the month's last day where there is none (CC:202)."""
    index = start.year * 12 + start.month - 1 + months
    year, month = divmod(index, 12)
    if not date.min.year <= year <= date.max.year:
        raise ValueError(f"自{chinese_date(start)}起{months}个月超出公历可表示的范围")
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

    def result(self, day: date, raw: date) -> LegalDate:
        if self.missing:
            years = "、".join(f"{y}年" for y in sorted(self.missing))
            self.say(f"{years}放假安排未录入，结果为暂定值")
        return LegalDate(day, raw, tuple(self.steps), tuple(sorted(self.missing)))


def roll_forward(day: date, working: WorkingCalendar) -> LegalDate:
    """A last day that is no working day moves to the next working day (CC:203; brief B1-4, B1-11)."""
    reasoning = _Reasoning(working)
    return reasoning.result(_rolled(day, reasoning, 1), day)


def roll_back(day: date, working: WorkingCalendar) -> LegalDate:
    """A deadline counted back moves to the previous working day (agreed, brief B1-7)."""
    reasoning = _Reasoning(working)
    return reasoning.result(_rolled(day, reasoning, -1), day)


def _rolled(day: date, reasoning: _Reasoning, direction: int) -> date:
    target = day
    while not reasoning.works(target):
        target = _shifted(target, direction)
    if target == day:
        reasoning.say(f"{chinese_date(day)}为工作日（{reasoning.calendar.describe(day)}），无须调整")
    else:
        word = "顺延" if direction > 0 else "提前"
        reasoning.say(f"{chinese_date(day)}为{reasoning.calendar.describe(day)}，{word}至{chinese_date(target)}")
    return target


def add_working_days(start: date, count: int, working: WorkingCalendar) -> LegalDate:
    """The ``count``-th working day behind (or, negative, before) ``start``; the first day does not count (brief B1-9).

    A ``count`` of nought is ``start`` itself, or the next working day.
    """
    if not count:
        return roll_forward(start, working)
    reasoning = _Reasoning(working)
    day, left = start, abs(count)
    while left:
        day = _shifted(day, 1 if count > 0 else -1)
        left -= reasoning.works(day)
    word = "起算（当日不计）" if count > 0 else "往前数（当日不计）"
    reasoning.say(f"自{chinese_date(start)}{word}{abs(count)}个工作日，为{chinese_date(day)}（{working.describe(day)}）")
    return reasoning.result(day, day)


def nth_working_day(year: int, month: int, place: int, working: WorkingCalendar) -> LegalDate:
    """The ``place``-th working day of a month (``EVERY 1M@WD5``: statement, report and roster of the month before).

    Raises ``ValueError`` where ``place`` is below 1 or the month has fewer working days.
    """
    if place < 1:
        raise ValueError("工作日的序号应从1起")
    found = add_working_days(_shifted(date(year, month, 1), -1), place, working)
    if (found.day.year, found.day.month) != (year, month):
        raise ValueError(f"{year}年{month}月没有第{place}个工作日")
    line = f"{year}年{month}月第{place}个工作日为{chinese_date(found.day)}（{working.describe(found.day)}）"
    return LegalDate(found.day, found.raw, (line, *found.steps[1:]), found.provisional_years)


def due_date(start: date, period: Period, working: WorkingCalendar) -> LegalDate:
    """Last day of a period that an event on ``start`` begins: the first day does not count, the last day rolls forward
    (CC:201-203; brief B1-2 to B1-4). A negative period counts back like ``deadline_before``.

    Raises ``ValueError`` for hours, which need an instant, and beyond the calendar's range.
    """
    if period.amount < 0:
        return deadline_before(start, period, working)
    if period.unit is Unit.WORKING_DAYS:
        return add_working_days(start, int(period.amount), working)
    raw = _moved(start, period)
    reasoning = _Reasoning(working)
    reasoning.say(f"自{chinese_date(start)}次日起算{period.text}，末日为{chinese_date(raw)}")
    return reasoning.result(_rolled(raw, reasoning, 1), raw)


def deadline_before(end: date, period: Period, working: WorkingCalendar) -> LegalDate:
    """The last day to act, ``period`` (its sign does not matter) before ``end``, rolled to the earlier working day (brief B1-7).

    Raises ``ValueError`` for hours and beyond the calendar's range.
    """
    if period.unit is Unit.WORKING_DAYS and period.amount:
        return add_working_days(end, -int(abs(period.amount)), working)
    raw = end if period.unit is Unit.WORKING_DAYS else _moved(end, Period(-abs(period.amount), period.unit))
    reasoning = _Reasoning(working)
    reasoning.say(f"自{chinese_date(end)}往前数{period.text}，为{chinese_date(raw)}")
    return reasoning.result(_rolled(raw, reasoning, -1), raw)


def _moved(start: date, period: Period) -> date:
    count = int(period.amount)
    match period.unit:
        case Unit.DAYS:
            return _shifted(start, count)
        case Unit.WEEKS:
            return _shifted(start, count * 7)
        case Unit.MONTHS:
            return corresponding_day(start, count)
        case Unit.YEARS:
            return corresponding_day(start, count * 12)
        case _:
            raise ValueError("a period of hours needs an instant")


def _shifted(day: date, days: int) -> date:
    try:
        return day + days * _ONE_DAY
    except OverflowError as error:
        raise ValueError(f"自{chinese_date(day)}起{days}日超出公历可表示的范围") from error


def hours_after(moment: datetime, hours: Decimal) -> datetime:
    """Natural hours run from the moment itself, holidays or not (CC:201). ``moment`` must carry its zone (``ValueError``)."""
    return _local(moment) + _span(hours)


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment must carry its time zone")
    return moment.astimezone(BEIJING)


def _span(hours: Decimal) -> timedelta:
    """Hours as a time span, to the second."""
    if not hours.is_finite() or abs(hours) > _LONGEST:
        raise ValueError(f"小时数“{hours}”超出范围")
    return timedelta(seconds=int((hours * 3600).to_integral_value(ROUND_HALF_UP)))


@dataclass(frozen=True, slots=True)
class ServiceWindow:
    """Daily service hours in Beijing time; ``end`` 24:00 is midnight (``None``). ``days``: weekdays served, Monday = 0."""

    start: time
    end: time | None
    days: frozenset[int] = frozenset(range(7))

    def __post_init__(self) -> None:
        if not self.days <= frozenset(range(7)):
            raise ValueError("服务日应为周一（0）至周日（6）")

    def of(self, day: date) -> tuple[datetime, datetime] | None:
        if day.weekday() not in self.days:
            return None
        opens = datetime.combine(day, self.start, BEIJING)
        closes = (
            datetime.combine(day + _ONE_DAY, time(0), BEIJING) if self.end is None else datetime.combine(day, self.end, BEIJING)
        )
        return (opens, closes) if closes > opens else (opens, closes + _ONE_DAY)


Interval = tuple[datetime, datetime]
"""Two moments with their zones, the first not behind the second."""


def service_minutes(start: datetime, end: datetime, window: ServiceWindow, stops: Iterable[Interval] = ()) -> int:
    """Whole minutes of service time between two moments; the clock stands outside the window and during ``stops`` (brief B1-10).

    Raises ``ValueError`` where a moment lacks its zone or a stop ends before it begins.
    """
    first, last, pauses = _local(start), _local(end), _pauses(stops)
    total = timedelta()
    for opens, closes in _open_hours(first, window):
        if opens >= last:
            break
        total += sum((b - a for a, b in _running((opens, min(closes, last)), pauses)), timedelta())
    return int(total.total_seconds() // 60)


def service_due(start: datetime, hours: Decimal, window: ServiceWindow, stops: Iterable[Interval] = ()) -> datetime:
    """The moment, in Beijing time, when ``hours`` of service time have run from ``start``.

    Raises ``ValueError`` like ``service_minutes``, and where the window does not open long enough within ten years.
    """
    left, begin, pauses = _span(hours), _local(start), _pauses(stops)
    if hours < 0:
        raise ValueError("服务小时不得为负")
    limit = begin + 3660 * _ONE_DAY
    for span in _open_hours(begin, window):
        if span[0] > limit:
            break
        for opens, closes in _running(span, pauses):
            if closes - opens >= left:
                return opens + left
            left -= closes - opens
    raise ValueError("服务时段在十年内不足以走完该期限")


def _open_hours(start: datetime, window: ServiceWindow) -> Iterator[Interval]:
    """The window's opening hours from ``start`` on, without end unless it never opens."""
    day = start.date() - _ONE_DAY
    while window.days:
        span = window.of(day)
        day += _ONE_DAY
        if span is not None and span[1] > start:
            yield max(span[0], start), span[1]


def _pauses(stops: Iterable[Interval]) -> tuple[Interval, ...]:
    found = sorted((_local(begin), _local(finish)) for begin, finish in stops)
    if any(finish < begin for begin, finish in found):
        raise ValueError("停钟的结束时刻早于开始时刻")
    return tuple(found)


def _running(span: Interval, pauses: Iterable[Interval]) -> list[Interval]:
    """What remains of a span without the pauses, in order of time."""
    pieces = [span]
    for begin, finish in pauses:
        pieces = [p for piece in pieces for p in _without(piece, begin, finish)]
    return pieces


def _without(piece: Interval, begin: datetime, finish: datetime) -> list[Interval]:
    first = (piece[0], min(piece[1], begin))
    last = (max(piece[0], finish), piece[1])
    return [p for p in (first, last) if p[1] > p[0]]
