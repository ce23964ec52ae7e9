"""What of a text makes silence count as consent: words of the library that say so, and nothing that anybody negotiated."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

import pytest

from app.domain.amendment import Insert, Operation, Reword, Standing
from app.domain.folding import apply
from app.domain.settlement.silence import CHANGED, NOT_SAID, OBJECTION, REVIEW, STATEMENT, says_yes, silence_after, silence_in
from app.domain.tree import FilledValue, Level, Provision, Reference, Span, Text
from tests.domain.settlement.terms import calendar
from tests.domain.standings import demonstration

ALL = {REVIEW: "", OBJECTION: "", STATEMENT: ""}


@cache
def signed() -> Standing:
    return demonstration()


def after(*operations: Operation) -> dict[str, str]:
    return dict(silence_in(apply(signed(), operations).instrument, signed().instrument))


def test_the_library_says_that_silence_counts_in_three_places() -> None:
    assert after() == ALL


@pytest.mark.parametrize(
    ("words", "counts"),
    [
        ("逾期的，视为认可乙方提交的得分。", True),
        ("两项期限均届满而未确认也未异议的，视为于较晚届满日确认；", True),
        ("逾期未提出的，应当视为确认。", True),
        ("逾期的，不视为确认。", False),
        ("逾期的，不得视为认可。", False),
        ("逾期的，不应当视为确认。", False),
        ("逾期的，视为违约；双方应当尽快确认。", False),
        ("甲方应当书面确认。", False),
        ("逾期的，视为不认可乙方提交的得分。", False),
        ("逾期的，视为未确认；", False),
        ("逾期的，视为甲方不予确认；", False),
        ("逾期的，视为拒绝确认；", False),
        ("逾期的，并不当然视为认可；", False),
        ("逾期的，不得被视为认可；", False),
        ("逾期的，不能当然地视为确认；", False),
        ("逾期的，视为否认而非确认；", False),
    ],
)
def test_only_words_that_say_yes_give_silence_its_meaning(words: str, counts: bool) -> None:
    assert says_yes(words) is counts


@pytest.mark.parametrize("words", ["逾期的，视为认可乙方提交的得分，但甲方仍可书面否认。", "逾期的，视为不认可乙方提交的得分。"])
def test_what_an_amendment_reworded_is_left_to_a_person(words: str) -> None:
    assert after(Reword(REVIEW, "", (Text(words),))) == {**ALL, REVIEW: CHANGED, OBJECTION: CHANGED}, "the whole article"


def test_a_provision_put_into_the_article_by_an_amendment_is_left_to_a_person() -> None:
    parent = "quality.assessment.procedure"
    added = Provision("x.silence", Level.PARAGRAPH, "5.2.5.4", "", (Text("本条的期限届满不产生确认的效果。"),))
    assert after(Insert(parent, OBJECTION, added)) == {**ALL, REVIEW: CHANGED, OBJECTION: CHANGED}


def test_another_number_of_days_in_the_same_words_changes_nothing() -> None:
    known = signed().instrument.provision(STATEMENT)
    assert known is not None
    longer: tuple[Span, ...] = tuple(replace(s, text="10个工作日") if isinstance(s, FilledValue) else s for s in known.content)
    moved = tuple(replace(s, text="第8.3.7条") if isinstance(s, Reference) else s for s in longer)
    assert after(Reword(STATEMENT, known.title, moved)) == ALL


def test_the_longest_period_counts_from_the_day_after_receipt() -> None:
    found = silence_after("a", STATEMENT, date(2026, 3, 9), (3, 5), ALL, calendar())
    assert (found.last, found.lapsed(date(2026, 3, 16)), found.lapsed(date(2026, 3, 17))) == (date(2026, 3, 16), False, True)
    never = silence_after("a", STATEMENT, date(2026, 3, 9), (3, 5), {STATEMENT: NOT_SAID}, calendar())
    assert never.last is None
    assert "民法典第一百四十条" in never.why
