"""What sentences of the audit log are made of: fields of an entry as text, put into words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Data = Mapping[str, Any]
Names = Mapping[str, str]
"""Names of people by user id, as they are called today."""


def plain(value: Any) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, Mapping):
        return " · ".join(plain(v) for v in value.values() if v not in (None, ""))
    if isinstance(value, list | tuple):
        return "、".join(plain(v) for v in value)
    return "" if value is None else str(value)


def said(what: str) -> Callable[[Data, Names], str]:
    """A sentence with fields of the entry in braces."""
    return lambda data, _names: what.format_map({key: plain(value) for key, value in data.items()})
