"""The evidence package, checked by its own script: in another folder, without this package, without site-packages."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from signatures.certificates import fingerprint
from signatures.evidence.package import Enclosed, Evidence, make_package
from signatures.revocation import Reason, Revocation, Status
from signatures.verification.asking import Expected, Trust
from signatures.verification.examine import examine
from tests.signatures.ceremony import Ceremony, utc_now
from tests.signatures.tampering import bytes_behind_the_end, page_replaced
from tests.signatures.tools import openssl, refused

RECORDS = (
    Enclosed("records/consent.json", '{"text": "本人同意以电子方式签署本合同"}'.encode(), "签署意愿记录"),
    Enclosed("audit/entries.json", b"[]", "审计条目"),
    Enclosed("contract.docx", b"PK", "已签署工作副本"),
)


def evidence_of(ceremony: Ceremony, files: tuple[Enclosed, ...] = RECORDS) -> Evidence:
    pdf = ceremony.history["archived"]
    trust = Trust(own=(ceremony.authority.root.public_bytes(Encoding.DER),))
    verdict = examine(pdf, trust, Expected(), utc_now())
    return Evidence("HT-2026-0001", "售后服务外包合同", pdf, verdict, ceremony.authority.chain, ceremony.validation_data(), files)


@pytest.fixture(scope="module")
def package(ceremony: Ceremony) -> bytes:
    return make_package(evidence_of(ceremony), ceremony.credentials["system"], ceremony.source(), utc_now())


def unpacked(package: bytes, folder: Path) -> Path:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        archive.extractall(folder)
    return folder


def run(script: Path, package: Path, root: str, *more: str) -> subprocess.CompletedProcess[str]:
    """With ``-I -S``: no current folder, no site-packages, no environment; this repository can't be imported."""
    call = [sys.executable, "-I", "-S", str(script), str(package), "--root-sha256", root, *more]
    return subprocess.run(call, cwd="/", env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, timeout=120)


def test_the_package_verifies_itself_far_from_here(ceremony: Ceremony, package: bytes, tmp_path: Path) -> None:
    folder = unpacked(package, tmp_path / "elsewhere")
    told = run(folder / "verify.py", folder, fingerprint(ceremony.authority.root))
    assert told.returncode == 0, told.stdout + told.stderr
    assert "结论：通过" in told.stdout
    assert told.stdout.count("签名有效") == 5
    assert told.stdout.count("证书未被吊销") == 5
    assert "存档时间戳" in told.stdout
    assert "未分析各签名之间的增量改动" in told.stdout


def test_the_zip_itself_can_be_checked(ceremony: Ceremony, package: bytes, tmp_path: Path) -> None:
    folder = unpacked(package, tmp_path / "for-the-script")
    (tmp_path / "package.zip").write_bytes(package)
    colons = ":".join(fingerprint(ceremony.authority.root)[i : i + 2].upper() for i in range(0, 64, 2))
    assert run(folder / "verify.py", tmp_path / "package.zip", colons).returncode == 0


def test_neither_script_nor_package_can_import_the_system(package: bytes, tmp_path: Path) -> None:
    folder = unpacked(package, tmp_path)
    for module in ("signatures", "pyhanko", "cryptography"):
        probe = [sys.executable, "-I", "-S", "-c", f"import {module}"]
        assert subprocess.run(probe, cwd=folder, capture_output=True).returncode != 0


@pytest.mark.parametrize(("hours", "good"), [(1, True), (-1, False)])
def test_a_certificate_revoked_later_does_no_harm_and_one_revoked_before_does(
    ceremony: Ceremony, tmp_path: Path, hours: int, good: bool
) -> None:
    evidence, seal = evidence_of(ceremony), ceremony.credentials["a_seal"].certificate
    told = Status(True, Revocation(seal.serial_number, utc_now() + timedelta(hours=hours), Reason.COMPROMISED))
    ocsps = (*evidence.data.ocsps, ceremony.authority.ocsp(seal, told, utc_now()))
    evidence = replace(evidence, data=replace(evidence.data, ocsps=ocsps))
    folder = unpacked(make_package(evidence, ceremony.credentials["system"], ceremony.source(), utc_now()), tmp_path)
    said = run(folder / "verify.py", folder, fingerprint(ceremony.authority.root))
    assert (said.returncode == 0) is good
    assert ("签署时证书未被吊销（后来吊销）" in said.stdout) is good


def test_when_the_timestamps_certificate_has_ended_the_day_of_receipt_can_be_given(
    ceremony: Ceremony, package: bytes, tmp_path: Path
) -> None:
    folder = unpacked(package, tmp_path)
    root = fingerprint(ceremony.authority.root)
    assert run(folder / "verify.py", folder, root, "--at", "2046-01-01").returncode == 1
    assert run(folder / "verify.py", folder, root, "--at", "2044-01-01").returncode == 0


def changed(folder: Path, name: str, change: Callable[[bytes], bytes]) -> None:
    (folder / name).write_bytes(change((folder / name).read_bytes()))


def redigested(folder: Path, *names: str) -> None:
    """Somebody who also puts the new digests into the manifest, but can't sign it."""
    import hashlib

    data = json.loads((folder / "manifest.json").read_bytes())
    for name in names:
        content = (folder / name).read_bytes()
        data["files"][name] |= {"size": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (folder / "manifest.json").write_text(json.dumps(data, ensure_ascii=False))


CASES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a record changed": (lambda f: changed(f, "records/consent.json", lambda c: c.replace("同意".encode(), "反对".encode())), "与清单不符"),
    "a record taken out": (lambda f: (f / "audit" / "entries.json").unlink(), "缺少文件"),
    "a file put in": (lambda f: (f / "records" / "more.json").write_text("{}"), "清单中没有的文件"),
    "the contract replaced": (lambda f: changed(f, "signed.pdf", page_replaced), "signed.pdf 与清单不符"),
    "the contract extended": (lambda f: changed(f, "signed.pdf", bytes_behind_the_end), "覆盖到文件末尾"),
    "a byte of the contract": (lambda f: changed(f, "signed.pdf", lambda c: c[:2000] + b"X" + c[2001:]), "signed.pdf 与清单不符"),
    "manifest and record": (
        lambda f: (changed(f, "records/consent.json", lambda c: c + b" "), redigested(f, "records/consent.json")),
        "[FAIL] 清单由系统证书签名",
    ),
    "the manifest's timestamp": (lambda f: changed(f, "manifest.tsr", lambda c: c[:-20] + bytes(20)), "清单的时间戳"),
    "the root replaced": (lambda f: changed(f, "certificates/root.pem", lambda c: (f / "certificates/issuing.pem").read_bytes()), "根证书指纹"),
    "no manifest at all": (lambda f: (f / "manifest.json").unlink(), "无法验证"),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_package_tampered_with_fails(ceremony: Ceremony, package: bytes, tmp_path: Path, name: str) -> None:
    folder, script = unpacked(package, tmp_path / "package"), unpacked(package, tmp_path / "sound") / "verify.py"
    tamper, words = CASES[name]
    tamper(folder)
    told = run(script, folder, fingerprint(ceremony.authority.root))
    assert told.returncode == 1
    assert "结论：不通过" in told.stdout
    assert words in told.stdout


def test_a_package_made_by_somebody_else_fails_by_the_fingerprint(package: bytes, tmp_path: Path) -> None:
    folder = unpacked(package, tmp_path)
    told = run(folder / "verify.py", folder, "00" * 32)
    assert told.returncode == 1
    assert "[FAIL] 根证书指纹" in told.stdout


def test_a_file_name_that_leads_out_of_the_package_is_refused(package: bytes, tmp_path: Path) -> None:
    script = unpacked(package, tmp_path / "sound") / "verify.py"
    evil = tmp_path / "evil.zip"
    with zipfile.ZipFile(evil, "w") as archive:
        archive.writestr("../escaped.txt", "x")
    assert run(script, evil, "00" * 32).returncode == 1
    assert not (tmp_path / "escaped.txt").exists()
    assert not (tmp_path.parent / "escaped.txt").exists()


def test_the_commands_of_the_instructions_work_by_hand(package: bytes, tmp_path: Path) -> None:
    folder = unpacked(package, tmp_path)
    assert "Verification: OK" in openssl(
        "ts",
        "-verify",
        "-data",
        folder / "manifest.json",
        "-in",
        folder / "manifest.tsr",
        "-CAfile",
        folder / "certificates/root.pem",
    )
    told = openssl(
        "cms", "-verify", "-binary", "-inform", "DER", "-in", folder / "manifest.p7s", "-content", folder / "manifest.json",
        "-CAfile", folder / "certificates/root.pem", "-certfile", folder / "certificates/issuing.pem", "-purpose", "any",
        "-out", tmp_path / "out",
    )  # fmt: skip
    assert "Verification successful" in told


def test_instructions_and_manifest_say_what_is_not_claimed(package: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        words = archive.read("VERIFY.md").decode()
        manifest = json.loads(archive.read("manifest.json"))
    for promise in ("不是依法设立的电子认证服务", "不是独立第三方的时间", "不是 GB/T 38540", "不分析"):
        assert promise in words
    assert {f["about"] for f in manifest["files"].values()} >= {"签署意愿记录", "已签署的合同（原件）", "证书状态（OCSP）"}
    assert next(s["label"] for s in manifest["signatures"]) == "系统定稿认证"


@pytest.mark.parametrize("path", ["../x", "/x", "manifest.json", "signed.pdf", "a b", "名称.json", "records/consent.json"])
def test_names_that_would_confuse_are_refused(ceremony: Ceremony, path: str) -> None:
    with refused("evidence.name"):
        evidence = evidence_of(ceremony, (*RECORDS, Enclosed(path, b"", "x")))
        make_package(evidence, ceremony.credentials["system"], ceremony.source(), utc_now())


def test_equal_evidence_makes_equal_files(ceremony: Ceremony) -> None:
    at = utc_now() + timedelta(0)
    evidence = evidence_of(ceremony)
    packages = [make_package(evidence, ceremony.credentials["system"], ceremony.source(), at) for _ in range(2)]
    contents = []
    for each in packages:
        with zipfile.ZipFile(io.BytesIO(each)) as archive:
            contents.append({n: archive.read(n) for n in archive.namelist() if n not in ("manifest.p7s", "manifest.tsr")})
    assert contents[0] == contents[1]
    assert replace(evidence) == evidence
