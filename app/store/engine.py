"""The database engine: SQLite by default, PostgreSQL by ``DATABASE_URL``."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url

READING = "reading"
"""Execution option of a connection that only reads; it takes no lock on SQLite."""


def database_url(text: str) -> URL:
    """``text`` as an address with the driver we ship: ``postgres://`` and ``postgresql://`` mean psycopg 3."""
    url = make_url(f"postgresql{text[len('postgres') :]}" if text.startswith("postgres://") else text)
    return url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url


def open_engine(address: str) -> Engine:
    """An engine for ``address``. SQLite is put into WAL mode with foreign keys on, and waits 10 s for a lock."""
    url = database_url(address)
    if url.get_backend_name() == "sqlite":
        if url.database and url.database != ":memory:":
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(url, connect_args={"timeout": 10, "factory": _Connection})
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin)
        return engine
    # The zone is fixed, so that a timestamp reads the same whatever the server is set to.
    return create_engine(url, pool_pre_ping=True, connect_args={"options": "-c timezone=UTC -c lock_timeout=10s"})


def reading(engine: Engine) -> Engine:
    """The same engine (and pool) for transactions that only read: they neither wait for writers nor hold them up."""
    options: dict[str, Any] = {READING: True}
    if engine.dialect.name == "postgresql":
        options |= {"postgresql_readonly": True, "isolation_level": "REPEATABLE READ"}
    return engine.execution_options(**options)


class _Connection(sqlite3.Connection):
    """Closes with the pool that holds it: one left to the garbage collector, of which Python 3.13 warns otherwise."""

    def __del__(self) -> None:
        self.close()


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver must not begin transactions by itself: a deferred one fails at its first write instead of waiting.
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "foreign_keys=ON", "synchronous=FULL", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Connection) -> None:
    # A reader sees one snapshot of the WAL; a writer takes its lock at once.
    reads_only = bool(connection.get_execution_options().get(READING))
    connection.exec_driver_sql(f"PRAGMA query_only = {int(reads_only)}")
    connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")
