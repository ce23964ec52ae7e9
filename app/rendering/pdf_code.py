"""The code on the signature pages that leads to where anybody checks the text.

Like the draft mark it is a drawing and an artifact: no words for extraction or the proof, nothing for a reader to speak, no room taken from the text.
It stands in the lower-left corner, away from the binding's upper corner and from cross-page seals on the right edge.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import pikepdf
import segno

from app.rendering.pdf_mark import Outlined

CAPTION = "扫码验签"
_MM = 72 / 25.4
_SIDE, _LEFT, _BOTTOM = 16.0, 6.0, 9.5
"""Millimetres: the code's side, and its place from the page's lower-left corner."""
_CAPTION_SIZE, _CAPTION_GAP = 6.5, 1.0
_NAME = "/VerificationCode"
Matrix = tuple[bytes, ...]


def matrix_of(content: str, error: str = "m") -> Matrix:
    """The modules of a QR code by row from the top, 1 for dark, without the quiet zone."""
    code = segno.make(content, error=error, micro=False, boost_error=False)
    return tuple(bytes(row) for row in code.matrix)


def runs(matrix: Matrix) -> Iterable[tuple[int, int, int]]:
    """Dark modules as bars: row from the top, column, length."""
    for y, row in enumerate(matrix):
        x = 0
        while x < len(row):
            if not row[x]:
                x += 1
                continue
            start = x
            while x < len(row) and row[x]:
                x += 1
            yield y, start, x - start


def drawing(matrix: Matrix) -> str:
    """Path operators that fill a square of side 1 whose lower-left corner is the origin."""
    unit = 1 / len(matrix)
    bars = (f"{x * unit:.5f} {1 - (y + 1) * unit:.5f} {n * unit:.5f} {unit * 1.01:.5f} re" for y, x, n in runs(matrix))
    return "\n".join((*bars, "f"))


class VerificationCode:
    """One drawing for all signature pages of a document."""

    def __init__(self, address: str, caption: Outlined) -> None:
        scale = _CAPTION_SIZE / caption.units
        width = caption.width * scale
        words = f"q {scale:.6f} 0 0 {scale:.6f} {(_SIDE * _MM - width) / 2:.3f} 0 cm"
        rise = _CAPTION_SIZE + _CAPTION_GAP * _MM
        side = _SIDE * _MM
        code = f"q {side:.3f} 0 0 {side:.3f} 0 {rise:.3f} cm {drawing(matrix_of(address))} Q"
        self._drawing = "\n".join(("0.13 0.13 0.13 rg", words, *caption.operators, "f Q", code)).encode("ascii")
        self._height = side + rise

    def put_on(self, pdf: pikepdf.Pdf, pages: Collection[int]) -> None:
        """Draw the code on these pages (from 1)."""
        if not pages:
            return
        form = pikepdf.Stream(pdf, self._drawing)
        form.Type, form.Subtype = pikepdf.Name.XObject, pikepdf.Name.Form
        form.BBox = pikepdf.Array([0, -2, round(_SIDE * _MM, 3), round(self._height, 3)])
        form.Resources = pikepdf.Dictionary()
        form = pdf.make_indirect(form)
        for number in sorted(pages):
            page = pdf.pages[number - 1]
            if "/XObject" not in page.Resources:
                page.Resources.XObject = pikepdf.Dictionary()
            page.Resources.XObject[_NAME] = form
            left, bottom = float(page.MediaBox[0]) + _LEFT * _MM, float(page.MediaBox[1]) + _BOTTOM * _MM
            operators = f"/Artifact BMC q 1 0 0 1 {left:.2f} {bottom:.2f} cm {_NAME} Do Q EMC\n"
            page.Contents.write(operators.encode("ascii") + page.Contents.read_raw_bytes())
