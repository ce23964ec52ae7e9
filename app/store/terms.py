"""Terms that a renewal brought, and the decisions on renewals. The first term stands in the contract's own text."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, Date, ForeignKey, Index, Integer, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.base import Base, Instant


class TermRow(Base):
    """One renewed term (``domain.term_chain.Term``). The key makes each renewal happen once, however often the clock wakes.

    ``number`` counts from 1; ``years`` NULL: the last day itself was agreed; ``paper``: number of the instrument, empty where none.
    """

    __tablename__ = "contract_terms"

    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    origin: Mapped[str] = mapped_column(String(16))
    years: Mapped[int | None] = mapped_column(Integer)
    counts: Mapped[bool] = mapped_column(Boolean)
    paper: Mapped[str] = mapped_column(String(60), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[str] = mapped_column(String(100))


class RenewalDecisionRow(Base):
    """A decision on the end of one term. The newest counts; a later one leaves the earlier as history.

    ``choice``: ``domain.renewal_decision.Choice``; ``papers``: numbers of the instruments drafted for it, separated by spaces.
    """

    __tablename__ = "renewal_decisions"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"))
    term: Mapped[int] = mapped_column(Integer)
    choice: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text)
    papers: Mapped[str] = mapped_column(Text, default="")
    decided_by: Mapped[str] = mapped_column(String(32))
    decided_name: Mapped[str] = mapped_column(String(100))
    decided_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (Index("ix_renewal_decisions_contract_id", "contract_id", "decided_at"),)


def terms_of(session: Session, contract_id: str) -> list[TermRow]:
    """In order."""
    return list(session.scalars(select(TermRow).where(TermRow.contract_id == contract_id).order_by(TermRow.number)))


def decisions_of(session: Session, contract_id: str) -> list[RenewalDecisionRow]:
    """The newest first."""
    statement = select(RenewalDecisionRow).where(RenewalDecisionRow.contract_id == contract_id)
    return list(session.scalars(statement.order_by(RenewalDecisionRow.decided_at.desc(), RenewalDecisionRow.id.desc())))
