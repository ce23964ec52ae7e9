"""Upon which debts a payment is laid: what the debtor named, then the order of CC:560, and in proportion where nothing tells them apart."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.money import CENT
from app.domain.settlement.laying import OpenItem, laid, mentioned, proposal, shared

MAY, JUNE, JULY = date(2027, 5, 12), date(2027, 6, 12), date(2027, 7, 12)
CENTS = st.integers(1, 10**9).map(lambda n: D(n) / 100)
ITEMS = st.lists(st.tuples(st.sampled_from([MAY, JUNE, JULY, None]), CENTS, st.integers(0, 1)), min_size=1, max_size=5).map(
    lambda found: [OpenItem(str(i // 2), due, owed, (), Fraction(burden)) for i, (due, owed, burden) in enumerate(found)]
)


def item(key: str, due: date | None, owed: str, *names: str, burden: int = 5) -> OpenItem:
    return OpenItem(key, due, D(owed), names, Fraction(burden))


def test_what_is_due_comes_first_and_the_rest_is_overpaid() -> None:
    open_ = [item("b", JUNE, "50.00"), item("a", MAY, "100.00"), item("c", None, "5.00")]
    assert laid(D("120.00"), open_, JUNE) == ((("a", D("100.00")), ("b", D("20.00"))), D("0.00"))
    assert laid(D("200.00"), open_, JUNE)[1] == D("45.00")


def test_of_what_is_due_the_debt_that_weighs_more_comes_first_and_of_the_rest_the_earlier_day() -> None:
    open_ = [
        item("light", MAY, "100.00", burden=3),
        item("heavy", JUNE, "100.00", burden=5),
        item("later", JULY, "100.00", burden=9),
    ]
    assert laid(D("250.00"), open_, JUNE)[0] == (("heavy", D("100.00")), ("light", D("100.00")), ("later", D("50.00")))
    assert laid(D("150.00"), open_, date(2027, 5, 1))[0] == (("light", D("100.00")), ("heavy", D("50.00"))), "nothing is due yet"


def test_debts_of_one_day_share_in_proportion_with_the_odd_cent_to_the_largest_remainder() -> None:
    open_ = [item("a", MAY, "100.00"), item("b", MAY, "200.00"), item("c", JUNE, "1.00")]
    assert laid(D("100.00"), open_, MAY)[0] == (("a", D("33.33")), ("b", D("66.67")))
    assert laid(D("300.50"), open_, MAY)[0] == (("a", D("100.00")), ("b", D("200.00")), ("c", D("0.50")))
    assert shared(D("0.05"), [D("1.00")] * 3) == [D("0.02"), D("0.02"), D("0.01")]


def test_what_the_debtor_names_goes_before_the_order_of_the_law() -> None:
    open_ = [item("a", MAY, "100.00", "JS-1"), item("b", JULY, "200.00", "JS-2", "FP-2"), item("c", JULY, "100.00", "JS-3")]
    assert proposal(D("150.00"), "货款 FP-2", open_, JULY) == ((("b", D("150.00")),), D("0.00"))
    assert proposal(D("250.00"), "JS-2", open_, JULY)[0] == (("b", D("200.00")), ("a", D("50.00")))
    assert proposal(D("150.00"), "JS-2、JS-3", open_, JULY)[0] == (("b", D("100.00")), ("c", D("50.00"))), (
        "among those named, the law"
    )


def test_an_amount_to_the_cent_names_one_debt_unless_two_such_stand_alike() -> None:
    one = [item("a", MAY, "100.00"), item("b", MAY, "200.00")]
    assert proposal(D("200.00"), "HD-1", one, MAY)[0] == (("b", D("200.00")),)
    two = [item("a", MAY, "100.00"), item("b", MAY, "100.00")]
    assert proposal(D("100.00"), "HD-1", two, MAY)[0] == (("a", D("50.00")), ("b", D("50.00")))
    assert proposal(D("100.00"), "HD-1", [item("a", JUNE, "100.00"), item("b", MAY, "100.00")], MAY)[0] == (("b", D("100.00")),)


def test_the_claims_of_one_sheet_stand_each_by_itself_and_are_summed_back() -> None:
    halves = [item("a", MAY, "100.00", "JS-1"), item("b", JUNE, "100.00", "JS-2"), item("a", JULY, "100.00", "JS-1")]
    assert proposal(D("250.00"), "HD-1", halves, JUNE)[0] == (("a", D("150.00")), ("b", D("100.00")))
    assert proposal(D("120.00"), "HD-1", halves, JUNE)[0] == (("a", D("100.00")), ("b", D("20.00")))
    assert proposal(D("200.00"), "HD-1", halves, JUNE)[0] == (("a", D("200.00")),), "a sheet as a whole to the 分"
    assert proposal(D("150.00"), "付JS-1", halves, JUNE)[0] == (("a", D("150.00")),)
    assert proposal(D("100.00"), "HD-1", halves, JUNE)[0] == (("a", D("100.00")),), "what is due before what isn't"


def test_money_in_dispute_comes_last_and_no_amount_means_it() -> None:
    paused = OpenItem("a", None, D("50.00"), ("JS-1",), Fraction(5), paused=True)
    open_ = [paused, item("b", MAY, "80.00", "JS-2"), item("c", None, "30.00", "JS-3")]
    assert proposal(D("50.00"), "HD-1", open_, MAY)[0] == (("b", D("50.00")),)
    assert proposal(D("120.00"), "HD-1", open_, MAY)[0] == (("b", D("80.00")), ("c", D("30.00")), ("a", D("10.00")))
    assert proposal(D("50.00"), "付JS-1", open_, MAY)[0] == (("a", D("50.00")),), "unless the debtor names it"


@settings(max_examples=150)
@given(CENTS, ITEMS, st.sampled_from([MAY, JUNE, JULY]))
def test_the_parts_sum_to_the_payment_and_no_part_exceeds_its_debt(amount: D, open_: list[OpenItem], paid_on: date) -> None:
    for parts, rest in (laid(amount, open_, paid_on), proposal(amount, "", open_, paid_on)):
        given_ = dict(parts)
        assert len(given_) == len(parts)
        assert sum(given_.values(), D(0)) + rest == amount
        assert rest == max(D(0), amount - sum(x.owed for x in open_))
        assert all(0 < part <= sum(x.owed for x in open_ if x.key == key) for key, part in given_.items())
        assert all(part == part.quantize(CENT) for part in given_.values())


@settings(max_examples=150)
@given(st.lists(CENTS, min_size=1, max_size=6), st.fractions(0, 1))
def test_every_share_is_proportional_to_less_than_a_cent(owed: list[D], part: Fraction) -> None:
    whole = sum(owed, D(0))
    amount = D(int(part * Fraction(whole) * 100)) / 100
    found = shared(amount, owed)
    assert sum(found, D(0)) == amount
    for debt, share in zip(owed, found, strict=True):
        assert share <= debt
        assert abs(Fraction(share) - Fraction(amount) * Fraction(debt) / Fraction(whole)) < Fraction(1, 100)


# ---- what names a debt


@pytest.mark.parametrize(
    ("name", "words", "named"),
    [
        ("FP-1", "付FP-1款", True), ("FP-1", "FP-1、FP-2", True), ("FP-1", "FP-2/FP-1", True), ("fp-1", "ＦＰ-1", True),
        ("FP-1", "FP-12", False), ("FP-1", "FP-1-2", False), ("FP-1", "XFP-1", False), ("FP-1", "A-FP-1", False),
        ("FP-1", "FP-12，另付FP-1", True), ("26112000000012345678", "发票261120000000123456789", False),
        ("JS-SHFW-2025-0001-202602", "更正GZ-JS-SHFW-2025-0001-202602-1", False),
        ("JS-SHFW-2025-0001-202602", "结算单JS-SHFW-2025-0001-202602。", True), ("", "任何文字", False), ("A.1", "A21", False),
    ],
)  # fmt: skip
def test_a_number_is_named_only_as_a_whole(name: str, words: str, named: bool) -> None:
    assert mentioned(name, words) is named


def test_a_payment_that_names_invoice_twelve_is_not_laid_upon_invoice_one() -> None:
    open_ = [
        item("one", date(2026, 4, 7), "100.00", "FP-1"),
        item("twelve", date(2026, 5, 7), "100.00", "FP-12"),
    ]
    assert proposal(D("100.00"), "HD-9 付FP-12", open_, MAY) == ((("twelve", D("100.00")),), D("0.00"))
    assert proposal(D("100.00"), "HD-9 付FP-1", open_, MAY) == ((("one", D("100.00")),), D("0.00"))


@given(st.integers(1, 9999), st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_no_number_is_named_by_a_longer_one(number: int, more: int) -> None:
    assert mentioned(f"FP-{number}", f"款项（FP-{number}）")
    assert not mentioned(f"FP-{number}", f"FP-{number}{more}")
    assert not mentioned(f"{number}", f"FP{more}{number}")
