"""Payments laid upon settlements: proposed by number, amount and due day, and changed by hand (section 8.2; CC:560)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby

from app.domain.calendar import WorkingCalendar
from app.domain.errors import ContractError, InputError, InputFault
from app.domain.money import ZERO, amount_faults
from app.domain.permissions import Action, Actor, may, require
from app.domain.settlement.delays import late_rate
from app.domain.settlement.laying import OpenItem, proposal
from app.services.access import record_of
from app.services.drafting import Reference
from app.services.journal import note
from app.services.money_rows import DONE, invoice_rows_for, open_claims, paid_on, refresh
from app.services.obligation_links import no_longer_overpaid, overpaid
from app.services.paper_texts import PaperKit
from app.services.record import opened
from app.services.settlement_money import PaymentView, payment_view
from app.services.settlement_terms import TermsBook
from app.store.contracts import ContractRow, contracts_with_ids
from app.store.instruments import find_instrument
from app.store.obligations import events_named
from app.store.settlements import (
    PaymentMatchRow,
    PaymentRow,
    SettlementRow,
    find_payment,
    find_settlement,
    payments_of,
    settlements_of,
    touch_payment,
    unmatched_payments,
)
from app.store.uow import ChangedMeanwhile, UnitOfWork

MOST = 500


class PaymentMissing(ContractError):
    def __init__(self, payment_id: str) -> None:
        super().__init__("payment.missing", f"没有找到付款 {payment_id[:40]}。")


@dataclass(frozen=True, slots=True)
class MatchLine:
    """One settlement that a payment may be laid upon. ``room``: what of it this payment could cover; ``matched``: what it covers now;
    ``proposed``: what would be laid upon it by itself."""

    settlement_id: str
    number: str
    start: date
    end: date
    incl: Decimal
    due_on: date | None
    invoices: tuple[str, ...]
    room: Decimal
    matched: Decimal
    proposed: Decimal


@dataclass(frozen=True, slots=True)
class MatchDesk:
    payment: PaymentView
    lines: tuple[MatchLine, ...]


@dataclass(frozen=True, slots=True)
class UnmatchedLine:
    """A payment that is not laid upon anything in full."""

    contract_id: str
    number: str
    title: str
    payment: PaymentView


def match_payment(
    uow: UnitOfWork, actor: Actor, now: datetime, kit: PaperKit, contract_id: str, payment_id: str, seen: int,
    matches: Mapping[str, Decimal], reason: str = "",
) -> Decimal:  # fmt: skip
    """Lay a payment upon exactly these settlements (id → amount; nought takes a match back); returns what is left over.

    ``reason`` is needed where a match is taken back or made smaller. Raises ``InputError`` with every fault, ``payment.missing``,
    ``payment.reversed``, ``ChangedMeanwhile``.
    """
    contract = opened(uow, actor, Action.KEEP_PERFORMANCE, contract_id, lock=True)
    row = come_to_payment(uow, contract_id, payment_id, seen)
    had = {m.settlement_id: m.amount for m in row.matches}
    wanted = {key: amount for key, amount in matches.items() if amount}
    faults = _faults(uow, contract, row, had, wanted)
    less = [key for key, amount in had.items() if (new := wanted.get(key, ZERO)).is_finite() and new < amount]
    if less and not reason.strip():
        faults.append(InputFault("reason", "理由", "撤销或者减少已有的核销，请写明理由"))
    if faults:
        raise InputError(faults)
    if wanted == had:
        return row.amount - sum(had.values(), ZERO)
    row.matches[:] = [m for m in row.matches if m.settlement_id in wanted]
    for match in row.matches:
        match.amount = wanted[match.settlement_id]
    row.matches += [PaymentMatchRow(settlement_id=key, amount=amount) for key, amount in wanted.items() if key not in had]
    row.matched_at = now
    uow.session.flush()
    for key in sorted({*had, *wanted}):
        settlement = find_settlement(uow.session, key)
        if settlement is not None:
            refresh(uow, actor, now, kit.reference.calendar, contract, settlement)
    left = row.amount - sum(wanted.values(), ZERO)
    note(
        uow, actor, now, "payment.matched", contract=contract_id, payment=row.id, number=row.reference, amount=f"{row.amount}", left=f"{left}",
        before=_plain(had), matches=_plain(wanted), reason=reason.strip(),
    )  # fmt: skip
    note_overpaid(uow, actor, now, kit.reference, contract, row, row.paid_on)
    uow.commit()
    return left


def come_to_payment(uow: UnitOfWork, contract_id: str, payment_id: str, seen: int) -> PaymentRow:
    """A payment that counts. Raises ``payment.missing``, ``payment.reversed``, ``ChangedMeanwhile``."""
    row = find_payment(uow.session, payment_id)
    if row is None or row.contract_id != contract_id:
        raise PaymentMissing(payment_id)
    if row.revision != seen:
        raise ChangedMeanwhile
    if row.reversed_on is not None:
        raise ContractError("payment.reversed", f"该笔付款已于{row.reversed_on.isoformat()}冲销。")
    return row


def note_overpaid(
    uow: UnitOfWork, actor: Actor, now: datetime, reference: Reference, contract: ContractRow, cause: PaymentRow | None, on: date
) -> None:
    """What is left over of any payment once nothing is open is overpaid, which party B pays back; while something is open it only waits
    to be matched. ``cause``: the payment that changed on ``on``, None where what is owed did.

    Held back is only what may still be laid upon something; a payment that was just entered so, ahead of its sheet, stays held.
    """
    open_ = sum((s.open_amount for s in settlements_of(uow.session, contract.id) if s.state == DONE), ZERO)
    reopened = cause is not None and cause.reversed_on is not None and open_ > 0
    for row in payments_of(uow.session, contract.id):
        if row.reversed_on is not None and row is not cause:
            continue
        left = row.amount - sum((m.amount for m in row.matches), ZERO) if row.reversed_on is None else ZERO
        if row is cause and row.matched_at is not None:
            row.held = left > 0 and open_ > 0
        elif row is not cause and not open_:
            row.held = False
        if left > 0 and not open_ and not row.held:
            if not events_named(uow.session, contract.id, "overpayment_found", row.reference):
                overpaid(uow, actor, now, contract, reference, max(on, row.paid_on), row.reference, f"多付{left}元")
        elif row is cause or left <= 0 or reopened:
            no_longer_overpaid(uow, actor, now, contract, reference, row.reference, "已经核销或者冲销")


def free_surplus(
    uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, settlement: SettlementRow, owed: Decimal, reason: str
) -> None:
    """What was paid on a settlement beyond ``owed`` is laid upon it no longer, of the latest payment first: it waits to be matched."""
    over = sum((amount for _, amount in paid_on(uow, settlement.id)), ZERO) - owed
    for row in reversed(payments_of(uow.session, contract.id)):
        match = next((m for m in row.matches if m.settlement_id == settlement.id), None)
        if over <= 0 or match is None or row.reversed_on is not None:
            continue
        had, part = {m.settlement_id: m.amount for m in row.matches}, min(over, match.amount)
        over -= part
        if part == match.amount:
            row.matches.remove(match)
        else:
            match.amount -= part
        row.held = True
        touch_payment(row)
        left = row.amount - sum((m.amount for m in row.matches), ZERO)
        note(
            uow, actor, now, "payment.matched", contract=contract.id, payment=row.id, number=row.reference, amount=f"{row.amount}",
            left=f"{left}", before=_plain(had), matches=_plain({m.settlement_id: m.amount for m in row.matches}), reason=reason,
        )  # fmt: skip
    uow.session.flush()


def open_items(uow: UnitOfWork, calendar: WorkingCalendar, contract: ContractRow) -> list[OpenItem]:
    """What a payment may be laid upon, as the proposal sees it: of each settlement what is payable by one day, and what is in dispute."""
    rows = [r for r in settlements_of(uow.session, contract.id) if r.state == DONE and r.open_amount > 0]
    if len(rows) < 2:
        return [OpenItem(row.id, row.due_on, row.open_amount) for row in rows]
    book, found = TermsBook(uow, contract), list[OpenItem]()
    for row in rows:
        pay = book.on(row.start.replace(day=1)).pay
        names = (_number(uow, row), *(i.number for i in invoice_rows_for(uow, row)))
        waiting = open_claims(uow, calendar, contract, row, pay)
        for (by, paused), alike in groupby(waiting, lambda x: (x[0].pay_by, x[0].paused)):
            found.append(OpenItem(row.id, by, sum((left for _, left in alike), ZERO), names, late_rate(pay).bp, paused))
    return found


# ---- views


def match_desk(uow: UnitOfWork, actor: Actor, kit: PaperKit, contract_id: str, payment_id: str) -> MatchDesk:
    """Raises ``ContractMissing``, ``payment.missing``."""
    contract = opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    row = find_payment(uow.session, payment_id)
    if row is None or row.contract_id != contract_id:
        raise PaymentMissing(payment_id)
    had = {m.settlement_id: m.amount for m in row.matches}
    left = row.amount - sum(had.values(), ZERO)
    proposed = dict(
        proposal(left, f"{row.reference} {row.note}", open_items(uow, kit.reference.calendar, contract), row.paid_on)[0]
    )
    lines = [
        MatchLine(
            s.id, _number(uow, s), s.start, s.end, s.incl, s.due_on, tuple(i.number for i in invoice_rows_for(uow, s) if not i.red_of),
            s.open_amount + had.get(s.id, ZERO), had.get(s.id, ZERO), proposed.get(s.id, ZERO),
        )
        for s in settlements_of(uow.session, contract_id) if s.state == DONE and (s.open_amount > 0 or s.id in had)
    ]  # fmt: skip
    return MatchDesk(payment_view(uow, row), tuple(lines))


def unmatched(uow: UnitOfWork, actor: Actor) -> tuple[UnmatchedLine, ...]:
    """Payments that are not laid upon anything in full, over all contracts that the actor may read; the oldest first."""
    require(actor, Action.READ_CONTRACTS)
    rows = unmatched_payments(uow.session, MOST)
    contracts = {c.id: c for c in contracts_with_ids(uow.session, {r.contract_id for r in rows})}
    readable = {key: c for key, c in contracts.items() if may(actor, Action.READ_CONTRACTS, record_of(c))}
    return tuple(
        UnmatchedLine(r.contract_id, readable[r.contract_id].number, readable[r.contract_id].title, payment_view(uow, r))
        for r in rows if r.contract_id in readable
    )  # fmt: skip


def payment_with(uow: UnitOfWork, actor: Actor, contract_id: str, reference: str) -> PaymentView:
    """The payment that counts under this bank reference or id. Raises ``payment.missing``."""
    opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    for row in payments_of(uow.session, contract_id):
        if reference in (row.id, row.reference) and row.reversed_on is None:
            return payment_view(uow, row)
    raise ContractError("payment.missing", f"没有流水号为“{reference[:100]}”的有效付款。")


# ---- inside


def _faults(
    uow: UnitOfWork, contract: ContractRow, row: PaymentRow, had: Mapping[str, Decimal], wanted: Mapping[str, Decimal]
) -> list[InputFault]:
    found = []
    for key, amount in wanted.items():
        settlement = find_settlement(uow.session, key)
        if settlement is None or settlement.contract_id != contract.id or settlement.state != DONE:
            found.append(InputFault(f"match-{key}", "核销", "所选结算单不存在或者尚未确认"))
            continue
        room = settlement.open_amount + had.get(key, ZERO)
        problem = f"核销金额应不小于零、不超过可核销的{room}元，至多两位小数"
        found += amount_faults(f"match-{key}", _number(uow, settlement), amount, problem, most=room)
    total = sum((a for a in wanted.values() if a.is_finite()), ZERO)
    if total > row.amount:
        found.append(InputFault("matches", "核销合计", f"各笔之和{total}元大于付款金额{row.amount}元"))
    return found


def _number(uow: UnitOfWork, row: SettlementRow) -> str:
    paper = find_instrument(uow.session, row.instrument_id)
    return paper.number if paper else row.id


def _plain(matches: Mapping[str, Decimal]) -> list[list[str]]:
    return [[key, f"{amount}"] for key, amount in sorted(matches.items())]
