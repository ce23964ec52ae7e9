"""What the services of signing work with, and the certificates that they use."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.domain.execution import Mark
from app.domain.signing_form import Credential, IssuedKey, Person
from app.services.generation import Tools
from app.services.ports import CertificateState, MailWriter, SigningRoom
from app.services.seal_signing import Safe
from app.services.signing_rows import Details
from app.services.stage_mails import Post as StagePost
from app.store.blobs import BlobStore
from app.store.signings import CertificateRow, SigningRow, certificates_with, usable_certificate
from app.store.uow import UnitOfWork

SYSTEM = "system"
OUTSIDE = "outside"
"""Kind of a certificate that another authority has issued."""
PLATFORM = "成约合同系统"


@dataclass(frozen=True, slots=True)
class Post:
    """How mails are written; ``sign``: the address of a ceremony (by token), ``contract``: of a contract's page of signing (by id)."""

    write: MailWriter
    sign: Callable[[str], str]
    contract: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class SigningKit:
    """``units`` opens units of work: what takes long (rendering, freezing, signing) runs between two of them.

    ``organisation``: who runs this installation; ``today``: the day of law in Beijing.
    """

    units: Callable[[], UnitOfWork]
    room: SigningRoom
    blobs: BlobStore
    post: Post
    stage_post: StagePost
    tools: Callable[[], Tools]
    now: Callable[[], datetime]
    today: Callable[[], date]
    organisation: str
    safe: Safe | None = None
    """What opens images of seals; None where there is none to open."""


def system_credential(kit: SigningKit) -> CertificateRow:
    """The certificate with which the system certifies; made at first use and anew when it has ended."""
    with kit.units() as uow:
        found = usable_certificate(uow.session, SYSTEM, kit.now())
        if found is not None:
            uow.session.expunge(found)  # used after this transaction
            return found
    now = kit.now()
    made = kit.room.issue(Person(PLATFORM, kit.organisation, "", SYSTEM), None, now)
    with kit.units() as uow:
        row = certificate_row(made, SYSTEM, PLATFORM, kit.organisation, SYSTEM, now)
        uow.session.add(row)
        uow.record(now, "program", "certificate.issued", {"serial": made.serial, "holder": PLATFORM, "kind": SYSTEM})
        uow.commit()
        return row


def certificate_row(made: IssuedKey, kind: str, name: str, organisation: str, reference: str, now: datetime) -> CertificateRow:
    return CertificateRow(
        serial=made.serial, kind=kind, name=name, organisation=organisation, reference=reference, fingerprint=made.fingerprint,
        certificate=made.certificate, sealed=made.sealed, tries=0, issued_at=now, valid_until=made.valid_until, revoked_why="",
    )  # fmt: skip


def credential(row: CertificateRow) -> Credential:
    return Credential(row.certificate, row.sealed, row.serial)


def state(row: CertificateRow) -> CertificateState:
    return CertificateState(row.revoked_at, row.revoked_why)


def holder(details: Details, mark: Mark, email: str) -> Person:
    """For whom a certificate is issued at a place. The same person with the same address keeps the key from contract to contract."""
    person, seal = details.signatory, mark is Mark.SEAL
    seed = "\0".join((mark.value, details.code, person.party_name, person.name, email.casefold()))
    reference = hashlib.sha256(seed.encode()).hexdigest()[:32]
    name = person.party_name if seal else person.name
    return Person(name, person.party_name, details.code, reference, seal)


def states_of(uow: UnitOfWork, row: SigningRow) -> Sequence[tuple[str, CertificateState]]:
    """Every certificate (PEM) that signed the file so far, with its state now."""
    serials = [row.system, *(p.serial for p in row.places if p.serial and p.signed_at is not None)]
    found = {c.serial: c for c in certificates_with(uow.session, serials)}
    # What became of a certificate of another authority, ours can't say.
    return [(found[s].certificate, state(found[s])) for s in dict.fromkeys(serials) if found[s].kind != OUTSIDE]
