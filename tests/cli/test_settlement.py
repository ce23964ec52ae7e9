"""A month's figures, its settlement, invoice and payment from the command line."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from openpyxl import load_workbook
from PIL import Image

from app.cli import settlement_corrections, settlement_money, settlement_months, settlement_sheets
from app.settings import Settings
from app.wiring import Wiring
from tests.cli.test_commands import Command, run
from tests.data_folders import with_database
from tests.domain.settlement.terms import COUNTS
from tests.services.living import in_force
from tests.web.people import first_lawyer

__all__ = ["run"]
NUMBER = "SHFW-2025-0001"
AS = ("--as", "wang")


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    wiring = Wiring(Settings(data_dir=with_database(tmp_path / "data")))
    first_lawyer(wiring)
    in_force(wiring.unit_of_work)
    for module in (settlement_months, settlement_sheets, settlement_money, settlement_corrections):
        monkeypatch.setattr(module, "now", lambda: datetime(2026, 3, 6, 4, tzinfo=UTC))
    return tmp_path / "data"


def test_a_month_is_entered_settled_invoiced_and_paid(run: Command, tmp_path: Path) -> None:
    file = tmp_path / "数据.xlsx"
    on = ("--today", "2026-03-06")
    assert run("settlement", "template", NUMBER, "2026-02", "--out", file, *AS).code == 0
    book = load_workbook(file)
    book["月度数据"]["B3"], book["月度数据"]["B4"] = "YB-202602", 4100
    for row, (top, bottom) in enumerate(COUNTS.values(), 2):
        book["指标"].cell(row, 2, top)
        book["指标"].cell(row, 3, bottom)
    book["指标"]["C3"] = "许多"
    book.save(file)
    refused = run("settlement", "enter", NUMBER, file, *AS, *on)
    assert refused.code == 2
    assert "（C3）：应为数字" in refused.err
    book["指标"]["C3"] = 5000
    book.save(file)
    export, mail, program = tmp_path / "导出.png", tmp_path / "往来邮件.png", tmp_path / "程序.exe"
    Image.new("RGB", (2, 2), "red").save(export)
    Image.new("RGB", (2, 2), "blue").save(mail)
    program.write_bytes(b"MZ\x90\x00")
    assert run("settlement", "enter", NUMBER, file, "--evidence", program, *AS, *on).code != 0
    assert "得分82.49分" in run("settlement", "enter", NUMBER, file, "--evidence", export, "--evidence", mail, *AS, *on).out
    assert "导出.png、往来邮件.png" in run("settlement", "score", NUMBER, "2026-02", *AS).out
    assert "60×(84－68)÷(85－68)" in run("settlement", "score", NUMBER, "2026-02", *AS).out
    assert "已确认" in run("settlement", "review", NUMBER, "2026-02", "--agree", *AS, *on).out
    assert "应付（含税）124889.60" in run("settlement", "draw", NUMBER, "2026-02", *AS, *on).out
    received = run("settlement", "receive", NUMBER, "2026-02", *AS, *on)
    assert "至2026-03-13未确认也未异议的，视为确认" in received.out
    confirmed = run("settlement", "confirm", NUMBER, "2026-02", "--how", "written", "--evidence", "确认函", *AS, *on)
    assert "先票后款" in confirmed.out, confirmed.err
    assert "与结算单相符" in run("settlement", "invoice", NUMBER, "2026-02", "--number", "FP1", *AS, *on).out
    shown = run("settlement", "show", NUMBER, f"JS-{NUMBER}-202602", "--depth", "9", *AS, "--today", "2026-04-17").out
    for words in (
        "第8.1.1.1款",
        "fees.monthly_fixed",
        "逾期10日，违约金374.67",
        "  2026-04-08至2026-04-17\t10日\t日万分之3\t374.67",
        "付款期：自2026年3月6日次日起算30个自然日",
    ):
        assert words in shown, words
    assert "已逾期合计\t124889.60" in run("settlement", "due", *AS, "--today", "2026-04-17").out
    assert run("settlement", "dun", NUMBER, *AS, "--today", "2026-04-17").out.strip() == f"{NUMBER}-CG-01"
    paid = run("settlement", "pay", NUMBER, "--amount", "124,900.00", "--reference", "HD1", *AS, "--today", "2026-04-17")
    assert "多付10.40元" in paid.out
    assert f"{NUMBER}\tHD1\t2026-04-17\t124900.00\t尚未核销10.40" in run("settlement", "unmatched", *AS).out
    assert "可核销124889.60\t已核销124889.60" in run("settlement", "match", NUMBER, "HD1", *AS).out
    part = ("settlement", "match", NUMBER, "HD1", "--to", "FP1", "100000", *AS, "--today", "2026-04-17")
    assert "请写明理由" in run(*part).err
    assert "已核销100000.00元，尚未核销24900.00元" in run(*part, "--reason", "其余为押金").out
    assert "已核销0.00元" in run("settlement", "match", NUMBER, "HD1", "--nothing", "--reason", "重新核对", *AS).out
    assert "已冲销" in run("settlement", "reverse", NUMBER, "HD1", "--reason", "银行退回", *AS, "--today", "2026-04-18").out
    assert "未付124889.60" in run("settlement", "months", NUMBER, *AS, "--today", "2026-04-18").out
    book["月度数据"]["B4"] = 4000
    book.save(file)
    proposed = run("settlement", "correct", NUMBER, file, "--reason", "工单重复计数，见核对表", *AS)
    assert f"GZ-JS-{NUMBER}-202602-1\t待决定\t不含税-2632.00" in proposed.out, proposed.err
    assert "更正后104,528.00－已结算107,160.00" in run("settlement", "corrections", NUMBER, "--depth", "2", *AS).out
    accepted = run("settlement", "accept", NUMBER, f"GZ-JS-{NUMBER}-202602-1", "--evidence", "确认函QR-9", *AS, *on)
    assert "已接受" in accepted.out, accepted.err
    red = ("settlement", "invoice", NUMBER, "2026-02", "--number", "HP1", "--red-of", "FP1", "--line", "6", "2632.00", "157.92")
    assert f"HP1 已登记，与更正GZ-JS-{NUMBER}-202602-1相符" in run(*red, *AS, *on).out
    to_sheet = run("settlement", "assign", NUMBER, "2026-02", "HP1", "--none", "--reason", "整张红冲重开", *AS, *on)
    assert "HP1 已归结算单，相符" in to_sheet.out, to_sheet.err
    back = (
        "settlement",
        "assign",
        NUMBER,
        "2026-02",
        "HP1",
        "--correction",
        f"GZ-JS-{NUMBER}-202602-1",
        "--reason",
        "属于该更正",
    )
    assert f"HP1 已归更正GZ-JS-{NUMBER}-202602-1，相符" in run(*back, *AS, *on).out
    assert f"发票 HP1\t-2789.92\t与更正GZ-JS-{NUMBER}-202602-1相符" in run("settlement", "show", NUMBER, "2026-02", *AS, *on).out
    assert "没有差额" in run("settlement", "recompute", NUMBER, "2026-02", "--reason", "核对条款", *AS, *on).err
    out = tmp_path / "结算.xlsx"
    assert run("settlement", "xlsx", NUMBER, "2026-02", "--out", out, *AS, *on).code == 0
    assert load_workbook(out)["结算单"]["B1"].value == f"JS-{NUMBER}-202602"
    assert run("settlement", "budget", NUMBER, "2026-05-01", "1500000", *AS).code == 0
    assert "预算1500000.00" in run("settlement", "plan", NUMBER, *AS).out


def filled_in(run: Command, file: Path, tickets: int) -> None:
    """The template of February with its figures."""
    assert run("settlement", "template", NUMBER, "2026-02", "--out", file, *AS).code == 0
    book = load_workbook(file)
    book["月度数据"]["B3"], book["月度数据"]["B4"] = "YB-202602", tickets
    for row, (top, bottom) in enumerate(COUNTS.values(), 2):
        book["指标"].cell(row, 2, top)
        book["指标"].cell(row, 3, bottom)
    book.save(file)


def test_party_b_had_the_result_and_its_period_to_object_runs_from_then(run: Command, tmp_path: Path) -> None:
    file, on = tmp_path / "数据.xlsx", ("--today", "2026-03-06")
    filled_in(run, file, 4100)
    assert run("settlement", "enter", NUMBER, file, *AS, *on).code == 0
    early = run("settlement", "received", NUMBER, "2026-02", *AS, *on)
    assert (early.code, early.out) == (2, "")
    assert run("settlement", "review", NUMBER, "2026-02", "--object", "--words", "与话务平台导出不符", *AS, *on).code == 0
    assert "还没有录入甲方的审核结果" in run("settlement", "received", NUMBER, "2026-02", *AS, *on).err
    filled_in(run, file, 4000)
    assert run("settlement", "enter", NUMBER, file, "--by", "a", *AS, "--today", "2026-03-07").code == 0
    late = ("--on", "2026-03-06", *AS, "--today", "2026-03-09")
    assert "早于审核结果的日期2026-03-07" in run("settlement", "received", NUMBER, "2026-02", *late).err
    had = run(
        "settlement", "received", NUMBER, "2026-02", "--on", "2026-03-09", "--words", "邮件回执", *AS, "--today", "2026-03-09"
    )
    assert had.out == "2026-02 收到审核结果的日期已记录；乙方至2026-03-12未提出异议的，视为认可。\n", had.err
    assert "2026-03-09\t乙方\treceived\t邮件回执" in run("settlement", "score", NUMBER, "2026-02", *AS).out
    lapse = ("settlement", "lapse", NUMBER, "2026-02", *AS)
    assert "期限至2026年3月12日届满" in run(*lapse, "--today", "2026-03-12").err
    assert run(*lapse, "--today", "2026-03-13").code == 0
