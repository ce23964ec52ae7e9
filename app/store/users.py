"""Users, their roles, sessions and one-time links. Secrets are kept as digests; nothing here can be signed in with."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from app.store.base import Base, Instant


class UserRow(Base):
    """One person. ``login`` is what is typed, in lower case. An inactive user keeps his name in the audit log.

    ``password_hash`` is an argon2id string, empty until the person has set a password. ``failures`` and ``locked_until``
    carry the lock-out with back-off. ``totp_step`` is the last time step used, so that a code works once.
    """

    __tablename__ = "users"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    login: Mapped[str] = mapped_column(String(100), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    email: Mapped[str] = mapped_column(String(200), default="")
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    password_hash: Mapped[str] = mapped_column(String(200), default="")
    password_at: Mapped[datetime | None] = mapped_column(Instant)
    totp_secret: Mapped[str] = mapped_column(String(64), default="")
    totp_step: Mapped[int] = mapped_column(Integer, default=0)
    failures: Mapped[int] = mapped_column(Integer, default=0)
    locked_until: Mapped[datetime | None] = mapped_column(Instant)
    revision: Mapped[int] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(Instant)

    roles: Mapped[list[UserRoleRow]] = relationship(cascade="all, delete-orphan", order_by="UserRoleRow.role", lazy="selectin")

    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  (SQLAlchemy's own form)


class UserRoleRow(Base):
    """A role of a user: drafter | approver | administrator | auditor | system_administrator."""

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


def find_user(session: Session, user_id: str) -> UserRow | None:
    return session.get(UserRow, user_id)


def user_with_login(session: Session, login: str) -> UserRow | None:
    return session.scalars(select(UserRow).where(UserRow.login == login.strip().lower())).one_or_none()


def users_by_name(session: Session) -> list[UserRow]:
    return list(session.scalars(select(UserRow).order_by(UserRow.name, UserRow.id)))
