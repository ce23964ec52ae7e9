"""Giving a contract up before anybody is bound: it stays visible, with the reason, and its number is not used again."""

from __future__ import annotations

from datetime import datetime

from app.domain.approval import RoundStatus, abandon
from app.domain.lifecycle import Event
from app.domain.lifecycle_facts import Facts
from app.domain.permissions import Action, Actor
from app.services.approval_mails import Matter, Post, tell
from app.services.approval_rows import current, write_round
from app.services.approvers import waited_for
from app.services.journal import note
from app.services.moving import move
from app.services.record import opened
from app.store.uow import UnitOfWork


def void_contract(uow: UnitOfWork, actor: Actor, now: datetime, post: Post, contract_id: str, reason: str) -> None:
    """Raises ``IllegalMove`` without a reason and once the contract went out for signature; ``ContractMissing``, ``Forbidden``."""
    contract = opened(uow, actor, Action.VOID_CONTRACT, contract_id, lock=True)
    move(uow, actor, now, contract, Event.VOIDED, Facts(reason=reason.strip()))
    found = current(uow, contract_id, RoundStatus.OPEN, RoundStatus.APPROVED)
    if found is not None:
        row, round_ = found
        people = waited_for(uow, contract, round_) | {row.submitter_id, contract.owner_id or "", *(c.by for c in round_.consents)}
        after = abandon(round_, actor.id, now, f"合同作废：{reason.strip()}")
        write_round(row, after)
        note(uow, actor, now, "approval.voided", contract=contract.id, approval=row.id, digest=row.digest)
        tell(
            uow, now, post, Matter(contract, row, after), actor, people, what="已作废",
            sentence=f"{actor.name}将合同作废，其审批随之失效。", details=f"作废理由：{reason.strip()}",
        )  # fmt: skip
    uow.commit()
