"""Units of work over a fresh database of each kind."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine

from app.store.blobs import BlobStore
from app.store.engine import reading
from app.store.seal import AuditSeal
from app.store.uow import UnitOfWork

Units = Callable[[], UnitOfWork]


@pytest.fixture
def units(engine: Engine) -> Units:
    return lambda: UnitOfWork(engine)


@pytest.fixture
def readers(engine: Engine) -> Units:
    return lambda: UnitOfWork(reading(engine))


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path / "blobs")


@pytest.fixture
def seal(tmp_path: Path) -> AuditSeal:
    return AuditSeal(tmp_path / "audit")
