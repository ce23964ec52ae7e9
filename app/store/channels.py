"""Channels beside mail: the house's group robots and webhooks. Address and secret are sealed (``store.vault``)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Boolean, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.base import Base, Instant


class ChannelRow(Base):
    """One robot or webhook. ``kind``: ``domain.channels.ChannelKind``. The whole address of a robot is a secret: who has it may post.

    ``problem``: why the last message failed, empty where it arrived; ``tried_at``: when that was.
    """

    __tablename__ = "channels"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(60), unique=True)
    address: Mapped[str] = mapped_column(Text)
    secret: Mapped[str] = mapped_column(Text, default="")
    active: Mapped[bool] = mapped_column(Boolean, default=True)
    tried_at: Mapped[datetime | None] = mapped_column(Instant)
    problem: Mapped[str] = mapped_column(Text, default="")
    revision: Mapped[int] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[str] = mapped_column(String(100))

    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  (SQLAlchemy's own form)


def channels(session: Session) -> list[ChannelRow]:
    return list(session.scalars(select(ChannelRow).order_by(ChannelRow.name, ChannelRow.id)))


def find_channel(session: Session, channel_id: str) -> ChannelRow | None:
    return session.get(ChannelRow, channel_id)
