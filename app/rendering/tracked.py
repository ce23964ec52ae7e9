"""Native tracked changes in WordprocessingML: insertions, deletions, paragraph marks, rows, and changes inside a run of words.

No ``w:moveFrom``/``w:moveTo`` is ever written: Word refuses files whose moves are not exactly its own; a move is a deletion
and an insertion.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import groupby

from lxml import etree

from app.domain.textual_change import HunkKind, TextDiff, compare_texts
from app.rendering.docx_xml import NSMAP, Ids, attribute, run, w

INSERTED, DELETED = "ins", "del"

_DECLARATIONS = " ".join(f'xmlns:{k}="{v}"' for k, v in NSMAP.items())
_NAMESPACES = re.compile(r' xmlns:\w+="[^"]*"')
_FIELD_SYMBOLS = 0x10FFFD
"""Fields stand in the compared text as one private character each, counted down from here, so that no change cuts one."""
_RESERVED = 0x100000
"""Characters from here on (a private plane) are not compared as themselves either."""
_XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"


@dataclass(frozen=True, slots=True)
class _Piece:
    """One character with the properties of its run, or a whole field (``xml``) with the text it shows; ``symbol`` stands
    for it in the diff."""

    symbol: str
    text: str
    properties: str
    xml: str = ""


@dataclass(slots=True)
class Tracker:
    """Writes the marks of one document. ``author`` and ``date`` (aware) are what the word processor shows with them."""

    ids: Ids
    author: str
    date: datetime
    differ: TextDiff
    _count: int = 0
    _symbols: dict[tuple[str, str], str] = field(default_factory=dict)

    def _attributes(self) -> str:
        self._count += 1
        stamp = self.date.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        number = self.ids.of("revision", str(self._count))
        return f'w:id="{number}" w:author="{attribute(self.author)}" w:date="{stamp}"'

    def mark(self, kind: str) -> str:
        """``<w:ins/>`` or ``<w:del/>`` as it stands in the properties of a paragraph's mark or of a row."""
        return f"<w:{kind} {self._attributes()}/>"

    def paragraph_mark(self, kind: str) -> str:
        """The last of a paragraph's properties; empty when ``kind`` is."""
        return f"<w:rPr>{self.mark(kind)}</w:rPr>" if kind else ""

    def wrapped(self, kind: str, runs: str) -> str:
        """Runs (and whole fields) inserted or deleted; unchanged when ``kind`` is empty.

        A deleted cross-reference becomes plain text: its target may stand elsewhere by now, and a program that updates its
        fields would put the new number into the old version.
        """
        if not runs or not kind:
            return runs
        if kind == DELETED:
            runs = _as_deleted("".join(_runs(list(self._pieces(runs)), plain=True)))
        return f"<w:{kind} {self._attributes()}>{runs}</w:{kind}>"

    def changed(self, old: str, new: str) -> str:
        """The runs of ``new`` with what they changed in ``old`` tracked; a change of looks alone is tracked as well."""
        if old == new:
            return new
        before, after = list(self._pieces(old)), list(self._pieces(new))
        texts = ("".join(p.symbol for p in before), "".join(p.symbol for p in after))
        parts: list[str] = []
        i = j = 0
        for hunk in compare_texts(self.differ, *texts)[1]:
            length = len(hunk.text)
            if hunk.kind is HunkKind.DELETE:
                parts.append(self.wrapped(DELETED, "".join(_runs(before[i : i + length], plain=True))))
                i += length
            elif hunk.kind is HunkKind.INSERT:
                parts.append(self.wrapped(INSERTED, "".join(_runs(after[j : j + length]))))
                j += length
            else:
                parts += self._equal(before[i : i + length], after[j : j + length])
                i, j = i + length, j + length
        return "".join(parts)

    def _equal(self, before: list[_Piece], after: list[_Piece]) -> Iterator[str]:
        for (old, new, xml), group in groupby(
            zip(before, after, strict=True), lambda pair: (pair[0].properties, pair[1].properties, pair[1].xml)
        ):
            items = [b for _, b in group]
            if xml:
                yield from (p.xml for p in items)
            elif old == new:
                yield run("".join(p.text for p in items), new)
            else:
                change = f"<w:rPrChange {self._attributes()}>{old or '<w:rPr/>'}</w:rPrChange>"
                yield run(
                    "".join(p.text for p in items), f"{(new or '<w:rPr></w:rPr>').removesuffix('</w:rPr>')}{change}</w:rPr>"
                )

    def _pieces(self, runs: str) -> Iterator[_Piece]:
        depth, parts, shown, instruction, properties = 0, [], "", "", ""
        for element in _parse(runs):
            if element.tag != w("r"):
                continue
            found = element.find(w("rPr"))
            properties = source(found) if found is not None else ""
            text = _run_text(element)
            marks = [e.get(w("fldCharType")) for e in element.iterfind(w("fldChar"))]
            if depth or "begin" in marks:
                depth += marks.count("begin") - marks.count("end")
                parts.append(source(element))
                shown += text
                instruction += "".join(e.text or "" for e in element.iterfind(w("instrText")))
                if not depth:
                    key = (instruction, shown)
                    yield _Piece(self._symbol(key), shown, properties, "".join(parts))
                    parts, shown, instruction = [], "", ""
            else:
                for character in text:
                    symbol = character if ord(character) < _RESERVED else self._symbol(("", character))
                    yield _Piece(symbol, character, properties)

    def _symbol(self, key: tuple[str, str]) -> str:
        return self._symbols.setdefault(key, chr(_FIELD_SYMBOLS - len(self._symbols)))

    def track_row(self, row: etree._Element, kind: str) -> None:
        """Track a whole row: itself, the rows of tables inside it, their paragraphs and runs. A deleted one holds no fields."""
        for inner in row.iter(w("tr")):
            properties = inner.find(w("trPr"))
            if properties is None:
                properties = etree.Element(w("trPr"))
                inner.insert(1 if inner.find(w("tblPrEx")) is not None else 0, properties)
            properties.append(self._element(kind))
        for paragraph in list(row.iter(w("p"))):
            self.track_paragraph(paragraph, kind)

    def track_paragraph(self, paragraph: etree._Element, kind: str, *, mark: bool = True) -> None:
        """Track the runs of a paragraph that are not tracked yet, and its mark."""
        for element in list(paragraph.iter(w("r"))):
            parent = element.getparent()
            if parent is None or parent.tag in (w(INSERTED), w(DELETED)):
                continue
            wrapper = self._element(kind)
            element.addprevious(wrapper)
            wrapper.append(element)
            if kind == DELETED:
                for child in element.iterfind(w("t")):
                    child.tag = w("delText")
                    child.set(_XML_SPACE, "preserve")
        if mark:
            properties = paragraph.find(w("pPr"))
            if properties is None:
                properties = etree.Element(w("pPr"))
                paragraph.insert(0, properties)
            holder = properties.find(w("rPr"))
            if holder is None:
                holder = etree.Element(w("rPr"))
                behind = [c for c in properties if c.tag in (w("sectPr"), w("pPrChange"))]
                properties.insert(properties.index(behind[0]) if behind else len(properties), holder)
            holder.insert(0, self._element(kind))

    def _element(self, kind: str) -> etree._Element:
        return parse_fragment(self.mark(kind))[0]


def parse_fragment(xml: str) -> list[etree._Element]:
    return list(_parse(xml))


def _parse(xml: str) -> etree._Element:
    return etree.fromstring(f"<x {_DECLARATIONS}>{xml}</x>")


def source(element: etree._Element) -> str:
    """The element's XML without the declarations that the document's root already carries."""
    return _NAMESPACES.sub("", etree.tostring(element, encoding="unicode", with_tail=False))


def _run_text(element: etree._Element) -> str:
    shown = {w("tab"): "\t", w("br"): "\n"}
    return "".join(e.text or "" if e.tag == w("t") else shown.get(e.tag, "") for e in element)


def _runs(pieces: list[_Piece], *, plain: bool = False) -> Iterator[str]:
    for (properties, is_field), group in groupby(pieces, lambda p: (p.properties, bool(p.xml) and not plain)):
        if is_field:
            yield from (p.xml for p in group)
        else:
            yield run("".join(p.text for p in group), properties)


def _as_deleted(runs: str) -> str:
    """Text escaped by ``text_xml`` holds no ``<``, so that only tags are touched."""
    return runs.replace("<w:t>", "<w:delText>").replace("<w:t ", "<w:delText ").replace("</w:t>", "</w:delText>")
