"""From a compiled contract to its files, with the proof that every file says the same."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum

from app.domain.digest import canonical_text, digest
from app.domain.documents import Attachment, BoxPlacement, DocumentMeta, TextDifference, TextProof
from app.domain.errors import ContractError
from app.domain.interchange import contract_json
from app.domain.tree import Instrument, Table
from app.domain.variables import Answers
from app.services.ports import AnnexWriter, DocxRenderer, HtmlRenderer, PdfRenderer, Progress, TextProver

JSON_TYPE = "application/json"
DOCX_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class Format(Enum):
    DOCX = "docx"
    PDF = "pdf"
    HTML = "html"
    JSON = "json"
    TXT = "txt"
    XLSX = "xlsx"


ALL_FORMATS = frozenset(Format)
FILE_NAMES: Mapping[Format, str] = {f: f"contract.{f.value}" for f in Format} | {Format.XLSX: "annexes.xlsx"}


@dataclass(frozen=True, slots=True)
class Tools:
    """The real renderers and provers, handed over by wiring. ``verify_at``: address to which a text's digest is added for checking it."""

    docx: DocxRenderer
    pdf: PdfRenderer
    html: HtmlRenderer
    annexes: AnnexWriter
    prove_docx: TextProver
    prove_pdf: TextProver
    verify_at: str = ""


@dataclass(frozen=True, slots=True)
class Generated:
    """The finished files by name, how equal they are, what it took (seconds by step), and where the PDF's signing boxes lie."""

    files: Mapping[str, bytes]
    meta: DocumentMeta
    proofs: tuple[TextProof, ...]
    page_count: int
    timings: Mapping[str, float]
    boxes: tuple[BoxPlacement, ...] = ()


class UnequalText(ContractError):
    """A finished file does not say what the tree says. Nothing of it may be used."""

    def __init__(self, proofs: tuple[TextProof, ...]) -> None:
        lines = []
        for proof in proofs:
            lines += [f"{proof.file}：{_sentence(d)}" for d in proof.differences[:20]]
            if proof.missing_glyphs:
                lines.append(f"{proof.file}：缺字形：{'、'.join(proof.missing_glyphs[:20])}")
        super().__init__("document.unequal", "生成的文件与合同文本不一致，已放弃输出：\n" + "\n".join(lines))
        self.proofs = proofs


def _sentence(difference: TextDifference) -> str:
    where = difference.number or difference.anchor
    return f"{where}（{difference.anchor}）应为“{difference.expected}”，文件中为“{difference.found}”"


def identity(instrument: Instrument, created: datetime, *, final: bool, author: str = "") -> DocumentMeta:
    """Who this document is. The document id is derived from number, version and words, so it is the same everywhere."""
    words = digest(instrument)
    seed = f"{instrument.form}\0{instrument.number}\0{instrument.version}\0{words}\0{final}"
    document_id = hashlib.sha256(seed.encode("utf-8")).hexdigest()[:16].upper()
    return DocumentMeta(
        document_id, instrument.title, instrument.number, instrument.version, words, created, final=final, author=author
    )


PRICES = "fees.price_table"


def annex_tables(instrument: Instrument) -> tuple[Table, ...]:
    """The tables of the annexes, and the price table that the service list's price codes point to."""
    annexes = {s.number for s in instrument.annexes()}
    return tuple(
        p.table
        for s in instrument.sections()
        for p in s.walk()
        if p.table is not None and (s.number in annexes or p.table.id == PRICES)
    )


@dataclass(slots=True)
class StepClock:
    """Tells each step as it begins and sums up what it took (seconds)."""

    progress: Progress
    timings: dict[str, float] = field(default_factory=dict)
    _step: str = ""
    _since: float = 0.0

    def begin(self, step: str) -> None:
        self.end()
        self.progress(step)
        self._step, self._since = step, time.perf_counter()

    def end(self) -> None:
        if self._step:
            self.timings[self._step] = self.timings.get(self._step, 0.0) + time.perf_counter() - self._since
            self._step = ""


def generate(
    instrument: Instrument,
    answers: Answers,
    meta: DocumentMeta,
    tools: Tools,
    formats: Iterable[Format] = ALL_FORMATS,
    progress: Progress = lambda _step: None,
) -> Generated:
    """Render, then read every DOCX and PDF back and hold its words against the tree.

    Raises ``UnequalText`` if any block of any file differs; no file is returned then. The PDF lays out first: the page
    numbers in the DOCX's contents come from it, and it carries the finished DOCX as an attachment.
    """
    wanted = frozenset(formats)
    if meta.final and tools.verify_at:
        meta = replace(meta, verification=f"{tools.verify_at}{meta.digest}")
    clock = StepClock(progress)
    files: dict[Format, bytes] = {}
    proofs: list[TextProof] = []
    page_count, boxes = 0, tuple[BoxPlacement, ...]()
    clock.begin("机器可读合同")
    files[Format.JSON] = contract_json(instrument, answers, meta)
    if wanted & {Format.PDF, Format.DOCX}:

        def attachments(pages: Mapping[str, int]) -> tuple[Attachment, ...]:
            clock.begin("DOCX")
            files[Format.DOCX] = tools.docx(instrument, meta, pages=pages)
            clock.begin("PDF 附件与保存")
            return (
                Attachment("contract.json", files[Format.JSON], JSON_TYPE, "机器可读合同", "Data"),
                Attachment("contract.docx", files[Format.DOCX], DOCX_TYPE, "可编辑文本", "Alternative"),
            )

        clock.begin("PDF 排版")
        rendered = tools.pdf.render(instrument, meta, attachments)
        files[Format.PDF], page_count, boxes = rendered.content, rendered.page_count, rendered.boxes
        clock.begin("文本一致性证明")
        proofs.append(replace(tools.prove_docx(files[Format.DOCX], instrument), file="contract.docx"))
        proofs.append(replace(tools.prove_pdf(files[Format.PDF], instrument), file="contract.pdf"))
        if not all(p.equal for p in proofs):
            raise UnequalText(tuple(p for p in proofs if not p.equal))
    if Format.HTML in wanted:
        clock.begin("HTML")
        files[Format.HTML] = tools.html(instrument, meta).encode("utf-8")
    if Format.TXT in wanted:
        files[Format.TXT] = canonical_text(instrument).encode("utf-8")
    if Format.XLSX in wanted:
        clock.begin("附件工作簿")
        files[Format.XLSX] = tools.annexes(annex_tables(instrument), meta)
    clock.end()
    named = {FILE_NAMES[f]: files[f] for f in Format if f in wanted and f in files}
    return Generated(named, meta, tuple(proofs), page_count, clock.timings, boxes)
