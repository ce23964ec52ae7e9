"""Saved views of the register: filter, order and columns under a name, a person's own or shared with the house."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, String, Text, UniqueConstraint, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.base import Base, Instant


class RegisterViewRow(Base):
    """``settings``: JSON of ``services.register_views``. ``revision`` is the optimistic lock."""

    __tablename__ = "register_views"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    owner_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(60))
    shared: Mapped[bool] = mapped_column(Boolean, default=False)
    settings: Mapped[str] = mapped_column(Text)
    revision: Mapped[int] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("owner_id", "name", name="uq_register_views_owner_id_name"),
        Index("ix_register_views_shared", "shared"),
    )
    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  (SQLAlchemy's own form)


class DefaultViewRow(Base):
    """The view with which somebody's register opens."""

    __tablename__ = "register_default_views"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    view_id: Mapped[str] = mapped_column(ForeignKey("register_views.id", ondelete="CASCADE"))

    __table_args__ = (Index("ix_register_default_views_view_id", "view_id"),)


def find_view(session: Session, view_id: str) -> RegisterViewRow | None:
    return session.get(RegisterViewRow, view_id)


def view_named(session: Session, owner_id: str, name: str) -> RegisterViewRow | None:
    return session.scalars(
        select(RegisterViewRow).where(RegisterViewRow.owner_id == owner_id, RegisterViewRow.name == name)
    ).one_or_none()


def views_for(session: Session, user_id: str) -> list[RegisterViewRow]:
    """The user's own views, then those that others share, each by name."""
    statement = select(RegisterViewRow).where(or_(RegisterViewRow.owner_id == user_id, RegisterViewRow.shared.is_(True)))
    return sorted(session.scalars(statement), key=lambda v: (v.owner_id != user_id, v.name))


def default_view_id(session: Session, user_id: str) -> str:
    row = session.get(DefaultViewRow, user_id)
    return row.view_id if row else ""


def set_default_view(session: Session, user_id: str, view_id: str) -> None:
    """Empty: the register opens without a view."""
    row = session.get(DefaultViewRow, user_id)
    if row is not None and not view_id:
        session.delete(row)
    elif row is not None:
        row.view_id = view_id
    elif view_id:
        session.add(DefaultViewRow(user_id=user_id, view_id=view_id))
