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
from app.domain.term import roll_forward
from app.domain.variables import Row

DEMAND = (PaperKind.DEMAND,)
_CENT = Decimal("0.01")
_ONE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TabledRates:
    """Rates as the table of stretches states them for one due day of a settlement; days that no line covers bear nothing, so that the sum shows it."""

    stretches: Sequence[tuple[date, date, LateRate]]
    words: str = "分段计算表所列的LPR"

    def between(self, since: date, until: date) -> tuple[Piece, ...]:
        """Lines of two claims with one due day may cover the same days; each day counts once."""
        found: list[Piece] = []
        done = since
        for first, last, rate in sorted(self.stretches, key=lambda x: x[:2]):
            begin, end = max(done, first - _ONE), min(until, last)
            if end > begin:
                found.append(Piece(begin, end, rate))
                done = end
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


def rates_of(d: PaperDraft, settlement: str, due: date) -> Rates | None:
    """What a line is reckoned with: the exact rate behind the printed one, so that four decimals cost nobody a 分, or the table's.
    ``due``: rolled to a working day."""
    if by_lpr(d):
        return TabledRates([(s.first, s.last, s.rate) for s in _stretches(d) if (s.settlement, s.due) == (settlement, due)])
    printed, agreed = d.number("demand.rate_bp"), agreed_rate(d)
    if printed is None or (agreed is not None and agreed.printed == printed):
        return agreed
    return LateRate(Fraction(printed), "")


@dataclass(frozen=True, slots=True)
class _Tabled:
    """A line of the table as far as it can be read. ``due``: of its claim, rolled to a working day, None where nobody wrote it."""

    settlement: str
    due: date | None
    first: date
    last: date
    rate: LateRate
    row: Row


def _stretches(d: PaperDraft) -> Iterator[_Tabled]:
    terms, times = pay_terms(d), d.number("demand.lpr_multiple") or Decimal(0)
    floor = Fraction(terms.lpr) * 100 / 365 if terms is not None and terms.protected else Fraction(0)
    for row in d.rows("demand.lpr_table"):
        due, first, last, lpr = row.get("due"), row.get("from"), row.get("until"), figure(row.get("lpr"))
        if isinstance(first, date) and isinstance(last, date) and lpr is not None:
            rate = LateRate(max(Fraction(lpr) * Fraction(times) * 100 / 365, floor), "")
            rolled = roll_forward(due, d.calendar).day if isinstance(due, date) else None
            yield _Tabled(str(row.get("settlement")), rolled, first, last, rate, row)


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
    for line in _stretches(d):
        days, owed, asked = line.row.get("days"), figure(line.row.get("principal")), figure(line.row.get("penalty"))
        if owed is None or asked is None:
            continue
        label = f"“{line.settlement}”{line.first.isoformat()}至{line.last.isoformat()}"
        counted = (line.last - line.first).days + 1
        if days != counted:
            yield Hit(Severity.ERROR, f"{label}应为{counted}日，现为{days}。", place)
        exact = Piece(line.first - _ONE, line.last, line.rate).exact(owed)
        if abs(Fraction(asked) - exact) > Fraction(_CENT):
            yield Hit(
                Severity.ERROR,
                f"{label}的违约金应为{cents(Decimal(exact.numerator) / Decimal(exact.denominator))}元，现为{asked}元。",
                place,
            )
