"""Web server and clock under one roof: started together, ended together, never one without the other."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.settings import Settings
from app.wiring import Wiring, now
from tests.data_folders import with_database, with_fonts
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]


def _alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def _gone(pids: list[int], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not any(_alive(pid) for pid in pids):
            return True
        time.sleep(0.05)
    return False


def _children(pid: int) -> list[int]:
    return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


class Supervised:
    """A supervisor over two commands that write their process ids and then do as their last argument says."""

    def __init__(self, *programs: str, grace: float = 5) -> None:
        commands = {f"进程{i}": [sys.executable, "-c", program] for i, program in enumerate(programs)}
        code = f"import sys; from app.supervisor import supervise; sys.exit(supervise({commands!r}, {grace}))"
        self.process = subprocess.Popen(
            [sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert self.process.stdout is not None
        self.pids = [int(self.process.stdout.readline()) for _ in programs]

    def end(self, number: int) -> tuple[int, str]:
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> tuple[int, str]:
        _, errors = self.process.communicate(timeout=20)
        return self.process.returncode, errors


# One write each: the children share a pipe, and only a single small write is never mixed with another.
HELLO = "import os, time; os.write(1, b'%d\\n' % os.getpid()); "
FOREVER = HELLO + "time.sleep(60)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + FOREVER
LIFELINE = "from app.supervisor import hold_lifeline; hold_lifeline(); " + FOREVER


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_the_supervisor_ends_every_child_and_counts_as_success(number: int) -> None:
    running = Supervised(FOREVER, FOREVER)
    assert running.end(number) == (0, "")
    assert _gone(running.pids)


def test_a_child_that_dies_takes_the_others_along_and_is_named() -> None:
    running = Supervised(FOREVER, HELLO + "time.sleep(0.3); raise SystemExit(3)")
    code, errors = running.wait()
    assert code == 1
    assert "进程1" in errors
    assert "退出码 3" in errors
    assert _gone(running.pids)


def test_a_child_that_does_not_listen_is_killed_after_the_grace() -> None:
    running = Supervised(FOREVER, STUBBORN, grace=0.5)
    assert running.end(signal.SIGTERM)[0] == 0
    assert _gone(running.pids)


def test_a_killed_supervisor_leaves_nothing_running() -> None:
    running = Supervised(LIFELINE, LIFELINE)
    running.process.kill()
    assert _gone(running.pids)
    running.wait()


# ---- the product


class Product:
    """``python -m app run`` over a folder of its own."""

    def __init__(self, data_dir: Path) -> None:
        self.port, self.data_dir = free_port(), data_dir
        environment = {
            **os.environ,
            "PORT": str(self.port),
            "DATA_DIR": str(data_dir),
            "DATABASE_URL": "",
            "PYTHONWARNINGS": "default",
        }
        self.log = data_dir / "output.log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app", "run"], cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT
            )

    def await_page(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/drafts/new", timeout=5).close()
                return
            except (urllib.error.URLError, OSError):
                assert self.process.poll() is None, self.log.read_text()
                assert time.monotonic() < deadline
                time.sleep(0.1)


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    running = Product(with_fonts(tmp_path))  # cut fonts; the database is made at this start
    yield running
    if running.process.poll() is None:
        running.process.kill()
        running.process.wait()


def test_the_product_serves_pages_and_signs_the_log_until_it_is_told_to_end(product: Product) -> None:
    product.await_page()
    children = _children(product.process.pid)
    assert len(children) == 2
    product.process.send_signal(signal.SIGINT)
    assert product.process.wait(20) == 0
    assert _gone(children)
    words = product.log.read_text()
    assert "Traceback" not in words
    assert re.search(r"成约已启动：http://127\.0\.0\.1:\d+", words)


def test_the_clock_of_the_running_product_signs_what_was_logged_before(tmp_path: Path) -> None:
    wiring = Wiring(Settings(data_dir=with_database(with_fonts(tmp_path))))
    with wiring.unit_of_work() as uow:
        uow.record(now(), "u1", "test.written", {})
        uow.commit()
    wiring.engine.dispose()
    running = Product(tmp_path)
    try:
        deadline = time.monotonic() + 30
        while not wiring.audit_seal.kept()[0]:
            assert running.process.poll() is None, running.log.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.1)
        web, clock = _children(running.process.pid)
        os.kill(clock, signal.SIGKILL)
        assert running.process.wait(20) == 1
        assert _gone([web, clock])
        assert "后台任务" in running.log.read_text()
    finally:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()
