"""Figures, scores, settlements, invoices and payments over both databases (issue: service levels and settlement)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import pytest

from app.domain.errors import ContractError, InputError
from app.domain.permissions import Actor, Forbidden, Role
from app.domain.reminders import Topic
from app.domain.settlement.invoices import InvoiceLine
from app.domain.settlement.month import ExtraItem, ItemKind, MetricCount, read_month
from app.services.billing import draft_dunning, reverse_payment, set_budget
from app.services.money_rows import overdue_of, sheet_of, standings
from app.services.paper_freezing import freeze_paper, study_paper
from app.services.record import require_contract
from app.services.service_levels import (
    CONFIRMED,
    OBJECTED,
    Evidence,
    answer_objection,
    open_failure_case,
    reopen_month,
)
from app.services.settlement_computing import compute
from app.services.settlement_terms import TermsBook
from app.services.settlement_views import money_desk, overview, payment_plan
from app.services.settling import object_to, resolve_objection, void_settlement
from app.services.silence import deem_confirmed
from app.store.endings import endings_of
from app.store.instruments import instruments_of
from app.store.reminders import find_subject
from app.store.settlements import budgets_of, payments_of, settlements_of
from app.store.uow import ChangedMeanwhile, UnitOfWork
from tests.services.living import OFFICIAL, d
from tests.services.paper_house import Desk, kit
from tests.services.settling_house import Till, figures, with_drawn, with_owing, with_settled
from tests.services.sharing import both_databases
from tests.services.snapshots import filled

Units = Callable[[], UnitOfWork]
DEARER = [
    {"code": "FW-01", "item": "互联网产品售后服务（十二个月）", "category": "service", "excl_tax": "1400000.00"},
    {"code": "WX-01", "item": "硬件维修服务（年度）", "category": "repair", "excl_tax": "120000.00"},
]


till = filled(Till.open)
drawn, owing, settled_once = filled(with_drawn), filled(with_owing), filled(with_settled)


def test_a_month_is_entered_reviewed_and_confirmed_with_both_parties_words(till: Till) -> None:
    till.enter(figures("2026-02"))
    assert (till.month("2026-02").score, till.month("2026-02").state) == (D("82.49"), "submitted")
    assert "82.49" in till.review("2026-02")
    row = till.month("2026-02")
    assert row.state == CONFIRMED
    assert [(s.party, s.kind) for s in row.statements] == [("b", "submitted"), ("a", "agreed")]


def test_every_fault_of_a_month_is_told_at_once_and_a_stale_page_changes_nothing(till: Till) -> None:
    with pytest.raises(InputError) as refused:
        till.enter(figures("2026-03", report_no="", counts=()))
    assert len(refused.value.faults) == 9
    till.enter(figures("2026-02"))
    with pytest.raises(ChangedMeanwhile):
        till.enter(figures("2026-02"), seen=0)
    till.enter(figures("2026-02", tickets=4000), seen=1)
    with pytest.raises(ContractError, match="不在合同期内"):
        till.enter(figures("2027-01"))


def test_party_a_objects_enters_its_result_and_party_b_lets_it_stand(till: Till) -> None:
    till.enter(figures("2026-02"))
    till.review("2026-02", agrees=False, words="接通率分母漏计放弃呼入，见话务平台导出")
    assert till.month("2026-02").state == OBJECTED
    till.enter(figures("2026-02", bad=True), seen=till.month("2026-02").revision, by="a")
    till.had_result("2026-02")
    with till.units() as uow, pytest.raises(ContractError, match="期限至2026年3月11日届满"):
        deem_confirmed(
            uow, till.actor, till.now, till.today, kit(), till.contract_id, d("2026-02-01"), till.month("2026-02").revision
        )
    till.at("2026-03-12")
    with till.units() as uow:
        said = deem_confirmed(
            uow, till.actor, till.now, till.today, kit(), till.contract_id, d("2026-02-01"), till.month("2026-02").revision
        )
    assert till.month("2026-02").confirmed_on == d("2026-03-11")
    assert "整改通知 SHFW-2025-0001-ZG-01 已起草" in said


def test_party_b_answers_an_objection(till: Till) -> None:
    till.enter(figures("2026-02"))
    till.review("2026-02", agrees=False, words="数据与平台不符，附导出")
    with till.units() as uow, pytest.raises(ContractError, match="还没有录入审核结果"):
        answer_objection(
            uow, till.actor, till.now, till.today, kit(), till.contract_id, d("2026-02-01"), till.month("2026-02").revision, accepts=True,
            on=till.today, evidence=Evidence(),
        )  # fmt: skip
    till.enter(figures("2026-02", tickets=4000), seen=till.month("2026-02").revision, by="a")
    with till.units() as uow:
        answer_objection(
            uow, till.actor, till.now, till.today, kit(), till.contract_id, d("2026-02-01"), till.month("2026-02").revision, accepts=True,
            on=till.today, evidence=Evidence(),
        )  # fmt: skip
    assert till.month("2026-02").state == CONFIRMED


def test_a_low_score_drafts_a_sound_rectification_notice(till: Till) -> None:
    till.confirmed("2026-02", bad=True)
    with till.units() as uow:
        paper = next(i for i in instruments_of(uow.session, till.contract_id) if i.kind == "rectification")
        compiled = study_paper(uow, till.actor, kit(), paper.id, till.today)
    assert [f.message for f in compiled.blocking] == []
    text = " ".join(" ".join(r.cells) for p in compiled.instrument.provisions() if p.table for r in p.table.rows)
    assert "接通率" in text
    assert "第5.3.2条" in " ".join(p.text for p in compiled.instrument.provisions())


def test_three_failed_months_open_a_case_of_rescission_with_their_facts(till: Till) -> None:
    for month, day in (("2026-02", "2026-03-06"), ("2026-03", "2026-04-07")):
        till.at(day).confirmed(month, bad=True)
    with till.units() as uow, pytest.raises(ContractError, match="尚未达到"):
        open_failure_case(uow, till.actor, till.now, till.today, kit(), till.contract_id)
    till.at("2026-05-08").confirmed("2026-04", bad=True)
    with till.units() as uow:
        open_failure_case(uow, till.actor, till.now, till.today, kit(), till.contract_id)
    with till.units() as uow:
        case = endings_of(uow.session, till.contract_id)[0]
        assert (case.ground, case.known_on, case.grace_days) == ("fail", d("2026-05-08"), 15)
        assert "连续3期不合格" in case.facts
        assert "BB-2026-04" in case.evidence


def test_a_settlement_is_drawn_up_with_a_sound_paper_and_confirmation_starts_the_payment_period(drawn: Till) -> None:
    till, [made] = drawn, drawn.sheets
    row = till.row(made)
    assert (row.excl, row.tax, row.incl) == (D("117160.00"), D("7729.60"), D("124889.60"))
    with till.units() as uow:
        compiled = study_paper(uow, till.actor, kit(), row.instrument_id, till.today)
    assert compiled.text.head.number == "JS-SHFW-2025-0001-202602"
    assert [f.message for f in compiled.blocking] == []
    assert compiled.answers.get("settlement.due") == d("2026-04-07")
    assert "待开票" not in till.confirm(made)
    assert till.row(made).due_on is None, "the invoice comes first"
    assert till.invoice(made) == ()
    assert till.row(made).due_on == d("2026-04-07")
    with till.units() as uow:
        found = find_subject(uow.session, Topic.PAYMENT.value, f"{till.contract_id}:settlement:{made}")
        assert found is not None
        assert found.due_on == d("2026-04-07")
    till.pay("124889.60")
    with till.units() as uow:
        found = find_subject(uow.session, Topic.PAYMENT.value, f"{till.contract_id}:settlement:{made}")
        assert found is not None
        assert found.due_on is None


def test_the_same_inputs_give_the_same_sheet_again(till: Till) -> None:
    found = figures("2026-02", items=(ExtraItem(ItemKind.EXTRA, "差旅", D("300.00"), D(6), "PZ-1"),))
    till.enter(found)
    till.review("2026-02")
    made = till.draw("2026-02")
    with till.units() as uow:
        drawn = compute(uow, require_contract(uow, till.contract_id), d("2026-02-01"))
    assert drawn.view == sheet_of(till.row(made))
    assert read_month(drawn.plain["inputs"][0]) == found


def test_a_period_is_settled_once_and_only_when_its_score_is_confirmed(till: Till) -> None:
    till.enter(figures("2026-02"))
    with pytest.raises(ContractError, match="2026年2月待审核"):
        till.draw("2026-02")
    till.review("2026-02")
    made = till.draw("2026-02")
    with pytest.raises(ContractError, match="已有结算单"):
        till.draw("2026-02")
    with till.units() as uow, pytest.raises(ContractError, match="已列入结算单"):
        reopen_month(
            uow, till.actor, till.now, kit(), till.contract_id, d("2026-02-01"), till.month("2026-02").revision, "数据有误"
        )
    with till.units() as uow:
        void_settlement(uow, till.actor, till.now, kit(), till.contract_id, made, till.row(made).revision, "报表有误")
    assert till.row(till.draw("2026-02")).instrument_id != till.row(made).instrument_id


def test_fees_follow_the_amendment_in_force_in_each_month(units: Units, blobs: Any) -> None:
    desk = Desk.open(units, blobs)
    desk.signed_amendment(("fees.monthly_fixed", "120000.00"), ("perf.credit_cap_pct", "5"), ("fees.price_rows", DEARER))
    till = Till(units, desk.contract_id)
    till.confirmed("2026-02")
    before = till.row(till.draw("2026-02"))
    till.at("2026-04-07").confirmed("2026-03")
    after = till.row(till.draw("2026-03"))
    assert sheet_of(before).months[0].fee == D("114000.00")
    assert sheet_of(after).months[0].fee == D("134000.00")
    assert (sheet_of(before).deduction, sheet_of(after).deduction) == (D("6840.00"), D("6700.00"))


def test_silence_confirms_only_after_both_periods(drawn: Till) -> None:
    till, [made] = drawn, drawn.sheets
    with pytest.raises(InputError, match="还没有记录甲方收到结算单"):
        till.confirm(made, how="silence", on="2026-03-06")
    assert till.receive(made) == d("2026-03-13")
    with pytest.raises(InputError, match="2026-03-13"):
        till.confirm(made, how="silence", on="2026-03-06")
    till.at("2026-03-16").confirm(made, how="silence", on="2026-03-13")
    assert till.row(made).confirmed_on == d("2026-03-13")


def test_a_wrong_invoice_is_recorded_and_starts_nothing_until_reversed_and_replaced(settled_once: Till) -> None:
    till, [made] = settled_once, settled_once.sheets
    assert "应为增值税专用发票" in till.invoice(made, number="A1", kind="ordinary")[0]
    assert till.row(made).due_on is None
    till.invoice(made, number="A2", red_of="A1", kind="ordinary")
    till.at("2026-03-20").invoice(made, number="A3")
    assert till.row(made).due_on == d("2026-04-13"), "a week late, from 5 April"
    with pytest.raises(InputError, match="已经登记过"):
        till.invoice(made, number="A3")
    with pytest.raises(InputError, match="没有发票"):
        till.invoice(made, number="A4", red_of="B9")
    again = till.invoice(made, number="A5", lines=(InvoiceLine(D(6), D("1.00"), D("0.06")),))
    assert "超过结算单尚未开票的0.00元" in again[0]


def test_payments_are_matched_to_what_fell_due_first_and_reversed(owing: Till) -> None:
    till, [first] = owing, owing.sheets
    till.at("2026-04-08").confirmed("2026-03")
    second = till.draw("2026-03")
    till.confirm(second)
    till.invoice(second, number="FP-2")
    assert till.at("2026-04-17").pay("130000.00") == D("0.00")
    assert (till.row(first).open_amount, till.row(second).open_amount) == (D("0.00"), D("119779.20"))
    assert till.pay("119779.20", "HD-2", matches={second: D("100000.00")}) == D("19779.20")
    with till.units() as uow:
        payment = next(p for p in payments_of(uow.session, till.contract_id) if p.reference == "HD-1")
        reverse_payment(uow, till.actor, till.now, till.today, kit(), till.contract_id, payment.id, payment.revision, "银行退回")
    assert till.row(first).open_amount == D("124889.60")
    assert till.row(first).due_on == d("2026-04-07")


def test_an_overdue_settlement_fills_the_dunning_letter(owing: Till) -> None:
    till = owing
    with till.units() as uow, pytest.raises(ContractError, match="没有逾期"):
        draft_dunning(uow, till.actor, till.now, till.today, kit(), till.contract_id)
    till.at("2026-04-17").pay("24889.60")
    till.at("2026-04-27")
    with till.units() as uow:
        contract = require_contract(uow, till.contract_id)
        overdue, _ = overdue_of(uow, OFFICIAL, contract, till.today)
        assert [(o.principal, o.due) for o in overdue] == [(D("100000.00"), d("2026-04-07"))]
        [part] = standings(uow, OFFICIAL, contract, settlements_of(uow.session, till.contract_id)[0], till.today)
        paper = draft_dunning(uow, till.actor, till.now, till.today, kit(), till.contract_id)
    assert (part.delay.outstanding, part.delay.damages) == (D("100000.00"), D("674.67"))
    with till.units() as uow:
        compiled = study_paper(uow, till.actor, kit(), paper, till.today)
    assert compiled.text.head.number == "SHFW-2025-0001-CG-01"
    assert compiled.answers.get("demand.penalty") == D("674.67"), "with the part that was paid late"
    assert {f.rule for f in compiled.blocking} <= {"C0-07"}


def test_the_undisputed_part_is_paid_and_the_outcome_settles_the_rest(drawn: Till) -> None:
    till, [made] = drawn, drawn.sheets
    with till.units() as uow:
        object_to(
            uow, till.actor, till.now, till.today, kit(), till.contract_id, made, till.row(made).revision, amount=D("10000.00"), on=till.today,
            reason="超量工单有重复，见清单",
        )  # fmt: skip
    till.invoice(made)
    assert (till.row(made).open_amount, till.row(made).due_on) == (D("124889.60"), d("2026-04-07"))
    till.at("2026-04-07").pay("114889.60")
    assert till.row(made).due_on is None
    with till.units() as uow:
        resolve_objection(
            uow, till.actor, till.now, till.today, kit(), till.contract_id, made, till.row(made).revision, on=till.today, reduced=D("4000.00"),
            reason="核减重复工单",
        )  # fmt: skip
    assert (till.row(made).open_amount, till.row(made).due_on) == (D("6000.00"), d("2026-04-14"))


@both_databases
def test_a_budget_belongs_to_its_contract_year(till: Till) -> None:
    with till.units() as uow:
        set_budget(uow, till.actor, till.now, till.contract_id, d("2026-06-01"), D("1500000.00"), "年度预算")
    with till.units() as uow:
        assert list(budgets_of(uow.session, till.contract_id)) == [d("2026-01-01")]
        assert len(TermsBook(uow, require_contract(uow, till.contract_id)).months()) == 12


def test_who_only_reads_can_change_nothing(till: Till) -> None:
    till.actor = Actor("审计员", "auditor", frozenset({Role.AUDITOR}))
    with pytest.raises(Forbidden):
        till.enter(figures("2026-02"))
    with pytest.raises(Forbidden):
        till.pay("1.00")


def test_the_views_tell_what_is_owed_over_all_and_the_plan_of_the_year(owing: Till) -> None:
    till = owing
    till.at("2026-04-17")
    with till.units() as uow:
        desk = money_desk(uow, till.actor, till.today)
        assert [(x.open_amount, x.late) for x in desk.overdue] == [(D("124889.60"), 10)]
        assert (desk.soon, desk.later, desk.waiting) == ((), (), ())
        seen = overview(uow, till.actor, till.today, till.contract_id)
        assert (seen.overdue, seen.paid, seen.next_month) == (D("124889.60"), D("0.00"), d("2026-01-01"))
        plan = payment_plan(uow, till.actor, till.contract_id).years[0]
        assert (plan.planned, plan.confirmed) == (D("1407600.00"), D("124889.60"))
        assert plan.forecast == D("1407600.00") - D("117300.00") + D("124889.60")


def test_a_month_without_any_ticket_is_settled_frozen_and_says_why_it_has_no_score(till: Till) -> None:
    none = tuple(MetricCount(c.metric, D(0), D(0)) for c in figures("2026-02").counts)
    till.enter(figures("2026-02", tickets=0, counts=none))
    assert "不计分" in till.review("2026-02")
    made = till.draw("2026-02")
    with till.units() as uow:
        compiled = study_paper(uow, till.actor, kit(), till.row(made).instrument_id, till.today)
    assert [f.message for f in compiled.blocking] == []
    text = "".join(p.text for p in compiled.instrument.provisions())
    assert "本周期不计分：首次响应达标率样本0少于最低样本量30" in text
    assert "质检合格率样本0少于最低样本量30" in text
    assert "服务抵扣金额的计算为" not in text
    with till.units() as uow:
        freeze_paper(uow, till.actor, till.now, till.today, kit(), till.row(made).instrument_id)
    assert till.row(made).excl == D("110000.00")
    with till.units() as uow:
        seen = overview(uow, till.actor, till.today, till.contract_id)
        assert seen.failure is not None
        assert seen.failure.in_a_row == ()
