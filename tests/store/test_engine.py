"""Addresses of databases as people write them."""

from __future__ import annotations

import pytest

from app.store.engine import database_url


@pytest.mark.parametrize("written", ["postgres://u:p@h/d", "postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d"])
def test_every_spelling_of_a_postgresql_address_means_the_driver_we_ship(written: str) -> None:
    assert database_url(written).render_as_string(hide_password=False) == "postgresql+psycopg://u:p@h/d"


def test_a_sqlite_address_stays_as_it_is() -> None:
    assert str(database_url("sqlite:////var/lib/chengyue.sqlite3")) == "sqlite:////var/lib/chengyue.sqlite3"
