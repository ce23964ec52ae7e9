"""Settlements with their invoices and payments between their rows and the law: what is owed, when, and how it stands."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from app.domain.calendar import WorkingCalendar
from app.domain.errors import ContractError
from app.domain.money import ZERO
from app.domain.permissions import Actor
from app.domain.reminders import Topic
from app.domain.settlement.delays import Delay, delay
from app.domain.settlement.demand import Overdue, demand_values
from app.domain.settlement.invoices import Claimed, Invoice, InvoiceLine, awaited, right_since
from app.domain.settlement.receivable import Claim, Due, Objection, claims, payment_due
from app.domain.settlement.reissue import standing_since
from app.domain.settlement.terms import PayTerms
from app.domain.settlement.view import SheetView, read_sheet
from app.domain.variables import Value
from app.services.lpr_rows import rates_of
from app.services.moving import law_day, wake
from app.services.obligation_links import payment_in_time, statement_stands
from app.services.reminding import Subject, set_date
from app.services.settlement_terms import TermsBook
from app.services.versions import VersionDamaged
from app.store.contracts import ContractRow
from app.store.corrections import corrections_of
from app.store.instruments import find_instrument
from app.store.settlements import InvoiceRow, SettlementRow, invoices_of_corrections, payment_days, settlements_of, touch
from app.store.uow import UnitOfWork

OPEN, DONE, VOID = "open", "confirmed", "void"


def invoice_of(row: InvoiceRow) -> Invoice:
    lines = tuple(InvoiceLine(*(Decimal(x) for x in line)) for line in json.loads(row.lines))
    return Invoice(
        row.id,
        row.number,
        row.kind,
        row.issued_on,
        row.received_on,
        lines,
        row.buyer_uscc,
        row.red_of or "",
        row.correction_id or "",
    )


def plain_lines(lines: tuple[InvoiceLine, ...]) -> str:
    return json.dumps([[format(x, "f") for x in (line.rate, line.excl, line.tax)] for line in lines])


def invoices_of(row: SettlementRow) -> tuple[Invoice, ...]:
    """Every invoice that was recorded with it."""
    return tuple(invoice_of(i) for i in row.invoices)


def invoice_rows_for(uow: UnitOfWork, row: SettlementRow) -> list[InvoiceRow]:
    """What its match counts: its own invoices without those of a correction of it, and those of the corrections that it took up."""
    taken = [c.id for c in corrections_of(uow.session, row.contract_id) if c.taken_by == row.id]
    return [*(i for i in row.invoices if i.correction_id is None), *invoices_of_corrections(uow.session, taken)]


def counted_for(uow: UnitOfWork, row: SettlementRow) -> tuple[Invoice, ...]:
    return tuple(invoice_of(i) for i in invoice_rows_for(uow, row))


def paid_on(uow: UnitOfWork, settlement_id: str) -> list[tuple[date, Decimal]]:
    """(day, amount) of what counts as paid on a settlement, in order."""
    return payment_days(uow.session, [settlement_id]).get(settlement_id, [])


def sheet_of(row: SettlementRow) -> SheetView:
    """Raises ``settlement.damaged`` where what is stored isn't what was computed."""
    if hashlib.sha256(row.sheet.encode()).hexdigest() != row.digest:
        raise ContractError(
            "settlement.damaged", "结算单的存储内容与其 SHA-256 不符，已拒绝读取，请从备份恢复并运行 audit verify。"
        )
    return read_sheet(json.loads(row.sheet))


def claimed_of(sheet: SheetView, pay: PayTerms, buyer_uscc: str) -> Claimed:
    return Claimed(sheet.by_rate, pay.invoice_type, buyer_uscc)


def objection_of(row: SettlementRow) -> Objection | None:
    if row.objected is None or row.objected_on is None:
        return None
    return Objection(row.objected, row.objected_on, row.resolved_on, row.reduced or ZERO)


def buyer_of(contract: ContractRow) -> str:
    return next((p.uscc for p in contract.parties if p.role == "a"), "")


def due_of(
    uow: UnitOfWork, calendar: WorkingCalendar, contract: ContractRow, row: SettlementRow, pay: PayTerms | None = None
) -> Due:
    """The due day of a confirmed settlement as its invoices stand."""
    terms = pay or TermsBook(uow, contract).on(row.start.replace(day=1)).pay
    claimed = claimed_of(sheet_of(row), terms, buyer_of(contract))
    due = payment_due(row.confirmed_on or row.submitted_on, right_of(uow, row, claimed), terms, calendar)
    apart = awaited(claimed, counted_for(uow, row)) if due.day is None else ""
    return replace(due, waiting=f"{due.waiting}（现已收到的与结算单相比，{apart}）") if apart else due


def right_of(uow: UnitOfWork, row: SettlementRow, claimed: Claimed) -> date | None:
    """The day from which the right invoices of a settlement were there."""
    return standing_since(right_since(claimed, counted_for(uow, row)), invoices_of(row))


def refresh(
    uow: UnitOfWork, actor: Actor, now: datetime, calendar: WorkingCalendar, contract: ContractRow, row: SettlementRow
) -> None:
    """Bring due day and open amount of the row in line with its invoices, payments and objection, and reminders and obligations with
    them, in the caller's transaction."""
    uow.session.flush()
    if row.state != DONE:
        return
    pay = TermsBook(uow, contract).on(row.start.replace(day=1)).pay
    row.open_amount, row.due_on = _reckoned(uow, calendar, contract, row, pay)
    touch(row)
    paper = find_instrument(uow.session, row.instrument_id)
    right = right_of(uow, row, claimed_of(sheet_of(row), pay, buyer_of(contract)))
    last = max((day for day, _ in paid_on(uow, row.id)), default=row.confirmed_on) if not row.open_amount else None
    number = paper.number if paper else ""
    statement_stands(uow, actor, now, contract, row.start, number, right, last)
    late = any(s.delay.days > 0 for s in standings(uow, calendar, contract, row, law_day(now), pay))
    if not late and payment_in_time(uow, actor, now, contract, number):
        wake(contract, now)
    remind(uow, actor, now, row)


def _reckoned(
    uow: UnitOfWork, calendar: WorkingCalendar, contract: ContractRow, row: SettlementRow, pay: PayTerms
) -> tuple[Decimal, date | None]:
    """What is still open of a confirmed settlement, and the first day on which some of it falls due."""
    waiting = open_claims(uow, calendar, contract, row, pay)
    return sum((left for _, left in waiting), ZERO), waiting[0][0].pay_by if waiting else None


def open_claims(
    uow: UnitOfWork, calendar: WorkingCalendar, contract: ContractRow, row: SettlementRow, pay: PayTerms
) -> list[tuple[Claim, Decimal]]:
    """The parts of a confirmed settlement that are not paid in full, each with what is open of it, in the order in which payments go to
    them."""
    found = _in_order(claims(row.incl, due_of(uow, calendar, contract, row, pay), objection_of(row), pay, calendar))
    paid, waiting = sum((amount for _, amount in paid_on(uow, row.id)), ZERO), []
    for claim in found:
        part = min(paid, claim.amount)
        paid -= part
        if part < claim.amount:
            waiting.append((claim, claim.amount - part))
    return waiting


def _in_order(found: Iterable[Claim]) -> list[Claim]:
    """What falls due first comes first, what is not to be paid for the time being last."""
    return sorted(found, key=lambda c: (c.pay_by is None, c.pay_by or date.max))


def replan_payments(uow: UnitOfWork, actor: Actor, now: datetime, calendar: WorkingCalendar, contract: ContractRow) -> None:
    """For the clock, in its transaction: the due days of what is not paid by the calendar as it is now. Where nothing moved, nothing is
    touched; one that can't be reckoned stays as it is, and its page says why."""
    waiting = [row for row in settlements_of(uow.session, contract.id) if row.state == DONE and row.open_amount]
    for row in waiting:
        try:
            pay = TermsBook(uow, contract).on(row.start.replace(day=1)).pay
            day = _reckoned(uow, calendar, contract, row, pay)[1]
        except VersionDamaged:
            raise
        except ContractError:
            continue
        if day != row.due_on:
            refresh(uow, actor, now, calendar, contract, row)


def remind(uow: UnitOfWork, actor: Actor, now: datetime, row: SettlementRow) -> None:
    """People are reminded of the due day; nobody is while nothing is due or once it is paid (brief D)."""
    paper = find_instrument(uow.session, row.instrument_id)
    subject = Subject(
        Topic.PAYMENT, f"{row.contract_id}:settlement:{row.id}", f"支付结算单{paper.number if paper else ''}",
        f"/contracts/{row.contract_id}/settlements/{row.id}", row.contract_id, detail=f"未付{row.open_amount:,.2f}元",
    )  # fmt: skip
    set_date(uow, actor, now, subject, row.due_on)


@dataclass(frozen=True, slots=True)
class Standing:
    """A claim with how it stands on a day, and what was paid on it until then."""

    claim: Claim
    delay: Delay
    paid: tuple[tuple[date, Decimal], ...] = ()


def standings(
    uow: UnitOfWork,
    calendar: WorkingCalendar,
    contract: ContractRow,
    row: SettlementRow,
    as_of: date,
    pay: PayTerms | None = None,
) -> tuple[Standing, ...]:
    """Every part of a confirmed settlement; payments go to the part that falls due first."""
    terms = pay or TermsBook(uow, contract).on(row.start.replace(day=1)).pay
    found = claims(row.incl, due_of(uow, calendar, contract, row, terms), objection_of(row), terms, calendar)
    left = [(day, amount) for day, amount in paid_on(uow, row.id) if day <= as_of]
    rate, result = rates_of(uow, calendar, terms), []
    for claim in _in_order(found):
        own, wanted, rest = [], claim.amount, []
        for day, amount in left:
            part = min(wanted, amount)
            if part > 0:
                own.append((day, part))
            if amount > part:
                rest.append((day, amount - part))
            wanted -= part
        left = rest
        result.append(Standing(claim, delay(claim, own, as_of, rate, terms.cap_pct), tuple(own)))
    return tuple(result)


def overdue_of(
    uow: UnitOfWork, calendar: WorkingCalendar, contract: ContractRow, as_of: date
) -> tuple[tuple[Overdue, ...], PayTerms | None]:
    """The overdue claims of all settlements with the parts that were paid late, the oldest first; and the terms of the newest.

    A claim that was paid in full, but late, is there for its damages (confirming or taking money gives up none; section 8.3).
    """
    found, terms = [], None
    rows = [r for r in settlements_of(uow.session, contract.id) if r.state == DONE and r.incl > 0]
    book = TermsBook(uow, contract) if rows else None
    for row in rows:
        assert book is not None
        pay = book.on(row.start.replace(day=1)).pay
        paper = find_instrument(uow.session, row.instrument_id)
        for standing in standings(uow, calendar, contract, row, as_of, pay):
            by, state = standing.claim.damages_from, standing.delay
            settled_late = not state.outstanding and state.damages > 0
            if by is not None and (state.overdue > 0 or settled_late):
                late = tuple((day, amount) for day, amount in standing.paid if day > by)
                number, rates = paper.number if paper else row.id, rates_of(uow, calendar, pay)
                found.append(Overdue(number, by, state.outstanding, late, state, rates))
                terms = pay
    return tuple(found), terms


def overdue_values(uow: UnitOfWork, calendar: WorkingCalendar, contract: ContractRow, as_of: date) -> dict[str, Value]:
    """What a 催款函 says of the contract's overdue settlements; nothing where none is overdue."""
    found, terms = overdue_of(uow, calendar, contract, as_of)
    if terms is None or not any(x.principal for x in found):
        return {}
    return demand_values(found, terms, as_of)
