"""Renewal by itself: what the clock does when a term is over and nobody gave notice in time.

Each contract is one transaction. The key of the term's row, and the lock on the contract, make it happen once, however often the
clock wakes and however long it slept; after a long sleep every term that began meanwhile is made up in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime

from app.domain.calendar import WorkingCalendar
from app.domain.lifecycle import Event, Stage
from app.domain.messages import NewMail
from app.domain.renewal import due_renewals
from app.domain.term import chinese_date
from app.domain.term_chain import Origin, Term
from app.services.access import actor_of
from app.services.journal import CLOCK
from app.services.ports import MailWriter
from app.services.record import require_contract
from app.services.term_moves import extend
from app.services.term_state import TermState, load_term_state
from app.store.contracts import ContractRow
from app.store.uow import UnitOfWork
from app.store.users import find_user

IN_FORCE = (Stage.ACTIVE.value, Stage.EXPIRING.value)
Units = Callable[[], UnitOfWork]


@dataclass(frozen=True, slots=True)
class Post:
    """How mails are written, and the address of a contract's page of its term."""

    write: MailWriter
    link: Callable[[str], str]


def renew_contract(
    units: Units, now: datetime, today: date, official: WorkingCalendar, post: Post, contract_id: str
) -> Iterable[Term]:
    """The renewals of one contract that came by themselves up to ``today``, in one transaction; none where there are none."""
    with units() as uow:
        contract = require_contract(uow, contract_id, lock=True)
        if contract.stage not in IN_FORCE or contract.last_day is None or contract.last_day >= today:
            return ()
        state = load_term_state(uow, contract, official)
        found = due_renewals(state.chain, state.terms, state.facts, official, today)
        due = tuple(t for t in found if t.origin is Origin.AUTOMATIC)
        for term in due:
            extend(uow, CLOCK, now, today, contract, state, term, Event.RENEWED_AUTOMATICALLY, None)
            state = replace(state, chain=state.chain.renewed(term))
            _tell(uow, now, today, post, contract, state)
        if due:
            uow.commit()
        return due


def _tell(uow: UnitOfWork, now: datetime, today: date, post: Post, contract: ContractRow, state: TermState) -> None:
    """The owner learns of every renewal, with the dates that hang on the new term."""
    owner = find_user(uow.session, contract.owner_id) if contract.owner_id else None
    if owner is None or not owner.active or not owner.email:
        return
    term, deadline = state.chain.current, state.schedule().notice_deadline
    values = {
        "name": actor_of(owner).name,
        "number": contract.number,
        "title": contract.title,
        "first_day": chinese_date(term.first_day),
        "last_day": chinese_date(term.last_day),
        "deadline": chinese_date(deadline.day) if deadline else "",
        "further": "；".join(state.outlook(today).unmet),
        "link": post.link(contract.id),
    }
    words = post.write("renewed", values)
    key = f"renewed:{contract.id}:{term.number}:{term.first_day.isoformat()}"
    uow.send(now, NewMail(key, owner.email, words.subject, words.text, words.html, contract.id, owner.id))
