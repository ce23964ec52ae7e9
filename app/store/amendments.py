"""Amendments: the edits a draft consists of, what it was drafted on, and, once signed, its place and its days."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Date, ForeignKey, Index, Integer, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.base import Base
from app.store.instruments import InstrumentRow


class AmendmentRow(Base):
    """One amendment. ``base_id``: the version that the parties signed; ``edits``: JSON of ``domain.redrafting.Edit``.

    ``basis``: ids of the signed amendments that the draft was last made or renewed on, separated by spaces. ``sequence``: its
    place in the order of signing, NULL until signed; ``evidence_id``: the signed copy.
    """

    __tablename__ = "amendments"

    instrument_id: Mapped[str] = mapped_column(ForeignKey("instruments.id"), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"))
    base_id: Mapped[str] = mapped_column(ForeignKey("versions.id"))
    edits: Mapped[str] = mapped_column(Text)
    basis: Mapped[str] = mapped_column(Text, default="")
    sequence: Mapped[int | None] = mapped_column(Integer)
    signed_on: Mapped[date | None] = mapped_column(Date)
    effective_on: Mapped[date | None] = mapped_column(Date)
    retroactive_from: Mapped[date | None] = mapped_column(Date)
    evidence_id: Mapped[str | None] = mapped_column(ForeignKey("documents.id"))
    revision: Mapped[int] = mapped_column()

    __table_args__ = (
        Index("ix_amendments_contract_id", "contract_id"),
        Index("uq_amendments_contract_id_sequence", "contract_id", "sequence", unique=True),
    )
    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  (SQLAlchemy's own form)


def find_amendment(session: Session, instrument_id: str) -> AmendmentRow | None:
    return session.get(AmendmentRow, instrument_id)


def amendments_of(session: Session, contract_id: str) -> list[tuple[AmendmentRow, InstrumentRow]]:
    """Every amendment of a contract with its paper, in the order of drafting."""
    statement = select(AmendmentRow, InstrumentRow).join(InstrumentRow, InstrumentRow.id == AmendmentRow.instrument_id)
    statement = statement.where(AmendmentRow.contract_id == contract_id)
    return [(a, i) for a, i in session.execute(statement.order_by(InstrumentRow.created_at, InstrumentRow.id))]


def amendments_to_apply(session: Session, today: date) -> list[tuple[str, str]]:
    """(contract, amendment): signed amendments whose day has come and whose text is no version of the contract yet."""
    statement = select(InstrumentRow.contract_id, AmendmentRow.instrument_id).join(
        InstrumentRow, InstrumentRow.id == AmendmentRow.instrument_id
    )
    statement = statement.where(
        AmendmentRow.sequence.is_not(None), AmendmentRow.effective_on <= today, InstrumentRow.version_id.is_(None),
        InstrumentRow.state == "signed",
    )  # fmt: skip
    return [(c, i) for c, i in session.execute(statement.order_by(AmendmentRow.effective_on, AmendmentRow.sequence))]
