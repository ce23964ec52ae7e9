"""Who may take an approval seat of a contract: offices held, the role, the right to read it, and not the one who submits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain.approval import ApprovalRound
from app.domain.approval_route import Function, Seat
from app.domain.permissions import Action, Actor, Record, may
from app.services.access import actor_of, record_of
from app.store.contracts import ContractRow
from app.store.uow import UnitOfWork
from app.store.users import UserRow, users_by_name


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may decide. ``email`` empty: no mail reaches the person."""

    id: str
    name: str
    email: str
    actor: Actor

    def holds(self, function: Function) -> bool:
        return self.actor.approver().holds(function)


def deciders(uow: UnitOfWork, record: Record, submitter: str, among: Sequence[UserRow] | None = None) -> tuple[Candidate, ...]:
    """Active approvers who may read the contract, the submitter left out; in the order of their names.

    ``among``: all users by name, where the caller has them already.
    """
    users = [u for u in (among or users_by_name(uow.session)) if u.active and u.id != submitter]
    found = [Candidate(u.id, u.name, u.email, actor_of(u)) for u in users]
    return tuple(c for c in found if may(c.actor, Action.DECIDE_APPROVAL, record))


def by_office(people: tuple[Candidate, ...]) -> Mapping[Function, tuple[Candidate, ...]]:
    return {f: tuple(c for c in people if c.holds(f)) for f in Function}


def holders(round_: ApprovalRound, seat: Seat, people: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """Who is asked to decide a seat: the delegate where it was passed on, otherwise whoever holds the office.

    The head of legal, who may decide for legal, is asked to only where nobody else holds that office.
    """
    passed = round_.delegation(seat.function)
    if passed is not None:
        return tuple(c for c in people if c.id == passed.delegate)
    own = tuple(c for c in people if seat.function in c.actor.offices)
    return own or tuple(c for c in people if c.holds(seat.function))


def waited_for(uow: UnitOfWork, contract: ContractRow, round_: ApprovalRound) -> frozenset[str]:
    """The ids of those whose decision a round waits for."""
    people = deciders(uow, record_of(contract), round_.submitter)
    return frozenset(c.id for seat in round_.waiting for c in holders(round_, seat, people))
