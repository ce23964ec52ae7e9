"""The tree as lossless JSON for the store: what is read back equals what was written, span for span.

``contract.json`` (``domain.interchange``) is the file for other programs; this is the record of a version. A field at its
default is left out; a value whose type has alternatives says its class under ``is``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from functools import cache, lru_cache
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from app.domain.errors import ContractError
from app.domain.tree import Instrument

FORMAT = "chengyue.tree/1"
Convert = Callable[[Any], Any]


class TreeUnreadable(ContractError):
    def __init__(self, why: str) -> None:
        super().__init__("tree.unreadable", f"已存储的合同文本无法读取（{why}）。")


def write_tree(instrument: Instrument) -> str:
    """The tree as one JSON text; equal trees give equal texts."""
    data = {"format": FORMAT, "tree": _pair(Instrument)[0](instrument)}
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


@lru_cache(maxsize=8)
def read_tree(text: str) -> Instrument:
    """The tree of ``write_tree``. Raises ``TreeUnreadable``. A version is indexed, shown and compared soon after it was frozen."""
    try:
        data = json.loads(text)
        if data["format"] != FORMAT:
            raise TreeUnreadable(f"格式 {data['format']!s:.40}")
        tree: Instrument = _pair(Instrument)[1](data["tree"])
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise TreeUnreadable(type(error).__name__) from error
    return tree


def converters(kind: Any) -> tuple[Convert, Convert]:
    """How a part of the tree is written as plain data and read again; for others that store parts of trees."""
    return _pair(kind)


def _same(value: Any) -> Any:
    return value


@cache
def _pair(kind: Any) -> tuple[Convert, Convert]:
    """How a value of ``kind`` is written and read; made once for each type from its annotations."""
    if get_origin(kind) is tuple:
        write, read = _pair(get_args(kind)[0])
        return (lambda v: [write(x) for x in v]), (lambda v: tuple([read(x) for x in v]))
    if isinstance(kind, UnionType):
        return _union(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return (lambda v: v.value), kind
    if is_dataclass(kind):
        return _record(kind)
    return _same, _same


def _record(kind: Any) -> tuple[Convert, Convert]:
    hints = get_type_hints(kind)
    # A type may hold itself (a provision its children), so a field's converters are asked for when first needed.
    layout = [(f.name, hints[f.name], f.default) for f in fields(kind)]

    def write(value: Any) -> dict[str, Any]:
        found = {}
        for name, hint, default in layout:
            item = getattr(value, name)
            if default is MISSING or item != default:
                found[name] = _pair(hint)[0](item)
        return found

    def read(data: Any) -> Any:
        return kind(**{name: _pair(hint)[1](data[name]) for name, hint, _ in layout if name in data})

    return write, read


def _union(kind: Any) -> tuple[Convert, Convert]:
    choices = [c for c in get_args(kind) if c is not NoneType]
    if len(choices) == 1:
        write_one, read_one = _pair(choices[0])
        return (lambda v: None if v is None else write_one(v)), (lambda v: None if v is None else read_one(v))
    by_name = {c.__name__: c for c in choices}

    def write(value: Any) -> dict[str, Any]:
        name = type(value).__name__
        return {"is": name, **_pair(by_name[name])[0](value)}

    def read(data: Any) -> Any:
        return _pair(by_name[data["is"]])[1](data)

    return write, read
