"""Answers as lossless JSON for the store, readable without the clause library that they were given against.

Text, whole numbers and booleans are themselves; what JSON has no type for is ``{"decimal": "1.00"}``, ``{"date": …}``,
``{"datetime": …}``, ``{"contact": {…}}`` or ``{"row": {…}}``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from app.domain.errors import ContractError
from app.domain.variables import Acknowledgement, Answers, Contact, DeviationKind, DeviationRequest

FORMAT = "chengyue.answers/1"


class AnswersUnreadable(ContractError):
    def __init__(self, why: str) -> None:
        super().__init__("answers.unreadable", f"已存储的填写内容无法读取（{why}）。")


def write_answers(answers: Answers) -> str:
    """The answers as one JSON text; equal answers give equal texts."""
    data = {
        "format": FORMAT,
        "values": {name: write_value(answers.values[name]) for name in sorted(answers.values)},
        "given": sorted(answers.given),
        "positions": dict(sorted(answers.positions.items())),
        "deviations": [
            {
                "kind": d.kind.value,
                "provision": d.provision,
                "reason": d.reason,
                "text": d.text,
                "title": d.title,
                "after": d.after,
            }
            for d in answers.deviations
        ],
        "acknowledgements": [
            {"rule": a.rule, "place": a.place, "by": a.by, "at": a.at.isoformat() if a.at else None, "reason": a.reason}
            for a in answers.acknowledgements
        ],
    }
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=16)
def read_stored_answers(text: str) -> Answers:
    """The answers of ``write_answers``, which nobody can change: one use case reads the same ones many times. Raises
    ``AnswersUnreadable``."""
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            raise AnswersUnreadable(f"格式 {data['format']!s:.40}")
        return Answers(
            MappingProxyType({name: read_value(value) for name, value in data["values"].items()}),
            MappingProxyType(data["positions"]),
            tuple(DeviationRequest(**{**d, "kind": DeviationKind(d["kind"])}) for d in data["deviations"]),
            tuple(
                Acknowledgement(**{**a, "at": datetime.fromisoformat(a["at"]) if a["at"] else None})
                for a in data["acknowledgements"]
            ),
            frozenset(data["given"]),
        )
    except (AttributeError, InvalidOperation, KeyError, TypeError, ValueError) as error:
        raise AnswersUnreadable(type(error).__name__) from error


def write_value(value: object) -> Any:
    """One value as plain data."""
    match value:
        case Decimal():
            return {"decimal": str(value)}
        case datetime():
            return {"datetime": value.isoformat()}
        case date():
            return {"date": value.isoformat()}
        case Contact():
            return {"contact": {"name": value.name, "title": value.title, "phone": value.phone, "email": value.email}}
        case Mapping():
            return {"row": {str(k): write_value(v) for k, v in value.items()}}
        case tuple() | list():
            return [write_value(v) for v in value]
        case None | str() | int():
            return value
        case _:
            raise TypeError(f"no place in a version for a {type(value).__name__}")


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "decimal": Decimal,
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "contact": lambda fields: Contact(**fields),
    "row": lambda row: MappingProxyType({k: read_value(v) for k, v in row.items()}),
}


def read_value(value: Any) -> Any:
    """The value of ``write_value``."""
    if isinstance(value, list):
        return tuple(read_value(v) for v in value)
    if isinstance(value, dict):
        ((kind, inner),) = value.items()
        return _READERS[kind](inner)
    return value
