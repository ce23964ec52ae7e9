"""Numbers as the contract prints them (docs/glossary.md)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.numbering import annex_label, chapter_number, child_number, chinese_number, reference_text
from app.domain.tree import Level


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1, "一"),
        (9, "九"),
        (10, "十"),
        (11, "十一"),
        (14, "十四"),
        (19, "十九"),
        (20, "二十"),
        (21, "二十一"),
        (90, "九十"),
        (99, "九十九"),
    ],
)
def test_chapters_count_in_chinese(value: int, text: str) -> None:
    assert chinese_number(value) == text
    assert chapter_number(value) == f"第{text}章"
    assert annex_label(value) == f"附件{text}"


@pytest.mark.parametrize("value", [0, -1, 100])
def test_other_chapters_do_not_exist(value: int) -> None:
    with pytest.raises(ValueError, match="1 to 99"):
        chinese_number(value)


@given(st.integers(1, 99), st.integers(1, 99))
def test_different_chapters_have_different_numbers(one: int, other: int) -> None:
    assert (chinese_number(one) == chinese_number(other)) is (one == other)


@pytest.mark.parametrize(
    ("parent", "level", "index", "number"),
    [
        ("8.2", Level.ARTICLE, 3, "8.2.3"),
        ("8.2.3", Level.PARAGRAPH, 12, "8.2.3.12"),
        ("8.2.3", Level.ITEM, 1, "（1）"),
        ("8.2.3.1", Level.ITEM, 10, "（10）"),
    ],
)
def test_articles_and_paragraphs_count_on_and_items_stand_in_brackets(parent: str, level: Level, index: int, number: str) -> None:
    assert child_number(parent, level, index) == number


@pytest.mark.parametrize(
    ("level", "number", "owner", "owner_level", "text"),
    [
        (Level.ARTICLE, "8.2.3", "8.2", None, "第8.2.3条"),
        (Level.PARAGRAPH, "8.2.3.1", "8.2.3", Level.ARTICLE, "第8.2.3.1款"),
        (Level.ITEM, "（1）", "8.2.3", Level.ARTICLE, "第8.2.3条第（1）项"),
        (Level.ITEM, "（2）", "8.2.3.1", Level.PARAGRAPH, "第8.2.3.1款第（2）项"),
    ],
)
def test_a_reference_uses_the_word_of_its_level_and_names_the_holder_of_an_item(
    level: Level, number: str, owner: str, owner_level: Level | None, text: str
) -> None:
    assert reference_text(level, number, owner, owner_level) == text
