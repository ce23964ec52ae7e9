"""Annexes as workbooks: the annex tables of a contract, and the empty service list to fill in."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence, Set
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.styles import Alignment, Border, Font, NamedStyle, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from app.domain.documents import DocumentMeta
from app.domain.tables import build_table
from app.domain.tree import Table
from app.domain.variables import Value, Variable, VariableSet, VariableType

_THIN = Side(style="thin", color="FF9AA5B1")
_GRID = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_BODY_ALIGNMENT = Alignment(wrap_text=True, vertical="center")
_HEAD, _BODY, _TOTAL = "表头", "表格", "合计"
_ILLEGAL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_EPOCH = (1980, 1, 1, 0, 0, 0)
SHEET_NAMES = {"annex.service_items": "服务项目", "fees.price_rows": "价格"}


def write_annexes(tables: tuple[Table, ...], meta: DocumentMeta) -> bytes:
    """The annex tables, one sheet each; every cell as the contract prints it, formulas never."""
    book = _new_book()
    for table in tables:
        sheet = book.create_sheet(_sheet_name(table.caption, book.sheetnames))
        totals = {number for number, row in enumerate(table.rows, 2) if row.emphasis}
        _fill(sheet, [c.label for c in table.columns], [r.cells for r in table.rows], [c.width for c in table.columns], totals)
        sheet.oddFooter.left.text = f"{meta.number} {meta.title}"
        sheet.oddFooter.right.text = "第 &P 页 共 &N 页"
    if not book.worksheets:
        book.create_sheet("附件")
    book.properties.title = f"{meta.title} 附件"
    book.properties.identifier = meta.document_id
    book.properties.creator = "成约"
    book.properties.created = book.properties.modified = meta.created.replace(tzinfo=None)
    return _saved(book)


def service_list_template(variables: VariableSet, filled: Mapping[str, Value] | None = None) -> bytes:
    """A workbook to fill in: heads with help, drop-down lists, and the form's default rows as the example, or those of ``filled``."""
    book = _new_book()
    for name, title in SHEET_NAMES.items():
        variable = variables[name]
        sheet = book.create_sheet(title)
        table = build_table(variable, filled.get(name) if filled is not None else variable.default)
        heads = [f"{c.label}*" if c.required else c.label for c in variable.columns]
        rows = [tuple("" if c == "—" else c for c in r.cells) for r in table.rows] or (
            [] if filled is not None else _example(variable)
        )
        _fill(sheet, heads, rows, [c.width for c in variable.columns])
        _choices(book, sheet, variable)
    notes = book.create_sheet("填写说明")
    lines = [
        ("说明", "“*”为必填列；每行一项，编号不得重复；不要合并单元格，不要使用公式。"),
        (
            "工作表",
            "“服务项目”为附件一服务项目表；“价格”为价格表，金额为不含税金额（元），税率留空时按计税类别取合同第八章的税率。",
        ),
    ]
    lines += [(c.label, c.help) for n in SHEET_NAMES for c in variables[n].columns if c.help]
    _fill(notes, ["项目", "说明"], lines, [12, 60])
    return _saved(book)


def _new_book() -> Workbook:
    """An empty workbook with our three cell styles: named styles cost a cell nothing, fonts and borders set one by one do."""
    book = Workbook()
    book.remove(book.worksheets[0])
    head = NamedStyle(_HEAD, font=Font(name="黑体", bold=True, size=11), fill=PatternFill("solid", fgColor="FFE8EDF3"))
    head.border, head.alignment = _GRID, Alignment(horizontal="center", vertical="center", wrap_text=True)
    book.add_named_style(head)
    for name, bold in ((_BODY, False), (_TOTAL, True)):
        style = NamedStyle(name, font=Font(name="宋体", size=10.5, bold=bold), border=_GRID, alignment=_BODY_ALIGNMENT)
        book.add_named_style(style)
    return book


def _example(variable: Variable) -> list[tuple[str, ...]]:
    """An example row where the form has no default rows."""
    sample = {"code": "FW-01", "item": "互联网产品售后服务（年度）", "category": "服务", "excl_tax": "1200000.00", "rate": "6"}
    return [tuple(sample.get(c.key, "") for c in variable.columns)]


def _choices(book: Workbook, sheet: Worksheet, variable: Variable) -> None:
    lists = book["选项"] if "选项" in book.sheetnames else book.create_sheet("选项")
    lists.sheet_state = "hidden"
    for index, column in enumerate(variable.columns, 1):
        letter = get_column_letter(index)
        if column.type is VariableType.ENUM:
            at = lists.max_column + 1 if lists["A1"].value else 1
            for row, option in enumerate(column.options, 1):
                lists.cell(row, at, option.label)
            area = f"选项!${get_column_letter(at)}$1:${get_column_letter(at)}${len(column.options)}"
            rule = DataValidation(type="list", formula1=f"={area}", allow_blank=not column.required)
            rule.error, rule.errorTitle = "请从列表中选择", column.label
        elif column.type in (VariableType.MONEY, VariableType.PERCENT, VariableType.DECIMAL, VariableType.INT):
            rule = DataValidation(type="decimal", operator="greaterThanOrEqual", formula1="0", allow_blank=not column.required)
            rule.error, rule.errorTitle = "请填写不小于零的数", column.label
        else:
            continue
        rule.showErrorMessage = True
        rule.add(f"{letter}2:{letter}20001")
        sheet.add_data_validation(rule)


def _sheet_name(caption: str, taken: Sequence[str]) -> str:
    base = re.sub(r"[\[\]:*?/\\]", "", caption)[:28] or "附件"
    name, n = base, 2
    while name in taken:
        name, n = f"{base}{n}", n + 1
    return name


def _fill(
    sheet: Worksheet, heads: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[int], totals: Set[int] = frozenset()
) -> None:
    """``totals`` are the numbers of the rows that stand out; the head is row 1."""
    sheet.append(list(heads))
    for row in rows:
        sheet.append([_ILLEGAL.sub("", cell) for cell in row])
    total = sum(widths) or 1
    for index, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(index)].width = max(8, round(130 * width / total))
    for number, line in enumerate(sheet.iter_rows(), 1):
        style = _HEAD if number == 1 else _TOTAL if number in totals else _BODY
        for cell in line:
            cell.style = style
            if number > 1 and isinstance(cell.value, str):
                # Text that begins with = + - @ must stay text: a contract's annex never computes.
                cell.data_type = "s"
                cell.quotePrefix = cell.value[:1] in "=+-@" and bool(cell.value)
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _saved(book: Workbook) -> bytes:
    """The workbook with fixed times in its container, so that equal content gives equal bytes."""
    first = io.BytesIO()
    book.save(first)
    target = io.BytesIO()
    with ZipFile(first) as source, ZipFile(target, "w", ZIP_DEFLATED) as package:
        for info in source.infolist():
            package.writestr(ZipInfo(info.filename, _EPOCH), source.read(info), ZIP_DEFLATED)
    return target.getvalue()
