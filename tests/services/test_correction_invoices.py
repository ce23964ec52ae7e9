"""Red-letter and further invoices of a correction: the first sheet keeps its due day, the sheet that took it up awaits the rest."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest

from app.domain.audit_words import words_of
from app.domain.errors import ContractError, InputError
from app.domain.settlement.invoices import InvoiceLine
from app.services.invoicing import NONE, assign_invoice
from app.services.money_rows import sheet_of
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


def anew(till: Till, cut: bool = True, **changes: Any) -> tuple[str, ...]:
    """Issued in the place of what was reversed, by default at the corrected amount."""
    off = (D("2632.00"), D("157.92")) if cut else (D(0), D(0))
    six, thirteen = sheet_of(till.row(first(till))).by_rate
    lines = (InvoiceLine(six.rate, six.excl - off[0], six.tax - off[1]), InvoiceLine(thirteen.rate, thirteen.excl, thirteen.tax))
    return till.invoice(first(till), **{"number": "FP-new", "lines": lines, **changes})


def test_reversed_in_full_and_issued_anew_at_the_corrected_amount_both_together_carry_the_correction(till: Till) -> None:
    due = till.row(first(till)).due_on
    assert till.invoice(first(till), number="HP-1", red_of="FP-2026-02") == ()
    assert till.row(first(till)).due_on is None
    assert anew(till.at("2026-03-20")) == ()
    assert {(v.invoice.number, v.correction, v.wrong) for v in desk(till, first(till)).invoices} == {
        ("FP-2026-02", "", ()), ("HP-1", NUMBER, ()), ("FP-new", NUMBER, ()),
    }  # fmt: skip
    later_due = till.row(first(till)).due_on
    assert due is not None
    assert later_due is not None
    assert later_due > due, "the period starts with the invoice that is right now"
    later = next_sheet(till)
    assert till.invoice(later, number="FP-2026-03", lines=FULL) == ()
    assert till.row(later).due_on is not None


def test_what_was_issued_anew_before_anybody_accepted_the_correction_is_told_and_assigned_together(till: Till) -> None:
    till.invoice(first(till), number="HP-1", red_of="FP-2026-02")
    anew(till, correction=NONE)
    due = desk(till, first(till)).due
    assert due is not None
    assert due.waiting.endswith("先票后款（现已收到的与结算单相比，税率6%尚差不含税2,632.00元、税额157.92元）")
    with pytest.raises(InputError, match="请改变重开的蓝字发票的归属"):
        assign(till, first(till), "HP-1", NUMBER)
    assert assign(till, first(till), "FP-new", NUMBER) == ()
    assert {v.invoice.number for v in desk(till, first(till)).invoices if v.correction} == {"HP-1", "FP-new"}
    assert till.row(first(till)).due_on is not None
    assign(till, first(till), "FP-new", NONE)
    assert {v.correction for v in desk(till, first(till)).invoices} == {""}
    assert till.row(first(till)).due_on is None


def test_where_the_next_sheet_has_taken_the_correction_off_the_first_is_issued_anew_as_it_was(till: Till) -> None:
    later = next_sheet(till)
    assert till.invoice(later, number="FP-2026-03") == ()
    till.invoice(first(till), number="HP-1", red_of="FP-2026-02")
    assert "红冲重开应按本结算单原来的金额" in "".join(anew(till))
    assert till.row(later).due_on is not None
    till.invoice(first(till), number="HP-2", red_of="FP-new", lines=tuple(_negative(till, "FP-new")))
    assert anew(till, cut=False, number="FP-new-2") == ()
    assert till.row(first(till)).due_on is not None


def test_a_blue_one_takes_the_red_ones_that_reverse_it_along(till: Till) -> None:
    """Reversed in full it counts nowhere."""
    plus = (InvoiceLine(D(6), D("2632.00"), D("157.92")),)
    till.invoice(first(till), number="BC", lines=plus, correction=NONE)
    till.invoice(first(till), number="HC", red_of="BC", lines=CUT, correction=NONE)
    later = next_sheet(till)
    till.invoice(later, number="FP-2026-03", lines=FULL)
    assign(till, first(till), "BC", NUMBER)
    assert {v.invoice.number for v in desk(till, first(till)).invoices if v.correction} == {"BC", "HC"}
    assert till.row(later).due_on is None
    with pytest.raises(InputError, match="所冲销的蓝字发票BC属于更正"):
        assign(till, first(till), "HC", NONE)
    with pytest.raises(InputError, match="所冲销的蓝字发票BC属于更正"):
        till.invoice(first(till), number="HC-2", red_of="BC", lines=CUT, correction=NONE)


def _negative(till: Till, number: str) -> list[InvoiceLine]:
    held = next(v.invoice for v in desk(till, first(till)).invoices if v.invoice.number == number)
    return [InvoiceLine(x.rate, -x.excl, -x.tax) for x in held.lines]


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
