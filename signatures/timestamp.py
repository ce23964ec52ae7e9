"""An RFC 3161 timestamp authority in process.

What such a token proves, plainly: the order of things, and that nothing was changed since a time that this system's own clock and
key assert. It is not independent: whoever controls the server could date back. For independent time, configure an outside service.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import ClassVar, Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from signatures.asn1 import algos, cms, core, tsp, x509
from signatures.certificates import Issuer
from signatures.errors import SignatureError
from signatures.files import locked, replace

POLICY = f"2.25.{uuid.uuid5(uuid.NAMESPACE_DNS, 'chengyue.timestamp-policy.invalid').int}"
LONGEST_REQUEST = 64 * 1024
_DIGESTS = {"sha256": 32, "sha384": 48, "sha512": 64}
_TOLERATED = timedelta(seconds=2)
"""A step back this small is a clock being disciplined; the last time is used again."""


class _Refusal(core.Sequence):
    """TimeStampResp without a token; asn1crypto makes the token mandatory, RFC 3161 does not."""

    _fields: ClassVar = [("status", tsp.PKIStatusInfo)]


class Ticker(Protocol):
    """Gives the time to stamp with."""

    def tick(self) -> datetime:
        """Aware UTC, whole seconds, never before an earlier answer. Raises ``time.backwards``."""
        ...


@dataclass(frozen=True, slots=True)
class FileTicker:
    """The clock ``now``, held against the last time that any process stamped with."""

    path: Path
    now: Callable[[], datetime]

    def tick(self) -> datetime:
        with locked(self.path.with_suffix(".lock")):
            last = self._last()
            at = self.now().astimezone(UTC).replace(microsecond=0)
            if last is not None and at < last:
                if last - at > _TOLERATED:
                    raise SignatureError(
                        "time.backwards",
                        f"系统时钟早于上一次时间戳（{last.isoformat()}），已拒绝签发时间戳；请校准服务器时间后重试。",
                    )
                at = last
            replace(self.path, json.dumps({"last": at.isoformat()}).encode())
        return at

    def _last(self) -> datetime | None:
        if not self.path.exists():
            return None
        try:
            return datetime.fromisoformat(json.loads(self.path.read_bytes())["last"])
        except (ValueError, KeyError, TypeError) as error:
            raise SignatureError("time.state", f"{self.path} 已损坏，无法确认上一次时间戳的时间。") from error


@dataclass(frozen=True, slots=True)
class TimestampAuthority:
    """Answers timestamp requests. ``chain``: certificates to send along, the issuer first."""

    own: Issuer
    chain: tuple[bytes, ...]
    ticker: Ticker

    def respond(self, request: bytes) -> bytes:
        """The response in DER, a refusal included. Raises only where the clock can't be trusted (``time.backwards``)."""
        if len(request) > LONGEST_REQUEST:
            return _refuse("bad_data_format", "request too long")
        try:
            asked = tsp.TimeStampReq.load(request, strict=True)
            imprint = asked["message_imprint"]
            algorithm = imprint["hash_algorithm"]["algorithm"].native
            size = len(imprint["hashed_message"].native)
            policy, nonce, wants_certificate = asked["req_policy"].native, asked["nonce"], bool(asked["cert_req"].native)
        except (ValueError, TypeError, KeyError):
            return _refuse("bad_data_format", "malformed request")
        if algorithm not in _DIGESTS:
            return _refuse("bad_alg", "SHA-256, SHA-384 or SHA-512 is required")
        if size != _DIGESTS[algorithm]:
            return _refuse("bad_data_format", "length of the digest")
        if policy not in (None, POLICY):
            return _refuse("unaccepted_policy", "unknown policy")
        token = self._token(imprint, nonce if nonce.native is not None else None, wants_certificate)
        response: bytes = tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump()
        return response

    def _token(self, imprint: tsp.MessageImprint, nonce: core.Integer | None, with_certificates: bool) -> cms.ContentInfo:
        own = x509.Certificate.load(self.own.certificate.public_bytes(Encoding.DER))
        at = self.ticker.tick()
        info = {
            "version": "v1",
            "policy": POLICY,
            "message_imprint": imprint,
            "serial_number": secrets.randbits(120),
            "gen_time": at,
            "accuracy": {"seconds": 1},
            "ordering": False,
            "tsa": x509.GeneralName("directory_name", own.subject),
        }
        if nonce is not None:
            info["nonce"] = nonce
        content = tsp.TSTInfo(info).dump()
        identity = tsp.ESSCertIDv2(
            {"hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}), "cert_hash": hashlib.sha256(own.dump()).digest()}
        )
        attributes = cms.CMSAttributes(
            [
                cms.CMSAttribute({"type": "content_type", "values": ("tst_info",)}),
                cms.CMSAttribute({"type": "signing_time", "values": (cms.Time({"utc_time": core.UTCTime(at)}),)}),
                cms.CMSAttribute({"type": "message_digest", "values": (hashlib.sha256(content).digest(),)}),
                cms.CMSAttribute(
                    {"type": "signing_certificate_v2", "values": (tsp.SigningCertificateV2({"certs": [identity]}),)}
                ),
            ]
        )
        signer = {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                "issuer_and_serial_number",
                cms.IssuerAndSerialNumber({"issuer": own.issuer, "serial_number": own.serial_number}),
            ),
            "digest_algorithm": {"algorithm": "sha256"},
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": self.own.key.sign(attributes.untag().dump(), ec.ECDSA(hashes.SHA256())),
        }
        chain = [own, *(x509.Certificate.load(c) for c in self.chain)] if with_certificates else None
        signed = cms.SignedData(
            {
                "version": "v3",
                "digest_algorithms": [{"algorithm": "sha256"}],
                "encap_content_info": {"content_type": "tst_info", "content": cms.ParsableOctetString(content)},
                "certificates": chain,
                "signer_infos": [signer],
            }
        )
        return cms.ContentInfo({"content_type": "signed_data", "content": signed})


def _refuse(failure: str, text: str) -> bytes:
    refusal: bytes = _Refusal({"status": {"status": "rejection", "status_string": [text], "fail_info": {failure}}}).dump()
    return refusal
