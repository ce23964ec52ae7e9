"""Accepting and rejecting tracked changes in a DOCX, as Word does it (ISO 29500-1 §17.13.5), without Word.

The rules: ``w:ins``, ``w:del``, ``w:moveFrom`` and ``w:moveTo`` around content keep or drop it; the same names inside
``w:pPr/w:rPr`` mean the paragraph's mark (a dropped mark joins the paragraph with the next one), inside ``w:trPr`` the row;
``w:cellIns`` and ``w:cellDel`` mean the cell; ``w:…PrChange`` hold the properties of before.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable
from io import BytesIO

from lxml import etree

from app.rendering.docx_xml import w

_XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_STORIES = re.compile(r"word/(document|header\d*|footer\d*|footnotes|endnotes)\.xml")
_INSERTED, _DELETED = ("ins", "moveTo"), ("del", "moveFrom")
_RANGES = tuple(
    w(f"{name}Range{end}")
    for name in ("moveFrom", "moveTo", "customXmlIns", "customXmlDel", "customXmlMoveFrom", "customXmlMoveTo")
    for end in ("Start", "End")
)
_CHANGES = tuple(w(f"{n}Change") for n in ("pPr", "rPr", "sectPr", "tblPr", "tblPrEx", "trPr", "tcPr", "tblGrid"))
_HOLDERS = frozenset(w(n) for n in ("rPr", "trPr", "tcPr", "numPr"))
_KEPT_WITH_MARK = (w("rPr"), w("sectPr"))
"""Properties of a paragraph that ``w:pPrChange`` does not remember."""


def accept_all(content: bytes) -> bytes:
    """The DOCX with every tracked change accepted."""
    return _package(content, accept=True)


def reject_all(content: bytes) -> bytes:
    """The DOCX with every tracked change rejected."""
    return _package(content, accept=False)


def count_revisions(content: bytes) -> int:
    """How many marks of tracked changes a DOCX still holds; 0 after ``accept_all`` and ``reject_all``."""
    names = {w(n) for n in (*_INSERTED, *_DELETED, "cellIns", "cellDel", "cellMerge")} | set(_CHANGES) | set(_RANGES)
    with zipfile.ZipFile(BytesIO(content)) as archive:
        parts = [archive.read(n) for n in archive.namelist() if _STORIES.fullmatch(n)]
    return sum(1 for part in parts for e in _parse(part).iter() if e.tag in names)


def _package(content: bytes, *, accept: bool) -> bytes:
    target = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for info in source.infolist():
            data = source.read(info)
            if _STORIES.fullmatch(info.filename):
                root = _parse(data)
                resolve(root, accept=accept)
                data = etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
            package.writestr(info, data)
    return target.getvalue()


def _parse(data: bytes) -> etree._Element:
    return etree.fromstring(data, etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=True))


def resolve(root: etree._Element, *, accept: bool) -> None:
    """Resolve every tracked change below ``root`` in place."""
    gone, kept = (_DELETED, _INSERTED) if accept else (_INSERTED, _DELETED)
    _rows_and_cells(root, gone, cell="cellDel" if accept else "cellIns")
    marks = [p for p in root.iter(w("p")) if _mark(p, gone) is not None]
    _contents(root, gone, kept)
    _properties(root, accept=accept)
    for paragraph in marks:
        _join(paragraph)
    _clean(root)


def _mark(paragraph: etree._Element, names: Iterable[str]) -> etree._Element | None:
    properties = paragraph.find(f"{w('pPr')}/{w('rPr')}")
    if properties is None:
        return None
    return next((e for n in names if (e := properties.find(w(n))) is not None), None)


def _rows_and_cells(root: etree._Element, gone: Iterable[str], cell: str) -> None:
    for row in list(root.iter(w("tr"))):
        properties = row.find(w("trPr"))
        if properties is not None and any(properties.find(w(n)) is not None for n in gone):
            _remove_up(row, w("tbl"))
    for element in list(root.iter(w("tc"))):
        properties = element.find(w("tcPr"))
        if properties is not None and properties.find(w(cell)) is not None:
            _remove_up(element, w("tr"))


def _remove_up(element: etree._Element, holder: str) -> None:
    """Remove a row or cell, with the content control that it leaves empty, and the table or row that it leaves empty."""
    parent = element.getparent()
    if parent is None:
        return
    parent.remove(element)
    if parent.tag == w("sdtContent") and len(parent) == 0:
        control = parent.getparent()
        if control is not None:
            _remove_up(control, holder)
    elif parent.tag == holder:
        child = w("tr") if holder == w("tbl") else w("tc")
        if next(parent.iter(child), None) is None:
            _remove_up(parent, w("tbl"))


def _contents(root: etree._Element, gone: Iterable[str], kept: Iterable[str]) -> None:
    for name in gone:
        for element in list(root.iter(w(name))):
            parent = element.getparent()
            if parent is not None and parent.tag not in _HOLDERS:
                parent.remove(element)
    for name in kept:
        for element in list(root.iter(w(name))):
            parent = element.getparent()
            if parent is None:
                continue
            if parent.tag not in _HOLDERS:
                at = parent.index(element)
                parent[at : at + 1] = list(element)
            else:
                parent.remove(element)
    for old, new in (("delText", "t"), ("delInstrText", "instrText")):
        for element in root.iter(w(old)):
            element.tag = w(new)
            element.set(_XML_SPACE, "preserve")


def _properties(root: etree._Element, *, accept: bool) -> None:
    for tag in _CHANGES:
        for change in list(root.iter(tag)):
            holder = change.getparent()
            if holder is None:
                continue
            holder.remove(change)
            if accept or len(change) == 0:
                continue
            before = change[0]
            staying = [c for c in holder if tag == w("pPrChange") and c.tag in _KEPT_WITH_MARK]
            for child in list(holder):
                holder.remove(child)
            holder.extend([*before, *staying])


def _join(paragraph: etree._Element) -> None:
    """Join a paragraph whose mark is gone with the next one, which keeps its own properties.

    An empty paragraph just goes. The last paragraph of a cell or of the document keeps its mark, as Word keeps it. Between
    a paragraph with words and a table there is nothing to join with: the paragraph stays.
    """
    words = [c for c in paragraph if c.tag != w("pPr")]
    substance = any(c.tag not in (w("bookmarkStart"), w("bookmarkEnd")) for c in words)
    following = _next_block(paragraph)
    if following is not None and following.tag == w("p"):
        at = 1 if following.find(w("pPr")) is not None else 0
        following[at:at] = words
        _remove_block(paragraph)
    elif not substance and _is_spare(paragraph):
        for child in words:  # a bookmark may hold the table that follows
            paragraph.addprevious(child)
        _remove_block(paragraph)


def _next_block(paragraph: etree._Element) -> etree._Element | None:
    """The paragraph or table behind a paragraph, into and out of content controls but not out of a cell."""
    current = paragraph
    while True:
        following = current.getnext()
        while following is not None:
            found = _first_block(following)
            if found is not None:
                return found
            following = following.getnext()
        parent = current.getparent()
        if parent is None or parent.tag in (w("tc"), w("body")):
            return None
        current = parent


def _first_block(element: etree._Element) -> etree._Element | None:
    if element.tag in (w("p"), w("tbl")):
        return element
    if element.tag == w("sdt"):
        content = element.find(w("sdtContent"))
        return next((f for c in content if (f := _first_block(c)) is not None), None) if content is not None else None
    if element.tag in (w("customXml"), w("ins"), w("del")):
        return next((f for c in element if (f := _first_block(c)) is not None), None)
    return None


def _is_spare(paragraph: etree._Element) -> bool:
    """Whether its container can do without the paragraph: a cell must end in one."""
    parent = paragraph.getparent()
    if parent is None:
        return False
    following = [c for c in paragraph.itersiblings() if c.tag in (w("p"), w("tbl"), w("sdt"))]
    return parent.tag != w("tc") or bool(following)


def _remove_block(paragraph: etree._Element) -> None:
    parent = paragraph.getparent()
    if parent is None:
        return
    parent.remove(paragraph)
    while parent is not None and parent.tag == w("sdtContent") and len(parent) == 0:
        control = parent.getparent()
        if control is None or (outer := control.getparent()) is None:
            return
        outer.remove(control)
        parent = outer


def _clean(root: etree._Element) -> None:
    """What means nothing any more: range marks, empty run properties; and cells that lost their last paragraph get one."""
    for tag in (*_RANGES, w("cellIns"), w("cellDel")):
        for element in list(root.iter(tag)):
            parent = element.getparent()
            if parent is not None:
                parent.remove(element)
    for paragraph in root.iter(w("p")):
        mark = paragraph.find(f"{w('pPr')}/{w('rPr')}")
        if mark is not None and len(mark) == 0:
            holder = mark.getparent()
            if holder is not None:
                holder.remove(mark)
    for cell in root.iter(w("tc")):
        if len(cell) == 0 or cell[-1].tag == w("tcPr"):
            cell.append(etree.Element(w("p")))
