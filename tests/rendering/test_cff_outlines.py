"""The outlines of embedded fonts, read one by one, are those that fontTools reads all together."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pikepdf
import pytest
from fontTools.ttLib import TTFont

from app.rendering.proof.cff_outlines import CffOutlines
from tests.rendering.fixtures import finished


def embedded() -> Iterator[tuple[bytes, dict[int, bytes], int, int]]:
    """Of each font: the CFF table, outlines by CID, where charstrings and charset begin."""
    _, made = finished(8, final=False)
    with pikepdf.open(BytesIO(made.content)) as pdf:
        programs = [o.FontFile3.read_bytes() for o in pdf.objects if isinstance(o, pikepdf.Dictionary) and "/FontFile3" in o]
    for program in programs:
        font = TTFont(BytesIO(program), lazy=True)
        top = font["CFF "].cff.topDictIndex[0]
        data, starts = font.reader["CFF "], dict(top.rawDict)
        items = top.CharStrings.charStringsIndex
        known = {int(name[3:]) if name.startswith("cid") else 0: items[n].bytecode for n, name in enumerate(top.charset)}
        yield data, known, starts["CharStrings"], starts["charset"]


def test_every_outline_of_every_font_is_the_same() -> None:
    fonts = list(embedded())
    assert len(fonts) >= 4
    for data, known, charstrings, charset in fonts:
        outlines = CffOutlines(data, charstrings)
        glyph = outlines.by_charset(charset)
        assert outlines.count == len(known)
        assert {cid: outlines[glyph(cid)] for cid in known} == known
        assert {glyph(cid) for cid in range(65536) if cid not in known} <= {-1}


def charset(form: int, *numbers: tuple[int, int]) -> bytes:
    """An INDEX of six empty charstrings and a charset behind it; each pair of ``numbers``: a value and its octets."""
    index = (6).to_bytes(2, "big") + b"\x01" + bytes([1] * 7)
    return index + bytes([form]) + b"".join(value.to_bytes(size, "big") for value, size in numbers)


@pytest.mark.parametrize(
    "data",
    [
        charset(0, (70, 2), (9, 2), (10, 2), (11, 2), (300, 2)),
        charset(1, (70, 2), (0, 1), (9, 2), (2, 1), (300, 2), (0, 1)),
        charset(2, (70, 2), (0, 2), (9, 2), (2, 2), (300, 2), (0, 2)),
    ],
)
def test_each_form_of_a_charset_is_read(data: bytes) -> None:
    glyph = CffOutlines(data, 0).by_charset(10)
    assert [glyph(cid) for cid in (0, 70, 9, 10, 11, 300)] == [0, 1, 2, 3, 4, 5]
    assert {glyph(cid) for cid in (1, 8, 12, 69, 71, 299, 301, 65535)} == {-1}


def test_a_damaged_font_is_an_error() -> None:
    with pytest.raises(ValueError, match="too early"):
        CffOutlines(charset(0, (70, 2)), 0).by_charset(10)
    with pytest.raises(ValueError, match="format 7"):
        CffOutlines(charset(7), 0).by_charset(10)
    with pytest.raises(ValueError, match="no charset"):
        CffOutlines(charset(0), 0).by_charset(2)
    with pytest.raises(ValueError, match="outside"):
        CffOutlines((1).to_bytes(2, "big") + b"\x01\x01\x09", 0)[0]
    with pytest.raises(IndexError):
        CffOutlines(charset(0), 0)[6]
