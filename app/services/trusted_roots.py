"""Whose certificates count beside the built-in authority's: outside roots, added after their fingerprint was compared, removed with a reason."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from app.domain.errors import ContractError
from app.domain.permissions import Action, Actor, require
from app.services.journal import note
from app.store.elsewhere import TrustedRootRow, roots_in_force, roots_removed
from app.store.uow import UnitOfWork
from signatures.errors import SignatureError
from signatures.roots import Root, look_at_root, root_of

REASON_LENGTH = 5


@dataclass(frozen=True, slots=True)
class RootLine:
    """One trusted certificate. ``fixed``: it comes from the file of TRUSTED_ROOTS and is changed there, not here."""

    id: str
    subject: str
    organisation: str
    fingerprint: str
    valid_until: datetime
    added_at: datetime | None = None
    added_by: str = ""
    removed_at: datetime | None = None
    removed_by: str = ""
    reason: str = ""

    @property
    def fixed(self) -> bool:
        return not self.id


@dataclass(frozen=True, slots=True)
class RootList:
    trusted: tuple[RootLine, ...]
    removed: tuple[RootLine, ...]


def list_roots(uow: UnitOfWork, actor: Actor, configured: Sequence[bytes]) -> RootList:
    """``configured``: certificates (DER) of the file that TRUSTED_ROOTS names."""
    require(actor, Action.READ_TRUST)
    fixed = tuple(_fixed(root_of(der)) for der in configured)
    return RootList((*fixed, *map(_line, roots_in_force(uow.session))), tuple(map(_line, roots_removed(uow.session))))


def names_of_roots(uow: UnitOfWork, configured: Sequence[bytes]) -> tuple[str, ...]:
    """Whose certificates are taken, for a signatory who asks before signing. Asks nobody's permission: authorities are public."""
    found = [root_of(der) for der in configured]
    rows = roots_in_force(uow.session)
    return tuple(dict.fromkeys([*(f.subject for f in found), *(r.subject for r in rows)]))


def der_of_roots(uow: UnitOfWork) -> tuple[bytes, ...]:
    """Every root added here and not removed, in DER. Asks nobody's permission: verification is public."""
    return tuple(der for der, _ in dated_roots(uow))


def dated_roots(uow: UnitOfWork) -> tuple[tuple[bytes, datetime], ...]:
    """The same, each with the moment when it was added."""
    return tuple(
        (x509.load_pem_x509_certificate(r.certificate.encode()).public_bytes(Encoding.DER), r.added_at)
        for r in roots_in_force(uow.session)
    )


def look(actor: Actor, now: datetime, content: bytes) -> Root:
    """What would be trusted, to be compared with what the authority has published. Raises ``root.invalid`` with every fault."""
    require(actor, Action.KEEP_TRUST)
    try:
        return look_at_root(content, now)
    except SignatureError as error:
        raise ContractError(error.code, error.message) from error


def add_root(uow: UnitOfWork, actor: Actor, now: datetime, content: bytes, confirmed: str) -> Root:
    """Trust a certificate from now on. ``confirmed``: the SHA-256 that was compared; blanks and colons don't count.

    Raises ``root.invalid``, ``root.unconfirmed``, ``root.twice``.
    """
    found = look(actor, now, content)
    if "".join(c for c in confirmed.lower() if c in "0123456789abcdef") != found.fingerprint:
        raise ContractError(
            "root.unconfirmed", f"请与签发机构公布的指纹逐位核对后确认；这张证书的 SHA-256 指纹是 {found.fingerprint}。"
        )
    if any(r.fingerprint == found.fingerprint for r in roots_in_force(uow.session)):
        raise ContractError("root.twice", f"“{found.subject}”的这张证书已经受信任。")
    uow.session.add(
        TrustedRootRow(
            id=uuid.uuid4().hex, fingerprint=found.fingerprint, subject=found.subject[:300], organisation=found.organisation[:300],
            valid_until=found.valid_until, certificate=x509.load_der_x509_certificate(found.der).public_bytes(Encoding.PEM).decode(),
            added_at=now, added_by=actor.name, removed_by="", reason="",
        )
    )  # fmt: skip
    note(uow, actor, now, "trust.added", holder=found.subject, fingerprint=found.fingerprint)
    uow.commit()
    return found


def remove_root(uow: UnitOfWork, actor: Actor, now: datetime, root_id: str, reason: str) -> None:
    """Trust it no more: files signed with its certificates are from now on told to be by somebody who isn't confirmed.

    Raises ``root.missing``, ``root.reason``.
    """
    require(actor, Action.KEEP_TRUST)
    row = next((r for r in roots_in_force(uow.session) if root_id and root_id in (r.id, r.fingerprint)), None)
    if row is None:
        raise ContractError("root.missing", "没有找到这张受信任的证书；由 TRUSTED_ROOTS 文件设定的，请在该文件中改动。")
    words = reason.strip()[:1000]
    if len("".join(words.split())) < REASON_LENGTH:
        raise ContractError("root.reason", f"移除须写明理由（不少于{REASON_LENGTH}个字）。")
    row.removed_at, row.removed_by, row.reason = now, actor.name, words
    note(
        uow, actor, now, "trust.removed", holder=row.subject, fingerprint=row.fingerprint, reason=words
    )  # fmt: skip
    uow.commit()


def _fixed(root: Root) -> RootLine:
    return RootLine("", root.subject, root.organisation, root.fingerprint, root.valid_until)


def _line(row: TrustedRootRow) -> RootLine:
    return RootLine(
        row.id, row.subject, row.organisation, row.fingerprint, row.valid_until, row.added_at, row.added_by, row.removed_at, row.removed_by,
        row.reason,
    )  # fmt: skip
