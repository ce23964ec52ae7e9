"""Invoices of a settlement: what the right one says, what is wrong with another, and from when all is there (section 8.2; VATR:38)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.domain.money import ZERO, TaxedAmount
from app.domain.presentation import money_digits, number

INVOICE_KINDS: Mapping[str, str] = {"special": "增值税专用发票", "ordinary": "增值税普通发票"}
"""Kinds of invoices as ``tax.invoice_type`` names them."""


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    rate: Decimal
    excl: Decimal
    tax: Decimal


@dataclass(frozen=True, slots=True)
class Invoice:
    """One invoice as received; a red-letter one has negative lines and names the blue one it reverses (VATR:38)."""

    id: str
    number: str
    kind: str
    issued_on: date
    received_on: date
    lines: tuple[InvoiceLine, ...]
    buyer_uscc: str
    red_of: str = ""

    @property
    def incl(self) -> Decimal:
        return sum((x.excl + x.tax for x in self.lines), ZERO)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What an invoice must say: totals by rate, the kind agreed, who the buyer is."""

    by_rate: tuple[TaxedAmount, ...]
    kind: str
    buyer_uscc: str


def invoice_faults(invoice: Invoice, claimed: Claimed, others: Sequence[Invoice]) -> tuple[str, ...]:
    """Why this invoice is not the right one; ``others``: those received before for the same settlement."""
    found = []
    if invoice.kind != claimed.kind:
        found.append(f"应为{INVOICE_KINDS.get(claimed.kind, claimed.kind)}，现为{INVOICE_KINDS.get(invoice.kind, invoice.kind)}")
    if claimed.buyer_uscc and invoice.buyer_uscc != claimed.buyer_uscc:
        found.append("购买方统一社会信用代码与合同甲方不一致")
    if invoice.received_on < invoice.issued_on:
        found.append("收到日早于开票日")
    blue = next((o for o in others if o.id == invoice.red_of), None) if invoice.red_of else None
    if invoice.red_of:
        found += _red_faults(invoice, blue, others)
    else:
        found += _blue_faults(invoice, claimed, others)
    return tuple(found)


def _red_faults(invoice: Invoice, blue: Invoice | None, others: Sequence[Invoice]) -> list[str]:
    if blue is None:
        return ["没有找到所冲销的蓝字发票"]
    if any(x.excl > 0 or x.tax > 0 for x in invoice.lines):
        return ["红字发票的金额应为负数"]
    left = _net([blue, *(o for o in others if o.red_of == blue.id)])
    for rate, (excl, tax) in _net([invoice]).items():
        had = left.get(rate, (ZERO, ZERO))
        if had[0] + excl < 0 or had[1] + tax < 0:
            return [f"冲销金额超过蓝字发票{blue.number}税率{number(rate)}%的余额{money_digits(had[0])}元"]
    return []


def _blue_faults(invoice: Invoice, claimed: Claimed, others: Sequence[Invoice]) -> list[str]:
    if any(x.excl <= 0 or x.tax < 0 for x in invoice.lines) or not invoice.lines:
        return ["蓝字发票须至少有一行，金额应大于零"]
    found, wanted = [], {t.rate: t for t in claimed.by_rate}
    had = _net(_standing(claimed, others))
    for rate, (excl, tax) in _net([invoice]).items():
        if rate not in wanted:
            found.append(f"税率{number(rate)}%不在结算单中")
            continue
        left = wanted[rate].excl - had.get(rate, (ZERO, ZERO))[0]
        left_tax = wanted[rate].tax - had.get(rate, (ZERO, ZERO))[1]
        if excl > left:
            found.append(f"税率{number(rate)}%的不含税额{money_digits(excl)}元超过结算单尚未开票的{money_digits(left)}元")
        elif excl == left and tax != left_tax:
            found.append(f"税率{number(rate)}%的税额{money_digits(tax)}元与结算单的{money_digits(left_tax)}元不符")
        elif tax > left_tax:
            found.append(f"税率{number(rate)}%的税额{money_digits(tax)}元超过结算单尚未开票的{money_digits(left_tax)}元")
    return found


def right_since(claimed: Claimed, invoices: Sequence[Invoice]) -> date | None:
    """The day from which the invoices received are exactly what the settlement says; None while they are not (先票后款).

    A tax rate whose total is below nothing, as a correction of an earlier period leaves it, gets no blue invoice: what it takes back
    is reversed by a red one upon the invoice of that period, and the others are awaited alone.
    """
    standing = _standing(claimed, invoices)
    net = {rate: sums for rate, sums in _net(standing).items() if sums != (ZERO, ZERO)}
    wanted = {t.rate: (t.excl, t.tax) for t in claimed.by_rate if t.excl > 0 or t.tax > 0}
    if not wanted or net != wanted:
        return None
    return max(i.received_on for i in standing)


def _standing(claimed: Claimed, invoices: Sequence[Invoice]) -> list[Invoice]:
    """Blue invoices of the right kind and buyer, without a line below nothing, that are not wholly reversed, with the red ones that reverse a part of them."""
    found = []
    for blue in invoices:
        if blue.red_of or blue.kind != claimed.kind or (claimed.buyer_uscc and blue.buyer_uscc != claimed.buyer_uscc):
            continue
        if any(x.excl <= 0 or x.tax < 0 for x in blue.lines):
            continue
        family = [blue, *(i for i in invoices if i.red_of == blue.id)]
        if any(sums != (ZERO, ZERO) for sums in _net(family).values()):
            found += family
    return found


def _net(invoices: Sequence[Invoice]) -> dict[Decimal, tuple[Decimal, Decimal]]:
    sums: dict[Decimal, tuple[Decimal, Decimal]] = {}
    for invoice in invoices:
        for line in invoice.lines:
            excl, tax = sums.get(line.rate, (ZERO, ZERO))
            sums[line.rate] = (excl + line.excl, tax + line.tax)
    return sums
