"""Whether an outside certificate may sign here at all, told before its device is asked for anything."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from signatures.certificates import read_certificates
from signatures.collecting import path_to_root
from signatures.errors import SignatureError
from signatures.named import Wanted, holder_fault

Fault = tuple[str, str]
"""JSON pointer of the entry, and a Chinese sentence."""


def read_signer(certificate: bytes, chain: Sequence[bytes]) -> tuple[x509.Certificate, tuple[x509.Certificate, ...]]:
    """The signatory's certificate and what came along, from PEM or DER. Raises ``certificate.unreadable``."""
    return _one(certificate), tuple(_one(c) for c in chain)


def signer_faults(
    certificate: bytes, chain: Sequence[bytes], wanted: Wanted | None, roots: Sequence[bytes], now: datetime
) -> list[Fault]:
    """Everything that keeps a certificate from signing. ``wanted``: whom it has to name; ``roots``: DER of the outside ones trusted."""
    faults: list[Fault] = []
    beside = []
    for number, each in enumerate(chain):
        try:
            beside.append(_one(each))
        except SignatureError as error:
            faults.append((f"/chain/{number}", error.message))
    try:
        own = _one(certificate)
    except SignatureError as error:
        return [("/certificate", error.message), *faults]
    faults += [("/certificate", words) for words in (*_of_key(own), *_of_use(own), *_of_time(own, now), *_of_holder(own, wanted))]
    anchors = [x509.load_der_x509_certificate(der) for der in roots]
    if not path_to_root(own, beside, anchors):
        faults.append(("/chain", "签名证书连同所附证书不能追溯到受信任的证书机构；请附上中间证书，或者由管理员先信任其根证书。"))
    return faults


def _one(content: bytes) -> x509.Certificate:
    found = read_certificates(content)
    if len(found) != 1:
        raise SignatureError("certificate.unreadable", "这里须恰有一张证书。")
    return x509.load_der_x509_certificate(found[0])


def _of_key(certificate: x509.Certificate) -> list[str]:
    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return ["不支持签名证书的密钥算法（例如国密 SM2）。"]
    elliptic = isinstance(key, ec.EllipticCurvePublicKey) and key.curve.key_size >= 256
    if elliptic or (isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048):
        return []
    return ["签名证书的密钥须为 RSA 2048 位以上或者 256 位以上的椭圆曲线。"]


def _of_use(certificate: x509.Certificate) -> list[str]:
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return []
    if usage.digital_signature or usage.content_commitment:
        return []
    return ["签名证书的密钥用途不包括数字签名或者不可否认。"]


def _of_time(certificate: x509.Certificate, now: datetime) -> list[str]:
    if certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        return []
    return [
        f"签名证书的有效期是{certificate.not_valid_before_utc:%Y-%m-%d}至{certificate.not_valid_after_utc:%Y-%m-%d}，现在不能使用。"
    ]


def _of_holder(certificate: x509.Certificate, wanted: Wanted | None) -> list[str]:
    if wanted is None:
        return []
    name, organisation = (
        "、".join(str(a.value) for a in certificate.subject.get_attributes_for_oid(oid))
        for oid in (NameOID.COMMON_NAME, NameOID.ORGANIZATION_NAME)
    )
    wrong = holder_fault(name or organisation, organisation, wanted)
    return [f"{wrong}。"] if wrong else []
