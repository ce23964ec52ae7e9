"""Papers and consolidated copies as files: rendered, proven equal to their text, filed with the contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.papers import PaperState
from app.domain.permissions import Action, Actor
from app.domain.tree import Instrument
from app.domain.variables import Answers
from app.services.consolidating import InForce
from app.services.filing import DocumentKind, DocumentView, attach_document
from app.services.generation import DOCX_TYPE, JSON_TYPE, Format, Generated, Tools, generate, identity
from app.services.paper_freezing import CompiledPaper, FrozenPaper
from app.services.paper_texts import open_paper, require_state
from app.services.ports import Progress
from app.store.blobs import BlobStore
from app.store.documents import documents_of
from app.store.uow import UnitOfWork

PAPER_FORMATS = frozenset({Format.DOCX, Format.PDF, Format.JSON, Format.TXT})
COPY_FORMATS = frozenset({Format.DOCX, Format.PDF, Format.HTML, Format.TXT})
_TYPES: Mapping[str, str] = {"docx": DOCX_TYPE, "pdf": "application/pdf", "json": JSON_TYPE, "txt": "text/plain; charset=utf-8"}


@dataclass(frozen=True, slots=True)
class PaperFiles:
    """What shall be made: one text under the name ``stem``; ``final``: frozen, so that it is no draft."""

    instrument: Instrument
    answers: Answers
    stem: str
    final: bool
    formats: frozenset[Format] = PAPER_FORMATS


def files_of(paper: FrozenPaper | CompiledPaper) -> PaperFiles:
    """A frozen paper as final files, one being drafted as drafts."""
    frozen = isinstance(paper, FrozenPaper)
    head = paper.head if isinstance(paper, FrozenPaper) else paper.text.head
    return PaperFiles(paper.instrument, paper.answers, head.number, final=frozen)


def copy_of(found: InForce) -> PaperFiles:
    """The text in force as a reading copy: 合并文本（仅供查阅）."""
    consolidated = found.consolidated
    stem = f"{found.number}-合并文本-{consolidated.as_of:%Y%m%d}"
    return PaperFiles(found.copy(), consolidated.standing.answers, stem, final=True, formats=COPY_FORMATS)


def make_files(
    wanted: PaperFiles, tools: Callable[[], Tools], now: datetime, progress: Progress = lambda _step: None
) -> Generated:
    """Render and prove; takes a second or two, so it never runs inside a web request. Raises ``UnequalText``."""
    progress("准备字体与渲染器")
    meta = identity(wanted.instrument, now, final=wanted.final)
    made = generate(wanted.instrument, wanted.answers, meta, tools(), wanted.formats, progress)
    named = {f"{wanted.stem}.{name.rpartition('.')[2]}": content for name, content in made.files.items()}
    return replace(made, files=named)


def file_paper(
    uow: UnitOfWork, actor: Actor, now: datetime, blobs: BlobStore, paper_id: str, files: Mapping[str, bytes], digest: str
) -> tuple[DocumentView, ...]:
    """Put the finished DOCX and PDF of a frozen paper into the contract's record. ``digest``: of its words. Raises ``paper.state``
    for a draft."""
    _, row = open_paper(uow, actor, Action.FILE_PAPER, paper_id)
    require_state(row, *(s for s in PaperState if s is not PaperState.DRAFT), what="归入文件")
    contract_id, number = row.contract_id, row.number
    known = {d.sha256 for d in documents_of(uow.session, contract_id) if d.instrument_id == paper_id}
    filed = []
    for name, content in files.items():
        ending = name.rpartition(".")[2]
        if ending not in ("docx", "pdf"):
            continue
        view = attach_document(
            uow, actor, now, blobs, contract_id, kind=DocumentKind.GENERATED, name=name, media_type=_TYPES[ending],
            content=content, paper_id=paper_id, remark=f"文书 {number}，文本哈希 {digest}",
        )  # fmt: skip
        if view.sha256 not in known:
            filed.append(view)
    return tuple(filed)
