"""Tables from table variables: printed cells, stable row ids, totals."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import pytest

from app.domain.tables import build_table, present_cell
from app.domain.tree import BLANK_TEXT
from app.domain.variables import Column, Option, Value, Variable, VariableType

MONEY = Column("price", "单价", VariableType.MONEY)
PERCENT = Column("rate", "税率", VariableType.PERCENT)
HOURS = Column("limit", "时限", VariableType.DECIMAL, unit="小时")
COUNT = Column("count", "数量", VariableType.INT, unit="人")
KIND = Column("kind", "类别", VariableType.ENUM, options=(Option("repair", "维修"), Option("advice", "咨询", "电话咨询")))
KINDS = Column("kinds", "类别", VariableType.MULTI_ENUM, options=KIND.options)
TEXT = Column("name", "名称")
OPTIONAL = Column("note", "备注", required=False)


@pytest.mark.parametrize(
    ("column", "value", "printed"),
    [
        (MONEY, Decimal("1234567.5"), "1,234,567.50"),
        (MONEY, Decimal("-0.10"), "-0.10"),
        (PERCENT, Decimal("6.00"), "6%"),
        (PERCENT, Decimal("0.5"), "0.5%"),
        (HOURS, Decimal("2.50"), "2.5小时"),
        (HOURS, Decimal("1E+2"), "100小时"),
        (HOURS, Decimal("100"), "100小时"),
        (COUNT, 12, "12人"),
        (KIND, "repair", "维修"),
        (KIND, "advice", "电话咨询"),
        (KIND, "other", "other"),
        (KINDS, ("repair", "advice"), "维修、电话咨询"),
        (TEXT, True, "是"),
        (TEXT, False, "否"),
        (TEXT, date(2027, 1, 9), "2027年1月9日"),
        (TEXT, datetime(2027, 1, 9, 9, 5), "2027年1月9日09:05"),
        (TEXT, "<b>{{x}}</b>", "<b>{{x}}</b>"),
    ],
)
def test_a_cell_prints_its_value_with_its_unit(column: Column, value: object, printed: str) -> None:
    assert present_cell(column, value) == printed


@pytest.mark.parametrize("value", [None, "", ()])
def test_an_empty_cell_is_a_blank_if_it_is_required_and_a_dash_if_not(value: object) -> None:
    assert present_cell(TEXT, value) == BLANK_TEXT
    assert present_cell(OPTIONAL, value) == "—"


def test_nought_is_not_empty() -> None:
    assert present_cell(COUNT, 0) == "0人"
    assert present_cell(MONEY, Decimal(0)) == "0.00"


def prices(rows: Value) -> list[tuple[str, tuple[str, ...], bool]]:
    variable = Variable("fees.rows", "价格表", VariableType.TABLE, "8.1", columns=(TEXT, MONEY))
    return [(r.id, r.cells, r.emphasis) for r in build_table(variable, rows).rows]


def test_a_table_has_its_columns_its_caption_and_right_aligned_figures() -> None:
    variable = Variable("fees.rows", "价格表", VariableType.TABLE, "8.1", columns=(TEXT, MONEY, COUNT, KIND))
    table = build_table(variable, ())
    assert (table.id, table.caption, table.rows) == ("fees.rows", "价格表", ())
    assert [(c.key, c.label, c.numeric) for c in table.columns] == [
        ("name", "名称", False),
        ("price", "单价", True),
        ("count", "数量", True),
        ("kind", "类别", False),
    ]


def test_a_row_is_known_by_its_code_and_a_total_stands_out() -> None:
    rows: Value = (
        {"code": "A1", "name": "咨询", "price": Decimal(3)},
        {"name": "合计", "price": Decimal(3), "_total": True},
    )
    assert prices(rows) == [("A1", ("咨询", "3.00"), False), ("r2", ("合计", "3.00"), True)]


def test_row_ids_are_unique_even_where_codes_repeat_or_look_like_places() -> None:
    rows: Value = ({"code": "A1"}, {"code": "A1"}, {"code": "r4"}, {}, {"code": True}, {"code": 7}, {"code": "7"})
    ids = [row_id for row_id, _, _ in prices(rows)]
    assert len(set(ids)) == len(ids)
    assert ids[0] == "A1"
    assert ids[5] == "7"


def test_a_row_keeps_its_id_when_another_is_put_before_it() -> None:
    row = {"code": "B2", "name": "维修", "price": Decimal(1)}
    assert prices((row,))[0][0] == prices(({"code": "A1"}, row))[1][0] == "B2"


@pytest.mark.parametrize("rows", [None, "text", 5, ("not a row",)])
def test_what_is_no_list_of_rows_gives_an_empty_table(rows: Value) -> None:
    assert prices(rows) == []
