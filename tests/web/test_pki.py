"""The built-in authority as others ask it, checked by openssl against a real server."""

from __future__ import annotations

import base64
import subprocess
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.domain.signing_form import Person
from app.services.pki import revoke_certificate
from app.settings import Settings
from app.store.signings import CertificateRow
from app.wiring import Wiring
from tests.web.people import actor_named, first_lawyer
from tests.web.servers import Server

PIN = "签署密码-9x"


def issue(wiring: Wiring, name: str) -> CertificateRow:
    """A signatory's certificate in the register, its key wrapped with ``PIN``."""
    made = wiring.signing_room.issue(
        Person(name, "示例科技有限公司", "91110105MA0000007L", f"ref-{ord(name[0])}"), PIN, wiring.now()
    )
    row = CertificateRow(
        serial=made.serial, kind="person", name=name, organisation="示例科技有限公司", reference=f"ref-{ord(name[0])}", fingerprint=made.fingerprint,
        certificate=made.certificate, sealed=made.sealed, tries=0, issued_at=wiring.now(), valid_until=made.valid_until, revoked_why="",
    )  # fmt: skip
    with wiring.unit_of_work() as uow:
        uow.session.add(row)
        uow.commit()
    return row


@dataclass(frozen=True)
class House:
    server: Server
    folder: Path
    good: str
    revoked: str

    def get(self, path: str) -> tuple[bytes, str]:
        with urllib.request.urlopen(f"{self.server.url}{path}", timeout=10) as answer:
            return answer.read(), str(answer.headers["Content-Type"])

    def post(self, path: str, content: bytes, media_type: str) -> tuple[int, bytes]:
        asked = urllib.request.Request(f"{self.server.url}{path}", content, {"Content-Type": media_type})
        try:
            with urllib.request.urlopen(asked, timeout=10) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def openssl(self, *words: str | Path) -> str:
        done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=False, cwd=self.folder)
        return f"{done.stdout}{done.stderr}"

    def ask_ocsp(self, certificate: str, *more: str) -> str:
        return self.openssl(
            "ocsp",
            "-issuer",
            "issuing.pem",
            "-cert",
            certificate,
            "-url",
            f"{self.server.url}/pki/ocsp",
            "-CAfile",
            "root.pem",
            *more,
        )


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    running, folder = Server(tmp_path_factory.mktemp("pki")), tmp_path_factory.mktemp("client")
    wiring = Wiring(Settings(data_dir=running.data_dir))
    first_lawyer(wiring)
    good, revoked = issue(wiring, "张三"), issue(wiring, "李四")
    (folder / "good.pem").write_text(good.certificate)
    (folder / "revoked.pem").write_text(revoked.certificate)
    with wiring.unit_of_work() as uow:
        revoke_certificate(
            uow, actor_named(wiring, "wang"), wiring.now(), wiring.write_mail, revoked.serial, "compromised", "持有人报告电脑被盗"
        )
    wiring.engine.dispose()
    running.start()
    made = House(running, folder, good.serial, revoked.serial)
    for name in ("root", "issuing"):
        content, media_type = made.get(f"/pki/{name}.cer")
        assert media_type == "application/pkix-cert"
        (folder / f"{name}.cer").write_bytes(content)
        made.openssl("x509", "-inform", "DER", "-in", f"{name}.cer", "-out", f"{name}.pem")
    yield made
    running.kill()


def test_ocsp_says_good_revoked_with_its_reason_and_unknown(house: House) -> None:
    assert "good.pem: good" in house.ask_ocsp("good.pem", "-no_nonce")
    assert "Response verify OK" in house.ask_ocsp("good.pem")
    revoked = house.ask_ocsp("revoked.pem")
    assert "revoked.pem: revoked" in revoked
    assert "keyCompromise" in revoked
    assert "unknown" in house.openssl(
        "ocsp", "-issuer", "issuing.pem", "-serial", "0x1234567890", "-url", f"{house.server.url}/pki/ocsp", "-CAfile", "root.pem"
    )


def test_ocsp_answers_a_request_in_the_address_too(house: House) -> None:
    house.openssl("ocsp", "-issuer", "issuing.pem", "-cert", "good.pem", "-no_nonce", "-reqout", "ask.der")
    asked = base64.b64encode((house.folder / "ask.der").read_bytes()).decode()
    content, media_type = house.get("/pki/ocsp/" + urllib.parse.quote(asked, safe=""))
    assert media_type == "application/ocsp-response"
    (house.folder / "answer.der").write_bytes(content)
    said = house.openssl(
        "ocsp", "-respin", "answer.der", "-issuer", "issuing.pem", "-cert", "good.pem", "-CAfile", "root.pem", "-no_nonce"
    )
    assert "Response verify OK" in said
    assert "good.pem: good" in said


def test_the_lists_are_signed_and_name_what_was_revoked(house: House) -> None:
    for name in ("root", "signatories"):
        content, media_type = house.get(f"/pki/{name}.crl")
        assert media_type == "application/pkix-crl"
        (house.folder / f"{name}.crl").write_bytes(content)
    assert "verify OK" in house.openssl("crl", "-inform", "DER", "-in", "root.crl", "-CAfile", "root.pem", "-noout")
    (house.folder / "both.pem").write_text((house.folder / "root.pem").read_text() + (house.folder / "issuing.pem").read_text())
    listed = house.openssl("crl", "-inform", "DER", "-in", "signatories.crl", "-CAfile", "both.pem", "-noout", "-text")
    assert "verify OK" in listed
    assert house.revoked in listed
    assert house.good not in listed


def test_openssl_takes_our_timestamps(house: House) -> None:
    (house.folder / "data").write_bytes("合同正文".encode())
    house.openssl("ts", "-query", "-data", "data", "-sha256", "-cert", "-out", "ask.tsq")
    status, reply = house.post("/pki/tsa", (house.folder / "ask.tsq").read_bytes(), "application/timestamp-query")
    assert status == 200
    (house.folder / "reply.tsr").write_bytes(reply)
    assert "Verification: OK" in house.openssl(
        "ts", "-verify", "-queryfile", "ask.tsq", "-in", "reply.tsr", "-CAfile", "root.pem"
    )
    (house.folder / "data").write_bytes("合同正文。".encode())
    assert "FAILED" in house.openssl("ts", "-verify", "-data", "data", "-in", "reply.tsr", "-CAfile", "root.pem")


@pytest.mark.parametrize("path", ["/pki/ocsp", "/pki/tsa"])
def test_what_is_no_request_gets_a_short_refusal(house: House, path: str) -> None:
    media_type = "application/ocsp-request" if path.endswith("ocsp") else "application/timestamp-query"
    assert house.post(path, b"x" * 70_000, media_type)[0] == 413
    assert house.post(path, b"a=b", "application/x-www-form-urlencoded")[0] == 415
    for content in (b"", b"\x30\x03\x02\x01\x05", b"\x30\x84\xff\xff\xff\xff"):
        status, answer = house.post(path, content, media_type)
        assert status == 200
        assert answer[:1] == b"\x30"
    house.openssl("ocsp", "-issuer", "issuing.pem", "-cert", "good.pem", "-cert", "revoked.pem", "-reqout", "two.der")
    status, answer = house.post("/pki/ocsp", (house.folder / "two.der").read_bytes(), "application/ocsp-request")
    assert (status, answer) == (200, b"\x30\x03\x0a\x01\x01")
