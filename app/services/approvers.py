"""Who may take an approval seat of a contract: offices held, the role, the right to read it, and not the one who submits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain.approval import OF_LEGAL, ApprovalRound
from app.domain.approval_route import Function, Seat
from app.domain.permissions import Action, Actor, Record, may
from app.services.access import actor_of, record_of
from app.store.contracts import ContractRow
from app.store.drafts import DraftRow
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


def by_office(people: tuple[Candidate, ...], authors: frozenset[str]) -> Mapping[Function, tuple[Candidate, ...]]:
    """Who may take a seat of each office over a text that ``authors`` wrote."""
    return {f: tuple(c for c in people if c.holds(f) and not (f in OF_LEGAL and c.id in authors)) for f in Function}


def authors_of(uow: UnitOfWork, contract: ContractRow, draft: DraftRow) -> frozenset[str]:
    """The ids of the contract's owner and of everybody who entered an answer, a deviation or the reason of an accepted warning.

    A draft keeps names, so somebody of the same name counts as an author, too: one more who may not check, never one less.
    """
    names = {a.by for a in draft.answers} | {d.by for d in draft.deviations} | {a.by for a in draft.acknowledgements}
    return frozenset(u.id for u in users_by_name(uow.session) if u.name in names or u.id == contract.owner_id)


def holders(round_: ApprovalRound, seat: Seat, people: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """Who is asked to decide a seat: the delegate where it was passed on, otherwise whoever holds the office.

    The head of legal, who may decide for legal, is asked to only where nobody else holds that office.
    """
    passed = round_.delegation(seat.function)
    if passed is not None:
        return tuple(c for c in people if c.id == passed.delegate)
    return first_asked(seat.function, tuple(c for c in people if not round_.bars(seat.function, c.id)))


def first_asked(function: Function, people: tuple[Candidate, ...]) -> tuple[Candidate, ...]:
    """Of those who may decide a seat, whoever holds its office himself; the rest only where there is nobody."""
    own = tuple(c for c in people if function in c.actor.offices)
    return own or tuple(c for c in people if c.holds(function))


def waited_for(uow: UnitOfWork, contract: ContractRow, round_: ApprovalRound) -> frozenset[str]:
    """The ids of those whose decision a round waits for."""
    people = deciders(uow, record_of(contract), round_.submitter)
    return frozenset(c.id for seat in round_.waiting for c in holders(round_, seat, people))
