"""A table of events as it is sent: a workbook's first sheet or a CSV file → cells as text."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from app.domain.event_table import HEADS, MOST
from app.intake.gate import RefusedFile
from app.intake.workbook import read_workbook

LARGEST = 8 * 1024 * 1024
_MOST_COLUMNS = 30


def read_event_list(content: bytes, name: str) -> Sequence[Sequence[str]]:
    """The cells, heads first. Raises ``RefusedFile`` where the file itself can't be used."""
    if len(content) > LARGEST:
        raise RefusedFile("文件过大，请分批导入。")
    if name.lower().endswith(".csv"):
        return _csv(content)
    if not name.lower().endswith(".xlsx"):
        raise RefusedFile("只接受 .xlsx 或者 .csv 文件，请使用下载的模板。")
    grids = read_workbook(content, MOST, _MOST_COLUMNS)
    fitting = [g for g in grids if g.cells and len(set(HEADS) & {c.strip().removesuffix("*").strip() for c in g.cells[0]}) >= 2]
    if not fitting:
        raise RefusedFile(f"没有找到事件表：第一行须有表头 {'、'.join(HEADS)}。请使用下载的模板。")
    grid = fitting[0]
    if grid.formulas:
        row, column = min(grid.formulas)
        raise RefusedFile(f"第{row}行第{column}列是公式，请粘贴为数值或者文字。")
    return grid.cells


def _csv(content: bytes) -> list[list[str]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        try:
            rows = [[cell.strip() for cell in row] for row in csv.reader(io.StringIO(text, newline=""), strict=True)]
        except csv.Error as error:
            raise RefusedFile("CSV 的引号不成对，无法读取。请用 Excel 或 WPS 重新保存后再上传。") from error
        if len(rows) > MOST + 1:
            raise RefusedFile(f"行数过多，上限 {MOST} 行。")
        return rows
    raise RefusedFile("文件不是文本，或者编码无法识别。请保存为 UTF-8 的 CSV。")
