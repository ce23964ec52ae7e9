"""Users, their roles, sessions and one-time links. Secrets are kept as digests; nothing here can be signed in with."""

from __future__ import annotations

from datetime import datetime
from functools import cache

from sqlalchemy import Boolean, ForeignKey, Index, Integer, Select, String, bindparam, delete, select
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship

from app.store.base import Base, Instant
from app.store.vault import FORM


class UserRow(Base):
    """One person. ``login`` is what is typed, in lower case. An inactive user keeps his name in the audit log.

    ``password_hash`` is an argon2id string, empty until the person has set a password. ``failures`` and ``locked_until``
    carry the lock-out with back-off. ``totp_secret`` is sealed (``store.vault``), empty without second factor; ``totp_step`` is the
    last time step used, so that a code works once.
    """

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    login: Mapped[str] = mapped_column(String(100), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    email: Mapped[str] = mapped_column(String(200), default="")
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    password_at: Mapped[datetime | None] = mapped_column(Instant)
    totp_secret: Mapped[str] = mapped_column(String(200), default="", server_default="")
    totp_step: Mapped[int] = mapped_column(Integer, default=0)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    locked_until: Mapped[datetime | None] = mapped_column(Instant)
    revision: Mapped[int] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(Instant)

    roles: Mapped[list[UserRoleRow]] = relationship(cascade="all, delete-orphan", order_by="UserRoleRow.role", lazy="selectin")

    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  (SQLAlchemy's own form)


class UserRoleRow(Base):
    """A role of a user: drafter | approver | administrator | auditor | system_administrator.

    An office held in approvals stands here, too, as ``office:`` and its value (``domain.approval_route.Function``).
    """

    __tablename__ = "user_roles"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(String(32), primary_key=True)


class SessionRow(Base):
    """A signed-in browser. The id is the SHA-256 of the token that only the browser has."""

    __tablename__ = "sessions"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    second_factor: Mapped[bool] = mapped_column(Boolean, default=False)
    address: Mapped[str] = mapped_column(String(64), default="")
    agent: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (Index("ix_sessions_user_id", "user_id"),)


class OneTimeTokenRow(Base):
    """A link or code that works once: ``first_run``, ``reset``, ``invitation``, ``recovery``. The id is its SHA-256."""

    __tablename__ = "one_time_tokens"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (Index("ix_one_time_tokens_user_id", "user_id"),)


def find_user(session: Session, user_id: str, *, lock: bool = False) -> UserRow | None:
    """``lock`` keeps other writers out until the end of the transaction."""
    if lock:  # the roles are read behind the lock: read with the row they would be those of before the wait for it
        return session.scalars(select(UserRow).where(UserRow.id == user_id).with_for_update(of=UserRow)).one_or_none()
    return session.scalars(_with_roles(), {"wanted": user_id}).unique().one_or_none()


@cache
def _with_roles() -> Select[UserRow]:
    """Built once: to build it and to find out that it is the same as before costs more than to run it."""
    return select(UserRow).where(UserRow.id == bindparam("wanted")).options(joinedload(UserRow.roles))


def user_with_login(session: Session, login: str) -> UserRow | None:
    return session.scalars(select(UserRow).where(UserRow.login == login.strip().lower())).one_or_none()


def users_by_name(session: Session) -> list[UserRow]:
    return list(session.scalars(select(UserRow).order_by(UserRow.name, UserRow.id)))


def names_in_office(session: Session) -> dict[str, str]:
    """Of those whose accounts are open, by name."""
    rows = session.execute(select(UserRow.id, UserRow.name).where(UserRow.active).order_by(UserRow.name, UserRow.id))
    return {row[0]: row[1] for row in rows}


def user_names(session: Session) -> dict[str, str]:
    """Everybody's name by id, those whose account is closed too."""
    return {row[0]: row[1] for row in session.execute(select(UserRow.id, UserRow.name))}


def users_with_role(session: Session, role: str) -> list[UserRow]:
    """Active users with a role, locked, so that two transactions can't each take away the other's last one."""
    statement = select(UserRow).join(UserRoleRow).where(UserRoleRow.role == role, UserRow.active)
    return list(session.scalars(statement.order_by(UserRow.id).with_for_update(of=UserRow)))


def ids_with_role(session: Session, role: str) -> tuple[str, ...]:
    """Ids of the active users with a role, by name."""
    statement = select(UserRow.id).join(UserRoleRow).where(UserRoleRow.role == role, UserRow.active)
    return tuple(session.scalars(statement.order_by(UserRow.name, UserRow.id)))


def users_with_plain_keys(session: Session) -> list[UserRow]:
    """Users whose second factor isn't sealed yet, locked: another process that starts now waits, and finds none."""
    plain = select(UserRow).where(UserRow.totp_secret != "", UserRow.totp_secret.not_like(f"{FORM}%"))
    return list(session.scalars(plain.order_by(UserRow.id).with_for_update(of=UserRow)))


def is_without_users(session: Session) -> bool:
    return session.scalar(select(UserRow.id).limit(1)) is None


def find_session(session: Session, digest: str) -> SessionRow | None:
    return session.get(SessionRow, digest)


def holder_of_session(session: Session, digest: str) -> tuple[SessionRow, UserRow] | None:
    """A session and whose it is, with the roles."""
    found = session.execute(_with_holder(), {"wanted": digest}).unique().one_or_none()
    return None if found is None else (found[0], found[1])


@cache
def _with_holder() -> Select[SessionRow, UserRow]:
    statement = select(SessionRow, UserRow).join(UserRow, UserRow.id == SessionRow.user_id)
    return statement.where(SessionRow.id == bindparam("wanted")).options(joinedload(UserRow.roles))


def open_sessions(session: Session, user_id: str, now: datetime) -> list[SessionRow]:
    """Sessions that are neither ended nor past their end, the one seen last first."""
    mine = select(SessionRow).where(SessionRow.user_id == user_id, SessionRow.ended_at.is_(None), SessionRow.expires_at > now)
    return list(session.scalars(mine.order_by(SessionRow.seen_at.desc(), SessionRow.id)))


def forget_sessions(session: Session, user_id: str, before: datetime) -> None:
    """Delete what is of no interest any more: sessions whose time ran out before ``before``."""
    session.execute(delete(SessionRow).where(SessionRow.user_id == user_id, SessionRow.expires_at < before))


def find_token(session: Session, digest: str, *, lock: bool = False) -> OneTimeTokenRow | None:
    statement = select(OneTimeTokenRow).where(OneTimeTokenRow.id == digest)
    return session.scalars(statement.with_for_update() if lock else statement).one_or_none()


def unused_tokens(session: Session, user_id: str | None, *kinds: str) -> list[OneTimeTokenRow]:
    """Tokens of a user (None: of nobody, the first run) that were not used, the newest first."""
    mine = OneTimeTokenRow.user_id.is_(None) if user_id is None else OneTimeTokenRow.user_id == user_id
    statement = select(OneTimeTokenRow).where(mine, OneTimeTokenRow.kind.in_(kinds), OneTimeTokenRow.used_at.is_(None))
    return list(session.scalars(statement.order_by(OneTimeTokenRow.created_at.desc(), OneTimeTokenRow.id)))
