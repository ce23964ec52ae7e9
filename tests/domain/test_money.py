"""Tax, rounding differences and late payment (brief B5, §0.9)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.money import (
    annualised,
    cents,
    cents_within,
    from_excl,
    from_incl,
    late_days,
    late_penalty,
    residue,
    total,
)

D = Decimal
RATES = st.sampled_from([D(0), D(1), D(3), D(6), D(9), D(13)])
AMOUNTS = st.decimals(D("-1000000000000"), D("1000000000000"), places=2)
POSITIVE = st.decimals(D(0), D("1000000000000"), places=2)
CENT = D("0.01")


# excl, rate, tax, incl
PRICES = [
    ("1200000.00", "6", "72000.00", "1272000.00"),
    ("120000.00", "13", "15600.00", "135600.00"),
    ("107160.00", "6", "6429.60", "113589.60"),
    ("0.01", "6", "0.00", "0.01"),
    ("0.08", "6", "0.00", "0.08"),
    ("0.09", "6", "0.01", "0.10"),
    ("100.00", "0", "0.00", "100.00"),
    ("33.33", "13", "4.33", "37.66"),
    ("-100.00", "6", "-6.00", "-106.00"),
    ("9999999999999.99", "13", "1300000000000.00", "11299999999999.99"),
]


@pytest.mark.parametrize(("excl", "rate", "tax", "incl"), PRICES)
def test_tax_comes_on_top_of_a_price_without_tax(excl: str, rate: str, tax: str, incl: str) -> None:
    found = from_excl(D(excl), D(rate))
    assert (str(found.excl), str(found.tax), str(found.incl)) == (excl, tax, incl)


@pytest.mark.parametrize(
    ("incl", "rate", "excl", "tax"),
    [
        ("106.00", "6", "100.00", "6.00"),
        ("113589.60", "6", "107160.00", "6429.60"),
        ("100.00", "13", "88.50", "11.50"),
        ("0.01", "13", "0.01", "0.00"),
        ("100.00", "0", "100.00", "0.00"),
    ],
)
def test_tax_is_taken_out_of_a_price_with_tax(incl: str, rate: str, excl: str, tax: str) -> None:
    found = from_incl(D(incl), D(rate))
    assert (str(found.incl), str(found.excl), str(found.tax)) == (incl, excl, tax)


def test_the_demonstration_contract_adds_up() -> None:
    sums = total([from_excl(D("1200000.00"), D(6)), from_excl(D("120000.00"), D(13))])
    assert (sums.excl, sums.tax, sums.incl) == (D("1320000.00"), D("87600.00"), D("1407600.00"))
    assert [(p.rate, p.excl, p.tax, p.incl) for p in sums.by_rate] == [
        (D(6), D("1200000.00"), D("72000.00"), D("1272000.00")),
        (D(13), D("120000.00"), D("15600.00"), D("135600.00")),
    ]


def test_lines_are_rounded_before_they_are_summed() -> None:
    sums = total([from_excl(D("0.08"), D(6))] * 100)
    assert (sums.excl, sums.tax, sums.incl) == (D("8.00"), D("0.00"), D("8.00"))
    assert from_excl(D("8.00"), D(6)).incl == D("8.48")


def test_the_sum_of_nothing_is_nought() -> None:
    sums = total([])
    assert (str(sums.excl), str(sums.tax), str(sums.incl), sums.by_rate) == ("0.00", "0.00", "0.00", ())


@pytest.mark.parametrize(("value", "rounded"), [("0.005", "0.01"), ("0.004999", "0.00"), ("-0.005", "-0.01"), ("2.675", "2.68")])
def test_halves_round_away_from_nought(value: str, rounded: str) -> None:
    assert str(cents(D(value))) == rounded


def test_a_limit_is_cut_not_rounded() -> None:
    assert cents_within(D("6.009")) == D("6.00")


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1E+30", "-1E+17"])
def test_what_is_no_amount_of_money_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="金额超出范围"):
        cents(D(value))


@pytest.mark.parametrize("rate", ["-1", "-100", "101", "NaN"])
def test_a_rate_that_is_none_is_refused(rate: str) -> None:
    with pytest.raises(ValueError, match="税率"):
        from_excl(D(100), D(rate))
    with pytest.raises(ValueError, match="税率"):
        from_incl(D(100), D(rate))


@given(AMOUNTS, RATES)
def test_price_and_tax_always_make_the_price_with_tax(amount: Decimal, rate: Decimal) -> None:
    for found in (from_excl(amount, rate), from_incl(amount, rate)):
        assert found.excl + found.tax == found.incl
        assert all(v == v.quantize(CENT) for v in (found.excl, found.tax, found.incl))
        assert abs(found.tax - found.excl * rate / 100) <= CENT


@given(POSITIVE, RATES)
def test_taking_tax_out_and_putting_it_back_gives_the_same_price_to_the_cent(amount: Decimal, rate: Decimal) -> None:
    assert from_incl(from_excl(amount, rate).incl, rate).excl == amount
    assert abs(from_excl(from_incl(amount, rate).excl, rate).incl - amount) <= CENT


@given(st.lists(st.tuples(AMOUNTS, RATES), max_size=30))
def test_sums_by_rate_equal_the_totals_and_the_lines(lines: list[tuple[Decimal, Decimal]]) -> None:
    found = [from_excl(amount, rate) for amount, rate in lines]
    sums = total(found)
    assert sums.excl + sums.tax == sums.incl
    for part in ("excl", "tax", "incl"):
        assert getattr(sums, part) == sum((getattr(p, part) for p in sums.by_rate), D(0))
        assert getattr(sums, part) == sum((getattr(x, part) for x in found), D(0))
    assert [p.rate for p in sums.by_rate] == sorted({rate for _, rate in lines})
    assert all(p.excl + p.tax == p.incl for p in sums.by_rate)


@pytest.mark.parametrize(
    ("agreed", "lines", "difference"),
    [("100.00", ["33.33", "33.33", "33.33"], "0.01"), ("100.00", ["50.00", "50.05"], "-0.05"), ("100.00", ["99.95"], "0.05")],
)
def test_a_rounding_difference_goes_into_its_own_line(agreed: str, lines: list[str], difference: str) -> None:
    assert residue(D(agreed), [D(x) for x in lines]) == D(difference)


@pytest.mark.parametrize("lines", [["99.94"], ["100.06"]])
def test_a_larger_difference_is_an_error_not_a_rounding_difference(lines: list[str]) -> None:
    with pytest.raises(ValueError, match="尾差上限"):
        residue(D(100), [D(x) for x in lines])


@pytest.mark.parametrize(
    ("principal", "bp", "days", "cap", "expected"),
    [
        ("100000.00", "3", 20, "10", "600.00"),
        ("100000.00", "3", 0, "10", "0.00"),
        ("100000.00", "3", -4, "10", "0.00"),
        ("100000.00", "5", 365, "10", "10000.00"),
        ("100000.00", "3", 333, "10", "9990.00"),
        ("100000.00", "3", 334, "10", "10000.00"),
        ("33.33", "3", 9999, "5", "1.66"),
    ],
)
def test_late_payment_costs_by_the_day_up_to_the_cap(principal: str, bp: str, days: int, cap: str, expected: str) -> None:
    assert str(late_penalty(D(principal), D(bp), days, D(cap))) == expected


@given(POSITIVE, st.integers(0, 20), st.integers(0, 2000), st.integers(0, 30))
def test_a_penalty_never_exceeds_its_cap_and_grows_with_the_days(principal: Decimal, bp: int, days: int, cap: int) -> None:
    found = late_penalty(principal, D(bp), days, D(cap))
    assert 0 <= found <= principal * cap / 100
    assert found <= late_penalty(principal, D(bp), days + 1, D(cap))


@pytest.mark.parametrize(("principal", "bp", "cap"), [("-1", "3", "10"), ("1", "-3", "10"), ("1", "3", "-10")])
def test_a_penalty_on_negative_figures_is_refused(principal: str, bp: str, cap: str) -> None:
    with pytest.raises(ValueError, match="不得为负"):
        late_penalty(D(principal), D(bp), 10, D(cap))


def test_delay_counts_from_the_due_date_and_is_never_negative() -> None:
    assert late_days(date(2026, 10, 8), date(2026, 10, 28)) == 20
    assert late_days(date(2026, 10, 8), date(2026, 10, 8)) == 0
    assert late_days(date(2026, 10, 8), date(2026, 10, 1)) == 0


@pytest.mark.parametrize(("bp", "percent"), [("3", "10.95"), ("5", "18.25"), ("0", "0")])
def test_a_daily_rate_is_stated_by_the_year(bp: str, percent: str) -> None:
    assert annualised(D(bp)) == D(percent)
