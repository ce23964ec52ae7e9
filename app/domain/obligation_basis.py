"""What a plan of obligations is made from and made of: texts, events and terms on one side, dated instances with reasons on the other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from app.domain.calendar import WorkingCalendar
from app.domain.obligations import HOURS, Duty, Every, Place
from app.domain.term import (
    BEIJING,
    Interval,
    Period,
    ServiceWindow,
    Unit,
    add_working_days,
    anniversary,
    chinese_date,
    corresponding_day,
    deadline_before,
)
from app.domain.term_chain import TermChain
from app.domain.variables import Value

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Text:
    """The text in force from ``starts`` on: its answers, and provision id → how a reference to it reads (第8.2.1条)."""

    starts: date
    values: Mapping[str, Value]
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something that happened or is planned, and begins periods. ``moment``: its hour where that is known; ``until``: when the state
    that it began was over; ``pauses``: while the clock stood (section 2.3, 停钟); ``level``: P1 to P4 of a ticket, empty where unknown."""

    id: str
    kind: str
    day: date
    moment: datetime | None = None
    subject: str = ""
    until: datetime | None = None
    pauses: tuple[Interval, ...] = ()
    stands_since: datetime | None = None
    """The clock stands still since then, and nobody knows until when: a period of hours has no end yet."""
    level: str = ""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a plan rests on. ``texts`` in the order of their days, the first one governs everything before. ``ended_on``: the day on
    which the contract really ended, where that was before its term did."""

    texts: tuple[Text, ...]
    chain: TermChain
    effective_on: date
    official: WorkingCalendar
    ended_on: date | None = None

    @property
    def first_day(self) -> date:
        return self.chain.first.first_day

    @property
    def last_day(self) -> date:
        last = self.chain.current.last_day
        return min(last, self.ended_on) if self.ended_on else last

    def at(self, day: date) -> Text:
        return next((t for t in reversed(self.texts) if t.starts <= day), self.texts[0])


@dataclass(frozen=True, slots=True)
class Line:
    """One line of reasoning, and where its rule stands: provision ids and citation codes."""

    text: str
    source: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Due:
    """The last day and, for periods of hours, the moment. ``provisional_years``: years whose holidays are not announced yet."""

    day: date
    moment: datetime | None
    lines: tuple[Line, ...]
    provisional_years: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Instance:
    """One thing to be done. ``key`` is unique within the contract and never changes; ``label``: which period or event (2027年3月);
    ``due`` None: standing. ``remind_on``: the day on which somebody is to be reminded at the latest."""

    key: str
    duty: Duty
    clause: str
    label: str
    opens: date
    due: Due | None
    occasion: str = ""
    remind_on: date | None = None
    lines: tuple[Line, ...] = ()
    """Reasoning of a standing obligation; otherwise it is ``due.lines``."""

    @property
    def reasons(self) -> tuple[Line, ...]:
        return self.due.lines if self.due else self.lines


def service_window(values: Mapping[str, Value]) -> ServiceWindow:
    """The service hours of section 2.3; where they are not filled in, the whole day."""
    begins, ends, days = (values.get(f"service.{n}") for n in ("start_time", "end_time", "days_per_week"))
    start = time.fromisoformat(begins) if isinstance(begins, str) and begins else time(0)
    end = time.fromisoformat(ends) if isinstance(ends, str) and ends not in ("", "24:00") else None
    return ServiceWindow(start, end, frozenset(range(days if isinstance(days, int) and 0 < days < 8 else 7)))


def remind_on(lead: Period | None, due: Due, calendar: WorkingCalendar) -> date | None:
    """The day on which the lead of a reminder begins; hours of lead fall on the day of the moment they reach back to."""
    if lead is None:
        return None
    if lead.unit is Unit.WORKING_DAYS:
        return add_working_days(due.day, -int(lead.amount), calendar).day if lead.amount else due.day
    if lead.unit in HOURS:
        hours = lead.amount / 60 if lead.unit is Unit.MINUTES else lead.amount
        moment = due.moment or datetime.combine(due.day + _ONE_DAY, time(0), BEIJING)
        return (moment - timedelta(seconds=int(hours * 3600))).astimezone(BEIJING).date()
    return deadline_before(due.day, lead, calendar).raw


def warning(years: tuple[int, ...]) -> Line:
    return Line(f"{'、'.join(f'{y}年' for y in years)}放假安排未录入，结果为暂定值", ("general.definitions.periods.calendar",))


def step_of(every: Every) -> int:
    return every.months // every.parts


def month_step(base: date, months: int) -> date:
    return anniversary(base, months // 12) if months % 12 == 0 and months >= 0 else corresponding_day(base, months)


def span_label(start: date, end: date, every: Every, part: int, anchor: date) -> str:
    months = step_of(every)
    if not every.contract:
        match months:
            case 1:
                return f"{start.year}年{start.month}月"
            case 3:
                return f"{start.year}年第{(start.month + 2) // 3}季度"
            case 6:
                return f"{start.year}年{'上' if start.month < 7 else '下'}半年"
            case _:
                return f"{start.year}年"
    if every.place is Place.ANNIVERSARY:
        return f"生效{(end + _ONE_DAY).year - anchor.year}周年"
    elapsed = (start.year - anchor.year) * 12 + start.month - anchor.month
    if every.parts > 1:
        return f"第{elapsed // 12 + 1}合同年度（第{part}次）"
    if months % 12 == 0:
        years = months // 12
        first = elapsed // 12 + 1
        return f"第{first}合同年度" if years == 1 else f"第{first}至{first + years - 1}合同年度"
    return f"服务期第{elapsed + 1}至{elapsed + months}个月"


def clock_words(moment: datetime) -> str:
    local = moment.astimezone(BEIJING)
    return f"{chinese_date(local.date())}{local:%H:%M}"
