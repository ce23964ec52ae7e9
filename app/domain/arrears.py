"""Money that is overdue: days late and the agreed damages for delay, with the line of calculation that a demand must show (brief C8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.domain.errors import ContractError
from app.domain.money import cents, late_penalty
from app.domain.term import chinese_date


@dataclass(frozen=True, slots=True)
class Arrears:
    """``amount`` in yuan was due on ``due_on``; ``damages`` up to and including ``as_of``, capped. ``reasoning``: the calculation."""

    amount: Decimal
    due_on: date
    as_of: date
    days_late: int
    damages: Decimal
    capped: bool
    reasoning: tuple[str, ...]

    @property
    def total(self) -> Decimal:
        return self.amount + self.damages


def arrears(amount: Decimal, due_on: date, as_of: date, daily_rate_bp: Decimal, cap_pct: Decimal) -> Arrears:
    """``daily_rate_bp``: ten-thousandths of the overdue amount a day (万分之N), ``cap_pct`` of it in all (section 8.2).

    The day due is still in time; the first day late is the one after. Raises ``arrears.amount`` for an amount of nought or below.
    """
    if not amount.is_finite() or amount <= 0:
        raise ContractError("arrears.amount", "逾期金额应大于0元。")
    late = max((as_of - due_on).days, 0)
    whole = amount * daily_rate_bp * late / 10_000
    cap = amount * cap_pct / 100
    damages = late_penalty(amount, daily_rate_bp, late, cap_pct)
    said = [
        f"到期日{chinese_date(due_on)}，至{chinese_date(as_of)}逾期{late}日（自到期日次日起算）",
        f"逾期违约金：{amount:,.2f}元 × 万分之{_plain(daily_rate_bp)} × {late}日 = {cents(whole):,.2f}元",
    ]
    if whole > cap:
        said.append(f"累计不超过逾期金额的{_plain(cap_pct)}%，即{damages:,.2f}元，按上限计")
    return Arrears(amount, due_on, as_of, late, damages, whole > cap, tuple(said))


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
