"""Signature pages: the template's own frame, one row for each labelled field, an empty named box for what signing brings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any

from lxml import etree

from app.domain.tree import Box, BoxKind, FormRow
from app.rendering.docx_runs import RunWriter
from app.rendering.docx_styles import Style, Styles, TemplateError
from app.rendering.docx_xml import NSMAP, Ids, bookmark_name, bookmarked, control, control_tag, paragraph, run, twips, w

LABEL = "\ue001label\ue001"
CONTENT = "\ue001content\ue001"
"""What the placeholders ``form_label`` and ``form_content`` render to: marks that no text carries."""

COVER_BOX = "\ue002"
"""On both sides of a box's name, where the cover leaves room for what signing brings."""
UNCHECKED = "☐"
_DECLARATIONS = " ".join(f'xmlns:{k}="{v}"' for k, v in NSMAP.items())
_TICK = (
    '<w14:checkbox><w14:checked w14:val="0"/><w14:checkedState w14:val="2611" w14:font="MS Gothic"/>'
    '<w14:uncheckedState w14:val="2610" w14:font="MS Gothic"/></w14:checkbox>'
)


class FormFrame:
    """The table of the template in which ``form_label`` and ``form_content`` stand; its row is copied for every field."""

    def __init__(self, table: etree._Element, row: etree._Element) -> None:
        self._table = table
        self._row = row
        self.code: Callable[[int], str] | None = None
        """Makes the run that shows the code for checking the text; asked for a number of its own on every signature page."""

    @classmethod
    def take(cls, body: etree._Element) -> FormFrame:
        """Find the frame in a rendered template and take it out. Raises TemplateError when it is not there."""
        for table in body.iterfind(w("tbl")):
            for row in table.iterfind(w("tr")):
                words = "".join(str(t.text or "") for t in row.iter(w("t")))
                if LABEL in words and CONTENT in words:
                    following = table.getnext()
                    if following is not None and following.tag == w("p") and not "".join(map(str, following.itertext())).strip():
                        body.remove(following)
                    body.remove(table)
                    return cls(table, row)
        raise TemplateError(["缺少签署页表格：模板正文中应有一行两列的表格，分别写 {{ form_label }} 和 {{ form_content }}"])

    def build(self, rows: Sequence[FormRow], runs: RunWriter, styles: Styles, ids: Ids) -> str:
        """The XML of a filled copy of the frame, and of the small paragraphs before it and behind it."""
        table = deepcopy(self._table)
        prototype = table[self._table.index(self._row)]
        position = table.index(prototype)
        table.remove(prototype)
        filled = [self._fill(deepcopy(prototype), row, runs, styles, ids) for row in rows]
        table[position:position] = filled
        _hold_together(filled, rows)
        small = paragraph(styles[Style.TABLE_END], "")
        signs = any(isinstance(s, Box) and s.kind in (BoxKind.SIGNATURE, BoxKind.SEAL) for row in rows for s in row.content)
        code = self.code(ids.of("code", rows[0].id)) if self.code is not None and signs else ""
        above = paragraph(styles[Style.TABLE_END], code)
        return above + etree.tostring(table, encoding="unicode", with_tail=False) + small

    def _fill(self, element: etree._Element, row: FormRow, runs: RunWriter, styles: Styles, ids: Ids) -> etree._Element:
        for node in element.iter(w("t")):
            if node.text and LABEL in node.text:
                node.text = node.text.replace(LABEL, row.label)
        holder = next(n for n in element.iter(w("t")) if n.text and CONTENT in n.text)
        target = next(a for a in holder.iterancestors(w("p")))
        cell = next(a for a in target.iterancestors(w("tc")))
        properties = target.find(w("pPr"))
        for child in list(target):
            if child is not properties:
                target.remove(child)
        boxes = [span for span in row.content if isinstance(span, Box)]
        number = ids.of("form", row.id)
        words = runs.write(row.content)
        anchored = bookmarked(words, bookmark_name(row.id), number)
        if not boxes:
            target.extend(_parse(anchored))
            return element
        position = cell.index(target)
        small = paragraph(styles[Style.TABLE_END], "")
        room = _room(cell)
        tables = [_box_table(b, room, styles, ids) for b in boxes if b.kind is not BoxKind.CHECK]
        checks = [b for b in boxes if b.kind is BoxKind.CHECK]
        if checks:  # the tick boxes stand before the words they confirm
            tables.insert(0, _check_table(checks, paragraph(styles[Style.FORM_VALUE], anchored), styles, ids))
            cell.remove(target)
        elif words:
            target.extend(_parse(anchored))
            position += 1
        else:
            tables.insert(0, "")
            cell.remove(target)
            small = paragraph(styles[Style.TABLE_END], anchored)
        cell[position:position] = _parse(paragraph(styles[Style.TABLE_END], "").join(t for t in tables if t) + small)
        return element


def _hold_together(filled: Sequence[etree._Element], rows: Sequence[FormRow]) -> None:
    """A signature page that runs over names the party again, and signature, seal and date go over together.

    A seal on a page that does not say whose it is would be worth little, and could be taken for another's.
    """
    signed = [n for n, row in enumerate(rows) for s in row.content if isinstance(s, Box) and s.kind is BoxKind.SIGNATURE]
    if len(signed) != 1:  # a page of both parties bears two: repeating who signs first would name the wrong one
        return
    head = filled[0].find(w("trPr"))
    if head is None:
        head = etree.Element(w("trPr"))
        filled[0].insert(0, head)
    etree.SubElement(head, w("tblHeader"))
    for row in filled[signed[0] : -1]:
        for properties in row.iter(w("pPr")):
            style = properties.find(w("pStyle"))
            if properties.find(w("keepNext")) is None:
                properties.insert(0 if style is None else 1, etree.Element(w("keepNext")))


_CHECK_WIDTH, _WORDS_WIDTH = 460, 5200
_CELL_MARGINS = 240
_MARK = '<w:rPr><w:rFonts w:ascii="MS Gothic" w:hAnsi="MS Gothic" w:eastAsia="MS Gothic" w:hint="eastAsia"/></w:rPr>'


def _check_table(boxes: Sequence[Box], words: str, styles: Styles, ids: Ids) -> str:
    cells = "".join(_cell(b, _CHECK_WIDTH, paragraph(styles[Style.FORM_VALUE], run(UNCHECKED, _MARK)), ids) for b in boxes)
    grid = f'<w:gridCol w:w="{_CHECK_WIDTH}"/>' * len(boxes)
    width = _CHECK_WIDTH * len(boxes) + _WORDS_WIDTH
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{width}" w:type="dxa"/><w:tblInd w:w="0" w:type="dxa"/><w:tblLayout w:type="fixed"/>'
        '<w:tblCellMar><w:left w:w="0" w:type="dxa"/><w:right w:w="0" w:type="dxa"/></w:tblCellMar></w:tblPr>'
        f'<w:tblGrid>{grid}<w:gridCol w:w="{_WORDS_WIDTH}"/></w:tblGrid><w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}'
        f'<w:tc><w:tcPr><w:tcW w:w="{_WORDS_WIDTH}" w:type="dxa"/></w:tcPr>{words}</w:tc></w:tr></w:tbl>'
    )


def _room(cell: etree._Element) -> int:
    """Width in twips that a box may take inside the frame's cell."""
    width = cell.find(f"{w('tcPr')}/{w('tcW')}")
    known = width is not None and width.get(w("type")) == "dxa"
    return int(width.get(w("w"), "0")) - _CELL_MARGINS if known and width is not None else _WORDS_WIDTH


def _box_table(box: Box, room: int, styles: Styles, ids: Ids) -> str:
    """A bordered area of the box's size, in millimetres on paper; one that is wider than the frame's cell fills the cell."""
    width, height = min(twips(box.width), room), twips(box.height)
    edges = "".join(f'<w:{e} w:val="single" w:sz="6" w:space="0" w:color="7F7F7F"/>' for e in ("top", "left", "bottom", "right"))
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{width}" w:type="dxa"/><w:tblInd w:w="0" w:type="dxa"/><w:tblBorders>{edges}</w:tblBorders>'
        f'<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid><w:gridCol w:w="{width}"/></w:tblGrid>'
        f'<w:tr><w:trPr><w:cantSplit/><w:trHeight w:val="{height}" w:hRule="exact"/></w:trPr>'
        f"{_cell(box, width, paragraph(styles[Style.BOX], run('　　')), ids)}</w:tr></w:tbl>"
    )


def _cell(box: Box, width: int, content: str, ids: Ids) -> str:
    """A cell inside an empty content control whose tag is the box's name.

    A control around the cell, as Word writes it, and of no kind but the tick box: behind a control inside a paragraph, and
    behind a date or plain-text control, LibreOffice 7.4 shows the code of the REF fields that follow instead of their
    results, and drops character styles.
    """
    cell = f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>{content}</w:tc>'
    kind = _TICK if box.kind is BoxKind.CHECK else ""
    return control(cell, control_tag("box", box.name), box.name, ids.of("box", box.name), kind)


def place_cover_boxes(root: etree._Element, ids: Ids) -> None:
    """A content control around every cell of the cover that a box was marked in."""
    for words in [t for t in root.iter(w("t")) if t.text and t.text.startswith(COVER_BOX) and t.text.endswith(COVER_BOX)]:
        name = str(words.text).strip(COVER_BOX)
        words.text = "　　"
        cell = next(a for a in words.iterancestors(w("tc")))
        row: Any = cell.getparent()
        holder: Any
        (holder,) = _parse(control("", control_tag("box", name), name, ids.of("box", name)))
        row.replace(cell, holder)
        holder.find(w("sdtContent")).append(cell)


def _parse(fragment: str) -> list[etree._Element]:
    return list(etree.fromstring(f"<x {_DECLARATIONS}>{fragment}</x>"))
