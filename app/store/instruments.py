"""Instruments: the papers that follow a contract (amendments, notices, settlements), each with a number of its own."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.base import Base, Instant


class InstrumentRow(Base):
    """One paper. ``kind``: ``domain.papers.PaperKind``, or a notice the brief has no form for; ``state``: ``PaperState``.

    ``arrived_on``: the day it reached the other party or was last signed; ``effective_on``: from which day it works.
    ``version_id``: the version of the contract's text that it brought about. What it says is in ``paper_texts``.
    """

    __tablename__ = "instruments"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"))
    kind: Mapped[str] = mapped_column(String(32))
    number: Mapped[str] = mapped_column(String(60), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(16))
    version_id: Mapped[str | None] = mapped_column(ForeignKey("versions.id"))
    arrived_on: Mapped[date | None] = mapped_column(Date)
    effective_on: Mapped[date | None] = mapped_column(Date)
    revision: Mapped[int] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[str] = mapped_column(String(100))

    __table_args__ = (Index("ix_instruments_contract_id", "contract_id"),)
    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  (SQLAlchemy's own form)


def find_instrument(session: Session, instrument_id: str) -> InstrumentRow | None:
    return session.get(InstrumentRow, instrument_id)


def instruments_of(session: Session, contract_id: str) -> list[InstrumentRow]:
    statement = select(InstrumentRow).where(InstrumentRow.contract_id == contract_id)
    return list(session.scalars(statement.order_by(InstrumentRow.created_at, InstrumentRow.id)))


def instrument_numbered(session: Session, number: str) -> InstrumentRow | None:
    return session.scalars(select(InstrumentRow).where(InstrumentRow.number == number)).one_or_none()
