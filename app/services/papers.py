"""Papers of a contract: drafted under a number of their own, sent, and arrived. What an arrival causes is decided by who asks."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from app.domain.errors import ContractError, InputError, InputFault
from app.domain.notice import Delivery, Method, Proof, delivery_faults, first_arrival
from app.domain.permissions import Actor
from app.domain.renewal_decision import Paper
from app.domain.variables import Value
from app.services.journal import note
from app.services.reminding import work_out
from app.services.term_state import TermState
from app.store.answers_json import read_stored_answers
from app.store.contracts import ContractRow, next_in_series
from app.store.deliveries import DeliveryRow, deliveries_of_paper, find_delivery
from app.store.documents import find_document
from app.store.instruments import InstrumentRow, find_instrument
from app.store.paper_texts import latest_paper_version
from app.store.uow import ChangedMeanwhile, UnitOfWork

DRAFTED, FROZEN, SENT, ARRIVED, SIGNED, VOID = "draft", "frozen", "sent", "arrived", "signed", "void"
STATES = {DRAFTED: "起草中", FROZEN: "已定稿", SENT: "已发出", ARRIVED: "已到达", SIGNED: "已签署", VOID: "已作废"}

IN_THE_HOUSE = (DRAFTED, FROZEN)
"""Nobody outside has it yet."""


@dataclass(frozen=True, slots=True)
class DeliveryView:
    id: str
    revision: int
    method: Method
    address: str
    sent_on: date
    arrived_on: date | None
    proof: Proof | None
    evidence: str
    sender: str


@dataclass(frozen=True, slots=True)
class PaperView:
    """A paper as lists show it. ``kind`` is a ``Paper`` value or another kind of the record."""

    id: str
    number: str
    kind: str
    title: str
    state: str
    arrived_on: date | None
    effective_on: date | None
    created_at: datetime
    deliveries: tuple[DeliveryView, ...]


class PaperMissing(ContractError):
    def __init__(self, paper_id: str) -> None:
        super().__init__("paper.missing", f"没有找到文书 {paper_id[:40]}。")


class DeliveryMissing(ContractError):
    def __init__(self, delivery_id: str) -> None:
        super().__init__("delivery.missing", f"没有找到送达记录 {delivery_id[:40]}。")


def draft_paper(
    uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, kind: str, code: str, title: str
) -> InstrumentRow:
    """A new paper under the next number of its kind (``合同号-XY-01``), in the caller's transaction under the contract's lock."""
    number = f"{contract.number}-{code}-{next_in_series(uow.session, f'{contract.number}-{code}'):02d}"
    row = InstrumentRow(
        id=uuid.uuid4().hex, contract_id=contract.id, kind=kind, number=number, title=title, state=DRAFTED, created_at=now,
        created_by=actor.name,
    )  # fmt: skip
    uow.session.add(row)
    note(uow, actor, now, "paper.drafted", contract=contract.id, paper=row.id, kind=kind, number=number)
    uow.session.flush()
    return row


def draft_of(uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, paper: Paper) -> InstrumentRow:
    return draft_paper(uow, actor, now, contract, paper.value, paper.code, paper.label)


def void_paper(uow: UnitOfWork, actor: Actor, now: datetime, row: InstrumentRow, reason: str) -> None:
    """Give up a paper that nobody has sent or signed; its number is not used again."""
    if row.state not in IN_THE_HOUSE:
        raise ContractError("paper.state", f"文书 {row.number} {STATES.get(row.state, row.state)}，不能作废。")
    row.state = VOID
    note(uow, actor, now, "paper.voided", contract=row.contract_id, paper=row.id, number=row.number, reason=reason)
    work_out(uow, row.contract_id, now)


def require_paper(uow: UnitOfWork, contract_id: str, paper_id: str) -> InstrumentRow:
    row = find_instrument(uow.session, paper_id)
    if row is None or row.contract_id != contract_id:
        raise PaperMissing(paper_id)
    return row


def add_sending(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, state: TermState, paper: InstrumentRow, sender: str, method: Method, sent_on: date
) -> DeliveryRow:  # fmt: skip
    """Record that the paper went out; the address is the one registered by section 12.2. Raises ``InputError``."""
    recipient = {"a": "b", "b": "a"}.get(sender, "")
    faults = [InputFault("sender", "发出方", "请选择甲方或者乙方")] if not recipient else []
    if paper.state == VOID:
        faults.append(InputFault("paper", "文书", f"{paper.number} 已作废，不能发出"))
    address = state.rules.addresses[recipient].of(method) if recipient else ""
    if recipient and not address:
        ways = "、".join(m.label for m in state.rules.methods(recipient))
        faults.append(InputFault("method", "送达方式", f"第12.2节没有登记对方的{method.label}地址", ways))
    if sent_on > today:
        faults.append(InputFault("sent_on", "发出日", f"{sent_on.isoformat()} 尚未到来", "请在实际发出后记录"))
    if faults:
        raise InputError(faults)
    row = DeliveryRow(
        id=uuid.uuid4().hex, contract_id=paper.contract_id, instrument_id=paper.id, sender=sender, method=method.value,
        address=address[:300], sent_on=sent_on, created_at=now, created_by=actor.name,
    )  # fmt: skip
    uow.session.add(row)
    if paper.state in IN_THE_HOUSE:
        paper.state = SENT
    note(
        uow, actor, now, "paper.sent", contract=paper.contract_id, paper=paper.id, number=paper.number, delivery=row.id,
        method=method.value, sender=sender, address=row.address, sent_on=sent_on.isoformat(),
    )  # fmt: skip
    work_out(uow, paper.contract_id, now)
    return row


def add_arrival(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    today: date,
    state: TermState,
    delivery_id: str,
    revision: int,
    arrived_on: date,
    proof: Proof,
    evidence: str,
    document_id: str = "",
) -> InstrumentRow:
    """Record an arrival with what shows it; of several ways the first arrival is the paper's. Returns the paper.

    Raises ``DeliveryMissing``, ``ChangedMeanwhile``, ``InputError``; ``delivery.arrived`` where one is recorded already: the
    law hangs on that day, so it is never overwritten.
    """
    row = find_delivery(uow.session, delivery_id)
    if row is None:
        raise DeliveryMissing(delivery_id)
    if row.revision != revision:
        raise ChangedMeanwhile
    if row.arrived_on is not None:
        raise ContractError("delivery.arrived", f"该次送达已记录于{row.arrived_on.isoformat()}到达。")
    delivery = Delivery(Method(row.method), row.sent_on, arrived_on, proof, evidence)
    found = delivery_faults(delivery, state.rules, state.calendar, today)
    if (
        document_id
        and (document := find_document(uow.session, document_id)) is not None
        and document.contract_id != row.contract_id
    ):
        found = (*found, "所附文件不属于本合同。")
    if found:
        raise InputError([InputFault("arrived_on", "到达记录", sentence.rstrip("。")) for sentence in found])
    row.arrived_on, row.proof, row.evidence, row.document_id = arrived_on, proof.value, evidence.strip(), document_id or None
    paper = require_paper(uow, row.contract_id, row.instrument_id)
    first = first_arrival(deliveries(uow, paper.id))
    paper.arrived_on, paper.state = first.arrived_on if first else None, ARRIVED
    note(
        uow, actor, now, "paper.arrived", contract=row.contract_id, paper=paper.id, number=paper.number, delivery=row.id,
        arrived_on=arrived_on.isoformat(), proof=proof.value, evidence=row.evidence, counts=paper.arrived_on == arrived_on,
    )  # fmt: skip
    return paper


def deliveries(uow: UnitOfWork, paper_id: str) -> tuple[Delivery, ...]:
    """The sendings of a paper as the domain knows them."""
    return tuple(
        Delivery(Method(r.method), r.sent_on, r.arrived_on, Proof(r.proof) if r.proof else None, r.evidence)
        for r in deliveries_of_paper(uow.session, paper_id)
    )


def stated(uow: UnitOfWork, paper: InstrumentRow, name: str) -> Value:
    """What the frozen text of a paper says of ``name``; None where it says nothing or was written elsewhere."""
    version = latest_paper_version(uow.session, paper.id)
    return read_stored_answers(version.answers).get(name) if version is not None else None


def view_paper(uow: UnitOfWork, row: InstrumentRow) -> PaperView:
    sent = deliveries_of_paper(uow.session, row.id)
    return PaperView(
        row.id, row.number, row.kind, row.title, row.state, row.arrived_on, row.effective_on, row.created_at,
        tuple(
            DeliveryView(
                d.id, d.revision, Method(d.method), d.address, d.sent_on, d.arrived_on, Proof(d.proof) if d.proof else None,
                d.evidence, d.sender,
            )
            for d in sent
        ),
    )  # fmt: skip
