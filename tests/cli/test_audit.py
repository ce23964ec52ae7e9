"""``audit`` on the command line, as an administrator runs it."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from app.services.filing import create_contract
from app.settings import Settings
from app.wiring import Wiring
from tests.cli.test_commands import Command, run
from tests.data_folders import with_database
from tests.services.fixtures import LAWYER, NOW, PATTERN, TODAY, draft, reference

__all__ = ["run"]


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    wiring = Wiring(Settings(data_dir=with_database(tmp_path)))
    with wiring.unit_of_work() as uow:
        create_contract(uow, LAWYER, NOW, TODAY, reference(), draft(uow), PATTERN)
    wiring.engine.dispose()
    return tmp_path


def test_export_then_verify_then_a_changed_entry_is_named(run: Command, data_dir: Path) -> None:
    out = data_dir / "log.json"
    exported = run("audit", "export", "SHFW-2026-0001", "--as", "lawyer", "--out", str(out))
    assert exported.code == 0, exported.err
    assert json.loads(out.read_text(encoding="utf-8"))["contract"]["number"] == "SHFW-2026-0001"
    sound = run("audit", "verify")
    assert (sound.code, "全部条目均在检查点之内" in sound.out) == (0, True)
    with sqlite3.connect(data_dir / "chengyue.sqlite3") as connection:
        connection.execute("DROP TRIGGER audit_entries_no_update")
        connection.execute("UPDATE audit_entries SET data = '{}' WHERE number = 1")
    connection.close()
    broken = run("audit", "verify")
    assert (broken.code, "第1条的内容与其哈希不符" in broken.out) == (1, True)


def test_an_unknown_contract_is_a_sentence(run: Command) -> None:
    refused = run("audit", "export", "SHFW-1999-0001", "--as", "lawyer")
    assert (refused.code, refused.err.strip()) == (2, "没有找到合同 SHFW-1999-0001。")


def test_the_log_is_exported_and_read_with_the_rights_of_an_account(run: Command) -> None:
    assert "导出" not in run("audit", "export", "SHFW-2026-0001").out  # nobody in particular exports nothing
    refused = run("audit", "export", "SHFW-2026-0001", "--as", "other")
    assert (refused.code, "不能进行这项操作" in refused.err) == (2, True)
    shown = run("audit", "show", "SHFW-2026-0001", "--as", "other")
    assert (shown.code, "王律师　登记为合同 SHFW-2026-0001" in shown.out) == (0, True), shown.out
    assert run("audit", "show", "--as", "lawyer").code == 2  # the whole log is for auditors
