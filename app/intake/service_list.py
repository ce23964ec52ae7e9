"""The service list from outside: an XLSX workbook or a CSV file → raw table rows, with every bad cell named.

The workbook carries two sheets, 服务项目 (``annex.service_items``) and 价格 (``fees.price_rows``); a CSV file carries one of them,
recognised by its head.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from openpyxl.utils import get_column_letter

from app.domain.typed_values import read_value
from app.domain.variables import Variable, VariableSet
from app.intake.gate import MAX_FILE, RefusedFile
from app.intake.workbook import CellFault, Grid, read_workbook

SHEETS: Mapping[str, str] = {"服务项目": "annex.service_items", "价格": "fees.price_rows"}
MAX_ROWS = 20_000
MAX_COLUMNS = 60
_PATH = re.compile(r"^\[(\d+)\](?:\.(\w+))?$")


@dataclass(slots=True)
class ServiceList:
    """What a file held. ``rows`` and ``prices`` are raw rows by column key, complete even where cells are faulty;
    None where the file has no such sheet."""

    rows: list[dict[str, Any]] | None = None
    prices: list[dict[str, Any]] | None = None
    faults: list[CellFault] = field(default_factory=list)

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """The rows by variable name."""
        found = {"annex.service_items": self.rows, "fees.price_rows": self.prices}
        return {name: rows for name, rows in found.items() if rows is not None}


def read_service_list(content: bytes, filename: str, variables: VariableSet) -> ServiceList:
    """Read an upload. Raises ``RefusedFile`` where the file itself can't be used; bad cells are faults of the result."""
    name = filename.lower()
    if name.endswith(".csv"):
        grids = [_csv(content)]
    elif name.endswith(".xlsx"):
        grids = read_workbook(content, MAX_ROWS, MAX_COLUMNS)
    else:
        raise RefusedFile("只接受 .xlsx 或 .csv 文件。")
    result = ServiceList()
    recognised = False
    for grid in grids:
        variable = _variable_of(grid, variables)
        if variable is None:
            continue
        recognised = True
        rows = _rows(grid, variable, result.faults)
        if variable.name == "annex.service_items":
            result.rows = rows
        else:
            result.prices = rows
    if not recognised:
        heads = "、".join(c.label for c in variables["annex.service_items"].columns)
        raise RefusedFile(f"没有找到“服务项目”或“价格”工作表。请使用下载的模板；服务项目表的表头为：{heads}。")
    return result


def _csv(content: bytes) -> Grid:
    if len(content) > MAX_FILE:
        raise RefusedFile(f"文件过大（{len(content) / 1048576:.0f} MB），上限 {MAX_FILE // 1048576} MB。")
    text = ""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    if not text.strip() or "\0" in text:
        raise RefusedFile("文件不是文本格式的 CSV，或者是空的。请以 UTF-8 编码保存后再上传。")
    try:
        rows = [[cell.strip() for cell in row[:MAX_COLUMNS]] for row in csv.reader(io.StringIO(text))]
    except csv.Error as error:
        raise RefusedFile("CSV 的引号没有成对，或某个单元格过长，无法读取。") from error
    if len(rows) > MAX_ROWS + 1:
        raise RefusedFile(f"行数过多（{len(rows) - 1}行），上限 {MAX_ROWS} 行。")
    return Grid("CSV", rows, frozenset((r, c) for r, row in enumerate(rows, 1) for c, v in enumerate(row, 1) if v[:1] == "="))


def _variable_of(grid: Grid, variables: VariableSet) -> Variable | None:
    named = SHEETS.get(grid.sheet.strip())
    if named is not None:
        return variables[named]
    head = {c.strip() for row in grid.cells[:1] for c in row}
    for name in SHEETS.values():
        labels = {c.label for c in variables[name].columns}
        if len(head & labels) >= max(3, len(labels) // 2):
            return variables[name]
    return None


def _rows(grid: Grid, variable: Variable, faults: list[CellFault]) -> list[dict[str, Any]]:
    if not grid.cells:
        faults.append(CellFault(grid.sheet, 1, "", "", "", "工作表是空的"))
        return []
    for area in grid.merged:
        row = int(re.sub(r"\D", "", area.split(":")[0]) or 1)
        faults.append(CellFault(grid.sheet, row, "", "", "", f"含有合并单元格 {area}，请取消合并并逐格填写"))
    columns = _columns(grid, variable, faults)
    rows: list[dict[str, Any]] = []
    places: list[int] = []
    for number, cells in enumerate(grid.cells[1:], 2):
        values = {key: cells[c - 1] if c <= len(cells) else "" for key, c in columns.items()}
        if not any(v for v in values.values()):
            continue
        for key, c in columns.items():
            if (number, c) in grid.formulas:
                faults.append(_fault(grid, number, variable, columns, key, values[key], "不接受公式，请粘贴为数值或文字"))
        rows.append({k: v for k, v in values.items() if v})
        places.append(number)
    _check_rows(grid, variable, columns, rows, places, faults)
    return rows


def _columns(grid: Grid, variable: Variable, faults: list[CellFault]) -> dict[str, int]:
    """Column key → column number from 1, by the head row's labels."""
    by_label = {c.label: c.key for c in variable.columns} | {c.key: c.key for c in variable.columns}
    columns: dict[str, int] = {}
    for c, label in enumerate(grid.cells[0], 1):
        label = label.strip()
        letter = get_column_letter(c)
        if not label:
            continue
        key = by_label.get(label.removesuffix("*").strip())
        if key is None:
            faults.append(CellFault(grid.sheet, 1, label, letter, "", "没有这一列，请删除或改用模板的表头"))
        elif key in columns:
            faults.append(CellFault(grid.sheet, 1, label, letter, "", "这一列出现了两次"))
        else:
            columns[key] = c
    for column in variable.columns:
        if column.required and column.key not in columns:
            faults.append(CellFault(grid.sheet, 1, column.label, "", "", "缺少这一列"))
    return columns


def _check_rows(
    grid: Grid,
    variable: Variable,
    columns: Mapping[str, int],
    rows: Sequence[Mapping[str, Any]],
    places: Sequence[int],
    faults: list[CellFault],
) -> None:
    _, problems = read_value(variable, list(rows))
    for problem in problems:
        match = _PATH.match(problem.inside)
        if match is None:
            faults.append(CellFault(grid.sheet, 1, "", "", "", _reason(problem.problem, problem.allowed)))
            continue
        index, key = int(match[1]) - 1, match[2] or ""
        value = str(rows[index].get(key, "")) if key else ""
        column = variable.column(key)
        labels = "、".join(o.label for o in column.options) if column else ""  # a sheet holds labels, not the form's own values
        reason = _reason(
            problem.problem.removeprefix(f"第{index + 1}行“{column.label if column else key}”："), labels or problem.allowed
        )
        faults.append(_fault(grid, places[index], variable, columns, key, value, reason))
    for row, place in zip(rows, places, strict=True):
        for column in variable.columns:
            if column.required and column.key in columns and not row.get(column.key):
                faults.append(_fault(grid, place, variable, columns, column.key, "", "必填，不能为空"))
    if variable.name == "annex.service_items" and "code" in columns:
        faults.extend(_duplicates(grid, variable, columns, rows, places, "code"))
    faults.sort(key=lambda f: (f.sheet, f.row))


def _duplicates(
    grid: Grid,
    variable: Variable,
    columns: Mapping[str, int],
    rows: Sequence[Mapping[str, Any]],
    places: Sequence[int],
    key: str,
) -> Iterable[CellFault]:
    first: dict[str, int] = {}
    for row, place in zip(rows, places, strict=True):
        code = str(row.get(key, ""))
        if not code:
            continue
        if code in first:
            yield _fault(grid, place, variable, columns, key, code, f"编号与第{first[code]}行重复")
        else:
            first[code] = place


def _fault(grid: Grid, row: int, variable: Variable, columns: Mapping[str, int], key: str, value: str, reason: str) -> CellFault:
    column = variable.column(key)
    letter = get_column_letter(columns[key]) if key in columns else ""
    return CellFault(grid.sheet, row, column.label if column else key, letter, value[:60], reason)


def _reason(problem: str, allowed: str) -> str:
    return f"{problem}；允许：{allowed}" if allowed else problem
