"""Accounts: the first administrator, invitations, roles, and closing an account. No account ever has a default password."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.exc import IntegrityError

from app.domain.approval_route import Function
from app.domain.errors import ContractError, InputError, InputFault
from app.domain.permissions import Action, Actor, Role, require
from app.services.access import OFFICE, actor_of, close_sessions, tell
from app.services.credentials import digest_of, hash_password, new_token, require_password
from app.services.journal import note
from app.services.ports import MailWriter
from app.store.uow import ChangedMeanwhile, UnitOfWork
from app.store.users import (
    OneTimeTokenRow,
    UserRoleRow,
    UserRow,
    find_token,
    find_user,
    is_without_users,
    unused_tokens,
    user_with_login,
    users_by_name,
    users_with_role,
)

FIRST_RUN, INVITATION, RESET = "first_run", "invitation", "reset"
VALID = {FIRST_RUN: timedelta(hours=24), INVITATION: timedelta(days=7), RESET: timedelta(hours=1)}
CONSOLE = Actor("命令行", "console", frozenset({Role.SYSTEM_ADMINISTRATOR}))
"""Whoever may run commands on the machine; the database is theirs anyway."""


@dataclass(frozen=True, slots=True)
class Post:
    """How a link reaches a person: the words of the mail, and the address of the page that takes a token."""

    write: MailWriter
    link: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class UserDetails:
    """What an administrator enters of a person."""

    login: str
    name: str
    email: str = ""
    roles: frozenset[Role] = frozenset()
    offices: frozenset[Function] = frozenset()


@dataclass(frozen=True, slots=True)
class UserView:
    """A user as the administration shows it."""

    id: str
    revision: int
    details: UserDetails
    active: bool
    has_password: bool
    second_factor: bool
    locked_until: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Invitation:
    user_id: str
    link: str
    mailed: bool


class LinkSpent(ContractError):
    def __init__(self) -> None:
        super().__init__("access.link", "这个链接已经使用过、已经过期，或者有误。请重新取得一个链接。")


class UserMissing(ContractError):
    def __init__(self) -> None:
        super().__init__("user.missing", "没有找到这个用户。")


# ---- first run


def first_run_token(uow: UnitOfWork, now: datetime) -> str | None:
    """A new one-time token for the first administrator, older ones void; None once there is a user."""
    if not is_without_users(uow.session):
        return None
    for row in unused_tokens(uow.session, None, FIRST_RUN):
        row.used_at = now
    token = _issue(uow, FIRST_RUN, None, now)
    uow.commit()
    return token


def create_administrator(uow: UnitOfWork, now: datetime, token: str, details: UserDetails, password: str) -> str:
    """The first user, by the one-time token; returns the id. Raises ``LinkSpent``, ``InputError`` or ``WeakPassword``."""
    details = _checked(details)
    require_password(password, details.login, details.name, details.email)
    hashed = hash_password(password)
    _take(uow, token, now, FIRST_RUN)
    if not is_without_users(uow.session):
        raise LinkSpent
    row = _add(uow, details, now)
    row.password_hash, row.password_at = hashed, now
    note(uow, actor_of(row), now, "user.first", user=row.id, **_plain(details))
    uow.commit()
    return row.id


# ---- administration


def list_users(uow: UnitOfWork, actor: Actor) -> tuple[UserView, ...]:
    require(actor, Action.READ_USERS)
    return tuple(_view(row) for row in users_by_name(uow.session))


def load_user(uow: UnitOfWork, actor: Actor, user_id: str) -> UserView:
    """Raises ``UserMissing``."""
    require(actor, Action.READ_USERS)
    return _view(_require_user(uow, user_id))


def invite(uow: UnitOfWork, actor: Actor, now: datetime, details: UserDetails, post: Post) -> Invitation:
    """A new user, who sets the password by a link. Raises ``InputError``."""
    require(actor, Action.MANAGE_USERS)
    details = _checked(details)
    if user_with_login(uow.session, details.login) is not None:
        raise InputError([_taken()])
    row = _add(uow, details, now)
    note(uow, actor, now, "user.invited", user=row.id, **_plain(details))
    uow.session.flush()
    link = _send_link(uow, row, now, INVITATION, post)
    try:
        uow.commit()
    except IntegrityError as error:
        raise InputError([_taken()]) from error
    return Invitation(row.id, link, bool(row.email))


def change_user(uow: UnitOfWork, actor: Actor, now: datetime, user_id: str, revision: int, details: UserDetails) -> None:
    """Name, mail address, roles and offices; the sign-in name stays. Raises ``ChangedMeanwhile``, ``user.last``, ``InputError``."""
    require(actor, Action.MANAGE_USERS)
    row = _require_user(uow, user_id, lock=True)
    if row.revision != revision:
        raise ChangedMeanwhile
    before = _view(row).details
    details = _checked(UserDetails(row.login, details.name, details.email, details.roles, details.offices))
    if Role.SYSTEM_ADMINISTRATOR in before.roles and Role.SYSTEM_ADMINISTRATOR not in details.roles:
        _keep_an_administrator(uow, user_id)
    row.name, row.email = details.name, details.email
    _set_roles(row, details)
    note(uow, actor, now, "user.changed", user=user_id, before=_plain(before), after=_plain(details))
    uow.commit()


def set_active(uow: UnitOfWork, actor: Actor, now: datetime, user_id: str, active: bool) -> None:
    """Close an account, or open it again. Closing ends its sessions and voids its links; what it did stays under its name."""
    require(actor, Action.MANAGE_USERS)
    row = _require_user(uow, user_id, lock=True)
    if not active and user_id == actor.id:
        raise ContractError("user.self", "不能停用自己的账号；请由另一位系统管理员操作。")
    if not active and Role.SYSTEM_ADMINISTRATOR in actor_of(row).roles:
        _keep_an_administrator(uow, user_id)
    row.active = active
    if not active:
        close_sessions(uow, user_id, now)
        void_links(uow, user_id, now)
    note(uow, actor, now, "user.opened" if active else "user.closed", user=user_id)
    uow.commit()


def send_link(uow: UnitOfWork, actor: Actor, now: datetime, user_id: str, post: Post) -> Invitation:
    """A new link by which the person sets the password; older ones are void, a lock ends."""
    require(actor, Action.MANAGE_USERS)
    row = _require_user(uow, user_id, lock=True)
    if not row.active:
        raise ContractError("user.closed", "账号已停用，请先恢复。")
    row.failures, row.locked_until = 0, None
    link = _send_link(uow, row, now, RESET if row.password_hash else INVITATION, post)
    note(uow, actor, now, "user.link_sent", user=user_id)
    uow.commit()
    return Invitation(user_id, link, bool(row.email))


def clear_second_factor(uow: UnitOfWork, actor: Actor, now: datetime, user_id: str, write: MailWriter) -> None:
    """For a person who has lost both the app and the recovery codes. Ends the sessions, tells the person."""
    require(actor, Action.MANAGE_USERS)
    row = _require_user(uow, user_id, lock=True)
    row.totp_secret, row.totp_step = "", 0
    for spare in unused_tokens(uow.session, user_id, "recovery"):
        spare.used_at = now
    close_sessions(uow, user_id, now)
    note(uow, actor, now, "user.second_factor_cleared", user=user_id)
    tell(uow, row, now, write, "second_factor_removed", f"{now:%Y%m%d%H%M%S}")
    uow.commit()


def end_sessions_of(uow: UnitOfWork, actor: Actor, now: datetime, user_id: str) -> None:
    require(actor, Action.MANAGE_USERS)
    _require_user(uow, user_id)
    ended = close_sessions(uow, user_id, now)
    note(uow, actor, now, "user.sessions_ended", user=user_id, count=ended)
    uow.commit()


def find_login(uow: UnitOfWork, login: str) -> str:
    """The id of the user with a sign-in name. Raises ``UserMissing``."""
    row = user_with_login(uow.session, login)
    if row is None:
        raise UserMissing
    return row.id


def is_user_locked(row: UserView, now: datetime) -> bool:
    return row.locked_until is not None and now < row.locked_until


# ---- links, shared with the account's own pages


def owner_of_link(uow: UnitOfWork, now: datetime, token: str, *kinds: str) -> UserDetails | None:
    """Whose link it is (None: the first run's); nothing is used up. Raises ``LinkSpent``."""
    row = _valid(find_token(uow.session, digest_of(token)), now, kinds)
    if row.user_id is None:
        if not is_without_users(uow.session):
            raise LinkSpent
        return None
    return _view(_require_user(uow, row.user_id)).details


def take_link(uow: UnitOfWork, token: str, now: datetime, *kinds: str) -> UserRow:
    """Use a link up; returns its owner, locked. Raises ``LinkSpent``."""
    user_id = _take(uow, token, now, *kinds).user_id
    user = find_user(uow.session, user_id, lock=True) if user_id else None
    if user is None or not user.active:
        raise LinkSpent
    return user


def void_links(uow: UnitOfWork, user_id: str, now: datetime) -> None:
    for row in unused_tokens(uow.session, user_id, INVITATION, RESET):
        row.used_at = now


def mail_link(uow: UnitOfWork, row: UserRow, now: datetime, kind: str, post: Post) -> str:
    """A fresh link of ``kind`` in the outbox, older ones void; returns it."""
    return _send_link(uow, row, now, kind, post)


def _send_link(uow: UnitOfWork, row: UserRow, now: datetime, kind: str, post: Post) -> str:
    void_links(uow, row.id, now)
    token = _issue(uow, kind, row.id, now)
    link = post.link(token)
    tell(uow, row, now, post.write, "password_reset" if kind == RESET else "invitation", digest_of(token)[:16], {"link": link})
    return link


def _issue(uow: UnitOfWork, kind: str, user_id: str | None, now: datetime) -> str:
    token = new_token()
    uow.session.add(
        OneTimeTokenRow(id=digest_of(token), kind=kind, user_id=user_id, created_at=now, expires_at=now + VALID[kind])
    )
    return token


def _take(uow: UnitOfWork, token: str, now: datetime, *kinds: str) -> OneTimeTokenRow:
    row = _valid(find_token(uow.session, digest_of(token), lock=True), now, kinds)
    row.used_at = now
    return row


def _valid(row: OneTimeTokenRow | None, now: datetime, kinds: tuple[str, ...]) -> OneTimeTokenRow:
    if row is None or row.kind not in kinds or row.used_at is not None or row.expires_at is None or now >= row.expires_at:
        raise LinkSpent
    return row


# ---- rows


def _require_user(uow: UnitOfWork, user_id: str, *, lock: bool = False) -> UserRow:
    row = find_user(uow.session, user_id, lock=lock)
    if row is None:
        raise UserMissing
    return row


def _keep_an_administrator(uow: UnitOfWork, without: str) -> None:
    """There must remain somebody who can sign in and open accounts."""
    others = users_with_role(uow.session, Role.SYSTEM_ADMINISTRATOR.value)
    if not any(u.password_hash for u in others if u.id != without):
        raise ContractError("user.last", "这是最后一位能够登录的系统管理员，不能停用，也不能取消其系统管理员角色。")


def _add(uow: UnitOfWork, details: UserDetails, now: datetime) -> UserRow:
    row = UserRow(
        id=uuid.uuid4().hex, login=details.login, name=details.name, email=details.email, active=True, password_hash="",
        totp_secret="", totp_step=0, failures=0, created_at=now,
    )  # fmt: skip
    _set_roles(row, details)
    uow.session.add(row)
    return row


def _set_roles(row: UserRow, details: UserDetails) -> None:
    wanted = {r.value for r in details.roles} | {OFFICE + f.value for f in details.offices}
    row.roles = [r for r in row.roles if r.role in wanted] + [
        UserRoleRow(role=name) for name in sorted(wanted - {r.role for r in row.roles})
    ]


def _checked(details: UserDetails) -> UserDetails:
    login, name, email = details.login.strip().lower(), details.name.strip(), details.email.strip()
    faults = []
    if not 2 <= len(login) <= 100 or any(c.isspace() or not c.isprintable() for c in login):
        faults.append(InputFault("login", "登录名", "须为2至100个字符，不含空格"))
    if not 1 <= len(name) <= 100 or not name.isprintable():
        faults.append(InputFault("name", "姓名", "未填写" if not name else "至多100个字，不含控制字符"))
    local, _, host = email.rpartition("@")
    if email and (not local or "." not in host or len(email) > 200 or not email.isascii() or any(c.isspace() for c in email)):
        faults.append(InputFault("email", "邮箱", "不是可用的邮箱地址"))
    if details.offices and Role.APPROVER not in details.roles:
        faults.append(InputFault("offices", "审批职务", "只有审批人可以担任审批职务", "同时选择“审批人”角色"))
    if faults:
        raise InputError(faults)
    return UserDetails(login, name, email, details.roles, details.offices)


def _taken() -> InputFault:
    return InputFault("login", "登录名", "已被使用", "换一个登录名")


def _view(row: UserRow) -> UserView:
    actor = actor_of(row)
    details = UserDetails(row.login, row.name, row.email, actor.roles, actor.offices)
    return UserView(
        row.id,
        row.revision,
        details,
        row.active,
        bool(row.password_hash),
        bool(row.totp_secret),
        row.locked_until,
        row.created_at,
    )


def _plain(details: UserDetails) -> dict[str, Any]:
    """For the audit log."""
    return {
        "login": details.login,
        "name": details.name,
        "email": details.email,
        "roles": sorted(r.value for r in details.roles),
        "offices": sorted(f.value for f in details.offices),
    }
