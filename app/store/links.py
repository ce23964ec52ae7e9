"""What people hold outside the pages: links in a reminder that decide once, and the address of a personal calendar."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.base import Base, Instant


class DecisionLinkRow(Base):
    """The links of one reminder to one person, all spent together. The links carry a signature that isn't stored.

    ``due_on``: the date of which they were sent; after it moved they decide nothing. ``used_for``: what was decided.
    """

    __tablename__ = "decision_links"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    subject_id: Mapped[str] = mapped_column(ForeignKey("reminder_subjects.id", ondelete="CASCADE"))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    due_on: Mapped[date] = mapped_column(Date)
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    used_for: Mapped[str] = mapped_column(String(16), default="")

    __table_args__ = (Index("ix_decision_links_subject_id", "subject_id"),)


class CalendarFeedRow(Base):
    """A personal calendar's address; the id is the SHA-256 of the token in it. ``seen_at``: when it was last fetched."""

    __tablename__ = "calendar_feeds"

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    seen_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (Index("ix_calendar_feeds_user_id", "user_id"),)


def find_decision_link(session: Session, link_id: str, *, lock: bool = False) -> DecisionLinkRow | None:
    statement = select(DecisionLinkRow).where(DecisionLinkRow.id == link_id)
    return session.scalars(statement.with_for_update() if lock else statement).one_or_none()


def links_of_subject(session: Session, subject_id: str) -> list[DecisionLinkRow]:
    return list(session.scalars(select(DecisionLinkRow).where(DecisionLinkRow.subject_id == subject_id)))


def find_feed(session: Session, digest: str) -> CalendarFeedRow | None:
    return session.get(CalendarFeedRow, digest)


def feeds_of(session: Session, user_id: str) -> list[CalendarFeedRow]:
    """Open ones, the newest first."""
    mine = select(CalendarFeedRow).where(CalendarFeedRow.user_id == user_id, CalendarFeedRow.revoked_at.is_(None))
    return list(session.scalars(mine.order_by(CalendarFeedRow.created_at.desc())))
