"""Monthly score, service deduction and monthly fee: the examples of brief B6 and §0.9, and what must hold for any month."""

from __future__ import annotations

from decimal import Decimal as D

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.assessment import (
    Band,
    Direction,
    Metric,
    Tier,
    TierMethod,
    band_of,
    deduction,
    fixed_monthly_fee,
    hybrid_fee,
    metric_score,
    monthly_payable,
    monthly_score,
    per_seat_fee,
    per_ticket_fee,
    tiered_fee,
)
from app.domain.money import from_excl

HIGH, LOW = Direction.HIGHER_IS_BETTER, Direction.LOWER_IS_BETTER
MONTH = [
    ("首次响应达标率", 20, "95", "90", HIGH, "96", "100.00", "20.00"),
    ("接通率", 10, "90", "85", HIGH, "88", "84.00", "8.40"),
    ("解决率", 20, "90", "85", HIGH, "87", "76.00", "15.20"),
    ("恢复及时率", 15, "95", "90", HIGH, "100", "100.00", "15.00"),
    ("满意度CSAT", 20, "90", "85", HIGH, "84", "56.47", "11.29"),
    ("投诉率", 10, "0.5", "1.0", LOW, "0.8", "76.00", "7.60"),
    ("质检合格率", 5, "95", "90", HIGH, "95", "100.00", "5.00"),
]
BANDS = [Band(D(low), D(up), D(ratio)) for low, up, ratio in
         [(95, 100, 0), (90, 95, 0), (85, 90, 3), (80, 85, 6), (70, 80, 10), (0, 70, 20)]]  # fmt: skip
TIERS = [Tier(D(0), D(1000), D(30)), Tier(D(1000), D(3000), D(25)), Tier(D(3000), None, D(20))]


def metric(row: tuple[str, int, str, str, Direction, str, str, str], **changes: object) -> Metric:
    name, weight, target, limit, direction, actual, _score, _weighted = row
    fields: dict[str, object] = {"actual": D(actual), **changes}
    return Metric(name, D(weight), D(target), D(limit), direction, **fields)  # type: ignore[arg-type]


def test_the_month_of_the_brief_scores_82_49() -> None:
    score = monthly_score(metric(row) for row in MONTH)
    assert score is not None
    assert score.total == D("82.49")
    assert [(str(m.score), str(m.weighted)) for m in score.metrics] == [(row[6], row[7]) for row in MONTH]


@pytest.mark.parametrize(("fee", "amount"), [("100000.00", "6000.00"), ("114000.00", "6840.00")])
def test_82_49_points_reduce_the_fee_by_six_percent(fee: str, amount: str) -> None:
    cut = deduction(D(fee), D("82.49"), BANDS, D(20))
    assert (cut.ratio, cut.amount, cut.capped) == (D(6), D(amount), False)


def test_the_month_of_the_demonstration_contract_is_payable_at_113589_60() -> None:
    fee = fixed_monthly_fee(D(4100), D("100000.00"), D(3000), D(20), D("28.00"), D("1.0"))
    payable = from_excl(fee - deduction(fee, D("82.49"), BANDS, D(20)).amount, D(6))
    assert fee == D("114000.00")
    assert (payable.excl, payable.tax, payable.incl) == (D("107160.00"), D("6429.60"), D("113589.60"))


@pytest.mark.parametrize(
    ("actual", "expected"),
    [("100", "100.00"), ("95", "100.00"), ("94.99", "99.92"), ("90", "60.00"), ("89.99", "59.97"), ("81", "30.00"),
     ("72.01", "0.03"), ("72", "0.00"), ("0", "0.00")],
)  # fmt: skip
def test_a_higher_is_better_metric_is_full_at_target_sixty_at_floor_nought_at_four_fifths(actual: str, expected: str) -> None:
    assert metric_score(D(actual), D(95), D(90), HIGH) == D(expected)


@pytest.mark.parametrize(
    ("actual", "expected"),
    [("0", "100.00"), ("0.5", "100.00"), ("0.75", "80.00"), ("1.0", "60.00"), ("1.25", "30.00"), ("1.5", "0.00"), ("9", "0.00")],
)
def test_a_lower_is_better_metric_mirrors_it_up_to_one_and_a_half_ceilings(actual: str, expected: str) -> None:
    assert metric_score(D(actual), D("0.5"), D("1.0"), LOW) == D(expected)


@pytest.mark.parametrize(("target", "limit", "direction"), [(90, 90, HIGH), (85, 90, HIGH), (1, 1, LOW), (2, 1, LOW)])
def test_a_target_on_the_wrong_side_of_its_limit_is_refused(target: int, limit: int, direction: Direction) -> None:
    with pytest.raises(ValueError, match="目标值"):
        metric_score(D(80), D(target), D(limit), direction)


def test_a_metric_with_too_small_a_sample_leaves_its_weight_to_the_others() -> None:
    small = [metric(row, sample=29 if row[0] == "满意度CSAT" else 30, minimum_sample=30) for row in MONTH]
    score = monthly_score(small)
    assert score is not None
    # (20 + 8.4 + 15.2 + 15 + 7.6 + 5) × 100 ÷ 80
    assert score.total == D("89.00")
    assert [str(m.weight) for m in score.metrics] == ["25.00", "12.50", "25.00", "18.75", "0.00", "12.50", "6.25"]
    assert score.metrics[4].score is None


def test_full_marks_stay_full_whatever_is_left_out() -> None:
    for left_out in range(len(MONTH)):
        month = [
            metric(row, actual=D(row[2]), sample=0 if i == left_out else 30, minimum_sample=30) for i, row in enumerate(MONTH)
        ]
        score = monthly_score(month)
        assert score is not None
        assert score.total == D("100.00")


def test_a_month_without_any_sample_has_no_score() -> None:
    assert monthly_score(metric(row, actual=None, sample=0, minimum_sample=30) for row in MONTH) is None


@pytest.mark.parametrize("sample", [None, 30])
def test_a_figure_that_was_not_reported_is_a_fault_not_a_small_sample(sample: int | None) -> None:
    month = [metric(row) for row in MONTH[:6]] + [metric(MONTH[6], actual=None, sample=sample, minimum_sample=30)]
    with pytest.raises(ValueError, match="“质检合格率”缺少当月实际值"):
        monthly_score(month)


def test_a_score_exactly_between_two_roundings_goes_up_into_the_better_band() -> None:
    """Three weights of a third: (100 + 100 + 54.985) ÷ 3 = 84.995, so 85.00; thirds cut off at 28 digits would give 84.99."""
    full = [Metric(name, D(10), D(95), D(90), HIGH, D(95), 30, 30) for name in ("甲", "乙")]
    tie = Metric("丙", D(10), D(90), D(75), HIGH, D("73.74625"), 30, 30)
    absent = Metric("丁", D(70), D(90), D(80), HIGH, None, 0, 30)
    score = monthly_score([*full, tie, absent])
    assert score is not None
    assert score.total == D("85.00")
    assert band_of(score.total, BANDS).ratio == 3


@pytest.mark.parametrize(
    ("score", "ratio"),
    [("100", 0), ("95", 0), ("94.99", 0), ("90", 0), ("89.99", 3), ("85", 3), ("84.99", 6), ("80", 6), ("79.99", 10),
     ("70", 10), ("69.99", 20), ("0", 20)],
)  # fmt: skip
def test_bands_include_their_lower_end_and_the_full_mark(score: str, ratio: int) -> None:
    assert band_of(D(score), BANDS).ratio == ratio


@pytest.mark.parametrize("score", ["-0.01", "100.01"])
def test_a_score_outside_nought_to_hundred_has_no_band(score: str) -> None:
    with pytest.raises(ValueError, match="不在任何分段之内"):
        band_of(D(score), BANDS)


def test_the_deduction_stops_at_the_cap() -> None:
    cut = deduction(D("100000.00"), D("60"), BANDS, D(15))
    assert (cut.ratio, cut.amount, cut.capped) == (D(20), D("15000.00"), True)
    assert not deduction(D("100000.00"), D("60"), BANDS, D(20)).capped


@pytest.mark.parametrize(
    ("tickets", "fee"),
    [("0", "100000.00"), ("3000", "100000.00"), ("3600", "100000.00"), ("3601", "100033.60"), ("4100", "116800.00")],
)
def test_a_fixed_fee_grows_only_above_the_volume_band(tickets: str, fee: str) -> None:
    assert fixed_monthly_fee(D(tickets), D(100000), D(3000), D(20), D(28), D("1.2")) == D(fee)


@pytest.mark.parametrize(
    ("tickets", "fee"),
    [("2000", "100000.00"), ("3000", "100000.00"), ("3500", "114000.00"), ("3600", "116800.00"), ("4100", "133600.00")],
)
def test_a_hybrid_fee_charges_from_the_baseline_and_dearer_above_the_band(tickets: str, fee: str) -> None:
    assert hybrid_fee(D(tickets), D(100000), D(3000), D(20), D(28), D("1.2")) == D(fee)


def test_a_hybrid_fee_adds_special_items_by_the_case() -> None:
    assert hybrid_fee(D(0), D(100000), D(3000), D(20), D(28), D(1), [(D(3), D("500.00")), (D(1), D("99.99"))]) == D("101599.99")


def test_a_ticket_fee_does_not_fall_below_its_guarantee() -> None:
    assert per_ticket_fee(D(100), D("28.00"), D("20000.00")) == D("20000.00")
    assert per_ticket_fee(D(1000), D("28.00"), D("20000.00")) == D("28000.00")


def test_a_seat_is_paid_for_the_days_it_was_present() -> None:
    assert per_seat_fee([(D("9000.00"), D(22), D(22)), (D("9000.00"), D(20), D(22))]) == D("17181.82")


@pytest.mark.parametrize("seat", [(D(9000), D(23), D(22)), (D(9000), D(-1), D(22)), (D(9000), D(0), D(0))])
def test_a_seat_cannot_be_present_more_days_than_due(seat: tuple[D, D, D]) -> None:
    with pytest.raises(ValueError, match="席位日"):
        per_seat_fee([seat])


@pytest.mark.parametrize(
    ("tickets", "marginal", "whole"),
    [
        (0, "0.00", "0.00"),
        (999, "29970.00", "29970.00"),
        (1000, "30000.00", "30000.00"),
        (1001, "30025.00", "30000.00"),
        (1199, "34975.00", "30000.00"),
        (1201, "35025.00", "30025.00"),
        (3000, "80000.00", "75000.00"),
        (4000, "100000.00", "80000.00"),
    ],
)
def test_tiers_are_charged_step_by_step_or_as_a_whole_without_a_cheaper_next_tier(
    tickets: int, marginal: str, whole: str
) -> None:
    assert tiered_fee(D(tickets), TIERS, TierMethod.MARGINAL) == D(marginal)
    assert tiered_fee(D(tickets), TIERS, TierMethod.WHOLE) == D(whole)


@pytest.mark.parametrize(
    ("tiers", "reason"),
    [
        ([], "为空"),
        ([Tier(D(1), None, D(5))], "从 0 起"),
        ([Tier(D(0), D(60), D(5)), Tier(D(61), None, D(4))], "缺口或重叠"),
        ([Tier(D(0), D(60), D(5)), Tier(D(50), None, D(4))], "缺口或重叠"),
        ([Tier(D(0), None, D(5)), Tier(D(0), D(7), D(4))], "缺口或重叠"),
        ([Tier(D(0), D(0), D(5)), Tier(D(0), None, D(4))], "不高于下限"),
        ([Tier(D(0), D(10), D(5))], "超出阶梯表"),
    ],
)
def test_tiers_with_a_gap_an_overlap_or_no_end_are_refused(tiers: list[Tier], reason: str) -> None:
    for method in TierMethod:
        with pytest.raises(ValueError, match=reason):
            tiered_fee(D(10), tiers, method)


@pytest.mark.parametrize(("fee", "ratio", "cap"), [("-1", "6", "20"), ("1", "-6", "20"), ("1", "6", "-20")])
def test_a_deduction_from_negative_figures_is_refused(fee: str, ratio: str, cap: str) -> None:
    with pytest.raises(ValueError, match="不得为负"):
        deduction(D(fee), D(50), [Band(D(0), D(100), D(ratio))], D(cap))


def test_a_month_is_payable_after_deduction_reward_extras_and_corrections() -> None:
    assert monthly_payable(D("114000.00"), D("6840.00")) == D("107160.00")
    assert monthly_payable(D("114000.00"), D("6840.00"), D("500"), D("1200.50"), D("-60.50")) == D("108800.00")


def test_negative_quantities_and_prices_are_refused_by_every_model() -> None:
    some = (D(100000), D(3000), D(20), D(28), D(1))
    tiers = [Tier(D(0), None, D(-1))]
    for call in (
        lambda: fixed_monthly_fee(D(-1), *some),
        lambda: hybrid_fee(D(-1), *some),
        lambda: per_ticket_fee(D(-1), D(28)),
        lambda: per_ticket_fee(D(1), D(28), D(-1)),
        lambda: tiered_fee(D(-1), TIERS, TierMethod.MARGINAL),
        lambda: tiered_fee(D(1), tiers, TierMethod.WHOLE),
    ):
        with pytest.raises(ValueError, match="不得为负"):
            call()


@pytest.mark.parametrize("weight", ["0", "-5"])
def test_a_weight_that_weighs_nothing_is_refused(weight: str) -> None:
    with pytest.raises(ValueError, match="权重应大于零"):
        monthly_score([Metric("甲", D(weight), D(90), D(80), HIGH, D(95))])


PERCENT = st.decimals(min_value=0, max_value=100, places=2)


@given(PERCENT, PERCENT)
def test_a_better_figure_never_scores_less(one: D, other: D) -> None:
    better, worse = max(one, other), min(one, other)
    assert D(100) >= metric_score(better, D(90), D(85), HIGH) >= metric_score(worse, D(90), D(85), HIGH) >= 0
    assert 0 <= metric_score(better, D("0.5"), D(1), LOW) <= metric_score(worse, D("0.5"), D(1), LOW) <= D(100)


@given(PERCENT, PERCENT, st.decimals(min_value=0, max_value=10**9, places=2), st.integers(min_value=0, max_value=30))
def test_a_better_score_never_costs_more_and_the_cap_always_holds(one: D, other: D, fee: D, cap: int) -> None:
    better, worse = (deduction(fee, s, BANDS, D(cap)).amount for s in (max(one, other), min(one, other)))
    assert 0 <= better <= worse <= fee * cap / 100


@given(st.integers(min_value=0, max_value=10**6), st.integers(min_value=0, max_value=10**6))
def test_more_tickets_never_cost_less_by_any_model(one: int, other: int) -> None:
    few, many = D(min(one, other)), D(max(one, other))
    for method in TierMethod:
        assert tiered_fee(few, TIERS, method) <= tiered_fee(many, TIERS, method)
    arguments = (D(100000), D(3000), D(20), D(28), D("0.8"))
    assert fixed_monthly_fee(few, *arguments) <= fixed_monthly_fee(many, *arguments)
    assert hybrid_fee(few, *arguments) <= hybrid_fee(many, *arguments)
    assert per_ticket_fee(few, D(28), D(20000)) <= per_ticket_fee(many, D(28), D(20000))


@given(st.lists(st.tuples(st.integers(1, 40), PERCENT, st.booleans()), min_size=1, max_size=10))
def test_reweighting_keeps_the_total_weight_and_the_score_between_nought_and_hundred(rows: list[tuple[int, D, bool]]) -> None:
    month = [
        Metric(f"指标{i}", D(weight), D(90), D(85), HIGH, actual, 30 if enough else 29, 30)
        for i, (weight, actual, enough) in enumerate(rows)
    ]
    whole = sum(m.weight for m in month)
    score = monthly_score([Metric(m.name, m.weight * 100 / whole, *_rest(m)) for m in month])
    if not any(enough for _, _, enough in rows):
        assert score is None
        return
    assert score is not None
    # Printed weights are rounded to two decimals each; nothing else may be lost.
    assert abs(sum(m.weight for m in score.metrics) - 100) <= D("0.005") * len(rows)
    assert 0 <= score.total <= 100
    assert abs(sum(m.weighted for m in score.metrics) - score.total) <= D("0.005") * (len(rows) + 1)
    counted = [m.score for m in score.metrics if m.score is not None]
    assert min(counted) <= score.total <= max(counted)


def _rest(metric: Metric) -> tuple[D, D, Direction, D | None, int | None, int]:
    return metric.target, metric.limit, metric.direction, metric.actual, metric.sample, metric.minimum_sample


@st.composite
def tier_tables(draw: st.DrawFn) -> list[Tier]:
    edges = sorted(draw(st.sets(st.integers(1, 300), max_size=5)))
    prices = draw(st.lists(st.integers(0, 10_000), min_size=len(edges) + 1, max_size=len(edges) + 1))
    bounds = [0, *edges, None]
    return [
        Tier(D(bounds[i] or 0), D(up) if (up := bounds[i + 1]) is not None else None, D(price) / 100)
        for i, price in enumerate(prices)
    ]


@given(tier_tables(), st.integers(0, 400))
def test_a_marginal_fee_equals_the_sum_ticket_by_ticket_and_never_falls(tiers: list[Tier], tickets: int) -> None:
    each = [next(t.price for t in tiers if t.lower <= n and (t.upper is None or n < t.upper)) for n in range(tickets)]
    fee = tiered_fee(D(tickets), tiers, TierMethod.MARGINAL)
    assert fee == sum(each, D(0))
    assert fee <= tiered_fee(D(tickets + 1), tiers, TierMethod.MARGINAL)


@given(tier_tables(), st.integers(0, 400))
def test_a_whole_fee_is_the_price_of_the_tier_reached_but_not_below_the_full_tier_before(tiers: list[Tier], tickets: int) -> None:
    place = next(i for i, t in enumerate(tiers) if t.lower <= tickets and (t.upper is None or tickets < t.upper))
    before = tiers[place].lower * tiers[place - 1].price if place else D(0)
    assert tiered_fee(D(tickets), tiers, TierMethod.WHOLE) == max(tickets * tiers[place].price, before)
