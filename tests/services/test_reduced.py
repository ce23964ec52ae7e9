"""What a review took off a settlement is neither owed nor late, whatever stops while it is disputed; what was paid of it comes back
(sections 8.2, 8.3; SMEP:15)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal as D

import pytest

from app.services.billing import draft_dunning
from app.services.matching import match_payment, payment_with
from app.services.paper_freezing import study_paper
from app.services.settling import object_to, resolve_objection
from app.store.obligations import events_of
from app.store.uow import ChangedMeanwhile, UnitOfWork
from tests.services.living import d
from tests.services.paper_house import kit
from tests.services.settling_house import Till

Units = Callable[[], UnitOfWork]
WHOLE, OFF = D("124889.60"), D("2789.92")


def objected(units: Units, pause: str) -> tuple[Till, str]:
    till = Till.open(units, {"pay.late_pause_rule": pause})
    till.confirmed("2026-02")
    made = till.draw("2026-02")
    with units() as uow:
        object_to(
            uow, till.actor, till.now, till.today, kit(), till.contract_id, made, till.row(made).revision, amount=OFF, on=till.today,
            reason="超量部分与报表不符",
        )  # fmt: skip
    till.invoice(made)
    return till, made


def resolve(till: Till, made: str, reduced: D = OFF) -> None:
    with till.units() as uow:
        resolve_objection(
            uow, till.actor, till.now, till.today, kit(), till.contract_id, made, till.row(made).revision, on=till.today, reduced=reduced,
            reason="双方复核一致",
        )  # fmt: skip


def surplus(till: Till) -> dict[str, date]:
    with till.units() as uow:
        return {e.subject: e.on_day for e in events_of(uow.session, till.contract_id) if e.kind == "overpayment_found"}


@pytest.mark.parametrize("pause", ["none", "disputed_only"])
def test_it_is_neither_open_nor_late(units: Units, pause: str) -> None:
    till, made = objected(units, pause)
    assert till.row(made).open_amount == WHOLE
    resolve(till.at("2026-03-20"), made)
    assert (till.row(made).open_amount, till.row(made).due_on) == (WHOLE - OFF, d("2026-04-07"))
    till.at("2026-04-17")
    with units() as uow:
        paper = draft_dunning(uow, till.actor, till.now, till.today, kit(), till.contract_id)
    with units() as uow:
        found = study_paper(uow, till.actor, kit(), paper, till.today).answers
    assert (found.get("demand.amount"), found.get("demand.penalty")) == (WHOLE - OFF, D("366.30"))


@pytest.mark.parametrize("pause", ["none", "disputed_only"])
def test_what_was_paid_of_it_is_owed_back_from_the_day_of_the_outcome(units: Units, pause: str) -> None:
    till, made = objected(units, pause)
    till.at("2026-03-20").pay("100000.00", "HD-1")
    till.at("2026-04-07").pay("24889.60", "HD-2")
    with units() as uow:
        stale = payment_with(uow, till.actor, till.contract_id, "HD-2").revision
    assert surplus(till) == {}
    resolve(till.at("2026-04-10"), made)
    assert surplus(till) == {"HD-2": d("2026-04-10")}, "the payment that came last holds it"
    with units() as uow:
        view = payment_with(uow, till.actor, till.contract_id, "HD-2")
        assert (view.left, view.matched[0][1], view.held) == (OFF, D("24889.60") - OFF, False)
    with units() as uow, pytest.raises(ChangedMeanwhile):
        match_payment(uow, till.actor, till.now, kit(), till.contract_id, view.id, stale, {made: D("24889.60")})
    assert till.row(made).open_amount == 0


def test_while_another_sheet_is_open_it_waits_to_be_laid_upon_it(units: Units) -> None:
    till, made = objected(units, "none")
    till.at("2026-04-07").pay(str(WHOLE), "HD-1")
    second = till.owing("2026-03", "2026-04-08")
    resolve(till, made)
    assert surplus(till) == {}
    with units() as uow:
        view = payment_with(uow, till.actor, till.contract_id, "HD-1")
    assert (view.left, view.held) == (OFF, True)
    with units() as uow:
        match_payment(
            uow, till.actor, till.now, kit(), till.contract_id, view.id, view.revision, {made: WHOLE - OFF, second: OFF}
        )
    assert (till.row(made).open_amount, till.row(second).open_amount) == (D("0.00"), WHOLE - OFF)
