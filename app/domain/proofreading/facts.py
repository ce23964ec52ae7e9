"""The draft as a proofreading rule sees it: answers, rendered text by place, law book, calendar, today.

Getters never raise for what is not answered; a rule decides what a missing value means.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property

from app.domain.conditions import Condition
from app.domain.laws import LawBook
from app.domain.numbering import reference_text
from app.domain.proofreading.finding import Place, Stage
from app.domain.tree import (
    Blank,
    FilledValue,
    Instrument,
    Level,
    Provision,
    Reference,
    Section,
    Span,
    Table,
    TermUse,
    Text,
)
from app.domain.variables import Answers, FillStage, Requirement, Row, Value, Variable, VariableSet, is_blank

TERM_TABLE = "defs.term_table"
_DEFINED_IN_TEXT = re.compile(r"“([^“”]{1,24})”\s*(?:，?是?指|系指)|以下(?:合称|统称|简称)(?:为)?“([^“”]{1,24})”")
_EXCERPT_MARGIN = 12


@dataclass(frozen=True, slots=True)
class Segment:
    """One printed block: a provision, a table row, a form row. ``text`` is as printed but without unanswered blanks;
    ``typed`` only what no variable rendered."""

    place_id: str
    number: str
    section: str
    text: str
    typed: str
    table: str = ""

    @property
    def lists_law(self) -> bool:
        """A row of annex 13.3's tables of laws and standards."""
        return self.table.startswith(("annex.law_list", "annex.standard"))

    def place(self, excerpt: str = "") -> Place:
        return Place(self.place_id, self.number, self.table, excerpt)


@dataclass(frozen=True, slots=True)
class TextHit:
    """A match of a text rule with the place it stands in."""

    segment: Segment
    match: re.Match[str]

    @property
    def place(self) -> Place:
        start, end = self.match.span()
        text = self.segment.text
        return self.segment.place(text[max(0, start - _EXCERPT_MARGIN) : end + _EXCERPT_MARGIN].replace("\n", " "))

    @property
    def before(self) -> str:
        """The words of the same clause before the match (back to the last comma or full stop)."""
        return re.split(r"[，。；：！\n]", self.segment.text[: self.match.start()])[-1]

    @property
    def sentence(self) -> str:
        head = re.split(r"[。；\n]", self.segment.text[: self.match.start()])[-1]
        return head + re.split(r"[。；\n]", self.segment.text[self.match.start() :])[0]


@dataclass(frozen=True)
class Draft:
    """Everything a rule may look at. ``calendar_years``: years with an official holiday calendar.

    ``covered`` says whether an installed font has a character; None where no renderer is at hand.
    """

    answers: Answers
    instrument: Instrument
    variables: VariableSet
    laws: LawBook
    today: date
    calendar_years: frozenset[int] = frozenset()
    stage: Stage = Stage.REVIEW
    covered: Callable[[str], bool] | None = None

    # values ------------------------------------------------------------------------------------------------

    def value(self, name: str) -> Value:
        return self.answers.get(name)

    def blank(self, name: str) -> bool:
        return is_blank(self.answers.get(name))

    def text_of(self, name: str) -> str:
        """The answer as a stripped string; empty where there is none."""
        value = self.answers.get(name)
        return value.strip() if isinstance(value, str) else ""

    def number(self, name: str) -> Decimal | None:
        return as_number(self.answers.get(name))

    def day(self, name: str) -> date | None:
        value = self.answers.get(name)
        return value if isinstance(value, date) else None

    def flag(self, name: str) -> bool | None:
        value = self.answers.get(name)
        return value if isinstance(value, bool) else None

    def choices(self, name: str) -> frozenset[str]:
        value = self.answers.get(name)
        if isinstance(value, str):
            return frozenset({value}) if value else frozenset()
        return frozenset(v for v in value if isinstance(v, str)) if isinstance(value, tuple) else frozenset()

    def rows(self, name: str) -> tuple[Row, ...]:
        """The rows of a table variable, total rows left out."""
        value = self.answers.get(name)
        found = value if isinstance(value, tuple) else ()
        return tuple(r for r in found if isinstance(r, Mapping) and not r.get("_total"))

    def label(self, name: str) -> str:
        variable = self.variables.get(name)
        return variable.label if variable else name

    def applies(self, variable: Variable) -> bool:
        """Whether the variable must be answered in this contract."""
        if variable.required is Requirement.REQUIRED:
            return True
        if variable.required is not Requirement.CONDITIONAL or not variable.condition:
            return False
        return Condition.parse(variable.condition).holds(self.answers.values)

    def due_now(self, stage: FillStage) -> bool:
        """Whether a blank of this fill stage is a fault at the stage of this run."""
        if stage is FillStage.SIGNING:
            return self.stage is Stage.SIGNING
        return stage is not FillStage.AFTER

    @property
    def signing_day(self) -> date:
        """The day the contract is signed as far as it is known, else today (law is judged as of this day)."""
        given = [d for d in (self.day("sign.party_a_date"), self.day("sign.party_b_date")) if d]
        return self.day("contract.sign_date") or (max(given) if given else self.today)

    # text --------------------------------------------------------------------------------------------------

    @cached_property
    def segments(self) -> tuple[Segment, ...]:
        """Every printed block in reading order."""
        return tuple(_segments(self.blocks))

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(_blocks(self.instrument))

    def of(self, *sections: str) -> Iterator[Segment]:
        """The blocks of the given sections (``"8.2"``); of all sections where none is given."""
        return (s for s in self.segments if not sections or s.section in sections)

    def text(self, *sections: str) -> str:
        return "\n".join(s.text for s in self.of(*sections))

    def has_section(self, number: str) -> bool:
        return any(s.section == number for s in self.segments)

    def has_clause(self, pattern: str, *sections: str) -> bool:
        found = re.compile(pattern)
        return any(found.search(s.text) for s in self.of(*sections))

    def search(self, pattern: str, *sections: str) -> Iterator[TextHit]:
        """Every match, one block at a time, with its place. Titles of laws and standards are no terms of the contract."""
        found = re.compile(pattern)
        return (TextHit(s, m) for s in self.of(*sections) if not s.lists_law for m in found.finditer(s.text))

    # tree --------------------------------------------------------------------------------------------------

    @cached_property
    def _homes(self) -> dict[str, Place]:
        """Variable → first place that prints it."""
        homes: dict[str, Place] = {}

        for block in self.blocks:
            for name in block.variables():
                homes.setdefault(name, Place(block.place_id, block.label, name))
        return homes

    def place(self, variable: str, section: str = "") -> Place:
        """Where a variable stands: the provision that prints it, preferably in its own section; else the section."""
        own = self.variables.get(variable)
        section = section or (own.section if own else "")
        inside = next((b for b in self.blocks if b.section == section and variable in b.variables()), None) if section else None
        if inside is not None:
            return Place(inside.place_id, inside.label, variable)
        if variable in self._homes:
            return self._homes[variable]
        home = self.instrument.section(section) if section else None
        return Place(home.id, section_label(home), variable) if home is not None else Place(variable=variable)

    def section_place(self, number: str) -> Place:
        section = self.instrument.section(number)
        return Place(f"s.{number}", section_label(section) if section else f"第{number}节")

    @cached_property
    def ids(self) -> frozenset[str]:
        """Everything a cross-reference may point to."""
        found = {p.id for p in self.instrument.provisions()}
        found |= {s.id for s in self.instrument.sections()} | {c.id for c in self.instrument.chapters}
        return frozenset(found)

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Every printed number of a section, article or paragraph."""
        found = {p.number for p in self.instrument.provisions()} | {s.number for s in self.instrument.sections()}
        return frozenset(found)

    @cached_property
    def references(self) -> tuple[tuple[Place, Reference], ...]:
        return tuple((Place(b.place_id, b.label), span) for b in self.blocks for span in b.content if isinstance(span, Reference))

    @cached_property
    def definitions(self) -> tuple[tuple[str, Place], ...]:
        """Defined terms with the place that defines them: the definition table, then definitions in running text."""
        found: list[tuple[str, Place]] = []
        for segment in self.segments:
            if segment.table == TERM_TABLE:
                found.append((segment.text.split("\t")[0], segment.place()))
        for hit in (TextHit(s, m) for s in self.segments for m in _DEFINED_IN_TEXT.finditer(s.text)):
            if hit.segment.table != TERM_TABLE:
                found.append((hit.match[1] or hit.match[2], hit.place))
        return tuple(found)

    @cached_property
    def term_uses(self) -> tuple[tuple[str, Place], ...]:
        """Explicit uses of terms (``[[…]]``)."""
        return tuple(
            (span.text, Place(b.place_id, b.label)) for b in self.blocks for span in b.content if isinstance(span, TermUse)
        )


def as_number(value: object) -> Decimal | None:
    """A figure as Decimal; None for anything that is none (booleans included)."""
    if isinstance(value, bool):
        return None
    if isinstance(value, Decimal):
        return value
    return Decimal(value) if isinstance(value, int) else None


def _numbered(provision: Provision, owner: str, owner_level: Level | None) -> Iterator[tuple[Provision, str]]:
    """A provision and all below it, each with the words that refer to it."""
    yield provision, reference_text(provision.level, provision.number, owner, owner_level)
    # An item below an item keeps the 条/款 as its owner, as numbering does.
    keep = provision.level is Level.ITEM
    for child in provision.children:
        yield from _numbered(child, owner if keep else provision.number, owner_level if keep else provision.level)


def section_label(section: Section) -> str:
    return section.annex or f"第{section.number}节"


@dataclass(frozen=True, slots=True)
class Block:
    """Something that holds spans: ``label`` is how a reference to it reads."""

    place_id: str
    label: str
    section: str
    content: tuple[Span, ...]
    heading: str = ""
    table: Table | None = None

    def variables(self) -> Iterator[str]:
        """Variables that are printed here; the table's variable last."""
        yield from (s.variable for s in self.content if isinstance(s, FilledValue | Blank))
        if self.table is not None:
            yield self.table.id


def _blocks(instrument: Instrument) -> Iterator[Block]:
    """Every block in reading order: cover, parties, preamble, provisions, form rows."""
    for row in instrument.cover:
        yield Block(row.id, "封面", "", row.content, f"{row.label}：")
    for block in instrument.parties:
        for row in block.rows:
            yield Block(row.id, block.heading, "", row.content, f"{row.label}：")
    yield Block("preamble", "首部", "", instrument.preamble)
    for section in instrument.sections():
        for top in section.provisions:
            for provision, label in _numbered(top, section.number, None):
                title = f"{provision.title}　" if provision.title else ""
                yield Block(provision.id, label, section.number, provision.content, title, provision.table)
        for row in section.form:
            yield Block(row.id, section_label(section), section.number, row.content, f"{row.label}：")


def _segments(blocks: tuple[Block, ...]) -> Iterator[Segment]:
    for block in blocks:
        text = block.heading + _without_blanks(block.content)
        yield Segment(block.place_id, block.label, block.section, text, block.heading + _typed(block.content))
        if block.table is not None:
            for row in block.table.rows:
                yield Segment(block.place_id, block.label, block.section, "\t".join(row.cells), "", block.table.id)


def _without_blanks(content: tuple[Span, ...]) -> str:
    return "".join(s.text for s in content if not isinstance(s, Blank))


def _typed(content: tuple[Span, ...]) -> str:
    return "".join(s.text if isinstance(s, Text | TermUse) else "\x00" for s in content)
