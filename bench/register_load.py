"""Loads the files of ``register_data`` into a migrated database, as quickly as each kind can."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import Engine, text

from app.store.engine import open_engine
from app.store.migrate import upgrade
from bench.register_data import lines, with_buckets

COLUMNS = {
    "users": "id login name email password_hash active totp_secret password_at totp_step failures locked_until created_at revision",
    "contracts": "id number form title draft_id stage rectifying disputed confidential owner_id owner_name value took_effect_on last_day "
    "revision created_at updated_at updated_by",
    "contract_parties": "contract_id role name uscc organisation_id",
    "contract_readers": "contract_id user_id",
    "search_passages": "id hash text",
    "search_grams": "id grams",
    "search_bundles": "id hash",
    "search_bundle_passages": "bundle_id place passage_id kind number anchor",
    "search_contracts": "seq contract_id ordinal head seen_at",
    "search_postings": "bundle_id seq first last",
}
"""Tables in the order in which they may be filled."""
BOOLEANS = {"active", "rectifying", "disputed", "confidential"}
SECONDARY = re.compile(r"ix_(contracts|contract_parties|search_bundle_passages|search_postings|search_grams)")


def load(folder: Path, address: str) -> Engine:
    """The database at ``address``, migrated and filled."""
    engine = open_engine(address)
    upgrade(engine)
    if engine.dialect.name == "postgresql":
        _postgresql(engine, folder)
    else:
        _sqlite(engine, folder)
    return engine


def _postgresql(engine: Engine, folder: Path) -> None:
    with engine.connect() as connection:
        found = connection.execute(text("SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"))
        indexes = {name: made for name, made in found if SECONDARY.match(name)}
    driver = engine.raw_connection()
    try:
        cursor = driver.cursor()
        cursor.execute("SET session_replication_role = replica")  # foreign keys hold by the way the files are made
        cursor.execute("SET maintenance_work_mem = '512MB'")
        for name in indexes:
            cursor.execute(f"DROP INDEX {name}")
        for table, columns in COLUMNS.items():
            names = ", ".join(f'"{c}"' for c in columns.split())
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                if table == "search_grams":
                    for number, tokens in lines(folder, table):
                        copy.write(f"{number}\t{with_buckets(int(number or 0), tokens or '')}\n")
                else:
                    with (folder / f"{table}.tsv").open("rb") as stream:
                        while block := stream.read(1 << 20):
                            copy.write(block)
        for made in indexes.values():
            cursor.execute(made)
        driver.commit()
        driver.driver_connection.autocommit = True  # type: ignore[union-attr]
        cursor.execute("VACUUM ANALYZE")
        driver.driver_connection.autocommit = False  # type: ignore[union-attr]
    finally:
        driver.close()


def _sqlite(engine: Engine, folder: Path) -> None:
    engine.dispose()
    connection = sqlite3.connect(engine.url.database or "", isolation_level=None)
    try:
        for pragma in ("synchronous=OFF", "cache_size=-262144", "foreign_keys=OFF", "temp_store=MEMORY"):
            connection.execute(f"PRAGMA {pragma}")
        found = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL").fetchall()
        indexes = {name: made for name, made in found if SECONDARY.match(name)}
        connection.execute("BEGIN")
        for name in indexes:
            connection.execute(f"DROP INDEX {name}")
        for table, columns in COLUMNS.items():
            names = columns.split()
            places = ["rowid" if table == "search_grams" and n == "id" else f'"{n}"' for n in names]
            connection.executemany(
                f"INSERT INTO {table} ({', '.join(places)}) VALUES ({', '.join('?' * len(names))})",
                _typed(lines(folder, table), names),
            )
        for made in indexes.values():
            connection.execute(made)
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.close()


def _typed(rows: Iterable[list[str | None]], names: list[str]) -> Iterable[list[str | int | None]]:
    """SQLite converts digits by itself; booleans it has none."""
    booleans = [i for i, name in enumerate(names) if name in BOOLEANS]
    for row in rows:
        typed: list[str | int | None] = list(row)
        for i in booleans:
            typed[i] = int(row[i] == "t")
        yield typed
