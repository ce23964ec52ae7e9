"""What anybody may learn of a signed file: the verdict on it, and whether this system knows it.

Nobody has to sign in for it, so nothing here tells a stranger of which contract a file is; one who may read the contract is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from app.domain.errors import ContractError
from app.domain.permissions import Action, Actor, may
from app.services.access import record_of
from app.services.filing import DocumentKind
from app.services.ports import OnRecord, SignedFileVerifier
from app.store.blobs import BlobStore
from app.store.contracts import find_contract
from app.store.documents import documents_with
from app.store.signings import signing_frozen_as
from app.store.uow import UnitOfWork
from signatures.verification.verdict import Verdict


class Standing(Enum):
    """How a file stands to what is kept here."""

    FINAL = "final"
    """The signed file itself, byte for byte."""
    EARLIER = "earlier"
    """A state that the signed file went through; more signatures or archive timestamps followed."""
    OTHER = "other"
    """It begins like a text that was frozen here, but continues otherwise."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """``contract_id``: only for one who may read that contract."""

    name: str
    verdict: Verdict
    standing: Standing
    contract_id: str = ""


@dataclass(frozen=True, slots=True)
class Known:
    """What is on record of a file."""

    standing: Standing
    contract_id: str
    record: OnRecord


_NOTHING = Known(Standing.UNKNOWN, "", OnRecord())


def check_file(
    uow: UnitOfWork, actor: Actor, now: datetime, blobs: BlobStore, verifier: SignedFileVerifier, name: str, content: bytes
) -> CheckedFile:
    """The verdict on a file that somebody brings. Raises ``verification.empty``. Reads only; nothing of the file is kept."""
    if not content:
        raise ContractError("verification.empty", "请选择要验证的 PDF 文件；所选文件是空的。")
    known = _known(uow, blobs, verifier, verifier.states(content))
    row = find_contract(uow.session, known.contract_id) if known.contract_id else None
    readable = row is not None and may(actor, Action.READ_CONTRACTS, record_of(row))
    uow.session.rollback()  # examining takes seconds and needs nothing of the database
    verdict = verifier.verify(content, now, known.record)
    return CheckedFile(name, verdict, known.standing, known.contract_id if readable else "")


def _known(uow: UnitOfWork, blobs: BlobStore, verifier: SignedFileVerifier, states: Sequence[str]) -> Known:
    if not states:
        return _NOTHING
    for document in documents_with(uow.session, states[-1]):
        if document.kind == DocumentKind.SIGNED.value:
            return Known(Standing.FINAL, document.contract_id, OnRecord(digest=document.sha256))
    signing = signing_frozen_as(uow.session, states)
    if signing is None:
        return _NOTHING
    if states[-1] == signing.final:
        return Known(Standing.FINAL, signing.contract_id, OnRecord(digest=signing.final))
    kept = verifier.states(blobs.get(signing.final or signing.file))
    standing = Standing.EARLIER if states[-1] in kept else Standing.OTHER
    # The digest isn't asked for: an earlier state is no forgery, and what was added to another one is examined as such.
    return Known(standing, signing.contract_id, OnRecord())
