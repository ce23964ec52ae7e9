"""Results appear whole or not at all, also when the program is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.cli.files import PREFIX, write_all
from app.domain.errors import ContractError
from tests.cli.test_commands import Command, run

__all__ = ["run"]
ROOT = Path(__file__).resolve().parents[2]


def results(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if not p.name.startswith(PREFIX))


def test_files_are_written_whole_into_a_new_folder(tmp_path: Path) -> None:
    paths = write_all(tmp_path / "a" / "b", {"x.txt": b"1", "y.bin": b"\x00" * 10})
    assert [p.name for p in paths] == ["x.txt", "y.bin"]
    assert (tmp_path / "a" / "b" / "y.bin").read_bytes() == b"\x00" * 10
    assert sorted(p.name for p in (tmp_path / "a" / "b").iterdir()) == ["x.txt", "y.bin"]


def test_written_files_are_readable_by_others_and_not_writable(tmp_path: Path) -> None:
    (path,) = write_all(tmp_path, {"x.txt": b"1"})
    assert path.stat().st_mode & 0o777 == 0o644


def test_an_earlier_result_is_replaced(tmp_path: Path) -> None:
    write_all(tmp_path, {"x.txt": b"old"})
    write_all(tmp_path, {"x.txt": b"new"})
    assert (tmp_path / "x.txt").read_bytes() == b"new"


def test_a_folder_in_the_way_stops_every_file(tmp_path: Path) -> None:
    (tmp_path / "b.txt").mkdir()
    with pytest.raises(ContractError, match="同名的文件夹") as caught:
        write_all(tmp_path, {"a.txt": b"1", "b.txt": b"2"})
    assert caught.value.code == "output.unwritable"
    assert [p.name for p in tmp_path.iterdir()] == ["b.txt"]


def test_a_file_where_the_folder_should_be_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"")
    with pytest.raises(ContractError, match="无法写入"):
        write_all(tmp_path / "out", {"a.txt": b"1"})


def _kill_at_first_sight(process: subprocess.Popen[bytes], folder: Path, seconds: float = 60) -> None:
    """SIGKILL as soon as anything lies in the folder; the process may also have ended by itself."""
    deadline = time.monotonic() + seconds
    while process.poll() is None and time.monotonic() < deadline:
        if folder.exists() and any(p.name.startswith(PREFIX) for p in folder.iterdir()):
            os.kill(process.pid, signal.SIGKILL)
            break
        time.sleep(0.001)
    process.wait(30)


def test_a_run_killed_while_writing_leaves_the_earlier_result_as_it_was(tmp_path: Path) -> None:
    out = tmp_path / "out"
    write_all(out, {"contract.txt": b"old", "contract.pdf": b"old"})
    program = (
        "import sys; sys.path.insert(0, sys.argv[1])\n"
        "from pathlib import Path\n"
        "from app.cli.files import write_all\n"
        "write_all(Path(sys.argv[2]), {'contract.txt': b'new' * 20_000_000, 'contract.pdf': b'new' * 20_000_000})\n"
    )
    with subprocess.Popen([sys.executable, "-c", program, str(ROOT), str(out)]) as process:
        _kill_at_first_sight(process, out)
    assert process.returncode == -signal.SIGKILL
    assert results(out) == ["contract.pdf", "contract.txt"]
    assert {(out / name).read_bytes() for name in results(out)} == {b"old"}


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    return tmp_path / "data"


def test_a_draft_killed_mid_run_leaves_no_broken_file(run: Command, data_dir: Path, tmp_path: Path) -> None:
    out, answers = tmp_path / "out", tmp_path / "answers.yaml"
    environment = {**os.environ, "DATA_DIR": str(data_dir), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "app"]
    answers.write_text(run("answers", "--example").out, encoding="utf-8")
    arguments = ["draft", str(answers), "--out", str(out), "--format", "json,txt", "--today", "2026-11-22"]
    with subprocess.Popen(
        [*command, *arguments], env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        _kill_at_first_sight(process, out)
    for name in results(out) if out.exists() else []:
        content = (out / name).read_text(encoding="utf-8")
        assert len(content) > 50_000
        if name.endswith(".json"):
            assert json.loads(content)["chapters"]
    finished = run(*arguments)
    assert finished.code == 0, finished.err
    assert results(out) == ["contract.json", "contract.txt"]
