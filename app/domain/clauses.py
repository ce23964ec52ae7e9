"""The clause library as domain values: what ``app.library`` reads from ``clauses/`` and what assembly works on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from app.domain.tree import BoxKind, Layout, Level
from app.domain.variables import Value, VariableSet


class Approval(Enum):
    """Who must approve a fallback position."""

    LEGAL = "legal"
    LEGAL_HEAD = "legal_head"
    LEGAL_AND_BUSINESS = "legal_and_business"


@dataclass(frozen=True, slots=True)
class Variant:
    """One wording of a repeated provision, for the rows of which ``when`` holds (``row.kind == 'delete'``)."""

    when: str
    text: str


@dataclass(frozen=True, slots=True)
class ClauseSource:
    """A provision as the library holds it; ``text`` carries markup.

    ``each``: a table variable; the provision is repeated for each of its rows, whose cells are ``row.<column>``. The first of
    ``variants`` that fits a row words it.
    """

    id: str
    level: Level
    text: str
    title: str = ""
    when: str = ""
    covers: tuple[str, ...] = ()
    laws: tuple[str, ...] = ()
    prominent: bool = False
    table: str = ""
    children: tuple[ClauseSource, ...] = ()
    fixed: bool = False
    """States a fact of the day of signing: later values don't change it (``following``)."""
    each: str = ""
    variants: tuple[Variant, ...] = ()

    def texts(self) -> tuple[str, ...]:
        """Every wording the provision may have."""
        return (self.text, *(v.text for v in self.variants))

    def walk(self) -> Iterator[ClauseSource]:
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class BoxSource:
    name: str
    kind: BoxKind
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class FormRowSource:
    id: str
    label: str
    text: str = ""
    box: BoxSource | None = None
    when: str = ""


@dataclass(frozen=True, slots=True)
class Topic:
    """A playbook topic: what we ask for, what we accept with whose approval, what we never sign.

    ``wording`` replaces provision texts when the fallback is chosen; None removes the provision.
    """

    id: str
    section: str
    title: str
    standard: str
    fallback: str
    approval: Approval
    wording: Mapping[str, str | None]
    presets: Mapping[str, Value]
    unacceptable: str
    waivable: bool
    provisions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ObligationSource:
    """A duty that a provision creates, in the brief's notation (brief §0.1).

    ``further``: variables beside ``variable`` that the period takes: the following stages, or the working day of the month.
    ``fixed``: ``variable`` is only related, the period stands in words. ``when``: a condition over the answers.
    """

    id: str
    obligor: str
    action: str
    trigger: str
    due: str
    clock: str
    remind: str
    variable: str
    provision: str
    further: tuple[str, ...] = ()
    fixed: bool = False
    when: str = ""


@dataclass(frozen=True, slots=True)
class SectionSource:
    number: str
    title: str
    provisions: tuple[ClauseSource, ...]
    form: tuple[FormRowSource, ...] = ()
    topics: tuple[Topic, ...] = ()
    obligations: tuple[ObligationSource, ...] = ()

    def walk(self) -> Iterator[ClauseSource]:
        for provision in self.provisions:
            yield from provision.walk()


@dataclass(frozen=True, slots=True)
class ChapterSource:
    index: int
    title: str
    sections: tuple[SectionSource, ...]


@dataclass(frozen=True, slots=True)
class PartyBlockSource:
    id: str
    heading: str
    rows: tuple[FormRowSource, ...]


@dataclass(frozen=True, slots=True)
class DefinedTerm:
    id: str
    term: str
    meaning: str
    first_used: str


@dataclass(frozen=True, slots=True)
class RequiredPoint:
    """A point of the legal brief and what the text that covers it must contain."""

    id: str
    gist: str
    actors: tuple[str, ...]
    modality: tuple[str, ...]
    variables: tuple[str, ...]
    keywords: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClauseLibrary:
    """One form's library. ``version`` names the wording, ``fingerprint`` is the SHA-256 of its source files."""

    form: str
    version: str
    fingerprint: str
    title: str
    cover: tuple[FormRowSource, ...]
    parties: tuple[PartyBlockSource, ...]
    preamble: str
    chapters: tuple[ChapterSource, ...]
    variables: VariableSet
    terms: tuple[DefinedTerm, ...]
    points: tuple[RequiredPoint, ...] = ()
    annex_sections: tuple[str, ...] = field(default=("13.1", "13.2", "13.3"))
    layout: Layout = Layout.BOOK

    def sections(self) -> Iterator[SectionSource]:
        for chapter in self.chapters:
            yield from chapter.sections

    def clauses(self) -> Iterator[ClauseSource]:
        for section in self.sections():
            yield from section.walk()

    def clause(self, clause_id: str) -> ClauseSource | None:
        return next((c for c in self.clauses() if c.id == clause_id), None)

    def topics(self) -> Iterator[Topic]:
        for section in self.sections():
            yield from section.topics

    def topic(self, topic_id: str) -> Topic | None:
        return next((t for t in self.topics() if t.id == topic_id), None)
