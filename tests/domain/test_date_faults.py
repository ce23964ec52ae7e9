"""Date faults that others had to repair, each as a fact of ours.

The numbers are issues of OCA/contract, glpi-project/glpi, camelaissani/microrealestate and Probesys/bileto: public trackers of systems
that renew contracts.
"""

from __future__ import annotations

import pytest

from app.domain.exit_plan import Ended, Ending, TaskKey, exit_tasks
from app.domain.lifecycle import Event, IllegalMove, Stage, State, advance
from app.domain.notice import Method, arrival
from app.domain.renewal import Circumstances, Mode, due_renewals, outlook, schedule
from app.domain.term_chain import Origin, TermChain
from tests.domain.renewals import OFFICIAL, RULES, d, terms
from tests.domain.test_exit_plan import agreed

FACTS = Circumstances(d("2020-01-01"))


def test_glpi_23084_after_a_tacit_renewal_the_deadline_hangs_on_the_renewed_end() -> None:
    chain = TermChain.begin(d("2024-08-29"), 1)
    chain = chain.renewed(chain.next_term(Origin.AUTOMATIC, 1, counts=True))
    plan = schedule(chain, terms(notice_days=61), RULES, OFFICIAL)
    assert chain.current.last_day == d("2026-08-28")
    assert plan.notice_deadline is not None
    assert plan.notice_deadline.day == d("2026-06-26")  # 28 June 2026 is a Sunday
    assert plan.notice_deadline.steps[0].end == d("2026-08-28")


def test_glpi_14703_and_17725_a_renewal_lasts_its_own_years_and_not_the_first_terms() -> None:
    chain = TermChain.begin(d("2020-01-01"), 5)
    (renewed,) = due_renewals(chain, terms(years=1), FACTS, OFFICIAL, d("2025-06-01"))
    assert (renewed.first_day, renewed.last_day) == (d("2025-01-01"), d("2025-12-31"))


def test_glpi_15893_a_term_of_three_years_ends_after_three() -> None:
    assert TermChain.begin(d("2020-08-01"), 3).current.last_day == d("2023-07-31")


def test_glpi_18954_a_notice_period_over_new_year_counts_back_over_it() -> None:
    plan = schedule(TermChain.begin(d("2025-02-10"), 1), terms(notice_days=60), RULES, OFFICIAL)
    assert plan.notice_deadline is not None
    assert plan.notice_deadline.day == d("2025-12-11")


def test_glpi_2596_every_date_hangs_on_the_end_and_none_on_the_start() -> None:
    one, two = (
        schedule(TermChain.begin(start, years), terms(), RULES, OFFICIAL)
        for start, years in ((d("2024-01-01"), 3), (d("2026-01-01"), 1))
    )
    assert one.end.day == two.end.day
    assert [r.day for r in one.reminders] == [r.day for r in two.reminders]
    assert one.notice_deadline is not None
    assert two.notice_deadline is not None
    assert one.notice_deadline.day == two.notice_deadline.day


def test_glpi_6164_an_end_nobody_looked_at_is_still_found_years_later() -> None:
    chain = TermChain.begin(d("2020-01-01"), 1)
    found = due_renewals(chain, terms(max_times=3), FACTS, OFFICIAL, d("2026-11-22"))
    assert [t.last_day.year for t in found] == [2021, 2022, 2023]
    for term in found:
        chain = chain.renewed(term)
    assert "次数已经用尽" in outlook(chain, terms(max_times=3), FACTS, OFFICIAL, d("2026-11-22")).unmet[0]


def test_glpi_23516_what_can_only_be_renewed_by_agreement_never_renews_by_the_notice_period() -> None:
    chain = TermChain.begin(d("2025-01-01"), 1)
    for mode in (Mode.NONE, Mode.BY_AGREEMENT):
        assert due_renewals(chain, terms(mode=mode), FACTS, OFFICIAL, d("2030-01-01")) == ()


def test_oca_803_and_930_after_a_renewal_every_date_of_the_new_term_is_there() -> None:
    chain = TermChain.begin(d("2021-01-01"), 1)
    chain = chain.renewed(chain.next_term(Origin.AUTOMATIC, 1, counts=True))
    plan = schedule(chain, terms(max_times=2), RULES, OFFICIAL)
    assert None not in (plan.window_opens, plan.notice_deadline, plan.sign_by)
    assert len(plan.reminders) == 4
    assert all(plan.end.day.year == 2022 == r.day.year for r in plan.reminders)
    assert outlook(chain, terms(max_times=2), FACTS, OFFICIAL, d("2022-01-01")).next_term is not None


@pytest.mark.parametrize("today", ["2026-12-30", "2026-12-31", "2027-01-01", "2031-05-05"])
def test_oca_712_an_end_date_is_no_error_before_on_and_after_it(today: str) -> None:
    chain = TermChain.begin(d("2026-01-01"), 1)
    assert outlook(chain, terms(mode=Mode.NONE), FACTS, OFFICIAL, d(today)).next_term is None
    assert due_renewals(chain, terms(mode=Mode.NONE), FACTS, OFFICIAL, d(today)) == ()
    assert schedule(chain, terms(), RULES, OFFICIAL).end.day == d("2026-12-31")


def test_oca_989_and_1214_equal_papers_in_one_list_have_equal_dates_whatever_their_place() -> None:
    arrivals = [arrival(Method.EXPRESS, d("2026-09-14"), RULES, OFFICIAL).day for _ in range(3)]
    assert arrivals == [d("2026-09-17")] * 3
    plan = schedule(TermChain.begin(d("2026-01-01"), 1), terms(reminder_days=(60, 60, 60)), RULES, OFFICIAL)
    assert {r.day for r in plan.reminders} == {d("2026-11-01")}


def test_oca_570_a_start_in_the_past_gives_the_next_deadline_of_the_term_that_runs() -> None:
    chain = TermChain.begin(d("2020-03-01"), 1)
    for term in due_renewals(chain, terms(max_times=3, years=3), FACTS, OFFICIAL, d("2026-11-22")):
        chain = chain.renewed(term)
    plan = schedule(chain, terms(years=3), RULES, OFFICIAL)
    assert chain.at(d("2026-11-22")) is chain.current
    assert plan.notice_deadline is not None
    assert plan.notice_deadline.day == d("2026-12-30")


@pytest.mark.parametrize("ended", [Stage.TERMINATED, Stage.EXPIRED, Stage.ARCHIVED])
def test_oca_853_nothing_of_a_term_happens_any_more_once_the_contract_has_ended(ended: Stage) -> None:
    for event in (Event.RENEWED_AUTOMATICALLY, Event.WINDOW_OPENED, Event.TERM_ENDED, Event.RENEWED_BY_AGREEMENT):
        with pytest.raises(IllegalMove):
            advance(State(ended), event, None)


def test_oca_1177_one_end_winds_up_services_settled_up_to_different_days() -> None:
    """The days of the exit hang on the end alone: no day up to which something was invoiced can stand in its way."""
    end = d("2026-08-03")
    for part in ("", "附件一第4项"):
        days = {t.key: t.due.day for t in exit_tasks(Ending(Ended.RESCINDED, end, part=part), agreed(), OFFICIAL)}
        assert TaskKey.SETTLE in days
        assert min(days.values()) >= end


def test_microrealestate_246_what_is_owed_is_still_settled_after_the_last_day() -> None:
    last = d("2026-12-31")
    tasks = {t.key: t for t in exit_tasks(Ending(Ended.EXPIRED, last), agreed(), OFFICIAL)}
    assert tasks[TaskKey.SETTLE].due.day > last
    with pytest.raises(IllegalMove):
        advance(State(Stage.EXPIRED), Event.ARCHIVED, None)


def test_bileto_25_a_term_is_renewed_before_it_ends_and_begins_the_day_after() -> None:
    """An agreement signed months ahead, and a tacit renewal on the last day: both join, and neither happens a second time."""
    chain = TermChain.begin(d("2026-01-01"), 1)
    early = chain.renewed(chain.next_term(Origin.AGREEMENT, 1, counts=False))
    assert early.current.first_day == d("2027-01-01")
    assert due_renewals(early, terms(), FACTS, OFFICIAL, d("2027-01-01")) == ()
    assert due_renewals(chain, terms(), FACTS, OFFICIAL, d("2026-12-30")) == ()
    (tacit,) = due_renewals(chain, terms(), FACTS, OFFICIAL, d("2027-01-01"))
    assert tacit.first_day == d("2027-01-01")
