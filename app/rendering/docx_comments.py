"""Comments in a finished DOCX, as word processors know them: at the provisions' bookmarks, threaded, settled or open.

Flat comments are ISO 29500 (§17.13.4); who answers whom and what is settled stands in Microsoft's ``commentsExtended``
([MS-DOCX] 2.5.1.3, 2.5.1.4), which programs that don't know it leave out. The words of the contract are not touched.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from io import BytesIO

from lxml import etree

from app.domain.comments import SharedRemark, SharedThread
from app.rendering.docx_xml import MC, W14, W15, W, attribute, bookmark_name, run, w

MAIN = "word/document.xml"
_RELATIONS = "word/_rels/document.xml.rels"
_TYPES = "[Content_Types].xml"
_DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PARTS = {
    "comments": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.comments+xml",
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/comments",
    ),
    "commentsExtended": (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.commentsExtended+xml",
        "http://schemas.microsoft.com/office/2011/relationships/commentsExtended",
    ),
}
"""Part → its content type and the kind of its relationship."""


@dataclass(frozen=True, slots=True)
class _Note:
    """One remark with its number in the file, the id of its last paragraph, and that of the remark that it answers."""

    number: int
    remark: SharedRemark
    lead: str
    paragraph: str
    parent: str
    resolved: bool


def add_comments(content: bytes, threads: Sequence[SharedThread]) -> bytes:
    """The DOCX with ``threads`` at their places; what has no place in it stands at its first paragraph and says where it was.

    Equal input gives equal bytes.
    """
    if not threads:
        return content
    with zipfile.ZipFile(BytesIO(content)) as archive:
        parts = {info: archive.read(info) for info in archive.infolist()}
    document = etree.fromstring(next(data for info, data in parts.items() if info.filename == MAIN))
    anchors = {b.get(w("name")): b for b in document.iter(w("bookmarkStart"))}
    notes: list[_Note] = []
    for index, thread in enumerate(threads):
        found = anchors.get(bookmark_name(thread.place)) if thread.place and not thread.gone else None
        added = _notes(thread, index, len(notes), lost=found is None)
        _anchor(document, found, added)
        notes += added
    changed = {
        MAIN: etree.tostring(document, xml_declaration=True, encoding="UTF-8", standalone=True),
        _TYPES: _with_types(_blob(parts, _TYPES)),
        _RELATIONS: _with_relations(_blob(parts, _RELATIONS)),
    }
    fresh = {"word/comments.xml": _comments(notes), "word/commentsExtended.xml": _extended(notes)}
    target = BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for info, data in parts.items():
            package.writestr(info, changed.get(info.filename, data), zipfile.ZIP_DEFLATED)
        stamp = next(iter(parts)).date_time
        for name, data in fresh.items():
            package.writestr(zipfile.ZipInfo(name, stamp), data, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _blob(parts: dict[zipfile.ZipInfo, bytes], name: str) -> bytes:
    return next(data for info, data in parts.items() if info.filename == name)


def _notes(thread: SharedThread, index: int, first: int, *, lost: bool) -> list[_Note]:
    lead = f"【{thread.label}】" if lost and thread.place else ""
    notes: list[_Note] = []
    for offset, remark in enumerate(thread.remarks):
        # [MS-DOCX] 2.6.2.3: below 0x80000000.
        seed = f"comment:{index}:{offset}:{remark.at.isoformat()}:{remark.text}"
        identity = f"{int(hashlib.sha256(seed.encode('utf-8', 'surrogatepass')).hexdigest()[:8], 16) & 0x7FFFFFFF or 1:08X}"
        parent = notes[0].paragraph if notes else ""
        notes.append(_Note(first + offset, remark, lead if not offset else "", identity, parent, thread.resolved))
    return notes


def _anchor(document: etree._Element, bookmark: etree._Element | None, notes: Sequence[_Note]) -> None:
    """Ranges around the words of the place's paragraph, the references behind them."""
    if bookmark is not None:
        paragraph = next(e for e in bookmark.iterancestors() if e.tag == w("p"))
    else:
        paragraph = next(p for p in document.iter(w("p")) if any(t.text for t in p.iter(w("t"))))
    properties = paragraph.find(w("pPr"))
    position = 0 if properties is None else paragraph.index(properties) + 1
    for offset, note in enumerate(notes):
        paragraph.insert(position + offset, etree.Element(w("commentRangeStart"), {w("id"): str(note.number)}))
    for note in notes:
        etree.SubElement(paragraph, w("commentRangeEnd"), {w("id"): str(note.number)})
        reference = etree.SubElement(paragraph, w("r"))
        etree.SubElement(reference, w("commentReference"), {w("id"): str(note.number)})


def _comments(notes: Sequence[_Note]) -> bytes:
    body = "".join(_comment(note) for note in notes)
    head = f'<w:comments xmlns:w="{W}" xmlns:mc="{MC}" xmlns:w14="{W14}" mc:Ignorable="w14">'
    return f"{_DECLARATION}{head}{body}</w:comments>".encode()


def _comment(note: _Note) -> str:
    moment = note.remark.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    author = attribute(note.remark.author)
    lines = f"{note.lead}{note.remark.text}".split("\n")
    paragraphs = []
    for position, line in enumerate(lines):
        mark = f' w14:paraId="{note.paragraph}"' if position == len(lines) - 1 else ""
        reference = "<w:r><w:annotationRef/></w:r>" if not position else ""
        paragraphs.append(f"<w:p{mark}>{reference}{run(line)}</w:p>")
    return (
        f'<w:comment w:id="{note.number}" w:author="{author}" w:date="{moment}" w:initials="{attribute(note.remark.author[:1])}">'
        f"{''.join(paragraphs)}</w:comment>"
    )


def _extended(notes: Sequence[_Note]) -> bytes:
    rows = "".join(
        f'<w15:commentEx w15:paraId="{n.paragraph}"'
        + (f' w15:paraIdParent="{n.parent}"' if n.parent else "")
        + f' w15:done="{int(n.resolved)}"/>'
        for n in notes
    )
    return f'{_DECLARATION}<w15:commentsEx xmlns:w15="{W15}" xmlns:mc="{MC}" mc:Ignorable="w15">{rows}</w15:commentsEx>'.encode()


def _with_types(blob: bytes) -> bytes:
    root = etree.fromstring(blob)
    name = root.nsmap[None]
    for part, (kind, _) in _PARTS.items():
        etree.SubElement(root, f"{{{name}}}Override", {"PartName": f"/word/{part}.xml", "ContentType": kind})
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _with_relations(blob: bytes) -> bytes:
    root = etree.fromstring(blob)
    name = root.nsmap[None]
    for part, (_, relation) in _PARTS.items():
        values = {"Id": f"chengyue_{part}", "Type": relation, "Target": f"{part}.xml"}
        etree.SubElement(root, f"{{{name}}}Relationship", values)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
