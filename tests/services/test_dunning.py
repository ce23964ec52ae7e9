"""The 催款函: everything overdue line by line, the parts that were paid late with it, at the rate that applies (brief B5, C8; SMEP:17)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal as D

import pytest

from app.domain.errors import ContractError
from app.services.billing import draft_dunning
from app.services.paper_freezing import CompiledPaper, study_paper
from app.store.uow import UnitOfWork
from tests.services.living import d
from tests.services.paper_house import kit
from tests.services.settling_house import Till

Units = Callable[[], UnitOfWork]


def letter(till: Till) -> CompiledPaper:
    with till.units() as uow:
        paper = draft_dunning(uow, till.actor, till.now, till.today, kit(), till.contract_id)
    with till.units() as uow:
        return study_paper(uow, till.actor, kit(), paper, till.today)


def lines(found: CompiledPaper) -> list[tuple[object, ...]]:
    rows = found.answers.get("demand.amount_table")
    assert isinstance(rows, tuple)
    return [(r["principal"], r.get("paid_on"), r["days"], r["penalty"]) for r in rows if not isinstance(r, str)]


def test_a_part_paid_late_costs_until_it_was_paid_and_the_rest_until_today(units: Units) -> None:
    till = Till.open(units)
    till.owing()
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


def test_what_was_paid_in_full_but_late_goes_along_with_what_is_still_owed(units: Units) -> None:
    till = Till.open(units)
    till.owing()
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


def test_one_and_a_half_times_the_lpr_where_that_was_agreed(units: Units) -> None:
    till = Till.open(units, {"playbook": {"8.2-t2": "fallback"}})
    till.owing()
    found = letter(till.at("2026-04-27"))
    assert found.answers.get("demand.rate_bp") == D("1.2329")
    assert lines(found)[0][3] == D("307.95")
    assert {f.rule for f in found.blocking} <= {"C0-07"}


def test_the_cap_holds_over_all_parts(units: Units) -> None:
    till = Till.open(units, {"pay.late_cap_pct": "5"})
    till.owing()
    till.at("2026-04-17").pay("24889.60")
    found = letter(till.at("2026-12-20"))
    assert found.answers.get("demand.penalty") == D("6244.48")
    assert sum(D(str(line[3])) for line in lines(found)) == D("6244.48")
    assert {f.rule for f in found.blocking} <= {"C0-07"}
