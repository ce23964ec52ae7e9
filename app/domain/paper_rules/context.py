"""A paper as its checks see it: its answers and text, the contract as it stands, the papers that went before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from app.domain.calendar import WorkingCalendar
from app.domain.laws import LawBook
from app.domain.lifecycle import Stage
from app.domain.numbering import reference_text
from app.domain.paper_values import Background
from app.domain.papers import PaperKind, PaperState
from app.domain.proofreading import Finding
from app.domain.proofreading.facts import as_number
from app.domain.proofreading.finding import Hit, Place
from app.domain.rebasing import Conflict, Unsettled
from app.domain.redrafting import Redraft
from app.domain.tree import FilledValue, Instrument, Provision
from app.domain.variables import Answers, Row, VariableSet, is_blank

LARGEST = Decimal(10) ** 13
"""Beyond it a figure is a slip of the keyboard; answering refuses it, a check need not count with it."""


def figure(value: object) -> Decimal | None:
    """A figure as Decimal; None for anything that is none."""
    number = as_number(value)
    return number if number is not None and number.is_finite() and abs(number) <= LARGEST else None


@dataclass(frozen=True, slots=True)
class OtherPaper:
    """Another paper of the same contract."""

    kind: PaperKind
    number: str
    state: PaperState
    arrived_on: date | None = None


@dataclass(frozen=True, slots=True)
class AmendmentFacts:
    """What the checks of an amendment need beside its paper.

    ``new_findings``: what proofreading says of the text as it will stand and did not say before (brief C1: 再跑全部 R 规则).
    """

    redraft: Redraft
    starts: date | None
    new_findings: tuple[Finding, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    unsettled: tuple[Unsettled, ...] = ()
    renewed: bool = False
    """The contract runs in a renewed term already."""


@dataclass(frozen=True)
class PaperDraft:
    """Everything a rule may look at. ``stage`` is the contract's; ``others``: every other paper of the contract."""

    kind: PaperKind
    answers: Answers
    instrument: Instrument
    variables: VariableSet
    laws: LawBook
    today: date
    background: Background
    stage: Stage
    others: tuple[OtherPaper, ...] = ()
    arrived_on: date | None = None
    calendar: WorkingCalendar = field(default_factory=lambda: WorkingCalendar.of(()))
    amendment: AmendmentFacts | None = None

    # ---- values of the paper

    def day(self, name: str) -> date | None:
        value = self.answers.get(name)
        return value if isinstance(value, date) else None

    def number(self, name: str) -> Decimal | None:
        return figure(self.answers.get(name))

    def text(self, name: str) -> str:
        value = self.answers.get(name)
        return value.strip() if isinstance(value, str) else ""

    def flag(self, name: str) -> bool:
        return self.answers.get(name) is True

    def rows(self, name: str) -> tuple[Row, ...]:
        value = self.answers.get(name)
        return tuple(r for r in value if isinstance(r, Mapping)) if isinstance(value, tuple) else ()

    def blank(self, name: str) -> bool:
        return is_blank(self.answers.get(name))

    # ---- values of the contract

    def agreed_day(self, name: str) -> date | None:
        value = self.background.value(name)
        return value if isinstance(value, date) else None

    def agreed_number(self, name: str) -> Decimal | None:
        return figure(self.background.value(name))

    def agreed_text(self, name: str) -> str:
        value = self.background.value(name)
        return value if isinstance(value, str) else ""

    @property
    def paper_day(self) -> date:
        return self.day("paper.date") or self.today

    # ---- places

    def place(self, variable: str) -> Place:
        """The article that prints the variable, else the variable alone."""
        for provision in self.instrument.provisions():
            if variable in _variables(provision):
                return Place(provision.id, reference_text(provision.level, provision.number, "", None), variable)
        known = self.variables.get(variable)
        return Place("", known.label if known else "", variable)

    def printed(self) -> Iterable[tuple[Place, str]]:
        """Every printed block with its place: lines, preamble, articles, rows of tables."""
        for row in self.instrument.cover:
            yield Place(row.id, row.label), row.text
        yield Place("preamble", "首部"), "".join(s.text for s in self.instrument.preamble)
        for provision in self.instrument.provisions():
            place = Place(provision.id, reference_text(provision.level, provision.number, "", None))
            yield place, provision.text
            for table_row in provision.table.rows if provision.table else ():
                yield place, "\t".join(table_row.cells)

    def typed(self) -> Iterable[tuple[Place, str]]:
        """What people filled in as text, where it is printed."""
        for provision in self.instrument.provisions():
            place = Place(provision.id, reference_text(provision.level, provision.number, "", None))
            for span in provision.content:
                if isinstance(span, FilledValue):
                    yield place, span.text
            for row in provision.table.rows if provision.table else ():
                yield from ((place, cell) for cell in row.cells)


def _variables(provision: Provision) -> Iterable[str]:
    yield from (s.variable for s in provision.content if hasattr(s, "variable"))
    if provision.table is not None:
        yield provision.table.id


@dataclass(frozen=True, slots=True)
class PaperRule:
    """One check. ``kinds``: the papers it is for; ``basis``: citation codes."""

    id: str
    name: str
    kinds: frozenset[PaperKind]
    basis: tuple[str, ...]
    fix: str
    check: Callable[[PaperDraft], Iterable[Hit]]


def paper_rule(
    rule_id: str, name: str, kinds: Iterable[PaperKind], basis: tuple[str, ...], fix: str
) -> Callable[[Callable[[PaperDraft], Iterable[Hit]]], PaperRule]:
    """Turns a function over a paper into a rule."""

    def wrap(check: Callable[[PaperDraft], Iterable[Hit]]) -> PaperRule:
        return PaperRule(rule_id, name, frozenset(kinds), basis, fix, check)

    return wrap
