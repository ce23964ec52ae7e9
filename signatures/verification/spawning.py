"""A process that has the libraries of verification loaded and makes a copy of itself for each file: loading them takes longer than most files.

It reads no file itself, so no file can spoil what the copies begin with. One serves all verifiers of our process; it ends with it.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import NoReturn

import signatures

_ROOT = Path(signatures.__file__).resolve().parent.parent
_START = "import sys; sys.path.insert(0, sys.argv[1]); from signatures.verification.worker import wait; wait()"
_LARGEST_ORDER = 1000
BEGUN = b" "
"""What a copy says first of all."""


class Spawner:
    """Our side. Safe to share between threads; a process that was forked from ours has to make its own."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self.process = subprocess.Popen(
                [sys.executable, "-I", "-B", "-c", _START, str(_ROOT)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C.UTF-8"},
                start_new_session=True,
            )
        self._line = ours
        self._number, self._lock = 0, Lock()

    @property
    def usable(self) -> bool:
        return self.owner == os.getpid() and self.process.poll() is None

    def answer(self, question: bytes, memory: int, processor: int, wall: float, largest: int) -> bytes:
        """``BEGUN`` and what a new copy says to ``question``; less than all of it if the copy died.

        Nothing at all comes if the process to copy has gone before it read the order. ``memory`` in bytes, times in seconds.
        Raises ``TimeoutError`` after ``wall`` seconds or ``largest`` bytes, and ``OSError`` if the process to copy is gone.
        """
        until = time.monotonic() + wall
        asked = os.memfd_create("question", os.MFD_CLOEXEC)
        read, write = os.pipe()
        try:
            with open(asked, "wb", closefd=False) as file:
                file.write(question)
            with self._lock:
                self._number += 1
                number = self._number
                order = json.dumps({"begin": number, "memory": memory, "processor": processor}).encode()
                socket.send_fds(self._line, [order], [asked, write])
        except BaseException:
            os.close(read)
            raise
        finally:
            os.close(asked)
            os.close(write)
        with open(read, "rb", buffering=0) as pipe:
            try:
                return _read_all(pipe.fileno(), until, largest)
            except TimeoutError:
                with suppress(OSError):
                    self._line.send(json.dumps({"end": number}).encode())
                raise

    def close(self) -> None:
        """The process ends when nobody is left at our end of the line."""
        self._line.close()
        if self.owner == os.getpid():
            self.process.kill()
            self.process.wait()


def _read_all(pipe: int, until: float, largest: int) -> bytes:
    parts, length = list[bytes](), 0
    poll = select.poll()
    poll.register(pipe, select.POLLIN)
    while True:
        if not poll.poll(max(0.0, until - time.monotonic()) * 1000) or length > largest:
            raise TimeoutError
        part = os.read(pipe, 65536)
        if not part:
            return b"".join(parts)
        parts.append(part)
        length += len(part)


_one: Spawner | None = None
_lock = Lock()


def spawner() -> Spawner:
    """The one of our process, made if need be."""
    global _one
    with _lock:
        if _one is None or not _one.usable:
            if _one is not None:
                _one.close()
            _one = Spawner()
        return _one


def give_up(spent: Spawner) -> None:
    """Another is made when one is asked for again."""
    global _one
    with _lock:
        if _one is spent:
            _one = None
            spent.close()


@atexit.register
def _close() -> None:
    if _one is not None:
        _one.close()


def serve(work: Callable[[int, int], None]) -> NoReturn:
    """The other side, on standard input: for each order a copy that does ``work`` with two open files, the question and where the answer goes."""
    line, copies = socket.socket(fileno=os.dup(0)), dict[int, int]()
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)  # a copy lives for a second: looking for garbage every 700 objects takes a tenth of it
    while True:
        ready, _, _ = select.select([line], [], [], 0.5 if copies else None)
        for number, process in list(copies.items()):
            if os.waitpid(process, os.WNOHANG)[0]:
                del copies[number]
        if not ready:
            continue
        told, files, _, _ = socket.recv_fds(line, _LARGEST_ORDER, 2)
        if not told:
            os._exit(0)
        order = json.loads(told)
        if "end" in order:
            # A copy that isn't waited for yet keeps its number: it can't be another process by now.
            if order["end"] in copies:
                os.kill(copies[order["end"]], signal.SIGKILL)
            continue
        made = os.fork()
        if not made:
            line.close()
            _work(work, files, order["memory"], order["processor"])
        copies[order["begin"]] = made
        for one in files:
            os.close(one)


def _work(work: Callable[[int, int], None], files: list[int], memory: int, processor: int) -> NoReturn:
    """Limits first, then one question and one answer."""
    try:
        os.setsid()
        os.write(files[1], BEGUN)
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
        resource.setrlimit(resource.RLIMIT_CPU, (processor, processor))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
        work(*files)
    except BaseException:  # a copy must never come back into the loop that it was made in
        os._exit(3)
    os._exit(0)
