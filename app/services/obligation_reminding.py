"""The days of obligations handed to the reminders: set with every planning, closed with everything that is settled."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from app.domain.obligation_state import DutyState
from app.domain.obligations import Obligor
from app.domain.permissions import Actor
from app.domain.reminders import Topic
from app.services.reminding import Subject, set_dates
from app.store.obligations import ObligationRow
from app.store.uow import UnitOfWork

ELSEWHERE = frozenset({"O-8.2-4", "O-11.3-2"})
"""Days that other rooms remind of with more than a day: payments (topic 付款) and notices on the renewal (topic 续约)."""


def remind_of(uow: UnitOfWork, actor: Actor, now: datetime, row: ObligationRow, reasons: str = "") -> None:
    """Say when an instance falls due, in the caller's transaction; one that is settled reminds nobody."""
    remind_of_all(uow, actor, now, [(row, reasons)])


def remind_of_all(
    uow: UnitOfWork, actor: Actor, now: datetime, rows: Iterable[tuple[ObligationRow, str]], gone: Iterable[ObligationRow] = ()
) -> None:
    """The same for many, each with its reasons, and for those that are ``gone`` from the plan."""
    dates = [
        (_subject(row, reasons), row.due_on if row.state == DutyState.OPEN.value else None)
        for row, reasons in rows
        if _is_told(row)
    ]
    set_dates(uow, actor, now, [*dates, *((_subject(row, ""), None) for row in gone if _is_told(row))])


def _is_told(row: ObligationRow) -> bool:
    return row.duty not in ELSEWHERE


def _subject(row: ObligationRow, reasons: str) -> Subject:
    lead = ((row.remind_on - row.due_on).days,) if row.due_on and row.remind_on and row.remind_on < row.due_on else ()
    return Subject(
        topic=Topic.OBLIGATION, id=f"{row.contract_id}:{row.key}", title=f"{Obligor(row.obligor).label}{row.action}（{row.label}）",
        path=f"/contracts/{row.contract_id}/obligations/{row.id}/", contract_id=row.contract_id, responsible_id=row.responsible_id,
        detail=reasons, agreed_days=lead,
    )  # fmt: skip
