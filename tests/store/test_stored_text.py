"""Trees and answers survive the store unchanged."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.answers import read_answers
from app.domain.variables import Acknowledgement, Answers, Contact, DeviationKind, DeviationRequest
from app.library.answers_file import load_example
from app.services.drafting import Compiled, compile_draft
from app.store.answers_json import AnswersUnreadable, read_stored_answers, write_answers
from app.store.tree_json import TreeUnreadable, read_tree, write_tree
from tests.services.fixtures import TODAY, reference


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    library = reference().library
    return compile_draft(
        reference(), read_answers(library.variables, load_example().data, topics=library.topics()).answers, TODAY
    )


def test_the_tree_of_the_demonstration_contract_comes_back_equal(compiled: Compiled) -> None:
    assert read_tree(write_tree(compiled.instrument)) == compiled.instrument


def test_the_answers_of_the_demonstration_contract_come_back_equal(compiled: Compiled) -> None:
    assert read_stored_answers(write_answers(compiled.answers)) == compiled.answers


def test_an_empty_contract_with_its_blanks_comes_back_equal() -> None:
    library = reference().library
    empty = compile_draft(reference(), read_answers(library.variables, {}, topics=library.topics()).answers, TODAY)
    assert empty.instrument.blanks()
    assert read_tree(write_tree(empty.instrument)) == empty.instrument


_text = st.text(max_size=20)
_scalar = (
    _text
    | st.integers()
    | st.decimals(allow_nan=False, allow_infinity=False)
    | st.dates()
    | st.datetimes()
    | st.booleans()
    | st.none()
)
_value = (
    _scalar
    | st.lists(_text, max_size=3).map(tuple)
    | st.lists(st.dictionaries(_text, _scalar, max_size=3), max_size=3).map(tuple)
    | st.builds(Contact, _text, _text, _text, _text)
)


@given(st.dictionaries(_text, _value, max_size=5), st.frozensets(_text, max_size=3))
def test_any_answers_come_back_equal_in_value_and_type(values: dict[str, object], given_names: frozenset[str]) -> None:
    answers = Answers(
        values,  # type: ignore[arg-type]
        {"T-1": "fallback"},
        (DeviationRequest(DeviationKind.ADD, "own.1", "理由", "文字", "标题", "s.1.1"),),
        (Acknowledgement("R-46", "*", "王律师", datetime(2026, 11, 22, 1, 2, tzinfo=UTC), "理由"),),
        given_names,
    )
    back = read_stored_answers(write_answers(answers))
    assert back == answers
    assert {k: type(v) for k, v in back.values.items()} == {k: type(v) for k, v in answers.values.items()}


def test_decimals_keep_their_places_and_dates_their_kind() -> None:
    values = {"a": Decimal("1.00"), "b": date(2026, 1, 1), "c": datetime(2026, 1, 1, 9, 30)}
    back = read_stored_answers(write_answers(Answers(values))).values
    assert str(back["a"]) == "1.00"
    assert type(back["b"]) is date


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", "null", '{"format":"chengyue.tree/1"}', '{"format":"chengyue.tree/9","tree":{}}']
)
def test_an_unreadable_tree_is_refused(text: str) -> None:
    with pytest.raises(TreeUnreadable):
        read_tree(text)


def test_a_tree_with_an_unknown_field_is_refused(compiled: Compiled) -> None:
    data = json.loads(write_tree(compiled.instrument))
    data["tree"]["chapters"][0]["sections"][0]["provisions"][0]["content"][0]["is"] = "Unknown"
    with pytest.raises(TreeUnreadable):
        read_tree(json.dumps(data))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format":"chengyue.answers/1","values":{"a":{"float":1}}}'])
def test_unreadable_answers_are_refused(text: str) -> None:
    with pytest.raises(AnswersUnreadable):
        read_stored_answers(text)


def test_nobody_can_change_what_was_read_for_all() -> None:
    text = write_answers(Answers({"rows": ({"name": "x"},)}, {"8.2-t1": "fallback"}))
    read = read_stored_answers(text)
    [row] = cast(tuple[Any, ...], read.values["rows"])
    for kept in (read.values, read.positions, row):
        with pytest.raises(TypeError):
            kept["more"] = "changed"
    assert read_stored_answers(text) is read
