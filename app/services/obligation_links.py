"""Where another room does an obligation by the way, and knows what begins others: figures, scores, statements, invoices, payments.

Inside the caller's transaction, who holds the contract's lock and commits. A contract whose obligations aren't planned has nothing to link;
what happened is recorded all the same, so that planning finds it.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime

from app.domain.obligation_state import DutyState
from app.domain.obligations import Catalogue
from app.domain.permissions import Actor
from app.services.drafting import Reference
from app.services.event_rows import Happening, note_event, unnote_events
from app.services.obligation_keeping import UNPROVEN, Proof, fulfil, fulfil_keyed, take_back
from app.services.obligation_planning import Almanac, plan_quietly
from app.store.contracts import ContractRow
from app.store.obligations import ObligationRow, events_named, last_opened, obligation_with_key
from app.store.uow import UnitOfWork

STATEMENT, CONFIRMATION, INVOICE, PAYMENT = "O-8.2-1", "O-8.2-2", "O-8.2-3", "O-8.2-4"
STATEMENT_OBJECTION, FIGURES, REVIEW, OBJECTION = "O-8.3-2", "O-5.2-1", "O-5.2-2", "O-5.2-3"
RECTIFICATION = "O-5.3-1"
SOURCE = "settling"
"""Source of an event that figures or settlements brought about; only they take it back."""


# ---- figures and scores


def figures_submitted(
    uow: UnitOfWork, actor: Actor, now: datetime, reference: Reference, contract: ContractRow, month: date, on: date
) -> None:  # fmt: skip
    """Party B handed the figures of a month in: party A's period to review them begins."""
    row = _of_period(uow, contract.id, FIGURES, month)
    if row is not None and row.state in UNPROVEN:
        fulfil(uow, actor, now, contract, row, Proof(on, f"{month_label(month)}考核数据"))
        plan_quietly(uow, actor, now, contract, _almanac(reference))


def figures_reviewed(
    uow: UnitOfWork, actor: Actor, now: datetime, reference: Reference, contract: ContractRow, month: date, submitted_on: date, on: date,
    words: str = "审核结果",
) -> None:  # fmt: skip
    """Party A reviewed them on ``on``: party B's period to object begins."""
    figures_submitted(uow, actor, now, reference, contract, month, submitted_on)
    row = _of_period(uow, contract.id, FIGURES, month)
    if row is not None:
        proof = Proof(on, f"{month_label(month)}考核数据：{words}")
        fulfil_keyed(uow, actor, now, contract, _almanac(reference), f"{REVIEW}/{row.id}", proof)


def review_answered(
    uow: UnitOfWork, actor: Actor, now: datetime, reference: Reference, contract: ContractRow, month: date, on: date, words: str
) -> None:  # fmt: skip
    """Party B spoke, or kept silent until its period was over."""
    _answered(uow, actor, now, contract, month, on, words, _almanac(reference))


def score_confirmed(
    uow: UnitOfWork, actor: Actor, now: datetime, reference: Reference, contract: ContractRow, month: date, on: date, triggers: str
) -> None:  # fmt: skip
    """The score stands. ``triggers``: why party A has to ask for improvement, empty where it has not."""
    _answered(uow, actor, now, contract, month, on, "得分已确认", None)
    note_event(uow, actor, now, contract, Happening("score_confirmed", on, month_label(month)), SOURCE)
    if triggers:
        note_event(uow, actor, now, contract, Happening("improve_triggered", on, month_label(month), note=triggers[:400]), SOURCE)
    plan_quietly(uow, actor, now, contract, _almanac(reference))


def score_taken_back(
    uow: UnitOfWork, actor: Actor, now: datetime, reference: Reference, contract: ContractRow, month: date, reason: str
) -> None:  # fmt: skip
    """The confirmation was taken back, and with it what hung on it and is still open."""
    for kind in ("score_confirmed", "improve_triggered"):
        unnote_events(uow, actor, now, contract, kind, month_label(month), SOURCE, reason)
    review = _review(uow, contract.id, month)
    if review is not None:
        _taken_back(uow, actor, now, contract, f"{OBJECTION}/{review.id}", reason)
    plan_quietly(uow, actor, now, contract, _almanac(reference))


def rectification_sent(
    uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, month: date, on: date, number: str
) -> None:
    """The 整改通知 that the score of a month asked for went out."""
    for event in events_named(uow.session, contract.id, "improve_triggered", month_label(month)):
        row = obligation_with_key(uow.session, contract.id, f"{RECTIFICATION}/{event.id}")
        if row is not None and row.state in UNPROVEN:
            fulfil(uow, actor, now, contract, row, Proof(on, f"整改通知 {number}"))


# ---- statements


def statement_handed_in(
    uow: UnitOfWork, actor: Actor, now: datetime, reference: Reference, contract: ContractRow, start: date, on: date, number: str
) -> None:  # fmt: skip
    """The statement of the period that begins on ``start`` was handed in: the other party's period to confirm it begins."""
    row = _of_period(uow, contract.id, STATEMENT, start)
    if row is not None and row.state in UNPROVEN:
        fulfil(uow, actor, now, contract, row, Proof(on, f"结算单 {number}"))
        plan_quietly(uow, actor, now, contract, _almanac(reference))


def statement_received(uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, on: date, number: str) -> None:
    """Party A had it: its period to object begins. The caller plans again."""
    unnote_events(uow, actor, now, contract, "statement_received", number, SOURCE, "更正收到日")
    note_event(uow, actor, now, contract, Happening("statement_received", on, number), SOURCE)


def statement_objected(
    uow: UnitOfWork, actor: Actor, now: datetime, reference: Reference, contract: ContractRow, on: date, number: str, words: str
) -> None:  # fmt: skip
    """Party A objected, or its period to object is over with the confirmation."""
    for event in events_named(uow.session, contract.id, "statement_received", number):
        proof = Proof(on, f"结算单 {number}：{words}")
        fulfil_keyed(uow, actor, now, contract, _almanac(reference), f"{STATEMENT_OBJECTION}/{event.id}", proof)


def statement_confirmed(
    uow: UnitOfWork, actor: Actor, now: datetime, reference: Reference, contract: ContractRow, start: date, on: date, number: str
) -> None:  # fmt: skip
    """It was confirmed: invoice and payment have their periods from that day."""
    row = _of_period(uow, contract.id, STATEMENT, start)
    if row is not None:
        proof = Proof(on, f"结算单 {number} 已确认")
        fulfil_keyed(uow, actor, now, contract, _almanac(reference), f"{CONFIRMATION}/{row.id}", proof)


def statement_said_in_time(
    uow: UnitOfWork, actor: Actor, now: datetime, reference: Reference, contract: ContractRow, start: date, on: date, number: str, words: str
) -> None:  # fmt: skip
    """What silence had done is done by a word of ``on`` instead: the day of what hangs on it moves with it."""
    row = _of_period(uow, contract.id, STATEMENT, start)
    keys = [f"{STATEMENT_OBJECTION}/{event.id}" for event in events_named(uow.session, contract.id, "statement_received", number)]
    for key in (*keys, *([f"{CONFIRMATION}/{row.id}"] if row is not None else [])):
        done = obligation_with_key(uow.session, contract.id, key)
        if done is not None and done.state == DutyState.DONE.value:
            take_back(uow, actor, now, contract, done, f"期限内已有书面表示：{words}")
            fulfil(uow, actor, now, contract, done, Proof(on, f"结算单 {number}：{words}"))
    plan_quietly(uow, actor, now, contract, _almanac(reference))


def statement_stands(
    uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, start: date, number: str, invoiced: date | None, paid: date | None
) -> None:  # fmt: skip
    """Bring invoice and payment of a confirmed statement in line with what is there. None: not (or no longer) invoiced, paid."""
    row = _of_period(uow, contract.id, STATEMENT, start)
    confirmed = obligation_with_key(uow.session, contract.id, f"{CONFIRMATION}/{row.id}") if row is not None else None
    if confirmed is None:
        return
    for duty, on, words in ((INVOICE, invoiced, f"结算单 {number} 的发票"), (PAYMENT, paid, f"结算单 {number} 已付清")):
        found = obligation_with_key(uow.session, contract.id, f"{duty}/{confirmed.id}")
        if found is None:
            continue
        if on is not None and found.state in UNPROVEN:
            fulfil(uow, actor, now, contract, found, Proof(on, words))
        elif on is None and found.state == DutyState.DONE.value and found.ground == words:
            take_back(uow, actor, now, contract, found, f"结算单 {number} 的发票、付款已经冲销")


def statement_voided(
    uow: UnitOfWork, actor: Actor, now: datetime, reference: Reference, contract: ContractRow, start: date, number: str, reason: str
) -> None:  # fmt: skip
    """It was given up: handing it in is owed again, and what hung on it and is still open goes."""
    for event in events_named(uow.session, contract.id, "statement_received", number):
        _taken_back(uow, actor, now, contract, f"{STATEMENT_OBJECTION}/{event.id}", reason)
    for kind in ("statement_received", "payment_overdue"):
        unnote_events(uow, actor, now, contract, kind, number, SOURCE, reason)
    row = _of_period(uow, contract.id, STATEMENT, start)
    if row is not None:
        _taken_back(uow, actor, now, contract, f"{CONFIRMATION}/{row.id}", reason)
        _taken_back(uow, actor, now, contract, row.key, reason)
    plan_quietly(uow, actor, now, contract, _almanac(reference))


# ---- payments


def payment_overdue(
    uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, reference: Reference, on: date, number: str
) -> bool:  # fmt: skip
    """A statement was not paid by its last day; ``on``: the day after. Whether that was new."""
    made = note_event(uow, actor, now, contract, Happening("payment_overdue", on, number), SOURCE)
    if made is not None:
        plan_quietly(uow, actor, now, contract, _almanac(reference))
    return made is not None


def payment_in_time(uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, number: str) -> bool:
    """A payment that was recorded or matched later shows that nothing was overdue; whether that was said. The clock plans again."""
    return bool(unnote_events(uow, actor, now, contract, "payment_overdue", number, SOURCE, "按付款日没有逾期"))


def overpaid(
    uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, reference: Reference, on: date, payment: str, words: str
) -> None:  # fmt: skip
    """More was paid than is owed: party B's period to pay it back begins (section 8.3)."""
    note_event(uow, actor, now, contract, Happening("overpayment_found", on, payment, note=words), SOURCE)
    plan_quietly(uow, actor, now, contract, _almanac(reference))


def no_longer_overpaid(
    uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, reference: Reference, payment: str, reason: str
) -> None:  # fmt: skip
    """What was left over was matched, or the payment was taken back."""
    if unnote_events(uow, actor, now, contract, "overpayment_found", payment, SOURCE, reason):
        plan_quietly(uow, actor, now, contract, _almanac(reference))


# ---- inside


def month_label(month: date) -> str:
    return f"{month.year}年{month.month}月"


def _answered(
    uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, month: date, on: date, words: str, almanac: Almanac | None
) -> None:  # fmt: skip
    review = _review(uow, contract.id, month)
    if review is not None:
        fulfil_keyed(
            uow, actor, now, contract, almanac, f"{OBJECTION}/{review.id}", Proof(on, f"{month_label(month)}考核：{words}")
        )


def _review(uow: UnitOfWork, contract_id: str, month: date) -> ObligationRow | None:
    row = _of_period(uow, contract_id, FIGURES, month)
    return obligation_with_key(uow.session, contract_id, f"{REVIEW}/{row.id}") if row is not None else None


def _taken_back(uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, key: str, reason: str) -> None:
    row = obligation_with_key(uow.session, contract.id, key)
    if row is not None and row.state == DutyState.DONE.value:
        take_back(uow, actor, now, contract, row, reason)


def _of_period(uow: UnitOfWork, contract_id: str, duty: str, day: date) -> ObligationRow | None:
    """The instance of a recurring obligation whose period the first day of a month lies in; a term may begin within that month."""
    return last_opened(uow.session, contract_id, duty, day.replace(day=monthrange(day.year, day.month)[1]))


def _almanac(reference: Reference) -> Almanac:
    return Almanac(Catalogue.of(reference.library), reference.calendar)
