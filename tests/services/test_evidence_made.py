"""The evidence package of a contract that was signed through the services, taken apart and checked without them."""

from __future__ import annotations

import io
import json
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import page as page_validation
import pypdfium2 as pdfium
import pytest

from app.domain.ceremony import CodeWay
from app.domain.errors import ContractError
from app.domain.permissions import Actor, Forbidden, Role
from app.rendering.evidence_report import render_evidence_report
from app.rendering.pdf_file import attached
from app.services.documents import list_documents
from app.services.evidence import EvidenceKit, make_evidence
from app.services.filing import DocumentKind
from app.services.signing_access import enter_code, request_code
from app.services.signing_ceremony import bench, consent, mark_read, sign
from app.services.signing_finish import finish
from app.store.engine import open_engine
from app.store.seal import AuditSeal
from app.store.uow import UnitOfWork
from app.verification_room import VerificationRoom
from signatures.certificates import fingerprint
from tests.rendering.fixtures import renderer
from tests.services.fixtures import LAWYER
from tests.services.signing_house import A_SIGN, HAND, PHONE, PIN, SHORT, TYPED, House, house
from tests.services.test_code_delivery import MASKED, NUMBER, deliver
from tests.signatures.test_evidence import run, unpacked


def kit_of(home: House, folder: Path) -> EvidenceKit:
    seal = AuditSeal(folder / "audit")
    return EvidenceKit(
        home.kit, VerificationRoom(folder / "pki"), lambda: lambda report, meta: render_evidence_report(renderer(), report, meta),
        attached, seal.signer, seal,
    )  # fmt: skip


@pytest.fixture(scope="module")
def home(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A contract that both representatives have signed."""
    folder = tmp_path_factory.mktemp("evidence")
    shutil.copy(sqlite_template, folder / "db.sqlite3")
    engine = open_engine(f"sqlite:///{folder / 'db.sqlite3'}")
    answers = {"effect.condition": "e_sign", "sign.party_a_seal_type": "none", "sign.party_b_seal_type": "none"}
    made = house(lambda: UnitOfWork(engine), folder, answers)
    made.folder = folder  # type: ignore[attr-defined]
    yield made
    engine.dispose()


@pytest.fixture(scope="module")
def kit(home: House) -> EvidenceKit:
    return kit_of(home, home.folder)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def package(home: House, kit: EvidenceKit) -> bytes:
    with pytest.raises(ContractError) as early:
        make_evidence(kit, LAWYER, home.contract)
    assert early.value.code == "evidence.unsigned"
    signing = home.start((replace(SHORT[0], code_way=CodeWay.SMS, phone=NUMBER), SHORT[1]))
    deliver(home, None)
    token = home.link(SHORT[0].email)
    request_code(home.kit, PHONE, token)
    deliver(home, None)
    secret = enter_code(home.kit, PHONE, token, home.code(NUMBER))
    mark_read(home.kit, PHONE, token, secret, 99)
    with home.units() as uow:
        ticked = frozenset(f.name for f in bench(uow, home.at[0], token, secret).statements)
    consent(home.kit, PHONE, token, secret, ticked, agreed=True)
    sign(home.kit, PHONE, token, secret, HAND, PIN, PIN)
    home.sign(SHORT[1].email, TYPED)
    assert finish(home.kit, signing)
    return make_evidence(kit, LAWYER, home.contract)[1]


def read(package: bytes, name: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return archive.read(name)


def words_of(report: bytes) -> str:
    document = pdfium.PdfDocument(report)
    words = "".join(p.get_textpage().get_text_range() for p in document)
    document.close()
    return words.replace("\r", "").replace("\n", "")


def test_the_package_holds_everything_and_verifies_itself_elsewhere(home: House, package: bytes, tmp_path: Path) -> None:
    folder = unpacked(package, tmp_path / "elsewhere")
    names = {str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file()}
    for name in (
        "signed.pdf", "report.pdf", "revisions.json", "verify.py", "VERIFY.md", "contract/signed.docx", "contract/contract.docx",
        "contract/contract.json", "records/events.json", "records/signatories.json", "records/seals.json", "audit/entries.json",
        "certificates/root.pem", "manifest.tsr",
    ):  # fmt: skip
        assert name in names
    assert any(n.startswith("revocation/") and n.endswith(".ocsp") for n in names)
    told = run(folder / "verify.py", folder, fingerprint(home.kit.room.authority.root))  # type: ignore[attr-defined]
    assert told.returncode == 0, told.stdout
    assert "结论：通过" in told.stdout
    assert "[ OK ] 审计条目" in told.stdout
    (folder / "records" / "events.json").write_text("[]")
    assert run(folder / "verify.py", folder, fingerprint(home.kit.room.authority.root)).returncode == 1  # type: ignore[attr-defined]


def test_it_tells_who_consented_to_what_when_from_where(package: bytes) -> None:
    events = json.loads(read(package, "records/events.json"))
    consent = next(e for e in events if e["kind"] == "consented")
    assert "电子签名法" in json.dumps(consent["data"], ensure_ascii=False)
    assert consent["address"] == "203.0.113.7"
    assert "iPhone" in consent["agent"]
    people = json.loads(read(package, "records/signatories.json"))
    assert [p["name"] for p in people] == ["林知远", "沈亦舟"]
    assert all(p["certificate"] and p["capacity"] for p in people)


def test_a_code_that_went_nowhere_is_not_called_sent(package: bytes) -> None:
    """Without a gateway the message lies in the outbox of the house: that proves no telephone."""
    first, second = json.loads(read(package, "records/signatories.json"))
    assert (first["code"]["by"], first["code"]["to"], first["code"]["carried"]) == ("sms", MASKED, "kept")
    assert (second["code"]["by"], second["code"]["carried"]) == ("mail", "unknown")
    told = [e["kind"] for e in json.loads(read(package, "records/events.json")) if e["place"] == A_SIGN]
    assert "code_kept" in told
    assert "code_delivered" not in told
    words = words_of(read(package, "report.pdf"))
    assert f"短信，{MASKED}，未经短信网关，存于本系统发件箱，不能证明".replace(" ", "") in words.replace(" ", "")
    assert "确认为签署人" not in words


def test_every_audit_entry_has_its_proof(package: bytes) -> None:
    log = json.loads(read(package, "audit/entries.json"))
    assert log["checkpoint"]["size"] >= len(log["entries"]) > 5
    assert all(e["proof"] is not None for e in log["entries"])


def test_the_report_is_an_archive_pdf_that_says_what_is_not_proven(package: bytes) -> None:
    report = read(package, "report.pdf")
    found = page_validation.validate_pdf_bytes(report, profile="3a")
    assert found.is_compliant, [str(f) for f in found.failures]
    words = words_of(report)
    for phrase in ("验证结论：验证通过", "林知远", "验证码核对无误", "不是依法设立的电子认证服务提供者", "不是独立第三方的时间"):
        assert phrase in words


def test_it_is_filed_with_the_contract_and_on_the_log(home: House, kit: EvidenceKit, package: bytes) -> None:
    with home.units() as uow:
        filed = [x.view for x in list_documents(uow, LAWYER, home.contract) if x.view.kind is DocumentKind.EVIDENCE]
    assert [f.size for f in filed] == [len(package)]
    assert home.kit.blobs.get(filed[0].sha256) == package


def test_one_who_may_only_read_makes_none(home: House, kit: EvidenceKit, package: bytes) -> None:
    with pytest.raises(Forbidden):
        make_evidence(kit, Actor("审计", "auditor", frozenset({Role.AUDITOR})), home.contract)
