"""Damages for delay: the rate that applies, and what they come to day by day (section 8.2; brief B5; SMEP:17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from app.domain.money import ZERO, cents, cents_within
from app.domain.presentation import money_digits, number
from app.domain.settlement.receivable import Claim
from app.domain.settlement.terms import PayTerms

STATUTORY_BP = Decimal(5)
"""万分之五 a day where nothing was agreed with a small or medium enterprise (SMEP:17)."""


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
