"""Applying operations to what stands. The result is again text and values; nothing is looked up anywhere else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

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
    place_of,
    tombstone,
)
from app.domain.errors import ContractError
from app.domain.tree import FormRow, PartyBlock, Provision, Section, Span, Table, TableRow
from app.domain.variables import Answers, Row, Value


class Unfit(ContractError):
    """An operation that finds nothing to work on: what it was made for does not stand at that point."""

    def __init__(self, operation: Operation) -> None:
        place = place_of(operation)
        super().__init__("amendment.unfit", f"变更所指的“{place}”在该时点的文本中不存在，不能合并；请按现行文本重新拟定。")
        self.operation = operation


def apply(standing: Standing, operations: Iterable[Operation]) -> Standing:
    """What stands after ``operations``, in their order. Raises ``Unfit``."""
    desk = _Desk(standing)
    for operation in operations:
        desk.carry_out(operation)
    return desk.result()


class _Desk:
    """The tree taken apart: provisions by id, children by parent, rows by table; put together again at the end."""

    def __init__(self, standing: Standing) -> None:
        self._source = standing.instrument
        self._answers = standing.answers
        self._values: dict[str, Value] = dict(standing.answers.values)
        self._given = set(standing.answers.given)
        self._provisions: dict[str, Provision] = {}
        self._children: dict[str, list[str]] = {}
        self._parent: dict[str, str] = {}
        self._rows: dict[str, list[TableRow]] = {}
        self._cover = standing.instrument.cover
        self._parties = {b.id: b.rows for b in standing.instrument.parties}
        self._preamble = standing.instrument.preamble
        for section in standing.instrument.sections():
            self._children[section.id] = []
            for provision in section.provisions:
                self._take(provision, section.id, len(self._children[section.id]))

    def _take(self, provision: Provision, parent: str, position: int, *, new: bool = False) -> None:
        self._children.setdefault(parent, []).insert(position, provision.id)
        self._provisions[provision.id] = provision
        self._parent[provision.id] = parent
        self._children[provision.id] = []
        if provision.table is not None and (new or provision.table.id not in self._rows):
            self._rows[provision.table.id] = list(provision.table.rows)
        for child in provision.children:
            self._take(child, provision.id, len(self._children[provision.id]), new=new)

    def _drop_below(self, provision: str) -> None:
        for child in self._children[provision]:
            self._drop_below(child)
            del self._provisions[child], self._parent[child]
            del self._children[child]
        self._children[provision] = []

    # ---- operations

    def carry_out(self, operation: Operation) -> None:
        match operation:
            case Reword(provision=place, title=title, content=content, prominent=prominent):
                known = self._standing(place, operation)
                self._provisions[place] = replace(known, title=title, content=content, prominent=prominent)
            case Substitute(provision=place, by=by):
                self._standing(place, operation)
                parent = self._parent[place]
                position = self._children[parent].index(place)
                self._drop_below(place)
                del self._provisions[place], self._parent[place], self._children[place]
                del self._children[parent][position]
                self._take(by, parent, position, new=True)
            case Insert(parent=parent, after=after, provision=inserted):
                siblings = self._children.get(parent)
                if siblings is None or (after and after not in siblings) or inserted.id in self._provisions:
                    raise Unfit(operation)
                self._take(inserted, parent, siblings.index(after) + 1 if after else 0, new=True)
            case Delete(provision=place):
                known = self._standing(place, operation)
                self._drop_below(place)
                self._provisions[place] = tombstone(known)
            case SetRow() | AddRow() | DropRow():
                self._row(operation)
            case SetLine(place=place, content=content):
                self._line(place, content, operation)
            case SetLines(block=block, rows=rows):
                if block == COVER:
                    self._cover = rows
                elif block in self._parties:
                    self._parties[block] = rows
                else:
                    raise Unfit(operation)
            case Assign(variable=name, value=value, derived=derived):
                self._values.pop(name, None)
                if value is not None:
                    self._values[name] = value
                if not derived:
                    self._given.add(name)

    def _standing(self, place: str, operation: Operation) -> Provision:
        if place not in self._provisions:
            raise Unfit(operation)
        return self._provisions[place]

    def _row(self, operation: SetRow | AddRow | DropRow) -> None:
        rows = self._rows.get(operation.table)
        if rows is None:
            raise Unfit(operation)
        typed = self._typed(operation.table, rows)
        match operation:
            case SetRow(row=row, cells=cells, value=value):
                index = _index(rows, row, operation)
                rows[index] = replace(rows[index], cells=cells)
                if typed is not None and value is not None:
                    typed[index] = value
            case AddRow(after=after, row=added, value=value):
                if any(r.id == added.id for r in rows):
                    raise Unfit(operation)
                index = _index(rows, after, operation) + 1 if after else 0
                rows.insert(index, added)
                if typed is not None and value is not None:
                    typed.insert(index, value)
            case DropRow(row=row):
                index = _index(rows, row, operation)
                del rows[index]
                if typed is not None:
                    del typed[index]
        if typed is not None:
            self._values[operation.table] = tuple(typed)
            self._given.add(operation.table)  # its rows are no longer those of a default

    def _typed(self, table: str, rows: list[TableRow]) -> list[Row] | None:
        """The typed rows behind a printed table, where there are as many."""
        value = self._values.get(table)
        if isinstance(value, tuple) and len(value) == len(rows):
            return [r for r in value if not isinstance(r, str)]
        return None

    def _line(self, place: str, content: tuple[Span, ...], operation: Operation) -> None:
        if place == PREAMBLE:
            self._preamble = content
            return
        found = False

        def renewed(rows: tuple[FormRow, ...]) -> tuple[FormRow, ...]:
            nonlocal found
            found = found or any(r.id == place for r in rows)
            return tuple(replace(r, content=content) if r.id == place else r for r in rows)

        self._cover = renewed(self._cover)
        self._parties = {block: renewed(rows) for block, rows in self._parties.items()}
        if not found:
            raise Unfit(operation)

    # ---- the result

    def result(self) -> Standing:
        source = self._source
        chapters = tuple(replace(c, sections=tuple(self._section(s) for s in c.sections)) for c in source.chapters)
        parties = tuple(PartyBlock(b.id, b.heading, self._parties[b.id]) for b in source.parties)
        instrument = replace(source, cover=self._cover, parties=parties, preamble=self._preamble, chapters=chapters)
        base = self._answers
        answers = Answers(self._values, base.positions, base.deviations, base.acknowledgements, frozenset(self._given))
        return Standing(instrument, answers)

    def _section(self, section: Section) -> Section:
        return replace(section, provisions=tuple(self._provision(p) for p in self._children[section.id]))

    def _provision(self, place: str) -> Provision:
        provision = self._provisions[place]
        children = tuple(self._provision(c) for c in self._children[place])
        return replace(provision, children=children, table=self._table(provision.table))

    def _table(self, table: Table | None) -> Table | None:
        return replace(table, rows=tuple(self._rows[table.id])) if table is not None else None


def _index(rows: list[TableRow], row: str, operation: Operation) -> int:
    for index, known in enumerate(rows):
        if known.id == row:
            return index
    raise Unfit(operation)
