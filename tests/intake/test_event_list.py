"""Tables of events as people send them: the template filled in by a spreadsheet program, and CSV in the encodings that Excel and WPS write."""

from __future__ import annotations

import io
from datetime import date, datetime, time

import pytest
from openpyxl import Workbook, load_workbook

from app.domain.event_table import HEADS, read_event_table
from app.domain.term import BEIJING
from app.intake.event_list import read_event_list
from app.intake.gate import RefusedFile
from app.rendering.register_sheet import write_register


def filled(*rows: tuple[object, ...], heads: tuple[str, ...] = HEADS) -> bytes:
    """The template that is handed out, with these rows under its heads."""
    book = load_workbook(
        io.BytesIO(write_register(heads, (20, 26, 14, 10, 24, 40), [], [("收到投诉", "投诉")], title="履行事件"))
    )
    for number, row in enumerate(rows, 2):
        for column, value in enumerate(row, 1):
            book.worksheets[0].cell(number, column, value)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


@pytest.mark.parametrize("typed", [date(2027, 3, 1), datetime(2027, 3, 1), "2027-03-01", "2027/3/1", "2027年3月1日", "2027.3.1"])
@pytest.mark.parametrize("clock", [time(14, 30), "14:30"])
def test_days_and_hours_are_read_as_a_spreadsheet_keeps_them(typed: object, clock: object) -> None:
    content = filled(("SHFW-2026-0001", "收到投诉", typed, clock, "TS-1", "电话投诉"), (None,) * 6)
    table = read_event_table(read_event_list(content, "事件.XLSX"))
    assert table.faults == ()
    (row,) = table.rows
    assert (row.number, row.contract, row.kind, row.day) == (2, "SHFW-2026-0001", "complaint_received", date(2027, 3, 1))
    assert row.moment == datetime(2027, 3, 1, 14, 30, tzinfo=BEIJING)
    assert (row.subject, row.note) == ("TS-1", "电话投诉")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_csv_is_read_in_what_excel_and_wps_write(encoding: str) -> None:
    text = '事件,日期,对象,说明\r\n收到投诉,2027-03-01,"TS-1,甲","第一行\r\n第二行"\r\n'
    table = read_event_table(read_event_list(text.encode(encoding), "events.csv"), one_contract=True)
    assert table.faults == ()
    assert [(r.subject, r.note.split()) for r in table.rows] == [("TS-1,甲", ["第一行", "第二行"])]


def test_every_fault_of_a_workbook_has_its_row() -> None:
    content = filled(
        ("", "怪事", "2027-02-30", "25:00", "", ""), ("SHFW-2026-0001", "收到投诉", date(2027, 3, 1), "晚上", "", "")
    )
    table = read_event_table(read_event_list(content, "a.xlsx"))
    assert table.rows == ()
    assert [(f.line, f.label) for f in table.faults] == [(2, "合同编号"), (2, "事件"), (2, "日期"), (3, "时刻")]


@pytest.mark.parametrize(
    ("content", "name", "why"),
    [
        (b"x", "a.docx", "只接受"),
        (b"not a workbook", "a.xlsx", "不是有效的 Office 文件"),
        (b"\xff\xfe\x00\x81", "a.csv", "编码"),
        ('事件,日期\n"收到投诉,2027-03-01\n'.encode(), "a.csv", "引号"),
        (b"a\n" * 5_002, "a.csv", "行数过多"),
        (b" " * (8 * 1024 * 1024 + 1), "a.csv", "过大"),
        (filled((1, "=1+1", "2027-03-01")), "a.xlsx", "公式"),
    ],
)
def test_what_is_no_table_of_events_is_refused_in_words(content: bytes, name: str, why: str) -> None:
    with pytest.raises(RefusedFile, match=why):
        read_event_list(content, name)


def test_a_workbook_of_something_else_names_the_heads_it_wants() -> None:
    book = Workbook()
    book.active.append(["姓名", "电话"])  # type: ignore[union-attr]
    target = io.BytesIO()
    book.save(target)
    with pytest.raises(RefusedFile, match="合同编号、事件、日期"):
        read_event_list(target.getvalue(), "a.xlsx")
