"""How a payment is shown, with what it is laid upon; and an invoice, with the sheet or the correction that it belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.domain.money import ZERO
from app.domain.settlement.invoices import Invoice
from app.services.money_rows import invoice_of, invoice_rows_for
from app.store.corrections import corrections_of
from app.store.instruments import find_instrument
from app.store.settlements import PaymentRow, SettlementRow, find_settlement
from app.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class PaymentView:
    """``matched``: (number of the 结算单, amount); ``left``: what is laid upon nothing; ``held``: kept for matching by hand."""

    id: str
    revision: int
    paid_on: date
    amount: Decimal
    reference: str
    note: str
    matched: tuple[tuple[str, Decimal], ...]
    left: Decimal
    reversed_on: date | None
    reversal: str
    by: str
    held: bool


@dataclass(frozen=True, slots=True)
class InvoiceView:
    """``wrong``: why it is not the right one; ``correction``: number of the one it belongs to, empty for the sheet; ``elsewhere``: id of
    the settlement with which it was recorded, where that is another."""

    invoice: Invoice
    wrong: tuple[str, ...]
    correction: str
    elsewhere: str


def invoice_views(uow: UnitOfWork, row: SettlementRow) -> tuple[InvoiceView, ...]:
    """What was recorded with a sheet, then what counts for it from corrections that it took up."""
    numbers = {c.id: c.number for c in corrections_of(uow.session, row.contract_id)}
    shown = list({i.id: i for i in (*row.invoices, *invoice_rows_for(uow, row))}.values())
    return tuple(
        InvoiceView(
            invoice_of(i), tuple(i.faults.splitlines()), numbers.get(i.correction_id or "", ""),
            "" if i.settlement_id == row.id else i.settlement_id,
        )
        for i in shown
    )  # fmt: skip


def payment_view(uow: UnitOfWork, row: PaymentRow) -> PaymentView:
    matched = []
    for match in row.matches:
        settlement = find_settlement(uow.session, match.settlement_id)
        paper = find_instrument(uow.session, settlement.instrument_id) if settlement else None
        matched.append((paper.number if paper else "", match.amount))
    left = row.amount - sum((m.amount for m in row.matches), ZERO)
    return PaymentView(
        row.id, row.revision, row.paid_on, row.amount, row.reference, row.note, tuple(sorted(matched)), left, row.reversed_on,
        row.reversal, row.created_by, row.held,
    )  # fmt: skip
