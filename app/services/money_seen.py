"""Money and service levels at a glance: what is owed and when, and how the scores of each contract run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from app.domain.monthly_report import Column, Figure, ReportTable
from app.domain.months import Month, months_from
from app.domain.permissions import Action, Actor, require
from app.services.monthly_reporting import table
from app.services.workbench import RUNNING
from app.store.money_seen import (
    confirmed_between,
    lowest_scored,
    overdue_settlements,
    owed,
    owed_without_day,
    paid_between,
    scored_in,
)
from app.store.service_months import recent_scores
from app.store.uow import UnitOfWork

TRENDS = 5
"""Contracts whose scores are drawn; more lines than that nobody can tell apart."""
BACK = 12


@dataclass(frozen=True, slots=True)
class Amount:
    """``total``: yuan, with tax."""

    count: int
    total: Decimal


@dataclass(frozen=True, slots=True)
class Money:
    """Overdue; due within thirty days, today included; without a due day yet (invoice or outcome of an objection outstanding)."""

    overdue: Amount
    soon: Amount
    waiting: Amount

    @property
    def any(self) -> bool:
        return bool(self.overdue.count or self.soon.count or self.waiting.count)


@dataclass(frozen=True, slots=True)
class Trend:
    """Points of one contract by month; a month without a score is missing."""

    contract_id: str
    number: str
    points: Mapping[Month, Decimal]


@dataclass(frozen=True, slots=True)
class Trends:
    months: tuple[Month, ...]
    lines: tuple[Trend, ...]


def read_money(uow: UnitOfWork, actor: Actor, today: date) -> Money:
    require(actor, Action.READ_CONTRACTS)
    day = timedelta(days=1)
    return Money(
        Amount(*owed(uow.session, actor.id, None, today - day)), Amount(*owed(uow.session, actor.id, today, today + 30 * day)),
        Amount(*owed_without_day(uow.session, actor.id)),
    )  # fmt: skip


def read_trends(uow: UnitOfWork, actor: Actor, today: date) -> Trends:
    """The last twelve months of the contracts in force that need most attention: the actor's own first, the lowest scores first."""
    require(actor, Action.READ_CONTRACTS)
    first = Month.of(today)
    for _ in range(BACK):
        first = first.before
    found = lowest_scored(uow.session, actor.id, RUNNING, first.first_day, TRENDS)
    points: dict[str, dict[Month, Decimal]] = {c.id: {} for c in found}
    for row in recent_scores(uow.session, list(points)):
        if row.month >= first.first_day and row.score is not None:
            points[row.contract_id][Month.of(row.month)] = row.score
    return Trends(months_from(first, BACK), tuple(Trend(c.id, c.number, points[c.id]) for c in found))


def report_money(uow: UnitOfWork, actor: Actor, month: Month, as_of: date) -> tuple[Sequence[Figure], Sequence[ReportTable]]:
    """The section of the monthly report on money."""
    settled = confirmed_between(uow.session, actor.id, month.first_day, month.last_day)
    paid = paid_between(uow.session, actor.id, month.first_day, month.last_day)
    late = overdue_settlements(uow.session, actor.id, as_of)
    total = sum((s.open_amount for s, _, _ in late), Decimal(0))
    rows = (
        (i.number, c.number, next((p.name for p in c.parties if p.role == "b"), "") or "—", f"{s.due_on}",
         f"{(as_of - s.due_on).days if s.due_on else 0}", f"{s.open_amount:,.2f}")
        for s, i, c in late
    )  # fmt: skip
    columns = (Column("结算单", 24), Column("合同编号", 20), Column("收款方", 20), Column("到期日", 13), Column("逾期（日）", 9, figure=True),
               Column("未付金额（元）", 14, figure=True))  # fmt: skip
    figures = [
        Figure("本月确认结算", f"{settled[1]:,.2f}", "元"), Figure("本月付款", f"{paid[1]:,.2f}", "元"),
        Figure("逾期未付", f"{total:,.2f}", "元"),
    ]  # fmt: skip
    return figures, [table("逾期未付的结算单", columns, rows, "没有逾期未付的结算单。")]


def report_levels(uow: UnitOfWork, actor: Actor, month: Month, as_of: date) -> tuple[Sequence[Figure], Sequence[ReportTable]]:
    """The section on service levels: the scores of the month, the lowest first."""
    columns = (Column("合同编号", 21), Column("合同名称", 37), Column("考核状态", 20), Column("得分", 22, figure=True))
    states = {"submitted": "待确认", "objected": "有异议", "confirmed": "已确认"}
    rows = ((c.number, c.title, states[r.state], f"{r.score:.2f}") for r, c in scored_in(uow.session, actor.id, month.first_day))
    return [], [table("本月服务水平得分", columns, rows, "本月没有录入服务水平数据。")]


SECTIONS = (report_money, report_levels)
"""What the monthly report has besides the contracts and their dates."""
