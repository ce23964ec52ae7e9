"""The register of certificates that the built-in authority issued: listed, answered for, revoked with a reason; their keys rewrapped."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import ContractError
from app.domain.messages import NewMail
from app.domain.permissions import Action, Actor, may, require
from app.services.access import actor_of, record_of
from app.services.journal import note
from app.services.ports import AuthorityServices, CertificateState, MailWriter
from app.services.record import require_contract
from app.services.signing_kit import OUTSIDE
from app.store.signings import (
    CertificateRow,
    certificates_by_date,
    contracts_signed_with,
    count_certificates,
    find_certificate,
    revoked_certificates,
    sealed_certificates,
)
from app.store.uow import UnitOfWork
from app.store.users import find_user
from signatures.revocation import Reason

KINDS = {"system": "系统", "person": "自然人", "seal": "单位（印章）", OUTSIDE: "外部机构签发"}
PAGE = 50


@dataclass(frozen=True, slots=True)
class CertificateLine:
    """One certificate. ``held``: whether its private key lies here, wrapped with the signatory's PIN."""

    serial: str
    kind: str
    name: str
    organisation: str
    issued_at: datetime
    valid_until: datetime
    revoked_at: datetime | None
    reason: str
    fingerprint: str
    held: bool

    def state(self, now: datetime) -> str:
        """``revoked``, ``ended``, ``ending`` (within 30 days) or ``good``."""
        if self.revoked_at is not None:
            return "revoked"
        days = (self.valid_until - now).days
        return "ended" if self.valid_until < now else "ending" if days < 30 else "good"


@dataclass(frozen=True, slots=True)
class CertificatePage:
    lines: tuple[CertificateLine, ...]
    total: int


def list_certificates(uow: UnitOfWork, actor: Actor, query: str = "", page: int = 1) -> CertificatePage:
    """The newest first; ``query``: part of a name, an organisation or a serial number."""
    require(actor, Action.READ_CERTIFICATES)
    rows = certificates_by_date(uow.session, query, PAGE, (page - 1) * PAGE)
    return CertificatePage(tuple(map(_line, rows)), count_certificates(uow.session, query))


def revoke_certificate(
    uow: UnitOfWork, actor: Actor, now: datetime, write: MailWriter, serial: str, reason: str, words: str
) -> None:
    """Revoke one (电子签名法 15): CRL and OCSP say so from now on, and the owners of contracts signed with it are told.

    What was signed before and timestamped stays valid. Raises ``certificate.missing``, ``certificate.outside``, ``certificate.revoked``,
    ``certificate.reason``.
    """
    require(actor, Action.REVOKE_CERTIFICATES)
    row = find_certificate(uow.session, serial, lock=True)
    if row is None:
        raise ContractError("certificate.missing", "没有找到这张证书。")
    if row.kind == OUTSIDE:
        raise ContractError("certificate.outside", "这张证书由外部机构签发，只能由签发机构吊销；请持有人联系该机构。")
    if row.revoked_at is not None:
        raise ContractError("certificate.revoked", "这张证书已经吊销。")
    why = next((r for r in Reason if r.value == reason), None)
    if why is None or len("".join(words.split())) < 5:
        raise ContractError("certificate.reason", "吊销证书须选择原因，并写明情况（不少于5个字）；吊销后不能恢复。")
    row.revoked_at, row.revoked_why = now, why.value
    note(uow, actor, now, "certificate.revoked", serial=row.serial, holder=row.name, reason=why.label, words=words.strip()[:1000])
    for contract_id in contracts_signed_with(uow.session, serial):
        _tell_owner(uow, now, write, contract_id, row, why)
    uow.commit()


def public_state(uow: UnitOfWork, serial: str) -> CertificateState | None:
    """What the register says of a serial number (hex); None for one that was never issued. Asks nobody's permission: OCSP is public."""
    row = find_certificate(uow.session, serial)
    return None if row is None or row.kind == OUTSIDE else CertificateState(row.revoked_at, row.revoked_why)


def public_revocations(uow: UnitOfWork) -> tuple[tuple[str, CertificateState], ...]:
    """For the CRL, which is public."""
    return tuple((row.serial, CertificateState(row.revoked_at, row.revoked_why)) for row in revoked_certificates(uow.session))


def rewrap_keys(uow: UnitOfWork, now: datetime, room: AuthorityServices) -> int:
    """Every stored key under the current key-encryption key, in one transaction; how many were changed. Needs no PIN."""
    changed = 0
    for row in sealed_certificates(uow.session):
        fresh = room.rewrapped(row.sealed)
        if fresh != row.sealed:
            row.sealed = fresh
            changed += 1
    if changed:
        uow.record(now, "program", "certificate.rewrapped", {"count": changed})
    uow.commit()
    return changed


def _line(row: CertificateRow) -> CertificateLine:
    reason = next((r.label for r in Reason if r.value == row.revoked_why), row.revoked_why)
    return CertificateLine(
        row.serial, row.kind, row.name, row.organisation, row.issued_at, row.valid_until, row.revoked_at, reason, row.fingerprint,
        bool(row.sealed),
    )  # fmt: skip


def _tell_owner(uow: UnitOfWork, now: datetime, write: MailWriter, contract_id: str, row: CertificateRow, why: Reason) -> None:
    contract = require_contract(uow, contract_id)
    owner = find_user(uow.session, contract.owner_id) if contract.owner_id else None
    if owner is None or not owner.active or not owner.email:
        return
    if not may(actor_of(owner), Action.READ_CONTRACTS, record_of(contract)):
        return
    words = write(
        "certificate_revoked",
        {"name": owner.name, "number": contract.number, "title": contract.title, "holder": row.name, "serial": row.serial,
         "reason": why.label, "day": f"{now:%Y-%m-%d %H:%M} UTC"},
    )  # fmt: skip
    key = f"certificate:{row.serial}:{contract.id}:{owner.id}"
    uow.send(now, NewMail(key, owner.email, words.subject, words.text, words.html, contract.id, owner.id))
