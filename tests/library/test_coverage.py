"""Coverage of the brief's points: a claim must be true, and every provision that claims a point is needed for it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from app.domain.clauses import ClauseLibrary, ClauseSource, RequiredPoint
from app.domain.tree import Level
from app.library.coverage import coverage
from app.library.loader import load_library
from tests.domain.small_library import clause, library

LIBRARY = load_library()
POINTS = 296


def unmet(library: ClauseLibrary, without: list[str] | None = None) -> set[str]:
    return {p.point.id for p in coverage(library, without or ()) if not p.met}


def test_every_point_of_the_brief_is_met() -> None:
    found = coverage(LIBRARY)
    assert len(found) == POINTS
    assert [(p.point.id, p.lacks) for p in found if not p.met] == []


def test_no_point_is_listed_twice_and_every_claim_names_a_point() -> None:
    ids = [p.id for p in LIBRARY.points]
    assert [i for i, n in Counter(ids).items() if n > 1] == []
    assert {point for c in LIBRARY.clauses() for point in c.covers} <= set(ids)


def test_a_provision_claims_at_most_three_points() -> None:
    assert [c.id for c in LIBRARY.clauses() if len(c.covers) > 3] == []


def test_without_any_provision_that_claims_it_its_point_is_not_met() -> None:
    needless = [c.id for c in LIBRARY.clauses() if c.covers and not unmet(LIBRARY, [c.id]) & set(c.covers)]
    assert needless == []


def test_a_point_asks_for_more_than_words_that_stand_everywhere() -> None:
    body = [c.text for c in LIBRARY.clauses()]
    common = [
        p.id for p in LIBRARY.points if all(sum(k in text for text in body) > len(body) // 4 for k in (*p.keywords, *p.variables))
    ]
    assert common == []


# What counts as met, on a library of two provisions

POINT = RequiredPoint("1.1-b1", "甲方付款", ("甲方",), ("应当", "须"), ("pay.days",), ("付款", "届满前"))


def judged(
    text: str, *, children: tuple[ClauseSource, ...] = (), covers: tuple[str, ...] = ("1.1-b1",), without: str = ""
) -> tuple[str, ...]:
    extra = clause("pay.test", text, covers=covers, children=children)
    made = replace(library(extra=(extra,)), points=(POINT,))
    return coverage(made, [without] if without else ())[0].lacks


def test_a_provision_with_actor_modality_variable_and_key_words_meets_its_point() -> None:
    assert judged("甲方应当在届满前{{pay.days}}内付款。") == ()
    assert judged("甲方须在届满前{{pay.days}}内付款。") == ()


@pytest.mark.parametrize(
    ("text", "lack"),
    [
        ("乙方应当在届满前{{pay.days}}内付款。", "缺主体“甲方”"),
        ("甲方可以在届满前{{pay.days}}内付款。", "缺情态词“应当/须”"),
        ("甲方应当在届满前30日内付款。", "未使用变量 pay.days"),
        ("甲方应当在{{pay.days}}内付款。", "缺关键词“届满前”"),
    ],
)
def test_each_thing_that_a_claim_lacks_is_named(text: str, lack: str) -> None:
    assert judged(text) == (lack,)


def test_a_point_that_nobody_claims_is_not_met() -> None:
    assert "没有条款声明覆盖" in judged("甲方应当在届满前{{pay.days}}内付款。", covers=())


def test_the_name_of_a_variable_or_of_a_reference_is_no_evidence() -> None:
    lacks = judged("应当{{pay.days}}{{@pay.detail}}付款届满前")
    assert lacks == ("缺主体“甲方”",)


def test_words_below_the_provision_count_and_fall_with_it() -> None:
    item = clause("pay.test.item", "在届满前{{pay.days}}内付款。", level=Level.ITEM)
    assert judged("甲方应当：", children=(item,)) == ()
    assert len(judged("甲方应当：", children=(item,), without="pay.test.item")) == 3
    assert "没有条款声明覆盖" in judged("甲方应当：", children=(item,), without="pay.test")
