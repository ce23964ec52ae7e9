"""What becomes of a confirmed settlement: its due day, objections, what is owed when (section 8.2; SMEP:9, SMEP:15)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.domain.calendar import WorkingCalendar
from app.domain.money import ZERO, cents
from app.domain.reasoning import ReasonedDate, Reasoner, days, working_days
from app.domain.settlement.terms import PayTerms
from app.domain.term import chinese_date

SME_DAYS, PUBLIC_DAYS = 60, 30
_FIRST_HALF_DAYS = 30
_REVIEWED_WORKDAYS = 5


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
    """One part of a settlement. ``pay_by`` None: not to be paid for the time being. ``damages_from``: the day after which delay counts.
    ``paused``: it is in dispute, and payment is suspended."""

    amount: Decimal
    pay_by: date | None
    damages_from: date | None
    label: str
    paused: bool = False


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
            found.append(Claim(disputed, None, day, "争议款项（暂停支付）", paused=True))
        elif (owed := max(ZERO, disputed - objection.reduced)) > 0:
            reasoner = Reasoner(terms.calendar(calendar))
            by = reasoner.forward(
                "争议结果确定", objection.resolved_on, working_days(_REVIEWED_WORKDAYS), "fees.payment.disputed.only"
            )
            found.append(Claim(owed, max(by, day) if day else None, day, "经复核应付的争议款项"))
    return tuple(found)
