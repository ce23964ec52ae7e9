"""What an approval binds: the approved text, giving up, confidentiality, the log and seats that fall vacant."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.domain.approval import RoundStatus
from app.domain.approval_route import Function
from app.domain.errors import ContractError
from app.domain.lifecycle import IllegalMove, Stage
from app.domain.permissions import Actor
from app.domain.variables import DeviationKind
from app.services.approval_rows import current
from app.services.confidentiality import set_confidentiality
from app.services.content import TextApproved, reopen_text
from app.services.drafts import acknowledge, choose_position, deviate, save_answer
from app.services.overview import read_head
from app.services.record import ContractMissing
from app.services.sending_out import return_from_signing, start_signing, withdraw_signing
from app.services.submitting import NotReady
from app.services.vacancies import tell_vacancies, who_must_be_named
from app.services.voiding import void_contract
from app.store.audit import entries_of
from app.store.outbox import messages
from app.store.users import find_user
from tests.services.approving import BUSINESS, FINANCE, HEAD, LEGAL, PLACE, REASON, Office, post, ready
from tests.services.fixtures import LAWYER, NOW, OTHER, reference
from tests.services.sharing import both_databases
from tests.services.snapshots import filled

F = Function
LIBRARY = reference().library

office = filled(ready)


# ---- one digest, one approval


def test_the_text_is_not_edited_while_it_lies_before_the_approvers(office: Office) -> None:
    office.submit()
    with pytest.raises(IllegalMove, match="撤回送审"):
        office.edit()


def test_taking_an_approved_text_back_voids_the_approval_and_tells_all_who_gave_it(office: Office) -> None:
    office.submit()
    office.approve_all()
    with office.units() as uow:
        reopen_text(uow, OTHER, office.now, post(), office.contract)
    assert office.view.state.stage is Stage.DRAFT
    told = {who for who, subject in office.mailed() if subject == f"成约：{office.view.number} 恢复起草"}
    assert told == {"lawyer", "zhou", "qian", "sun"}
    office.edit()
    assert office.status is RoundStatus.VOIDED
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
    assert office.status is RoundStatus.APPROVED
    assert office.mailed() == mails


def test_only_an_approved_text_goes_out_for_signature_and_comes_back(office: Office) -> None:
    with office.units() as uow, pytest.raises(IllegalMove, match="提交审查"):
        start_signing(uow, LAWYER, NOW, office.contract)
    office.submit()
    office.approve_all()
    with office.units() as uow:
        start_signing(uow, LAWYER, NOW, office.contract)
    with pytest.raises(IllegalMove):
        office.edit()
    with office.units() as uow:
        withdraw_signing(uow, LAWYER, NOW, office.contract, "签署人出差")
    assert office.view.state.stage is Stage.APPROVED
    with office.units() as uow:
        start_signing(uow, LAWYER, NOW, office.contract)
    with office.units() as uow:
        return_from_signing(uow, LAWYER, NOW, post(), office.contract, "对方拒签，要求修改付款期")
    assert office.view.state.stage is Stage.DRAFT
    assert ("zhou", f"成约：{office.view.number} 签署退回") in office.mailed()
    assert office.status is RoundStatus.VOIDED


# ---- giving up, confidentiality, log


def test_a_voided_contract_takes_its_round_with_it(office: Office) -> None:
    office.submit()
    with office.units() as uow, pytest.raises(IllegalMove, match="须写明理由"):
        void_contract(uow, LAWYER, NOW, post(), office.contract, " ")
    with office.units() as uow:
        void_contract(uow, LAWYER, NOW, post(), office.contract, "双方放弃合作")
    assert office.view.state.stage is Stage.VOID
    assert office.status is RoundStatus.VOIDED
    assert ("zhou", f"成约：{office.view.number} 已作废") in office.mailed()
    with pytest.raises(IllegalMove, match="作废"):
        office.edit()


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


@both_databases
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


@both_databases
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
