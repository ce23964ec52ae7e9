"""What becomes of an instance: done with evidence, waived with authority, disputed, taken up again, handed to somebody.

Each use case commits once. ``fulfil`` is for use cases that do an obligation by the way (a statement handed in, a score confirmed): it works
inside their transaction.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from app.domain.errors import ContractError, InputError, InputFault
from app.domain.lifecycle import Stage
from app.domain.obligation_events import SUCCESSORS
from app.domain.obligation_state import DutyState, is_taken_as_done
from app.domain.permissions import Action, Actor
from app.services.journal import note
from app.services.obligation_planning import Almanac, plan_quietly, read_reasons
from app.services.obligation_reminding import remind_of
from app.services.record import opened
from app.store.contracts import ContractRow
from app.store.documents import find_document
from app.store.obligations import (
    ContractEventRow,
    ObligationRow,
    event_like,
    find_event,
    find_obligation,
    obligation_with_key,
)
from app.store.uow import ChangedMeanwhile, UnitOfWork

FEWEST = 4
"""Characters of a reason."""
UNPROVEN = frozenset({DutyState.OPEN.value, DutyState.BEFORE.value})
"""States that give way to what is recorded."""
BY_DUTY = "duty"
"""Source of an event that is the fulfilment of an obligation."""


class ObligationMissing(ContractError):
    def __init__(self) -> None:
        super().__init__("obligation.missing", "没有找到这项义务，可能已随合同变更重新排期。")


@dataclass(frozen=True, slots=True)
class Proof:
    """What shows that something was done: on which day (or at which moment, for periods of hours), in words, with which file."""

    done_on: date
    evidence: str
    document_id: str = ""
    done_at: datetime | None = None


def finish(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, almanac: Almanac, contract_id: str, obligation_id: str, revision: int, proof: Proof
) -> None:  # fmt: skip
    """Record that it is done. Where that begins the other party's period, the period begins with the same commit.

    Raises ``ContractMissing``, ``Forbidden``, ``ObligationMissing``, ``ChangedMeanwhile``, ``InputError`` with every fault.
    """
    contract, row = _come_to(uow, actor, Action.KEEP_PERFORMANCE, contract_id, obligation_id, revision)
    faults = _settled(row)
    if proof.done_on > today:
        faults.append(InputFault("done_on", "完成日", f"{proof.done_on.isoformat()} 尚未到来"))
    if not proof.evidence.strip() and not proof.document_id:
        faults.append(InputFault("evidence", "依据", "须写明完成的依据（文件、记录的编号或者说明），或者附上文件"))
    faults += _document_faults(uow, row, proof.document_id)
    if faults:
        raise InputError(faults)
    fulfil(uow, actor, now, contract, row, proof)
    plan_quietly(uow, actor, now, contract, almanac)
    uow.commit()


def fulfil(uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, row: ObligationRow, proof: Proof) -> None:
    """As ``finish``, without its checks, in the caller's transaction; the caller holds the contract's lock, plans again and commits."""
    row.state, row.done_on, row.done_at = DutyState.DONE.value, proof.done_on, proof.done_at
    _settle(uow, row, actor, now, proof.evidence, document_id=proof.document_id)
    note(
        uow, actor, now, "obligation.done", contract=contract.id, obligation=row.id, duty=row.duty, name=_name(row),
        done_on=proof.done_on.isoformat(), evidence=row.ground, document=proof.document_id,
    )  # fmt: skip
    kind = SUCCESSORS.get(row.duty)
    if kind and event_like(uow.session, contract.id, kind, row.label[:100], proof.done_on) is None:
        uow.session.add(
            ContractEventRow(
                id=row.id, contract_id=contract.id, kind=kind, on_day=proof.done_on, moment=proof.done_at, subject=row.label[:100],
                note=row.action, source=BY_DUTY, created_at=now, created_by=actor.name,
            )
        )  # fmt: skip
    uow.session.flush()


def fulfil_keyed(
    uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, almanac: Almanac | None, key: str, proof: Proof
) -> bool:
    """For other use cases: the open instance under ``key`` (``O-8.2-1/2027-03-01+1M``) is done; whether there was one. Plans again,
    unless the caller does (``almanac`` None)."""
    row = obligation_with_key(uow.session, contract.id, key)
    if row is None or row.state not in UNPROVEN:
        return False
    fulfil(uow, actor, now, contract, row, proof)
    plan_quietly(uow, actor, now, contract, almanac)
    return True


def waive(
    uow: UnitOfWork, actor: Actor, now: datetime, contract_id: str, obligation_id: str, revision: int, *, reason: str,
    authority: str, document_id: str = "",
) -> None:  # fmt: skip
    """Give it up. ``authority``: on whose decision or which paper that rests; without one nobody may give up what is owed."""
    _, row = _come_to(uow, actor, Action.WAIVE_OBLIGATION, contract_id, obligation_id, revision)
    faults = [*_settled(row), *_reason_faults(reason, "豁免的理由")]
    if len("".join(authority.split())) < FEWEST:
        faults.append(InputFault("authority", "授权依据", "须写明依据：批准人和批准文件，或者对方的书面豁免"))
    faults += _document_faults(uow, row, document_id)
    if faults:
        raise InputError(faults)
    row.state, row.authority = DutyState.WAIVED.value, authority.strip()
    _settle(uow, row, actor, now, reason, document_id=document_id)
    note(
        uow, actor, now, "obligation.waived", contract=contract_id, obligation=row.id, duty=row.duty, name=_name(row),
        reason=row.ground, authority=row.authority, document=document_id,
    )  # fmt: skip
    uow.commit()


def dispute(
    uow: UnitOfWork, actor: Actor, now: datetime, contract_id: str, obligation_id: str, revision: int, *, reason: str
) -> None:
    """The parties don't agree whether it is owed or done: it is neither late nor done until that is settled."""
    _, row = _come_to(uow, actor, Action.KEEP_PERFORMANCE, contract_id, obligation_id, revision)
    faults = [*_settled(row), *_reason_faults(reason, "争议的内容")]
    if faults:
        raise InputError(faults)
    row.state = DutyState.DISPUTED.value
    _settle(uow, row, actor, now, reason)
    note(
        uow, actor, now, "obligation.disputed", contract=contract_id, obligation=row.id, duty=row.duty, name=_name(row),
        reason=row.ground,
    )  # fmt: skip
    uow.commit()


def reopen(
    uow: UnitOfWork, actor: Actor, now: datetime, almanac: Almanac, contract_id: str, obligation_id: str, revision: int, *, reason: str
) -> None:  # fmt: skip
    """Take back what was recorded (a mistake, a dispute that is settled). What it began is taken back, too; the log keeps everything."""
    contract, row = _come_to(uow, actor, Action.KEEP_PERFORMANCE, contract_id, obligation_id, revision)
    if row.state == DutyState.WAIVED.value:
        opened(uow, actor, Action.WAIVE_OBLIGATION, contract_id)
    faults = _reason_faults(reason, "理由")
    if row.state == DutyState.OPEN.value:
        faults.append(InputFault("state", "状态", "尚未办结，无须重新办理"))
    if faults:
        raise InputError(faults)
    take_back(uow, actor, now, contract, row, reason, by_hand=True)
    plan_quietly(uow, actor, now, contract, almanac)
    uow.commit()


def take_back(
    uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, row: ObligationRow, reason: str, *, by_hand: bool = False
) -> None:
    """As ``reopen``, without its checks, in the caller's transaction; the caller holds the contract's lock, plans again and commits.

    What fell due before the contract was taken over is taken as done again, unless somebody takes it up ``by_hand``.
    """
    note(
        uow, actor, now, "obligation.reopened", contract=contract.id, obligation=row.id, duty=row.duty, name=_name(row),
        before=row.state, done_on=row.done_on.isoformat() if row.done_on else "", was=row.ground, reason=reason.strip(),
    )  # fmt: skip
    begun = find_event(uow.session, row.id)
    if begun is not None and begun.source == BY_DUTY:
        uow.session.delete(begun)
    row.state, row.done_on, row.done_at, row.ground, row.authority = DutyState.OPEN.value, None, None, "", ""
    row.document_id, row.settled_at, row.settled_by = None, None, ""
    if not by_hand and is_taken_as_done(row.due_on, contract.taken_over_on):
        row.state, row.settled_at, row.settled_by = DutyState.BEFORE.value, now, actor.name
    remind_of(uow, actor, now, row, "\n".join(line.text for line in read_reasons(row.reasoning)))
    uow.session.flush()


def _come_to(
    uow: UnitOfWork, actor: Actor, action: Action, contract_id: str, obligation_id: str, revision: int
) -> tuple[ContractRow, ObligationRow]:
    contract = opened(uow, actor, action, contract_id, lock=True)
    if contract.stage == Stage.ARCHIVED.value:
        raise ContractError("obligation.archived", "合同已归档，只读。")
    row = find_obligation(uow.session, obligation_id, lock=True)
    if row is None or row.contract_id != contract_id:
        raise ObligationMissing
    if row.revision != revision:
        raise ChangedMeanwhile
    return contract, row


def _settled(row: ObligationRow) -> list[InputFault]:
    words = {
        "done": "已经完成", "waived": "已经豁免", "disputed": "有争议，争议了结后请先重新办理",
        "before": "接管日以前到期，按已办处理；要另行记录的请先重新办理",
    }  # fmt: skip
    return [InputFault("state", row.action, words[row.state])] if row.state in words else []


def _reason_faults(reason: str, label: str) -> list[InputFault]:
    short = len("".join(reason.split())) < FEWEST
    return [InputFault("reason", label, f"请写明（不少于{FEWEST}个字），它将记入审计日志")] if short else []


def _document_faults(uow: UnitOfWork, row: ObligationRow, document_id: str) -> list[InputFault]:
    document = find_document(uow.session, document_id) if document_id else None
    wrong = bool(document_id) and (document is None or document.contract_id != row.contract_id)
    return [InputFault("document", "文件", "不属于本合同")] if wrong else []


def _settle(uow: UnitOfWork, row: ObligationRow, actor: Actor, now: datetime, ground: str, *, document_id: str = "") -> None:
    row.ground, row.document_id = ground.strip()[:4000], document_id or None
    row.settled_at, row.settled_by = now, actor.name
    remind_of(uow, actor, now, row)


def _name(row: ObligationRow) -> str:
    return f"{row.action}（{row.label}）"
