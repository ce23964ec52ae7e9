"""Findings of a stored draft, and the mechanical fixes some of them carry."""

from __future__ import annotations

from datetime import date, datetime

from app.domain.errors import ContractError
from app.domain.proofreading import Finding, ReplaceText, SetVariable
from app.domain.variables import DeviationKind
from app.services.drafting import Compiled, Reference, compile_draft
from app.services.drafts import Actor, DraftView, deviate, load_draft, save_answer
from app.store.uow import UnitOfWork


class FixGone(ContractError):
    def __init__(self) -> None:
        super().__init__("finding.gone", "这条校对意见已不存在，或不能自动修正，请刷新后重试。")


def review_draft(uow: UnitOfWork, actor: Actor, reference: Reference, draft_id: str, today: date) -> tuple[DraftView, Compiled]:
    """The draft and everything proofreading says about it. Raises ``DraftMissing``."""
    view = load_draft(uow, actor, reference.library, draft_id)
    uow.session.rollback()  # what follows takes a while and needs no lock on the database
    return view, compile_draft(reference, view.reading.answers, today)


def acknowledgement_place(finding: Finding) -> str:
    """The place under which a reason for letting a warning pass is recorded."""
    return finding.place.provision_id or finding.place.variable or "*"


def apply_fix(
    uow: UnitOfWork, actor: Actor, now: datetime, reference: Reference, draft_id: str, today: date, *, rule: str, place: str
) -> DraftView:
    """Carry out the mechanical fix of one finding; it is computed afresh, never taken from outside."""
    view, compiled = review_draft(uow, actor, reference, draft_id, today)
    wanted = [f for f in compiled.findings if f.rule == rule and f.patch and place in ("", acknowledgement_place(f))]
    if not wanted:
        raise FixGone
    finding = wanted[0]
    match finding.patch:
        case SetVariable(variable=name, value=value):
            return save_answer(uow, actor, now, reference.library, draft_id, name, value)
        case ReplaceText(provision=provision, old=old, new=new):
            text = _current_text(view, reference, provision)
            if old not in text:
                raise FixGone
            return deviate(
                uow, actor, now, reference.library, draft_id,
                kind=DeviationKind.OVERRIDE, provision=provision, text=text.replace(old, new),
                reason=f"按校对意见 {finding.rule} 修正：“{old}”改为“{new}”。",
            )  # fmt: skip
    raise FixGone


def _current_text(view: DraftView, reference: Reference, provision: str) -> str:
    own = next((d for d in view.reading.answers.deviations if d.provision == provision and d.text), None)
    clause = reference.library.clause(provision)
    return own.text if own else (clause.text if clause else "")
