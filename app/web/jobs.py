"""Generation in the background. The finished folder is the truth; a running job is only on its way to it.

A folder appears under its final name once every file in it is complete, so a killed server leaves nothing half-written; a page
that asks for a job nobody runs any more starts it again, with the same result.
"""

from __future__ import annotations

import io
import json
import logging
import os
import re
import shutil
import threading
import uuid
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from app.domain.errors import ContractError
from app.services.generation import Generated
from app.services.ports import Progress

JOBS = "chengyue.jobs"
KEY = re.compile(
    r"[0-9a-f]{32}/(?:(?:v?\d{1,9})-(?:draft|final)|[vd]\d{1,9}-[vd]\d{1,9}-redline|[vd]\d{1,9}-c[0-9a-f]{16}-comments"
    r"|p[0-9a-f]{32}-c[0-9a-f]{16}-(?:draft|final)|t\d{8}-c[0-9a-f]{16}-copy)"
)
"""A draft's or a contract's id, then what is made: documents of a draft's revision or of a version (``17-draft``, ``v2-final``),
a comparison (``v1-d17-redline``), a text with comments (``v2-c…-comments``), a paper (``p…-c…-final``), a consolidated copy
of a day (``t20270301-c…-copy``)."""
_PASSING = re.compile(r"(?<!\w)d?\d+(?=-)|(?<!\w)c[0-9a-f]{16}(?=-)")
"""The part of a name that an edit makes out of date: a draft's revision, the state of the comments. Versions never are."""
MANIFEST = "manifest.json"
BUNDLE = "contract.zip"
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Job:
    """A generation under way: the step it is at, or why it failed."""

    step: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished set of files: name → size in bytes."""

    files: dict[str, int]
    pages: int
    digest: str
    document_id: str
    blocks: int
    seconds: float
    created: datetime


@dataclass(slots=True)
class Jobs:
    """One worker: two documents at once would only be slower. For keys see ``KEY``."""

    root: Path
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "documents"))
    _running: dict[str, Job] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, key: str, work: Callable[[Progress], Generated], bundle: str = BUNDLE) -> None:
        """Run ``work`` unless it is finished or under way; ``bundle`` names the archive of all files, empty: none."""
        if not KEY.fullmatch(key):
            raise ValueError(key)
        with self._lock:
            job = self._running.get(key)
            if self.finished(key) or (job is not None and not job.problem):
                return
            self._running[key] = Job()
        self._pool.submit(self._run, key, work, bundle)

    def running(self, key: str) -> Job | None:
        with self._lock:
            return self._running.get(key)

    def finished(self, key: str) -> Finished | None:
        folder = self.folder(key)
        if folder is None or not (folder / MANIFEST).exists():
            return None
        data = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        return Finished(**{**data, "created": datetime.fromisoformat(data["created"])})

    def folder(self, key: str) -> Path | None:
        return self.root / key if KEY.fullmatch(key) else None

    def _run(self, key: str, work: Callable[[Progress], Generated], bundle: str) -> None:
        job = self._running[key]

        def progress(step: str) -> None:
            job.step = step

        try:
            _write(self.root / key, work(progress), bundle)
        except ContractError as error:
            job.problem = error.message
        except Exception:
            log.exception("generation of %s failed", key)
            job.problem = "生成时出现故障，没有产生文件。请重试；若反复出现，请把发生的时间告知管理员。"
        else:
            with self._lock:
                self._running.pop(key, None)


def _write(folder: Path, made: Generated, bundle: str) -> None:
    """All files under a temporary name, then one rename; what this one makes out of date goes."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = folder.parent / f".{uuid.uuid4().hex}.tmp"
    work.mkdir()
    files = {**made.files, bundle: _bundle(made)} if bundle else dict(made.files)
    for name, content in files.items():
        (work / name).write_bytes(content)
    manifest = {
        "files": {name: len(content) for name, content in files.items()},
        "pages": made.page_count,
        "digest": made.meta.digest,
        "document_id": made.meta.document_id,
        "blocks": sum(p.blocks for p in made.proofs),
        "seconds": round(sum(made.timings.values()), 2),
        "created": made.meta.created.isoformat(),
    }
    (work / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False), encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(work, folder)
    alike = _PASSING.sub("*", folder.name)
    for older in folder.parent.iterdir():
        if older != folder and _PASSING.sub("*", older.name) == alike:
            shutil.rmtree(older, ignore_errors=True)


def _bundle(made: Generated) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in made.files.items():
            package.writestr(name, content)
    return target.getvalue()
