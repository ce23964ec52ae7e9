"""Days of grace before silence is recorded, and figures in dispute, over which silence says nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.domain.settlement.month import digest_of
from app.domain.settlement.silence import STATEMENT, Said, Silence, is_disputed, judged_by, with_grace
from app.domain.term import add_working_days
from tests.domain.settlement.terms import calendar
from tests.services.settling_house import figures

A_OBJECTS, B_OBJECTS = Said("a", "objected"), Said("b", "objected")


def a(of: str) -> Said:
    return Said("a", "submitted", of)


def b(of: str) -> Said:
    return Said("b", "submitted", of)


def test_the_grace_ends_some_working_days_after_the_last_day_to_speak() -> None:
    friday = Silence("a", STATEMENT, date(2027, 3, 12))
    assert with_grace(friday, 2, calendar()).until == date(2027, 3, 16)
    assert with_grace(friday, 0, calendar()).until == date(2027, 3, 12)
    assert with_grace(Silence("a", STATEMENT, None), 2, calendar()).until is None


@settings(max_examples=200)
@given(st.dates(date(2027, 1, 1), date(2027, 11, 30)), st.integers(0, 10), st.integers(0, 25))
@example(date(2027, 2, 6), 0, 1)  # a Saturday: without grace the next day is late
def test_what_the_clock_judges_by_is_exactly_the_grace_that_is_shown(last: date, grace: int, later: int) -> None:
    today = last + timedelta(days=later)
    shown = add_working_days(last, grace, calendar()).day if grace else last
    assert with_grace(Silence("a", STATEMENT, last), grace, calendar()).until == shown
    over = shown < today
    assert (last < judged_by(today, grace, calendar())) is over


def test_the_same_figures_again_are_in_dispute_and_changed_ones_are_not() -> None:
    assert not is_disputed([b("1")])
    assert is_disputed([b("1"), A_OBJECTS, b("1")])
    assert not is_disputed([b("1"), A_OBJECTS, b("2")])
    assert is_disputed([b("1"), A_OBJECTS, b("2"), A_OBJECTS, b("1")]), "an objection stands however many others came after it"
    assert is_disputed([b("1"), A_OBJECTS, a("2"), b("1")]), "a result of party A is its objection in figures"
    assert not is_disputed([b("1"), A_OBJECTS, a("2")])
    assert is_disputed([b("1"), A_OBJECTS, a("2"), b("1"), a("2")]), "so are party B's own figures against a result"
    assert not is_disputed([b(""), A_OBJECTS, b("")]), "of figures from before digests were kept nobody knows"


FIGURES = st.sampled_from("1234")
STEPS = st.lists(st.one_of(FIGURES.map(a), FIGURES.map(b), st.just(A_OBJECTS), st.just(B_OBJECTS)), max_size=8)


@settings(max_examples=200)
@given(STEPS, FIGURES)
def test_what_one_party_objected_to_is_never_open_to_its_silence_again(before: list[Said], again: str) -> None:
    assert is_disputed([*before, b(again), A_OBJECTS, b(again)])
    fresh = b("never sent")
    assert not is_disputed([*before, fresh])


def test_figures_are_the_same_whatever_report_or_remark_comes_with_them() -> None:
    sent = figures("2026-02")
    again = replace(sent, report_no="BB-2", counts=tuple(replace(c, remark="再次核对") for c in reversed(sent.counts)))
    assert digest_of(again) == digest_of(sent)
    assert digest_of(replace(sent, tickets=sent.tickets + 1 if sent.tickets else None)) != digest_of(sent)
    assert digest_of(figures("2026-02", bad=True)) != digest_of(sent)
