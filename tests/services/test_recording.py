"""Contracts signed before the system came in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.lifecycle import Stage
from app.domain.permissions import Actor, Forbidden, Role
from app.domain.recording import FIELDS, OldRegister, OldRow, read_recorded
from app.notify.mail_texts import write_mail
from app.services.advancing import Clockwork, advance_due
from app.services.filing import load_contract_unasked
from app.services.recording import Examined, RecordingRefused, SignedFile, plan_recording, record_contracts
from app.services.register import RECORDED, Filter, read_register
from app.services.registering import create_organisation
from app.services.stage_mails import Post
from app.services.taking_effect import read_effect
from app.store.audit import entries_of
from app.store.blobs import BlobStore
from app.store.documents import documents_of
from app.store.outbox import messages
from app.store.uow import UnitOfWork
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, NOW, OTHER, TODAY, ensure, organisation, reference
from tests.services.sharing import both_databases
from tests.services.signed import SIGN_POST

ROW = {
    "number": "旧-2024-01", "title": "旧合同", "party_a": "甲方有限公司", "party_b": "乙方有限公司", "value": "1,200,000.50",
    "signed_on": "2024-05-20", "effective_on": "2024年6月1日", "last_day": "2030/12/31",
}  # fmt: skip
PDF = b"%PDF-1.7 signed"
POST = Post(write_mail, lambda contract_id: f"https://example.com/{contract_id}")


def examined(*rows: Mapping[str, str], files: Mapping[str, SignedFile] | None = None, **more: object) -> Examined:
    columns = {f.key: chr(ord("A") + n) for n, f in enumerate(FIELDS)}
    register = OldRegister("补录合同", columns, tuple(OldRow(n, r) for n, r in enumerate(rows or (ROW,), 2)))
    found = (
        files
        if files is not None
        else {f"{r.get('number')}.pdf": SignedFile(len(PDF), ("第一页的违约金条款",)) for r in rows or (ROW,)}
    )
    return Examined("台账.xlsx", register, (), found)


@pytest.fixture
def ready(units: Units) -> Units:
    with units() as uow:
        ensure(uow, LAWYER, OTHER)
        uow.commit()
    return units


def record(
    units: Units, blobs: BlobStore, what: Examined | None = None, actor: Actor = LAWYER, today: date = TODAY
) -> tuple[str, ...]:
    with units() as uow:
        return record_contracts(uow, actor, NOW, today, POST, blobs, what or examined(), lambda _name: PDF)


def faults(units: Units, what: Examined) -> list[str]:
    with units() as uow:
        return [f.sentence() for f in plan_recording(uow, LAWYER, TODAY, what).faults]


def test_a_row_becomes_a_contract_in_force_with_its_signed_copy(ready: Units, blobs: BlobStore) -> None:
    (contract_id,) = record(ready, blobs)
    with ready() as uow:
        contract = load_contract_unasked(uow, contract_id)
        signed = [(d.kind, blobs.get(d.sha256)) for d in documents_of(uow.session, contract_id)]
        effect = read_effect(uow, LAWYER, TODAY, contract_id)
        actions = [e.action for e in entries_of(uow.session, contract_id)]
    assert contract.state.stage is Stage.ACTIVE
    assert (contract.number, contract.form, contract.value) == ("旧-2024-01", RECORDED, Decimal("1200000.50"))
    assert (contract.took_effect_on, contract.last_day, contract.owner_name) == (date(2024, 6, 1), date(2030, 12, 31), "王律师")
    assert [p.name for p in contract.parties] == ["甲方有限公司", "乙方有限公司"]
    assert signed == [("signed", PDF)]
    assert effect.effect.formed_on == date(2024, 5, 20)
    assert actions == ["contract.recorded", "document.attached", "contract.moved", "contract.signed", "contract.moved"]


def test_its_text_its_parties_and_its_number_are_found(ready: Units, blobs: BlobStore) -> None:
    record(ready, blobs)
    with ready() as uow:
        for text in ("违约金", "乙方有限", "旧-2024-01"):
            page = read_register(uow, LAWYER, Filter(text=text))
            assert page.count == 1, text
        hit = read_register(uow, LAWYER, Filter(text="违约金")).lines[0].hit
    assert hit
    assert (hit.number, hit.current) == ("1", True)


def test_a_contract_stands_where_its_dates_put_it(ready: Units, blobs: BlobStore) -> None:
    waiting = {**ROW, "number": "A-1", "effective_on": "2027-01-01"}
    over = {**ROW, "number": "A-2", "last_day": "2025-05-31", "renews": "否"}
    unclear = {**ROW, "number": "A-3", "last_day": "2025-05-31", "owner": "李律师"}
    endless = {**ROW, "number": "A-4", "last_day": ""}
    ids = record(ready, blobs, examined(waiting, over, unclear, endless))
    work = Clockwork(reference().calendar, POST, _term_post(), SIGN_POST)
    advance_due(ready, work, lambda: NOW, TODAY)
    with ready() as uow:
        # Whether the unclear one renews is for a person to judge; the clock tells the owner.
        stages = [load_contract_unasked(uow, i).state.stage for i in ids]
        assert stages == [Stage.SIGNED, Stage.EXPIRED, Stage.ACTIVE, Stage.ACTIVE]
        assert [m.contract_id for m in messages(uow.session) if "未能自动办理" in m.text] == [ids[2]]
    advance_due(ready, work, lambda: NOW.replace(year=2027), date(2027, 1, 1))
    with ready() as uow:
        assert load_contract_unasked(uow, ids[0]).state.stage is Stage.ACTIVE


def _term_post():  # type: ignore[no-untyped-def]
    from app.services.renewal_clock import Post as TermPost

    return TermPost(write_mail, lambda contract_id: f"https://example.com/{contract_id}")


def test_the_second_time_every_number_is_a_fault_that_names_it_and_nothing_is_added(ready: Units, blobs: BlobStore) -> None:
    record(ready, blobs)
    with pytest.raises(RecordingRefused, match="“旧-2024-01”已登记"):
        record(ready, blobs)
    with ready() as uow:
        assert read_register(uow, LAWYER, Filter()).count == 1


def test_one_faulty_row_keeps_all_of_them_out_and_every_fault_is_told_with_its_cell(ready: Units, blobs: BlobStore) -> None:
    bad = {
        "number": "旧-2024-01", "title": "", "party_a": "甲", "party_b": "乙\n丙", "uscc_a": "123", "value": "一百", "signed_on": "2024-02-30",
        "last_day": "1999", "renews": "是", "owner": "无此人", "confidential": "也许",
    }  # fmt: skip
    what = examined(ROW, bad)
    told = faults(ready, what)
    for words in (
        "第3行“合同编号”列（A3）：与第2行的合同编号相同", "“合同名称”列（B3）：必填", "“乙方名称”列（E3）：含有不可见的控制字符",
        "“甲方统一社会信用代码”列（D3）",
        "“合同总额（元）”列（G3）：不是金额", "“签订日期”列（H3）：日期不存在，现为“2024-02-30”", "“届满日期”列（J3）：不是日期", "“负责人”列（L3）：没有这个",
        "“保密”列（M3）：只能填", "“签署件文件名”列（N3）：签署件“旧-2024-01.pdf”已用于第2行",
    ):  # fmt: skip
        assert any(words in t for t in told), (words, told)
    with pytest.raises(RecordingRefused):
        record(ready, blobs, what)
    with ready() as uow:
        assert read_register(uow, LAWYER, Filter()).count == 0


@both_databases
def test_dates_must_be_in_an_order_that_the_law_allows(ready: Units) -> None:
    rows = ({"signed_on": "2026-12-01"}, {"number": "B", "effective_on": "2024-05-01"}, {"number": "C", "last_day": "2024-05-31"})
    told = faults(ready, examined(*({**ROW, **row} for row in rows)))
    assert any("晚于今天" in t for t in told)
    assert any("民法典第502条" in t for t in told)
    assert any("早于生效日期" in t for t in told)


def test_signed_copies_are_found_by_name_or_number_and_bad_ones_are_faults(ready: Units) -> None:
    files = {
        "Contract A.PDF": SignedFile(1, ("x",)),
        "京采〔2024〕_12号.pdf": SignedFile(1, ("x",)),
        "坏.pdf": SignedFile(1, (), "PDF 已加密，没有密码无法打开。请去除密码后再上传。"),
        "多余.pdf": SignedFile(1, ("x",)),
    }
    rows = (
        {**ROW, "number": "N-1", "file": "contract a"},
        {**ROW, "number": "京采〔2024〕/12号"},
        {**ROW, "number": "N-3", "file": "坏.pdf"},
        {**ROW, "number": "N-4"},
    )
    with ready() as uow:
        plan = plan_recording(uow, LAWYER, TODAY, examined(*rows, files=files))
    assert [(r.row, r.file) for r in plan.rows] == [(2, "Contract A.PDF"), (3, "京采〔2024〕_12号.pdf")]
    assert plan.unused == ("多余.pdf",)
    assert ["已加密" in f.reason or "没有收到签署件“N-4.pdf”" in f.reason for f in plan.faults] == [True, True]


def test_a_confidential_contract_belongs_to_its_owner_and_whoever_recorded_it(ready: Units, blobs: BlobStore) -> None:
    record(ready, blobs, examined({**ROW, "owner": "李律师", "confidential": "是"}))
    stranger = Actor("孙", "sun", frozenset({Role.AUDITOR, Role.CONTRACT_ADMINISTRATOR}))
    with ready() as uow:
        assert [read_register(uow, a, Filter(text="违约金")).count for a in (LAWYER, OTHER, stranger)] == [1, 1, 0]
        assert read_register(uow, OTHER, Filter()).lines[0].contract.owner_name == "李律师"


def test_a_known_credit_code_links_the_organisation(ready: Units, blobs: BlobStore) -> None:
    with ready() as uow:
        known = create_organisation(uow, LAWYER, NOW, organisation())
    (contract_id,) = record(ready, blobs, examined({**ROW, "uscc_a": "9111 0105-ma00 0000 7l"}))
    with ready() as uow:
        assert load_contract_unasked(uow, contract_id).parties[0].organisation_id == known


def test_only_who_keeps_the_register_records_contracts(ready: Units, blobs: BlobStore) -> None:
    with pytest.raises(Forbidden):
        record(ready, blobs, actor=OTHER)


def test_a_crash_before_the_commit_leaves_no_contract(ready: Units, blobs: BlobStore) -> None:
    with ready() as uow:
        engine = uow.session.get_bind()

    class Broken(UnitOfWork):
        def commit(self) -> None:
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        record(lambda: Broken(engine), blobs)  # type: ignore[arg-type]
    with ready() as uow:
        assert read_register(uow, LAWYER, Filter()).count == 0
    assert len(record(ready, blobs)) == 1


@given(st.dictionaries(st.sampled_from([f.key for f in FIELDS]), st.text(max_size=50)))
def test_whatever_a_row_holds_it_is_a_contract_or_has_faults(cells: dict[str, str]) -> None:
    contract, problems = read_recorded(cells, TODAY)
    assert (contract is None) == bool(problems)


@pytest.mark.parametrize("typed", ["2024-05-20", "2024/5/20", "2024.5.20", "2024年5月20日", "20240520", " 2024-05-20 "])
def test_dates_are_read_as_people_write_them(typed: str) -> None:
    contract, problems = read_recorded({**ROW, "signed_on": typed}, TODAY)
    assert problems == ()
    assert contract
    assert contract.signed_on == date(2024, 5, 20)
    assert replace(contract).file == "旧-2024-01.pdf"
