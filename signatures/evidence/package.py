"""An evidence package (ZIP): the signed file, everything that proves it, and the means to check it elsewhere."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7Options, PKCS7SignatureBuilder
from cryptography.x509 import ocsp as ocsp_reading

from signatures.asn1 import algos, tsp
from signatures.certificates import fingerprint
from signatures.credentials import KeyCredentials
from signatures.errors import SignatureError
from signatures.time_source import Stamper, TimeSource
from signatures.validation_data import ValidationData
from signatures.verification.verdict import Verdict
from signatures.verification.words import spoken

_HERE = Path(__file__).parent
_PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(?:/[A-Za-z0-9_][A-Za-z0-9_.-]*){0,3}")
_OLDEST = (1980, 1, 1, 0, 0, 0)
_RESERVED = frozenset({"manifest.json", "manifest.p7s", "manifest.tsr", "signed.pdf", "revisions.json", "verify.py", "VERIFY.md"})


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file of the package. ``path``: letters, digits, ``/``; ``about``: what it is, in Chinese."""

    path: str
    content: bytes
    about: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """What goes into a package. ``data``: certificates and revocation data of all who signed.

    ``files``: records of identity, consent and seal use, audit entries with proofs, the DOCX, the report: whatever the caller has.
    """

    number: str
    title: str
    pdf: bytes
    verdict: Verdict
    chain: tuple[x509.Certificate, ...]
    data: ValidationData
    files: tuple[Enclosed, ...] = ()


def make_package(evidence: Evidence, system: KeyCredentials, source: TimeSource, now: datetime) -> bytes:
    """The ZIP. ``evidence.chain``: issuing authority first, root last. Raises ``evidence.name`` for paths that can't be used."""
    files = _files(evidence)
    manifest = _manifest(evidence, files, now)
    stamp = asyncio.run(_stamp(source, manifest))
    signature = (
        PKCS7SignatureBuilder()
        .set_data(manifest)
        .add_signer(system.certificate, system.key, hashes.SHA256())
        .add_certificate(evidence.chain[0])
        .sign(Encoding.DER, [PKCS7Options.Binary, PKCS7Options.DetachedSignature])
    )
    own = {"manifest.json": manifest, "manifest.p7s": signature, "manifest.tsr": stamp}
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in (own | {p: f.content for p, f in files.items()}).items():
            # A fixed time: the manifest holds the real one, signed.
            archive.writestr(zipfile.ZipInfo(path, _OLDEST), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def _files(evidence: Evidence) -> dict[str, Enclosed]:
    verdict = evidence.verdict
    revisions = [{"number": r.number, "length": r.length, "sha256": r.digest} for r in verdict.revisions]
    report = "\n".join((f"{evidence.title}　{evidence.number}", "", *spoken(verdict), "")).encode()
    found = [
        Enclosed("signed.pdf", evidence.pdf, "已签署的合同（原件）"),
        Enclosed("revisions.json", _json(revisions), "每个签署版本的长度和摘要"),
        Enclosed("verdict.json", _json(verdict.data()), "系统验证结果（机器可读）"),
        Enclosed("verdict.txt", report, "系统验证结果"),
        Enclosed("verify.py", (_HERE / "verify_package.py").read_bytes(), "独立验证程序"),
        Enclosed("VERIFY.md", (_HERE / "VERIFY.md").read_bytes(), "验证说明"),
        Enclosed("certificates/root.pem", _pem(evidence.chain[-1]), "根证书"),
        Enclosed("certificates/issuing.pem", _pem(evidence.chain[0]), "签发证书"),
        *_status(evidence.data, evidence.chain),
        *evidence.files,
    ]
    named: dict[str, Enclosed] = {}
    for item in found:
        taken = item.path in named or (item in evidence.files and item.path in _RESERVED)
        if taken or not _PATH.fullmatch(item.path) or item.path.startswith("manifest."):
            raise SignatureError("evidence.name", f"证据包中的文件名“{item.path}”重复或者不可用。")
        named[item.path] = item
    return named


def _status(data: ValidationData, chain: tuple[x509.Certificate, ...]) -> list[Enclosed]:
    found = {}
    for certificate in data.certificates:
        if certificate not in chain:
            serial = f"{certificate.serial_number:X}"
            found[f"certificates/{serial}.pem"] = Enclosed(f"certificates/{serial}.pem", _pem(certificate), "签名证书")
    for response in data.ocsps:
        serial = f"{ocsp_reading.load_der_ocsp_response(response).serial_number:X}"
        found[f"revocation/{serial}.ocsp"] = Enclosed(f"revocation/{serial}.ocsp", response, "证书状态（OCSP）")
    for number, listing in enumerate(dict.fromkeys(data.crls), 1):
        found[f"revocation/{number}.crl"] = Enclosed(f"revocation/{number}.crl", listing, "证书吊销列表")
    return list(found.values())


def _manifest(evidence: Evidence, files: Mapping[str, Enclosed], now: datetime) -> bytes:
    verdict = evidence.verdict
    data = {
        "v": 1,
        "number": evidence.number,
        "title": evidence.title,
        "made_at": now.isoformat(timespec="seconds"),
        "root_sha256": fingerprint(evidence.chain[-1]),
        "outcome": verdict.outcome.value,
        "signatures": [
            {
                "field": s.field,
                "label": s.label,
                "name": s.name,
                "organisation": s.organisation,
                "certificate": s.serial,
                "proven_at": s.proven_at.isoformat() if s.proven_at else None,
                "clock": s.clock,
            }
            for s in sorted(verdict.signatures, key=lambda s: s.revision)
        ],
        "files": {
            path: {"size": len(f.content), "sha256": hashlib.sha256(f.content).hexdigest(), "about": f.about}
            for path, f in files.items()
        },
    }
    return _json(data)


async def _stamp(source: TimeSource, content: bytes) -> bytes:
    """A timestamp response over ``content``, as ``openssl ts`` reads it."""
    imprint = tsp.MessageImprint(
        {
            "hash_algorithm": algos.DigestAlgorithm({"algorithm": "sha256"}),
            "hashed_message": hashlib.sha256(content).digest(),
        }
    )
    request = tsp.TimeStampReq({"version": 1, "message_imprint": imprint, "cert_req": True})
    response: bytes = (await Stamper(source).async_request_tsa_response(request)).dump()
    return response


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.PEM)
