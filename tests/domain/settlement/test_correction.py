"""Corrections carry exactly the difference, once."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.settlement.correction import Settled, corrected, correction
from app.domain.settlement.month import ItemKind, plain_item, read_item
from app.domain.settlement.sheet import PastMonth, Sheet, settle
from tests.domain.settlement.terms import counts, figures, sheet_month


def sheet(tickets: int, csat: int = 840) -> Sheet:
    return settle([sheet_month(figures(tickets=tickets, counts=counts(满意度CSAT=(csat, 1000))))])


def settled(found: Sheet, since: dict[D, D] | None = None) -> Settled:
    return Settled("JS-1", {t.rate: t.excl for t in found.totals.by_rate}, since or {}, found.figure)


@given(st.integers(0, 9000), st.integers(0, 9000), st.integers(500, 1000), st.integers(500, 1000))
@settings(max_examples=40, deadline=None)
def test_a_correction_brings_the_settled_sum_to_the_corrected_one_and_there_is_nothing_left_to_correct(
    old: int, new: int, before: int, after: int
) -> None:
    first, second = sheet(old, before), sheet(new, after)
    found = correction(settled(first), second, "GZ-1")
    assert first.totals.excl + found.amount.excl == second.totals.excl
    assert all(i.kind is ItemKind.CORRECTION and i.voucher == "GZ-1" and i.excl for i in found.items)
    since = {i.rate: i.excl for i in found.items}
    assert correction(settled(first, since), second, "GZ-2").items == ()
    assert [read_item(plain_item(i)) for i in found.items] == list(found.items)


def test_both_computations_unfold_under_the_difference() -> None:
    found = correction(settled(sheet(4100)), sheet(4000), "GZ-1")
    [item] = found.items
    assert item.working is not None
    assert item.working.how == "更正后104,528.00－已结算107,160.00"
    labels = [f.label for f in item.working.walk()]
    assert labels.count("本期应付（含税）") == 2
    again = correction(settled(sheet(4100), {D(6): D("-2632.00")}), sheet(4100), "GZ-2")
    assert [i.excl for i in again.items] == [D("2632.00")]
    assert "此前更正-2,632.00" in again.items[0].working.how  # type: ignore[union-attr]


def test_later_caps_and_quarters_count_from_the_corrected_month() -> None:
    month = date(2027, 3, 1)
    past = [PastMonth(date(2027, 2, 1), D(1), D(90), False), PastMonth(month, D(2), D(80), False)]
    assert corrected(past, [PastMonth(month, D(3), D(70), False)])[1].fee == D(3)
