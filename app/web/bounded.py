"""How often and how many at once: for pages that do heavy work for anybody who asks.

Kept in memory, so a restart forgets it. Addresses of this machine aren't counted one by one, because behind a proxy that isn't declared
(TRUSTED_PROXIES) everybody seems to come from there; the number at once holds for them, too.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict, deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import BoundedSemaphore, Lock

from flask_babel import gettext as _

from app.domain.errors import ContractError

REMEMBERED = 10_000


class TooMany(ContractError):
    """``often``: this address asked too often; else too many are at work."""

    def __init__(self, message: str, *, often: bool) -> None:
        super().__init__("web.too_many", message)
        self.often = often


class Bound:
    """``most`` pieces of work from one address within ``window``, ``parallel`` at once from everywhere. Safe between threads."""

    def __init__(self, most: int, window: timedelta, parallel: int) -> None:
        self._most, self._window = most, window
        self._room = BoundedSemaphore(parallel)
        self._seen: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = Lock()

    @contextmanager
    def admitted(self, address: str, now: datetime, name: str = "") -> Iterator[None]:
        """For the time of one piece of work; counted for ``name`` where there is one, else for the address. Raises ``TooMany``."""
        if not self._room.acquire(timeout=3):
            raise TooMany(_("此刻正在处理的文件较多，请稍后再试。"), often=False)
        try:
            self._count(name or _place(address), now)
            yield
        finally:
            self._room.release()

    def _count(self, place: str, now: datetime) -> None:
        if not place:
            return
        with self._lock:
            recent = self._seen.setdefault(place, deque())
            while recent and now - recent[0] >= self._window:
                recent.popleft()
            if len(recent) >= self._most:
                minutes = int(self._window.total_seconds() // 60)
                raise TooMany(_("您在%(minutes)d分钟内提交的次数已达上限，请稍后再试。", minutes=minutes), often=True)
            recent.append(now)
            self._seen.move_to_end(place)
            while len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)


def _place(address: str) -> str:
    """What counts as one place: an IPv4 address, or the network of an IPv6 one; empty for what isn't counted."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if found.is_loopback:
        return ""
    return str(found) if found.version == 4 else str(ipaddress.ip_network(f"{found}/64", strict=False))
