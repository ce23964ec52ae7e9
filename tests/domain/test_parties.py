"""Unified social credit codes (brief B4): vectors, both check digits, and what a slip of the pen does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.parties import (
    ALPHABET,
    check_character,
    normalise_uscc,
    organisation_check_character,
    uscc_faults,
    uscc_ok,
)

VALID = [
    "91350100M000100Y43",
    "91110105MA00ABCD4R",
    "91310115MA1K0XYW5B",
    "91440300MA5F0000X1",
    "91330106MA2H12349J",
    "91110105MA00003490",
]


@pytest.mark.parametrize("code", VALID)
def test_a_sound_code_has_no_faults(code: str) -> None:
    assert uscc_faults(code) == ()
    assert uscc_ok(code)


def test_the_worked_example_of_the_standard_gives_its_sum() -> None:
    body = "91350100M000100Y4"
    assert sum(ALPHABET.index(c) * pow(3, i, 31) for i, c in enumerate(body)) == 1640
    assert check_character(body) == "3"
    assert organisation_check_character("M000100Y") == "4"


def test_the_weights_are_those_of_the_standard() -> None:
    weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28]
    for place, weight in enumerate(weights):
        body = "0" * place + "1" + "0" * (16 - place)
        assert check_character(body) == ALPHABET[31 - weight]


def test_a_remainder_of_31_counts_as_nought() -> None:
    assert check_character("91110105MA0000349") == "0"
    assert check_character("0" * 17) == "0"


@pytest.mark.parametrize(("body", "expected"), [("00000000", "0"), ("MA5F0000", "X"), ("M000100Y", "4"), ("MA000034", "9")])
def test_the_organisation_digit_has_its_two_special_values(body: str, expected: str) -> None:
    assert organisation_check_character(body) == expected


@pytest.mark.parametrize(
    ("code", "fault"),
    [
        ("91350100M000100Y4Z", "不允许的字符“Z”"),
        ("91350100M000100Y4", "现为17位"),
        ("91350100M000100Y433", "现为19位"),
        ("", "未填写"),
        ("  ", "未填写"),
        ("91350100M000100Y44", "第18位"),
        ("91350I00M000100Y43", "不允许的字符“I”"),
        ("9135010AM000100Y43", "第3至8位"),
        ("91350100M000100Y53", "第17位"),
        ("91350100M000100Y四3", "不允许的字符"),
    ],
)
def test_a_faulty_code_is_told_what_is_wrong(code: str, fault: str) -> None:
    assert any(fault in f for f in uscc_faults(code)), uscc_faults(code)
    assert not uscc_ok(code)


@pytest.mark.parametrize(
    "typed",
    [
        "91350100m000100y43",
        " 9135 0100 M000 100Y 43\n",
        "91350100-M000100Y4-3",
        "９１３５０１００Ｍ０００１００Ｙ４３",
        "91350100\u3000M000100Y43",
        "\ufeff91350100M0\u200b00100Y43",
        "91350100–M000100Y4—3",
        "91350100－M000100Y4−3",
    ],
)
def test_a_code_is_read_however_it_was_typed_or_pasted(typed: str) -> None:
    assert normalise_uscc(typed) == "91350100M000100Y43"
    assert uscc_ok(typed)


CODES = st.builds(
    lambda head, region, organisation: _with_checks(head + region + organisation),
    st.sampled_from(["91", "92", "93", "12", "11", "51"]),
    st.text("0123456789", min_size=6, max_size=6),
    st.text(ALPHABET, min_size=8, max_size=8),
)


def _with_checks(body: str) -> str:
    body += organisation_check_character(body[8:16])
    return body + check_character(body)


@given(CODES)
def test_a_code_with_its_computed_checks_is_sound(code: str) -> None:
    assert uscc_ok(code)


@given(CODES, st.integers(0, 17), st.sampled_from(ALPHABET))
def test_one_changed_character_is_found(code: str, place: int, character: str) -> None:
    changed = code[:place] + character + code[place + 1 :]
    assert uscc_ok(changed) is (character == code[place])


@given(CODES, st.integers(0, 16))
def test_two_neighbours_that_changed_places_are_found(code: str, place: int) -> None:
    changed = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert uscc_ok(changed) is (changed == code)


@given(st.text(max_size=30))
def test_any_text_gets_an_answer(text: str) -> None:
    assert uscc_ok(text) is (uscc_faults(text) == ())
    assert normalise_uscc(normalise_uscc(text)) == normalise_uscc(text)
