"""The empty workbook of master data, with the choices that its cells take."""

from __future__ import annotations

import io

from openpyxl import Workbook
from openpyxl.styles import Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from app.domain.organisation_sheets import MAIN, MAIN_COLUMNS, OWNER, PARTS
from app.domain.organisations import ADDRESS_KINDS, SIZES

ROWS = 5_000
REQUIRED = frozenset({"名称", OWNER, "种类", "地址", "户名", "开户行", "账号", "编号", "姓名"})
CHOICES = {"企业规模": SIZES.values(), "本方主体": ("是", "否"), "种类": ADDRESS_KINDS.values()}
_HEAD = PatternFill("solid", fgColor="FFE8EDF3")


def organisation_template() -> bytes:
    """A workbook that ``intake.organisation_list`` reads back."""
    book = Workbook()
    book.remove(book.worksheets[0])
    _sheet(book.create_sheet(MAIN), tuple(MAIN_COLUMNS))
    for title, plan in PARTS.items():
        _sheet(book.create_sheet(title), (OWNER, *plan.columns))
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _sheet(sheet: Worksheet, labels: tuple[str, ...]) -> None:
    for index, label in enumerate(labels, 1):
        letter = get_column_letter(index)
        cell = sheet.cell(1, index, f"{label}*" if label in REQUIRED else label)
        cell.font, cell.fill = Font(bold=True), _HEAD
        sheet.column_dimensions[letter].width = 28 if label in (OWNER, "名称", "地址", "住所") else 20
        for row in range(2, 202):
            sheet.cell(row, index).number_format = "@"  # codes and account numbers must not become 1.2E+17
        if label in CHOICES:
            rule = DataValidation(type="list", formula1=f'"{",".join(CHOICES[label])}"', allow_blank=True)
            rule.add(f"{letter}2:{letter}{ROWS + 1}")
            sheet.add_data_validation(rule)
    sheet.freeze_panes = "B2"
