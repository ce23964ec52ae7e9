"""What the database itself refuses, whoever asks."""

from __future__ import annotations

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from app.store.uow import UnitOfWork
from tests.services.fixtures import LAWYER, NOW, PATTERN, TODAY, draft, reference

TABLES = ["audit_entries", "audit_checkpoints", "versions"]
COLUMN = {"audit_entries": "data", "audit_checkpoints": "signature", "versions": "tree"}


@pytest.fixture
def filled(engine: Engine) -> Engine:
    from app.domain.audit import Checkpoint
    from app.domain.merkle import Frontier
    from app.services.filing import create_contract
    from app.services.versions import save_version
    from app.store.audit import add_checkpoint

    with UnitOfWork(engine) as uow:
        contract = create_contract(uow, LAWYER, NOW, TODAY, reference(), draft(uow), PATTERN)
        save_version(uow, LAWYER, NOW, TODAY, reference(), contract.id)
        add_checkpoint(uow.session, Checkpoint("x", 1, "h", "r", NOW, "k", b"s"), Frontier(1, (b"p",)))
        uow.commit()
    return engine


def _run(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement))


def test_no_row_can_be_changed(filled: Engine) -> None:
    for table in TABLES:
        with pytest.raises(DBAPIError, match=f"{table} is append-only"):
            _run(filled, f"UPDATE {table} SET {COLUMN[table]} = 'x'")


def test_no_row_can_be_deleted(filled: Engine) -> None:
    for table in TABLES:
        with pytest.raises(DBAPIError, match=f"{table} is append-only"):
            _run(filled, f"DELETE FROM {table}")


def test_no_row_can_be_replaced_or_swept_away(filled: Engine) -> None:
    for table in TABLES:
        replace, sweep = f"INSERT OR REPLACE INTO {table} SELECT * FROM {table}", f"TRUNCATE {table} CASCADE"
        with pytest.raises(DBAPIError, match="is append-only"):
            _run(filled, replace if filled.dialect.name == "sqlite" else sweep)
