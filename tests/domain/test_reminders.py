"""Reminders: on which days, at which hour, and to whom; the defaults of brief D."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.reminders import (
    DEFAULTS,
    Hours,
    Level,
    People,
    Policy,
    Topic,
    moments,
    read_days,
    recipients,
    resolve,
    show_days,
    with_channels,
)
from app.domain.term import BEIJING
from app.library.calendars import load_calendar

CALENDAR = load_calendar()
HOURS = Hours()


def people(**changes: object) -> People:
    found = {
        "responsible": "owner",
        "deputy": "deputy",
        "head": "head",
        "keepers": ("keeper",),
        "able": {"owner", "deputy", "head", "keeper"},
    }
    whole = {**found, **changes}
    return People(whole["responsible"], whole["deputy"], whole["head"], whole["keepers"], frozenset(whole["able"]))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("topic", "days"),
    [
        (Topic.RENEWAL, (-90, -60, -30, -7)), (Topic.PAYMENT, (-5, -1, 1, 7, 15, 30)), (Topic.LICENCE, (-60, -30)),
        (Topic.AUTHORITY, (-30,)), (Topic.DELETION, (-5,)),
    ],
)  # fmt: skip
def test_the_defaults_are_those_of_the_brief(topic: Topic, days: tuple[int, ...]) -> None:
    assert DEFAULTS[topic].days == days


def test_a_reminder_before_the_date_moves_ahead_and_one_after_it_moves_back_to_a_working_day() -> None:
    found = moments(date(2026, 10, 8), Policy((-7, -1, 1, 2)), CALENDAR)  # 1 to 7 October are holidays, the 10th is worked
    assert [m.on.isoformat() for m in found] == ["2026-09-30", "2026-09-30", "2026-10-09", "2026-10-10"]
    assert [m.step for m in found] == ["-7", "-1", "+1", "+2"]
    free = Policy((-7, 2), working_days=False)
    assert [m.on.isoformat() for m in moments(date(2026, 10, 8), free, CALENDAR)] == ["2026-10-01", "2026-10-10"]


def test_days_that_the_text_promises_join_those_of_the_policy() -> None:
    assert [m.days for m in moments(date(2027, 12, 31), Policy((-30, -7)), CALENDAR, (-90, -30))] == [-90, -30, -7]


def test_the_nearest_level_takes_the_place_of_the_others() -> None:
    house, form, own = Policy((-1,)), Policy((-2,)), Policy((-3,))
    assert resolve(Topic.PAYMENT, {}).level is None
    assert resolve(Topic.PAYMENT, {Level.HOUSE: house}).policy is house
    assert resolve(Topic.PAYMENT, {Level.HOUSE: house, Level.FORM: form}).policy is form
    assert resolve(Topic.PAYMENT, {Level.HOUSE: house, Level.FORM: form, Level.CONTRACT: own}).level is Level.CONTRACT


def test_who_is_told_grows_with_time_as_long_as_nothing_is_decided() -> None:
    policy = DEFAULTS[Topic.RENEWAL]
    assert [r.user_id for r in recipients(-60, policy, people())] == ["owner"]
    assert [r.user_id for r in recipients(-30, policy, people())] == ["owner", "deputy"]
    assert [r.user_id for r in recipients(-7, policy, people())] == ["owner", "deputy", "head"]


def test_where_the_owner_cannot_be_told_deputy_and_head_are_and_otherwise_who_keeps_the_register() -> None:
    policy = DEFAULTS[Topic.RENEWAL]
    gone = people(able={"deputy", "head", "keeper"})
    assert [(r.user_id, r.why) for r in recipients(-90, policy, gone)] == [
        ("deputy", "负责人的账号已停用"),
        ("head", "负责人的账号已停用"),
    ]
    assert [r.user_id for r in recipients(-90, policy, people(able={"keeper"}))] == ["keeper"]
    assert recipients(-90, policy, people(able=set())) == ()
    assert recipients(-90, policy, people(responsible=None))[0].why == "没有指定负责人"


def test_nothing_goes_out_in_quiet_hours() -> None:
    night = datetime(2026, 11, 20, 23, 15, tzinfo=BEIJING)
    assert HOURS.next_awake(night) == datetime(2026, 11, 21, 8, 0, tzinfo=BEIJING)
    assert HOURS.next_awake(datetime(2026, 11, 20, 3, 0, tzinfo=BEIJING)) == datetime(2026, 11, 20, 8, 0, tzinfo=BEIJING)
    noon = datetime(2026, 11, 20, 12, 0, tzinfo=BEIJING)
    assert HOURS.next_awake(noon) is noon
    # Friday: the next working day is Monday.
    assert HOURS.next_morning(noon, CALENDAR) == datetime(2026, 11, 23, 8, 30, tzinfo=BEIJING)


def test_an_hour_of_sending_inside_the_quiet_hours_is_refused() -> None:
    assert [f.path for f in Hours(time(7, 0)).faults()] == ["send_at"]
    assert Hours(time(7), time(8), time(8)).faults()[0].path == "quiet_from"
    assert HOURS.faults() == ()


@pytest.mark.parametrize(("text", "days"), [("-90,-60、−30 +7", (-90, -60, -30, 7)), ("", ()), ("3日", (3,)), ("-5，-5", (-5,))])
def test_days_are_read_as_people_write_them(text: str, days: tuple[int, ...]) -> None:
    assert read_days(text) == (days, "")
    assert read_days(show_days(days))[0] == days


@pytest.mark.parametrize("text", ["十天", "-9999", "1.5", "-", ",".join(str(n) for n in range(13))])
def test_days_that_cannot_be_used_are_refused_in_words(text: str) -> None:
    days, why = read_days(text)
    assert (days, bool(why)) == ((), True)


def test_mail_always_stands_at_the_end_and_channels_that_are_gone_fall_out() -> None:
    assert with_channels(Policy((), channels=("robot", "gone")), ["robot"]).channels == ("robot", "mail")
    assert with_channels(Policy((), channels=("mail", "robot")), ["robot"]).channels == ("mail", "robot")


@settings(max_examples=60)
@given(st.dates(date(2026, 1, 1), date(2030, 12, 31)), st.sets(st.integers(-120, 60), max_size=8))
def test_no_reminder_falls_on_a_free_day_or_beyond_its_date(due: date, days: set[int]) -> None:
    for moment in moments(due, Policy(tuple(sorted(days))), CALENDAR):
        assert CALENDAR.is_working_day(moment.on)
        wanted = due + timedelta(days=moment.days)
        assert moment.on <= wanted <= due if moment.days <= 0 else moment.on >= wanted > due
