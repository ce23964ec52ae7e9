#!/usr/bin/env python3
"""Checks an evidence package. Needs Python 3.9 or newer, its standard library and the `openssl` program (3.0 or newer); nothing else.

    python3 verify.py PACKAGE --root-sha256 FINGERPRINT [--tsa-ca FILE] [--signer-ca FILE] [--at YYYY-MM-DD]

PACKAGE is the ZIP file or the folder it was unpacked to. FINGERPRINT is the SHA-256 of the root certificate; take it from a source
outside this package (the contract, the other party, a notary), or the check proves nothing about who made it.

What it proves: the files are those of a manifest that was signed and timestamped; every electronic signature of signed.pdf fits the
bytes it covers, was made with a certificate issued below the root (or below one of --signer-ca), and bears a timestamp or lies under
one; certificates were not revoked according to the status data in the package; the last signature reaches to the end of the file;
entries of the audit log have the hashes they claim and belong to the log of the checkpoint beside them.
What it does not do: it makes no analysis of what was changed in signed.pdf between one signature and the next (a PDF may be extended
after a signature). That is the task of the system's own verifier (`python -m app verify signed.pdf`) or of another PAdES validator.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

UTC = timezone.utc  # noqa: UP017 - Python 3.9 has no datetime.UTC
OWN = {"manifest.json", "manifest.p7s", "manifest.tsr"}
TIMESTAMP_TOKEN = bytes.fromhex("2a864886f70d010910020e")  # 1.2.840.113549.1.9.16.2.14
LARGEST = 512 * 1024 * 1024


class Report:
    """Gathers findings; `failed` if one of them is bad."""

    def __init__(self) -> None:
        self.failed = False

    def say(self, good: bool, chinese: str, english: str) -> bool:
        print(("[ OK ] " if good else "[FAIL] ") + chinese + " / " + english)
        self.failed = self.failed or not good
        return good

    def note(self, chinese: str, english: str) -> None:
        print("[ -- ] " + chinese + " / " + english)


def openssl(*words: str) -> tuple[bool, str]:
    done = subprocess.run(["openssl", *words], capture_output=True, check=False)
    return done.returncode == 0, (done.stdout + done.stderr).decode("utf-8", "replace")


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# ---- a little DER


def elements(data: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """Tag, content and whole encoding of each element in `data`."""
    at = 0
    while at < len(data):
        start, tag = at, data[at]
        length = data[at + 1]
        at += 2
        if length & 0x80:
            count = length & 0x7F
            length = int.from_bytes(data[at : at + count], "big")
            at += count
        if at + length > len(data):
            raise ValueError("truncated")
        yield tag, data[at : at + length], data[start : at + length]
        at += length


def inside(data: bytes) -> list[tuple[int, bytes, bytes]]:
    return list(elements(data))


def signer_parts(der: bytes) -> tuple[bytes, bytes]:
    """Signature value and timestamp token (empty if there is none) of a CMS SignedData with one signer."""
    content_info = inside(next(elements(der))[1])
    signed_data = inside(inside(content_info[1][1])[0][1])
    signer = inside(inside(signed_data[-1][1])[0][1])
    value = next(content for tag, content, _ in signer if tag == 0x04)
    for tag, content, _ in signer:
        if tag != 0xA1:
            continue
        for _, attribute, _ in elements(content):
            parts = inside(attribute)
            if parts[0][1] == TIMESTAMP_TOKEN:
                return value, inside(parts[1][1])[0][2]
    return value, b""


# ---- the audit log (RFC 6962)


def included(data: bytes, index: int, size: int, proof: list[str], root: bytes) -> bool:
    """Whether leaf `index` of a tree of `size` leaves is `data` under `root`."""
    node, last = hashlib.sha256(b"\0" + data).digest(), size - 1
    if not 0 <= index < size:
        return False
    for step in map(bytes.fromhex, proof):
        if last == 0:
            return False
        if index & 1 or index == last:
            node = hashlib.sha256(b"\1" + step + node).digest()
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            node = hashlib.sha256(b"\1" + node + step).digest()
        index, last = index >> 1, last >> 1
    return last == 0 and node == root


# ---- the package


class Package:
    def __init__(
        self, folder: str, work: str, tsa_ca: str | None, at: float | None, report: Report, signer_ca: str | None = None
    ) -> None:
        self.folder, self.work, self.report = folder, work, report
        self.as_of = ["-attime", str(int(at))] if at else []
        self.root = os.path.join(folder, "certificates", "root.pem")
        self.issuing = os.path.join(folder, "certificates", "issuing.pem")
        self.tsa, self.signer_ca = self.root, signer_ca
        if tsa_ca:
            with open(tsa_ca, "rb") as stream:
                self.tsa = self.put("tsa-ca.pem", self.read("certificates/root.pem") + stream.read())

    def read(self, name: str) -> bytes:
        with open(os.path.join(self.folder, name), "rb") as stream:
            return stream.read()

    def put(self, name: str, content: bytes) -> str:
        path = os.path.join(self.work, name)
        with open(path, "wb") as stream:
            stream.write(content)
        return path

    def names(self) -> set[str]:
        found = set()
        for folder, _, files in os.walk(self.folder):
            for name in files:
                found.add(os.path.relpath(os.path.join(folder, name), self.folder).replace(os.sep, "/"))
        return found

    # -- steps

    def check_root(self, wanted: str) -> None:
        done, text = openssl("x509", "-in", self.root, "-noout", "-fingerprint", "-sha256")
        found = text.split("=")[-1].strip().replace(":", "").lower() if done else ""
        wanted = wanted.replace(":", "").replace(" ", "").lower()
        self.report.say(
            bool(found) and found == wanted, f"根证书指纹与所给的一致：{found}", "the root certificate has the fingerprint given"
        )

    def check_manifest(self) -> dict[str, Any]:
        manifest: dict[str, Any] = json.loads(self.read("manifest.json"))
        signed, text = openssl(
            "cms", "-verify", "-binary", "-inform", "DER", "-in", os.path.join(self.folder, "manifest.p7s"), "-content",
            os.path.join(self.folder, "manifest.json"), "-CAfile", self.root, "-certfile", self.issuing, "-purpose", "any",
            "-attime", str(int(self.stamped("manifest.tsr") or 0)), "-out", os.devnull,
        )  # fmt: skip
        self.report.say(
            signed, "清单由系统证书签名", "the manifest is signed by the system" + ("" if signed else ": " + text.strip())
        )
        stamped, text = openssl(
            "ts", "-verify", "-data", os.path.join(self.folder, "manifest.json"), "-in", os.path.join(self.folder, "manifest.tsr"),
            "-CAfile", self.tsa, *self.as_of,
        )  # fmt: skip
        at = self.stamped("manifest.tsr")
        when = moment(at) if at else "?"
        self.report.say(stamped, f"清单的时间戳有效：{when}", f"the manifest bears a timestamp: {when}")
        return manifest

    def stamped(self, name: str) -> float | None:
        return time_of(os.path.join(self.folder, name), token=False)

    def check_files(self, manifest: dict[str, Any]) -> None:
        listed, there = manifest["files"], self.names() - OWN
        for name in sorted(set(listed) - there):
            self.report.say(False, f"缺少文件 {name}", f"{name} is missing")
        for name in sorted(there - set(listed)):
            self.report.say(False, f"清单中没有的文件 {name}", f"{name} is not in the manifest")
        good = 0
        for name in sorted(set(listed) & there):
            content = self.read(name)
            if len(content) == listed[name]["size"] and digest(content) == listed[name]["sha256"]:
                good += 1
            else:
                self.report.say(False, f"文件 {name} 与清单不符", f"{name} differs from the manifest")
        self.report.say(good == len(listed), f"清单中的 {good} 个文件逐一相符", f"{good} files are as the manifest says")

    def check_pdf(self, manifest: dict[str, Any]) -> None:
        pdf = self.read("signed.pdf")
        found = list(signatures(pdf))
        expected = manifest["signatures"]
        self.report.say(
            len(found) == len(expected), f"signed.pdf 有 {len(found)} 个签名", f"signed.pdf has {len(found)} signatures"
        )
        for number, (covered, der, _) in enumerate(found, 1):
            label = expected[number - 1]["label"] if number <= len(expected) else "?"
            later = [d for _, d, _ in found[number:] if TIMESTAMP_CONTENT in d[:64]]
            self.check_signature(number, label, covered, der, later[0] if later else b"")
        for revision in json.loads(self.read("revisions.json")):
            if digest(pdf[: revision["length"]]) != revision["sha256"]:
                self.report.say(False, f"第 {revision['number']} 个版本与登记不符", "a revision differs from the record")
        reaches = bool(found) and not pdf[found[-1][2] :].strip(b"\r\n")
        self.report.say(reaches, "最后一个签名（时间戳）覆盖到文件末尾", "the last signature reaches to the end of the file")
        self.report.note(
            "未分析各签名之间的增量改动；请用系统的验证程序（app verify）或者其他 PAdES 验证工具分析",
            "increments between signatures were not analysed; use the system's verifier or another PAdES validator",
        )

    def check_audit(self) -> None:
        """Each entry of the log by its own hash and by its proof that it belongs to the log of the checkpoint (RFC 6962)."""
        name = "audit/entries.json"
        log = json.loads(self.read(name)) if name in self.names() else None
        if not isinstance(log, dict) or not log.get("checkpoint"):
            self.report.note("没有可以核对的审计条目", "no audit entries with a checkpoint")
            return
        size, root = log["checkpoint"]["size"], bytes.fromhex(log["checkpoint"]["root"])
        good = proven = 0
        for entry in log["entries"]:
            parts = [entry[k] for k in ("number", "at", "actor", "action", "subject", "data", "previous")]
            words = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
            good += digest(b"chengyue.audit.entry/1\n" + words) == entry["hash"]
            proof = entry["proof"]
            proven += proof is not None and included(bytes.fromhex(entry["hash"]), entry["number"] - 1, size, proof, root)
        count = len(log["entries"])
        self.report.say(
            good == proven == count,
            f"审计条目 {count} 条：{good} 条摘要相符，{proven} 条的归属证明成立",
            "audit entries and inclusion proofs",
        )

    def check_signature(self, number: int, label: str, covered: bytes, der: bytes, over: bytes) -> None:
        """`over`: the first document timestamp over it, which proves the time of a signature that bears none of its own."""
        content, signature = self.put(f"{number}.bin", covered), self.put(f"{number}.der", der)
        if TIMESTAMP_CONTENT in der[:64]:
            good, text = openssl(
                "ts", "-verify", "-data", content, "-in", signature, "-token_in", "-CAfile", self.tsa, *self.as_of
            )
            at = time_of(signature, token=True)
            self.report.say(
                good, f"{number} {label}：存档时间戳 {moment(at)}", "document timestamp" + ("" if good else ": " + text)
            )
            return
        value, token = signer_parts(der)
        at = None
        if token:
            stamp, signed = self.put(f"{number}.tst", token), self.put(f"{number}.val", value)
            good, text = openssl("ts", "-verify", "-data", signed, "-in", stamp, "-token_in", "-CAfile", self.tsa, *self.as_of)
            at = time_of(stamp, token=True)
            self.report.say(good, f"{number} {label}：时间戳 {moment(at)}", "timestamp" + ("" if good else ": " + text))
        elif over:
            at = time_of(self.put(f"{number}.over", over), token=True)
            self.report.note(f"{number} {label}：没有自己的时间戳，以存档时间戳 {moment(at)} 为准", "no timestamp of its own")
        good, text = self.verified(signature, content, at, number, self.root)
        outside = not good and self.signer_ca is not None
        if outside and self.signer_ca is not None:
            good, text = self.verified(signature, content, at, number, self.signer_ca)
        who = self.subject(number) if good else text.strip()
        where = "，由 --signer-ca 所给的机构签发" if outside and good else ""
        self.report.say(good, f"{number} {label}：签名有效（{who}）{where}", "signature verified")
        if good and outside:
            self.report.note(
                f"{number} {label}：证书状态在 signed.pdf 之内，本程序不核对", "status of an outside certificate not checked"
            )
        elif good:
            self.check_status(number, label, at)

    def verified(self, signature: str, content: str, at: float | None, number: int, authority: str) -> tuple[bool, str]:
        return openssl(
            "cms", "-verify", "-binary", "-inform", "DER", "-in", signature, "-content", content, "-CAfile", authority,
            "-certfile", self.issuing, "-purpose", "any", "-attime", str(int(at or 0)), "-out", os.devnull, "-signer",
            os.path.join(self.work, f"{number}.pem"),
        )  # fmt: skip

    def subject(self, number: int) -> str:
        words = (
            "x509",
            "-in",
            os.path.join(self.work, f"{number}.pem"),
            "-noout",
            "-subject",
            "-nameopt",
            "utf8,sep_comma_plus_space",
        )
        return openssl(*words)[1].strip().replace("subject=", "")

    def check_status(self, number: int, label: str, at: float | None) -> None:
        certificate = os.path.join(self.work, f"{number}.pem")
        serial = openssl("x509", "-in", certificate, "-noout", "-serial")[1].strip().split("=")[-1].lstrip("0")
        response = os.path.join(self.folder, "revocation", f"{serial}.ocsp")
        if not os.path.exists(response):
            self.report.note(f"{number} {label}：没有证书状态信息", "no certificate status in the package")
            return
        _, text = openssl(
            "ocsp", "-respin", response, "-issuer", self.issuing, "-sha256", "-cert", certificate, "-CAfile", self.root,
            "-verify_other", self.issuing, "-no_nonce", "-attime", str(int(at or 0)), "-validity_period", "3153600000",
        )  # fmt: skip
        revoked = re.search(r"Revocation Time: (\w+) +(\d+) (\d+):(\d+):(\d+) (\d+) GMT", text)
        later = bool(revoked and at and clock(revoked) > at)
        good = "Response verify OK" in text and (": good" in text or later)
        words = "签署时证书未被吊销（后来吊销）" if later else "证书未被吊销"
        self.report.say(good, f"{number} {label}：{words}", "certificate not revoked" + ("" if good else ": " + text.strip()))


TIMESTAMP_CONTENT = bytes.fromhex("2a864886f70d0109100104")  # 1.2.840.113549.1.9.16.1.4


def signatures(pdf: bytes) -> Iterator[tuple[bytes, bytes, int]]:
    """Covered bytes, DER and end of coverage of every signature, in the order of coverage."""
    found = []
    for match in re.finditer(rb"/ByteRange\s*\[\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*\]", pdf):
        a, b, c, d = map(int, match.groups())
        if a != 0 or c <= b or c + d > len(pdf) or pdf[b : b + 1] != b"<" or pdf[c - 1 : c] != b">":
            raise ValueError("a byte range that leaves out more than the signature itself")
        padded = bytes.fromhex(pdf[b + 1 : c - 1].decode("ascii"))
        found.append((pdf[:b] + pdf[c : c + d], next(elements_padded(padded)), c + d))
    return iter(sorted(found, key=lambda item: item[2]))


def elements_padded(data: bytes) -> Iterator[bytes]:
    """The first element of `data`, without the zeros that fill its place."""
    length, at = data[1], 2
    if length & 0x80:
        count = length & 0x7F
        length, at = int.from_bytes(data[2 : 2 + count], "big"), 2 + count
    if any(data[at + length :]):
        raise ValueError("something else hides behind a signature")
    yield data[: at + length]


def time_of(path: str, token: bool) -> float | None:
    words = ["ts", "-reply", "-in", path, "-text"] + (["-token_in"] if token else [])
    match = re.search(r"Time stamp: (\w+) +(\d+) (\d+):(\d+):(\d+)(?:\.\d+)? (\d+) GMT", openssl(*words)[1])
    return clock(match) if match else None


def clock(match: re.Match[str]) -> float:
    """Month, day, hour, minute, second and year as OpenSSL prints them."""
    month = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"].index(match.group(1)) + 1
    day, hour, minute, second, year = (int(match.group(i)) for i in (2, 3, 4, 5, 6))
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()


def moment(at: float | None) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if at else "?"


def unpack(path: str, target: str) -> str:
    with zipfile.ZipFile(path) as archive:
        items = archive.infolist()
        if sum(i.file_size for i in items) > LARGEST:
            raise ValueError("the package is too large")
        for item in items:
            parts = item.filename.split("/")
            if item.filename.startswith("/") or ".." in parts or "\\" in item.filename or ":" in item.filename:
                raise ValueError("a file name that leads out of the package: " + item.filename)
        archive.extractall(target)
    return target


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(description="Checks an evidence package / 验证证据包")
    parser.add_argument("package")
    parser.add_argument("--root-sha256", required=True, help="fingerprint of the root certificate, from outside the package")
    parser.add_argument("--tsa-ca", help="certificates (PEM) of an outside timestamp service, if one was used")
    parser.add_argument("--signer-ca", help="certificates (PEM) of the authorities of signatories with certificates of their own")
    parser.add_argument("--at", metavar="YYYY-MM-DD", help="check timestamps as of this day (UTC), not as of now")
    options = parser.parse_args(arguments)
    at = datetime.strptime(options.at, "%Y-%m-%d").replace(tzinfo=UTC).timestamp() if options.at else None
    report = Report()
    with tempfile.TemporaryDirectory() as work:
        try:
            folder = options.package
            if not os.path.isdir(folder):
                folder = unpack(folder, os.path.join(work, "package"))
            package = Package(folder, work, options.tsa_ca, at, report, options.signer_ca)
            package.check_root(options.root_sha256)
            manifest = package.check_manifest()
            package.check_files(manifest)
            package.check_pdf(manifest)
            package.check_audit()
        except (OSError, ValueError, KeyError, IndexError, StopIteration, zipfile.BadZipFile) as error:
            report.say(False, f"证据包无法验证：{error}", f"the package can't be checked: {error}")
    print("结论：不通过 / FAILED" if report.failed else "结论：通过 / VERIFIED")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
