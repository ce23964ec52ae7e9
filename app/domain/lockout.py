"""Lock-out with back-off: how long a sign-in is refused after wrong passwords or codes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

FREE = 4
"""Wrong entries without consequence."""
FIRST = timedelta(minutes=1)
LONGEST = timedelta(hours=1)
FORGOTTEN = timedelta(days=1)
"""This long after a lock ended, counting begins anew."""


@dataclass(frozen=True, slots=True)
class Attempts:
    """Wrong entries since the last sign-in, and until when sign-in is refused."""

    failures: int = 0
    locked_until: datetime | None = None

    def is_locked(self, now: datetime) -> bool:
        return self.locked_until is not None and now < self.locked_until

    def after_failure(self, now: datetime) -> Attempts:
        """One more wrong entry. While locked nothing counts: who keeps trying doesn't make it longer for the owner."""
        if self.is_locked(now):
            return self
        old = self.locked_until is not None and now - self.locked_until >= FORGOTTEN
        failures = (0 if old else self.failures) + 1
        if failures <= FREE:
            return Attempts(failures, None if old else self.locked_until)
        doubled = min(failures - FREE - 1, 10)
        return Attempts(failures, now + min(FIRST * 2**doubled, LONGEST))
