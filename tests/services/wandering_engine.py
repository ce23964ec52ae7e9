"""One engine for all databases of a kind: what SQLAlchemy compiled for one database serves the others, and a child that is forked later."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Dialect, Engine, event

from app.store.engine import database_url, open_engine


@cache
def _engine(kind: str) -> tuple[Engine, list[str]]:
    """The engine, and where it connects to."""
    where = [""]
    engine = open_engine(
        {"sqlite": "sqlite:////nowhere/nothing.sqlite3", "postgresql": "postgresql://nobody@127.0.0.1:1/nothing"}[kind]
    )

    def connect(dialect: Dialect, _record: object, positional: list[Any], named: dict[str, Any]) -> None:
        found, more = dialect.create_connect_args(database_url(where[0]))
        positional[:] = found
        named.update(more)

    event.listen(engine, "do_connect", connect)
    return engine, where


def wandering_engine(url: str) -> Engine:
    engine, where = _engine(url.partition(":")[0].partition("+")[0])
    where[0] = url
    return engine
