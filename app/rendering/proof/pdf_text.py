"""Proof that a finished PDF says what the tree says: its own text, read back with PDFium, against the canonical text.

Only what layout adds is taken away, and each of it must be exactly what was expected: the running header and footer at the end
of every page's text, the contents list with true page numbers, and a table's head repeated where the table goes on. Anything
else in those places stays in the text and fails the proof, so that nothing can hide there.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from itertools import accumulate

from app.domain.digest import CanonicalLine, canonical_lines, digest
from app.domain.documents import TextDifference, TextProof
from app.domain.tree import Instrument, Layout
from app.rendering.pdfium import opened
from app.rendering.proof.compare import compare_stream, words
from app.rendering.proof.pdf_glyphs import missing_glyphs
from app.rendering.proof.pdf_rows import rejoin_rows

_DRAFT = "草稿未定稿"
_CONTENTS = "目录"
_SAME_GLYPH = str.maketrans({"\u2011": "-", "\u2012": "\u2013", "\u2027": "\u2022", "\u301c": "\uff5e", "\u2215": "\uff0f",
                             "\u2035": "\uff40"})  # fmt: skip
"""Noto CJK draws each pair with one glyph: on paper they are the same sign, and the file can't tell them apart."""
_LINE_END_HYPHEN = {0xFFFE: "-", 0x02: "-"}
"""PDFium gives a hyphen at a line's end as a non-character; the contract has no other hyphens there than its own."""
_COMPATIBILITY = re.compile("[\u2e80-\u2fdf\uf900-\ufaff\U0002f800-\U0002fa1f]")


def prove_pdf(content: bytes, instrument: Instrument, *, name: str = "contract.pdf") -> TextProof:
    """Hold the PDF ``content`` against ``instrument``; every difference names its provision.

    ``TextProof.missing_glyphs`` also names fonts that are not embedded.
    """
    lines = [CanonicalLine(line.anchor, line.number, _folded(line.text)) for line in canonical_lines(instrument)]
    pages, differences = _without_furniture(_page_texts(content), instrument)
    entries: list[tuple[str, int]] = []
    if instrument.layout is Layout.BOOK:
        pages, entries, found = _without_contents(pages, instrument, lines)
        differences += found
    bodies = rejoin_rows(_without_repeated_heads(pages, instrument, lines), lines)
    body = "".join(bodies)
    differences += compare_stream(lines, body)
    if not differences:
        differences += _wrong_page_numbers(entries, bodies, lines)
    return TextProof(name, len(lines), len(body), tuple(differences), missing_glyphs(content))


def _folded(text: str) -> str:
    """Signs that one glyph stands for made one, on both sides."""
    return _COMPATIBILITY.sub(lambda m: unicodedata.normalize("NFKC", m.group()), text.translate(_SAME_GLYPH))


def _page_texts(content: bytes) -> list[str]:
    texts = []
    with opened(content) as document:
        for page in document:
            text_page = page.get_textpage()
            texts.append(text_page.get_text_range())
            text_page.close()
            page.close()
    return [words(_folded(text.translate(_LINE_END_HYPHEN))) for text in texts]


def _without_furniture(pages: Sequence[str], instrument: Instrument) -> tuple[list[str], list[TextDifference]]:
    """The pages without header and footer, which must be exactly ours on every page but a contract's cover."""
    book = instrument.layout is Layout.BOOK
    title = re.escape(words(_folded(instrument.title)))
    number = re.escape(words(_folded(f"{'合同' if book else '文书'}编号：{instrument.number}"))) if instrument.number else ""
    stripped, faults = [], []
    drafts: set[bool] = set()
    identities: set[str] = set()
    digests: set[str] = set()
    for index, text in enumerate(pages, 1):
        if book and index == 1:
            pattern = f"(?P<draft>{_DRAFT})?$"
        else:
            pattern = (
                f"{title}(?P<draft>{_DRAFT})?{number}文档编号(?P<id>[0-9A-Za-z-]+)第{index}页共{len(pages)}页"
                "正文摘要(?P<digest>[0-9a-f]{16})$"
            )
        match = re.search(pattern, text)
        if match is None:
            faults.append(TextDifference(f"page.{index}", "", "本页的页眉、页脚", text[-120:]))
            stripped.append(text)
            continue
        drafts.add(match["draft"] is not None)
        if not book or index > 1:
            identities.add(match["id"])
            digests.add(match["digest"])
        stripped.append(text[: match.start()])
    if digests - {digest(instrument)[:16]}:
        faults.append(TextDifference("digest", "", digest(instrument)[:16], "、".join(sorted(digests))))
    if len(drafts) > 1 or len(identities) > 1:
        faults.append(TextDifference("page.1", "", "各页一致的草稿标记和文档编号", "不一致"))
    return stripped, faults


def _without_contents(
    pages: list[str], instrument: Instrument, lines: Sequence[CanonicalLine]
) -> tuple[list[str], list[tuple[str, int]], list[TextDifference]]:
    """The pages with the contents list emptied, and its entries: (place, printed page number)."""
    headings = {c.id for c in instrument.chapters} | {s.id for s in instrument.sections()}
    entries = [line for line in lines if line.anchor in headings]
    pattern = re.compile(_CONTENTS + "".join(rf"{re.escape(words(e.text))}\.*(\d{{1,4}})" for e in entries))
    text = ""
    for last in range(1, min(len(pages), 12)):
        text += pages[last]
        match = pattern.fullmatch(text)
        if match is not None:
            emptied = [pages[0], *("" for _ in range(last)), *pages[last + 1 :]]
            return emptied, [(e.anchor, int(p)) for e, p in zip(entries, match.groups(), strict=True)], []
    fault = TextDifference("contents", "", "目录（全部章、节标题及页码）", text[:200])
    first = next((words(line.text) for line in lines[1 + len(instrument.cover) :]), "")
    start = next((i for i, page in enumerate(pages) if i and first and page.startswith(first)), 1)
    return [pages[0], *("" for _ in range(1, start)), *pages[start:]], [], [fault]


def _without_repeated_heads(pages: Sequence[str], instrument: Instrument, lines: Sequence[CanonicalLine]) -> list[str]:
    """The pages without the head that a table repeats at the top of a page it runs on to."""
    expected = "".join(words(line.text) for line in lines)
    ends = list(accumulate(len(words(line.text)) for line in lines))
    places: dict[str, list[int]] = defaultdict(list)
    for index, line in enumerate(lines):
        places[line.anchor.partition("#")[0]].append(index)
    heads: list[tuple[str, int, int]] = []
    for table in (p.table for p in instrument.provisions() if p.table is not None):
        own = places[table.id]
        head = next((i for i in own if lines[i].anchor == f"{table.id}#head"), None)
        if head is not None:
            heads.append((words(lines[head].text), ends[head], ends[own[-1]]))
    result: list[str] = []
    offset, equal = 0, True
    for text in pages:
        for repeated, begin, end in heads:
            running = begin <= offset < end if equal else begin <= offset + 200 and offset - 200 < end
            if repeated and running and text.startswith(repeated) and not expected.startswith(repeated, offset):
                text = text[len(repeated) :]
                break
        equal = equal and expected.startswith(text, offset)
        result.append(text)
        offset += len(text)
    return result


def _wrong_page_numbers(
    entries: Sequence[tuple[str, int]], bodies: Sequence[str], lines: Sequence[CanonicalLine]
) -> list[TextDifference]:
    """Contents entries whose number is not the page that the heading begins on."""
    starts: dict[str, int] = {}
    offset = 0
    for line in lines:
        starts.setdefault(line.anchor, offset)
        offset += len(words(line.text))
    ends = list(accumulate(map(len, bodies)))
    faults = []
    for anchor, printed in entries:
        page = next(i for i, end in enumerate(ends, 1) if starts[anchor] < end)
        if page != printed:
            faults.append(TextDifference(anchor, "", f"目录页码 {page}", f"目录页码 {printed}"))
    return faults
