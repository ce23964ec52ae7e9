"""The one PDF renderer of a test run; its fonts are cut once into the test run's cache."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path

from app.domain.documents import Attachment, RenderedPdf
from app.domain.tree import Instrument
from app.rendering.fonts import FontSet, ensure_fonts
from app.rendering.pdf import PdfRenderer
from tests.rendering.sample import meta_of, sample

JSON = Attachment("contract.json", b'{"title":"x"}', "application/json", "机器可读的合同", "Data")
DOCX = Attachment(
    "contract.docx", b"PK not really", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "文字处理版本", "Alternative"
)  # fmt: skip
FONTS = Path(tempfile.gettempdir()) / "chengyue-test-fonts"


@cache
def fonts() -> FontSet:
    return ensure_fonts(FONTS)


@cache
def renderer() -> PdfRenderer:
    return PdfRenderer(fonts())


@cache
def finished(rows: int = 60, *, final: bool = True) -> tuple[Instrument, RenderedPdf]:
    """The sample contract as a PDF with both attachments; drawn once for each argument."""
    instrument = sample(rows)
    return instrument, renderer().render(instrument, meta_of(instrument, final=final), (JSON, DOCX))
