"""Tables of the tree from table variables: columns, printed cells, stable row ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal

from app.domain.tree import BLANK_TEXT, Table, TableColumn, TableRow
from app.domain.variables import Column, Option, Requirement, Value, Variable, VariableType

NUMERIC = frozenset({VariableType.MONEY, VariableType.DECIMAL, VariableType.PERCENT, VariableType.INT})
ROW_ID_KEYS = ("id", "code", "no", "number", "key")
EMPHASIS_KEY = "_total"


def present_cell(column: Column, value: object) -> str:
    """The printed text of one cell; an empty cell of a required column prints the blank, of another one a dash."""
    if value is None or value == "" or value == ():
        return BLANK_TEXT if column.required else "—"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, tuple | list):
        return "、".join(_option_label(column.options, str(v)) for v in value)
    if isinstance(value, Decimal):
        return _figure(column, value)
    if isinstance(value, datetime):
        return f"{value.year}年{value.month}月{value.day}日{value:%H:%M}"
    if isinstance(value, date):
        return f"{value.year}年{value.month}月{value.day}日"
    return _option_label(column.options, str(value)) if column.options else f"{value}{_unit(column)}"


def _figure(column: Column, value: Decimal) -> str:
    if column.type is VariableType.MONEY:
        return f"{value:,.2f}"
    text = format(value, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{text}%" if column.type is VariableType.PERCENT else f"{text}{_unit(column)}"


def _unit(column: Column) -> str:
    return column.unit if column.unit not in ("", "-") else ""


def _option_label(options: Iterable[Option], value: str) -> str:
    return next((o.printed() for o in options if o.value == value), value)


def column_variable(table: Variable, column: Column) -> Variable:
    """A column as a variable of its own, so that a cell can stand in a sentence; its name is the table's."""
    required = Requirement.REQUIRED if column.required else Requirement.OPTIONAL
    return Variable(
        table.name, column.label, column.type, table.section, unit=column.unit, options=column.options, required=required
    )


def build_table(variable: Variable, rows: Value) -> Table:
    """A table variable's rows as a printed table. Keys that begin with ``_`` are marks, not columns."""
    columns = tuple(TableColumn(c.key, c.label, c.width, c.type in NUMERIC) for c in variable.columns)
    body: list[TableRow] = []
    seen: set[str] = set()
    source: tuple[object, ...] = rows if isinstance(rows, tuple) else ()
    for index, row in enumerate(source, 1):
        if not isinstance(row, Mapping):
            continue
        cells = tuple(present_cell(c, row.get(c.key)) for c in variable.columns)
        body.append(TableRow(_row_id(row, index, seen), cells, bool(row.get(EMPHASIS_KEY))))
    return Table(variable.name, variable.label, columns, tuple(body))


def _row_id(row: Mapping[object, object], index: int, seen: set[str]) -> str:
    for key in ROW_ID_KEYS:
        value = row.get(key)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value) not in seen:
            seen.add(str(value))
            return str(value)
    place = f"r{index}"
    while place in seen:  # a code may look like a place
        place += "x"
    seen.add(place)
    return place
