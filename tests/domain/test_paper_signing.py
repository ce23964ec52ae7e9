"""Signing on paper: what the codes say, what sheets amount to, and what a person must have seen."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.errors import ContractError
from app.domain.paper_signing import (
    Area,
    CopyIdentity,
    Corner,
    Difference,
    Sheet,
    SheetState,
    Stray,
    code_area,
    judge,
    read_code,
    require_seen,
)

COPY = CopyIdentity("SHFW-2026-0001", "3", 4, "ab" * 32)
GONE = Difference(Area(50, 60, 4, 4), Stray.GONE)
ADDED = Difference(Area(20, 200, 9, 4), Stray.ADDED)


def sheet(ordinal: int, page: int, *differences: Difference, copy: CopyIdentity = COPY, compared: bool = True) -> Sheet:
    return Sheet(ordinal, read_code(copy.code(page, Corner.TOP_LEFT)), compared=compared, differences=differences)


def whole(*instead: Sheet) -> list[Sheet]:
    own = {s.ordinal: s for s in instead}
    return [own.get(n, sheet(n, n)) for n in range(1, 5)]


@settings(max_examples=40)
@given(st.from_regex(r"[A-Z0-9-]{1,20}", fullmatch=True), st.integers(1, 9999), st.sampled_from(Corner))
def test_a_code_is_read_as_it_was_written(number: str, page: int, corner: Corner) -> None:
    copy = CopyIdentity(number, "2", 9999, "0f" * 32)
    found = read_code(copy.code(page, corner))
    assert found is not None
    assert (found.page, found.corner, found.belongs_to(copy)) == (page, corner, True)
    assert not found.belongs_to(CopyIdentity(number, "2", 9999, "0e" * 32))


@pytest.mark.parametrize("text", ["", "https://example.com/verify/ab", "CY1:a:1:1:1:zz:A", "CY2:a:1:1:1:" + "A" * 32 + ":A"])
def test_other_codes_are_not_ours(text: str) -> None:
    assert read_code(text) is None


def test_codes_stand_inside_the_page_and_apart() -> None:
    areas = [code_area(c, 210, 297) for c in Corner]
    assert all(a.x >= 5 and a.y >= 5 and a.x + a.width <= 205 and a.y + a.height <= 292 for a in areas)
    assert len({(a.x, a.y) for a in areas}) == 3


def test_a_whole_scan_asks_for_nobodys_eyes() -> None:
    report = judge(whole(), COPY)
    assert (report.faults, report.missing, report.to_be_seen, report.in_order) == ((), (), (), True)
    require_seen(report, frozenset(), "")


@pytest.mark.parametrize(
    ("sheets", "words"),
    [
        (whole()[:3], "缺少第4页"),
        ([*whole(), sheet(5, 2)], "与前面重复（第2页）"),
        (whole(sheet(2, 2, copy=CopyIdentity("SHFW-2026-0002", "1", 4, "ab" * 32))), "SHFW-2026-0002第1版的第2页"),
        (whole(sheet(2, 2, copy=CopyIdentity("SHFW-2026-0001", "3", 4, "cd" * 32))), "不属于本次签署的文本"),
        (whole(Sheet(3, None)), "第3张没有读出页码"),
    ],
)
def test_what_is_missing_double_foreign_or_unread_can_not_be_taken(sheets: list[Sheet], words: str) -> None:
    report = judge(sheets, COPY)
    assert any(words in fault for fault in report.faults)
    with pytest.raises(ContractError) as told:
        require_seen(report, frozenset(range(9)), "逐页核对无误")
    assert told.value.code == "paper.scan"


def test_empty_backs_of_sheets_do_not_count() -> None:
    report = judge([*whole(), Sheet(5, None, blank=True)], COPY)
    assert report.faults == ()
    assert report.sheets[-1].state is SheetState.BLANK


def test_a_marked_page_must_be_seen_and_a_changed_one_explained() -> None:
    report = judge(whole(sheet(2, 2, ADDED), sheet(3, 3, GONE, ADDED), sheet(4, 4, compared=False)), COPY)
    assert [j.state for j in report.sheets] == [SheetState.SAME, SheetState.ADDED, SheetState.CHANGED, SheetState.UNCOMPARED]
    for seen, remark, code in ((set(), "", "paper.unseen"), ({2, 3}, "", "paper.unseen"), ({2, 3, 4}, "无", "paper.remark")):
        with pytest.raises(ContractError) as told:
            require_seen(report, frozenset(seen), remark)
        assert told.value.code == code
    require_seen(report, frozenset({2, 3, 4}), "第3页为扫描污渍，文字与定稿一致")


def test_pages_in_another_order_are_told() -> None:
    report = judge([sheet(1, 2), sheet(2, 1), sheet(3, 3), sheet(4, 4)], COPY)
    assert not report.in_order
    with pytest.raises(ContractError, match="顺序"):
        require_seen(report, frozenset(), "")
