"""The library's obligations under the demonstration contract: every line read, every linked variable moving its day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.event_table import HEADS, read_event_table
from app.domain.numbering import reference_labels
from app.domain.obligation_basis import Basis, Instance, Occasion, Text, service_window
from app.domain.obligation_events import EVENTS, EXIT_DUTIES, SUCCESSORS, recordable
from app.domain.obligation_plan import plan
from app.domain.obligation_state import DutyState, Facts, Shown, kept, print_of, reconcile, shown
from app.domain.obligations import Catalogue, Cause, Obligor
from app.domain.term import BEIJING, service_minutes
from app.domain.term_chain import Origin, TermChain
from app.domain.variables import Value, VariableType
from tests.domain.standings import demonstration
from tests.services.fixtures import reference

EFFECT = date(2026, 11, 22)
MONDAY = datetime(2026, 9, 14, 10, 0, tzinfo=BEIJING)
"""In a year whose holidays are announced."""


@cache
def catalogue() -> Catalogue:
    return Catalogue.of(reference().library)


@cache
def text() -> Text:
    standing = demonstration()
    labels = {place: reads for place, (reads, _) in reference_labels(standing.instrument).items()}
    # Branches that the demonstration did not choose read as the section they stand in.
    return Text(EFFECT, standing.answers.values, {o.provision: f"第{section}节" for section, o in catalogue().sources} | labels)


def basis(start: date = date(2027, 1, 1), years: int = 1, **values: Value) -> Basis:
    changed = replace(text(), values={**text().values, **{name.replace("__", "."): v for name, v in values.items()}})
    return Basis((changed,), TermChain.begin(start, years), EFFECT, reference().calendar)


def happening(kind: str, moment: datetime = MONDAY, **more: object) -> Occasion:
    return Occasion("e1", kind, moment.date(), moment, "T-1", **more)  # type: ignore[arg-type]


def planned(duty: str, found: Basis | None = None, *occasions: Occasion) -> list[Instance]:
    return [i for i in plan(catalogue(), found or basis(), occasions) if i.duty.id == duty]


def day(duty: str, kind: str, moment: str, found: Basis | None = None) -> date:
    (one,) = planned(duty, found, happening(kind, datetime.fromisoformat(moment).replace(tzinfo=BEIJING)))
    assert one.due is not None
    return one.due.day


def test_every_line_of_the_library_is_read_and_waits_for_something_known() -> None:
    sources = catalogue().sources
    assert len(sources) == 159
    duties = {d.id: d for d in catalogue().duties({**text().values, "privacy.volume_persons": 20_000_000}, text().labels)}
    assert len(duties) == 159
    for duty in duties.values():
        if duty.cause is Cause.EVENT:
            assert duty.anchor in EVENTS, duty
    assert set(SUCCESSORS) | EXIT_DUTIES <= set(duties)
    assert {EVENTS[name] for name in SUCCESSORS.values()} <= set(EVENTS.values())


LINKED = """
O-1.2-1 party_a_duty.materials_workdays       O-1.2-2 party_a_duty.access_workdays          O-1.2-3 party_a_duty.escalation_reply_hours
O-1.2-4 party_b_duty.license_change_workdays  O-1.3-2 scope.new_product_notice_days         O-2.2-1 service.onsite_arrival_hours
O-2.2-2 service.repair_turnaround_days        O-2.2-3 service.repair_warranty_days          O-2.2-5 service.safety_report_hours
O-2.3-1 sla.response_hours                    O-2.3-1 sla.response_clock                    O-2.3-2 sla.p1_response_minutes
O-2.3-3 service.hours_change_notice_days      O-3.1-1 team.ready_days_before_start          O-3.1-2 comm.monthly_report_workday
O-3.1-3 team.key_change_notice_workdays       O-3.1-4 team.replace_workdays                 O-3.2-1 team.access_revoke_hours
O-3.3-2 training.period                       O-3.3-3 training.security_period              O-3.3-4 training.release_workdays
O-3.3-5 assess.period                         O-3.3-5 comm.monthly_report_workday           O-3.3-6 assess.retrain_days
O-4.1-1 process.sop_workdays                  O-4.1-2 process.sop_approve_workdays          O-4.2-1 comm.weekly_report_day
O-4.2-2 comm.monthly_report_workday           O-4.2-3 comm.monthly_meeting_workday          O-4.2-4 comm.minutes_confirm_workdays
O-4.2-5 comm.major_report_hours               O-4.2-6 comm.contact_change_workdays          O-4.3-1 complaint.accept_hours
O-4.3-2 complaint.first_contact_hours         O-4.3-3 complaint.close_workdays              O-4.3-4 complaint.regulator_notify_hours
O-4.3-5 issue.level1_workdays                 O-4.3-5 issue.level2_workdays                 O-4.3-5 issue.level3_days
O-5.1-2 quality.survey_window_hours           O-5.2-1 perf.report_workday                   O-5.2-2 perf.review_workdays
O-5.2-3 perf.objection_workdays               O-5.2-4 perf.audit_period                     O-5.3-2 improve.plan_workdays
O-5.3-3 improve.approve_workdays              O-5.3-4 improve.verify_days                   O-5.3-5 improve.review_period
O-6.1-1 support.l3_p1_hours                   O-6.1-2 support.l3_p2_hours                   O-6.1-3 support.kb_update_workdays
O-6.2-1 maint.notice_workdays                 O-6.2-2 maint.release_notice_workdays         O-6.2-4 maint.vuln_critical_days
O-6.3-1 sla.p1_response_minutes               O-6.3-2 sla.p1_restore_hours                  O-6.3-3 sla.p1_resolve_hours
O-6.3-4 sla.p1_update_minutes                 O-6.3-5 incident.postmortem_workdays          O-6.3-6 incident.drill_per_year
O-6.3-7 fm.notice_hours                       O-6.3-8 fm.proof_days                         O-7.1-1 security.mlps_proof_days
O-7.1-2 security.pentest_per_year             O-7.1-3 security.audit_per_year               O-7.1-4 security.fix_days
O-7.2-2 privacy.rights_assist_workdays        O-7.2-3 privacy.exit_delete_days              O-7.2-4 privacy.delete_certificate_workdays
O-7.3-1 leak.first_report_hours               O-7.3-2 leak.written_report_hours             O-7.3-3 leak.final_report_workdays
O-7.3-5 conf.return_days                      O-7.3-6 conf.survival_years                   O-8.2-1 pay.statement_workday
O-8.2-1 pay.period  O-5.2-1 perf.period
O-8.2-2 pay.confirm_workdays                  O-8.2-3 pay.invoice_workdays                  O-8.2-4 pay.days_after_confirm
O-8.3-1 adjust.notice_days                    O-8.3-2 settle.objection_workdays             O-8.3-3 settle.final_days
O-8.3-4 settle.refund_days                    O-9.1-1 breach.cure_days                      O-9.1-2 breach.data_cure_days
O-9.3-1 terminate.right_exercise_days         O-10.1-1 dispute.negotiation_days             O-11.2-1 change.assess_workdays
O-11.2-2 change.approve_workdays              O-11.2-3 change.emergency_workdays            O-11.2-4 change.law_change_days
O-11.3-1 renew.reminder_days                  O-11.3-2 renew.notice_days                    O-11.3-3 exit.convenience_a_days
O-11.3-4 exit.convenience_b_days              O-11.3-5 exit.data_export_days                O-11.3-6 exit.transition_days
O-11.3-7 settle.final_days                    O-12.1-1 ip.infringe_notice_workdays          O-12.1-2 exit.data_export_days
O-12.2-1 notice.change_workdays               O-13.3-2 change.law_change_days               O-7.1-5 security.log_months
O-7.2-5 privacy.record_years
"""
PAIRS = list(zip(LINKED.split()[::2], LINKED.split()[1::2], strict=True))
"""Written from the brief's (e) blocks: the obligation, and the variable that is its period."""


def other(name: str) -> Value:
    """A value other than the demonstration's that moves a day by more than a holiday could swallow."""
    variable = catalogue().variables[name]
    value = text().values.get(name)
    if variable.type is VariableType.ENUM:
        return next(o.value for o in variable.options if o.value != value)
    if variable.type is VariableType.LIST:
        return ("120", "75", "45", "10")
    assert isinstance(value, int | Decimal)
    return value + (1 if variable.unit in ("次", "工作日序号") else 7)


def everything(found: Basis) -> dict[str, Instance]:
    evening = MONDAY + timedelta(hours=10, minutes=30)
    occasions = [Occasion(name, name, evening.date(), evening) for name in (*catalogue().events(), "in_dispute")]
    return {i.key: i for i in plan(catalogue(), found, occasions)}


@cache
def unchanged() -> dict[str, Instance]:
    return everything(basis())


@pytest.mark.parametrize(("duty", "variable"), PAIRS)
def test_the_linked_variable_is_the_period(duty: str, variable: str) -> None:
    before = [(*print_of(i)[:2], i.reasons) for i in unchanged().values() if i.duty.id == duty]
    changed = everything(basis(**{variable.replace(".", "__"): other(variable)}))
    after = [(*print_of(i)[:2], i.reasons) for i in changed.values() if i.duty.id == duty]
    if duty.startswith(("O-7.1-5", "O-7.2-5")):  # standing: what moves is how long records are kept
        assert [a[2] for a in after] != [b[2] for b in before]
    else:
        assert [a[:2] for a in after] != [b[:2] for b in before]
    assert catalogue().variables[variable].label in " ".join(
        line.text for a in changed.values() if a.duty.id == duty for line in a.reasons
    )


def test_only_those_variables_are_periods() -> None:
    duties = catalogue().duties(text().values, text().labels)
    assert sorted({(d.id, name) for d in duties for name in d.linked}) == sorted(PAIRS)


# ---- brief B1 and B2: the announced calendar of 2026


@pytest.mark.parametrize(
    ("duty", "kind", "moment", "expected"),
    [
        ("O-2.2-2", "device_received", "2026-09-18T09:00", "2026-09-28"),  # 7D onto 中秋
        ("O-2.2-2", "device_received", "2026-09-24T09:00", "2026-10-08"),  # 7D onto 国庆
        ("O-3.1-4", "replacement_requested", "2026-09-18T09:00", "2026-09-24"),  # 5WD over a make-up Sunday
        ("O-3.1-4", "replacement_requested", "2026-04-30T09:00", "2026-05-11"),  # 5WD over a make-up Saturday
        ("O-5.3-3", "plan_submitted", "2026-02-13T09:00", "2026-02-25"),  # 3WD over 春节
        ("O-7.3-6", "contract_ended", "2026-12-31T00:00", "2029-12-31"),  # 3Y
        ("O-1.3-2", "new_product_planned", "2026-10-18T00:00", "2026-09-30"),  # 15 days before, onto 国庆: the day before it
        ("O-1.2-6", "subcontract_planned", "2026-10-08T00:00", "2026-09-30"),  # before the planned day
        ("O-7.3-7", "incident_closed", "2026-03-02T09:00", "2026-04-01"),  # 30D of the law, not the final report's variable
    ],
)
def test_days_follow_the_announced_calendar(duty: str, kind: str, moment: str, expected: str) -> None:
    assert day(duty, kind, moment) == date.fromisoformat(expected)


def test_working_days_without_make_up_days_where_the_contract_says_so() -> None:
    found = basis(defs__workday_source="mon_fri_only")
    assert day("O-3.1-4", "replacement_requested", "2026-09-18T09:00", found) == date(2026, 9, 28)


def test_the_levels_of_a_talk_follow_one_another() -> None:
    levels = planned("O-4.3-5", None, happening("issue_raised"))
    assert [i.due.day.isoformat() for i in levels if i.due] == ["2026-09-17", "2026-09-23", "2026-10-08"]
    assert [i.label for i in levels] == ["T-1（第1级）", "T-1（第2级）", "T-1（第3级）"]
    assert levels[1].opens == date(2026, 9, 17)


# ---- hours


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


# ---- recurring


def days(duty: str, found: Basis | None = None) -> list[str]:
    return [i.due.day.isoformat() for i in planned(duty, found) if i.due]


def test_a_year_of_recurring_obligations() -> None:
    year = Basis((text(),), TermChain.begin(date(2026, 1, 1), 1), date(2025, 12, 20), reference().calendar)
    statements = planned("O-8.2-1", year)
    assert [i.label for i in statements] == [f"2026年{m}月" for m in range(1, 13)]
    assert days("O-8.2-1", year)[:3] == ["2026-02-06", "2026-03-06", "2026-04-08"]
    assert days("O-8.2-1", year)[-1] == "2027-01-07"  # the last month's statement comes behind the term
    assert days("O-4.2-3", year)[0] == "2026-01-13"  # the meeting is held in the month itself
    assert days("O-2.3-4", year)[6:8] == ["2026-07-24", "2026-08-25"]  # the 25th is a Saturday
    assert days("O-3.3-2", year) == ["2026-03-31", "2026-06-30", "2026-09-30", "2026-12-31"]
    assert days("O-3.3-3", year) == ["2026-06-30", "2026-12-31"]
    assert days("O-5.2-4", year) == ["2026-04-30", "2026-07-31", "2026-10-30", "2027-01-29"]
    assert days("O-5.3-5", year)[:2] == ["2026-04-15", "2026-07-15"]
    assert days("O-4.1-4", year) == ["2026-12-18"]  # the day before the anniversary of the effect is a Saturday
    assert days("O-6.3-6", year) == ["2026-12-31"]
    assert len(days("O-4.2-1", year)) == 53
    assert days("O-4.2-1", year)[:2] == ["2026-01-05", "2026-01-12"]


def test_how_often_a_year_spreads_over_the_contract_year_and_nought_is_never() -> None:
    assert days("O-7.1-2", basis(security__pentest_per_year=2)) == ["2027-06-30", "2027-12-31"]
    assert days("O-7.1-2", basis(security__pentest_per_year=0)) == []


def test_the_audit_of_ten_million_is_owed_only_above_ten_million() -> None:
    assert planned("O-7.2-7") == []
    assert days("O-7.2-7", basis(years=4, privacy__volume_persons=10_000_001)) == ["2028-12-29", "2030-12-31"]


def test_a_term_that_begins_within_a_month_begins_within_its_periods() -> None:
    found = planned("O-8.2-1", basis(start=date(2027, 3, 15)))
    assert (found[0].label, found[0].opens.isoformat()) == ("2027年3月", "2027-03-15")
    assert found[-1].label == "2028年3月"
    assert len(found) == 13


# ---- amendments, renewals, endings


def test_an_amendment_governs_the_periods_that_end_under_it() -> None:
    later = replace(text(), starts=date(2027, 7, 1), values={**text().values, "pay.statement_workday": 10})
    found = Basis((text(), later), TermChain.begin(date(2027, 1, 1), 1), EFFECT, reference().calendar)
    assert days("O-8.2-1", found)[4:8] == ["2027-06-07", "2027-07-07", "2027-08-13", "2027-09-14"]
    assert {i.key for i in plan(catalogue(), found)} == {i.key for i in plan(catalogue(), basis())}


def test_a_renewal_goes_on_under_the_same_keys_and_moves_the_notice_to_the_new_end() -> None:
    before = basis()
    chain = before.chain.renewed(before.chain.next_term(Origin.AUTOMATIC, 1, counts=True))
    old = {i.key: i for i in kept(plan(catalogue(), before))}
    new = {i.key: i for i in kept(plan(catalogue(), replace(before, chain=chain)))}
    assert set(old) - set(new) == {"O-11.3-2/term0"}
    assert days("O-11.3-2", replace(before, chain=chain)) == ["2028-11-01"]
    assert all(print_of(new[k])[0] == print_of(old[k])[0] for k in set(old) & set(new) if not k.endswith("/standing"))
    assert len(days("O-8.2-1", replace(before, chain=chain))) == 24


def test_an_early_end_cuts_what_would_have_come() -> None:
    found = replace(basis(), ended_on=date(2027, 5, 20))
    assert days("O-8.2-1", found)[-1] == "2027-06-07"
    assert days("O-3.3-2", found)[-1] == "2027-05-20"
    assert days("O-11.3-2", found) == []


def test_what_the_program_does_and_what_the_exit_keeps_is_not_entered() -> None:
    every = list(everything(basis()).values())
    entered = {i.duty.id for i in kept(every)}
    assert not entered & EXIT_DUTIES
    assert all(i.duty.obligor is not Obligor.SYSTEM for i in kept(every))
    assert "O-14.1-1" not in entered
    assert {"O-1.2-1", "O-8.2-1", "O-2.1-1", "O-4.3-5"} <= entered


@settings(max_examples=40, deadline=None)
@given(
    st.dates(date(2026, 1, 1), date(2028, 12, 31)),
    st.integers(1, 3),
    st.integers(0, 900),
    st.sampled_from(["monthly", "quarterly"]),
)
def test_planning_again_changes_nothing_and_keys_are_unique(start: date, years: int, ended: int, period: str) -> None:
    found = basis(start=start, years=years, improve__review_period=period)
    found = replace(found, effective_on=start - timedelta(days=10), ended_on=start + timedelta(days=ended))
    first, again = plan(catalogue(), found), plan(catalogue(), found)
    assert first == again
    assert len({i.key for i in first}) == len(first)
    stored = {i.key: (DutyState.OPEN, print_of(i)) for i in first}
    assert reconcile(stored, again).nothing
    for instance in first:
        if instance.due is not None and instance.duty.cause is Cause.EVERY:
            assert instance.opens <= found.last_day


def test_planning_again_touches_nothing_that_is_settled() -> None:
    one, two, three = plan(catalogue(), basis())[:3]
    moved = replace(one, label="别的")
    stored = {
        one.key: (DutyState.DONE, print_of(one)), two.key: (DutyState.OPEN, print_of(two)), "gone": (DutyState.OPEN, ()),
        "done": (DutyState.DONE, ()), "waived": (DutyState.WAIVED, ()), "disputed": (DutyState.DISPUTED, ()),
    }  # fmt: skip
    changes = reconcile(stored, (moved, replace(two, label="改期"), three))
    assert [i.key for i in changes.added] == [three.key]
    assert [i.key for i in changes.moved] == [two.key]
    assert changes.dropped == ("gone",)


def test_what_was_only_taken_as_done_moves_like_what_is_open() -> None:
    one, two = plan(catalogue(), basis())[:2]
    stored = {one.key: (DutyState.BEFORE, print_of(one)), two.key: (DutyState.BEFORE, print_of(two))}
    changes = reconcile(stored, (one, replace(two, label="改期")))
    assert ([i.key for i in changes.moved], changes.added, changes.dropped) == ([two.key], (), ())


# ---- states

NOON = datetime(2027, 3, 10, 12, 0, tzinfo=BEIJING)
TODAY = NOON.date()


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (Facts(DutyState.OPEN, TODAY + timedelta(days=9)), Shown.LATER),
        (Facts(DutyState.OPEN, TODAY + timedelta(days=9), remind_on=TODAY), Shown.SOON),
        (Facts(DutyState.OPEN, TODAY), Shown.SOON),
        (Facts(DutyState.OPEN, TODAY - timedelta(days=1)), Shown.LATE),
        (Facts(DutyState.OPEN, TODAY, NOON - timedelta(minutes=1)), Shown.LATE),
        (Facts(DutyState.OPEN, TODAY, NOON), Shown.SOON),
        (Facts(DutyState.OPEN, None), Shown.STANDING),
        (Facts(DutyState.OPEN, None, begun=True), Shown.PAUSED),
        (Facts(DutyState.DONE, TODAY, done_on=TODAY), Shown.DONE),
        (Facts(DutyState.DONE, TODAY, done_on=TODAY + timedelta(days=1)), Shown.DONE_LATE),
        (Facts(DutyState.DONE, TODAY, NOON, done_on=TODAY, done_at=NOON + timedelta(minutes=1)), Shown.DONE_LATE),
        (Facts(DutyState.WAIVED, TODAY - timedelta(days=9)), Shown.WAIVED),
        (Facts(DutyState.DISPUTED, TODAY - timedelta(days=9)), Shown.DISPUTED),
    ],
)
def test_being_late_is_computed(facts: Facts, expected: Shown) -> None:
    assert shown(facts, NOON) is expected


# ---- a table of events


def test_a_table_of_events_names_every_bad_cell_at_once() -> None:
    cells = [
        HEADS,
        ("SHFW-2026-0001", "工单升级至甲方", "2027/3/1", "14:30", "T-1", "", "p2"),
        ("SHFW-2026-0001", "没有这种事", "2027-13-01", "", "", ""),
        ("", "ticket_escalated", "2027年3月2日", "25:00", "T-2", ""),
        ("", "", "", "", "", ""),
    ]
    table = read_event_table(cells)
    assert [(f.line, f.path) for f in table.faults] == [(3, "事件"), (3, "日期"), (4, "合同编号"), (4, "时刻")]
    (row,) = table.rows
    assert (row.kind, row.moment, row.level) == ("ticket_escalated", datetime(2027, 3, 1, 14, 30, tzinfo=BEIJING), "P2")


def test_a_table_without_its_heads_says_which() -> None:
    assert [f.path for f in read_event_table([("合同编号", "工单")]).faults] == ["事件", "日期", "工单"]
    assert read_event_table([HEADS]).faults[0].problem == "表头以下没有内容"


def test_what_a_person_may_record_has_a_name_and_a_group() -> None:
    assert len(recordable()) > 70
    assert all(k.label and k.group for k in recordable())
    assert len({k.label for k in EVENTS.values()}) == len(EVENTS)
