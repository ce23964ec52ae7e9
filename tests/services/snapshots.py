"""Databases that were filled once and are copied for each test: what takes a second to set up is there in a moment."""

from __future__ import annotations

import copy
import itertools
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import pytest

from app.store.engine import open_engine, reading
from app.store.uow import UnitOfWork
from tests.databases import copy_database, copy_of_template
from tests.services.sharing import KINDS, both_databases

Units = Callable[[], UnitOfWork]
Test = TypeVar("Test", bound=Callable[..., Any])
_numbers = itertools.count(1)


@dataclass
class Snapshots:
    """The filled databases of one test run, by kind of database and by what filled them; they go with the run."""

    request: pytest.FixtureRequest
    held: dict[tuple[str, Any], tuple[str, Any]] = field(default_factory=dict)

    @contextmanager
    def of(self, kind: str, build: Callable[[Units], Any], *, read_only: bool = False) -> Iterator[tuple[Units, Any]]:
        """Units of work over a copy of the database that ``build`` filled, and a copy of what it returned."""
        name, made = self._filled(kind, build)
        with self._copy(kind, name) as address:
            engine = open_engine(address)
            used = reading(engine) if read_only else engine
            yield (lambda: UnitOfWork(used)), copy.deepcopy(made)
            engine.dispose()

    def _filled(self, kind: str, build: Callable[[Units], Any]) -> tuple[str, Any]:
        if (kind, build) not in self.held:
            name = f"filled_{next(_numbers)}"
            if kind == "postgresql":
                address = copy_database(self.request.getfixturevalue("postgresql_server"), name)
            else:
                shutil.copy(self.request.getfixturevalue("sqlite_template"), self._file(name))
                address = f"sqlite:///{self._file(name)}"
            engine = open_engine(address)
            made = build(lambda: UnitOfWork(engine))
            engine.dispose()
            self.held[kind, build] = name, made
        return self.held[kind, build]

    @contextmanager
    def _copy(self, kind: str, source: str) -> Iterator[str]:
        name = f"copy_{next(_numbers)}"
        if kind == "postgresql":
            with copy_of_template(self.request.getfixturevalue("postgresql_server"), name, source) as address:
                yield address
            return
        path = shutil.copy(self._file(source), self._file(name))
        yield f"sqlite:///{path}"
        for left in path.parent.glob(f"{path.name}*"):
            left.unlink()

    def _file(self, name: str) -> Path:
        scratch: Path = self.request.getfixturevalue("scratch")
        return scratch / f"{name}.sqlite3"


def filled(build: Callable[[Units], Any], kinds: tuple[str, ...] = KINDS) -> Any:
    """A fixture of what ``build`` returns, an object with ``units``, over a database of each of ``kinds`` that is the test's own.

    One kind is enough where rows are written as other tests have shown over both, and files or mails are looked at; ``over_both``
    runs a test of such a file over both nevertheless.
    """

    @pytest.fixture(params=kinds)
    def fixture(request: pytest.FixtureRequest, snapshots: Snapshots) -> Iterator[Any]:
        with snapshots.of(request.param, build) as (units, made):
            made.units = units
            yield made

    return fixture


def shared(build: Callable[[Units], Any]) -> Any:
    """A fixture like that of ``filled`` whose one copy all tests of a file share: its units of work refuse to write."""

    @pytest.fixture(scope="module", params=KINDS)
    def fixture(request: pytest.FixtureRequest, snapshots: Snapshots) -> Iterator[Any]:
        with snapshots.of(request.param, build, read_only=True) as (units, made):
            made.units = units
            yield made

    return fixture


def over_both(fixture: str) -> Callable[[Test], Test]:
    """For a test that asks, itself or through others, for ``fixture``, one that ``filled`` made for one kind."""

    def marked(test: Test) -> Test:
        return both_databases(pytest.mark.parametrize(fixture, KINDS, indirect=True)(test))

    return marked
