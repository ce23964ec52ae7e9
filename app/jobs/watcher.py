"""The watch over the clock, kept by the web process: a clock that stands still can't say so itself.

When the clock has not beaten for ten minutes, the system administrators are written to, and these mails alone are carried from here.
"""

from __future__ import annotations

import logging
import threading
from datetime import datetime

from app.services.heartbeat import DOWN, watch
from app.services.outbox import deliver_outbox
from app.wiring import Wiring

EVERY = 60.0
"""Seconds between two looks."""
log = logging.getLogger(__name__)


def look_at_clock(wiring: Wiring, watching_since: datetime) -> bool:
    """One look; whether the clock stands still."""
    with wiring.unit_of_work() as uow:
        still = watch(uow, wiring.now(), watching_since, wiring.write_mail, f"{wiring.settings.base_url}/setup/")
    if still:
        log.error("后台任务没有运行：邮件、到期提醒和合同阶段都已停止，请检查 clock 进程。")
        deliver_outbox(wiring.unit_of_work, wiring.mailer, wiring.now, key_prefix=DOWN)
    return still


def watch_clock(wiring: Wiring, ending: threading.Event, every: float = EVERY) -> None:
    """Look again and again until ``ending`` is set. A fault is logged, and the next look tries again."""
    since = wiring.now()
    while not ending.wait(every):
        try:
            look_at_clock(wiring, since)
        except Exception:
            log.exception("watching the clock failed")
