"""Comments as values: their places, their words, whom they name."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.comments import (
    LONGEST,
    WHOLE,
    Audience,
    CommentRefused,
    Standing,
    comment_text,
    mentioned,
    places,
    reply_audience,
    standing,
    visible,
)
from app.domain.tree import Text
from tests.rendering.sample import sample, small
from tests.rendering.versions import each, without

BASE = small()
NAMES = {"王律师": "1", "王律师助理": "2", "li": "3", "liu": "4", "赵": "5", "": "6"}


def _some_provision() -> str:
    return next(p.id for p in BASE.provisions() if p.text)


def test_every_provision_can_be_commented_on_and_no_heading_can() -> None:
    found = places(BASE)
    assert {p.id for p in BASE.provisions()} <= set(found)
    assert not {c.id for c in BASE.chapters} & set(found)
    assert not {s.id for s in BASE.sections()} & set(found)


def test_the_label_of_an_item_is_unique_by_its_path() -> None:
    contract = sample(3)
    found = places(contract)
    items = [p.id for p in contract.provisions() if p.number.startswith("（")]
    labels = [found[i].label.split(" ")[0] for i in items]
    assert len(set(labels)) == len(labels) > 1
    assert all(label[0].isdigit() for label in labels)


def test_a_place_is_the_same_reworded_or_gone() -> None:
    place = _some_provision()
    text = places(BASE)[place].text
    reworded = each(BASE, lambda p: (replace(p, content=(Text("另外的文字"),)) if p.id == place else p,))
    assert standing(place, text, places(BASE)) is Standing.SAME
    assert standing(place, text, places(reworded)) is Standing.REWORDED
    assert standing(place, text, places(without(BASE, place))) is Standing.GONE
    assert standing(WHOLE, "", {}) is Standing.SAME


def test_a_new_number_alone_leaves_a_place_as_it_was() -> None:
    last = [p.id for p in BASE.provisions() if p.text][-1]
    text = places(BASE)[last].text
    assert standing(last, text, places(without(BASE, _some_provision()))) is Standing.SAME


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("请@王律师看", "1"),
        ("请@王律师助理看", "2"),
        ("@li 和 @liu", "34"),
        ("@lin 不是 li", ""),
        ("@LI，大小写不分", "3"),
        ("邮箱 a@li.example", "3"),
        ("@@赵", "5"),
        ("@不认识的人 @", ""),
        ("没有提到人", ""),
    ],
)
def test_people_are_named_with_at_and_the_longest_name_counts(text: str, ids: str) -> None:
    assert mentioned(text, NAMES) == frozenset(ids)


@given(st.text(st.characters(codec=None), max_size=80))
def test_any_words_are_kept_but_for_what_no_database_holds(entered: str) -> None:
    plain = entered.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not plain:
        with pytest.raises(CommentRefused):
            comment_text(entered)
        return
    kept = comment_text(entered)
    kept.encode("utf-8")
    assert "\0" not in kept
    assert len(kept) == len(plain)
    assert all(a == b or b == "\ufffd" for a, b in zip(plain, kept, strict=True))


def test_the_longest_comment_is_taken_and_one_more_character_is_not() -> None:
    assert len(comment_text("长" * LONGEST)) == LONGEST
    with pytest.raises(CommentRefused, match="上限"):
        comment_text("长" * (LONGEST + 1))


def test_control_characters_are_shown_and_do_nothing() -> None:
    assert visible("甲\x1b[31m\x07乙\n丙\t丁") == "甲\ufffd[31m\ufffd乙\n丙\t丁"


def test_a_reply_is_never_wider_than_its_thread() -> None:
    for thread in Audience:
        assert reply_audience(thread, Audience.INTERNAL) is Audience.INTERNAL
    assert reply_audience(Audience.SHAREABLE, Audience.SHAREABLE) is Audience.SHAREABLE
    with pytest.raises(CommentRefused, match="仅供内部"):
        reply_audience(Audience.INTERNAL, Audience.SHAREABLE)
