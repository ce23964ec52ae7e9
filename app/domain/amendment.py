"""Amendments as operations on what stands, and what each operation touches.

An operation carries the resulting words, never a recipe: a signed amendment reads the same whatever became of the clause
library since. Numbers that were signed stay: a deleted provision leaves its number behind (``tombstone``), an inserted one
takes a number of its own (第8.2.3条之一 or the next free one), so that no reference in any paper ever points elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import Enum

from app.domain.tree import FormRow, Instrument, Provision, Span, TableRow, Text
from app.domain.variables import Answers, Row, Value

DELETED = "（删除）"
PREAMBLE = "preamble"
COVER = "cover"


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands at some point: the text, and the values behind it."""

    instrument: Instrument
    answers: Answers


@dataclass(frozen=True, slots=True)
class Reword:
    """Other words for one provision; its number, table and what is below it stay."""

    provision: str
    title: str
    content: tuple[Span, ...]
    prominent: bool = False


@dataclass(frozen=True, slots=True)
class Substitute:
    """``by`` takes the place and the number of a provision with everything below it; its id may be another."""

    provision: str
    by: Provision


@dataclass(frozen=True, slots=True)
class Insert:
    """A new provision under ``parent`` (a section ``s.8.2`` or a provision), behind sibling ``after`` (empty: the first)."""

    parent: str
    after: str
    provision: Provision


@dataclass(frozen=True, slots=True)
class Delete:
    """The provision and everything below it stands no more; its number is not used again."""

    provision: str


@dataclass(frozen=True, slots=True)
class SetRow:
    """Other cells for one row of a printed table; ``value`` the typed row behind it."""

    table: str
    row: str
    cells: tuple[str, ...]
    value: Row | None = None


@dataclass(frozen=True, slots=True)
class AddRow:
    """A new row behind row ``after`` (empty: the first)."""

    table: str
    after: str
    row: TableRow
    value: Row | None = None


@dataclass(frozen=True, slots=True)
class DropRow:
    table: str
    row: str


@dataclass(frozen=True, slots=True)
class SetLine:
    """Other words for one line: of the cover, of a party block, or the preamble (``preamble``)."""

    place: str
    content: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class SetLines:
    """Other lines for the cover (``cover``) or a whole party block, where lines come or go."""

    block: str
    rows: tuple[FormRow, ...]


@dataclass(frozen=True, slots=True)
class Assign:
    """Another value for a variable (None: none any more). ``derived``: computed, so nobody decided it."""

    variable: str
    value: Value
    derived: bool = False


Operation = Reword | Substitute | Insert | Delete | SetRow | AddRow | DropRow | SetLine | SetLines | Assign


class Aspect(Enum):
    """What of a place an operation touches."""

    LIFE = "life"
    """Whether the provision stands."""
    WORDS = "words"
    SLOT = "slot"
    """The place right behind a sibling or row, where something is put."""
    ROW = "row"
    LINE = "line"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Grip:
    """One aspect of one place. Rows are ``table#row``."""

    aspect: Aspect
    place: str


@dataclass(frozen=True, slots=True)
class Touch:
    """What some operations change (``writes``) and what must stand as it is for them to make sense (``reads``)."""

    writes: frozenset[Grip]
    reads: frozenset[Grip]

    def overlap(self, other: Touch) -> frozenset[Grip]:
        """What one changes and the other changes or relies on. Empty: both orders give the same text."""
        return (self.writes & (other.writes | other.reads)) | (self.reads & other.writes)


def tombstone(provision: Provision) -> Provision:
    """What is left of a deleted provision: its number."""
    return Provision(provision.id, provision.level, provision.number, "", (Text(DELETED),))


def is_tombstone(provision: Provision) -> bool:
    return provision.content == (Text(DELETED),) and not (provision.title or provision.children or provision.table)


def row_place(table: str, row: str) -> str:
    return f"{table}#{row}"


def place_of(operation: Operation) -> str:
    """The place an operation is about: a provision's id, ``table#row``, a line's or block's id, a variable's name."""
    match operation:
        case Reword(provision=place) | Substitute(provision=place) | Delete(provision=place):
            return place
        case Insert(provision=inserted):
            return inserted.id
        case SetRow(table=table, row=row) | DropRow(table=table, row=row):
            return row_place(table, row)
        case AddRow(table=table, row=added):
            return row_place(table, added.id)
        case SetLine(place=place) | SetLines(block=place) | Assign(variable=place):
            return place


def touched(operations: Iterable[Operation], before: Instrument) -> Touch:
    """What ``operations`` touch of ``before``, the text they were made for."""
    below = {p.id: p for p in before.provisions()}
    holders: dict[str, list[str]] = {}
    for provision in below.values():
        if provision.table is not None:
            holders.setdefault(provision.table.id, []).append(provision.id)
    writes: set[Grip] = set()
    reads: set[Grip] = set()
    for operation in operations:
        match operation:
            case Reword(provision=place):
                writes.add(Grip(Aspect.WORDS, place))
                reads.add(Grip(Aspect.LIFE, place))
            case Substitute(provision=place, by=by):
                writes |= _whole(below.get(place)) | _whole(by) | {Grip(Aspect.LIFE, place)}
            case Insert(parent=parent, after=after, provision=inserted):
                writes |= _whole(inserted) | {Grip(Aspect.SLOT, f"{parent}/{after}")}
                reads |= {Grip(Aspect.LIFE, place) for place in (parent, after) if place}
            case Delete(provision=place):
                writes |= _whole(below.get(place)) | {Grip(Aspect.LIFE, place)}
            case SetRow(table=table, row=row) | DropRow(table=table, row=row):
                writes.add(Grip(Aspect.ROW, row_place(table, row)))
                reads |= {Grip(Aspect.LIFE, holder) for holder in holders.get(table, ())}
            case AddRow(table=table, after=after, row=added):
                writes |= {Grip(Aspect.SLOT, row_place(table, after)), Grip(Aspect.ROW, row_place(table, added.id))}
                reads |= {Grip(Aspect.LIFE, holder) for holder in holders.get(table, ())}
                reads |= {Grip(Aspect.ROW, row_place(table, after))} if after else set()
            case SetLine(place=place):
                writes.add(Grip(Aspect.LINE, place))
            case SetLines(block=block, rows=rows):
                writes |= {Grip(Aspect.LINE, block)} | {Grip(Aspect.LINE, row.id) for row in (*_lines(before, block), *rows)}
            case Assign(variable=name):
                writes.add(Grip(Aspect.VALUE, name))
    return Touch(frozenset(writes), frozenset(reads - writes))


def _whole(provision: Provision | None) -> set[Grip]:
    """Life and words of a provision and of everything below it, and every row of their tables."""
    found: set[Grip] = set()
    for part in provision.walk() if provision is not None else ():
        found |= {Grip(Aspect.LIFE, part.id), Grip(Aspect.WORDS, part.id)}
        if part.table is not None:
            found |= {Grip(Aspect.ROW, row_place(part.table.id, row.id)) for row in part.table.rows}
    return found


def _lines(instrument: Instrument, block: str) -> tuple[FormRow, ...]:
    if block == COVER:
        return instrument.cover
    return next((b.rows for b in instrument.parties if b.id == block), ())


def numbered_below(provision: Provision, number: str) -> Provision:
    """The provision under another number, what is below it numbered after it."""
    children = []
    for index, child in enumerate(provision.children, 1):
        own = f"（{index}）" if child.number.startswith("（") else f"{number}.{index}"
        children.append(numbered_below(child, own))
    return replace(provision, number=number, children=tuple(children))


def inserted_places(operations: Iterable[Operation]) -> Iterator[str]:
    """Ids of every provision that the operations bring in."""
    for operation in operations:
        if isinstance(operation, Insert):
            yield from (p.id for p in operation.provision.walk())
        elif isinstance(operation, Substitute):
            yield from (p.id for p in operation.by.walk())
