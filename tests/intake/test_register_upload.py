"""Old registers and PDFs from outside."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from app.domain.recording import FIELDS
from app.intake import pdf_text
from app.intake.gate import RefusedFile
from app.intake.pdf_text import read_pdf
from app.intake.register_upload import read_register_upload
from app.rendering.register_template import register_template
from tests.intake.pdfs import pdf

ROW = ("HT-1", "合同", "甲", "", "乙", "", 1000, "2024-05-20")


def book(*rows: tuple[object, ...], heads: tuple[str, ...] = (), title: str = "补录合同") -> bytes:
    made = Workbook()
    sheet = made.worksheets[0]
    sheet.title = title
    sheet.append(list(heads) or [f"{f.label}*" if f.required else f.label for f in FIELDS])
    for row in rows:
        sheet.append(list(row))
    target = io.BytesIO()
    made.save(target)
    return target.getvalue()


def packed(*files: tuple[str, bytes]) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return target.getvalue()


def sentences(*rows: tuple[object, ...], heads: tuple[str, ...] = ()) -> list[str]:
    return [f.sentence() for f in read_register_upload([("a.xlsx", book(*rows, heads=heads))]).faults]


def test_the_template_is_read_back_and_has_help_and_lists() -> None:
    template = register_template()
    upload = read_register_upload([("t.xlsx", template)])
    assert [f.reason for f in upload.faults] == ["表头以下没有内容"]
    assert list(upload.register.columns) == [f.key for f in FIELDS]
    opened = load_workbook(io.BytesIO(template))
    assert len(opened["补录合同"].data_validations.dataValidation) == 6
    assert {f.label for f in FIELDS} <= {row[0] for row in opened["填写说明"].iter_rows(values_only=True)}


def test_rows_come_with_the_numbers_the_spreadsheet_shows() -> None:
    upload = read_register_upload([("a.xlsx", book(ROW, (None,), ROW)), ("x/HT-1.pdf", b"1"), ("b.PDF", b"2")])
    assert [r.number for r in upload.register.rows] == [2, 4]
    assert upload.register.rows[0].cells["value"] == "1000"
    assert dict(upload.pdfs) == {"HT-1.pdf": b"1", "b.PDF": b"2"}


def test_faults_of_the_sheet_are_told_all_at_once() -> None:
    told = sentences(("=1+1", "x"), heads=("合同编号", "合同名称", "合同名称", "甲方名称", "乙方名称", "没有的列"))
    for words in (
        "“没有的列”列（F1）：没有这一列",
        "“合同名称”列（C1）：这一列出现了两次",
        "“签订日期”列：缺少这一列",
        "“合同编号”列（A2）：不接受公式",
    ):
        assert any(words in t for t in told), (words, told)


def test_a_zip_holds_the_register_and_its_files_whatever_program_packed_it() -> None:
    content = packed(("台账/台账.xlsx", book(ROW)), ("台账/签署件/HT-1.pdf", b"1"), ("__MACOSX/x", b"-"), (".DS_Store", b"-"))
    assert list(read_register_upload([("all.zip", content)]).pdfs) == ["HT-1.pdf"]
    # An older program writes names in its code page and doesn't say so.
    name = "合同一.pdf".encode("gb18030")
    windows = packed(("a.xlsx", book(ROW)), ("A" * len(name), b"1")).replace(b"A" * len(name), name)
    assert list(read_register_upload([("all.zip", windows)]).pdfs) == ["合同一.pdf"]


@pytest.mark.parametrize(
    "files",
    [
        [],
        [("a.pdf", b"x")],
        [("a.xlsx", b"rubbish")],
        [("a.xlsx", book(ROW)), ("b.xlsx", book(ROW))],
        [("a.xlsx", book(ROW)), ("evil.exe", b"MZ")],
        [("a.xlsx", book(ROW)), ("x.pdf", b"1"), ("X.PDF", b"2")],
        [("a.zip", b"PK\x03\x04 rubbish")],
        [("a.zip", packed(("a.xlsx", book(ROW)), ("bomb.pdf", b"\0" * 30_000_000)))],
        [("a.xlsx", book(("x",), heads=("不相干", "的", "表", "头")))],
    ],
)
def test_files_that_cannot_be_used_are_refused_with_a_sentence(files: list[tuple[str, bytes]]) -> None:
    with pytest.raises(RefusedFile, match="。"):
        read_register_upload(files)


@given(st.binary(max_size=400))
def test_rubbish_is_refused_and_nothing_else_happens(content: bytes) -> None:
    for name in ("a.xlsx", "a.zip"):
        with pytest.raises(RefusedFile):
            read_register_upload([(name, content)])


# ---- PDFs


def test_the_words_of_a_pdf_are_read_page_by_page() -> None:
    assert read_pdf(pdf("甲方应当支付违约金 SLA 100", "", "第三页")) == ("甲方应当支付违约金 SLA 100", "", "第三页")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"hello", "不是 PDF"),
        (b"%PDF-1.7 rubbish", "已损坏"),
        (pdf("a")[:200], "已损坏"),
        (pdf("a", catalog="/OpenAction << /S /JavaScript /JS (app.alert(1)) >>"), "含有脚本"),
        (pdf("a", catalog="/OpenAction << /S /Launch /F (calc.exe) >>"), "启动其他程序"),
    ],
)
def test_a_hostile_pdf_is_refused(content: bytes, why: str) -> None:
    with pytest.raises(RefusedFile, match=why):
        read_pdf(content)


def test_a_pdf_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf_text, "PDF_SECONDS", 0.001)
    with pytest.raises(RefusedFile, match="过于庞大"):
        read_pdf(pdf("a"))
