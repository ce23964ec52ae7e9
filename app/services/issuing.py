"""Issuing documents of a stored draft: what is to be generated is decided here, before slow work starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from app.domain.errors import ContractError, InputFault
from app.domain.permissions import Action
from app.domain.proofreading import Finding
from app.services.drafting import Compiled, Reference
from app.services.drafts import Actor, DraftView, require_readable, save_answers
from app.services.generation import Generated, Tools, generate, identity
from app.services.ports import Progress, ServiceListReading
from app.services.review import review_draft
from app.store.uow import UnitOfWork


class NotFinal(ContractError):
    """A final document is refused; carries everything that stands in its way."""

    def __init__(self, findings: tuple[Finding, ...], faults: tuple[InputFault, ...]) -> None:
        count = len(findings) + len(faults)
        super().__init__("document.not_final", f"还不能生成定稿：有{count}项须先处理。错误须改正，警告须改正或写明放行理由。")
        self.findings = findings
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Issue:
    """What shall be generated: the draft at one revision, compiled."""

    view: DraftView
    compiled: Compiled
    final: bool


def prepare_issue(uow: UnitOfWork, actor: Actor, reference: Reference, draft_id: str, today: date, *, final: bool) -> Issue:
    """Compile the draft for its documents. Raises ``DraftMissing``, ``Forbidden``; ``NotFinal`` for a final one that something stands against."""
    require_readable(uow, actor, draft_id, Action.GENERATE_DOCUMENTS)
    view, compiled = review_draft(uow, actor, reference, draft_id, today)
    if final and (compiled.blocking or view.reading.faults):
        raise NotFinal(compiled.blocking, view.reading.faults)
    return Issue(view, compiled, final)


def issue(issue: Issue, tools: Callable[[], Tools], now: datetime, progress: Progress) -> Generated:
    """Generate and prove all files; takes seconds, so it never runs inside a web request."""
    instrument = issue.compiled.instrument
    progress("准备字体与渲染器")
    return generate(instrument, issue.compiled.answers, identity(instrument, now, final=issue.final), tools(), progress=progress)


def import_service_list(
    uow: UnitOfWork, actor: Actor, now: datetime, reference: Reference, draft_id: str, reading: ServiceListReading
) -> DraftView | None:
    """Take over the tables of an uploaded service list; None, and nothing stored, where a cell is faulty."""
    if reading.faults:
        return None
    return save_answers(uow, actor, now, reference.library, draft_id, dict(reading.tables()))
