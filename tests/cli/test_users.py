"""``users``: one-time links from the machine itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.domain.permissions import Role
from app.services.access import Client, sign_in
from app.services.accounts import FIRST_RUN, RESET, UserDetails, create_administrator, owner_of_link
from app.settings import Settings
from app.wiring import Wiring, first_run_link, now
from tests.cli.test_commands import Command, run

__all__ = ["run"]
PASSWORD = "正确的马电池钉书针-测试"


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def wiring(data_dir: Path) -> Wiring:
    return Wiring(Settings(data_dir=data_dir))


def begin(wiring: Wiring) -> None:
    token = first_run_link(wiring).rpartition("/")[2]
    with wiring.unit_of_work() as uow:
        details = UserDetails("admin", "管理员", "", frozenset({Role.SYSTEM_ADMINISTRATOR}))
        create_administrator(uow, now(), token, details, PASSWORD)


def test_without_users_the_link_creates_the_administrator(run: Command, wiring: Wiring) -> None:
    said = run("users", "create-link")
    place, _, token = said.out.strip().rpartition("/")
    assert place == "http://127.0.0.1:8000/first-run"
    with wiring.unit_of_work() as uow:
        assert owner_of_link(uow, now(), token, FIRST_RUN) is None


def test_with_users_a_sign_in_name_must_be_given(run: Command, wiring: Wiring) -> None:
    begin(wiring)
    assert run("users", "create-link").code == 2
    assert run("users", "create-link", "nobody").code == 2
    said = run("users", "create-link", "admin")
    with wiring.unit_of_work() as uow:
        owner = owner_of_link(uow, now(), said.out.strip().rpartition("/")[2], RESET)
    assert owner
    assert owner.login == "admin"


def test_users_are_listed_and_a_lost_second_factor_is_cleared(run: Command, wiring: Wiring) -> None:
    begin(wiring)
    assert run("users", "list").out == "admin\t管理员\t系统管理员\t\n"
    assert run("users", "clear-second-factor", "admin").code == 0
    with wiring.unit_of_work() as uow:
        assert not sign_in(uow, now(), "admin", PASSWORD, Client(), wiring.write_mail).second_factor_due
