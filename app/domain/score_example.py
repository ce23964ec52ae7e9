"""The worked example of annex 13.2: one month's score, deduction and amount payable, computed by the real rules.

The actual figures of the month are invented (brief B6) and stand here; every rule and limit comes from the contract.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from app.domain.annex_tables import NONE, metric_named
from app.domain.assessment import (
    Band,
    Direction,
    Metric,
    MonthlyScore,
    deduction,
    fixed_monthly_fee,
    hybrid_fee,
    monthly_score,
)
from app.domain.money import cents, from_excl
from app.domain.presentation import money_digits, number
from app.domain.variables import Row, Value

Values = Mapping[str, Value]
_ACTUAL = {
    "首次响应达标率": Decimal(96), "接通率": Decimal(88), "解决率": Decimal(87), "恢复及时率": Decimal(100),
    "满意度CSAT": Decimal(84), "投诉率": Decimal("0.8"), "质检合格率": Decimal(95),
}  # fmt: skip
_EXCESS = Decimal(500)
"""Tickets of the example month above the volume band."""


@dataclass(frozen=True, slots=True)
class _Fee:
    """The example month's fee without tax and how it comes about."""

    amount: Decimal
    formula: str


def score_example(values: Values) -> tuple[Row, ...]:
    """Rows of ``annex.score_example``; empty where weights, targets or bands do not admit a score."""
    metrics = [m for m in (_metric(row, values) for row in _rows(values, "perf.weights")) if m is not None]
    try:
        score = monthly_score(metrics)
    except ValueError:
        return ()
    if score is None:
        return ()
    rows = [_scored(score, index) for index in range(len(score.metrics))]
    rows.append(_row("月度得分", weight=number(sum((m.weight for m in metrics), Decimal(0))), weighted=_points(score.total)))
    return (*rows, *_payment(score, values))


def _metric(row: Row, values: Values) -> Metric | None:
    known = metric_named(str(row.get("metric")))
    weight = row.get("weight")
    if known is None or not isinstance(weight, Decimal):
        return None
    target, limit = values.get(known.target), values.get(known.floor)
    if not isinstance(target, Decimal) or not isinstance(limit, Decimal):
        return None
    direction = Direction.LOWER_IS_BETTER if known.lower_is_better else Direction.HIGHER_IS_BETTER
    return Metric(known.name, weight, target, limit, direction, _ACTUAL[known.name])


def _scored(score: MonthlyScore, index: int) -> Row:
    scored = score.metrics[index]
    actual = f"{number(scored.metric.actual)}%" if scored.metric.actual is not None else NONE
    points = NONE if scored.score is None else _points(scored.score)
    return _row(scored.metric.name, number(scored.metric.weight), actual, points, _points(scored.weighted))


def _payment(score: MonthlyScore, values: Values) -> tuple[Row, ...]:
    """From the score to the amount payable; without a monthly fee the deduction stays a percentage."""
    bands = tuple(b for b in (_band(row) for row in _rows(values, "perf.bands")) if b is not None)
    cap = values.get("perf.credit_cap_pct")
    fee = _fee(values)
    if not bands or not isinstance(cap, Decimal):
        return ()
    try:
        cut = deduction(fee.amount if fee else Decimal(0), score.total, bands, cap)
    except ValueError:
        return ()
    rows = [_row("抵扣比例", actual=f"得分{_points(score.total)}", weighted=f"{number(cut.ratio)}%")]
    if fee is None:
        return tuple(rows)
    rate = values.get("tax.vat_rate_service")
    payable = cents(fee.amount - cut.amount)
    capped = f"，以{number(cap)}%为限" if cut.capped else ""
    rows.append(_row("当月服务费（不含税）", actual=fee.formula, weighted=_yuan(fee.amount)))
    rows.append(_row("服务抵扣", actual=f"服务费×{number(cut.ratio)}%{capped}", weighted=_yuan(cut.amount)))
    rows.append(_row("当月应付（不含税）", actual="服务费－服务抵扣", weighted=_yuan(payable)))
    if isinstance(rate, Decimal):
        taxed = from_excl(payable, rate)
        rows.append(_row("增值税", actual=f"税率{number(rate)}%", weighted=_yuan(taxed.tax)))
        rows.append(_row("当月应付（含税）", actual="不含税应付＋增值税", weighted=_yuan(taxed.incl)))
    return tuple(rows)


def _fee(values: Values) -> _Fee | None:
    """A month that exceeds the volume band by a round number of tickets (fixed monthly fee and hybrid only)."""
    if values.get("fees.model") not in ("fixed_monthly", "hybrid"):
        return None
    fixed, price, factor = (values.get(n) for n in ("fees.monthly_fixed", "fees.unit_price_ticket", "adjust.volume_rate"))
    base, band = values.get("service.baseline_tickets_month"), values.get("service.volume_band_pct")
    if not isinstance(fixed, Decimal):
        return None
    if not (isinstance(price, Decimal) and isinstance(factor, Decimal) and isinstance(band, Decimal) and isinstance(base, int)):
        return _Fee(fixed, "固定月费")
    threshold = Decimal(base) * (1 + band / 100)
    tickets = threshold + _EXCESS
    beyond = f"（{number(tickets)}－{number(threshold)}）×{money_digits(price)}×{number(factor)}"
    if values.get("fees.model") == "hybrid":
        amount = hybrid_fee(tickets, fixed, Decimal(base), band, price, factor)
        within = f"（{number(threshold)}－{number(base)}）×{money_digits(price)}＋"
    else:
        amount, within = fixed_monthly_fee(tickets, fixed, Decimal(base), band, price, factor), ""
    return _Fee(amount, f"工单{number(tickets)}单：{money_digits(fixed)}＋{within}{beyond}")


def _band(row: Row) -> Band | None:
    lower, upper, ratio = row.get("from"), row.get("to"), row.get("ratio")
    if isinstance(lower, Decimal) and isinstance(upper, Decimal) and isinstance(ratio, Decimal):
        return Band(lower, upper, ratio)
    return None


def _row(metric: str, weight: str = NONE, actual: str = NONE, score: str = NONE, weighted: str = NONE) -> Row:
    return {"metric": metric, "weight": weight, "actual": actual, "score": score, "weighted": weighted}


def _points(value: Decimal) -> str:
    return f"{value:.2f}"


def _yuan(amount: Decimal) -> str:
    return f"{money_digits(amount)}元"


def _rows(values: Values, name: str) -> tuple[Row, ...]:
    rows = values.get(name)
    return tuple(r for r in rows if isinstance(r, Mapping)) if isinstance(rows, tuple) else ()
