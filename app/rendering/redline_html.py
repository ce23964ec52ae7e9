"""Two versions of a contract as HTML: side by side, inline, and as a document of its own that the PDF is drawn from.

Layout is in ``templates/documents/redline*``; escaping is on and the sandbox is that of the contract itself. Marks are
``<del>`` and ``<ins>``, which screen readers announce; nothing is told by colour alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from jinja2 import FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app.domain.comparison import Change, Comparison, Entry, VariableChange
from app.domain.documents import DocumentMeta
from app.domain.outline import BlockKind, where
from app.domain.sequence import Placement
from app.domain.table_comparison import ComparedRow, RowChange
from app.domain.textual_change import Hunk, HunkKind, Nature
from app.domain.tree import Level, Provision, Table
from app.rendering.html import TEMPLATES, anchor_of, clean_text, column_shares, is_wide, template_text
from app.rendering.sandbox import Sandbox

View = Literal["inline", "side"]

CHANGE_LABELS = {
    Change.UNCHANGED: "", Change.RENUMBERED: "编号变更", Change.CHANGED: "修改", Change.MOVED: "移动", Change.ADDED: "新增",
    Change.REMOVED: "删除",
}  # fmt: skip
NATURE_LABELS = {
    Nature.NONE: "", Nature.WORDING: "", Nature.WIDTH: "仅全角半角不同", Nature.REFERENCE: "仅引用编号随之调整",
    Nature.REWRITTEN: "整体改写",
}  # fmt: skip
ROW_LABELS = {
    RowChange.UNCHANGED: "", RowChange.RENUMBERED: "序号变更", RowChange.CHANGED: "修改", RowChange.MOVED: "移动",
    RowChange.ADDED: "新增", RowChange.REMOVED: "删除",
}  # fmt: skip
_BECAME = 0.09
"""Share of a table's width for the column that says what became of a row."""
_CONTEXT = 1
"""Unchanged blocks shown around a change when the rest is folded."""
_CLASSES = {
    BlockKind.TITLE: "title", BlockKind.COVER: "line", BlockKind.PARTY: "heading", BlockKind.PARTY_ROW: "line",
    BlockKind.PREAMBLE: "preamble", BlockKind.CHAPTER: "chapter", BlockKind.SECTION: "section", BlockKind.FORM_ROW: "line",
    BlockKind.TABLE: "table",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fold:
    """Unchanged blocks that are not shown: ``count`` entries from index ``first`` on."""

    first: int
    count: int


def render_redline(comparison: Comparison, *, view: View = "inline", folded: bool = False) -> str:
    """The comparison as an embeddable fragment (styles: ``redline.css``).

    Every entry carries its place's id in ``data-id``, what became of it in ``data-change``, and the anchor ``rd-…``, to which
    the list of changes links. ``folded`` leaves out unchanged provisions that are not next to a change.
    """
    items = tuple(_folded(comparison.entries)) if folded else comparison.entries
    return _environment().get_template(f"redline_{view}.html").render(comparison=comparison, items=items, medium="screen")


def render_redline_part(comparison: Comparison, fold: Fold, *, view: View = "inline") -> str:
    """The entries that a fold left out, as they stand in the fragment. Nothing for a fold that the comparison does not have."""
    first = max(fold.first, 0)
    entries = comparison.entries[first : first + max(fold.count, 0)]
    return _environment().get_template(f"redline_{view}_part.html").render(comparison=comparison, items=entries, medium="screen")


def render_redline_summary(comparison: Comparison) -> str:
    """How much changed, the list of changes with links to their places, and the values: a fragment to stand above the text."""
    return _environment().get_template("redline_summary.html").render(comparison=comparison, medium="screen")


def render_redline_document(comparison: Comparison, meta: DocumentMeta, *, folded: bool = False, styled: bool = False) -> str:
    """The comparison as a whole HTML document: head with both versions, list of changes, values, the text.

    ``styled`` puts the style sheets inside, so that the file can be opened alone; the PDF renderer passes its own.
    """
    sheets = "print.css", "redline.css", "redline_screen.css"
    # our own files, no part of them is an answer
    styles = Markup("".join(map(template_text, sheets))) if styled else None  # noqa: S704
    items = tuple(_folded(comparison.entries)) if folded else comparison.entries
    template = _environment().get_template("redline_print.html")
    return template.render(comparison=comparison, items=items, meta=meta, styles=styles, medium="print")


def redline_styles() -> str:
    """Style sheet of the print document, on top of the contract's own."""
    return template_text("redline.css")


def _folded(entries: tuple[Entry, ...]) -> Iterator[Entry | Fold]:
    """The headings of what is shown stay, too: they say where a change stands."""
    shown: set[int] = set()
    chapter = section = -1
    for index, entry in enumerate(entries):
        if entry.kind is BlockKind.CHAPTER:
            chapter, section = index, -1
        elif entry.kind is BlockKind.SECTION:
            section = index
        if _marked(entry):
            shown.update(range(index - _CONTEXT, index + _CONTEXT + 1), (chapter, section))
    gap = 0
    for index, entry in enumerate(entries):
        if index in shown:
            if gap:
                yield Fold(index - gap, gap)
            gap = 0
            yield entry
        else:
            gap += 1
    if gap:
        yield Fold(len(entries) - gap, gap)


def _marked(entry: Entry) -> bool:
    return entry.change is not Change.UNCHANGED or entry.placement is not Placement.BOTH or entry.prominence


@cache
def _environment() -> Sandbox:
    environment = Sandbox(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters.update(
        marks=_marks, old_side=_old_side, new_side=_new_side, clean=clean_text, anchor=_anchor, label=_label, css=_css, kind=_kind,
        folds=lambda item: item if isinstance(item, Fold) else None, printed=_printed, minor=_minor, weighed=_weighed,
        counts=_counts, grids=_grids, place=_place, excerpt=_excerpt,
    )  # fmt: skip
    return environment


def _anchor(entry: Entry) -> str:
    side = "" if entry.placement is Placement.BOTH else f"{entry.placement.value}-"
    return f"rd-{side}{entry.kind.value}-{anchor_of(entry.block.id)}"


def _minor(entry: Entry) -> bool:
    """Only a number, a reference to it or the width of signs follows: nothing that anybody agreed upon has changed."""
    return not entry.prominence and (
        entry.change is Change.RENUMBERED
        or (entry.change is Change.CHANGED and entry.table is None and entry.nature in (Nature.REFERENCE, Nature.WIDTH))
    )


def _printed(change: VariableChange) -> tuple[str, str]:
    """A value before and after; tables of as many rows as before say that it is the rows that changed."""
    return change.old, f"{change.new}（内容有变）" if change.old == change.new else change.new


def _kind(entry: Entry) -> str:
    return entry.kind.value


def _css(entry: Entry) -> str:
    """Layout class of a block, as in the contract: ``art``, ``par``, ``itm`` or a heading."""
    node = entry.block.node
    if isinstance(node, Provision):
        return {Level.ARTICLE: "art", Level.PARAGRAPH: "par", Level.ITEM: "itm"}[node.level]
    return _CLASSES[entry.kind]


def _label(entry: Entry) -> str:
    """What became of a block, in words."""
    parts = [CHANGE_LABELS[entry.change]]
    if entry.change is Change.CHANGED and entry.nature is Nature.REFERENCE:
        parts = []
    if entry.change is Change.MOVED and entry.old is not None and entry.new is not None:
        here = entry.placement is Placement.NEW
        other = entry.old if here else entry.new
        parts = [f"{'自' if here else '移至'} {other.number} {'移来' if here else ''}".strip() if other.number else "移动"]
        if here and entry.nature is not Nature.NONE:
            parts.append("并修改")
    if entry.placement is not Placement.OLD:
        parts.append(NATURE_LABELS[entry.nature])
        if entry.prominence:
            parts.append("加粗提示变更")
    if entry.change is Change.CHANGED and entry.renumbered:
        parts.append("编号变更")
    return "，".join(filter(None, parts))


def _tagged(hunks: Iterable[Hunk], skipped: HunkKind | None = None) -> Markup:
    parts = []
    for hunk in hunks:
        if hunk.kind is skipped:
            continue
        text = clean_text(hunk.text)
        tag = {HunkKind.DELETE: "del", HunkKind.INSERT: "ins"}.get(hunk.kind)
        parts.append(f"<{tag}>{text}</{tag}>" if tag else text)
    return Markup("".join(parts))  # noqa: S704 - every part is escaped above


def _numbered(entry: Entry, *, old: bool, new: bool) -> tuple[Hunk, ...]:
    before = entry.old.number if entry.old is not None and old else ""
    after = entry.new.number if entry.new is not None and new else ""
    if before == after:
        return (Hunk(HunkKind.EQUAL, after),) if after else ()
    hunks = (Hunk(HunkKind.DELETE, before), Hunk(HunkKind.INSERT, after))
    return tuple(h for h in hunks if h.text)


def _hunks(entry: Entry) -> tuple[Hunk, ...]:
    """The words of a block as they stand at its place: at an old place all deleted, at a new one all inserted."""
    if entry.placement is Placement.OLD:
        return (Hunk(HunkKind.DELETE, entry.block.text),)
    if entry.placement is Placement.NEW and entry.old is None:
        return (Hunk(HunkKind.INSERT, entry.block.text),)
    return entry.hunks


def _line(number: tuple[Hunk, ...], words: Markup, skipped: HunkKind | None = None) -> Markup:
    shown = _tagged(number, skipped)
    # markupsafe escapes nothing here: both parts are markup already
    return Markup(f'<span class="no">{shown} </span>{words}') if shown else words  # noqa: S704


def _marks(entry: Entry) -> Markup:
    """Number and words with both versions' marks; at an old place only the old ones, at a new place only the new number."""
    old, new = entry.placement is not Placement.NEW, entry.placement is not Placement.OLD
    return _line(_numbered(entry, old=old, new=new), _tagged(_hunks(entry)))


def _old_side(entry: Entry) -> Markup:
    """What the left column shows: the old words with the deletions marked; nothing where the old version has nothing."""
    if entry.placement is Placement.NEW or entry.old is None:
        return Markup("")
    hunks = _hunks(entry) if entry.placement is Placement.BOTH else (Hunk(HunkKind.DELETE, entry.old.text),)
    kind = HunkKind.DELETE if entry.placement is Placement.OLD or entry.renumbered else HunkKind.EQUAL
    number = (Hunk(kind, entry.old.number),) if entry.old.number else ()
    return _line(number, _tagged(hunks, HunkKind.INSERT))


def _new_side(entry: Entry) -> Markup:
    if entry.placement is Placement.OLD or entry.new is None:
        return Markup("")
    kind = HunkKind.INSERT if entry.placement is Placement.NEW or entry.renumbered else HunkKind.EQUAL
    number = (Hunk(kind, entry.new.number),) if entry.new.number else ()
    return _line(number, _tagged(_hunks(entry), HunkKind.DELETE))


@dataclass(frozen=True, slots=True)
class Row:
    """A row as the templates print it: what became of it, in words, and its marked cells."""

    change: RowChange
    label: str
    cells: tuple[Markup, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as the templates print it: ``table`` for its columns, the marked words of caption, heads and cells."""

    table: Table
    caption: Markup
    head: tuple[Markup, ...]
    rows: tuple[Row, ...]

    @property
    def numeric(self) -> tuple[bool, ...]:
        return tuple(c.numeric for c in self.table.columns)

    @property
    def wide(self) -> bool:
        return is_wide(self.table)

    @property
    def shares(self) -> tuple[str, ...]:
        """Column widths in percent; what is left belongs to the column that says what became of a row."""
        return tuple(f"{float(share.rstrip('%')) * (1 - _BECAME):.2f}%" for share in column_shares(self.table))


def _grids(entry: Entry, side: str = "") -> tuple[Grid, ...]:
    """The table of an entry; two of them where it was replaced. ``side`` ("old" or "new") leaves the other version out."""
    node, table = entry.block.node, entry.table
    assert isinstance(node, Table)
    if table is None or entry.placement is not Placement.BOTH:
        old = entry.placement is Placement.OLD
        return (_whole(node, RowChange.REMOVED if old else RowChange.ADDED),) if side != ("new" if old else "old") else ()
    if table.whole:
        gone = (_whole(table.old, RowChange.REMOVED),) if side != "new" else ()
        return (*gone, _whole(table.new, RowChange.ADDED)) if side != "old" else gone
    skipped = {"old": HunkKind.INSERT, "new": HunkKind.DELETE}.get(side)
    hidden = {"old": Placement.NEW, "new": Placement.OLD}.get(side)
    rows = tuple(_row(item, skipped) for item in table.rows if item.placement is not hidden)
    head = tuple(_tagged(h, skipped) for h in table.head)
    return (Grid(node, _tagged(entry.hunks, skipped), head, rows),)


def _whole(table: Table, change: RowChange) -> Grid:
    kind = HunkKind.DELETE if change is RowChange.REMOVED else HunkKind.INSERT
    rows = tuple(Row(change, ROW_LABELS[change], tuple(_tagged([Hunk(kind, c)]) for c in r.cells)) for r in table.rows)
    caption = _tagged([Hunk(kind, table.caption)]) if table.caption else Markup("")
    return Grid(table, caption, tuple(clean_text(c.label) for c in table.columns), rows)


def _row(item: ComparedRow, skipped: HunkKind | None) -> Row:
    if item.placement is Placement.BOTH:
        cells = tuple(_tagged(c, skipped) for c in item.cells)
    else:
        old = item.placement is Placement.OLD
        source = item.old if old else item.new
        assert source is not None
        cells = tuple(_tagged([Hunk(HunkKind.DELETE if old else HunkKind.INSERT, c)]) for c in source.cells)
    return Row(item.change, ROW_LABELS[item.change], cells)


def _counts(comparison: Comparison) -> list[tuple[str, int]]:
    """How many blocks changed in which way; a reference that only follows a renumbering is no change of substance."""
    following = sum(e.change is Change.CHANGED and e.nature is Nature.REFERENCE for e in comparison.notable())
    counts = {**comparison.counts()}
    counts[Change.CHANGED] -= following
    named = [(CHANGE_LABELS[change], number) for change, number in counts.items()]
    return [(label, number) for label, number in (*named, (NATURE_LABELS[Nature.REFERENCE], following)) if number]


def _weighed(comparison: Comparison) -> tuple[list[Entry], list[Entry]]:
    """The changes of substance, and those that only follow from them."""
    found = list(comparison.notable())
    return [e for e in found if not _minor(e)], [e for e in found if _minor(e)]


def _place(entry: Entry) -> str:
    return where(entry.block)


_LONGEST_EXCERPT = 160
_AROUND = 12


def _excerpt(entry: Entry) -> Markup:
    """The changed words with a little of what stands around them; for a table, how many rows changed in which way."""
    if entry.table is not None and entry.placement is Placement.BOTH:
        counts = [(ROW_LABELS[c], entry.table.count(c)) for c in RowChange if c is not RowChange.UNCHANGED]
        return clean_text("表格整体替换" if entry.table.whole else "，".join(f"{label}{n}行" for label, n in counts if n))
    if entry.change is Change.RENUMBERED:
        return _tagged(_numbered(entry, old=True, new=True))
    hunks = _hunks(entry)
    parts: list[Hunk] = []
    left = _LONGEST_EXCERPT
    for index, hunk in enumerate(hunks):
        text = hunk.text
        if hunk.kind is HunkKind.EQUAL and len(text) > 2 * _AROUND:
            head = text[:_AROUND] if index else ""
            tail = text[-_AROUND:] if index < len(hunks) - 1 else ""
            text = f"{head}……{tail}"
        elif len(text) > left:
            text = f"{text[:left]}……"
        parts.append(Hunk(hunk.kind, text))
        left -= len(text)
        if left <= 0:
            if not text.endswith("……"):
                parts.append(Hunk(HunkKind.EQUAL, "……"))
            break
    return _tagged(parts)
