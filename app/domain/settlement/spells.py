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
    """As ``fees.month_fee``, each line by the terms of its days; the annual cap is that of the last. Raises ``ValueError`` likewise."""
    last = spells[-1].fees
    if len({_priced(s.fees) for s in spells}) == 1:
        lines = uncapped_lines(figures, last, span)
    else:
        lines = [_part(x, s, span) for s in spells for x in uncapped_lines(figures, s.fees, span)]
    if len({s.fees.instalments for s in spells}) == 1:
        beside = [instalment_line(x, last, span) for x in last.instalments]
    else:
        beside = [_part(instalment_line(x, s.fees, span), s, span) for s in spells for x in s.fees.instalments]
    notices = tuple(dict.fromkeys(n for s in spells for n in volume_notices(figures, s.fees, span)))
    return summed_fee(figures, lines, beside, last, notices, already)


def _part(line: FeeLine, spell: Spell, span: Span) -> FeeLine:
    exact = Fraction(line.raw) * Fraction(spell.days, span.served)
    excl = cents(Decimal(exact.numerator) / Decimal(exact.denominator))
    item = f"{line.item}（{spell.words}）"
    how = f"按该段条款计算的全月{money_digits(line.amount.excl)}×{spell.days}日÷{span.served}日"
    figure = Figure(item, excl, how=how, clause=CLAUSE, parts=(line.figure,))
    return FeeLine(item, Decimal(1), "项", excl, from_excl(excl, line.amount.rate), line.fee, figure, excl)


def _priced(terms: FeeTerms) -> FeeTerms:
    return replace(terms, cap=None, instalments=())


def _judged(terms: ServiceTerms) -> ServiceTerms:
    """What changes nothing of a sheet left aside."""
    return replace(terms, fail_score=ZERO, trigger_score=ZERO, fails_in_a_row=0, fails_in_a_year=0)
