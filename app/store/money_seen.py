"""Sums of money and scores over the contracts that somebody may see. Amounts in yuan, with tax."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date
from decimal import Decimal

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.store.contracts import ContractRow
from app.store.instruments import InstrumentRow
from app.store.register import visible
from app.store.service_months import ServiceMonthRow
from app.store.settlements import PaymentRow, SettlementRow

_OWED = (SettlementRow.state == "confirmed", SettlementRow.open_amount > Decimal(0))


def owed(session: Session, actor_id: str, first: date | None, last: date | None) -> tuple[int, Decimal]:
    """How many confirmed settlements that fall due from ``first`` to ``last`` are not paid in full, and what is open on them."""
    found: list[ColumnElement[bool]] = [SettlementRow.due_on >= first] if first else []
    found += [SettlementRow.due_on <= last] if last else []
    return _sum(session, actor_id, SettlementRow.open_amount, *_OWED, SettlementRow.due_on.is_not(None), *found)


def owed_without_day(session: Session, actor_id: str) -> tuple[int, Decimal]:
    """Those whose payment period has not begun: the right invoice is missing, or an objection is open."""
    return _sum(session, actor_id, SettlementRow.open_amount, *_OWED, SettlementRow.due_on.is_(None))


def confirmed_between(session: Session, actor_id: str, first: date, last: date) -> tuple[int, Decimal]:
    span = SettlementRow.confirmed_on.between(first, last)
    return _sum(session, actor_id, SettlementRow.incl, SettlementRow.state == "confirmed", span)


def paid_between(session: Session, actor_id: str, first: date, last: date) -> tuple[int, Decimal]:
    statement = select(func.count(), func.sum(PaymentRow.amount)).join(ContractRow, ContractRow.id == PaymentRow.contract_id)
    statement = statement.where(PaymentRow.paid_on.between(first, last), PaymentRow.reversed_on.is_(None), visible(actor_id))
    number, amount = session.execute(statement).one()
    return int(number), amount or Decimal(0)


def overdue_settlements(session: Session, actor_id: str, before: date) -> list[tuple[SettlementRow, InstrumentRow, ContractRow]]:
    """Not paid in full and due before a day, the longest overdue first."""
    statement = select(SettlementRow, InstrumentRow, ContractRow).join(
        InstrumentRow, InstrumentRow.id == SettlementRow.instrument_id
    )
    statement = statement.join(ContractRow, ContractRow.id == SettlementRow.contract_id)
    statement = statement.where(*_OWED, SettlementRow.due_on < before, visible(actor_id))
    return [(s, i, c) for s, i, c in session.execute(statement.order_by(SettlementRow.due_on, SettlementRow.id))]


def scored_in(session: Session, actor_id: str, month: date) -> list[tuple[ServiceMonthRow, ContractRow]]:
    """The scores of one month (its first day), the lowest first."""
    statement = select(ServiceMonthRow, ContractRow).join(ContractRow, ContractRow.id == ServiceMonthRow.contract_id)
    statement = statement.where(ServiceMonthRow.month == month, ServiceMonthRow.score.is_not(None), visible(actor_id))
    return [(row, contract) for row, contract in session.execute(statement.order_by(ServiceMonthRow.score, ContractRow.number))]


def lowest_scored(session: Session, actor_id: str, stages: Collection[str], since: date, limit: int) -> list[ContractRow]:
    """Contracts with scores since a month: the owner's own first, of them those with the lowest one."""
    lowest = func.min(ServiceMonthRow.score)
    statement = select(ContractRow).join(ServiceMonthRow, ServiceMonthRow.contract_id == ContractRow.id)
    statement = statement.where(
        ServiceMonthRow.month >= since,
        ServiceMonthRow.score.is_not(None),
        ContractRow.stage.in_(sorted(stages)),
        visible(actor_id),
    )
    statement = statement.group_by(ContractRow.id).order_by((ContractRow.owner_id == actor_id).desc(), lowest, ContractRow.id)
    return list(session.scalars(statement.limit(limit)))


def _sum(
    session: Session, actor_id: str, amount: InstrumentedAttribute[Decimal], *where: ColumnElement[bool]
) -> tuple[int, Decimal]:
    statement = select(func.count(), func.sum(amount)).select_from(SettlementRow)
    statement = statement.join(ContractRow, ContractRow.id == SettlementRow.contract_id).where(*where, visible(actor_id))
    number, total = session.execute(statement).one()
    return int(number), total or Decimal(0)
