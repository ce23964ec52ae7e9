"""Improvement that incidents ask for by themselves, once somebody has found who answers for them and why they came (section 5.3)."""

from __future__ import annotations

from datetime import date, datetime

from app.domain.obligation_events import LEVELLED
from app.domain.permissions import Actor
from app.domain.settlement.incidents import P1, SERIOUS, Improvement, Incident, improvements
from app.services.event_rows import Happening, note_event, unnote_events
from app.store.contracts import ContractRow
from app.store.obligations import ContractEventRow, events_of
from app.store.uow import UnitOfWork

DERIVED = "derived"
"""Source of an event that other events brought about; it goes with them."""
PARTY_B = "b"


def incident_kind(row: ContractEventRow) -> str:
    """What of section 5.3 it may be once party B answers for it: a P1 (by its own event or as the level of a ticket), a complaint that is
    serious by section 4.3 since an authority, the media or many people made it; empty for anything else."""
    if row.kind == "p1_opened" or (row.kind in LEVELLED and row.level == "P1"):
        return P1
    return SERIOUS if row.kind == "regulator_complaint" else ""


def raise_improvements(uow: UnitOfWork, actor: Actor, now: datetime, today: date, contract: ContractRow) -> tuple[str, ...]:
    """Bring the events that incidents bring about in line with them, in the caller's transaction, who plans again; what is new in words.

    Once each: what somebody entered already, naming one of the incidents, is not raised again. Known ones keep their day.
    """
    events = events_of(uow.session, contract.id)
    found = [
        Incident(kind, e.subject or e.on_day.isoformat(), e.on_day, e.cause)
        for e in events if e.at_fault == PARTY_B and (kind := incident_kind(e))
    ]  # fmt: skip
    by_hand = [f"{e.subject} {e.note}" for e in events if e.kind == "improve_triggered" and e.source != DERIVED]
    wanted = {x.subject: x for x in improvements(found) if not _told(x, by_hand)}
    known = {e.subject for e in events if e.kind == "improve_triggered" and e.source == DERIVED}
    for subject in sorted(known - wanted.keys()):
        unnote_events(uow, actor, now, contract, "improve_triggered", subject, DERIVED, "所依据的事件或者其原因的认定已经更改")
    new = [x for subject, x in wanted.items() if subject not in known]
    for one in new:
        note_event(
            uow, actor, now, contract, Happening("improve_triggered", today, one.subject, note=one.sentence[:400]), DERIVED
        )
    return tuple(x.sentence for x in new)


def _told(one: Improvement, by_hand: list[str]) -> bool:
    return any(number in words for words in by_hand for number in one.incidents)
