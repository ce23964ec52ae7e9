"""Live servers for tests in a browser. Run as a program, this loads what ``python -m app serve`` loads, once, and forks a server for each line.

A line is a JSON object of environment variables; the answer is the server's process id. That the command itself starts, serves and ends
is shown by the tests of the supervisor and of the first run.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NoReturn

from tests.data_folders import with_database, with_fonts
from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]


class Server:
    """``python -m app serve`` on a free loopback port, over its own data folder."""

    def __init__(self, data_dir: Path) -> None:
        from tests.web.applications import with_words

        self.data_dir = with_words(with_database(with_fonts(data_dir)))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: int | None = None

    def start(self) -> None:
        environment = {"PORT": str(self.port), "DATA_DIR": str(self.data_dir), "HOST": "127.0.0.1"}
        self.process = _forker().fork(environment)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                urllib.request.urlopen(f"{self.url}/drafts/new", timeout=5).close()
                return
            except (urllib.error.URLError, OSError):
                assert _alive(self.process), "the server ended by itself"
                time.sleep(0.1)
        raise AssertionError("the server did not start")

    def kill(self) -> None:
        """SIGKILL: no chance to finish anything."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.kill(self.process, signal.SIGKILL)
            while _alive(self.process):
                time.sleep(0.01)
            self.process = None


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


class Forker:
    """The program below, for as long as the tests run."""

    def __init__(self) -> None:
        from tests.web.applications import with_words

        self.rehearsal = TemporaryDirectory()
        folder = with_words(with_database(with_fonts(Path(self.rehearsal.name))))
        self.process = subprocess.Popen(
            [sys.executable, "-m", __name__, str(folder)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        atexit.register(self.close)

    def fork(self, environment: dict[str, str]) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(json.dumps({**os.environ, **environment}) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer, "the program that forks servers ended by itself"
        return int(answer)

    def close(self) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        self.process.wait(20)
        self.process.stdout.close()
        self.rehearsal.cleanup()


@cache
def _forker() -> Forker:
    return Forker()


def rehearse(data_dir: Path) -> None:
    """One page of an application that is thrown away, so that a child finds everything loaded and every template compiled.

    ``data_dir``: a folder with a migrated database, which whoever starts this has already.
    """
    from flask import Flask

    from app.factory import create_app
    from app.settings import Settings
    from app.wiring import Wiring
    from tests.web.applications import COMPILED

    Flask.jinja_options = {"bytecode_cache": COMPILED}
    wiring = Wiring(Settings(data_dir=data_dir))
    _ = wiring.tools, wiring.reference
    made = create_app(wiring.settings, wiring)
    made.test_client().get("/sign-in", buffered=True)
    for name in made.jinja_env.list_templates():
        made.jinja_env.get_template(name)
    wiring.engine.dispose()
    for name in ("waitress", "signatures.authority"):  # the alarms of the house ask the authority at many a first page
        import_module(name)


def main() -> None:
    rehearse(Path(sys.argv[1]))
    gc.freeze()  # so that a server shares what is loaded
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for a server that was killed
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _serve(json.loads(line))
        print(child, flush=True)


def _serve(environment: dict[str, str]) -> NoReturn:
    from app.server import serve

    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(environment)
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    serve.main(args=[])
    os._exit(1)


if __name__ == "__main__":
    main()
