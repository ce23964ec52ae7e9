"""Small pieces of WordprocessingML: escaping, stable names and ids, runs, fields, content controls."""

from __future__ import annotations

import hashlib
import re
from xml.sax.saxutils import escape

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
W14 = "http://schemas.microsoft.com/office/word/2010/wordml"
W15 = "http://schemas.microsoft.com/office/word/2012/wordml"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
NSMAP = {"w": W, "r": R, "mc": MC, "w14": W14, "w15": W15}

MAX_TAG = 64
"""Longest tag and title of a content control that Word accepts."""
MAX_BOOKMARK = 40
"""Longest name of a bookmark that Word accepts."""
TWIPS_PER_MM = 1440 / 25.4
EAST_ASIAN = '<w:rFonts w:hint="eastAsia"/>'
"""Without the hint Word sets “”…— in the Latin font of the run, half as wide as Chinese text wants them."""

_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_BREAKS = re.compile(r"(\r\n|\r|\n|\t)")
_BOOKMARK = re.compile(r"[A-Za-z0-9_]+")


def w(name: str) -> str:
    """Clark name of an element or attribute of the main namespace."""
    return f"{{{W}}}{name}"


def clean(text: str) -> str:
    """``text`` without the characters that XML 1.0 can't carry (control characters, lone surrogates)."""
    return _ILLEGAL.sub("", text)


def attribute(text: str) -> str:
    """``text`` escaped for a double-quoted attribute."""
    return escape(clean(text), {'"': "&quot;", "\n": " ", "\t": " "})


def twips(millimetres: float) -> int:
    return round(millimetres * TWIPS_PER_MM)


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def bookmark_name(place: str, prefix: str = "_cl_") -> str:
    """The bookmark of a place: ``fees.payment.term`` → ``_cl_fees_payment_term``; the same in every version of a contract.

    An underscore of the id is doubled so that ids don't meet; what is too long or not ASCII ends in a hash. A leading
    underscore hides the bookmark in Word's list.
    """
    name = prefix + place.replace("_", "__").replace(".", "_")
    if len(name) <= MAX_BOOKMARK and _BOOKMARK.fullmatch(name):
        return name
    readable = re.sub(r"[^A-Za-z0-9]+", "_", place)[: MAX_BOOKMARK - len(prefix) - 9]
    return f"{prefix}{readable}_{_sha(place)[:8]}"


def control_tag(kind: str, place: str) -> str:
    """The tag of a content control: ``clause:fees.payment.term``; an id too long for it ends in a hash."""
    tag = f"{kind}:{place}"
    return tag if len(tag) <= MAX_TAG else f"{tag[: MAX_TAG - 9]}~{_sha(place)[:8]}"


class Ids:
    """Numeric ids that depend on the place alone, so that two versions of a contract carry the same ones.

    Comparison programs take a clause whose ids changed for a wholly new one.
    """

    def __init__(self) -> None:
        self._taken: set[int] = set()

    def of(self, kind: str, place: str) -> int:
        """A positive 31-bit number, unique in this document; the second of two equal places gets another one."""
        attempt = 0
        while True:
            number = int(_sha(f"{kind}:{place}:{attempt}")[:8], 16) & 0x7FFFFFFF
            if number and number not in self._taken:
                self._taken.add(number)
                return number
            attempt += 1


def text_xml(text: str) -> str:
    """The children of a run for ``text``: line ends become breaks, tabs tabs."""
    text = clean(text)
    if "\n" not in text and "\t" not in text and "\r" not in text:
        return f'<w:t xml:space="preserve">{escape(text)}</w:t>'
    parts = []
    for piece in _BREAKS.split(text):
        if piece == "\t":
            parts.append("<w:tab/>")
        elif piece in ("\n", "\r", "\r\n"):
            parts.append("<w:br/>")
        elif piece:
            parts.append(f'<w:t xml:space="preserve">{escape(piece)}</w:t>')
    return "".join(parts)


def run_properties(style: str = "", bold: bool = False) -> str:
    mark = f'<w:rStyle w:val="{style}"/>' if style else ""
    return f"<w:rPr>{mark}{EAST_ASIAN}{'<w:b/><w:bCs/>' if bold else ''}</w:rPr>"


PLAIN = run_properties()


def run(text: str, properties: str = PLAIN) -> str:
    return f"<w:r>{properties}{text_xml(text)}</w:r>" if text else ""


def field(instruction: str, shown: str, properties: str = PLAIN) -> str:
    """A complex field with its cached result, as Word writes it."""
    return (
        f'<w:r>{properties}<w:fldChar w:fldCharType="begin"/></w:r>'
        f'<w:r>{properties}<w:instrText xml:space="preserve"> {escape(instruction)} </w:instrText></w:r>'
        f'<w:r>{properties}<w:fldChar w:fldCharType="separate"/></w:r>{run(shown, properties)}'
        f'<w:r>{properties}<w:fldChar w:fldCharType="end"/></w:r>'
    )


def bookmarked(content: str, name: str, number: int) -> str:
    return f'<w:bookmarkStart w:id="{number}" w:name="{name}"/>{content}<w:bookmarkEnd w:id="{number}"/>'


_HANGING = "。；，、：！？）”》"
_RUN_END = "</w:t></w:r>"


def around_words(content: str, name: str, number: int) -> str:
    """A bookmark around the runs of a paragraph, but before a last punctuation mark.

    LibreOffice lets the mark hang into the margin and breaks the line before a bookmark that ends behind it: the reader
    saw an empty line under the paragraph. ``content``'s last run must end in its text.
    """
    mark = content[-len(_RUN_END) - 1 : -len(_RUN_END)]
    if not content.endswith(_RUN_END) or mark not in _HANGING:
        return bookmarked(content, name, number)
    opening = content.rfind("<w:r>")
    text = content.rfind("<w:t ")
    head = content[: -len(_RUN_END) - 1]
    if head.endswith('">'):  # the mark is all the run's text
        return bookmarked(content[:opening], name, number) + content[opening:]
    properties = content[opening + len("<w:r>") : text].rpartition("</w:rPr>")
    return bookmarked(head + _RUN_END, name, number) + f"<w:r>{properties[0]}{properties[1]}<w:t>{mark}{_RUN_END}"


def control(content: str, tag: str, title: str, number: int, kind: str = "") -> str:
    """A content control around ``content`` (block or run level alike); its frame stays hidden in Word.

    ``kind``: the XML of the control's type (``<w:text/>``), empty for rich text.
    """
    return (
        f'<w:sdt><w:sdtPr><w:alias w:val="{attribute(title)[:MAX_TAG]}"/><w:tag w:val="{attribute(tag)}"/><w:id w:val="{number}"/>'
        f'<w15:appearance w15:val="hidden"/>{kind}</w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>'
    )


def paragraph(style: str, content: str, properties: str = "") -> str:
    """``properties`` in the order of the schema: keepNext, pageBreakBefore, numPr …"""
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{properties}</w:pPr>{content}</w:p>'
