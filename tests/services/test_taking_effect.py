"""Effect by section 11.1: signing dates, conditions checked off with evidence, and a mistaken record taken back."""

from __future__ import annotations

import json
from datetime import date

import pytest

from app.domain.effect import Condition, Ground
from app.domain.errors import ContractError
from app.domain.lifecycle import Stage
from app.domain.permissions import Actor, Forbidden, Role
from app.services.filing import DocumentKind, attach_document, load_contract_unasked
from app.services.record import ContractMissing, require_contract
from app.services.taking_effect import (
    SigningDate,
    check_off,
    drop_official_approval,
    note_signed,
    read_effect,
    require_official_approval,
    undo_check_off,
)
from app.store.audit import entries_of
from app.store.blobs import BlobStore
from app.store.outbox import messages
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, NOW, OTHER, TODAY, later
from tests.services.sharing import both_databases
from tests.services.signed import POST, SIGNED_ON, Held, filed, signed
from tests.services.snapshots import filled

AUDITOR = Actor("孙审计", "auditor", frozenset({Role.AUDITOR}))


def only_annexes(units: Units) -> Held:
    return Held(units, signed(units, {"effect.preconditions": ["annex_complete"]}))


held, annexes = filled(Held.signed), filled(only_annexes)


def evidence(units: Units, blobs: BlobStore, contract: str, name: str = "评估报告.pdf") -> str:
    with units() as uow:
        return attach_document(
            uow,
            LAWYER,
            NOW,
            blobs,
            contract,
            kind=DocumentKind.EVIDENCE,
            name=name,
            media_type="application/pdf",
            content=name.encode(),
        ).id


def check(
    units: Units, contract: str, condition: Condition, document: str, *, on: date = TODAY, actor: Actor = OTHER, **more: object
) -> None:
    with units() as uow:
        check_off(uow, actor, later(5), TODAY, POST, contract, condition, on=on, document_id=document, **{"evidence": "", **more})  # type: ignore[arg-type]


def stage(units: Units, contract: str) -> Stage:
    with units() as uow:
        return load_contract_unasked(uow, contract).state.stage


def test_a_contract_is_in_force_once_the_last_condition_is_checked_off(held: Held, blobs: BlobStore) -> None:
    units, contract = held.units, held.contract
    paper = evidence(units, blobs, contract)
    check(units, contract, Condition.PIA_DONE, paper, on=date(2026, 11, 10))
    assert stage(units, contract) is Stage.SIGNED
    with units() as uow:
        view = read_effect(uow, OTHER, TODAY, contract)
    assert (view.effect.formed_on, view.open, view.keeps) == (SIGNED_ON, True, True)
    assert view.missing == ("生效前置条件“附件齐全”尚未勾销（须附证据）",)
    check(units, contract, Condition.ANNEX_COMPLETE, paper, on=date(2026, 11, 21), evidence="双方核对记录")
    with units() as uow:
        after = read_effect(uow, AUDITOR, TODAY, contract)
        assert load_contract_unasked(uow, contract).took_effect_on == after.took_effect_on == date(2026, 11, 21)
        assert [(line.fulfilment.evidence, line.document_name) for line in after.lines if line.fulfilment] == [
            ("评估报告.pdf", "评估报告.pdf"), ("双方核对记录", "评估报告.pdf"),
        ]  # fmt: skip
        assert (after.missing, after.open, after.keeps) == ((), False, False)
        told = [(m.user_id, "“生效”，现为“履行中”" in m.subject) for m in messages(uow.session)]
    assert stage(units, contract) is Stage.ACTIVE
    assert told == [("lawyer", True)]


def test_the_owner_is_not_told_of_what_he_did_himself(annexes: Held, blobs: BlobStore) -> None:
    units, contract = annexes.units, annexes.contract
    check(units, contract, Condition.ANNEX_COMPLETE, evidence(units, blobs, contract), actor=LAWYER)
    assert stage(units, contract) is Stage.ACTIVE
    with units() as uow:
        assert messages(uow.session) == []


def test_before_signing_conditions_can_be_checked_off_but_nothing_takes_effect(units: Units, blobs: BlobStore) -> None:
    contract = filed(units, {"effect.preconditions": ["annex_complete"]})
    paper = evidence(units, blobs, contract)
    with pytest.raises(ContractError, match="文本定稿后"):
        check(units, contract, Condition.ANNEX_COMPLETE, paper)
    with units() as uow:
        require_contract(uow, contract).stage = Stage.APPROVED.value
        uow.commit()
    check(units, contract, Condition.ANNEX_COMPLETE, paper)
    assert stage(units, contract) is Stage.APPROVED


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"on": date(2026, 11, 23)}, "尚未到来"),
        ({"condition": Condition.LICENSE_VERIFIED}, "不是本合同约定"),
        ({"ground": Ground.WAIVED}, "须实际成就"),
        ({"document": ""}, "作为证据"),
        ({"document": "0" * 32}, "作为证据"),
    ],
)
def test_nothing_is_checked_off_without_day_ground_and_evidence(
    held: Held, blobs: BlobStore, more: dict[str, object], words: str
) -> None:
    units, contract = held.units, held.contract
    rest = {"condition": Condition.PIA_DONE, "document": evidence(units, blobs, contract), **more}
    with pytest.raises(ContractError, match=words):
        check(units, contract, **rest)  # type: ignore[arg-type]
    with units() as uow:
        assert all(line.fulfilment is None for line in read_effect(uow, OTHER, TODAY, contract).lines)


def test_a_document_of_another_contract_is_no_evidence(held: Held, blobs: BlobStore) -> None:
    units, contract = held.units, held.contract
    other = filed(units, frozen=False)
    with pytest.raises(ContractError, match="作为证据"):
        check(units, contract, Condition.PIA_DONE, evidence(units, blobs, other))


@both_databases
def test_a_condition_is_checked_off_once_and_a_mistake_is_taken_back_and_kept_in_the_log(held: Held, blobs: BlobStore) -> None:
    units, contract = held.units, held.contract
    paper = evidence(units, blobs, contract)
    check(units, contract, Condition.PIA_DONE, paper, on=date(2026, 11, 1))
    with pytest.raises(ContractError, match="已经勾销"):
        check(units, contract, Condition.PIA_DONE, paper)
    with units() as uow, pytest.raises(ContractError, match="理由"):
        undo_check_off(uow, OTHER, later(6), contract, Condition.PIA_DONE, "误 ")
    with units() as uow:
        undo_check_off(uow, OTHER, later(6), contract, Condition.PIA_DONE, "评估报告并非本项目")
    with units() as uow, pytest.raises(ContractError, match="没有勾销"):
        undo_check_off(uow, OTHER, later(7), contract, Condition.PIA_DONE, "再撤一次试试")
    check(units, contract, Condition.PIA_DONE, paper, on=date(2026, 11, 2))
    with units() as uow:
        entries = [e for e in entries_of(uow.session, contract) if e.action.startswith("effect.")]
    assert [e.action for e in entries] == ["effect.checked_off", "effect.undone", "effect.checked_off"]
    undone = json.loads(entries[1].data)
    assert (undone["on"], undone["document"], undone["reason"]) == ("2026-11-01", paper, "评估报告并非本项目")


def test_after_effect_nothing_is_recorded_or_taken_back(annexes: Held, blobs: BlobStore) -> None:
    units, contract = annexes.units, annexes.contract
    check(units, contract, Condition.ANNEX_COMPLETE, evidence(units, blobs, contract))
    with units() as uow, pytest.raises(ContractError, match="已经生效"):
        undo_check_off(uow, OTHER, later(6), contract, Condition.ANNEX_COMPLETE, "其实附件不全")


def test_an_approval_that_the_law_asks_for_becomes_a_condition_and_can_be_dropped(annexes: Held, blobs: BlobStore) -> None:
    units, contract = annexes.units, annexes.contract
    with units() as uow:
        require_official_approval(uow, OTHER, later(1), contract, "属于须经批准的数据出境")
    with units() as uow, pytest.raises(ContractError, match="已经列为"):
        require_official_approval(uow, OTHER, later(1), contract, "属于须经批准的数据出境")
    paper = evidence(units, blobs, contract)
    check(units, contract, Condition.ANNEX_COMPLETE, paper)
    assert stage(units, contract) is Stage.SIGNED
    check(units, contract, Condition.OFFICIAL_APPROVAL, paper, on=TODAY)
    assert stage(units, contract) is Stage.ACTIVE
    second = signed(units, ready=True)
    with units() as uow:
        require_official_approval(uow, OTHER, later(1), second, "以为须经批准")
    with units() as uow:
        drop_official_approval(uow, OTHER, later(2), TODAY, POST, second, "主管部门答复无须批准")
    assert stage(units, second) is Stage.ACTIVE


def test_a_fixed_day_that_lies_ahead_keeps_the_contract_from_having_effect(units: Units, blobs: BlobStore) -> None:
    contract = signed(
        units, {"effect.preconditions": ["annex_complete"], "effect.date_rule": "fixed_date", "effect.fixed_date": "2026-12-15"}
    )
    check(units, contract, Condition.ANNEX_COMPLETE, evidence(units, blobs, contract))
    with units() as uow:
        view = read_effect(uow, OTHER, TODAY, contract)
    assert (view.effect.effective_on, view.missing) == (date(2026, 12, 15), ("生效日2026-12-15尚未届至",))


def test_both_parties_must_have_signed(units: Units) -> None:
    contract = filed(units)
    with units() as uow, pytest.raises(ContractError, match="没有乙方的签署日期"):
        note_signed(uow, LAWYER, NOW, require_contract(uow, contract, lock=True), [SigningDate("a", "张三", SIGNED_ON)])


def test_who_may_only_read_records_nothing_and_to_others_the_contract_is_not_there(held: Held, blobs: BlobStore) -> None:
    units, contract = held.units, held.contract
    paper = evidence(units, blobs, contract)
    with pytest.raises(Forbidden):
        check(units, contract, Condition.PIA_DONE, paper, actor=AUDITOR)
    with units() as uow:
        require_contract(uow, contract).confidential = True
        uow.commit()
    with pytest.raises(ContractMissing):
        check(units, contract, Condition.PIA_DONE, paper)
    with units() as uow, pytest.raises(ContractMissing):
        read_effect(uow, OTHER, TODAY, contract)
