"""The workbook in which a month's figures are filled in; ``intake.month_upload`` reads it back."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from app.domain.settlement.month import MonthFigures
from app.domain.settlement.month_sheets import (
    FACT_ROWS,
    FACTS,
    ITEM_COLUMNS,
    ITEMS,
    KINDS,
    METRIC_COLUMNS,
    METRICS,
    MONTH,
    NO,
    YES,
)

_HEAD = PatternFill("solid", fgColor="FFE8EDF3")
_ITEM_ROWS = 40


def month_template(month: date, metrics: Sequence[str], known: MonthFigures | None = None) -> bytes:
    """For ``month`` with a row for each metric; ``known``: figures that are filled in already."""
    book = Workbook()
    book.properties.creator = book.properties.lastModifiedBy = "成约"
    book.remove(book.worksheets[0])
    _facts(book.create_sheet(FACTS), month, known)
    _metrics(book.create_sheet(METRICS), metrics, known)
    _items(book.create_sheet(ITEMS), known)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _facts(sheet: Worksheet, month: date, known: MonthFigures | None) -> None:
    _head(sheet, ("项目", "数值", "填写说明"), (20, 28, 52))
    values = {MONTH: f"{month:%Y-%m}"}
    for row, (label, (field, words)) in enumerate(FACT_ROWS.items(), 2):
        value = values.get(label, getattr(known, field, None) if known else None)
        if field == "falsified":
            value = YES if value else NO
        sheet.cell(row, 1, label)
        _put(sheet, row, 2, 0 if field == "outage_days" and value is None else value)
        sheet.cell(row, 3, words).font = Font(color="FF6B7686")
    _choice(sheet, "B8", (YES, NO))


def _metrics(sheet: Worksheet, metrics: Sequence[str], known: MonthFigures | None) -> None:
    _head(sheet, tuple(METRIC_COLUMNS), (22, 14, 14, 14, 16, 44))
    for row, name in enumerate(metrics, 2):
        count = known.count(name) if known else None
        sheet.cell(row, 1, name)
        for column, field in enumerate(("numerator", "denominator", "invited"), 2):
            _put(sheet, row, column, getattr(count, field, None))
        _put(sheet, row, 5, YES if count and count.lost else NO)
        _put(sheet, row, 6, count.remark if count else "")
    _choice(sheet, f"E2:E{len(metrics) + 1}", (YES, NO))


def _items(sheet: Worksheet, known: MonthFigures | None) -> None:
    _head(sheet, tuple(ITEM_COLUMNS), (12, 36, 16, 10, 28))
    for row, item in enumerate(known.items if known else (), 2):
        for column, value in enumerate((item.kind.label, item.item, item.excl, item.rate, item.voucher), 1):
            _put(sheet, row, column, value)
    _choice(sheet, f"A2:A{_ITEM_ROWS}", tuple(KINDS))


def _head(sheet: Worksheet, labels: Sequence[str], widths: Sequence[int]) -> None:
    for column, (label, width) in enumerate(zip(labels, widths, strict=True), 1):
        cell = sheet.cell(1, column, label)
        cell.font, cell.fill, cell.alignment = Font(bold=True), _HEAD, Alignment(vertical="center")
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "B2"


def _put(sheet: Worksheet, row: int, column: int, value: Any) -> None:
    if value is None or value == "":
        return
    cell = sheet.cell(row, column, value)
    if isinstance(value, str):
        cell.data_type, cell.quotePrefix = "s", value[:1] in "=+-@"
    elif isinstance(value, Decimal):
        cell.number_format = "#,##0.00" if value != value.to_integral_value() else "#,##0"


def _choice(sheet: Worksheet, area: str, options: Sequence[str]) -> None:
    rule = DataValidation(type="list", formula1=f'"{",".join(options)}"', allow_blank=True)
    rule.add(area)
    sheet.add_data_validation(rule)
