"""The LPR in force on each day, and which publication is lacking (section 8.2, fallback of 8.2-t2)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal as D
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.lpr import LprRegister, Quote, Stretch, months_missing, publication_day, quote_faults
from app.library.calendars import load_calendar

CALENDAR = load_calendar()
AGREED = D("3.10")


def day(text: str) -> date:
    return date.fromisoformat(text)


def quote(on: str, one: str = "3.00", until: str = "") -> Quote:
    return Quote(day(on), D(one), None, day(until or on))


def stretches(found: LprRegister, first: str, last: str) -> list[tuple[str, str, D, list[str]]]:
    made = found.stretches(day(first), day(last), CALENDAR, AGREED)
    return [(x.first.isoformat(), x.last.isoformat(), x.percent, [f"{m:%Y-%m}" for m in x.missing]) for x in made]


@pytest.mark.parametrize(
    ("month", "on"),
    [("2026-01-01", "2026-01-20"), ("2026-02-01", "2026-02-24"), ("2026-06-01", "2026-06-22"), ("2026-09-01", "2026-09-20"), ("2027-03-01", "2027-03-22")],
)  # fmt: skip
def test_it_is_published_on_the_twentieth_or_the_next_working_day(month: str, on: str) -> None:
    assert publication_day(day(month), CALENDAR) == day(on)


def test_a_change_begins_a_stretch_on_the_day_of_its_publication_and_what_is_unchanged_begins_none() -> None:
    found = LprRegister([quote("2026-03-20", "3.00"), quote("2026-04-20", "3.00"), quote("2026-05-20", "2.90", "2026-06-22")])
    assert stretches(found, "2026-03-25", "2026-07-01") == [
        ("2026-03-25", "2026-05-19", D("3.00"), []),
        ("2026-05-20", "2026-07-01", D("2.90"), []),
    ]


def test_a_publication_that_is_not_on_record_is_named_from_its_day_on_and_the_last_known_rate_stands_in() -> None:
    found = LprRegister([quote("2026-03-20", "3.00"), quote("2026-06-22", "2.90")])
    assert stretches(found, "2026-04-01", "2026-06-30") == [
        ("2026-04-01", "2026-04-19", D("3.00"), []),
        ("2026-04-20", "2026-06-21", D("3.00"), ["2026-04", "2026-05"]),
        ("2026-06-22", "2026-06-30", D("2.90"), []),
    ]
    assert stretches(found, "2026-03-19", "2026-03-20") == [
        ("2026-03-19", "2026-03-19", AGREED, ["2026-02"]),
        ("2026-03-20", "2026-03-20", D("3.00"), []),
    ]
    assert stretches(LprRegister(), "2026-04-01", "2026-04-02") == [("2026-04-01", "2026-04-02", AGREED, ["2026-03"])]


def test_the_months_that_nobody_entered_are_listed_up_to_the_last_publication_that_is_due() -> None:
    found = LprRegister([quote("2026-03-20", until="2026-04-20"), quote("2026-06-22")])
    assert months_missing(found, day("2026-08-19"), CALENDAR) == (day("2026-05-01"), day("2026-07-01"))
    assert months_missing(found, day("2026-08-20"), CALENDAR)[-1] == day("2026-08-01")
    assert found.looked_at == day("2026-06-22")


@pytest.mark.parametrize(
    ("new", "field"),
    [
        (quote("2026-05-19"), "published_on"), (quote("2026-11-30"), "published_on"), (quote("2019-07-22"), "published_on"),
        (quote("2026-03-23"), "published_on"), (quote("2026-02-24", until="2026-03-20"), "published_on"), (quote("2026-05-20", "0"), "one_year"),
        (quote("2026-05-20", "30"), "one_year"), (quote("2026-05-20", "3.005"), "one_year"), (quote("2026-05-20", "NaN"), "one_year"),
        (quote("2026-05-20", until="2026-04-20"), "until"), (quote("2026-05-20", until="2026-06-05"), "until"),
        (quote("2026-06-20"), "published_on"), (quote("2026-05-20", until="2026-06-21"), "until"), (quote("9999-12-20"), "published_on"),
        (quote("2026-05-20", until="9999-12-31"), "until"),
    ],
)  # fmt: skip
def test_what_can_t_have_been_published_is_refused(new: Quote, field: str) -> None:
    faults = quote_faults(new, LprRegister([quote("2026-03-20")]), day("2026-11-29"), CALENDAR)
    assert field in {f.path for f in faults}
    assert quote_faults(quote("2026-05-20"), LprRegister([quote("2026-03-20")]), day("2026-11-29"), CALENDAR) == []


def test_a_holiday_before_the_publication_shows_nothing_and_a_year_without_a_calendar_leaves_weekends_open() -> None:
    known = LprRegister([quote("2026-03-20", until="2026-05-20")])
    [fault] = quote_faults(quote("2026-06-20"), known, day("2026-06-20"), CALENDAR)
    assert "2026-06-22" in fault.problem
    assert quote_faults(quote("2026-06-22"), known, day("2026-06-22"), CALENDAR) == []
    assert 2021 not in CALENDAR.official_years
    assert quote_faults(quote("2021-02-20", "3.85"), known, day("2026-06-22"), CALENDAR) == [], "a Saturday that was worked"


@given(
    st.lists(st.tuples(st.integers(0, 23), st.integers(100, 500)), max_size=12, unique_by=lambda x: x[0]),
    st.integers(0, 700),
    st.integers(0, 200),
)
@settings(max_examples=60, deadline=None)
def test_stretches_cover_each_day_once_with_the_newest_rate_published_by_then(
    entered: list[tuple[int, int]], start: int, days: int
) -> None:
    quotes = []
    for month, hundredths in entered:
        on = publication_day(date(2025 + month // 12, month % 12 + 1, 1), CALENDAR)
        quotes.append(Quote(on, D(hundredths) / 100, None, on))
    first = date(2025, 1, 1) + timedelta(days=start)
    last = first + timedelta(days=days)
    made = LprRegister(quotes).stretches(first, last, CALENDAR, AGREED)
    by_day = {x.first + timedelta(days=n): x for x in made for n in range((x.last - x.first).days + 1)}
    assert len(by_day) == sum((x.last - x.first).days + 1 for x in made) == days + 1
    for when, found in by_day.items():
        known = [q for q in quotes if q.published_on <= when]
        newest = max(known, key=lambda q: q.published_on, default=None)
        assert found.percent == (newest.one_year if newest else AGREED)
        due = max(m for m in _months() if publication_day(m, CALENDAR) <= when)
        assert (due in found.missing) is (newest is None or publication_day(due, CALENDAR) != newest.published_on)
    assert all(isinstance(x, Stretch) and a.last < x.first for a, x in pairwise(made))


def _months() -> list[date]:
    return [date(2024 + n // 12, n % 12 + 1, 1) for n in range(48)]
