"""The contract tree: one immutable tree of numbered provisions from which every document is drawn.

章 chapter → 节 section → 条 article (1.1.1) → 款 paragraph (1.1.1.1) → 项 item （1）. Ids are stable, numbers are computed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from app.domain.variables import DeviationKind, FillStage

BLANK_TEXT = "________"


@dataclass(frozen=True, slots=True)
class Text:
    text: str


@dataclass(frozen=True, slots=True)
class FilledValue:
    """Text that a variable rendered."""

    text: str
    variable: str


@dataclass(frozen=True, slots=True)
class Blank:
    """A variable not answered yet; prints ``BLANK_TEXT`` and is refused in a final document up to freeze."""

    variable: str
    label: str
    stage: FillStage
    text: str = BLANK_TEXT


@dataclass(frozen=True, slots=True)
class Reference:
    """A cross-reference; ``text`` is the computed number with its word (第8.2.3条), ``target`` the id it points to.

    ``number`` is the part of ``text`` that a REF field shows. A dangling reference has ``number`` empty.
    """

    target: str
    text: str
    number: str


@dataclass(frozen=True, slots=True)
class TermUse:
    """Explicit use of a defined term."""

    text: str


@dataclass(frozen=True, slots=True)
class Note:
    """An editor's words in a consolidated copy (〔由补充协议二第3条修改〕); nobody agreed on them."""

    text: str


class BoxKind(Enum):
    SIGNATURE = "signature"
    SEAL = "seal"
    DATE = "date"
    TEXT = "text"
    CHECK = "check"


@dataclass(frozen=True, slots=True)
class Box:
    """A named box that only the signing fills (millimetres); it has no text and lies outside the digest."""

    name: str
    kind: BoxKind
    width: float
    height: float

    @property
    def text(self) -> str:
        return ""


Span = Text | FilledValue | Blank | Reference | TermUse | Box | Note


def plain(content: tuple[Span, ...]) -> str:
    """The words of a run of spans, as they are printed."""
    return "".join(span.text for span in content)


class Level(Enum):
    """Levels below the section, with the word a cross-reference uses (docs/glossary.md)."""

    ARTICLE = "条"
    PARAGRAPH = "款"
    ITEM = "项"


class Position(Enum):
    """Playbook position of a provision's wording."""

    STANDARD = "standard"
    FALLBACK = "fallback"


@dataclass(frozen=True, slots=True)
class Deviation:
    """What one contract changed against the library, and why."""

    kind: DeviationKind
    provision: str
    reason: str
    library_text: str
    contract_text: str


@dataclass(frozen=True, slots=True)
class TableColumn:
    key: str
    label: str
    width: int
    numeric: bool = False


@dataclass(frozen=True, slots=True)
class TableRow:
    """A row; ``id`` is stable within its table, ``emphasis`` marks totals."""

    id: str
    cells: tuple[str, ...]
    emphasis: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table printed under a provision. ``id`` is the variable that fills it."""

    id: str
    caption: str
    columns: tuple[TableColumn, ...]
    rows: tuple[TableRow, ...]


@dataclass(frozen=True, slots=True)
class Provision:
    """A 条, 款 or 项. ``number`` as printed: ``8.2.3``, ``8.2.3.1``, ``（1）``. ``title`` is the bold lead-in or empty."""

    id: str
    level: Level
    number: str
    title: str
    content: tuple[Span, ...]
    children: tuple[Provision, ...] = ()
    table: Table | None = None
    laws: tuple[str, ...] = ()
    prominent: bool = False
    position: Position = Position.STANDARD
    topics: tuple[str, ...] = ()
    deviation: Deviation | None = None

    @property
    def text(self) -> str:
        return plain(self.content)

    def walk(self) -> Iterator[Provision]:
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(frozen=True, slots=True)
class FormRow:
    """A labelled line of the cover, of a party block or of a signature page."""

    id: str
    label: str
    content: tuple[Span, ...]

    @property
    def text(self) -> str:
        return plain(self.content)


@dataclass(frozen=True, slots=True)
class PartyBlock:
    id: str
    heading: str
    rows: tuple[FormRow, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A 节. ``annex`` is 附件一… for the sections of the annex chapter; ``form`` the rows of a signature page.

    In a paper (``Layout.PAPER``) a chapter has one section without a title, which prints no heading.
    """

    number: str
    title: str
    provisions: tuple[Provision, ...]
    form: tuple[FormRow, ...] = ()
    annex: str = ""

    @property
    def id(self) -> str:
        return f"s.{self.number}"

    @property
    def one_sided(self) -> bool:
        """Signature rows of a notice: one party alone seals it. Its block stands below text, never on a page of its own."""
        boxes = [span for row in self.form for span in row.content if isinstance(span, Box)]
        return sum(box.kind is BoxKind.SEAL for box in boxes) == 1

    def walk(self) -> Iterator[Provision]:
        for provision in self.provisions:
            yield from provision.walk()

    @property
    def text(self) -> str:
        """The section's words without numbers: provisions, then form rows, one per line."""
        lines = [f"{p.title}　{p.text}" if p.title else p.text for p in self.walk()]
        lines += [f"{r.label}：{r.text}" for r in self.form]
        return "\n".join(lines)


@dataclass(frozen=True, slots=True)
class Chapter:
    """``number``: 第一章 …, in a paper 一、 …; a chapter without title (the signatures of a paper) prints no heading."""

    index: int
    number: str
    title: str
    sections: tuple[Section, ...]

    @property
    def id(self) -> str:
        return f"ch.{self.index}"


class Layout(Enum):
    """How a document is laid out and numbered."""

    BOOK = "book"
    """The contract: cover, contents, 第一章, 1.1, 1.1.1."""
    PAPER = "paper"
    """A short instrument: title, 一、, articles 1. 2. 3. counted through the whole paper, （1）."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """A whole document. Everything printed comes from here; ``digest`` in ``app.domain.digest`` is over its words."""

    form: str
    title: str
    number: str
    version: str
    library_version: str
    language: str
    cover: tuple[FormRow, ...]
    parties: tuple[PartyBlock, ...]
    preamble: tuple[Span, ...]
    chapters: tuple[Chapter, ...]
    deviations: tuple[Deviation, ...] = ()
    """Everything this contract changed against the library, removals included."""
    layout: Layout = Layout.BOOK

    def sections(self) -> Iterator[Section]:
        for chapter in self.chapters:
            yield from chapter.sections

    def section(self, number: str) -> Section | None:
        return next((s for s in self.sections() if s.number == number), None)

    def provisions(self) -> Iterator[Provision]:
        for section in self.sections():
            yield from section.walk()

    def provision(self, provision_id: str) -> Provision | None:
        return next((p for p in self.provisions() if p.id == provision_id), None)

    def annexes(self) -> tuple[Section, ...]:
        return tuple(s for s in self.sections() if s.annex)

    def spans(self) -> Iterator[tuple[str, Span]]:
        """Every span with the id of the place that holds it."""
        for row in self.cover:
            yield from ((row.id, s) for s in row.content)
        for block in self.parties:
            for row in block.rows:
                yield from ((row.id, s) for s in row.content)
        yield from (("preamble", s) for s in self.preamble)
        for section in self.sections():
            for provision in section.walk():
                yield from ((provision.id, s) for s in provision.content)
            for row in section.form:
                yield from ((row.id, s) for s in row.content)

    def blanks(self) -> tuple[tuple[str, Blank], ...]:
        return tuple((place, s) for place, s in self.spans() if isinstance(s, Blank))

    def boxes(self) -> tuple[tuple[str, Box], ...]:
        return tuple((place, s) for place, s in self.spans() if isinstance(s, Box))

    def references(self) -> tuple[tuple[str, Reference], ...]:
        return tuple((place, s) for place, s in self.spans() if isinstance(s, Reference))
