"""The copy of a frozen text that is printed and signed with ink: every page bears its own codes.

It is made from the frozen file and is no PDF to be signed electronically: what signatories have filled in is drawn into the pages, forms and
certification are gone.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pikepdf

from app.domain.paper_signing import SIDE, Area, CopyIdentity, Corner, PrintCopy, code_area
from app.rendering.pdf_code import drawing, matrix_of

_MM = 72 / 25.4


def print_copy(pdf: bytes, identity: CopyIdentity) -> PrintCopy:
    """Codes in three corners of every page. Equal input gives equal bytes."""
    with pikepdf.open(BytesIO(pdf)) as opened:
        boxes = tuple(_boxes(opened))
        opened.flatten_annotations("print")
        for page in opened.pages:
            _drop_widgets(page)
        for name in ("/AcroForm", "/Perms", "/DSS", "/AF", "/Names"):
            if name in opened.Root:
                del opened.Root[name]
        for number, page in enumerate(opened.pages, 1):
            _put_codes(opened, page, number, identity)
        target = BytesIO()
        opened.save(target, deterministic_id=True)
    return PrintCopy(target.getvalue(), boxes)


def _drop_widgets(page: pikepdf.Page) -> None:
    """What can't be seen isn't drawn into the page: the system's own signature."""
    if "/Annots" not in page:
        return
    kept: Any = [a for a in page.Annots if a.get("/Subtype") != pikepdf.Name.Widget]
    if kept:
        page.Annots = pikepdf.Array(kept)
    else:
        del page["/Annots"]


def _put_codes(pdf: pikepdf.Pdf, page: pikepdf.Page, number: int, identity: CopyIdentity) -> None:
    left, bottom, right, top = (float(v) for v in page.MediaBox)
    width, height = (right - left) / _MM, (top - bottom) / _MM
    operators = ["/Artifact BMC q 0 0 0 rg"]
    for corner in Corner:
        area = code_area(corner, width, height)
        x, y = left + area.x * _MM, top - (area.y + area.height) * _MM
        side = SIDE * _MM
        code = drawing(matrix_of(identity.code(number, corner)))
        operators.append(f"q {side:.3f} 0 0 {side:.3f} {x:.3f} {y:.3f} cm {code} Q")
    operators.append("Q EMC\n")
    page.contents_add(pdf.make_stream("\n".join(operators).encode("ascii")), prepend=True)


def _boxes(pdf: pikepdf.Pdf) -> Iterator[tuple[int, Area]]:
    for number, page in enumerate(pdf.pages, 1):
        left, _, _, top = (float(v) for v in page.MediaBox)
        annotations: Any = page.get("/Annots", ())
        for annotation in annotations:
            if annotation.get("/Subtype") != pikepdf.Name.Widget:
                continue
            x1, y1, x2, y2 = (float(v) for v in annotation.Rect)
            if x2 > x1 and y2 > y1:
                yield number, Area((x1 - left) / _MM, (top - y2) / _MM, (x2 - x1) / _MM, (y2 - y1) / _MM)
