"""A month within which the terms change: each part by the terms of its days.

An amendment of prices says how (amendment.impact.fees: 以该日为界，分别按变更前后的价格和各自的自然日天数计算): the month's figures by the terms
of each part, times its days over those of the month. Scores can't be split so, since counts of half a month are in nobody's report.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from app.domain.money import ZERO, cents, from_excl
from app.domain.presentation import money_digits
from app.domain.settlement.fees import FeeLine, MonthFee, Span, instalment_line, summed_fee, uncapped_lines, volume_notices
from app.domain.settlement.figure import Figure
from app.domain.settlement.month import MonthFigures
from app.domain.settlement.terms import FeeTerms, ServiceTerms

CLAUSE = "fees.composition.model.month"
_Key = tuple[str, Decimal, int]
"""Of a line: its item, its tax rate, and its place among those alike."""


@dataclass(frozen=True, slots=True)
class Spell:
    """Days of one month, both included, with the terms in force on them."""

    first: date
    last: date
    service: ServiceTerms
    fees: FeeTerms

    @property
    def days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def words(self) -> str:
        return f"{self.first.month}月{self.first.day}日至{self.last.day}日"


def joined(spells: Sequence[Spell]) -> tuple[Spell, ...]:
    """Neighbours with the same terms of money and score as one; none where a single one is left."""
    found: list[Spell] = []
    for spell in spells:
        if found and found[-1].fees == spell.fees and _judged(found[-1].service) == _judged(spell.service):
            found[-1] = replace(found[-1], last=spell.last)
        else:
            found.append(spell)
    return tuple(found) if len(found) > 1 else ()


def lacking(figures: MonthFigures, spells: Sequence[Spell], span: Span) -> tuple[str, ...]:
    """What would have to be known for the month to be reckoned by the terms of its parts; nothing where all of it is there."""
    found = []
    for before, after in pairwise(spells):
        if _judged(before.service) != _judged(after.service):
            names = sorted({x.name for x in {*before.service.levels} ^ {*after.service.levels}})
            metrics = "、".join(names or [x.name for x in after.service.levels])
            found.append(f"{metrics}在{before.words}、{after.words}各自的分子和分母（考核条款自{after.first.isoformat()}起变更）")
    for spell in spells:
        if spell.fees.model != "per_seat" and figures.tickets is None:
            found.append("当月有效工单量")
        elif spell.fees.model == "per_seat" and (figures.seat_days_due is None or figures.seat_days_present is None):
            found.append("当月应到岗席位日和实际到岗席位日")
        else:
            try:
                uncapped_lines(figures, spell.fees, span)
            except ValueError as error:
                found.append(f"{spell.words}的计费数据（{error}）")
    return tuple(dict.fromkeys(found))


def split_fee(figures: MonthFigures, spells: Sequence[Spell], span: Span, already: Decimal = ZERO) -> MonthFee:
    """As ``fees.month_fee``, each line by the terms of its days, one that stays the same in all of them once for the whole month; the annual
    cap is that of the last. Raises ``ValueError`` likewise."""
    last = spells[-1].fees
    lines = _parts(spells, [uncapped_lines(figures, s.fees, span) for s in spells], span)
    beside = _parts(spells, [[instalment_line(x, s.fees, span) for x in s.fees.instalments] for s in spells], span)
    notices = tuple(dict.fromkeys(n for s in spells for n in volume_notices(figures, s.fees, span)))
    return summed_fee(figures, lines, beside, last, notices, already)


def _parts(spells: Sequence[Spell], wholes: Sequence[Sequence[FeeLine]], span: Span) -> list[FeeLine]:
    """``wholes``: for each spell, its lines of the whole month. The parts of one line are differences of its sums up to each spell, rounded
    once each, so that they add up to the rounded whole to the 分."""
    named = [_named(lines) for lines in wholes]
    once = {key for key, line in named[0].items() if all(_same(other.get(key), line) for other in named[1:])}
    found = [line for key, line in named[0].items() if key in once]
    run: dict[_Key, Fraction] = {}
    for spell, lines in zip(spells, named, strict=True):
        for key, line in lines.items():
            if key not in once:
                before = run.get(key, Fraction(0))
                run[key] = before + Fraction(line.raw) * Fraction(spell.days, span.served)
                found.append(_part(line, spell, span, _rounded(run[key]) - _rounded(before)))
    return found


def _part(line: FeeLine, spell: Spell, span: Span, excl: Decimal) -> FeeLine:
    item = f"{line.item}（{spell.words}）"
    how = f"按该段条款计算的全月{money_digits(line.amount.excl)}×{spell.days}日÷{span.served}日"
    if excl != _rounded(Fraction(line.raw) * Fraction(spell.days, span.served)):
        how += "，与前段合计后舍入"
    figure = Figure(item, excl, how=how, clause=CLAUSE, parts=(line.figure,))
    return FeeLine(item, Decimal(1), "项", excl, from_excl(excl, line.amount.rate), line.fee, figure, excl)


def _named(lines: Sequence[FeeLine]) -> dict[_Key, FeeLine]:
    found: dict[_Key, FeeLine] = {}
    for line in lines:
        place = sum(1 for key in found if key[:2] == (line.item, line.amount.rate))
        found[line.item, line.amount.rate, place] = line
    return found


def _same(one: FeeLine | None, other: FeeLine) -> bool:
    return one is not None and (one.raw, one.amount, one.quantity, one.price) == (
        other.raw,
        other.amount,
        other.quantity,
        other.price,
    )


def _rounded(exact: Fraction) -> Decimal:
    return cents(Decimal(exact.numerator) / Decimal(exact.denominator))


def _judged(terms: ServiceTerms) -> ServiceTerms:
    """What changes nothing of a sheet left aside."""
    return replace(terms, fail_score=ZERO, trigger_score=ZERO, fails_in_a_row=0, fails_in_a_year=0)
