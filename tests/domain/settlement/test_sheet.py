"""The settlement of a period: the examples of brief §0.9 and B6, every fee model, and what holds for any month."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.assessment import Tier, TierMethod, fixed_monthly_fee, hybrid_fee, per_ticket_fee, tiered_fee
from app.domain.money import cents_within
from app.domain.settlement.fees import Span, month_fee, span_of
from app.domain.settlement.figure import plain_figure, read_figure
from app.domain.settlement.month import ExtraItem, ItemKind, MonthFigures
from app.domain.settlement.plan import months_of, planned_month, stamp_basis
from app.domain.settlement.sheet import PastMonth, Sheet, settle
from app.domain.term import corresponding_day
from app.domain.variables import Answers
from tests.domain.settlement.terms import FIRST, LAST, MONTH, answers, counts, fees, figures, service, sheet_month

TIER_ROWS = (
    {"from": 0, "to": 1000, "price": D(30)},
    {"from": 1000, "to": 3000, "price": D(25)},
    {"from": 3000, "to": None, "price": D(20)},
)
TIERS = [Tier(D(0), D(1000), D(30)), Tier(D(1000), D(3000), D(25)), Tier(D(3000), None, D(20))]
NO_ROWS: dict[str, Any] = {"fees__price_rows": ()}


def one(found: MonthFigures | None = None, **changes: Any) -> Sheet:
    return settle([sheet_month(found, **changes)])


def test_the_settlement_of_the_brief_is_payable_at_113_589_60() -> None:
    sheet = one(**NO_ROWS)
    assert (sheet.fee, sheet.deduction) == (D("114000.00"), D("6840.00"))
    assert (sheet.totals.excl, sheet.totals.tax, sheet.payable) == (D("107160.00"), D("6429.60"), D("113589.60"))
    assert [(r.item, r.excl) for r in sheet.rows] == [
        ("服务费", D("114000.00")), ("服务抵扣（冲减）", D("-6840.00")), ("本期应付合计", D("107160.00")),
    ]  # fmt: skip


def test_a_month_within_the_band_reduces_100_000_by_6_000() -> None:
    assert one(figures(tickets=3000), **NO_ROWS).deduction == D("6000.00")


def test_the_repair_row_of_the_price_table_is_spread_over_the_term_at_its_own_rate() -> None:
    sheet = one()
    assert [(t.rate, t.excl, t.tax) for t in sheet.totals.by_rate] == [
        (D(6), D("107160.00"), D("6429.60")), (D(13), D("10000.00"), D("1300.00")),
    ]  # fmt: skip
    assert sheet.payable == D("124889.60")


def test_every_figure_of_the_sheet_unfolds_to_clauses_variables_and_inputs() -> None:
    sheet = one()
    assert sheet.figure.value == sheet.payable
    walked = list(sheet.figure.walk())
    for name in (
        "fees.monthly_fixed",
        "adjust.volume_rate",
        "perf.bands",
        "perf.credit_cap_pct",
        "sla.csat_target",
        "fees.price_rows",
    ):
        assert any(f.variable == name for f in walked), name
    assert all(f.clause or f.source or f.how for f in walked)
    assert read_figure(plain_figure(sheet.figure)) == sheet.figure


def test_the_ramp_up_costs_no_deduction_and_pays_no_reward() -> None:
    sheet = one(figures(date(2027, 1, 1)), perf__bonus_enabled=True)
    assert (sheet.deduction, sheet.extras) == (D("0.00"), ())
    assert "爬坡期" in sheet.assessments[0].why


def test_forged_data_cost_the_lowest_band_within_the_cap() -> None:
    assert one(figures(falsified=True), **NO_ROWS).deduction == D("22800.00")
    capped = one(figures(falsified=True), perf__credit_cap_pct=D(15), **NO_ROWS)
    assert (capped.deduction, capped.assessments[0].capped, capped.assessments[0].ratio) == (D("17100.00"), True, D(15))


@pytest.mark.parametrize(("total", "bonus"), [("满分", "3000.00"), ("重大投诉", "0.00")])
def test_a_reward_rises_in_a_straight_line_from_95_to_its_cap(total: str, bonus: str) -> None:
    best = counts(首次响应达标率=(100, 100), 接通率=(100, 100), 解决率=(100, 100), 满意度CSAT=(100, 100), 投诉率=(0, 1000))
    barred = "" if total == "满分" else "发生重大投诉"
    sheet = one(figures(tickets=3000, counts=best, no_bonus=barred), perf__bonus_enabled=True, **NO_ROWS)
    assert sheet.assessments[0].bonus == D(bonus)
    assert sum(x.amount.excl for x in sheet.extras) == D(bonus)


def test_extra_items_and_corrections_stand_in_rows_of_their_own_with_their_tax() -> None:
    items = (
        ExtraItem(ItemKind.EXTRA, "城外上门差旅", D("1000.00"), D(6), "LX-1"),
        ExtraItem(ItemKind.ADVANCE, "短信通道费", D("500.00"), D(6), "ZD-1"),
        ExtraItem(ItemKind.CORRECTION, "二月多计工单", D("-280.00"), D(6), "JS-2"),
        ExtraItem(ItemKind.RESIDUE, "二月尾差", D("0.03"), D(6)),
    )
    rows = {r.item: r for r in one(figures(items=items), **NO_ROWS).rows}
    assert rows["另计项、代垫款项和奖励"].excl == D("1500.00")
    assert rows["上期尾差与更正"].incl == D("-296.77")


def test_a_quarter_is_judged_by_the_mean_of_its_scores_on_the_sum_of_its_fees() -> None:
    months = [
        sheet_month(figures(m), perf__period="quarterly", pay__period="quarterly", **NO_ROWS)
        for m in months_of(date(2027, 4, 1), date(2027, 6, 30))
    ]
    sheet = settle(months)
    assert [(a.label, a.score, a.base, a.deduction) for a in sheet.assessments] == [
        ("2027年第2季度", D("82.49"), D("342000.00"), D("20520.00"))
    ]
    first = settle([sheet_month(figures(MONTH), perf__period="quarterly", **NO_ROWS)], [
        PastMonth(date(2027, 1, 1), D("114000.00"), D("60.00"), True), PastMonth(date(2027, 2, 1), D("100000.00"), D("97.51"), False),
    ])  # fmt: skip
    assert [(a.score, a.base, a.deduction) for a in first.assessments] == [(D("90.00"), D("214000.00"), D("0.00"))]
    assert settle([sheet_month(figures(date(2027, 5, 1)), perf__period="quarterly", **NO_ROWS)]).assessments == ()


def test_the_annual_cap_cuts_what_exceeds_it_and_warns_at_four_fifths() -> None:
    past = [PastMonth(corresponding_day(FIRST, i), D("100000.00"), D(96), False) for i in range(2)]
    sheet = settle([sheet_month(figures(tickets=3000), fees__annual_cap=D("250000.00"), **NO_ROWS)], past)
    assert (sheet.fee, sheet.lines[-1].item) == (D("50000.00"), "年度上限冲减")
    warned = settle([sheet_month(figures(tickets=3000), fees__annual_cap=D("360000.00"), **NO_ROWS)], past)
    assert (warned.fee, len(warned.notices)) == (D("100000.00"), 1)
    assert "80%" in warned.notices[0]
    later = sheet_month(figures(tickets=3000), fees__annual_cap=D("250000.00"), **NO_ROWS)
    year = replace(later, figures=figures(date(2028, 3, 1), tickets=3000), span=Span(date(2028, 3, 1), date(2028, 3, 31)))
    new_year = settle([year], [PastMonth(date(2027, 12, 1), D("250000.00"), D(96), False)])
    assert new_year.fee == D("100000.00")


def test_a_part_of_a_month_is_paid_by_its_days() -> None:
    found, span = figures(tickets=100), span_of(MONTH, date(2027, 3, 17), LAST)
    assert span is not None
    assert (span.served, span.days) == (15, 31)
    assert month_fee(found, fees(**NO_ROWS), span).amount == D("48387.10")
    assert span_of(date(2028, 1, 1), FIRST, LAST) is None


def test_the_guarantee_fills_up_and_shrinks_by_the_days_without_service() -> None:
    changes: dict[str, Any] = {"fees__model": "per_ticket", "fees__min_guarantee": D("62000.00"), **NO_ROWS}
    assert one(figures(tickets=1000), **changes).fee == D("62000.00")
    assert one(figures(tickets=1000, outage_days=10), **changes).fee == D("42000.00")
    assert one(figures(tickets=3000), **changes).fee == D("84000.00")


def test_seats_are_paid_by_presence_with_the_agreed_floor() -> None:
    changes: dict[str, Any] = {"fees__model": "per_seat", "fees__unit_price_seat": D("8000.00"), **NO_ROWS}
    half = figures(seat_days_due=D(200), seat_days_present=D(100))
    assert one(half, **changes).fee == D("44000.00")
    assert settle([sheet_month(half, {"8.1-t1": "fallback"}, **changes)]).fee == D("70400.00")


@given(st.integers(0, 9000), st.sampled_from(["1.0", "0.8", "1.25", "1.05"]))
@settings(max_examples=40, deadline=None)
def test_lines_of_every_model_add_up_to_the_formula_of_the_brief(tickets: int, factor: str) -> None:
    q, rate = D(tickets), D(factor)
    changes: dict[str, Any] = {"adjust__volume_rate": rate, "fees__tiers": TIER_ROWS, **NO_ROWS}
    expected = {
        "fixed_monthly": fixed_monthly_fee(q, D("100000.00"), D(3000), D(20), D("28.00"), rate),
        "hybrid": hybrid_fee(q, D("100000.00"), D(3000), D(20), D("28.00"), rate),
        "per_ticket": per_ticket_fee(q, D("28.00")),
        "tiered": tiered_fee(q, TIERS, TierMethod.MARGINAL),
    }
    for model, fee in expected.items():
        sheet = one(figures(tickets=tickets), fees__model=model, **changes)
        assert sheet.fee == fee
        assert all(x.quantity * x.price == x.amount.excl for x in sheet.lines)
    whole = one(figures(tickets=tickets), fees__model="tiered", fees__tier_method="whole", **changes)
    assert whole.fee == tiered_fee(q, TIERS, TierMethod.WHOLE)


@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500)), min_size=7, max_size=7), st.integers(0, 9000),
    st.lists(st.tuples(st.sampled_from(list(ItemKind)), st.integers(-500, 100000), st.sampled_from([6, 13])), max_size=3),
)  # fmt: skip
@settings(max_examples=50, deadline=None)
def test_any_sheet_adds_up_keeps_its_caps_and_comes_out_the_same_again(
    pairs: list[tuple[int, int]], tickets: int, items: list[tuple[ItemKind, int, int]]
) -> None:
    names = [level.name for level in service().levels]
    given_counts = {n: (min(a, b), max(a, b)) for n, (a, b) in zip(names, pairs, strict=True)}
    extra = tuple(ExtraItem(k, f"第{i}项", D(v) / 100, D(r), "PZ") for i, (k, v, r) in enumerate(items))
    found = figures(tickets=tickets, counts=counts(**given_counts), items=extra)
    sheet = one(found, perf__bonus_enabled=True)
    for key in ("excl", "tax", "incl"):
        assert sum((getattr(r, key) for r in sheet.rows[:-1]), D(0)) == getattr(sheet.rows[-1], key)
    assert all(r.incl == r.excl + r.tax for r in sheet.rows)
    assert sheet.rows[-1].incl == sheet.totals.incl == sum((t.incl for t in sheet.totals.by_rate), D(0))
    judged = sheet.assessments[0]
    assert D(0) <= judged.deduction <= cents_within(sheet.fee * D(20) / 100)
    assert D(0) <= judged.bonus <= cents_within(sheet.fee * D(3) / 100)
    assert not (judged.bonus and judged.deduction)
    assert one(found, perf__bonus_enabled=True) == sheet


@given(st.sampled_from(range(7)), st.integers(0, 400), st.integers(0, 100))
@settings(max_examples=40, deadline=None)
def test_a_better_figure_never_lowers_the_score_nor_raises_the_deduction(place: int, top: int, more: int) -> None:
    name = service().levels[place].name
    better, worse = (top + more, top) if service().levels[place].higher else (top, top + more)
    low, high = (one(figures(counts=counts(**{name: (v, 500)})), **NO_ROWS) for v in (worse, better))
    assert low.assessments[0].score is not None
    assert high.assessments[0].score is not None
    assert high.assessments[0].score >= low.assessments[0].score
    assert high.deduction <= low.deduction


@given(st.decimals("0.01", "9999999.99", places=2), st.sampled_from([date(2027, 1, 1), date(2027, 1, 15), date(2027, 2, 10)]))
@settings(max_examples=30, deadline=None)
def test_instalments_of_a_fixed_amount_add_up_to_it(amount: D, starts: date) -> None:
    last = corresponding_day(starts, 12) - (date(2027, 1, 2) - date(2027, 1, 1))
    terms = fees(term__start_date=starts, fees__price_rows=({"item": "维修", "category": "repair", "excl_tax": amount},))
    total = D(0)
    for month in months_of(starts, last):
        span = span_of(month, starts, last)
        assert span is not None
        total += sum((x.amount.excl for x in month_fee(figures(month), terms, span).lines if not x.fee), D(0))
    assert total == amount


def test_the_plan_of_the_year_is_the_listed_total_of_the_contract() -> None:
    plan = [planned_month(m, fees(), FIRST, LAST) for m in months_of(FIRST, LAST)]
    assert sum((p.incl for p in plan if p), D(0)) == D("1407600.00")
    assert planned_month(date(2028, 1, 1), fees(), FIRST, LAST) is None


def test_stamp_tax_is_counted_from_the_listed_amounts_or_else_from_what_was_settled() -> None:
    assert [(b.label, b.excl) for b in stamp_basis(answers(), ())] == [
        ("税率6%的项目", D("1200000.00")),
        ("税率13%的项目", D("120000.00")),
    ]
    open_: Answers = answers(fees__price_table=None)
    assert [b.excl for b in stamp_basis(open_, [(D(6), D("100.00")), (D(6), D("50.00"))])] == [D("150.00")]
