"""The draft mark: the word 草稿 drawn in outline behind the text of every page.

It is a drawing, so that text extraction and the proof never see it as words, and an artifact, so that no reader speaks it (ISO
32000-1, 14.8.2.2). It goes into the finished file: one form for all pages, where the engine would draw it for each page anew.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pikepdf
from fontTools.pens.basePen import BasePen
from fontTools.ttLib import TTFont

_WIDTH = 150 / 25.4 * 72
"""Side of the square that holds the mark, in points."""
_RISE = 35.0
"""Degrees from the horizontal."""
_NAME = "/DraftMark"


class _PathPen(BasePen):
    """Writes outlines as PDF path operators, moved right by ``shift``."""

    def __init__(self, glyphs: Any) -> None:
        super().__init__(glyphs)
        self.operators: list[str] = []
        self.shift = 0.0

    def _draw(self, operator: str, *points: tuple[float, float]) -> None:
        self.operators.append(" ".join(f"{x + self.shift:.0f} {y:.0f}" for x, y in points) + f" {operator}")

    def _moveTo(self, pt: tuple[float, float]) -> None:
        self._draw("m", pt)

    def _lineTo(self, pt: tuple[float, float]) -> None:
        self._draw("l", pt)

    def _curveToOne(self, pt1: tuple[float, float], pt2: tuple[float, float], pt3: tuple[float, float]) -> None:
        self._draw("c", pt1, pt2, pt3)

    def _closePath(self) -> None:
        self.operators.append("h")


@dataclass(frozen=True, slots=True)
class Outlined:
    """Words as outlines: path operators from the base line's left end, the words' width and the em, all in the font's units."""

    operators: tuple[str, ...]
    width: float
    units: float


def outlined(font: Path, text: str) -> Outlined:
    with TTFont(font, lazy=True) as opened:
        glyphs, names = opened.getGlyphSet(), opened.getBestCmap()
        pen = _PathPen(glyphs)
        for char in text:
            glyph = glyphs[names[ord(char)]]
            glyph.draw(pen)
            pen.shift += glyph.width
        return Outlined(tuple(pen.operators), pen.shift, float(opened["head"].unitsPerEm))


class DraftMark:
    """The mark's drawing, made once from the outlines of a font."""

    def __init__(self, font: Path, text: str = "草稿") -> None:
        words = outlined(font, text)
        self._size = words.width + words.units
        turn = math.radians(_RISE)
        cos, sin = math.cos(turn), math.sin(turn)
        # The middle of the words (0.38 em above the base line) goes to the middle of the square, then the words are turned there.
        x, y, middle = words.width / 2, 0.38 * words.units, self._size / 2
        place = f"{cos:.5f} {sin:.5f} {-sin:.5f} {cos:.5f} {middle - cos * x + sin * y:.2f} {middle - sin * x - cos * y:.2f} cm"
        self._drawing = "\n".join(("0.941 0.941 0.941 rg", place, *words.operators, "f")).encode("ascii")

    def put_behind(self, pdf: pikepdf.Pdf) -> None:
        """Draw the mark in the middle of every page, behind what the page holds."""
        form = pikepdf.Stream(pdf, self._drawing)
        form.Type, form.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
        form.BBox, form.Resources = pikepdf.Array([0, 0, self._size, self._size]), pikepdf.Dictionary()
        form = pdf.make_indirect(form)
        scale = _WIDTH / self._size
        for page in pdf.pages:
            page.Resources.XObject[_NAME] = form
            left, bottom, right, top = (float(value) for value in page.MediaBox)
            x, y = (left + right - _WIDTH) / 2, (bottom + top - _WIDTH) / 2
            operators = f"/Artifact BMC q {scale:.6f} 0 0 {scale:.6f} {x:.2f} {y:.2f} cm {_NAME} Do Q EMC\n"
            page.Contents.write(operators.encode("ascii") + page.Contents.read_raw_bytes())
