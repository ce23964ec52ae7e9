"""The settlement of one period: fee lines, score and deduction, reward, extra items, carry-overs, tax by line, what is payable (brief C6).

Pure: the same months and the same past give the same sheet, to the letter.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from app.domain.assessment import band_of, deduction
from app.domain.money import ZERO, TaxedAmount, Totals, cents, cents_within, from_excl, total
from app.domain.presentation import money_digits, number
from app.domain.settlement.fees import FeeLine, MonthFee, Span, month_fee
from app.domain.settlement.figure import Figure, agreed
from app.domain.settlement.month import ExtraItem, ItemKind, MonthFigures
from app.domain.settlement.scoring import ScoredMonth, contract_year, score_month
from app.domain.settlement.spells import Spell, split_fee
from app.domain.settlement.terms import FeeTerms, ServiceTerms

_POINT = Decimal("0.01")
_REWARD_FROM = Decimal(95)


@dataclass(frozen=True, slots=True)
class SheetMonth:
    """One month of the period: what was reported, and the terms in force in it. ``spells``: its parts where terms of money change within
    it, otherwise empty."""

    figures: MonthFigures
    service: ServiceTerms
    fees: FeeTerms
    span: Span
    spells: tuple[Spell, ...] = ()

    def fee(self, already: Decimal) -> MonthFee:
        if self.spells:
            return split_fee(self.figures, self.spells, self.span, already)
        return month_fee(self.figures, self.fees, self.span, already)


@dataclass(frozen=True, slots=True)
class PastMonth:
    """A month that was settled before: its service fee without tax, and its score (None without). ``ramp``: only recorded."""

    month: date
    fee: Decimal
    score: Decimal | None
    ramp: bool


@dataclass(frozen=True, slots=True)
class Assessment:
    """The score of a month or quarter and what it changes. ``base``: the fee that deduction and reward are counted from.

    ``score`` None: no metric counted. ``deduction`` and ``bonus`` without tax, never below nought. ``why``: a sentence where a rule
    other than the band decides (ramp-up, forged data, the cap).
    """

    label: str
    score: Decimal | None
    band: str
    ratio: Decimal
    base: Decimal
    rate: Decimal
    deduction: Decimal
    capped: bool
    bonus: Decimal
    why: str
    figure: Figure
    bonus_figure: Figure | None


@dataclass(frozen=True, slots=True)
class ExtraLine:
    """An item beside the fee: extra, advance, reward; or, with ``carry``, a correction or the rounding difference of before."""

    item: str
    voucher: str
    amount: TaxedAmount
    carry: bool
    figure: Figure


@dataclass(frozen=True, slots=True)
class SumRow:
    item: str
    excl: Decimal
    tax: Decimal
    incl: Decimal


@dataclass(frozen=True, slots=True)
class Sheet:
    """A finished settlement. ``rows`` end with the sum, whose ``incl`` is ``payable``; ``figure`` unfolds it to its last input."""

    start: date
    end: date
    model: str
    reports: tuple[str, ...]
    months: tuple[MonthFee, ...]
    scores: tuple[ScoredMonth, ...]
    assessments: tuple[Assessment, ...]
    lines: tuple[FeeLine, ...]
    extras: tuple[ExtraLine, ...]
    cuts: tuple[TaxedAmount, ...]
    rows: tuple[SumRow, ...]
    totals: Totals
    figure: Figure
    notices: tuple[str, ...]

    @property
    def payable(self) -> Decimal:
        return self.totals.incl

    @property
    def deduction(self) -> Decimal:
        return sum((a.deduction for a in self.assessments), ZERO)

    @property
    def fee(self) -> Decimal:
        """The service fee without tax, instalments of the price table left aside."""
        return sum((m.amount for m in self.months), ZERO)


def settle(months: Sequence[SheetMonth], past: Sequence[PastMonth] = ()) -> Sheet:
    """The sheet of consecutive months. ``past``: every month settled before, for the annual cap and quarterly assessment.

    Raises ``ValueError`` without a month, or for figures that ``month_faults`` would have refused.
    """
    if not months:
        raise ValueError("a settlement covers at least one month")
    known = list(past)
    fees: list[MonthFee] = []
    scores: list[ScoredMonth] = []
    assessments: list[Assessment] = []
    for found in months:
        scored, before = score_month(found.figures, found.service), contract_year(found.figures.month, found.service.starts)
        already = sum((p.fee for p in known if contract_year(p.month, found.service.starts) == before), ZERO)
        fee = found.fee(already)
        known.append(PastMonth(found.figures.month, fee.amount, scored.total, scored.ramp))
        fees.append(fee)
        scores.append(scored)
        if not found.service.quarterly:
            assessments.append(_of_month(found, scored, fee))
        elif found.figures.month.month % 3 == 0:
            assessments.append(_of_quarter(found, known, scores))
    lines = tuple(x for fee in fees for x in fee.lines)
    extras = (*_rewards(assessments), *(_extra(i, f) for f in months for i in f.figures.items))
    cuts = tuple(from_excl(-a.deduction, a.rate) for a in assessments if a.deduction)
    rows, totals = _summed(lines, extras, cuts)
    figure = _root(fees, lines, extras, assessments, totals)
    notices = tuple(dict.fromkeys(n for fee in fees for n in fee.notices))
    if totals.incl < 0:
        notices = (*notices, "本期应付为负：由乙方退还，或者经双方同意结转下期")
    return Sheet(
        months[0].span.first, months[-1].span.last, months[-1].fees.model,
        tuple(dict.fromkeys(m.figures.report_no for m in months)), tuple(fees), tuple(scores), tuple(assessments), lines, extras, cuts,
        rows, totals, figure, notices,
    )  # fmt: skip


# ---- assessment


def _of_month(found: SheetMonth, scored: ScoredMonth, fee: MonthFee) -> Assessment:
    label = f"{scored.month.year}年{scored.month.month}月"
    return _assessed(
        label,
        scored.total,
        fee.amount,
        found,
        scored.ramp,
        scored.falsified,
        found.figures.no_bonus,
        fee.figure,
        (scored.figure,),
    )


def _of_quarter(found: SheetMonth, known: Sequence[PastMonth], scores: Sequence[ScoredMonth]) -> Assessment:
    """By calendar quarter: the mean of the monthly scores, the sum of the monthly fees; months of the ramp-up left aside."""
    last = found.figures.month
    quarter = [p for p in known if p.month.year == last.year and (p.month.month - 1) // 3 == (last.month - 1) // 3]
    counted = [p for p in quarter if not p.ramp]
    points = [p.score for p in counted if p.score is not None]
    score = (sum(points, ZERO) / len(points)).quantize(_POINT, ROUND_HALF_UP) if points else None
    base = sum((p.fee for p in counted), ZERO)
    own = {s.month: s for s in scores}
    forged = any(own[p.month].falsified for p in counted if p.month in own)
    label = f"{last.year}年第{(last.month + 2) // 3}季度"
    parts = tuple(own[p.month].figure if p.month in own else Figure(f"{p.month.month}月得分", p.score, "分") for p in counted)
    mean = Figure(f"{label}得分", score, "分", "季内各月得分的算术平均值", "quality.assessment.score.quarterly", parts=parts)
    sums = Figure(
        "季内各月服务费之和", base, how=" + ".join(money_digits(p.fee) for p in counted), clause="quality.assessment.score.quarterly",
        parts=tuple(Figure(f"{p.month.year}年{p.month.month}月服务费", p.fee) for p in counted),
    )  # fmt: skip
    return _assessed(label, score, base, found, not counted, forged, found.figures.no_bonus, sums, (mean,))


def _assessed(
    label: str, score: Decimal | None, base: Decimal, found: SheetMonth, ramp: bool, forged: bool, no_bonus: str, fee: Figure,
    working: tuple[Figure, ...],
) -> Assessment:  # fmt: skip
    terms = found.service
    if not forged and (ramp or score is None):
        why = "爬坡期内只记录得分，不计算服务抵扣和奖励" if ramp else "各指标样本均不足，当期不计分，不计算服务抵扣"
        figure = Figure(
            f"{label}服务抵扣",
            ZERO,
            how=why,
            clause="quality.standards.ramp_up" if ramp else "quality.standards.data",
            parts=working,
        )
        band = _band_words(score, terms) if score is not None else "不计分"
        return Assessment(label, score, band, ZERO, base, found.fees.rate, ZERO, False, ZERO, why, figure, None)
    judged = min(b.lower for b in terms.bands) if forged or score is None else score
    cut = deduction(base, judged, terms.bands, terms.cap)
    used = min(cut.ratio, terms.cap)
    why = "查实数据造假，按最低分段抵扣" if forged else ""
    if cut.capped:
        why = f"{why}；" if why else ""
        why += f"分段比例{number(cut.ratio)}%超过单月上限，以{number(terms.cap)}%为限"
    parts = (
        *working, fee, agreed("分段抵扣比例", cut.ratio, "perf.bands", "quality.assessment.credit", "%"),
        agreed("单月抵扣上限", terms.cap, "perf.credit_cap_pct", "quality.assessment.credit", "%"),
    )  # fmt: skip
    how = f"{money_digits(base)}×{number(used)}%" + (f"（{why}）" if why else "")
    figure = Figure(f"{label}服务抵扣", cut.amount, how=how, clause="quality.assessment.credit", parts=parts)
    bonus, bonus_figure = _bonus(label, score, base, terms, forged, no_bonus)
    return Assessment(
        label, score, _band_words(judged, terms), used, base, found.fees.rate, cut.amount, cut.capped, bonus, why, figure, bonus_figure,
    )  # fmt: skip


def _bonus(
    label: str, score: Decimal | None, base: Decimal, terms: ServiceTerms, forged: bool, barred: str
) -> tuple[Decimal, Figure | None]:
    """From nought at 95 points in a straight line to the agreed share at 100, never a 分 above it (section 5.2)."""
    if terms.bonus is None or score is None or score < _REWARD_FROM or forged:
        return ZERO, None
    if barred.strip():
        return ZERO, Figure(f"{label}奖励", ZERO, how=f"不予奖励：{barred.strip()}", clause="quality.assessment.bonus.on")
    share = Fraction(terms.bonus) * (Fraction(score) - 95) / 5
    exact = Fraction(base) * share / 100
    amount = min(cents(Decimal(exact.numerator) / Decimal(exact.denominator)), cents_within(base * terms.bonus / 100))
    how = f"{money_digits(base)}×{number(terms.bonus)}%×({number(score)}－95)÷5"
    parts = (agreed("奖励上限", terms.bonus, "perf.bonus_cap_pct", "quality.assessment.bonus.on", "%"),)
    return amount, Figure(f"{label}奖励", amount, how=how, clause="quality.assessment.bonus.on", parts=parts)


def _band_words(score: Decimal, terms: ServiceTerms) -> str:
    band = band_of(score, terms.bands)
    return f"{number(band.lower)}分（含）至{number(band.upper)}分{'（含）' if band.upper == 100 else '（不含）'}"


# ---- summing up


def _rewards(assessments: Sequence[Assessment]) -> tuple[ExtraLine, ...]:
    return tuple(
        ExtraLine(f"{a.label}奖励", "考核结果", from_excl(a.bonus, a.rate), False, a.bonus_figure)
        for a in assessments
        if a.bonus and a.bonus_figure is not None
    )


def _extra(item: ExtraItem, found: SheetMonth) -> ExtraLine:
    carry = item.kind in (ItemKind.CORRECTION, ItemKind.RESIDUE)
    clause = "fees.adjustment.statement.other" if carry or item.kind is ItemKind.ADVANCE else "fees.composition.extra"
    parts = item.working.parts if item.working is not None else ()
    how = item.working.how if item.working is not None else item.kind.label
    figure = Figure(item.item, item.excl, how=how, clause=clause, source=item.voucher or found.figures.report_no, parts=parts)
    return ExtraLine(item.item, item.voucher, from_excl(item.excl, item.rate), carry, figure)


def _summed(
    lines: Sequence[FeeLine], extras: Sequence[ExtraLine], cuts: Sequence[TaxedAmount]
) -> tuple[tuple[SumRow, ...], Totals]:
    beside, carried = [x.amount for x in extras if not x.carry], [x.amount for x in extras if x.carry]
    rows = [_sum("服务费", [x.amount for x in lines])]
    rows += [_sum("另计项、代垫款项和奖励", beside)] if beside else []
    rows += [_sum("服务抵扣（冲减）", cuts)] if cuts else []
    rows += [_sum("上期尾差与更正", carried)] if carried else []
    whole = total([*(x.amount for x in lines), *(x.amount for x in extras), *cuts])
    rows.append(SumRow("本期应付合计", whole.excl, whole.tax, whole.incl))
    return tuple(rows), whole


def _sum(item: str, amounts: Sequence[TaxedAmount]) -> SumRow:
    found = total(amounts)
    return SumRow(item, found.excl, found.tax, found.incl)


def _root(
    fees: Sequence[MonthFee],
    lines: Sequence[FeeLine],
    extras: Sequence[ExtraLine],
    assessments: Sequence[Assessment],
    totals: Totals,
) -> Figure:
    beside = tuple(x.figure for x in lines if not x.fee)
    cut = tuple(a.figure for a in assessments)
    taxes = tuple(
        Figure(f"税率{number(part.rate)}%的税额", part.tax, how=f"不含税{money_digits(part.excl)}，按行计税后求和", clause="fees.composition.price_table.excl")
        for part in totals.by_rate
    )  # fmt: skip
    excl = Figure(
        "应付不含税额", totals.excl, how="服务费＋分摊款＋另计项和奖励－服务抵扣±更正", clause="fees.adjustment.statement",
        parts=(
            *(f.figure for f in fees), *beside, *(x.figure for x in extras),
            *(Figure(c.label, None if c.value is None else -c.value, c.unit, c.how, c.clause, parts=c.parts) for c in cut),
        ),
    )  # fmt: skip
    tax = Figure("税额", totals.tax, how="各行税额之和", clause="fees.composition.tax", parts=taxes)
    return Figure(
        "本期应付（含税）", totals.incl, how="不含税额＋税额", clause="fees.adjustment.statement.due", parts=(excl, tax)
    )
