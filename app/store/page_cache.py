"""Pages of files as pictures, kept while people read them. They show what contracts say, so they stay no longer than they are of use."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

KEPT = timedelta(days=7)
"""Since a page was last shown."""
MOST = 500_000_000
"""Bytes of all pages; those shown least recently go first."""


@dataclass(frozen=True, slots=True)
class PageCache:
    """A folder of ``<SHA-256 of the file>/<page>.png``. Everything in it can be drawn again."""

    root: Path

    def page(self, sha256: str, number: int, now: datetime, draw: Callable[[], bytes]) -> Path:
        """The picture of a page, drawn where it isn't there: a file never changes under its digest."""
        path = (self.root / sha256 / f"{number}.png").resolve()
        if not path.exists():
            content = draw()
            path.parent.mkdir(parents=True, exist_ok=True)
            work = path.parent / f".{uuid.uuid4().hex}.tmp"
            work.write_bytes(content)
            os.replace(work, path)
        with suppress(FileNotFoundError):  # cleared away a moment ago; whoever opens it will say so
            os.utime(path, (now.timestamp(), now.timestamp()))
        return path

    def tidy(self, now: datetime, most: int = MOST) -> int:
        """Clear away what nobody has looked at lately, and what is beyond ``most`` bytes; how many pictures went."""
        found = []
        for path in self.root.glob("*/*"):
            with suppress(FileNotFoundError):
                about = path.stat()
                found.append((about.st_mtime, about.st_size, path))
        found.sort(reverse=True)  # shown last, first
        oldest, kept, gone = (now - KEPT).timestamp(), 0, 0
        for shown, size, path in found:
            kept += size
            if shown < oldest or kept > most:
                path.unlink(missing_ok=True)
                gone += 1
        for folder in {path.parent for _, _, path in found}:
            with suppress(OSError):  # not empty, or gone
                folder.rmdir()
        return gone
