"""Monthly score, service deduction and monthly fee (brief B6, §0.7; CC:582 reduction of the price for poor quality)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from fractions import Fraction
from itertools import pairwise

from app.domain.money import ZERO, cents, cents_within

_HUNDRED = Decimal(100)
_FULL = Fraction(100)
_NOUGHT = Fraction(0)
_LOWER = Fraction(4, 5)
_UPPER = Fraction(3, 2)
_POINT = Decimal("0.01")


class Direction(Enum):
    HIGHER_IS_BETTER = "higher"
    LOWER_IS_BETTER = "lower"


def _points(value: Fraction) -> Decimal:
    """Two decimals, half up, from the exact value (brief B6): only what is printed or looked up is rounded, and once."""
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(_POINT, ROUND_HALF_UP)


def metric_score(actual: Decimal, target: Decimal, limit: Decimal, direction: Direction) -> Decimal:
    """Score 0–100 of one metric, two decimals. ``limit``: the floor of a higher-is-better metric, the ceiling of the other kind.

    Full marks at the target, 60 at the limit, linear between; nought at 0.8 × floor or 1.5 × ceiling. Raises ``ValueError``
    where target and limit are the wrong way round.
    """
    return _points(_exact_score(Fraction(actual), Fraction(target), Fraction(limit), direction))


def _exact_score(actual: Fraction, target: Fraction, limit: Fraction, direction: Direction) -> Fraction:
    if direction is Direction.HIGHER_IS_BETTER:
        if not limit < target or limit < 0:
            raise ValueError("目标值应高于底线值")
        if actual >= target:
            return _FULL
        if actual >= limit:
            return 60 + 40 * (actual - limit) / (target - limit)
        bottom = _LOWER * limit
        return 60 * (actual - bottom) / (limit - bottom) if actual > bottom else _NOUGHT
    if not target < limit or target < 0:
        raise ValueError("目标值应低于上限值")
    if actual <= target:
        return _FULL
    if actual <= limit:
        return 60 + 40 * (limit - actual) / (limit - target)
    top = _UPPER * limit
    return 60 * (top - actual) / (top - limit) if actual < top else _NOUGHT


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of a month. A ``sample`` below ``minimum_sample`` leaves it out of the score (brief 5.1-b5), and only that:
    a figure that party B simply did not report is a fault, not a reason to spread its weight over the better ones.
    ``actual`` may be None only where the sample is too small. ``sample`` None: the metric needs none.
    """

    name: str
    weight: Decimal
    target: Decimal
    limit: Decimal
    direction: Direction
    actual: Decimal | None
    sample: int | None = None
    minimum_sample: int = 0

    @property
    def counts(self) -> bool:
        return self.sample is None or self.sample >= self.minimum_sample


@dataclass(frozen=True, slots=True)
class ScoredMetric:
    """``weight`` after re-weighting; all three figures rounded to two decimals for print, the total is not made from them."""

    metric: Metric
    weight: Decimal
    score: Decimal | None
    weighted: Decimal


@dataclass(frozen=True, slots=True)
class MonthlyScore:
    total: Decimal
    metrics: tuple[ScoredMetric, ...]


def monthly_score(metrics: Iterable[Metric]) -> MonthlyScore | None:
    """The weighted total, two decimals; weights of metrics that do not count are spread over the others in proportion.

    None where no metric counts: without a sample there is no score and no deduction. Raises ``ValueError`` where a metric
    that counts has no figure, or a weight is not above nought.
    """
    every = tuple(metrics)
    for metric in every:
        if metric.weight <= 0:
            raise ValueError(f"“{metric.name}”的权重应大于零")
        if metric.counts and metric.actual is None:
            raise ValueError(f"“{metric.name}”缺少当月实际值，不得视为样本不足")
    counted = Fraction(sum((m.weight for m in every if m.counts), ZERO))
    if not counted:
        return None
    whole = Fraction(sum((m.weight for m in every), ZERO))
    scored: list[ScoredMetric] = []
    total = _NOUGHT
    for metric in every:
        if not metric.counts or metric.actual is None:
            scored.append(ScoredMetric(metric, ZERO, None, ZERO))
            continue
        weight = Fraction(metric.weight) * whole / counted
        score = _exact_score(Fraction(metric.actual), Fraction(metric.target), Fraction(metric.limit), metric.direction)
        total += score * weight / 100
        scored.append(ScoredMetric(metric, _points(weight), _points(score), _points(score * weight / 100)))
    return MonthlyScore(_points(total), tuple(scored))


@dataclass(frozen=True, slots=True)
class Band:
    """Scores from ``lower`` (included) to ``upper`` (excluded, 100 included) and the deduction in percent."""

    lower: Decimal
    upper: Decimal
    ratio: Decimal


def band_of(score: Decimal, bands: Iterable[Band]) -> Band:
    """The band a score falls in, left-closed and right-open, the full mark in the highest. Raises ``ValueError`` if none."""
    for band in bands:
        if band.lower <= score < band.upper or score == band.upper == _HUNDRED:
            return band
    raise ValueError(f"得分 {score} 不在任何分段之内")


@dataclass(frozen=True, slots=True)
class Deduction:
    """``amount`` after the cap; ``capped`` tells whether the cap took hold."""

    ratio: Decimal
    amount: Decimal
    capped: bool


def deduction(fee: Decimal, score: Decimal, bands: Iterable[Band], cap_percent: Decimal) -> Deduction:
    """Service deduction of a month: fee × band ratio, never a 分 above fee × cap (both without tax).

    Raises ``ValueError`` for a negative fee, ratio or cap, or a score in no band.
    """
    ratio = band_of(score, bands).ratio
    if min(fee, ratio, cap_percent) < 0:
        raise ValueError("服务费、抵扣比例与上限不得为负")
    amount = min(cents(fee * ratio / _HUNDRED), cents_within(fee * cap_percent / _HUNDRED))
    return Deduction(ratio, amount, ratio > cap_percent)


def monthly_payable(
    fee: Decimal, deducted: Decimal, reward: Decimal = ZERO, extras: Decimal = ZERO, correction: Decimal = ZERO
) -> Decimal:
    """What a month costs without tax (brief §0.7): fee − deduction + reward + extra items ± correction."""
    return cents(fee - deducted + reward + extras + correction)


@dataclass(frozen=True, slots=True)
class Tier:
    """Tickets from ``lower`` (included) to ``upper`` (excluded; None: no end) at ``price`` each; tiers follow one another."""

    lower: Decimal
    upper: Decimal | None
    price: Decimal


class TierMethod(Enum):
    MARGINAL = "marginal"
    """Each tier's tickets at that tier's price, summed."""
    WHOLE = "whole"
    """All tickets at the price of the tier reached, but never less than the tier below would have brought when full."""


def fixed_monthly_fee(
    tickets: Decimal, fixed: Decimal, baseline: Decimal, band_percent: Decimal, unit_price: Decimal, volume_rate: Decimal
) -> Decimal:
    """Fixed fee plus what exceeds baseline × (1 + band) at unit price × volume rate (brief §0.7)."""
    _not_negative(tickets, fixed, baseline, band_percent, unit_price, volume_rate)
    threshold = baseline * (1 + band_percent / _HUNDRED)
    return cents(fixed + max(ZERO, tickets - threshold) * unit_price * volume_rate)


def hybrid_fee(
    tickets: Decimal, fixed: Decimal, baseline: Decimal, band_percent: Decimal, unit_price: Decimal, volume_rate: Decimal,
    items: Iterable[tuple[Decimal, Decimal]] = (),
) -> Decimal:  # fmt: skip
    """Fixed fee that includes the baseline; tickets above it at the unit price, those above baseline × (1 + band) at unit
    price × volume rate; ``items``: (count, price) of special items by the case (brief §0.7, provision 8.1 “固定月费加按量”)."""
    _not_negative(tickets, fixed, baseline, band_percent, unit_price, volume_rate)
    threshold = baseline * (1 + band_percent / _HUNDRED)
    within = max(ZERO, min(tickets, threshold) - baseline)
    beyond = max(ZERO, tickets - threshold)
    special = sum((count * price for count, price in items), ZERO)
    return cents(fixed + within * unit_price + beyond * unit_price * volume_rate + special)


def per_ticket_fee(tickets: Decimal, unit_price: Decimal, guarantee: Decimal = ZERO) -> Decimal:
    """Tickets × unit price, at least the guarantee."""
    _not_negative(tickets, unit_price, guarantee)
    return cents(max(guarantee, tickets * unit_price))


def per_seat_fee(seats: Iterable[tuple[Decimal, Decimal, Decimal]]) -> Decimal:
    """Σ seat price × days present ÷ days due, for (price, present, due) of each seat."""
    total = ZERO
    for price, present, due in seats:
        if due <= 0 or present < 0 or present > due:
            raise ValueError("应到岗席位日须大于零，实际到岗不得超过应到岗")
        total += price * present / due
    return cents(total)


def tiered_fee(tickets: Decimal, tiers: Sequence[Tier], method: TierMethod) -> Decimal:
    """Fee by tiers. Raises ``ValueError`` where tiers leave a gap, overlap or do not reach ``tickets`` (rule R-38)."""
    _check_tiers(tiers)
    _not_negative(tickets, *(t.price for t in tiers))
    last = tiers[-1].upper
    if last is not None and tickets >= last:
        raise ValueError(f"数量 {tickets} 超出阶梯表，末段不含上限 {last}")
    if method is TierMethod.MARGINAL:
        parts = ((min(tickets, t.upper) if t.upper is not None else tickets, t) for t in tiers if t.lower < tickets)
        return cents(sum(((reached - t.lower) * t.price for reached, t in parts), ZERO))
    place = max(i for i, t in enumerate(tiers) if t.lower <= tickets)
    below = tiers[place].lower * tiers[place - 1].price if place else ZERO
    return cents(max(tickets * tiers[place].price, below))


def _check_tiers(tiers: Sequence[Tier]) -> None:
    if not tiers:
        raise ValueError("阶梯表为空")
    if tiers[0].lower != 0:
        raise ValueError("阶梯首段应从 0 起")
    for tier in tiers:
        if tier.upper is not None and tier.upper <= tier.lower:
            raise ValueError(f"阶梯 [{tier.lower}, {tier.upper}) 的上限不高于下限")
    for one, following in pairwise(tiers):
        if one.upper != following.lower:
            raise ValueError(f"阶梯在 {following.lower} 处有缺口或重叠")


def _not_negative(*values: Decimal) -> None:
    if any(v < 0 for v in values):
        raise ValueError("数量与价格不得为负")
