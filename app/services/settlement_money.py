"""How a payment is shown, with what it is laid upon."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from app.domain.money import ZERO
from app.store.instruments import find_instrument
from app.store.settlements import PaymentRow, find_settlement
from app.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class PaymentView:
    """``matched``: (number of the 结算单, amount); ``left``: what is laid upon nothing; ``held``: kept for matching by hand."""

    id: str
    revision: int
    paid_on: date
    amount: Decimal
    reference: str
    note: str
    matched: tuple[tuple[str, Decimal], ...]
    left: Decimal
    reversed_on: date | None
    reversal: str
    by: str
    held: bool


def payment_view(uow: UnitOfWork, row: PaymentRow) -> PaymentView:
    matched = []
    for match in row.matches:
        settlement = find_settlement(uow.session, match.settlement_id)
        paper = find_instrument(uow.session, settlement.instrument_id) if settlement else None
        matched.append((paper.number if paper else "", match.amount))
    left = row.amount - sum((m.amount for m in row.matches), ZERO)
    return PaymentView(
        row.id, row.revision, row.paid_on, row.amount, row.reference, row.note, tuple(sorted(matched)), left, row.reversed_on,
        row.reversal, row.created_by, row.held,
    )  # fmt: skip
