"""What anybody may learn of a signed file: the verdict on it, and whether this system knows it.

Nobody has to sign in for it, so nothing here tells a stranger of which contract a file is; one who may read the contract is told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from app.domain.authority import Capacity
from app.domain.errors import ContractError
from app.domain.execution import PARTIES, Mark, Medium
from app.domain.permissions import Action, Actor, may
from app.services.access import record_of
from app.services.filing import DocumentKind
from app.services.ports import OnRecord, SignedFileVerifier
from app.store.blobs import BlobStore
from app.store.contracts import find_contract
from app.store.documents import documents_with
from app.store.signings import SigningPlaceRow, SigningRow, certificates_with, executed_text, signing_frozen_as
from app.store.uow import UnitOfWork
from signatures.verification.verdict import Verdict

SYSTEM_FIELD = "system"
"""The field of the system's certification in every frozen file (``signatures.layout``)."""
DIGEST = re.compile(r"[0-9a-f]{64}")


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
        return Known(Standing.FINAL, signing.contract_id, OnRecord(signing.final, _signers(uow, signing)))
    kept = verifier.states(blobs.get(signing.final or signing.file))
    standing = Standing.EARLIER if states[-1] in kept else Standing.OTHER
    # The digest isn't asked for: an earlier state is no forgery, and what was added to another one is examined as such.
    return Known(standing, signing.contract_id, OnRecord(signers=_signers(uow, signing)))


def _signers(uow: UnitOfWork, signing: SigningRow) -> Mapping[str, str]:
    """Field → fingerprint of the certificate that signed there, for those made here."""
    serials = {p.id: p.serial for p in signing.places if p.serial and p.signed_at is not None} | {SYSTEM_FIELD: signing.system}
    known = {c.serial: c.fingerprint for c in certificates_with(uow.session, set(serials.values()))}
    return {field: known[serial] for field, serial in serials.items() if serial in known}


# ---- a text, by the code on its signature pages


@dataclass(frozen=True, slots=True)
class PublicMark:
    """One mark on an executed text: who it was by office, never by name. ``clock``: whose time it bears; empty on paper."""

    party: str
    mark: str
    capacity: str
    medium: Medium
    on: date
    clock: str


@dataclass(frozen=True, slots=True)
class PublicFacts:
    """What anybody who holds a text may learn of it. ``number``: masked, empty for a confidential contract; ``file``: SHA-256 of the
    signed file, empty where the original is paper."""

    number: str
    completed_on: date
    marks: tuple[PublicMark, ...]
    file: str


def text_facts(uow: UnitOfWork, digest: str) -> PublicFacts | None:
    """Whether a text was executed here, by the SHA-256 of its canonical words; None for everything else, drafts and signings under way too.

    Whoever knows the digest has held the text, for it can't be guessed. Names, subject and price stay untold all the same: the code can be
    photographed by somebody who sees the signature page alone.
    """
    row = executed_text(uow.session, digest) if DIGEST.fullmatch(digest) else None
    contract = find_contract(uow.session, row.contract_id) if row is not None else None
    if row is None or contract is None:
        return None
    marks = tuple(_public(p) for p in row.places if p.signed_on is not None)
    electronic = any(m.medium is Medium.ELECTRONIC for m in marks)
    number = "" if contract.confidential else masked(contract.number)
    return PublicFacts(number, max(m.on for m in marks), marks, row.final if electronic else "")


def masked(number: str) -> str:
    """A contract number of which the holder recognises the ends and nobody learns the whole."""
    shown = len(number) // 4
    return f"{number[:shown]}{'＊' * 4}{number[len(number) - min(shown, 2) :]}" if shown else "＊" * 4


def _public(place: SigningPlaceRow) -> PublicMark:
    assert place.signed_on is not None
    capacity = Capacity(json.loads(place.signatory)["capacity"])
    return PublicMark(
        PARTIES.get(place.party, place.party), Mark(place.mark).label, capacity.label, Medium(place.medium), place.signed_on, place.clock
    )  # fmt: skip
