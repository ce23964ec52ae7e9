"""Failed sign-ins from one address."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.settings import Settings
from app.web import throttle as module
from app.web.desk import KEY
from app.web.throttle import MOST, WINDOW, Throttle
from tests.data_folders import with_database
from tests.web.applications import application
from tests.web.conftest import Visitor
from tests.web.people import LAWYER, PASSWORD, first_lawyer

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


def full(address: str = "198.51.100.7") -> Throttle:
    made = Throttle()
    for _ in range(MOST):
        assert not made.is_refused(address, NOW)
        made.failed(address, NOW)
    return made


def test_an_address_with_many_failures_is_refused_for_a_while_and_no_other() -> None:
    made = full()
    assert made.is_refused("198.51.100.7", NOW)
    assert not made.is_refused("198.51.100.8", NOW)
    made.failed("198.51.100.7", NOW + WINDOW / 2)  # who goes on doesn't make it longer
    assert not made.is_refused("198.51.100.7", NOW + WINDOW)


def test_failures_that_lie_back_do_not_count() -> None:
    made = Throttle()
    for number in range(MOST * 3):
        made.failed("198.51.100.7", NOW + number * WINDOW / (MOST - 1))
        assert not made.is_refused("198.51.100.7", NOW + number * WINDOW / (MOST - 1) + timedelta(seconds=1))


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", "", "no address"])
def test_this_machine_and_what_is_no_address_are_never_refused(address: str) -> None:
    assert not full(address).is_refused(address, NOW)


def test_neighbours_of_one_ipv6_network_count_as_one() -> None:
    made = full("2001:db8::1")
    assert made.is_refused("2001:db8::ffff:2", NOW)
    assert not made.is_refused("2001:db8:0:1::1", NOW)


def test_only_so_many_addresses_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REMEMBERED", 3)
    made = full("198.51.100.7")
    for last in range(3):
        made.failed(f"203.0.113.{last}", NOW)
    assert not made.is_refused("198.51.100.7", NOW)


def test_a_refused_address_does_not_get_in_even_with_the_right_password(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    app = application(Settings(data_dir=with_database(tmp_path)))
    first_lawyer(app.extensions[KEY])
    here, there = {"REMOTE_ADDR": "198.51.100.7"}, {"REMOTE_ADDR": "203.0.113.9"}

    def enter(place: dict[str, str], login: str, password: str) -> int:
        visitor = Visitor(app.test_client())
        return int(visitor.post("/sign-in", {"login": login, "password": password}, environ_base=place).status_code)

    assert [enter(here, name, "falsch-falsch-falsch") for name in ("one", "two")] == [422, 422]
    assert enter(here, LAWYER.login, PASSWORD) == 422
    assert enter(there, LAWYER.login, PASSWORD) == 302
