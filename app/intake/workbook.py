"""Workbooks from outside as text: the visible sheets cell by cell, with formulas and merged areas named."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from openpyxl import load_workbook

from app.domain.sheets import CellFault as CellFault
from app.intake.gate import RefusedFile, open_package


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells of one sheet as text; ``formulas`` and ``merged`` name cells by (row, column) from 1."""

    sheet: str
    cells: Sequence[Sequence[str]]
    formulas: frozenset[tuple[int, int]] = frozenset()
    merged: tuple[str, ...] = ()


def read_workbook(content: bytes, max_rows: int, max_columns: int) -> list[Grid]:
    """The visible sheets of an uploaded workbook. Raises ``RefusedFile`` where the file itself can't be used."""
    open_package(content, "xl/workbook.xml").close()
    try:
        book = load_workbook(io.BytesIO(content), data_only=False, keep_links=False)
    except (KeyError, ValueError, TypeError, AttributeError, IndexError, OSError) as error:
        raise RefusedFile("工作簿已损坏，无法读取。请用 Excel 或 WPS 重新保存后再上传。") from error
    grids = []
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            continue
        if (sheet.max_row or 0) > max_rows + 1:
            raise RefusedFile(f"工作表“{sheet.title}”行数过多，上限 {max_rows} 行。")
        cells: list[list[str]] = []
        formulas: set[tuple[int, int]] = set()
        for r, row in enumerate(sheet.iter_rows(max_col=min(sheet.max_column or 1, max_columns)), 1):
            cells.append([cell_text(cell.value) for cell in row])
            formulas.update((r, c) for c, cell in enumerate(row, 1) if cell.data_type == "f")
        merged = tuple(str(area) for area in sheet.merged_cells.ranges)
        grids.append(Grid(sheet.title, cells, frozenset(formulas), merged))
    book.close()
    return grids


def cell_text(value: object) -> str:
    """A cell as the person sees it; whole floats lose the tail that spreadsheets add."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(round(value, 10))
    if isinstance(value, datetime):
        return value.date().isoformat() if (value.hour, value.minute, value.second) == (0, 0, 0) else value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    return str(value).strip()
