"""Verification in a process of its own, with limits of memory, processor and wall time; nothing it reads can hang or crash us.

The process is used for one file. One that has its libraries loaded already may be kept in reserve, because loading them takes
longer than most files.
"""

from __future__ import annotations

import base64
import json
import os
import resource
import subprocess
import sys
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import IO, Any

import signatures
from signatures.verification.reasons import reason
from signatures.verification.trusting import Expected, Trust
from signatures.verification.verdict import Outcome, Verdict, read_verdict

_ROOT = Path(signatures.__file__).resolve().parent.parent
_START = "import sys; sys.path.insert(0, sys.argv[1]); from signatures.verification.worker import serve; serve()"
_LARGEST_ANSWER = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Limits:
    """``memory``: MB of address space; ``processor``, ``wall``: seconds for one file, start-up included."""

    memory: int = 1536
    processor: int = 60
    wall: int = 90


class Verifier:
    """Verifies files, each in a process of its own. ``reserve``: keep one such process ready. Safe to share between threads."""

    def __init__(self, limits: Limits | None = None, *, reserve: bool = False) -> None:
        self._limits = limits or Limits()
        self._reserve = reserve
        self._ready: subprocess.Popen[bytes] | None = None
        self._lock = Lock()

    def verify(self, pdf: bytes, trust: Trust, now: datetime, expected: Expected | None = None) -> Verdict:
        """The verdict on ``pdf``; a file that exceeds the limits is one that can't be read."""
        asked = _question(pdf, trust, expected or Expected(), now)
        with self._lock:
            process, self._ready = self._ready or self._started(), None
        if process.poll() is not None:
            _end(process)
            process = self._started()
        if self._reserve:
            with self._lock:
                self._ready = self._ready or self._started()
        try:
            answer, _ = process.communicate(asked, timeout=self._limits.wall)
        except subprocess.TimeoutExpired:
            _end(process)
            return _unreadable(pdf)
        if process.returncode != 0 or not answer or len(answer) > _LARGEST_ANSWER:
            return _unreadable(pdf)
        return read_verdict(json.loads(answer))

    def close(self) -> None:
        """Give up the process in reserve."""
        with self._lock:
            ready, self._ready = self._ready, None
        if ready is not None:
            _end(ready)

    def __enter__(self) -> Verifier:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def _started(self) -> subprocess.Popen[bytes]:
        limits = self._limits
        words = [str(_ROOT), str(limits.memory), str(limits.processor)]
        return subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", _START, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
            start_new_session=True,
        )


def _end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            with suppress(OSError):
                stream.close()
    process.wait()


def serve() -> None:
    """The process's own side: limits first, libraries next, then one question and one answer."""
    memory, processor = int(sys.argv[2]) * 1024 * 1024, int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (processor, processor))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    from signatures.verification.examine import examine

    head, pdf = _read(sys.stdin.buffer)
    trust = Trust(**{name: tuple(map(base64.b64decode, items)) for name, items in head["trust"].items()})
    expected = Expected(**{**head["expected"], "system": tuple(head["expected"]["system"])})
    try:
        verdict = examine(pdf, trust, expected, datetime.fromisoformat(head["now"]))
    except MemoryError:
        os._exit(3)
    sys.stdout.buffer.write(json.dumps(verdict.data(), ensure_ascii=False).encode())
    sys.stdout.buffer.flush()
    os._exit(0)


def _question(pdf: bytes, trust: Trust, expected: Expected, now: datetime) -> bytes:
    head = {
        "trust": {name: [base64.b64encode(i).decode() for i in items] for name, items in asdict(trust).items()},
        "expected": {"digest": expected.digest, "signers": dict(expected.signers), "system": list(expected.system)},
        "now": now.isoformat(),
    }
    text = json.dumps(head).encode()
    return len(text).to_bytes(8, "big") + text + pdf


def _read(stream: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    length = int.from_bytes(stream.read(8), "big")
    head: dict[str, Any] = json.loads(stream.read(length))
    return head, stream.read()


def _unreadable(pdf: bytes) -> Verdict:
    return Verdict(Outcome.UNREADABLE, sha256(pdf).hexdigest(), len(pdf), 0, reasons=(reason("file.limits"),))
