"""A month's score with its working and what a low score leads to (brief B6, sections 5.1–5.3, 9.1)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest

from app.domain.settlement.month import CSAT, ExtraItem, ItemKind, MetricCount, month_faults, plain_month, read_month
from app.domain.settlement.scoring import ScoredMonth, improvement_triggers, repeated_failure, score_month
from app.domain.term import corresponding_day
from tests.domain.settlement.terms import MONTH, counts, fees, figures, service

BAD = {"首次响应达标率": (80, 100), "接通率": (70, 100), "解决率": (70, 100), CSAT: (70, 100)}


def scored(month: date = MONTH, bad: bool = False) -> ScoredMonth:
    return score_month(figures(month, counts=counts(**BAD) if bad else counts()), service())


def test_the_month_of_the_brief_scores_82_49_and_every_figure_leads_to_an_input_or_a_variable() -> None:
    found = scored()
    assert found.total == D("82.49")
    assert [str(r.weighted) for r in found.results] == ["20.00", "8.40", "15.20", "15.00", "11.29", "7.60", "5.00"]
    leaves = [f for f in found.figure.walk() if not f.parts]
    assert leaves
    assert all(f.variable or f.source for f in leaves)
    assert any(f.how == "60 + 40×(88－85)÷(90－85)" for f in found.figure.walk())


def test_a_sample_below_the_minimum_leaves_the_metric_out_and_spreads_its_weight() -> None:
    found = score_month(figures(counts=counts(质检合格率=(5, 10))), service())
    quality = found.results[-1]
    assert (quality.score, quality.weight, quality.left_out) == (None, D(0), "样本10少于最低样本量30")
    assert sum(r.weight for r in found.results) == pytest.approx(D(100), abs=D("0.02"))


def test_satisfaction_does_not_count_where_fewer_than_a_fifth_answered() -> None:
    low = MetricCount(CSAT, D(100), D(100), invited=D(501))
    enough = MetricCount(CSAT, D(100), D(100), invited=D(500))
    assert score_month(figures(counts=counts(满意度CSAT=low)), service()).results[4].score is None
    assert score_month(figures(counts=counts(满意度CSAT=enough)), service()).results[4].score == D(100)


def test_data_that_party_b_did_not_keep_scores_nought_in_both_directions() -> None:
    lost = {name: MetricCount(name, lost=True) for name in ("接通率", "投诉率")}
    found = {r.level.name: r.score for r in score_month(figures(counts=counts(**lost)), service()).results}
    assert (found["接通率"], found["投诉率"]) == (D(0), D(0))


def test_a_month_without_any_sample_has_no_score() -> None:
    none = dict.fromkeys(("首次响应达标率", "接通率", "解决率", "恢复及时率", CSAT, "投诉率", "质检合格率"), (1, 1))
    found = score_month(figures(counts=counts(**none)), service())
    assert (found.total, found.band, found.failed) == (None, None, False)


def test_the_mean_of_satisfaction_needs_five_times_the_denominator() -> None:
    mean = MetricCount(CSAT, D(130), D(145))
    terms = service({"5.1-t1": "fallback"})
    assert score_month(figures(counts=counts(满意度CSAT=mean)), terms).results[4].left_out == "样本29少于最低样本量30"


def test_targets_are_five_points_lower_in_the_first_three_months_where_that_was_agreed() -> None:
    eased, later = service({"5.1-t2": "fallback"}), service()
    assert score_month(figures(), eased).results[1].score == D(100)
    assert score_month(figures(corresponding_day(MONTH, 1)), eased).results[1].score == D("84.00")
    assert score_month(figures(), later).results[1].score == D("84.00")


def test_the_ramp_up_only_records() -> None:
    january = scored(date(2027, 1, 1), bad=True)
    assert january.total is not None
    assert (january.ramp, january.failed, january.missed) == (True, False, frozenset())
    assert improvement_triggers(january, None, service()) == ()
    assert not scored(date(2027, 2, 1), bad=True).ramp


def test_a_low_score_and_a_metric_twice_below_its_floor_ask_for_improvement() -> None:
    before, month = scored(date(2027, 2, 1), bad=True), scored(bad=True)
    keys = [t.key for t in improvement_triggers(month, before, service())]
    assert keys == ["score", "floor"]
    assert [t.key for t in improvement_triggers(scored(), before, service())] == ["floor"]
    assert improvement_triggers(scored(), None, service()) == ()
    later = scored(date(2027, 4, 1), bad=True)
    assert [t.key for t in improvement_triggers(later, before, service())] == ["score"]


@pytest.mark.parametrize(
    ("pattern", "reached"),
    [
        ("xxx", True),
        ("xx.xx", True),
        ("xx.x", False),
        ("x.x.x.x", True),
        ("xx", False),
        ("-xxx", True),
        ("xxx.", True),
        ("xx-x", False),
    ],
)
def test_three_failed_months_in_a_row_or_four_in_a_year_are_repeated_failure(pattern: str, reached: bool) -> None:
    months = [scored(corresponding_day(date(2027, 2, 1), i), bad=c == "x") for i, c in enumerate(pattern) if c != "-"]
    assert (repeated_failure(months, service()).reached is not None) is reached


def test_failed_months_of_another_contract_year_are_not_added() -> None:
    months = [scored(m, bad=True) for m in (date(2027, 9, 1), date(2027, 11, 1), date(2028, 1, 1), date(2028, 3, 1))]
    found = repeated_failure(months, service())
    assert (found.reached, len(found.in_the_year)) == (None, 2)


def test_faults_of_a_month_are_told_all_at_once() -> None:
    bad = figures(
        report_no="", tickets=-1, counts=(MetricCount("接通率", D(5), D(3)), MetricCount("好评率", D(1), D(1))),
        items=(ExtraItem(ItemKind.EXTRA, "差旅", D("10.001"), D(6)), ExtraItem(ItemKind.RESIDUE, "尾差", D("0.06"), D(6), "x")),
    )  # fmt: skip
    paths = [f.path for f in month_faults(bad, service(), fees())]
    for path in (
        "report_no",
        "tickets",
        "counts.接通率",
        "counts.解决率",
        "counts.好评率",
        "items.1.voucher",
        "items.1.excl",
        "items.2.excl",
    ):
        assert path in paths
    assert month_faults(figures(), service(), fees()) == ()


def test_a_month_is_read_back_from_storage_as_it_was() -> None:
    month = figures(items=(ExtraItem(ItemKind.ADVANCE, "短信费", D("120.50"), D(6), "ZD-1"),), no_bonus="重大投诉")
    assert read_month(plain_month(month)) == month
