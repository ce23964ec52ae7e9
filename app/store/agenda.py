"""Dates that people are reminded of, as somebody may see them: for the workbench and its lists."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from app.store.contracts import ContractRow
from app.store.register import visible
from app.store.reminders import ReminderSubjectRow as Row


def dates_between(
    session: Session, actor_id: str, first: date, last: date, topics: Collection[str], *, mine: bool, house: bool, limit: int
) -> list[tuple[Row, ContractRow | None]]:
    """Open dates, the earliest first, with their contracts. ``mine``: only those that ``actor_id`` sees to; ``house``: those of no
    contract, too."""
    statement = select(Row, ContractRow).outerjoin(ContractRow, ContractRow.id == Row.contract_id)
    statement = statement.where(*_between(first, last, topics), _seen(actor_id, mine=mine, house=house))
    return [(row, contract) for row, contract in session.execute(statement.order_by(Row.due_on, Row.id).limit(limit))]


def date_counts(session: Session, actor_id: str, first: date, last: date, topic: str) -> list[tuple[date, int]]:
    """How many dates of a topic, of contracts that ``actor_id`` may see, fall on each day."""
    statement = select(Row.due_on, func.count()).join(ContractRow, ContractRow.id == Row.contract_id)
    statement = statement.where(*_between(first, last, [topic]), visible(actor_id)).group_by(Row.due_on)
    return [(day, number) for day, number in session.execute(statement) if day is not None]


def count_dates(session: Session, actor_id: str, first: date, last: date, *, house: bool) -> int:
    """How many dates somebody has to see to."""
    statement = select(func.count()).select_from(Row).outerjoin(ContractRow, ContractRow.id == Row.contract_id)
    return session.scalar(statement.where(*_between(first, last, ()), _seen(actor_id, mine=True, house=house))) or 0


def _between(first: date, last: date, topics: Collection[str]) -> list[ColumnElement[bool]]:
    found = [Row.due_on >= first, Row.due_on <= last]
    return [*found, Row.topic.in_(sorted(topics))] if topics else found


def _seen(actor_id: str, *, mine: bool, house: bool) -> ColumnElement[bool]:
    theirs = visible(actor_id)
    if mine:
        theirs = and_(
            theirs, or_(Row.responsible_id == actor_id, and_(Row.responsible_id.is_(None), ContractRow.owner_id == actor_id))
        )
    of_contracts = and_(Row.contract_id.is_not(None), theirs)
    if not house:
        return of_contracts
    of_house = Row.responsible_id == actor_id
    if not mine:
        of_house = or_(of_house, Row.responsible_id.is_(None))
    return or_(of_contracts, and_(Row.contract_id.is_(None), of_house))
