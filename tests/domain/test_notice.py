"""Notices of section 12.2: arrival forward, last safe day backward, and what counts as shown."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.calendar import WorkingCalendar
from app.domain.errors import ContractError
from app.domain.notice import (
    PROOFS,
    Address,
    Delivery,
    Method,
    NoticeRules,
    Proof,
    arrival,
    delivery_faults,
    email_arrival,
    first_arrival,
    last_safe_day,
    last_safe_days,
    rescission_faults,
)
from app.domain.reasoning import ReasonedDate
from app.domain.term import BEIJING
from tests.domain.renewals import ADDRESSES, NOTICES, OFFICIAL, ONE, RULES, calendars, d

DAYS = st.dates(date(2026, 1, 1), date(2045, 12, 1))
TODAY = d("2027-12-31")

FORWARD = [
    # method, sent, arrives at the latest, why
    (Method.HAND, "2026-09-18", "2026-09-18"),
    (Method.SYSTEM, "2026-10-03", "2026-10-03"),
    (Method.EXPRESS, "2026-09-14", "2026-09-17"),
    (Method.EXPRESS, "2026-09-22", "2026-09-28"),  # 9/25 is the first day of a holiday: rolls to Monday 9/28
    (Method.EXPRESS, "2026-09-28", "2026-10-08"),  # 10/1 begins the National Day holiday
    (Method.EXPRESS, "2026-02-11", "2026-02-14"),  # a Saturday that is worked
    (Method.EMAIL, "2026-10-03", "2026-10-04"),  # hours run over holidays
]
BACKWARD = [
    # method, must have arrived by, last safe day
    (Method.HAND, "2026-09-18", "2026-09-18"),
    (Method.SYSTEM, "2026-09-27", "2026-09-24"),  # a holiday: the working day before
    (Method.EXPRESS, "2026-09-18", "2026-09-15"),
    (Method.EXPRESS, "2026-10-08", "2026-09-30"),  # 10/5 lies in the holiday
    (Method.EXPRESS, "2026-02-14", "2026-02-11"),
    (Method.EXPRESS, "2026-02-17", "2026-02-11"),  # Spring Festival: due on the worked Saturday 2/14 already
    (Method.EMAIL, "2026-09-18", "2026-09-17"),
    (Method.EMAIL, "2026-10-08", "2026-09-30"),
    (Method.EMAIL, "2026-05-11", "2026-05-09"),  # Sunday 5/10, back to the worked Saturday
]


def due(day: date) -> ReasonedDate:
    return ReasonedDate("到达截止日", day, ())


@pytest.mark.parametrize(("method", "sent", "arrives"), FORWARD)
def test_a_notice_counts_as_arrived_by_the_rule_of_its_method(method: Method, sent: str, arrives: str) -> None:
    assert arrival(method, d(sent), RULES, OFFICIAL).day == d(arrives)


@pytest.mark.parametrize(("method", "by", "send"), BACKWARD)
def test_the_last_safe_day_is_counted_back_and_rolled_to_the_earlier_working_day(method: Method, by: str, send: str) -> None:
    assert last_safe_day(due(d(by)), method, RULES, OFFICIAL).day == d(send)


def test_the_reasoning_names_every_rule_its_source_and_both_days() -> None:
    found = last_safe_day(due(d("2026-10-08")), Method.EXPRESS, RULES, OFFICIAL)
    assert found.lines == (
        "特快专递视为到达的天数：自2026年10月8日往前数3个自然日，为2026年10月5日（周一，国庆节放假）",
        "发出日应为工作日：2026年10月5日（周一，国庆节放假），提前至2026年9月30日",
        "正向核对：2026年9月30日以邮政特快专递发出的最迟到达日：2026年10月8日（不晚于2026年10月8日）",
    )
    assert found.steps[0].source == ("misc.notice.methods.express",)
    assert not found.provisional


def test_a_year_without_official_calendar_makes_the_day_provisional() -> None:
    found = last_safe_day(due(d("2027-11-01")), Method.EXPRESS, RULES, OFFICIAL)
    assert found.provisional_years == (2027,)
    assert found.lines[-1] == "2027年放假安排未录入，结果为暂定值"


def test_days_kept_in_hand_come_off_the_way() -> None:
    assert last_safe_day(due(d("2026-09-18")), Method.EXPRESS, RULES, OFFICIAL, margin=4).day == d("2026-09-11")
    with pytest.raises(ContractError, match="余量"):
        last_safe_day(due(d("2026-09-18")), Method.EXPRESS, RULES, OFFICIAL, margin=-1)


def test_a_mail_needs_its_hours_from_the_moment_of_sending() -> None:
    assert email_arrival(datetime(2026, 10, 3, 14, 10, tzinfo=UTC), RULES).isoformat() == "2026-10-04T22:10:00+08:00"


def test_without_an_address_there_is_no_such_way() -> None:
    rules = NoticeRules(3, Decimal(24), {"a": ADDRESSES["a"], "b": Address("某市一路1号", "b@example.com")})
    assert rules.methods("b") == (Method.HAND, Method.EXPRESS, Method.EMAIL)
    assert set(last_safe_days(due(d("2026-09-18")), "b", rules, OFFICIAL)) == {Method.HAND, Method.EXPRESS, Method.EMAIL}


def test_rules_come_from_section_12_2() -> None:
    values = {
        "notice.express_days": 5, "notice.email_hours": 12, "notice.party_a_address": "甲地", "notice.party_b_email": "b@example.com",
    }  # fmt: skip
    rules = NoticeRules.from_values(values)
    assert (rules.express_days, rules.email_hours) == (5, Decimal(12))
    assert rules.methods("a") == (Method.HAND, Method.EXPRESS)
    assert rules.methods("b") == (Method.EMAIL,)
    with pytest.raises(ContractError, match="第12"):
        NoticeRules.from_values({})


# ---- what must hold always


@given(DAYS, st.sampled_from(Method), NOTICES, calendars(), st.integers(0, 10))
def test_what_is_sent_on_the_last_safe_day_arrives_in_time(
    by: date, method: Method, rules: NoticeRules, calendar: WorkingCalendar, margin: int
) -> None:
    found = last_safe_day(due(by), method, rules, calendar, margin)
    assert calendar.is_working_day(found.day)
    assert arrival(method, found.day, rules, calendar).day <= by


@given(DAYS, st.sampled_from(Method), NOTICES, calendars())
def test_on_no_later_working_day_is_sending_safe(by: date, method: Method, rules: NoticeRules, calendar: WorkingCalendar) -> None:
    day = last_safe_day(due(by), method, rules, calendar).day + ONE
    while day <= by:
        if calendar.is_working_day(day):
            last = by
            while not calendar.is_working_day(last):
                last -= ONE
            assert arrival(method, day, rules, calendar).day > last
            break
        day += ONE


@given(DAYS, st.integers(1, 60), st.sampled_from(Method), NOTICES, calendars())
def test_a_later_deadline_never_gives_an_earlier_safe_day(
    by: date, more: int, method: Method, rules: NoticeRules, calendar: WorkingCalendar
) -> None:
    early, late = (last_safe_day(due(day), method, rules, calendar).day for day in (by, by + more * ONE))
    assert early <= late


@given(DAYS, st.integers(1, 60), st.sampled_from(Method), NOTICES, calendars())
def test_what_is_sent_later_never_arrives_earlier(
    sent: date, more: int, method: Method, rules: NoticeRules, calendar: WorkingCalendar
) -> None:
    first, second = (arrival(method, day, rules, calendar).day for day in (sent, sent + more * ONE))
    assert sent <= first <= second


@given(DAYS, st.integers(0, 48), st.integers(0, 86_399))
def test_a_mail_sent_at_any_time_of_the_day_has_arrived_by_the_day_of_arrival(sent: date, hours: int, second: int) -> None:
    rules = NoticeRules(3, Decimal(hours), ADDRESSES)
    moment = datetime.combine(sent, time(0), BEIJING) + timedelta(seconds=second)
    assert email_arrival(moment, rules).date() <= arrival(Method.EMAIL, sent, rules, OFFICIAL).day


# ---- arrivals that are recorded


def delivery(method: Method = Method.EXPRESS, sent: str = "2026-09-14", arrived: str = "2026-09-16", **more: object) -> Delivery:
    whole = {"proof": Proof.SIGNED_FOR, "evidence": "EMS 1234", **more}
    return Delivery(method, d(sent), d(arrived) if arrived else None, **whole)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", Method)
def test_every_method_has_something_that_shows_its_arrival(method: Method) -> None:
    for proof in PROOFS[method]:
        arrived = arrival(method, d("2026-09-14"), RULES, OFFICIAL).day.isoformat()
        assert delivery_faults(delivery(method, arrived=arrived, proof=proof), RULES, OFFICIAL, TODAY) == ()


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (delivery(sent="2028-01-05", arrived=""), "发出日2028-01-05尚未到来"),
        (delivery(arrived="2028-01-05"), "到达日2028-01-05尚未到来"),
        (delivery(arrived="2026-09-13"), "早于发出日"),
        (delivery(proof=Proof.ENTERED), "不能是“进入邮箱或者系统的记录”"),
        (delivery(Method.EMAIL, proof=Proof.SIGNED_FOR), "应当是进入邮箱或者系统的记录、期满视为到达"),
        (delivery(proof=Proof.DEEMED), "到达日不早于2026-09-17"),
        (delivery(evidence=" "), "请写明送达证据"),
    ],
)
def test_a_record_of_arrival_that_cant_be_relied_on_is_told(wrong: Delivery, words: str) -> None:
    faults = delivery_faults(wrong, RULES, OFFICIAL, TODAY)
    assert len(faults) == 1
    assert words in faults[0]


def test_a_return_by_the_carrier_counts_on_its_day_even_behind_the_agreed_days() -> None:
    assert delivery_faults(delivery(arrived="2026-09-29", proof=Proof.RETURNED), RULES, OFFICIAL, TODAY) == ()


def test_of_several_ways_the_first_arrival_counts() -> None:
    express, mail = delivery(arrived="2026-09-16"), delivery(Method.EMAIL, arrived="2026-09-15", proof=Proof.ENTERED)
    waiting = delivery(arrived="")
    assert first_arrival([express, waiting, mail]) is mail
    assert first_arrival([waiting]) is None


def test_a_notice_of_rescission_goes_by_express_and_to_the_mailbox_on_the_same_day() -> None:
    express, mail = delivery(), delivery(Method.EMAIL, proof=Proof.ENTERED)
    assert rescission_faults([express, mail], "written_delivery") == ()
    assert "特快专递" in rescission_faults([mail], "written_delivery")[0]
    assert "2026-09-14当日" in rescission_faults([express], "written_delivery")[0]
    assert "指定系统" in rescission_faults([express, mail], "system_delivery")[0]
