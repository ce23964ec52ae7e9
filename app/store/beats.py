"""The clock's heartbeat: when it was last seen at work, and its last stop."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.base import Base, Instant


class BeatRow(Base):
    """``at``: the last beat. ``gap_from`` to ``gap_until``: the last time in which it was not at work."""

    __tablename__ = "clock_beats"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    gap_from: Mapped[datetime | None] = mapped_column(Instant)
    gap_until: Mapped[datetime | None] = mapped_column(Instant)


def beat_of(session: Session, name: str, *, lock: bool = False) -> BeatRow | None:
    return session.get(BeatRow, name, with_for_update=True if lock else None)
