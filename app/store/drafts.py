"""Drafts: what people typed, kept as they typed it. An unusable answer is stored too; nothing entered is lost."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from app.store.base import Base, Instant


class DraftRow(Base):
    """One draft. ``number`` is the contract number once it is free of conflict; ``revision`` grows with every change."""

    __tablename__ = "drafts"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    form: Mapped[str] = mapped_column(String(64))
    number: Mapped[str | None] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    library_fingerprint: Mapped[str] = mapped_column(String(64))
    revision: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)
    updated_by: Mapped[str] = mapped_column(String(100))

    answers: Mapped[list[AnswerRow]] = relationship(cascade="all, delete-orphan", passive_deletes=True)
    positions: Mapped[list[PositionRow]] = relationship(cascade="all, delete-orphan", passive_deletes=True)
    deviations: Mapped[list[DeviationRow]] = relationship(
        cascade="all, delete-orphan", passive_deletes=True, order_by="DeviationRow.provision"
    )
    acknowledgements: Mapped[list[AcknowledgementRow]] = relationship(cascade="all, delete-orphan", passive_deletes=True)

    __table_args__ = (Index("ix_drafts_updated_at", "updated_at"),)


def _owner() -> Mapped[str]:
    return mapped_column(ForeignKey("drafts.id", ondelete="CASCADE"), primary_key=True)


class AnswerRow(Base):
    """One answer as it was entered: text, a list of texts, a mapping, or a list of table rows; None once it was cleared.

    ``revision`` is the draft's revision that set it, ``by`` who did.
    """

    __tablename__ = "draft_answers"

    draft_id: Mapped[str] = _owner()
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)
    revision: Mapped[int] = mapped_column(server_default="0")
    by: Mapped[str] = mapped_column(String(100), server_default="")


class PositionRow(Base):
    __tablename__ = "draft_positions"

    draft_id: Mapped[str] = _owner()
    topic: Mapped[str] = mapped_column(String(16), primary_key=True)
    position: Mapped[str] = mapped_column(String(16))


class DeviationRow(Base):
    __tablename__ = "draft_deviations"

    draft_id: Mapped[str] = _owner()
    provision: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    title: Mapped[str] = mapped_column(String(100), default="")
    text: Mapped[str] = mapped_column(Text, default="")
    after: Mapped[str] = mapped_column(String(64), default="")
    reason: Mapped[str] = mapped_column(Text)
    revision: Mapped[int] = mapped_column(server_default="0")
    by: Mapped[str] = mapped_column(String(100), server_default="")


class AcknowledgementRow(Base):
    __tablename__ = "draft_acknowledgements"

    draft_id: Mapped[str] = _owner()
    rule: Mapped[str] = mapped_column(String(16), primary_key=True)
    place: Mapped[str] = mapped_column(String(80), primary_key=True)
    by: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(Text)


def find_draft(session: Session, draft_id: str, *, lock: bool = False) -> DraftRow | None:
    """The draft with everything that belongs to it; ``lock`` keeps other writers out until the end of the transaction."""
    statement = (
        select(DraftRow)
        .where(DraftRow.id == draft_id)
        .options(
            selectinload(DraftRow.answers),
            selectinload(DraftRow.positions),
            selectinload(DraftRow.deviations),
            selectinload(DraftRow.acknowledgements),
        )
    )
    return session.scalars(statement.with_for_update(of=DraftRow) if lock else statement).one_or_none()


def recent_drafts(session: Session, limit: int, offset: int = 0) -> list[DraftRow]:
    statement = select(DraftRow).order_by(DraftRow.updated_at.desc(), DraftRow.id).limit(limit).offset(offset)
    return list(session.scalars(statement))


def draft_with_number(session: Session, number: str) -> DraftRow | None:
    return session.scalars(select(DraftRow).where(DraftRow.number == number)).one_or_none()


def entered_names(session: Session, names: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """What was entered for some variables, by draft id: enough to search without loading whole drafts."""
    found: dict[str, dict[str, Any]] = {}
    statement = select(AnswerRow.draft_id, AnswerRow.name, AnswerRow.value).where(AnswerRow.name.in_(names))
    for draft_id, name, value in session.execute(statement):
        found.setdefault(draft_id, {})[name] = value
    return found


def draft_heads(session: Session) -> list[DraftRow]:
    """Every draft without what belongs to it, the one changed last first."""
    return list(session.scalars(select(DraftRow).order_by(DraftRow.updated_at.desc(), DraftRow.id)))
