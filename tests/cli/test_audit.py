"""``audit`` on the command line, as an administrator runs it."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from app.services.filing import create_contract
from app.settings import Settings
from app.wiring import Wiring
from tests.data_folders import with_database
from tests.services.fixtures import LAWYER, NOW, PATTERN, TODAY, draft, reference

ROOT = Path(__file__).resolve().parents[2]


def _audit(data_dir: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DATA_DIR": str(data_dir), "DATABASE_URL": ""}
    return subprocess.run(
        [sys.executable, "-m", "app", "audit", *words], cwd=ROOT, env=environment, capture_output=True, text=True
    )


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    wiring = Wiring(Settings(data_dir=with_database(tmp_path)))
    with wiring.unit_of_work() as uow:
        create_contract(uow, LAWYER, NOW, TODAY, reference(), draft(uow), PATTERN)
    wiring.engine.dispose()
    return tmp_path


def test_export_then_verify_then_a_changed_entry_is_named(data_dir: Path) -> None:
    out = data_dir / "log.json"
    exported = _audit(data_dir, "export", "SHFW-2026-0001", "--as", "lawyer", "--out", str(out))
    assert exported.returncode == 0, exported.stderr
    assert json.loads(out.read_text(encoding="utf-8"))["contract"]["number"] == "SHFW-2026-0001"
    sound = _audit(data_dir, "verify")
    assert (sound.returncode, "全部条目均在检查点之内" in sound.stdout) == (0, True)
    with sqlite3.connect(data_dir / "chengyue.sqlite3") as connection:
        connection.execute("DROP TRIGGER audit_entries_no_update")
        connection.execute("UPDATE audit_entries SET data = '{}' WHERE number = 1")
    connection.close()
    broken = _audit(data_dir, "verify")
    assert (broken.returncode, "第1条的内容与其哈希不符" in broken.stdout) == (1, True)


def test_an_unknown_contract_is_a_sentence(data_dir: Path) -> None:
    refused = _audit(data_dir, "export", "SHFW-1999-0001", "--as", "lawyer")
    assert (refused.returncode, refused.stderr.strip()) == (2, "没有找到合同 SHFW-1999-0001。")


def test_the_log_is_exported_and_read_with_the_rights_of_an_account(data_dir: Path) -> None:
    assert "导出" not in _audit(data_dir, "export", "SHFW-2026-0001").stdout  # nobody in particular exports nothing
    refused = _audit(data_dir, "export", "SHFW-2026-0001", "--as", "other")
    assert (refused.returncode, "不能进行这项操作" in refused.stderr) == (2, True)
    shown = _audit(data_dir, "show", "SHFW-2026-0001", "--as", "other")
    assert (shown.returncode, "王律师　登记为合同 SHFW-2026-0001" in shown.stdout) == (0, True), shown.stdout
    assert _audit(data_dir, "show", "--as", "lawyer").returncode == 2  # the whole log is for auditors
