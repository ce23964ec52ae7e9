"""Exports of the register that take longer than a browser should wait: made in the background, kept for a day, handed to their maker alone.

Whoever lost the right to one of the contracts meanwhile doesn't get the old file: it is made anew with what is open to them now.

The request is written down before the work begins, so a page that asks for an export after a restart has it made again.
"""

from __future__ import annotations

import json
import logging
import os
import re
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from flask import Flask, current_app

from app.domain.errors import ContractError
from app.domain.permissions import Actor, Hidden
from app.services.register_export import Export, export_register, may_still_have
from app.services.register_settings import Settings, plain_settings, read_settings
from app.web.desk import KEY, Desk, desk
from app.web.register_words import form_titles

EXPORTS = "chengyue.exports"
KEPT = 24 * 3600
NAME = re.compile(r"[0-9a-f]{32}")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Made:
    """What became of an export; ``problem``: why it failed, empty while it is under way."""

    done: bool
    count: int = 0
    capped: bool = False
    problem: str = ""


@dataclass(slots=True)
class Exports:
    """One worker; a request is ``<id>.json``, its workbook ``<id>.xlsx``."""

    root: Path
    tools: Desk
    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "exports"))
    _running: dict[str, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def start(self, actor: Actor, settings: Settings) -> str:
        """Begin an export; returns its id."""
        self.root.mkdir(parents=True, exist_ok=True)
        self._sweep()
        export_id = uuid.uuid4().hex
        self._keep(export_id, {"user": actor.id, "settings": plain_settings(settings)})
        self._begin(export_id, actor, settings, form_titles())
        return export_id

    def of(self, actor: Actor, export_id: str) -> Made:
        """The state of an own export; one that nobody works on any more is begun again. Raises ``Hidden`` for any other."""
        request = self._request(actor, export_id)
        if "count" in request:
            if self._is_open(actor, request):
                return Made(True, request["count"], request["capped"])
            (self.root / f"{export_id}.xlsx").unlink(missing_ok=True)
            self._keep(export_id, {"user": actor.id, "settings": request["settings"]})
        with self._lock:
            problem = self._running.get(export_id)
        if problem is None:
            self._begin(export_id, actor, read_settings(request["settings"])[0], form_titles())
        return Made(False, problem=problem or "")

    def file(self, actor: Actor, export_id: str) -> Path | None:
        """The workbook of an own export; None where it isn't made, or not with what is open to the actor today. Raises ``Hidden``."""
        request = self._request(actor, export_id)
        if "count" not in request or not self._is_open(actor, request):
            return None
        return (self.root / f"{export_id}.xlsx").resolve()

    def _is_open(self, actor: Actor, request: dict[str, Any]) -> bool:
        with self.tools.reading() as uow:
            return may_still_have(uow, actor, request["ids"])

    def _request(self, actor: Actor, export_id: str) -> dict[str, Any]:
        path = self.root / f"{export_id}.json"
        if not NAME.fullmatch(export_id) or not path.exists():
            raise Hidden
        request: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if request["user"] != actor.id:
            raise Hidden
        return request

    def _begin(self, export_id: str, actor: Actor, settings: Settings, titles: dict[str, str]) -> None:
        with self._lock:
            if self._running.get(export_id) == "":
                return
            self._running[export_id] = ""
        self._pool.submit(self._make, export_id, actor, settings, titles)

    def _make(self, export_id: str, actor: Actor, settings: Settings, titles: dict[str, str]) -> None:
        try:
            made = _export(self.tools, actor, settings, titles)
            work = self.root / f".{export_id}.tmp"
            work.write_bytes(made.content)
            os.replace(work, self.root / f"{export_id}.xlsx")
            request = {"user": actor.id, "settings": plain_settings(settings), "count": made.count, "capped": made.capped}
            self._keep(export_id, request | {"ids": made.ids})
        except ContractError as error:
            self._running[export_id] = error.message
        except Exception:
            log.exception("export of the register failed")
            self._running[export_id] = "导出时出现故障，没有产生文件。请重试；若反复出现，请把发生的时间告知管理员。"
        else:
            with self._lock:
                self._running.pop(export_id, None)

    def _keep(self, export_id: str, request: dict[str, Any]) -> None:
        work = self.root / f".{export_id}.json.tmp"
        work.write_text(json.dumps(request, ensure_ascii=False), encoding="utf-8")
        os.replace(work, self.root / f"{export_id}.json")

    def _sweep(self) -> None:
        oldest = self.tools.now().timestamp() - KEPT
        for path in self.root.iterdir():
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)


def init_exports(app: Flask, root: Path) -> None:
    app.extensions[EXPORTS] = Exports(root, app.extensions[KEY])


def exports() -> Exports:
    return cast(Exports, current_app.extensions[EXPORTS])


def export_now(actor: Actor, settings: Settings) -> Export:
    return _export(desk(), actor, settings, form_titles())


def _export(tools: Desk, actor: Actor, settings: Settings, titles: dict[str, str]) -> Export:
    return export_register(
        tools.reading, tools.unit_of_work, actor, tools.now(), settings, tools.write_register, lambda form: titles.get(form, form)
    )
