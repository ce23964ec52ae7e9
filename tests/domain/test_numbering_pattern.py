"""Contract numbers: patterns, the next number of a series, reading numbers back."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.errors import ContractError
from app.domain.numbering_pattern import Numbered, missing_numbers, parse_pattern

DAY = date(2026, 9, 3)
USUAL = parse_pattern("SHFW-{YYYY}-{NNNN}")


@pytest.mark.parametrize(
    ("pattern", "last_used", "number"),
    [
        ("SHFW-{YYYY}-{NNNN}", 0, "SHFW-2026-0001"),
        ("SHFW-{YYYY}-{NNNN}", 41, "SHFW-2026-0042"),
        ("SHFW-{YYYY}-{NNNN}", 9999, "SHFW-2026-10000"),
        ("HT{YY}{MM}-{NNN}", 7, "HT2609-008"),
        ("{YYYY}{NNNN}", 0, "20260001"),
        ("{NNNNNN}", 0, "000001"),
        ("HT-{NNNN}-{YYYY}", 0, "HT-0001-2026"),
        ("HT{NNNN}A{YYYY}{MM}", 0, "HT0001A202609"),
    ],
)
def test_the_next_number_follows_the_last_one_used(pattern: str, last_used: int, number: str) -> None:
    assert parse_pattern(pattern).next_number(DAY, last_used) == number


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("SHFW-{YYYY}", "只有一个流水号"),
        ("{NN}-{NNNN}", "只有一个流水号"),
        ("SHFW-{YYYY}-{XX}", "不认识占位符“{XX}”"),
        ("SHFW-{yyyy}-{NNNN}", "不认识占位符“{yyyy}”"),
        ("SHFW-{}-{NNNN}", "不认识占位符“{}”"),
        ("{YYYY}-{YYYY}-{NNNN}", "只能使用一次"),
        ("{YYYY}-{YY}-{NNNN}", "只能使用一次"),
        ("SHFW-{MM}-{NNNN}", "须同时有年份"),
        ("售后-{YYYY}-{NNNN}", "大写字母"),
        ("shfw-{YYYY}-{NNNN}", "大写字母"),
        ("SHFW-{YYYY-{NNNN}", "大写字母"),
        ("SHFW#{YYYY}-{NNNN}", "大写字母"),
        ("SHFW-{NNNN}{YYYY}", "紧接"),
        ("SHFW-{NNNN}1", "紧接"),
        ("SHFW-1{NNNN}", "紧接"),
        ("A-{NN}", "须为6至37位"),
        ("-SHFW-{NNNN}", "首位不为连字符"),
        ("A" * 34 + "{NNNN}", "须为6至37位"),
    ],
)
def test_a_pattern_that_could_not_number_is_refused_with_the_reason(pattern: str, words: str) -> None:
    with pytest.raises(ContractError, match=re.escape(words)):
        parse_pattern(pattern)


def test_a_new_year_opens_a_new_series() -> None:
    assert USUAL.series(DAY) == "SHFW-2026-#"
    assert USUAL.series(date(2027, 1, 1)) == "SHFW-2027-#"
    assert parse_pattern("SHFW-{NNNN}").series(DAY) == parse_pattern("SHFW-{NNNN}").series(date(2027, 1, 1))


@pytest.mark.parametrize(
    "text",
    ["", "SHFW-2026-001", "SHFW-2026-0000", "SHFW-2026-00001", "SHFW-2026-0001-BC-01", "SHFW-26-0001", "shfw-2026-0001",
     "SHFW-2026-0001\n", "SHFW-２０２６-0001", "SHFW-2026-" + "9" * 31],
)  # fmt: skip
def test_what_the_pattern_did_not_write_is_not_read(text: str) -> None:
    assert USUAL.read(text) is None


def test_a_month_that_does_not_exist_is_not_read() -> None:
    assert parse_pattern("HT{YY}{MM}-{NNN}").read("HT2613-001") is None


def test_there_is_no_number_before_the_first_and_none_too_long_to_print() -> None:
    with pytest.raises(ContractError, match="从1开始"):
        USUAL.number(DAY, 0)
    with pytest.raises(ContractError, match="超过40位"):
        USUAL.number(DAY, 10**31)


@given(
    pattern=st.sampled_from(["SHFW-{YYYY}-{NNNN}", "HT{YY}{MM}-{NNN}", "{YYYY}{NN}", "A-{NNNN}-{YYYY}", "{NNNNNN}X"]),
    on=st.dates(date(2000, 1, 1), date(2099, 12, 31)),
    sequence=st.integers(1, 10**7),
)
def test_every_number_written_is_read_back_and_is_a_contract_number(pattern: str, on: date, sequence: int) -> None:
    rule = parse_pattern(pattern)
    number = rule.number(on, sequence)
    assert rule.read(number) == Numbered(rule.series(on), sequence)
    assert re.fullmatch(r"[A-Z0-9][A-Z0-9\-]{5,39}", number)


@given(st.integers(0, 300))
def test_numbers_drawn_one_after_the_other_leave_no_gap_and_no_double(last: int) -> None:
    drawn = [USUAL.next_number(DAY, n) for n in range(last)]
    read = [r.sequence for r in map(USUAL.read, drawn) if r is not None]
    assert read == list(range(1, last + 1))
    assert missing_numbers(read) == ()


def test_gaps_of_an_imported_register_are_named() -> None:
    assert missing_numbers([5, 1, 3]) == (2, 4)
    assert missing_numbers([]) == ()
