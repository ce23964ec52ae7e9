"""``signing`` on the command line: from the plan to the archived file, what the owner does meanwhile, paper and files signed elsewhere;
each subcommand with its success and with what it refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography.hazmat.primitives.serialization import Encoding
from PIL import Image

from app.domain.execution import Order
from app.domain.permissions import Role
from app.services.signing_access import enter_code, request_code
from app.services.signing_ceremony import bench, consent, mark_read, sign
from app.services.signing_kit import SigningKit
from app.services.signing_plan import Assigned, Plan
from app.services.signing_rows import read_details
from app.services.signing_start import start
from app.settings import Settings
from app.store.contracts import find_contract
from app.store.documents import documents_of
from app.store.outbox import messages
from app.store.signings import SigningPlaceRow, latest_signing
from app.wiring import Wiring
from tests.cli.test_commands import Command, run
from tests.data_folders import with_database
from tests.intake.scanning import as_pdf, page_of, scanned
from tests.services.signing_house import (
    A_SEAL,
    A_SIGN,
    B_SIGN,
    HAND,
    PEOPLE,
    PHONE,
    PIN,
    UNSEALED,
    QuickRoom,
    approved,
    small_tools,
)
from tests.services.test_paper_signing import ANSWERS as WITH_INK
from tests.services.test_paper_signing import INK
from tests.services.test_signing_authority import UNPRINTED
from tests.services.test_signing_elsewhere import holder
from tests.signatures.test_elsewhere import signed_elsewhere
from tests.web.people import LAWYER, actor_named, first_lawyer, person

__all__ = ["run"]
ME = ("--as", LAWYER.login)
WHY = ("--reason", "价格条款与会议纪要不一致")


@dataclass
class Home:
    """One contract that may be signed, with small files unless a command starts the signing itself."""

    wiring: Wiring
    contract: str
    number: str

    @property
    def kit(self) -> SigningKit:
        room = QuickRoom(self.wiring.settings.data_dir / "pki", self.wiring.settings.organisation, "", self.wiring.now)
        return replace(self.wiring.signing_kit, room=room, tools=small_tools)

    def start(self, people: tuple[Assigned, ...]) -> None:
        plan = Plan(Order.PARALLEL, self.wiring.today() + timedelta(days=7), people)
        start(self.kit, actor_named(self.wiring, LAWYER.login), self.wiring.calendar, self.contract, plan)

    def place(self, name: str) -> SigningPlaceRow:
        with self.wiring.reading() as uow:
            row = latest_signing(uow.session, self.contract)
            assert row is not None
            uow.session.expunge_all()
        return next(p for p in row.places if p.id == name)

    def stage(self) -> str:
        with self.wiring.reading() as uow:
            row = find_contract(uow.session, self.contract)
            assert row is not None
            return row.stage

    def mailed(self, address: str, pattern: str) -> str:
        with self.wiring.reading() as uow:
            found = sorted(messages(uow.session, limit=500), key=lambda m: m.created_at, reverse=True)
            texts = [m.text for m in found if m.recipient == address and m.contract_id == self.contract]
        return next(hit[1] for text in texts if (hit := re.search(pattern, text)))

    def links(self, address: str) -> int:
        with self.wiring.reading() as uow:
            found = messages(uow.session, limit=500)
            return sum("/sign/" in m.text for m in found if m.recipient == address and m.contract_id == self.contract)

    def sign(self, address: str, kit: SigningKit) -> None:
        token = self.mailed(address, r"/sign/([A-Za-z0-9_-]{20,})")
        request_code(kit, PHONE, token)
        secret = enter_code(kit, PHONE, token, self.mailed(address, r"【验证码】(\d{6})"))
        with self.wiring.reading() as uow:
            at = bench(uow, kit.now(), token, secret)
            pages, ticks = at.visit.row.pages, frozenset(f.name for f in at.statements)
        mark_read(kit, PHONE, token, secret, pages)
        consent(kit, PHONE, token, secret, ticks, agreed=True)
        sign(kit, PHONE, token, secret, HAND, PIN, PIN)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("signing-cli")
    wiring = Wiring(Settings(data_dir=with_database(folder)))
    first_lawyer(wiring)
    person(wiring, "zhao", Role.AUDITOR, name="赵审计")
    wiring.engine.dispose()
    return folder


@pytest.fixture
def wiring(data_dir: Path) -> Iterator[Wiring]:
    made = Wiring(Settings(data_dir=data_dir))
    yield made
    made.engine.dispose()


@pytest.fixture
def contract(wiring: Wiring) -> Callable[[dict[str, Any]], Home]:
    def make(answers: dict[str, Any]) -> Home:
        made = approved(wiring.unit_of_work, answers)
        with wiring.reading() as uow:
            row = find_contract(uow.session, made)
            assert row is not None
            return Home(wiring, made, row.number)

    return make


Make = Callable[[dict[str, Any]], Home]


@pytest.fixture
def underway(contract: Make) -> Home:
    """A signing with seals that waits for everybody."""
    home = contract({})
    home.start(PEOPLE)
    return home


def refused(run: Command, *arguments: object) -> str:
    """What a refused command says: 1 for a step that can't be taken now, 2 for input that can't be used."""
    done = run("signing", *arguments)
    assert done.code in (1, 2), done.out
    assert "Traceback" not in done.err
    assert not done.out
    return done.err


def done(run: Command, *arguments: object) -> str:
    found = run("signing", *arguments)
    assert found.code == 0, found.err
    return found.out


# ---- plan, start, show, finish


def test_from_the_plan_with_an_agent_to_the_archived_file(run: Command, contract: Make, tmp_path: Path) -> None:
    """The only signing of this file that begins on the command line, with the whole contract's pages."""
    home = contract(UNPRINTED)
    today, scan, file = home.wiring.today(), tmp_path / "授权委托书.pdf", tmp_path / "plan.yaml"
    scan.write_bytes(page_pdf())

    def start(told: str) -> None:
        file.write_text(yaml.safe_dump(plan, allow_unicode=True), encoding="utf-8")
        assert told in refused(run, "start", home.number, file, *ME)

    plan = yaml.safe_load(done(run, "plan", home.number, *ME))
    assert [p["place"] for p in plan["people"]] == [A_SIGN, B_SIGN]
    assert {p["code"] for p in plan["people"]} == {"mail"}
    plan["people"][0]["name"] = "陈代签"
    file.write_text(yaml.safe_dump(plan, allow_unicode=True), encoding="utf-8")
    told = refused(run, "start", home.number, file, *ME)
    assert told.count("邮箱") == 2, "everything that is missing at once"
    file.write_text("order: [", encoding="utf-8")
    assert "不是可用的签署计划" in refused(run, "start", home.number, file, *ME)
    for line, address in zip(plan["people"], ("chen@party-a.example", "shen@party-b.example"), strict=True):
        line["email"] = address
    plan["people"][0]["authority"] = {
        "number": "SQ-8", "issued": str(today - timedelta(days=40)), "from": None, "until": str(today + timedelta(days=60)),
        "limit": "", "matters": ["contract"], "file": "授权委托书.pdf",
    }  # fmt: skip
    start("缺少生效日")
    plan["people"][0]["authority"]["from"] = str(today - timedelta(days=1))
    plan["people"][0] |= {"code": "sms", "phone": ""}
    start("须填写手机号")
    assert scans(home) == []
    assert home.stage() == "approved"
    assert "尚未发起签署" in done(run, "show", home.number, *ME)
    plan["people"][0]["code"] = "mail"
    file.write_text(yaml.safe_dump(plan, allow_unicode=True), encoding="utf-8")
    assert "已发起签署" in done(run, "start", home.number, file, *ME)
    assert home.stage() == "signing"
    shown = done(run, "show", home.number, *ME)
    assert "甲方签名（陈代签）" in shown
    assert shown.count("待签署") == 2
    details = read_details(home.place(A_SIGN))
    assert (scans(home), details.signatory.authority is not None) == ([details.document], True)
    assert refused(run, "start", home.number, file, *ME)
    assert refused(run, "plan", home.number, *ME)
    assert "完成 0 份" in done(run, "finish", *ME)

    days = ("--power-issued", today, "--power-from", today, "--power-until", today + timedelta(days=90))
    who = ("--place", A_SIGN, "--name", "吴接手", "--email", "wu@party-a.example", *WHY)
    assert "无授权" in refused(run, "replace", home.number, *who, *ME)
    assert "越权" in refused(
        run, "replace", home.number, *who, "--power-number", "SQ-9", *days, "--power-limit", "1", "--power-file", scan, *ME
    )
    assert len(scans(home)) == 1, "nothing is filed for what is refused"
    done(run, "replace", home.number, *who, "--power-number", "SQ-9", *days, "--power-file", scan, *ME)
    details = read_details(home.place(A_SIGN))
    assert details.signatory.authority is not None
    assert (details.signatory.authority.number, details.document in scans(home)) == ("SQ-9", True)

    here = ("--place", A_SIGN, "--power-number", "SQ-10")
    assert "缺少签发日；缺少生效日；缺少失效日" in refused(run, "authority", home.number, *here, *ME)
    assert "没有授权事项“all”" in refused(run, "authority", home.number, *here, *days, "--power-matter", "all", *ME)
    more = ("--power-matter", "contract", "--power-matter", "amendment")
    assert "已更新" in done(run, "authority", home.number, *here, *days, *more, "--power-file", scan, *ME)
    details = read_details(home.place(A_SIGN))
    assert details.signatory.authority is not None
    assert (details.signatory.authority.number, len(scans(home))) == ("SQ-10", 3)
    assert "不凭授权委托书" in refused(run, "authority", home.number, "--place", B_SIGN, "--power-number", "SQ-10", *days, *ME)

    kit = home.wiring.signing_kit
    home.sign("wu@party-a.example", kit)
    home.sign("shen@party-b.example", kit)
    assert "完成 1 份" in done(run, "finish", *ME)
    assert "已签署完毕" in done(run, "show", home.number, *ME)


def test_finish_tells_what_it_could_not_finish(run: Command, contract: Make) -> None:
    home = contract(UNSEALED)
    home.start((PEOPLE[0], PEOPLE[2]))
    for one in (PEOPLE[0], PEOPLE[2]):
        home.sign(one.email, home.kit)
    with home.wiring.reading() as uow:
        row = latest_signing(uow.session, home.contract)
        assert row is not None
        path = home.wiring.blobs.path(row.file)
    kept = path.read_bytes()
    path.unlink()
    found = run("signing", "finish", *ME)
    assert found.code == 1
    assert "✗" in found.err
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(kept)
    assert run("signing", "finish", "--as", "nobody").code == 2
    # The small files have no places for a working copy: what is left is ended, so that no other test finds it.
    with home.wiring.unit_of_work() as uow:
        row = latest_signing(uow.session, home.contract)
        assert row is not None
        row.status = "withdrawn"
        uow.commit()


# ---- what the owner does meanwhile


def test_reminding_mending_an_address_and_the_way_of_codes(run: Command, underway: Home) -> None:
    number, lin = underway.number, PEOPLE[0].email
    assert "已提醒" in done(run, "remind", number, "--place", A_SIGN, *ME)
    assert underway.links(lin) == 2
    assert "没有这个签署栏位" in refused(run, "remind", number, "--place", "nowhere", *ME)
    assert "已更正" in done(run, "address", number, "--place", A_SIGN, "--email", "new@party-a.example", *ME)
    assert underway.place(A_SIGN).email == "new@party-a.example"
    assert "写法有误" in refused(run, "address", number, "--place", A_SIGN, "--email", "no address", *ME)
    assert "须填写手机号" in refused(run, "code", number, "--place", A_SIGN, "--by", "sms", *ME)
    assert "手机号“12345”的写法有误" in refused(run, "code", number, "--place", A_SIGN, "--by", "sms", "--phone", "12345", *ME)
    assert run("signing", "code", number, "--place", A_SIGN, "--by", "letter", *ME).code == 2
    assert "已更改" in done(run, "code", number, "--place", A_SIGN, "--by", "sms", "--phone", "138 1234 5678", *ME)
    assert underway.place(A_SIGN).phone == "+8613812345678"
    assert "验证码：短信 +86 138****5678" in done(run, "show", number, *ME)
    assert refused(run, "remind", number, "--place", A_SIGN, "--as", "zhao")


def test_a_keeper_is_replaced_and_a_printed_name_is_not(run: Command, underway: Home) -> None:
    other = ("--name", "吴接手", "--email", "wu@party-a.example", *WHY, *ME)
    assert "重新定稿" in refused(run, "replace", underway.number, "--place", B_SIGN, *other)
    assert "须写明理由" in refused(run, "replace", underway.number, "--place", A_SEAL, *other[:4], "--reason", "短", *ME)
    assert "已更换" in done(run, "replace", underway.number, "--place", A_SEAL, *other)
    assert read_details(underway.place(A_SEAL)).signatory.name == "吴接手"


def test_a_signing_is_withdrawn_with_a_reason(run: Command, underway: Home) -> None:
    assert "须写明理由" in refused(run, "withdraw", underway.number, "--reason", "短", *ME)
    assert "已撤回" in done(run, "withdraw", underway.number, *WHY, *ME)
    assert underway.stage() == "approved"
    assert "没有找到这次签署" in refused(run, "withdraw", underway.number, *WHY, *ME)
    assert "已撤回" in done(run, "show", underway.number, *ME)
    assert refused(run, "show", "SHFW-1999-0001", *ME)


# ---- paper, elsewhere


def test_a_signing_with_ink_from_the_print_copy_to_the_record(run: Command, contract: Make, tmp_path: Path) -> None:
    home, copy = contract(WITH_INK), tmp_path / "copy.pdf"
    assert refused(run, "paper", "copy", home.number, "--out", copy, *ME)
    home.start(INK)
    assert "已输出" in done(run, "paper", "copy", home.number, "--out", copy, *ME)
    sheets, scan = [scanned(page_of(copy.read_bytes(), n, 150), 0.4 * n, n) for n in (1, 2, 3, 4)], tmp_path / "scan.pdf"
    scan.write_bytes(as_pdf(sheets[:1]))
    short = run("signing", "paper", "scan", home.number, scan, *ME)
    assert short.code == 1
    assert "4" in short.err
    record = tmp_path / "record.json"
    record.write_text("{}", encoding="utf-8")
    assert "登记文件不完整" in refused(run, "paper", "record", home.number, record, *ME)
    scan.write_bytes(as_pdf(sheets))
    found = run("signing", "paper", "scan", home.number, scan, *ME)
    assert found.code == 0, found.err
    assert found.out.count("第") >= 4
    today = home.wiring.today().isoformat()
    given = {"on": {p.place: today for p in INK}, "where": "北京市海淀区", "originals": 4, "seals": "双方合同专用章", "seen": [1, 2, 3, 4],
             "remark": "逐页核对，与定稿一致"}  # fmt: skip
    record.write_text(json.dumps(given, ensure_ascii=False), encoding="utf-8")
    assert "双方签署完毕" in done(run, "paper", "record", home.number, record, *ME)
    assert home.place(A_SIGN).signed_on == home.wiring.today()


def test_a_file_signed_elsewhere_goes_out_and_comes_back(
    run: Command, contract: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, out = contract(UNSEALED), tmp_path / "to-sign.pdf"
    assert "没有轮到" in refused(run, "elsewhere", "file", home.number, "--out", out, *ME)
    home.start((PEOPLE[0], PEOPLE[2]))
    assert B_SIGN in done(run, "elsewhere", "file", home.number, "--out", out, *ME)
    key, certificate = holder(PEOPLE[2].name)
    back, roots = tmp_path / "back.pdf", tmp_path / "roots.pem"
    back.write_bytes(signed_elsewhere(out.read_bytes(), B_SIGN, key, certificate))
    told = refused(run, "elsewhere", "accept", home.number, back, "--place", B_SIGN, *ME)
    assert "不在受信任之列" in told
    roots.write_bytes(certificate.public_bytes(Encoding.PEM))
    monkeypatch.setenv("TRUSTED_ROOTS", str(roots))
    assert "没有新的签名" in refused(run, "elsewhere", "accept", home.number, out, "--place", B_SIGN, *ME)
    assert f"已接受：{PEOPLE[2].name}" in done(run, "elsewhere", "accept", home.number, back, "--place", B_SIGN, *ME)
    assert home.place(B_SIGN).signed_at is not None


# ---- inside


def page_pdf() -> bytes:
    """A scan as small as one can be."""
    return as_pdf([Image.new("L", (200, 280), 255)])


def scans(home: Home) -> list[str]:
    """Ids of the scans of powers of attorney among the contract's files, in order of filing."""
    with home.wiring.reading() as uow:
        found = [d for d in documents_of(uow.session, home.contract) if d.kind == "evidence"]
        return [d.id for d in sorted(found, key=lambda d: d.created_at)]
