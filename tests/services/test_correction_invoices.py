"""Red-letter and further invoices of a correction: the first sheet keeps its due day, the sheet that took it up awaits the rest."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest

from app.domain.audit_words import words_of
from app.domain.errors import ContractError, InputError
from app.domain.settlement.invoices import InvoiceLine
from app.services.invoicing import NONE, assign_invoice
from app.services.settlement_views import SettlementDesk, settlement_desk
from app.store.audit import entries
from tests.services.correcting_house import accept, propose
from tests.services.paper_house import kit
from tests.services.settling_house import Till
from tests.services.snapshots import Units, filled

CUT = (InvoiceLine(D(6), D("-2632.00"), D("-157.92")),)
NUMBER = "GZ-JS-SHFW-2025-0001-202602-1"


def corrected(units: Units) -> Till:
    """February is settled, invoiced, and corrected by 100 tickets less; its id is kept in ``first``."""
    till = Till.open(units)
    till.first = till.owing()  # type: ignore[attr-defined]
    accept(till, propose(till, "2026-02", tickets=4000))
    return till


till = filled(corrected)


def first(till: Till) -> str:
    return str(till.first)  # type: ignore[attr-defined]


def desk(till: Till, settlement: str) -> SettlementDesk:
    with till.units() as uow:
        return settlement_desk(uow, till.actor, till.today, kit(), till.contract_id, settlement)


def red(till: Till, **changes: Any) -> tuple[str, ...]:
    return till.invoice(first(till), number="HP-1", red_of="FP-2026-02", **{"lines": CUT, **changes})


def assign(till: Till, settlement: str, number: str, correction: str, reason: str = "原归属有误") -> tuple[str, ...]:
    with till.units() as uow:
        return assign_invoice(
            uow, till.actor, till.now, kit(), till.contract_id, settlement, till.row(settlement).revision, number, correction, reason
        )  # fmt: skip


def next_sheet(till: Till) -> str:
    till.at("2026-04-08").confirmed("2026-03")
    made = till.draw("2026-03")
    till.confirm(made)
    return made


FULL = (InvoiceLine(D(6), D("107160.00"), D("6429.60")), InvoiceLine(D(13), D("10000.00"), D("1300.00")))


def test_a_red_one_of_the_difference_leaves_the_first_sheet_due_and_the_next_takes_its_full_invoice(till: Till) -> None:
    due = till.row(first(till)).due_on
    assert due is not None
    assert red(till) == ()
    assert till.row(first(till)).due_on == due
    shown = desk(till, first(till))
    assert sorted((v.invoice.number, v.correction, v.wrong) for v in shown.invoices) == [
        ("FP-2026-02", "", ()),
        ("HP-1", NUMBER, ()),
    ]
    later = next_sheet(till)
    assert till.row(later).excl == till.row(first(till)).excl - D("2632.00")
    assert till.invoice(later, number="FP-2026-03", lines=FULL) == ()
    assert till.row(later).due_on is not None
    assert sorted((v.invoice.number, v.correction, bool(v.elsewhere)) for v in desk(till, later).invoices) == [
        ("FP-2026-03", "", False), ("HP-1", NUMBER, True),
    ]  # fmt: skip
    with till.units() as uow:
        said = [words_of(e).what for e in entries(uow.session) if e.action == "invoice.recorded"]
    assert f"登记红字发票 HP-1，-2789.92 元，系统判断属于更正 {NUMBER}" in said


def test_a_red_one_that_comes_after_the_next_full_invoice_completes_its_match(till: Till) -> None:
    later = next_sheet(till)
    assert "超过结算单尚未开票" in "".join(till.invoice(later, number="FP-2026-03", lines=FULL))
    assert till.row(later).due_on is None
    due = till.row(first(till)).due_on
    assert red(till.at("2026-04-09")) == ()
    assert till.row(later).due_on is not None
    assert till.row(first(till)).due_on == due


def test_the_first_invoice_reversed_in_full_is_awaited_anew_as_ever(till: Till) -> None:
    assert till.invoice(first(till), number="HP-1", red_of="FP-2026-02") == ()
    assert till.row(first(till)).due_on is None, "先票后款"
    assert {v.correction for v in desk(till, first(till)).invoices} == {""}
    till.at("2026-03-20").invoice(first(till), number="FP-new")
    assert till.row(first(till)).due_on is not None


def test_a_person_assigns_by_hand_with_a_reason_and_both_matches_follow(till: Till) -> None:
    due = till.row(first(till)).due_on
    red(till, correction=NONE)
    assert till.row(first(till)).due_on is None
    with pytest.raises(InputError, match="理由"):
        assign(till, first(till), "HP-1", NUMBER, "错")
    with pytest.raises(InputError, match="没有已接受的更正"):
        assign(till, first(till), "HP-1", "GZ-9")
    with pytest.raises(ContractError, match="没有发票"):
        assign(till, first(till), "HP-9", NUMBER)
    assert assign(till, first(till), "HP-1", NUMBER) == ()
    assert till.row(first(till)).due_on == due
    with till.units() as uow:
        said = [words_of(e) for e in entries(uow.session) if e.action == "invoice.assigned"]
    assert (said[0].what, said[0].details) == (f"发票 HP-1 由结算单改归更正 {NUMBER}", (("理由", "原归属有误"),))


def test_a_difference_that_the_next_sheet_has_invoiced_already_is_not_taken_back_twice(till: Till) -> None:
    later = next_sheet(till)
    assert till.invoice(later, number="FP-2026-03") == (), "invoiced with the correction taken off"
    assert red(till) == ()
    assert {v.correction for v in desk(till, first(till)).invoices} == {""}
    wrong = assign(till, first(till), "HP-1", NUMBER)
    assert f"列入更正{NUMBER}的结算单已按更正后的金额开票" in "".join(wrong)
    assert till.row(later).due_on is None
    assign(till, first(till), "HP-1", NONE)
    assert till.row(later).due_on is not None


def test_a_payment_that_names_the_red_invoice_is_laid_upon_the_sheet_that_took_the_correction_up(till: Till) -> None:
    red(till)
    later = next_sheet(till)
    till.invoice(later, number="FP-2026-03", lines=FULL)
    till.pay("100.00", "HD-7", note="HP-1冲抵后")
    assert desk(till, later).open_amount == till.row(later).incl - D("100.00")
