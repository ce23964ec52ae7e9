"""What a payment names: whole numbers only, whatever stands around them (CC:560)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.settlement.laying import OpenItem, mentioned, proposal


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
        OpenItem("one", date(2026, 4, 7), D("100.00"), ("FP-1",)),
        OpenItem("twelve", date(2026, 5, 7), D("100.00"), ("FP-12",)),
    ]
    assert proposal(D("100.00"), "HD-9 付FP-12", open_) == ((("twelve", D("100.00")),), D("0.00"))
    assert proposal(D("100.00"), "HD-9 付FP-1", open_) == ((("one", D("100.00")),), D("0.00"))


@given(st.integers(1, 9999), st.integers(0, 9))
@settings(max_examples=60, deadline=None)
def test_no_number_is_named_by_a_longer_one(number: int, more: int) -> None:
    assert mentioned(f"FP-{number}", f"款项（FP-{number}）")
    assert not mentioned(f"FP-{number}", f"FP-{number}{more}")
    assert not mentioned(f"{number}", f"FP{more}{number}")
