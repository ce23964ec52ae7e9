"""Payments of settlements: recorded, matched, reversed; the budget of a year; the letter that asks for overdue money."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from app.domain.errors import ContractError, InputError, InputFault
from app.domain.money import ZERO, amount_faults
from app.domain.notice import Method, arrival
from app.domain.numbering import reference_labels
from app.domain.papers import PaperKind
from app.domain.permissions import Action, Actor
from app.domain.settlement.laying import proposal
from app.domain.settlement.scoring import contract_year
from app.domain.term import Period, Unit, due_date
from app.domain.variables import Value
from app.services.journal import note
from app.services.matching import come_to_payment, note_overpaid, open_items
from app.services.money_rows import DONE, overdue_values, refresh
from app.services.paper_texts import PaperKit, new_paper, put_text, require_stage
from app.services.record import opened
from app.services.settlement_terms import TermsBook
from app.services.term_state import load_term_state
from app.store.contracts import ContractRow
from app.store.documents import find_document
from app.store.settlements import (
    BudgetRow,
    PaymentMatchRow,
    PaymentRow,
    budgets_of,
    find_settlement,
    payments_of,
    settlements_of,
)
from app.store.uow import UnitOfWork

_MAX_NUMBER, _MAX_REFERENCE = 40, 100
_ALL = Decimal(100)


@dataclass(frozen=True, slots=True)
class NewPayment:
    """``matches``: settlement → amount; empty: as ``laying.proposal`` says. ``held``: laid upon nothing yet, matched by hand later."""

    paid_on: date
    amount: Decimal
    reference: str
    note: str = ""
    matches: Mapping[str, Decimal] | None = None
    document_id: str = ""
    held: bool = False


# ---- payments


def record_payment(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, kit: PaperKit, contract_id: str, payment: NewPayment
) -> Decimal:
    """Record a payment and what it is laid upon; returns what is left over, which party B pays back (section 8.3).

    Raises ``InputError`` with every fault.
    """
    contract = opened(uow, actor, Action.KEEP_PERFORMANCE, contract_id, lock=True)
    open_ = [s for s in settlements_of(uow.session, contract_id) if s.state == DONE and s.open_amount > 0]
    faults = amount_faults("amount", "付款金额", payment.amount, "应大于零，至多两位小数")
    if payment.paid_on > today:
        faults.append(InputFault("paid_on", "付款日", f"{payment.paid_on.isoformat()} 尚未到来"))
    if not payment.reference.strip():
        faults.append(InputFault("reference", "银行流水号", "请填写银行回单或者流水的编号"))
    elif (known := _recorded(uow, contract_id, payment.reference)) is not None:
        problem = f"“{known.reference}”已经登记为{known.paid_on.isoformat()}的付款{known.amount}元，一笔转账只登记一次"
        faults.append(
            InputFault("reference", "银行流水号", problem, "要分到几份结算单的，请手工核销；确属另一笔的，请注明银行或者日期")
        )
    by_id = {s.id: s for s in open_}
    for key, amount in (payment.matches or {}).items():
        if key not in by_id:
            faults.append(InputFault("matches", "核销", "所选结算单未确认或者已经付清"))
        else:
            room = by_id[key].open_amount
            problem = f"核销金额应大于零且不超过未付的{room}元，至多两位小数"
            faults += amount_faults("matches", "核销", amount, problem, most=room)
    laying = sum((a for a in (payment.matches or {}).values() if a.is_finite()), ZERO)
    if payment.amount.is_finite() and laying > payment.amount:
        faults.append(InputFault("matches", "核销", "各笔核销之和大于付款金额"))
    if payment.document_id and ((d := find_document(uow.session, payment.document_id)) is None or d.contract_id != contract_id):
        faults.append(InputFault("document", "回单文件", "不属于本合同"))
    if faults:
        raise InputError(faults)
    if payment.matches:
        laid = tuple(payment.matches.items())
        rest = payment.amount - sum(payment.matches.values(), ZERO)
    elif payment.held:
        laid, rest = (), payment.amount
    else:
        words, items = f"{payment.reference} {payment.note}", open_items(uow, kit.reference.calendar, contract)
        laid, rest = proposal(payment.amount, words, items, payment.paid_on)
    row = PaymentRow(
        id=uuid.uuid4().hex, contract_id=contract_id, paid_on=payment.paid_on, amount=payment.amount, reference=payment.reference.strip()[:_MAX_REFERENCE],
        note=payment.note.strip(), document_id=payment.document_id or None, created_at=now, created_by=actor.name,
        held=payment.held, matches=[PaymentMatchRow(settlement_id=key, amount=amount) for key, amount in laid],
    )  # fmt: skip
    uow.session.add(row)
    for key, _ in laid:
        refresh(uow, actor, now, kit.reference.calendar, contract, by_id[key])
    note(
        uow, actor, now, "payment.recorded", contract=contract_id, payment=row.id, amount=f"{row.amount}", on=row.paid_on.isoformat(),
        number=row.reference, left=f"{rest}", matches=[[key, f"{amount}"] for key, amount in laid],
    )  # fmt: skip
    note_overpaid(uow, actor, now, kit.reference, contract, row, row.paid_on)
    uow.commit()
    return rest


def _recorded(uow: UnitOfWork, contract_id: str, reference: str) -> PaymentRow | None:
    """The payment of this contract that counts under this reference. One transfer may pay several contracts, each with its part."""
    wanted = reference.strip()[:_MAX_REFERENCE].casefold()
    rows = payments_of(uow.session, contract_id)
    return next((r for r in rows if r.reversed_on is None and r.reference.casefold() == wanted), None)


def reverse_payment(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    today: date,
    kit: PaperKit,
    contract_id: str,
    payment_id: str,
    seen: int,
    reason: str,
) -> None:
    """Take a payment back: it stays in the record and counts for nothing. Raises ``payment.missing``, ``payment.reversed``."""
    contract = opened(uow, actor, Action.KEEP_PERFORMANCE, contract_id, lock=True)
    row = come_to_payment(uow, contract_id, payment_id, seen)
    if not reason.strip():
        raise InputError([InputFault("reason", "理由", "请写明冲销的理由，例如银行退回、误记")])
    row.reversed_on, row.reversal = today, reason.strip()
    uow.session.flush()
    for match in row.matches:
        settlement = find_settlement(uow.session, match.settlement_id)
        if settlement is not None:
            refresh(uow, actor, now, kit.reference.calendar, contract, settlement)
    note(
        uow, actor, now, "payment.reversed", contract=contract_id, payment=row.id, amount=f"{row.amount}", number=row.reference,
        reason=row.reversal,
    )  # fmt: skip
    note_overpaid(uow, actor, now, kit.reference, contract, row, today)
    uow.commit()


def draft_dunning(uow: UnitOfWork, actor: Actor, now: datetime, today: date, kit: PaperKit, contract_id: str) -> str:
    """Draft the 催款函 for everything that is overdue today; returns the paper's id. Raises ``settlement.not_overdue``."""
    contract = opened(uow, actor, Action.FILE_PAPER, contract_id, lock=True)
    require_stage(contract, PaperKind.DEMAND)
    values = overdue_values(uow, kit.reference.calendar, contract, today)
    if not values:
        raise ContractError("settlement.not_overdue", "没有逾期未付的结算款，不需要催款。")
    values = {**values, **_grace(uow, kit, contract, today)}
    paper = new_paper(uow, actor, now, contract, PaperKind.DEMAND, values)
    put_text(uow, actor, now, today, kit, contract, paper, values, sender="party_b")
    uow.commit()
    return paper.id


def _grace(uow: UnitOfWork, kit: PaperKit, contract: ContractRow, today: date) -> dict[str, Value]:
    """Where the duty stands, the days that are given at least, and when they end if the letter goes out today (brief C8)."""
    calendar = kit.reference.calendar
    state = load_term_state(uow, contract, calendar)
    usable = state.rules.methods("a")
    way = Method.EXPRESS if Method.EXPRESS in usable or not usable else usable[0]
    expected = arrival(way, today, state.rules, state.calendar).day
    cure = state.answers.get("breach.cure_days")
    grace = cure if isinstance(cure, int) else 15
    name, bank, account = (state.answers.get(f"pay.account_{part}") for part in ("name", "bank", "no"))
    values: dict[str, Value] = {
        "demand.source": f"本合同{reference_labels(state.instrument).get('fees.payment.term', ('第8.2节', ''))[0]}及下列结算单",
        "demand.grace_days": grace,
        "demand.arrival_expected": expected,
        "demand.grace_until": due_date(expected, Period(Decimal(grace), Unit.DAYS), state.calendar).day,
    }
    if name and bank and account:
        values["demand.account"] = f"户名{name}，开户行{bank}，账号{account}。"
    return values


# ---- budget


def set_budget(
    uow: UnitOfWork, actor: Actor, now: datetime, contract_id: str, year: date, amount: Decimal, words: str = ""
) -> None:
    """The budget of the contract year that ``year`` lies in, with tax. Raises ``InputError``."""
    contract = opened(uow, actor, Action.KEEP_PERFORMANCE, contract_id, lock=True)
    book = TermsBook(uow, contract)
    if faults := amount_faults("amount", "预算金额", amount, "应大于零，至多两位小数"):
        raise InputError(faults)
    if not book.first_day <= year <= book.last_day:
        raise InputError([InputFault("year", "合同年度", "不在合同期内")])
    begins = contract_year(year, book.first_day)
    row = budgets_of(uow.session, contract_id).get(begins)
    if row is None:
        row = BudgetRow(contract_id=contract_id, year=begins)
        uow.session.add(row)
    row.amount, row.note, row.set_at, row.set_by = amount, words.strip(), now, actor.name
    note(uow, actor, now, "budget.set", contract=contract_id, year=begins.isoformat(), amount=f"{amount}", reason=words.strip())
    uow.commit()
