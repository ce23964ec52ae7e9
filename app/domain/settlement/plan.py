"""The payment plan of a contract year from the terms in force, beside its budget and what was settled; the basis of 印花税."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.domain.money import ZERO, total
from app.domain.settlement.fees import month_fee, span_of
from app.domain.settlement.month import MonthFigures
from app.domain.settlement.spells import Spell, split_fee
from app.domain.settlement.terms import FeeTerms
from app.domain.term import corresponding_day
from app.domain.variables import Answers


@dataclass(frozen=True, slots=True)
class PlannedMonth:
    """What a month will cost at the agreed base: baseline tickets or all seats, no deduction. ``estimated``: it hangs on the volume."""

    month: date
    excl: Decimal
    tax: Decimal
    incl: Decimal
    estimated: bool


def planned_month(
    month: date, terms: FeeTerms, first_day: date, last_day: date, already: Decimal = ZERO, spells: Sequence[Spell] = ()
) -> PlannedMonth | None:
    """None where the month lies outside the term. ``spells``: its parts where prices change within it, by the days of which the baseline
    goes as well."""
    span = span_of(month, first_day, last_day)
    if span is None:
        return None
    parts = [(s.fees, s.days) for s in spells] or [(terms, span.served)]
    tickets = sum((f.baseline * days for f, days in parts), ZERO) / span.days
    figures = MonthFigures(month, "计划", tickets.to_integral_value(), seat_days_due=Decimal(1), seat_days_present=Decimal(1))
    fee = split_fee(figures, spells, span, already) if spells else month_fee(figures, terms, span, already)
    sums = total(x.amount for x in fee.lines)
    return PlannedMonth(month, sums.excl, sums.tax, sums.incl, any(f.model != "fixed_monthly" for f, _ in parts))


@dataclass(frozen=True, slots=True)
class YearPlan:
    """``year``: first day of the contract year. ``budget`` None: none was set. Amounts with tax."""

    year: date
    months: tuple[PlannedMonth, ...]
    settled: Mapping[date, Decimal]
    budget: Decimal | None

    @property
    def planned(self) -> Decimal:
        return sum((m.incl for m in self.months), ZERO)

    @property
    def confirmed(self) -> Decimal:
        return sum(self.settled.values(), ZERO)

    @property
    def forecast(self) -> Decimal:
        """What is settled, and the plan of the months that are not."""
        return self.confirmed + sum((m.incl for m in self.months if m.month not in self.settled), ZERO)

    @property
    def left(self) -> Decimal | None:
        return None if self.budget is None else self.budget - self.forecast


def months_of(first: date, last: date) -> tuple[date, ...]:
    """First days of the calendar months from the one of ``first`` to the one of ``last``."""
    day, found = first.replace(day=1), []
    while day <= last:
        found.append(day)
        day = corresponding_day(day, 1)
    return tuple(found)


@dataclass(frozen=True, slots=True)
class StampBasis:
    """What 印花税 would be counted from. Which tax item it falls under is for tax people to say (brief B5); nothing is computed."""

    label: str
    excl: Decimal
    basis: str


def stamp_basis(answers: Answers, settled: Sequence[tuple[Decimal, Decimal]]) -> tuple[StampBasis, ...]:
    """By tax rate: the listed total without tax (STAMP:5), or where none is listed what was settled (STAMP:6).

    ``settled``: (rate, excl) of confirmed settlements.
    """
    table = answers.get("fees.price_table")
    rows = [r for r in table if not isinstance(r, str) and not r.get("_total")] if isinstance(table, tuple) else []
    listed: dict[Decimal, Decimal] = {}
    for row in rows:
        excl, rate = row.get("excl_tax"), row.get("rate")
        if isinstance(excl, Decimal) and isinstance(rate, Decimal) and row.get("item") not in ("合计",) and row.get("category"):
            listed[rate] = listed.get(rate, ZERO) + excl
    if listed:
        return tuple(
            StampBasis(f"税率{rate.normalize():f}%的项目", excl, "合同列明的不含税金额（印花税法第五条）")
            for rate, excl in sorted(listed.items())
        )
    sums: dict[Decimal, Decimal] = {}
    for rate, excl in settled:
        sums[rate] = sums.get(rate, ZERO) + excl
    return tuple(
        StampBasis(f"税率{rate.normalize():f}%的项目", excl, "实际结算的不含税金额（印花税法第六条）")
        for rate, excl in sorted(sums.items())
    )
