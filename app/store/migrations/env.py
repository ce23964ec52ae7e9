"""Alembic environment: always online, on the engine that the program hands over.

Everything runs in one transaction that no other process can enter: two processes that start together migrate one after
the other, and a migration that fails leaves nothing behind.
"""

from __future__ import annotations

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import text

from app.store.base import Instant, Yuan
from app.store.tables import METADATA

LOCK = 0x63_79_6D_69_67
"""Key of the advisory lock on PostgreSQL; on SQLite the transaction itself holds the lock."""
UNMAPPED = "search_grams"
"""The inverted index of the search, with the tables that FTS5 keeps behind it: each database has its own, the models know none."""
PLAIN = {Instant: "sa.DateTime(timezone=True)", Yuan: "sa.BigInteger()"}


def render_item(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """Our column types are plain ones in the schema; migrations must not import the application."""
    return PLAIN.get(type(item), False) if kind == "type" else False


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    return kind != "table" or not str(name).startswith(UNMAPPED)


engine = context.config.attributes["engine"]
with engine.begin() as connection:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": LOCK})
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        render_item=render_item,
        include_name=include_name,
    )
    context.run_migrations()
