"""The rate of a 催款函 as section 8.2 and the law towards small enterprises have it, and the table of stretches where it follows the LPR (C8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from app.domain.errors import ContractError
from app.domain.money import cents
from app.domain.paper_rules.context import PaperDraft, figure, paper_rule
from app.domain.papers import PaperKind
from app.domain.proofreading.finding import Hit, Severity
from app.domain.settlement.delays import LateRate, Piece, Rates, late_rate
from app.domain.settlement.terms import PayTerms

DEMAND = (PaperKind.DEMAND,)
_CENT = Decimal("0.01")
_ONE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TabledRates:
    """Rates as the table of stretches states them for one settlement; days that no line covers bear nothing, so that the sum shows it."""

    stretches: Sequence[tuple[date, date, LateRate]]
    words: str = "分段计算表所列的LPR"

    def between(self, since: date, until: date) -> tuple[Piece, ...]:
        found = []
        for first, last, rate in self.stretches:
            begin, end = max(since, first - _ONE), min(until, last)
            if end > begin:
                found.append(Piece(begin, end, rate))
        return tuple(found)


def pay_terms(d: PaperDraft) -> PayTerms | None:
    """None where too little is agreed."""
    try:
        return PayTerms.from_answers(d.background.standing.answers)
    except ContractError:
        return None


def by_lpr(d: PaperDraft) -> bool:
    return d.flag("demand.by_lpr")


def agreed_rate(d: PaperDraft) -> LateRate | None:
    """One rate for all days; None where too little is agreed."""
    terms = pay_terms(d)
    return late_rate(terms) if terms is not None else None


def rates_of(d: PaperDraft, settlement: str) -> Rates | None:
    """What a line is reckoned with: the exact rate behind the printed one, so that four decimals cost nobody a 分, or the table's."""
    if by_lpr(d):
        return TabledRates([s for name, *s in _stretches(d) if name == settlement])  # type: ignore[misc]
    printed, agreed = d.number("demand.rate_bp"), agreed_rate(d)
    if printed is None or (agreed is not None and agreed.printed == printed):
        return agreed
    return LateRate(Fraction(printed), "")


def _stretches(d: PaperDraft) -> Iterator[tuple[str, date, date, LateRate]]:
    terms, times = pay_terms(d), d.number("demand.lpr_multiple") or Decimal(0)
    floor = Fraction(terms.lpr) * 100 / 365 if terms is not None and terms.protected else Fraction(0)
    seen = set()
    for row in d.rows("demand.lpr_table"):
        first, last, lpr = row.get("from"), row.get("until"), figure(row.get("lpr"))
        if isinstance(first, date) and isinstance(last, date) and lpr is not None:
            key = (str(row.get("settlement")), first, last)
            if key not in seen:
                seen.add(key)
                yield (*key, LateRate(max(Fraction(lpr) * Fraction(times) * 100 / 365, floor), ""))


@paper_rule(
    "C8-04", "利率与约定不符", DEMAND, ("CC:585", "SMEP:17"), "适用合同第8.2节约定的逾期利率；乙方为中小企业的，不低于一年期LPR。"
)
def the_rate_is_the_agreed_one(d: PaperDraft) -> Iterator[Hit]:
    if d.text("demand.kind") != "payment":
        return
    rate, agreed, terms, times = d.number("demand.rate_bp"), agreed_rate(d), pay_terms(d), d.number("demand.lpr_multiple")
    if by_lpr(d):
        if terms is not None and times is not None and times != terms.lpr_multiple:
            said = f"LPR的{terms.lpr_multiple}倍" if terms.lpr_multiple else f"万分之{terms.rate_bp}，不按LPR的倍数计算"
            yield Hit(Severity.ERROR, f"LPR的倍数{times}与约定不一致：合同第8.2节约定为{said}。", d.place("demand.lpr_multiple"))
    elif rate is not None and agreed is not None and rate != agreed.printed:
        words = f"逾期日利率万分之{rate}与应当适用的万分之{agreed.printed}不一致：{agreed.words}。"
        yield Hit(Severity.ERROR, words, d.place("demand.rate_bp"))


@paper_rule("C8-07", "分段计算表有误", DEMAND, ("CC:585",), "逐段按未付金额、当时的一年期LPR、倍数和天数重算。")
def stretches_add_up(d: PaperDraft) -> Iterator[Hit]:
    """Each line on its own; a 分 either way, since the lines are rounded so that they add up."""
    if not by_lpr(d):
        return
    place = d.place("demand.lpr_table")
    for row in d.rows("demand.lpr_table"):
        first, last, days = row.get("from"), row.get("until"), row.get("days")
        owed, asked = figure(row.get("principal")), figure(row.get("penalty"))
        if not isinstance(first, date) or not isinstance(last, date) or owed is None or asked is None:
            continue
        label = f"“{row.get('settlement')}”{first.isoformat()}至{last.isoformat()}"
        counted = (last - first).days + 1
        if days != counted:
            yield Hit(Severity.ERROR, f"{label}应为{counted}日，现为{days}。", place)
        rate = next((r for name, f, u, r in _stretches(d) if (name, f, u) == (str(row.get("settlement")), first, last)), None)
        if rate is None:
            continue
        exact = Piece(first - _ONE, last, rate).exact(owed)
        if abs(Fraction(asked) - exact) > Fraction(_CENT):
            yield Hit(
                Severity.ERROR,
                f"{label}的违约金应为{cents(Decimal(exact.numerator) / Decimal(exact.denominator))}元，现为{asked}元。",
                place,
            )
