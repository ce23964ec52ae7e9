"""The code on the signature pages: a machine reads it, and no word of the contract is touched."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pypdfium2 as pdfium
import zxingcpp
from lxml import etree
from PIL import Image

from app.domain.tree import Box, BoxKind
from app.rendering.docx import render_docx
from app.rendering.proof.docx_text import prove_docx
from app.rendering.proof.pdf_text import prove_pdf
from tests.rendering.fixtures import finished
from tests.rendering.sample import meta_of, sample

SIGNS = (BoxKind.SIGNATURE, BoxKind.SEAL)
W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def codes(content: bytes, page: int) -> list[str]:
    document = pdfium.PdfDocument(content)
    try:
        image = document[page - 1].render(scale=200 / 72).to_pil().convert("L")
    finally:
        document.close()
    return [found.text for found in zxingcpp.read_barcodes(image)]


def test_every_signature_page_of_the_pdf_leads_to_where_the_text_is_checked() -> None:
    instrument, made = finished()
    address = meta_of(instrument, final=True).verification
    marks = {b.name for _, b in instrument.boxes() if b.kind in SIGNS}
    pages = {b.page for b in made.boxes if b.name in marks}
    assert pages
    assert all(codes(made.content, page) == [address] for page in pages)
    assert codes(made.content, min(pages) - 1) == []
    assert prove_pdf(made.content, instrument).equal


def test_a_draft_bears_no_code() -> None:
    _, made = finished(8, final=False)
    assert codes(made.content, made.page_count) == []


def test_the_word_file_shows_the_code_and_says_the_same_words() -> None:
    instrument = sample(8)
    meta = meta_of(instrument, final=True)
    made, plain = render_docx(instrument, meta), render_docx(instrument, meta_of(instrument))
    with zipfile.ZipFile(BytesIO(made)) as archive:
        pictures = [n for n in archive.namelist() if n.endswith(".png")]
        read = zxingcpp.read_barcodes(Image.open(BytesIO(archive.read(pictures[0]))).convert("L"))
        document = etree.fromstring(archive.read("word/document.xml"))
    signed = [x for x in instrument.sections() if any(isinstance(s, Box) and s.kind in SIGNS for r in x.form for s in r.content)]
    assert len(pictures) == 1
    assert read[0].text == meta.verification
    assert len(list(document.iter(f"{W}drawing"))) == len(signed) > 0
    assert prove_docx(made, instrument).equal
    with zipfile.ZipFile(BytesIO(plain)) as archive:
        assert not [n for n in archive.namelist() if n.endswith(".png")]
