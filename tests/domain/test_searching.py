"""Folding, grams, matching and excerpts: what the search of the register rests on."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from app.domain.searching import LONGEST_QUERY, Query, UnusableQuery, _traced, excerpt, fold, grams, parse_query

CLAUSE = "乙方逾期的，每逾期一日，应当按逾期部分服务费的万分之三支付违约金，累计不超过人民币100,000.00元（ＳＬＡ见附件二）。"
chinese = st.text(st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1, max_size=60)
mixed = st.text(st.sampled_from("甲乙丙违约金，。（）AaZz09,. “”\n\t㈱½ＡＢ１２ﬁß\u200b\u3000İ"), max_size=60)


@given(mixed | st.text(max_size=60))
@settings(max_examples=300)
def test_folding_twice_is_folding_once_and_the_traced_form_is_the_same(text: str) -> None:
    assert fold(fold(text)) == fold(text)
    folded, origin = _traced(text)
    assert folded == fold(text)
    assert len(origin) == len(folded)
    assert origin == sorted(origin)


@given(chinese)
def test_every_pair_and_every_character_of_a_text_is_found(text: str) -> None:
    index, folded = grams(fold(text)), fold(text)
    for size in (1, 2):
        for at in range(len(text) - size + 1):
            query = parse_query(text[at : at + size])
            assert set(query.grams()) <= index
            assert query.matches(folded)


@given(mixed, st.data())
def test_what_stands_in_a_text_is_proposed_by_its_grams(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, max(0, len(text) - 1)))
    part = text[start : start + data.draw(st.integers(1, 20))].replace('"', " ").replace("“", " ").replace("”", " ")
    try:
        query = parse_query(f'"{part}"')
    except UnusableQuery:
        assume(False)
    if query.matches(fold(text)):
        assert set(query.grams()) <= grams(fold(text))


@given(chinese, st.lists(chinese, min_size=1, max_size=3))
def test_nothing_is_found_that_is_not_there(text: str, words: list[str]) -> None:
    query = Query(tuple(words))
    assert query.matches(text) == all(w in text for w in words)
    if query.exact:
        assert query.matches(text) == (set(query.grams()) <= grams(text))


@given(mixed, st.sampled_from(["甲", "违约", "a", "09", "约金，", "“"]), st.integers(8, 40))
def test_an_excerpt_is_a_stretch_of_the_text_with_its_hits(text: str, word: str, width: int) -> None:
    query = Query((fold(word),))
    pieces = excerpt(query, text, width)
    shown = "".join(p.text for p in pieces)
    cut = shown.removeprefix("…") if pieces and pieces[0].text == "…" else shown
    cut = cut.removesuffix("…") if pieces and pieces[-1].text == "…" else cut
    assert cut in text
    if query.matches(fold(text)):
        assert any(p.hit for p in pieces)


FOUND = (
    "违约", "违约金", "金", "万分之三", "SLA", "sla见附件二", "ｓｌａ", "100000", "100,000.00", "逾期 违约金", "“逾期的，每逾期”", "违 约 金",
)  # fmt: skip


@given(st.text("0129ab-违约", max_size=30), st.data())
def test_beginnings_of_numbers_are_proposed_and_their_ends_are_not_found(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, max(0, len(text) - 1)))
    part = text[start : start + data.draw(st.integers(1, 14))]
    assume(any(c.isalnum() for c in part))
    query, latin = parse_query(part), "0129ab"
    inside = part[0] in latin and start > 0 and text[start - 1] in latin
    if query.matches(fold(text)):
        assert set(query.grams()) <= grams(fold(text))
    else:
        assert inside


@pytest.mark.parametrize("typed", FOUND)
def test_words_are_found_whatever_their_width_case_or_spacing(typed: str) -> None:
    assert parse_query(typed).matches(fold(CLAUSE))


@pytest.mark.parametrize("typed", ["约违", "违约责任", "逾期 赔偿", "LA", "00000", "000.00"])
def test_words_that_are_not_there_are_not_found(typed: str) -> None:
    assert not parse_query(typed).matches(fold(CLAUSE))


@pytest.mark.parametrize("typed", ["违约金 AND 逾期", "违约金*", "NOT 违约金", "(违约金)", "违约金:逾期", "违约金^2"])
def test_operators_are_text(typed: str) -> None:
    assert not parse_query(typed).matches(fold("违约金"))
    assert parse_query(typed).matches(fold(typed))


def test_quotes_keep_words_together_and_a_single_quote_is_nothing() -> None:
    assert parse_query('"service level" 指标').words == ("service level", "指标")
    assert parse_query('service "level').words == ("service", "level")
    assert not parse_query('"level service"').matches(fold("service level"))
    assert parse_query("level service").matches(fold("service level"))


@pytest.mark.parametrize(
    "typed", ["", "  ", "，。", '""', "***", "\x00", "a" * (LONGEST_QUERY + 1), " ".join("甲乙丙丁戊己庚辛壬癸子丑寅")]
)
def test_a_query_that_cannot_be_used_is_refused_with_a_sentence(typed: str) -> None:
    with pytest.raises(UnusableQuery, match="。"):
        parse_query(typed)


def test_a_long_query_asks_the_index_for_a_bounded_number_of_grams() -> None:
    long = "".join(chr(0x4E00 + i) for i in range(400))
    query = parse_query(long)
    assert 24 <= len(query.grams()) <= 48
    assert query.matches(fold(f"前{long}后"))


def test_the_excerpt_stands_around_the_first_hit_and_marks_it() -> None:
    pieces = excerpt(parse_query("违约金"), "甲" * 200 + "支付违约金" + "乙" * 200, width=40)
    assert pieces[0].text == pieces[-1].text == "…"
    assert [p.text for p in pieces if p.hit] == ["违约金"]
    assert 40 <= sum(len(p.text) for p in pieces) <= 44
