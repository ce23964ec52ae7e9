"""The 催款函: everything overdue line by line, the parts that were paid late with it, at the rate that applies (brief B5, C8; SMEP:17)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal as D
from typing import Any

import pytest

from app.domain.errors import ContractError
from app.domain.permissions import Actor, Role
from app.services.billing import draft_dunning
from app.services.lending_rate import set_quote
from app.services.paper_freezing import CompiledPaper, study_paper
from app.services.settling import object_to, resolve_objection
from app.store.uow import UnitOfWork
from tests.services.living import OFFICIAL, d
from tests.services.paper_house import kit
from tests.services.settling_house import Till, with_owing
from tests.services.snapshots import filled

Units = Callable[[], UnitOfWork]
KEEPER = Actor("keeper", "合同管理员", frozenset({Role.CONTRACT_ADMINISTRATOR}))


till = filled(Till.open)
owing = filled(with_owing)


def letter(till: Till) -> CompiledPaper:
    with till.units() as uow:
        paper = draft_dunning(uow, till.actor, till.now, till.today, kit(), till.contract_id)
    with till.units() as uow:
        return study_paper(uow, till.actor, kit(), paper, till.today)


def lines(found: CompiledPaper) -> list[tuple[object, ...]]:
    rows = found.answers.get("demand.amount_table")
    assert isinstance(rows, tuple)
    return [(r["principal"], r.get("paid_on"), r["days"], r["penalty"]) for r in rows if not isinstance(r, str)]


def test_a_part_paid_late_costs_until_it_was_paid_and_the_rest_until_today(owing: Till) -> None:
    till = owing
    till.at("2026-04-17").pay("24889.60")
    found = letter(till.at("2026-04-27"))
    assert lines(found) == [
        (D("24889.60"), d("2026-04-17"), 10, D("74.67")),
        (D("100000.00"), None, 20, D("600.00")),
    ]
    assert (found.answers.get("demand.amount"), found.answers.get("demand.penalty")) == (D("100000.00"), D("674.67"))
    assert "124,889.60元×日万分之3×10日；100,000.00元×日万分之3×10日，合计674.67元" in str(
        found.answers.get("demand.penalty_working")
    )
    assert {f.rule for f in found.blocking} <= {"C0-07"}


def test_what_was_paid_in_full_but_late_goes_along_with_what_is_still_owed(owing: Till) -> None:
    till = owing
    till.at("2026-04-17").pay("124889.60")
    with pytest.raises(ContractError, match="没有逾期"):
        letter(till)
    till.owing("2026-03", "2026-04-20")
    found = letter(till.at("2026-06-01"))
    assert [line[1:3] for line in lines(found)] == [(d("2026-04-17"), 10), (None, 12)]
    assert found.answers.get("demand.amount") == D("119779.20") + D("5110.40")
    assert {f.rule for f in found.blocking} <= {"C0-07"}


def test_towards_a_small_enterprise_a_rate_below_the_lpr_gives_way_to_it(units: Units) -> None:
    till = Till.open(units, {"pay.late_daily_rate_bp": "0.5"})
    till.owing()
    found = letter(till.at("2026-04-27"))
    assert found.answers.get("demand.rate_bp") == D("0.8219")
    assert lines(found)[0][3] == D("205.30"), "124,889.60 × 3% ÷ 365 × 20"
    assert "约定的日万分之0.5低于一年期LPR" in str(found.answers.get("demand.penalty_working"))
    assert {f.rule for f in found.blocking} <= {"C0-07"}


def by_multiple(units: Units) -> Till:
    """124,889.60 are overdue since 7 April at one and a half times the LPR."""
    till = Till.open(units, {"playbook": {"8.2-t2": "fallback"}})
    till.owing()
    return till


floating = filled(by_multiple)


def enter(till: Till, on: str, one_year: str, **more: Any) -> None:
    with till.units() as uow:
        set_quote(
            uow, KEEPER, till.now, till.today, OFFICIAL, published_on=d(on), one_year=D(one_year), source="中国货币网", **more
        )  # fmt: skip


def test_one_and_a_half_times_the_lpr_in_force_on_each_day_where_that_was_agreed(floating: Till) -> None:
    found = letter(floating.at("2026-04-27"))
    assert (found.answers.get("demand.rate_bp"), found.answers.get("demand.lpr_multiple")) == (None, D("1.5"))
    assert lines(found)[0][3] == D("307.95")
    assert "一年期LPR3%（2025-05-20公布）的1.5倍÷365×20日" in str(found.answers.get("demand.penalty_working"))
    assert "暂计" not in str(found.answers.get("demand.penalty_working"))
    assert {f.rule for f in found.blocking} <= {"C0-07"}


def test_a_change_of_the_lpr_stands_in_the_letter_as_a_stretch_and_a_month_that_is_lacking_is_named(floating: Till) -> None:
    letter(floating.at("2026-09-28"))
    enter(floating.at("2026-10-31"), "2026-10-20", "2.80")
    floating.pay("24889.60")
    found = letter(floating.at("2026-11-10"))
    table = found.answers.get("demand.lpr_table")
    assert isinstance(table, tuple)
    rows = [(r["principal"], r["from"], r["until"], r["days"], r["lpr"]) for r in table if not isinstance(r, str)]
    assert rows == [
        (D("124889.60"), d("2026-04-08"), d("2026-09-19"), 165, D("3.00")),
        (D("124889.60"), d("2026-09-20"), d("2026-10-19"), 30, D("3.00")),
        (D("124889.60"), d("2026-10-20"), d("2026-10-31"), 12, D("2.80")),
        (D("100000.00"), d("2026-11-01"), d("2026-11-10"), 10, D("2.80")),
    ]
    # 124,889.60 at 4.5 % for 195 days and at 4.2 % for 12, 100,000.00 at 4.2 % for 10
    penalty = found.answers.get("demand.penalty")
    assert penalty == sum((D(str(r["penalty"])) for r in table if not isinstance(r, str)), D(0)) == D("3290.00")
    assert sum(D(str(line[3])) for line in lines(found)) == penalty
    assert "2026年9月公布的LPR尚未登记，以上为暂计数额" in str(found.answers.get("demand.penalty_working"))
    assert {f.rule for f in found.blocking} <= {"C0-07"}
    enter(floating, "2026-09-21", "3.00")
    assert "暂计" not in str(letter(floating).answers.get("demand.penalty_working"))


def in_halves(units: Units) -> Till:
    """62,444.80 are payable on 6 April and as much on 6 May, at one and a half times the LPR."""
    till = Till.open(units, {"playbook": {"8.2-t2": "fallback", "8.2-t1": "fallback"}, "pay.days_after_confirm": 60})
    till.owing()
    return till


halves = filled(in_halves)


def table_of(found: CompiledPaper, *columns: str) -> list[tuple[object, ...]]:
    table = found.answers.get("demand.lpr_table")
    assert isinstance(table, tuple)
    return [tuple(row[c] for c in columns) for row in table if not isinstance(row, str)]


def test_both_halves_of_a_settlement_are_overdue_at_the_lpr_each_from_its_own_day(halves: Till) -> None:
    found = letter(halves.at("2026-06-27"))
    assert table_of(found, "due", "from", "until", "penalty") == [
        (d("2026-04-07"), d("2026-04-08"), d("2026-06-27"), D("623.59")),
        (d("2026-05-06"), d("2026-05-07"), d("2026-06-27"), D("400.33")),
    ]
    assert {f.rule for f in found.blocking} <= {"C0-07"}


def with_a_dispute_resolved(units: Units) -> Till:
    """104,889.60 were never disputed, 10,000.00 of it paid ten days late; 20,000.00 were, and proved owed: all due on 7 April."""
    till = Till.open(units, {"playbook": {"8.2-t2": "fallback"}})
    till.confirmed("2026-02")
    made = till.draw("2026-02")
    with units() as uow:
        object_to(
            uow, till.actor, till.now, till.today, kit(), till.contract_id, made, till.row(made).revision, on=till.today,
            amount=D("20000.00"), reason="工单量有误",
        )  # fmt: skip
    till.invoice(made)
    till.at("2026-04-17").pay("10000.00")
    till.at("2026-04-20")
    with units() as uow:
        resolve_objection(
            uow, till.actor, till.now, till.today, kit(), till.contract_id, made, till.row(made).revision, on=till.today,
            reduced=D(0), reason="复核无误",
        )  # fmt: skip
    return till


resolved = filled(with_a_dispute_resolved)


def test_days_of_two_claims_of_one_due_day_count_once_however_payments_part_them(resolved: Till) -> None:
    found = letter(resolved.at("2026-05-20"))
    assert table_of(found, "principal", "from", "until") == [
        (D("104889.60"), d("2026-04-08"), d("2026-04-17")),
        (D("94889.60"), d("2026-04-18"), d("2026-05-20")),
        (D("20000.00"), d("2026-04-08"), d("2026-05-20")),
    ]
    # 124,889.60 at 4.5 % for 10 days and 114,889.60 for 33
    assert found.answers.get("demand.penalty") == D("621.40")
    assert {f.rule for f in found.blocking} <= {"C0-07"}


def test_the_cap_holds_over_all_parts(units: Units) -> None:
    till = Till.open(units, {"pay.late_cap_pct": "5"})
    till.owing()
    till.at("2026-04-17").pay("24889.60")
    found = letter(till.at("2026-12-20"))
    assert found.answers.get("demand.penalty") == D("6244.48")
    assert sum(D(str(line[3])) for line in lines(found)) == D("6244.48")
    assert {f.rule for f in found.blocking} <= {"C0-07"}
