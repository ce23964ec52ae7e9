"""What tests of several areas share: a migrated database of each kind that the product supports."""

from __future__ import annotations

import gc
import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine

from app.services import credentials
from app.store.engine import open_engine
from tests.data_folders import migrated
from tests.databases import binaries, copy_of_template, postgresql, prepare_template
from tests.scratch import scratch_folder

_numbers = itertools.count(1)
SLOW = (
    "_browser", "_killed", "_office", "_years", "test_signing", "test_elsewhere", "test_supervisor", "test_permissions", "test_verification",
)  # fmt: skip
"""Parts of the names of files that take long with few tests."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--databases", choices=("shared", "both"), default="shared",
        help="shared: a test of the services runs on SQLite or on PostgreSQL, some on both; both: each runs on both",
    )  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that take long come first: begun last, the longest would keep one process busy while the others are done."""
    items.sort(key=lambda item: not any(part in item.path.stem for part in SLOW))


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: the collector needn't look at it again after every few hundred objects."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


@pytest.fixture(scope="session", autouse=True)
def light_hashes() -> Iterator[PasswordHasher]:
    """Argon2 with the least work, or hundreds of people who set passwords and sign in would take minutes; yields the product's own, which
    ``tests.services.test_credentials`` holds against RFC 9106, and which the servers of the browser tests use."""
    own = credentials._hasher
    credentials._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    yield own
    credentials._hasher = own


@pytest.fixture(scope="session")
def postgresql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one real PostgreSQL server for all tests."""
    if binaries() is None:
        pytest.skip("PostgreSQL's server programs are not installed (Debian package postgresql)")
    with postgresql(tmp_path_factory.mktemp("postgresql")) as address:
        prepare_template(address)
        yield address


@pytest.fixture(scope="session")
def sqlite_template() -> Path:
    """A migrated SQLite file to copy."""
    return migrated()


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """Where SQLite files of tests lie: in memory, if it has room."""
    folder = scratch_folder()
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, scratch: Path) -> Iterator[str]:
    """The address of a fresh migrated database; a test that asks for it runs over both kinds."""
    if request.param == "sqlite":
        folder = scratch / str(next(_numbers))
        folder.mkdir()
        shutil.copy(request.getfixturevalue("sqlite_template"), folder / "database.sqlite3")
        yield f"sqlite:///{folder / 'database.sqlite3'}"
        shutil.rmtree(folder, ignore_errors=True)
    else:
        with copy_of_template(request.getfixturevalue("postgresql_server"), f"test_{next(_numbers)}") as address:
            yield address


@pytest.fixture
def engine(database: str) -> Iterator[Engine]:
    opened = open_engine(database)
    yield opened
    opened.dispose()
