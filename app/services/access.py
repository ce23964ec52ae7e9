"""Signing in: password, second factor, lock-out, and the sessions of signed-in browsers.

Every refusal of a sign-in has the same words, so that nobody learns from it which accounts exist or are locked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from app.domain.approval_route import Function
from app.domain.errors import ContractError
from app.domain.lockout import Attempts
from app.domain.messages import NewMail
from app.domain.permissions import NOTHING, Actor, Record, Role
from app.services.credentials import (
    digest_of,
    hash_password,
    is_outdated,
    new_token,
    password_matches,
    recovery_digest,
)
from app.services.journal import note
from app.services.ports import MailWriter
from app.services.second_factor import step_of_code
from app.store.contracts import ContractRow, contract_of_draft, rights_of
from app.store.uow import UnitOfWork
from app.store.users import (
    SessionRow,
    UserRow,
    find_session,
    find_token,
    find_user,
    forget_sessions,
    holder_of_session,
    open_sessions,
    user_with_login,
)
from app.store.vault import Vault

LASTING = timedelta(days=7)
IDLE = timedelta(hours=12)
"""A session ends after a week, or after half a day without a request."""
PENDING = timedelta(minutes=10)
"""Time between password and second factor."""
SEEN_EVERY = timedelta(minutes=5)
KEPT = timedelta(days=90)
OFFICE = "office:"
CONSOLE_DOOR = "命令行"
"""How the audit log names the command line."""
RECOVERY = "recovery"


@dataclass(frozen=True, slots=True)
class Client:
    """Where a request comes from; shown in the list of sessions."""

    address: str = ""
    agent: str = ""


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session just made. ``token`` goes to the browser and is kept nowhere else."""

    token: str
    second_factor_due: bool
    actor: Actor


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who a request comes from. ``due``: the second factor is outstanding; such a session may do nothing else.

    ``unseen``: the last request that was noted is so long ago that this one should be.
    """

    actor: Actor
    session_id: str
    login: str
    due: bool
    unseen: bool = False


@dataclass(frozen=True, slots=True)
class SessionView:
    id: str
    created_at: datetime
    seen_at: datetime
    address: str
    agent: str
    current: bool


class SignInRefused(ContractError):
    def __init__(self) -> None:
        super().__init__(
            "access.refused",
            "登录名、密码或者验证码不正确；连续多次有误时，账号会暂停登录一段时间（由1分钟起逐次加倍，至多1小时），请稍后再试。",
        )


def sign_in(uow: UnitOfWork, now: datetime, login: str, password: str, client: Client, write: MailWriter) -> NewSession:
    """Check the password and make a session. Raises ``SignInRefused``; the failure is counted then."""
    known = user_with_login(uow.session, login)
    user_id, stored = (known.id, known.password_hash) if known is not None else ("", "")
    uow.session.rollback()  # hashing is slow, and nobody else shall wait for it
    right = password_matches(stored, password)
    renewed = hash_password(password) if right and is_outdated(stored) else ""
    user = find_user(uow.session, user_id, lock=True)
    # Asked again under the lock: of many guesses sent at once none counts once the account is locked.
    if user is None or not right or user.password_hash != stored or not user.active or is_locked(user, now):
        if user is not None and user.active:
            count_failure(uow, user, now, write)
        uow.commit()
        raise SignInRefused
    if renewed:
        user.password_hash = renewed
    due = bool(user.totp_secret)
    token = _open(uow, user, now, client, lasting=PENDING, second_factor=False) if due else _enter(uow, user, now, client)
    uow.commit()
    return NewSession(token, due, actor_of(user))


def pass_second_factor(
    uow: UnitOfWork, now: datetime, token: str, code: str, client: Client, write: MailWriter, vault: Vault
) -> NewSession:
    """Check a code of the authenticator app, or a recovery code, for a session whose password was right."""
    pending = find_session(uow.session, digest_of(token))
    user = find_user(uow.session, pending.user_id, lock=True) if pending is not None and _is_open(pending, now) else None
    if pending is None or user is None or not user.active or not user.totp_secret or is_locked(user, now):
        raise SignInRefused
    if not take_code(uow, user, code, now, vault):
        count_failure(uow, user, now, write)
        if is_locked(user, now):
            pending.ended_at = now
        uow.commit()
        raise SignInRefused
    pending.ended_at = now
    new = _enter(uow, user, now, client, second_factor=True)
    uow.commit()
    return NewSession(new, False, actor_of(user))


def signed_in(uow: UnitOfWork, now: datetime, token: str) -> SignedIn | None:
    """Who holds ``token``; None where it is no open session. Reads only."""
    found = holder_of_session(uow.session, digest_of(token))
    if found is None:
        return None
    row, user = found
    if not _is_open(row, now) or not user.active:
        return None
    due = bool(user.totp_secret) and not row.second_factor
    return SignedIn(actor_of(user), row.id, user.login, due, now - row.seen_at >= SEEN_EVERY)


def note_seen(uow: UnitOfWork, now: datetime, session_id: str) -> None:
    row = find_session(uow.session, session_id)
    if row is not None:
        row.seen_at = now
    uow.commit()


def sign_out(uow: UnitOfWork, now: datetime, token: str) -> None:
    """End the session of ``token``; nothing happens where it has ended already."""
    row = find_session(uow.session, digest_of(token))
    if row is not None and row.ended_at is None:
        row.ended_at = now
        uow.record(now, row.user_id, "access.signed_out", {"user": row.user_id, "session": row.id[:12]})
    uow.commit()


def sessions_of(uow: UnitOfWork, now: datetime, user_id: str, current: str) -> tuple[SessionView, ...]:
    """Open sessions of a user, the one seen last first; those that wait for the second factor are none yet."""
    user = find_user(uow.session, user_id)
    rows = [r for r in open_sessions(uow.session, user_id, now) if _is_open(r, now)]
    shown = [r for r in rows if r.second_factor or user is None or not user.totp_secret]
    return tuple(SessionView(r.id, r.created_at, r.seen_at, r.address, r.agent, r.id == current) for r in shown)


def end_session(uow: UnitOfWork, actor: Actor, now: datetime, session_id: str) -> None:
    """End one of the actor's own sessions. Raises ``session.missing``."""
    row = find_session(uow.session, session_id)
    if row is None or row.user_id != actor.id:
        raise ContractError("session.missing", "没有这个登录会话，可能已经结束。")
    if row.ended_at is None:
        row.ended_at = now
        note(uow, actor, now, "access.session_ended", user=actor.id, session=row.id[:12])
    uow.commit()


def end_other_sessions(uow: UnitOfWork, actor: Actor, now: datetime, current: str) -> int:
    """End every session of the actor but ``current``; returns how many."""
    ended = close_sessions(uow, actor.id, now, keep=current)
    note(uow, actor, now, "access.sessions_ended", user=actor.id, count=ended)
    uow.commit()
    return ended


def record_of_draft(uow: UnitOfWork, draft_id: str) -> Record:
    """What the permission table has to know of a draft: that of its contract, or nothing where it isn't filed yet."""
    found = contract_of_draft(uow.session, draft_id)
    return NOTHING if found is None else record_of(found)


def record_of_contract(uow: UnitOfWork, contract_id: str) -> Record:
    """What the permission table has to know of a contract; ``NOTHING`` where there is none."""
    return record_with_id(uow, contract_id) or NOTHING


def record_with_id(uow: UnitOfWork, contract_id: str) -> Record | None:
    """The same; None where there is no such contract."""
    found = rights_of(uow.session, contract_id)
    return None if found is None else Record(found[0] or "", found[1], found[2])


def record_of(row: ContractRow) -> Record:
    return Record(row.owner_id or "", row.confidential, frozenset(r.user_id for r in row.readers))


def actor_with_login(uow: UnitOfWork, login: str) -> Actor:
    """Who acts at the machine itself under an account's name; the log says so. Raises ``user.missing`` for none that is active."""
    user = user_with_login(uow.session, login)
    if user is None or not user.active:
        raise ContractError("user.missing", f"没有登录名为“{login[:40]}”的有效账号。")
    return replace(actor_of(user), via=CONSOLE_DOOR)


# ---- shared with the other services of accounts


def actor_of(user: UserRow) -> Actor:
    names = {r.role for r in user.roles}
    offices = frozenset(f for f in Function if OFFICE + f.value in names)
    return Actor(user.name, user.id, frozenset(r for r in Role if r.value in names), offices)


def is_locked(user: UserRow, now: datetime) -> bool:
    return Attempts(user.failures, user.locked_until).is_locked(now)


def count_failure(uow: UnitOfWork, user: UserRow, now: datetime, write: MailWriter) -> None:
    """One more wrong password or code; a lock is logged and told to the person."""
    before = Attempts(user.failures, user.locked_until)
    after = before.after_failure(now)
    user.failures, user.locked_until = after.failures, after.locked_until
    if after.is_locked(now) and not before.is_locked(now):
        uow.record(now, user.id, "access.locked", {"user": user.id, "failures": after.failures})
        tell(uow, user, now, write, "sign_in_locked", f"{after.locked_until:%Y%m%d%H%M%S}")


def close_sessions(uow: UnitOfWork, user_id: str, now: datetime, keep: str = "") -> int:
    rows = [r for r in open_sessions(uow.session, user_id, now) if r.id != keep]
    for row in rows:
        row.ended_at = now
    return len(rows)


def take_code(uow: UnitOfWork, user: UserRow, code: str, now: datetime, vault: Vault) -> bool:
    """Use up a code of the app or a recovery code; each works once."""
    step = step_of_code(vault, user, code, now) if len(code.strip()) <= 8 else None
    if step is not None:
        user.totp_step = step
        return True
    spare = find_token(uow.session, recovery_digest(user.id, code), lock=True)
    if spare is None or spare.kind != RECOVERY or spare.user_id != user.id or spare.used_at is not None:
        return False
    spare.used_at = now
    uow.record(now, user.id, "access.recovery_code_used", {"user": user.id})
    return True


def tell(
    uow: UnitOfWork, user: UserRow, now: datetime, write: MailWriter, mail: str, cause: str, values: dict[str, str] | None = None
) -> None:
    """A mail about the account to its owner, where there is an address. ``cause`` makes the message's key."""
    if user.email:
        words = write(mail, {"name": user.name, "login": user.login, **(values or {})})
        uow.send(now, NewMail(f"{mail}:{user.id}:{cause}", user.email, words.subject, words.text, words.html, user_id=user.id))


def _is_open(row: SessionRow, now: datetime) -> bool:
    return row.ended_at is None and now < row.expires_at and now - row.seen_at < IDLE


def _enter(uow: UnitOfWork, user: UserRow, now: datetime, client: Client, *, second_factor: bool = False) -> str:
    user.failures, user.locked_until = 0, None
    forget_sessions(uow.session, user.id, now - KEPT)
    note(uow, actor_of(user), now, "access.signed_in", user=user.id, second_factor=second_factor)
    return _open(uow, user, now, client, lasting=LASTING, second_factor=second_factor)


def _open(uow: UnitOfWork, user: UserRow, now: datetime, client: Client, *, lasting: timedelta, second_factor: bool) -> str:
    token = new_token()
    uow.session.add(
        SessionRow(
            id=digest_of(token),
            user_id=user.id,
            created_at=now,
            seen_at=now,
            expires_at=now + lasting,
            second_factor=second_factor,
            address=client.address[:64],
            agent=client.agent[:200],
        )
    )
    return token
