"""The obligations of a demonstration contract; what the demonstration claims of them holds."""

from __future__ import annotations

from pathlib import Path

from app.cli.demo_duties import duty_files
from app.settings import Settings
from app.wiring import Wiring
from tests.data_folders import with_database


def test_obligations_are_planned_done_waived_and_timed(tmp_path: Path) -> None:
    lent = Wiring(Settings(data_dir=with_database(tmp_path)))
    files, lines, failed = duty_files(lambda: lent.tools)
    assert failed == []
    assert sum("✓" in line for line in lines) >= 6
    record = files["duties.txt"].decode()
    assert "期限取自合同变量“结算周期”、“结算单提交日”（第8.2.1条第（1）项）" in record
    assert "每年增加127,200.00元（含税）" in record
    assert "结算单JS-202603，邮件第12号" in files["duties.csv"].decode("utf-8-sig")
