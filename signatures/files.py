"""Small files that are whole or absent, whoever is killed when."""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def create(path: Path, content: bytes, mode: int = 0o600) -> bool:
    """Make ``path`` unless it exists; True if it was made by this call. It is on disk when this returns."""
    work = _written(path, content, mode)
    try:
        os.link(work, path)
    except FileExistsError:
        return False
    finally:
        work.unlink(missing_ok=True)
    return True


def replace(path: Path, content: bytes, mode: int = 0o600) -> None:
    """Write ``path`` anew; readers see the old or the new content, never a part."""
    os.replace(_written(path, content, mode), path)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on ``path`` (made if absent) among all processes of this machine."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _written(path: Path, content: bytes, mode: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    work = path.parent / f".{uuid.uuid4().hex}.tmp"
    handle = os.open(work, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        work.unlink(missing_ok=True)
        raise
    return work
