"""The operations between two standings: what an edited text changed, as an amendment states it.

``apply(before, operations_between(before, after))`` prints what ``after`` prints and holds the values that ``after`` holds.
Both standings must have the same chapters and sections: an amendment changes what is in them, not the frame. What ``after``
does not print any more leaves its number behind, whether it is a tombstone there or missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from app.domain.amendment import (
    COVER,
    PREAMBLE,
    AddRow,
    Assign,
    Delete,
    DropRow,
    Insert,
    Operation,
    Reword,
    SetLine,
    SetLines,
    SetRow,
    Standing,
    Substitute,
    is_tombstone,
)
from app.domain.errors import ContractError
from app.domain.folding import apply
from app.domain.tree import FormRow, Instrument, Provision, Table, plain
from app.domain.variables import Row, Value

_BY_PLACE = re.compile(r"r\d+x*")
"""Row ids that only say where a row stood (``app.domain.tables``)."""
Derived = Callable[[str], bool]
_NEVER: Derived = lambda _name: False  # noqa: E731


def operations_between(before: Standing, after: Standing, derived: Derived = _NEVER) -> tuple[Operation, ...]:
    """The operations in reading order, then the values. ``derived`` says of a variable's name whether it is computed."""
    words = tuple(_Reading(before, after).operations())
    reached = apply(before, words).answers.values
    wanted = after.answers.values
    names = sorted({n for n in (*reached, *wanted) if reached.get(n) != wanted.get(n)})
    return (*words, *(Assign(n, wanted.get(n), derived(n)) for n in names))


class _Reading:
    def __init__(self, before: Standing, after: Standing) -> None:
        self._before, self._after = before, after
        self._told: set[str] = set()
        """Tables whose rows have been told; a table may be printed twice."""

    def operations(self) -> Iterator[Operation]:
        old, new = self._before.instrument, self._after.instrument
        yield from _lines(COVER, old.cover, new.cover)
        later = {b.id: b.rows for b in new.parties}
        for block in old.parties:
            yield from _lines(block.id, block.rows, later.get(block.id, ()))
        if plain(old.preamble) != plain(new.preamble):
            yield SetLine(PREAMBLE, new.preamble)
        for a, b in zip(_frame(old), _frame(new), strict=True):
            if a[0] != b[0]:
                raise ContractError("amendment.frame", "变更前后的章、节不一致，不能按条款比较。")
            yield from self._siblings(a[0], a[1], b[1])

    def _siblings(self, parent: str, olds: Sequence[Provision], news: Sequence[Provision]) -> Iterator[Operation]:
        known = {p.id: p for p in olds}
        gone = {p.number: p for p in olds if all(n.id != p.id for n in news)}
        previous = ""
        for provision in news:
            old = known.get(provision.id)
            replaced = gone.pop(provision.number, None) if old is None else None
            if old is not None:
                yield from self._same(old, provision)
            elif replaced is not None:
                yield Substitute(replaced.id, provision)
            else:
                yield Insert(parent, previous, provision)
            previous = provision.id
        yield from (Delete(p.id) for p in gone.values())

    def _same(self, old: Provision, new: Provision) -> Iterator[Operation]:
        if is_tombstone(new):
            if not is_tombstone(old):
                yield Delete(old.id)
            return
        if _columns(old.table) != _columns(new.table) or is_tombstone(old):
            yield Substitute(old.id, new)
            return
        if (old.title, old.text, old.prominent) != (new.title, new.text, new.prominent):
            yield Reword(old.id, new.title, new.content, new.prominent)
        if old.table is not None and new.table is not None and old.table.id not in self._told:
            self._told.add(old.table.id)
            yield from self._rows(old.table, new.table)
        yield from self._siblings(old.id, old.children, new.children)

    def _rows(self, old: Table, new: Table) -> Iterator[Operation]:
        typed = self._typed(self._after, new)
        return row_operations(old, new, typed if self._typed(self._before, old) is not None else None)

    def _typed(self, standing: Standing, table: Table) -> tuple[Row, ...] | None:
        value: Value = standing.answers.get(table.id)
        if isinstance(value, tuple) and len(value) == len(table.rows):
            return tuple(r for r in value if not isinstance(r, str))
        return None


def row_operations(old: Table, new: Table, typed: tuple[Row, ...] | None = None) -> Iterator[Operation]:
    """From one table's rows to the other's. ``typed``: the values behind the new rows, in their order.

    Rows that have a code of their own go by it; others by their words, and by their place between equal neighbours.
    """
    named = not any(_BY_PLACE.fullmatch(r.id) for r in (*old.rows, *new.rows))
    before: list[object] = [r.id if named else r.cells for r in old.rows]
    after: list[object] = [r.id if named else r.cells for r in new.rows]
    taken = {r.id for r in old.rows}
    kept = ""
    """The id of the last row that stands before the present place in the new table."""

    def value(place: int) -> Row | None:
        return typed[place] if typed is not None else None

    for tag, a1, a2, b1, b2 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        paired = min(a2 - a1, b2 - b1) if tag == "equal" or (tag == "replace" and not named) else 0
        for offset in range(paired):
            row, place = old.rows[a1 + offset], b1 + offset
            if row.cells != new.rows[place].cells:
                yield SetRow(old.id, row.id, new.rows[place].cells, value(place))
            kept = row.id
        yield from (DropRow(old.id, r.id) for r in old.rows[a1 + paired : a2])
        for place in range(b1 + paired, b2):
            added = new.rows[place]
            own = added.id if named and added.id not in taken else _fresh(kept, taken)
            taken.add(own)
            yield AddRow(old.id, kept, replace(added, id=own), value(place))
            kept = own


def _fresh(after: str, taken: set[str]) -> str:
    """An id for a row without a code: derived from the row before it, so that rows put in elsewhere can't meet it."""
    base, count = after or "head", 1
    while f"{base}+{count}" in taken:
        count += 1
    return f"{base}+{count}"


def _lines(block: str, olds: tuple[FormRow, ...], news: tuple[FormRow, ...]) -> Iterator[Operation]:
    if [(r.id, r.label) for r in olds] != [(r.id, r.label) for r in news]:
        yield SetLines(block, news)
        return
    for old, new in zip(olds, news, strict=True):
        if old.text != new.text:
            yield SetLine(new.id, new.content)


def _frame(instrument: Instrument) -> list[tuple[str, tuple[Provision, ...]]]:
    return [(s.id, s.provisions) for s in instrument.sections()]


def _columns(table: Table | None) -> object:
    return (table.id, table.caption, table.columns) if table is not None else None
