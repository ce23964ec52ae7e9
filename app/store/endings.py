"""Cases of ending a contract before its term, and the exit with its tasks once it has ended."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Boolean, Date, ForeignKey, Index, Integer, String, Text, exists, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship
from sqlalchemy.orm.attributes import flag_modified

from app.store.base import Base, Instant
from app.store.contracts import CLOSED, ContractRow
from app.store.register import visible

WHOLE = "whole"


class EndingRow(Base):
    """One case (``domain.termination.Case``). ``state``: open | ended | withdrawn | set_aside.

    ``by_party`` empty: both. ``demand_id``, ``notice_id``, ``agreement_id``: its instruments. ``objected_on``: the other party's
    objection arrived; ``objection_outcome`` empty while it is open.
    """

    __tablename__ = "endings"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"))
    route: Mapped[str] = mapped_column(String(16))
    ground: Mapped[str] = mapped_column(String(16), default="")
    by_party: Mapped[str] = mapped_column(String(1), default="")
    part: Mapped[str] = mapped_column(Text, default="")
    facts: Mapped[str] = mapped_column(Text, default="")
    evidence: Mapped[str] = mapped_column(Text, default="")
    known_on: Mapped[date | None] = mapped_column(Date)
    continuing: Mapped[bool] = mapped_column(Boolean, default=False)
    ceased_on: Mapped[date | None] = mapped_column(Date)
    since: Mapped[date | None] = mapped_column(Date)
    cured_on: Mapped[date | None] = mapped_column(Date)
    asked_on: Mapped[date | None] = mapped_column(Date)
    grace_days: Mapped[int] = mapped_column(Integer, default=0)
    automatic: Mapped[bool] = mapped_column(Boolean, default=False)
    performed_on: Mapped[date | None] = mapped_column(Date)
    end_on: Mapped[date | None] = mapped_column(Date)
    signed_on: Mapped[date | None] = mapped_column(Date)
    demand_id: Mapped[str | None] = mapped_column(ForeignKey("instruments.id"))
    notice_id: Mapped[str | None] = mapped_column(ForeignKey("instruments.id"))
    agreement_id: Mapped[str | None] = mapped_column(ForeignKey("instruments.id"))
    state: Mapped[str] = mapped_column(String(16))
    ended_on: Mapped[date | None] = mapped_column(Date)
    objected_on: Mapped[date | None] = mapped_column(Date)
    objection: Mapped[str] = mapped_column(Text, default="")
    objection_outcome: Mapped[str] = mapped_column(String(16), default="")
    revision: Mapped[int] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[str] = mapped_column(String(100))
    updated_at: Mapped[datetime] = mapped_column(Instant)
    updated_by: Mapped[str] = mapped_column(String(100))

    __table_args__ = (Index("ix_endings_contract_id", "contract_id"),)
    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  (SQLAlchemy's own form)


class ExitRow(Base):
    """The exit of a contract, or of a part of it (``domain.exit_plan.Ending``). ``ending_id`` NULL: it expired or a court ended it.

    ``whole``: the contract itself has ended; of these there is one at most, which ``contract_id`` and ``scope`` make sure of
    (``scope``: ``whole`` or the case's id).
    """

    __tablename__ = "exits"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"))
    scope: Mapped[str] = mapped_column(String(32))
    ending_id: Mapped[str | None] = mapped_column(ForeignKey("endings.id"))
    how: Mapped[str] = mapped_column(String(16))
    ended_on: Mapped[date] = mapped_column(Date)
    in_force: Mapped[bool] = mapped_column(Boolean)
    part: Mapped[str] = mapped_column(Text, default="")
    by_party: Mapped[str] = mapped_column(String(1), default="")
    revision: Mapped[int] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(Instant)

    tasks: Mapped[list[ExitTaskRow]] = relationship(cascade="all, delete-orphan", order_by="ExitTaskRow.ordinal")

    __table_args__ = (Index("uq_exits_contract_id_scope", "contract_id", "scope", unique=True),)
    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  (SQLAlchemy's own form)


class ExitTaskRow(Base):
    """One task (``domain.exit_plan.ExitTask``). ``due_on`` is recomputed where the task that it follows is done.

    ``done_on`` NULL: open. ``waived``: not done but given up, with the reason in ``evidence``.
    """

    __tablename__ = "exit_tasks"

    exit_id: Mapped[str] = mapped_column(ForeignKey("exits.id", ondelete="CASCADE"), primary_key=True)
    key: Mapped[str] = mapped_column(String(20), primary_key=True)
    ordinal: Mapped[int] = mapped_column(Integer)
    title: Mapped[str] = mapped_column(String(200))
    obligor: Mapped[str] = mapped_column(String(2))
    due_on: Mapped[date] = mapped_column(Date)
    done_on: Mapped[date | None] = mapped_column(Date)
    waived: Mapped[bool] = mapped_column(Boolean, default=False)
    evidence: Mapped[str] = mapped_column(Text, default="")
    document_id: Mapped[str | None] = mapped_column(ForeignKey("documents.id"))
    done_by: Mapped[str] = mapped_column(String(100), default="")

    __table_args__ = (Index("ix_exit_tasks_due_on", "due_on"), Index("ix_exit_tasks_open", "key", "done_on", "due_on"))


def open_tasks_until(session: Session, key: str, until: date) -> list[tuple[ExitTaskRow, ExitRow]]:
    """Tasks of one kind that are not done and due by a day, each with its exit; of contracts that are not archived."""
    statement = (
        select(ExitTaskRow, ExitRow)
        .join(ExitRow, ExitRow.id == ExitTaskRow.exit_id)
        .join(ContractRow, ContractRow.id == ExitRow.contract_id)
        .where(ExitTaskRow.due_on <= until, ExitTaskRow.done_on.is_(None), ExitTaskRow.key == key)
        .where(ContractRow.stage.not_in(CLOSED))
    )
    return [(row[0], row[1]) for row in session.execute(statement.order_by(ExitTaskRow.due_on, ExitTaskRow.exit_id))]


def find_ending(session: Session, ending_id: str) -> EndingRow | None:
    return session.get(EndingRow, ending_id)


def endings_of(session: Session, contract_id: str) -> list[EndingRow]:
    """The newest first."""
    statement = select(EndingRow).where(EndingRow.contract_id == contract_id)
    return list(session.scalars(statement.order_by(EndingRow.created_at.desc(), EndingRow.id)))


def open_endings(session: Session) -> list[EndingRow]:
    """Cases that are neither ended nor given up, over all contracts."""
    return list(session.scalars(select(EndingRow).where(EndingRow.state == "open").order_by(EndingRow.created_at, EndingRow.id)))


def ending_of_paper(session: Session, instrument_id: str) -> EndingRow | None:
    statement = select(EndingRow).where(
        (EndingRow.demand_id == instrument_id)
        | (EndingRow.notice_id == instrument_id)
        | (EndingRow.agreement_id == instrument_id)
    )
    return session.scalars(statement).one_or_none()


def touch(row: ExitRow) -> None:
    """A change of a task is a change of its exit: its revision counts up, so that a stale page can't act on it."""
    flag_modified(row, "how")


def contracts_without_exit(session: Session, stages: tuple[str, ...]) -> list[str]:
    """Ids of contracts of these stages whose exit was not entered yet."""
    exit_of = exists().where(ExitRow.contract_id == ContractRow.id, ExitRow.scope == WHOLE)
    return list(session.scalars(select(ContractRow.id).where(ContractRow.stage.in_(stages), ~exit_of).order_by(ContractRow.id)))


def exits_of(session: Session, contract_id: str) -> list[ExitRow]:
    """The exit of the whole contract first."""
    rows = session.scalars(select(ExitRow).where(ExitRow.contract_id == contract_id).order_by(ExitRow.created_at, ExitRow.id))
    return sorted(rows, key=lambda row: row.scope != WHOLE)


def find_exit(session: Session, exit_id: str) -> ExitRow | None:
    return session.get(ExitRow, exit_id)


def open_cases_page(session: Session, actor_id: str, start: int, most: int) -> list[tuple[EndingRow, ContractRow]]:
    """Open cases of the contracts that ``actor_id`` may see, the oldest first."""
    statement = select(EndingRow, ContractRow).join(ContractRow, ContractRow.id == EndingRow.contract_id)
    statement = statement.where(EndingRow.state == "open", visible(actor_id)).order_by(EndingRow.created_at, EndingRow.id)
    return [(row, contract) for row, contract in session.execute(statement.offset(start).limit(most))]


def open_exits_page(session: Session, actor_id: str, start: int, most: int) -> list[tuple[ExitRow, ContractRow]]:
    """Exits with an open task, of the contracts that ``actor_id`` may see; the one whose task is due first first."""
    due = select(ExitTaskRow.exit_id, func.min(ExitTaskRow.due_on).label("due")).where(ExitTaskRow.done_on.is_(None))
    first = due.group_by(ExitTaskRow.exit_id).subquery()
    statement = select(ExitRow, ContractRow).join(ContractRow, ContractRow.id == ExitRow.contract_id)
    statement = statement.join(first, first.c.exit_id == ExitRow.id).where(visible(actor_id))
    return [
        (row, contract)
        for row, contract in session.execute(statement.order_by(first.c.due, ExitRow.id).offset(start).limit(most))
    ]
