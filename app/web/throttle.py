"""Failed sign-ins by address: who tries many accounts from one place is refused for a while, beside the lock of each account.

Kept in memory, so a restart forgets it. Addresses of this machine are never refused: behind a proxy that isn't declared (TRUSTED_PROXIES) everybody
would seem to come from there, and one attacker would shut out the whole house.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict, deque
from datetime import datetime, timedelta
from threading import Lock

MOST = 60
"""Failures within ``WINDOW``; an office that shares one address stays far below it."""
WINDOW = timedelta(minutes=15)
REMEMBERED = 10_000


class Throttle:
    """Counts failures by address; safe to use from several threads."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, deque[datetime]] = OrderedDict()
        self._lock = Lock()

    def is_refused(self, address: str, now: datetime) -> bool:
        key = _network(address)
        with self._lock:
            return key is not None and len(self._recent(key, now)) >= MOST

    def failed(self, address: str, now: datetime) -> None:
        key = _network(address)
        if key is None:
            return
        with self._lock:
            recent = self._recent(key, now)
            if len(recent) < MOST:  # while refused nothing counts: it ends by itself
                recent.append(now)
            self._failures[key] = recent
            self._failures.move_to_end(key)
            while len(self._failures) > REMEMBERED:
                self._failures.popitem(last=False)

    def _recent(self, key: str, now: datetime) -> deque[datetime]:
        found = self._failures.get(key, deque())
        while found and now - found[0] >= WINDOW:
            found.popleft()
        return found


def _network(address: str) -> str | None:
    """What counts as one place: an IPv4 address, or the network of an IPv6 one; None for what is never refused."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    if found.is_loopback:
        return None
    return str(found) if found.version == 4 else str(ipaddress.ip_network(f"{found}/64", strict=False))
