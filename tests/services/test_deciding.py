"""Deciding on a submitted contract: approve, send back, pass on, take back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.domain.approval import ReturnComment, RoundStatus
from app.domain.approval_route import Function
from app.domain.errors import ContractError
from app.domain.lifecycle import Stage
from app.domain.permissions import Actor, Forbidden, Role
from app.services.approval_rows import current
from app.services.commenting import list_threads
from app.services.deciding import NewFindings, approve, delegate, recall, revoke
from app.services.submitting import withdraw_submission
from app.services.versions import list_versions_unasked
from app.store.approvals import approvals_of
from app.store.outbox import messages
from tests.services.approving import BUSINESS, DEPUTY, FINANCE, HEAD, LEGAL, Office, let_warnings_pass, post, ready
from tests.services.fixtures import LAWYER, NOW, OTHER, TODAY, ensure, reference
from tests.services.sharing import both_databases
from tests.services.snapshots import filled

F = Function
office = filled(ready)


def test_a_contract_is_approved_when_every_seat_has_agreed_in_turn(office: Office) -> None:
    office.submit()
    with pytest.raises(ContractError, match="还没有轮到"):
        office.approve(F.BUSINESS)
    assert office.approve(F.LEGAL).status is RoundStatus.OPEN
    assert office.approve(F.FINANCE).status is RoundStatus.OPEN
    assert office.approve(F.BUSINESS).status is RoundStatus.APPROVED
    assert office.view.state.stage is Stage.APPROVED
    number = office.view.number
    assert office.mailed() == sorted(
        [
            ("zhou", f"成约：待您审批 {number}（法务）"),
            ("qian", f"成约：待您审批 {number}（业务负责人）"),
            ("sun", f"成约：待您审批 {number}（财务负责人）"),
            ("lawyer", f"成约：{number} 审批通过"),
        ]
    )


def test_an_approval_of_another_text_than_the_one_submitted_is_refused(office: Office) -> None:
    office.submit()
    with pytest.raises(ContractError, match="不是本次送审的版本"):
        office.approve(F.LEGAL, digest="0" * 64)


def test_nobody_approves_without_office_or_what_they_submitted(office: Office) -> None:
    office.submit()
    with pytest.raises(ContractError, match="您不是“法务”"):
        office.approve(F.LEGAL, BUSINESS)
    with pytest.raises(Forbidden):
        office.approve(F.LEGAL, OTHER)
    both = Actor("王律师", "lawyer", frozenset({Role.DRAFTER, Role.APPROVER}), frozenset({F.LEGAL}))
    with pytest.raises(ContractError, match="送审人不得审批"):
        office.approve(F.LEGAL, both)


@both_databases
def test_whoever_wrote_a_part_of_the_text_does_not_check_it_as_legal(office: Office) -> None:
    both = Actor("赵双职", "zhao", frozenset({Role.DRAFTER, Role.APPROVER}), frozenset({F.LEGAL, F.FINANCE}))
    with office.units() as uow:
        ensure(uow, both)
        uow.commit()
    office.edit(actor=both)
    with office.units() as uow:
        let_warnings_pass(uow, office.view.draft_id)
    office.submit()
    assert [m[0] for m in office.mailed()] == ["zhou"]
    with pytest.raises(ContractError, match="须由他人复核"):
        office.approve(F.LEGAL, both)
    office.approve(F.LEGAL)
    assert office.approve(F.FINANCE, both).status is RoundStatus.OPEN


def test_what_came_up_since_the_submission_stops_an_approval(office: Office) -> None:
    office.submit()
    digest = office.digest
    fewer_fonts = replace(reference(), covered=lambda character: character != "甲")
    with office.units() as uow, pytest.raises(NewFindings, match="送审后出现") as refusal:
        approve(uow, LEGAL, NOW, TODAY, fewer_fonts, post(), office.contract, F.LEGAL, digest)
    assert refusal.value.findings
    assert office.status is RoundStatus.OPEN


def test_returning_needs_a_reason_opens_comments_and_tells_the_submitter(office: Office) -> None:
    office.submit()
    with pytest.raises(ContractError, match="退回须写明理由"):
        office.send_back(F.LEGAL, "  ")
    with pytest.raises(ContractError, match="没有这一条款"):
        office.send_back(F.LEGAL, "须修改", ReturnComment("nowhere", "改"))
    office.send_back(F.LEGAL, "付款期过短，须与财务确认。", ReturnComment("fees.payment.term", "改为45日。"))
    assert office.view.state.stage is Stage.DRAFT
    assert office.status is RoundStatus.RETURNED
    with office.units() as uow:
        threads = list_threads(uow, LAWYER, office.contract)
    assert {(t.place, t.first.text, t.first.author) for t in threads} == {
        ("", "付款期过短，须与财务确认。", "周法务"),
        ("fees.payment.term", "改为45日。", "周法务"),
    }
    with office.units() as uow:
        told = {m.recipient.partition("@")[0]: m.text for m in messages(uow.session) if "退回" in m.subject}
    assert told.keys() == {"lawyer"}
    assert "改为45日。" in told["lawyer"]
    assert "第8.2." in told["lawyer"]


def test_after_a_return_the_second_round_has_a_version_of_its_own(office: Office) -> None:
    office.submit()
    first = office.digest
    office.send_back(F.LEGAL, "签订地点有误")
    office.edit()
    office.submit()
    assert office.digest != first
    office.approve_all()
    with office.units() as uow:
        assert [v.ordinal for v in list_versions_unasked(uow, office.contract)] == [2, 1]
        assert [a.status for a in approvals_of(uow.session, office.contract)] == ["approved", "returned"]
    assert office.stages == ["submitted", "returned", "submitted", "approved"]


def test_a_seat_is_passed_on_and_decided_by_the_delegate_alone(office: Office) -> None:
    office.submit()
    with office.units() as uow, pytest.raises(ContractError, match="不能审批本合同"):
        delegate(uow, LEGAL, NOW, post(), office.contract, F.LEGAL, OTHER.id, "休假")
    with office.units() as uow:
        delegate(uow, LEGAL, NOW, post(), office.contract, F.LEGAL, DEPUTY.id, "休假")
    assert ("feng", f"成约：待您审批 {office.view.number}（法务）") in office.mailed()
    with pytest.raises(ContractError, match="已经转交"):
        office.approve(F.LEGAL)
    office.approve(F.LEGAL, DEPUTY)
    with office.units() as uow:
        found = current(uow, office.contract)
        assert found
        consent = found[1].consents[0]
    assert (consent.by, consent.for_whom) == (DEPUTY.id, LEGAL.id)


def test_a_delegation_is_taken_back_before_the_delegate_decides(office: Office) -> None:
    office.submit()
    with office.units() as uow:
        delegate(uow, LEGAL, NOW, post(), office.contract, F.LEGAL, DEPUTY.id, "休假")
    with office.units() as uow:
        recall(uow, LEGAL, NOW, office.contract, F.LEGAL)
    with pytest.raises(ContractError, match="您不是“法务”"):
        office.approve(F.LEGAL, DEPUTY)
    office.approve(F.LEGAL)


def test_only_the_submitter_calls_the_text_back(office: Office) -> None:
    office.submit()
    with office.units() as uow, pytest.raises(ContractError, match="只有送审人"):
        withdraw_submission(uow, OTHER, NOW, post(), office.contract)
    with office.units() as uow:
        withdraw_submission(uow, LAWYER, NOW, post(), office.contract, "发现错误")
    assert office.view.state.stage is Stage.DRAFT
    assert office.status is RoundStatus.WITHDRAWN
    with pytest.raises(ContractError, match="没有正在进行的审批"):
        office.approve(F.LEGAL)


def test_an_approval_is_taken_back_by_one_who_gave_it(office: Office) -> None:
    office.submit()
    office.approve_all()
    with office.units() as uow, pytest.raises(ContractError, match="只有参与本次审批"):
        revoke(uow, HEAD, NOW, post(), office.contract, "发现问题")
    with office.units() as uow, pytest.raises(ContractError, match="写明理由"):
        revoke(uow, FINANCE, NOW, post(), office.contract, " ")
    with office.units() as uow:
        revoke(uow, FINANCE, NOW, post(), office.contract, "预算已经取消")
    assert office.view.state.stage is Stage.DRAFT
    assert office.status is RoundStatus.REVOKED
    assert ("zhou", f"成约：{office.view.number} 审批已撤销") in office.mailed()
