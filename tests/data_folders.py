"""Data folders that hold already what an installation makes at its first start: to make it anew for each test takes seconds of processor."""

from __future__ import annotations

import atexit
import shutil
from functools import cache
from pathlib import Path

from app.store.engine import open_engine
from app.store.migrate import upgrade
from tests.databases import know_the_library
from tests.scratch import scratch_folder


@cache
def migrated() -> Path:
    """An empty SQLite database of the newest schema, to copy."""
    folder = scratch_folder()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    engine = open_engine(f"sqlite:///{folder / 'template.sqlite3'}")
    upgrade(engine)
    know_the_library(engine)
    engine.dispose()
    return folder / "template.sqlite3"


def with_database(data_dir: Path) -> Path:
    """The same folder, made if need be, with an empty migrated database."""
    data_dir.mkdir(parents=True, exist_ok=True)
    shutil.copy(migrated(), data_dir / "chengyue.sqlite3")
    return data_dir


def with_fonts(data_dir: Path) -> Path:
    """The same folder with the test run's fonts in it."""
    from tests.rendering.fixtures import FONTS, fonts

    fonts()
    (data_dir / "fonts").symlink_to(FONTS)
    return data_dir
