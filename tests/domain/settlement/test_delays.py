"""Damages for delay: the agreed rate, the LPR in force on each day, the cap, and that the parts add up (section 8.2; brief B5; SMEP:17)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal as D
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.lpr import LprRegister, Quote
from app.domain.money import cents, cents_within, late_penalty
from app.domain.settlement.delays import FloatingRate, delay, late_rate, late_rates
from app.domain.settlement.receivable import Claim
from tests.domain.settlement.terms import calendar, pay

DAY = date(2026, 4, 7)
BIG = {"party_b__enterprise_size": "large"}


def register(*quotes: tuple[str, str]) -> LprRegister:
    return LprRegister(Quote(date.fromisoformat(on), D(one), None, date.fromisoformat(on)) for on, one in quotes)


def floating(found: LprRegister, **changes: object) -> FloatingRate:
    rates = late_rates(pay({"8.2-t2": "fallback"}, **changes), found, calendar())
    assert isinstance(rates, FloatingRate)
    return rates


KNOWN = register(("2026-03-20", "3.00"), ("2026-04-20", "3.00"), ("2026-05-20", "2.80"), ("2026-06-22", "2.80"))


def test_a_change_of_the_lpr_during_the_delay_is_reckoned_from_its_publication() -> None:
    found = delay(Claim(D("100000.00"), DAY, DAY, ""), (), date(2026, 6, 30), floating(KNOWN, **BIG), D(20))
    # 42 days (8 April to 19 May) at 4.5 % a year, 42 days at 4.2 %
    assert [(s.first, s.piece.until, s.piece.days, s.piece.rate.lpr, s.amount) for s in found.segments] == [
        (date(2026, 4, 8), date(2026, 5, 19), 42, D("3.00"), D("517.81")),
        (date(2026, 5, 20), date(2026, 6, 30), 42, D("2.80"), D("483.29")),
    ]
    assert (found.damages, found.missing) == (D("1001.10"), ())
    assert found.lines[1] == "100,000.00元×一年期LPR2.8%（2026-05-20公布）的1.5倍÷365×42日"
    assert found.figure.value == sum((p.value for p in found.figure.parts if p.value is not None), D(0))
    assert [p.text for p in found.figure.parts[0].parts] == ["100,000.00元", "42日", "3%", "1.5倍"]


def test_a_month_that_is_not_on_record_makes_the_sum_provisional_and_is_named() -> None:
    known = register(("2026-03-20", "3.00"))
    found = delay(Claim(D("100000.00"), DAY, DAY, ""), (), date(2026, 4, 27), floating(known), D(20))
    assert found.missing == (date(2026, 4, 1),)
    assert "缺2026年4月公布的LPR，暂按2026-03-20公布" in found.lines[1]
    assert delay(Claim(D("100000.00"), DAY, DAY, ""), (), date(2026, 4, 19), floating(known), D(20)).missing == ()
    nothing = delay(Claim(D("100000.00"), DAY, DAY, ""), (), date(2026, 4, 17), floating(register()), D(20))
    assert nothing.missing == (date(2026, 3, 1),)
    assert "暂按签订时的LPR" in nothing.lines[0]


def test_towards_a_small_enterprise_a_fallen_lpr_is_never_below_that_at_signing() -> None:
    low = register(("2026-03-20", "1.00"), ("2026-04-20", "1.00"))
    small = delay(Claim(D("100000.00"), DAY, DAY, ""), (), date(2026, 5, 1), floating(low), D(20))
    large = delay(Claim(D("100000.00"), DAY, DAY, ""), (), date(2026, 5, 1), floating(low, **BIG), D(20))
    assert (small.damages, large.damages) == (D("197.26"), D("98.63")), "24 days at 3 % and at 1.5 %"
    assert "低于该LPR" in small.lines[0]


def test_what_was_agreed_as_a_rate_of_its_own_asks_for_no_register() -> None:
    assert late_rates(pay(), register(), calendar()) == late_rate(pay())


@given(
    st.lists(st.integers(100, 500), min_size=6, max_size=6),
    st.decimals("0.01", "9999999.99", places=2),
    st.integers(0, 160),
    st.lists(st.tuples(st.integers(0, 160), st.integers(1, 60)), max_size=3),
)
@settings(max_examples=60, deadline=None)
def test_segments_are_what_each_day_comes_to_and_add_up_to_the_fen(
    rates: list[int], amount: D, late: int, parts: list[tuple[int, int]]
) -> None:
    days = ("2026-03-20", "2026-04-20", "2026-05-20", "2026-06-22", "2026-07-20", "2026-08-20")
    known = [(date.fromisoformat(on), D(r) / 100) for on, r in zip(days, rates, strict=True)]
    paid = [(DAY + timedelta(days=n), amount * share / 200) for n, share in parts]
    paid = [(on, a.quantize(D("0.01"))) for on, a in paid]
    found = delay(
        Claim(amount, DAY, DAY, ""),
        paid,
        DAY + timedelta(days=late),
        floating(register(*((f"{d}", f"{r}") for d, r in known)), **BIG),
        D(30),
    )
    exact = Fraction(0)
    for n in range(1, late + 1):
        on = DAY + timedelta(days=n)
        owed = max(D(0), amount - sum((a for d, a in paid if d < on), D(0)))
        percent = max((d, r) for d, r in known if d <= on)[1]
        exact += Fraction(owed) * Fraction(percent) * 3 / 2 / 100 / 365
    whole = cents(D(exact.numerator) / D(exact.denominator))
    assert sum((s.amount for s in found.segments), D(0)) == whole
    assert found.damages <= whole
    assert found.damages == whole or found.capped
    assert not found.missing


def test_damages_of_the_brief_are_600_and_end_at_the_cap() -> None:
    claim = Claim(D("100000.00"), date(2027, 5, 12), date(2027, 5, 12), "应付款项")
    rate = late_rate(pay(party_b__enterprise_size="large"))
    assert delay(claim, (), date(2027, 6, 1), rate, D(20)).damages == D("600.00")
    assert delay(claim, (), date(2027, 5, 12), rate, D(20)).damages == D("0.00")
    capped = delay(claim, (), date(2029, 12, 31), rate, D(20))
    assert (capped.damages, capped.capped) == (D("20000.00"), True)


def test_damages_run_on_what_is_unpaid_and_stop_with_the_last_payment() -> None:
    claim = Claim(D("100000.00"), date(2027, 5, 12), date(2027, 5, 12), "应付款项")
    rate, paid = late_rate(pay()), [(date(2027, 5, 12), D("40000.00")), (date(2027, 5, 22), D("60000.00"))]
    found = delay(claim, paid, date(2027, 12, 1), rate, D(20))
    assert (found.outstanding, found.overdue, found.damages, found.days) == (D("0.00"), D("0.00"), D("180.00"), 10)


def test_towards_a_small_enterprise_the_rate_is_never_below_the_lpr_and_five_without_agreement() -> None:
    assert late_rate(pay(pay__late_daily_rate_bp=D("0.5"))).bp * 365 == 300
    assert late_rate(pay(pay__late_daily_rate_bp=D(0))).bp == 5
    assert late_rate(pay(pay__late_daily_rate_bp=D("0.5"), party_a__enterprise_size="medium")).bp == D("0.5")
    multiple = late_rate(pay({"8.2-t2": "fallback"}))
    assert multiple.bp * 365 == 450
    assert "暂按签订时的LPR" in multiple.words


@given(
    st.decimals("0.01", "9999999.99", places=2),
    st.integers(0, 1000),
    st.lists(st.tuples(st.integers(0, 400), st.integers(1, 100)), max_size=4),
)
@settings(max_examples=60, deadline=None)
def test_damages_never_exceed_those_of_paying_nothing_nor_the_cap(amount: D, late: int, parts: list[tuple[int, int]]) -> None:
    day = date(2027, 5, 12)
    claim, rate = Claim(amount, day, day, ""), late_rate(pay())
    share = (amount / 5).quantize(D("0.01"))
    paid = [(day + timedelta(days=d), min(share, D(x))) for d, x in parts]
    found = delay(claim, paid, day + timedelta(days=late), rate, D(20))
    nothing = late_penalty(amount, D(3), late, D(20))
    assert delay(claim, (), day + timedelta(days=late), rate, D(20)).damages == nothing
    assert D(0) <= found.damages <= nothing <= cents_within(amount / 5)
    assert found.outstanding == max(D(0), amount - sum((a for d, a in paid if d <= day + timedelta(days=late)), D(0)))
