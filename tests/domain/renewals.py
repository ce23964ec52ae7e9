"""Builders for the tests of renewal: a contract's section 11.3 and 12.2, random calendars, random lives."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from app.domain.calendar import CalendarYear, WorkingCalendar
from app.domain.notice import Address, NoticeRules
from app.domain.renewal import Mode, PriceRule, RenewalTerms
from app.library.calendars import load_calendar

OFFICIAL = load_calendar()
ONE = timedelta(days=1)
ADDRESSES = {p: Address(f"{p}市一路1号", f"{p}@example.com", f"系统账号{p}") for p in ("a", "b")}
RULES = NoticeRules(3, Decimal(24), ADDRESSES)


def d(text: str) -> date:
    return date.fromisoformat(text)


def terms(**changes: Any) -> RenewalTerms:
    """Section 11.3 of the demonstration contract."""
    whole: dict[str, Any] = {
        "mode": Mode.AUTOMATIC, "years": 1, "max_times": 1, "notice_days": 60, "price": PriceRule.SAME_OR_CAPPED,
        "cap_pct": Decimal(5), "index": "none", "reminder_days": (90, 60, 30, 7),
    }  # fmt: skip
    return RenewalTerms(**{**whole, **changes})


@st.composite
def calendars(draw: st.DrawFn) -> WorkingCalendar:
    """Official arrangements for some years of 2026–2045: up to eight holidays of one to ten days, some weekends worked."""
    years = draw(st.lists(st.integers(2026, 2045), max_size=6, unique=True))
    return WorkingCalendar.of(draw(_year(y)) for y in years)


@st.composite
def _year(draw: st.DrawFn, year: int) -> CalendarYear:
    starts = draw(st.lists(st.dates(date(year, 1, 1), date(year, 12, 22)), max_size=8))
    free = frozenset(day + n * ONE for day in starts for n in range(draw(st.integers(1, 10))))
    weekends = [day for day in (date(year, 1, 1) + n * ONE for n in range(365)) if day.weekday() > 4 and day not in free]
    worked = draw(st.lists(st.sampled_from(weekends), max_size=6, unique=True))
    return CalendarYear(year, free, frozenset(worked))


START = st.one_of(
    st.dates(date(2026, 1, 1), date(2036, 12, 31)),
    st.sampled_from([d("2028-02-29"), d("2032-02-29"), d("2026-03-01"), d("2027-02-28"), d("2026-12-31"), d("2027-01-31")]),
)
TERMS = st.builds(
    terms,
    mode=st.sampled_from(Mode),
    years=st.integers(1, 3),
    max_times=st.integers(1, 3),
    notice_days=st.integers(30, 180),
    price=st.sampled_from(PriceRule),
    holder=st.sampled_from(("a", "b")),
    reminder_days=st.lists(st.integers(1, 250), max_size=5, unique=True).map(lambda x: tuple(sorted(x, reverse=True))),
    without_make_up_days=st.booleans(),
)
NOTICES = st.builds(
    NoticeRules, express_days=st.integers(1, 7), email_hours=st.integers(0, 48).map(Decimal), addresses=st.just(ADDRESSES)
)
