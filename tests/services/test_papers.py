"""The papers of a contract: drafted from their forms, numbered, checked, frozen, filed; over both databases."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest

from app.domain.errors import ContractError
from app.domain.paper_values import LEAVING_TITLE
from app.domain.papers import PaperKind, PaperState
from app.domain.permissions import Actor, Forbidden, Role
from app.domain.tree import Layout
from app.services.consolidating import NoSignedText, in_force
from app.services.filing import create_contract
from app.services.generation import Format
from app.services.paper_files import copy_of, file_paper, files_of, make_files
from app.services.paper_freezing import PaperBlocked, freeze_paper, read_frozen, study_paper
from app.services.paper_texts import fill_paper, let_pass, load_text, start_paper
from app.services.papers import PaperMissing, draft_paper, void_paper
from app.services.record import require_contract
from app.store.blobs import BlobStore
from app.store.documents import documents_of
from app.store.instruments import find_instrument
from app.store.uow import ChangedMeanwhile, UnitOfWork
from tests.papers.samples import GIVEN
from tests.services.fixtures import LAWYER, NOW, PATTERN, TODAY, draft, ensure, reference
from tests.services.living import House, d
from tests.services.living import in_force as in_force_contract
from tests.services.paper_house import Desk, kit
from tests.services.snapshots import filled

Units = Callable[[], UnitOfWork]
K = PaperKind


house = filled(in_force_contract)


@pytest.fixture
def desk(house: House, blobs: BlobStore) -> Desk:
    return Desk(house.units, blobs, house.contract_id)


def start(desk: Desk, kind: PaperKind, **values: Any) -> str:
    sender = str(values.get("paper.sender", "party_b"))
    with desk.units() as uow:
        return start_paper(uow, desk.actor, desk.now, desk.today, kit(), desk.contract_id, kind, sender=sender, values=values)


def shifted(kind: PaperKind) -> dict[str, Any]:
    """The sample's answers a year earlier: the contract of these tests runs in 2026."""

    def back(value: Any) -> Any:
        if isinstance(value, date):
            return value.replace(year=value.year - 1, day=min(value.day, 28) if value.month == 2 else value.day)
        if isinstance(value, tuple):
            return tuple({k: back(v) for k, v in r.items()} if isinstance(r, Mapping) else r for r in value)
        return value

    return {name: back(value) for name, value in GIVEN[kind].items()}


def test_a_paper_is_filled_in_from_the_contract_as_it_stands(desk: Desk):
    made = start(desk, K.DEMAND, **{"demand.kind": "payment"})
    with desk.units() as uow:
        compiled = study_paper(uow, desk.actor, kit(), made, desk.today)
    text = " ".join(row.text for row in compiled.instrument.cover)
    assert compiled.instrument.layout is Layout.PAPER
    assert compiled.text.head.number == "SHFW-2025-0001-CG-01"
    for words in (
        "SHFW-2025-0001-CG-01",
        "示例甲方科技有限公司（虚构）",
        "北京市朝阳区示例路1号示例大厦8层（邮编100000）",
        "周明澈",
    ):
        assert words in text
    assert compiled.answers.get("sign.sender_signatory") == "沈亦舟"
    assert {f.rule for f in compiled.blocking} == {"C0-07"}


def test_each_kind_has_a_series_of_its_own_without_gaps(desk: Desk):
    made = [start(desk, kind) for kind in (K.DEMAND, K.RECTIFICATION, K.DEMAND, K.TERMINATION)]
    with desk.units() as uow:
        numbers = [str(find_instrument(uow.session, m).number)[-5:] for m in made]  # type: ignore[union-attr]
    assert numbers == ["CG-01", "ZG-01", "CG-02", "ZZ-01"]


def test_a_settlement_is_numbered_by_its_period_and_settled_once(desk: Desk):
    with pytest.raises(ContractError, match="周期的起始日"):
        start(desk, K.SETTLEMENT)
    first = start(desk, K.SETTLEMENT, **{"settlement.period_start": d("2026-03-01")})
    with pytest.raises(ContractError, match="已有结算单JS-SHFW-2025-0001-202603"):
        start(desk, K.SETTLEMENT, **{"settlement.period_start": d("2026-03-01")})
    with desk.units() as uow:
        row = find_instrument(uow.session, first)
        assert row is not None
        void_paper(uow, desk.actor, desk.now, row, "数量有误")
        uow.commit()
    second = start(desk, K.SETTLEMENT, **{"settlement.period_start": d("2026-03-01")})
    with desk.units() as uow:
        assert find_instrument(uow.session, second).number == "JS-SHFW-2025-0001-202603-2"  # type: ignore[union-attr]


def test_a_paper_that_the_stage_has_no_use_for_is_refused(units: Units, blobs: BlobStore):
    with units() as uow:
        ensure(uow, LAWYER)
        contract = create_contract(uow, LAWYER, NOW, TODAY, reference(), draft(uow), PATTERN)
    with units() as uow, pytest.raises(ContractError, match="只适用于“已签未生效”、“履行中”、“即将届满”"):
        start_paper(uow, LAWYER, NOW, TODAY, kit(), contract.id, K.AMENDMENT)
    with units() as uow, pytest.raises(NoSignedText):
        in_force(uow, require_contract(uow, contract.id), TODAY)


def test_a_sound_paper_is_frozen_and_read_back_as_it_was(desk: Desk):
    desk.today = d("2026-05-12")
    made = start(desk, K.RECTIFICATION, **shifted(K.RECTIFICATION))
    with desk.units() as uow:
        frozen = freeze_paper(uow, desk.actor, desk.now, desk.today, kit(), made)
    with desk.units() as uow:
        again = read_frozen(uow, desk.actor, made)
    assert again.instrument == frozen.instrument
    assert again.answers.values == frozen.answers.values
    assert again.head.state is PaperState.FROZEN


def test_a_paper_with_errors_is_not_frozen_and_says_why(desk: Desk):
    desk.today = d("2026-05-24")
    made = start(desk, K.DEMAND, **{**shifted(K.DEMAND), "demand.grace_days": 5})
    with desk.units() as uow, pytest.raises(PaperBlocked, match="补救期"):
        freeze_paper(uow, desk.actor, desk.now, desk.today, kit(), made)


def test_a_warning_is_let_pass_only_with_a_full_reason(desk: Desk):
    desk.today = d("2026-05-12")
    table = ({"measure": "尽快增加坐席", "criterion": "2026年6月接通率不低于90%"},)
    made = start(desk, K.RECTIFICATION, **{**shifted(K.RECTIFICATION), "rectification.requirement_table": table})
    with desk.units() as uow:
        assert {f.rule for f in study_paper(uow, desk.actor, kit(), made, desk.today).blocking} == {"C0-08"}
    with desk.units() as uow, pytest.raises(ContractError, match="不少于20个字"):
        let_pass(uow, desk.actor, desk.now, desk.today, kit(), made, "C0-08", "*", "可以")
    with desk.units() as uow:
        let_pass(
            uow,
            desk.actor,
            desk.now,
            desk.today,
            kit(),
            made,
            "C0-08",
            "*",
            "双方项目经理已经口头商定坐席数，完成期限另有约定，不影响验收。",
        )
    with desk.units() as uow:
        freeze_paper(uow, desk.actor, desk.now, desk.today, kit(), made)


def test_a_reader_may_read_a_paper_and_not_draft_one(desk: Desk):
    made = start(desk, K.DEMAND)
    reader = Actor("审计员", "auditor-2", frozenset({Role.AUDITOR}))
    with desk.units() as uow:
        ensure(uow, reader)
        uow.commit()
    with desk.units() as uow:
        assert load_text(uow, reader, kit(), made, desk.today).head.kind is K.DEMAND
    with desk.units() as uow, pytest.raises(Forbidden):
        start_paper(uow, reader, desk.now, desk.today, kit(), desk.contract_id, K.DEMAND)
    with desk.units() as uow, pytest.raises(PaperMissing):
        load_text(uow, reader, kit(), "no-such", desk.today)


def test_the_files_of_a_frozen_paper_are_filed_with_its_number(desk: Desk, real_tools: Any):
    desk.today = d("2026-05-12")
    made = start(desk, K.RECTIFICATION, **shifted(K.RECTIFICATION))
    with desk.units() as uow:
        frozen = freeze_paper(uow, desk.actor, desk.now, desk.today, kit(), made)
    files = make_files(files_of(frozen), lambda: real_tools, desk.now)
    assert sorted(files.files) == [f"SHFW-2025-0001-ZG-01.{e}" for e in ("docx", "json", "pdf", "txt")]
    assert all(p.equal for p in files.proofs)
    with desk.units() as uow:
        filed = file_paper(uow, desk.actor, desk.now, desk.blobs, made, files.files, files.meta.digest)
    with desk.units() as uow:
        names = {r.name for r in documents_of(uow.session, desk.contract_id) if r.instrument_id == made}
    assert names == {f.name for f in filed} == {"SHFW-2025-0001-ZG-01.docx", "SHFW-2025-0001-ZG-01.pdf"}


def test_the_consolidated_copy_is_made_as_html_docx_and_pdf(desk: Desk, real_tools: Any):
    desk.signed_amendment(("pay.days_after_confirm", "45"))
    found = desk.terms("2026-03-01")
    files = make_files(copy_of(found), lambda: real_tools, desk.now)
    assert sorted(files.files) == [f"SHFW-2025-0001-合并文本-20260301.{e}" for e in ("docx", "html", "pdf", "txt")]
    assert len(files.proofs) == 2
    assert "由补充协议一第1条修改" in files.files["SHFW-2025-0001-合并文本-20260301.txt"].decode()
    assert Format.HTML in copy_of(found).formats


def test_a_notice_drafted_by_another_use_case_reads_as_the_contract_proposes(desk: Desk):
    """The use case that ends a contract drafts the paper alone; its text begins when somebody looks at it or fills it in."""
    with desk.units() as uow:
        contract = require_contract(uow, desk.contract_id, lock=True)
        made = draft_paper(uow, desk.actor, desk.now, contract, "rescission", "JC", LEAVING_TITLE).id
        uow.commit()
    with desk.units() as uow:
        seen = load_text(uow, desk.actor, kit(), made, desk.today)
        assert (seen.revision, seen.raw["rescission.ground"]) == (0, "convenience")
        assert study_paper(uow, desk.actor, kit(), made, desk.today).instrument.title == LEAVING_TITLE
    with desk.units() as uow:
        end = {"rescission.end_date": "2026-12-31", "rescission.compensation": "一个月的月平均服务费。"}
        filled = fill_paper(uow, desk.actor, desk.now, desk.today, kit(), made, end, seen=0)
    assert (filled.revision > 0, filled.head.title, filled.raw["paper.sender"]) == (True, LEAVING_TITLE, "party_a")
    with desk.units() as uow, pytest.raises(ChangedMeanwhile):
        fill_paper(uow, desk.actor, desk.now, desk.today, kit(), made, {"rescission.compensation": None}, seen=0)
    desk.fill(made, **{"rescission.ground": "agreed"})
    with desk.units() as uow:
        assert find_instrument(uow.session, made).title == "解除通知函"  # type: ignore[union-attr]
