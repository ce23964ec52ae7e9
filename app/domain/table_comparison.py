"""Two versions of one table, row by row: which rows came, went, moved or changed, and in which cells."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum

from app.domain.sequence import Placement, merged
from app.domain.textual_change import Hunk, TextDiff, compare_texts
from app.domain.tree import Table, TableRow

_NEAR = 40
"""How many rows without a partner are looked through for a similar one."""


class RowChange(Enum):
    UNCHANGED = "unchanged"
    RENUMBERED = "renumbered"
    """Only the running number in the ordinal column follows other rows."""
    CHANGED = "changed"
    ADDED = "added"
    REMOVED = "removed"
    MOVED = "moved"


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """A row in the merged order. ``cells``: hunks of each cell; a row that stands in one version only has none."""

    change: RowChange
    placement: Placement
    old: TableRow | None
    new: TableRow | None
    cells: tuple[tuple[Hunk, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class ComparedTable:
    """``whole``: the columns are others, so the table is replaced, every old row removed and every new one added.

    ``head``: hunks of each column's label, empty when the table is replaced.
    """

    old: Table
    new: Table
    whole: bool
    head: tuple[tuple[Hunk, ...], ...]
    rows: tuple[ComparedRow, ...]

    @property
    def changed(self) -> bool:
        return (
            self.whole
            or any(r.change is not RowChange.UNCHANGED for r in self.rows)
            or [c.label for c in self.old.columns] != [c.label for c in self.new.columns]
        )

    def count(self, change: RowChange) -> int:
        """How many rows changed so; a moved row counts once."""
        return sum(r.change is change and not (change is RowChange.MOVED and r.placement is Placement.OLD) for r in self.rows)


def compare_tables(old: Table, new: Table, differ: TextDiff) -> ComparedTable:
    """Rows are paired by equal content, then by id, then by similar content among neighbours."""
    if [c.key for c in old.columns] != [c.key for c in new.columns]:
        gone = [ComparedRow(RowChange.REMOVED, Placement.OLD, r, None) for r in old.rows]
        come = [ComparedRow(RowChange.ADDED, Placement.NEW, None, r) for r in new.rows]
        return ComparedTable(old, new, True, (), (*gone, *come))
    head = tuple(compare_texts(differ, a.label, b.label)[1] for a, b in zip(old.columns, new.columns, strict=True))
    ordinals = _ordinals(old) & _ordinals(new)
    partners = _pair(old.rows, new.rows, ordinals)
    sources = {n: o for o, n in partners.items()}
    rows = []
    for placement, o, n in merged(len(old.rows), len(new.rows), partners):
        if placement is Placement.OLD:
            partner = partners.get(o)
            change = RowChange.REMOVED if partner is None else RowChange.MOVED
            rows.append(ComparedRow(change, placement, old.rows[o], None if partner is None else new.rows[partner]))
        elif placement is Placement.NEW:
            source = sources.get(n)
            if source is None:
                rows.append(ComparedRow(RowChange.ADDED, placement, None, new.rows[n]))
            else:
                cells = _cells(old.rows[source], new.rows[n], differ)
                rows.append(ComparedRow(RowChange.MOVED, placement, old.rows[source], new.rows[n], cells))
        else:
            a, b = old.rows[o], new.rows[n]
            rows.append(ComparedRow(_change(a, b, ordinals), placement, a, b, _cells(a, b, differ)))
    return ComparedTable(old, new, False, head, tuple(rows))


def _cells(old: TableRow, new: TableRow, differ: TextDiff) -> tuple[tuple[Hunk, ...], ...]:
    return tuple(compare_texts(differ, a, b)[1] for a, b in zip(old.cells, new.cells, strict=True))


def _change(old: TableRow, new: TableRow, ordinals: frozenset[int]) -> RowChange:
    if old.cells == new.cells:
        return RowChange.UNCHANGED
    return RowChange.RENUMBERED if _content(old, ordinals) == _content(new, ordinals) else RowChange.CHANGED


def _ordinals(table: Table) -> frozenset[int]:
    """Columns that only count the rows: 1, 2, 3 … with at most the totals left out."""
    found = set()
    plain = [r for r in table.rows if not r.emphasis]
    for index in range(len(table.columns)):
        if plain and all(r.cells[index] == str(i) for i, r in enumerate(plain, 1)):
            found.add(index)
    return frozenset(found)


def _content(row: TableRow, ordinals: frozenset[int]) -> tuple[str, ...]:
    return tuple(c for i, c in enumerate(row.cells) if i not in ordinals)


def _pair(olds: Sequence[TableRow], news: Sequence[TableRow], ordinals: frozenset[int]) -> dict[int, int]:
    partners: dict[int, int] = {}
    taken: set[int] = set()

    def match(key: Callable[[TableRow], object], fits: Callable[[TableRow, TableRow], bool]) -> None:
        waiting: dict[object, list[int]] = defaultdict(list)
        for n in range(len(news) - 1, -1, -1):
            if n not in taken:
                waiting[key(news[n])].append(n)
        for o, row in enumerate(olds):
            queue = waiting.get(key(row))
            if o not in partners and queue and fits(row, news[queue[-1]]):
                partners[o] = queue.pop()
                taken.add(partners[o])

    match(lambda r: (r.id, _content(r, ordinals)), lambda a, b: True)
    match(lambda r: _content(r, ordinals), lambda a, b: True)
    # An id may be no more than the row's place: it counts only where something of the row is still there.
    match(lambda r: r.id, lambda a, b: _likeness(a, b, ordinals) > 0)
    left = [o for o in range(len(olds)) if o not in partners]
    free = [n for n in range(len(news)) if n not in taken]
    for o in left:
        near = free[:_NEAR]
        best = max(near, key=lambda n: _likeness(olds[o], news[n], ordinals), default=None)
        if best is not None and _likeness(olds[o], news[best], ordinals) >= 0.5:
            partners[o] = best
            free.remove(best)
    return partners


def _likeness(old: TableRow, new: TableRow, ordinals: frozenset[int]) -> float:
    """Share of the cells with words that are equal; cells that most rows have in common (—, 是) say little but are counted."""
    return _share(zip(_content(old, ordinals), _content(new, ordinals), strict=True))


def _share(pairs: Iterable[tuple[str, str]]) -> float:
    told = [a == b for a, b in pairs if a or b]
    return sum(told) / len(told) if told else 1.0
