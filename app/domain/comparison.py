"""Two versions of a contract held against each other, provision by provision.

``compare`` pairs the blocks of both versions, merges their order and says of each what became of it. The text diff inside
a pair is a port, so that this module decides and does not compute letters. What comes out carries everything a renderer
needs: side by side, inline, PDF and tracked changes are drawn from the same entries.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from app.domain.outline import Block, BlockKind, outline
from app.domain.pairing import Pairs, pair_blocks
from app.domain.presentation import present
from app.domain.sequence import Placement, merged
from app.domain.table_comparison import ComparedTable, compare_tables
from app.domain.textual_change import Hunk, Nature, TextDiff, compare_texts
from app.domain.tree import Instrument, Table
from app.domain.variables import Value, Variable, VariableSet, VariableType


class Change(Enum):
    """What became of a block."""

    UNCHANGED = "unchanged"
    RENUMBERED = "renumbered"
    """The words are equal, the number is another."""
    CHANGED = "changed"
    MOVED = "moved"
    """It stands at another place among its neighbours or under another provision; its words may have changed as well."""
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Entry:
    """A block in the merged reading order.

    A block that kept its place is one entry (BOTH). A moved one is two: at its old place (OLD) and at its new place (NEW,
    with the hunks); both name ``old`` and ``new``. What a moved block carries along keeps its own change and is two entries
    as well. ``hunks`` are over the words without the number and empty at an old place. ``prominence``: the duty to draw
    attention to the provision came or went (民法典第496条).
    """

    change: Change
    placement: Placement
    old: Block | None
    new: Block | None
    nature: Nature = Nature.NONE
    hunks: tuple[Hunk, ...] = ()
    table: ComparedTable | None = None
    prominence: bool = False

    @property
    def block(self) -> Block:
        """The block that stands at this place: the old one at an old place, otherwise the new one."""
        found = self.old if self.placement is Placement.OLD else self.new
        if found is None:
            raise AssertionError("an entry without a block at its place")
        return found

    @property
    def kind(self) -> BlockKind:
        return self.block.kind

    @property
    def renumbered(self) -> bool:
        return self.old is not None and self.new is not None and self.old.number != self.new.number

    @property
    def notable(self) -> bool:
        """Whether a list of changes names this entry; a moved block is named once, at its new place."""
        if self.change is Change.UNCHANGED:
            return self.prominence and self.placement is not Placement.OLD
        return self.placement is not Placement.OLD or self.change is Change.REMOVED


@dataclass(frozen=True, slots=True)
class VariableChange:
    """A value of the questionnaire before and after, as the contract prints it; empty where it was blank."""

    name: str
    label: str
    section: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """``entries`` in the merged reading order: every block of both versions."""

    old: Instrument
    new: Instrument
    entries: tuple[Entry, ...]
    variables: tuple[VariableChange, ...] = ()

    @property
    def equal(self) -> bool:
        return all(e.change is Change.UNCHANGED for e in self.entries)

    def notable(self) -> Iterator[Entry]:
        return (e for e in self.entries if e.notable)

    def counts(self) -> Mapping[Change, int]:
        """How many blocks changed in which way; a moved block counts once."""
        found = [e.change for e in self.notable() if e.change is not Change.UNCHANGED]
        return {change: found.count(change) for change in Change if change is not Change.UNCHANGED}


def compare(old: Instrument, new: Instrument, differ: TextDiff, variables: tuple[VariableChange, ...] = ()) -> Comparison:
    """Compare two versions. ``variables`` (see ``compare_variables``) are handed through."""
    before, after = outline(old), outline(new)
    merger = _Merger(pair_blocks(before, after, differ), differ)
    merger.level(before, after)
    return Comparison(old, new, tuple(merger.entries), variables)


class _Merger:
    """Writes the entries of one comparison, level by level."""

    def __init__(self, pairs: Pairs, differ: TextDiff) -> None:
        self._pairs = pairs
        self._differ = differ
        self.entries: list[Entry] = []

    def level(self, olds: tuple[Block, ...], news: tuple[Block, ...]) -> None:
        """The blocks below one pair (or the whole instruments)."""
        olds = tuple(b for b in olds if b.kind is not BlockKind.TABLE)
        news = tuple(b for b in news if b.kind is not BlockKind.TABLE)
        places = {b.order: i for i, b in enumerate(news)}
        partners = {}
        for index, block in enumerate(olds):
            partner = self._pairs.new_of.get(block.order)
            if partner is not None and partner.order in places:
                partners[index] = places[partner.order]
        for placement, o, n in merged(len(olds), len(news), partners, lambda i: len(tuple(olds[i].walk()))):
            if placement is Placement.OLD:
                self._one_side(olds[o], placement, None)
            elif placement is Placement.NEW:
                self._one_side(news[n], placement, None)
            else:
                self._pair(olds[o], news[n])

    def _pair(self, old: Block, new: Block) -> None:
        self._write(old, new, Placement.BOTH, top=False)
        self._tables(old, new)
        self.level(old.children, new.children)

    def _one_side(self, block: Block, placement: Placement, parent: Block | None) -> None:
        """A block that only one version has at this place, and all below it. ``parent``: the moved block that carries it."""
        old_side = placement is Placement.OLD
        partner = (self._pairs.new_of if old_side else self._pairs.old_of).get(block.order)
        if partner is None:
            change = Change.REMOVED if old_side else Change.ADDED
            self._add_single(change, placement, block)
        else:
            carried = parent is not None and any(c is partner for c in parent.children)
            old, new = (block, partner) if old_side else (partner, block)
            self._write(old, new, placement, top=not carried)
        for child in block.children:
            if child.kind is BlockKind.TABLE:
                self._lone_table(child, partner, placement)
            else:
                self._one_side(child, placement, partner)

    def _write(self, old: Block, new: Block, placement: Placement, *, top: bool) -> None:
        nature, hunks = compare_texts(self._differ, old.text, new.text, old.meaning, new.meaning)
        if top:
            change = Change.MOVED
        elif nature is not Nature.NONE:
            change = Change.CHANGED
        else:
            change = Change.RENUMBERED if old.number != new.number else Change.UNCHANGED
        prominence = getattr(old.node, "prominent", False) != getattr(new.node, "prominent", False)
        shown = () if placement is Placement.OLD else hunks
        self.entries.append(Entry(change, placement, old, new, nature, shown, None, prominence))

    def _add_single(self, change: Change, placement: Placement, block: Block) -> None:
        old, new = (block, None) if placement is Placement.OLD else (None, block)
        nature, hunks = compare_texts(self._differ, old.text if old else "", new.text if new else "")
        self.entries.append(Entry(change, placement, old, new, nature, hunks))

    def _tables(self, old: Block, new: Block) -> None:
        before, after = _table(old), _table(new)
        if before is not None and after is not None:
            self.entries.append(self._table_entry(before, after, Placement.BOTH))
        elif before is not None:
            self._add_single(Change.REMOVED, Placement.OLD, before)
        elif after is not None:
            self._add_single(Change.ADDED, Placement.NEW, after)

    def _lone_table(self, table: Block, partner: Block | None, placement: Placement) -> None:
        other = _table(partner) if partner is not None else None
        if other is None:
            self._add_single(Change.REMOVED if placement is Placement.OLD else Change.ADDED, placement, table)
        elif placement is Placement.OLD:
            self.entries.append(self._table_entry(table, other, placement))
        else:
            self.entries.append(self._table_entry(other, table, placement))

    def _table_entry(self, old: Block, new: Block, placement: Placement) -> Entry:
        assert isinstance(old.node, Table)
        assert isinstance(new.node, Table)
        compared = compare_tables(old.node, new.node, self._differ)
        nature, hunks = compare_texts(self._differ, old.text, new.text)
        change = Change.CHANGED if compared.changed or nature is not Nature.NONE else Change.UNCHANGED
        return Entry(change, placement, old, new, nature, () if placement is Placement.OLD else hunks, compared)


def _table(block: Block) -> Block | None:
    return next((c for c in block.children if c.kind is BlockKind.TABLE), None)


def compare_variables(
    old_variables: VariableSet, old: Mapping[str, Value], new_variables: VariableSet, new: Mapping[str, Value]
) -> tuple[VariableChange, ...]:
    """Values that read differently, in the order of the new version's variables, then those that only the old one has.

    A value whose variable neither set knows any more goes under its name.
    """
    result = []
    names = [v.name for v in new_variables] + [v.name for v in old_variables if v.name not in new_variables]
    names += sorted(n for n in {*old, *new} if n not in new_variables and n not in old_variables)
    for name in names:
        before, after = old_variables.get(name), new_variables.get(name)
        variable = after or before
        shown_before, shown_after = _printed(before or after, old.get(name)), _printed(variable, new.get(name))
        if shown_before != shown_after or (_is_table(after) and old.get(name) != new.get(name)):
            label, section = (variable.label, variable.section) if variable else (name, "")
            result.append(VariableChange(name, label, section, shown_before, shown_after))
    return tuple(result)


def _is_table(variable: Variable | None) -> bool:
    return variable is not None and variable.type is VariableType.TABLE


def _printed(variable: Variable | None, value: Value) -> str:
    if variable is None:
        return "" if value is None else f"{len(value)}项" if isinstance(value, tuple) else str(value)
    if variable.type is VariableType.TABLE:  # its rows are compared one by one where the contract prints them
        return f"{len(value)}行" if isinstance(value, tuple) and value else ""
    return present(variable, value)
