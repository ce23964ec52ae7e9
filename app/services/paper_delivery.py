"""Papers that change nothing by arriving: rectification, demand outside a case, settlement. Sent, arrived, confirmed.

Papers on the renewal and on ending have consequences of their own; those are recorded with ``renewal_papers`` and ``termination_papers``.
"""

from __future__ import annotations

from datetime import date, datetime

from app.domain.calendar import WorkingCalendar
from app.domain.errors import ContractError, InputError, InputFault
from app.domain.notice import Method, Proof
from app.domain.papers import PaperKind, PaperState
from app.domain.permissions import Action, Actor
from app.services.journal import note
from app.services.money_rows import OPEN
from app.services.obligation_links import rectification_sent
from app.services.paper_texts import kind_of, open_paper, require_state
from app.services.papers import add_arrival, add_sending
from app.services.settling import received
from app.services.term_state import load_term_state
from app.store.contracts import ContractRow
from app.store.deliveries import find_delivery
from app.store.endings import ending_of_paper
from app.store.instruments import InstrumentRow
from app.store.service_months import month_of_rectification
from app.store.settlements import settlement_of_paper
from app.store.uow import UnitOfWork

ALONE = (PaperKind.RECTIFICATION, PaperKind.DEMAND, PaperKind.SETTLEMENT)


def stands_alone(uow: UnitOfWork, row: InstrumentRow) -> bool:
    """Whether the paper is sent and recorded from its own page; others belong to the renewal or to a case of ending."""
    return kind_of(row) in ALONE and ending_of_paper(uow.session, row.id) is None


def may_be_sent_alone(uow: UnitOfWork, actor: Actor, paper_id: str) -> bool:
    _, row = open_paper(uow, actor, Action.READ_CONTRACTS, paper_id)
    return stands_alone(uow, row)


def send_alone(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, official: WorkingCalendar, paper_id: str, *, sender: str, method: Method,
    sent_on: date,
) -> str:  # fmt: skip
    """Record that a frozen paper was sent; returns the delivery's id. Raises ``InputError``, ``paper.state``, ``paper.elsewhere``."""
    contract, row = open_paper(uow, actor, Action.FILE_PAPER, paper_id, lock=True)
    _require_alone(uow, row)
    require_state(row, PaperState.FROZEN, PaperState.SENT, what="发出；请先定稿")
    sent = add_sending(uow, actor, now, today, load_term_state(uow, contract, official), row, sender, method, sent_on)
    month = month_of_rectification(uow.session, row.id)
    if month is not None and sender == "a":
        rectification_sent(uow, actor, now, contract, month.month, sent_on, row.number)
    uow.commit()
    return sent.id


def arrive_alone(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, official: WorkingCalendar, delivery_id: str, revision: int, *,
    arrived_on: date, proof: Proof, evidence: str,
) -> str:  # fmt: skip
    """Record the arrival; returns the paper's number. Raises ``DeliveryMissing``, ``InputError``, ``ChangedMeanwhile``."""
    delivery = find_delivery(uow.session, delivery_id)
    if delivery is not None:
        contract, row = open_paper(uow, actor, Action.FILE_PAPER, delivery.instrument_id, lock=True)
        _require_alone(uow, row)
        state = load_term_state(uow, contract, official)
        paper = add_arrival(uow, actor, now, today, state, delivery_id, revision, arrived_on, proof, evidence)
        _reached(uow, actor, now, today, official, contract, row, delivery.sender, arrived_on)
        uow.commit()
        return paper.number
    raise ContractError("delivery.missing", f"没有找到送达记录 {delivery_id[:40]}。")


def confirm_settlement(uow: UnitOfWork, actor: Actor, now: datetime, today: date, paper_id: str, *, signed_on: date) -> None:
    """Record that the other party has confirmed the settlement by its signature. Raises ``InputError``, ``paper.state``."""
    contract, row = open_paper(uow, actor, Action.FILE_PAPER, paper_id, lock=True)
    if kind_of(row) is not PaperKind.SETTLEMENT:
        raise ContractError("paper.kind", f"{row.number} 不是结算单。")
    require_state(row, PaperState.FROZEN, PaperState.SENT, PaperState.ARRIVED, what="记录确认；请先定稿")
    if settlement_of_paper(uow.session, row.id) is not None:
        raise ContractError("paper.elsewhere", f"结算单 {row.number} 请在“结算”页确认：付款期自确认之日起算。")
    if signed_on > today:
        raise InputError([InputFault("signed_on", "确认日", f"{signed_on.isoformat()} 尚未到来", "请在实际确认后记录")])
    row.arrived_on, row.effective_on, row.state = row.arrived_on or signed_on, signed_on, PaperState.SIGNED.value
    note(
        uow, actor, now, "paper.signed", contract=contract.id, paper=row.id, number=row.number, signed_on=signed_on.isoformat(),
        effective_on=signed_on.isoformat(),
    )  # fmt: skip
    uow.commit()


def _reached(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, official: WorkingCalendar, contract: ContractRow, row: InstrumentRow,
    sender: str, on: date,
) -> None:  # fmt: skip
    """A 结算单 that party B sent has reached party A: its periods to confirm and to object begin (section 8.2)."""
    settlement = settlement_of_paper(uow.session, row.id)
    if settlement is not None and settlement.state == OPEN and settlement.received_on is None and sender == "b":
        received(uow, actor, now, official, contract, settlement, max(on, settlement.submitted_on))
        contract.clock_on = today


def _require_alone(uow: UnitOfWork, row: InstrumentRow) -> None:
    if not stands_alone(uow, row):
        raise ContractError("paper.elsewhere", f"{row.title} {row.number} 的送达或者签署请在“期限”页记录，以便一并处理其后果。")
