"""The difference of a month within which terms changed, where somebody was told to enter it: a replay does not reckon it once more."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from decimal import Decimal as D

import pytest

from app.domain.errors import ContractError
from app.domain.settlement.month import ExtraItem, ItemKind
from app.services.money_rows import sheet_of
from app.services.settlement_views import payment_plan
from app.store.blobs import BlobStore
from app.store.settlements import find_settlement
from app.store.uow import UnitOfWork
from tests.services.correcting_house import accept, carried, listed, propose, recompute, settled
from tests.services.paper_house import Desk
from tests.services.settling_house import Till
from tests.services.test_correcting import retroactive

Units = Callable[[], UnitOfWork]
EARLIER = "本月中有SHFW-2025-0001-BC-01（自2026年2月16日）生效，本表按月初条款计算；生效日以后的差额请作为更正列示"
"""As sheets said it before parts of a month were reckoned."""
BY_SEATS = (("fees.model", "per_seat"), ("fees.unit_price_seat", "8000.00"))


def said_on(till: Till, settlement: str, notice: str) -> None:
    with till.units() as uow:
        row = find_settlement(uow.session, settlement)
        assert row is not None
        plain = json.loads(row.sheet)
        plain["notices"].append(notice)
        row.sheet = json.dumps(plain, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
        row.digest = hashlib.sha256(row.sheet.encode()).hexdigest()
        uow.commit()


def entered(excl: str) -> ExtraItem:
    return ExtraItem(ItemKind.CORRECTION, "2月下半月差额", D(excl), D(6), "BC-01")


def test_a_sheet_that_left_it_to_the_next_one_is_replayed_as_it_was_drawn_up(units: Units, blobs: BlobStore) -> None:
    desk = Desk.open(units, blobs)
    till = Till(units, desk.contract_id)
    made = settled(till)
    said_on(till, made, EARLIER)
    retroactive(desk, ("adjust.volume_rate", "1.2"))
    assert listed(till) == ()
    april = settled(till, "2026-03", "2026-04-08", items=(entered("1222.00"),))
    assert [x[1] for x in carried(till, april)] == [D("1222.00")]
    with pytest.raises(ContractError, match="2026年2月仍按月初条款计算"):
        recompute(till, made)
    line = propose(till, "2026-02", tickets=4000)
    assert line.excl == D("-2632.00"), "a hundred tickets by the terms of the first day, and nothing of what was entered"
    accept(till, line)


def test_data_that_was_lacking_and_comes_later_does_not_reckon_what_was_entered(units: Units, blobs: BlobStore) -> None:
    desk = Desk.open(units, blobs)
    till = Till(units, desk.contract_id)
    retroactive(desk, *BY_SEATS, passing="C1-14")
    made = settled(till, "2026-02", "2026-03-12")
    assert any("本表按月初条款计算；缺少当月应到岗席位日和实际到岗席位日" in n for n in sheet_of(till.row(made)).notices)
    line = propose(till, "2026-02", seat_days_due=D(400), seat_days_present=D(400))
    assert line.excl == D("0.00")
    with till.units() as uow:
        [year] = payment_plan(uow, till.actor, till.contract_id).years
    january, february, march = (m.excl for m in year.months[:3])
    assert january < february < march, "the plan goes by the parts of the month"


def test_nor_after_a_proposal_without_an_amount(units: Units, blobs: BlobStore) -> None:
    desk = Desk.open(units, blobs)
    till = Till(units, desk.contract_id)
    made = settled(till)
    retroactive(desk, *BY_SEATS, passing="C1-14")
    [told] = listed(till)
    assert told.excl == D("0.00")
    assert "请人工计算" in told.reason
    accept(till, told)
    line = propose(till, "2026-02", seat_days_due=D(400), seat_days_present=D(400))
    assert line.excl == D("0.00")
    accept(till, line)
    with pytest.raises(ContractError, match="2026年2月仍按月初条款计算"):
        recompute(till, made)
