"""The register as a workbook: written row by row, so that fifty thousand contracts need no more memory than one."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, cast

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from app.domain.term import BEIJING

Cell = str | Decimal | date | datetime | None
MONEY, DAY, MOMENT = "#,##0.00", "yyyy-mm-dd", "yyyy-mm-dd hh:mm"
LONGEST = 32_767
"""Characters that a cell may have."""
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def write_register(
    heads: Sequence[str], widths: Sequence[int], rows: Iterable[Sequence[Cell]], remarks: Sequence[tuple[str, str]], *,
    title: str = "合同台账",
) -> bytes:  # fmt: skip
    """The rows under their heads, and a second sheet with ``remarks``: what was asked for, when, how many."""
    book = Workbook(write_only=True)
    book.properties.creator = book.properties.lastModifiedBy = "成约"
    sheet: Any = book.create_sheet(title)
    for number, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(number)].width = width
    sheet.freeze_panes = "B2"
    sheet.append([_head(sheet, text) for text in heads])
    count = 1
    for row in rows:
        sheet.append([_cell(sheet, value) for value in row])
        count += 1
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(heads))}{count}"
    told: Any = book.create_sheet("说明")
    told.column_dimensions["A"].width, told.column_dimensions["B"].width = 16, 80
    for label, text in remarks:
        told.append([_head(told, label), _cell(told, text)])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _head(sheet: Any, text: str) -> Any:
    cell = _text(sheet, text)
    cell.font, cell.fill = Font(bold=True), PatternFill("solid", fgColor="FFE8EDF3")
    cell.alignment = Alignment(vertical="center")
    return cell


def _cell(sheet: Any, value: Cell) -> Any:
    if value is None or value == "":
        return None
    if isinstance(value, str):
        return _text(sheet, value)
    if isinstance(value, datetime):
        cell = WriteOnlyCell(sheet, value.astimezone(BEIJING).replace(tzinfo=None, microsecond=0))
        cell.number_format = MOMENT
    else:
        cell = WriteOnlyCell(sheet, cast(Any, value))
        cell.number_format = MONEY if isinstance(value, Decimal) else DAY
    return cell


def _text(sheet: Any, text: str) -> Any:
    clean = _ILLEGAL.sub("", text)[:LONGEST]
    cell = WriteOnlyCell(sheet, clean)
    # What a party calls itself must never compute: the type says text, and the mark keeps it text when a person edits the cell.
    cell.data_type = "s"
    cell.quotePrefix = clean[:1] in "=+-@\t\r" and bool(clean)
    return cell
