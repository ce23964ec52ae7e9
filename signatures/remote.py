"""Signing with a key that is elsewhere: the party's own device signs a few hundred bytes, the document never leaves here.

Two steps: ``begin`` makes the revision with a gap and says what is to be signed (DER of the signed attributes, which hold the
document's digest); ``finish`` checks the signature that comes back, has it timestamped, and fills the gap.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.general import simple_cms_attribute
from pyhanko.sign.signers import ExternalSigner, PdfSignatureMetadata, PdfSigner
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko_certvalidator.registry import SimpleCertificateStore

from signatures.asn1 import cms
from signatures.credentials import plain
from signatures.errors import SignatureError
from signatures.freezing import NoStamp
from signatures.remote_cms import read_cms
from signatures.revisions import RESERVED, settle
from signatures.signing import Signed, Signing, prepared
from signatures.time_source import Stamper, TimeSource
from signatures.validation_data import ValidationData, put_in

_DIGEST = "sha256"


@dataclass(frozen=True, slots=True)
class Pending:
    """A signature that waits for its device. ``to_sign``: bytes to be signed with SHA-256 by the key of ``certificate`` (DER).

    ``pdf`` must be kept as it is; ``base_digest``: SHA-256 of the file it continues, to be the same still when finishing.
    """

    field: str
    pdf: bytes
    start: int
    end: int
    document_digest: bytes
    to_sign: bytes
    certificate: bytes
    chain: tuple[bytes, ...]
    begun_at: datetime
    base_digest: str

    def state(self) -> str:
        """Everything but ``pdf`` as JSON."""
        text = {n: base64.b64encode(getattr(self, n)).decode() for n in ("document_digest", "to_sign", "certificate")}
        return json.dumps(
            text
            | {
                "field": self.field, "start": self.start, "end": self.end, "begun_at": self.begun_at.isoformat(),
                "base_digest": self.base_digest, "chain": [base64.b64encode(c).decode() for c in self.chain],
            }
        )  # fmt: skip

    @classmethod
    def read(cls, state: str, pdf: bytes) -> Pending:
        """Raises ``remote.state``."""
        try:
            data = json.loads(state)
            octets = {n: base64.b64decode(data[n]) for n in ("document_digest", "to_sign", "certificate")}
            return cls(
                field=data["field"], pdf=pdf, start=int(data["start"]), end=int(data["end"]), base_digest=data["base_digest"],
                chain=tuple(base64.b64decode(c) for c in data["chain"]), begun_at=datetime.fromisoformat(data["begun_at"]), **octets,
            )  # fmt: skip
        except (ValueError, KeyError, TypeError) as error:
            raise SignatureError("remote.state", "待签数据已损坏，请重新发起签署。") from error


def begin(
    pdf: bytes,
    signing: Signing,
    certificate: x509.Certificate,
    chain: tuple[x509.Certificate, ...],
    now: datetime,
    data: ValidationData | None = None,
) -> Pending:
    """The revision with a gap. Raises what ``signing.sign`` raises, and ``remote.certificate`` for a key that is too weak."""
    _require_strong(certificate)
    writer = prepared(pdf, signing)
    if data is not None:
        put_in(writer, data)
    meta = PdfSignatureMetadata(
        field_name=signing.field,
        subfilter=SigSeedSubFilter.PADES,
        md_algorithm=_DIGEST,
        name=signing.name or None,
        reason=signing.reason or None,
        location=signing.place or None,
    )
    signer = _external(certificate, chain, bytes(512))
    return asyncio.run(_begun(PdfSigner(meta, signer, stamp_style=NoStamp()), writer, signer, certificate, chain, now, pdf))


async def _begun(
    pdf_signer: PdfSigner,
    writer: object,
    signer: ExternalSigner,
    certificate: x509.Certificate,
    chain: tuple[x509.Certificate, ...],
    now: datetime,
    base: bytes,
) -> Pending:
    session = pdf_signer.init_signing_session(writer, existing_fields_only=True)  # type: ignore[arg-type]
    session.system_time = now.replace(microsecond=0)
    settle(writer)  # type: ignore[arg-type]
    document = session.prepare_tbs_document(validation_info=None, bytes_reserved=RESERVED)
    digest, output = document.digest_tbs_document()
    attributes = await signer.signed_attrs(digest.document_digest, _DIGEST, use_pades=True)
    output.seek(0)
    return Pending(
        field=str(pdf_signer.signature_meta.field_name),
        pdf=bytes(output.read()),
        start=digest.reserved_region_start,
        end=digest.reserved_region_end,
        document_digest=digest.document_digest,
        to_sign=attributes.dump(),
        certificate=certificate.public_bytes(Encoding.DER),
        chain=tuple(c.public_bytes(Encoding.DER) for c in chain),
        begun_at=session.system_time,
        base_digest=hashlib.sha256(base).hexdigest(),
    )


def finish(pending: Pending, signature: bytes, source: TimeSource, base: bytes, now: datetime) -> Signed:
    """The signed file. ``base``: the file as it is now; somebody else may have signed meanwhile.

    Raises ``remote.outdated`` then, and ``remote.signature`` for a signature that does not fit.
    """
    if hashlib.sha256(base).hexdigest() != pending.base_digest:
        raise SignatureError("remote.outdated", "等待期间已有他人签署了同一份文件，请重新发起签署。")
    certificate = x509.load_der_x509_certificate(pending.certificate)
    _require_fitting(certificate, signature, pending.to_sign)
    chain = tuple(x509.load_der_x509_certificate(c) for c in pending.chain)
    content = asyncio.run(_finished(pending, _external(certificate, chain, signature), source))
    note = source.used[-1][1] if source.used else ""
    return Signed(content, pending.field, now.replace(microsecond=0), source.clock, note, hashlib.sha256(content).hexdigest())


async def _finished(pending: Pending, signer: ExternalSigner, source: TimeSource) -> bytes:
    signed = await signer.async_sign_prescribed_attributes(
        _DIGEST, signed_attrs=cms.CMSAttributes.load(pending.to_sign), timestamper=Stamper(source)
    )
    output = io.BytesIO(pending.pdf)
    PreparedByteRangeDigest(pending.document_digest, pending.start, pending.end).fill_with_cms(output, signed)
    return output.getvalue()


def covered(pending: Pending) -> bytes:
    """The bytes that the signature is over: the file with its new revision, without the gap. A detached CMS is made from them."""
    return pending.pdf[: pending.start] + pending.pdf[pending.end :]


def algorithm_of(certificate: x509.Certificate) -> str:
    """How a raw signature over ``to_sign`` is made: ``ecdsa-sha256`` (DER of RFC 3279, 2.2.3) or ``rsa-pkcs1v15-sha256``."""
    return "ecdsa-sha256" if isinstance(certificate.public_key(), ec.EllipticCurvePublicKey) else "rsa-pkcs1v15-sha256"


def finish_with_cms(pending: Pending, answer: bytes, source: TimeSource, base: bytes, now: datetime) -> Signed:
    """The same with a whole detached CMS (DER) that the device has made of ``covered``; a timestamp is added if it has none.

    Raises ``remote.outdated``, and ``remote.cms`` with everything that is wrong with it (ETSI EN 319 122-1, 5; EN 319 142-1, 6.3).
    Whether it holds is for the verifier to say.
    """
    if hashlib.sha256(base).hexdigest() != pending.base_digest:
        raise SignatureError("remote.outdated", "等待期间已有他人签署了同一份文件，请重新发起签署。")
    faults = read_cms(answer, pending.certificate, covered(pending))[1]
    if faults:
        raise SignatureError("remote.cms", "返回的 CMS 签名不能接受：" + "；".join(faults) + "。")
    content = asyncio.run(_filled(pending, answer, source))
    note = source.used[-1][1] if source.used else ""
    return Signed(content, pending.field, now.replace(microsecond=0), source.clock, note, hashlib.sha256(content).hexdigest())


async def _filled(pending: Pending, answer: bytes, source: TimeSource) -> bytes:
    """What is whole stays as it came; with a timestamp added, the way to it is put together anew, and only that."""
    content_info, whole = cms.ContentInfo.load(answer), answer
    info = content_info["content"]["signer_infos"][0]
    others = list(info["unsigned_attrs"])  # none where there is nothing
    if not any(a["type"].native == "signature_time_stamp_token" for a in others):
        token = await Stamper(source).async_timestamp(hashlib.sha256(info["signature"].native).digest(), _DIGEST)
        info["unsigned_attrs"] = cms.CMSAttributes([*others, simple_cms_attribute("signature_time_stamp_token", token)])
        whole = content_info.dump()
    output = io.BytesIO(pending.pdf)
    _require_room(pending, whole)
    PreparedByteRangeDigest(pending.document_digest, pending.start, pending.end).fill_with_cms(output, whole)
    return output.getvalue()


def _require_room(pending: Pending, whole: bytes) -> None:
    room = (pending.end - pending.start - 2) // 2
    if len(whole) > room:
        raise SignatureError("remote.cms", f"返回的 CMS 签名过大，连同时间戳不得超过{room}字节；请不要附带根证书和吊销列表。")


def _external(certificate: x509.Certificate, chain: tuple[x509.Certificate, ...], value: bytes) -> ExternalSigner:
    return ExternalSigner(
        signing_cert=plain(certificate),
        cert_registry=SimpleCertificateStore.from_certs([plain(c) for c in chain]),
        signature_value=value,
    )


def _require_strong(certificate: x509.Certificate) -> None:
    key = certificate.public_key()
    elliptic = isinstance(key, ec.EllipticCurvePublicKey) and key.curve.key_size >= 256
    if not elliptic and not (isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048):
        raise SignatureError("remote.certificate", "签名证书的密钥须为 RSA 2048 位以上或者 256 位以上的椭圆曲线。")


def _require_fitting(certificate: x509.Certificate, signature: bytes, content: bytes) -> None:
    key = certificate.public_key()
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, content, ec.ECDSA(hashes.SHA256()))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, content, padding.PKCS1v15(), hashes.SHA256())
        else:
            raise SignatureError("remote.certificate", "不支持这种签名证书。")
    except InvalidSignature as error:
        raise SignatureError("remote.signature", "返回的签名与待签数据或者证书不符。") from error
