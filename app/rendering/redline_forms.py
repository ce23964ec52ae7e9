"""Two versions of the labelled lines: signature pages in the template's frame, and the cover that docxtpl fills."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

from app.domain.comparison import Entry
from app.domain.sequence import Placement
from app.domain.tree import Box, FormRow
from app.rendering.docx_forms import FormFrame
from app.rendering.docx_runs import RunWriter, Targets
from app.rendering.docx_styles import Style, Styles
from app.rendering.docx_xml import Ids, bookmark_name, clean, paragraph, run, w
from app.rendering.redline_tables import KINDS
from app.rendering.tracked import DELETED, INSERTED, Tracker, parse_fragment, source

TITLE_MARK = "\ue001title\ue001"
_TOKEN = re.compile("(\ue001cover\\d+[lv]\ue001|\ue001title\ue001)")


@dataclass(slots=True)
class RedlineForms:
    """Writes the signature pages of one redline."""

    styles: Styles
    ids: Ids
    tracker: Tracker
    frame: FormFrame
    old_runs: RunWriter
    new_runs: RunWriter

    def write(self, entries: Sequence[Entry]) -> str:
        """One frame for lines that follow each other."""
        kinds = {e.placement for e in entries}
        kind = KINDS[kinds.pop()] if len(kinds) == 1 else ""
        table: etree._Element | None = None
        for entry in entries:
            for row in self._rows(entry):
                if table is None:
                    table = row.getparent()
                else:
                    table.append(row)
        assert table is not None
        small = paragraph(self.styles[Style.TABLE_END], "", self.tracker.paragraph_mark(kind))
        behind = paragraph(self.styles[Style.TABLE_END], "", self.tracker.paragraph_mark(kind))
        return small + source(table) + behind

    def _rows(self, entry: Entry) -> Iterator[etree._Element]:
        old = entry.old.node if entry.old is not None else None
        new = entry.new.node if entry.new is not None else None
        if entry.placement is Placement.OLD:
            assert isinstance(old, FormRow)
            yield self._alone(old, DELETED)
        elif entry.placement is Placement.NEW:
            assert isinstance(new, FormRow)
            yield self._alone(new, INSERTED)
        else:
            assert isinstance(old, FormRow)
            assert isinstance(new, FormRow)
            if old.label != new.label or _boxes(old) != _boxes(new):
                yield self._alone(old, DELETED)
                yield self._alone(new, INSERTED)
            else:
                yield self._changed(old, new)

    def _built(self, row: FormRow, runs: RunWriter) -> etree._Element:
        built = parse_fragment(self.frame.build([row], runs, self.styles, self.ids))
        table = next(e for e in built if e.tag == w("tbl"))
        mark = bookmark_name(row.id)
        return next(r for r in table.iterfind(w("tr")) if any(b.get(w("name")) == mark for b in r.iter(w("bookmarkStart"))))

    def _alone(self, row: FormRow, kind: str) -> etree._Element:
        # Deleted references are plain text, see Tracker.wrapped.
        plain = RunWriter(self.styles, Targets(frozenset(), {}, {}))
        element = self._built(row, plain if kind == DELETED else self.new_runs)
        if kind == DELETED:  # names must stay unique: the line may stand elsewhere, or its boxes in its successor
            for mark in (*element.iter(w("bookmarkStart")), *element.iter(w("bookmarkEnd"))):
                _drop(mark)
            for tag in element.iter(w("tag")):
                tag.set(w("val"), f"old-{tag.get(w('val'), '')}"[:64])
        self.tracker.track_row(element, kind)
        return element

    def _changed(self, old: FormRow, new: FormRow) -> etree._Element:
        element = self._built(new, self.new_runs)
        before, after = self.old_runs.write(old.content), self.new_runs.write(new.content)
        if before != after:
            start = next(b for b in element.iter(w("bookmarkStart")) if b.get(w("name")) == bookmark_name(new.id))
            following = start.getnext()
            while following is not None and following.tag != w("bookmarkEnd"):
                _drop(following)
                following = start.getnext()
            for child in reversed(parse_fragment(self.tracker.changed(before, after))):
                start.addnext(child)
        return element


def _boxes(row: FormRow) -> list[str]:
    return [s.name for s in row.content if isinstance(s, Box)]


def cover_context(entries: Sequence[Entry]) -> list[dict[str, str]]:
    """Labels and values of the cover as marks that ``fill_cover`` finds again in the rendered template."""
    return [{"label": f"\ue001cover{i}l\ue001", "value": f"\ue001cover{i}v\ue001"} for i in range(len(entries))]


def fill_cover(body: etree._Element, entries: Sequence[Entry], tracker: Tracker, title: tuple[str, str]) -> None:
    """Put the tracked words of the cover and of the title where their marks stand; added and removed lines are tracked rows."""
    words: dict[str, tuple[str, str]] = {TITLE_MARK: title}
    for index, entry in enumerate(entries):
        old, new = _line(entry, old=True), _line(entry, old=False)
        words[f"\ue001cover{index}l\ue001"] = (old[0], new[0])
        words[f"\ue001cover{index}v\ue001"] = (old[1], new[1])
    holders: dict[int, list[etree._Element]] = {}
    for text in [t for t in body.iter(w("t")) if t.text and _TOKEN.search(t.text)]:
        paragraph_element = next(a for a in text.iterancestors(w("p")))
        for token in _TOKEN.findall(text.text or ""):
            if token != TITLE_MARK:
                holders.setdefault(int(re.sub(r"\D", "", token)), []).append(paragraph_element)
        _fill(text, words, tracker)
    for index, entry in enumerate(entries):
        kind = KINDS[entry.placement]
        if kind:
            _track_line(holders.get(index, []), [p for i, ps in holders.items() if i != index for p in ps], tracker, kind)


def _track_line(own: list[etree._Element], others: list[etree._Element], tracker: Tracker, kind: str) -> None:
    """The row of a table, where the line has one for itself; otherwise its paragraphs, or at least their words."""
    for paragraph_element in dict.fromkeys(own):
        row = next(paragraph_element.iterancestors(w("tr")), None)
        if row is not None and not any(row in p.iterancestors() for p in others):
            if not _is_tracked(row):
                tracker.track_row(row, kind)
        elif paragraph_element not in others:
            tracker.track_paragraph(paragraph_element, kind, mark=row is None)


def _is_tracked(row: etree._Element) -> bool:
    return any(row.find(f"{w('trPr')}/{w(k)}") is not None for k in (INSERTED, DELETED))


def _line(entry: Entry, *, old: bool) -> tuple[str, str]:
    """Label and value of one side. A line that stands on one side only has equal words on both: the row is what is tracked."""
    block = entry.block if entry.placement is not Placement.BOTH else entry.old if old else entry.new
    assert block is not None
    assert isinstance(block.node, FormRow)
    return block.node.label, block.node.text


def _fill(text: etree._Element, words: Mapping[str, tuple[str, str]], tracker: Tracker) -> None:
    element: Any = text.getparent()
    found = element.find(w("rPr"))
    properties = source(found) if found is not None else ""
    for piece in _TOKEN.split(text.text or ""):
        old, new = words.get(piece, (piece, piece))
        for child in parse_fragment(tracker.changed(run(clean(old), properties), run(clean(new), properties))):
            element.addprevious(child)
    _drop(element)


def _drop(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)
