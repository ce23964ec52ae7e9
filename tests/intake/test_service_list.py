"""The service list from a workbook or CSV: good rows in, every bad cell named."""

from __future__ import annotations

import io
import zipfile

import pytest
from openpyxl import Workbook, load_workbook

from app.domain.variables import VariableSet
from app.intake.gate import RefusedFile
from app.intake.service_list import read_service_list
from app.library.loader import FORM, clauses_root
from app.library.variables import load_variables
from app.rendering.annexes import service_list_template

HEADS = ["编号", "类别", "项目名称", "适用产品", "渠道", "服务时段", "优先级", "责任岗位", "交付物", "计价代码", "备注"]
ROW = ["A-1", "咨询", "使用咨询", "全部产品", "电话", "服务时间", "P4", "客服", "答复记录", "FW-01", ""]


@pytest.fixture(scope="module")
def variables() -> VariableSet:
    return load_variables(clauses_root() / FORM / "variables.yaml")


def workbook(*rows: list[object], heads: list[str] | None = None, merge: str = "") -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "服务项目"
    sheet.append(heads or HEADS)
    for row in rows:
        sheet.append(row)
    if merge:
        sheet.merge_cells(merge)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def test_the_template_read_back_unchanged_has_no_fault_and_every_default_row(variables: VariableSet) -> None:
    result = read_service_list(service_list_template(variables), "服务清单.xlsx", variables)
    assert result.faults == []
    assert result.rows is not None
    assert len(result.rows) >= 8
    assert [r["code"] for r in result.rows] == [r["code"] for r in variables["annex.service_items"].default]  # type: ignore[union-attr,index,call-overload]
    assert result.prices is not None
    assert result.prices[0]["excl_tax"] == "1200000.00"


def test_the_template_offers_the_categories_as_a_list(variables: VariableSet) -> None:
    book = load_workbook(io.BytesIO(service_list_template(variables)))
    rules = book["服务项目"].data_validations.dataValidation
    assert any(r.type == "list" and "B2" in str(r.sqref) for r in rules)


def test_every_bad_cell_is_named_by_sheet_row_column_and_reason(variables: VariableSet) -> None:
    bad = workbook(ROW, ["A-1", "不存在的类别", "", *ROW[3:]], ["A-3", "咨询", "第三项", *ROW[3:]])
    faults = read_service_list(bad, "a.xlsx", variables).faults
    where = {(f.sheet, f.row, f.column) for f in faults}
    assert where == {("服务项目", 3, "编号"), ("服务项目", 3, "类别"), ("服务项目", 3, "项目名称")}
    assert all(f.reason and not f.reason.startswith("第") for f in faults), "the cell is named once, by the sheet's own row"
    assert any("允许：咨询、技术支持" in f.reason for f in faults)


def test_faulty_rows_are_returned_too_so_that_nothing_entered_is_lost(variables: VariableSet) -> None:
    result = read_service_list(workbook(ROW, ["A-2", "不存在", *ROW[2:]]), "a.xlsx", variables)
    assert [r["code"] for r in result.rows or []] == ["A-1", "A-2"]


def test_formulas_and_merged_cells_are_faults_that_name_the_cell(variables: VariableSet) -> None:
    with_formula = read_service_list(workbook(["A-1", "咨询", "=1+1", *ROW[3:]]), "a.xlsx", variables).faults
    assert [(f.letter, f.row) for f in with_formula if "公式" in f.reason] == [("C", 2)]
    merged = read_service_list(workbook(ROW, ROW, merge="C2:C3"), "a.xlsx", variables).faults
    assert any("C2:C3" in f.reason for f in merged)


def test_missing_and_unknown_columns_are_named(variables: VariableSet) -> None:
    faults = read_service_list(workbook(["x"] * 11, heads=[*HEADS[:9], "多余列", "备注"]), "a.xlsx", variables).faults
    reasons = {(f.column, f.reason.split("，")[0]) for f in faults if f.row == 1}
    assert ("多余列", "没有这一列") in reasons
    assert ("计价代码", "缺少这一列") in reasons


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_is_read_in_the_encodings_that_spreadsheets_write(variables: VariableSet, encoding: str) -> None:
    text = ",".join(HEADS) + "\n" + ",".join(ROW) + "\n"
    result = read_service_list(text.encode(encoding), "清单.CSV", variables)
    assert result.faults == []
    keys = [c.key for c in variables["annex.service_items"].columns]
    assert result.rows == [{k: v for k, v in zip(keys, ROW, strict=True) if v}]


def test_five_thousand_rows_are_read(variables: VariableSet) -> None:
    text = ",".join(HEADS) + "\n" + "".join(f"N-{i},{','.join(ROW[1:])}\n" for i in range(5000))
    result = read_service_list(text.encode(), "a.csv", variables)
    assert result.faults == []
    assert len(result.rows or []) == 5000


def _zip(parts: dict[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return target.getvalue()


BASE = {"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<workbook/>"}


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"", "a.xlsx", "空"),
        (b"%PDF-1.7", "a.xlsx", "不是有效"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "a.xlsx", "加密"),
        (b"x", "a.docm", "只接受"),
        (b"\xff\xfe\x00\x01", "a.csv", "CSV"),
        (_zip({"word/document.xml": b"<a/>"}), "a.xlsx", "类型"),
        (_zip({**BASE, "xl/vbaProject.bin": b"x"}), "a.xlsx", "宏"),
        (_zip({**BASE, "../../evil.xml": b"<a/>"}), "a.xlsx", "路径"),
        (_zip({**BASE, "xl/s.xml": b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'}), "a.xlsx", "DOCTYPE"),
        (_zip({**BASE, "xl/s.xml": b"<a>" + b" " * 3_000_000 + b"</a>"}), "a.xlsx", "过大"),
    ],
)
def test_a_hostile_or_foreign_file_is_refused_with_a_reason(
    variables: VariableSet, content: bytes, name: str, message: str
) -> None:
    with pytest.raises(RefusedFile, match=message):
        read_service_list(content, name, variables)
