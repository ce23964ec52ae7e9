"""People for tests of the pages: made and signed in through the services, as the pages would."""

from __future__ import annotations

from app.domain.permissions import Role
from app.services.access import Client, sign_in
from app.services.accounts import CONSOLE, Post, UserDetails, create_administrator, first_run_token, invite
from app.services.own_account import set_password_by_link
from app.web.desk import Desk

PASSWORD = "正确的马电池钉书针-测试"
LAWYER = UserDetails(
    "wang", "王律师", "wang@example.com", frozenset({Role.SYSTEM_ADMINISTRATOR, Role.DRAFTER, Role.CONTRACT_ADMINISTRATOR})
)


def first_lawyer(desk: Desk) -> str:
    """The first user, who drafts and administers; returns the id."""
    with desk.unit_of_work() as uow:
        token = first_run_token(uow, desk.now())
    assert token
    with desk.unit_of_work() as uow:
        return create_administrator(uow, desk.now(), token, LAWYER, PASSWORD)


def person(desk: Desk, login: str, *roles: Role, name: str = "", email: str = "") -> str:
    """One more user with a password; returns the id."""
    links: list[str] = []
    post = Post(desk.write_mail, lambda token: links.append(token) or token)
    with desk.unit_of_work() as uow:
        made = invite(uow, CONSOLE, desk.now(), UserDetails(login, name or login, email, frozenset(roles)), post)
    with desk.unit_of_work() as uow:
        set_password_by_link(uow, desk.now(), made.link, PASSWORD, desk.write_mail)
    return made.user_id


def session_of(desk: Desk, login: str) -> str:
    """The token of a new session."""
    with desk.unit_of_work() as uow:
        return sign_in(uow, desk.now(), login, PASSWORD, Client("127.0.0.1", "test"), desk.write_mail).token
