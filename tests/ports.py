"""Loopback ports for the servers that tests start."""

from __future__ import annotations

import os
import random
import socket

_FIRST, _LAST = 20_000, 32_000
"""Below the range from which the kernel takes ports for outgoing connections: nobody takes the port before its server does."""
_chosen: set[int] = set()


def free_port() -> int:
    """A port that nothing listens on, and that this process has not given out yet.

    Test workers begin to look at places of their own, so that two of them hardly ever look at the same port at once.
    """
    start = random.Random(f"{os.getpid()}").randrange(_LAST - _FIRST)
    for step in range(_LAST - _FIRST):
        port = _FIRST + (start + step) % (_LAST - _FIRST)
        if port in _chosen:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _chosen.add(port)
        return port
    raise RuntimeError("no free port on loopback")
