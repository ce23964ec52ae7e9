"""Deliveries: by which way a paper was sent to the other party, when it arrived and what shows it (section 12.2)."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.base import Base, Instant


class DeliveryRow(Base):
    """One sending of one instrument. ``method``, ``proof``: ``domain.notice``; ``sender``: party ``a`` or ``b``.

    ``address``: where it went, as registered on that day. ``document_id``: the receipt, where its file is in the record.
    """

    __tablename__ = "deliveries"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"))
    instrument_id: Mapped[str] = mapped_column(ForeignKey("instruments.id"))
    sender: Mapped[str] = mapped_column(String(1))
    method: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(300))
    sent_on: Mapped[date] = mapped_column(Date)
    arrived_on: Mapped[date | None] = mapped_column(Date)
    proof: Mapped[str] = mapped_column(String(16), default="")
    evidence: Mapped[str] = mapped_column(Text, default="")
    document_id: Mapped[str | None] = mapped_column(ForeignKey("documents.id"))
    revision: Mapped[int] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[str] = mapped_column(String(100))

    __table_args__ = (Index("ix_deliveries_contract_id", "contract_id"), Index("ix_deliveries_instrument_id", "instrument_id"))
    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  (SQLAlchemy's own form)


def find_delivery(session: Session, delivery_id: str) -> DeliveryRow | None:
    return session.get(DeliveryRow, delivery_id)


def deliveries_of(session: Session, contract_id: str) -> list[DeliveryRow]:
    statement = select(DeliveryRow).where(DeliveryRow.contract_id == contract_id)
    return list(session.scalars(statement.order_by(DeliveryRow.sent_on, DeliveryRow.created_at, DeliveryRow.id)))


def deliveries_of_paper(session: Session, instrument_id: str) -> list[DeliveryRow]:
    statement = select(DeliveryRow).where(DeliveryRow.instrument_id == instrument_id)
    return list(session.scalars(statement.order_by(DeliveryRow.sent_on, DeliveryRow.created_at, DeliveryRow.id)))
