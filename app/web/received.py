"""What a request brings, without the one character that nothing behind the doors can keep.

U+0000 is no character of XML (W3C XML 1.0, section 2.2), so no document can carry it, and PostgreSQL refuses it in every text. Nobody
types it; a field that brings it is read without it, and an address that holds it leads nowhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from flask import Flask, Request, abort, request
from flask.json.provider import DefaultJSONProvider
from werkzeug.datastructures import FileStorage, ImmutableMultiDict, iter_multi_items

NUL = "\x00"


class Fields(ImmutableMultiDict[str, Any]):
    """Fields of a query or a form, in the order in which they came."""

    def __init__(self, mapping: Mapping[str, Any] | Iterable[tuple[str, Any]] | None = None) -> None:
        super().__init__(list(_plain(mapping)) if mapping else ())


class Received(Request):
    parameter_storage_class = Fields


class Json(DefaultJSONProvider):
    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        return without_nul(super().loads(s, **kwargs))


def init_received(app: Flask) -> None:
    app.request_class = Received
    app.json = Json(app)
    app.before_request(_no_such_address)


def without_nul(value: Any) -> Any:
    """The same value of JSON with U+0000 taken out of every text, names of members included."""
    if isinstance(value, str):
        return value.replace(NUL, "")
    if isinstance(value, list):
        return [without_nul(item) for item in value]
    if isinstance(value, dict):
        return {without_nul(name): without_nul(item) for name, item in value.items()}
    return value


def _plain(mapping: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    for name, value in iter_multi_items(mapping):
        if isinstance(value, FileStorage) and value.filename:
            value.filename = value.filename.replace(NUL, "")
        yield name.replace(NUL, ""), value.replace(NUL, "") if isinstance(value, str) else value


def _no_such_address() -> None:
    if NUL in request.path:
        abort(404)
