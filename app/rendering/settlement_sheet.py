"""A settlement as a workbook: the sums, every line, the score, and the whole working as an outline that folds."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import Outline
from openpyxl.worksheet.worksheet import Worksheet

from app.domain.settlement.figure import Figure
from app.domain.settlement.view import MODELS, SheetView

_HEAD = PatternFill("solid", fgColor="FFE8EDF3")
_MONEY = "#,##0.00"
_DEEPEST = 7
"""Outline levels that a workbook has."""

Clause = Callable[[str], str]
"""How a clause id reads (第8.2.3条)."""


def settlement_workbook(number: str, sheet: SheetView, clause: Clause) -> bytes:
    book = Workbook()
    book.properties.creator = book.properties.lastModifiedBy = "成约"
    book.properties.title = number
    book.remove(book.worksheets[0])
    _sums(book.create_sheet("结算单"), number, sheet)
    _lines(book.create_sheet("明细"), sheet)
    _scores(book.create_sheet("考核"), sheet)
    _working(book.create_sheet("计算过程"), sheet.figure, clause)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _sums(ws: Worksheet, number: str, sheet: SheetView) -> None:
    for row, (label, value) in enumerate(
        (("结算单编号", number), ("结算周期", f"{sheet.start.isoformat()} 至 {sheet.end.isoformat()}"), ("计费模式", MODELS.get(sheet.model, sheet.model)),
         ("来源报表", "、".join(sheet.reports))), 1,
    ):  # fmt: skip
        ws.cell(row, 1, label).font = Font(bold=True)
        _text(ws, row, 2, value)
    _head(ws, 6, ("项目", "不含税额", "税额", "含税额"), (36, 18, 16, 18))
    for row, line in enumerate(sheet.rows, 7):
        _row(ws, row, (line.item, line.excl, line.tax, line.incl), bold=line is sheet.rows[-1])
    place = 8 + len(sheet.rows)
    _head(ws, place, ("按税率", "不含税额", "税额", "含税额"), ())
    for row, part in enumerate(sheet.by_rate, place + 1):
        _row(ws, row, (f"{part.rate.normalize():f}%", part.excl, part.tax, part.incl))
    for row, words in enumerate(sheet.notices, place + 2 + len(sheet.by_rate)):
        _text(ws, row, 1, words)


def _lines(ws: Worksheet, sheet: SheetView) -> None:
    _head(
        ws, 1, ("项目", "数量", "单位", "单价", "不含税额", "税率%", "税额", "含税额", "凭证"), (36, 12, 8, 14, 16, 8, 14, 16, 24)
    )
    rows: list[Sequence[Any]] = [
        (x.item, x.quantity, x.unit, x.price, x.amount.excl, x.amount.rate, x.amount.tax, x.amount.incl, "") for x in sheet.lines
    ]
    rows += [(x.item, None, "", None, x.amount.excl, x.amount.rate, x.amount.tax, x.amount.incl, x.voucher) for x in sheet.extras]
    for number, values in enumerate(rows, 2):
        _row(ws, number, values)
    ws.freeze_panes = "B2"


def _scores(ws: Worksheet, sheet: SheetView) -> None:
    _head(
        ws,
        1,
        ("期间", "得分", "分段", "抵扣比例%", "计算基数", "抵扣（不含税）", "奖励（不含税）", "说明"),
        (18, 10, 30, 12, 16, 16, 16, 48),
    )
    for number, a in enumerate(sheet.assessments, 2):
        _row(ws, number, (a.label, a.score, a.band, a.ratio, a.base, a.deduction, a.bonus, a.why))


def _working(ws: Worksheet, figure: Figure, clause: Clause) -> None:
    """Depth first; each level below folds into the one above."""
    _head(ws, 1, ("项目", "数值", "单位", "计算", "条款", "变量", "来源"), (54, 18, 8, 54, 22, 30, 22))
    ws.sheet_properties.outlinePr = Outline(summaryBelow=False)
    row = 2

    def put(found: Figure, depth: int) -> None:
        nonlocal row
        cell = _text(ws, row, 1, found.label)
        cell.alignment = Alignment(indent=min(depth, 12))
        if found.value is not None:
            value = ws.cell(row, 2, found.value)
            value.number_format = _MONEY if found.unit == "元" else "General"
        for column, text in (
            (3, found.unit),
            (4, found.how),
            (5, clause(found.clause) if found.clause else ""),
            (6, found.variable),
            (7, found.source),
        ):
            _text(ws, row, column, text)
        ws.row_dimensions[row].outlineLevel = min(depth, _DEEPEST)
        row += 1
        for part in found.parts:
            put(part, depth + 1)

    put(figure, 0)
    ws.freeze_panes = "B2"


def _head(ws: Worksheet, row: int, labels: Sequence[str], widths: Sequence[int]) -> None:
    for column, label in enumerate(labels, 1):
        cell = ws.cell(row, column, label)
        cell.font, cell.fill = Font(bold=True), _HEAD
    for column, width in enumerate(widths, 1):
        ws.column_dimensions[get_column_letter(column)].width = width


def _row(ws: Worksheet, row: int, values: Sequence[Any], *, bold: bool = False) -> None:
    for column, value in enumerate(values, 1):
        if isinstance(value, Decimal):
            cell = ws.cell(row, column, value)
            cell.number_format = _MONEY
        else:
            cell = _text(ws, row, column, value)
        if bold:
            cell.font = Font(bold=True)


def _text(ws: Worksheet, row: int, column: int, text: Any) -> Any:
    cell = ws.cell(row, column)
    if text not in (None, ""):
        cell.value = str(text)
        cell.data_type, cell.quotePrefix = "s", str(text)[:1] in "=+-@"  # a name that somebody entered must never compute
    return cell
