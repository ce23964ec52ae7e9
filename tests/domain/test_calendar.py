"""Working days (brief B2): the official arrangement of 2026, every edge of every holiday, and years not entered."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from app.domain.calendar import CalendarYear, WorkingCalendar
from app.domain.errors import LibraryError
from app.library.calendars import load_calendar

CALENDAR = load_calendar()
ONE = timedelta(days=1)

# name, first and last day off, whether the day before and the day behind are working days (brief B2, notice of 2025-11-04)
HOLIDAYS = [
    ("元旦", "2026-01-01", "2026-01-03", True, True),
    ("春节", "2026-02-15", "2026-02-23", True, True),
    ("清明节", "2026-04-04", "2026-04-06", True, True),
    ("劳动节", "2026-05-01", "2026-05-05", True, True),
    ("端午节", "2026-06-19", "2026-06-21", True, True),
    ("中秋节", "2026-09-25", "2026-09-27", True, True),
    ("国庆节", "2026-10-01", "2026-10-07", True, True),
]
WORKING_WEEKENDS = ["2026-01-04", "2026-02-14", "2026-02-28", "2026-05-09", "2026-09-20", "2026-10-10"]


def days(first: str, last: str) -> list[date]:
    start, end = date.fromisoformat(first), date.fromisoformat(last)
    return [start + n * ONE for n in range((end - start).days + 1)]


def year_of(**changes: Any) -> dict[str, Any]:
    entry = {"source": "通知", "holidays": [{"name": "元旦", "from": "2030-01-01", "to": "2030-01-03"}], **changes}
    return {"years": {2030: entry}}


def test_2026_has_248_working_days() -> None:
    assert CALENDAR.working_days(2026) == 248


@pytest.mark.parametrize(("name", "first", "last", "before", "behind"), HOLIDAYS)
def test_every_day_of_a_holiday_is_off_and_its_neighbours_are_not(
    name: str, first: str, last: str, before: bool, behind: bool
) -> None:
    off = days(first, last)
    assert [d for d in off if CALENDAR.is_working_day(d)] == []
    assert CALENDAR.is_working_day(off[0] - ONE) is before
    assert CALENDAR.is_working_day(off[-1] + ONE) is behind
    assert name in CALENDAR.describe(off[0])
    assert name in CALENDAR.describe(off[-1])


def test_the_calendar_holds_exactly_the_days_of_the_notice() -> None:
    year = CALENDAR.years[2026]
    assert year.holidays == {d for _, first, last, *_ in HOLIDAYS for d in days(first, last)}
    assert year.working_weekends == {date.fromisoformat(d) for d in WORKING_WEEKENDS}
    assert year.published == date(2025, 11, 4)
    assert "国务院办公厅" in year.source


@pytest.mark.parametrize("day", WORKING_WEEKENDS)
def test_a_weekend_that_is_worked_in_exchange_is_a_working_day(day: str) -> None:
    found = date.fromisoformat(day)
    assert found.weekday() >= 5
    assert CALENDAR.is_working_day(found)
    assert "调休上班" in CALENDAR.describe(found)


@pytest.mark.parametrize("day", ["2026-01-10", "2026-01-11", "2026-03-07", "2026-10-11", "2026-09-19", "2026-12-27"])
def test_an_ordinary_weekend_is_off(day: str) -> None:
    assert not CALENDAR.is_working_day(date.fromisoformat(day))


def test_every_day_of_2026_obeys_the_definition() -> None:
    year = CALENDAR.years[2026]
    for day in days("2026-01-01", "2026-12-31"):
        expected = day in year.working_weekends or (day.weekday() < 5 and day not in year.holidays)
        assert CALENDAR.is_working_day(day) is expected


def test_a_contract_may_leave_make_up_days_out_and_keeps_the_holidays() -> None:
    plain = CALENDAR.without_make_up_days()
    assert not any(plain.is_working_day(date.fromisoformat(day)) for day in WORKING_WEEKENDS)
    assert not any(plain.is_working_day(day) for _, first, last, _, _ in HOLIDAYS for day in days(first, last))
    assert plain.working_days(2026) == 248 - len(WORKING_WEEKENDS)
    assert plain.official_years == CALENDAR.official_years


def test_a_year_that_was_not_entered_is_provisional_and_only_its_weekends_are_off() -> None:
    assert 2027 not in CALENDAR.official_years
    assert not CALENDAR.is_official(date(2027, 10, 1))
    assert CALENDAR.is_working_day(date(2027, 10, 1))
    assert not CALENDAR.is_working_day(date(2027, 10, 2))
    assert "未录入" in CALENDAR.describe(date(2027, 10, 1))


def test_dates_may_be_text_or_dates() -> None:
    text = WorkingCalendar.from_data(year_of(working_weekends=["2030-01-05"]))
    typed = WorkingCalendar.from_data(
        year_of(
            holidays=[{"name": "元旦", "from": date(2030, 1, 1), "to": date(2030, 1, 3)}],
            working_weekends=[date(2030, 1, 5)],
        )
    )
    assert text.years[2030].holidays == typed.years[2030].holidays
    assert text.is_working_day(date(2030, 1, 5))
    assert typed.is_working_day(date(2030, 1, 5))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"holidays": [{"name": "元旦", "from": "2030-01-03", "to": "2030-01-01"}]}, "终止日早于起始日"),
        ({"working_weekends": ["2030-01-07"]}, "应为周六或周日"),
        (
            {"holidays": [{"name": "元旦", "from": "2030-01-05", "to": "2030-01-06"}], "working_weekends": ["2030-01-05"]},
            "既放假又上班",
        ),
        ({"holidays": [{"name": "元旦", "from": "2029-12-31", "to": "2030-01-01"}]}, "其他年份"),
        ({"holidays": [{"name": "元旦", "from": "2030-02-30", "to": "2030-03-01"}]}, "day"),
        (
            {
                "holidays": [
                    {"name": "中秋节", "from": "2030-10-01", "to": "2030-10-03"},
                    {"name": "国庆节", "from": "2030-10-03", "to": "2030-10-07"},
                ]
            },
            "同时属于",
        ),
        ({"holidays": [{"name": "元旦", "from": datetime(2030, 1, 1, 9), "to": "2030-01-03"}]}, "不带时刻"),
    ],
)
def test_an_arrangement_that_contradicts_itself_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        WorkingCalendar.from_data(year_of(**changes))


def test_a_year_entered_twice_is_refused() -> None:
    year = CalendarYear(2030, frozenset(), frozenset())
    with pytest.raises(ValueError, match="重复"):
        WorkingCalendar.of([year, year])


@pytest.mark.parametrize(
    "content",
    ["", "years: []", "years: {2030: {holidays: [{from: 2030-01-01, to: 2030-01-01}]}}", "years: {x: {holidays: []}}"],
)
def test_a_calendar_file_that_cannot_be_used_is_a_fault_of_the_library(content: str, tmp_path: Any) -> None:
    path = tmp_path / "calendars.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(LibraryError):
        load_calendar(path)
