"""Numbers and strokes as anybody may send them to a door without an account."""

from __future__ import annotations

import pytest
from flask import Flask
from flask_babel import Babel

from app.domain.errors import ContractError
from app.web.ceremony import _hand
from app.web.entered_numbers import number_in


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("12", 12),
        ("１２", 12),
        ("²", 7),
        ("①", 7),
        ("9" * 9, 999_999_999),
        ("9" * 10, 7),
        ("9" * 5000, 7),
        ("-1", 7),
        ("", 7),
        ("1.5", 7),
    ],
)
def test_what_is_no_number_counts_as_not_entered(text: str, found: int) -> None:
    assert number_in(text, 7) == found


NONE = (
    "[[[" + "9" * 400 + ",1]]]", "[" * 100_000, "[[[1]]]", "[[1,2]]", "{}x", "7", '[[["a",1]]]',
    "[[[NaN,1],[2,2]]]", "[[[1,Infinity]]]", "[[[-Infinity,1]]]", "[[[1e999,1]]]", '[[["nan",1]]]', '[[["-inf",1]]]',
)  # fmt: skip
"""The last ones are numbers to Python's JSON and to ``float``, and nothing that a pen can draw."""


@pytest.mark.parametrize("strokes", NONE)
def test_strokes_that_are_none_are_asked_for_again(strokes: str) -> None:
    app = Flask("door")
    Babel(app)
    with (
        app.test_request_context(method="POST", data={"strokes": strokes}),
        pytest.raises(ContractError, match="没有收到完整的签名"),
    ):
        _hand()
