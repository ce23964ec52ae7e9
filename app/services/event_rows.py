"""Events that begin periods as they are kept: entered and taken back in the caller's transaction."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from app.domain.permissions import Actor
from app.services.journal import note
from app.store.contracts import ContractRow
from app.store.obligations import ContractEventRow, event_like, events_named
from app.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Happening:
    """An event as entered. ``moment``: where its hour counts; its day is then the day of the moment in Beijing. ``level``: P1 to P4 of a
    ticket, empty where nobody said."""

    kind: str
    day: date
    subject: str = ""
    moment: datetime | None = None
    note: str = ""
    level: str = ""


def note_event(
    uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, happening: Happening, source: str
) -> str | None:
    """Enter an event in the caller's transaction, who holds the contract's lock, plans again and commits; None where it is known."""
    if event_like(uow.session, contract.id, happening.kind, happening.subject, happening.day) is not None:
        return None
    row = ContractEventRow(
        id=uuid.uuid4().hex, contract_id=contract.id, kind=happening.kind, on_day=happening.day, moment=happening.moment,
        subject=happening.subject, note=happening.note, source=source, level=happening.level, created_at=now, created_by=actor.name,
    )  # fmt: skip
    uow.session.add(row)
    note(
        uow, actor, now, "event.recorded", contract=contract.id, event=row.id, kind=row.kind, on=row.on_day.isoformat(),
        moment=row.moment.isoformat() if row.moment else "", subject=row.subject, note=row.note, source=source, level=row.level,
    )  # fmt: skip
    uow.session.flush()
    return row.id


def unnote_events(
    uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, kind: str, subject: str, source: str, reason: str
) -> int:
    """Take back what ``note_event`` entered from this source, in the caller's transaction, who plans again; how many there were."""
    found = [e for e in events_named(uow.session, contract.id, kind, subject) if e.source == source]
    for row in found:
        note(
            uow, actor, now, "event.withdrawn", contract=contract.id, event=row.id, kind=row.kind, on=row.on_day.isoformat(),
            subject=row.subject, reason=reason,
        )  # fmt: skip
        uow.session.delete(row)
    uow.session.flush()
    return len(found)
