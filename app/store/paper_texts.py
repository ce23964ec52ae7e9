"""What papers say: answers while a paper is drafted, and immutable versions of its text once it is frozen."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.base import Base, Instant


class PaperTextRow(Base):
    """The working copy. ``answers``: what was entered, as one JSON mapping of dotted names; ``acknowledgements``: reasons for
    letting warnings pass, as JSON. ``revision`` is the optimistic lock that a page hands back."""

    __tablename__ = "paper_texts"

    instrument_id: Mapped[str] = mapped_column(ForeignKey("instruments.id"), primary_key=True)
    answers: Mapped[str] = mapped_column(Text)
    acknowledgements: Mapped[str] = mapped_column(Text, default="[]")
    revision: Mapped[int] = mapped_column()
    updated_at: Mapped[datetime] = mapped_column(Instant)
    updated_by: Mapped[str] = mapped_column(String(100))

    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  (SQLAlchemy's own form)


class PaperVersionRow(Base):
    """A frozen text of a paper, kept byte for byte like the versions of the contract; triggers refuse to change or delete one.

    ``operations``: of an amendment, what it does to the contract and which of its articles says so; empty for other papers.
    ``digest``: SHA-256 of the words; ``content``: of everything that is kept here.
    """

    __tablename__ = "paper_versions"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    instrument_id: Mapped[str] = mapped_column(ForeignKey("instruments.id"))
    ordinal: Mapped[int] = mapped_column()
    tree: Mapped[str] = mapped_column(Text)
    answers: Mapped[str] = mapped_column(Text)
    operations: Mapped[str] = mapped_column(Text, default="")
    library_version: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[str] = mapped_column(String(100))

    __table_args__ = (UniqueConstraint("instrument_id", "ordinal", name="uq_paper_versions_instrument_id_ordinal"),)


def find_paper_text(session: Session, instrument_id: str, *, lock: bool = False) -> PaperTextRow | None:
    statement = select(PaperTextRow).where(PaperTextRow.instrument_id == instrument_id)
    return session.scalars(statement.with_for_update() if lock else statement).one_or_none()


def latest_paper_version(session: Session, instrument_id: str) -> PaperVersionRow | None:
    statement = select(PaperVersionRow).where(PaperVersionRow.instrument_id == instrument_id)
    return session.scalars(statement.order_by(PaperVersionRow.ordinal.desc()).limit(1)).one_or_none()


def paper_versions_of(session: Session, contract_instruments: list[str]) -> dict[str, PaperVersionRow]:
    """The newest frozen text of each of some papers."""
    statement = select(PaperVersionRow).where(PaperVersionRow.instrument_id.in_(contract_instruments))
    return {row.instrument_id: row for row in session.scalars(statement.order_by(PaperVersionRow.ordinal))}


def next_paper_ordinal(session: Session, instrument_id: str) -> int:
    """To be asked under the lock of the contract."""
    highest = session.scalar(select(func.max(PaperVersionRow.ordinal)).where(PaperVersionRow.instrument_id == instrument_id))
    return (highest or 0) + 1
