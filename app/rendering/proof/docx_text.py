"""Reading a finished DOCX back: what a person sees in it, block by block, with automatic numbers, and the proof of it.

Only lxml and the file are used. Headers and footers are page furniture; the table of contents is held against the headings
apart from the text; hidden and deleted text is not seen and so not read; a field reads as its cached result.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO

from lxml import etree

from app.domain.digest import CanonicalLine, canonical_lines
from app.domain.documents import TextDifference, TextProof
from app.domain.tree import Instrument
from app.rendering.proof.compare import FoundBlock, compare_blocks, words
from app.rendering.proof.docx_numbers import Numbers, q, value

_PARTS = {
    "document": "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument",
    "styles": "http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles",
    "numbering": "http://schemas.openxmlformats.org/officeDocument/2006/relationships/numbering",
}
_RELATIONSHIP = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_W14 = "{http://schemas.microsoft.com/office/word/2010/wordml}"
_HEADING = re.compile(r"ch\.\d+|s\.\d+\.\d+")
_CONTENTS_TITLES = frozenset({"目录", "Contents"})
_CHECK_MARKS = frozenset({"☐", "☑", "☒"})
_REVISIONS_GONE = frozenset(q(n) for n in ("del", "moveFrom"))
_TRANSPARENT = frozenset(q(n) for n in ("ins", "moveTo", "hyperlink", "smartTag", "fldSimple", "customXml", "dir", "bdo"))


def _parse(content: bytes) -> etree._Element:
    return etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))


def read_parts(content: bytes) -> dict[str, etree._Element]:
    """Main document, styles and numbering of a package, found through its relationships."""
    with zipfile.ZipFile(BytesIO(content)) as archive:
        names = set(archive.namelist())

        def related(source: str, kind: str) -> str:
            folder, _, name = source.rpartition("/")
            relations = f"{folder}/_rels/{name}.rels" if folder else f"_rels/{name}.rels"
            if relations not in names:
                return ""
            for relation in _parse(archive.read(relations)).iter(_RELATIONSHIP):
                if relation.get("Type") == kind and relation.get("TargetMode") != "External":
                    target = relation.get("Target", "")
                    return target.lstrip("/") if target.startswith("/") or not folder else f"{folder}/{target}"
            return ""

        main = related("", _PARTS["document"])
        found = {"document": main, "styles": related(main, _PARTS["styles"]), "numbering": related(main, _PARTS["numbering"])}
        return {key: _parse(archive.read(name)) for key, name in found.items() if name in names}


@dataclass(slots=True)
class _Reader:
    numbers: Numbers
    hidden_styles: frozenset[str]
    style_names: dict[str, str]
    depth: list[bool] = field(default_factory=list)
    """One entry for each open field: whether its instruction is still being read."""

    def blocks(self, container: etree._Element, anchor: str = "") -> Iterator[FoundBlock]:
        for child in container:
            tag = child.tag
            if tag == q("p"):
                yield from self._paragraph(child, anchor)
            elif tag == q("tbl"):
                yield from self._table(child)
            elif tag == q("sdt"):
                if not _is_contents(child):
                    content = child.find(q("sdtContent"))
                    if content is not None:
                        yield from self.blocks(content, _clause(child) or anchor)
            elif tag in (q("customXml"), q("ins"), q("moveTo")):
                yield from self.blocks(child, anchor)

    def _paragraph(self, element: etree._Element, anchor: str) -> Iterator[FoundBlock]:
        number = self.numbers.of(element)
        text = self.text(element)
        style = self.style_names.get(value(element.find(f"{q('pPr')}/{q('pStyle')}")), "")
        if style == "toc heading" and words(text) in _CONTENTS_TITLES:
            return
        if words(text) or number:
            yield FoundBlock(number, text, (), anchor)

    def _table(self, table: etree._Element) -> Iterator[FoundBlock]:
        """Rows of a table. A table with a repeated header row holds data: its cells count one by one. Any other only
        lays words out side by side: a row reads as one line. A repeated row that begins with a label (甲方：) is no header."""
        rows = list(_rows(table))
        data = any(_is_header(row) and not _is_labelled(row) for row in rows)
        for row in rows:
            cells = []
            for cell, is_check in _cells(row):
                text = "".join(block.printed for block in self.blocks(cell))
                cells.append("" if is_check and words(text) in _CHECK_MARKS else text)
            if data:
                if any(words(c) for c in cells):
                    yield FoundBlock(cells=tuple(cells))
            elif any(words(c) for c in cells):
                yield FoundBlock(text="".join(cells))

    def text(self, element: etree._Element) -> str:
        return "".join(self._pieces(element))

    def _pieces(self, element: etree._Element) -> Iterator[str]:
        for child in element:
            tag = child.tag
            if tag == q("r"):
                yield from self._run(child)
            elif tag in _TRANSPARENT:
                yield from self._pieces(child)
            elif tag == q("sdt"):
                content = child.find(q("sdtContent"))
                if content is not None:
                    text = "".join(self._pieces(content))
                    if not (_is_checkbox(child) and words(text) in _CHECK_MARKS):
                        yield text
            elif tag in _REVISIONS_GONE:
                continue

    def _run(self, run: etree._Element) -> Iterator[str]:
        properties = run.find(q("rPr"))
        hidden = False
        if properties is not None:
            mark = properties.find(q("vanish"))
            hidden = (
                value(mark, default="1") not in ("0", "false", "off")
                if mark is not None
                else value(properties.find(q("rStyle"))) in self.hidden_styles
            )
        for child in run:
            tag = child.tag
            if tag == q("fldChar"):
                kind = child.get(q("fldCharType"))
                if kind == "begin":
                    self.depth.append(True)
                elif kind == "separate" and self.depth:
                    self.depth[-1] = False
                elif kind == "end" and self.depth:
                    self.depth.pop()
            elif hidden or any(self.depth):
                continue
            elif tag == q("t"):
                yield child.text or ""
            elif tag in (q("tab"), q("ptab")):
                yield "\t"
            elif tag in (q("br"), q("cr")):
                yield "\n"
            elif tag == q("noBreakHyphen"):
                yield "-"
            elif tag == q("sym"):
                yield "\ufffd"  # a sign of a symbol font: never part of a contract's words
            elif tag in (q("drawing"), q("pict"), q("object")):
                yield "".join(t.text or "" for t in child.iter(q("t")))


def _rows(table: etree._Element) -> Iterator[etree._Element]:
    for child in table:
        if child.tag == q("tr"):
            yield child
        elif child.tag == q("sdt"):
            content = child.find(q("sdtContent"))
            if content is not None:
                yield from _rows(content)


def _cells(row: etree._Element, is_check: bool = False) -> Iterator[tuple[etree._Element, bool]]:
    """Cells of a row, and whether a tick-box control holds the cell."""
    for child in row:
        if child.tag == q("tc"):
            yield child, is_check
        elif child.tag == q("sdt"):
            content = child.find(q("sdtContent"))
            if content is not None:
                yield from _cells(content, _is_checkbox(child))


def _is_header(row: etree._Element) -> bool:
    mark = row.find(f"{q('trPr')}/{q('tblHeader')}")
    return mark is not None and value(mark, default="1") not in ("0", "false", "off")


def _is_labelled(row: etree._Element) -> bool:
    first = next(_cells(row), None)
    return first is not None and "".join(str(t) for t in first[0].itertext()).strip().endswith("：")


def _clause(sdt: etree._Element) -> str:
    tag = value(sdt.find(f"{q('sdtPr')}/{q('tag')}"))
    return tag.removeprefix("clause:") if tag.startswith("clause:") and "~" not in tag else ""


def _is_contents(sdt: etree._Element) -> bool:
    gallery = value(sdt.find(f"{q('sdtPr')}/{q('docPartObj')}/{q('docPartGallery')}"))
    return gallery == "Table of Contents"


def _is_checkbox(sdt: etree._Element) -> bool:
    properties = sdt.find(q("sdtPr"))
    return properties is not None and properties.find(f"{_W14}checkbox") is not None


def read_blocks(content: bytes) -> tuple[FoundBlock, ...]:
    """Every visible block of a DOCX in reading order. Raises ``ValueError`` when it is none."""
    return _blocks(_readable_parts(content))


def _readable_parts(content: bytes) -> dict[str, etree._Element]:
    try:
        return read_parts(content)
    except (zipfile.BadZipFile, etree.XMLSyntaxError, KeyError) as error:
        raise ValueError(f"不是可读取的 DOCX 文件：{error}") from error


def _blocks(parts: Mapping[str, etree._Element]) -> tuple[FoundBlock, ...]:
    document = parts.get("document")
    body = document.find(q("body")) if document is not None else None
    if body is None:
        raise ValueError("不是可读取的 DOCX 文件：没有正文")
    styles = parts.get("styles")
    hidden, names = set(), {}
    if styles is not None:
        for style in styles.iterfind(q("style")):
            style_id = style.get(q("styleId"), "")
            names[style_id] = value(style.find(q("name"))).casefold()
            mark = style.find(f"{q('rPr')}/{q('vanish')}")
            if mark is not None and value(mark, default="1") not in ("0", "false", "off"):
                hidden.add(style_id)
    reader = _Reader(Numbers.read(parts.get("numbering"), styles), frozenset(hidden), names)
    return tuple(reader.blocks(body))


def read_contents(content: bytes) -> tuple[str, ...]:
    """The entries of the table of contents without their page numbers; empty when the file has none."""
    return _contents(read_parts(content))


def _contents(parts: Mapping[str, etree._Element]) -> tuple[str, ...]:
    document = parts["document"]
    reader = _Reader(Numbers(), frozenset(), {})
    entries = []
    for control in document.iter(q("sdt")):
        if _is_contents(control):
            for paragraph in control.iter(q("p")):
                # The TOC field stays open over all entries; each PAGEREF opens and closes inside its own.
                reader.depth.clear()
                text = reader.text(paragraph)
                entries.append(text.rpartition("\t")[0] or text)
    return tuple(entries)


def _contents_differences(parts: Mapping[str, etree._Element], lines: Sequence[CanonicalLine]) -> tuple[TextDifference, ...]:
    """A table of contents must name the headings as they are; a file without one says nothing wrong."""
    entries = _contents(parts)
    headings = [line for line in lines if _HEADING.fullmatch(line.anchor)]
    if not entries:
        return ()
    differences = compare_blocks(headings, [FoundBlock(text=entry) for entry in entries])
    return tuple(replace(d, expected=f"目录：{d.expected}", found=f"目录：{d.found}") for d in differences)


def prove_docx(content: bytes, instrument: Instrument) -> TextProof:
    """Hold a finished DOCX against the canonical text of ``instrument``; every difference names its provision."""
    lines = canonical_lines(instrument)
    try:
        parts = _readable_parts(content)
        blocks = _blocks(parts)
    except ValueError as error:
        return TextProof("docx", 0, 0, (TextDifference("", "", "", str(error)),))
    characters = sum(len(words(block.printed)) for block in blocks)
    differences = compare_blocks(lines, blocks) + _contents_differences(parts, lines)
    return TextProof("docx", len(blocks), characters, differences)
