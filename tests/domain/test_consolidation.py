"""The text in force on a day: before and after an amendment works, who prevails, what each place says of its past."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.amendment import Assign, Operation, Reword, Standing, touched
from app.domain.consolidation import Amendment, consolidate, next_version, turning_days
from app.domain.difference import operations_between
from app.domain.digest import canonical_text
from app.domain.rebasing import unsettled
from app.domain.redrafting import Edit, SetValue, redraft
from app.domain.tree import FilledValue, Text
from tests.domain.standings import BASE, demonstration, edited, workshop

SIGNED = date(2027, 2, 1)
EFFECT = date(2027, 3, 1)
DAY = timedelta(days=1)


def amendment(operations: tuple[Operation, ...], sequence: int = 1, **changes: object) -> Amendment:
    fields = {
        "id": f"a{sequence}", "number": f"X-BC-{sequence:02d}", "label": f"补充协议{'一二三四五'[sequence - 1]}", "sequence": sequence,
        "signed_on": SIGNED, "effective_on": EFFECT, "operations": operations,
    }  # fmt: skip
    return Amendment(**{**fields, **changes})  # type: ignore[arg-type]


def words(standing: Standing) -> str:
    return canonical_text(standing.instrument)


REWORD = Reword("fees.payment.term", "付款期", (Text("甲方应当在三十日内付款。"),))


@settings(max_examples=40, deadline=None)
@given(edited(), st.integers(-40, 40))
def test_before_its_day_an_amendment_changes_nothing_and_from_its_day_on_everything(after: Standing, offset: int):
    signed = amendment(operations_between(BASE, after))
    found = consolidate(BASE, [signed], EFFECT + offset * DAY)
    if offset < 0:
        assert words(found.standing) == words(BASE)
        assert found.pending == (signed,)
    else:
        stamped = replace(after, instrument=replace(after.instrument, version="1.1"))
        assert found.standing.answers.get("contract.version") == "1.1"
        assert words(found.standing) == words(stamped)


def test_an_amendment_that_reaches_back_governs_from_that_day_on():
    signed = amendment((REWORD,), retroactive_from=date(2027, 1, 1))
    assert consolidate(BASE, [signed], date(2026, 12, 31)).applied == ()
    assert consolidate(BASE, [signed], date(2027, 1, 1)).applied == (signed,)


def test_what_was_not_signed_yet_was_not_known_yet():
    signed = amendment((REWORD,), retroactive_from=date(2027, 1, 1))
    known = consolidate(BASE, [signed], date(2027, 1, 15), known_on=SIGNED - DAY)
    assert known.applied == ()
    assert known.pending == ()
    assert consolidate(BASE, [signed], date(2027, 1, 15), known_on=SIGNED).applied == (signed,)


def test_who_signed_last_prevails():
    first = amendment((REWORD,), 1)
    second = amendment((replace(REWORD, content=(Text("甲方应当在十日内付款。"),)),), 2, signed_on=SIGNED + DAY)
    for order in ([first, second], [second, first]):
        found = consolidate(BASE, order, EFFECT).standing.instrument.provision("fees.payment.term")
        assert found is not None
        assert found.text == "甲方应当在十日内付款。"


def test_each_place_says_which_instrument_changed_it_and_how_it_read_before():
    first = amendment((REWORD,), 1, clauses=("第2条",))
    second = amendment((replace(REWORD, content=(Text("甲方应当在十日内付款。"),)),), 2, clauses=("第3条",))
    marks = consolidate(BASE, [first, second], EFFECT).marks["fees.payment.term"]
    assert [m.sentence for m in marks] == ["由补充协议一第2条修改", "由补充协议二第3条修改"]
    assert marks[1].before == marks[0].after == "付款期　甲方应当在三十日内付款。"
    assert (
        marks[0].before
        == BASE.instrument.provision("fees.payment.term").title + "　" + BASE.instrument.provision("fees.payment.term").text
    )  # type: ignore[union-attr]


def test_the_version_number_follows_by_itself_wherever_it_is_printed():
    base = demonstration()
    first = amendment((Reword("fees.payment.term", "付款期", (Text("甲方应当在三十日内付款。"),)),))
    after = consolidate(base, [first], EFFECT).standing
    printed = [s.text for _, s in after.instrument.spans() if isinstance(s, FilledValue) and s.variable == "contract.version"]
    assert printed
    assert set(printed) == {after.instrument.version} == {next_version(base.instrument.version)}


@pytest.mark.parametrize(
    ("version", "following"), [("1.0", "1.1"), ("1.9", "1.10"), ("2", "3"), ("1.0-rc", "1.0-rc.1"), ("", ".1")]
)
def test_version_numbers_count_on(version: str, following: str):
    assert next_version(version) == following


def test_the_days_on_which_the_text_turns():
    signed = [amendment((REWORD,), 1, effective_on=EFFECT + DAY), amendment((REWORD,), 2), amendment((REWORD,), 3)]
    assert turning_days(signed) == (EFFECT, EFFECT + DAY)


# ---- dates follow the term in force, never a superseded one

VALUES = st.one_of(
    st.builds(SetValue, st.just("term.start_date"), st.dates(date(2027, 1, 1), date(2028, 3, 1))),
    st.builds(SetValue, st.just("term.years"), st.integers(1, 3)),
    st.builds(SetValue, st.just("renew.notice_days"), st.integers(30, 180)),
    st.builds(SetValue, st.just("sla.response_hours"), st.integers(1, 4).map(Decimal)),
)


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.tuples(st.lists(VALUES, min_size=1, max_size=2), st.dates(date(2026, 12, 1), date(2027, 12, 1))),
        min_size=2,
        max_size=3,
    )
)
def test_no_date_is_ever_computed_from_a_superseded_term(lives: list[tuple[list[Edit], date]]):
    base, signed = demonstration(), []
    for sequence, (edits, starts) in enumerate(lives, 1):
        there = consolidate(base, signed, starts).standing
        made = redraft(there, edits, workshop())
        if made.misplaced or not made.operations or unsettled(made.operations, edits, starts, base, signed, workshop()):
            continue  # such an amendment is refused before it is signed
        signed.append(amendment(made.operations, sequence, effective_on=starts))
    for day in (date(2026, 11, 30), *turning_days(signed)):
        answers = consolidate(base, signed, day).standing.answers
        computed = workshop().derive(answers.values)
        for name in ("term.end_date", "renew.notice_deadline"):
            assert answers.get(name) == computed[name]
        printed = {
            s.variable: s.text
            for _, s in consolidate(base, signed, day).standing.instrument.spans()
            if isinstance(s, FilledValue)
        }
        end = answers.get("term.end_date")
        assert isinstance(end, date)
        assert printed["term.end_date"] == f"{end.year}年{end.month}月{end.day}日"


def test_an_amendment_that_a_later_working_one_would_undo_is_named():
    base = demonstration()
    edits: list[Edit] = [SetValue("renew.notice_days", 90)]
    later = redraft(base, edits, workshop())
    signed = [amendment(later.operations, 1, effective_on=date(2027, 7, 1))]
    ours: list[Edit] = [SetValue("term.years", 2)]
    made = redraft(base, ours, workshop())
    found = unsettled(made.operations, ours, date(2027, 3, 1), base, signed, workshop())
    assert [(u.day, u.label) for u in found] == [(date(2027, 7, 1), "补充协议一")]
    assert (
        unsettled(made.operations, [SetValue("sla.response_hours", Decimal(1))], date(2027, 7, 1), base, signed, workshop()) == ()
    )
    assert touched(later.operations, base.instrument).overlap(touched(made.operations, base.instrument))


def test_a_value_that_follows_is_told_from_one_that_was_decided():
    made = redraft(demonstration(), [SetValue("term.years", 2)], workshop())
    derived = {o.variable: o.derived for o in made.operations if isinstance(o, Assign)}
    assert derived == {"term.years": False, "term.end_date": True, "renew.notice_deadline": True} | {
        n: True for n in derived if n not in ("term.years", "term.end_date", "renew.notice_deadline")
    }
