"""The head of a contract's pages: what it is, where it stands, what comes next and who must see to it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from app.domain.approval import RoundStatus
from app.domain.approval_route import Function
from app.domain.lifecycle import Event
from app.domain.next_step import NextStep, next_step
from app.domain.permissions import Action, Actor
from app.services.access import record_of
from app.services.approval_rows import current, read_round
from app.services.approvers import deciders, holders
from app.services.filing import ContractView, view_contract
from app.services.journal import CLOCK
from app.services.record import opened
from app.services.vacancies import who_must_be_named
from app.services.versions import VersionHead, list_versions_unasked
from app.store.approvals import ApprovalRow, approvals_of
from app.store.audit import search
from app.store.comments import comments_of
from app.store.documents import documents_of
from app.store.uow import UnitOfWork
from app.store.users import users_by_name


@dataclass(frozen=True, slots=True)
class Head:
    """``who``: names of those in whose hands the next step lies, ``offices``: those that a decision is waited for of. Both may be empty.

    ``vacant``: what has to be done about each of these offices that nobody can decide for, as a sentence.
    """

    contract: ContractView
    step: NextStep
    who: tuple[str, ...]
    offices: tuple[Function, ...] = ()
    vacant: tuple[str, ...] = ()


def read_head(uow: UnitOfWork, actor: Actor, contract_id: str) -> Head:
    """Raises ``ContractMissing``."""
    row = opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    contract = view_contract(row)
    last = current(uow, contract_id)
    step = next_step(contract.state.stage, returned=last is not None and last[1].status is RoundStatus.RETURNED)
    if step is NextStep.DECIDE and last is not None:
        waiting = last[1].waiting
        people = deciders(uow, record_of(row), last[1].submitter)
        asked = dict.fromkeys(c.name for seat in waiting for c in holders(last[1], seat, people))
        vacant = tuple(
            who_must_be_named(s.function, confidential=row.confidential) for s in waiting if not holders(last[1], s, people)
        )
        return Head(contract, step, tuple(asked), tuple(s.function for s in waiting), vacant)
    who = (contract.owner_name,) if contract.owner_name and step is not NextStep.NOTHING else ()
    return Head(contract, step, who)


class Happening(Enum):
    """What the overview tells of a contract's way so far."""

    FILED = "filed"
    FROZEN = "frozen"
    SUBMITTED = "submitted"
    CONSENTED = "consented"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"
    VOIDED = "voided"
    REVOKED = "revoked"
    MOVED = "moved"
    """From stage to stage, by somebody or by the clock."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened. ``count``: ordinal of the version or the round; ``office``: as what somebody consented; ``event``: of a move.

    ``by_itself``: the clock did it.
    """

    at: datetime
    happening: Happening
    who: str
    count: int = 0
    office: Function | None = None
    words: str = ""
    event: Event | None = None
    by_itself: bool = False


@dataclass(frozen=True, slots=True)
class Overview:
    """``round``: ordinal and status of the latest round of approval. ``open_comments``: threads not resolved; ``steps``: latest first."""

    version: VersionHead | None
    round: tuple[int, RoundStatus] | None
    open_comments: int
    documents: int
    steps: tuple[Step, ...]


SHOWN = 8
"""Steps that the overview shows."""


def read_overview(uow: UnitOfWork, actor: Actor, contract_id: str) -> Overview:
    """Raises ``ContractMissing``."""
    contract = opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    versions, rows = list_versions_unasked(uow, contract_id), approvals_of(uow.session, contract_id)
    names = {u.id: u.name for u in users_by_name(uow.session)}
    steps = [Step(contract.created_at, Happening.FILED, contract.owner_name)]
    steps += [Step(v.created_at, Happening.FROZEN, v.created_by, v.ordinal) for v in versions]
    for row in rows:
        steps += _steps(row, names)
    steps += _moves(uow, contract_id, names)
    threads = [c for c in comments_of(uow.session, contract_id) if c.parent_id is None and c.resolved_at is None]
    latest = rows[0] if rows else None
    ordered = sorted(enumerate(steps), key=lambda pair: (pair[1].at, pair[0]), reverse=True)
    return Overview(
        versions[0] if versions else None,
        (latest.ordinal, RoundStatus(latest.status)) if latest else None,
        len(threads),
        len(documents_of(uow.session, contract_id)),
        tuple(step for _, step in ordered[:SHOWN]),
    )


_ENDINGS = {
    RoundStatus.RETURNED: Happening.RETURNED,
    RoundStatus.WITHDRAWN: Happening.WITHDRAWN,
    RoundStatus.VOIDED: Happening.VOIDED,
    RoundStatus.REVOKED: Happening.REVOKED,
}


_TOLD_BY_ROUNDS = frozenset(
    {Event.SUBMITTED, Event.SUBMISSION_WITHDRAWN, Event.RETURNED, Event.APPROVED, Event.APPROVAL_REVOKED, Event.CONTENT_CHANGED}
)


def _moves(uow: UnitOfWork, contract_id: str, names: Mapping[str, str]) -> Iterator[Step]:
    """Moves from stage to stage as the log has them; those that a round of approval tells of are left to it."""
    for entry in search(uow.session, subject=contract_id, action="contract.moved", limit=SHOWN):
        data = json.loads(entry.data)
        event = next((e for e in Event if e.value == data.get("event")), None)
        if event is not None and event not in _TOLD_BY_ROUNDS:
            who = str(data.get("actor_name") or names.get(entry.actor, ""))
            yield Step(
                entry.at, Happening.MOVED, who, words=str(data.get("reason", "")), event=event, by_itself=entry.actor == CLOCK.id
            )


def _steps(row: ApprovalRow, names: Mapping[str, str]) -> Iterator[Step]:
    round_ = read_round(row)
    yield Step(row.submitted_at, Happening.SUBMITTED, names.get(row.submitter_id, ""), row.ordinal)
    for consent in round_.consents:
        yield Step(consent.at, Happening.CONSENTED, names.get(consent.by, ""), row.ordinal, consent.function, consent.note)
    closing = round_.closing
    if closing is not None:
        words = closing.reason or next((c.text for c in closing.comments if not c.provision), "")
        yield Step(closing.at, _ENDINGS[round_.status], names.get(closing.by, ""), row.ordinal, words=words)
