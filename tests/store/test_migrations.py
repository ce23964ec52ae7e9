"""Migrations: head equals the models, and the way runs up and down."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from sqlalchemy import inspect

from app.store.engine import open_engine
from app.store.migrate import configuration, current, downgrade, head, upgrade


def test_the_migrations_head_equals_the_models(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'a.sqlite3'}")
    upgrade(engine)
    assert current(engine) == head()
    command.check(configuration(engine))


def test_migrations_run_down_to_nothing_and_up_again(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'a.sqlite3'}")
    upgrade(engine)
    downgrade(engine, "base")
    assert set(inspect(engine).get_table_names()) <= {"alembic_version"}
    upgrade(engine)
    assert "drafts" in inspect(engine).get_table_names()
