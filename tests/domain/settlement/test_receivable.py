"""Due days, invoices before payment, objections, damages for delay (section 8.2; brief B5; SMEP:9, SMEP:17)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal as D

import pytest

from app.domain.money import TaxedAmount, from_excl
from app.domain.settlement.delays import delay, late_rate
from app.domain.settlement.invoices import Claimed, Invoice, InvoiceLine, invoice_faults, right_since
from app.domain.settlement.receivable import Objection, claims, expected_due, payment_due
from tests.domain.settlement.terms import calendar, pay

CONFIRMED = date(2027, 4, 12)
USCC = "91110105MA00ABCD4R"
SHEET = Claimed((from_excl(D("107160.00"), D(6)), from_excl(D("10000.00"), D(13))), "special", USCC)


def invoice(number: str = "1", *lines: tuple[str, str, str], on: date = CONFIRMED, red_of: str = "", **changes: str) -> Invoice:
    rows = lines or (("6", "107160.00", "6429.60"), ("13", "10000.00", "1300.00"))
    found = Invoice(number, number, "special", on, on, tuple(InvoiceLine(D(r), D(e), D(t)) for r, e, t in rows), USCC, red_of)
    return replace(found, **changes)  # type: ignore[arg-type]


def test_the_payment_period_runs_from_confirmation_once_the_right_invoice_is_there() -> None:
    due = payment_due(CONFIRMED, CONFIRMED + timedelta(days=2), pay(), calendar())
    assert due.day is not None
    assert (due.day.day, due.invoice_by.day) == (date(2027, 5, 12), date(2027, 4, 19))
    assert any("自2027年4月12日次日起算30个自然日" in line for line in due.day.lines)
    assert expected_due(CONFIRMED, pay(), calendar()).day == due.day.day


def test_a_late_invoice_moves_the_due_day_by_as_much_and_none_lets_nothing_fall_due() -> None:
    late = payment_due(CONFIRMED, date(2027, 4, 29), pay(), calendar())
    assert late.day is not None
    assert late.day.day == date(2027, 5, 24), "ten days late, and 22 May is a Saturday"
    waiting = payment_due(CONFIRMED, None, pay(), calendar())
    assert (waiting.day, waiting.waiting) == (None, "尚未收到与结算单相符的发票，先票后款")


@pytest.mark.parametrize(
    ("size", "days", "end", "said"),
    [("large", 60, date(2027, 6, 11), ""), ("large", 90, date(2027, 7, 12), "行业规范和交易习惯"), ("public_body", 90, date(2027, 6, 11), "按60日计算"),
     ("public_body", 45, date(2027, 5, 27), "一般不超过30日"), ("medium", 90, date(2027, 7, 12), "")],
)  # fmt: skip
def test_sixty_days_bind_a_public_body_and_are_told_to_a_large_enterprise(size: str, days: int, end: date, said: str) -> None:
    due = payment_due(CONFIRMED, CONFIRMED, pay(party_a__enterprise_size=size, pay__days_after_confirm=days), calendar())
    assert due.day is not None
    assert due.day.day == end
    assert said in "".join(due.remarks)
    assert bool(due.remarks) is bool(said)


def test_the_right_invoice_matches_the_settlement_to_the_fen_by_rate() -> None:
    assert invoice_faults(invoice(), SHEET, (), ()) == ()
    assert right_since(SHEET, [invoice()]) == CONFIRMED
    parts = [invoice("1", ("6", "107160.00", "6429.60")), invoice("2", ("13", "10000.00", "1300.00"), on=date(2027, 4, 20))]
    assert invoice_faults(parts[1], SHEET, parts[:1], parts[:1]) == ()
    assert right_since(SHEET, parts[:1]) is None
    assert right_since(SHEET, parts) == date(2027, 4, 20)


@pytest.mark.parametrize(
    ("found", "said"),
    [(invoice(kind="ordinary"), "应为增值税专用发票"), (invoice(buyer_uscc="91310115MA1K0XYW5B"), "购买方"),
     (invoice("1", ("6", "107160.01", "6429.60")), "超过结算单尚未开票的107,160.00元"), (invoice("1", ("6", "107160.00", "6429.59")), "不符"),
     (invoice("1", ("3", "100.00", "3.00")), "税率3%不在结算单中")],
)  # fmt: skip
def test_what_is_wrong_with_an_invoice_is_said_and_starts_no_payment_period(found: Invoice, said: str) -> None:
    assert said in "；".join(invoice_faults(found, SHEET, (), ()))
    assert right_since(SHEET, [found]) is None


def test_a_red_letter_invoice_takes_the_blue_one_back_until_a_new_one_comes() -> None:
    blue = invoice("1")
    red = invoice("2", ("6", "-107160.00", "-6429.60"), ("13", "-10000.00", "-1300.00"), on=date(2027, 4, 22), red_of="1")
    again = invoice("3", on=date(2027, 4, 23))
    assert invoice_faults(red, SHEET, [blue], [blue]) == ()
    assert right_since(SHEET, [blue, red]) is None
    assert invoice_faults(again, SHEET, [blue, red], [blue, red]) == ()
    assert right_since(SHEET, [blue, red, again]) == date(2027, 4, 23)
    too_much = invoice("4", ("6", "-107160.01", "-6429.60"), red_of="1")
    assert "超过蓝字发票" in invoice_faults(too_much, SHEET, [blue], [blue])[0]
    assert "没有找到" in invoice_faults(replace(red, red_of="9"), SHEET, [blue], [blue])[0]


def test_the_undisputed_part_is_paid_in_time_and_the_rest_within_five_days_of_the_result() -> None:
    due, amount = payment_due(CONFIRMED, CONFIRMED, pay(), calendar()), D("113589.60")
    objection = Objection(D("13589.60"), date(2027, 4, 14))
    open_ = claims(amount, due, objection, pay(), calendar())
    assert [(c.amount, c.pay_by) for c in open_] == [(D("100000.00"), date(2027, 5, 12)), (D("13589.60"), None)]
    result = replace(objection, resolved_on=date(2027, 5, 20), reduced=D("3589.60"))
    owed = claims(amount, due, result, pay(), calendar())[1]
    assert (owed.amount, owed.pay_by, owed.damages_from) == (D("10000.00"), date(2027, 5, 27), date(2027, 5, 12))
    assert delay(owed, [(date(2027, 5, 27), D("10000.00"))], date(2027, 6, 1), late_rate(pay()), D(20)).damages == D("45.00")
    assert len(claims(amount, due, objection, pay(pay__late_pause_rule="none"), calendar())) == 1


def test_half_falls_due_after_thirty_days_where_forty_five_were_agreed() -> None:
    terms = pay({"8.2-t1": "fallback"}, pay__days_after_confirm=45)
    found = claims(D("100.01"), payment_due(CONFIRMED, CONFIRMED, terms, calendar()), None, terms, calendar())
    assert [(c.amount, c.pay_by) for c in found] == [(D("50.01"), date(2027, 5, 12)), (D("50.00"), date(2027, 5, 27))]


def test_nothing_is_payable_of_a_settlement_of_nought() -> None:
    due = payment_due(CONFIRMED, CONFIRMED, pay(), calendar())
    assert claims(D("0.00"), due, None, pay(), calendar()) == ()
    assert right_since(Claimed((TaxedAmount(D(0), D(6), D(0), D(0)),), "special", USCC), ()) is None


def test_a_rate_that_a_correction_leaves_below_nothing_is_not_awaited_and_starts_no_period() -> None:
    corrected = Claimed((*SHEET.by_rate, TaxedAmount(D("-300.00"), D(9), D("-27.00"), D("-327.00"))), "special", USCC)
    assert right_since(corrected, [invoice()]) == CONFIRMED
    wrong = invoice("2", ("6", "107160.00", "6429.60"), ("13", "10000.00", "1300.00"), ("9", "-300.00", "-27.00"))
    assert invoice_faults(wrong, corrected, (), ())
    assert right_since(corrected, [wrong]) is None
