"""A month's score with its working, and what a low score leads to (sections 5.1–5.3, 9.1; brief B6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from app.domain.assessment import Band, Direction, Metric, band_of, monthly_score
from app.domain.presentation import number
from app.domain.settlement.figure import Figure, agreed, entered
from app.domain.settlement.month import CSAT, LEAST_RESPONSE, MetricCount, MonthFigures
from app.domain.settlement.terms import EASED_POINTS, LevelTerms, ServiceTerms
from app.domain.term import anniversary, corresponding_day

_POINT = Decimal("0.01")
_CLAUSE = "quality.assessment.item_score.higher"
_CLAUSE_LOWER = "quality.assessment.item_score.lower"
_WORST = {Direction.HIGHER_IS_BETTER: Decimal(0), Direction.LOWER_IS_BETTER: Decimal(100)}
"""What a metric counts as whose data party B did not keep: it scores nought (section 5.1)."""


@dataclass(frozen=True, slots=True)
class MetricResult:
    """``actual`` in percent, two decimals, None without a figure. ``missed``: beyond the limit. ``left_out``: why it does not count."""

    level: LevelTerms
    actual: Decimal | None
    sample: Decimal | None
    weight: Decimal
    score: Decimal | None
    weighted: Decimal
    missed: bool
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class ScoredMonth:
    """``total`` None: no metric had sample enough, so that there is neither score nor deduction. ``ramp``: only recorded.

    ``failed``: a period that counts as failed (section 5.2).
    """

    month: date
    total: Decimal | None
    band: Band | None
    results: tuple[MetricResult, ...]
    ramp: bool
    failed: bool
    falsified: bool
    figure: Figure

    @property
    def missed(self) -> frozenset[str]:
        return frozenset(r.level.name for r in self.results if r.missed and not self.ramp)


def score_month(figures: MonthFigures, terms: ServiceTerms) -> ScoredMonth:
    """The score as reported. Raises ``ValueError`` for figures that ``month_faults`` would have refused."""
    prepared = [_prepared(level, figures, terms) for level in terms.levels]
    score = monthly_score(p.metric for p in prepared)
    ramp = terms.in_ramp_up(figures.month)
    total = score.total if score else None
    results = []
    for place, found in enumerate(prepared):
        scored = score.metrics[place] if score else None
        counts = found.metric.counts
        actual = found.metric.actual
        results.append(
            MetricResult(
                found.level, actual, found.sample, scored.weight if scored else Decimal(0), scored.score if scored else None,
                scored.weighted if scored else Decimal(0), counts and actual is not None and found.level.missed(actual), found.left_out,
            )
        )  # fmt: skip
    band = band_of(total, terms.bands) if total is not None else None
    failed = total is not None and total < terms.fail_score and not ramp
    parts = tuple(_result_figure(r, figures, terms) for r in results)
    how = "各指标权重×单项得分÷100之和，保留两位小数" if total is not None else "各指标样本均不足，当期不计分"
    figure = Figure(
        f"{figures.month.year}年{figures.month.month}月月度得分", total, "分", how, "quality.assessment.score", parts=parts
    )
    return ScoredMonth(figures.month, total, band, tuple(results), ramp, failed, figures.falsified, figure)


@dataclass(frozen=True, slots=True)
class _Prepared:
    level: LevelTerms
    metric: Metric
    sample: Decimal | None
    left_out: str


def _prepared(level: LevelTerms, figures: MonthFigures, terms: ServiceTerms) -> _Prepared:
    if figures.month < terms.eased_until and level.higher:
        level = replace(level, target=level.target - EASED_POINTS, limit=level.limit - EASED_POINTS)
    count = figures.count(level.name)
    if count is not None and count.lost:
        return _Prepared(level, _metric(level, _WORST[level.direction], None, 0), None, "")
    top = count.numerator if count else None
    bottom = count.denominator if count else None
    if count is None or top is None or bottom is None:
        raise ValueError(f"“{level.name}”缺少当月实际值，不得视为样本不足")
    sample = bottom / 5 if level.name == CSAT and terms.mean_csat else bottom
    actual = _percent(top, bottom) if bottom else None
    least = max(terms.minimum_sample, 1)
    left_out = "" if sample >= least else f"样本{number(sample)}少于最低样本量{least}"
    if not left_out and level.name == CSAT and not terms.mean_csat and (short := _unanswered(count)):
        left_out = short
    return _Prepared(level, _metric(level, actual, 0 if left_out else None, 1), sample, left_out)


def _metric(level: LevelTerms, actual: Decimal | None, sample: int | None, least: int) -> Metric:
    return Metric(level.name, level.weight, level.target, level.limit, level.direction, actual, sample, least)


def _unanswered(count: MetricCount) -> str:
    """Why satisfaction does not count: fewer than a fifth of those asked answered (section 5.1)."""
    if not count.invited or count.denominator is None:
        return ""
    rate = _percent(count.denominator, count.invited)
    return f"参评率{number(rate)}%不足百分之二十" if rate < LEAST_RESPONSE else ""


def _percent(top: Decimal, bottom: Decimal) -> Decimal:
    return (top * 100 / bottom).quantize(_POINT, ROUND_HALF_UP)


def _result_figure(result: MetricResult, figures: MonthFigures, terms: ServiceTerms) -> Figure:
    level, count = result.level, figures.count(result.level.name)
    clause = _CLAUSE if level.higher else _CLAUSE_LOWER
    target = agreed("目标值", level.target, level.target_variable, "quality.standards.metrics", "%")
    limit = agreed("底线值", level.limit, level.limit_variable, "quality.standards.metrics", "%")
    weight = agreed("权重", level.weight, "perf.weights", "quality.assessment.score", "")
    if count is not None and count.lost:
        actual = Figure(
            "实际值", None, "%", "乙方未采集、未保存或者毁损数据，计零分", "quality.standards.data", source=figures.report_no
        )
    else:
        leaves = _counted(count, figures.report_no)
        actual = Figure("实际值", result.actual, "%", "分子÷分母×100%，保留两位小数", "quality.standards.metrics", parts=leaves)
    if result.left_out:
        return Figure(
            level.name,
            None,
            "分",
            f"{result.left_out}，当期不计分，权重由其余指标分摊",
            "quality.standards.data",
            parts=(actual, weight),
        )
    points = Figure("单项得分", result.score, "分", _item_how(result), clause, parts=(actual, target, limit))
    shared = Figure("分摊后权重", result.weight, "", "不计分指标的权重按比例分摊", "quality.standards.data", parts=(weight,))
    used = shared if result.weight != level.weight else weight
    return Figure(level.name, result.weighted, "分", "权重×单项得分÷100", "quality.assessment.score", parts=(used, points))


def _counted(count: MetricCount | None, report: str) -> tuple[Figure, ...]:
    if count is None:
        return ()
    found = [
        entered(label, value, report)
        for label, value in (("分子", count.numerator), ("分母", count.denominator))
        if value is not None
    ]
    return tuple(found)


def _item_how(result: MetricResult) -> str:
    level, actual = result.level, result.actual
    if actual is None:
        return "数据无法核实，计零分"
    target, limit = number(level.target), number(level.limit)
    value = number(actual)
    if level.higher:
        if actual >= level.target:
            return f"{value}% ≥ {target}%，得100分"
        if actual >= level.limit:
            return f"60 + 40×({value}－{limit})÷({target}－{limit})"
        low = number(level.limit * Decimal("0.8"))
        return f"60×({value}－{low})÷({limit}－{low})" if actual > level.limit * Decimal("0.8") else f"{value}% ≤ {low}%，得0分"
    if actual <= level.target:
        return f"{value}% ≤ {target}%，得100分"
    if actual <= level.limit:
        return f"60 + 40×({limit}－{value})÷({limit}－{target})"
    high = number(level.limit * Decimal("1.5"))
    return f"60×({high}－{value})÷({high}－{limit})" if actual < level.limit * Decimal("1.5") else f"{value}% ≥ {high}%，得0分"


# ---- what a low score leads to


@dataclass(frozen=True, slots=True)
class Trigger:
    """A reason for a 整改通知 (section 5.3). ``key``: score | floor | audit."""

    key: str
    clause: str
    sentence: str
    metrics: tuple[str, ...] = ()


def improvement_triggers(month: ScoredMonth, before: ScoredMonth | None, terms: ServiceTerms) -> tuple[Trigger, ...]:
    """Why party B must improve after ``month``; ``before``: the calendar month before it, if it was scored. None in the ramp-up."""
    found = []
    if not month.ramp and month.total is not None and month.total < terms.trigger_score:
        words = f"月度得分{number(month.total)}分，低于整改触发线{number(terms.trigger_score)}分"
        low = tuple(r.level.name for r in month.results if r.score is not None and r.score < 100)
        found.append(Trigger("score", "quality.improvement.triggers.score", words, low))
    if before is not None and corresponding_day(before.month, 1) == month.month:
        twice = tuple(r.level.name for r in month.results if r.level.name in month.missed & before.missed)
        if twice:
            words = f"{'、'.join(twice)}连续两个公历月{'低于' if twice != ('投诉率',) else '高于'}底线值"
            found.append(Trigger("floor", "quality.improvement.triggers.floor", words, twice))
    if month.falsified:
        found.append(Trigger("audit", "quality.improvement.triggers.audit", "考核审计查实数据造假", ()))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class RepeatedFailure:
    """Failed periods: the last row of them, and those of a contract year. ``reached``: the month in which there were enough to rescind
    (sections 9.1, 9.3), None while there are not; better months that follow don't undo it."""

    in_a_row: tuple[date, ...]
    in_the_year: tuple[date, ...]
    reached: date | None
    sentence: str


def repeated_failure(months: Sequence[ScoredMonth], terms: ServiceTerms) -> RepeatedFailure:
    """``months``: every scored month in order. A month without a score neither counts nor breaks a row; a missing month does break it."""
    row: list[date] = []
    year: list[date] = []
    found: RepeatedFailure | None = None
    last: date | None = None
    for month in months:
        if last is not None and corresponding_day(last, 1) != month.month:
            row = []
        last = month.month
        if year and contract_year(year[0], terms.starts) != contract_year(month.month, terms.starts):
            year = []
        if month.failed:
            row, year = [*row, month.month], [*year, month.month]
            if said := _enough(row, year, terms):
                found = RepeatedFailure(tuple(row), tuple(year), month.month, said)
        elif month.total is not None:
            row = []
    return found or RepeatedFailure(tuple(row), tuple(year), None, "")


def _enough(row: Sequence[date], year: Sequence[date], terms: ServiceTerms) -> str:
    said = []
    if terms.fails_in_a_row and len(row) >= terms.fails_in_a_row:
        said.append(f"连续{len(row)}期不合格，达到{terms.fails_in_a_row}期")
    if terms.fails_in_a_year and len(year) >= terms.fails_in_a_year:
        said.append(f"同一合同年度累计{len(year)}期不合格，达到{terms.fails_in_a_year}期")
    return "；".join(said)


def contract_year(month: date, starts: date) -> date:
    """First day of the contract year that the month's first day of service falls in."""
    day = max(month, starts)
    years = day.year - starts.year
    begins = anniversary(starts, years)
    return begins if begins <= day else anniversary(starts, years - 1)
