"""What a contract's effect hangs on: who signed when, which conditions precedent the law adds, and which are checked off."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, Integer, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.base import Base, Instant


class SigningDateRow(Base):
    """One signatory's signature on the contract: for which party (``a``, ``b``), by whom, on which day of law.

    Whoever completes the execution or records an older contract fills them; the text's own dates are not asked.
    """

    __tablename__ = "signing_dates"

    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    role: Mapped[str] = mapped_column(String(1))
    signatory: Mapped[str] = mapped_column(String(100), default="")
    signed_on: Mapped[date] = mapped_column(Date)
    document_id: Mapped[str | None] = mapped_column(ForeignKey("documents.id"))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[str] = mapped_column(String(100))


class FulfilmentRow(Base):
    """A condition precedent checked off (``domain.effect.Fulfilment``). A mistaken one is deleted; the audit log keeps it."""

    __tablename__ = "condition_fulfilments"

    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"), primary_key=True)
    condition: Mapped[str] = mapped_column(String(32), primary_key=True)
    on_day: Mapped[date] = mapped_column(Date)
    ground: Mapped[str] = mapped_column(String(16))
    evidence: Mapped[str] = mapped_column(Text)
    document_id: Mapped[str | None] = mapped_column(ForeignKey("documents.id"))
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[str] = mapped_column(String(100))

    __table_args__ = (Index("ix_condition_fulfilments_document_id", "document_id"),)


class AddedConditionRow(Base):
    """A condition that the text doesn't name and the law asks for (CC:502): an approval that turned out to be needed."""

    __tablename__ = "added_conditions"

    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"), primary_key=True)
    condition: Mapped[str] = mapped_column(String(32), primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    added_at: Mapped[datetime] = mapped_column(Instant)
    added_by: Mapped[str] = mapped_column(String(100))


def signing_dates_of(session: Session, contract_id: str) -> list[SigningDateRow]:
    statement = select(SigningDateRow).where(SigningDateRow.contract_id == contract_id)
    return list(session.scalars(statement.order_by(SigningDateRow.ordinal)))


def fulfilments_of(session: Session, contract_id: str) -> list[FulfilmentRow]:
    statement = select(FulfilmentRow).where(FulfilmentRow.contract_id == contract_id)
    return list(session.scalars(statement.order_by(FulfilmentRow.recorded_at, FulfilmentRow.condition)))


def added_conditions_of(session: Session, contract_id: str) -> list[AddedConditionRow]:
    statement = select(AddedConditionRow).where(AddedConditionRow.contract_id == contract_id)
    return list(session.scalars(statement.order_by(AddedConditionRow.added_at, AddedConditionRow.condition)))
