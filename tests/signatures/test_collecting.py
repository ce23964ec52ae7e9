"""Revocation data over real HTTP: an odd or endless answer is told as lacking, and stops nothing."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, NameOID

from signatures.collecting import collect, fetch, reaching
from signatures.reach import InternalHosts
from signatures.validation_data import ValidationData
from tests.ports import free_port
from tests.signatures.tools import refused

NOW = datetime.now(UTC).replace(microsecond=0)
HERE = InternalHosts.parse("127.0.0.1")
ECDSA_SHA256, SM2_SM3 = bytes.fromhex("06082a8648ce3d040302"), bytes.fromhex("06082a811ccf55018375")
"""Object identifiers of the same length: ecdsa-with-SHA256 and SM2-with-SM3 (GM/T 0006, 1.2.156.10197.1.501)."""


class Answering(BaseHTTPRequestHandler):
    """``answers``: what a path does; ``asked``: every path that was asked for."""

    answers: dict[str, Callable[[Answering], None]]
    asked: list[str]

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.asked.append(self.path)
        self.answers[self.path](self)

    do_POST = do_GET

    def whole(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_arguments: object) -> None:
        pass


class Responder:
    def __init__(self) -> None:
        self.handler = type("Handler", (Answering,), {"answers": {}, "asked": []})
        self.server = ThreadingHTTPServer(("127.0.0.1", free_port()), self.handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    @property
    def base(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    @property
    def asked(self) -> list[str]:
        return self.handler.asked

    def on(self, path: str, work: Callable[[Answering], None]) -> str:
        self.handler.answers[path] = work
        return self.base + path


@pytest.fixture
def responder() -> Iterator[Responder]:
    made = Responder()
    yield made
    made.server.shutdown()
    made.server.server_close()


def drip(answer: Answering) -> None:
    answer.send_response(200)
    answer.end_headers()
    try:
        for _ in range(100):
            answer.wfile.write(b"0")
            time.sleep(0.1)
    except OSError:
        pass  # the other side has had enough


def drip_headers(answer: Answering) -> None:
    try:
        for letter in b"HTTP/1.0 200 OK\r\nX-Slow: " + b"0" * 100:
            answer.wfile.write(bytes([letter]))
            time.sleep(0.1)
    except OSError:
        pass


@pytest.mark.parametrize("work", [drip, drip_headers])
def test_an_answer_that_drips_ends_with_the_time_that_it_has(responder: Responder, work: Callable[[Answering], None]) -> None:
    url = responder.on("/slow", work)
    begun = time.monotonic()
    with refused("collect.unreachable"):
        fetch(url, within=1.0, internal=HERE)
    assert time.monotonic() - begun < 4


def test_a_redirection_is_not_followed_and_no_proxy_is_asked(responder: Responder, monkeypatch: pytest.MonkeyPatch) -> None:
    def elsewhere(answer: Answering) -> None:
        answer.send_response(302)
        answer.send_header("Location", f"{responder.base}/inside")
        answer.end_headers()

    responder.on("/inside", lambda answer: answer.whole(b"a secret"))
    with refused("collect.unreachable"):
        fetch(responder.on("/moved", elsewhere), internal=HERE)
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
    assert fetch(responder.on("/plain", lambda answer: answer.whole(b"here")), internal=HERE) == b"here"
    assert responder.asked == ["/moved", "/plain"]


def test_only_the_web_is_asked(responder: Responder) -> None:
    for url in ("file:///etc/hostname", "ftp://127.0.0.1/x", "http:///x", "http://127.0.0.1:99999/"):
        with refused("collect.unreachable"):
            fetch(url, internal=HERE)


# ---- addresses inside


INSIDE = (
    "127.0.0.1", "localhost", "[::1]", "10.8.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
    "[fe80::1]", "[fd00::1]", "[ff02::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::1]", "2130706433", "0x7f.1",
)  # fmt: skip


@pytest.mark.parametrize("host", INSIDE)
def test_an_address_inside_is_not_asked(responder: Responder, host: str) -> None:
    port = responder.server.server_address[1]
    responder.on("/inside", lambda answer: answer.whole(b"a secret"))
    with refused("collect.internal", "INTERNAL_HOSTS"):
        fetch(f"http://{host}:{port}/inside", within=2.0)
    assert responder.asked == []


@pytest.mark.parametrize(
    ("allowed", "host"), [("127.0.0.1", "127.0.0.1"), ("10.0.0.0/8, 127.0.0.0/8", "localhost"), ("LocalHost", "localhost")]
)
def test_a_host_inside_that_is_listed_is_asked(responder: Responder, allowed: str, host: str) -> None:
    responder.on("/inside", lambda answer: answer.whole(b"a list"))
    url = f"http://{host}:{responder.server.server_address[1]}/inside"
    assert fetch(url, internal=InternalHosts.parse(allowed)) == b"a list"
    with refused("collect.internal"):
        fetch(url, internal=InternalHosts.parse("10.8.0.0/16,ocsp.corp.example"))


def test_the_open_internet_needs_no_list_and_a_connection_goes_to_the_address_that_was_checked() -> None:
    assert InternalHosts().addresses("1.1.1.1", 80) == [("1.1.1.1", 80)]
    assert InternalHosts().addresses("2606:4700::1111", 443) == [("2606:4700::1111", 443)]
    assert InternalHosts.parse("localhost").addresses("localhost", 80)[-1] == ("127.0.0.1", 80)


def test_a_list_of_hosts_that_can_not_be_read_is_refused() -> None:
    for text in ("10.8.0.0/64", "http://ocsp.corp", "10.8.0.1/16", "a b", "1.2.3"):
        with pytest.raises(ValueError, match="不是主机名"):
            InternalHosts.parse(f"ocsp.corp, {text}")


def test_a_certificate_that_leads_inside_is_told_as_lacking(responder: Responder) -> None:
    _, root, leaf = certificates(f"{responder.base}/ocsp")
    found = collect([leaf], [], [root.public_bytes(Encoding.DER)], NOW)
    assert "内部地址" in found.lacking[0]
    assert responder.asked == []


# ---- answers that can't be judged


def certificates(url: str) -> tuple[ec.EllipticCurvePrivateKey, x509.Certificate, x509.Certificate]:
    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    names = [x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]) for name in ("测试机构", "沈亦舟")]
    made = []
    for n in (0, 1):
        builder = x509.CertificateBuilder().subject_name(names[n]).issuer_name(names[0]).public_key(keys[n].public_key())
        builder = builder.serial_number(n + 1).not_valid_before(NOW - timedelta(1)).not_valid_after(NOW + timedelta(90))
        builder = builder.add_extension(x509.BasicConstraints(n == 0, None), True)
        if n:
            where = x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(url))
            builder = builder.add_extension(x509.AuthorityInformationAccess([where]), False)
        made.append(builder.sign(keys[0], hashes.SHA256()))
    return keys[0], made[0], made[1]


def answered(
    key: ec.EllipticCurvePrivateKey, root: x509.Certificate, leaf: x509.Certificate, until: datetime | None = NOW + timedelta(1)
) -> bytes:
    builder = ocsp.OCSPResponseBuilder().add_response(
        cert=leaf, issuer=root, algorithm=hashes.SHA1(), cert_status=ocsp.OCSPCertStatus.GOOD,
        this_update=NOW - timedelta(2), next_update=until, revocation_time=None, revocation_reason=None,
    )  # fmt: skip
    return builder.responder_id(ocsp.OCSPResponderEncoding.NAME, root).sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def listed(key: ec.EllipticCurvePrivateKey, root: x509.Certificate, until: datetime = NOW + timedelta(1)) -> bytes:
    builder = x509.CertificateRevocationListBuilder().issuer_name(root.subject).last_update(NOW - timedelta(2)).next_update(until)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def test_a_status_that_the_file_brings_is_not_asked_for_again(responder: Responder) -> None:
    url = f"{responder.base}/ocsp"
    key, root, leaf = certificates(url)
    stranger, strange, _ = certificates(url)
    responder.on("/ocsp", lambda a: a.whole(answered(key, root, leaf)))

    def asks(ocsps: tuple[bytes, ...] = (), crls: tuple[bytes, ...] = ()) -> bool:
        responder.asked.clear()
        carried = ValidationData((), ocsps, crls)
        found = collect([leaf], [], [root.public_bytes(Encoding.DER)], NOW, reaching(HERE), carried)
        assert found.lacking == ()
        assert set(found.data.certificates) == {leaf, root}
        return bool(responder.asked)

    assert not asks((b"no answer", answered(key, root, leaf)))
    assert not asks((), (listed(key, root),))
    old = NOW - timedelta(1)
    for ocsps, crls in (
        ((), ()),
        ((answered(key, root, leaf, old),), (listed(key, root, old),)),
        ((answered(key, root, leaf, None),), ()),
        ((answered(key, root, root),), ()),
        ((answered(stranger, strange, leaf),), (listed(stranger, strange), b"no list")),
    ):
        assert asks(ocsps, crls)


@pytest.mark.parametrize("odd", [False, True])
def test_an_answer_in_an_algorithm_nobody_knows_is_told_as_lacking(responder: Responder, odd: bool) -> None:
    url = f"{responder.base}/ocsp"
    key, root, leaf = certificates(url)
    answer = answered(key, root, leaf)
    content = answer.replace(ECDSA_SHA256, SM2_SM3) if odd else answer
    assert odd is (content != answer)
    responder.on("/ocsp", lambda a: a.whole(content))
    found = collect([leaf], [], [root.public_bytes(Encoding.DER)], NOW, reaching(HERE))
    if not odd:
        assert (found.lacking, found.data.ocsps) == ((), (answer,))
        return
    assert found.data.ocsps == ()
    assert "不支持的算法" in found.lacking[0]
    assert "沈亦舟" in found.lacking[0]
