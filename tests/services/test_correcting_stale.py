"""Corrections that overlap: only what is computed against the period as it stands is accepted, whatever order they were made in."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from app.domain.errors import ContractError, InputError
from app.domain.settlement.month import ExtraItem, ItemKind
from app.services.correction_rows import taken_off
from app.services.settling import object_to, resolve_objection
from app.store.settlements import find_settlement
from tests.services.correcting_house import accept, carried, listed, propose, recompute, settled
from tests.services.paper_house import kit
from tests.services.settling_house import Till, with_drawn, with_settled
from tests.services.snapshots import filled

till = filled(Till.open)
drawn, settled_once = filled(with_drawn), filled(with_settled)


def test_the_older_of_two_proposals_accepted_first_makes_the_newer_one_stale(settled_once: Till) -> None:
    till = settled_once
    older, newer = propose(till, "2026-02", tickets=4000), propose(till, "2026-02", tickets=3900)
    accept(till, older)
    with pytest.raises(ContractError, match=r"GZ-JS-SHFW-2025-0001-202602-2.*已经过时"):
        accept(till, newer)
    assert [x.state for x in listed(till)] == ["proposed", "accepted"]
    assert [x[1] for x in carried(till, settled(till, "2026-03", "2026-04-08"))] == [D("-2632.00")]


def test_the_same_is_not_proposed_twice_while_nobody_decided(settled_once: Till) -> None:
    till = settled_once
    first = propose(till, "2026-02", tickets=4000)
    with pytest.raises(ContractError, match=rf"{first.number}.*尚未决定") as refused:
        propose(till, "2026-02", tickets=4000)
    assert refused.value.code == "correction.same"
    assert len(listed(till)) == 1


def test_a_newer_one_that_costs_nothing_still_makes_the_older_one_stale(till: Till) -> None:
    """Its figures would be undone in silence by those of the older one, which were filled in before."""
    settled(till)
    older = propose(till, "2026-02", tickets=4000)
    words = propose(till, "2026-02", report_no="BB-2026-02-R")
    assert words.excl == D("0.00")
    accept(till, words)
    with pytest.raises(ContractError, match="已经过时"):
        accept(till, older)
    assert '"report_no":"BB-2026-02-R"' in till.month("2026-02").figures


def test_a_replay_keeps_the_corrections_that_the_settled_month_carried(till: Till) -> None:
    """Corrected figures of a month hold none of them, since nobody enters them."""
    settled(till)
    accept(till, propose(till, "2026-02", tickets=4000))
    april = settled(till, "2026-03", "2026-04-08")
    assert [x[1] for x in carried(till, april)] == [D("-2632.00")]
    line = propose(till, "2026-03", tickets=4000)
    assert line.excl == D("-2632.00")
    accept(till, line)
    with pytest.raises(ContractError, match="没有差额"):
        recompute(till, april)
    assert propose(till, "2026-03", tickets=4050).excl == D("1316.00")


def test_what_an_objection_took_off_is_not_taken_off_again_by_corrected_figures(till: Till) -> None:
    till.at("2026-03-06").confirmed("2026-02")
    made = till.draw("2026-02")
    number = "JS-SHFW-2025-0001-202602"
    dispute(till, made, "2789.92")
    with pytest.raises(ContractError, match="还没有复核结果"):
        propose(till, "2026-02", tickets=4000)
    resolve(till, made, "2789.92")
    with pytest.raises(InputError) as refused:
        propose(till, "2026-02", tickets=4000)
    [fault] = refused.value.faults
    assert "2,789.92" in fault.problem
    with pytest.raises(InputError):
        propose(till, "2026-02", tickets=4000, items=(given_back("1000.00", number),))
    line = propose(till, "2026-02", tickets=4000, items=(given_back("2632.00", number),))
    assert line.excl == D("0.00")
    accept(till, line)
    with pytest.raises(ContractError, match="没有差额"):
        recompute(till, made)


def test_figures_that_do_not_hold_what_an_objection_took_off_say_so(till: Till) -> None:
    till.at("2026-03-06").confirmed("2026-02")
    made = till.draw("2026-02")
    before = propose(till, "2026-02", tickets=4000)
    dispute(till, made, "530.00")
    resolve(till, made, "530.00")
    with pytest.raises(ContractError, match="已经过时"):
        accept(till, before)
    apart = given_back("0.00", "JS-SHFW-2025-0001-202602")
    assert propose(till, "2026-02", tickets=4000, items=(apart,)).excl == D("-2632.00")


def test_what_a_correction_took_off_is_not_taken_off_again_by_the_objection_after_it(drawn: Till) -> None:
    till, [made] = drawn, drawn.sheets
    accept(till, propose(till, "2026-02", tickets=4000))
    dispute(till, made, "5000.00")
    with till.units() as uow:
        row = find_settlement(uow.session, made)
        assert row is not None
        off, [number] = taken_off(uow, row)
    assert off == D("2789.92")
    with pytest.raises(InputError, match=f"更正{number}已在以后的结算单中减少含税2,789.92元"):
        resolve(till, made, "2789.92")
    resolve(till, made, "1000.00", apart=True)
    assert till.row(made).reduced == D("1000.00")


def test_both_together_never_exceed_what_the_settlement_came_to(drawn: Till) -> None:
    till, [made] = drawn, drawn.sheets
    accept(till, propose(till, "2026-02", tickets=4000))
    whole = till.row(made).incl
    dispute(till, made, str(whole))
    with pytest.raises(InputError, match="合计超过本期应付"):
        resolve(till, made, str(whole), apart=True)
    resolve(till, made, "0.00")
    assert till.row(made).reduced == D("0.00")


def given_back(excl: str, number: str) -> ExtraItem:
    return ExtraItem(ItemKind.CORRECTION, "异议核减已从付款中扣除", D(excl), D(6), number)


def dispute(till: Till, settlement: str, amount: str) -> None:
    with till.units() as uow:
        object_to(
            uow, till.actor, till.now, till.today, kit(), till.contract_id, settlement, till.row(settlement).revision, amount=D(amount),
            on=till.today, reason="一百件工单重复计数",
        )  # fmt: skip


def resolve(till: Till, settlement: str, reduced: str, *, apart: bool = False) -> None:
    with till.units() as uow:
        resolve_objection(
            uow, till.actor, till.now, till.today, kit(), till.contract_id, settlement, till.row(settlement).revision, on=till.today,
            reduced=D(reduced), reason="核对属实", apart=apart,
        )  # fmt: skip
