"""Edits and operations of amendments as lossless JSON: a signed amendment is read back as it was, whatever became of the library."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from app.domain.amendment import (
    AddRow,
    Assign,
    Delete,
    DropRow,
    Insert,
    Operation,
    Reword,
    SetLine,
    SetLines,
    SetRow,
    Substitute,
)
from app.domain.errors import ContractError
from app.domain.redrafting import Add, Edit, Rewrite, SetValue, Strike
from app.domain.tree import FormRow, Provision, Span, TableRow
from app.store.answers_json import read_value, write_value
from app.store.tree_json import converters

FORMAT = "chengyue.amendment/1"
_OPERATIONS = (Reword, Substitute, Insert, Delete, SetRow, AddRow, DropRow, SetLine, SetLines, Assign)
_EDITS = (SetValue, Rewrite, Add, Strike)
_VALUE = "value"
"""The field that holds an answer, wherever there is one."""
_PARTS: dict[tuple[type, str], Any] = {
    (Reword, "content"): tuple[Span, ...],
    (Substitute, "by"): Provision,
    (Insert, "provision"): Provision,
    (SetRow, "cells"): tuple[str, ...],
    (AddRow, "row"): TableRow,
    (SetLine, "content"): tuple[Span, ...],
    (SetLines, "rows"): tuple[FormRow, ...],
}
"""Fields that hold parts of a tree; every other one is text or a truth value."""


class AmendmentUnreadable(ContractError):
    def __init__(self, why: str) -> None:
        super().__init__("amendment.unreadable", f"已存储的变更内容无法读取（{why}）。")


def write_operations(operations: Sequence[Operation], clauses: Sequence[str]) -> str:
    """Operations with the article of the paper that states each."""
    data = {"format": FORMAT, "operations": [_write(o) for o in operations], "clauses": list(clauses)}
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def read_operations(text: str) -> tuple[tuple[Operation, ...], tuple[str, ...]]:
    """What ``write_operations`` wrote. Raises ``AmendmentUnreadable``."""
    data = _load(text)
    try:
        return tuple(_read(o, _OPERATIONS) for o in data["operations"]), tuple(data["clauses"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise AmendmentUnreadable(type(error).__name__) from error


def write_edits(edits: Sequence[Edit]) -> str:
    data = {"format": FORMAT, "edits": [_write(e) for e in edits]}
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


def read_edits(text: str) -> tuple[Edit, ...]:
    """What ``write_edits`` wrote. Raises ``AmendmentUnreadable``."""
    data = _load(text)
    try:
        return tuple(_read(e, _EDITS) for e in data["edits"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise AmendmentUnreadable(type(error).__name__) from error


def _load(text: str) -> Any:
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            raise AmendmentUnreadable(f"格式 {data['format']!s:.40}")
    except (KeyError, TypeError, ValueError) as error:
        raise AmendmentUnreadable(type(error).__name__) from error
    return data


def _write(item: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"is": type(item).__name__}
    for field in fields(item):
        value, part = getattr(item, field.name), _PARTS.get((type(item), field.name))
        if field.name == _VALUE:
            value = write_value(value)
        elif part is not None:
            value = converters(part)[0](value)
        found[field.name] = value
    return found


def _read(data: dict[str, Any], kinds: Sequence[Any]) -> Any:
    kind = next((k for k in kinds if k.__name__ == data["is"]), None)
    if kind is None:
        raise AmendmentUnreadable(str(data["is"])[:40])
    found: dict[str, Any] = {}
    for name, value in data.items():
        part = _PARTS.get((kind, name))
        if name == _VALUE:
            found[name] = read_value(value)
        elif part is not None:
            found[name] = converters(part)[1](value)
        elif name != "is":
            found[name] = value
    return kind(**found)
