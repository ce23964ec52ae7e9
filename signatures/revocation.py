"""Revocation data of the built-in authority, made in process: OCSP responses (RFC 6960) and CRLs (RFC 5280)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import ocsp

from signatures.certificates import Issuer

RESPONSE_LIFE = timedelta(days=1)
LIST_LIFE = timedelta(days=30)


class Reason(Enum):
    """Why a certificate was revoked (RFC 5280, 5.3.1; 电子签名法 15)."""

    COMPROMISED = "compromised"
    """密钥失密或者可能失密."""
    AFFILIATION = "affiliation"
    """持有人不再代表该单位."""
    SUPERSEDED = "superseded"
    """已换发新证书."""
    CEASED = "ceased"
    """停用."""

    @property
    def label(self) -> str:
        names = {
            "compromised": "密钥失密或可能失密",
            "affiliation": "不再代表该单位",
            "superseded": "已换发新证书",
            "ceased": "停用",
        }
        return names[self.value]

    @property
    def flag(self) -> x509.ReasonFlags:
        return {
            "compromised": x509.ReasonFlags.key_compromise,
            "affiliation": x509.ReasonFlags.affiliation_changed,
            "superseded": x509.ReasonFlags.superseded,
            "ceased": x509.ReasonFlags.cessation_of_operation,
        }[self.value]


@dataclass(frozen=True, slots=True)
class Revocation:
    """``serial`` was revoked at ``at`` (aware UTC)."""

    serial: int
    at: datetime
    reason: Reason


@dataclass(frozen=True, slots=True)
class Status:
    """What the issuer knows of a certificate: issued or not, revoked or not."""

    issued: bool
    revocation: Revocation | None = None


StatusOf = Callable[[int], Status]
"""Asked with a certificate's serial number."""


def revocation_list(issuer: Issuer, revoked: Sequence[Revocation], now: datetime, life: timedelta = LIST_LIFE) -> bytes:
    """A CRL in DER. Its number is the time in milliseconds, which rises without a counter to keep."""
    at = now.replace(microsecond=0)
    builder = (
        x509.CertificateRevocationListBuilder().issuer_name(issuer.certificate.subject).last_update(at).next_update(at + life)
    )
    builder = builder.add_extension(x509.CRLNumber(int(now.timestamp() * 1000)), critical=False)
    builder = builder.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
    for item in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(item.serial).revocation_date(item.at)
        builder = builder.add_revoked_certificate(entry.add_extension(x509.CRLReason(item.reason.flag), critical=False).build())
    algorithm = hashes.SHA384() if issuer.key.curve.key_size > 256 else hashes.SHA256()
    return builder.sign(issuer.key, algorithm).public_bytes(Encoding.DER)


@dataclass(frozen=True, slots=True)
class Responder:
    """Answers for the certificates of ``issuer`` with its own certificate and key."""

    issuer: x509.Certificate
    own: Issuer

    def response(self, serial: int, status: Status, now: datetime, nonce: bytes | None = None) -> bytes:
        """An OCSP response in DER for one certificate."""
        return self._answer(serial, hashes.SHA256(), status, now, nonce)

    def answer(self, request: bytes, status_of: StatusOf, now: datetime) -> bytes:
        """The response to a request in DER; a request that can't be answered gets the refusal of RFC 6960, 4.2.1."""
        try:
            asked = ocsp.load_der_ocsp_request(request)
            algorithm = asked.hash_algorithm
            if not isinstance(algorithm, hashes.SHA1 | hashes.SHA256 | hashes.SHA384 | hashes.SHA512):
                return _refusal(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
            nonce = next((e.value.nonce for e in asked.extensions if isinstance(e.value, x509.OCSPNonce)), None)
        except (ValueError, NotImplementedError):  # damaged, or for several certificates at once, which nobody must support
            return _refusal(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
        if (asked.issuer_name_hash, asked.issuer_key_hash) != self._hashes(algorithm):
            return _refusal(ocsp.OCSPResponseStatus.UNAUTHORIZED)
        if nonce is not None and not 1 <= len(nonce) <= 128:
            return _refusal(ocsp.OCSPResponseStatus.MALFORMED_REQUEST)
        return self._answer(asked.serial_number, algorithm, status_of(asked.serial_number), now, nonce)

    def _answer(self, serial: int, algorithm: hashes.HashAlgorithm, status: Status, now: datetime, nonce: bytes | None) -> bytes:
        name_hash, key_hash = self._hashes(algorithm)
        at, revocation = now.replace(microsecond=0), status.revocation
        good = ocsp.OCSPCertStatus.GOOD if status.issued else ocsp.OCSPCertStatus.UNKNOWN
        builder = ocsp.OCSPResponseBuilder().add_response_by_hash(
            issuer_name_hash=name_hash,
            issuer_key_hash=key_hash,
            serial_number=serial,
            algorithm=algorithm,
            cert_status=ocsp.OCSPCertStatus.REVOKED if revocation else good,
            this_update=at,
            next_update=at + RESPONSE_LIFE,
            revocation_time=revocation.at if revocation else None,
            revocation_reason=revocation.reason.flag if revocation else None,
        )
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, self.own.certificate).certificates([self.own.certificate])
        if nonce is not None:
            builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
        return builder.sign(self.own.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def _hashes(self, algorithm: hashes.HashAlgorithm) -> tuple[bytes, bytes]:
        """Of the issuer's name and key, as RFC 6960, 4.1.1 asks."""
        public = self.issuer.public_key()
        if not isinstance(public, ec.EllipticCurvePublicKey):
            raise TypeError("the built-in authority has elliptic curve keys")
        point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return _digest(algorithm, self.issuer.subject.public_bytes()), _digest(algorithm, point)


def _digest(algorithm: hashes.HashAlgorithm, data: bytes) -> bytes:
    state = hashes.Hash(algorithm)
    state.update(data)
    return state.finalize()


def _refusal(status: ocsp.OCSPResponseStatus) -> bytes:
    return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
