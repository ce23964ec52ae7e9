"""``verify`` on the command line."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.domain.permissions import Actor, Role
from app.services.trusted_roots import add_root, look
from app.store.elsewhere import roots_in_force
from app.store.engine import open_engine
from app.store.uow import UnitOfWork
from tests.signatures.ceremony import Ceremony
from tests.signatures.tampering import page_replaced

ADMIN = Actor("管理员", "admin-1", frozenset({Role.SYSTEM_ADMINISTRATOR}))
ROOT = Path(__file__).resolve().parents[2]


def verify(data_dir: Path, *words: str | Path, language: str = "zh") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DATA_DIR": str(data_dir), "DATABASE_URL": "", "LANGUAGE": language}
    call = [sys.executable, "-m", "app", "verify", *map(str, words)]
    return subprocess.run(call, cwd=ROOT, env=environment, capture_output=True, text=True)


@pytest.fixture
def data_dir(ceremony: Ceremony, tmp_path: Path) -> Path:
    """An installation that has the authority; its key-encryption key is not there and not needed."""
    shutil.copytree(ceremony.authority.folder, tmp_path / "pki")
    (tmp_path / "signed.pdf").write_bytes(ceremony.history["archived"])
    (tmp_path / "changed.pdf").write_bytes(page_replaced(ceremony.history["archived"]))
    return tmp_path


def test_a_sound_file_is_told_in_chinese_and_in_english(data_dir: Path) -> None:
    told = verify(data_dir, data_dir / "signed.pdf")
    assert told.returncode == 0, told.stderr
    assert told.stdout.startswith("结论：验证通过")
    assert "甲方盖章 · 北京甲方科技有限公司 · 有效" in told.stdout
    assert "不是依法设立的电子认证服务" in told.stdout
    assert verify(data_dir, data_dir / "signed.pdf", language="en").stdout.startswith("Verdict：Verified")


def test_a_changed_file_fails_and_json_says_why(data_dir: Path) -> None:
    told = verify(data_dir, data_dir / "changed.pdf", "--json")
    assert told.returncode == 1
    found = json.loads(told.stdout)
    assert found["outcome"] == "invalid"
    assert any("第1页的内容被改动" in r["chinese"] for r in found["reasons"])


def test_elsewhere_the_root_certificate_is_all_it_takes(data_dir: Path, root_file: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    alone = verify(elsewhere, data_dir / "signed.pdf")
    assert (alone.returncode, "未指定受信任的根证书" in alone.stderr) == (1, True)
    assert verify(elsewhere, data_dir / "signed.pdf", "--root", root_file).returncode == 0


def test_a_root_that_is_no_certificate_is_a_sentence(data_dir: Path) -> None:
    told = verify(data_dir, data_dir / "signed.pdf", "--root", data_dir / "signed.pdf")
    assert (told.returncode, told.stderr.strip()) == (2, "证书文件无法读取；须为 PEM 或者 DER 格式。")


def test_roots_added_to_the_installation_count_and_are_named_with_where_they_come_from(
    data_dir: Path, root_file: Path, sqlite_template: Path, tmp_path: Path
) -> None:
    installed = tmp_path / "installed"
    installed.mkdir()
    shutil.copyfile(sqlite_template, installed / "chengyue.sqlite3")
    engine = open_engine(f"sqlite:///{installed / 'chengyue.sqlite3'}")
    with UnitOfWork(engine) as uow:
        content, at = root_file.read_bytes(), datetime(2026, 3, 31, 17, tzinfo=UTC)
        mark = look(ADMIN, datetime.now(UTC), content).fingerprint
        add_root(uow, ADMIN, datetime.now(UTC), content, mark)
        roots_in_force(uow.session)[0].added_at = at
        uow.commit()
    engine.dispose()
    told = verify(installed, data_dir / "signed.pdf", "--json")
    assert told.returncode == 0, told.stderr
    (root,) = json.loads(told.stdout)["roots"]
    assert (root["fingerprint"], root["signatures"]) == (mark, [1, 2, 3, 4, 5, 6])
    assert root["chinese"] == "2026-04-01 在“受信任的证书机构”中添加"
    alone = verify(installed, data_dir / "signed.pdf", "--no-installation-roots")
    assert (alone.returncode, "未指定受信任的根证书" in alone.stderr) == (1, True)
    assert "信任的根证书" not in alone.stdout


def test_a_database_that_can_not_be_read_is_said_and_stops_nothing(data_dir: Path, root_file: Path) -> None:
    (data_dir / "chengyue.sqlite3").write_bytes(b"no database at all" * 100)
    told = verify(data_dir, data_dir / "signed.pdf", "--root", root_file)
    assert told.returncode == 0, told.stderr
    assert "未能读取数据库" in told.stderr
    (line,) = [x for x in told.stdout.splitlines() if x.startswith("信任的根证书")]
    assert f"本系统内置机构；--root {root_file}" in line
    assert "由它确认" in line
