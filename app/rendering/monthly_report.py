"""The monthly report as PDF, in the contract's own fonts and page layout."""

from __future__ import annotations

import uuid
from functools import cache

from jinja2 import FileSystemLoader, StrictUndefined

from app.domain.documents import DocumentMeta
from app.domain.monthly_report import MonthlyReport
from app.domain.term import BEIJING
from app.rendering.html import TEMPLATES, clean_text, template_text
from app.rendering.pdf import PdfRenderer
from app.rendering.sandbox import Sandbox


def render_monthly_report(renderer: PdfRenderer, report: MonthlyReport) -> bytes:
    title = f"合同月报 {report.month.year}年{report.month.month}月"
    meta = DocumentMeta(
        uuid.uuid4().hex[:12], title, str(report.month), "1", "", report.made_at, final=True, author=report.reader
    )
    made_at = f"{report.made_at.astimezone(BEIJING):%Y-%m-%d %H:%M}"
    markup = _environment().get_template("monthly_report.html").render(report=report, meta=meta, made_at=made_at)
    return renderer.draw(markup, _styles(report), meta)


def _styles(report: MonthlyReport) -> str:
    shares = sorted({c.share for t in report.tables for c in t.columns})
    return template_text("monthly_report.css") + "".join(f".share-{n} {{ width: {n}% }}\n" for n in shares)


@cache
def _environment() -> Sandbox:
    environment = Sandbox(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["clean"] = clean_text
    return environment
