"""Settlements with their invoices and payments, and the budget of a contract year. Amounts in yuan."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Boolean, Date, ForeignKey, Index, String, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship
from sqlalchemy.orm.attributes import flag_modified

from app.store.base import Base, Instant, Yuan
from app.store.instruments import InstrumentRow
from app.store.obligations import ContractEventRow


class SettlementRow(Base):
    """One settlement of one period. ``state``: open | confirmed | void; ``sheet``: everything it was computed from and came to, as JSON,
    ``digest`` its SHA-256. ``instrument_id``: its 结算单.

    ``how``: signed | written | silence. ``objected``: what party A disputes, with tax. ``due_on``: cached for lists, NULL while nothing
    falls due; ``open_amount``: what of it is not paid. ``received_on``: when party A had the sheet, from when its periods run;
    ``silent_on``: the last day to speak, after which silence confirms, NULL where silence does nothing.
    """

    __tablename__ = "settlements"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"))
    instrument_id: Mapped[str] = mapped_column(ForeignKey("instruments.id"))
    start: Mapped[date] = mapped_column(Date)
    end: Mapped[date] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(16))
    sheet: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    excl: Mapped[Decimal] = mapped_column(Yuan)
    tax: Mapped[Decimal] = mapped_column(Yuan)
    incl: Mapped[Decimal] = mapped_column(Yuan)
    submitted_on: Mapped[date] = mapped_column(Date)
    received_on: Mapped[date | None] = mapped_column(Date)
    silent_on: Mapped[date | None] = mapped_column(Date)
    confirmed_on: Mapped[date | None] = mapped_column(Date)
    how: Mapped[str] = mapped_column(String(16), default="")
    evidence: Mapped[str] = mapped_column(Text, default="")
    objected: Mapped[Decimal | None] = mapped_column(Yuan)
    objected_on: Mapped[date | None] = mapped_column(Date)
    objection: Mapped[str] = mapped_column(Text, default="")
    resolved_on: Mapped[date | None] = mapped_column(Date)
    reduced: Mapped[Decimal | None] = mapped_column(Yuan)
    due_on: Mapped[date | None] = mapped_column(Date)
    open_amount: Mapped[Decimal] = mapped_column(Yuan)
    revision: Mapped[int] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[str] = mapped_column(String(100))

    invoices: Mapped[list[InvoiceRow]] = relationship(order_by="InvoiceRow.received_on, InvoiceRow.created_at, InvoiceRow.id")
    matches: Mapped[list[PaymentMatchRow]] = relationship(cascade="all, delete-orphan")

    __table_args__ = (
        Index("ix_settlements_contract_id", "contract_id", "start"),
        Index("ix_settlements_due_on", "due_on"),
        Index("ix_settlements_silent_on", "silent_on"),
    )
    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  (SQLAlchemy's own form)


class InvoiceRow(Base):
    """An invoice as received; it is never changed: a wrong one is reversed by a red-letter invoice (``red_of``; VATR:38).

    ``lines``: JSON of [rate, excl, tax]; ``faults``: why it was not the right one when it came or was assigned, one a line.
    ``correction_id``: the correction whose difference it carries, NULL where it belongs to the sheet itself.
    """

    __tablename__ = "invoices"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"))
    settlement_id: Mapped[str] = mapped_column(ForeignKey("settlements.id"))
    number: Mapped[str] = mapped_column(String(40), unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    issued_on: Mapped[date] = mapped_column(Date)
    received_on: Mapped[date] = mapped_column(Date)
    lines: Mapped[str] = mapped_column(Text)
    incl: Mapped[Decimal] = mapped_column(Yuan)
    buyer_uscc: Mapped[str] = mapped_column(String(18))
    red_of: Mapped[str | None] = mapped_column(ForeignKey("invoices.id"))
    correction_id: Mapped[str | None] = mapped_column(ForeignKey("settlement_corrections.id"))
    faults: Mapped[str] = mapped_column(Text, default="")
    document_id: Mapped[str | None] = mapped_column(ForeignKey("documents.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[str] = mapped_column(String(100))

    __table_args__ = (
        Index("ix_invoices_settlement_id", "settlement_id"),
        Index("ix_invoices_contract_id", "contract_id"),
        Index("ix_invoices_correction_id", "correction_id"),
    )


class PaymentRow(Base):
    """A payment of party A. ``reversed_on``: taken back (returned by the bank, entered by mistake); it then counts for nothing.

    ``held``: entered to be matched by hand, so that what is laid upon nothing is not taken for overpaid; ``matched_at``: when that was
    last changed by hand.
    """

    __tablename__ = "payments"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"))
    paid_on: Mapped[date] = mapped_column(Date)
    amount: Mapped[Decimal] = mapped_column(Yuan)
    reference: Mapped[str] = mapped_column(String(100))
    note: Mapped[str] = mapped_column(Text, default="")
    document_id: Mapped[str | None] = mapped_column(ForeignKey("documents.id"))
    reversed_on: Mapped[date | None] = mapped_column(Date)
    reversal: Mapped[str] = mapped_column(Text, default="")
    held: Mapped[bool] = mapped_column(Boolean, default=False)
    matched_at: Mapped[datetime | None] = mapped_column(Instant)
    revision: Mapped[int] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[str] = mapped_column(String(100))

    matches: Mapped[list[PaymentMatchRow]] = relationship(cascade="all, delete-orphan", order_by="PaymentMatchRow.settlement_id")

    __table_args__ = (Index("ix_payments_contract_id", "contract_id", "paid_on"),)
    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  (SQLAlchemy's own form)


class PaymentMatchRow(Base):
    """What of a payment is laid upon a settlement."""

    __tablename__ = "payment_matches"

    payment_id: Mapped[str] = mapped_column(ForeignKey("payments.id", ondelete="CASCADE"), primary_key=True)
    settlement_id: Mapped[str] = mapped_column(ForeignKey("settlements.id"), primary_key=True)
    amount: Mapped[Decimal] = mapped_column(Yuan)

    __table_args__ = (Index("ix_payment_matches_settlement_id", "settlement_id"),)


class BudgetRow(Base):
    """The budget of one contract year (its first day), with tax."""

    __tablename__ = "settlement_budgets"

    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"), primary_key=True)
    year: Mapped[date] = mapped_column(Date, primary_key=True)
    amount: Mapped[Decimal] = mapped_column(Yuan)
    note: Mapped[str] = mapped_column(Text, default="")
    set_at: Mapped[datetime] = mapped_column(Instant)
    set_by: Mapped[str] = mapped_column(String(100))


def settlements_of(session: Session, contract_id: str) -> list[SettlementRow]:
    """In order of their periods."""
    statement = select(SettlementRow).where(SettlementRow.contract_id == contract_id)
    return list(session.scalars(statement.order_by(SettlementRow.start, SettlementRow.created_at, SettlementRow.id)))


def find_settlement(session: Session, settlement_id: str) -> SettlementRow | None:
    return session.get(SettlementRow, settlement_id)


def touch(row: SettlementRow) -> None:
    """A change of its invoices or payments is a change of the settlement: its revision counts up, so that a stale page can't act on it."""
    flag_modified(row, "state")


def touch_payment(row: PaymentRow) -> None:
    """A change of its matches is a change of the payment, likewise."""
    flag_modified(row, "held")


def settlement_of_paper(session: Session, instrument_id: str) -> SettlementRow | None:
    statement = select(SettlementRow).where(SettlementRow.instrument_id == instrument_id, SettlementRow.state != "void")
    return session.scalars(statement).one_or_none()


def silent_settlements(session: Session, before: date) -> list[tuple[str, str]]:
    """(contract, settlement) whose last day to speak is over."""
    statement = select(SettlementRow.contract_id, SettlementRow.id).where(SettlementRow.silent_on < before)
    return [(c, s) for c, s in session.execute(statement.order_by(SettlementRow.silent_on, SettlementRow.id))]


def overdue_unrecorded(session: Session, today: date) -> list[tuple[str, str]]:
    """(contract, settlement) unpaid after their last day, of which no event says so yet."""
    known = select(ContractEventRow.id).where(
        ContractEventRow.contract_id == SettlementRow.contract_id, ContractEventRow.kind == "payment_overdue",
        ContractEventRow.subject == InstrumentRow.number,
    )  # fmt: skip
    statement = (
        select(SettlementRow.contract_id, SettlementRow.id)
        .join(InstrumentRow, InstrumentRow.id == SettlementRow.instrument_id)
        .where(
            SettlementRow.due_on < today,
            SettlementRow.open_amount > Decimal(0),
            SettlementRow.state == "confirmed",
            ~known.exists(),
        )
    )
    return [(c, s) for c, s in session.execute(statement.order_by(SettlementRow.due_on, SettlementRow.id))]


def unpaid_settlements(session: Session, limit: int) -> list[SettlementRow]:
    """Confirmed and not paid in full, over all contracts: those that fall due first, then those that wait for their invoice."""
    statement = select(SettlementRow).where(SettlementRow.state == "confirmed", SettlementRow.open_amount > Decimal(0))
    return list(session.scalars(statement.order_by(SettlementRow.due_on.nulls_last(), SettlementRow.id).limit(limit)))


def find_invoice(session: Session, invoice_id: str) -> InvoiceRow | None:
    return session.get(InvoiceRow, invoice_id)


def invoices_of_corrections(session: Session, correction_ids: Collection[str]) -> list[InvoiceRow]:
    """Those that carry the difference of one of them, in the order in which they came."""
    if not correction_ids:
        return []
    statement = select(InvoiceRow).where(InvoiceRow.correction_id.in_(correction_ids))
    return list(session.scalars(statement.order_by(InvoiceRow.received_on, InvoiceRow.created_at, InvoiceRow.id)))


def invoice_numbered(session: Session, number: str) -> InvoiceRow | None:
    return session.scalars(select(InvoiceRow).where(InvoiceRow.number == number)).one_or_none()


def payments_of(session: Session, contract_id: str) -> list[PaymentRow]:
    statement = select(PaymentRow).where(PaymentRow.contract_id == contract_id)
    return list(session.scalars(statement.order_by(PaymentRow.paid_on, PaymentRow.created_at, PaymentRow.id)))


def unmatched_payments(session: Session, limit: int) -> list[PaymentRow]:
    """Payments that count and are not laid upon anything in full, over all contracts, the oldest first."""
    laid = select(func.sum(PaymentMatchRow.amount)).where(PaymentMatchRow.payment_id == PaymentRow.id).scalar_subquery()
    statement = select(PaymentRow).where(PaymentRow.reversed_on.is_(None), PaymentRow.amount > func.coalesce(laid, 0))
    return list(session.scalars(statement.order_by(PaymentRow.paid_on, PaymentRow.id).limit(limit)))


def find_payment(session: Session, payment_id: str) -> PaymentRow | None:
    return session.get(PaymentRow, payment_id)


def payment_days(session: Session, settlement_ids: Collection[str]) -> dict[str, list[tuple[date, Decimal]]]:
    """Per settlement what was paid on it and when; reversed payments left out."""
    found: dict[str, list[tuple[date, Decimal]]] = {}
    if not settlement_ids:
        return found
    statement = (
        select(PaymentMatchRow.settlement_id, PaymentRow.paid_on, PaymentMatchRow.amount)
        .join(PaymentRow, PaymentRow.id == PaymentMatchRow.payment_id)
        .where(PaymentMatchRow.settlement_id.in_(settlement_ids), PaymentRow.reversed_on.is_(None))
        .order_by(PaymentRow.paid_on, PaymentRow.created_at, PaymentRow.id)
    )
    for settlement_id, day, amount in session.execute(statement):
        found.setdefault(settlement_id, []).append((day, amount))
    return found


def budgets_of(session: Session, contract_id: str) -> dict[date, BudgetRow]:
    return {row.year: row for row in session.scalars(select(BudgetRow).where(BudgetRow.contract_id == contract_id))}
