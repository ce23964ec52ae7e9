"""The built-in certificate authority: made at first run, kept in one file, everything it answers made in process.

Root → issuing authority → signatories; root → timestamps; issuing authority → OCSP responder. No key of it is in the repository
and no two installations share one. It is internal: not a licensed 电子认证服务 (电子签名法 16–18, 29).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from signatures import certificates
from signatures.certificates import Holder, Issuer, Pointers
from signatures.errors import SignatureError
from signatures.files import create, locked
from signatures.files import replace as replace_file
from signatures.keystore import KeyRing, SealedKey, new_private_key, open_key, rewrap, seal_key
from signatures.revocation import Responder, Revocation, Status, StatusOf, revocation_list
from signatures.timestamp import FileTicker, TimestampAuthority

if TYPE_CHECKING:  # pyHanko comes with it, and who only reads the root certificate signs nothing
    from signatures.validation_data import ValidationData

FILE = "authority.json"
_OWNER = "built-in-authority"
_RENEWED_BEFORE = timedelta(days=365)
"""The responder's and the timestamp authority's certificates are replaced this long before they end."""
_ROOT_LIST_LIFE = timedelta(days=365)
ROLES = ("root", "issuing", "timestamping", "responder")


@dataclass(frozen=True, slots=True)
class Part:
    """One of the authority's own certificates with its sealed key."""

    certificate: x509.Certificate
    sealed: SealedKey


@dataclass(frozen=True, slots=True)
class Health:
    """What the setup page shows of one certificate. ``alarm`` empty: all is well."""

    role: str
    label: str
    serial: str
    valid_until: datetime
    alarm: str


@dataclass(frozen=True)
class Authority:
    """The authority as loaded. ``retired``: timestamp certificates of earlier years, which old files need."""

    folder: Path
    ring: KeyRing
    organisation: str
    mark: str
    parts: dict[str, Part]
    retired: tuple[x509.Certificate, ...]
    pointers: Pointers

    # ---- what others need to trust and to check

    @property
    def root(self) -> x509.Certificate:
        return self.parts["root"].certificate

    @property
    def issuing(self) -> x509.Certificate:
        return self.parts["issuing"].certificate

    @property
    def chain(self) -> tuple[x509.Certificate, ...]:
        """Certificates that belong beside a signatory's: the issuing authority and the root."""
        return self.issuing, self.root

    def health(self, now: datetime) -> tuple[Health, ...]:
        """Each own certificate, with a Chinese alarm where it has ended or ends within the year."""
        return tuple(_health(role, self.parts[role].certificate, now) for role in ROLES)

    # ---- what it does

    def issue(self, holder: Holder, public_key: ec.EllipticCurvePublicKey, now: datetime) -> x509.Certificate:
        """A signing certificate. The caller has made sure of the holder's identity and keeps the record of it.

        Raises ``certificate.holder`` for a holder without name, ``authority.expired``.
        """
        if not holder.name.strip():
            raise SignatureError("certificate.holder", "签发证书须写明持有人的名称。")
        return certificates.holder_certificate(holder, public_key, self._issuer("issuing", now), self.pointers, now)

    def ocsp(self, certificate: x509.Certificate, status: Status, now: datetime) -> bytes:
        """An OCSP response in DER for one of our certificates."""
        return self.responder(now).response(certificate.serial_number, status, now)

    def answer_ocsp(self, request: bytes, status_of: StatusOf, now: datetime) -> bytes:
        """The response to an OCSP request as it comes by HTTP."""
        return self.responder(now).answer(request, status_of, now)

    def responder(self, now: datetime) -> Responder:
        return Responder(self.issuing, self._issuer("responder", now))

    def holder_list(self, revoked: Sequence[Revocation], now: datetime) -> bytes:
        """The CRL of signatories' certificates, in DER."""
        return revocation_list(self._issuer("issuing", now), revoked, now)

    def authority_list(self, now: datetime) -> bytes:
        """The root's CRL, in DER: it has never revoked its issuing authority, or this installation would be made anew."""
        return revocation_list(self._issuer("root", now), (), now, _ROOT_LIST_LIFE)

    def validation_data(self, certificate: x509.Certificate, status: Status, now: datetime) -> ValidationData:
        """What proves the status of one of our certificates at ``now``, to go into the file that it signs."""
        from signatures.validation_data import ValidationData

        return ValidationData((certificate, *self.chain), (self.ocsp(certificate, status, now),), (self.authority_list(now),))

    def timestamps(self, clock: Callable[[], datetime]) -> TimestampAuthority:
        """The timestamp authority over ``clock``."""
        own = self._issuer("timestamping", clock())
        return TimestampAuthority(own, (_der(self.root),), FileTicker(self.folder / "timestamps.json", clock))

    def renewed(self, now: datetime) -> Authority:
        """With fresh certificates for timestamps and OCSP where the old ones end within a year; itself if none does."""
        due = [r for r in ("timestamping", "responder") if self.parts[r].certificate.not_valid_after_utc - now < _RENEWED_BEFORE]
        if not due:
            return self
        with locked(self.folder / "authority.lock"):
            current = _read(self.folder, self.ring, self.pointers)
            parts, retired = dict(current.parts), list(current.retired)
            for role in due:
                if parts[role].certificate.not_valid_after_utc - now >= _RENEWED_BEFORE:
                    continue
                if role == "timestamping":
                    retired.append(parts[role].certificate)
                parts[role] = current._fresh(role, now)
            fresh = replace(current, parts=parts, retired=tuple(retired))
            replace_file(self.folder / FILE, fresh._text().encode())
        return fresh

    def rewrapped(self, ring: KeyRing) -> Authority:
        """With every key under the current key of ``ring``, which must still hold the old one."""
        with locked(self.folder / "authority.lock"):
            current = _read(self.folder, ring, self.pointers)
            parts = {role: replace(part, sealed=rewrap(part.sealed, ring)) for role, part in current.parts.items()}
            fresh = replace(current, parts=parts)
            replace_file(self.folder / FILE, fresh._text().encode())
        return fresh

    # ---- inside

    def _issuer(self, role: str, now: datetime) -> Issuer:
        part = self.parts[role]
        alarm = _health(role, part.certificate, now).alarm
        if now > part.certificate.not_valid_after_utc:
            raise SignatureError("authority.expired", alarm)
        return Issuer(part.certificate, open_key(part.sealed, self.ring, role, _OWNER))

    def _fresh(self, role: str, now: datetime) -> Part:
        key = new_private_key(ec.SECP384R1() if role == "timestamping" else None)
        name = certificates.authority_name(self.organisation, _NAMES[role], self.mark)
        if role == "timestamping":
            certificate = certificates.timestamping_certificate(name, key.public_key(), self._issuer("root", now), now)
        else:
            certificate = certificates.responder_certificate(name, key.public_key(), self._issuer("issuing", now), now)
        return Part(certificate, seal_key(key, self.ring, role, _OWNER))

    def _text(self) -> str:
        data = {
            "v": 1,
            "organisation": self.organisation,
            "mark": self.mark,
            "parts": {
                role: {"certificate": _pem(part.certificate), "key": json.loads(part.sealed.text())}
                for role, part in self.parts.items()
            },
            "retired": [_pem(c) for c in self.retired],
        }
        return json.dumps(data, ensure_ascii=False, indent=1)


_NAMES = {"root": "内置根证书", "issuing": "内置签发机构", "timestamping": "内置时间戳", "responder": "内置状态查询"}
_LABELS = {"root": "根证书", "issuing": "签发证书", "timestamping": "时间戳证书", "responder": "证书状态查询（OCSP）"}


def open_authority(folder: Path, ring: KeyRing, now: datetime, organisation: str, base_url: str = "") -> Authority:
    """The authority of ``folder``, made at first run. ``base_url``: where its CRL and OCSP are reachable, if anywhere.

    Raises ``authority.damaged``; ``key.ring`` where the key-encryption key is not the one it was made with.
    """
    base = base_url.rstrip("/")
    pointers = Pointers(f"{base}/pki/ocsp", f"{base}/pki/signatories.crl", f"{base}/pki/issuing.cer") if base else _NOWHERE
    path = folder / FILE
    if not path.exists():
        with locked(folder / "authority.lock"):
            if not path.exists():
                create(path, _made(folder, ring, now, organisation, pointers)._text().encode())
    return _read(folder, ring, pointers)


_NOWHERE = Pointers(ocsp="http://ocsp.invalid/")
"""A verifier looks for an OCSP response inside the document only if the certificate names a responder at all."""


def read_roots(folder: Path) -> tuple[bytes, ...]:
    """The root of the authority in ``folder`` in DER, without any key; empty where none was made. Raises ``authority.damaged``."""
    path = folder / FILE
    if not path.exists():
        return ()
    try:
        return (_der(_certificate(json.loads(path.read_bytes())["parts"]["root"]["certificate"])),)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SignatureError("authority.damaged", f"{path} 无法读取；请从备份恢复。") from error


def _made(folder: Path, ring: KeyRing, now: datetime, organisation: str, pointers: Pointers) -> Authority:
    mark = secrets.token_hex(3).upper()

    def name(role: str) -> x509.Name:
        return certificates.authority_name(organisation, _NAMES[role], mark)

    root_key, issuing_key = new_private_key(ec.SECP384R1()), new_private_key(ec.SECP384R1())
    root = Issuer(certificates.root_certificate(name("root"), root_key, now), root_key)
    root_pointers = Pointers(crl=pointers.crl.replace("signatories.crl", "root.crl")) if pointers.crl else _NO_ROOT_LIST
    issuing = certificates.issuing_certificate(name("issuing"), issuing_key.public_key(), root, root_pointers, now)
    parts = {
        "root": Part(root.certificate, seal_key(root_key, ring, "root", _OWNER)),
        "issuing": Part(issuing, seal_key(issuing_key, ring, "issuing", _OWNER)),
    }
    half = Authority(folder, ring, organisation, mark, parts, (), pointers)
    return replace(half, parts={**parts, **{role: half._fresh(role, now) for role in ("timestamping", "responder")}})


_NO_ROOT_LIST = Pointers(crl="http://crl.invalid/root.crl")


def _read(folder: Path, ring: KeyRing, pointers: Pointers) -> Authority:
    path = folder / FILE
    try:
        data = json.loads(path.read_bytes())
        if data["v"] != 1:
            raise ValueError("unknown version")
        parts = {role: _part(data["parts"][role]) for role in ROLES}
        retired = tuple(_certificate(text) for text in data["retired"])
        authority = Authority(folder, ring, str(data["organisation"]), str(data["mark"]), parts, retired, pointers)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise SignatureError(
            "authority.damaged", f"{path} 无法读取；请从备份恢复，切勿删除后重建，否则已签文件的信任链会中断。"
        ) from error
    for role, part in parts.items():
        key = open_key(part.sealed, ring, role, _OWNER)
        if key.public_key() != part.certificate.public_key():
            raise SignatureError("authority.damaged", f"{path} 中“{_LABELS[role]}”的密钥与证书不符；请从备份恢复。")
    return authority


def _part(data: dict[str, Any]) -> Part:
    return Part(_certificate(data["certificate"]), SealedKey.read(json.dumps(data["key"])))


def _certificate(text: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(text.encode())


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def _health(role: str, certificate: x509.Certificate, now: datetime) -> Health:
    until, label, alarm = certificate.not_valid_after_utc, _LABELS[role], ""
    day = until.astimezone(UTC).date().isoformat()
    if now > until:
        alarm = f"{label}已于{day}到期，不能继续使用。"
    elif until - now < _RENEWED_BEFORE:
        alarm = f"{label}将于{day}到期。"
    return Health(role, label, certificates.serial_text(certificate), until, alarm)
