"""Periods of law (brief B1): every vector of its table, the rules around them, and what must hold for every date."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from app.domain.term import (
    BEIJING,
    Interval,
    Period,
    Recurrence,
    ServiceWindow,
    Unit,
    add_working_days,
    anniversary,
    corresponding_day,
    deadline_before,
    due_date,
    hours_after,
    nth_working_day,
    roll_back,
    roll_forward,
    service_due,
    service_minutes,
    term_end,
)
from app.library.calendars import load_calendar

CALENDAR = load_calendar()
ONE = timedelta(days=1)
DAYS = st.dates(date(2020, 1, 1), date(2060, 12, 31))

# trigger, period, raw, result, provisional years
DUE = [
    ("2026-09-18", "7D", "2026-09-25", "2026-09-28", ()),
    ("2026-09-24", "7D", "2026-10-01", "2026-10-08", ()),
    ("2026-02-06", "8D", "2026-02-14", "2026-02-14", ()),
    ("2026-02-07", "8D", "2026-02-15", "2026-02-24", ()),
    ("2026-09-18", "5WD", "2026-09-24", "2026-09-24", ()),
    ("2026-04-30", "5WD", "2026-05-11", "2026-05-11", ()),
    ("2026-02-13", "3WD", "2026-02-25", "2026-02-25", ()),
    ("2027-01-31", "1M", "2027-02-28", "2027-03-01", (2027,)),
    # beyond the brief's table
    ("2026-01-31", "1M", "2026-02-28", "2026-02-28", ()),
    ("2026-08-31", "1M", "2026-09-30", "2026-09-30", ()),
    ("2025-10-01", "1Y", "2026-10-01", "2026-10-08", ()),
    ("2024-02-29", "2Y", "2026-02-28", "2026-02-28", ()),
    ("2026-12-31", "1D", "2027-01-01", "2027-01-01", (2027,)),
    ("2026-09-26", "0WD", "2026-09-26", "2026-09-28", ()),
    ("2026-12-30", "3WD", "2027-01-04", "2027-01-04", (2027,)),
]
TERMS = [
    ("2027-01-01", 1, "2027-12-31"),
    ("2028-02-29", 1, "2029-02-28"),
    ("2028-02-29", 4, "2032-02-28"),
    ("2027-03-01", 1, "2028-02-29"),
    ("2026-11-22", 3, "2029-11-21"),
]
BEFORE = [
    ("2027-12-31", "60D", "2027-11-01", "2027-11-01", (2027,)),
    ("2027-12-31", "-60D", "2027-11-01", "2027-11-01", (2027,)),
    ("2026-10-12", "7D", "2026-10-05", "2026-09-30", ()),
    ("2026-03-31", "1M", "2026-02-28", "2026-02-28", ()),
    ("2026-02-24", "1WD", "2026-02-14", "2026-02-14", ()),
    ("2026-10-08", "0D", "2026-10-08", "2026-10-08", ()),
    ("2026-10-07", "0WD", "2026-10-07", "2026-09-30", ()),
    ("2026-11-22", "1Y", "2025-11-22", "2025-11-21", (2025,)),
]


def day(text: str) -> date:
    return date.fromisoformat(text)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BEIJING)


@pytest.mark.parametrize(("trigger", "period", "raw", "result", "provisional"), DUE)
def test_a_period_ends_where_the_brief_says(
    trigger: str, period: str, raw: str, result: str, provisional: tuple[int, ...]
) -> None:
    found = due_date(day(trigger), Period.parse(period), CALENDAR)
    assert (found.raw, found.day) == (day(raw), day(result))
    assert found.provisional_years == provisional
    assert found.provisional is bool(provisional)


@pytest.mark.parametrize(("start", "years", "end"), TERMS)
def test_a_term_includes_its_first_and_its_last_day(start: str, years: int, end: str) -> None:
    assert term_end(day(start), years) == day(end)


@pytest.mark.parametrize(("end", "period", "raw", "result", "provisional"), BEFORE)
def test_a_deadline_counted_back_is_brought_forward_to_a_working_day(
    end: str, period: str, raw: str, result: str, provisional: tuple[int, ...]
) -> None:
    found = deadline_before(day(end), Period.parse(period), CALENDAR)
    assert (found.raw, found.day, found.provisional_years) == (day(raw), day(result), provisional)


def test_a_negative_period_counts_back_from_its_event() -> None:
    for text in ("-60D", "-5WD", "-2M", "-1Y"):
        period = Period.parse(text)
        assert due_date(day("2026-12-31"), period, CALENDAR) == deadline_before(day("2026-12-31"), period, CALENDAR)


def test_hours_run_through_a_holiday() -> None:
    assert hours_after(moment("2026-10-03T22:10"), Decimal(2)) == moment("2026-10-04T00:10")
    assert hours_after(moment("2026-10-03T22:10"), Decimal("0.25")) == moment("2026-10-03T22:25")
    assert hours_after(datetime(2026, 10, 3, 14, 10, tzinfo=UTC), Decimal(2)).isoformat() == "2026-10-04T00:10:00+08:00"


def test_the_reasoning_names_every_step_and_the_missing_calendar() -> None:
    found = due_date(day("2027-01-31"), Period.parse("1M"), CALENDAR)
    assert found.steps == (
        "自2027年1月31日次日起算1个月，末日为2027年2月28日",
        "2027年2月28日为周日（2027年放假安排未录入），顺延至2027年3月1日",
        "2027年放假安排未录入，结果为暂定值",
    )
    assert any("中秋节放假" in line for line in due_date(day("2026-09-18"), Period.parse("7D"), CALENDAR).steps)
    assert any("调休上班" in line for line in due_date(day("2026-02-06"), Period.parse("8D"), CALENDAR).steps)


@pytest.mark.parametrize("text", ["5WD", "30D", "2H", "0.5SH", "15min", "1W", "1M", "1Y", "-60D", "99999D"])
def test_a_period_prints_as_it_was_read(text: str) -> None:
    assert Period.parse(text).notation() == text


@pytest.mark.parametrize(
    "text", ["", "5", "WD5", "5 WD", "5天", "1.5D", "0.5WD", "1e3D", "５D", "--5D", "999999D", "5WD ;", "1.00001H", "EVERY 1M"]
)
def test_a_period_in_another_notation_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"期限|小时"):
        Period.parse(text)


@pytest.mark.parametrize("amount", ["1.5", "NaN", "Infinity", "100000", "1E+30"])
def test_a_period_of_days_has_a_whole_and_sane_amount(amount: str) -> None:
    with pytest.raises(ValueError, match="期限"):
        Period(Decimal(amount), Unit.DAYS)


def test_a_period_reads_as_chinese_with_its_unit() -> None:
    texts = [Period.parse(t).text for t in ("5WD", "30D", "-60D", "0.5SH", "2H", "10M", "1Y")]
    assert texts == ["5个工作日", "30个自然日", "60个自然日", "0.5个服务小时", "2个自然小时", "10个月", "1年"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("EVERY 1M@WD5", Recurrence(1, Unit.MONTHS, 5, True)),
        ("EVERY 3M@D15", Recurrence(3, Unit.MONTHS, 15, False)),
        ("EVERY 1Y", Recurrence(1, Unit.YEARS, 0, False)),
        ("EVERY 1W@MON", Recurrence(1, Unit.WEEKS, weekday=0)),
        ("EVERY 2W", Recurrence(2, Unit.WEEKS)),
        ("EVERY 30min", Recurrence(30, Unit.MINUTES)),
    ],
)
def test_a_recurrence_is_read_and_prints_as_it_was_read(text: str, expected: Recurrence) -> None:
    assert Recurrence.parse(text) == expected
    assert expected.notation() == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "EVERY 0M",
        "EVERY M",
        "EVERY 1M@",
        "EVERY 1M@WD",
        "every 1M",
        "EVERY 1D",
        "EVERY 1M@MON",
        "EVERY 1W@WD5",
        "EVERY 1M@WD0",
    ],
)
def test_another_recurrence_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="周期记号"):
        Recurrence.parse(text)


def test_weeks_are_seven_days_and_roll_like_days() -> None:
    assert due_date(day("2026-09-18"), Period.parse("1W"), CALENDAR).day == day("2026-09-28")
    assert deadline_before(day("2026-10-19"), Period.parse("2W"), CALENDAR).day == day("2026-09-30")


@pytest.mark.parametrize(
    ("month", "place", "expected"),
    [("2026-10", 5, "2026-10-13"), ("2026-02", 5, "2026-02-06"), ("2026-01", 1, "2026-01-04"), ("2026-05", 1, "2026-05-06")],
)
def test_the_fifth_working_day_of_a_month_skips_holidays_and_counts_make_up_days(month: str, place: int, expected: str) -> None:
    year, number = map(int, month.split("-"))
    found = nth_working_day(year, number, place, CALENDAR)
    assert found.day == day(expected)
    assert found.steps[0].startswith(f"{year}年{number}月第{place}个工作日为")
    assert not found.provisional


def test_a_working_day_of_a_month_without_calendar_is_provisional_and_one_too_many_is_refused() -> None:
    assert nth_working_day(2027, 1, 5, CALENDAR).provisional_years == (2027,)
    for place in (0, 19):
        with pytest.raises(ValueError, match=r"个工作日|序号"):
            nth_working_day(2026, 2, place, CALENDAR)


def test_what_cannot_be_computed_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="instant"):
        due_date(day("2026-01-01"), Period.parse("15min"), CALENDAR)
    with pytest.raises(ValueError, match="instant"):
        due_date(day("2026-01-01"), Period.parse("2H"), CALENDAR)
    with pytest.raises(ValueError, match="instant"):
        deadline_before(day("2026-01-01"), Period.parse("2SH"), CALENDAR)
    with pytest.raises(ValueError, match="time zone"):
        hours_after(datetime(2026, 1, 1), Decimal(1))
    with pytest.raises(ValueError, match="at least one year"):
        term_end(day("2026-01-01"), 0)
    for period in ("99999D", "99999M", "9999Y", "99999WD"):
        with pytest.raises(ValueError, match="超出公历"):
            due_date(date(9990, 1, 1), Period.parse(period), CALENDAR)
    with pytest.raises(ValueError, match="超出公历"):
        deadline_before(date(2, 1, 1), Period.parse("9Y"), CALENDAR)


# What holds for every date


@given(DAYS, st.integers(1, 30))
@example(date(2028, 2, 29), 1)
@example(date(2028, 2, 29), 4)
def test_the_day_behind_a_term_is_its_anniversary(start: date, years: int) -> None:
    following = term_end(start, years) + ONE
    assert following == anniversary(start, years)
    assert following.year == start.year + years
    if (start.month, start.day) != (2, 29):
        assert (following.month, following.day) == (start.month, start.day)


@given(DAYS, st.integers(0, 600))
def test_the_corresponding_day_is_the_same_day_or_the_last_of_a_shorter_month(start: date, months: int) -> None:
    found = corresponding_day(start, months)
    assert (found.year - start.year) * 12 + found.month - start.month == months
    assert found.day == start.day or (found.day < start.day and (found + ONE).day == 1)


@given(DAYS, st.integers(-120, 120).filter(bool))
def test_adding_working_days_lands_on_a_working_day_and_counts_exactly(start: date, count: int) -> None:
    found = add_working_days(start, count, CALENDAR).day
    assert CALENDAR.is_working_day(found)
    low, high = (start + ONE, found) if count > 0 else (found, start - ONE)
    between = [low + n * ONE for n in range((high - low).days + 1)]
    assert sum(CALENDAR.is_working_day(d) for d in between) == abs(count)


@given(DAYS, st.integers(0, 20), st.integers(1, 60), st.integers(0, 20))
def test_adding_working_days_is_monotonic(start: date, later: int, count: int, more: int) -> None:
    found = add_working_days(start, count, CALENDAR).day
    assert found <= add_working_days(start + later * ONE, count, CALENDAR).day
    assert found <= add_working_days(start, count + more, CALENDAR).day


@given(DAYS, st.integers(1, 120))
def test_counting_back_inverts_counting_on(start: date, count: int) -> None:
    assume(CALENDAR.is_working_day(start))
    there = add_working_days(start, count, CALENDAR).day
    assert add_working_days(there, -count, CALENDAR).day == start


PERIODS = st.builds(
    lambda amount, unit: Period(Decimal(amount), unit), st.integers(0, 24), st.sampled_from([Unit.DAYS, Unit.MONTHS, Unit.YEARS])
)


@given(DAYS, PERIODS)
def test_a_due_date_never_falls_before_its_raw_day_and_lands_on_the_first_working_day(start: date, period: Period) -> None:
    found = due_date(start, period, CALENDAR)
    assert found.day >= found.raw >= start
    assert CALENDAR.is_working_day(found.day)
    assert not any(CALENDAR.is_working_day(found.raw + n * ONE) for n in range((found.day - found.raw).days))
    assert found.day == roll_forward(found.raw, CALENDAR).day


@given(DAYS, PERIODS)
def test_a_deadline_never_falls_behind_its_raw_day_and_lands_on_the_last_working_day(end: date, period: Period) -> None:
    found = deadline_before(end, period, CALENDAR)
    assert found.day <= found.raw <= end
    assert CALENDAR.is_working_day(found.day)
    assert not any(CALENDAR.is_working_day(found.raw - n * ONE) for n in range((found.raw - found.day).days))
    assert found.day == roll_back(found.raw, CALENDAR).day


@given(DAYS, PERIODS)
def test_a_result_is_provisional_exactly_if_a_day_it_asked_for_lies_in_a_year_without_calendar(
    start: date, period: Period
) -> None:
    found = due_date(start, period, CALENDAR)
    asked = {(found.raw + n * ONE).year for n in range((found.day - found.raw).days + 1)}
    assert found.provisional_years == tuple(sorted(asked - CALENDAR.official_years))


# Service hours

DAY_SHIFT = ServiceWindow(time(9), time(21))
OFFICE = ServiceWindow(time(9), time(18), frozenset(range(5)))
NIGHT = ServiceWindow(time(22), time(6))
ROUND_THE_CLOCK = ServiceWindow(time(0), None)
WINDOWS = [DAY_SHIFT, OFFICE, NIGHT, ROUND_THE_CLOCK, ServiceWindow(time(8, 30), time(20, 15), frozenset({0, 2, 5}))]

SERVICE = [
    ("inside the window", DAY_SHIFT, "2026-11-20T10:00", "2", (), "2026-11-20T12:00"),
    ("over the night", DAY_SHIFT, "2026-11-20T20:30", "2", (), "2026-11-21T10:30"),
    ("from before opening", DAY_SHIFT, "2026-11-20T03:00", "2", (), "2026-11-20T11:00"),
    ("from after closing", DAY_SHIFT, "2026-11-20T21:00", "2", (), "2026-11-21T11:00"),
    ("up to the last minute", DAY_SHIFT, "2026-11-20T19:00", "2", (), "2026-11-20T21:00"),
    ("over the weekend", OFFICE, "2026-11-20T17:00", "2", (), "2026-11-23T10:00"),
    ("past midnight", NIGHT, "2026-11-20T23:00", "4", (), "2026-11-21T03:00"),
    ("in the small hours of a night shift", NIGHT, "2026-11-21T05:00", "2", (), "2026-11-21T23:00"),
    ("round the clock", ROUND_THE_CLOCK, "2026-11-20T23:00", "30", (), "2026-11-22T05:00"),
    ("half an hour", DAY_SHIFT, "2026-11-20T20:45", "0.5", (), "2026-11-21T09:15"),
    ("stopped for an hour", DAY_SHIFT, "2026-11-20T10:00", "2", (("11:00", "12:00"),), "2026-11-20T13:00"),
    (
        "stops that overlap count once",
        DAY_SHIFT,
        "2026-11-20T10:00",
        "2",
        (("11:00", "12:00"), ("11:30", "12:30")),
        "2026-11-20T13:30",
    ),
    ("a stop at the start", DAY_SHIFT, "2026-11-20T10:00", "2", (("09:00", "10:30"),), "2026-11-20T12:30"),
    ("a stop outside the window", DAY_SHIFT, "2026-11-20T20:00", "2", (("21:30", "23:00"),), "2026-11-21T10:00"),
    ("a stop to the end of the day", DAY_SHIFT, "2026-11-20T20:00", "1", (("20:30", "21:00"),), "2026-11-21T09:30"),
]


def on(start: str, stops: tuple[tuple[str, str], ...]) -> tuple[Interval, ...]:
    prefix = start[:11]
    return tuple((moment(prefix + a), moment(prefix + b)) for a, b in stops)


@pytest.mark.parametrize(("case", "window", "start", "hours", "stops", "expected"), SERVICE, ids=[c[0] for c in SERVICE])
def test_service_hours_run_only_inside_the_window(
    case: str, window: ServiceWindow, start: str, hours: str, stops: tuple[tuple[str, str], ...], expected: str
) -> None:
    pauses = on(start, stops)
    assert service_due(moment(start), Decimal(hours), window, pauses) == moment(expected)
    assert service_minutes(moment(start), moment(expected), window, pauses) == int(Decimal(hours) * 60)


def test_stops_may_come_from_a_generator_and_in_any_order() -> None:
    start, end = moment("2026-11-20T20:00"), moment("2026-11-22T10:00")
    stops = [(moment("2026-11-21T10:00"), moment("2026-11-21T11:00")), (moment("2026-11-20T20:00"), moment("2026-11-20T20:30"))]
    assert service_minutes(start, end, DAY_SHIFT, (s for s in stops)) == 60 + 12 * 60 + 60 - 90
    assert service_due(start, Decimal("0.5"), DAY_SHIFT, iter(stops)) == moment("2026-11-20T21:00")


def test_a_moment_may_come_from_any_zone_and_goes_out_in_beijing_time() -> None:
    tokyo = datetime(2026, 11, 20, 11, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
    due = service_due(tokyo, Decimal(2), DAY_SHIFT)
    assert due.isoformat() == "2026-11-20T12:00:00+08:00"
    assert service_minutes(tokyo, due.astimezone(UTC), DAY_SHIFT) == 120


def test_service_time_that_cannot_be_computed_is_a_value_error() -> None:
    start = moment("2026-11-20T10:00")
    backwards: Any = [(start + timedelta(hours=2), start + timedelta(hours=1))]
    with pytest.raises(ValueError, match="停钟"):
        service_minutes(start, start + ONE, DAY_SHIFT, backwards)
    with pytest.raises(ValueError, match="time zone"):
        service_minutes(start.replace(tzinfo=None), start, DAY_SHIFT)
    with pytest.raises(ValueError, match="time zone"):
        service_due(start.replace(tzinfo=None), Decimal(1), DAY_SHIFT)
    with pytest.raises(ValueError, match="负"):
        service_due(start, Decimal(-1), DAY_SHIFT)
    with pytest.raises(ValueError, match="十年"):
        service_due(start, Decimal(1), ServiceWindow(time(9), time(18), frozenset()))
    with pytest.raises(ValueError, match="十年"):
        service_due(start, Decimal(99_999), OFFICE)
    with pytest.raises(ValueError, match="周一"):
        ServiceWindow(time(9), time(18), frozenset({7}))


def test_no_service_time_runs_backwards() -> None:
    start = moment("2026-11-20T10:00")
    assert service_minutes(start, start - ONE, DAY_SHIFT) == 0
    assert service_minutes(start, start, DAY_SHIFT) == 0


MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.sampled_from([BEIJING, UTC])).map(
    lambda m: m.replace(second=0, microsecond=0)
)


@st.composite
def stops_near(draw: st.DrawFn) -> tuple[datetime, list[Interval]]:
    start = draw(MOMENTS)
    found: list[Interval] = []
    for _ in range(draw(st.integers(0, 4))):
        begin = start + timedelta(minutes=draw(st.integers(-600, 4000)))
        found.append((begin, begin + timedelta(minutes=draw(st.integers(0, 900)))))
    return start, found


@given(stops_near(), st.integers(0, 3000), st.sampled_from(WINDOWS))
def test_the_due_moment_and_the_minutes_run_agree(
    near: tuple[datetime, list[Interval]], minutes: int, window: ServiceWindow
) -> None:
    start, stops = near
    due = service_due(start, Decimal(minutes) / 60, window, stops)
    assert service_minutes(start, due, window, stops) == minutes
    if minutes:
        assert service_minutes(start, due - timedelta(minutes=1), window, stops) == minutes - 1


@given(stops_near(), st.integers(0, 4000), st.sampled_from(WINDOWS))
def test_service_minutes_equal_a_count_minute_by_minute(
    near: tuple[datetime, list[Interval]], length: int, window: ServiceWindow
) -> None:
    start, stops = near
    length %= 1500
    counted = 0
    for n in range(length):
        at = (start + timedelta(minutes=n)).astimezone(BEIJING)
        spans = [window.of(at.date()), window.of(at.date() - ONE)]
        is_open = any(span is not None and span[0] <= at < span[1] for span in spans)
        counted += is_open and not any(begin <= at < finish for begin, finish in stops)
    assert service_minutes(start, start + timedelta(minutes=length), window, stops) == counted
