"""The empty register to fill in: heads, validation, and a second sheet that explains every column with an example."""

from __future__ import annotations

import io

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from app.domain.recording import FIELDS, Field

SHEET, NOTES = "补录合同", "填写说明"
ROWS = 2_000
EXAMPLE = {
    "number": "FW-2024-018", "title": "售后服务外包合同", "party_a": "示例科技（北京）有限公司", "uscc_a": "91110105MA0000007L",
    "party_b": "示例客户服务有限公司", "value": "1200000.00", "signed_on": "2024-05-20", "effective_on": "2024-06-01", "last_day": "2027-05-31",
    "renews": "否", "confidential": "否",
    "file": "FW-2024-018.pdf",
}  # fmt: skip
_HEAD = PatternFill("solid", fgColor="FFE8EDF3")


def register_template() -> bytes:
    """A workbook that ``intake.register_upload`` reads back."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = SHEET
    for index, wanted in enumerate(FIELDS, 1):
        letter = get_column_letter(index)
        cell = sheet.cell(1, index, f"{wanted.label}*" if wanted.required else wanted.label)
        cell.font, cell.fill = Font(bold=True), _HEAD
        cell.alignment = Alignment(horizontal="center", vertical="center", wrap_text=True)
        sheet.column_dimensions[letter].width = wanted.width
        # Text as it is typed: numbers of contracts and codes must not lose zeros or become 1.2E+17.
        shape = {"date": "yyyy-mm-dd", "money": "#,##0.00"}.get(wanted.kind, "@")
        for row in range(2, 202):
            sheet.cell(row, index).number_format = shape
        rule = _rule(wanted)
        if rule is not None:
            rule.add(f"{letter}2:{letter}{ROWS + 1}")
            sheet.add_data_validation(rule)
    sheet.freeze_panes = "C2"
    sheet.row_dimensions[1].height = 30
    _notes(book)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def _rule(wanted: Field) -> DataValidation | None:
    match wanted.kind:
        case "yes":
            rule = DataValidation(type="list", formula1='"是,否"', allow_blank=True)
            rule.error = "只能填“是”或者“否”"
        case "date":
            rule = DataValidation(type="date", operator="greaterThan", formula1="18264", allow_blank=not wanted.required)
            rule.error = "请填写日期，例如 2024-05-20"
        case "money":
            rule = DataValidation(type="decimal", operator="greaterThanOrEqual", formula1="0", allow_blank=True)
            rule.error = "请填写不小于零的金额（元）"
        case _:
            return None
    rule.errorTitle, rule.showErrorMessage = wanted.label, True
    return rule


def _notes(book: Workbook) -> None:
    notes = book.create_sheet(NOTES)
    lines = [("列", "必填", "怎样填写", "示例")]
    lines += [(f.label, "是" if f.required else "", f.help, EXAMPLE.get(f.key, "")) for f in FIELDS]
    lines += [
        ("", "", "", ""),
        ("说明", "", "每行一份已经签署的合同；不要合并单元格，不要使用公式，不要改动表头。", ""),
        (
            "",
            "",
            "每份合同的签署件为一个 PDF，与本表一起上传（可以压缩为一个 ZIP）；文件名写在“签署件文件名”列，留空的按合同编号查找。",
            "",
        ),
        ("", "", "全部核对无误后才会入账；任何一行有误，一份也不补录。", ""),
    ]
    for row in lines:
        notes.append(row)
    for letter, width in zip("ABCD", (24, 8, 70, 30), strict=True):
        notes.column_dimensions[letter].width = width
    for cell in notes[1]:
        cell.font, cell.fill = Font(bold=True), _HEAD
    for cells in notes.iter_rows(min_row=2):
        for cell in cells:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.number_format = "@"
