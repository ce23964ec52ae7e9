"""Several processes under one roof: started together, ended together.

Each child holds the reading end of a pipe (the lifeline). When the supervisor dies, by whatever signal, the pipe closes
and the child ends itself; so nothing is ever left running behind.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from types import FrameType

LIFELINE = "CHENGYUE_LIFELINE"
"""Environment variable by which a child learns the descriptor of its lifeline; no setting for people."""
GRACE = 10.0
"""Seconds a child has to finish what it is doing."""
POLL = 0.1


def supervise(commands: Mapping[str, Sequence[str]], grace: float = GRACE) -> int:
    """Run ``commands`` (name → argument list) until one ends or this process is told to end.

    Returns 0 where SIGINT or SIGTERM asked for the end; 1 where a child ended by itself: the others are ended then, too.
    """
    reading, writing = os.pipe()
    wanted: list[int] = []

    def end(number: int, _frame: FrameType | None) -> None:
        wanted.append(number)

    before = {number: signal.signal(number, end) for number in (signal.SIGINT, signal.SIGTERM)}
    environment = {**os.environ, LIFELINE: str(reading)}
    children: dict[str, subprocess.Popen[bytes]] = {}
    failed = ""
    try:
        for name, command in commands.items():
            # A group of its own: Ctrl-C reaches the supervisor alone, which then ends the children in good order.
            children[name] = subprocess.Popen(command, env=environment, pass_fds=(reading,), start_new_session=True)
        os.close(reading)
        reading = -1
        while not wanted and not failed:
            time.sleep(POLL)
            failed = next((name for name, child in children.items() if child.poll() is not None), "")
    finally:
        _end(children, grace)
        for descriptor in (reading, writing):
            if descriptor >= 0:
                os.close(descriptor)
        for number, handler in before.items():
            signal.signal(number, handler)
    if failed and not wanted:
        print(f"进程“{failed}”意外结束（退出码 {children[failed].returncode}），其余进程已一并结束。", file=sys.stderr)
        return 1
    return 0


def _end(children: Mapping[str, subprocess.Popen[bytes]], grace: float) -> None:
    for child in children.values():
        if child.poll() is None:
            child.terminate()
    deadline = time.monotonic() + grace
    for child in children.values():
        try:
            child.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def hold_lifeline() -> None:
    """In a child: end by SIGTERM as soon as the supervisor is gone. Without a supervisor nothing happens."""
    text = os.environ.pop(LIFELINE, "")
    if text.isdigit():
        threading.Thread(target=_wait, args=(int(text),), name="lifeline", daemon=True).start()


def _wait(descriptor: int) -> None:
    try:
        os.read(descriptor, 1)
    finally:
        os.kill(os.getpid(), signal.SIGTERM)
