"""Chinese capitals (PSM 附一, brief B3)."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.domain.capitals import capitals_equal, capitals_state, parse_capitals, to_capitals

VECTORS = [
    ("1409.50", "人民币壹仟肆佰零玖元伍角", ["人民币壹仟肆佰零玖元伍角整", "人民币壹仟肆佰零玖元伍角正"]),
    ("6007.14", "人民币陆仟零柒元壹角肆分", []),
    ("1680.32", "人民币壹仟陆佰捌拾元叁角贰分", ["壹仟陆佰捌拾元零叁角贰分"]),
    ("107000.53", "人民币壹拾万柒仟元伍角叁分", ["壹拾万零柒仟元伍角叁分", "壹拾万柒仟元零伍角叁分"]),
    ("16409.02", "人民币壹万陆仟肆佰零玖元零贰分", []),
    ("325.04", "人民币叁佰贰拾伍元零肆分", []),
    ("1200000.00", "人民币壹佰贰拾万元整", ["人民币壹佰贰拾万元正"]),
    ("10010001.00", "人民币壹仟零壹万零壹元整", []),
    ("1000000.01", "人民币壹佰万元零壹分", []),
    ("100200030.40", "人民币壹亿零贰拾万零叁拾元肆角", ["人民币壹亿零贰拾万零叁拾元肆角整", "壹亿零贰拾万零叁拾元零肆角"]),
    ("0.05", "人民币伍分", ["人民币零元零伍分"]),
    ("0.00", "人民币零元整", ["零元正"]),
    ("1407600.00", "人民币壹佰肆拾万柒仟陆佰元整", []),
]
FURTHER = [
    ("10", "人民币壹拾元整"),
    ("15.50", "人民币壹拾伍元伍角"),
    ("100005000", "人民币壹亿零伍仟元整"),
    ("1000500000000", "人民币壹万零伍亿元整"),
    ("10000000000000", "人民币壹拾万亿元整"),
    ("1000000000000000", "人民币壹仟万亿元整"),
    ("1234567890123456.78", "人民币壹仟贰佰叁拾肆万伍仟陆佰柒拾捌亿玖仟零壹拾贰万叁仟肆佰伍拾陆元柒角捌分"),
    ("-100.00", "人民币负壹佰元整"),
    ("-0.00", "人民币零元整"),
]


@pytest.mark.parametrize(("figure", "expected", "_also"), VECTORS)
def test_an_amount_is_written_as_the_table_of_the_brief_says(figure: str, expected: str, _also: list[str]) -> None:
    assert to_capitals(Decimal(figure)) == expected


@pytest.mark.parametrize(("figure", "expected"), FURTHER)
def test_large_and_negative_amounts_are_written_by_the_same_rules(figure: str, expected: str) -> None:
    assert to_capitals(Decimal(figure)) == expected


@pytest.mark.parametrize(("figure", "written", "also"), VECTORS)
def test_every_permitted_way_to_write_an_amount_is_read_as_that_amount(figure: str, written: str, also: list[str]) -> None:
    for text in (written, *also):
        assert parse_capitals(text) == Decimal(figure)
        assert capitals_equal(text, written)


@pytest.mark.parametrize(
    ("text", "figure"),
    [
        ("人民幣壹佰貳拾萬圓整", "1200000"),
        ("人民币叄佰貳拾伍圆零肆分", "325.04"),
        ("人民币參億陸仟萬元正", "360000000"),
        ("  人民币壹佰元整 ", "100"),
        ("人民币負壹佰元整", "-100"),
    ],
)
def test_traditional_characters_are_read(text: str, figure: str) -> None:
    assert parse_capitals(text) == Decimal(figure)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "为空"),
        ("人民币", "为空"),
        ("人民币一百元整", "不得使用“一”"),
        ("人民币壹佰元伍毛", "不得使用“毛”"),
        ("人民币壹佰〇伍元整", "不得使用“〇”"),
        ("人民币拾元整", "书写不规范"),
        ("人民币壹佰元", "书写不规范"),
        ("人民币壹佰元伍角叁分整", "书写不规范"),
        ("人民币叁佰贰拾伍元肆分", "书写不规范"),
        ("人民币壹仟壹元整", "书写不规范"),
        ("人民币壹仟零零壹元整", "书写不规范"),
        ("人民币壹仟零壹拾元零伍角零", "应按"),
        ("人民币 壹佰元整", "不得留空"),
        ("人民币100元整", "不能识别"),
        ("人民币万元整", "书写不规范"),
        ("人民币整", "应按"),
        ("人民币壹佰佰元整", "书写不规范"),
    ],
)
def test_what_is_not_permitted_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_capitals(text)
    assert not capitals_equal(text, "人民币壹佰元整")


def test_figures_and_capitals_that_differ_are_found() -> None:
    assert not capitals_state("人民币壹佰贰拾元整", Decimal("1200000.00"))
    assert capitals_state("人民币壹佰贰拾万圆正", Decimal("1200000.00"))
    assert not capitals_state("壹佰贰拾万", Decimal("1200000.00"))


@pytest.mark.parametrize("amount", ["1.005", "1E+16", "-1E+16", "NaN", "Infinity"])
def test_an_amount_that_has_no_capitals_is_refused_not_rounded(amount: str) -> None:
    with pytest.raises(ValueError, match=r"小数不得超过两位|金额过大"):
        to_capitals(Decimal(amount))


FEN = st.integers(min_value=0, max_value=10**17)


@given(FEN)
@example(10**17)
@example(10)
@example(10_000_050_00)
def test_capitals_read_back_are_the_amount(fen: int) -> None:
    amount = Decimal(fen).scaleb(-2)
    assert parse_capitals(to_capitals(amount)) == amount
    assert parse_capitals(to_capitals(-amount)) == -amount


@given(FEN, FEN)
def test_different_amounts_never_have_equal_capitals(one: int, other: int) -> None:
    texts = [to_capitals(Decimal(fen).scaleb(-2)) for fen in (one, other)]
    assert (texts[0] == texts[1]) == (one == other)
    assert capitals_equal(*texts) == (one == other)


@given(FEN, st.data())
def test_an_amount_with_one_character_left_out_is_never_read_as_the_same_amount_unless_permitted(
    fen: int, data: st.DataObject
) -> None:
    text = to_capitals(Decimal(fen).scaleb(-2)).removeprefix("人民币")
    place = data.draw(st.integers(min_value=0, max_value=len(text) - 1))
    shorter = text[:place] + text[place + 1 :]
    assert not capitals_state(shorter, Decimal(fen).scaleb(-2))


@given(st.text(alphabet="人民币零壹贰玖拾佰仟万亿元角分整正圆负毛〇 a", max_size=24))
@example("人民币" + "玖仟亿" * 30 + "元整")
@example("亿亿亿元整")
@example("壹亿亿元整")
def test_any_text_is_either_refused_or_a_permitted_spelling_of_what_it_reads_as(text: str) -> None:
    try:
        amount = parse_capitals(text)
    except ValueError:
        return
    assert capitals_equal(text, to_capitals(amount))


def test_a_refusal_names_the_right_spelling() -> None:
    with pytest.raises(ValueError, match="应写作“人民币叁佰贰拾伍元零肆分”"):
        parse_capitals("叁佰贰拾伍元肆分")
