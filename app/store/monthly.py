"""What the monthly report asks of the contracts that somebody may see."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, selectinload

from app.store.contracts import ContractRow
from app.store.endings import ExitRow
from app.store.register import visible
from app.store.terms import RenewalDecisionRow


def in_force(session: Session, actor_id: str, stages: Collection[str]) -> tuple[int, Decimal]:
    """How many, and what they are worth in all (yuan); those without a value count as nothing."""
    statement = select(func.count(), func.sum(ContractRow.value)).where(ContractRow.stage.in_(sorted(stages)), visible(actor_id))
    number, value = session.execute(statement).one()
    return int(number), Decimal(str(value)) if value is not None else Decimal(0)


def took_effect(session: Session, actor_id: str, first: date, last: date) -> list[ContractRow]:
    statement = select(ContractRow).where(ContractRow.took_effect_on.between(first, last), visible(actor_id))
    return _with_parties(session, statement.order_by(ContractRow.took_effect_on, ContractRow.number))


def ended(session: Session, actor_id: str, first: date, last: date) -> list[tuple[ExitRow, ContractRow]]:
    statement = select(ExitRow, ContractRow).join(ContractRow, ContractRow.id == ExitRow.contract_id)
    statement = statement.where(ExitRow.ended_on.between(first, last), visible(actor_id)).order_by(
        ExitRow.ended_on, ContractRow.number
    )
    return [(exit_, contract) for exit_, contract in session.execute(statement)]


def ending(session: Session, actor_id: str, stages: Collection[str], first: date, last: date) -> list[ContractRow]:
    """Contracts in these stages whose term ends in a stretch of time, the earliest first."""
    statement = select(ContractRow).where(
        ContractRow.last_day.between(first, last), ContractRow.stage.in_(sorted(stages)), visible(actor_id)
    )
    return _with_parties(session, statement.order_by(ContractRow.last_day, ContractRow.number))


def decisions(session: Session, actor_id: str, since: datetime, before: datetime) -> list[tuple[RenewalDecisionRow, ContractRow]]:
    """Decisions on renewals, in the order in which they were taken."""
    statement = select(RenewalDecisionRow, ContractRow).join(ContractRow, ContractRow.id == RenewalDecisionRow.contract_id)
    statement = statement.where(RenewalDecisionRow.decided_at >= since, RenewalDecisionRow.decided_at < before, visible(actor_id))
    return [(decision, contract) for decision, contract in session.execute(statement.order_by(RenewalDecisionRow.decided_at))]


def _with_parties(session: Session, statement: Select[ContractRow]) -> list[ContractRow]:
    return list(session.scalars(statement.options(selectinload(ContractRow.parties))))
