"""An OOXML signature (ECMA-376 part 2, chapter 12; XMLDSig with XAdES properties) over every part of a DOCX, and its verification.

Office and LibreOffice never sign the core properties; both show such a signature as partial, which is normal.
"""

from __future__ import annotations

import base64
import copy
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from lxml import etree

from signatures.certificates import fingerprint
from signatures.credentials import KeyCredentials
from signatures.docx.package import CONTENT_TYPES, RELATIONS, TYPES, Parts, parse, serialise, zipped
from signatures.errors import SignatureError

DS = "http://www.w3.org/2000/09/xmldsig#"
XADES = "http://uri.etsi.org/01903/v1.3.2#"
C14N = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
SHA256 = "http://www.w3.org/2001/04/xmlenc#sha256"
ECDSA = "http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/digital-signature"
TRANSFORM = "http://schemas.openxmlformats.org/package/2006/RelationshipTransform"
OFFICE = "http://schemas.microsoft.com/office/2006/digsig"
_ORIGIN = f"{RELATIONS}/digital-signature/origin"
_ORIGIN_TYPE = "application/vnd.openxmlformats-package.digital-signature-origin"
_SIGNATURE_TYPE = "application/vnd.openxmlformats-package.digital-signature-xmlsignature+xml"
_RELATIONS_TYPE = "application/vnd.openxmlformats-package.relationships+xml"
_UNSIGNED = (
    "digital-signature/origin",
    "metadata/core-properties",
    "extended-properties",
    "custom-properties",
    "metadata/thumbnail",
)
_FOLDER = "_xmlsignatures"
_DEFAULT: Any = {None: RELATIONS}
_PATH = f"{_FOLDER}/sig1.xml"


def sign_package(parts: Parts, credentials: KeyCredentials, now: datetime, reason: str) -> bytes:
    """The DOCX with a signature over all its parts. Nothing may be changed behind this. Raises ``docx.signed``."""
    if any(name.startswith(f"{_FOLDER}/") for name in parts.content):
        raise SignatureError("docx.signed", "DOCX 已经带有数字签名。")
    parts.add_relation("", _ORIGIN, f"{_FOLDER}/origin.sigs")
    parts.add_default_type("sigs", _ORIGIN_TYPE)
    types = parts.tree(CONTENT_TYPES)
    etree.SubElement(types, f"{{{TYPES}}}Override", PartName=f"/{_PATH}", ContentType=_SIGNATURE_TYPE)
    content = parts.settled()
    manifest = "".join(_reference(parts, name, content[name]) for name in sorted(content) if _is_signed(parts, name, content))
    content[_PATH] = _signature(manifest, credentials, now, reason)
    content[f"{_FOLDER}/origin.sigs"] = b""
    content[f"{_FOLDER}/_rels/origin.sigs.rels"] = (
        f'<?xml version="1.0" encoding="UTF-8" standalone="yes"?><Relationships xmlns="{RELATIONS}">'
        f'<Relationship Id="rId1" Type="{RELATIONS}/digital-signature/signature" Target="sig1.xml"/></Relationships>'
    ).encode()
    return zipped(content)


def _is_signed(parts: Parts, name: str, content: dict[str, bytes]) -> bool:
    if name == CONTENT_TYPES or name.startswith("docProps/"):
        return False
    return not name.endswith(".rels") or bool(_signed_ids(content[name]))


def _signed_ids(relations: bytes) -> list[str]:
    return sorted(str(r.get("Id")) for r in parse(relations) if not any(s in r.get("Type", "") for s in _UNSIGNED))


def _reference(parts: Parts, name: str, content: bytes) -> str:
    if not name.endswith(".rels"):
        return _digest_of(f"/{name}?ContentType={parts.type_of(name)}", "", content)
    ids = _signed_ids(content)
    chosen = "".join(f'<mdssi:RelationshipReference xmlns:mdssi="{PACKAGE}" SourceId="{i}"/>' for i in ids)
    transforms = (
        f'<Transforms><Transform Algorithm="{TRANSFORM}">{chosen}</Transform><Transform Algorithm="{C14N}"/></Transforms>'
    )
    return _digest_of(f"/{name}?ContentType={_RELATIONS_TYPE}", transforms, _relations(content, set(ids)))


def _relations(content: bytes, ids: set[str]) -> bytes:
    """The relationship transform: the chosen ones, by id, with the default target mode written out."""
    root = etree.Element(f"{{{RELATIONS}}}Relationships", nsmap=_DEFAULT)
    for item in sorted((r for r in parse(content) if r.get("Id") in ids), key=lambda r: r.get("Id", "")):
        made = etree.SubElement(root, f"{{{RELATIONS}}}Relationship")
        for key, value in item.attrib.items():
            made.set(key, value)
        if not made.get("TargetMode"):
            made.set("TargetMode", "Internal")
    return _c14n(root)


def _digest_of(uri: str, transforms: str, content: bytes) -> str:
    method = f'<DigestMethod Algorithm="{SHA256}"/><DigestValue>{_sha256(content)}</DigestValue>'
    return f'<Reference URI="{uri}">{transforms}{method}</Reference>'


def _signature(manifest: str, credentials: KeyCredentials, now: datetime, reason: str) -> bytes:
    certificate = credentials.certificate
    der = certificate.public_bytes(Encoding.DER)
    at = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    chain = "".join(
        f"<X509Certificate>{_base64(c.public_bytes(Encoding.DER))}</X509Certificate>" for c in (certificate, *credentials.chain)
    )
    root = etree.fromstring(
        f'<Signature xmlns="{DS}" Id="idPackageSignature"><SignedInfo/><SignatureValue/><KeyInfo><X509Data>{chain}</X509Data>'
        f"</KeyInfo></Signature>"
    )
    issuer = _escaped(certificate.issuer.rfc4514_string())
    for xml in (
        f'<Object xmlns="{DS}" Id="idPackageObject"><Manifest>{manifest}</Manifest><SignatureProperties>'
        f'<SignatureProperty Id="idSignatureTime" Target="#idPackageSignature"><mdssi:SignatureTime xmlns:mdssi="{PACKAGE}">'
        f"<mdssi:Format>YYYY-MM-DDThh:mm:ssTZD</mdssi:Format><mdssi:Value>{at}</mdssi:Value></mdssi:SignatureTime>"
        "</SignatureProperty></SignatureProperties></Object>",
        f'<Object xmlns="{DS}" Id="idOfficeObject"><SignatureProperties><SignatureProperty Id="idOfficeV1Details"'
        f' Target="#idPackageSignature"><SignatureInfoV1 xmlns="{OFFICE}"><SetupID/><SignatureText/><SignatureImage/>'
        f"<SignatureComments>{_escaped(reason)}</SignatureComments><WindowsVersion>10.0</WindowsVersion>"
        "<OfficeVersion>16.0</OfficeVersion><ApplicationVersion>16.0</ApplicationVersion><Monitors>1</Monitors>"
        "<HorizontalResolution>1920</HorizontalResolution><VerticalResolution>1080</VerticalResolution><ColorDepth>32</ColorDepth>"
        "<SignatureProviderId>{00000000-0000-0000-0000-000000000000}</SignatureProviderId><SignatureProviderUrl/>"
        "<SignatureProviderDetails>9</SignatureProviderDetails><SignatureType>1</SignatureType></SignatureInfoV1>"
        "</SignatureProperty></SignatureProperties></Object>",
        f'<Object xmlns="{DS}"><xd:QualifyingProperties xmlns:xd="{XADES}" Target="#idPackageSignature">'
        f'<xd:SignedProperties Id="idSignedProperties"><xd:SignedSignatureProperties><xd:SigningTime>{at}</xd:SigningTime>'
        f'<xd:SigningCertificate><xd:Cert><xd:CertDigest><DigestMethod Algorithm="{SHA256}"/><DigestValue>{_sha256(der)}'
        f"</DigestValue></xd:CertDigest><xd:IssuerSerial><X509IssuerName>{issuer}</X509IssuerName>"
        f"<X509SerialNumber>{certificate.serial_number}</X509SerialNumber></xd:IssuerSerial></xd:Cert></xd:SigningCertificate>"
        "<xd:SignaturePolicyIdentifier><xd:SignaturePolicyImplied/></xd:SignaturePolicyIdentifier>"
        "</xd:SignedSignatureProperties></xd:SignedProperties></xd:QualifyingProperties></Object>",
    ):
        root.append(etree.fromstring(xml))
    references = "".join(
        f'<Reference Type="{kind}" URI="#{name}">{transforms}<DigestMethod Algorithm="{SHA256}"/>'
        f"<DigestValue>{_sha256(_c14n(_by_id(root, name)))}</DigestValue></Reference>"
        for kind, name, transforms in (
            (f"{DS}Object", "idPackageObject", ""),
            (f"{DS}Object", "idOfficeObject", ""),
            (
                "http://uri.etsi.org/01903#SignedProperties",
                "idSignedProperties",
                f'<Transforms><Transform Algorithm="{C14N}"/></Transforms>',
            ),
        )
    )
    info = etree.fromstring(
        f'<SignedInfo xmlns="{DS}"><CanonicalizationMethod Algorithm="{C14N}"/><SignatureMethod Algorithm="{ECDSA}"/>'
        f"{references}</SignedInfo>"
    )
    old = root.find(f"{{{DS}}}SignedInfo")
    value = root.find(f"{{{DS}}}SignatureValue")
    if old is None or value is None:
        raise ValueError("the frame of the signature")
    root.replace(old, info)
    r, s = decode_dss_signature(credentials.key.sign(_c14n(info), ec.ECDSA(hashes.SHA256())))
    value.text = _base64(r.to_bytes(32, "big") + s.to_bytes(32, "big"))
    return serialise(root)


def _by_id(root: etree._Element, name: str) -> etree._Element:
    found = [e for e in root.iter() if isinstance(e.tag, str) and e.get("Id") == name]
    if len(found) != 1:
        raise SignatureError("docx.signature", f"签名中的标识“{name}”缺失或者重复。")
    return found[0]


def _c14n(element: etree._Element) -> bytes:
    """Inclusive canonical form of ``element`` with the namespaces that its ancestors declare."""
    scope: Any = {}  # None is the default namespace; the stubs don't know it
    for ancestor in [*list(element.iterancestors())[::-1], element]:
        scope.update(ancestor.nsmap)
    alone = etree.Element(element.tag, attrib={str(k): str(v) for k, v in element.attrib.items()}, nsmap=scope)
    alone.text = element.text
    for child in element:
        alone.append(copy.deepcopy(child))
    return etree.tostring(alone, method="c14n", exclusive=False)


def _sha256(content: bytes) -> str:
    return _base64(hashlib.sha256(content).digest())


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


# ---- verification


@dataclass(frozen=True, slots=True)
class DocxVerdict:
    """What a DOCX signature is worth. ``changed``: parts that differ, are missing, or are not covered; ``holder``: of the certificate."""

    signed: bool
    intact: bool
    holder: str = ""
    fingerprint: str = ""
    changed: tuple[str, ...] = ()


def verify_package(docx: bytes) -> DocxVerdict:
    """Holds our own kind of signature against the parts. Who may have signed is the caller's question (``fingerprint``).

    Raises ``docx.unusable``, ``docx.signature`` for a signature that can't be read.
    """
    parts = Parts.read(docx)
    if _PATH not in parts.content:
        return DocxVerdict(False, False)
    try:
        root = parts.tree(_PATH)
        certificate = x509.load_der_x509_certificate(base64.b64decode(_text(root, "X509Certificate")))
        changed = [*_differing(parts, root), *_uncovered(parts, root)]
        sound = _info_holds(root, certificate) and _covers_objects(root)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise SignatureError("docx.signature", "DOCX 的数字签名无法读取。") from error
    names = certificate.subject.rfc4514_string()
    return DocxVerdict(True, sound and not changed, names, fingerprint(certificate), tuple(changed))


def _text(root: etree._Element, name: str) -> str:
    found = next(root.iter(f"{{{DS}}}{name}"))
    return "".join((found.text or "").split())


def _references(element: etree._Element) -> Iterator[tuple[str, etree._Element]]:
    for item in element.iter(f"{{{DS}}}Reference"):
        if item.find(f"{{{DS}}}DigestMethod").get("Algorithm") != SHA256:  # type: ignore[union-attr]
            raise ValueError("digest algorithm")
        yield item.get("URI", ""), item


def _info_holds(root: etree._Element, certificate: x509.Certificate) -> bool:
    info, public = root.find(f"{{{DS}}}SignedInfo"), certificate.public_key()
    method = next(root.iter(f"{{{DS}}}SignatureMethod")).get("Algorithm")
    if info is None or method != ECDSA or not isinstance(public, ec.EllipticCurvePublicKey):
        raise ValueError("signature method")
    value = base64.b64decode(_text(root, "SignatureValue"))
    raw = encode_dss_signature(int.from_bytes(value[:32], "big"), int.from_bytes(value[32:], "big"))
    try:
        public.verify(raw, _c14n(info), ec.ECDSA(hashes.SHA256()))
    except InvalidSignature:
        return False
    return all(
        _sha256(_c14n(_by_id(root, uri.removeprefix("#")))) == _text(item, "DigestValue") for uri, item in _references(info)
    )


def _covers_objects(root: etree._Element) -> bool:
    info = root.find(f"{{{DS}}}SignedInfo")
    return info is not None and {u for u, _ in _references(info)} >= {"#idPackageObject", "#idSignedProperties"}


def _differing(parts: Parts, root: etree._Element) -> list[str]:
    changed = []
    for uri, item in _references(_by_id(root, "idPackageObject")):
        name = uri.partition("?")[0].removeprefix("/")
        content = parts.content.get(name)
        if content is None:
            changed.append(name)
            continue
        chosen = {str(e.get("SourceId")) for e in item.iter(f"{{{PACKAGE}}}RelationshipReference")}
        if chosen:
            content = _relations(content, chosen) if chosen == set(_signed_ids(content)) else b""
        if _sha256(content) != _text(item, "DigestValue"):
            changed.append(name)
    return changed


def _uncovered(parts: Parts, root: etree._Element) -> list[str]:
    covered = {uri.partition("?")[0].removeprefix("/") for uri, _ in _references(_by_id(root, "idPackageObject"))}
    return sorted(
        name
        for name in parts.content
        if name not in covered and not name.startswith(f"{_FOLDER}/") and _is_signed(parts, name, parts.content)
    )
