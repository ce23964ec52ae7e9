"""Out for signature and back: only the approved text goes out; called back it stands, returned it has to be changed."""

from __future__ import annotations

from datetime import datetime

from app.domain.approval import RoundStatus
from app.domain.lifecycle import Event
from app.domain.lifecycle_facts import Facts
from app.domain.permissions import Action, Actor
from app.services.approval_mails import Post
from app.services.approval_rows import current
from app.services.content import void_round
from app.services.moving import move
from app.services.record import opened
from app.services.versions import read_version_unasked
from app.store.contracts import ContractRow
from app.store.uow import UnitOfWork
from app.store.versions import latest_version


def start_signing(uow: UnitOfWork, actor: Actor, now: datetime, contract_id: str) -> str:
    """Send the approved version out for signature; returns its id.

    Raises ``IllegalMove`` unless the latest version is the very text that a completed approval binds; ``VersionDamaged``,
    ``ContractMissing``, ``Forbidden``.
    """
    contract = opened(uow, actor, Action.LEAD_SIGNING, contract_id, lock=True)
    version_id = go_out(uow, actor, now, contract)
    uow.commit()
    return version_id


def go_out(uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow) -> str:
    """The same inside the caller's transaction, under the contract's lock."""
    latest = latest_version(uow.session, contract.id)
    version_id = latest.id if latest is not None else ""
    move(uow, actor, now, contract, Event.SIGNING_STARTED, out_facts(uow, contract), version=version_id)
    return version_id


def out_facts(uow: UnitOfWork, contract: ContractRow) -> Facts:
    """The latest text, and the one that a completed approval binds."""
    latest = latest_version(uow.session, contract.id)
    approved = current(uow, contract.id, RoundStatus.APPROVED)
    return Facts(
        digest=read_version_unasked(uow, latest.id).head.digest if latest is not None else "",
        approved_digest=approved[1].approved_digest if approved is not None else "",
    )


def withdraw_signing(uow: UnitOfWork, actor: Actor, now: datetime, contract_id: str, reason: str) -> None:
    """Call back what is out for signature; the text stands, approved as it was. Raises ``IllegalMove`` without a reason."""
    contract = opened(uow, actor, Action.LEAD_SIGNING, contract_id, lock=True)
    move(uow, actor, now, contract, Event.SIGNING_WITHDRAWN, Facts(reason=reason.strip()))
    uow.commit()


def return_from_signing(uow: UnitOfWork, actor: Actor, now: datetime, post: Post, contract_id: str, reason: str) -> None:
    """A signatory refuses, or the text has to change: back to drafting, the approval is void, those concerned are told. Raises ``IllegalMove``."""
    contract = opened(uow, actor, Action.LEAD_SIGNING, contract_id, lock=True)
    move(uow, actor, now, contract, Event.SIGNING_RETURNED, Facts(reason=reason.strip()))
    sentence = f"{actor.name}将签署中的合同退回起草，原审批随之失效；修改后须重新送审。"
    void_round(uow, actor, now, post, contract, what="签署退回", sentence=sentence, details=f"退回理由：{reason.strip()}")
    uow.commit()
