"""Obligations as dated instances, and the events that begin periods."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Date,
    ForeignKey,
    Index,
    Select,
    String,
    Text,
    and_,
    false,
    func,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from app.store.base import Base, Instant
from app.store.contracts import ContractRow
from app.store.register import visible

COUNTED = 10_000
"""Counting stops there."""


class ContractEventRow(Base):
    """Something that happened (``domain.obligation_events``). The key makes recording or importing it twice harmless.

    ``moment`` NULL: only its day is known; ``until``: when the state that it began was over; ``source``: form, import, cli, duty, settling,
    derived; ``level``: P1 to P4 of a ticket, empty where nobody said. ``at_fault``: the party that answers for an incident (a, b), empty
    while nobody found it; ``cause``: its root cause.
    """

    __tablename__ = "contract_events"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(40))
    on_day: Mapped[date] = mapped_column(Date)
    moment: Mapped[datetime | None] = mapped_column(Instant)
    until: Mapped[datetime | None] = mapped_column(Instant)
    subject: Mapped[str] = mapped_column(String(100))
    note: Mapped[str] = mapped_column(Text, default="")
    source: Mapped[str] = mapped_column(String(16))
    level: Mapped[str] = mapped_column(String(2), default="")
    at_fault: Mapped[str] = mapped_column(String(1), default="", server_default="")
    cause: Mapped[str] = mapped_column(String(100), default="", server_default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[str] = mapped_column(String(100))

    pauses: Mapped[list[EventPauseRow]] = relationship(cascade="all, delete-orphan", order_by="EventPauseRow.begins")

    __table_args__ = (
        Index("uq_contract_events_contract_id_kind_subject_on_day", "contract_id", "kind", "subject", "on_day", unique=True),
    )


class EventPauseRow(Base):
    """While the clock of the event's periods stood (section 2.3, 停钟). ``ends`` NULL: it still stands."""

    __tablename__ = "event_pauses"

    event_id: Mapped[str] = mapped_column(ForeignKey("contract_events.id", ondelete="CASCADE"), primary_key=True)
    begins: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    ends: Mapped[datetime | None] = mapped_column(Instant)
    ground: Mapped[str] = mapped_column(String(16))
    created_by: Mapped[str] = mapped_column(String(100))


class ObligationRow(Base):
    """One instance (``domain.obligation_plan.Instance``), with what was recorded of it.

    ``key`` is unique within the contract, so planning twice adds nothing. ``due_on`` NULL: standing. ``reasoning``: JSON of lines and
    their sources. ``state``: ``domain.obligation_state.DutyState``; being late is not stored. ``ground``: evidence of what was done,
    reason of a waiver or a dispute; ``authority``: on what a waiver rests.
    """

    __tablename__ = "obligations"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(120))
    duty: Mapped[str] = mapped_column(String(12))
    section: Mapped[str] = mapped_column(String(6))
    obligor: Mapped[str] = mapped_column(String(2))
    action: Mapped[str] = mapped_column(String(200))
    provision: Mapped[str] = mapped_column(String(100))
    clause: Mapped[str] = mapped_column(String(60))
    label: Mapped[str] = mapped_column(String(120))
    event_id: Mapped[str] = mapped_column(String(60), default="")
    opens_on: Mapped[date] = mapped_column(Date)
    due_on: Mapped[date | None] = mapped_column(Date)
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    remind_on: Mapped[date | None] = mapped_column(Date)
    provisional: Mapped[bool] = mapped_column(Boolean, default=False)
    reasoning: Mapped[str] = mapped_column(Text)
    responsible_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    state: Mapped[str] = mapped_column(String(10), default="open")
    done_on: Mapped[date | None] = mapped_column(Date)
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    ground: Mapped[str] = mapped_column(Text, default="")
    authority: Mapped[str] = mapped_column(Text, default="")
    document_id: Mapped[str | None] = mapped_column(ForeignKey("documents.id"))
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    settled_by: Mapped[str] = mapped_column(String(100), default="")
    revision: Mapped[int] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        Index("uq_obligations_contract_id_key", "contract_id", "key", unique=True),
        Index("ix_obligations_state_due_on", "state", "due_on", "id"),
        Index("ix_obligations_due_on", "due_on", "id"),
        Index("ix_obligations_responsible_id", "responsible_id", "due_on"),
        Index("ix_obligations_document_id", "document_id"),
    )
    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  (SQLAlchemy's own form)


def obligations_of(session: Session, contract_id: str) -> list[ObligationRow]:
    """In the order of their days, standing ones last."""
    statement = select(ObligationRow).where(ObligationRow.contract_id == contract_id)
    return list(session.scalars(statement.order_by(ObligationRow.due_on.is_(None), ObligationRow.due_on, ObligationRow.key)))


def find_obligation(session: Session, obligation_id: str, *, lock: bool = False) -> ObligationRow | None:
    statement = select(ObligationRow).where(ObligationRow.id == obligation_id)
    return session.scalars(statement.with_for_update() if lock else statement).one_or_none()


def obligations_with_ids(session: Session, ids: Collection[str]) -> list[ObligationRow]:
    """In the order of their days."""
    statement = select(ObligationRow).where(ObligationRow.id.in_(ids))
    return list(session.scalars(statement.order_by(ObligationRow.due_on.is_(None), ObligationRow.due_on, ObligationRow.key)))


def obligation_with_key(session: Session, contract_id: str, key: str) -> ObligationRow | None:
    statement = select(ObligationRow).where(ObligationRow.contract_id == contract_id, ObligationRow.key == key)
    return session.scalars(statement).one_or_none()


def last_opened(session: Session, contract_id: str, duty: str, day: date) -> ObligationRow | None:
    """The instance of a duty that opened last by ``day``."""
    row = ObligationRow
    statement = select(row).where(row.contract_id == contract_id, row.duty == duty, row.opens_on <= day)
    statement = statement.order_by(row.opens_on.desc(), row.due_on.is_(None), row.due_on, row.key)
    return session.scalars(statement.limit(1)).one_or_none()


def events_of(session: Session, contract_id: str) -> list[ContractEventRow]:
    """The newest first."""
    statement = select(ContractEventRow).where(ContractEventRow.contract_id == contract_id)
    statement = statement.options(selectinload(ContractEventRow.pauses))
    return list(session.scalars(statement.order_by(ContractEventRow.on_day.desc(), ContractEventRow.id)))


def find_event(session: Session, event_id: str) -> ContractEventRow | None:
    return session.get(ContractEventRow, event_id)


def event_like(session: Session, contract_id: str, kind: str, subject: str, day: date) -> ContractEventRow | None:
    """The event that is already recorded under the same key."""
    statement = select(ContractEventRow).where(
        ContractEventRow.contract_id == contract_id, ContractEventRow.kind == kind, ContractEventRow.subject == subject,
        ContractEventRow.on_day == day,
    )  # fmt: skip
    return session.scalars(statement).one_or_none()


def events_named(session: Session, contract_id: str, kind: str, subject: str) -> list[ContractEventRow]:
    """Events of one kind about one thing, on whatever day."""
    statement = select(ContractEventRow).where(
        ContractEventRow.contract_id == contract_id, ContractEventRow.kind == kind, ContractEventRow.subject == subject
    )
    return list(session.scalars(statement.order_by(ContractEventRow.on_day, ContractEventRow.id)))


def obligations_between(
    session: Session, first: date, last: date, states: Collection[str] = ("open", "disputed")
) -> list[tuple[ObligationRow, ContractRow]]:
    """Instances due on these days (both included) with their contracts, in the order of days."""
    statement = select(ObligationRow, ContractRow).join(ContractRow, ContractRow.id == ObligationRow.contract_id)
    statement = statement.where(ObligationRow.due_on.between(first, last), ObligationRow.state.in_(states))
    return [(o, c) for o, c in session.execute(statement.order_by(ObligationRow.due_on, ObligationRow.id))]


@dataclass(frozen=True, slots=True)
class DutyFilter:
    """What somebody looks for; empty: everything. ``shown``: values of ``domain.obligation_state.Shown``; ``obligor``: A or B, an
    obligation of both is either's; ``first``, ``last``: of the due day, both included."""

    obligor: str = ""
    shown: tuple[str, ...] = ()
    person: str = ""
    first: date | None = None
    last: date | None = None
    text: str = ""


def duties_over_all(
    session: Session, actor_id: str, wanted: DutyFilter, now: datetime, today: date, limit: int, offset: int
) -> list[tuple[ObligationRow, ContractRow]]:
    """Instances of contracts that the actor may see, in the order of their days, standing ones last."""
    statement = _wanted(select(ObligationRow).add_columns(ContractRow), actor_id, wanted, now, today)
    if wanted.first is None and wanted.last is None:  # otherwise the index of days gives the order by itself
        statement = statement.order_by(ObligationRow.due_on.is_(None))
    statement = statement.order_by(ObligationRow.due_on, ObligationRow.id)
    return [(o, c) for o, c in session.execute(statement.limit(limit).offset(offset))]


def count_duties(session: Session, actor_id: str, wanted: DutyFilter, now: datetime, today: date) -> int:
    inner = _wanted(select(ObligationRow.id), actor_id, wanted, now, today).limit(COUNTED + 1).subquery()
    return session.scalar(select(func.count()).select_from(inner)) or 0


def _wanted(statement: Select[Any], actor_id: str, wanted: DutyFilter, now: datetime, today: date) -> Select[Any]:
    row = ObligationRow
    statement = statement.join(ContractRow, ContractRow.id == row.contract_id).where(visible(actor_id))
    if wanted.obligor:
        statement = statement.where(row.obligor.in_((wanted.obligor, "AB")))
    if wanted.person:
        owned = and_(row.responsible_id.is_(None), ContractRow.owner_id == wanted.person)
        statement = statement.where(or_(row.responsible_id == wanted.person, owned))
    if wanted.first is not None:
        statement = statement.where(row.due_on >= wanted.first)
    if wanted.last is not None:
        statement = statement.where(row.due_on <= wanted.last)
    if wanted.text:
        statement = statement.where(or_(row.action.contains(wanted.text, autoescape=True), ContractRow.number == wanted.text))
    if wanted.shown:
        statement = statement.where(or_(*(_stands(name, now, today) for name in wanted.shown)))
    return statement


def _stands(name: str, now: datetime, today: date) -> ColumnElement[bool]:
    """The condition that ``domain.obligation_state.shown`` gives ``name``."""
    row = ObligationRow
    is_open, dated = row.state == "open", row.due_on.is_not(None)
    late = or_(and_(row.due_at.is_(None), row.due_on < today), row.due_at < now)
    near = or_(row.due_on <= today, row.remind_on <= today)
    done_late = or_(
        and_(row.due_at.is_not(None), row.done_at.is_not(None), row.done_at > row.due_at),
        and_(or_(row.due_at.is_(None), row.done_at.is_(None)), row.done_on > row.due_on),
    )
    match name:
        case "late":
            return and_(is_open, dated, late)
        case "soon":
            return and_(is_open, dated, not_(late), near)
        case "later":
            return and_(is_open, dated, not_(late), not_(func.coalesce(near, false())))
        case "standing":
            return and_(is_open, row.due_on.is_(None), row.event_id == "")
        case "paused":
            return and_(is_open, row.due_on.is_(None), row.event_id != "")
        case "done_late":
            return and_(row.state == "done", done_late)
        case "done":
            return and_(row.state == "done", not_(func.coalesce(done_late, false())))
        case _:
            return row.state == name
