"""What becomes of a confirmed settlement: due day, invoices, payments, damages for delay (section 8.2; brief B5; SMEP:9, SMEP:17)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from app.domain.calendar import WorkingCalendar
from app.domain.money import ZERO, TaxedAmount, cents, cents_within
from app.domain.presentation import money_digits, number
from app.domain.reasoning import ReasonedDate, Reasoner, days, working_days
from app.domain.settlement.terms import PayTerms
from app.domain.term import chinese_date

SME_DAYS, PUBLIC_DAYS = 60, 30
STATUTORY_BP = Decimal(5)
"""万分之五 a day where nothing was agreed with a small or medium enterprise (SMEP:17)."""
_FIRST_HALF_DAYS = 30
_REVIEWED_WORKDAYS = 5


# ---- invoices


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


# ---- the due day


@dataclass(frozen=True, slots=True)
class Due:
    """When a settlement is payable. ``day`` None: the payment period has no end yet, ``waiting`` says what it waits for.

    ``invoice_by``: until when party B must invoice. ``first_half``: an earlier day for half of it (fallback of 8.2-t1).
    """

    day: ReasonedDate | None
    invoice_by: ReasonedDate
    waiting: str = ""
    first_half: ReasonedDate | None = None
    remarks: tuple[str, ...] = ()


def payment_due(confirmed_on: date, right_on: date | None, terms: PayTerms, calendar: WorkingCalendar) -> Due:
    """The payment period runs from confirmation (SMEP:9); the invoice comes first, and its delay moves the last day by as much
    (section 8.2). Without the right invoice nothing falls due."""
    reasoner = Reasoner(terms.calendar(calendar))
    start = reasoner.given("确认结算金额之日", confirmed_on, "fees.payment.cycle.confirm")
    invoice_day = reasoner.forward("开票期", start, working_days(terms.invoice_workdays), "fees.payment.cycle.invoice")
    invoice_by = reasoner.result("开票期限", invoice_day)
    if right_on is None:
        return Due(None, invoice_by, "尚未收到与结算单相符的发票，先票后款", remarks=_limits(terms))
    late = max(0, (right_on - invoice_day).days)
    day = _last_day(confirmed_on, terms.days, late, invoice_by, terms, calendar)
    half = (
        _last_day(confirmed_on, _FIRST_HALF_DAYS, late, invoice_by, terms, calendar)
        if terms.half_first and terms.days > _FIRST_HALF_DAYS
        else None
    )
    return Due(day, invoice_by, "", half, _limits(terms))


def expected_due(day: date, terms: PayTerms, calendar: WorkingCalendar) -> ReasonedDate:
    """The due day if the settlement is confirmed on ``day`` and the invoice comes in time; what a 结算单 prints."""
    reasoner = Reasoner(terms.calendar(calendar))
    start = reasoner.given("确认结算金额之日", day, "fees.payment.cycle.confirm")
    raw = reasoner.forward("付款期", start, days(terms.days), "fees.payment.term", "SMEP:9")
    return reasoner.result("付款到期日", reasoner.later("付款期", raw, "CC:203"))


def _last_day(
    confirmed_on: date, period: int, late: int, invoice_by: ReasonedDate, terms: PayTerms, calendar: WorkingCalendar
) -> ReasonedDate:
    reasoner = Reasoner(terms.calendar(calendar))
    start = reasoner.given("确认结算金额之日", confirmed_on, "fees.payment.cycle.confirm")
    count = period
    if terms.debtor == "public_body" and terms.protected:
        count = min(count, SME_DAYS)
    raw = reasoner.forward("付款期", start, days(count), "fees.payment.term", "SMEP:9")
    if late:
        raw = reasoner.forward(f"发票迟于{chinese_date(invoice_by.day)}，付款期相应顺延", raw, days(late), "fees.payment.invoice")
    return reasoner.result("付款到期日", reasoner.later("付款期", raw, "CC:203"))


def _limits(terms: PayTerms) -> tuple[str, ...]:
    """What the law says of the agreed period (SMEP:9)."""
    if not terms.protected:
        return ()
    if terms.debtor == "public_body" and terms.days > SME_DAYS:
        return (f"甲方为机关、事业单位，约定付款期{terms.days}日超过最长{SME_DAYS}日，按{SME_DAYS}日计算",)
    if terms.debtor == "public_body" and terms.days > PUBLIC_DAYS:
        return (f"甲方为机关、事业单位，付款期一般不超过{PUBLIC_DAYS}日；约定{terms.days}日，未超过最长{SME_DAYS}日",)
    if terms.debtor == "large" and terms.days > SME_DAYS:
        return (f"甲方为大型企业、乙方为中小企业，约定付款期{terms.days}日超过{SME_DAYS}日，须符合行业规范和交易习惯",)
    return ()


# ---- objections and what is owed when


@dataclass(frozen=True, slots=True)
class Objection:
    """Party A disputes ``amount`` (with tax). ``resolved_on`` None: still open. ``reduced``: what proved not to be owed."""

    amount: Decimal
    raised_on: date
    resolved_on: date | None = None
    reduced: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Claim:
    """One part of a settlement. ``pay_by`` None: not to be paid for the time being. ``damages_from``: the day after which delay counts."""

    amount: Decimal
    pay_by: date | None
    damages_from: date | None
    label: str


def claims(
    payable: Decimal, due: Due, objection: Objection | None, terms: PayTerms, calendar: WorkingCalendar
) -> tuple[Claim, ...]:
    """The undisputed part is paid in time; a disputed part waits, and what of it proves owed is paid within five working days with
    damages from the first due day (section 8.2; SMEP:15). What proved not to be owed never was, even where nothing stops meanwhile."""
    if objection is not None and objection.resolved_on is not None and terms.pause == "none":
        payable -= objection.reduced
    if payable <= 0:
        return ()
    day = due.day.day if due.day else None
    disputed = min(payable, objection.amount) if objection is not None and terms.pause != "none" else ZERO
    found = []
    clear = payable - disputed
    if clear > 0 and due.first_half is not None:
        half = cents(clear / 2)
        found.append(Claim(half, due.first_half.day, due.first_half.day, "无异议款项的百分之五十"))
        found.append(Claim(clear - half, day, day, "其余无异议款项"))
    elif clear > 0:
        found.append(Claim(clear, day, day, "应付款项" if not disputed else "无异议款项"))
    if disputed and objection is not None:
        if objection.resolved_on is None:
            found.append(Claim(disputed, None, day, "争议款项（暂停支付）"))
        elif (owed := max(ZERO, disputed - objection.reduced)) > 0:
            reasoner = Reasoner(terms.calendar(calendar))
            by = reasoner.forward(
                "争议结果确定", objection.resolved_on, working_days(_REVIEWED_WORKDAYS), "fees.payment.disputed.only"
            )
            found.append(Claim(owed, max(by, day) if day else None, day, "经复核应付的争议款项"))
    return tuple(found)


# ---- damages for delay


@dataclass(frozen=True, slots=True)
class LateRate:
    """A day's rate in ten-thousandths, exact, with the words that say where it comes from."""

    bp: Fraction
    words: str

    @property
    def printed(self) -> Decimal:
        """As a paper shows it, at most four decimals; what is owed is counted with the exact rate."""
        return (Decimal(self.bp.numerator) / Decimal(self.bp.denominator)).quantize(Decimal("0.0001")).normalize() + 0


def late_rate(terms: PayTerms) -> LateRate:
    """The agreed rate; towards a protected creditor never below the LPR, and five ten-thousandths where nothing was agreed (SMEP:17).

    A multiple of the LPR follows its changes during the delay (section 8.2, fallback). Only the LPR at signing is on record, so the
    words say that the sum is provisional: whoever sends the demand reckons the stretches after a change.
    """
    floor = Fraction(terms.lpr) * 100 / 365
    if terms.lpr_multiple:
        words = f"一年期LPR{number(terms.lpr)}%的{number(terms.lpr_multiple)}倍÷365（暂按签订时的LPR，其后调整的分段计算）"
        return LateRate(floor * Fraction(terms.lpr_multiple), words)
    if not terms.rate_bp and terms.protected:
        return LateRate(Fraction(STATUTORY_BP), "未约定，依《保障中小企业款项支付条例》第十七条按日万分之五")
    agreed = Fraction(terms.rate_bp)
    if terms.protected and agreed < floor:
        return LateRate(floor, f"约定的日万分之{number(terms.rate_bp)}低于一年期LPR，按LPR{number(terms.lpr)}%÷365")
    return LateRate(agreed, f"日万分之{number(terms.rate_bp)}")


@dataclass(frozen=True, slots=True)
class Delay:
    """How a claim stands on a day. ``outstanding``: principal unpaid; ``overdue``: what of it should have been paid by then;
    ``days``: of delay so far, up to full payment; ``damages`` after the cap; ``lines``: the calculation."""

    outstanding: Decimal
    overdue: Decimal
    days: int
    damages: Decimal
    capped: bool
    lines: tuple[str, ...]


def delay(claim: Claim, paid: Sequence[tuple[date, Decimal]], as_of: date, rate: LateRate, cap_pct: Decimal) -> Delay:
    """Day by day on what was unpaid, rounded once, never a 分 above the cap of what was overdue at first (brief B5).

    ``paid``: (day, amount) on this claim; the day of payment is the last of its part's delay.
    """
    in_order = sorted((d, a) for d, a in paid if d <= as_of)
    outstanding = max(ZERO, claim.amount - sum((a for _, a in in_order), ZERO))
    due, by = claim.damages_from, claim.pay_by
    if due is None or by is None:
        return Delay(outstanding, ZERO, 0, ZERO, False, ())
    first = owed = max(ZERO, claim.amount - sum((a for d, a in in_order if d <= due), ZERO))
    since, exact, lines = due, Fraction(0), list[str]()
    for day, amount in [*((d, a) for d, a in in_order if d > due), (as_of, ZERO)]:
        count = (day - since).days
        if owed > 0 and count > 0:
            exact += Fraction(owed) * rate.bp / 10_000 * count
            lines.append(f"{money_digits(owed)}元×{rate.words}×{count}日")
            since = day
        owed = max(ZERO, owed - amount)
    cap = cents_within(first * cap_pct / 100)
    whole = cents(Decimal(exact.numerator) / Decimal(exact.denominator))
    if whole > cap:
        lines.append(f"累计不超过逾期金额{money_digits(first)}元的{number(cap_pct)}%，以{money_digits(cap)}元为限")
    return Delay(outstanding, outstanding if as_of > by else ZERO, (since - due).days, min(whole, cap), whole > cap, tuple(lines))


def allotted(
    amount: Decimal, open_: Sequence[tuple[str, date | None, Decimal]]
) -> tuple[tuple[tuple[str, Decimal], ...], Decimal]:
    """A payment laid upon open settlements, the one due first first, in their order where several fall due together; what is left over
    is overpaid (CC:560).

    ``open_``: (id, due day, open amount). Returns ((id, amount) …, rest).
    """
    left, found = amount, []
    for key, _due, owed in sorted(open_, key=lambda x: x[1] or date.max):
        part = min(left, owed)
        if part > 0:
            found.append((key, part))
            left -= part
    return tuple(found), left


@dataclass(frozen=True, slots=True)
class OpenItem:
    """Something confirmed and not paid in full. ``names``: its number and those of its invoices."""

    key: str
    due: date | None
    owed: Decimal
    names: tuple[str, ...] = ()


def proposal(amount: Decimal, words: str, open_: Sequence[OpenItem]) -> tuple[tuple[tuple[str, Decimal], ...], Decimal]:
    """What a payment is laid upon by itself: first what its reference or note names, then the one that it pays to the 分, then what
    fell due first; among several such, too, the one due first, and what has no due day last (CC:560).

    Returns ((key, amount) …, rest).
    """
    by_day = sorted(open_, key=lambda x: x.due or date.max)
    named = [x for x in by_day if any(name and name in words for name in x.names)]
    first = named or [x for x in by_day if x.owed == amount][:1]
    order = [*first, *(x for x in by_day if x not in first)]
    given, rest = allotted(amount, [(x.key, None, x.owed) for x in order[: len(first)]]) if first else ((), amount)
    more, rest = allotted(rest, [(x.key, x.due, x.owed) for x in order[len(first) :]])
    return (*given, *more), rest
