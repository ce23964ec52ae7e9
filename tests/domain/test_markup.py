"""Inline markup of clause text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.markup import Literal, ReferenceToken, TermToken, VariableToken, parse, references_in, variables_in


def test_variables_references_and_terms_are_told_apart() -> None:
    tokens = parse("甲方应在{{pay.days|number}}内按{{@s.8.2}}支付[[服务抵扣]]后的价款。")
    assert tokens == (
        Literal("甲方应在"),
        VariableToken("pay.days", "number"),
        Literal("内按"),
        ReferenceToken("s.8.2", ""),
        Literal("支付"),
        TermToken("服务抵扣"),
        Literal("后的价款。"),
    )


@pytest.mark.parametrize("text", ["金额{{fees.total", "{{ 1 + 1 }}", "{% for x in y %}{{", "术语[[未闭合", "}}"])
def test_a_stray_bracket_is_refused_and_named(text: str) -> None:
    with pytest.raises(ValueError, match="无法识别的标记"):
        parse(text)


def test_names_used_by_a_text_are_listed() -> None:
    text = "{{a.b}}、{{a.b|both}}、{{c.d}}，见{{@x.y}}与{{@ch.8}}"
    assert variables_in(text) == {"a.b", "c.d"}
    assert references_in(text) == ("x.y", "ch.8")


@given(st.text(alphabet=st.characters(exclude_characters="{}[]"), max_size=200))
def test_text_without_brackets_is_one_literal(text: str) -> None:
    assert "".join(t.text for t in parse(text) if isinstance(t, Literal)) == text
