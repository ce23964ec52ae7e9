"""Corrections: a settled period computed again with other figures or terms, the difference unfolded, accepted into the next sheet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest

from app.domain.errors import ContractError, InputError
from app.notify.mail_texts import write_mail
from app.services.correcting import (
    correct_for_terms,
    correct_month,
    refuse_correction,
)
from app.services.correction_mails import tell_corrections
from app.services.money_rows import sheet_of
from app.services.paper_freezing import study_paper
from app.services.paper_texts import let_pass
from app.services.settling import void_settlement
from app.services.stage_mails import Post
from app.store.blobs import BlobStore
from app.store.outbox import messages
from app.store.settlements import settlements_of
from app.store.uow import UnitOfWork
from tests.services.correcting_house import accept, carried, listed, propose, settled
from tests.services.paper_house import Desk, kit
from tests.services.settling_house import Till, figures, with_settled
from tests.services.snapshots import filled

Units = Callable[[], UnitOfWork]
POST = Post(write_mail, lambda contract: f"https://example.com/contracts/{contract}/")


till = filled(Till.open)
settled_once = filled(with_settled)


def test_corrected_figures_propose_the_difference_and_change_nothing_else(settled_once: Till) -> None:
    till, [made] = settled_once, settled_once.sheets
    before = till.row(made).digest
    line = propose(till, "2026-02", tickets=4000)
    # 100 tickets × 28.00, less the 6 % that were deducted of them
    assert (line.excl, line.tax, line.state) == (D("-2632.00"), D("-157.92"), "proposed")
    assert (line.number, line.settlement) == ("GZ-JS-SHFW-2025-0001-202602-1", "JS-SHFW-2025-0001-202602")
    assert till.row(made).digest == before
    assert '"tickets":"4100"' in till.month("2026-02").figures
    leaves = {(f.label, f.text) for f in line.working.walk()}
    assert ("更正后的不含税额（税率6%）", "104,528.00元") in leaves
    assert ("已结算的不含税额（税率6%）", "107,160.00元") in leaves
    assert {f.source for f in line.working.walk()} >= {"BB-2026-02", "JS-SHFW-2025-0001-202602"}


def test_an_undecided_correction_is_told_and_left_out_and_an_accepted_one_goes_into_the_next_sheet(settled_once: Till) -> None:
    till = settled_once
    line = propose(till, "2026-02", tickets=4000)
    april = settled(till, "2026-03", "2026-04-08")
    assert carried(till, april) == []
    assert any("更正建议GZ-JS-SHFW-2025-0001-202602-1尚未决定" in n for n in sheet_of(till.row(april)).notices)
    accept(till, line)
    may = settled(till, "2026-04", "2026-05-08")
    [(item, excl, voucher)] = carried(till, may)
    assert (item, excl, voucher) == ("更正JS-SHFW-2025-0001-202602（税率6%）", D("-2632.00"), line.number)
    assert till.row(may).excl == till.row(april).excl - D("2632.00")
    assert next(x for x in listed(till)).taken_by == "JS-SHFW-2025-0001-202604"
    june = settled(till, "2026-05", "2026-06-05")
    assert carried(till, june) == [], "once"
    with till.units() as uow:
        compiled = study_paper(uow, till.actor, kit(), till.row(may).instrument_id, till.today)
    assert [f.message for f in compiled.blocking] == []
    working = [f for f in sheet_of(till.row(may)).figure.walk() if f.label == item]
    assert any(f.label.startswith("更正后的不含税额") for f in working[0].walk()), "unfolds on the sheet"


def test_a_voided_sheet_gives_its_corrections_back_to_the_next(settled_once: Till) -> None:
    till = settled_once
    accept(till, propose(till, "2026-02", tickets=4000))
    april = settled(till, "2026-03", "2026-04-08")
    assert len(carried(till, april)) == 1
    with till.units() as uow:
        void_settlement(uow, till.actor, till.now, kit(), till.contract_id, april, till.row(april).revision, "报表有误")
    assert len(carried(till, till.draw("2026-03"))) == 1


def test_a_second_correction_counts_from_the_first_and_a_stale_one_is_not_accepted(settled_once: Till) -> None:
    till = settled_once
    first, second = propose(till, "2026-02", tickets=4000), propose(till, "2026-02", tickets=3900)
    accept(till, second)
    with pytest.raises(ContractError, match="已经过时"):
        accept(till, first)
    again = propose(till, "2026-02", tickets=4000)
    assert again.excl == D("2632.00"), "3,900 tickets are settled and corrected by now"


def test_the_score_of_the_month_follows_and_with_it_the_failed_periods(settled_once: Till) -> None:
    till = settled_once
    line = propose(till, "2026-02", bad=True)
    accept(till, line)
    row = till.month("2026-02")
    assert row.score is not None
    assert row.score < 70
    assert row.state == "confirmed"
    assert [s.words for s in row.statements][-1].startswith("更正GZ-")


def test_faults_are_told_at_once_and_what_is_the_same_or_unsettled_is_no_correction(settled_once: Till) -> None:
    till = settled_once
    with till.units() as uow, pytest.raises(InputError) as refused:
        correct_month(uow, till.actor, till.now, till.contract_id, figures("2026-02", report_no="", counts=()), "错")
    assert len(refused.value.faults) == 9
    with pytest.raises(ContractError, match="没有需要更正的"):
        propose(till, "2026-02")
    with pytest.raises(ContractError, match="还没有列入结算单"):
        propose(till, "2026-03")
    line = propose(till, "2026-02", tickets=4000)
    with till.units() as uow:
        refuse_correction(uow, till.actor, till.now, till.today, till.contract_id, line.id, line.revision, "核对无误，不予更正")
    assert listed(till)[0].state == "refused"
    with pytest.raises(ContractError, match="未采纳"):
        accept(till, listed(till)[0])


def test_an_amendment_that_reaches_back_proposes_a_correction_by_itself(units: Units, blobs: BlobStore) -> None:
    desk = Desk.open(units, blobs)
    till = Till(units, desk.contract_id)
    made = settled(till)
    desk.today = date(2026, 3, 10)
    with till.units() as uow, pytest.raises(ContractError, match="没有差额"):
        correct_for_terms(uow, till.actor, till.now, till.contract_id, made, "核对条款")
    paper = desk.amendment(("adjust.volume_rate", "1.2"), effective="2026-03-10")
    desk.fill(
        paper,
        **{
            "amendment.retroactive": True,
            "amendment.retroactive_from": "2026-02-01",
            "amendment.retroactive_settlement": "2月份差额并入3月结算单，按新系数重算月费，已开发票不作调整。",
        },
    )
    desk.freeze(paper)
    desk.sign(paper)
    [line] = listed(till)
    # 500 tickets × 28.00 × 0.2 more, less 6 %
    assert (line.cause, line.excl, line.state) == ("terms", D("2632.00"), "proposed")
    assert "SHFW-2025-0001-BC-01" in line.reason
    assert [tell_corrections(units, till.now, POST), tell_corrections(units, till.now, POST)] == [1, 0]
    with units() as uow:
        [mail] = [m for m in messages(uow.session) if m.key.startswith("correction:")]
        assert "不含税2,632.00元" in mail.text
        assert f"/contracts/{till.contract_id}/settlements/corrections" in mail.text
    accept(till, line)
    next_one = settled(till, "2026-03", "2026-04-08")
    assert [x[1] for x in carried(till, next_one)] == [D("2632.00")]


def retroactive(desk: Desk, *edits: tuple[str, Any], passing: str = "") -> None:
    """An amendment, signed on 10 March, that governs from 16 February. ``passing``: id of a rule whose warning is let pass."""
    desk.today = date(2026, 3, 10)
    paper = desk.amendment(*edits, effective="2026-03-10")
    desk.fill(
        paper,
        **{
            "amendment.retroactive": True, "amendment.retroactive_from": "2026-02-16",
            "amendment.retroactive_settlement": "2月下半月差额并入3月结算单，按新条款重算，已开发票不作调整。",
        },
    )  # fmt: skip
    if passing:
        with desk.units() as uow:
            let_pass(
                uow,
                desk.actor,
                desk.now,
                desk.today,
                kit(),
                paper,
                passing,
                "",
                "改为按坐席计费，合同总价以实际结算为准，价格行因此不作变更",
            )
    desk.freeze(paper)
    desk.sign(paper)


def test_an_amendment_that_starts_within_a_settled_month_proposes_the_difference_by_days(units: Units, blobs: BlobStore) -> None:
    desk = Desk.open(units, blobs)
    till = Till(units, desk.contract_id)
    settled(till)
    retroactive(desk, ("adjust.volume_rate", "1.2"))
    [line] = listed(till)
    # 500 tickets × 28.00 × 0.2 more on 13 of 28 days, less the 6 % that were deducted
    assert (line.excl, line.tax, line.state) == (D("1222.00"), D("73.32"), "proposed")
    assert "SHFW-2025-0001-BC-01（自2026年2月16日）生效，以该日为界按各自天数重新计算" in line.reason
    leaves = {(f.label, f.text) for f in line.working.walk()}
    assert ("超出波动区间的工单（2月1日至15日）", "7,500.00元") in leaves
    assert ("超出波动区间的工单（2月16日至28日）", "7,800.00元") in leaves
    accept(till, line)
    april = settled(till, "2026-03", "2026-04-08")
    assert [x[1] for x in carried(till, april)] == [D("1222.00")]


def test_where_the_score_would_have_to_be_split_the_proposal_names_the_counts_that_are_lacking(
    units: Units, blobs: BlobStore
) -> None:
    desk = Desk.open(units, blobs)
    till = Till(units, desk.contract_id)
    settled(till)
    retroactive(desk, ("perf.credit_cap_pct", "5"))
    [line] = listed(till)
    assert (line.excl, line.state) == (D("0.00"), "proposed")
    assert "接通率" in line.reason
    assert "在2月1日至15日、2月16日至28日各自的分子和分母（考核条款自2026-02-16起变更），不能计算差额" in line.reason
    april = settled(till, "2026-03", "2026-04-08")
    assert any(f"更正建议{line.number}尚未决定" in n for n in sheet_of(till.row(april)).notices)


def test_a_month_that_is_settled_after_the_change_is_split_at_once(units: Units, blobs: BlobStore) -> None:
    desk = Desk.open(units, blobs)
    till = Till(units, desk.contract_id)
    retroactive(desk, ("adjust.volume_rate", "1.2"))
    sheet = sheet_of(till.row(settled(till, "2026-02", "2026-03-12")))
    assert sheet.months[0].fee == D("115300.00")
    assert [n for n in sheet.notices if "以该日为界，分别按变更前后的条款和各自的自然日天数计算" in n]
    with till.units() as uow, pytest.raises(ContractError, match="没有差额"):
        correct_for_terms(uow, till.actor, till.now, till.contract_id, str(next(iter(_settlements(till)))), "核对条款")


def _settlements(till: Till) -> list[str]:
    with till.units() as uow:
        return [s.id for s in settlements_of(uow.session, till.contract_id)]
