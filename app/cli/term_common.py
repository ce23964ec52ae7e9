"""What the commands of renewal and ending share: closed sets as words, dates with their reasons, arrivals."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Any, Generic, TypeVar

import click

from app.cli.common import Day
from app.domain.numbering import reference_labels
from app.domain.reasoning import Check, ReasonedDate
from app.domain.tree import Instrument
from app.services.papers import STATES, DeliveryMissing, PaperView

E = TypeVar("E", bound=Enum)
PARTIES = {"a": "甲方", "b": "乙方", "ab": "双方"}
party = click.Choice(["a", "b"])
day_type = Day()


class Figure(click.ParamType[Decimal]):
    """A number, of any sign."""

    name = "数字"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        try:
            found = Decimal(str(value))
        except InvalidOperation:
            found = Decimal("NaN")
        if not found.is_finite():
            self.fail(f"“{value}”不是数字。", param, ctx)
        return found


figure = Figure()


class Member(click.ParamType[E], Generic[E]):
    """A member of a closed set, by its value or its Chinese name."""

    def __init__(self, kind: type[E]) -> None:
        self.kind = kind
        self.name = "|".join(str(m.value) for m in kind)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> E:
        found = next((m for m in self.kind if value in (m, m.value, getattr(m, "label", None))), None)
        if found is None:
            known = "、".join(f"{m.value}（{getattr(m, 'label', m.value)}）" for m in self.kind)
            self.fail(f"没有“{value}”；可选 {known}。", param, ctx)
        return found


def print_date(found: ReasonedDate, instrument: Instrument, label: str = "") -> None:
    """The day, then its reasoning line by line with the numbers of the clauses."""
    click.echo(f"{label or found.label}\t{found.day.isoformat()}{'（暂定）' if found.provisional else ''}")
    labels = reference_labels(instrument)
    for step in found.steps:
        where = "、".join(labels.get(code, (code, ""))[0] for code in step.source)
        click.echo(f"    {step.sentence}{f'［{where}］' if where else ''}")
    if found.warning:
        click.echo(f"    {found.warning}")


def print_checks(checks: tuple[Check, ...]) -> None:
    for check in checks:
        click.echo(f"  {'✓' if check.met else '✗'} {check.sentence}")


def revision_of(papers: tuple[PaperView, ...], delivery_id: str) -> int:
    """What a delivery stands at now. Raises ``DeliveryMissing``."""
    found = next((d for p in papers for d in p.deliveries if d.id == delivery_id), None)
    if found is None:
        raise DeliveryMissing(delivery_id)
    return found.revision


def print_paper(paper: PaperView) -> None:
    when = f"  {paper.arrived_on.isoformat()}" if paper.arrived_on else ""
    click.echo(f"{paper.number}\t{paper.title}\t{STATES.get(paper.state, paper.state)}{when}\t{paper.id}")
    for d in paper.deliveries:
        arrived = f"，{d.arrived_on.isoformat()} 到达（{d.proof.label if d.proof else ''}）" if d.arrived_on else "，未到达"
        click.echo(f"    送达 {d.id}  {d.method.label}  {d.sent_on.isoformat()} 发出{arrived}")
