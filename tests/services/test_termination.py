"""Ending before the term as people do it: demand, cure period, notice, agreement and the other routes."""

from __future__ import annotations

import pytest

from app.domain.errors import ContractError, InputError
from app.domain.exit_plan import TaskKey
from app.domain.lifecycle import Stage
from app.domain.notice import Method
from app.domain.permissions import Forbidden
from app.domain.termination import Route
from app.services.ending_rows import CaseBlocked, CaseMissing
from app.services.termination import CaseDetails, change_case, open_case, withdraw_case
from app.services.termination_papers import agreement_signed, confirm_end, draft_agreement, draft_demand, draft_notice
from app.store.uow import ChangedMeanwhile
from tests.services.ending_office import BREACH, Office, after_demand, after_notice, begun, serve_demand
from tests.services.fixtures import LAWYER
from tests.services.living import OFFICIAL, READER, d
from tests.services.snapshots import filled

office = filled(begun)
demanded = filled(after_demand)
rescinded = filled(after_notice)


# ---- breach


def test_a_breach_goes_by_demand_cure_period_and_notice_to_the_end(rescinded: Office) -> None:
    case = rescinded.case()
    assert case.state == "ended"
    assert case.ended_on == d("2026-08-03")
    assert rescinded.state.stage is Stage.TERMINATED
    number = rescinded.house.view().number
    assert [p.number for p in (case.demand, case.notice) if p] == [f"{number}-CG-01", f"{number}-JC-01"]
    moved = rescinded.logged("contract.moved")[-1]
    assert (moved["event"], moved["paper"]) == ("rescinded", f"{number}-JC-01")
    assert len(rescinded.exit().exits[0].tasks) == 18


def test_the_desk_says_what_stands_in_the_way_and_until_when_a_notice_is_safely_sent(demanded: Office) -> None:
    case = demanded.at("2026-07-27").case()
    assert [c.sentence for c in case.notice_checks if not c.met] == ["补救期至2026年7月27日（含当日）尚未届满"]
    assert case.cure_ends is not None
    assert case.right_lapses is not None
    assert (case.cure_ends.day, case.right_lapses.day) == (d("2026-07-27"), d("2026-10-04"))
    assert case.safe[Method.EXPRESS].day == d("2026-09-24")  # 4 October lies in a holiday that begins with its bridge
    with pytest.raises(CaseBlocked, match="尚未届满"):
        demanded.do(draft_notice)
    assert demanded.at("2026-07-28").do(draft_notice).endswith("-JC-01")


def test_a_notice_sent_by_express_alone_does_not_end_the_contract_until_that_is_mended(demanded: Office) -> None:
    demanded.at("2026-07-30").do(draft_notice)
    notice = demanded.case().notice
    assert notice is not None
    (express,) = demanded.send(notice.id, "2026-07-30", Method.EXPRESS)
    assert "同时发送对方指定邮箱" in demanded.at("2026-08-04").arrive(express, "2026-08-03")
    assert demanded.state.stage is Stage.ACTIVE
    with pytest.raises(CaseBlocked, match="指定邮箱"):
        demanded.do(confirm_end)
    demanded.send(notice.id, "2026-07-30", Method.EMAIL)
    demanded.do(confirm_end)
    assert demanded.state.stage is Stage.TERMINATED


def test_a_notice_with_a_last_chance_waits_for_it_and_for_a_person(demanded: Office) -> None:
    demanded.at("2026-07-30").do(draft_notice, automatic=True)
    notice = demanded.case().notice
    assert notice is not None
    express, _ = demanded.send(notice.id, "2026-07-30")
    assert "尚未届至" in demanded.at("2026-08-04").arrive(express, "2026-08-03")
    with pytest.raises(CaseBlocked, match="尚未届至"):
        demanded.at("2026-08-18").do(confirm_end)
    demanded.at("2026-08-19").do(confirm_end)
    assert demanded.case().ended_on == d("2026-08-18")


def test_performance_in_time_keeps_the_contract_alive(demanded: Office) -> None:
    demanded.at("2026-07-30").do(draft_notice, automatic=True)
    notice = demanded.case().notice
    assert notice is not None
    express, _ = demanded.send(notice.id, "2026-07-30")
    demanded.at("2026-08-12").arrive(express, "2026-08-03")
    demanded.happened("performed_on", "2026-08-10")
    with pytest.raises(CaseBlocked, match="不自动解除"):
        demanded.at("2026-08-30").do(confirm_end)
    assert demanded.state.stage is Stage.ACTIVE


def test_a_cure_in_time_closes_the_way(demanded: Office) -> None:
    demanded.at("2026-07-28").happened("cured_on", "2026-07-20")
    with pytest.raises(CaseBlocked, match="完成补救"):
        demanded.do(draft_notice)


def test_a_case_is_told_every_fault_at_once(office: Office) -> None:
    wrong = CaseDetails(Route.BREACH, by="b", ground="fail", known_on=d("2026-07-06"), grace_days=3)
    with pytest.raises(InputError) as caught:
        office.at("2026-07-01").open(wrong)
    assert [(f.path, f.problem) for f in caught.value.faults] == [
        ("by", "“考核持续不合格”不能由该方主张"),
        ("known_on", "2026-07-06 尚未到来"),
        ("grace_days", "不得短于约定的补救期15个自然日"),
    ]
    with pytest.raises(InputError):
        office.open(CaseDetails(Route.STATUTORY, ground="fail"))


def test_one_case_on_the_whole_contract_at_a_time(office: Office) -> None:
    office.at("2026-07-08").open()
    with pytest.raises(ContractError, match="已有办理中的终止事项"):
        office.open(CaseDetails(Route.AGREEMENT))
    office.open(CaseDetails(Route.AGREEMENT, part="硬件维修服务"))


def test_what_was_entered_can_be_corrected_until_a_paper_leaves_the_house(office: Office) -> None:
    office.at("2026-07-08").open()
    office.do(draft_demand)
    changed = CaseDetails(**{**{n: getattr(BREACH, n) for n in CaseDetails.__slots__}, "facts": "连续三期不合格，且未整改"})
    office.do(change_case, details=changed)
    assert office.case().case.facts == "连续三期不合格，且未整改"
    demand = office.case().demand
    assert demand is not None
    office.send(demand.id, "2026-07-08", Method.EMAIL)
    with pytest.raises(ContractError, match="已经发出"):
        office.do(change_case, details=BREACH)


def test_a_case_is_withdrawn_with_a_reason_and_not_after_its_notice_arrived(office: Office) -> None:
    office.at("2026-07-08").open()
    office.do(draft_demand)

    def withdraw(reason: str) -> None:
        with office.house.units() as uow:
            withdraw_case(uow, LAWYER, office.house.now, office.house.contract_id, office.case_id, office.case().revision, reason)

    with pytest.raises(InputError):
        withdraw(" ")
    withdraw("双方和解")
    case = office.case()
    assert case.state == "withdrawn"
    assert case.demand is not None
    assert case.demand.state == "void"
    with pytest.raises(ContractError, match="已经办结或者撤回"):
        withdraw("再次")
    serve_demand(office)
    office.at("2026-07-30").do(draft_notice, automatic=True)
    notice = office.case().notice
    assert notice is not None
    express, _ = office.send(notice.id, "2026-07-30")
    office.at("2026-08-04").arrive(express, "2026-08-03")
    with pytest.raises(CaseBlocked, match="不能单方撤回"):
        withdraw("后悔")


def test_only_who_may_and_only_on_what_was_seen(office: Office) -> None:
    office.at("2026-07-08").open()
    house = office.house
    with house.units() as uow, pytest.raises(Forbidden):
        open_case(uow, READER, house.now, house.today, OFFICIAL, house.contract_id, BREACH)
    with house.units() as uow, pytest.raises(ChangedMeanwhile):
        draft_demand(uow, LAWYER, house.now, house.today, OFFICIAL, house.contract_id, office.case_id, 99)
    with house.units() as uow, pytest.raises(CaseMissing):
        draft_demand(uow, LAWYER, house.now, house.today, OFFICIAL, house.contract_id, "nothing", 1)


# ---- other routes


def test_an_agreement_ends_the_contract_on_its_day(office: Office) -> None:
    office.at("2026-07-08").open(CaseDetails(Route.AGREEMENT))
    with office.house.units() as uow:
        draft_agreement(uow, LAWYER, office.house.now, office.house.contract_id, office.case_id, office.case().revision)
    said = office.do(agreement_signed, signed_on=d("2026-07-08"), end_on=d("2026-07-31"))
    assert "尚未届至" in said
    assert office.state.stage is Stage.ACTIVE
    office.at("2026-07-31").do(confirm_end)
    assert office.state.stage is Stage.TERMINATED
    assert office.exit().exits[0].ending.on == d("2026-07-31")


def test_a_termination_agreement_winds_up_what_a_notice_ended_and_names_the_same_day(rescinded: Office) -> None:
    with rescinded.house.units() as uow:
        draft_agreement(
            uow, LAWYER, rescinded.house.now, rescinded.house.contract_id, rescinded.case_id, rescinded.case().revision
        )
    with pytest.raises(InputError):
        rescinded.do(agreement_signed, signed_on=d("2026-08-04"), end_on=d("2026-08-31"))
    rescinded.do(agreement_signed, signed_on=d("2026-08-04"), end_on=d("2026-08-03"))
    assert rescinded.case().ended_on == d("2026-08-03")
    agreement = rescinded.case().agreement
    assert agreement is not None
    assert agreement.state == "signed"


def test_leaving_without_ground_ends_after_the_agreed_days_and_costs_compensation(office: Office) -> None:
    office.at("2026-06-30").open(CaseDetails(Route.CONVENIENCE, by="a", facts="业务调整"))
    office.do(draft_notice)
    notice = office.case().notice
    assert notice is not None
    assert notice.title == "提前终止通知"
    (express,) = office.send(notice.id, "2026-06-30", Method.EXPRESS)
    assert "2026年8月31日尚未届至" in office.at("2026-07-02").arrive(express, "2026-07-02")
    office.at("2026-08-31").do(confirm_end)
    assert office.state.stage is Stage.TERMINATED
    assert TaskKey.COMPENSATION in {t.task.key for t in office.exit().exits[0].tasks}


def test_a_part_ends_while_the_contract_goes_on(demanded: Office) -> None:
    part = CaseDetails(**{**{n: getattr(BREACH, n) for n in CaseDetails.__slots__}, "part": "硬件维修服务（附件一第三项）"})
    demanded.at("2026-07-08").open(part)
    demanded.do(draft_demand)
    demand = demanded.case().demand
    assert demand is not None
    express, _ = demanded.send(demand.id, "2026-07-08")
    demanded.at("2026-07-12").arrive(express, "2026-07-10")
    demanded.at("2026-07-30").do(draft_notice)
    notice = demanded.case().notice
    assert notice is not None
    express, _ = demanded.send(notice.id, "2026-07-30")
    assert "该部分已终止" in demanded.at("2026-08-04").arrive(express, "2026-08-03")
    assert demanded.state.stage is Stage.ACTIVE
    (found,) = demanded.exit().exits
    assert found.ending.part == "硬件维修服务（附件一第三项）"


def test_a_contract_that_is_over_can_no_longer_be_rescinded(rescinded: Office) -> None:
    with pytest.raises(ContractError, match="不能以“违约解除”终止"):
        rescinded.open()
