"""Damages for delay: the rate that applies on each day, and what they come to stretch by stretch (section 8.2; brief B5; SMEP:17)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Protocol

from app.domain.calendar import WorkingCalendar
from app.domain.lpr import LprRegister, Stretch
from app.domain.money import ZERO, cents, cents_within
from app.domain.presentation import money_digits, number
from app.domain.settlement.figure import Figure, agreed
from app.domain.settlement.receivable import Claim
from app.domain.settlement.terms import PayTerms

STATUTORY_BP = Decimal(5)
"""万分之五 a day where nothing was agreed with a small or medium enterprise (SMEP:17)."""
CLAUSE = "fees.payment.late"
_ONE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class LateRate:
    """A day's rate in ten-thousandths, exact, with the words that say where it comes from. ``lpr``: percent a year that it is a multiple
    of, None for a rate of its own; ``missing``: first days of the months whose LPR would have to be known."""

    bp: Fraction
    words: str
    parts: tuple[Figure, ...] = ()
    lpr: Decimal | None = None
    missing: tuple[date, ...] = ()

    @property
    def printed(self) -> Decimal:
        """As a paper shows it, at most four decimals; what is owed is counted with the exact rate."""
        return (Decimal(self.bp.numerator) / Decimal(self.bp.denominator)).quantize(Decimal("0.0001")).normalize() + 0

    def between(self, since: date, until: date) -> tuple[Piece, ...]:
        return (Piece(since, until, self),)


@dataclass(frozen=True, slots=True)
class Piece:
    """The days after ``since`` up to ``until`` at one rate."""

    since: date
    until: date
    rate: LateRate

    @property
    def days(self) -> int:
        return (self.until - self.since).days

    def exact(self, owed: Decimal) -> Fraction:
        return Fraction(owed) * self.rate.bp / 10_000 * self.days


class Rates(Protocol):
    """What is agreed on the rate: one for all days, or another by the day."""

    @property
    def words(self) -> str: ...

    def between(self, since: date, until: date) -> tuple[Piece, ...]:
        """The days after ``since`` up to ``until``, in order, without a gap."""


@dataclass(frozen=True, slots=True)
class FloatingRate:
    """A multiple of the one-year LPR in force on each day of the delay, each change a stretch of its own (section 8.2, fallback of
    8.2-t2); towards a protected creditor never below the LPR at signing (SMEP:17)."""

    terms: PayTerms
    register: LprRegister
    calendar: WorkingCalendar

    @property
    def words(self) -> str:
        return f"逾期时一年期LPR的{number(self.terms.lpr_multiple)}倍÷365，LPR调整的分段计算"

    def between(self, since: date, until: date) -> tuple[Piece, ...]:
        if until <= since:
            return ()
        found = self.register.stretches(since + _ONE, until, self.calendar, self.terms.lpr)
        return tuple(Piece(x.first - _ONE, x.last, self._rate(x)) for x in found)

    def _rate(self, found: Stretch) -> LateRate:
        terms, times = self.terms, number(self.terms.lpr_multiple)
        source = f"{found.published_on.isoformat()}公布" if found.published_on else "签订时的LPR"
        lacking = (
            f"缺{'、'.join(f'{m.year}年{m.month}月' for m in found.missing)}公布的LPR，暂按{source}" if found.missing else ""
        )
        parts = (
            Figure("一年期LPR", found.percent, "%", lacking or source, "" if found.published_on else "fees.payment.late.sme",
                   "" if found.published_on else "lpr.one_year", "LPR登记" if found.published_on else ""),
            Figure("倍数", terms.lpr_multiple, "倍", "合同约定", CLAUSE),
        )  # fmt: skip
        words = f"一年期LPR{number(found.percent)}%（{lacking or source}）的{times}倍÷365"
        bp, floor = Fraction(found.percent) * Fraction(terms.lpr_multiple) * 100 / 365, _floor(terms)
        if terms.protected and bp < floor:
            bp, words = floor, f"签订时一年期LPR{number(terms.lpr)}%÷365（{words}低于该LPR）"
        return LateRate(bp, words, parts, found.percent, found.missing)


def late_rates(terms: PayTerms, register: LprRegister, calendar: WorkingCalendar) -> Rates:
    """What section 8.2 agrees on, with the LPR as it is on record."""
    return FloatingRate(terms, register, calendar) if terms.lpr_multiple else late_rate(terms)


def late_rate(terms: PayTerms) -> LateRate:
    """The agreed rate; towards a protected creditor never below the LPR at signing, and five ten-thousandths where nothing was agreed
    (SMEP:17). Of a multiple of the LPR only what it is at signing, for who has no register at hand; the words say so."""
    floor = _floor(terms)
    if terms.lpr_multiple:
        words = f"一年期LPR{number(terms.lpr)}%的{number(terms.lpr_multiple)}倍÷365（暂按签订时的LPR，其后调整的分段计算）"
        return LateRate(floor * Fraction(terms.lpr_multiple), words)
    if not terms.rate_bp and terms.protected:
        return LateRate(Fraction(STATUTORY_BP), "未约定，依《保障中小企业款项支付条例》第十七条按日万分之五")
    rate = Fraction(terms.rate_bp)
    daily = agreed("逾期付款日率", terms.rate_bp, "pay.late_daily_rate_bp", CLAUSE, "（万分）")
    if terms.protected and rate < floor:
        parts = (daily, agreed("签订时一年期LPR", terms.lpr, "lpr.one_year", "fees.payment.late.sme", "%"))
        return LateRate(floor, f"约定的日万分之{number(terms.rate_bp)}低于一年期LPR，按LPR{number(terms.lpr)}%÷365", parts)
    return LateRate(rate, f"日万分之{number(terms.rate_bp)}", (daily,))


def _floor(terms: PayTerms) -> Fraction:
    return Fraction(terms.lpr) * 100 / 365


# ---- what it comes to


@dataclass(frozen=True, slots=True)
class Segment:
    """What was unpaid through the days of a piece, and its part of the damages: all parts add up to the whole before the cap."""

    owed: Decimal
    piece: Piece
    amount: Decimal

    @property
    def first(self) -> date:
        return self.piece.since + _ONE

    @property
    def line(self) -> str:
        return f"{money_digits(self.owed)}元×{self.piece.rate.words}×{self.piece.days}日"

    @property
    def figure(self) -> Figure:
        parts = (Figure("未付金额", self.owed), Figure("天数", Decimal(self.piece.days), "日"), *self.piece.rate.parts)
        label = f"{self.first.isoformat()}至{self.piece.until.isoformat()}"
        return Figure(label, self.amount, how=self.line, clause=CLAUSE, parts=parts)


@dataclass(frozen=True, slots=True)
class Delay:
    """How a claim stands on a day. ``outstanding``: principal unpaid; ``overdue``: what of it should have been paid by then;
    ``days``: of delay so far, up to full payment; ``damages`` after the cap; ``note``: a sentence where the cap ends them."""

    outstanding: Decimal
    overdue: Decimal
    days: int
    damages: Decimal
    capped: bool
    segments: tuple[Segment, ...] = ()
    note: str = ""

    @property
    def lines(self) -> tuple[str, ...]:
        """The calculation."""
        return (*(s.line for s in self.segments), *([self.note] if self.note else []))

    @property
    def missing(self) -> tuple[date, ...]:
        """Months whose LPR would have to be known; while there are any, the damages are provisional."""
        return tuple(sorted({m for s in self.segments for m in s.piece.rate.missing}))

    @property
    def figure(self) -> Figure:
        how = self.note or ("各段之和" if len(self.segments) > 1 else "")
        return Figure("逾期违约金", self.damages, how=how, clause=CLAUSE, parts=tuple(s.figure for s in self.segments))


def delay(claim: Claim, paid: Sequence[tuple[date, Decimal]], as_of: date, rate: Rates, cap_pct: Decimal) -> Delay:
    """Day by day on what was unpaid, rounded once, never a 分 above the cap of what was overdue at first (brief B5).

    ``paid``: (day, amount) on this claim; the day of payment is the last of its part's delay.
    """
    in_order = sorted((d, a) for d, a in paid if d <= as_of)
    outstanding = max(ZERO, claim.amount - sum((a for _, a in in_order), ZERO))
    due, by = claim.damages_from, claim.pay_by
    if due is None or by is None:
        return Delay(outstanding, ZERO, 0, ZERO, False)
    first = owed = max(ZERO, claim.amount - sum((a for d, a in in_order if d <= due), ZERO))
    since, exact, segments = due, Fraction(0), list[Segment]()
    for day, amount in [*((d, a) for d, a in in_order if d > due), (as_of, ZERO)]:
        if owed > 0 and day > since:
            for piece in rate.between(since, day):
                before, exact = exact, exact + piece.exact(owed)
                segments.append(Segment(owed, piece, _cents(exact) - _cents(before)))
            since = day
        owed = max(ZERO, owed - amount)
    cap, whole = cents_within(first * cap_pct / 100), _cents(exact)
    note = f"累计不超过逾期金额{money_digits(first)}元的{number(cap_pct)}%，以{money_digits(cap)}元为限" if whole > cap else ""
    overdue = outstanding if as_of > by else ZERO
    return Delay(outstanding, overdue, (since - due).days, min(whole, cap), whole > cap, tuple(segments), note)


def _cents(exact: Fraction) -> Decimal:
    return cents(Decimal(exact.numerator) / Decimal(exact.denominator))
