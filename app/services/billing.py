"""Invoices and payments of settlements: recorded, matched, reversed; the budget of a year; the letter that asks for overdue money."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from app.domain.errors import ContractError, InputError, InputFault
from app.domain.money import LARGEST, ZERO, amount_faults
from app.domain.notice import Method, arrival
from app.domain.numbering import reference_labels
from app.domain.papers import PaperKind
from app.domain.permissions import Action, Actor
from app.domain.settlement.invoices import INVOICE_KINDS, Invoice, InvoiceLine, invoice_faults
from app.domain.settlement.laying import proposal
from app.domain.settlement.scoring import contract_year
from app.domain.term import Period, Unit, due_date
from app.domain.variables import Value
from app.services.journal import note
from app.services.matching import come_to_payment, note_overpaid, open_items
from app.services.money_rows import DONE, buyer_of, claimed_of, invoices_of, overdue_values, plain_lines, refresh, sheet_of
from app.services.paper_texts import PaperKit, new_paper, put_text, require_stage
from app.services.record import opened
from app.services.settlement_terms import TermsBook
from app.services.settling import come_to
from app.services.term_state import load_term_state
from app.store.contracts import ContractRow
from app.store.documents import find_document
from app.store.settlements import (
    BudgetRow,
    InvoiceRow,
    PaymentMatchRow,
    PaymentRow,
    budgets_of,
    find_settlement,
    invoice_numbered,
    payments_of,
    settlements_of,
)
from app.store.uow import UnitOfWork

_MAX_NUMBER, _MAX_REFERENCE = 40, 100
_ALL = Decimal(100)


@dataclass(frozen=True, slots=True)
class NewInvoice:
    """As typed from the invoice. ``red_of``: number of the blue invoice that it reverses, empty for a blue one."""

    number: str
    kind: str
    issued_on: date
    received_on: date
    lines: tuple[InvoiceLine, ...]
    buyer_uscc: str
    red_of: str = ""
    document_id: str = ""


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


# ---- invoices


def record_invoice(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, kit: PaperKit, contract_id: str, settlement_id: str, seen: int,
    invoice: NewInvoice,
) -> tuple[str, ...]:  # fmt: skip
    """Record an invoice as it came; returns why it is not the right one (then the payment period doesn't start), nothing where it is.

    Raises ``InputError`` for what can't be an invoice, ``settlement.state`` before confirmation.
    """
    contract, row = come_to(uow, actor, contract_id, settlement_id, seen)
    if row.state != DONE:
        raise ContractError("settlement.state", "结算单确认之后才能登记发票：乙方自确认之日起开票（合同第8.2节）。")
    others = invoices_of(row)
    blue = next((o for o in others if o.number == invoice.red_of), None)
    faults = _typing_faults(uow, contract_id, invoice, today)
    if invoice.red_of and blue is None:
        faults.append(
            InputFault(
                "red_of", "所冲销的蓝字发票", f"本结算单没有发票“{invoice.red_of[:40]}”", "、".join(o.number for o in others)
            )
        )
    if faults:
        raise InputError(faults)
    pay = TermsBook(uow, contract).on(row.start.replace(day=1)).pay
    found = Invoice(
        uuid.uuid4().hex, invoice.number.strip(), invoice.kind, invoice.issued_on, invoice.received_on, invoice.lines,
        invoice.buyer_uscc.strip().upper(), blue.id if blue else "",
    )  # fmt: skip
    wrong = invoice_faults(found, claimed_of(sheet_of(row), pay, buyer_of(contract)), others)
    row.invoices.append(
        InvoiceRow(
            id=found.id, contract_id=contract_id, settlement_id=row.id, number=found.number, kind=found.kind, issued_on=found.issued_on,
            received_on=found.received_on, lines=plain_lines(found.lines), incl=found.incl, buyer_uscc=found.buyer_uscc,
            red_of=found.red_of or None, faults="\n".join(wrong), document_id=invoice.document_id or None, created_at=now,
            created_by=actor.name,
        )
    )  # fmt: skip
    refresh(uow, actor, now, kit.reference.calendar, contract, row)
    note(
        uow, actor, now, "invoice.recorded", contract=contract_id, settlement=row.id, number=found.number, amount=f"{found.incl}",
        red_of=invoice.red_of, faults=list(wrong),
    )  # fmt: skip
    uow.commit()
    return wrong


def _typing_faults(uow: UnitOfWork, contract_id: str, invoice: NewInvoice, today: date) -> list[InputFault]:
    found = []
    number = invoice.number.strip()
    if not number or len(number) > _MAX_NUMBER:
        found.append(InputFault("number", "发票号码", f"请填写，不超过{_MAX_NUMBER}位"))
    elif invoice_numbered(uow.session, number) is not None:
        found.append(InputFault("number", "发票号码", f"“{number}”已经登记过"))
    if invoice.kind not in INVOICE_KINDS:
        found.append(InputFault("kind", "发票种类", "请选择", "、".join(INVOICE_KINDS.values())))
    if invoice.received_on > today:
        found.append(InputFault("received_on", "收到日", f"{invoice.received_on.isoformat()} 尚未到来"))
    if invoice.received_on < invoice.issued_on:
        found.append(InputFault("received_on", "收到日", f"早于开票日{invoice.issued_on.isoformat()}"))
    if not invoice.lines:
        found.append(InputFault("lines", "发票金额", "请至少填写一行税率、不含税额和税额"))
    for place, line in enumerate(invoice.lines, 1):
        for label, value in (("不含税额", line.excl), ("税额", line.tax)):
            found += amount_faults(
                f"lines.{place}", f"第{place}行{label}", value, "至多两位小数，且不超出金额范围", least=-LARGEST
            )
        if not line.rate.is_finite() or not 0 <= line.rate <= _ALL:
            found.append(InputFault(f"lines.{place}", f"第{place}行税率", "应在0至100之间"))
    if not found and not abs(sum((x.excl + x.tax for x in invoice.lines), ZERO)) <= LARGEST:
        found.append(InputFault("lines", "发票金额", "各行之和超出金额范围"))
    if invoice.document_id:
        document = find_document(uow.session, invoice.document_id)
        if document is None or document.contract_id != contract_id:
            found.append(InputFault("document", "发票文件", "不属于本合同"))
    return found


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
        laid, rest = proposal(payment.amount, f"{payment.reference} {payment.note}", open_items(uow, contract), payment.paid_on)
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
