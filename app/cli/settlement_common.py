"""What the commands of settlement share: months and money as they are typed, a settlement by its number, figures as a tree."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import click

from app.cli.contract_common import Desk
from app.domain.settlement.figure import Figure
from app.services.settlement_views import SettlementDesk, SettlementLine, overview, settlement_desk
from app.services.settling import SettlementMissing


class MonthText(click.ParamType[date]):
    """``2027-03``, as its first day."""

    name = "YYYY-MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            return date.fromisoformat(f"{str(value).strip()}-01")
        except ValueError:
            self.fail(f"“{value}”应写成 2027-03 的样子。", param, ctx)


class Yuan(click.ParamType[Decimal]):
    """An amount; thousands separators are taken."""

    name = "元"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        try:
            found = Decimal(str(value).replace(",", ""))
        except InvalidOperation:
            found = Decimal("NaN")
        if not found.is_finite():
            self.fail(f"“{value}”不是金额。", param, ctx)
        return found


month_type, yuan_type = MonthText(), Yuan()
month_argument = click.argument("month", type=month_type, metavar="YYYY-MM")
period_argument = click.argument("period", metavar="结算单编号|YYYY-MM")


def line_of(desk: Desk, period: str, today: date) -> SettlementLine:
    """The living settlement with this number, or that of the month. Raises ``SettlementMissing``."""
    with desk.wiring.reading() as uow:
        lines = overview(uow, desk.actor, today, desk.contract_id).settlements
    for line in lines:
        months = {f"{line.start:%Y-%m}", f"{line.end:%Y-%m}"}
        if period in (line.id, line.paper.number) or (period in months and line.state != "void"):
            return line
    raise SettlementMissing(period)


def sheet_desk(desk: Desk, period: str, today: date) -> SettlementDesk:
    line = line_of(desk, period, today)
    with desk.wiring.reading() as uow:
        return settlement_desk(uow, desk.actor, today, desk.wiring.papers, desk.contract_id, line.id)


def print_figure(figure: Figure, labels: Mapping[str, tuple[str, str]], depth: int, level: int = 0) -> None:
    """The figure and what it was made from, down to ``depth`` levels."""
    where = labels.get(figure.clause, (figure.clause, ""))[0] if figure.clause else ""
    rest = "　".join(x for x in (figure.how, where, figure.variable, figure.source) if x)
    click.echo(f"{'  ' * level}{figure.label}：{figure.text}{f'　［{rest}］' if rest else ''}")
    for part in figure.parts if level < depth else ():
        print_figure(part, labels, depth, level + 1)
