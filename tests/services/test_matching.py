"""Payments laid upon settlements by hand: in part, over several, taken back; and what is laid upon nothing (section 8.2; CC:560)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal as D

import pytest

from app.domain.errors import ContractError, InputError
from app.domain.permissions import Actor, Forbidden, Role
from app.services.billing import reverse_payment
from app.services.matching import match_desk, match_payment, payment_with, unmatched
from app.services.settling import object_to
from app.store.obligations import events_of
from app.store.uow import ChangedMeanwhile, UnitOfWork
from tests.services.living import d
from tests.services.paper_house import kit
from tests.services.settling_house import Till, with_owing, with_settled
from tests.services.snapshots import filled

Units = Callable[[], UnitOfWork]
FIRST = SECOND = D("124889.60")


def two_sheets(units: Units) -> Till:
    """Two settlements of the same amount, due on 7 April and 8 May."""
    till = with_owing(units)
    till.sheets = *till.sheets, till.owing("2026-03", "2026-04-08")
    return till


till, owing, both = filled(Till.open), filled(with_owing), filled(two_sheets)
settled_once = filled(with_settled)


def match(till: Till, reference: str, wanted: dict[str, D], reason: str = "", seen: int = -1) -> D:
    with till.units() as uow:
        found = payment_with(uow, till.actor, till.contract_id, reference)
    with till.units() as uow:
        return match_payment(
            uow, till.actor, till.now, kit(), till.contract_id, found.id, found.revision if seen < 0 else seen, wanted, reason
        )


def open_of(till: Till, *settlements: str) -> list[D]:
    return [till.row(s).open_amount for s in settlements]


def test_what_is_entered_for_matching_by_hand_waits_until_somebody_does_it(both: Till) -> None:
    first, second = both.sheets
    assert both.pay("200000.00", "HD-1", held=True) == D("200000.00")
    assert open_of(both, first, second) == [FIRST, SECOND]
    with both.units() as uow:
        [left] = unmatched(uow, both.actor)
        assert (left.payment.reference, left.payment.left) == ("HD-1", D("200000.00"))
    assert match(both, "HD-1", {second: D("100000.00"), first: D("50000.00")}) == D("50000.00")
    assert open_of(both, first, second) == [D("74889.60"), D("24889.60")]
    assert match(both, "HD-1", {second: D("100000.00"), first: D("100000.00")}) == D("0.00")
    with both.units() as uow:
        assert unmatched(uow, both.actor) == ()


def test_a_match_is_taken_back_only_with_a_reason(both: Till) -> None:
    first, second = both.sheets
    both.pay("124889.60", "HD-1")
    assert open_of(both, first, second) == [D("0.00"), SECOND]
    with pytest.raises(InputError, match="请写明理由"):
        match(both, "HD-1", {second: SECOND})
    assert match(both, "HD-1", {second: SECOND}, "付的是三月份的款") == FIRST - SECOND
    assert open_of(both, first, second) == [FIRST, D("0.00")]
    assert match(both, "HD-1", {}, "全部重新核对") == FIRST
    assert open_of(both, first, second) == [FIRST, SECOND]


def test_every_fault_of_a_match_is_told_at_once_and_a_stale_page_changes_nothing(both: Till) -> None:
    first, second = both.sheets
    both.pay("150000.00", "HD-1", held=True)
    with pytest.raises(InputError) as refused:
        match(both, "HD-1", {first: D("200000.00"), second: D("1.005"), "nowhere": D("1.00")})
    assert len(refused.value.faults) == 4
    match(both, "HD-1", {first: D("1.00")})
    with pytest.raises(ChangedMeanwhile):
        match(both, "HD-1", {first: D("2.00")}, seen=1)
    with pytest.raises(ContractError, match="没有流水号"):
        match(both, "HD-9", {})
    both.actor = Actor("审计员", "auditor", frozenset({Role.AUDITOR}))
    with pytest.raises(Forbidden):
        match(both, "HD-1", {first: D("2.00")})


def test_the_proposal_goes_by_what_is_written_then_by_the_amount_then_by_the_day(both: Till) -> None:
    first, second = both.sheets
    both.pay("1000.00", "回单 JS-SHFW-2025-0001-202603")
    assert open_of(both, first, second) == [FIRST, SECOND - 1000], "the number of the sheet is written on it"
    both.pay("500.00", "HD-2", note="付发票FP-2026-02")
    assert open_of(both, first, second) == [FIRST - 500, SECOND - 1000], "the number of its invoice"
    both.pay(str(SECOND - 1000), "HD-3")
    assert open_of(both, first, second) == [FIRST - 500, D("0.00")], "the amount to the 分"
    both.pay("300.00", "HD-4", held=True)
    with both.units() as uow:
        held = payment_with(uow, both.actor, both.contract_id, "HD-4")
        [line] = match_desk(uow, both.actor, kit(), both.contract_id, held.id).lines
        assert (line.settlement_id, line.proposed, line.matched) == (first, D("300.00"), D("0.00"))


def disputed_and_owing(units: Units) -> Till:
    """The first settlement with 50,000.00 in dispute and the rest due on 7 April; all of the second due on 8 May."""
    till = Till.open(units)
    till.confirmed("2026-02")
    made = till.draw("2026-02")
    with units() as uow:
        object_to(
            uow, till.actor, till.now, till.today, kit(), till.contract_id, made, till.row(made).revision, on=till.today,
            amount=D("50000.00"), reason="工单量有误",
        )  # fmt: skip
    till.invoice(made, number="FP-2026-02")
    till.sheets = made, till.owing("2026-03", "2026-04-08")
    return till


def in_halves(units: Units) -> Till:
    """Halves of one settlement are due on 7 April and 6 May, those of the next on 15 April and 15 May."""
    till = Till.open(units, {"playbook": {"8.2-t1": "fallback"}, "pay.days_after_confirm": 60})
    till.sheets = till.owing("2026-01", "2026-03-06"), till.owing("2026-02", "2026-03-16")
    return till


disputed, halves = filled(disputed_and_owing), filled(in_halves)


def test_a_payment_is_laid_upon_another_debt_that_is_due_before_money_in_dispute(disputed: Till) -> None:
    first, second = disputed.sheets
    disputed.at("2026-05-20").pay("130000.00", "HD-1")
    assert open_of(disputed, first, second) == [D("50000.00"), FIRST - D("55110.40")]
    disputed.pay("1000.00", "HD-2", held=True)
    with disputed.units() as uow:
        held = payment_with(uow, disputed.actor, disputed.contract_id, "HD-2")
        lines = match_desk(uow, disputed.actor, kit(), disputed.contract_id, held.id).lines
        assert [(x.settlement_id, x.proposed) for x in lines] == [(first, D("0.00")), (second, D("1000.00"))]


def test_a_half_that_is_not_due_yet_waits_behind_what_is(halves: Till) -> None:
    first, second = halves.sheets
    halves.at("2026-04-20").pay("100000.00", "HD-1")
    assert open_of(halves, first, second) == [D("66070.00"), SECOND - D("33930.00")], "the half of January first"


def test_a_payment_moved_to_another_sheet_moves_its_delay(both: Till) -> None:
    first, second = both.sheets
    both.at("2026-05-20").pay("124889.60", "HD-1")
    assert (both.row(first).due_on, both.row(second).due_on) == (None, both.row(second).due_on)
    match(both, "HD-1", {second: SECOND}, "附言写明三月")
    assert both.row(first).due_on is not None
    assert both.row(second).due_on is None


def surplus(till: Till) -> dict[str, date]:
    with till.units() as uow:
        return {e.subject: e.on_day for e in events_of(uow.session, till.contract_id) if e.kind == "overpayment_found"}


def test_the_same_transfer_is_recorded_once_until_it_is_reversed(both: Till) -> None:
    first, second = both.sheets
    both.pay("124889.60", "HD-1")
    for again in ("HD-1", " hd-1 "):
        with pytest.raises(InputError, match=r"HD-1.*已经登记"):
            both.pay("124889.60", again)
    assert open_of(both, first, second) == [D("0.00"), SECOND]
    with both.units() as uow:
        paid = payment_with(uow, both.actor, both.contract_id, "HD-1")
        reverse_payment(uow, both.actor, both.now, both.today, kit(), both.contract_id, paid.id, paid.revision, "日期记错")
    both.pay("124889.60", "HD-1")
    assert open_of(both, first, second) == [D("0.00"), SECOND]


def test_of_two_equal_amounts_the_one_that_is_due_is_paid_first(settled_once: Till) -> None:
    till, [early] = settled_once, settled_once.sheets
    late = till.owing("2026-03", "2026-04-08")
    assert (till.row(early).due_on, till.row(late).due_on) == (None, d("2026-05-08"))
    till.at("2026-05-20").pay("124889.60", "HD-1")
    assert open_of(till, early, late) == [FIRST, D("0.00")]


def test_two_sheets_that_fell_due_on_one_day_share_in_proportion(till: Till) -> None:
    first, second = till.owing("2026-02", "2026-04-08"), till.owing("2026-03", "2026-04-08")
    assert till.row(first).due_on == till.row(second).due_on == d("2026-05-08")
    till.pay("4889.60", "付发票FP-2026-02")
    assert open_of(till, first, second) == [D("120000.00"), SECOND], "what the debtor named"
    till.pay("100000.01", "HD-2")
    left = D("100000.01") * D("120000.00") / D("244889.60")
    assert open_of(till, first, second) == [
        D("120000.00") - left.quantize(D("0.01")),
        SECOND - D("100000.01") + left.quantize(D("0.01")),
    ]


def test_what_was_held_is_overpaid_once_another_payment_leaves_nothing_open(owing: Till) -> None:
    owing.at("2026-03-20").pay("5000.00", "HD-1", held=True)
    assert surplus(owing) == {}
    owing.at("2026-04-07").pay("124889.60", "HD-2")
    assert surplus(owing) == {"HD-1": d("2026-04-07")}
    third = owing.owing("2026-03", "2026-04-08")
    owing.at("2026-05-08").pay("1000.00", "HD-3")
    assert surplus(owing) == {"HD-1": d("2026-04-07")}, "the period to pay it back goes on"
    assert match(owing, "HD-1", {third: D("5000.00")}) == D("0.00")
    assert surplus(owing) == {}


def test_a_hand_match_that_leaves_nothing_open_shows_what_is_overpaid(owing: Till) -> None:
    [made] = owing.sheets
    owing.at("2026-04-07").pay("124899.60", "HD-1", held=True)
    assert match(owing, "HD-1", {made: D("100000.00")}) == D("24899.60")
    assert surplus(owing) == {}, "something is still open that it may be laid upon"
    assert match(owing, "HD-1", {made: FIRST}) == D("10.00")
    assert surplus(owing) == {"HD-1": d("2026-04-07")}
    with owing.units() as uow:
        assert not payment_with(uow, owing.actor, owing.contract_id, "HD-1").held


def test_a_reversal_leaves_nothing_overpaid_where_the_rest_may_be_laid_upon_it(owing: Till) -> None:
    [made] = owing.sheets
    owing.at("2026-04-07").pay("5000.00", "HD-1", held=True)
    owing.pay("124889.60", "HD-2")
    assert set(surplus(owing)) == {"HD-1"}
    with owing.units() as uow:
        paid = payment_with(uow, owing.actor, owing.contract_id, "HD-2")
        reverse_payment(uow, owing.actor, owing.now, owing.today, kit(), owing.contract_id, paid.id, paid.revision, "银行退回")
    assert (owing.row(made).open_amount, surplus(owing)) == (FIRST, {})
