"""The days of exit tasks handed to the reminders: with every change of a task, in the same transaction.

The certificate of deletion has a topic of its own (brief part D) and is told by the clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from app.domain.exit_plan import ExitTask, TaskKey
from app.domain.permissions import Actor
from app.domain.reminders import Topic
from app.services.reminding import Subject, set_dates
from app.store.endings import ExitRow
from app.store.uow import UnitOfWork

PARTIES = {"a": "甲方", "b": "乙方"}


def remind_of_exit(uow: UnitOfWork, actor: Actor, now: datetime, row: ExitRow, tasks: Iterable[ExitTask]) -> None:
    """Say when each open task of an exit falls due and why, and that those that are done remind nobody."""
    dates: list[tuple[Subject, date | None]] = []
    stored = {task.key: task for task in row.tasks}
    for task in tasks:
        found = stored.get(task.key.value)
        if found is None or task.key is TaskKey.CERTIFICATE:
            continue
        who, part = PARTIES.get(task.obligor, "双方"), f"（{row.part}）" if row.part else ""
        subject = Subject(
            Topic.OBLIGATION, f"exit:{row.id}:{task.key.value}", f"退出任务：{who}{task.title}{part}", f"/contracts/{row.contract_id}/exit/",
            row.contract_id, detail="\n".join(task.due.lines),
        )  # fmt: skip
        dates.append((subject, None if found.done_on is not None else task.due.day))
    set_dates(uow, actor, now, dates)
