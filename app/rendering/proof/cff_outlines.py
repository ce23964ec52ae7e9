"""Single outlines of a CFF font program, without a look at the others.

A subset keeps the numbers of all glyphs of the font it was cut from, eight thousand or sixty thousand, with nothing in most; a contract
shows some hundred of them. The layout of an INDEX and of a charset is that of Adobe Technical Note 5176, sections 5 and 13.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable


class CffOutlines:
    """The charstrings by glyph number. ``data``: the whole table; ``start``: where its CharStrings INDEX begins."""

    def __init__(self, data: bytes, start: int) -> None:
        self._data = data
        self.count = self._number(start, 2)
        self._size = self._number(start + 2, 1)
        self._offsets = start + 3
        # Offsets count from the byte before the first charstring.
        self._base = self._offsets + (self.count + 1) * self._size - 1

    def __getitem__(self, glyph: int) -> bytes:
        if not 0 <= glyph < self.count:
            raise IndexError(glyph)
        at = self._offsets + glyph * self._size
        begin, end = self._number(at, self._size), self._number(at + self._size, self._size)
        if not 1 <= begin <= end <= len(self._data) - self._base:
            raise ValueError(f"charstring {glyph} lies outside of the font")
        return self._data[self._base + begin : self._base + end]

    def by_charset(self, start: int) -> Callable[[int], int]:
        """Glyph number by CID, -1 for one that the font lacks. ``start``: where the charset of a CID-keyed font begins."""
        if start <= 2:
            raise ValueError("a CID-keyed font has no charset of its own")
        ranges = self._ranges(start)
        firsts = [first for first, _, _ in ranges]

        def glyph(cid: int) -> int:
            place = bisect_right(firsts, cid) - 1
            if place < 0:
                return -1
            first, length, number = ranges[place]
            return number + cid - first if cid < first + length else -1

        return glyph

    def _ranges(self, start: int) -> list[tuple[int, int, int]]:
        """First CID, how many, number of the first glyph; in the order of CIDs. Glyph 0 is CID 0 and not written down."""
        form, at, number = self._number(start, 1), start + 1, 1
        if form not in (0, 1, 2):
            raise ValueError(f"charset of format {form}")
        found = [(0, 1, 0)]
        while number < self.count:
            first, more = self._number(at, 2), self._number(at + 2, form) if form else 0
            found.append((first, more + 1, number))
            at, number = at + 2 + form, number + more + 1
        return sorted(found)

    def _number(self, at: int, size: int) -> int:
        if not 0 <= at <= len(self._data) - size:
            raise ValueError("the font ends too early")
        return int.from_bytes(self._data[at : at + size], "big")
