"""Moving a contract from stage to stage: ``lifecycle.advance`` decides, the row follows, the log tells."""

from __future__ import annotations

from datetime import date, datetime

from app.domain.lifecycle import Event, Flag, Stage, State, advance
from app.domain.lifecycle_facts import Facts
from app.domain.permissions import Actor, action_of, by_clock, by_signatories, require
from app.domain.term import BEIJING
from app.services.access import record_of
from app.services.journal import CEREMONY, CLOCK, note
from app.services.record import state_of
from app.store.contracts import ContractRow
from app.store.reminders import ask_to_work_out
from app.store.uow import UnitOfWork


def move(
    uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, event: Event, facts: Facts | None = None, **data: str
) -> State:
    """Advance inside the caller's transaction; the caller holds the contract's lock and commits. Raises ``IllegalMove``,
    ``Hidden`` or ``Forbidden``; only the clock and the ceremony of signing need nobody's leave, and only for what they may cause.

    ``data`` goes into the audit entry: what the move rests on (version, paper number).
    """
    free = (actor == CLOCK and by_clock(event)) or (actor == CEREMONY and by_signatories(event))
    if not free:
        require(actor, action_of(event), record_of(contract))
    before = state_of(contract)
    after = advance(before, event, facts)
    contract.stage = after.stage.value
    contract.rectifying, contract.disputed = Flag.RECTIFYING in after.flags, Flag.DISPUTED in after.flags
    if event is Event.TOOK_EFFECT and facts is not None and facts.effect is not None:
        contract.took_effect_on = facts.effect.effective_on
    contract.updated_at, contract.updated_by = now, actor.name
    contract.clock_on = law_day(now) if after.stage in WATCHED else None
    if WATCHED & {before.stage, after.stage}:
        ask_to_work_out(uow.session, contract.id, now)
    note(
        uow, actor, now, "contract.moved", contract=contract.id, event=event.value, before=_words(before), after=_words(after),
        reason=facts.reason if facts else "", **data,
    )  # fmt: skip
    return after


WATCHED = frozenset({Stage.SIGNING, Stage.SIGNED, Stage.ACTIVE, Stage.EXPIRING, Stage.EXPIRED, Stage.TERMINATED})
"""Stages that the clock looks at: it may cause a move, or it plans the contract's obligations anew."""


def wake(contract: ContractRow, now: datetime) -> None:
    """Let the clock look at the contract anew: something that a move of the calendar hangs on has changed. To be called wherever
    a date of the term, a notice, or a condition is recorded; every ``move`` does it by itself."""
    if state_of(contract).stage in WATCHED:
        contract.clock_on = law_day(now)


def law_day(now: datetime) -> date:
    """The day of law that an instant belongs to."""
    return now.astimezone(BEIJING).date()


def _words(state: State) -> list[str]:
    """Stage, then flags: ``["active", "disputed"]``."""
    return [state.stage.value, *sorted(f.value for f in state.flags)]
