"""The signing API over real HTTP, with keys that ``openssl`` makes and uses outside the program; the result is for the system's verifier to judge."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from app.services.api_tokens import READ, SIGN, make_token, revoke_token
from app.services.trusted_roots import add_root
from app.store.contracts import find_contract
from app.store.elsewhere import tokens_of
from app.store.signings import events_of
from signatures.authority import read_roots
from signatures.verification.asking import Trust
from signatures.verification.worker import Verifier
from tests.services.signing_house import A_SIGN, B_SIGN, approved
from tests.web.conftest import Server
from tests.web.people import LAWYER, actor_named
from tests.web.test_signing_browser import Post

DOCUMENT = (Path(__file__).parents[2] / "docs" / "signing-api.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"```sh\n(.*?)```", DOCUMENT, re.DOTALL)


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@dataclass(frozen=True)
class Outside:
    """An authority and two holders, in a folder that the program never sees."""

    folder: Path

    @classmethod
    def made(cls, folder: Path) -> Outside:
        (folder / "leaf.ext").write_text(
            "basicConstraints=critical,CA:false\nkeyUsage=critical,digitalSignature,nonRepudiation\n"
        )
        subject = ("-subj", "/C=CN/O=外部电子认证测试机构/CN=外部电子认证测试机构", "-utf8")
        extensions = ("-addext", "basicConstraints=critical,CA:true", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        kind = ("-newkey", "rsa:3072", "-nodes", "-keyout", "ca.key", "-out", "root.pem", "-days", "3650")
        openssl(folder, "req", "-x509", *kind, *subject, *extensions)
        made = cls(folder)
        made.holder("b", "沈亦舟", "rsa:2048")
        made.holder("a", "林知远", "ec", "-pkeyopt", "ec_paramgen_curve:P-256")
        return made

    def holder(self, name: str, person: str, *kind: str) -> None:
        request = (
            "req",
            "-new",
            "-newkey",
            *kind,
            "-nodes",
            "-keyout",
            f"{name}.key",
            "-out",
            f"{name}.csr",
            "-subj",
            f"/C=CN/CN={person}",
            "-utf8",
        )
        openssl(self.folder, *request)
        issue = ("x509", "-req", "-in", f"{name}.csr", "-CA", "root.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "365")
        openssl(self.folder, *issue, "-sha256", "-extfile", "leaf.ext", "-out", f"{name}.pem")

    def text(self, name: str) -> str:
        return (self.folder / name).read_text()

    @property
    def root(self) -> bytes:
        return x509.load_pem_x509_certificate((self.folder / "root.pem").read_bytes()).public_bytes(Encoding.DER)


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Outside:
    return Outside.made(tmp_path_factory.mktemp("outside"))


@dataclass
class House:
    post: Post
    url: str
    number: str

    def token(self, *scopes: str, days: int = 1, number: str = "") -> str:
        wiring = self.post.wiring
        with wiring.unit_of_work() as uow:
            return make_token(
                uow, actor_named(wiring, LAWYER.login), wiring.now(), "测试平台", scopes or (READ, SIGN), days, number
            )

    def call(self, token: str, path: str, body: object = None, media: str = "application/json") -> tuple[int, Any]:
        """Status, and JSON or bytes."""
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        data = json.dumps(body).encode() if body is not None else None
        if data is not None:
            headers["Content-Type"] = media
        try:
            with urllib.request.urlopen(urllib.request.Request(self.url + path, data, headers), timeout=60) as answer:
                status, kind, content = answer.status, answer.headers["Content-Type"], answer.read()
        except urllib.error.HTTPError as error:
            status, kind, content = error.code, error.headers["Content-Type"], error.read()
            assert kind == "application/problem+json", content[:300]
        return status, json.loads(content) if "json" in kind else content

    def prepare(self, token: str, place: str, certificate: str, **more: object) -> tuple[int, Any]:
        _, state = self.call(token, f"/api/v1/contracts/{self.number}/signing")
        names = [s["name"] for p in state["places"] if p["id"] == place for s in p["statements"]]
        body = {"place": place, "certificate": certificate, "confirmed": names, **more}
        return self.call(token, f"/api/v1/contracts/{self.number}/signatures", body)


@pytest.fixture
def house(server: Server, outside: Outside) -> Iterator[House]:
    post = Post(server)
    wiring = post.wiring
    pem = (outside.folder / "root.pem").read_bytes()
    mark = x509.load_pem_x509_certificate(pem).fingerprint(hashes.SHA256()).hex()
    with wiring.unit_of_work() as uow:
        if not wiring.trusted_roots():
            add_root(uow, actor_named(wiring, LAWYER.login), wiring.now(), pem, mark)
    with wiring.reading() as uow:
        row = find_contract(uow.session, post.row.contract_id)
        assert row is not None
        number = row.number
    yield House(post, server.url, number)
    post.close()


def test_the_documents_own_example_signs_and_the_verifier_takes_it(house: House, outside: Outside, tmp_path: Path) -> None:
    raw, cms = EXAMPLES
    for place, name, script in ((B_SIGN, "b", raw), (A_SIGN, "a", raw.partition("# sign:")[0] + cms)):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "key.pem").write_text(outside.text(f"{name}.key"))
        (folder / "cert.pem").write_text(outside.text(f"{name}.pem"))
        variables = {"BASE": house.url, "TOKEN": house.token(number=house.number), "CONTRACT": house.number, "PLACE": place}
        done = subprocess.run(
            ["bash", "-euc", script], cwd=folder, env={**os.environ, **variables}, capture_output=True, text=True, check=False
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr + "".join(p.read_text() for p in folder.glob("*.json"))
    assert json.loads((tmp_path / "a" / "completed.json").read_text())["complete"] is True
    status, signed = house.call(house.token(READ), f"/api/v1/contracts/{house.number}/file")
    assert status == 200
    own = read_roots(house.post.wiring.settings.data_dir / "pki")
    verifier = Verifier()
    verdict = verifier.verify(signed, Trust(own=own, others=(outside.root,)), house.post.wiring.now())
    blind = verifier.verify(signed, Trust(own=own), house.post.wiring.now())
    assert verdict.ok, [r.english for r in verdict.reasons]
    mine = {s.field: s for s in verdict.signatures}
    assert (mine[B_SIGN].name, mine[A_SIGN].name) == ("沈亦舟", "林知远")
    assert mine[B_SIGN].issuer == "外部电子认证测试机构"
    assert mine[B_SIGN].clock
    assert mine[A_SIGN].clock
    assert not blind.ok, "without the outside root nobody knows who signed"
    places = {p.id: p for p in house.post.row.places}
    assert house.post.row.status == "complete"
    assert places[B_SIGN].hand, "the typed name is kept for the working copy"
    with house.post.wiring.reading() as uow:
        kinds = [e.kind for e in events_of(uow.session, house.post.signing)]
        assert kinds.count("remote_begun") == kinds.count("remote_signed") == 2


def test_everything_that_is_wrong_is_told_at_once_as_problem_details(house: House, outside: Outside) -> None:
    token, path = house.token(), f"/api/v1/contracts/{house.number}/signatures"
    status, told = house.call(token, path, {"plaice": 1, "certificate": "???", "chain": ["x", 2], "confirmed": "all"})
    assert status == 422
    assert told["type"] == "urn:chengyue:problem:remote.request"
    assert {"type", "title", "status", "detail", "instance", "errors"} <= told.keys()
    pointers = {"/place", "/certificate", "/chain/0", "/chain/1", "/confirmed", "/plaice"}
    assert {e["pointer"] for e in told["errors"]} == pointers
    stranger = base64.b64encode(b"no certificate").decode()
    status, told = house.call(token, path, {"place": B_SIGN, "certificate": stranger, "confirmed": []})
    words = {e["pointer"]: e["detail"] for e in told["errors"]}
    assert status == 422
    assert "无法读取" in words["/certificate"]
    assert "须由签署人确认" in words["/confirmed"]
    status, told = house.prepare(token, B_SIGN, outside.text("a.pem"))
    assert status == 422
    assert "与应当签署的“沈亦舟”" in told["detail"]
    status, told = house.call(token, path, {"x": 1}, media="text/plain")
    assert (status, told["status"]) == (415, 415)


@pytest.mark.parametrize(
    "sent",
    [
        b"[" * 100_000,
        b'{"place": ' * 20_000,
        b'{"place": "\\ud800"}',
        b'{"\\ud800": 1}',
        b'{"place": "P", "certificate": "-----BEGIN\\ud800"}',
        b'{"place": "P", "confirmed": [' + b"9" * 5000 + b"]}",
        b"\xff\xfe",
    ],
)
def test_what_is_no_request_is_refused_and_brings_nothing_to_a_fault(house: House, sent: bytes) -> None:
    call = urllib.request.Request(f"{house.url}/api/v1/contracts/{house.number}/signatures", sent)
    call.add_header("Authorization", f"Bearer {house.token()}")
    call.add_header("Content-Type", "application/json")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(call, timeout=30)
    assert refused.value.code in (400, 422)
    assert json.loads(refused.value.read())["type"].startswith("urn:chengyue:problem:")


def test_a_wrong_signature_and_a_file_that_moved_on_are_refused_and_a_repeat_is_not(
    house: House, outside: Outside, tmp_path: Path
) -> None:
    token = house.token()
    status, first = house.prepare(token, B_SIGN, outside.text("b.pem"))
    assert status == 201, first
    status, late = house.prepare(token, A_SIGN, outside.text("a.pem"))
    assert status == 201, late
    (tmp_path / "to_sign").write_bytes(base64.b64decode(first["to_sign"]))
    openssl(tmp_path, "dgst", "-sha256", "-sign", str(outside.folder / "b.key"), "-out", "good", "to_sign")
    openssl(tmp_path, "dgst", "-sha256", "-sign", str(outside.folder / "a.key"), "-out", "bad", "to_sign")
    good, bad = ({"signature": base64.b64encode((tmp_path / n).read_bytes()).decode()} for n in ("good", "bad"))
    status, told = house.call(token, first["completion"], bad)
    assert (status, told["type"]) == (422, "urn:chengyue:problem:remote.signature")
    status, told = house.call(token, first["completion"], {"cms": good["signature"]})
    assert (status, told["type"]) == (422, "urn:chengyue:problem:remote.cms")
    status, told = house.call(token, first["completion"], {})
    assert status == 422
    status, done = house.call(token, first["completion"], good)
    assert status == 200, done
    assert house.call(token, first["completion"], good) == (200, done | {"notes": []})
    status, told = house.call(token, late["completion"], good)
    assert (status, told["type"]) == (409, "urn:chengyue:problem:import.outdated")
    assert house.post.row.file == done["file_sha256"]
    assert house.call(house.token(), f"/api/v1/signatures/{first['id']}")[0] == 404, "another token's"


def test_tokens_reach_as_far_as_they_say_and_no_longer_than_they_last(house: House, outside: Outside) -> None:
    path = f"/api/v1/contracts/{house.number}/signing"
    assert house.call("", path)[0] == 401
    assert house.call("cyt_" + "x" * 43, path)[0] == 401
    reader = house.token(READ)
    assert house.call(reader, path)[0] == 200
    status, told = house.prepare(reader, B_SIGN, outside.text("b.pem"))
    assert (status, told["type"]) == (403, "urn:chengyue:problem:api.scope")
    wiring = house.post.wiring
    lawyer = actor_named(wiring, LAWYER.login)
    with wiring.unit_of_work() as uow:
        (row,) = [t for t in tokens_of(uow.session) if t.used_at is not None and t.scope == READ and t.revoked_at is None][:1]
        assert reader not in (row.digest, row.id)
        assert len(row.digest) == 64
        revoke_token(uow, lawyer, wiring.now(), row.id)
    assert house.call(reader, path)[0] == 401
    with wiring.reading() as uow:
        other = find_contract(uow.session, approved(wiring.unit_of_work))
        assert other is not None
        number = other.number
    assert house.call(house.token(number=number), path)[0] == 403
    assert house.call(house.token(), "/api/v1/contracts/NO-SUCH/signing")[0] == 404
