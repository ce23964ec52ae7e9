"""Review and approval of a contract as use cases: submit, decide, send back, pass on, take back, give up."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.approval import ReturnComment, RoundStatus
from app.domain.approval_route import Function
from app.domain.errors import ContractError
from app.domain.lifecycle import IllegalMove, Stage
from app.domain.permissions import Actor, Forbidden, Role
from app.domain.variables import DeviationKind
from app.services.approval_rows import Asked, WaiverAsked, current
from app.services.commenting import list_threads
from app.services.confidentiality import set_confidentiality
from app.services.content import TextApproved, reopen_text
from app.services.deciding import NewFindings, approve, delegate, recall, revoke
from app.services.drafts import acknowledge, choose_position, deviate, save_answer
from app.services.overview import read_head
from app.services.record import ContractMissing
from app.services.sending_out import return_from_signing, start_signing, withdraw_signing
from app.services.submitting import NotReady, look_ahead, withdraw_submission
from app.services.vacancies import tell_vacancies, who_must_be_named
from app.services.versions import list_versions_unasked, read_version_unasked
from app.services.voiding import void_contract
from app.store.approvals import approvals_of
from app.store.audit import entries_of
from app.store.outbox import messages
from app.store.uow import ChangedMeanwhile
from app.store.users import find_user
from tests.services.approving import (
    BUSINESS,
    DEPUTY,
    FINANCE,
    HEAD,
    LEGAL,
    REASON,
    Office,
    let_warnings_pass,
    post,
    ready_contract,
)
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, NOW, OTHER, PATTERN, TODAY, draft, ensure, reference
from tests.services.snapshots import filled

F = Function
LIBRARY = reference().library
PLACE = "contract.sign_place"


def _ready(units: Units) -> Office:
    with units() as uow:
        return Office(units, ready_contract(uow))


office = filled(_ready)


def _edit(office: Office, value: str = "上海市浦东新区", actor: Actor = LAWYER) -> None:
    with office.units() as uow:
        save_answer(uow, actor, office.now, LIBRARY, office.view.draft_id, PLACE, value)


def _status(office: Office) -> RoundStatus:
    with office.units() as uow:
        found = current(uow, office.contract)
        assert found
        return found[1].status


def _stages(office: Office) -> list[str]:
    with office.units() as uow:
        return [json.loads(e.data)["event"] for e in entries_of(uow.session, office.contract) if e.action == "contract.moved"]


# ---- submitting


def test_submitting_freezes_the_text_and_asks_the_first_approver(office: Office) -> None:
    office.submit(asked=Asked("请重点看责任上限。"))
    view = office.view
    assert view.state.stage is Stage.IN_REVIEW
    with office.units() as uow:
        (head,) = list_versions_unasked(uow, office.contract)
        found = current(uow, office.contract)
        assert found
        assert found[1].digest == head.digest == read_version_unasked(uow, head.id).head.digest
        assert [s.function for s in found[1].waiting] == [F.LEGAL]
    assert office.mailed() == [("zhou", f"成约：待您审批 {view.number}（法务）")]


def test_the_mail_names_contract_submitter_what_is_asked_and_the_page(office: Office) -> None:
    office.submit(asked=Asked("请重点看责任上限。"))
    view = office.view
    with office.units() as uow:
        (mail,) = messages(uow.session)
        text, about = mail.text, mail.contract_id
    for words in (view.number, view.title, "王律师", "1,407,600.00元", "每份合同须经起草人以外的法务审查", "请重点看责任上限。",
                  f"https://example.com/contracts/{office.contract}/approvals"):  # fmt: skip
        assert words in text
    assert about == office.contract


def test_everything_that_stands_in_the_way_is_said_at_once(units: Units) -> None:
    with units() as uow:
        ensure(uow, LAWYER, OTHER, LEGAL)
        draft_id = draft(uow)
    with units() as uow:
        from app.services.filing import create_contract

        contract = create_contract(uow, LAWYER, NOW, TODAY, reference(), draft_id, PATTERN).id
    with units() as uow:
        save_answer(uow, LAWYER, NOW, LIBRARY, draft_id, "fees.monthly_fixed", "-5")
    office = Office(units, contract)
    with pytest.raises(NotReady) as refusal:
        office.submit()
    told = refusal.value.message
    for words in ("不得为负数", "R-35", "R-46", "没有人可以作为“业务负责人”审批", "没有人可以作为“财务负责人”审批"):
        assert words in told
    assert office.view.state.stage is Stage.DRAFT
    with units() as uow:
        assert list_versions_unasked(uow, contract) == ()


def test_a_text_that_changed_while_it_was_looked_at_is_not_submitted(office: Office) -> None:
    seen = office.revision
    _edit(office)
    with pytest.raises(ChangedMeanwhile):
        office.submit(seen=seen)


def test_before_submitting_the_route_is_shown_with_its_reasons(office: Office) -> None:
    with office.units() as uow:
        outlook = look_ahead(uow, LAWYER, reference(), TODAY, office.contract)
    assert outlook.ready
    assert outlook.route
    assert [[s.function for s in step.seats] for step in outlook.route.steps] == [[F.LEGAL], [F.BUSINESS, F.FINANCE]]
    assert "合同金额1,407,600元，达到500,000元" in outlook.route.steps[1].seats[0].reasons
    assert outlook.candidates["legal"] == (
        "周法务",
    )  # the head of legal may decide for legal, but is asked only where nobody else can be


def test_an_accepted_warning_that_no_longer_occurs_does_not_count(office: Office) -> None:
    from app.services.drafts import acknowledge

    with office.units() as uow:
        acknowledge(uow, LAWYER, NOW, LIBRARY, office.view.draft_id, rule="R-99", place="*", reason=REASON)
    with office.units() as uow:
        outlook = look_ahead(uow, LAWYER, reference(), TODAY, office.contract)
    assert [w.rule for w in outlook.basis.warnings] == ["R-35", "R-46"]


def test_a_fallback_brings_the_approver_that_its_topic_names(office: Office) -> None:
    with office.units() as uow:
        choose_position(uow, LAWYER, NOW, LIBRARY, office.view.draft_id, "3.1-t3", "fallback")
        let_warnings_pass(uow, office.view.draft_id)
        outlook = look_ahead(uow, LAWYER, reference(), TODAY, office.contract)
    assert outlook.route
    seat = outlook.route.seat(F.LEGAL_HEAD)
    assert seat
    assert "现场驻场" in seat.reasons[0]


def test_a_removed_provision_is_named_as_the_library_numbers_it(office: Office) -> None:
    with office.units() as uow:
        deviate(
            uow,
            LAWYER,
            NOW,
            LIBRARY,
            office.view.draft_id,
            kind=DeviationKind.REMOVE,
            provision="breach.termination.exercise.period",
            reason="对方要求",
        )
        let_warnings_pass(uow, office.view.draft_id)
        outlook = look_ahead(uow, LAWYER, reference(), TODAY, office.contract)
    assert outlook.route
    reasons = " ".join(r for s in outlook.route.seats() for r in s.reasons)
    assert "breach.termination" not in reasons
    assert "第9.3." in reasons


def test_an_unacceptable_position_needs_a_reason_of_the_heads_own(office: Office) -> None:
    office.submit(asked=Asked(waivers=(WaiverAsked("8.2-t1", "对方为独家供应商，付款期是其全球统一条件，已尽力磋商"),)))
    office.approve(F.LEGAL)
    with pytest.raises(ContractError, match="须由本人写明理由"):
        office.approve(F.BUSINESS, words="同意")
    office.approve(F.BUSINESS, words=REASON)
    office.approve(F.FINANCE)
    with pytest.raises(ContractError, match="须由本人写明理由"):
        office.approve(F.LEGAL_HEAD)
    with office.units() as uow, pytest.raises(ContractError, match="本人作出"):
        delegate(uow, HEAD, NOW, post(), office.contract, F.LEGAL_HEAD, DEPUTY.id, "出差")
    assert office.approve(F.LEGAL_HEAD, words=REASON).status is RoundStatus.APPROVED


def test_what_the_law_makes_void_is_not_submitted_at_all(office: Office) -> None:
    with pytest.raises(NotReady, match="任何人不得豁免"):
        office.submit(asked=Asked(waivers=(WaiverAsked("9.2-t1", "对方坚持"),)))


# ---- deciding


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


def test_whoever_wrote_a_part_of_the_text_does_not_check_it_as_legal(office: Office) -> None:
    both = Actor("赵双职", "zhao", frozenset({Role.DRAFTER, Role.APPROVER}), frozenset({F.LEGAL, F.FINANCE}))
    with office.units() as uow:
        ensure(uow, both)
        uow.commit()
    _edit(office, actor=both)
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
    assert _status(office) is RoundStatus.OPEN


def test_returning_needs_a_reason_opens_comments_and_tells_the_submitter(office: Office) -> None:
    office.submit()
    with pytest.raises(ContractError, match="退回须写明理由"):
        office.send_back(F.LEGAL, "  ")
    with pytest.raises(ContractError, match="没有这一条款"):
        office.send_back(F.LEGAL, "须修改", ReturnComment("nowhere", "改"))
    office.send_back(F.LEGAL, "付款期过短，须与财务确认。", ReturnComment("fees.payment.term", "改为45日。"))
    assert office.view.state.stage is Stage.DRAFT
    assert _status(office) is RoundStatus.RETURNED
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
    _edit(office)
    office.submit()
    assert office.digest != first
    office.approve_all()
    with office.units() as uow:
        assert [v.ordinal for v in list_versions_unasked(uow, office.contract)] == [2, 1]
        assert [a.status for a in approvals_of(uow.session, office.contract)] == ["approved", "returned"]
    assert _stages(office) == ["submitted", "returned", "submitted", "approved"]


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
    assert _status(office) is RoundStatus.WITHDRAWN
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
    assert _status(office) is RoundStatus.REVOKED
    assert ("zhou", f"成约：{office.view.number} 审批已撤销") in office.mailed()


# ---- one digest, one approval


def test_the_text_is_not_edited_while_it_lies_before_the_approvers(office: Office) -> None:
    office.submit()
    with pytest.raises(IllegalMove, match="撤回送审"):
        _edit(office)


def test_taking_an_approved_text_back_voids_the_approval_and_tells_all_who_gave_it(office: Office) -> None:
    office.submit()
    office.approve_all()
    with office.units() as uow:
        reopen_text(uow, OTHER, office.now, post(), office.contract)
    assert office.view.state.stage is Stage.DRAFT
    told = {who for who, subject in office.mailed() if subject == f"成约：{office.view.number} 恢复起草"}
    assert told == {"lawyer", "zhou", "qian", "sun"}
    _edit(office)
    assert _status(office) is RoundStatus.VOIDED
    with office.units() as uow, pytest.raises(IllegalMove):
        start_signing(uow, LAWYER, NOW, office.contract)


@pytest.mark.parametrize("change", ["answer", "deviation", "position", "reason"])
def test_no_door_changes_an_approved_text_before_it_is_taken_back(office: Office, change: str) -> None:
    office.submit()
    office.approve_all()
    draft_id, mails = office.view.draft_id, office.mailed()
    changes: dict[str, Callable[..., object]] = {
        "answer": lambda u: save_answer(u, LAWYER, NOW, LIBRARY, draft_id, PLACE, "苏州市"),
        "reason": lambda u: acknowledge(u, LAWYER, NOW, LIBRARY, draft_id, rule="R-35", place="*", reason=REASON),
        "deviation": lambda u: deviate(
            u, LAWYER, NOW, LIBRARY, draft_id, kind=DeviationKind.REMOVE, provision="fees.payment.term", reason="对方要求"
        ),
        "position": lambda u: choose_position(u, LAWYER, NOW, LIBRARY, draft_id, "8.2-t1", "fallback"),
    }
    with office.units() as uow, pytest.raises(TextApproved, match="恢复起草"):
        changes[change](uow)
    assert office.view.state.stage is Stage.APPROVED
    assert _status(office) is RoundStatus.APPROVED
    assert office.mailed() == mails


def test_only_an_approved_text_goes_out_for_signature_and_comes_back(office: Office) -> None:
    with office.units() as uow, pytest.raises(IllegalMove, match="提交审查"):
        start_signing(uow, LAWYER, NOW, office.contract)
    office.submit()
    office.approve_all()
    with office.units() as uow:
        start_signing(uow, LAWYER, NOW, office.contract)
    with pytest.raises(IllegalMove):
        _edit(office)
    with office.units() as uow:
        withdraw_signing(uow, LAWYER, NOW, office.contract, "签署人出差")
    assert office.view.state.stage is Stage.APPROVED
    with office.units() as uow:
        start_signing(uow, LAWYER, NOW, office.contract)
    with office.units() as uow:
        return_from_signing(uow, LAWYER, NOW, post(), office.contract, "对方拒签，要求修改付款期")
    assert office.view.state.stage is Stage.DRAFT
    assert ("zhou", f"成约：{office.view.number} 签署退回") in office.mailed()
    assert _status(office) is RoundStatus.VOIDED


# ---- giving up, confidentiality, log


def test_a_voided_contract_takes_its_round_with_it(office: Office) -> None:
    office.submit()
    with office.units() as uow, pytest.raises(IllegalMove, match="须写明理由"):
        void_contract(uow, LAWYER, NOW, post(), office.contract, " ")
    with office.units() as uow:
        void_contract(uow, LAWYER, NOW, post(), office.contract, "双方放弃合作")
    assert office.view.state.stage is Stage.VOID
    assert _status(office) is RoundStatus.VOIDED
    assert ("zhou", f"成约：{office.view.number} 已作废") in office.mailed()
    with pytest.raises(IllegalMove, match="作废"):
        _edit(office)


def test_an_approver_of_a_confidential_contract_must_be_named(office: Office) -> None:
    with office.units() as uow:
        set_confidentiality(uow, LAWYER, NOW, office.contract, confidential=True, readers=frozenset({LEGAL.id, BUSINESS.id}))
    with pytest.raises(NotReady, match="没有人可以作为“财务负责人”审批"):
        office.submit()
    with office.units() as uow:
        people = frozenset({LEGAL.id, BUSINESS.id, FINANCE.id})
        set_confidentiality(uow, LAWYER, NOW, office.contract, confidential=True, readers=people)
    office.submit()
    with pytest.raises(ContractMissing):
        office.approve(F.LEGAL, HEAD)
    office.approve_all()
    assert office.view.state.stage is Stage.APPROVED


def test_everything_is_in_the_log_with_the_door_it_came_through(office: Office) -> None:
    office.submit(Actor(LAWYER.name, LAWYER.id, LAWYER.roles, via="命令行"))
    office.approve_all()
    with office.units() as uow:
        entries = entries_of(uow.session, office.contract)
    assert [e.action for e in entries][-6:] == [
        "contract.moved", "approval.submitted", "approval.consented", "approval.consented", "approval.consented", "contract.moved",
    ]  # fmt: skip
    submitted = json.loads(next(e.data for e in entries if e.action == "approval.submitted"))
    assert submitted["via"] == "命令行"
    assert any("每份合同须经" in s for s in submitted["seats"])


def test_of_two_who_decide_one_seat_at_the_same_moment_one_is_told(office: Office) -> None:
    office.submit()
    start, digest = threading.Barrier(2), office.digest

    def decide(actor: Actor) -> str:
        start.wait()
        try:
            office.approve(F.LEGAL, actor, digest=digest)
        except ContractError as error:
            return error.code
        return "done"

    with ThreadPoolExecutor(2) as pool:
        told = sorted(pool.map(decide, (LEGAL, HEAD)))
    assert told[1] == "done"
    assert told[0] in ("approval.turn", "record.changed")
    with office.units() as uow:
        found = current(uow, office.contract)
        assert found
        assert len(found[1].consents) == 1


def test_an_approver_whose_account_was_closed_is_asked_no_more(office: Office) -> None:
    with office.units() as uow:
        gone = find_user(uow.session, LEGAL.id)
        assert gone
        gone.active = False
        uow.commit()
    office.submit()
    assert [m[0] for m in office.mailed()] == ["wu"]


# ---- seats that fall vacant


def test_an_office_that_falls_vacant_is_told_to_the_owner_once_a_week_with_who_must_be_named(office: Office) -> None:
    office.submit()
    with office.units() as uow:
        assert tell_vacancies(office.units, post(), office.now) == 0
        legal = find_user(uow.session, "zhou")
        assert legal
        legal.active = False
        uow.commit()
    with office.units() as uow:
        head = find_user(uow.session, "wu")  # could stand in for legal
        assert head
        head.active = False
        uow.commit()
    for minutes in (0, 90):
        assert tell_vacancies(office.units, post(), office.now + timedelta(minutes=minutes)) == 1
    assert tell_vacancies(office.units, post(), office.now + timedelta(days=7)) == 1
    with office.units() as uow:
        told = [(m.recipient, m.text) for m in messages(uow.session) if "席位空缺" in m.subject]
        head_of_page = read_head(uow, LAWYER, office.contract)
    assert [recipient for recipient, _ in told] == ["lawyer@example.com"] * 2
    assert "为一位审批人指定“法务”职务" in told[0][1]
    assert head_of_page.vacant == (who_must_be_named(F.LEGAL, confidential=False),)


def test_a_vacant_seat_of_a_confidential_contract_says_that_the_person_must_be_named(office: Office) -> None:
    assert "保密" in who_must_be_named(F.FINANCE, confidential=True)
    assert "起草过这份文本" not in who_must_be_named(F.FINANCE, confidential=True)
