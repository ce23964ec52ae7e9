"""Money and value-added tax: exact decimals, rounded per line to the 分 (brief B5; 增值税法实施条例 art. 16)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

from app.domain.errors import InputFault

CENT = Decimal("0.01")
RESIDUE_LIMIT = Decimal("0.05")
"""The largest rounding difference of one document that may go into its 尾差 line (brief B5)."""
ZERO = Decimal("0.00")
_HUNDRED = Decimal(100)
DAYS_OF_YEAR = 365
LARGEST = Decimal("9999999999999999.99")
"""Amounts beyond it are refused: exact arithmetic with a rate needs the remaining digits."""


def cents(value: Decimal) -> Decimal:
    """Rounded half up to two decimals. Raises ``ValueError`` for what is no amount of money."""
    return _sane(value).quantize(CENT, ROUND_HALF_UP)


def cents_within(value: Decimal) -> Decimal:
    """Cut to two decimals, for a limit that must not be exceeded by rounding."""
    return _sane(value).quantize(CENT, ROUND_DOWN)


def amount_faults(
    path: str, label: str, value: Decimal, problem: str, *, least: Decimal = CENT, most: Decimal = LARGEST
) -> list[InputFault]:
    """``problem`` at ``path`` where what was entered is no amount from ``least`` to ``most`` yuan, both included, in whole 分."""
    sound = value.is_finite() and least <= value <= min(most, LARGEST) and value == cents(value)
    return [] if sound else [InputFault(path, label, problem)]


def _sane(value: Decimal) -> Decimal:
    if not value.is_finite() or abs(value) > LARGEST:
        raise ValueError("金额超出范围")
    return value


@dataclass(frozen=True, slots=True)
class TaxedAmount:
    """A price with its tax. ``rate`` in percent, 0–100; ``incl`` = ``excl`` + ``tax`` always holds to the 分."""

    excl: Decimal
    rate: Decimal
    tax: Decimal
    incl: Decimal


def from_excl(excl: Decimal, rate: Decimal) -> TaxedAmount:
    """From the price without tax: incl = round(excl × (1 + rate), 2), tax = incl − excl."""
    base = cents(excl)
    incl = cents(base * _factor(rate))
    return TaxedAmount(base, rate, incl - base, incl)


def from_incl(incl: Decimal, rate: Decimal) -> TaxedAmount:
    """From the price with tax: excl = round(incl ÷ (1 + rate), 2)."""
    total = cents(incl)
    excl = cents(total / _factor(rate))
    return TaxedAmount(excl, rate, total - excl, total)


def _factor(rate: Decimal) -> Decimal:
    if not rate.is_finite() or not 0 <= rate <= _HUNDRED:
        raise ValueError(f"税率“{rate}%”超出范围")
    return 1 + rate / _HUNDRED


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over lines, and per tax rate in ascending order."""

    excl: Decimal
    tax: Decimal
    incl: Decimal
    by_rate: tuple[TaxedAmount, ...]


def total(lines: Iterable[TaxedAmount]) -> Totals:
    """Lines are rounded first and summed then, so that the sheet adds up as printed."""
    found = tuple(lines)
    rates = sorted({line.rate for line in found})
    by_rate = tuple(
        TaxedAmount(
            sum((x.excl for x in found if x.rate == r), ZERO), r,
            sum((x.tax for x in found if x.rate == r), ZERO), sum((x.incl for x in found if x.rate == r), ZERO),
        )
        for r in rates
    )  # fmt: skip
    return Totals(
        sum((x.excl for x in by_rate), ZERO), sum((x.tax for x in by_rate), ZERO), sum((x.incl for x in by_rate), ZERO), by_rate
    )


def residue(agreed: Decimal, lines: Iterable[Decimal]) -> Decimal:
    """The 尾差 between an agreed total and its lines. Raises ``ValueError`` beyond ``RESIDUE_LIMIT``."""
    difference = cents(agreed) - sum((cents(x) for x in lines), ZERO)
    if abs(difference) > RESIDUE_LIMIT:
        raise ValueError(f"合计与各行之和相差 {difference} 元，超过尾差上限 {RESIDUE_LIMIT} 元")
    return difference


def late_days(due: date, paid: date) -> int:
    """Days of delay from the due date, already rolled to a working day (brief B1-4), to payment; nought if in time."""
    return max(0, (paid - due).days)


def late_penalty(principal: Decimal, daily_bp: Decimal, days: int, cap_percent: Decimal) -> Decimal:
    """min(principal × bp/10000 × days, principal × cap %), never a 分 above the cap; none before the first day of delay.

    Raises ``ValueError`` for a negative principal, rate or cap.
    """
    if min(principal, daily_bp, cap_percent) < 0:
        raise ValueError("本金、利率与上限不得为负")
    if days <= 0:
        return ZERO
    return min(cents(principal * daily_bp / Decimal(10_000) * days), cents_within(principal * cap_percent / _HUNDRED))


def annualised(daily_bp: Decimal) -> Decimal:
    """A daily rate in basis points as percent a year (365 days): 3 → 10.95."""
    return daily_bp * DAYS_OF_YEAR / _HUNDRED
