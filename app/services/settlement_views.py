"""What the pages of settlement show: months and settlements of a contract, one month, one settlement, the plan, and what is due over all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.domain.errors import ContractError
from app.domain.money import ZERO
from app.domain.permissions import Action, Actor, may, require
from app.domain.settlement.delays import Rates
from app.domain.settlement.fees import Span
from app.domain.settlement.invoices import Owed
from app.domain.settlement.month import MonthFigures
from app.domain.settlement.plan import PlannedMonth, StampBasis, YearPlan, planned_month, stamp_basis
from app.domain.settlement.receivable import Due
from app.domain.settlement.scoring import RepeatedFailure, ScoredMonth, Trigger, contract_year, repeated_failure, score_month
from app.domain.settlement.silence import Silence
from app.domain.settlement.terms import LevelTerms, PayTerms
from app.domain.settlement.view import SheetView
from app.services.access import record_of
from app.services.correction_rows import taken_off
from app.services.invoicing import owed_of
from app.services.lapsing import CONFIRMED, SUBMITTED, is_contested, month_silence, settlement_silence, until_recorded
from app.services.lpr_rows import rates_of
from app.services.money_rows import DONE, VOID, Standing, due_of, sheet_of, standings
from app.services.paper_texts import PaperKit
from app.services.record import opened
from app.services.service_levels import figures_of, scored_months, triggers_of
from app.services.settlement_computing import compute, period_of
from app.services.settlement_money import InvoiceView, PaymentView, invoice_views, payment_view
from app.services.settlement_terms import TermsBook
from app.services.settling import SettlementMissing
from app.store.contracts import ContractRow, contracts_with_ids
from app.store.documents import find_document
from app.store.instruments import InstrumentRow, find_instrument
from app.store.service_months import MonthStatementRow, ServiceMonthRow, find_service_month, service_months_of
from app.store.settlements import (
    SettlementRow,
    budgets_of,
    find_settlement,
    payments_of,
    settlements_of,
    unpaid_settlements,
)
from app.store.uow import UnitOfWork

MOST = 1000


@dataclass(frozen=True, slots=True)
class PaperLink:
    id: str
    number: str
    state: str


@dataclass(frozen=True, slots=True)
class StatementView:
    """``files``: (id, name) of each file of evidence."""

    party: str
    kind: str
    on: date
    words: str
    files: tuple[tuple[str, str], ...]
    by: str


@dataclass(frozen=True, slots=True)
class MonthLine:
    """One month of the list. ``state`` empty: nothing entered yet. ``settlement`` None: not settled."""

    month: date
    state: str
    score: Decimal | None
    deduction: Decimal | None
    ramp: bool
    failed: bool
    missed: tuple[str, ...]
    settlement: PaperLink | None
    ends: date


@dataclass(frozen=True, slots=True)
class SettlementLine:
    id: str
    revision: int
    paper: PaperLink
    start: date
    end: date
    state: str
    incl: Decimal
    confirmed_on: date | None
    due_on: date | None
    open_amount: Decimal
    waiting: bool
    late: int


@dataclass(frozen=True, slots=True)
class Overview:
    """The tab of a contract. ``next_period``: the first month whose period may be settled now. ``failure``: failed periods so far."""

    months: tuple[MonthLine, ...]
    settlements: tuple[SettlementLine, ...]
    payments: tuple[PaymentView, ...]
    confirmed: Decimal
    paid: Decimal
    open: Decimal
    overdue: Decimal
    overpaid: Decimal
    failure: RepeatedFailure | None
    next_period: date | None
    next_month: date | None


def overview(uow: UnitOfWork, actor: Actor, today: date, contract_id: str) -> Overview:
    """Raises ``ContractMissing``, ``settlement.term``."""
    contract = opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    book = TermsBook(uow, contract)
    rows = {r.month: r for r in service_months_of(uow.session, contract_id)}
    made = settlements_of(uow.session, contract_id)
    lines = tuple(_settlement_line(uow, r, today) for r in reversed(made))
    begun = [m for m in book.months() if m <= today]
    months = tuple(_month_line(uow, m, rows.get(m), book, made) for m in reversed(begun))
    scored = scored_months(list(rows.values()), book)
    payments = tuple(payment_view(uow, p) for p in reversed(payments_of(uow.session, contract_id)))
    settled = {p for m in months if m.settlement for p in (m.month,)}
    ready = [m.month for m in reversed(months) if m.state == CONFIRMED and m.month not in settled]
    whole = [m for m in ready if all(p in rows and rows[p].state == CONFIRMED for p in period_of(m, book))]
    confirmed = sum((r.incl - (r.reduced or ZERO) for r in made if r.state == DONE), ZERO)
    live = [p for p in payments if p.reversed_on is None]
    return Overview(
        months, lines, payments, confirmed, sum((p.amount - p.left for p in live), ZERO),
        sum((r.open_amount for r in made if r.state == DONE), ZERO), sum((x.open_amount for x in lines if x.late), ZERO),
        sum((p.left for p in live), ZERO), repeated_failure(scored, book.on(scored[-1].month).service) if scored else None,
        whole[0] if whole else None, next((m for m in begun if m not in rows and book.on(m).span.last < today), None),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class MonthDesk:
    """One month. ``by_seats``: the fee of the month or of a part of it goes by seats. ``row`` facts are None or empty while nothing was
    entered. ``silence``: whose silence would confirm; ``contested``: party B handed in again what party A objected to."""

    month: date
    span: Span
    levels: tuple[LevelTerms, ...]
    by_seats: bool
    labels: Mapping[str, tuple[str, str]]
    figures: MonthFigures | None
    scored: ScoredMonth | None
    triggers: tuple[Trigger, ...]
    preview: SheetView | None
    why: str
    state: str
    revision: int
    submitted_on: date | None
    confirmed_on: date | None
    statements: tuple[StatementView, ...]
    silence: Silence | None
    contested: bool
    rectification: PaperLink | None
    settlement: PaperLink | None
    remark: str


def month_desk(uow: UnitOfWork, actor: Actor, kit: PaperKit, contract_id: str, month: date) -> MonthDesk:
    """Raises ``ContractMissing``, ``settlement.month``, ``settlement.terms``."""
    contract = opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    book = TermsBook(uow, contract)
    terms = book.on(month)
    row = find_service_month(uow.session, contract_id, month)
    by_seats = "per_seat" in {terms.fees.model, *(s.fees.model for s in terms.spells)}
    base = (month, terms.span, terms.service.levels, by_seats, terms.labels)
    if row is None:
        return MonthDesk(*base, None, None, (), None, "", "", 0, None, None, (), None, False, None, None, terms.remark())
    rows = service_months_of(uow.session, contract_id)
    scored, triggers = triggers_of(row, rows, book)
    preview, why = _preview(uow, contract, month)
    calendar = kit.reference.calendar
    made = next(
        (s for s in settlements_of(uow.session, contract_id) if s.state != VOID and s.start <= terms.span.first <= s.end), None
    )
    silence = None if row.state == CONFIRMED else until_recorded(uow, month_silence(row, terms, calendar), calendar)
    return MonthDesk(
        *base, figures_of(row), scored, triggers, preview, why, row.state, row.revision, row.submitted_on, row.confirmed_on,
        tuple(_statement(uow, s) for s in row.statements), silence,
        row.state == SUBMITTED and is_contested(row), _link(uow, row.rectification_id), _of_settlement(uow, made),
        terms.remark(terms.reckoned(figures_of(row))[1]),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class SettlementDesk:
    """One settlement. ``silence``: whose would confirm it, and when; ``rate``: of damages for delay;
    ``corrected``: what accepted corrections took off."""

    id: str
    revision: int
    state: str
    paper: PaperLink
    sheet: SheetView
    labels: Mapping[str, tuple[str, str]]
    pay: PayTerms
    buyer_uscc: str
    submitted_on: date
    received_on: date | None
    confirmed_on: date | None
    how: str
    evidence: str
    objected: Decimal | None
    objected_on: date | None
    objection: str
    resolved_on: date | None
    reduced: Decimal | None
    corrected: Decimal
    due: Due | None
    silence: Silence
    standings: tuple[Standing, ...]
    open_amount: Decimal
    rate: Rates
    invoices: tuple[InvoiceView, ...]
    corrections: tuple[Owed, ...]
    payments: tuple[PaymentView, ...]


def settlement_desk(
    uow: UnitOfWork, actor: Actor, today: date, kit: PaperKit, contract_id: str, settlement_id: str
) -> SettlementDesk:
    """Raises ``ContractMissing``, ``SettlementMissing``, ``settlement.damaged``."""
    contract = opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    row = find_settlement(uow.session, settlement_id)
    if row is None or row.contract_id != contract_id:
        raise SettlementMissing(settlement_id)
    terms = TermsBook(uow, contract).on(row.start.replace(day=1))
    calendar = kit.reference.calendar
    done = row.state == DONE
    silence = until_recorded(uow, settlement_silence(uow, row, terms.pay, terms.silent, calendar), calendar)
    paper = _link(uow, row.instrument_id)
    assert paper is not None
    payments = [p for p in payments_of(uow.session, contract_id) if any(m.settlement_id == row.id for m in p.matches)]
    return SettlementDesk(
        row.id, row.revision, row.state, paper, sheet_of(row), terms.labels, terms.pay,
        next((p.uscc for p in contract.parties if p.role == "a"), ""), row.submitted_on, row.received_on, row.confirmed_on, row.how, row.evidence,
        row.objected, row.objected_on, row.objection, row.resolved_on, row.reduced, taken_off(uow, row)[0],
        due_of(uow, calendar, contract, row, terms.pay) if done else None, silence,
        standings(uow, calendar, contract, row, today, terms.pay) if done else (), row.open_amount, rates_of(uow, calendar, terms.pay),
        invoice_views(uow, row), owed_of(uow, contract, row) if done else (), tuple(payment_view(uow, p) for p in payments),
    )  # fmt: skip


def terms_labels(uow: UnitOfWork, actor: Actor, contract_id: str) -> Mapping[str, tuple[str, str]]:
    """How provisions of the contract's newest month read, for figures that are unfolded."""
    contract = opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    book = TermsBook(uow, contract)
    months = book.months()
    return book.on(months[-1]).labels if months else {}


@dataclass(frozen=True, slots=True)
class PlanView:
    """The years of the contract with their budgets, and what 印花税 would be counted from."""

    years: tuple[YearPlan, ...]
    notes: Mapping[date, str]
    stamp: tuple[StampBasis, ...]


def payment_plan(uow: UnitOfWork, actor: Actor, contract_id: str) -> PlanView:
    """By contract year: the plan of each month from the terms in force in it, what was settled, the budget."""
    contract = opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    book = TermsBook(uow, contract)
    settled: dict[date, Decimal] = {}
    by_rate: list[tuple[Decimal, Decimal]] = []
    for row in settlements_of(uow.session, contract_id):
        if row.state == DONE:
            sheet = sheet_of(row)
            by_rate += [(t.rate, t.excl) for t in sheet.by_rate]
            share = (row.incl - (row.reduced or ZERO)) / len(sheet.months)
            settled |= {m.month: share.quantize(Decimal("0.01")) for m in sheet.months}
    budgets = budgets_of(uow.session, contract_id)
    years: dict[date, list[date]] = {}
    for month in book.months():
        years.setdefault(contract_year(month, book.first_day), []).append(month)
    plans = []
    for year, months in years.items():
        found = [p for m in months if (p := _planned(book, m)) is not None]
        budget = budgets[year].amount if year in budgets else None
        plans.append(YearPlan(year, tuple(found), {m: settled[m] for m in months if m in settled}, budget))
    answers = book.on(book.months()[0]).answers if book.months() else book.base.standing.answers
    return PlanView(tuple(plans), {y: b.note for y, b in budgets.items()}, stamp_basis(answers, by_rate))


def _planned(book: TermsBook, month: date) -> PlannedMonth | None:
    terms = book.on(month)
    return planned_month(month, terms.fees, book.first_day, book.last_day, spells=() if terms.unagreed else terms.spells)


@dataclass(frozen=True, slots=True)
class MoneyLine:
    """What is owed under one settlement, for the list over all contracts."""

    contract_id: str
    number: str
    title: str
    creditor: str
    settlement_id: str
    paper: str
    open_amount: Decimal
    due_on: date | None
    late: int


@dataclass(frozen=True, slots=True)
class MoneyDesk:
    """Overdue, due within thirty days, later, and waiting for invoice or outcome. ``capped``: there are more than are shown."""

    overdue: tuple[MoneyLine, ...]
    soon: tuple[MoneyLine, ...]
    later: tuple[MoneyLine, ...]
    waiting: tuple[MoneyLine, ...]
    capped: bool

    @staticmethod
    def total(lines: tuple[MoneyLine, ...]) -> Decimal:
        return sum((x.open_amount for x in lines), ZERO)


def money_desk(uow: UnitOfWork, actor: Actor, today: date) -> MoneyDesk:
    """Confirmed and unpaid over all contracts that the actor may read. Raises ``Forbidden``."""
    require(actor, Action.READ_CONTRACTS)
    rows = unpaid_settlements(uow.session, MOST + 1)
    contracts = {
        c.id: c
        for c in contracts_with_ids(uow.session, {r.contract_id for r in rows})
        if may(actor, Action.READ_CONTRACTS, record_of(c))
    }
    lines = [_money_line(uow, r, contracts[r.contract_id], today) for r in rows[:MOST] if r.contract_id in contracts]
    return MoneyDesk(
        tuple(x for x in lines if x.late), tuple(x for x in lines if x.due_on and not x.late and (x.due_on - today).days <= 30),
        tuple(x for x in lines if x.due_on and (x.due_on - today).days > 30), tuple(x for x in lines if x.due_on is None), len(rows) > MOST,
    )  # fmt: skip


# ---- rows → views


def _month_line(
    uow: UnitOfWork, month: date, row: ServiceMonthRow | None, book: TermsBook, made: list[SettlementRow]
) -> MonthLine:
    terms = book.on(month)
    end = terms.span.last
    if row is None:
        return MonthLine(month, "", None, None, terms.service.in_ramp_up(month), False, (), None, end)
    scored = score_month(figures_of(row), terms.service)
    settled = next((s for s in made if s.state != VOID and s.start <= terms.span.first <= s.end), None)
    label = f"{month.year}年{month.month}月"
    cut = next((a.deduction for a in sheet_of(settled).assessments if a.label == label), None) if settled else None
    return MonthLine(
        month,
        row.state,
        scored.total,
        cut,
        scored.ramp,
        scored.failed,
        tuple(sorted(scored.missed)),
        _of_settlement(uow, settled),
        end,
    )


def _settlement_line(uow: UnitOfWork, row: SettlementRow, today: date) -> SettlementLine:
    paper = _link(uow, row.instrument_id)
    assert paper is not None
    late = (today - row.due_on).days if row.due_on is not None and row.open_amount > 0 else 0
    return SettlementLine(
        row.id, row.revision, paper, row.start, row.end, row.state, row.incl, row.confirmed_on, row.due_on, row.open_amount,
        row.state == DONE and row.open_amount > 0 and row.due_on is None, max(0, late),
    )  # fmt: skip


def _money_line(uow: UnitOfWork, row: SettlementRow, contract: ContractRow, today: date) -> MoneyLine:
    paper = find_instrument(uow.session, row.instrument_id)
    late = (today - row.due_on).days if row.due_on is not None else 0
    creditor = next((p.name for p in contract.parties if p.role == "b"), "")
    return MoneyLine(
        contract.id,
        contract.number,
        contract.title,
        creditor,
        row.id,
        paper.number if paper else "",
        row.open_amount,
        row.due_on,
        max(0, late),
    )


def _preview(uow: UnitOfWork, contract: ContractRow, month: date) -> tuple[SheetView | None, str]:
    """What the period would come to as things stand; otherwise why it can't be said."""
    try:
        return compute(uow, contract, month, provisional=True).view, ""
    except (ContractError, ValueError) as error:
        return None, error.message if isinstance(error, ContractError) else str(error)


def _statement(uow: UnitOfWork, row: MonthStatementRow) -> StatementView:
    found = [find_document(uow.session, f.document_id) for f in row.files]
    return StatementView(row.party, row.kind, row.on_day, row.words, tuple((d.id, d.name) for d in found if d), row.recorded_by)


def _link(uow: UnitOfWork, paper_id: str | None) -> PaperLink | None:
    row: InstrumentRow | None = find_instrument(uow.session, paper_id) if paper_id else None
    return PaperLink(row.id, row.number, row.state) if row else None


def _of_settlement(uow: UnitOfWork, row: SettlementRow | None) -> PaperLink | None:
    """The settlement under its paper's number."""
    paper = find_instrument(uow.session, row.instrument_id) if row else None
    return PaperLink(row.id, paper.number, row.state) if row and paper else None
