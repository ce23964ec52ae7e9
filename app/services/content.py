"""Changing the text of a draft: who may, what the contract's stage allows, and the approval that falls with the old text.

An approved text is not edited through any door: it is taken back into drafting first, which voids the approval and tells those concerned in the same
transaction. So no approval can fall without a mail.
"""

from __future__ import annotations

from datetime import datetime

from app.domain.approval import RoundStatus, text_changed
from app.domain.errors import ContractError
from app.domain.lifecycle import Event, Stage, advance
from app.domain.permissions import Action, Actor, require
from app.services.access import record_of
from app.services.approval_mails import Matter, Post, tell
from app.services.approval_rows import current, write_round
from app.services.journal import note
from app.services.moving import move
from app.services.record import opened, state_of
from app.store.contracts import ContractRow, contract_of_draft
from app.store.uow import ChangedMeanwhile, UnitOfWork


def begin_change(uow: UnitOfWork, actor: Actor, draft_id: str) -> ContractRow | None:
    """Ask whether the text may be changed, and keep its contract (None: not filed yet) from other writers.

    Contract before draft, as everywhere, so that two writers never wait for each other. Raises ``Hidden``, ``Forbidden``; ``TextApproved``;
    ``IllegalMove`` where the contract stands beyond drafting: before the approvers, signed, ended.
    """
    contract = contract_of_draft(uow.session, draft_id, lock=True)
    if contract is None:
        require(actor, Action.EDIT_DRAFT)
        return None
    require(actor, Action.EDIT_DRAFT, record_of(contract))
    advance(state_of(contract), Event.CONTENT_CHANGED)
    if contract.stage == Stage.APPROVED.value:
        raise TextApproved
    return contract


class TextApproved(ContractError):
    """The text is bound by an approval and has to be taken back into drafting before a word of it is changed."""

    def __init__(self) -> None:
        super().__init__("approval.binds", "合同已定稿，文本不能直接修改。恢复起草会使审批失效，修改后须重新送审。")


def void_round(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    post: Post,
    contract: ContractRow,
    *,
    what: str,
    sentence: str,
    details: str = "",
) -> None:
    """Close the round that the old text had, inside the caller's transaction, and tell submitter, owner and everybody who had agreed."""
    found = current(uow, contract.id, RoundStatus.OPEN, RoundStatus.APPROVED)
    if found is None:
        return
    row, round_ = found
    write_round(row, text_changed(round_, "", actor.id, now))
    note(uow, actor, now, "approval.voided", contract=contract.id, approval=row.id, digest=row.digest)
    people = (row.submitter_id, contract.owner_id, *(c.by for c in round_.consents))
    tell(uow, now, post, Matter(contract, row, round_), actor, people, what=what, sentence=sentence, details=details)


def reopen_text(uow: UnitOfWork, actor: Actor, now: datetime, post: Post, contract_id: str) -> None:
    """Take an approved contract back into drafting before a word is changed: its approval is void, and those concerned are told.

    Raises ``IllegalMove`` for one that is before the approvers or beyond, ``ContractMissing``, ``Forbidden``.
    """
    contract = opened(uow, actor, Action.EDIT_DRAFT, contract_id, lock=True)
    before = state_of(contract)
    if advance(before, Event.CONTENT_CHANGED) != before:
        sentence = f"{actor.name}将已定稿的合同恢复为起草状态，原审批随之失效；修改后须重新送审。"
        void_round(uow, actor, now, post, contract, what="恢复起草", sentence=sentence)
        move(uow, actor, now, contract, Event.CONTENT_CHANGED)
    uow.commit()


def require_same_filing(uow: UnitOfWork, draft_id: str, contract: ContractRow | None) -> None:
    """To be asked under the draft's lock: raises ``ChangedMeanwhile`` where it was filed since we looked."""
    if contract is None and contract_of_draft(uow.session, draft_id) is not None:
        raise ChangedMeanwhile
