"""Events that begin periods: recorded one by one or from a table, taken back, ended, and their clock stopped and started again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.domain.errors import ContractError, InputError, InputFault
from app.domain.event_table import EventRow
from app.domain.lifecycle import Stage
from app.domain.obligation_events import EVENTS, LEVELLED, STOPS, EventKind, Origin
from app.domain.permissions import Action, Actor, may
from app.domain.priorities import LEVELS
from app.domain.settlement.incidents import P1
from app.services.access import record_of
from app.services.event_rows import Happening, note_event
from app.services.incident_triggers import DERIVED, incident_kind, raise_improvements
from app.services.journal import note
from app.services.moving import law_day
from app.services.obligation_planning import LIVING, Almanac, Planned, plan_quietly, replan
from app.services.record import opened
from app.store.contracts import ContractRow, contract_with_number, find_contract
from app.store.obligations import ContractEventRow, EventPauseRow, event_like, find_event
from app.store.uow import UnitOfWork

FARTHEST = timedelta(days=3660)
"""A planned day lies at most ten years ahead."""


class EventMissing(ContractError):
    def __init__(self) -> None:
        super().__init__("event.missing", "没有找到这条事件记录。")


@dataclass(frozen=True, slots=True)
class Recorded:
    """``id`` of the event; ``known``: the same one was recorded before, and nothing changed."""

    id: str
    planned: Planned
    known: bool = False


def record_event(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, almanac: Almanac, contract_id: str, happening: Happening, source: str = "form"
) -> Recorded:  # fmt: skip
    """Record an event and plan what it begins, in one commit; recording the same one again changes nothing.

    Raises ``ContractMissing``, ``Forbidden``, ``event.stage``, ``InputError`` with every fault.
    """
    contract = _living(uow, actor, contract_id)
    faults = event_faults(happening, today)
    if faults:
        raise InputError(faults)
    made = note_event(uow, actor, now, contract, happening, source)
    if made is None:
        found = event_like(uow.session, contract.id, happening.kind, happening.subject, happening.day)
        return Recorded(found.id if found else "", Planned(), known=True)
    planned = replan(uow, actor, now, contract, almanac)
    uow.commit()
    return Recorded(made, planned)


def event_faults(happening: Happening, today: date) -> list[InputFault]:
    kind = EVENTS.get(happening.kind)
    if kind is None or kind.origin is not Origin.PERSON:
        return [InputFault("kind", "事件", "请选择一种可以记录的事件")]
    faults = []
    if kind.planned:
        if happening.day > today + FARTHEST:
            faults.append(InputFault("day", "计划日", "过远，请核对年份"))
    elif happening.day > today:
        faults.append(InputFault("day", "日期", f"{happening.day.isoformat()} 尚未到来，事件发生后再记录"))
    if len(happening.subject) > 100:
        faults.append(InputFault("subject", kind.subject, "不超过100个字"))
    if happening.level and (happening.kind not in LEVELLED or happening.level not in LEVELS):
        faults.append(InputFault("level", "严重等级", "只用于工单，应为P1、P2、P3或者P4", "、".join(LEVELS)))
    return faults


def withdraw_event(
    uow: UnitOfWork, actor: Actor, now: datetime, almanac: Almanac, contract_id: str, event_id: str, reason: str
) -> Planned:  # fmt: skip
    """Take back an event recorded by mistake. What it began and is still open goes with it; what is done stays."""
    contract = _living(uow, actor, contract_id)
    row = _event(uow, contract_id, event_id)
    if len("".join(reason.split())) < 4:
        raise InputError([InputFault("reason", "理由", "请写明撤回的理由（不少于4个字），它将记入审计日志")])
    note(
        uow, actor, now, "event.withdrawn", contract=contract_id, event=row.id, kind=row.kind, on=row.on_day.isoformat(),
        subject=row.subject, reason=reason.strip(),
    )  # fmt: skip
    uow.session.delete(row)
    uow.session.flush()
    raise_improvements(uow, actor, now, law_day(now), contract)
    planned = replan(uow, actor, now, contract, almanac)
    uow.commit()
    return planned


@dataclass(frozen=True, slots=True)
class Judged:
    """What followed from finding who answers for an incident. ``raised``: why party B has to improve, in words."""

    raised: tuple[str, ...]
    planned: Planned


def judge_incident(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, almanac: Almanac, contract_id: str, event_id: str, *, at_fault: str,
    cause: str,
) -> Judged:  # fmt: skip
    """Record which party answers for a P1 or a serious complaint (``a``, ``b``; empty: not found yet) and a P1's root cause. What of
    section 5.3 follows is raised with the same commit; a judgement that is changed takes it back while it is open.

    Raises ``ContractMissing``, ``Forbidden``, ``event.missing``, ``InputError``.
    """
    contract = _living(uow, actor, contract_id)
    row, cause = _event(uow, contract_id, event_id), " ".join(cause.split())
    kind, faults = incident_kind(row), []
    if not kind:
        faults.append(InputFault("at_fault", "责任方", "只认定 P1 故障、P1 工单和监管、媒体、群体性投诉"))
    if at_fault not in ("a", "b", ""):
        faults.append(InputFault("at_fault", "责任方", "请选择", "甲方、乙方或者尚未认定"))
    if kind == P1 and at_fault == "b" and not cause:
        faults.append(InputFault("cause", "根因", "因乙方原因的 P1 须写明根因；同一根因请用同样的写法"))
    if len(cause) > 100:
        faults.append(InputFault("cause", "根因", "不超过100个字"))
    if faults:
        raise InputError(faults)
    row.at_fault, row.cause = at_fault, cause
    party = {"a": "甲方原因", "b": "乙方原因"}.get(at_fault, "尚未认定")
    note(
        uow, actor, now, "event.judged", contract=contract_id, event=row.id, kind=row.kind, subject=row.subject,
        found=f"{party}，根因：{cause}" if cause else party,
    )  # fmt: skip
    uow.session.flush()
    raised = raise_improvements(uow, actor, now, today, contract)
    planned = replan(uow, actor, now, contract, almanac)
    uow.commit()
    return Judged(raised, planned)


def stop_clock(
    uow: UnitOfWork, actor: Actor, now: datetime, almanac: Almanac, contract_id: str, event_id: str, *, ground: str, at: datetime
) -> None:  # fmt: skip
    """停钟: the periods of hours that the event began stand still (section 2.3). Only for the grounds that the contract names."""
    contract = _living(uow, actor, contract_id)
    row = _event(uow, contract_id, event_id)
    faults = _moment_faults(row, at, now)
    if ground not in STOPS:
        faults.append(InputFault("ground", "停钟事由", "合同没有约定这一事由", "、".join(STOPS.values())))
    if any(p.ends is None for p in row.pauses):
        faults.append(InputFault("at", "停钟", "已经处于停钟，请先恢复计时"))
    elif any(p.ends is not None and p.ends > at for p in row.pauses):
        faults.append(InputFault("at", "停钟时刻", "与此前的停钟重叠"))
    if faults:
        raise InputError(faults)
    row.pauses.append(EventPauseRow(begins=at, ends=None, ground=ground, created_by=actor.name))
    _clock_moved(uow, actor, now, contract, row, "event.paused", at, almanac, STOPS[ground])


def start_clock(
    uow: UnitOfWork, actor: Actor, now: datetime, almanac: Almanac, contract_id: str, event_id: str, *, at: datetime
) -> None:  # fmt: skip
    """The clock goes on from ``at``; every period that the event began gets its new end."""
    contract = _living(uow, actor, contract_id)
    row = _event(uow, contract_id, event_id)
    faults = _moment_faults(row, at, now)
    open_one = next((p for p in row.pauses if p.ends is None), None)
    if open_one is None:
        faults.append(InputFault("at", "恢复计时", "没有停钟"))
    elif at < open_one.begins:
        faults.append(InputFault("at", "恢复时刻", "早于停钟时刻"))
    if faults or open_one is None:
        raise InputError(faults)
    open_one.ends = at
    _clock_moved(uow, actor, now, contract, row, "event.resumed", at, almanac)


def end_state(
    uow: UnitOfWork, actor: Actor, now: datetime, almanac: Almanac, contract_id: str, event_id: str, *, at: datetime
) -> None:
    """The state that the event began is over (a P1 is restored): what recurred as long as it lasted ends."""
    contract = _living(uow, actor, contract_id)
    row = _event(uow, contract_id, event_id)
    faults = _moment_faults(row, at, now)
    if faults:
        raise InputError(faults)
    row.until = at
    _clock_moved(uow, actor, now, contract, row, "event.ended", at, almanac)


@dataclass(frozen=True, slots=True)
class ImportResult:
    """``new`` events, ``known`` ones that were there before, and the instances that were planned for them."""

    new: int
    known: int
    planned: int


def import_events(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, almanac: Almanac, rows: Sequence[EventRow], contract_id: str = ""
) -> ImportResult:
    """Record the events of a table, all or none. ``contract_id``: all of one contract, whose number need not be in the rows.

    Raises ``InputError`` with the faults of every row at once.
    """
    contracts: dict[str, ContractRow] = {}
    faults: list[InputFault] = []
    for row in rows:
        target = contract_id or row.contract
        if target not in contracts:
            try:
                contracts[target] = _come_to_number(uow, actor, target)
            except ContractError as error:
                faults.append(InputFault("contract", "合同编号", error.message, line=row.number))
                continue
        for fault in event_faults(Happening(row.kind, row.day, row.subject, row.moment, row.note, row.level), today):
            faults.append(InputFault(fault.path, fault.label, fault.problem, fault.allowed, row.number))
    if faults:
        raise InputError(faults)
    new = known = planned = 0
    touched: dict[str, ContractRow] = {}
    for row in rows:
        contract = contracts[contract_id or row.contract]
        made = note_event(
            uow, actor, now, contract, Happening(row.kind, row.day, row.subject, row.moment, row.note, row.level), "import"
        )
        new, known = new + (made is not None), known + (made is None)
        if made is not None:
            touched[contract.id] = contract
    for contract in touched.values():
        planned += plan_quietly(uow, actor, now, contract, almanac).added
    uow.commit()
    return ImportResult(new, known, planned)


def _come_to_number(uow: UnitOfWork, actor: Actor, number: str) -> ContractRow:
    found = contract_with_number(uow.session, number) or find_contract(uow.session, number)
    if found is None or not may(actor, Action.READ_CONTRACTS, record_of(found)):
        raise ContractError("contract.missing", f"没有找到合同 {number[:40]}")
    return _living(uow, actor, found.id)


def _living(uow: UnitOfWork, actor: Actor, contract_id: str) -> ContractRow:
    contract = opened(uow, actor, Action.KEEP_PERFORMANCE, contract_id, lock=True)
    if Stage(contract.stage) not in LIVING or contract.took_effect_on is None:
        raise ContractError(
            "event.stage", f"合同 {contract.number} 处于“{Stage(contract.stage).label}”，生效后、归档前才能记录履行事件。"
        )
    return contract


def _event(uow: UnitOfWork, contract_id: str, event_id: str) -> ContractEventRow:
    row = find_event(uow.session, event_id)
    if row is None or row.contract_id != contract_id or row.source in ("duty", "settling", DERIVED):
        raise EventMissing
    return row


def _moment_faults(row: ContractEventRow, at: datetime, now: datetime) -> list[InputFault]:
    faults = []
    if at > now:
        faults.append(InputFault("at", "时刻", "尚未到来"))
    if row.moment is not None and at < row.moment:
        faults.append(InputFault("at", "时刻", "早于事件发生的时刻"))
    return faults


def _clock_moved(
    uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, row: ContractEventRow, action: str, at: datetime,
    almanac: Almanac, reason: str = "",
) -> None:  # fmt: skip
    uow.session.flush()
    told = {"kind": row.kind, "subject": row.subject, "when": at.isoformat()}
    match action:
        case "event.paused":
            note(uow, actor, now, "event.paused", contract=contract.id, event=row.id, reason=reason, **told)
        case "event.resumed":
            note(uow, actor, now, "event.resumed", contract=contract.id, event=row.id, **told)
        case _:
            note(uow, actor, now, "event.ended", contract=contract.id, event=row.id, **told)
    replan(uow, actor, now, contract, almanac)
    uow.commit()


def kind_of(row: ContractEventRow) -> EventKind:
    return EVENTS[row.kind]
