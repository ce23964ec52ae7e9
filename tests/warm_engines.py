"""Engines of one kind of database share what SQLAlchemy learnt and compiled: nearly every test opens one, and compiling each statement anew
for each would take a tenth of the whole run. Loaded by pytest alone (``pyproject.toml``); programs that tests start know nothing of it."""

from __future__ import annotations

from typing import Any

import sqlalchemy
from sqlalchemy import Engine

import app.store.engine as product

STATEMENTS = 1500
_first: dict[str, Engine] = {}


def _create(url: Any, **options: Any) -> Engine:
    engine = sqlalchemy.create_engine(url, query_cache_size=STATEMENTS, **options)
    dialect = engine.dialect
    first = _first.get(dialect.name)
    if first is None or getattr(first.dialect, "server_version_info", None) is None:
        _first[dialect.name] = engine  # the dialect learns what server it talks to as the first connection is made
    else:
        dialect.initialize = lambda _connection: None  # type: ignore[method-assign]
        # What is compiled is kept by the dialect it was compiled for, and by the statement.
        engine.dialect, engine._compiled_cache = first.dialect, first._compiled_cache
    return engine


product.create_engine = _create  # type: ignore[assignment]
