"""The 贷款市场报价利率 as it was published, and which one is in force on a day.

It is published on the twentieth of each month, on the next working day where that is none (PBC announcement 2019 No. 15), and holds until the next publication.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from app.domain.calendar import WorkingCalendar
from app.domain.errors import InputFault
from app.domain.term import corresponding_day

FIRST = date(2019, 8, 20)
"""The first publication in this way."""
HIGHEST = Decimal(20)
_DAY = 20
_ONE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Quote:
    """Percent a year as published on a day. ``five_year``: the longer term, None where nobody entered it. ``until``: day of the last
    publication at which nothing had changed; the day itself where only that one was looked at."""

    published_on: date
    one_year: Decimal
    five_year: Decimal | None
    until: date

    def covers(self, month: date) -> bool:
        return self.published_on.replace(day=1) <= month <= self.until.replace(day=1)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days, both included, with one rate. ``published_on`` None: what the contract states, since nothing older is on record.
    ``missing``: first days of the months whose publication would have to be known; none where the rate is certain."""

    first: date
    last: date
    percent: Decimal
    published_on: date | None
    missing: tuple[date, ...] = ()


class LprRegister:
    """What the house has on record."""

    def __init__(self, quotes: Iterable[Quote] = ()) -> None:
        self.quotes = tuple(sorted(quotes, key=lambda q: q.published_on))

    @property
    def looked_at(self) -> date | None:
        """Day of the newest publication that is known."""
        return max((q.until for q in self.quotes), default=None)

    def covers(self, month: date) -> bool:
        return any(q.covers(month) for q in self.quotes)

    def stretches(self, first: date, last: date, calendar: WorkingCalendar, agreed: Decimal) -> tuple[Stretch, ...]:
        """The one-year rate of each day from ``first`` to ``last``; ``agreed``: what to reckon with where nothing older is on record."""
        starts = {first, *(q.published_on for q in self.quotes if first < q.published_on <= last)}
        month = first.replace(day=1)
        while month <= last:
            day = publication_day(month, calendar)
            if not self.covers(month) and first < day <= last:
                starts.add(day)
            month = corresponding_day(month, 1)
        found: list[Stretch] = []
        ordered = sorted(starts)
        for start, following in zip(ordered, [*ordered[1:], last + _ONE], strict=True):
            new = self._on(start, following - _ONE, calendar, agreed)
            if found and (found[-1].percent, bool(found[-1].missing)) == (new.percent, bool(new.missing)):
                old = found.pop()
                missing = tuple(dict.fromkeys((*old.missing, *new.missing)))
                new = Stretch(old.first, new.last, old.percent, old.published_on, missing)
            found.append(new)
        return tuple(found)

    def _on(self, start: date, last: date, calendar: WorkingCalendar, agreed: Decimal) -> Stretch:
        quote = next((q for q in reversed(self.quotes) if q.published_on <= start), None)
        month = start.replace(day=1)
        own = next((q.published_on for q in self.quotes if q.published_on.replace(day=1) == month), None)
        if (own or publication_day(month, calendar)) > start:
            month = corresponding_day(month, -1)
        missing = () if quote is not None and self.covers(month) else (month,)
        return Stretch(start, last, quote.one_year if quote else agreed, quote.published_on if quote else None, missing)


def publication_day(month: date, calendar: WorkingCalendar) -> date:
    """When the rate of a month is published; provisional where the holidays of its year are not known."""
    day = month.replace(day=_DAY)
    while not calendar.is_working_day(day):
        day += _ONE
    return day


def months_missing(register: LprRegister, today: date, calendar: WorkingCalendar) -> tuple[date, ...]:
    """Months since the oldest quote whose publication is due by today and not on record."""
    if not register.quotes:
        return ()
    found, month = [], register.quotes[0].published_on.replace(day=1)
    while month <= today and publication_day(month, calendar) <= today:
        if not register.covers(month):
            found.append(month)
        month = corresponding_day(month, 1)
    return tuple(found)


def quote_faults(new: Quote, register: LprRegister, today: date, calendar: WorkingCalendar) -> list[InputFault]:
    """What is wrong with an entry. ``register``: without what it replaces; ``calendar``: the official one. A publication may have come
    later than its day, but not sooner; in a year without a calendar only what is sure counts."""
    found = []
    for name, label, value in (("one_year", "一年期LPR", new.one_year), ("five_year", "五年期以上LPR", new.five_year)):
        if value is None:
            continue
        exponent = value.as_tuple().exponent
        if not value.is_finite() or not 0 < value <= HIGHEST or (isinstance(exponent, int) and exponent < -2):
            found.append(InputFault(name, label, f"应大于0且不超过{HIGHEST}，至多两位小数", "例如 3.00"))
    if new.published_on > today:
        found.append(InputFault("published_on", "公布日", f"{new.published_on.isoformat()} 尚未到来"))
    elif new.published_on < FIRST:
        found.append(InputFault("published_on", "公布日", f"不早于{FIRST.isoformat()}，自该日起LPR每月公布一次"))
    elif new.published_on.day < _DAY:
        found.append(InputFault("published_on", "公布日", "LPR于每月20日公布，遇节假日顺延，不会早于20日"))
    elif new.published_on < (soonest := _soonest(new.published_on, calendar)):
        found.append(InputFault("published_on", "公布日", f"20日遇节假日，该月LPR于{soonest.isoformat()}公布"))
    if new.until != new.published_on and not max(new.published_on, _soonest(new.until, calendar)) <= new.until <= today:
        found.append(InputFault("until", "核至", "应为公布日以后、不晚于今日的某个公布日，没有核对以后各月的留空"))
    if max(new.published_on, new.until) > today:
        return found
    for other in register.quotes:
        if _months(new) & _months(other):
            words = f"与{other.published_on.isoformat()}公布的登记重叠，同一个月只有一次公布"
            found.append(InputFault("published_on", "公布日", words, "请更正或者删除原来的登记"))
    return found


def _soonest(day: date, calendar: WorkingCalendar) -> date:
    """Before it the rate of this month was certainly not published."""
    return publication_day(day, calendar) if calendar.is_official(day) else day.replace(day=_DAY)


def _months(quote: Quote) -> set[date]:
    found: set[date] = set()
    month = quote.published_on.replace(day=1)
    while month <= quote.until and len(found) < 1200:
        found.add(month)
        month = corresponding_day(month, 1)
    return found
