"""Two versions of a table as one with tracked rows and cells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from app.domain.comparison import Entry
from app.domain.sequence import Placement
from app.domain.table_comparison import ComparedTable
from app.domain.tree import Table, TableRow
from app.rendering.docx_sections import PageLayout, is_wide
from app.rendering.docx_styles import Style, Styles
from app.rendering.docx_tables import column_widths, needed_widths, table_bookmark
from app.rendering.docx_xml import Ids, bookmarked, paragraph, run, run_properties
from app.rendering.tracked import DELETED, INSERTED, Tracker

_CONTENT = "\ue001table\ue001"
KINDS = {Placement.OLD: DELETED, Placement.NEW: INSERTED, Placement.BOTH: ""}


@dataclass(slots=True)
class RedlineTables:
    """Writes the tables of one redline."""

    styles: Styles
    ids: Ids
    tracker: Tracker
    layout: PageLayout

    def write(self, entry: Entry) -> str:
        """The table of an entry, on a page across where it is wide. Its bookmark stays with the table that is not deleted."""
        compared = entry.table
        old = entry.old.node if entry.old is not None else None
        new = entry.new.node if entry.new is not None else None
        if entry.placement is not Placement.BOTH or compared is None:
            table = old if entry.placement is Placement.OLD else new
            assert isinstance(table, Table)
            return self._alone(table, KINDS[entry.placement], named=entry.placement is Placement.NEW or entry.new is None)
        if compared.whole:
            return self._alone(compared.old, DELETED, named=False) + self._alone(compared.new, INSERTED, named=True)
        return self._placed(compared.new, self._compared(compared), "")

    def _alone(self, table: Table, kind: str, *, named: bool) -> str:
        rows = [self._row(table, row, self._texts(row, kind), kind) for row in table.rows]
        head = [self.tracker.wrapped(kind, run(c.label)) for c in table.columns]
        return self._placed(table, self._grid(table, table, head, rows, kind, table.caption, table.caption, named), kind)

    def _compared(self, compared: ComparedTable) -> str:
        old, new = compared.old, compared.new
        rows = []
        for item in compared.rows:
            kind = KINDS[item.placement]
            row = item.old if item.placement is Placement.OLD else item.new
            assert row is not None
            if kind:
                texts = self._texts(row, kind)
            else:
                assert item.old is not None
                texts = [
                    self.tracker.changed(run(a, _looks(item.old)), run(b, _looks(row)))
                    for a, b in zip(item.old.cells, row.cells, strict=True)
                ]
            rows.append(self._row(new, row, texts, kind))
        head = [self.tracker.changed(run(a.label), run(b.label)) for a, b in zip(old.columns, new.columns, strict=True)]
        both = replace(new, rows=(*old.rows, *new.rows))
        return self._grid(new, both, head, rows, "", old.caption, new.caption, named=True)

    def _texts(self, row: TableRow, kind: str) -> list[str]:
        return [self.tracker.wrapped(kind, run(cell, _looks(row))) for cell in row.cells]

    def _row(self, table: Table, row: TableRow, texts: Sequence[str], kind: str) -> str:
        cells = "".join(
            f"{_SLOT}{paragraph(self.styles[Style.TABLE_NUMBER if c.numeric else Style.TABLE_TEXT], text, self._mark(kind))}</w:tc>"
            for c, text in zip(table.columns, texts, strict=True)
        )
        return f"<w:tr><w:trPr><w:cantSplit/>{self.tracker.mark(kind) if kind else ''}</w:trPr>{cells}</w:tr>"

    def _mark(self, kind: str) -> str:
        return self.tracker.paragraph_mark(kind)

    def _grid(
        self,
        table: Table,
        measured: Table,
        head: Sequence[str],
        rows: Sequence[str],
        kind: str,
        old_caption: str,
        new_caption: str,
        named: bool,
    ) -> str:
        """Caption and table. ``measured`` holds every row that is printed: no figure of either version may be broken."""
        total = self.layout.lying_width if is_wide(table) else self.layout.width
        widths = column_widths(tuple(c.width for c in table.columns), total, needed_widths(measured))
        cells = [f'<w:tc><w:tcPr><w:tcW w:w="{x}" w:type="dxa"/></w:tcPr>' for x in widths]
        header = "".join(
            f"{cell}{paragraph(self.styles[Style.TABLE_HEAD], text, self._mark(kind))}</w:tc>"
            for cell, text in zip(cells, head, strict=True)
        )
        mark = self.tracker.mark(kind) if kind else ""
        body = "".join(_filled(row, cells) for row in rows)
        grid = "".join(f'<w:gridCol w:w="{x}"/>' for x in widths)
        content = (
            f"{self._caption(kind, old_caption, new_caption)}"
            f'<w:tbl><w:tblPr><w:tblStyle w:val="{self.styles[Style.TABLE]}"/><w:tblW w:w="{total}" w:type="dxa"/>'
            '<w:tblLayout w:type="fixed"/><w:tblLook w:val="0020" w:firstRow="1" w:lastRow="0" w:firstColumn="0" '
            f'w:lastColumn="0" w:noHBand="1" w:noVBand="1"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>'
            f"<w:tr><w:trPr><w:cantSplit/><w:tblHeader/>{mark}</w:trPr>{header}</w:tr>{body}</w:tbl>"
        )
        if named:
            content = bookmarked(content, table_bookmark(table.id), self.ids.of("table", table.id))
        return content + paragraph(self.styles[Style.TABLE_END], "", self._mark(kind))

    def _caption(self, kind: str, old: str, new: str) -> str:
        style = self.styles[Style.CAPTION]
        if kind:
            return paragraph(style, self.tracker.wrapped(kind, run(new)), self._mark(kind)) if new else ""
        if old and new:
            return paragraph(style, self.tracker.changed(run(old), run(new)))
        kind = INSERTED if new else DELETED
        text = new or old
        return paragraph(style, self.tracker.wrapped(kind, run(text)), self._mark(kind)) if text else ""

    def _placed(self, table: Table, content: str, kind: str) -> str:
        if not is_wide(table):
            return content
        across = self.layout.across(_CONTENT, self.styles[Style.TABLE_END])
        if kind:  # the paragraphs that carry the section breaks come and go with the table
            across = across.replace("<w:sectPr", f"{self._mark(kind)}<w:sectPr", 1)
            first, gap, second = across.partition(_CONTENT)
            across = first + gap + second.replace("<w:sectPr", f"{self._mark(kind)}<w:sectPr", 1)
        return across.replace(_CONTENT, content)


_SLOT = "\ue001cell\ue001"


def _filled(row: str, cells: Sequence[str]) -> str:
    """A row with the openings of its cells, which are known only when every row is."""
    first, *rest = row.split(_SLOT)
    return first + "".join(cell + part for cell, part in zip(cells, rest, strict=True))


def _looks(row: TableRow) -> str:
    return run_properties(bold=row.emphasis)
