"""The library's obligations under the demonstration contract: every line read, every linked variable moving its day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.obligation_basis import Basis, Instance, Occasion
from app.domain.obligation_events import EVENTS, EXIT_DUTIES, SUCCESSORS
from app.domain.obligation_plan import plan
from app.domain.obligation_state import DutyState, kept, print_of, reconcile
from app.domain.obligations import Cause, Obligor
from app.domain.term_chain import Origin, TermChain
from app.domain.variables import Value, VariableType
from tests.domain.planned import EFFECT, MONDAY, basis, catalogue, day, happening, planned, text
from tests.services.fixtures import reference


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
