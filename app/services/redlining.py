"""From a comparison to its files, with the proof that the tracked changes lead to both texts and to no other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.comparison_report import comparison_json
from app.domain.digest import digest
from app.domain.documents import DocumentMeta, TextProof
from app.domain.tree import Instrument
from app.services.comparing import Compared
from app.services.generation import Format, Generated, StepClock, UnequalText
from app.services.ports import PageFinder, Progress, RedlineDocxRenderer, RedlineHtmlRenderer, RedlinePdfRenderer, TextProver

REDLINE_FORMATS = (Format.HTML, Format.PDF, Format.DOCX, Format.JSON)
AUTHOR = "版本对比"
"""Author of the tracked changes."""
REDLINE_NAMES: Mapping[Format, str] = {f: f"comparison.{f.value}" for f in REDLINE_FORMATS}


@dataclass(frozen=True, slots=True)
class RedlineTools:
    """The real renderers, handed over by wiring. ``accept`` and ``reject`` resolve every tracked change of a DOCX."""

    pages: PageFinder
    docx: RedlineDocxRenderer
    html: RedlineHtmlRenderer
    pdf: RedlinePdfRenderer
    accept: Callable[[bytes], bytes]
    reject: Callable[[bytes], bytes]
    prove_docx: TextProver


def redline_identity(compared: Compared, created: datetime) -> DocumentMeta:
    """Who this document is; its id is derived from the words of both texts.

    The changes bear no person's name: they are what two texts differ in, whoever asks for the file, and it may go to the other party.
    """
    old, new = compared.comparison.old, compared.comparison.new
    words = digest(new)
    seed = f"comparison\0{new.form}\0{new.number}\0{digest(old)}\0{words}"
    document_id = hashlib.sha256(seed.encode("utf-8")).hexdigest()[:16].upper()
    version = f"{compared.old.label} → {compared.new.label}"
    return DocumentMeta(document_id, new.title, new.number, version, words, created, author=AUTHOR)


def make_redline(
    compared: Compared,
    meta: DocumentMeta,
    tools: RedlineTools,
    formats: Iterable[Format] = REDLINE_FORMATS,
    progress: Progress = lambda _step: None,
) -> Generated:
    """Render the comparison. Takes seconds, so it never runs inside a web request.

    The DOCX is proven before it is handed out: with all changes accepted it must say what the new text says, with all
    rejected what the old one says, word for word. Raises ``UnequalText`` otherwise; no file is returned then.
    """
    wanted = frozenset(formats)
    clock = StepClock(progress)
    comparison = compared.comparison
    files: dict[Format, bytes] = {}
    proofs: list[TextProof] = []
    pages = 0
    if Format.DOCX in wanted:
        clock.begin("目录页码")
        pages_of = tools.pages(comparison.new, meta)
        clock.begin("修订标记 DOCX")
        files[Format.DOCX] = tools.docx(comparison, meta, pages=pages_of)
        clock.begin("核对接受、拒绝全部修订")
        name = REDLINE_NAMES[Format.DOCX]
        proofs.append(_proof(tools.accept(files[Format.DOCX]), comparison.new, tools.prove_docx, f"{name}（接受全部修订）"))
        proofs.append(_proof(tools.reject(files[Format.DOCX]), comparison.old, tools.prove_docx, f"{name}（拒绝全部修订）"))
        if not all(p.equal for p in proofs):
            raise UnequalText(tuple(p for p in proofs if not p.equal))
    if Format.HTML in wanted:
        clock.begin("HTML")
        files[Format.HTML] = tools.html(comparison, meta).encode("utf-8")
    if Format.PDF in wanted:
        clock.begin("PDF 排版")
        drawn = tools.pdf(comparison, meta)
        files[Format.PDF], pages = drawn.content, drawn.page_count
    if Format.JSON in wanted:
        files[Format.JSON] = comparison_json(comparison)
    clock.end()
    named = {REDLINE_NAMES[f]: files[f] for f in REDLINE_FORMATS if f in files}
    return Generated(named, meta, tuple(proofs), pages, clock.timings)


def _proof(content: bytes, instrument: Instrument, prove: TextProver, file: str) -> TextProof:
    return replace(prove(content, instrument), file=file)
