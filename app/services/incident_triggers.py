"""Improvement that incidents ask for by themselves, once somebody has found who answers for them and why they came (section 5.3)."""

from __future__ import annotations

from datetime import date, datetime

from app.domain.obligation_events import LEVELLED
from app.domain.permissions import Actor
from app.domain.settlement.incidents import P1, SERIOUS, Improvement, Incident, improvements
from app.services.event_rows import Happening, note_event, unnote_events
from app.services.journal import note
from app.store.contracts import ContractRow
from app.store.obligations import ContractEventRow, events_of
from app.store.uow import UnitOfWork

DERIVED = "derived"
"""Source of an event that other events brought about; it goes with them."""
IMPROVE = "improve_triggered"
PARTY_B = "b"


def incident_kind(row: ContractEventRow) -> str:
    """What of section 5.3 it may be once party B answers for it: a P1 (by its own event or as the level of a ticket), a complaint that is
    serious by section 4.3 since an authority, the media or many people made it; empty for anything else."""
    if row.kind == "p1_opened" or (row.kind in LEVELLED and row.level == "P1"):
        return P1
    return SERIOUS if row.kind == "regulator_complaint" else ""


def raise_improvements(uow: UnitOfWork, actor: Actor, now: datetime, today: date, contract: ContractRow) -> tuple[str, ...]:
    """Bring the events that incidents bring about in line with them, in the caller's transaction, who plans again; what is new in words.

    Once each: what somebody entered already, naming the incidents, is not raised again. One that runs keeps its day, and with it the
    periods that it began, while its root cause and an incident of its chain stand.
    """
    events = events_of(uow.session, contract.id)
    found = [
        Incident(kind, e.subject or e.on_day.isoformat(), e.on_day, e.cause)
        for e in events if e.at_fault == PARTY_B and (kind := incident_kind(e))
    ]  # fmt: skip
    asked = [e for e in events if e.kind == IMPROVE]
    by_hand = [f"{e.subject} {e.note}" for e in asked if e.source != DERIVED]
    raised = sorted((e for e in asked if e.source == DERIVED), key=lambda e: (e.on_day, e.id))
    kept, new = set[str](), list[Improvement]()
    for one in improvements(found):
        if any(one.told_by(words) for words in by_hand):
            continue
        running = [e for e in raised if one.continues(e.subject, e.note)]
        sound = [e for e in running if one.told_by(e.note)]
        if running and not sound:
            _restate(uow, actor, now, contract, running[0], one)
        kept |= {e.id for e in sound or running[:1]}
        if not running:
            new.append(one)
    for row in raised:
        if row.id not in kept:
            unnote_events(uow, actor, now, contract, IMPROVE, row.subject, DERIVED, "所依据的事件或者其原因的认定已经更改")
    for one in new:
        note_event(uow, actor, now, contract, Happening(IMPROVE, today, one.subject, note=one.sentence[:400]), DERIVED)
    return tuple(x.sentence for x in new)


def _restate(
    uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, row: ContractEventRow, one: Improvement
) -> None:
    """Of the incidents that it names too few are left; the chain goes on with others."""
    before, row.subject, row.note = row.subject, one.subject, one.sentence[:400]
    note(
        uow, actor, now, "event.restated", contract=contract.id, event=row.id, kind=row.kind, on=row.on_day.isoformat(),
        subject=row.subject, note=row.note, before=before,
    )  # fmt: skip
    uow.session.flush()
