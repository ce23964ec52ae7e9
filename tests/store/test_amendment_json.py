"""Operations and edits of amendments as stored text: what is read back is what was written."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings

from app.domain.amendment import AddRow, Assign, DropRow, Insert, SetLine, SetLines, SetRow, Standing
from app.domain.difference import operations_between
from app.domain.redrafting import Add, Rewrite, SetValue, Strike
from app.domain.tree import Blank, Box, BoxKind, FilledValue, FormRow, Level, Note, Provision, Reference, TableRow, TermUse, Text
from app.domain.variables import Contact, FillStage
from app.store.amendment_json import AmendmentUnreadable, read_edits, read_operations, write_edits, write_operations
from tests.domain.standings import BASE, edited

EVERY = (
    Text("甲"), FilledValue("30日", "a.b"), Blank("a", "乙", FillStage.FREEZE), Reference("s.8.2", "第8.2节", "8.2"), TermUse("丙"),
    Box("x", BoxKind.SEAL, 42.0, 42.0), Note("〔注〕"),
)  # fmt: skip


@settings(max_examples=25, deadline=None)
@given(edited())
def test_operations_of_any_edited_text_are_read_back_as_written(after: Standing):
    operations = operations_between(BASE, after)
    clauses = tuple(f"第{n}条" for n in range(len(operations)))
    assert read_operations(write_operations(operations, clauses)) == (operations, clauses)


def test_every_span_and_every_kind_of_value_survives():
    row = {"a": Decimal("1.50"), "b": date(2027, 1, 1), "c": True, "d": None, "e": "文字", "f": 3}
    operations = (
        Insert("s.1.1", "", Provision("n", Level.ITEM, "（2之一）", "题", EVERY, prominent=True)),
        SetRow("t", "r1", ("1", "2"), row), AddRow("t", "", TableRow("r1+1", ("1", "2"), True), row), DropRow("t", "r2"),
        SetLine("preamble", EVERY), SetLines("cover", (FormRow("c", "标", EVERY),)),
        Assign("m", Decimal("0.10")), Assign("d", date(2027, 2, 28), True), Assign("w", datetime(2027, 1, 1, 9, 30)),
        Assign("c", Contact("某", "职", "1", "a@b")), Assign("t", (row, row)), Assign("l", ("x", "y")), Assign("n", None),
    )  # fmt: skip
    assert read_operations(write_operations(operations, ())) == (operations, ())


def test_edits_are_read_back_as_written():
    edits = (
        SetValue("a", Decimal("1")),
        Rewrite("p", "题", "文"),
        Add("own.1", "p", "", "增"),
        Strike("q"),
        SetValue("t", ({"a": 1},)),
    )
    assert read_edits(write_edits(edits)) == edits


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        '{"format": "other/1"}',
        '{"format": "chengyue.amendment/1", "operations": [{"is": "Sue"}], "clauses": []}',
        "[1]",
    ],
)
def test_what_is_no_amendment_is_refused(text: str):
    with pytest.raises(AmendmentUnreadable):
        read_operations(text)
