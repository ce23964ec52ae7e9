"""The built-in authority: certificates, OCSP, CRL and timestamps, held against OpenSSL wherever it can judge."""

from __future__ import annotations

import json
import multiprocessing
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from signatures.authority import Authority, open_authority
from signatures.certificates import NOTICE, Holder, HolderKind, holder_of
from signatures.errors import SignatureError
from signatures.keystore import KeyRing, new_private_key
from signatures.revocation import Reason, Revocation, Status
from signatures.time_source import Clock, OutsideService, TimeSource
from signatures.timestamp import FileTicker

NOW = datetime.now(UTC)
PERSON = Holder(HolderKind.PERSON, "张三", "北京甲方科技有限公司", "91110108MA01ABCD2X", "s-17")
COMPANY = Holder(HolderKind.ORGANISATION, "北京甲方科技有限公司", code="91110108MA01ABCD2X")


def refused(code: str) -> pytest.RaisesExc[SignatureError]:
    return pytest.RaisesExc(SignatureError, check=lambda e: e.code == code)


def openssl(*words: str | Path) -> str:
    done = subprocess.run(["openssl", *map(str, words)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def issue(authority: Authority, holder: Holder = PERSON) -> x509.Certificate:
    return authority.issue(holder, new_private_key().public_key(), NOW)


def write(path: Path, *certificates: x509.Certificate) -> Path:
    path.write_bytes(b"".join(c.public_bytes(Encoding.PEM) for c in certificates))
    return path


@pytest.mark.parametrize("holder", [PERSON, COMPANY])
def test_a_certificate_stands_up_to_openssl_with_its_chain(
    authority: Authority, root_file: Path, tmp_path: Path, holder: Holder
) -> None:
    leaf = write(tmp_path / "leaf.pem", issue(authority, holder))
    issuing = write(tmp_path / "issuing.pem", authority.issuing)
    assert "OK" in openssl("verify", "-x509_strict", "-CAfile", root_file, "-untrusted", issuing, leaf)


def test_a_certificate_names_its_holder_and_says_what_it_is_not(authority: Authority) -> None:
    certificate = issue(authority)
    assert holder_of(certificate) == PERSON
    assert holder_of(issue(authority, COMPANY)).kind is HolderKind.ORGANISATION
    policies = certificate.extensions.get_extension_for_class(x509.CertificatePolicies).value
    (notice,) = policies[0].policy_qualifiers or []
    assert isinstance(notice, x509.UserNotice)
    assert notice.explicit_text == NOTICE
    assert "不是依法设立的电子认证服务" in NOTICE


def test_a_name_longer_than_the_standard_allows_is_cut_in_the_certificate(authority: Authority) -> None:
    assert holder_of(issue(authority, Holder(HolderKind.ORGANISATION, "某" * 80))).name == "某" * 64


def test_nobody_without_a_name_gets_a_certificate(authority: Authority) -> None:
    with refused("certificate.holder"):
        issue(authority, Holder(HolderKind.PERSON, " "))


def test_two_installations_share_neither_keys_nor_names(authority: Authority, tmp_path: Path, ring: KeyRing) -> None:
    other = open_authority(tmp_path, ring, NOW, "测试单位")
    assert other.root.subject != authority.root.subject
    assert other.root.public_key() != authority.root.public_key()


def test_no_private_key_lies_open_in_the_file(authority: Authority, ring: KeyRing) -> None:
    text = (authority.folder / "authority.json").read_text()
    assert "PRIVATE" not in text
    assert (authority.folder / "authority.json").stat().st_mode & 0o077 == 0
    with refused("key.ring"):
        open_authority(authority.folder, KeyRing("x", {"x": bytes(32)}), NOW, "测试单位")


def _open(folder: Path, ring_text: str) -> str:
    return open_authority(folder, KeyRing.parse(ring_text), NOW, "测试单位").mark


def test_processes_that_start_at_once_make_one_authority(tmp_path: Path, ring: KeyRing) -> None:
    with multiprocessing.get_context("fork").Pool(4) as pool:
        marks = pool.starmap(_open, [(tmp_path / "pki", ring.text())] * 8)
        pool.close()
        pool.join()  # to the end, not by a signal that a forked child may miss
    assert len(set(marks)) == 1


def test_a_damaged_file_is_refused_and_never_replaced(tmp_path: Path, ring: KeyRing) -> None:
    open_authority(tmp_path, ring, NOW, "测试单位")
    path = tmp_path / "authority.json"
    data = json.loads(path.read_bytes())
    data["parts"]["root"]["certificate"] = data["parts"]["issuing"]["certificate"]
    path.write_text(json.dumps(data))
    with refused("authority.damaged"):
        open_authority(tmp_path, ring, NOW, "测试单位")
    path.write_text("{")
    with refused("authority.damaged"):
        open_authority(tmp_path, ring, NOW, "测试单位")
    assert path.read_text() == "{"


def test_the_authority_moves_to_a_new_key_encryption_key(tmp_path: Path, ring: KeyRing) -> None:
    before = open_authority(tmp_path, ring, NOW, "测试单位")
    newer = ring.with_new_key()
    before.rewrapped(newer)
    only_new = KeyRing(newer.current, {newer.current: newer.keys[newer.current]})
    assert open_authority(tmp_path, only_new, NOW, "测试单位").root == before.root


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (Status(True), "good"),
        (Status(False), "unknown"),
        (Status(True, Revocation(1, NOW, Reason.COMPROMISED)), "revoked"),
    ],
)
def test_openssl_accepts_the_ocsp_answer(
    authority: Authority, root_file: Path, tmp_path: Path, status: Status, words: str
) -> None:
    leaf, issuing = write(tmp_path / "l.pem", issue(authority)), write(tmp_path / "i.pem", authority.issuing)
    openssl("ocsp", "-issuer", issuing, "-cert", leaf, "-reqout", tmp_path / "req")
    (tmp_path / "resp").write_bytes(authority.answer_ocsp((tmp_path / "req").read_bytes(), lambda _: status, NOW))
    told = openssl(
        "ocsp", "-reqin", tmp_path / "req", "-respin", tmp_path / "resp", "-resp_text", "-CAfile", root_file,
        "-verify_other", issuing,
    )  # fmt: skip
    assert "Response verify OK" in told
    assert f"Cert Status: {words}" in told
    assert "Nonce Verify error" not in told


def test_questions_about_other_issuers_and_nonsense_are_refused(authority: Authority, tmp_path: Path, ring: KeyRing) -> None:
    other = open_authority(tmp_path / "other", ring, NOW, "另一单位")
    leaf, issuing = write(tmp_path / "l.pem", issue(other)), write(tmp_path / "i.pem", other.issuing)
    openssl("ocsp", "-issuer", issuing, "-cert", leaf, "-reqout", tmp_path / "req")
    from cryptography.x509.ocsp import OCSPResponseStatus, load_der_ocsp_response

    asked = (tmp_path / "req").read_bytes()
    wrong = load_der_ocsp_response(authority.answer_ocsp(asked, lambda _: Status(True), NOW))
    assert wrong.response_status is OCSPResponseStatus.UNAUTHORIZED
    for noise in (b"", b"x", asked[:-3], b"\x30\x80" * 500):
        told = load_der_ocsp_response(authority.answer_ocsp(noise, lambda _: Status(True), NOW))
        assert told.response_status is OCSPResponseStatus.MALFORMED_REQUEST


def test_openssl_finds_a_revoked_certificate_in_the_list(authority: Authority, root_file: Path, tmp_path: Path) -> None:
    good, bad = issue(authority), issue(authority)
    issuing = write(tmp_path / "i.pem", authority.issuing)
    revoked = [Revocation(bad.serial_number, NOW, Reason.AFFILIATION)]
    lists = [authority.holder_list(revoked, NOW), authority.authority_list(NOW)]
    pem = b"".join(x509.load_der_x509_crl(each).public_bytes(Encoding.PEM) for each in lists)
    (tmp_path / "crls.pem").write_bytes(pem)

    def checked(certificate: x509.Certificate) -> str:
        leaf = write(tmp_path / "leaf.pem", certificate)
        return openssl(
            "verify", "-crl_check_all", "-CAfile", root_file, "-untrusted", issuing, "-CRLfile", tmp_path / "crls.pem", leaf
        )

    assert "OK" in checked(good)
    assert "certificate revoked" in checked(bad)


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_openssl_accepts_a_timestamp(authority: Authority, root_file: Path, tmp_path: Path, digest: str) -> None:
    data = tmp_path / "data"
    data.write_bytes(b"contract")
    openssl("ts", "-query", "-data", data, f"-{digest}", "-cert", "-out", tmp_path / "q")
    answer = authority.timestamps(lambda: datetime.now(UTC)).respond((tmp_path / "q").read_bytes())
    (tmp_path / "r").write_bytes(answer)
    checks = ("ts", "-verify", "-queryfile", tmp_path / "q", "-in", tmp_path / "r", "-CAfile", root_file)
    assert "Verification: OK" in openssl(*checks)
    data.write_bytes(b"contract!")
    assert "FAILED" in openssl("ts", "-verify", "-data", data, "-in", tmp_path / "r", "-CAfile", root_file)


def test_weak_digests_and_nonsense_get_a_refusal_without_token(authority: Authority, tmp_path: Path) -> None:
    stamps = authority.timestamps(lambda: datetime.now(UTC))
    (tmp_path / "data").write_bytes(b"x")
    openssl("ts", "-query", "-data", tmp_path / "data", "-sha1", "-out", tmp_path / "q")
    for request in ((tmp_path / "q").read_bytes(), b"", b"\x30\x00", b"x" * 70_000):
        (tmp_path / "r").write_bytes(stamps.respond(request))
        told = openssl("ts", "-reply", "-in", tmp_path / "r", "-text")
        assert "Rejected" in told
        assert "TST info:\nNot included" in told


def test_time_never_runs_backwards(tmp_path: Path) -> None:
    moments = iter(NOW + timedelta(seconds=s) for s in (0, 10, 9, 8, 7, 11))
    ticker = FileTicker(tmp_path / "t.json", lambda: next(moments))
    first, later = ticker.tick(), ticker.tick()
    assert later - first == timedelta(seconds=10)
    assert ticker.tick() == later, "a second back is a clock being disciplined"
    assert ticker.tick() == later
    with refused("time.backwards"):
        ticker.tick()
    assert ticker.tick() == later + timedelta(seconds=1)


def test_certificates_that_end_are_an_alarm_and_are_renewed_in_time(tmp_path: Path, ring: KeyRing) -> None:
    made = open_authority(tmp_path, ring, NOW, "测试单位")
    assert [h.alarm for h in made.health(NOW)] == [""] * 4
    assert made.renewed(NOW) is made
    late = NOW + timedelta(days=17 * 365 + 30)
    alarms = {h.role: h.alarm for h in made.health(late)}
    assert "到期" in alarms["timestamping"]
    assert "不能继续使用" in alarms["responder"]
    fresh = made.renewed(late)
    assert {h.role: h.alarm for h in fresh.health(late)}["timestamping"] == ""
    assert fresh.retired == (made.parts["timestamping"].certificate,)
    assert open_authority(tmp_path, ring, late, "测试单位").retired == fresh.retired


def test_an_ended_authority_issues_nothing(authority: Authority) -> None:
    with refused("authority.expired"):
        authority.issue(PERSON, new_private_key().public_key(), NOW + timedelta(days=21 * 365))


def test_a_service_that_does_not_answer_is_replaced_by_the_own_clock_and_said_so(authority: Authority) -> None:
    import asyncio

    from signatures.time_source import Stamper

    own = authority.timestamps(lambda: datetime.now(UTC))
    source = TimeSource(own, OutsideService("http://127.0.0.1:9/tsa", timeout=2))
    asyncio.run(Stamper(source).async_timestamp(bytes(32), "sha256"))
    assert source.clock is Clock.BUILT_IN_INSTEAD
    assert "未能响应" in source.used[-1][1]
    assert "非独立第三方" in source.clock.label

    answering = TimeSource(own, own)
    asyncio.run(Stamper(answering).async_timestamp(bytes(32), "sha256"))
    assert answering.clock is Clock.OUTSIDE
