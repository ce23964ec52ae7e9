"""An outside timestamp service with an authority of its own, on loopback: ``openssl ts`` stamps, OCSP and CRL are served or not."""

from __future__ import annotations

import subprocess
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID

from signatures.reach import InternalHosts

LOOPBACK = InternalHosts.parse("127.0.0.1")
"""What INTERNAL_HOSTS has to say for the service to be asked."""
NAME = "外部时间戳测试服务"


@dataclass
class OutsideTime:
    """``answers``: which of ``ocsp`` and ``crl`` answer; ``revoked``: what they say of the service's certificate; ``asked``: what came in."""

    folder: Path
    answers: set[str] = field(default_factory=lambda: {"ocsp", "crl"})
    revoked: bool = False
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.base = f"http://127.0.0.1:{self.server.server_port}"
        self.key, self.own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        authority = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "外部时间戳测试机构")])
        builder = self._builder(authority, authority, self.key, now)
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        builder = builder.add_extension(x509.BasicConstraints(True, 0), True).add_extension(usage, True)
        self.root = builder.sign(self.key, hashes.SHA256())
        service = self._builder(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)]), authority, self.own, now)
        service = service.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING]), True)
        service = service.add_extension(x509.KeyUsage(True, False, False, False, False, False, False, False, False), True)
        responder = x509.UniformResourceIdentifier(f"{self.base}/ocsp")
        service = service.add_extension(
            x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, responder)]), False
        )
        point = x509.DistributionPoint([x509.UniformResourceIdentifier(f"{self.base}/crl")], None, None, None)
        self.certificate = service.add_extension(x509.CRLDistributionPoints([point]), False).sign(self.key, hashes.SHA256())
        self._write()
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @staticmethod
    def _builder(
        subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime
    ) -> x509.CertificateBuilder:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number())
        return builder.not_valid_before(now - timedelta(days=90)).not_valid_after(now + timedelta(days=3650))

    def _write(self) -> None:
        (self.folder / "tsa.pem").write_bytes(self.certificate.public_bytes(Encoding.PEM))
        (self.folder / "root.pem").write_bytes(self.root.public_bytes(Encoding.PEM))
        (self.folder / "tsa.key").write_bytes(self.own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        (self.folder / "serial").write_text("01\n")
        (self.folder / "ts.conf").write_text(
            "[tsa]\ndefault_tsa=own\n[own]\nserial=serial\nsigner_cert=tsa.pem\ncerts=root.pem\nsigner_key=tsa.key\n"
            "signer_digest=sha256\ndefault_policy=1.2.3.4.1\ndigests=sha256,sha384,sha512\nordering=no\ntsa_name=no\n"
            "ess_cert_id_chain=no\ness_cert_id_alg=sha256\n"
        )

    @property
    def der(self) -> bytes:
        return self.root.public_bytes(Encoding.DER)

    def stamp(self, query: bytes) -> bytes:
        (self.folder / "query.tsq").write_bytes(query)
        asked = (
            "openssl",
            "ts",
            "-reply",
            "-config",
            "ts.conf",
            "-section",
            "own",
            "-queryfile",
            "query.tsq",
            "-out",
            "reply.tsr",
        )
        subprocess.run(asked, cwd=self.folder, check=True, capture_output=True)
        return (self.folder / "reply.tsr").read_bytes()

    def status(self, asked: bytes) -> bytes:
        request, now = ocsp.load_der_ocsp_request(asked), datetime.now(UTC).replace(microsecond=0)
        assert request.serial_number == self.certificate.serial_number
        gone = now - timedelta(days=30) if self.revoked else None
        builder = ocsp.OCSPResponseBuilder().add_response(
            self.certificate, self.root, request.hash_algorithm, ocsp.OCSPCertStatus.REVOKED if gone else ocsp.OCSPCertStatus.GOOD,
            now - timedelta(minutes=1), now + timedelta(days=1), gone, x509.ReasonFlags.key_compromise if gone else None,
        )  # fmt: skip
        builder = builder.responder_id(ocsp.OCSPResponderEncoding.HASH, self.root)
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def listed(self) -> bytes:
        now = datetime.now(UTC).replace(microsecond=0)
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.root.subject)
        builder = builder.last_update(now - timedelta(minutes=1)).next_update(now + timedelta(days=7))
        return builder.add_extension(x509.CRLNumber(1), False).sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


def _handler(house: OutsideTime) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(lambda: house.stamp(body) if self.path == "/tsa" else house.status(body))

        def do_GET(self) -> None:
            self._answer(house.listed)

        def _answer(self, work) -> None:  # type: ignore[no-untyped-def]
            name = self.path.strip("/")
            house.asked.append(name)
            content = work() if name == "tsa" or name in house.answers else b""
            self.send_response(200 if content else 503)
            self.send_header("Content-Type", "application/timestamp-reply" if name == "tsa" else "application/octet-stream")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    return Handler
