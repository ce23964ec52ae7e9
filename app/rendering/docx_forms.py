"""Signature pages: the template's own frame, one row for each labelled field, an empty named box for what signing brings."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy

from lxml import etree

from app.domain.tree import Box, BoxKind, FormRow
from app.rendering.docx_runs import RunWriter
from app.rendering.docx_styles import Style, Styles, TemplateError
from app.rendering.docx_xml import NSMAP, Ids, attribute, bookmark_name, control, control_tag, paragraph, run, twips, w

LABEL = "\ue001label\ue001"
CONTENT = "\ue001content\ue001"
"""What the placeholders ``form_label`` and ``form_content`` render to: marks that no text carries."""

UNCHECKED = "☐"
_DECLARATIONS = " ".join(f'xmlns:{k}="{v}"' for k, v in NSMAP.items())
_CONTROL_KIND = {
    BoxKind.DATE: '<w:date><w:dateFormat w:val="yyyy年M月d日"/><w:lid w:val="zh-CN"/><w:storeMappedDataAs w:val="dateTime"/>'
    '<w:calendar w:val="gregorian"/></w:date>',
    BoxKind.TEXT: "<w:text/>",
    BoxKind.CHECK: '<w14:checkbox><w14:checked w14:val="0"/><w14:checkedState w14:val="2611" w14:font="MS Gothic"/>'
    '<w14:uncheckedState w14:val="2610" w14:font="MS Gothic"/></w14:checkbox>',
}


class FormFrame:
    """The table of the template in which ``form_label`` and ``form_content`` stand; its row is copied for every field."""

    def __init__(self, table: etree._Element, row: etree._Element) -> None:
        self._table = table
        self._row = row

    @classmethod
    def take(cls, body: etree._Element) -> FormFrame:
        """Find the frame in a rendered template and take it out. Raises TemplateError when it is not there."""
        for table in body.iterfind(w("tbl")):
            for row in table.iterfind(w("tr")):
                words = "".join(t.text or "" for t in row.iter(w("t")))
                if LABEL in words and CONTENT in words:
                    following = table.getnext()
                    if following is not None and following.tag == w("p") and not "".join(following.itertext()).strip():
                        body.remove(following)
                    body.remove(table)
                    return cls(table, row)
        raise TemplateError(["缺少签署页表格：模板正文中应有一行两列的表格，分别写 {{ form_label }} 和 {{ form_content }}"])

    def build(self, rows: Sequence[FormRow], runs: RunWriter, styles: Styles, ids: Ids) -> list[etree._Element]:
        """A filled copy of the frame and the paragraph that must follow a table."""
        table = deepcopy(self._table)
        prototype = table[self._table.index(self._row)]
        position = table.index(prototype)
        table.remove(prototype)
        table[position:position] = [self._fill(deepcopy(prototype), row, runs, styles, ids) for row in rows]
        return [table, *_parse(paragraph(styles[Style.TABLE_END], ""))]

    def _fill(self, element: etree._Element, row: FormRow, runs: RunWriter, styles: Styles, ids: Ids) -> etree._Element:
        for node in element.iter(w("t")):
            if node.text and LABEL in node.text:
                node.text = node.text.replace(LABEL, row.label)
        holder = next(n for n in element.iter(w("t")) if n.text and CONTENT in n.text)
        target = next(a for a in holder.iterancestors(w("p")))
        properties = target.find(w("pPr"))
        for child in list(target):
            if child is not properties:
                target.remove(child)
        boxes = [span for span in row.content if isinstance(span, Box)]
        inline = [b for b in boxes if b.kind is BoxKind.CHECK]
        number = ids.of("form", row.id)
        words = runs.write(row.content) + "".join(_checkbox(b, ids) for b in inline)
        target.extend(
            _parse(f'<w:bookmarkStart w:id="{number}" w:name="{bookmark_name(row.id)}"/>{words}<w:bookmarkEnd w:id="{number}"/>')
        )
        framed = [b for b in boxes if b.kind is not BoxKind.CHECK]
        if framed:
            cell = target.getparent()
            position = cell.index(target)
            tables = "".join(
                f"{paragraph(styles[Style.TABLE_END], '') if i else ''}{_box(b, styles, ids)}" for i, b in enumerate(framed)
            )
            following = _parse(tables)
            if not words:  # the box stands alone; its anchor moves to the small paragraph that a cell must end with
                cell[position:position] = following
                style = target.find(f"{w('pPr')}/{w('pStyle')}")
                if style is not None:
                    style.set(w("val"), styles[Style.TABLE_END])
            else:
                cell[position + 1 : position + 1] = [*following, *_parse(paragraph(styles[Style.TABLE_END], ""))]
        return element


def _checkbox(box: Box, ids: Ids) -> str:
    mark = run(UNCHECKED, '<w:rPr><w:rFonts w:ascii="MS Gothic" w:hAnsi="MS Gothic" w:eastAsia="MS Gothic" w:hint="eastAsia"/></w:rPr>')
    return control(mark, control_tag("box", box.name), box.name, ids.of("box", box.name), _CONTROL_KIND[BoxKind.CHECK])


def _box(box: Box, styles: Styles, ids: Ids) -> str:
    """A bordered area of the box's size with one empty control; the name is the control's tag."""
    width, height = twips(box.width), twips(box.height)
    edges = "".join(f'<w:{e} w:val="single" w:sz="6" w:space="0" w:color="7F7F7F"/>' for e in ("top", "left", "bottom", "right"))
    inner = control(
        run("　　"), control_tag("box", box.name), box.name, ids.of("box", box.name), _CONTROL_KIND.get(box.kind, "")
    )
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{width}" w:type="dxa"/><w:tblInd w:w="0" w:type="dxa"/><w:tblBorders>{edges}</w:tblBorders>'
        f'<w:tblLayout w:type="fixed"/><w:tblDescription w:val="{attribute(box.name)}"/></w:tblPr><w:tblGrid><w:gridCol w:w="{width}"/>'
        f'</w:tblGrid><w:tr><w:trPr><w:cantSplit/><w:trHeight w:val="{height}" w:hRule="exact"/></w:trPr>'
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/><w:vAlign w:val="center"/></w:tcPr>'
        f"{paragraph(styles[Style.BOX], inner)}</w:tc></w:tr></w:tbl>"
    )


def _parse(fragment: str) -> list[etree._Element]:
    return list(etree.fromstring(f"<x {_DECLARATIONS}>{fragment}</x>"))
