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
    """One invoice as received; a red-letter one has negative lines and names the blue one it reverses (VATR:38). ``correction``: the
    correction of a settled period whose difference it carries, which then leaves the first sheet's match alone."""

    id: str
    number: str
    kind: str
    issued_on: date
    received_on: date
    lines: tuple[InvoiceLine, ...]
    buyer_uscc: str
    red_of: str = ""
    correction: str = ""

    @property
    def incl(self) -> Decimal:
        return sum((x.excl + x.tax for x in self.lines), ZERO)


@dataclass(frozen=True, slots=True)
class Claimed:
    """What invoices must say: totals by rate, the kind agreed, who the buyer is. Of a correction: its difference, below nothing where
    it takes back."""

    by_rate: tuple[TaxedAmount, ...]
    kind: str
    buyer_uscc: str


@dataclass(frozen=True, slots=True)
class Owed:
    """An accepted correction and the invoices that carry it so far. ``open``: false where the sheet that took it up has its right
    invoices without any of its own, so that it stands in them."""

    id: str
    number: str
    claimed: Claimed
    counted: tuple[Invoice, ...]
    open: bool = True

    def left(self) -> dict[Decimal, tuple[Decimal, Decimal]]:
        """Rate → (excl, tax) that no invoice carries yet."""
        return _left(self.claimed, self.counted)


def invoice_faults(
    invoice: Invoice, claimed: Claimed, counted: Sequence[Invoice], family: Sequence[Invoice], correction: Owed | None = None
) -> tuple[str, ...]:
    """Why this invoice is not the right one. ``claimed``, ``counted``: of its sheet; ``family``: every invoice received before for the
    settlement in which a blue one stands; ``correction``: whose difference it carries."""
    found = []
    if invoice.kind != claimed.kind:
        found.append(f"应为{INVOICE_KINDS.get(claimed.kind, claimed.kind)}，现为{INVOICE_KINDS.get(invoice.kind, invoice.kind)}")
    if claimed.buyer_uscc and invoice.buyer_uscc != claimed.buyer_uscc:
        found.append("购买方统一社会信用代码与合同甲方不一致")
    if invoice.received_on < invoice.issued_on:
        found.append("收到日早于开票日")
    if invoice.red_of:
        blue = next((o for o in family if o.id == invoice.red_of), None)
        found += _red_faults(invoice, blue, family)
        if correction is not None and blue is not None and not blue.correction:
            found += taken_back_faults(invoice, correction)
    elif correction is not None:
        found += _blue_faults(invoice, correction.claimed, correction.counted, f"更正{correction.number}")
    else:
        found += _blue_faults(invoice, claimed, counted, "结算单")
    if correction is not None and not correction.open:
        found.append(f"列入更正{correction.number}的结算单已按更正后的金额开票，不应再为该更正开票")
    return tuple(found)


def proposed_correction(
    invoice: Invoice, claimed: Claimed, counted: Sequence[Invoice], family: Sequence[Invoice], corrections: Sequence[Owed]
) -> str:
    """Id of the correction that an invoice carries as far as its figures say, empty where it belongs to the sheet itself.

    A red one follows its blue one; otherwise it belongs to the correction that it takes back to the 分, and, where it reverses its blue
    one only in part, to the oldest one that has room for it. One that reverses its blue one in full is 红冲重开. A blue one belongs to a
    correction whose difference it is to the 分, unless that is what its sheet waits for.
    """
    net, open_ = net_of([invoice]), [c for c in corrections if c.open]
    if not invoice.red_of:
        if net == _left(claimed, counted):
            return ""
        exact = [c.id for c in open_ if net == {rate: x for rate, x in c.left().items() if x[0] > 0 or x[1] > 0}]
        return exact[0] if exact else ""
    blue = next((o for o in family if o.id == invoice.red_of), None)
    if blue is None or blue.correction:
        return blue.correction if blue is not None else ""
    below = {c.id: {rate: x for rate, x in c.left().items() if x[0] < 0 or x[1] < 0} for c in open_}
    exact = [key for key, left in below.items() if net == left]
    whole = all(sums == (ZERO, ZERO) for sums in net_of([invoice, blue, *(o for o in family if o.red_of == blue.id)]).values())
    if exact or whole:
        return exact[0] if exact else ""
    room = [
        key
        for key, left in below.items()
        if all(rate in left and left[rate][0] <= x[0] and left[rate][1] <= x[1] for rate, x in net.items())
    ]
    return room[0] if room else ""


def _left(claimed: Claimed, counted: Sequence[Invoice]) -> dict[Decimal, tuple[Decimal, Decimal]]:
    had = net_of(_standing(claimed, counted))
    left = {}
    for t in claimed.by_rate:
        excl, tax = had.get(t.rate, (ZERO, ZERO))
        if (t.excl - excl, t.tax - tax) != (ZERO, ZERO):
            left[t.rate] = (t.excl - excl, t.tax - tax)
    return left


def taken_back_faults(invoice: Invoice, correction: Owed) -> list[str]:
    """Why a red one takes back more than the correction has left."""
    left = correction.left()
    found = []
    for rate, (excl, tax) in net_of([invoice]).items():
        own = left.get(rate, (ZERO, ZERO))
        if excl < own[0] or tax < own[1]:
            room = f"{money_digits(max(ZERO, -own[0]))}元、税额{money_digits(max(ZERO, -own[1]))}元"
            words = f"红冲{money_digits(-excl)}元、税额{money_digits(-tax)}元"
            found.append(f"税率{number(rate)}%的{words}超过更正{correction.number}尚未红冲的{room}")
        elif excl == own[0] and tax != own[1]:
            found.append(f"税率{number(rate)}%的税额与更正{correction.number}的{money_digits(-own[1])}元不符")
    return found


def _red_faults(invoice: Invoice, blue: Invoice | None, others: Sequence[Invoice]) -> list[str]:
    if blue is None:
        return ["没有找到所冲销的蓝字发票"]
    if any(x.excl > 0 or x.tax > 0 for x in invoice.lines):
        return ["红字发票的金额应为负数"]
    left = net_of([blue, *(o for o in others if o.red_of == blue.id)])
    for rate, (excl, tax) in net_of([invoice]).items():
        had = left.get(rate, (ZERO, ZERO))
        if had[0] + excl < 0 or had[1] + tax < 0:
            return [f"冲销金额超过蓝字发票{blue.number}税率{number(rate)}%的余额{money_digits(had[0])}元"]
    return []


def _blue_faults(invoice: Invoice, claimed: Claimed, others: Sequence[Invoice], what: str) -> list[str]:
    if any(x.excl <= 0 or x.tax < 0 for x in invoice.lines) or not invoice.lines:
        return ["蓝字发票须至少有一行，金额应大于零"]
    found, wanted = [], {t.rate: t for t in claimed.by_rate}
    had = net_of(_standing(claimed, others))
    for rate, (excl, tax) in net_of([invoice]).items():
        if rate not in wanted:
            found.append(f"税率{number(rate)}%不在{what}中")
            continue
        left = wanted[rate].excl - had.get(rate, (ZERO, ZERO))[0]
        left_tax = wanted[rate].tax - had.get(rate, (ZERO, ZERO))[1]
        if excl > left:
            found.append(f"税率{number(rate)}%的不含税额{money_digits(excl)}元超过{what}尚未开票的{money_digits(left)}元")
        elif excl == left and tax != left_tax:
            found.append(f"税率{number(rate)}%的税额{money_digits(tax)}元与{what}的{money_digits(left_tax)}元不符")
        elif tax > left_tax:
            found.append(f"税率{number(rate)}%的税额{money_digits(tax)}元超过{what}尚未开票的{money_digits(left_tax)}元")
    return found


def right_since(claimed: Claimed, invoices: Sequence[Invoice]) -> date | None:
    """The day from which the invoices received are exactly what the settlement says; None while they are not (先票后款).

    ``invoices``: its own and those of the corrections that it took up. A tax rate whose total is below nothing, as a correction of an
    earlier period leaves it, gets no blue invoice: what it takes back is reversed by a red one upon the invoice of that period, and the
    others are awaited alone.
    """
    standing = _standing(claimed, invoices)
    net = {rate: sums for rate, sums in net_of(standing).items() if sums != (ZERO, ZERO)}
    wanted = {t.rate: (t.excl, t.tax) for t in claimed.by_rate if t.excl > 0 or t.tax > 0}
    for t in claimed.by_rate:
        excl, tax = net.get(t.rate, (ZERO, ZERO))
        if t.rate not in wanted and t.excl <= excl <= 0 and t.tax <= tax <= 0:
            net.pop(t.rate, None)
    if not wanted or net != wanted:
        return None
    return max(i.received_on for i in standing)


def awaited(claimed: Claimed, invoices: Sequence[Invoice]) -> str:
    """By how much what was received differs from what is claimed, in words; empty where nothing counts so far."""
    had = net_of(_standing(claimed, invoices))
    wanted = {t.rate: (t.excl, t.tax) for t in claimed.by_rate}
    found = []
    for rate in sorted({*had, *wanted}) if had else ():
        (excl, tax), (own, own_tax) = wanted.get(rate, (ZERO, ZERO)), had.get(rate, (ZERO, ZERO))
        below = excl <= own <= 0 and tax <= own_tax <= 0
        if (excl, tax) != (own, own_tax) and not below:
            word = "尚差" if (excl, tax) > (own, own_tax) else "多出"
            apart = f"不含税{money_digits(abs(excl - own))}元、税额{money_digits(abs(tax - own_tax))}元"
            found.append(f"税率{number(rate)}%{word}{apart}")
    return "，".join(found)


def _standing(claimed: Claimed, invoices: Sequence[Invoice]) -> list[Invoice]:
    """Blue invoices of the right kind and buyer, without a line below nothing, that are not wholly reversed, with the red ones that reverse
    a part of them; and red ones of a correction, whose blue one counts for another sheet."""
    found, blues = [], {i.id for i in invoices if not i.red_of}
    for one in invoices:
        if one.kind != claimed.kind or (claimed.buyer_uscc and one.buyer_uscc != claimed.buyer_uscc):
            continue
        if one.red_of:
            if one.correction and one.red_of not in blues:
                found.append(one)
            continue
        if any(x.excl <= 0 or x.tax < 0 for x in one.lines):
            continue
        family = [one, *(i for i in invoices if i.red_of == one.id)]
        if any(sums != (ZERO, ZERO) for sums in net_of(family).values()):
            found += family
    return found


def net_of(invoices: Sequence[Invoice]) -> dict[Decimal, tuple[Decimal, Decimal]]:
    """Rate → (excl, tax) of all of them."""
    sums: dict[Decimal, tuple[Decimal, Decimal]] = {}
    for invoice in invoices:
        for line in invoice.lines:
            excl, tax = sums.get(line.rate, (ZERO, ZERO))
            sums[line.rate] = (excl + line.excl, tax + line.tax)
    return sums
