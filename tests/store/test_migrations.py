"""Migrations: head equals the models, and the way runs up and down, on both databases."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from alembic import command
from sqlalchemy import Engine, inspect

from app.store.engine import open_engine
from app.store.migrate import configuration, current, downgrade, head, newest, upgrade

ROOT = Path(__file__).resolve().parents[2]


def test_the_migrations_head_equals_the_models(engine: Engine) -> None:
    assert current(engine) == head() == newest()
    command.check(configuration(engine))


def test_a_database_of_the_newest_schema_is_left_as_it_is_without_reading_the_migrations(database: str) -> None:
    program = """
import sys
from app.store.engine import open_engine
from app.store.migrate import upgrade
upgrade(open_engine(sys.argv[1]))
print(sorted(m for m in sys.modules if m.split(".")[0] == "alembic" or ".versions" in m))
"""
    done = subprocess.run([sys.executable, "-c", program, database], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_migrations_run_down_to_nothing_and_up_again(engine: Engine) -> None:
    downgrade(engine, "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    upgrade(engine)
    assert {"drafts", "contracts", "audit_entries"} <= set(inspect(engine).get_table_names())


def test_two_processes_that_start_together_migrate_one_after_the_other(engine: Engine, database: str) -> None:
    downgrade(engine, "base")
    engine.dispose()
    program = "import sys; from app.store.engine import open_engine; from app.store.migrate import upgrade; upgrade(open_engine(sys.argv[1]))"
    both = [subprocess.Popen([sys.executable, "-c", program, database], cwd=ROOT) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert current(engine) == head()


def test_a_fresh_file_is_migrated_in_one_step(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'new' / 'a.sqlite3'}")
    upgrade(engine)
    assert current(engine) == head()
    engine.dispose()
