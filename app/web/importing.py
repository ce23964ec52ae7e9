"""An old register between upload and record: checked in the background, shown to its sender alone, kept for a day.

What was sent is written down before the check begins, so a page that asks after a restart has it checked again.
"""

from __future__ import annotations

import json
import logging
import os
import re
import shutil
import threading
import uuid
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

from flask import Flask, current_app

from app.domain.errors import ContractError
from app.domain.permissions import Actor, Hidden
from app.domain.recording import OldRegister, OldRow
from app.domain.sheets import CellFault
from app.services.recording import Examined, SignedFile
from app.web.desk import KEY, Desk

IMPORTS = "chengyue.imports"
KEPT = 24 * 3600
NAME = re.compile(r"[0-9a-f]{32}")
REQUEST, CHECKED = "request.json", "checked.json"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Staged:
    """What became of an upload. ``examined`` None while it is being checked (``done`` of ``files`` read), or where ``problem`` says why not."""

    files: int
    done: int = 0
    problem: str = ""
    examined: Examined | None = None


@dataclass(slots=True)
class _Progress:
    files: int
    done: int = 0
    problem: str = ""


@dataclass(slots=True)
class Imports:
    """One worker. A folder for each upload: what was sent, then what was found in it."""

    root: Path
    tools: Desk
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "imports"))
    _running: dict[str, _Progress] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, actor: Actor, files: Sequence[tuple[str, bytes]]) -> str:
        """Keep what was sent and begin to check it; returns the id."""
        self.root.mkdir(parents=True, exist_ok=True)
        self._sweep()
        import_id = uuid.uuid4().hex
        work = self.root / f".{import_id}"
        work.mkdir()
        for n, (_, content) in enumerate(files):
            (work / f"sent-{n}").write_bytes(content)
        _write(work / REQUEST, {"user": actor.id, "names": [name for name, _ in files]})
        os.replace(work, self.root / import_id)
        self._begin(import_id)
        return import_id

    def of(self, actor: Actor, import_id: str) -> Staged:
        """An own upload; one that nobody works on any more is begun again. Raises ``Hidden`` for any other."""
        folder = self._folder(actor, import_id)
        if (folder / CHECKED).exists():
            examined = _examined(json.loads((folder / CHECKED).read_text(encoding="utf-8")))
            return Staged(len(examined.files), len(examined.files), examined=examined)
        with self._lock:
            state = self._running.get(import_id)
        if state is None:
            self._begin(import_id)
            return Staged(0)
        return Staged(state.files, state.done, state.problem)

    def content(self, actor: Actor, import_id: str, name: str) -> bytes:
        """A signed copy of an own upload. Raises ``Hidden``."""
        folder = self._folder(actor, import_id)
        names = list(json.loads((folder / CHECKED).read_text(encoding="utf-8"))["files"])
        return (folder / f"pdf-{names.index(name)}").read_bytes()

    def discard(self, actor: Actor, import_id: str) -> None:
        """Forget an own upload. Raises ``Hidden``."""
        shutil.rmtree(self._folder(actor, import_id), ignore_errors=True)

    def _folder(self, actor: Actor, import_id: str) -> Path:
        folder = self.root / import_id
        if not NAME.fullmatch(import_id) or not (folder / REQUEST).exists():
            raise Hidden
        if json.loads((folder / REQUEST).read_text(encoding="utf-8"))["user"] != actor.id:
            raise Hidden
        return folder

    def _begin(self, import_id: str) -> None:
        with self._lock:
            if import_id in self._running and not self._running[import_id].problem:
                return
            self._running[import_id] = _Progress(0)
        self._pool.submit(self._check, import_id)

    def _check(self, import_id: str) -> None:
        state, folder = self._running[import_id], self.root / import_id
        try:
            names = json.loads((folder / REQUEST).read_text(encoding="utf-8"))["names"]
            sent = [(name, (folder / f"sent-{n}").read_bytes()) for n, name in enumerate(names)]
            source = next((n for n in names if n.lower().endswith((".xlsx", ".zip"))), "")
            _write(folder / CHECKED, self._examine(folder, sent, source, state))
        except ContractError as error:
            state.problem = error.message
        except Exception:
            log.exception("check of an old register failed")
            state.problem = "核对时出现故障，没有补录任何合同。请重试；若反复出现，请把发生的时间告知管理员。"
        else:
            with self._lock:
                self._running.pop(import_id, None)

    def _examine(self, folder: Path, sent: Sequence[tuple[str, bytes]], source: str, state: _Progress) -> dict[str, Any]:
        upload = self.tools.read_register_upload(sent)
        state.files = len(upload.pdfs)
        files: dict[str, SignedFile] = {}
        for n, (name, content) in enumerate(upload.pdfs.items()):
            (folder / f"pdf-{n}").write_bytes(content)
            try:
                files[name] = SignedFile(len(content), self.tools.read_pdf(content))
            except ContractError as error:
                files[name] = SignedFile(len(content), (), error.message)
            state.done = n + 1
        register = upload.register
        return {
            "source": source,
            "register": {
                "sheet": register.sheet,
                "columns": dict(register.columns),
                "rows": [[r.number, dict(r.cells)] for r in register.rows],
            },
            "faults": [asdict(f) for f in upload.faults],
            "files": {name: asdict(f) for name, f in files.items()},
        }

    def _sweep(self) -> None:
        oldest = self.tools.now().timestamp() - KEPT
        for folder in self.root.iterdir():
            if folder.stat().st_mtime < oldest:
                shutil.rmtree(folder, ignore_errors=True)


def _examined(data: Mapping[str, Any]) -> Examined:
    found = data["register"]
    rows = tuple(OldRow(number, cells) for number, cells in found["rows"])
    return Examined(
        data["source"],
        OldRegister(found["sheet"], found["columns"], rows),
        tuple(CellFault(**f) for f in data["faults"]),
        {name: SignedFile(f["size"], tuple(f["pages"]), f["problem"]) for name, f in data["files"].items()},
    )


def _write(path: Path, data: Mapping[str, Any]) -> None:
    work = path.with_name(f".{path.name}.tmp")
    work.write_text(json.dumps(data, ensure_ascii=False), encoding="utf-8")
    os.replace(work, path)


def init_imports(app: Flask, root: Path) -> None:
    app.extensions[IMPORTS] = Imports(root, app.extensions[KEY])


def imports() -> Imports:
    return cast(Imports, current_app.extensions[IMPORTS])
