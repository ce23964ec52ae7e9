"""X.509 certificates of the built-in authority: its own, and those of persons, organisations and the system.

Every certificate says in its policy who made it and what it is not: 电子签名法 16–18 allow only licensed providers to offer
certification to the public. Identity numbers of persons never go into a certificate; ``reference`` is an opaque id.
"""

from __future__ import annotations

import secrets
import uuid
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID, ObjectIdentifier

from signatures.errors import SignatureError
from signatures.keystore import PrivateKey

_ARC = uuid.uuid5(uuid.NAMESPACE_DNS, "chengyue.certificate-policy.invalid").int
SYSTEM_POLICY = f"2.25.{_ARC}.3"
"""Policy of the certificate that may certify a frozen text. All policies lie below one UUID arc (ITU-T X.667), free of registration."""
NOTICE = "内部签名证书。签发者是本系统内置的签发机构，不是依法设立的电子认证服务提供者，本证书不构成第三方认证。"
_BACKDATED = timedelta(minutes=5)
"""Clocks of verifiers may be slow."""
_YEAR = timedelta(days=365)
ROOT_YEARS, ISSUING_YEARS, TIME_YEARS, RESPONDER_YEARS, HOLDER_YEARS = 30, 20, 18, 5, 3
_LONGEST_NAME = 64
"""Upper bound of commonName and organizationName in characters (RFC 5280 A.1)."""


class HolderKind(Enum):
    """Whose certificate it is."""

    PERSON = "person"
    """自然人: a representative or other person who signs."""
    ORGANISATION = "organisation"
    """单位: its seal."""
    SYSTEM = "system"
    """本系统: certifies the frozen text; never a party's signature."""

    @property
    def label(self) -> str:
        return {"person": "自然人", "organisation": "单位", "system": "系统"}[self.value]


@dataclass(frozen=True, slots=True)
class Holder:
    """Who a certificate is for. ``organisation``: whom a person signs for; ``code``: 统一社会信用代码."""

    kind: HolderKind
    name: str
    organisation: str = ""
    code: str = ""
    reference: str = ""

    def subject(self) -> x509.Name:
        organisation = self.name if self.kind is HolderKind.ORGANISATION else self.organisation
        attributes = [(NameOID.COUNTRY_NAME, "CN"), (NameOID.ORGANIZATION_NAME, organisation)]
        # ETSI EN 319 412-1: a national registration number in organizationIdentifier.
        attributes += [(NameOID.ORGANIZATION_IDENTIFIER, f"NTRCN-{self.code}" if self.code else "")]
        attributes += [(NameOID.COMMON_NAME, self.name), (NameOID.SERIAL_NUMBER, self.reference)]
        return _name(attributes)


@dataclass(frozen=True, slots=True)
class Issuer:
    """A certificate authority's certificate and key."""

    certificate: x509.Certificate
    key: PrivateKey


@dataclass(frozen=True, slots=True)
class Pointers:
    """Where revocation data can be fetched; empty texts leave the pointer out."""

    ocsp: str = ""
    crl: str = ""
    issuer: str = ""


_POLICIES = {
    HolderKind.PERSON: f"2.25.{_ARC}.1",
    HolderKind.ORGANISATION: f"2.25.{_ARC}.2",
    HolderKind.SYSTEM: SYSTEM_POLICY,
}


def authority_name(organisation: str, role: str, mark: str) -> x509.Name:
    """``mark`` tells the authorities of two installations apart."""
    parts = ((NameOID.COUNTRY_NAME, "CN"), (NameOID.ORGANIZATION_NAME, organisation), (NameOID.COMMON_NAME, f"{role} {mark}"))
    return _name(parts)


def root_certificate(name: x509.Name, key: PrivateKey, now: datetime) -> x509.Certificate:
    builder = _builder(name, name, key.public_key(), key.public_key(), now, ROOT_YEARS)
    builder = _authority_extensions(builder, path_length=1)
    return builder.sign(key, _hash_for(key))


def issuing_certificate(
    name: x509.Name, public: ec.EllipticCurvePublicKey, root: Issuer, pointers: Pointers, now: datetime
) -> x509.Certificate:
    builder = _issued(name, public, root, now, ISSUING_YEARS)
    builder = _with_pointers(_authority_extensions(builder, path_length=0), pointers)
    return builder.sign(root.key, _hash_for(root.key))


def timestamping_certificate(name: x509.Name, public: ec.EllipticCurvePublicKey, root: Issuer, now: datetime) -> x509.Certificate:
    """Directly under the root and without revocation pointers, so that old timestamps stay checkable offline for its whole life."""
    builder = _end_entity(_issued(name, public, root, now, TIME_YEARS), commits=False)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), critical=True)
    return builder.sign(root.key, _hash_for(root.key))


def responder_certificate(name: x509.Name, public: ec.EllipticCurvePublicKey, issuing: Issuer, now: datetime) -> x509.Certificate:
    """Signs OCSP responses; is itself not checked for revocation (RFC 6960, 4.2.2.2.1)."""
    builder = _end_entity(_issued(name, public, issuing, now, RESPONDER_YEARS), commits=False)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING]), critical=True)
    return builder.add_extension(x509.OCSPNoCheck(), critical=False).sign(issuing.key, _hash_for(issuing.key))


def holder_certificate(
    holder: Holder, public: ec.EllipticCurvePublicKey, issuing: Issuer, pointers: Pointers, now: datetime
) -> x509.Certificate:
    """A signing certificate for a person, an organisation or the system."""
    builder = _end_entity(_issued(holder.subject(), public, issuing, now, HOLDER_YEARS), commits=True)
    builder = builder.add_extension(
        x509.CertificatePolicies(
            [x509.PolicyInformation(ObjectIdentifier(_POLICIES[holder.kind]), [x509.UserNotice(None, NOTICE)])]
        ),
        critical=False,
    )
    return _with_pointers(builder, pointers).sign(issuing.key, _hash_for(issuing.key))


def holder_of(certificate: x509.Certificate) -> Holder:
    """What a certificate of this package says of its holder; of any other certificate, name and organisation."""
    name, organisation = _attribute(certificate, NameOID.COMMON_NAME), _attribute(certificate, NameOID.ORGANIZATION_NAME)
    code = _attribute(certificate, NameOID.ORGANIZATION_IDENTIFIER).removeprefix("NTRCN-")
    kind = next((k for k, policy in _POLICIES.items() if policy in _policies(certificate)), HolderKind.PERSON)
    return Holder(kind, name, organisation, code, _attribute(certificate, NameOID.SERIAL_NUMBER))


def _policies(certificate: x509.Certificate) -> set[str]:
    try:
        policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    except x509.ExtensionNotFound:
        return set()
    return {p.policy_identifier.dotted_string for p in policies}


def read_certificates(content: bytes) -> tuple[bytes, ...]:
    """Certificates of a file in PEM or DER, in DER. Raises ``certificate.unreadable``."""
    try:
        if b"-----BEGIN" in content:
            return tuple(c.public_bytes(Encoding.DER) for c in x509.load_pem_x509_certificates(content))
        return (x509.load_der_x509_certificate(content).public_bytes(Encoding.DER),)
    except ValueError as error:
        raise SignatureError("certificate.unreadable", "证书文件无法读取；须为 PEM 或者 DER 格式。") from error


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate, 64 lower-case hex digits."""
    return certificate.fingerprint(hashes.SHA256()).hex()


def serial_text(certificate: x509.Certificate) -> str:
    """The serial number in hex, as certificate viewers show it."""
    return f"{certificate.serial_number:X}"


def _name(attributes: Iterable[tuple[ObjectIdentifier, str]]) -> x509.Name:
    with _long_names():
        return x509.Name([x509.NameAttribute(oid, text[:_LONGEST_NAME], _validate=False) for oid, text in attributes if text])


@contextmanager
def _long_names() -> Iterator[None]:
    """cryptography counts bytes where RFC 5280 counts characters, so that a name of 22 Chinese ones seems too long to it."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Attribute's length must be", UserWarning)
        yield


def _attribute(certificate: x509.Certificate, oid: ObjectIdentifier) -> str:
    with _long_names():
        found = certificate.subject.get_attributes_for_oid(oid)
    return str(found[0].value) if found else ""


def _issued(
    name: x509.Name, public: ec.EllipticCurvePublicKey, issuer: Issuer, now: datetime, years: int
) -> x509.CertificateBuilder:
    return _builder(name, issuer.certificate.subject, public, issuer.key.public_key(), now, years)


def _builder(
    name: x509.Name,
    issuer: x509.Name,
    public: ec.EllipticCurvePublicKey,
    issuer_public: ec.EllipticCurvePublicKey,
    now: datetime,
    years: int,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(_serial())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + years * _YEAR)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_public), critical=False)
    )


def _serial() -> int:
    """80 bits, the highest set: unique without a counter, and short enough to be printed on a seal."""
    return secrets.randbits(79) | 1 << 79


def _authority_extensions(builder: x509.CertificateBuilder, path_length: int) -> x509.CertificateBuilder:
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=path_length), critical=True)
    return builder.add_extension(_key_usage(certificates=True), critical=True)


def _end_entity(builder: x509.CertificateBuilder, *, commits: bool) -> x509.CertificateBuilder:
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    return builder.add_extension(_key_usage(commits=commits), critical=True)


def _key_usage(*, certificates: bool = False, commits: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=commits,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _with_pointers(builder: x509.CertificateBuilder, pointers: Pointers) -> x509.CertificateBuilder:
    access = [
        x509.AccessDescription(method, x509.UniformResourceIdentifier(address))
        for method, address in (
            (AuthorityInformationAccessOID.OCSP, pointers.ocsp),
            (AuthorityInformationAccessOID.CA_ISSUERS, pointers.issuer),
        )
        if address
    ]
    if access:
        builder = builder.add_extension(x509.AuthorityInformationAccess(access), critical=False)
    if pointers.crl:
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(pointers.crl)], None, None, None)
        builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
    return builder


def _hash_for(key: PrivateKey) -> hashes.SHA256 | hashes.SHA384:
    return hashes.SHA384() if key.curve.key_size > 256 else hashes.SHA256()
