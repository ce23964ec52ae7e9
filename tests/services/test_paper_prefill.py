"""What renewal and ending put into their papers, and that such papers pass their checks with what a person adds."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.domain.errors import ContractError, InputError
from app.domain.papers import PaperKind
from app.domain.renewal_decision import Choice
from app.domain.renewal_price import Proposal
from app.domain.termination import Route
from app.domain.variables import Value
from app.services.exiting import finish_task
from app.services.paper_delivery import confirm_settlement
from app.services.paper_freezing import CompiledPaper, compile_paper, freeze_paper
from app.services.paper_texts import fill_paper, start_paper
from app.services.record import require_contract
from app.services.renewal import decide
from app.services.renewal_papers import AgreedRenewal, renewal_signed
from app.services.renewal_pricing import enter_prices, work_out
from app.services.termination import CaseDetails
from app.services.termination_papers import agreement_signed, draft_agreement, draft_demand, draft_notice
from app.store.instruments import instruments_of
from tests.papers.samples import GIVEN
from tests.services.ending_office import Office, serve_demand, serve_notice
from tests.services.fixtures import LAWYER
from tests.services.living import OFFICIAL, House, d, in_force
from tests.services.paper_house import kit
from tests.services.snapshots import filled

LICENCE = {
    "name": "增值电信业务经营许可证（呼叫中心）", "number": "沪B2-20260001", "holder": "乙方", "until": "2030-12-31", "covers": True,
}  # fmt: skip


house = filled(in_force)


def paper_of(house: House, kind: PaperKind) -> str:
    with house.units() as uow:
        return [r.id for r in instruments_of(uow.session, house.contract_id) if r.kind == kind.value and r.state != "void"][-1]


def compiled(house: House, kind: PaperKind) -> CompiledPaper:
    paper = paper_of(house, kind)
    with house.units() as uow:
        contract = require_contract(uow, house.contract_id)
        row = next(r for r in instruments_of(uow.session, house.contract_id) if r.id == paper)
        return compile_paper(uow, kit(), contract, row, house.today)


def values(house: House, kind: PaperKind, prefix: str) -> dict[str, Value]:
    found = compiled(house, kind).answers.values
    return {n.removeprefix(f"{prefix}."): v for n, v in found.items() if n.startswith(f"{prefix}.")}


def fill(house: House, kind: PaperKind, **entered: Any) -> None:
    paper = paper_of(house, kind)
    with house.units() as uow:
        fill_paper(uow, LAWYER, house.now, house.today, kit(), paper, entered)


def freeze(house: House, kind: PaperKind) -> None:
    paper = paper_of(house, kind)
    with house.units() as uow:
        freeze_paper(uow, LAWYER, house.now, house.today, kit(), paper)


def rules(house: House, kind: PaperKind) -> set[str]:
    """Own rules of the kind that object; blanks are told by C0-07."""
    return {f.rule for f in compiled(house, kind).blocking}


def choose(house: House, choice: Choice) -> None:
    revision = house.view().revision
    with house.units() as uow:
        decide(uow, LAWYER, house.now, house.today, OFFICIAL, house.contract_id, revision, choice, "业务部门书面意见")


def renew(house: House, **agreed: Any) -> None:
    told, paper = AgreedRenewal(signed_on=house.today, **agreed), paper_of(house, PaperKind.RENEWAL)
    with house.units() as uow:
        renewal_signed(uow, LAWYER, house.now, house.today, OFFICIAL, house.contract_id, paper, told)


def price(house: House, proposal: Proposal) -> None:
    with house.units() as uow:
        enter_prices(uow, LAWYER, house.now, house.today, kit(), house.contract_id, proposal)


def agree(office: Office) -> None:
    revision = office.case().revision
    with office.house.units() as uow:
        draft_agreement(uow, LAWYER, office.house.now, office.house.contract_id, office.case_id, revision)


# ---- renewal


def test_a_renewal_agreement_knows_the_terms_that_it_joins_and_needs_only_what_people_know(house: House) -> None:
    choose(house.at("2026-09-01"), Choice.RENEW)
    told = values(house, PaperKind.RENEWAL, "renewal")
    assert (told["original_start"], told["original_end"]) == (d("2026-01-01"), d("2026-12-31"))
    assert (told["start"], told["end"], told["years"], told["count"]) == (d("2027-01-01"), d("2027-12-31"), 1, 1)
    assert (told["privacy_until"], told["notice_deadline"]) == (d("2027-12-31"), d("2027-11-01"))
    fill(house, PaperKind.RENEWAL, **{"renewal.pia_ref": "PIA-2026-004", "renewal.licence_table": [LICENCE]})
    freeze(house, PaperKind.RENEWAL)


def test_a_signature_is_recorded_as_the_frozen_agreement_says(house: House) -> None:
    choose(house.at("2026-09-01"), Choice.RENEW)
    fill(house, PaperKind.RENEWAL, **{"renewal.pia_ref": "PIA-2026-004", "renewal.licence_table": [LICENCE]})
    freeze(house, PaperKind.RENEWAL)
    with pytest.raises(InputError, match=r".") as caught:
        renew(house, years=2)
    assert "载明2027-12-31，与所录的2028-12-31不符" in caught.value.faults[0].problem
    renew(house, years=1)
    assert house.view().last_day == d("2027-12-31")


def test_after_a_renewal_the_next_papers_are_made_and_checked_against_the_renewed_term(house: House) -> None:
    choose(house.at("2026-09-01"), Choice.RENEW)
    renew(house, years=1)
    choose(house.at("2027-03-01"), Choice.NOT_RENEW)
    told = values(house, PaperKind.NON_RENEWAL, "non_renewal")
    assert (told["end_date"], told["notice_deadline"]) == (d("2027-12-31"), d("2027-11-01"))
    assert "C3-02" not in rules(house, PaperKind.NON_RENEWAL)
    fill(house, PaperKind.NON_RENEWAL, **{"non_renewal.end_date": "2026-12-31"})
    assert "C3-02" in rules(house, PaperKind.NON_RENEWAL)


def test_a_notice_of_non_renewal_names_every_day_of_the_exit_and_can_be_frozen_at_once(house: House) -> None:
    choose(house.at("2026-09-01"), Choice.NOT_RENEW)
    told = values(house, PaperKind.NON_RENEWAL, "non_renewal")
    assert told == {
        "end_date": d("2026-12-31"), "notice_deadline": d("2026-10-30"), "exit_start": d("2026-10-31"),
        "exit_plan_due": d("2026-12-01"), "transition_end": d("2027-03-01"), "export_due": d("2027-01-11"),
        "deletion_due": d("2027-03-16"), "settlement_due": d("2027-02-01"),
    }  # fmt: skip
    freeze(house, PaperKind.NON_RENEWAL)


def test_renewed_prices_are_entered_within_the_cap_and_start_the_next_calculation(house: House) -> None:
    house.at("2026-09-01")
    with pytest.raises(ContractError, match="没有起草中的续约协议"):
        price(house, Proposal(Decimal(2)))
    choose(house, Choice.RENEW)
    with pytest.raises(ContractError, match="年度调价上限"):
        price(house, Proposal(Decimal(30)))
    price(house, Proposal(Decimal("2.5")))
    told = values(house, PaperKind.RENEWAL, "renewal")
    assert (told["price_mode"], told["price_basis"]) == (
        "adjusted",
        "双方协商的续约调价2.5%（以不含税价格为基数，不足一分的舍去）",
    )
    fill(house, PaperKind.RENEWAL, **{"renewal.pia_ref": "PIA-2026-004", "renewal.licence_table": [LICENCE]})
    freeze(house, PaperKind.RENEWAL)
    renew(house, years=1)
    with house.units() as uow:
        found = work_out(uow, LAWYER, OFFICIAL, house.contract_id, Proposal())
    assert {x.item: x.before for x in found.lines}["固定月费"] == Decimal("102500.00")


def test_a_price_that_is_not_changed_after_all_leaves_no_table(house: House) -> None:
    choose(house.at("2026-09-01"), Choice.RENEW)
    price(house, Proposal(Decimal(1)))
    price(house, Proposal())
    told = values(house, PaperKind.RENEWAL, "renewal")
    assert told["price_mode"] == "same"
    assert "price_table" not in told


# ---- ending


def test_a_demand_names_its_ground_and_counts_the_grace_from_the_expected_arrival(house: House) -> None:
    office = Office(house).at("2026-07-08")
    office.open()
    office.do(draft_demand)
    told = values(office.house, PaperKind.DEMAND, "demand")
    assert told["kind"] == "performance"
    assert str(told["source"]).startswith("本合同第9.1.3条第（")
    assert (told["grace_days"], told["arrival_expected"], told["grace_until"]) == (15, d("2026-07-13"), d("2026-07-28"))
    assert compiled(office.house, PaperKind.DEMAND).answers.get("paper.sender") == "party_a"
    duty = {"duty": "月度考核得分不低于80分", "due": "2026-06-30", "days": 8, "record": "JS-202606"}
    more = {"demand.duty_table": [duty], "demand.requirement": "补足人员，使2026年7月的考核得分不低于80分。"}
    fill(office.house, PaperKind.DEMAND, **more)
    freeze(office.house, PaperKind.DEMAND)


def test_a_demand_for_money_comes_from_the_contractor_with_rate_and_account(house: House) -> None:
    office = Office(house).at("2026-07-08")
    office.open(
        CaseDetails(
            Route.BREACH,
            by="b",
            ground="payment",
            facts="6月结算款未付",
            evidence="JS-202605",
            known_on=d("2026-07-01"),
            grace_days=15,
        )
    )
    office.do(draft_demand)
    told = values(office.house, PaperKind.DEMAND, "demand")
    assert (told["kind"], told["rate_bp"], told["as_of"]) == ("payment", 3, d("2026-07-08"))
    assert "310000000000000001" in str(told["account"])
    paper = compiled(office.house, PaperKind.DEMAND).answers
    assert (paper.get("paper.sender"), paper.get("receiver.role")) == ("party_b", "甲方")


def settled(house: House, month: int, due: str) -> None:
    """A settlement of 106,000 yuan without deduction, confirmed today."""
    line = {"excl": Decimal("100000.00"), "tax": Decimal("6000.00"), "incl": Decimal("106000.00")}
    sample = GIVEN[PaperKind.SETTLEMENT]["settlement.line_table"][0]
    days = {
        "period_start": date(2026, month, 1),
        "period_end": date(2026, month, 28),
        "due": d(due),
        "score_confirmed": house.today,
    }
    sums = {"payable": Decimal(106000), "cumulative": Decimal(106000), "paid": Decimal(0), "unpaid": Decimal(106000)}
    more = {
        "score": Decimal(95), "band": "95分以上", "deduction_pct": Decimal(0), "deduction": Decimal(0), "line_table": (sample,),
        "total_table": ({"item": "服务费", **line}, {"item": "本期应付", **line}),
    }  # fmt: skip
    given = {**GIVEN[PaperKind.SETTLEMENT], **{f"settlement.{k}": v for k, v in {**days, **sums, **more}.items()}}
    given["paper.date"] = house.today
    with house.units() as uow:
        paper = start_paper(uow, LAWYER, house.now, house.today, kit(), house.contract_id, PaperKind.SETTLEMENT, values=given)
    with house.units() as uow:
        freeze_paper(uow, LAWYER, house.now, house.today, kit(), paper)
    with house.units() as uow:
        confirm_settlement(uow, LAWYER, house.now, house.today, paper, signed_on=house.today)


UNPAID = CaseDetails(
    Route.BREACH, by="b", ground="payment", facts="3月结算款未付", evidence="结算单", known_on=d("2026-06-10"), grace_days=15
)


def test_a_demand_for_money_lists_every_overdue_settlement_with_its_damages(house: House) -> None:
    settled(house.at("2026-04-08"), 3, "2026-05-08")
    settled(house.at("2026-06-09"), 5, "2026-07-09")
    office = Office(house).at("2026-07-08")
    office.open(UNPAID)
    office.do(draft_demand)
    told, number = values(house, PaperKind.DEMAND, "demand"), house.view().number
    assert told["amount_table"] == (
        {
            "settlement": f"JS-{number}-202603", "principal": Decimal(106000), "due": d("2026-05-08"), "days": 61,
            "penalty": Decimal("1939.80"),
        },
    )  # fmt: skip
    assert (told["amount"], told["penalty"]) == (Decimal(106000), Decimal("1939.80"))
    assert "106,000.00元 × 万分之3 × 61日 = 1,939.80元" in str(told["penalty_working"])
    freeze(house, PaperKind.DEMAND)


def test_a_notice_of_rescission_carries_basis_facts_demand_and_cure_period(house: House) -> None:
    office = Office(house)
    serve_demand(office)
    office.at("2026-07-30").do(draft_notice)
    told = values(office.house, PaperKind.RESCISSION, "rescission")
    demand = office.case().demand
    assert demand is not None
    assert (told["ground"], told["demanded"], told["demand_no"]) == ("agreed", True, demand.number)
    assert (told["demand_arrived"], told["cure_ended"], told["known_on"]) == (d("2026-07-10"), d("2026-07-27"), d("2026-07-06"))
    assert "、第9.3.2条（考核持续不合格）" in str(told["basis"])
    table = told["fact_table"]
    assert isinstance(table, tuple)
    assert [row["day"] for row in table if not isinstance(row, str)] == [d("2026-07-06"), d("2026-07-10")]
    fill(office.house, PaperKind.RESCISSION, **{"rescission.unperformed": "2026年7月的考核得分仍为71分。"})
    freeze(office.house, PaperKind.RESCISSION)


def test_a_last_chance_and_a_part_are_told_in_the_notice(house: House) -> None:
    office = Office(house).at("2026-07-08")
    part = CaseDetails(Route.STATUTORY, by="b", ground="refuse", part="夜间在线客服", facts="甲方书面表示不再支付夜间服务费",
                       evidence="函件202607", known_on=d("2026-07-06"))  # fmt: skip
    office.open(part)
    office.do(draft_notice, automatic=True)
    told = values(office.house, PaperKind.RESCISSION, "rescission")
    assert (told["ground"], told["scope"], told["part"]) == ("statutory", "part", "夜间在线客服。")
    assert (told["demanded"], told["effect"]) == (False, "automatic")
    assert told["basis"] == "《中华人民共和国民法典》第五百六十三条第一款第（二）项（对方表明不履行主要债务）"
    assert "C4-04" not in rules(office.house, PaperKind.RESCISSION)


def test_leaving_without_ground_has_its_title_and_its_day(house: House) -> None:
    office = Office(house).at("2026-07-08")
    office.open(CaseDetails(Route.CONVENIENCE, by="a", end_on=d("2026-10-31")))
    office.do(draft_notice)
    told = values(office.house, PaperKind.RESCISSION, "rescission")
    assert (told["ground"], told["end_date"], told["ending"]) == ("convenience", d("2026-10-31"), "提前终止")


def test_a_termination_agreement_of_a_case_has_its_day_and_the_list_of_the_exit(house: House) -> None:
    office = Office(house)
    serve_notice(office)
    first = office.exit().exits[0]
    with office.house.units() as uow:
        key = next(t.task.key for t in first.tasks if t.task.key.value == "accounts")
        finish_task(
            uow, LAWYER, office.house.now, office.house.today, OFFICIAL, office.house.contract_id, first.id, first.revision, key,
            done_on=d("2026-08-04"), evidence="权限回收清单",
        )  # fmt: skip
    agree(office)
    told = values(office.house, PaperKind.TERMINATION, "termination")
    assert (told["date"], told["cutoff"], told["no_hire_months"]) == (d("2026-08-03"), d("2026-08-03"), 12)
    table = told["handover_table"]
    assert isinstance(table, tuple)
    rows = [row for row in table if not isinstance(row, str)]
    assert [(row["from"], row["to"], row["done"]) for row in rows] == [
        ("乙方", "甲方", False), ("乙方", "甲方", False), ("乙方", "甲方", True), ("双方", "双方", False),
    ]  # fmt: skip
    assert [isinstance(row.get("due"), date) for row in rows] == [True, True, False, True]
    assert rules(office.house, PaperKind.TERMINATION) == {"C0-07"}


def test_an_agreed_end_is_recorded_as_the_frozen_agreement_says(house: House) -> None:
    office = Office(house).at("2026-07-08")
    office.open(CaseDetails(Route.AGREEMENT, facts="甲方业务调整，双方协商一致提前终止。", end_on=d("2026-08-31")))
    agree(office)
    settled = {"number": "JS-202606", "period": "2026年6月", "amount": "106000.00", "state": "closed"}
    fill(office.house, PaperKind.TERMINATION, **{"termination.settlement_table": [settled]})
    freeze(office.house, PaperKind.TERMINATION)
    with pytest.raises(InputError, match=r".") as caught:
        office.do(agreement_signed, signed_on=d("2026-07-08"), end_on=d("2026-09-30"))
    assert "载明2026-08-31，与所录的2026-09-30不符" in caught.value.faults[0].problem


def test_a_paper_started_at_the_desk_knows_the_same(house: House) -> None:
    house.at("2026-09-01")
    with house.units() as uow:
        start_paper(uow, LAWYER, house.now, house.today, kit(), house.contract_id, PaperKind.NON_RENEWAL)
    assert values(house, PaperKind.NON_RENEWAL, "non_renewal")["end_date"] == d("2026-12-31")
