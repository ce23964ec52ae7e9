"""The clock: an own process that wakes the tasks. APScheduler is a clock here, nothing more.

Each task is idempotent and finds its own work in the database, so a wake-up that is lost, doubled or late does no harm.
"""

from __future__ import annotations

import logging
import signal
from datetime import UTC, datetime

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from app.domain.errors import ContractError
from app.jobs.tasks import Task

ENDINGS = {signal.SIGINT, signal.SIGTERM}
log = logging.getLogger(__name__)


def run_clock(tasks: tuple[Task, ...]) -> None:
    """Wake every task at once and then at its interval, until SIGINT or SIGTERM; a task under way may finish.

    What fell due while nothing ran is done first. A task never runs twice at a time.
    """
    # Blocked before any thread starts, so that the signal waits for ``sigwait`` below instead of interrupting a task.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)
    scheduler = BackgroundScheduler(timezone=UTC, executors={"default": ThreadPoolExecutor(max(1, len(tasks)))})
    for task in tasks:
        scheduler.add_job(
            run_task, "interval", seconds=task.seconds, args=(task,), id=task.name, coalesce=True, max_instances=1,
            misfire_grace_time=None, next_run_time=datetime.now(UTC),
        )  # fmt: skip
    scheduler.start()
    try:
        signal.sigwait(ENDINGS)
        for task in tasks:
            task.stop()
    finally:
        scheduler.shutdown(wait=True)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def run_task(task: Task) -> None:
    """One wake-up. A fault is logged with what to do and does not stop the clock; the next wake-up tries again."""
    try:
        done = task.work()
    except ContractError as error:
        log.error("%s：%s", task.name, error.message)
    except Exception:
        log.exception("%s：出现故障，下次唤醒时重试", task.name)
    else:
        if done:
            log.info("%s：%s", task.name, done)
