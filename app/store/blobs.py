"""Content-addressed files: each is kept under its own SHA-256, so equal content is kept once and damage is noticed."""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from app.domain.errors import ContractError

_NAME = re.compile(r"[0-9a-f]{64}")


class BlobMissing(ContractError):
    def __init__(self, sha256: str) -> None:
        super().__init__("blob.missing", f"存储中没有文件 {sha256[:12]}…，请从备份恢复数据目录下的 blobs。")


class BlobDamaged(ContractError):
    """The bytes on disk are not what was stored. Nothing of them is handed out."""

    def __init__(self, sha256: str) -> None:
        super().__init__("blob.damaged", f"文件 {sha256[:12]}… 的内容与其 SHA-256 不符，已拒绝读取，请从备份恢复。")


@dataclass(frozen=True, slots=True)
class BlobStore:
    """A folder of files named by digest: ``<root>/ab/abcdef…``. Files are added, never changed; only copies made in
    passing are ever taken away."""

    root: Path

    def put(self, content: bytes) -> str:
        """Keep ``content``; returns its SHA-256. The file is on disk, whole and under its name, when this returns."""
        sha256 = hashlib.sha256(content).hexdigest()
        path = self.path(sha256)
        # One that is damaged is written again: whoever brings the bytes heals it.
        if path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
            return sha256
        path.parent.mkdir(parents=True, exist_ok=True)
        work = path.parent / f".{uuid.uuid4().hex}.tmp"
        try:
            with work.open("xb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            work.chmod(0o440)
            os.replace(work, path)
        finally:
            work.unlink(missing_ok=True)
        for folder in (path.parent, self.root):
            _sync(folder)
        return sha256

    def get(self, sha256: str) -> bytes:
        """The content, checked on every read. Raises ``BlobMissing`` or ``BlobDamaged``."""
        try:
            content = self.path(sha256).read_bytes()
        except FileNotFoundError:
            raise BlobMissing(sha256) from None
        if hashlib.sha256(content).hexdigest() != sha256:
            raise BlobDamaged(sha256)
        return content

    def path(self, sha256: str) -> Path:
        if not _NAME.fullmatch(sha256):
            raise ValueError(f"not a SHA-256: {sha256[:80]}")
        return self.root / sha256[:2] / sha256

    def drop(self, sha256: str) -> None:
        """Take a file away that nothing refers to any more; whoever calls has made sure of that."""
        self.path(sha256).unlink(missing_ok=True)

    def sweep(self, now: datetime) -> int:
        """Remove what a process that was ended while writing left behind more than a day ago; how many. Nothing of it is in the store."""
        gone = 0
        for path in self.root.glob("??/.*.tmp"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < (now - timedelta(days=1)).timestamp():
                    path.unlink()
                    gone += 1
        return gone

    def names(self) -> Iterator[str]:
        """The digest of every kept file."""
        if self.root.exists():
            yield from (p.name for p in sorted(self.root.glob("??/*")) if _NAME.fullmatch(p.name))


def _sync(folder: Path) -> None:
    """A rename is durable once its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
