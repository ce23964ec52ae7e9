"""The sheet of a period computed from confirmed figures, agreed terms and what was settled before (section 8.3; brief C6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from app.domain.errors import ContractError
from app.domain.settlement.correction import corrected
from app.domain.settlement.month import MonthFigures
from app.domain.settlement.plan import months_of
from app.domain.settlement.sheet import PastMonth, SheetMonth, settle
from app.domain.settlement.view import SheetView, plain_sheet, read_sheet
from app.domain.term import corresponding_day
from app.services.correction_replay import PROPOSED, months_corrected
from app.services.correction_rows import waiting_items
from app.services.lapsing import CONFIRMED
from app.services.money_rows import VOID, sheet_of
from app.services.service_levels import STATES, figures_of
from app.services.settlement_terms import MonthTerms, TermsBook
from app.store.contracts import ContractRow
from app.store.corrections import corrections_of
from app.store.service_months import ServiceMonthRow, service_months_of
from app.store.settlements import settlements_of
from app.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Drawn:
    """A sheet before it is kept. ``scored_on``: the latest day on which a score of the period was confirmed."""

    view: SheetView
    plain: Mapping[str, Any]
    terms: MonthTerms
    scored_on: date


def compute(uow: UnitOfWork, contract: ContractRow, start: date, *, provisional: bool = False) -> Drawn:
    """The sheet of the period that begins in the month ``start``. ``provisional``: with figures nobody confirmed yet, for a preview.

    Raises ``settlement.month``, ``settlement.unconfirmed`` naming each month that stands in the way.
    """
    book = TermsBook(uow, contract)
    wanted = period_of(start, book)
    rows = {r.month: r for r in service_months_of(uow.session, contract.id)}
    lacking = [
        f"{m.year}年{m.month}月{'尚未录入' if m not in rows else STATES[rows[m].state]}"
        for m in wanted
        if m not in rows or (rows[m].state != CONFIRMED and not provisional)
    ]
    if lacking:
        raise ContractError("settlement.unconfirmed", f"还不能编制结算单：{'、'.join(lacking)}；考核数据确认后才能结算。")
    past = _past(uow, contract.id, wanted[0])
    figures: list[MonthFigures] = []
    months: list[SheetMonth] = []
    remarks = []
    _, carried = waiting_items(uow, contract.id, wanted[0])
    for month in wanted:
        terms, found = book.on(month), figures_of(rows[month])
        if month == wanted[0]:
            found = replace(found, items=(*found.items, *carried))
        figures.append(found)
        reckoned, missing = terms.reckoned(found)
        months.append(reckoned)
        if terms.turned:
            remarks.append(terms.remark(missing))
    remarks += _undecided(uow, contract.id, wanted[0])
    plain = plain_sheet(settle(months, past), figures, past, [*remarks, *_volume(rows, book, wanted[-1])])
    scored_on = max(rows[m].confirmed_on or rows[m].submitted_on for m in wanted)
    return Drawn(read_sheet(plain), plain, book.on(wanted[-1]), scored_on)


def period_of(start: date, book: TermsBook) -> tuple[date, ...]:
    """The months of the period that ``start`` lies in: itself, or its calendar quarter as far as there was service."""
    if not book.on(start).pay.quarterly:
        return (start,)
    first = start.replace(month=(start.month - 1) // 3 * 3 + 1)
    whole = months_of(first, corresponding_day(first, 2))
    served = set(book.months())
    return tuple(m for m in whole if m in served)


def _past(uow: UnitOfWork, contract_id: str, before: date) -> list[PastMonth]:
    """What was settled of the months before, as it stands in their sheets and in the corrections accepted since."""
    found: dict[date, PastMonth] = {}
    for row in settlements_of(uow.session, contract_id):
        if row.state != VOID and row.start < before:
            found |= {p.month: p for p in sheet_of(row).months}
    later = months_corrected(corrections_of(uow.session, contract_id))
    return [p for p in corrected(list(found.values()), later) if p.month < before and p.month in found]


def _undecided(uow: UnitOfWork, contract_id: str, before: date) -> list[str]:
    """Corrections that nobody decided on are told, and left out."""
    starts = {s.id: s.start for s in settlements_of(uow.session, contract_id)}
    found = [
        c
        for c in corrections_of(uow.session, contract_id)
        if c.state == PROPOSED and starts.get(c.settlement_id, before) < before
    ]
    return [f"更正建议{'、'.join(c.number for c in found)}尚未决定，没有列入本表"] if found else []


def _volume(rows: Mapping[date, ServiceMonthRow], book: TermsBook, last: date) -> list[str]:
    """Whether so many months in a row left the band on one side that a party may propose another price (section 8.3)."""
    count = book.on(last).fees.volume_months
    sides = set()
    for month in (corresponding_day(last, -back) for back in range(count)):
        tickets = figures_of(rows[month]).tickets if month in rows else None
        if tickets is None:
            return []
        fees = book.on(month).fees
        sides.add(1 if tickets > fees.upper else -1 if tickets < fees.lower else 0)
    if len(sides) != 1 or sides == {0}:
        return []
    word = "高于波动区间上限" if sides == {1} else "低于波动区间下限"
    return [f"有效工单量连续{count}个月{word}，任何一方可以依第8.3节提出调价"]
