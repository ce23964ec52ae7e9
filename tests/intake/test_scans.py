"""Scans of a signed print copy, really printed to pictures: sound ones, turned ones, a changed page, a strange page, rubbish."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw

from app.domain.paper_signing import CopyIdentity, PrintCopy, SheetState, judge
from app.intake.gate import RefusedFile
from app.intake.scans import read_scans
from app.rendering.print_copy import print_copy
from tests.intake.scanning import altered, as_pdf, jpeg, page_of, scanned
from tests.signatures.paper import paper

COPY = CopyIdentity("SHFW-2026-0001", "1", 4, "ab" * 32)


@pytest.fixture(scope="module")
def copy() -> PrintCopy:
    return print_copy(paper().content, COPY)


def states(copy: PrintCopy, files: list[bytes]) -> list[tuple[int, SheetState]]:
    sheets, _ = read_scans(copy, COPY, files)
    return [(j.page, j.state) for j in judge(sheets, COPY).sheets]


def test_sound_pages_are_recognised_however_they_lay_on_the_glass(copy: PrintCopy) -> None:
    angles = (0.7, -1.6, 180.3, 0.0)
    pictures = [scanned(page_of(copy.content, n), angle, n) for n, angle in enumerate(angles, 1)]
    assert states(copy, [as_pdf(pictures)]) == [(n, SheetState.SAME) for n in range(1, 5)]


def test_a_changed_page_is_marked_where_it_was_changed_and_others_are_told_apart(copy: PrintCopy) -> None:
    other = print_copy(paper().content, CopyIdentity("SHFW-2026-0009", "1", 4, "cd" * 32))
    noted = scanned(page_of(copy.content, 3))
    ImageDraw.Draw(noted).line([(300, 1900), (420, 1850), (560, 1930), (700, 1840)], fill=(20, 20, 90), width=9)
    files = [
        jpeg(noted),
        jpeg(scanned(altered(copy.content, 2, "壹佰贰拾", "提供互联"))),
        jpeg(scanned(page_of(copy.content, 1))),
        jpeg(scanned(page_of(other.content, 4))),
        jpeg(Image.new("RGB", (1654, 2339), (250, 250, 250))),
        jpeg(scanned(Image.new("RGB", (1654, 2339), (120, 130, 90)))),
    ]
    sheets, pictures = read_scans(copy, COPY, files)
    report = judge(sheets, COPY)
    assert [(j.page, j.state) for j in report.sheets][:5] == [
        (3, SheetState.ADDED), (2, SheetState.CHANGED), (1, SheetState.SAME), (0, SheetState.FOREIGN), (0, SheetState.BLANK),
    ]  # fmt: skip
    assert report.missing == (4,)
    assert not report.in_order
    assert {1, 2, 4} <= pictures.keys()
    assert all(p.startswith(b"\xff\xd8") for p in pictures.values())


@pytest.mark.parametrize("content", [b"%PDF-1.7 broken", b"\xff\xd8\xff broken", b""])
def test_what_can_not_be_read_is_refused(copy: PrintCopy, content: bytes) -> None:
    with pytest.raises(RefusedFile):
        read_scans(copy, COPY, [content])
