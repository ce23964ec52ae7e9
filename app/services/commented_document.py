"""The text with its shareable comments as a DOCX for the other party. Nothing internal goes into it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from app.domain.approval import RoundStatus
from app.domain.comments import CommentRefused, SharedThread
from app.domain.permissions import Action, Actor
from app.services.commenting import list_threads, shareable
from app.services.drafting import Reference
from app.services.generation import Generated, StepClock, UnequalText, identity
from app.services.journal import note
from app.services.ports import DocxRenderer, PageFinder, Progress, TextProver
from app.services.record import opened
from app.services.texts import ContractText, load_text
from app.store.approvals import approvals_of
from app.store.uow import UnitOfWork

FILE = "commented.docx"


@dataclass(frozen=True, slots=True)
class CommentTools:
    """The real renderers, handed over by wiring."""

    pages: PageFinder
    docx: DocxRenderer
    add: Callable[[bytes, Sequence[SharedThread]], bytes]
    prove_docx: TextProver


@dataclass(frozen=True, slots=True)
class CommentedText:
    """What goes out: a text and its shareable threads. ``key`` names it within the contract: comments and whether the text is approved
    included, since a file of a draft is marked as one."""

    shown: ContractText
    threads: tuple[SharedThread, ...]
    final: bool

    @property
    def key(self) -> str:
        state = hashlib.sha256(repr((self.final, self.threads)).encode("utf-8", "surrogatepass")).hexdigest()[:16]
        return f"{self.shown.token}-c{state}-comments"


def commented_text(
    uow: UnitOfWork, actor: Actor, reference: Reference, today: date, contract_id: str, ordinal: int
) -> CommentedText:
    """A text with what may be said of it outside. Raises ``ContractMissing``, ``Forbidden``, ``TextMissing``."""
    opened(uow, actor, Action.GENERATE_DOCUMENTS, contract_id)
    shown = load_text(uow, actor, reference, today, contract_id, ordinal)
    threads = shareable(list_threads(uow, actor, contract_id, shown))
    rounds = approvals_of(uow.session, contract_id)
    final = any(r.version_id == shown.version_id and r.status == RoundStatus.APPROVED.value for r in rounds)
    return CommentedText(shown, threads, final)


def share_comments(
    uow: UnitOfWork, actor: Actor, now: datetime, reference: Reference, today: date, contract_id: str, ordinal: int
) -> CommentedText:
    """The same, to be handed out; the log keeps who took what. Raises ``CommentRefused`` where there is nothing to share."""
    found = commented_text(uow, actor, reference, today, contract_id, ordinal)
    if not found.threads:
        raise CommentRefused("nothing", "没有标为“可对外”的批注，没有可以发给对方的内容。")
    note(
        uow, actor, now, "comment.exported", contract=contract_id, text_of=found.shown.token, threads=len(found.threads),
        remarks=sum(len(t.remarks) for t in found.threads), state=found.key,
    )  # fmt: skip
    uow.commit()
    return found


def make_commented(
    found: CommentedText, tools: CommentTools, now: datetime, progress: Progress = lambda _step: None
) -> Generated:
    """Render and prove; takes seconds, so it never runs inside a web request. Raises ``UnequalText``."""
    clock = StepClock(progress)
    instrument = found.shown.instrument
    meta = identity(instrument, now, final=found.final)
    clock.begin("目录页码")
    pages = tools.pages(instrument, meta)
    clock.begin("DOCX")
    content = tools.add(tools.docx(instrument, meta, pages=pages), found.threads)
    clock.begin("文本一致性证明")
    proof = replace(tools.prove_docx(content, instrument), file=FILE)
    if not proof.equal:
        raise UnequalText((proof,))
    clock.end()
    return Generated({FILE: content}, meta, (proof,), 0, clock.timings)
