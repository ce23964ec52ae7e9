"""工作台: what waits for one person, and what comes up in the next twelve months."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from app.domain.lifecycle import Stage
from app.domain.months import Month, binned, months_from
from app.domain.permissions import Action, Actor, may, require
from app.domain.reminders import Topic
from app.services.agenda import LONG_AGO, AgendaLine, Counts, read_agenda, read_counts
from app.services.approval_desk import read_desk
from app.store.agenda import date_counts
from app.store.contracts import ContractRow
from app.store.uow import UnitOfWork
from app.store.workbench import current_terms, decided_terms, ends_between, owned_in_stages, returned_drafts

AHEAD = 12
"""Months that the chart shows, this one included."""
NEAR = timedelta(days=29)
MOST = 100
"""Matters of one kind that are listed; whoever has more works from the register."""
RUNNING = frozenset({Stage.ACTIVE.value, Stage.EXPIRING.value})


class MatterKind(Enum):
    """What somebody has to do, in the order in which the workbench lists it."""

    APPROVE = "approve"
    DECIDE_RENEWAL = "decide_renewal"
    REVISE = "revise"
    START_SIGNING = "start_signing"
    SIGN = "sign"
    CONFIRM_EFFECT = "confirm_effect"
    WIND_UP = "wind_up"


_OF_STAGE = {
    Stage.EXPIRING: MatterKind.DECIDE_RENEWAL,
    Stage.APPROVED: MatterKind.START_SIGNING,
    Stage.SIGNING: MatterKind.SIGN,
    Stage.SIGNED: MatterKind.CONFIRM_EFFECT,
    Stage.EXPIRED: MatterKind.WIND_UP,
    Stage.TERMINATED: MatterKind.WIND_UP,
}


@dataclass(frozen=True, slots=True)
class Matter:
    """One thing to do with one contract. ``last_day``: of its term, where it is known."""

    kind: MatterKind
    contract_id: str
    number: str
    title: str
    parties: tuple[str, ...]
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class Ahead:
    """Of contracts that the actor may see: how many end in each of the coming months, and for how many a notice on the renewal must go
    out in it at the latest."""

    months: tuple[Month, ...]
    ends: Mapping[Month, int]
    notices: Mapping[Month, int]

    @property
    def any(self) -> bool:
        return any(self.ends.values()) or any(self.notices.values())


@dataclass(frozen=True, slots=True)
class Workbench:
    """``dates``: the actor's own, overdue and of the next four weeks, the earliest first."""

    matters: tuple[Matter, ...]
    ahead: Ahead
    dates: tuple[AgendaLine, ...]
    counts: Counts

    def of(self, kind: MatterKind) -> tuple[Matter, ...]:
        return tuple(m for m in self.matters if m.kind is kind)


def read_workbench(uow: UnitOfWork, actor: Actor, today: date) -> Workbench:
    """Raises ``Forbidden`` for somebody who may not read contracts."""
    require(actor, Action.READ_CONTRACTS)
    matters = (*_approvals(uow, actor), *_owned(uow, actor))
    dates = read_agenda(uow, actor, today, today - LONG_AGO, today + NEAR)
    return Workbench(matters, read_ahead(uow, actor, today), dates, read_counts(uow, actor, today))


def read_ahead(uow: UnitOfWork, actor: Actor, today: date) -> Ahead:
    months = months_from(Month.of(today), AHEAD)
    ends = ends_between(uow.session, actor.id, RUNNING, today, months[-1].last_day)
    notices = date_counts(uow.session, actor.id, today, months[-1].last_day, Topic.RENEWAL.value)
    return Ahead(months, binned(ends, months), binned(notices, months))


def _approvals(uow: UnitOfWork, actor: Actor) -> list[Matter]:
    if not may(actor, Action.DECIDE_APPROVAL):
        return []
    waiting = read_desk(uow, actor).waiting
    return [Matter(MatterKind.APPROVE, line.contract_id, line.number, line.title, line.parties) for line in waiting]


def _owned(uow: UnitOfWork, actor: Actor) -> list[Matter]:
    rows = owned_in_stages(uow.session, actor.id, [s.value for s in _OF_STAGE], MOST)
    ids = [row.id for row in rows]
    decided, current = decided_terms(uow.session, ids), current_terms(uow.session, ids)
    found = [_matter(MatterKind.REVISE, row) for row in returned_drafts(uow.session, actor.id, MOST)]
    for row in rows:
        kind = _OF_STAGE[Stage(row.stage)]
        if kind is not MatterKind.DECIDE_RENEWAL or (row.id, current.get(row.id, 0)) not in decided:
            found.append(_matter(kind, row))
    order = list(MatterKind)
    return sorted(found, key=lambda m: order.index(m.kind))


def _matter(kind: MatterKind, row: ContractRow) -> Matter:
    return Matter(kind, row.id, row.number, row.title, tuple(p.name for p in row.parties), row.last_day)
