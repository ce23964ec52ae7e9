"""The workbook of a month's figures goes out, is filled in, and comes back; every bad cell is named at once."""

from __future__ import annotations

import io
from decimal import Decimal as D

import pytest
from openpyxl import Workbook, load_workbook

from app.domain.settlement.month import ExtraItem, ItemKind, MetricCount
from app.domain.settlement.sheet import settle
from app.domain.settlement.view import plain_sheet, read_sheet
from app.intake.gate import RefusedFile
from app.intake.month_upload import read_month_upload
from app.rendering.month_sheet import month_template
from app.rendering.settlement_sheet import settlement_workbook
from tests.domain.settlement.terms import COUNTS, MONTH, counts, figures, sheet_month


def test_what_was_filled_in_comes_back_as_it_was() -> None:
    month = figures(
        counts=counts(满意度CSAT=MetricCount("满意度CSAT", D(840), D(1000), D(4000), remark="剔除3份"), 质检合格率=MetricCount("质检合格率", lost=True)),
        items=(ExtraItem(ItemKind.EXTRA, "=差旅", D("1234.50"), D(6), "PZ-1"), ExtraItem(ItemKind.CORRECTION, "更正", D("-0.50"), D(13))),
        seat_days_due=D(200), seat_days_present=D("150.5"), outage_days=2, no_bonus="重大投诉",
    )  # fmt: skip
    found = read_month_upload(month_template(MONTH, list(COUNTS), month))
    assert found.faults == ()
    assert found.figures == month


def test_every_bad_cell_is_named_with_its_place() -> None:
    book = load_workbook(io.BytesIO(month_template(MONTH, list(COUNTS), figures())))
    book["月度数据"]["B2"], book["月度数据"]["B4"], book["月度数据"]["B8"] = "2027年13月", "=1+1", "也许"
    book["指标"]["B3"] = "很多"
    book["另计项"].append(["罚款", "迟到", "abc", None, ""])
    target = io.BytesIO()
    book.save(target)
    said = [f.sentence() for f in read_month_upload(target.getvalue()).faults]
    assert len(said) == 7
    for words in (
        "第2行“服务月份”列（B2）：应写成 2027-03 的样子",
        "不接受公式",
        "“查实数据造假”列（B8）",
        "工作表“指标”第3行“分子”列（B3）：应为数字",
        "工作表“另计项”第2行“类型”列",
        "（C2）",
        "（D2）：未填写",
    ):
        assert any(words in s for s in said), words


def test_another_workbook_is_refused() -> None:
    target = io.BytesIO()
    Workbook().save(target)
    with pytest.raises(RefusedFile, match="没有找到"):
        read_month_upload(target.getvalue())


def test_the_workbook_of_a_settlement_shows_the_working_as_an_outline() -> None:
    month = sheet_month()
    view = read_sheet(plain_sheet(settle([month]), [month.figures], ()))
    book = load_workbook(io.BytesIO(settlement_workbook("JS-1", view, lambda clause: f"<{clause}>")))
    assert [r[0].value for r in book["结算单"].iter_rows(min_row=7, max_row=9)] == ["服务费", "服务抵扣（冲减）", "本期应付合计"]
    assert book["结算单"]["D9"].value == pytest.approx(124889.60)
    working = book["计算过程"]
    assert working.max_row - 1 == len(list(view.figure.walk()))
    assert max(working.row_dimensions[r].outlineLevel for r in range(2, working.max_row + 1)) >= 4
    assert "<fees.composition.model.fixed>" in {c.value for c in working["E"]}
