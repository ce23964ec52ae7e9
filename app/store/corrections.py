"""Corrections of settled periods: proposed, accepted into a later sheet, or refused."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Date, ForeignKey, Index, String, Text, literal, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.base import Base, Instant, Yuan
from app.store.contracts import ContractRow
from app.store.outbox import OutboxRow
from app.store.users import UserRow

MAIL = "correction:"
"""How the key of the message begins that tells of a proposal."""


class CorrectionRow(Base):
    """What a settled period differs by. ``cause``: figures | terms | follows; ``state``: proposed | accepted | refused.

    ``figures``: JSON of the corrected month figures, empty where only terms changed; ``items``, ``months``, ``working``: JSON of what was
    computed (``domain.settlement.correction``). ``basis``: SHA-256 of what it was computed from and came to, empty for what was proposed
    before that was kept. ``taken_by``: the later settlement whose sheet holds the lines, NULL until one does.
    """

    __tablename__ = "settlement_corrections"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"))
    settlement_id: Mapped[str] = mapped_column(ForeignKey("settlements.id"))
    number: Mapped[str] = mapped_column(String(60), unique=True)
    cause: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text)
    figures: Mapped[str] = mapped_column(Text, default="")
    items: Mapped[str] = mapped_column(Text)
    months: Mapped[str] = mapped_column(Text)
    working: Mapped[str] = mapped_column(Text)
    basis: Mapped[str] = mapped_column(String(64), default="")
    excl: Mapped[Decimal] = mapped_column(Yuan)
    tax: Mapped[Decimal] = mapped_column(Yuan)
    state: Mapped[str] = mapped_column(String(16))
    evidence: Mapped[str] = mapped_column(Text, default="")
    decided_on: Mapped[date | None] = mapped_column(Date)
    taken_by: Mapped[str | None] = mapped_column(ForeignKey("settlements.id"))
    revision: Mapped[int] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[str] = mapped_column(String(100))

    __table_args__ = (
        Index("ix_settlement_corrections_contract_id", "contract_id", "created_at"),
        Index("ix_settlement_corrections_settlement_id", "settlement_id"),
        Index("ix_settlement_corrections_state", "state"),
    )
    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  (SQLAlchemy's own form)


def corrections_of(session: Session, contract_id: str) -> list[CorrectionRow]:
    """In the order in which they were proposed."""
    statement = select(CorrectionRow).where(CorrectionRow.contract_id == contract_id)
    return list(session.scalars(statement.order_by(CorrectionRow.created_at, CorrectionRow.number)))


def untold_corrections(session: Session) -> list[tuple[str, str]]:
    """(contract, correction) that the system proposed by itself (terms changed, or an earlier correction moved the period), of which the
    owner was not written to yet and can be."""
    told = select(OutboxRow.id).where(OutboxRow.key == literal(MAIL) + CorrectionRow.id)
    statement = (
        select(CorrectionRow.contract_id, CorrectionRow.id)
        .join(ContractRow, ContractRow.id == CorrectionRow.contract_id)
        .join(UserRow, UserRow.id == ContractRow.owner_id)
        .where(
            CorrectionRow.state == "proposed",
            CorrectionRow.cause.in_(("terms", "follows")),
            ~told.exists(),
            UserRow.active,
            UserRow.email != "",
        )
    )
    return [(c, i) for c, i in session.execute(statement.order_by(CorrectionRow.created_at, CorrectionRow.id))]


def find_correction(session: Session, correction_id: str) -> CorrectionRow | None:
    return session.get(CorrectionRow, correction_id)
