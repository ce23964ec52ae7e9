"""Assembly: library + answers → the numbered tree."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from app.domain.assembly import DANGLING, assemble
from app.domain.digest import canonical_lines, canonical_text, digest
from app.domain.tree import Blank, Box, Position, Reference
from app.domain.variables import DeviationKind, DeviationRequest
from tests.domain.small_library import answers, clause, library


def test_numbers_follow_the_conditions() -> None:
    with_onsite = assemble(library(), answers())
    without = assemble(library(), answers(flag__onsite=False))
    assert [p.number for p in with_onsite.provisions()] == ["1.1.1", "1.1.2", "1.1.3", "（1）", "（2）", "2.1.1"]
    assert [p.number for p in without.provisions()] == ["1.1.1", "1.1.2", "（1）", "（2）", "2.1.1"]


def test_a_reference_prints_the_computed_number_of_its_target() -> None:
    tree = assemble(library(), answers())
    assert tree.provision("pay.term").text.endswith("细节见第1.1.3条第（2）项。")  # type: ignore[union-attr]
    assert tree.provision("pay.onsite").text == "上门费用按附件一计算。"  # type: ignore[union-attr]


def test_a_reference_to_a_provision_that_fell_away_is_dangling() -> None:
    tree = assemble(library(extra=(clause("pay.more", "同{{@pay.onsite}}。"),)), answers(flag__onsite=False))
    dangling = [s for _, s in tree.references() if not s.number]
    assert [(s.target, s.text) for s in dangling] == [("pay.onsite", DANGLING)]


def test_an_unanswered_variable_is_a_blank_and_an_optional_one_does_not_apply() -> None:
    tree = assemble(library(), answers(contract__no=None))
    assert {b.variable for _, b in tree.blanks()} == {"contract.no"}
    assert "备注不适用" in canonical_text(tree)


def test_a_signing_box_has_no_text_and_lies_outside_the_digest() -> None:
    tree = assemble(library(), answers())
    assert [b.name for _, b in tree.boxes()] == ["sign.date"]
    assert "签署日期：\n" in canonical_text(tree)


def test_the_fallback_position_replaces_the_wording_and_is_remembered() -> None:
    tree = assemble(library(), replace(answers(), positions={"1.1-t1": "fallback"}))
    provision = tree.provision("pay.term")
    assert provision is not None
    assert provision.text == "甲方应当在结算后30个自然日内付清。"
    assert provision.position is Position.FALLBACK
    assert provision.topics == ("1.1-t1",)


def test_deviations_override_remove_and_add_and_every_one_is_remembered() -> None:
    requests = (
        DeviationRequest(DeviationKind.OVERRIDE, "pay.term", "对方坚持", "甲方应当在{{pay.days}}内一次付清。"),
        DeviationRequest(DeviationKind.REMOVE, "pay.onsite", "不含上门"),
        DeviationRequest(DeviationKind.ADD, "own.discount", "促销", "提前付款的，按{{@pay.term}}折扣。", after="pay.term"),
    )
    tree = assemble(library(), replace(answers(), deviations=requests))
    assert [p.id for p in tree.section("1.1").provisions] == ["pay.term", "own.discount", "pay.detail"]  # type: ignore[union-attr]
    assert tree.provision("own.discount").text == "提前付款的，按第1.1.1条折扣。"  # type: ignore[union-attr]
    kinds = {d.provision: (d.kind, d.reason) for d in tree.deviations}
    assert kinds == {
        "pay.term": (DeviationKind.OVERRIDE, "对方坚持"),
        "own.discount": (DeviationKind.ADD, "促销"),
        "pay.onsite": (DeviationKind.REMOVE, "不含上门"),
    }
    removed = next(d for d in tree.deviations if d.provision == "pay.onsite")
    assert removed.library_text == "上门费用按附件一计算。"


def test_a_removed_provision_renumbers_what_follows_and_its_references() -> None:
    removal = DeviationRequest(DeviationKind.REMOVE, "pay.onsite", "不含上门")
    tree = assemble(library(), replace(answers(), deviations=(removal,)))
    assert "第1.1.2条第（2）项" in tree.provision("pay.term").text  # type: ignore[union-attr]


def test_an_answer_is_never_parsed_as_markup() -> None:
    hostile = "{{party_a.name}} {% x %} [[术语]] <b>甲</b>"
    tree = assemble(library(), answers(contract__no=hostile))
    assert hostile in canonical_text(tree)
    assert not [s for _, s in tree.spans() if isinstance(s, Reference) and s.target == "party_a.name"]


def test_a_persons_own_wording_that_is_no_valid_markup_stands_as_written() -> None:
    own = DeviationRequest(DeviationKind.OVERRIDE, "pay.term", "原文", "按{{不是变量支付。")
    tree = assemble(library(), replace(answers(), deviations=(own,)))
    assert tree.provision("pay.term").text == "按{{不是变量支付。"  # type: ignore[union-attr]


def test_table_rows_keep_ids_and_money_prints_with_separators() -> None:
    table = assemble(library(), answers()).provision("annex.items.list").table  # type: ignore[union-attr]
    assert table is not None
    assert [(r.id, r.cells) for r in table.rows] == [("A1", ("A1", "1,200.00")), ("A2", ("A2", "80.50"))]


def test_the_digest_is_over_words_alone() -> None:
    tree = assemble(library(), answers())
    same = replace(tree, library_version="2", form="other")
    other = assemble(library(), answers(pay__days=31))
    assert digest(tree) == digest(same)
    assert digest(tree) != digest(other)


def test_every_line_of_the_canonical_text_is_anchored_once() -> None:
    anchors = [line.anchor for line in canonical_lines(assemble(library(), answers()))]
    assert len(anchors) == len(set(anchors))


@given(days=st.integers(1, 999), number=st.text(min_size=1, max_size=40), onsite=st.booleans())
def test_the_same_input_gives_the_same_digest(days: int, number: str, onsite: bool) -> None:
    given_answers = answers(pay__days=days, contract__no=number, flag__onsite=onsite)
    assert digest(assemble(library(), given_answers)) == digest(assemble(library(), given_answers))


def test_blanks_carry_their_stage_and_boxes_their_size() -> None:
    tree = assemble(library(), answers(party_a__name=None))
    blank = next(s for _, s in tree.spans() if isinstance(s, Blank))
    box = next(s for _, s in tree.spans() if isinstance(s, Box))
    assert (blank.label, blank.stage.value) == ("甲方名称", "draft")
    assert (box.width, box.height) == (50, 9)
