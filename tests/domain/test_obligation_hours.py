"""Obligations in hours: when service runs, which level a ticket has, when the clock stands."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.obligation_basis import service_window
from app.domain.term import BEIJING, service_minutes
from tests.domain.planned import MONDAY, basis, happening, planned


def test_service_hours_run_only_while_there_is_service() -> None:
    (one,) = planned("O-2.3-1", None, happening("ticket_created", datetime(2026, 9, 14, 20, 0, tzinfo=BEIJING)))
    assert one.due is not None
    assert one.due.moment == datetime(2026, 9, 15, 10, 0, tzinfo=BEIJING)
    (night,) = planned("O-2.3-1", None, happening("ticket_created", datetime(2026, 9, 14, 23, 0, tzinfo=BEIJING)))
    assert night.due is not None
    assert night.due.moment == datetime(2026, 9, 15, 11, 0, tzinfo=BEIJING)


def answered(duty: str, level: str, day: int, hour: int, minute: int = 0, **changes: Any) -> tuple[datetime, str]:
    """When the first response to a ticket of September 2026 is due, and what its reasons say."""
    moment = datetime(2026, 9, day, hour, minute, tzinfo=BEIJING)
    kind = "ticket_created" if duty == "O-2.3-1" else "p1_p2_after_hours"
    (one,) = planned(duty, basis(**changes) if changes else None, happening(kind, moment, level=level))
    assert one.due is not None
    assert one.due.moment is not None
    return one.due.moment, "；".join(line.text for line in one.reasons)


@pytest.mark.parametrize(
    ("level", "hour", "due", "said"),
    [
        ("P1", 20, datetime(2026, 9, 14, 20, 15, tzinfo=BEIJING), "适用P1级时限"),
        ("P2", 20, datetime(2026, 9, 14, 20, 30, tzinfo=BEIJING), "适用P2级时限"),
        ("P3", 20, datetime(2026, 9, 14, 21, 0, tzinfo=BEIJING), "适用P3级时限"),
        ("P4", 20, datetime(2026, 9, 15, 10, 0, tzinfo=BEIJING), "适用P4级时限"),
        ("P1", 23, datetime(2026, 9, 14, 23, 15, tzinfo=BEIJING), "适用P1级时限"),
        ("P3", 23, datetime(2026, 9, 15, 10, 0, tzinfo=BEIJING), "没有值班处理，自次一服务时段开始即2026年9月15日09:00起计时"),
    ],
)
def test_the_level_of_a_ticket_decides_how_fast_it_is_answered(level: str, hour: int, due: datetime, said: str) -> None:
    found, words = answered("O-2.3-1", level, 14, hour)
    assert found == due
    assert said in words


def test_the_general_limit_holds_where_it_is_shorter() -> None:
    found, words = answered("O-2.3-1", "P4", 14, 10, sla__response_hours=Decimal("0.5"))
    assert found == datetime(2026, 9, 14, 10, 30, tzinfo=BEIJING)
    assert "适用通用时限" in words


def test_without_a_watch_a_p2_of_the_night_counts_from_the_morning() -> None:
    night = answered("O-2.3-2", "P2", 14, 23)[0]
    assert night == datetime(2026, 9, 14, 23, 30, tzinfo=BEIJING)
    only_p1 = {"service__after_hours_oncall": "p1_only"}
    assert answered("O-2.3-2", "P1", 14, 23, **only_p1)[0] == datetime(2026, 9, 14, 23, 15, tzinfo=BEIJING)
    found, words = answered("O-2.3-2", "P2", 14, 23, **only_p1)
    assert found == datetime(2026, 9, 15, 9, 30, tzinfo=BEIJING)
    assert "没有值班处理" in words


def test_natural_hours_run_on_where_the_contract_says_so() -> None:
    found = basis(sla__response_clock="natural_hours")
    (one,) = planned("O-2.3-1", found, happening("ticket_created", datetime(2026, 10, 3, 22, 10, tzinfo=BEIJING)))
    assert one.due is not None
    assert one.due.moment == datetime(2026, 10, 4, 0, 10, tzinfo=BEIJING)


def test_the_clock_stands_while_it_is_stopped_and_goes_on_behind() -> None:
    pause = (MONDAY + timedelta(minutes=30), MONDAY + timedelta(hours=3))
    (one,) = planned("O-1.2-3", None, happening("ticket_escalated", pauses=(pause,)))
    assert one.due is not None
    assert one.due.moment == MONDAY + timedelta(hours=6, minutes=30)
    assert any("停钟" in line.text for line in one.reasons)
    (still,) = planned("O-1.2-3", None, happening("ticket_escalated", pauses=(), stands_since=MONDAY))
    assert still.due is None


def test_holidays_do_not_count_where_only_the_watch_works() -> None:
    found = basis(service__holiday_coverage="on_call_only")
    (one,) = planned("O-1.2-3", found, happening("ticket_escalated", datetime(2026, 9, 24, 20, 0, tzinfo=BEIJING)))
    assert one.due is not None
    assert one.due.moment == datetime(2026, 9, 28, 12, 0, tzinfo=BEIJING)


@settings(max_examples=50)
@given(
    st.integers(0, 7 * 24 * 60),
    st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 600)), max_size=3),
    st.integers(5, 7),
    st.integers(1, 12),
)
def test_exactly_the_agreed_service_time_has_run_when_it_is_due(
    offset: int, raw: list[tuple[int, int]], days: int, hours: int
) -> None:
    start = MONDAY + timedelta(minutes=offset)
    pauses = tuple((start + timedelta(minutes=a), start + timedelta(minutes=a + n)) for a, n in raw)
    found = basis(service__days_per_week=days, party_a_duty__escalation_reply_hours=Decimal(hours))
    (one,) = planned("O-1.2-3", found, happening("ticket_escalated", start, pauses=pauses))
    assert one.due is not None
    assert one.due.moment is not None
    assert service_minutes(start, one.due.moment, service_window(found.texts[0].values), pauses) == hours * 60


def test_reports_on_an_open_p1_come_every_half_hour_until_it_is_over() -> None:
    reports = planned("O-6.3-4", None, happening("p1_opened", until=MONDAY + timedelta(minutes=100)))
    assert [i.due.moment for i in reports if i.due] == [MONDAY + timedelta(minutes=30 * n) for n in (1, 2, 3)]
    assert len(planned("O-6.3-4", None, happening("p1_opened"))) == 48
