"""Signings on their way: the approved text is rendered, proven and frozen in the background, one after the other."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from flask_babel import gettext as _

from app.domain.errors import ContractError
from app.services.ports import Progress

STARTS = "chengyue.signings"
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Start:
    """``entered``: the plan as it was entered, shown again where it fails."""

    entered: Mapping[str, str]
    step: str = ""
    problem: str = ""


@dataclass(slots=True)
class Starts:
    """By contract. A restart forgets what was under way; nothing is half done then, and it can be started again."""

    _pool: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "signings"))
    _running: dict[str, Start] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, contract_id: str, entered: Mapping[str, str], work: Callable[[Progress], object]) -> None:
        """Run ``work`` unless the contract's signing is being started already."""
        with self._lock:
            found = self._running.get(contract_id)
            if found is not None and not found.problem:
                return
            start = self._running[contract_id] = Start(entered)
        failed = str(_("发起时出现故障，没有任何改动。请重试；若反复出现，请告知管理员。"))
        self._pool.submit(self._run, contract_id, start, work, failed)

    def of(self, contract_id: str) -> Start | None:
        with self._lock:
            return self._running.get(contract_id)

    def take_failed(self, contract_id: str) -> Start | None:
        """A start that failed, once."""
        with self._lock:
            found = self._running.get(contract_id)
            return self._running.pop(contract_id) if found is not None and found.problem else None

    def _run(self, contract_id: str, start: Start, work: Callable[[Progress], object], failed: str) -> None:
        def progress(step: str) -> None:
            start.step = step

        try:
            work(progress)
        except ContractError as error:
            start.problem = error.message
        except Exception:
            log.exception("starting the signing of %s failed", contract_id)
            start.problem = failed
        else:
            with self._lock:
                self._running.pop(contract_id, None)
