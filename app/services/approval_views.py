"""The rounds of approval as people look at them: every seat with the reasons it is asked for, who may take it, what was decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from app.domain.approval import ApprovalRound, ReturnComment, RoundStatus
from app.domain.approval_route import Function, Seat, Submission
from app.domain.permissions import Action, Actor, may
from app.domain.place_names import place_names
from app.domain.proofreading import Finding
from app.domain.tree import Deviation
from app.services.access import record_of
from app.services.approval_rows import read_asked, read_round
from app.services.approvers import Candidate, deciders, holders
from app.services.drafting import Reference, examine
from app.services.record import opened
from app.services.submitting import basis_of
from app.services.versions import StoredVersion, read_version_unasked
from app.store.approvals import ApprovalRow, approvals_of
from app.store.uow import UnitOfWork
from app.store.users import users_by_name
from app.store.versions import version_heads


class SeatState(Enum):
    APPROVED = "approved"
    WAITING = "waiting"
    """Its turn has come."""
    LATER = "later"
    """It waits for the step before it."""
    CLOSED = "closed"
    """The round ended before it was decided."""


@dataclass(frozen=True, slots=True)
class Signed:
    """A seat's consent: who, when, the note; ``for_whom``: name of the one for whom a delegate decided."""

    by: str
    at: datetime
    note: str
    for_whom: str


@dataclass(frozen=True, slots=True)
class PassedOn:
    principal: str
    delegate: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class SeatView:
    """One seat. ``asked``: names of those who are asked to decide it. The flags say what the reader may do with it now."""

    function: Function
    reasons: tuple[str, ...]
    personal: bool
    state: SeatState
    asked: tuple[str, ...]
    consent: Signed | None
    passed_on: PassedOn | None
    may_decide: bool = False
    may_delegate: bool = False
    may_recall: bool = False


@dataclass(frozen=True, slots=True)
class Ending:
    """How a round ended without approval, or how its approval did; ``remarks``: place in words, what was asked for."""

    by: str
    at: datetime
    reason: str
    remarks: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RoundView:
    """One round. ``since``: ordinal of the version that the round before it was over, 0 for the first."""

    id: str
    ordinal: int
    status: RoundStatus
    version: int
    digest: str
    since: int
    submitter: str
    submitted_at: datetime
    remark: str
    steps: tuple[tuple[SeatView, ...], ...]
    ending: Ending | None
    may_withdraw: bool = False
    may_revoke: bool = False

    @property
    def seats(self) -> tuple[SeatView, ...]:
        return tuple(seat for step in self.steps for seat in step)

    @property
    def mine(self) -> tuple[SeatView, ...]:
        """Seats that the reader may decide now."""
        return tuple(s for s in self.seats if s.may_decide)


@dataclass(frozen=True, slots=True)
class Material:
    """What the approvers of a version judge: the basis of its route, the deviations with both texts, and findings that came up since."""

    basis: Submission
    deviations: tuple[Deviation, ...]
    new_findings: tuple[Finding, ...]
    places: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Approvals:
    """Every round of a contract, the latest first, and the material of the latest one; ``delegates``: (id, name) of those
    to whom the reader may pass a seat on."""

    rounds: tuple[RoundView, ...]
    material: Material | None
    delegates: tuple[tuple[str, str], ...]


def read_approvals(uow: UnitOfWork, actor: Actor, reference: Reference, today: date, contract_id: str) -> Approvals:
    """Raises ``ContractMissing``, ``VersionDamaged``."""
    contract = opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    rows = approvals_of(uow.session, contract_id)
    if not rows:
        return Approvals((), None, ())
    record, latest = record_of(contract), rows[0]
    people = deciders(uow, record, latest.submitter_id)
    names = {u.id: u.name for u in users_by_name(uow.session)}
    ordinals = {v.id: v.ordinal for v in version_heads(uow.session, contract_id)}
    decides = may(actor, Action.DECIDE_APPROVAL, record)
    submits = may(actor, Action.SUBMIT_CONTRACT, record)
    text = read_version_unasked(uow, latest.version_id)
    material = _material(reference, today, latest, text)
    views = []
    for index, row in enumerate(rows):
        before = ordinals[rows[index + 1].version_id] if index + 1 < len(rows) else 0
        places = material.places if index == 0 else _places(uow, row)
        reader = _Reader(actor, decides and index == 0, submits and index == 0, people if index == 0 else (), names)
        views.append(_round(row, ordinals[row.version_id], before, places, reader))
    others = tuple((c.id, c.name) for c in people if c.id != actor.id) if decides else ()
    return Approvals(tuple(views), material, others)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Who looks, and what that person may do with the round at all."""

    actor: Actor
    decides: bool
    submits: bool
    people: tuple[Candidate, ...]
    names: Mapping[str, str]

    def name(self, user_id: str) -> str:
        return self.names.get(user_id, user_id)


def _places(uow: UnitOfWork, row: ApprovalRow) -> Mapping[str, str]:
    """Names of the places of an earlier round's text, where something was said of one."""
    closing = read_round(row).closing
    named = closing is not None and any(c.provision for c in closing.comments)
    return place_names(read_version_unasked(uow, row.version_id).instrument) if named else {}


def _material(reference: Reference, today: date, row: ApprovalRow, text: StoredVersion) -> Material:
    examined = examine(reference, text.answers, text.instrument, today)
    asked = read_asked(row)
    basis, _ = basis_of(reference, text.answers, text.instrument, examined.findings, row.digest, asked.waivers)
    new = examined.blocking if RoundStatus(row.status) is RoundStatus.OPEN else ()
    return Material(basis, text.instrument.deviations, new, basis.labels)


def _round(row: ApprovalRow, version: int, since: int, places: Mapping[str, str], reader: _Reader) -> RoundView:
    round_ = read_round(row)
    me = reader.actor.id
    return RoundView(
        row.id,
        row.ordinal,
        round_.status,
        version,
        row.digest,
        since,
        reader.name(row.submitter_id),
        row.submitted_at,
        read_asked(row).remark,
        tuple(tuple(_seat(round_, seat, reader) for seat in step.seats) for step in round_.route.steps),
        _ending(round_, places, reader),
        may_withdraw=reader.submits and round_.status is RoundStatus.OPEN and round_.submitter == me,
        may_revoke=reader.decides
        and round_.status is RoundStatus.APPROVED
        and any(me in (c.by, c.for_whom) for c in round_.consents),
    )


def _seat(round_: ApprovalRound, seat: Seat, reader: _Reader) -> SeatView:
    consent, passed = round_.consent(seat.function), round_.delegation(seat.function)
    is_open, me = round_.status is RoundStatus.OPEN, reader.actor
    waiting = seat in round_.waiting
    entitled = me.id == passed.delegate if passed else me.approver().holds(seat.function)
    free = reader.decides and is_open and consent is None and not round_.bars(seat.function, me.id)
    return SeatView(
        seat.function,
        seat.reasons,
        seat.personal,
        _state(round_, seat),
        tuple(c.name for c in holders(round_, seat, reader.people)) if consent is None and is_open else (),
        Signed(reader.name(consent.by), consent.at, consent.note, reader.name(consent.for_whom) if consent.for_whom else "")
        if consent
        else None,
        PassedOn(reader.name(passed.principal), reader.name(passed.delegate), passed.reason, passed.at) if passed else None,
        may_decide=free and waiting and entitled,
        may_delegate=free and entitled and passed is None and not seat.personal,
        may_recall=free and passed is not None and passed.principal == me.id,
    )


def _state(round_: ApprovalRound, seat: Seat) -> SeatState:
    if round_.consent(seat.function) is not None:
        return SeatState.APPROVED
    if round_.status is not RoundStatus.OPEN:
        return SeatState.CLOSED
    return SeatState.WAITING if seat in round_.waiting else SeatState.LATER


def _ending(round_: ApprovalRound, places: Mapping[str, str], reader: _Reader) -> Ending | None:
    closing = round_.closing
    if closing is None:
        return None
    return Ending(reader.name(closing.by), closing.at, closing.reason, tuple(_remark(c, places) for c in closing.comments))


def _remark(comment: ReturnComment, places: Mapping[str, str]) -> tuple[str, str]:
    return (places.get(comment.provision, comment.provision), comment.text) if comment.provision else ("", comment.text)
