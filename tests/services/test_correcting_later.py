"""What a correction does to the periods after it: the quarter's deduction, the annual cap, and the last period, after which none comes."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal as D

import pytest

from app.domain.errors import ContractError
from app.services.correction_mails import tell_corrections
from app.services.settling import void_settlement
from app.store.outbox import messages
from app.store.uow import UnitOfWork
from tests.services.correcting_house import accept, carried, listed, propose, recompute, settled
from tests.services.paper_house import kit
from tests.services.settling_house import Till, with_settled
from tests.services.snapshots import filled
from tests.services.test_silence import POST

Units = Callable[[], UnitOfWork]
till = filled(Till.open)
settled_once = filled(with_settled)


def test_the_sheet_that_holds_the_deduction_of_a_quarter_follows_a_month_corrected_before_it(units: Units) -> None:
    till = Till.open(units, {"perf.period": "quarterly"})
    for month, day in (("2026-04", "2026-05-08"), ("2026-05", "2026-06-05")):
        settled(till, month, day)
    june = settled(till, "2026-06", "2026-07-07")
    line = propose(till, "2026-05", bad=True)
    assert line.excl == D("0.00"), "the sheet of May holds no deduction"
    assert accept(till, line) == ("GZ-JS-SHFW-2025-0001-202606-1",)
    follows = listed(till)[0]
    assert (follows.settlement, follows.cause, follows.state) == ("JS-SHFW-2025-0001-202606", "follows", "proposed")
    assert line.number in follows.reason
    assert follows.excl < 0
    assert [tell_corrections(units, till.now, POST), tell_corrections(units, till.now, POST)] == [1, 0], "the owner, once"
    with units() as uow:
        [mail] = [m for m in messages(uow.session) if m.key.startswith("correction:")]
        assert "此前期间的更正已经接受" in mail.text
        assert follows.number in mail.text
    assert accept(till, follows) == ()
    july = settled(till, "2026-07", "2026-08-07")
    assert [x[1] for x in carried(till, july)] == [follows.excl]
    with pytest.raises(ContractError, match="没有差额"):
        recompute(till, june)


def test_the_annual_cap_is_counted_from_the_corrected_month(units: Units) -> None:
    till = Till.open(units, {"fees.annual_cap": "250000.00"})
    for month, day in (("2026-02", "2026-03-06"), ("2026-03", "2026-04-08")):
        settled(till, month, day)
    april = settled(till, "2026-04", "2026-05-08")
    waits = propose(till, "2026-04", tickets=4000)
    first = propose(till, "2026-02", tickets=3000)
    assert first.excl < 0
    [number] = accept(till, first)
    follows = next(x for x in listed(till) if x.number == number)
    assert follows.settlement == "JS-SHFW-2025-0001-202604"
    assert follows.excl == -first.excl, "what February no longer takes of the cap is left for April, less the same deduction"
    with pytest.raises(ContractError, match="已经过时"):
        accept(till, waits)
    accept(till, follows)
    with pytest.raises(ContractError, match="没有差额"):
        recompute(till, april)


def test_a_correction_that_touches_no_later_sheet_proposes_nothing_for_one(settled_once: Till) -> None:
    till = settled_once
    settled(till, "2026-03", "2026-04-08")
    assert accept(till, propose(till, "2026-02", tickets=4000)) == ()
    assert len(listed(till)) == 1


def test_where_no_sheet_comes_after_it_a_correction_is_not_accepted_into_the_void(till: Till) -> None:
    settled(till, "2026-11", "2026-12-04")
    november = propose(till, "2026-11", tickets=4000)
    last = settled(till, "2026-12", "2027-01-06")
    december = propose(till, "2026-12", tickets=4000)
    for line in (november, december):
        with pytest.raises(ContractError, match=r"没有以后的结算单.*JS-SHFW-2025-0001-202612") as refused:
            accept(till, line)
        assert refused.value.code == "correction.last"
    accept(till, propose(till, "2026-12", report_no="BB-2026-12-R"))
    with till.units() as uow:
        void_settlement(uow, till.actor, till.now, kit(), till.contract_id, last, till.row(last).revision, "列入11月的更正")
    accept(till, november)
    assert [x[1] for x in carried(till, till.draw("2026-12"))] == [D("-2632.00")]
