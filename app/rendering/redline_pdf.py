"""A comparison as PDF: head with both texts, list of changes, values, then the text with long unchanged stretches folded."""

from __future__ import annotations

from io import BytesIO

import pikepdf

from app.domain.comparison import Comparison
from app.domain.documents import DocumentMeta, RenderedPdf
from app.rendering.pdf import PdfRenderer
from app.rendering.redline_html import redline_styles, render_redline_document


def render_redline_pdf(renderer: PdfRenderer, comparison: Comparison, meta: DocumentMeta) -> RenderedPdf:
    """The finished file; it has neither anchors' pages nor signing boxes."""
    content = renderer.draw(render_redline_document(comparison, meta, folded=True), redline_styles(), meta)
    with pikepdf.open(BytesIO(content)) as document:
        pages = len(document.pages)
    return RenderedPdf(content, pages, {}, ())
