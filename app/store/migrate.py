"""Schema migrations with Alembic, run by the program itself; there is no separate configuration file.

Alembic and the migrations are loaded only where there is something to do: reading all of them takes longer than most commands.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Engine, inspect, text

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).parent / "migrations"
_NUMBER = re.compile(r"(\d{4})_\w+\.py")
"""Of a migration's file; the number is its revision, and each follows the one before."""


def configuration(engine: Engine) -> Config:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes["engine"] = engine
    return config


def upgrade(engine: Engine) -> None:
    """To the newest schema."""
    if current(engine) == newest():
        return
    from alembic import command

    command.upgrade(configuration(engine), "head")


def downgrade(engine: Engine, revision: str) -> None:
    from alembic import command

    command.downgrade(configuration(engine), revision)


def current(engine: Engine) -> str | None:
    """The revision of a database; None for one that is empty."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def newest() -> str:
    """The last revision, by the names of the files."""
    return max(found[1] for path in (FOLDER / "versions").iterdir() if (found := _NUMBER.fullmatch(path.name)))


def head() -> str | None:
    """The last revision as Alembic finds it in the migrations themselves."""
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return ScriptDirectory.from_config(config).get_current_head()
