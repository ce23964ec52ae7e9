"""What a 催款函 says of overdue settlements: line by line, with the damages and, where the rate follows the LPR, each stretch (brief C8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from app.domain.money import ZERO, cents
from app.domain.presentation import money_digits
from app.domain.settlement.delays import Delay, Rates, late_rate
from app.domain.settlement.terms import PayTerms
from app.domain.term import chinese_date
from app.domain.variables import Row, Value


@dataclass(frozen=True, slots=True)
class Overdue:
    """One claim of a settlement as it stands on a day. ``due``: from which delay counts; ``paid``: what of it was paid late, and when."""

    settlement: str
    due: date
    principal: Decimal
    paid: tuple[tuple[date, Decimal], ...]
    delay: Delay
    rates: Rates

    @property
    def damages(self) -> Decimal:
        return self.delay.damages


def demand_values(overdue: Sequence[Overdue], terms: PayTerms, as_of: date) -> dict[str, Value]:
    """Brief C8: what is overdue line by line, the parts that were paid late with the damages of their delay, and both sums."""
    if not overdue:
        return {}
    rows: list[Row] = []
    words = []
    for item in overdue:
        rows += _overdue_rows(item, as_of)
        words.append(f"{item.settlement}：{'；'.join(item.delay.lines)}，合计{money_digits(item.damages)}元")
    missing = sorted({m for x in overdue for m in x.delay.missing})
    working = "。".join(words) + f"。计算至{chinese_date(as_of)}。"
    if missing:
        working += (
            f"{'、'.join(f'{m.year}年{m.month}月' for m in missing)}公布的LPR尚未登记，以上为暂计数额，以该月公布的LPR为准。"
        )
    values: dict[str, Value] = {
        "demand.kind": "payment",
        "demand.as_of": as_of,
        "demand.amount": sum((x.principal for x in overdue), ZERO),
        "demand.amount_table": tuple(rows),
        "demand.penalty": sum((x.damages for x in overdue), ZERO),
        "demand.penalty_working": working,
    }
    if not terms.lpr_multiple:
        return {**values, "demand.rate_bp": late_rate(terms).printed}
    stretches = tuple(row for item in overdue for row in _stretches(item))
    return {**values, "demand.by_lpr": True, "demand.lpr_multiple": terms.lpr_multiple, "demand.lpr_table": stretches}


def _stretches(item: Overdue) -> list[Row]:
    return [
        {
            "settlement": item.settlement, "due": item.due, "principal": s.owed, "from": s.first, "until": s.piece.until, "days": s.piece.days,
            "lpr": s.piece.rate.lpr if s.piece.rate.lpr is not None else ZERO, "penalty": s.amount,
        }
        for s in item.delay.segments
    ]  # fmt: skip


def _overdue_rows(item: Overdue, as_of: date) -> list[Row]:
    """A row for each part that was paid late, and one for what is still owed; rounding and cap fall on the last."""
    parts: list[tuple[date | None, Decimal]] = [*item.paid]
    if item.principal > 0:
        parts.append((None, item.principal))
    rows: list[Row] = []
    left = item.damages
    for place, (paid_on, amount) in enumerate(parts):
        until = paid_on or as_of
        exact = sum((p.exact(amount) for p in item.rates.between(item.due, until)), Fraction(0))
        own = left if place == len(parts) - 1 else min(left, cents(Decimal(exact.numerator) / Decimal(exact.denominator)))
        left -= own
        rows.append(
            {
                "settlement": item.settlement, "principal": amount, "due": item.due, "paid_on": paid_on, "days": (until - item.due).days,
                "penalty": own,
            }
        )  # fmt: skip
    return rows
