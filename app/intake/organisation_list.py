"""A workbook of organisations → master data, with every cell that can't be read named. What is wrong with the data itself the service says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from openpyxl.utils import get_column_letter

from app.domain.organisation_sheets import MAIN, MAIN_COLUMNS, OWNER, PARTS
from app.domain.organisations import ADDRESS_KINDS, SIZES, Organisation
from app.intake.gate import RefusedFile
from app.intake.workbook import CellFault, Grid, read_workbook

MAX_ROWS = 5_000
MAX_COLUMNS = 30
_CHOICES = {
    "size_class": {v: k for k, v in SIZES.items()},
    "kind": {v: k for k, v in ADDRESS_KINDS.items()},
    "own": {"是": True, "否": False},
}
_DATES = ("valid_from", "valid_until")


@dataclass(frozen=True, slots=True)
class OrganisationList:
    """``rows``: row of the main sheet (from 1, as the spreadsheet shows it) for each organisation, in the same order."""

    organisations: tuple[Organisation, ...]
    rows: tuple[int, ...]
    faults: tuple[CellFault, ...]


def read_organisation_list(content: bytes) -> OrganisationList:
    """Raises ``RefusedFile`` where the file itself can't be used."""
    grids = {g.sheet.strip(): g for g in read_workbook(content, MAX_ROWS, MAX_COLUMNS)}
    if MAIN not in grids:
        raise RefusedFile(f"没有找到“{MAIN}”工作表。请使用 organisations template 写出的模板。")
    faults: list[CellFault] = []
    found = [(row, cells) for row, cells in _rows(grids[MAIN], {**MAIN_COLUMNS}, faults) if cells]
    names = {cells["name"] for _, cells in found}
    parts: dict[str, dict[str, list[Any]]] = {}
    for sheet, plan in PARTS.items():
        grid = grids.get(sheet)
        for row, cells in _rows(grid, {OWNER: OWNER, **plan.columns}, faults) if grid is not None else ():
            owner = cells.pop(OWNER)
            if owner not in names:
                faults.append(CellFault(sheet, row, OWNER, "", owner, f"“{MAIN}”工作表中没有这个名称"))
                continue
            choice = cells.get("kind") if plan.field == "addresses" else None
            if choice is not None:
                cells["kind"] = _chosen(sheet, row, "kind", "种类", choice, faults)
            parts.setdefault(owner, {}).setdefault(plan.field, []).append(plan.kind(**cells))
    whole = []
    for row, cells in found:
        data: dict[str, Any] = {**cells, "own": _chosen(MAIN, row, "own", "本方主体", cells["own"] or "否", faults)}
        data["size_class"] = _chosen(MAIN, row, "size_class", "企业规模", cells["size_class"] or SIZES[""], faults)
        data |= {field: tuple(values) for field, values in parts.get(cells["name"], {}).items()}
        whole.append(Organisation(**data))
    return OrganisationList(tuple(whole), tuple(row for row, _ in found), tuple(faults))


def _rows(grid: Grid, columns: Mapping[str, str], faults: list[CellFault]) -> list[tuple[int, dict[str, Any]]]:
    """Rows that say something, by field; dates are read here."""
    heads = {label.strip().removesuffix("*"): place for place, label in enumerate(grid.cells[0] if grid.cells else ())}
    for label in columns.keys() - heads.keys():
        faults.append(CellFault(grid.sheet, 1, label, "", "", "缺少这一列"))
    found = []
    for number, line in enumerate(grid.cells[1:], 2):
        cells: dict[str, Any] = {}
        for label, field in columns.items():
            place = heads.get(label, len(line))
            text = line[place].strip() if place < len(line) else ""
            if (number, place + 1) in grid.formulas:
                faults.append(
                    CellFault(grid.sheet, number, label, get_column_letter(place + 1), text[:60], "不接受公式，请粘贴为文字")
                )
            cells[field] = text
        if any(cells.values()):
            for field in _DATES if "valid_from" in cells else ():
                cells[field] = _day(grid.sheet, number, field, cells[field], faults)
            found.append((number, cells))
    return found


def _day(sheet: str, row: int, field: str, text: str, faults: list[CellFault]) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        label = "有效期起" if field == "valid_from" else "有效期至"
        faults.append(CellFault(sheet, row, label, "", text[:60], "不是有效日期，应写成 2027-01-31 的样子"))
        return None


def _chosen(sheet: str, row: int, field: str, label: str, text: str, faults: list[CellFault]) -> Any:
    choices: dict[str, Any] = _CHOICES[field]  # type: ignore[assignment]
    if text not in choices:
        faults.append(CellFault(sheet, row, label, "", text[:60], f"应为：{'、'.join(choices)}"))
        return "" if field != "own" else False
    return choices[text]
