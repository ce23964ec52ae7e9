"""A root certificate of an outside authority, looked at before the installation begins to trust it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from signatures.certificates import fingerprint, read_certificates
from signatures.errors import SignatureError


@dataclass(frozen=True, slots=True)
class Root:
    """What somebody has to compare and what it is for. ``der``: the certificate; times aware UTC; ``fingerprint``: SHA-256, lower-case hex."""

    der: bytes
    subject: str
    organisation: str
    issuer: str
    valid_from: datetime
    valid_until: datetime
    fingerprint: str
    self_signed: bool


def look_at_root(content: bytes, now: datetime) -> Root:
    """The one certificate in ``content`` (PEM or DER). Raises ``root.invalid`` with everything that keeps it from being trusted.

    An authority's own certificate below its root may be trusted as well; that takes in fewer certificates than the root would.
    """
    try:
        found = read_certificates(content)
    except SignatureError as error:
        raise SignatureError("root.invalid", error.message) from error
    if len(found) != 1:
        raise SignatureError("root.invalid", f"文件中有{len(found)}张证书；请逐张添加，每次核对一张的指纹。")
    certificate = x509.load_der_x509_certificate(found[0])
    faults = [*_faults_of_use(certificate), *_faults_of_key(certificate)]
    if certificate.not_valid_after_utc < now:
        faults.append(f"证书已于{certificate.not_valid_after_utc:%Y-%m-%d}到期")
    if certificate.not_valid_before_utc > now:
        faults.append(f"证书自{certificate.not_valid_before_utc:%Y-%m-%d}起才有效")
    if certificate.subject == certificate.issuer:
        faults += _faults_of_seal(certificate)
    if faults:
        raise SignatureError("root.invalid", "不能信任这张证书：" + "；".join(faults) + "。")
    return root_of(found[0])


def root_of(der: bytes) -> Root:
    """What a certificate (DER) says of itself; nothing is judged."""
    certificate = x509.load_der_x509_certificate(der)
    return Root(
        der, _named(certificate.subject), _first(certificate.subject, NameOID.ORGANIZATION_NAME), _named(certificate.issuer),
        certificate.not_valid_before_utc, certificate.not_valid_after_utc, fingerprint(certificate), certificate.subject == certificate.issuer,
    )  # fmt: skip


def _faults_of_use(certificate: x509.Certificate) -> list[str]:
    """RFC 5280, 4.2.1.9 and 4.2.1.3: only an authority's certificate may issue others."""
    faults = []
    try:
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        if not basic.ca:
            faults.append("它不是签发机构的证书（不能签发其他证书）")
    except x509.ExtensionNotFound:
        faults.append("它没有标明是签发机构的证书（缺少 basicConstraints）")
    try:
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        if not usage.key_cert_sign:
            faults.append("它的密钥用途不包括签发证书")
    except x509.ExtensionNotFound:
        pass
    return faults


def _faults_of_key(certificate: x509.Certificate) -> list[str]:
    try:
        key = certificate.public_key()
    except (UnsupportedAlgorithm, ValueError):
        return ["不支持它的密钥算法（例如国密 SM2）"]
    elliptic = isinstance(key, ec.EllipticCurvePublicKey) and key.curve.key_size >= 256
    if elliptic or (isinstance(key, rsa.RSAPublicKey) and key.key_size >= 2048):
        return []
    return ["它的密钥须为 RSA 2048 位以上或者 256 位以上的椭圆曲线"]


def _faults_of_seal(certificate: x509.Certificate) -> list[str]:
    try:
        certificate.verify_directly_issued_by(certificate)
    except InvalidSignature:
        return ["证书的自签名不成立，内容可能被改动"]
    except (ValueError, TypeError, UnsupportedAlgorithm):
        return ["证书的自签名无法验证"]
    return []


def _named(name: x509.Name) -> str:
    return _first(name, NameOID.COMMON_NAME) or _first(name, NameOID.ORGANIZATION_NAME) or name.rfc4514_string()


def _first(name: x509.Name, oid: x509.ObjectIdentifier) -> str:
    found = name.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""
