"""Invoices and payments between their rows and the law."""

from __future__ import annotations

import json
from datetime import date
from decimal import Decimal

from app.domain.settlement.receivable import Invoice, InvoiceLine
from app.store.settlements import InvoiceRow, SettlementRow, payment_days
from app.store.uow import UnitOfWork


def invoice_of(row: InvoiceRow) -> Invoice:
    lines = tuple(InvoiceLine(*(Decimal(x) for x in line)) for line in json.loads(row.lines))
    return Invoice(row.id, row.number, row.kind, row.issued_on, row.received_on, lines, row.buyer_uscc, row.red_of or "")


def plain_lines(lines: tuple[InvoiceLine, ...]) -> str:
    return json.dumps([[format(x, "f") for x in (line.rate, line.excl, line.tax)] for line in lines])


def invoices_of(row: SettlementRow) -> tuple[Invoice, ...]:
    return tuple(invoice_of(i) for i in row.invoices)


def paid_on(uow: UnitOfWork, settlement_id: str) -> list[tuple[date, Decimal]]:
    """(day, amount) of what counts as paid on a settlement, in order."""
    return payment_days(uow.session, [settlement_id]).get(settlement_id, [])
