"""The report of an evidence package as PDF/A, in the contract's own fonts and page layout."""

from __future__ import annotations

from app.domain.documents import DocumentMeta
from app.domain.evidence import EvidenceReport
from app.rendering.html import document_markup, template_text
from app.rendering.pdf import PdfRenderer


def render_evidence_report(renderer: PdfRenderer, report: EvidenceReport, meta: DocumentMeta) -> bytes:
    return renderer.draw(document_markup("evidence.html", report=report, meta=meta), template_text("evidence.css"), meta)
