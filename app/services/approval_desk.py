"""What waits for somebody's decision, what somebody submitted, and what somebody decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from app.domain.approval import RoundStatus
from app.domain.approval_route import Function
from app.domain.permissions import Action, Actor, may
from app.services.access import record_of
from app.services.approval_rows import read_round
from app.services.approvers import deciders, holders
from app.store.approvals import ApprovalRow, decided_by, open_approvals, submitted_by
from app.store.contracts import ContractRow, contracts_with_ids
from app.store.uow import UnitOfWork
from app.store.users import UserRow, users_by_name

KEPT = 100
"""How far back the lists of what is over go."""


@dataclass(frozen=True, slots=True)
class DeskLine:
    """One round on the desk. ``offices``: those it is about for this person (waiting: to be taken, decided: taken, submitted: still
    outstanding); ``passed_by``: who passed a seat on to this person; ``who``: whom it waits for, by name."""

    contract_id: str
    number: str
    title: str
    parties: tuple[str, ...]
    value: Decimal | None
    round: int
    status: RoundStatus
    submitter: str
    submitted_at: datetime
    offices: tuple[Function, ...]
    passed_by: str
    who: tuple[str, ...]
    decided_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Desk:
    waiting: tuple[DeskLine, ...]
    submitted: tuple[DeskLine, ...]
    decided: tuple[DeskLine, ...]


def read_desk(uow: UnitOfWork, actor: Actor) -> Desk:
    """Everything that ``actor`` may still read; what waits longest first, what is over latest first."""
    users = users_by_name(uow.session)
    names = {u.id: u.name for u in users}
    under_way = open_approvals(uow.session)
    mine, over = submitted_by(uow.session, actor.id, KEPT), decided_by(uow.session, actor.id, KEPT)
    wanted = {r.contract_id for r in (*under_way, *mine, *over)}
    contracts = {c.id: c for c in contracts_with_ids(uow.session, wanted) if may(actor, Action.READ_CONTRACTS, record_of(c))}
    return Desk(
        tuple(line for r in under_way if (line := _waiting(uow, actor, users, names, r, contracts.get(r.contract_id)))),
        tuple(line for r in mine if (line := _submitted(uow, users, names, r, contracts.get(r.contract_id)))),
        tuple(line for r in over if (line := _decided(actor, names, r, contracts.get(r.contract_id)))),
    )


def _waiting(
    uow: UnitOfWork, actor: Actor, users: list[UserRow], names: Mapping[str, str], row: ApprovalRow, contract: ContractRow | None
) -> DeskLine | None:
    if contract is None or row.submitter_id == actor.id or not may(actor, Action.DECIDE_APPROVAL, record_of(contract)):
        return None
    round_ = read_round(row)
    people = deciders(uow, record_of(contract), round_.submitter, users)
    mine = [s for s in round_.waiting if actor.id in {c.id for c in holders(round_, s, people)}]
    if not mine:
        return None
    passed = [d for s in mine if (d := round_.delegation(s.function)) is not None]
    return _line(names, row, contract, tuple(s.function for s in mine), names.get(passed[0].principal, "") if passed else "")


def _submitted(
    uow: UnitOfWork, users: list[UserRow], names: Mapping[str, str], row: ApprovalRow, contract: ContractRow | None
) -> DeskLine | None:
    if contract is None:
        return None
    round_ = read_round(row)
    people = deciders(uow, record_of(contract), round_.submitter, users) if round_.waiting else ()
    who = tuple(dict.fromkeys(c.name for s in round_.waiting for c in holders(round_, s, people)))
    return _line(names, row, contract, tuple(s.function for s in round_.waiting), "", who)


def _decided(actor: Actor, names: Mapping[str, str], row: ApprovalRow, contract: ContractRow | None) -> DeskLine | None:
    if contract is None:
        return None
    round_ = read_round(row)
    consents = [c for c in round_.consents if c.by == actor.id]
    closing = round_.closing if round_.closing is not None and round_.closing.by == actor.id else None
    when = max([c.at for c in consents] + ([closing.at] if closing else []))
    return _line(names, row, contract, tuple(c.function for c in consents), "", decided_at=when)


def _line(
    names: Mapping[str, str],
    row: ApprovalRow,
    contract: ContractRow,
    offices: tuple[Function, ...],
    passed_by: str,
    who: tuple[str, ...] = (),
    decided_at: datetime | None = None,
) -> DeskLine:
    return DeskLine(
        contract.id, contract.number, contract.title, tuple(p.name for p in contract.parties), contract.value, row.ordinal,
        RoundStatus(row.status), names.get(row.submitter_id, ""), row.submitted_at, offices, passed_by, who, decided_at,
    )  # fmt: skip
