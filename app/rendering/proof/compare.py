"""Holding the words of a finished file against the canonical text, place by place (DESIGN rule 8).

Only what layout adds is taken away on both sides: line breaks, spaces of every width, zero-width characters and characters
that XML cannot carry. Digits, punctuation and full- or half-width forms count as they are.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from app.domain.digest import CELL_SEPARATOR, CanonicalLine
from app.domain.documents import TextDifference

LAYOUT = re.compile(
    "[\\s\u00ad\u200b-\u200d\u2060\ufeff]"  # every space, soft hyphen, zero-width characters
    "|[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]"  # control characters, lone surrogates, non-characters
)
_RESYNC_LINES = 60
_RESYNC_CHARACTERS = 16
_SHOWN = 400


@dataclass(frozen=True, slots=True)
class FoundBlock:
    """One block of a finished file in reading order: a paragraph with its automatic number, or a table row.

    ``cells`` is set for a table row (``text`` is then empty); ``anchor`` is the id the file itself carries, or empty.
    """

    number: str = ""
    text: str = ""
    cells: tuple[str, ...] = ()
    anchor: str = ""

    @property
    def printed(self) -> str:
        return CELL_SEPARATOR.join(self.cells) if self.cells else f"{self.number} {self.text}" if self.number else self.text


def words(text: str) -> str:
    """``text`` without what layout adds."""
    return LAYOUT.sub("", text)


def compare_stream(lines: Sequence[CanonicalLine], text: str) -> tuple[TextDifference, ...]:
    """Differences between the canonical lines and one stream of text in the same reading order (PDF).

    ``text`` must already be free of page furniture. After a difference the comparison finds its place again within the next
    60 lines, so each difference names its own place; what cannot be placed is reported once.
    """
    expected = [words(line.text) for line in lines]
    found = words(text)
    if "".join(expected) == found:
        return ()
    differences: list[TextDifference] = []
    index, position = 0, 0
    while index < len(lines):
        if found.startswith(expected[index], position):
            position += len(expected[index])
            index += 1
            continue
        resume, where = _resync(expected, index, found, position)
        differences += _spread(lines, expected, index, resume, found[position:where])
        index, position = resume, where
    if position < len(found):
        anchor = lines[-1] if lines else CanonicalLine("", "", "")
        differences.append(TextDifference(anchor.anchor, anchor.number, "", _shown(found[position:])))
    return tuple(differences)


def _resync(expected: Sequence[str], index: int, found: str, position: int) -> tuple[int, int]:
    """The next line behind ``index`` that can be found again, and where; the ends when none can."""
    limit = sum(map(len, expected[index : index + _RESYNC_LINES])) * 2 + 2000
    for candidate in range(index + 1, min(index + 1 + _RESYNC_LINES, len(expected))):
        probe, following = expected[candidate], candidate + 1
        while len(probe) < _RESYNC_CHARACTERS and following < len(expected):
            probe += expected[following]
            following += 1
        if not probe:
            continue
        where = found.find(probe, position, position + limit)
        if where >= 0:
            return candidate, where
    return len(expected), len(found)


def _spread(lines: Sequence[CanonicalLine], expected: Sequence[str], start: int, end: int, segment: str) -> list[TextDifference]:
    """Share a stretch of found text out over the lines it stands for, and report those that differ."""
    if end - start == 1:
        return [_difference(lines[start], segment)]
    text = "".join(expected[start:end])
    cuts = _cuts(text, [len(e) for e in expected[start:end]], segment)
    result = []
    for offset, (left, right) in enumerate(cuts):
        part = segment[left:right]
        if part != expected[start + offset]:
            result.append(_difference(lines[start + offset], part))
    return result or [_difference(lines[start], segment)]


def _cuts(text: str, lengths: Sequence[int], segment: str) -> list[tuple[int, int]]:
    """Where the boundaries of the expected lines fall in the found segment."""
    if len(text) * len(segment) > 25_000_000:  # difflib is quadratic; a wholly different file needs no fine placing
        return [(0, len(segment)), *((len(segment), len(segment)) for _ in lengths[1:])]
    boundaries, place = [], 0
    for length in lengths:
        place += length
        boundaries.append(place)
    mapped: list[int] = []
    opcodes = SequenceMatcher(None, text, segment, autojunk=False).get_opcodes()
    for boundary in boundaries[:-1]:
        where = 0
        for tag, a1, a2, b1, b2 in opcodes:
            if a1 <= boundary <= a2:
                where = b1 + boundary - a1 if tag == "equal" else b2 if boundary == a2 else b1
                break
        mapped.append(where)
    points = [0, *mapped, len(segment)]
    return list(itertools.pairwise(points))


def compare_blocks(lines: Sequence[CanonicalLine], blocks: Iterable[FoundBlock]) -> tuple[TextDifference, ...]:
    """Differences between the canonical lines and the blocks of a finished file, block by block (DOCX).

    Paragraphs and table cells must begin and end where the canonical text's do. A block that carries an anchor must carry
    the one of its line.
    """
    found = [b for b in blocks if words(b.printed)]
    wanted = [line for line in lines if words(line.text)]
    left = [_line_words(line) for line in wanted]
    right = [_cells_words(b.cells) if b.cells else words(b.printed) for b in found]
    differences: list[TextDifference] = []
    if left == right:
        pairs: list[tuple[CanonicalLine, FoundBlock]] = list(zip(wanted, found, strict=True))
    else:
        pairs = []
        for tag, a1, a2, b1, b2 in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
            if tag == "equal":
                pairs += zip(wanted[a1:a2], found[b1:b2], strict=True)
            else:
                differences += _paired(wanted[a1:a2], found[b1:b2], wanted[a1 - 1] if a1 else None)
    for line, block in pairs:
        if block.anchor and block.anchor != line.anchor:
            note = f"内容控件标识应为 {line.anchor}"
            differences.append(TextDifference(line.anchor, line.number, note, f"内容控件标识为 {block.anchor}"))
    return tuple(differences)


def _paired(lines: Sequence[CanonicalLine], blocks: Sequence[FoundBlock], before: CanonicalLine | None) -> list[TextDifference]:
    """Pair unequal lines and blocks in order; what is left over on either side is missing or surplus."""
    result = [_difference(line, block.printed) for line, block in zip(lines, blocks, strict=False)]
    result += [_difference(line, "") for line in lines[len(blocks) :]]
    anchor = lines[-1] if lines else before or CanonicalLine("", "", "")
    result += [TextDifference(anchor.anchor, anchor.number, "", _shown(b.printed)) for b in blocks[len(lines) :]]
    return result


def _line_words(line: CanonicalLine) -> str:
    if "#" in line.anchor:  # a row of a table: the borders of its cells count
        return _cells_words(line.text.split(CELL_SEPARATOR))
    return words(line.text)


def _cells_words(cells: Sequence[str]) -> str:
    return CELL_SEPARATOR.join(words(c) for c in cells)


def _difference(line: CanonicalLine, found: str) -> TextDifference:
    return TextDifference(line.anchor, line.number, _shown(line.text), _shown(found))


def _shown(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
