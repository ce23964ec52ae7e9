"""A house with people for the tests of accounts: one clock that the test moves, the mails as they would be sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pyotp

from app.domain.approval_route import Function
from app.domain.messages import MailText
from app.domain.permissions import Actor, Role
from app.notify.mail_texts import write_mail
from app.services.access import Client, NewSession, SignedIn, actor_of, pass_second_factor, sign_in, signed_in
from app.services.accounts import CONSOLE, Post, UserDetails, create_administrator, first_run_token, invite
from app.services.own_account import enable_second_factor, renew_recovery_codes, set_password_by_link
from app.store.uow import UnitOfWork
from app.store.users import user_with_login
from app.store.vault import Vault

PASSWORD = "正确的马电池钉书针-测试"
ADMIN = UserDetails("admin", "管理员", "admin@example.com", frozenset({Role.SYSTEM_ADMINISTRATOR}))
VAULT = Vault(bytes(range(32)))
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
CLIENT = Client("127.0.0.1", "test")


@dataclass
class House:
    """``units`` over a fresh database; ``now`` stands still until ``wait``."""

    units: Callable[[], UnitOfWork]
    now: datetime = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
    links: list[str] = field(default_factory=list)

    @property
    def post(self) -> Post:
        return Post(self.write, self.link)

    def write(self, mail: str, values: Mapping[str, str]) -> MailText:
        return write_mail(mail, values)

    def link(self, token: str) -> str:
        self.links.append(token)
        return f"https://example.com/password/{token}"

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)

    def first(self) -> str:
        with self.units() as uow:
            token = first_run_token(uow, self.now)
        assert token
        with self.units() as uow:
            return create_administrator(uow, self.now, token, ADMIN, PASSWORD)

    def person(
        self, login: str = "wang", *roles: Role, email: str = "wang@example.com", offices: frozenset[Function] = frozenset()
    ) -> str:
        details = UserDetails(login, "王律师", email, frozenset(roles or {Role.DRAFTER}), offices)
        with self.units() as uow:
            made = invite(uow, CONSOLE, self.now, details, self.post)
        with self.units() as uow:
            set_password_by_link(uow, self.now, self.links[-1], PASSWORD, self.write)
        return made.user_id

    def enter(self, login: str = "wang", password: str = PASSWORD) -> NewSession:
        with self.units() as uow:
            return sign_in(uow, self.now, login, password, CLIENT, self.write)

    def pass_code(self, token: str, code: str) -> NewSession:
        with self.units() as uow:
            return pass_second_factor(uow, self.now, token, code, CLIENT, self.write, VAULT)

    def who(self, token: str) -> SignedIn | None:
        with self.units() as uow:
            return signed_in(uow, self.now, token)

    def actor(self, token: str) -> Actor:
        found = self.who(token)
        assert found
        return found.actor

    def code(self) -> str:
        """What the authenticator app shows now."""
        return pyotp.TOTP(SECRET).at(self.now)

    def protect(self, token: str) -> tuple[str, ...]:
        """Turn the second factor of a session's owner on; returns the recovery codes."""
        found = self.who(token)
        assert found
        with self.units() as uow:
            return enable_second_factor(
                uow, found.actor, self.now, found.session_id, PASSWORD, SECRET, self.code(), self.write, VAULT
            )

    def renew(self, login: str = "wang") -> tuple[str, ...]:
        """New recovery codes of somebody."""
        with self.units() as uow:
            row = user_with_login(uow.session, login)
            assert row
            return renew_recovery_codes(uow, actor_of(row), self.now, PASSWORD, self.write)
