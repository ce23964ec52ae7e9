"""Random lives of contracts: terms never gap or overlap, no date hangs on a superseded term, downtime changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from app.domain.calendar import WorkingCalendar
from app.domain.notice import NoticeRules
from app.domain.reasoning import Direction, ReasonedDate
from app.domain.renewal import (
    Circumstances,
    Mode,
    PriceRule,
    RenewalNotice,
    RenewalTerms,
    Schedule,
    due_renewals,
    outlook,
    schedule,
)
from app.domain.term_chain import Origin, TermChain
from tests.domain.renewals import NOTICES, OFFICIAL, ONE, RULES, START, TERMS, calendars, d, terms


@dataclass(frozen=True)
class Life:
    """A contract as signed, and what happens: days after the start on which the clock wakes, a notice arrives, an agreement of so
    many years is signed."""

    start: date
    years: int
    terms: RenewalTerms
    rules: NoticeRules
    calendar: WorkingCalendar
    wakes: tuple[int, ...]
    notices: tuple[tuple[int, str, bool], ...] = ()
    agreements: tuple[tuple[int, int], ...] = ()


LIVES = st.builds(
    Life,
    start=START,
    years=st.integers(1, 3),
    terms=TERMS,
    rules=NOTICES,
    calendar=calendars(),
    wakes=st.lists(st.integers(0, 4500), min_size=1, max_size=12).map(lambda x: tuple(sorted(x))),
    notices=st.lists(st.tuples(st.integers(0, 4500), st.sampled_from("ab"), st.booleans()), max_size=4).map(tuple),
    agreements=st.lists(st.tuples(st.integers(0, 4500), st.integers(1, 3)), max_size=3).map(tuple),
)


def live(life: Life) -> TermChain:
    """Play the life through, day by day of what happens; on one day a notice comes first and the clock last."""
    chain = TermChain.begin(life.start, life.years)
    notices: tuple[RenewalNotice, ...] = ()
    days = {n for n, _, _ in life.notices} | {n for n, _ in life.agreements} | set(life.wakes)
    for offset in sorted(days):
        today = life.start + offset * ONE
        for _, by, chooses in (n for n in life.notices if n[0] == offset):
            running = chain.at(today)
            if running is not None:
                notices += (RenewalNotice(running.number, by, today, "N", chooses),)
        for _, years in (a for a in life.agreements if a[0] == offset and today <= chain.current.last_day):
            chain = chain.renewed(chain.next_term(Origin.AGREEMENT, years, counts=False))
        if offset in life.wakes:
            facts = Circumstances(life.start - 30 * ONE, notices, frozenset(range(20)))
            for term in due_renewals(chain, life.terms, facts, life.calendar, today):
                chain = chain.renewed(term)
    return chain


def assert_joined(chain: TermChain) -> None:
    """Told without ``TermChain``'s own check: every day belongs to one term, every last day is the day before the anniversary."""
    for before, after in pairwise(chain.terms):
        assert after.first_day - before.last_day == ONE
    for term in chain.terms:
        assert term.years is not None
        after = term.last_day + ONE
        same_day = (after.month, after.day) == (term.first_day.month, term.first_day.day)
        leapling = (term.first_day.month, term.first_day.day, after.month, after.day) == (2, 29, 3, 1)
        assert after.year == term.first_day.year + term.years
        assert same_day or leapling
    whole = (chain.current.last_day - chain.first.first_day).days + 1
    assert whole == sum((t.last_day - t.first_day).days + 1 for t in chain.terms)


def dates_of(plan: Schedule) -> list[ReasonedDate]:
    single = [plan.end, plan.window_opens, plan.notice_deadline, plan.sign_by, plan.exit_plan_due]
    safe = [found for ways in plan.safe.values() for found in ways.values()]
    return [x for x in [*single, *plan.reminders, *safe] if x is not None]


def assert_hangs_on_current(chain: TermChain, life: Life) -> None:
    """Each date's reasoning begins with the current term and goes on without a break to the date itself."""
    plan = schedule(chain, life.terms, life.rules, life.calendar)
    current = chain.current
    for found in dates_of(plan):
        first = found.steps[0]
        assert (first.start, first.end) == (current.first_day, current.last_day)
        assert first.direction is Direction.TERM
        chained = [s for s in found.steps if s.direction is not Direction.GIVEN]
        for one, two in pairwise(chained):
            assert one.end == two.start
        assert chained[-1].end == found.day
        assert found.day <= current.last_day
    if plan.notice_deadline is not None:
        assert plan.window_opens is not None
        assert plan.window_opens.day < plan.notice_deadline.day
        assert all(x.day <= plan.notice_deadline.day for ways in plan.safe.values() for x in ways.values())


def check(life: Life) -> None:
    chain = live(life)
    assert_joined(chain)
    assert_hangs_on_current(chain, life)
    by_itself = [t for t in chain.terms if t.origin in (Origin.AUTOMATIC, Origin.OPTION)]
    assert len(by_itself) <= life.terms.max_times
    assert not by_itself or life.terms.mode in (Mode.AUTOMATIC, Mode.OPTION)


@given(LIVES)
@example(Life(d("2028-02-29"), 1, terms(max_times=3, notice_days=180), RULES, OFFICIAL, (4500,)))
@example(Life(d("2026-01-31"), 1, terms(max_times=3), RULES, OFFICIAL, (365, 366, 730)))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_over_random_lives_terms_never_gap_or_overlap_and_every_date_hangs_on_the_current_term(life: Life) -> None:
    check(life)


@pytest.mark.soak
@given(LIVES)
@settings(max_examples=10_000, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_over_ten_thousand_random_lives_terms_never_gap_or_overlap(life: Life) -> None:
    check(life)


@given(LIVES)
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_clock_that_slept_ends_where_one_that_never_slept_does(life: Life) -> None:
    """Woken on some days or once years later: the same terms, and never one of them twice."""
    chain = TermChain.begin(life.start, life.years)
    notices = tuple(
        RenewalNotice(term, by, life.start + n * ONE, "N", chooses) for term, (n, by, chooses) in enumerate(life.notices)
    )
    facts = Circumstances(life.start, notices, frozenset(range(20)))
    once = due_renewals(chain, life.terms, facts, life.calendar, life.start + 5000 * ONE)
    for wake in sorted({*life.wakes, 5000}):
        today = life.start + wake * ONE
        for term in due_renewals(chain, life.terms, facts, life.calendar, today):
            chain = chain.renewed(term)
        assert due_renewals(chain, life.terms, facts, life.calendar, today) == ()
    assert chain.terms[1:] == once


@given(START, st.integers(1, 3), TERMS, calendars())
@settings(max_examples=60, deadline=None)
def test_a_later_term_moves_every_date_to_a_later_day(
    start: date, years: int, agreed: RenewalTerms, calendar: WorkingCalendar
) -> None:
    chain = TermChain.begin(start, years)
    later = chain.renewed(chain.next_term(Origin.AGREEMENT, agreed.years, counts=False))
    first, second = (dates_of(schedule(c, agreed, RULES, calendar)) for c in (chain, later))
    assert [x.label for x in first] == [x.label for x in second]
    assert all(one.day < two.day for one, two in zip(first, second, strict=True))


@given(START, TERMS, calendars(), st.integers(0, 800), st.integers(0, 800))
@settings(max_examples=60, deadline=None)
def test_a_notice_counts_or_not_by_its_day_alone(
    start: date, agreed: RenewalTerms, calendar: WorkingCalendar, arrived: int, more: int
) -> None:
    """Once a notice of non-renewal is too late, a later one is too late as well."""
    chain = TermChain.begin(start, 1)

    def renews(offset: int) -> bool:
        notice = RenewalNotice(0, "a", start + offset * ONE, "N")
        facts = Circumstances(start, (notice,), frozenset({0}))
        return outlook(chain, agreed, facts, calendar, start).next_term is not None

    if agreed.mode is Mode.AUTOMATIC and agreed.price is not PriceRule.RENEGOTIATE and renews(arrived):
        assert renews(arrived + more)
