"""月报: one month of everything that somebody may see, ready to be printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from app.domain.errors import ContractError
from app.domain.exit_plan import Ended
from app.domain.monthly_report import Column, Figure, MonthlyReport, ReportTable
from app.domain.months import Month, months_from
from app.domain.permissions import Action, Actor, require
from app.domain.renewal_decision import Choice
from app.domain.term import BEIJING
from app.services.agenda import LONG_AGO, read_agenda
from app.services.workbench import RUNNING
from app.store.contracts import ContractRow
from app.store.monthly import decisions, ended, ending, in_force, took_effect
from app.store.uow import UnitOfWork

ROWS = 60
"""Rows of a table that are printed; the register has them all."""
ENDED = {Ended.EXPIRED: "届满", Ended.AGREEMENT: "协议解除", Ended.RESCINDED: "单方解除", Ended.CONVENIENCE: "任意解除",
         Ended.DECISION: "裁判解除"}  # fmt: skip
_CONTRACT = (Column("合同编号", 21), Column("合同名称", 27), Column("相对方", 23))

Section = Callable[[UnitOfWork, Actor, Month, date], tuple[Sequence[Figure], Sequence[ReportTable]]]


class FutureMonth(ContractError):
    def __init__(self, month: Month) -> None:
        super().__init__("report.future", f"{month} 尚未开始，不能编制月报。")


def monthly_report(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, month: Month, sections: Sequence[Section] = ()
) -> MonthlyReport:
    """The month as it is known now; overdue is counted to its last day, or to today where it is not over.

    ``sections``: further figures and tables (money, service levels). Raises ``Forbidden``, ``FutureMonth``.
    """
    require(actor, Action.READ_CONTRACTS)
    if month.first_day > today:
        raise FutureMonth(month)
    as_of = min(today, month.last_day)
    figures, tables = _contracts(uow, actor, month)
    figures += _dates(uow, actor, today, as_of, tables)
    for section in sections:
        more, further = section(uow, actor, month, as_of)
        figures += more
        tables += further
    return MonthlyReport(month, as_of, actor.name, now, tuple(figures), tuple(tables))


def _contracts(uow: UnitOfWork, actor: Actor, month: Month) -> tuple[list[Figure], list[ReportTable]]:
    first, last = month.first_day, month.last_day
    number, value = in_force(uow.session, actor.id, RUNNING)
    begun = took_effect(uow.session, actor.id, first, last)
    over = ended(uow.session, actor.id, first, last)
    coming = ending(uow.session, actor.id, RUNNING, month.next.first_day, months_from(month, 4)[-1].last_day)
    since, before = (datetime.combine(day, time(), BEIJING) for day in (first, month.next.first_day))
    decided = decisions(uow.session, actor.id, since, before)
    figures = [
        Figure("履行中的合同", f"{number:,}", "份"), Figure("履行中的合同总额", f"{value:,.2f}", "元"), Figure("本月生效", f"{len(begun):,}", "份"),
        Figure("本月终止", f"{len(over):,}", "份"), Figure("今后三个月届满", f"{len(coming):,}", "份"),
    ]  # fmt: skip
    return figures, [
        table("本月生效的合同", (*_CONTRACT, Column("生效日", 14), Column("合同总额（元）", 15, figure=True)),
              ((*_named(c), _day(c.took_effect_on), _money(c.value)) for c in begun), "本月没有合同生效。"),
        table("本月终止的合同", (*_CONTRACT, Column("终止日", 14), Column("原因", 15)),
              ((*_named(c), _day(x.ended_on), ENDED[Ended(x.how)] + (f"（{x.part}）" if x.part else "")) for x, c in over), "本月没有合同终止。"),
        table("今后三个月届满的合同", (*_CONTRACT, Column("届满日", 14), Column("负责人", 15)),
              ((*_named(c), _day(c.last_day), c.owner_name) for c in coming), "今后三个月没有合同届满。"),
        table("本月作出的续约决定", (*_CONTRACT, Column("决定", 14), Column("决定人", 15)),
              ((*_named(c), Choice(d.choice).label, d.decided_name) for d, c in decided), "本月没有作出续约决定。"),
    ]  # fmt: skip


def _dates(uow: UnitOfWork, actor: Actor, today: date, as_of: date, tables: list[ReportTable]) -> list[Figure]:
    late = read_agenda(uow, actor, today, as_of - LONG_AGO, as_of - timedelta(days=1), mine=False)
    columns = (
        Column("应办日", 12),
        Column("事项", 42),
        Column("种类", 14),
        Column("合同编号", 20),
        Column("逾期（日）", 12, figure=True),
    )
    rows = ((_day(x.due_on), x.title, x.topic.label, x.number or "—", str((as_of - x.due_on).days)) for x in late)
    tables.append(table("逾期未办的事项", columns, rows, "没有逾期未办的事项。"))
    return [Figure("逾期未办的事项", f"{len(late):,}", "项")]


def table(title: str, columns: tuple[Column, ...], rows: Iterable[tuple[str, ...]], empty: str) -> ReportTable:
    """``rows`` beyond ``ROWS`` are counted, not printed."""
    found = tuple(rows)
    return ReportTable(title, columns, found[:ROWS], empty, max(len(found) - ROWS, 0))


def _named(contract: ContractRow) -> tuple[str, str, str]:
    return contract.number, contract.title, next((p.name for p in contract.parties if p.role == "b"), "") or "—"


def _day(day: date | None) -> str:
    return day.isoformat() if day else "—"


def _money(value: Decimal | None) -> str:
    return "—" if value is None else f"{value:,.2f}"
