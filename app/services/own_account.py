"""What a person does with the own account: password, reset by mail, second factor, recovery codes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.errors import ContractError
from app.domain.permissions import Actor
from app.services.access import (
    RECOVERY,
    SignInRefused,
    actor_of,
    close_sessions,
    count_failure,
    is_locked,
    take_code,
    tell,
)
from app.services.accounts import INVITATION, RESET, Post, UserMissing, mail_link, owner_of_link, take_link, void_links
from app.services.credentials import (
    RECOVERY_CODES,
    hash_password,
    matching_step,
    new_recovery_code,
    password_matches,
    recovery_digest,
    require_password,
)
from app.services.journal import note
from app.services.ports import MailWriter
from app.services.second_factor import seal_key
from app.store.uow import UnitOfWork
from app.store.users import OneTimeTokenRow, UserRow, find_session, find_user, unused_tokens, user_with_login
from app.store.vault import Vault

PAUSE = timedelta(minutes=5)
"""Between two mails with a reset link to the same person."""


@dataclass(frozen=True, slots=True)
class AccountView:
    """The own account. ``codes_left``: recovery codes that were not used yet."""

    login: str
    name: str
    email: str
    password_at: datetime | None
    second_factor: bool
    codes_left: int


class WrongPassword(ContractError):
    def __init__(self) -> None:
        super().__init__("password.wrong", "当前密码不正确。")


class WrongCode(ContractError):
    def __init__(self) -> None:
        super().__init__("code.wrong", "验证码不正确。请核对手机时间是否准确，并输入应用此刻显示的6位数字。")


def load_account(uow: UnitOfWork, actor: Actor) -> AccountView:
    row = _mine(uow, actor)
    left = len(unused_tokens(uow.session, row.id, RECOVERY))
    return AccountView(row.login, row.name, row.email, row.password_at, bool(row.totp_secret), left)


def change_password(uow: UnitOfWork, actor: Actor, now: datetime, session_id: str, old: str, new: str, write: MailWriter) -> None:
    """Raises ``WrongPassword`` (counted like a failed sign-in) or ``WeakPassword``. Every other session ends."""
    row = _mine(uow, actor)
    require_password(new, row.login, row.name, row.email)
    if old == new:
        raise ContractError("password.same", "新密码不能与当前密码相同。")
    _confirm(uow, actor, now, old, write)
    hashed = hash_password(new)
    row = _mine(uow, actor, lock=True)
    _set_password(uow, row, now, hashed, keep=session_id)
    note(uow, actor, now, "access.password_changed", user=actor.id)
    tell(uow, row, now, write, "password_changed", f"{now:%Y%m%d%H%M%S%f}")
    uow.commit()


def request_reset(uow: UnitOfWork, now: datetime, login: str, post: Post) -> None:
    """A link by mail, if there is such a user with an address. The caller learns nothing of that."""
    row = user_with_login(uow.session, login)
    recent = unused_tokens(uow.session, row.id, RESET) if row is not None else []
    if row is not None and row.active and row.email and not any(now - t.created_at < PAUSE for t in recent):
        mail_link(uow, row, now, RESET if row.password_hash else INVITATION, post)
        note(uow, actor_of(row), now, "access.reset_requested", user=row.id)
    uow.commit()


def set_password_by_link(uow: UnitOfWork, now: datetime, token: str, new: str, write: MailWriter) -> None:
    """Set the password by the link of an invitation or a reset; it works once. Ends every session and any lock.

    The second factor stays: who has the mailbox alone does not get in.
    """
    owner = owner_of_link(uow, now, token, INVITATION, RESET)
    if owner is not None:
        require_password(new, owner.login, owner.name, owner.email)
    uow.session.rollback()
    hashed = hash_password(new)
    row = take_link(uow, token, now, INVITATION, RESET)
    had_one = bool(row.password_hash)
    _set_password(uow, row, now, hashed)
    row.failures, row.locked_until = 0, None
    note(uow, actor_of(row), now, "access.password_reset" if had_one else "access.password_set", user=row.id)
    if had_one:
        tell(uow, row, now, write, "password_changed", f"{now:%Y%m%d%H%M%S%f}")
    uow.commit()


def enable_second_factor(
    uow: UnitOfWork, actor: Actor, now: datetime, session_id: str, password: str, secret: str, code: str, write: MailWriter, vault: Vault,
) -> tuple[str, ...]:  # fmt: skip
    """Turn the second factor on once the app shows the right code; returns the recovery codes, shown this once."""
    step = matching_step(secret, code, now, 0)
    if step is None:
        raise WrongCode
    _confirm(uow, actor, now, password, write)
    row = _mine(uow, actor, lock=True)
    if row.totp_secret:
        raise ContractError("code.enabled", "两步验证已经启用。")
    row.totp_secret, row.totp_step = seal_key(vault, row.id, secret), step
    current = find_session(uow.session, session_id)
    if current is not None and current.user_id == row.id:
        current.second_factor = True
    close_sessions(uow, row.id, now, keep=session_id)
    codes = _new_codes(uow, row, now)
    note(uow, actor, now, "access.second_factor_enabled", user=row.id)
    tell(uow, row, now, write, "second_factor_added", f"{now:%Y%m%d%H%M%S%f}")
    uow.commit()
    return codes


def disable_second_factor(
    uow: UnitOfWork, actor: Actor, now: datetime, password: str, code: str, write: MailWriter, vault: Vault
) -> None:
    """Turn it off, with password and a code (a recovery code will do)."""
    _confirm(uow, actor, now, password, write)
    row = _mine(uow, actor, lock=True)
    _use_code(uow, row, now, code, write, vault)
    row.totp_secret, row.totp_step = "", 0
    for spare in unused_tokens(uow.session, row.id, RECOVERY):
        spare.used_at = now
    note(uow, actor, now, "access.second_factor_disabled", user=row.id)
    tell(uow, row, now, write, "second_factor_removed", f"{now:%Y%m%d%H%M%S%f}")
    uow.commit()


def renew_recovery_codes(uow: UnitOfWork, actor: Actor, now: datetime, password: str, write: MailWriter) -> tuple[str, ...]:
    """New recovery codes, the old ones void; returns them, shown this once."""
    _confirm(uow, actor, now, password, write)
    row = _mine(uow, actor, lock=True)
    if not row.totp_secret:
        raise ContractError("code.disabled", "尚未启用两步验证。")
    codes = _new_codes(uow, row, now)
    note(uow, actor, now, "access.recovery_codes_renewed", user=row.id)
    uow.commit()
    return codes


def _mine(uow: UnitOfWork, actor: Actor, *, lock: bool = False) -> UserRow:
    row = find_user(uow.session, actor.id, lock=lock)
    if row is None:
        raise UserMissing
    return row


def _confirm(uow: UnitOfWork, actor: Actor, now: datetime, password: str, write: MailWriter) -> None:
    """The person's password again, before something that would lock the true owner out. Wrong ones count."""
    row = _mine(uow, actor)
    stored, locked = row.password_hash, is_locked(row, now)
    uow.session.rollback()
    if not locked and password_matches(stored, password):
        return
    row = _mine(uow, actor, lock=True)
    count_failure(uow, row, now, write)
    uow.commit()
    raise SignInRefused if locked else WrongPassword


def _use_code(uow: UnitOfWork, row: UserRow, now: datetime, code: str, write: MailWriter, vault: Vault) -> None:
    if not take_code(uow, row, code, now, vault):
        count_failure(uow, row, now, write)
        uow.commit()
        raise WrongCode


def _set_password(uow: UnitOfWork, row: UserRow, now: datetime, hashed: str, keep: str = "") -> None:
    row.password_hash, row.password_at = hashed, now
    close_sessions(uow, row.id, now, keep=keep)
    void_links(uow, row.id, now)


def _new_codes(uow: UnitOfWork, row: UserRow, now: datetime) -> tuple[str, ...]:
    for spare in unused_tokens(uow.session, row.id, RECOVERY):
        spare.used_at = now
    codes = tuple(new_recovery_code() for _ in range(RECOVERY_CODES))
    for code in codes:
        digest = recovery_digest(row.id, code)
        uow.session.add(OneTimeTokenRow(id=digest, kind=RECOVERY, user_id=row.id, created_at=now))
    return codes
