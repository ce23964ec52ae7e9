"""A month within which the terms change: each part by the terms of its days over those of the month (amendment.impact.fees)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal as D
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.money import cents
from app.domain.settlement.fees import Span, month_fee
from app.domain.settlement.plan import planned_month
from app.domain.settlement.sheet import SheetMonth, settle
from app.domain.settlement.spells import Spell, joined, lacking, split_fee
from app.domain.settlement.terms import FeeTerms
from tests.domain.settlement.terms import MONTH, fees, figures, service

NO_ROWS: dict[str, Any] = {"fees__price_rows": ()}
SPAN = Span(MONTH, date(2027, 3, 31))


def spells(before: FeeTerms, after: FeeTerms, turn: date = date(2027, 3, 16), **changes: Any) -> tuple[Spell, ...]:
    return (
        Spell(MONTH, turn - timedelta(days=1), service(), before),
        Spell(turn, SPAN.last, service(**changes), after),
    )


def test_a_fixed_fee_that_rises_within_the_month_is_split_by_natural_days() -> None:
    made = split_fee(figures(tickets=3000), spells(fees(**NO_ROWS), fees(fees__monthly_fixed=D("120000.00"), **NO_ROWS)), SPAN)
    assert [(x.item, x.amount.excl) for x in made.lines] == [
        ("固定月费（3月1日至15日）", D("48387.10")), ("固定月费（3月16日至31日）", D("61935.48")),
    ]  # fmt: skip
    assert made.amount == D("110322.58")
    part = made.figure.parts[1]
    assert part.how == "按该段条款计算的全月120,000.00×16日÷31日"
    assert [f.variable for f in part.walk() if f.variable] == ["fees.monthly_fixed"]


def test_tickets_go_by_the_same_days_and_the_deduction_by_the_whole_fee() -> None:
    own = {"fees__model": "per_ticket", **NO_ROWS}
    turned = spells(fees(**own), fees(fees__unit_price_ticket=D("30.00"), **own))
    sheet = settle([SheetMonth(figures(), service(), fees(**own), SPAN, turned)])
    # 4,100 × 28.00 × 15/31 and 4,100 × 30.00 × 16/31
    assert [x.amount.excl for x in sheet.lines] == [D("55548.39"), D("63483.87")]
    assert sheet.assessments[0].base == D("119032.26")
    assert sheet.deduction == D("7141.94")


def test_the_annual_cap_of_the_last_part_cuts_the_whole_and_equal_prices_are_not_split() -> None:
    turned = spells(fees(fees__annual_cap=D("90000.00"), **NO_ROWS), fees(fees__annual_cap=D("95000.00"), **NO_ROWS))
    made = split_fee(figures(tickets=3000), turned, SPAN)
    assert [(x.item, x.amount.excl) for x in made.lines] == [("固定月费", D("100000.00")), ("年度上限冲减", D("-5000.00"))]


def test_a_fee_that_stays_as_it_is_stands_once_whatever_else_changes() -> None:
    made = split_fee(
        figures(tickets=4100),
        (
            Spell(MONTH, date(2027, 3, 10), service(), fees(**NO_ROWS)),
            Spell(date(2027, 3, 11), date(2027, 3, 20), service(), fees(adjust__volume_rate=D("1.1"), **NO_ROWS)),
            Spell(date(2027, 3, 21), SPAN.last, service(), fees(adjust__volume_rate=D("1.2"), **NO_ROWS)),
        ),
        SPAN,
    )
    assert made.lines[0].item == "固定月费"
    assert made.lines[0].amount.excl == D("100000.00")
    assert [x.item for x in made.lines[1:]] == [f"超出波动区间的工单（3月{d}日）" for d in ("1日至10", "11日至20", "21日至31")]


@given(
    st.decimals("0.01", "999999.99", places=2), st.lists(st.integers(2, 31), min_size=1, max_size=4, unique=True),
    st.lists(st.decimals("1", "99", places=2), min_size=5, max_size=5),
)  # fmt: skip
@settings(max_examples=80, deadline=None)
def test_the_parts_of_a_line_add_up_to_its_rounded_whole(fixed: D, turns: list[int], prices: list[D]) -> None:
    starts = [1, *sorted(turns)]
    ends = [*(d - 1 for d in starts[1:]), 31]
    turned = tuple(
        Spell(date(2027, 3, a), date(2027, 3, b), service(), fees(fees__monthly_fixed=fixed, fees__unit_price_ticket=p, **NO_ROWS))
        for a, b, p in zip(starts, ends, prices, strict=False)
    )  # fmt: skip
    found = figures(tickets=4100)
    made = split_fee(found, turned, SPAN)
    assert [x.amount.excl for x in made.lines if x.item == "固定月费"] == [fixed]
    exact = sum((Fraction(month_fee(found, s.fees, SPAN).lines[1].raw) * s.days / 31 for s in turned), Fraction(0))
    assert abs(Fraction(made.amount - fixed) - exact) <= Fraction(1, 200)


def test_the_plan_of_a_year_goes_by_the_parts_of_a_month_too() -> None:
    before, after = fees(**NO_ROWS), fees(fees__monthly_fixed=D("120000.00"), **NO_ROWS)
    whole = planned_month(MONTH, before, MONTH, SPAN.last)
    split = planned_month(MONTH, before, MONTH, SPAN.last, spells=spells(before, after))
    assert whole is not None
    assert split is not None
    assert (whole.excl, split.excl) == (D("100000.00"), D("110322.58"))
    later = planned_month(MONTH, before, MONTH, SPAN.last, spells=spells(before, fees(fees__model="per_ticket", **NO_ROWS)))
    assert later is not None
    assert later.estimated


def test_what_changes_no_money_and_no_score_makes_no_parts() -> None:
    assert joined(spells(fees(), fees(), breach__sla_fail_in_year=7)) == ()
    assert len(joined(spells(fees(), fees(), perf__credit_cap_pct=D(5)))) == 2


@pytest.mark.parametrize(
    ("turned", "found", "said"),
    [
        (spells(fees(), fees(), sla__answer_rate_target=D(80)), {}, "接通率在3月1日至15日、3月16日至31日各自的分子和分母"),
        (spells(fees(), fees(), perf__credit_cap_pct=D(5)), {}, "首次响应达标率、接通率"),
        (spells(fees(), fees(fees__model="per_seat", fees__unit_price_seat=D("8000.00"))), {}, "当月应到岗席位日和实际到岗席位日"),
        (spells(fees(), fees(fees__model="per_ticket")), {"tickets": None}, "当月有效工单量"),
        (spells(fees(), fees(fees__model="per_ticket")), {}, ""),
    ],
)  # fmt: skip
def test_what_is_lacking_is_named(turned: tuple[Spell, ...], found: dict[str, Any], said: str) -> None:
    missing = lacking(replace(figures(), **found), turned, SPAN)
    assert said in "；".join(missing)
    assert bool(missing) is bool(said)


@given(
    st.sampled_from(["fixed_monthly", "hybrid", "per_ticket"]), st.integers(0, 9000), st.integers(2, 31),
    st.tuples(st.decimals("1", "99", places=2), st.decimals("1", "99", places=2)),
)  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_each_line_is_its_whole_month_by_days_and_the_sum_lies_between_both_prices(
    model: str, tickets: int, turn: int, prices: tuple[D, D]
) -> None:
    before, after = (fees(fees__model=model, fees__unit_price_ticket=p, **NO_ROWS) for p in prices)
    turned = spells(before, after, date(2027, 3, turn))
    found = figures(tickets=tickets)
    wholes = [month_fee(found, f, SPAN).amount for f in (before, after)]
    made = split_fee(found, turned, SPAN)
    slack = D("0.01") * len(made.lines)
    assert min(wholes) - slack <= made.amount <= max(wholes) + slack
    if prices[0] != prices[1]:
        exact = sum((x.raw * s.days / 31 for s in turned for x in month_fee(found, s.fees, SPAN).lines), D(0))
        assert abs(made.amount - cents(exact)) <= slack
    assert made.amount == sum((x.amount.excl for x in made.lines), D(0))
