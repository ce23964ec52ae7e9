"""Submitting a contract for review: what stands in the way, whom it goes to and why."""

from __future__ import annotations

import pytest

from app.domain.approval import RoundStatus
from app.domain.approval_route import Function
from app.domain.errors import ContractError
from app.domain.lifecycle import Stage
from app.domain.variables import DeviationKind
from app.services.approval_rows import Asked, WaiverAsked, current
from app.services.deciding import delegate
from app.services.drafts import acknowledge, choose_position, deviate, save_answer
from app.services.filing import create_contract
from app.services.submitting import NotReady, look_ahead
from app.services.versions import list_versions_unasked, read_version_unasked
from app.store.outbox import messages
from app.store.uow import ChangedMeanwhile
from tests.services.approving import DEPUTY, HEAD, LEGAL, REASON, Office, let_warnings_pass, post, ready
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, NOW, OTHER, PATTERN, TODAY, draft, ensure, reference
from tests.services.snapshots import filled

F = Function
LIBRARY = reference().library
office = filled(ready)


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
    office.edit()
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
