"""A data folder with one lawyer in it, for commands that need no more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.settings import Settings
from app.wiring import Wiring
from tests.data_folders import with_database
from tests.web.people import first_lawyer


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return with_database(tmp_path / "data")


@pytest.fixture
def wiring(data_dir: Path) -> Iterator[Wiring]:
    made = Wiring(Settings(data_dir=data_dir))
    first_lawyer(made)
    yield made
    made.engine.dispose()
