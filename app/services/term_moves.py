"""A further term joins the contract, or one that began by mistake is taken back; stage, term and last day move together."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from app.domain.lifecycle import Event
from app.domain.lifecycle_facts import Facts, TermFacts
from app.domain.lifecycle_facts import Paper as EffectivePaper
from app.domain.permissions import Actor
from app.domain.reminders import Topic
from app.domain.term_chain import Origin, Term, TermChain
from app.services.journal import note
from app.services.moving import move
from app.services.reminding import close_dates, work_out
from app.services.term_state import TermState
from app.store.contracts import ContractRow
from app.store.endings import WHOLE, exits_of
from app.store.terms import TermRow, terms_of
from app.store.uow import UnitOfWork


def extend(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, contract: ContractRow, state: TermState, term: Term, event: Event,
    paper: EffectivePaper | None, remark: str = "",
) -> None:  # fmt: skip
    """Add the term and move the stage, in the caller's transaction. The contract's own last day follows."""
    state.chain.renewed(term)  # refuses what does not join
    known = state.term_facts(today)
    facts = Facts(
        today=today, paper=paper,
        term=TermFacts(known.last_day, known.window_opens, known.notice_deadline, known.renews_automatically, term.last_day),
    )  # fmt: skip
    move(uow, actor, now, contract, event, facts, paper=paper.number if paper else "")
    uow.session.add(
        TermRow(
            contract_id=contract.id,
            number=term.number,
            first_day=term.first_day,
            last_day=term.last_day,
            origin=term.origin.value,
            years=term.years,
            counts=term.counts,
            paper=term.paper,
            note=remark.strip(),
            created_at=now,
            created_by=actor.name,
        )
    )
    contract.last_day = term.last_day
    cancel_exit(uow, actor, now, contract, f"续约至{term.last_day.isoformat()}")
    note(
        uow, actor, now, "term.renewed", contract=contract.id, number=term.number, first_day=term.first_day.isoformat(),
        last_day=term.last_day.isoformat(), origin=term.origin.value, counts=term.counts, paper=term.paper, remark=remark.strip(),
    )  # fmt: skip
    work_out(uow, contract.id, now)


def cancel_exit(uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, why: str, scope: str = WHOLE) -> None:
    """A contract that goes on after all has nothing to wind up; what was done already stays in the log."""
    for row in exits_of(uow.session, contract.id):
        if row.scope == scope:
            done = [f"{t.key} {t.done_on.isoformat()}" for t in row.tasks if t.done_on]
            note(uow, actor, now, "exit.cancelled", contract=contract.id, exit=row.id, reason=why, done=done)
            close_dates(uow, actor, now, Topic.OBLIGATION, f"exit:{row.id}:")
            uow.session.delete(row)
            uow.session.flush()


def mistaken_from(state: TermState, arrived_on: date) -> TermState | None:
    """The state without the terms that began by themselves although a notice had arrived in time; None where none did.

    The clock can't know of a notice whose arrival is recorded only after the term was over.
    """
    for place, term in enumerate(state.chain.terms[:-1]):
        later = state.chain.terms[place + 1 :]
        before = replace(state, chain=TermChain(state.chain.terms[: place + 1]))
        deadline = before.schedule().notice_deadline
        timely = deadline is not None and arrived_on <= deadline.day and arrived_on in term
        if timely and all(t.origin is Origin.AUTOMATIC for t in later):
            return before
    return None


def take_back(
    uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, state: TermState, before: TermState, why: str
) -> None:
    """Remove the terms of ``state`` that ``before`` hasn't, in the caller's transaction; the log keeps what they were."""
    for row in terms_of(uow.session, contract.id):
        if row.number > before.chain.current.number:
            uow.session.delete(row)
            note(
                uow, actor, now, "term.taken_back", contract=contract.id, number=row.number, first_day=row.first_day.isoformat(),
                last_day=row.last_day.isoformat(), origin=row.origin, reason=why,
            )  # fmt: skip
    contract.last_day = before.chain.current.last_day
    work_out(uow, contract.id, now)
