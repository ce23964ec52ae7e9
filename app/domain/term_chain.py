"""The terms of one contract in their order: the first one and every renewal, joined without gap and without overlap.

Everything that hangs on a term is computed from ``TermChain.current``; a superseded term is history and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from itertools import pairwise

from app.domain.errors import ContractError
from app.domain.reasoning import ReasonedDate, Reasoner
from app.domain.term import Period, Unit, chinese_date, term_end

_ONE_DAY = timedelta(days=1)


class Origin(Enum):
    """How a term came about."""

    FIRST = "first"
    """首期: as signed (section 1.3)."""
    AUTOMATIC = "automatic"
    """自动续约: nobody gave notice in time (section 11.3)."""
    OPTION = "option"
    """行使选择权: the party that holds the option chose it (section 11.3)."""
    AGREEMENT = "agreement"
    """续约协议: both signed (brief C2)."""

    @property
    def label(self) -> str:
        return {"first": "首期", "automatic": "自动续约", "option": "行使续约选择权", "agreement": "续约协议"}[self.value]


_SOURCES = {
    Origin.FIRST: ("general.term.period", "CC:204"),
    Origin.AUTOMATIC: ("lifecycle.end.renewal.auto",),
    Origin.OPTION: ("lifecycle.end.renewal.option",),
    Origin.AGREEMENT: ("lifecycle.end.renewal",),
}


@dataclass(frozen=True, slots=True)
class Term:
    """One term; both days belong to it (CC:204, brief B1-5). ``number``: 0 the first, n the n-th renewal.

    ``years`` None: the parties agreed on the last day itself. ``counts``: uses up one of the renewals that section 11.3 allows.
    ``paper``: number of the instrument that brought it, empty where none did.
    """

    number: int
    first_day: date
    last_day: date
    origin: Origin = Origin.FIRST
    years: int | None = None
    counts: bool = False
    paper: str = ""

    def __post_init__(self) -> None:
        if self.last_day < self.first_day:
            raise ContractError(
                "term.order", f"届满日{self.last_day.isoformat()}早于起始日{self.first_day.isoformat()}，请核对期限。"
            )

    def __contains__(self, day: date) -> bool:
        return self.first_day <= day <= self.last_day

    @property
    def name(self) -> str:
        return "首期" if self.number == 0 else f"第{self.number}次续展期"

    def reasoned_end(self, reasoner: Reasoner) -> date:
        """The last day, with the step that led to it."""
        if self.years is None:
            rule = f"{self.name}届满日（{self.paper or '双方约定'}）"
            return reasoner.term(rule, self.first_day, self.last_day, None, *_SOURCES[self.origin])
        period = Period(Decimal(self.years), Unit.YEARS)
        return reasoner.term(f"{self.name}届满日", self.first_day, self.last_day, period, *_SOURCES[self.origin])


@dataclass(frozen=True, slots=True)
class TermChain:
    """All terms, the first one first. Raises ``term.chain`` where they don't join."""

    terms: tuple[Term, ...]

    def __post_init__(self) -> None:
        if not self.terms:
            raise ContractError("term.chain", "合同没有期限，无法计算续约和届满。")
        for place, term in enumerate(self.terms):
            if term.number != place:
                raise ContractError("term.chain", f"期限的次序有误：第{place}位记为第{term.number}次续展。")
        for before, after in pairwise(self.terms):
            if after.first_day != before.last_day + _ONE_DAY:
                raise ContractError(
                    "term.chain",
                    f"{after.name}自{chinese_date(after.first_day)}起，与{before.name}届满日{chinese_date(before.last_day)}"
                    "没有首尾相接；续展起始日应为原届满日的次日。",
                )

    @classmethod
    def begin(cls, first_day: date, years: int) -> TermChain:
        return cls((Term(0, first_day, term_end(first_day, years), Origin.FIRST, years),))

    @property
    def first(self) -> Term:
        return self.terms[0]

    @property
    def current(self) -> Term:
        """The last one agreed: the term that every date hangs on. It may begin in the future."""
        return self.terms[-1]

    @property
    def counted(self) -> int:
        """How many of the renewals that section 11.3 allows are used up."""
        return sum(t.counts for t in self.terms)

    def at(self, day: date) -> Term | None:
        """The term that runs on ``day``."""
        return next((t for t in self.terms if day in t), None)

    def next_term(self, origin: Origin, years: int, *, counts: bool, paper: str = "") -> Term:
        """What a renewal of ``years`` would add: it begins the day after the last day (brief C2)."""
        first = self.current.last_day + _ONE_DAY
        return Term(len(self.terms), first, term_end(first, years), origin, years, counts, paper)

    def renewed(self, term: Term) -> TermChain:
        """With one more term. Raises ``term.chain`` where it doesn't join the current one."""
        return replace(self, terms=(*self.terms, term))

    def end(self, reasoner: Reasoner) -> ReasonedDate:
        return reasoner.result("届满日", self.current.reasoned_end(reasoner))
