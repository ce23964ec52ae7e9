"""Provisions that are repeated for each row of a table: the operations of an amendment, evidence, items to hand over."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from app.domain.clauses import ClauseSource
from app.domain.conditions import holds
from app.domain.tables import column_variable
from app.domain.variables import Answers, Row, Value, Variable, VariableSet

_ROW = re.compile(r"\{\{\s*row\.")
_CELL = re.compile(r"(?P<table>.+)\.(?P<place>\d+)\.(?P<column>[a-z0-9_]+)")


def unrolled(sources: Iterable[ClauseSource], answers: Answers) -> Iterator[ClauseSource]:
    """The sources with every repeated one in as many copies as its table has rows; ``<id>.1`` is the copy of the first row."""
    for source in sources:
        if not source.each:
            yield source
            continue
        for place, row in enumerate(rows_of(answers.get(source.each)), 1):
            found = _copy(source, source.each, place, {**answers.values, **{f"row.{k}": v for k, v in row.items()}})
            if found is not None:
                yield found


def _copy(source: ClauseSource, table: str, place: int, values: Mapping[str, object]) -> ClauseSource | None:
    if not holds(source.when, values):
        return None
    text = source.text
    if source.variants:
        fitting = next((v.text for v in source.variants if holds(v.when, values)), None)
        if fitting is None:
            return None
        text = fitting
    children = (_copy(c, table, place, values) for c in source.children)
    return replace(
        source,
        id=f"{source.id}.{place}",
        text=_ROW.sub("{{" + f"{table}.{place}.", text),
        when="",
        each="",
        variants=(),
        children=tuple(c for c in children if c is not None),
    )


def rows_of(value: Value) -> tuple[Row, ...]:
    return tuple(r for r in value if isinstance(r, Mapping)) if isinstance(value, tuple) else ()


def cell(name: str, answers: Answers, variables: VariableSet) -> tuple[Variable, Value] | None:
    """What ``<table>.<place>.<column>`` names in a copy: the column as a variable, and the cell's value."""
    found = _CELL.fullmatch(name)
    table = variables.get(found["table"]) if found else None
    column = table.column(found["column"]) if found and table else None
    rows = rows_of(answers.get(table.name)) if table else ()
    if found is None or table is None or column is None or int(found["place"]) > len(rows):
        return None
    return column_variable(table, column), rows[int(found["place"]) - 1].get(column.key)
