"""Invoices that carry a correction: the first sheet keeps its match, the sheet that took the correction up awaits the rest, to the 分."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal as D

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.money import TaxedAmount, from_excl, total
from app.domain.settlement.invoices import Claimed, Invoice, InvoiceLine, Owed, invoice_faults, proposed_correction, right_since

DAY = date(2026, 3, 6)
USCC = "91110105MA00ABCD4R"


def claimed(*amounts: TaxedAmount) -> Claimed:
    return Claimed(total(amounts).by_rate, "special", USCC)


def invoice(number: str, *amounts: TaxedAmount, red_of: str = "", correction: str = "", on: date = DAY) -> Invoice:
    lines = tuple(InvoiceLine(a.rate, a.excl, a.tax) for a in amounts)
    return Invoice(number, number, "special", on, on, lines, USCC, red_of, correction)


FIRST = from_excl(D("107160.00"), D(6))
CUT = from_excl(D("-2632.00"), D(6))
SHEET = claimed(FIRST)
BLUE = invoice("blue", FIRST)


def owed(*counted: Invoice, amount: TaxedAmount = CUT, key: str = "c1", open_: bool = True) -> Owed:
    return Owed(key, f"GZ-{key}", claimed(amount), counted, open_)


def test_a_red_one_of_the_difference_belongs_to_the_correction_and_a_full_one_is_issued_anew() -> None:
    part, whole = (
        invoice("red", CUT, red_of="blue"),
        invoice("red", replace(FIRST, excl=-FIRST.excl, tax=-FIRST.tax), red_of="blue"),
    )
    assert proposed_correction(part, SHEET, [BLUE], [BLUE], [owed()]) == "c1"
    assert proposed_correction(whole, SHEET, [BLUE], [BLUE], [owed()]) == ""
    assert proposed_correction(part, SHEET, [BLUE], [BLUE], []) == ""
    assert invoice_faults(part, SHEET, [BLUE], [BLUE], owed()) == ()
    kept = replace(part, correction="c1")
    assert right_since(SHEET, [BLUE]) == DAY
    assert invoice_faults(invoice("more", CUT, red_of="blue"), SHEET, [BLUE], [BLUE, kept], owed(kept))[0].startswith(
        "税率6%的红冲2,632.00元"
    )


def test_a_part_goes_to_the_oldest_that_has_room_and_an_exact_one_before_it() -> None:
    small = from_excl(D("-1000.00"), D(6))
    both = [owed(), owed(amount=small, key="c2")]
    assert proposed_correction(invoice("red", small, red_of="blue"), SHEET, [BLUE], [BLUE], both) == "c2"
    assert proposed_correction(invoice("red", from_excl(D("-500.00"), D(6)), red_of="blue"), SHEET, [BLUE], [BLUE], both) == "c1"
    assert proposed_correction(invoice("red", from_excl(D("-5000.00"), D(6)), red_of="blue"), SHEET, [BLUE], [BLUE], both) == ""
    of_correction = replace(invoice("plus", from_excl(D("50.00"), D(6))), correction="c2")
    assert (
        proposed_correction(invoice("red", from_excl(D("-50.00"), D(6)), red_of="plus"), SHEET, [], [of_correction], both) == "c2"
    )


def test_a_correction_that_its_sheet_has_invoiced_already_is_not_proposed_and_said_to_be_there() -> None:
    part, closed = invoice("red", CUT, red_of="blue"), owed(open_=False)
    assert proposed_correction(part, SHEET, [BLUE], [BLUE], [closed]) == ""
    assert "已按更正后的金额开票" in "；".join(invoice_faults(part, SHEET, [BLUE], [BLUE], closed))


def test_more_that_is_owed_is_invoiced_by_a_blue_one_of_the_correction() -> None:
    plus = from_excl(D("2632.00"), D(6))
    extra = invoice("plus", plus)
    choice = owed(amount=plus)
    assert proposed_correction(extra, SHEET, [BLUE], [BLUE], [choice]) == "c1"
    assert invoice_faults(extra, SHEET, [BLUE], [BLUE], choice) == ()
    assert "超过结算单尚未开票" in invoice_faults(extra, SHEET, [BLUE], [BLUE])[0]
    wrong = invoice("plus", from_excl(D("2632.01"), D(6)))
    assert "超过更正GZ-c1尚未开票" in invoice_faults(wrong, SHEET, [BLUE], [BLUE], choice)[0]
    awaited = claimed(plus)
    assert proposed_correction(extra, awaited, [], [], [choice]) == "", "it is just what the sheet itself waits for"


def test_a_rate_that_the_correction_leaves_below_nothing_may_be_reversed_before_the_rest_is_awaited() -> None:
    back = from_excl(D("-300.00"), D(9))
    later = claimed(FIRST, back)
    red = invoice("red", back, red_of="elsewhere", correction="c1", on=DAY + timedelta(days=3))
    assert right_since(later, [BLUE]) == DAY
    assert right_since(later, [BLUE, red]) == DAY + timedelta(days=3)
    too_much = invoice("red", from_excl(D("-300.01"), D(9)), red_of="elsewhere", correction="c1")
    assert right_since(later, [BLUE, too_much]) is None


@given(
    st.decimals("100.00", "999999.99", places=2),
    st.lists(st.integers(1, 30), min_size=1, max_size=3),
    st.integers(0, 3),
    st.sampled_from([D(6), D(13)]),
)
@settings(max_examples=60, deadline=None)
def test_the_taking_sheet_matches_exactly_when_every_fen_of_the_correction_is_reversed(
    fee: D, shares: list[int], issued: int, rate: D
) -> None:
    cuts = [from_excl(-(fee * share / 100).quantize(D("0.01")), rate) for share in shares]
    difference = total(cuts).by_rate[0]
    later = claimed(from_excl(fee, rate), difference)
    own = invoice("later", from_excl(fee, rate))
    reds = [invoice(f"red{n}", cut, red_of="blue", correction="c1") for n, cut in enumerate(cuts)]
    first = invoice("blue", from_excl(fee, rate))
    if later.by_rate[0].excl <= 0:
        return
    assert right_since(later, [own, *reds]) == DAY
    got = reds[:issued]
    assert (right_since(later, [own, *got]) is None) is (len(got) < len(reds))
    assert right_since(claimed(from_excl(fee, rate)), [first]) == DAY, "the first sheet never sees them"
    net = invoice("later", later.by_rate[0])
    assert right_since(later, [net]) == DAY
    assert right_since(later, [net, reds[0]]) is None
