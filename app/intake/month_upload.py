"""A filled workbook of a month's figures → values, with every cell that can't be read named. What is wrong with the figures the service says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from openpyxl.utils import get_column_letter

from app.domain.settlement.month import ExtraItem, MetricCount, MonthFigures
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
from app.intake.gate import RefusedFile
from app.intake.workbook import CellFault, Grid, read_workbook

MAX_ROWS, MAX_COLUMNS = 200, 20
_NUMBER = re.compile(r"-?\d{1,12}(,\d{3})*(\.\d{1,6})?%?")
_MONTH = re.compile(r"(\d{4})[-/年.](\d{1,2})(?:[-/月.].*)?")


@dataclass(frozen=True, slots=True)
class MonthUpload:
    """``figures`` None where a sheet or the month itself is missing."""

    figures: MonthFigures | None
    faults: tuple[CellFault, ...]


def read_month_upload(content: bytes) -> MonthUpload:
    """Raises ``RefusedFile`` where the file itself can't be used."""
    grids = {g.sheet.strip(): g for g in read_workbook(content, MAX_ROWS, MAX_COLUMNS)}
    missing = [name for name in (FACTS, METRICS) if name not in grids]
    if missing:
        raise RefusedFile(f"没有找到“{'”、“'.join(missing)}”工作表。请使用本页下载的模板。")
    reader = _Reader([])
    facts = _facts(grids[FACTS], reader)
    counts = tuple(
        MetricCount(
            str(row["metric"]), reader.number(at["numerator"]), reader.number(at["denominator"]), reader.number(at["invited"]),
            reader.yes(at["lost"]), str(row["remark"]),
        )
        for row, at in _rows(grids[METRICS], METRIC_COLUMNS, reader)
        if row["metric"]
    )  # fmt: skip
    items = tuple(
        _item(row, at, reader)
        for row, at in (_rows(grids[ITEMS], ITEM_COLUMNS, reader) if ITEMS in grids else ())
        if any(row.values())
    )
    month = facts.pop("month")
    faults = tuple(sorted(reader.faults, key=lambda f: (f.sheet != FACTS, f.sheet != METRICS, f.row)))
    figures = MonthFigures(month=month, counts=counts, items=items, **facts) if month is not None else None
    return MonthUpload(figures, faults)


@dataclass(frozen=True, slots=True)
class _Cell:
    sheet: str
    row: int
    label: str
    letter: str
    text: str


@dataclass(slots=True)
class _Reader:
    faults: list[CellFault]

    def refuse(self, cell: _Cell, reason: str) -> None:
        self.faults.append(CellFault(cell.sheet, cell.row, cell.label, cell.letter, cell.text[:60], reason))

    def number(self, cell: _Cell) -> Decimal | None:
        if not cell.text:
            return None
        if not _NUMBER.fullmatch(cell.text):
            self.refuse(cell, "应为数字")
            return None
        return Decimal(cell.text.rstrip("%").replace(",", ""))

    def yes(self, cell: _Cell) -> bool:
        if cell.text not in ("", YES, NO):
            self.refuse(cell, f"应为“{YES}”或者“{NO}”")
        return cell.text == YES

    def whole(self, cell: _Cell) -> int:
        value = self.number(cell)
        if value is not None and value != value.to_integral_value():
            self.refuse(cell, "应为整数")
        return int(value or 0)

    def month(self, cell: _Cell) -> date | None:
        found = _MONTH.fullmatch(cell.text)
        if found is None or not 1 <= int(found[2]) <= 12:
            self.refuse(cell, "应写成 2027-03 的样子")
            return None
        return date(int(found[1]), int(found[2]), 1)


def _facts(grid: Grid, reader: _Reader) -> dict[str, Any]:
    """The fields of the first sheet by name; labels may stand in any order."""
    at = {line[0].strip(): row for row, line in enumerate(grid.cells, 1) if line}
    read: dict[str, Any] = {}
    for label, (field, _words) in FACT_ROWS.items():
        row = at.get(label, 0)
        text = grid.cells[row - 1][1].strip() if row and len(grid.cells[row - 1]) > 1 else ""
        cell = _Cell(grid.sheet, row, label, "B", text)
        if not row and label == MONTH:
            reader.refuse(_Cell(grid.sheet, 1, label, "A", ""), "缺少这一行")
            read[field] = None
            continue
        if (row, 2) in grid.formulas:
            reader.refuse(cell, "不接受公式，请粘贴为数值")
            cell = _Cell(grid.sheet, row, label, "B", "")
        match field:
            case "month":
                read[field] = reader.month(cell)
            case "outage_days":
                read[field] = reader.whole(cell)
            case "falsified":
                read[field] = reader.yes(cell)
            case "report_no" | "no_bonus":
                read[field] = cell.text
            case _:
                read[field] = reader.number(cell)
    return read


def _rows(grid: Grid, columns: Mapping[str, str], reader: _Reader) -> list[tuple[dict[str, str], dict[str, _Cell]]]:
    heads = {label.strip(): place for place, label in enumerate(grid.cells[0] if grid.cells else ())}
    for label in [c for c in columns if c not in heads]:
        reader.refuse(_Cell(grid.sheet, 1, label, "", ""), "缺少这一列")
    found = []
    for number, line in enumerate(grid.cells[1:], 2):
        cells: dict[str, _Cell] = {}
        for label, field in columns.items():
            place = heads.get(label, len(line))
            text = line[place].strip() if place < len(line) else ""
            cell = _Cell(grid.sheet, number, label, get_column_letter(place + 1), text)
            if (number, place + 1) in grid.formulas:
                reader.refuse(cell, "不接受公式，请粘贴为数值")
                cell = _Cell(grid.sheet, number, label, cell.letter, "")
            cells[field] = cell
        found.append(({field: c.text for field, c in cells.items()}, cells))
    return found


def _item(row: Mapping[str, str], at: Mapping[str, _Cell], reader: _Reader) -> ExtraItem:
    kind = KINDS.get(row["kind"])
    if kind is None:
        reader.refuse(at["kind"], f"应为：{'、'.join(KINDS)}")
    excl, rate = reader.number(at["excl"]), reader.number(at["rate"])
    for field, value in (("excl", excl), ("rate", rate)):
        if value is None and not at[field].text:
            reader.refuse(at[field], "未填写")
    return ExtraItem(kind or next(iter(KINDS.values())), row["item"], excl or Decimal(0), rate or Decimal(0), row["voucher"])
