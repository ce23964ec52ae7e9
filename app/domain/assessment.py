"""Monthly score, service deduction and monthly fee (brief B6, §0.7; CC:582 reduction of the price for poor quality)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum

from app.domain.money import ZERO, cents

_HUNDRED = Decimal(100)
_SIXTY = Decimal(60)
_FORTY = Decimal(40)
_LOWER = Decimal("0.8")
_UPPER = Decimal("1.5")
_POINT = Decimal("0.01")


class Direction(Enum):
    HIGHER_IS_BETTER = "higher"
    LOWER_IS_BETTER = "lower"


def _points(value: Decimal) -> Decimal:
    return value.quantize(_POINT, ROUND_HALF_UP)


def metric_score(actual: Decimal, target: Decimal, limit: Decimal, direction: Direction) -> Decimal:
    """Score 0–100 of one metric, exact. ``limit``: the floor of a higher-is-better metric, the ceiling of the other kind.

    Full marks at the target, 60 at the limit, linear between; nought at 0.8 × floor or 1.5 × ceiling. Raises ``ValueError``
    where target and limit are the wrong way round.
    """
    if direction is Direction.HIGHER_IS_BETTER:
        if not limit < target or limit < 0:
            raise ValueError("目标值应高于底线值")
        if actual >= target:
            return _HUNDRED
        if actual >= limit:
            return _SIXTY + _FORTY * (actual - limit) / (target - limit)
        bottom = _LOWER * limit
        return _SIXTY * (actual - bottom) / (limit - bottom) if actual > bottom else ZERO
    if not target < limit:
        raise ValueError("目标值应低于上限值")
    if actual <= target:
        return _HUNDRED
    if actual <= limit:
        return _SIXTY + _FORTY * (limit - actual) / (limit - target)
    top = _UPPER * limit
    return _SIXTY * (top - actual) / (top - limit) if actual < top else ZERO


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric of a month. ``actual`` None, or a sample below ``minimum_sample``, leaves it out of the score."""

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
        return self.actual is not None and (self.sample is None or self.sample >= self.minimum_sample)


@dataclass(frozen=True, slots=True)
class ScoredMetric:
    """``weight`` after re-weighting; ``score`` and ``weighted`` rounded to two decimals for print."""

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

    None where no metric counts: without a sample there is no score and no deduction.
    """
    every = tuple(metrics)
    counted = sum((m.weight for m in every if m.counts), ZERO)
    if not counted:
        return None
    whole = sum((m.weight for m in every), ZERO)
    scored: list[ScoredMetric] = []
    total = ZERO
    for metric in every:
        if not metric.counts or metric.actual is None:
            scored.append(ScoredMetric(metric, ZERO, None, ZERO))
            continue
        weight = metric.weight * whole / counted
        score = metric_score(metric.actual, metric.target, metric.limit, metric.direction)
        total += score * weight / _HUNDRED
        scored.append(ScoredMetric(metric, weight, _points(score), _points(score * weight / _HUNDRED)))
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
    """Service deduction of a month: fee × band ratio, at most fee × cap (both without tax)."""
    ratio = band_of(score, bands).ratio
    effective = min(ratio, cap_percent)
    return Deduction(ratio, cents(fee * effective / _HUNDRED), ratio > cap_percent)


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
    """All tickets at the price of the tier reached."""


def fixed_monthly_fee(
    tickets: Decimal, fixed: Decimal, baseline: Decimal, band_percent: Decimal, unit_price: Decimal, volume_rate: Decimal
) -> Decimal:
    """Fixed fee plus what exceeds baseline × (1 + band) at unit price × volume rate; also the ticket part of ``hybrid``."""
    threshold = baseline * (1 + band_percent / _HUNDRED)
    return cents(fixed + max(ZERO, tickets - threshold) * unit_price * volume_rate)


def per_ticket_fee(tickets: Decimal, unit_price: Decimal, guarantee: Decimal = ZERO) -> Decimal:
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
    """Fee by tiers. Raises ``ValueError`` where tiers leave a gap, overlap or do not reach ``tickets``."""
    expected = ZERO
    for tier in tiers:
        if tier.lower != expected:
            raise ValueError(f"阶梯在 {expected} 处有缺口或重叠")
        expected = tier.upper if tier.upper is not None else expected
    if tickets == 0:
        return ZERO
    if method is TierMethod.WHOLE:
        for tier in tiers:
            if tier.lower <= tickets and (tier.upper is None or tickets < tier.upper):
                return cents(tickets * tier.price)
        raise ValueError(f"数量 {tickets} 超出阶梯表")
    total, left = ZERO, tickets
    for tier in tiers:
        width = left if tier.upper is None else min(left, tier.upper - tier.lower)
        total += width * tier.price
        left -= width
        if not left:
            return cents(total)
    raise ValueError(f"数量 {tickets} 超出阶梯表")
