"""What people see of obligations: of one contract, over all contracts, one alone with its reasons, and as a table to take away."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from app.domain.errors import ContractError
from app.domain.obligation_basis import Line
from app.domain.obligation_events import EVENTS, EventKind
from app.domain.obligation_state import DutyState, Facts, Shown, shown
from app.domain.obligations import Obligor, role_of
from app.domain.permissions import Action, Actor, may, require
from app.services.access import record_of
from app.services.incident_triggers import incident_kind
from app.services.journal import note
from app.services.moving import law_day
from app.services.obligation_keeping import ObligationMissing
from app.services.obligation_planning import LIVING, read_reasons
from app.services.ports import Cell, RegisterWriter
from app.services.record import opened, state_of
from app.store.contracts import ContractRow
from app.store.documents import documents_of, find_document
from app.store.obligations import (
    ContractEventRow,
    DutyFilter,
    ObligationRow,
    count_duties,
    duties_over_all,
    events_of,
    find_obligation,
    obligations_of,
)
from app.store.uow import UnitOfWork
from app.store.users import names_in_office, user_names

PAGE = 100
MOST = 20_000
HEADS = (
    "合同编号",
    "合同名称",
    "义务人",
    "事项",
    "所属期间、事件",
    "条款",
    "期限",
    "状态",
    "责任人",
    "职能",
    "完成日",
    "依据",
    "可能变动",
)
WIDTHS = (20, 30, 8, 32, 22, 18, 18, 10, 12, 12, 12, 40, 10)


@dataclass(frozen=True, slots=True)
class DutyLine:
    """One instance as it stands now. ``responsible`` empty: the contract's owner, who then stands in ``keeper``."""

    id: str
    revision: int
    contract_id: str
    contract_number: str
    contract_title: str
    duty: str
    obligor: Obligor
    action: str
    clause: str
    label: str
    opens_on: date
    due_on: date | None
    due_at: datetime | None
    shown: Shown
    provisional: bool
    responsible_id: str
    keeper: str
    role: str
    done_on: date | None
    ground: str
    authority: str
    settled_by: str


@dataclass(frozen=True, slots=True)
class EventLine:
    """An event with its clock. ``stands_since``: the clock stands still now; ``incident``: as ``incident_triggers.incident_kind``."""

    id: str
    kind: EventKind
    on_day: date
    moment: datetime | None
    until: datetime | None
    subject: str
    note: str
    source: str
    created_by: str
    pauses: tuple[tuple[datetime, datetime | None, str], ...]
    timed: bool
    level: str
    incident: str
    at_fault: str
    cause: str

    @property
    def stands_since(self) -> datetime | None:
        return next((begins for begins, ends, _ in self.pauses if ends is None), None)


@dataclass(frozen=True, slots=True)
class DutyBoard:
    """The obligations of one contract. ``keepers``: people with an open account; ``standing``: those without a day, whatever state is asked
    for; ``waiting``: it is in force and the clock has not planned it yet."""

    lines: tuple[DutyLine, ...]
    standing: tuple[DutyLine, ...]
    counts: Mapping[Shown, int]
    events: tuple[EventLine, ...]
    people: Mapping[str, str]
    keepers: Mapping[str, str]
    files: tuple[tuple[str, str], ...]
    in_force: bool
    waiting: bool
    keeps: bool
    waives: bool
    taken_over_on: date | None
    effective_on: date | None


@dataclass(frozen=True, slots=True)
class DutyDetail:
    """One instance with its reasons. ``files``: the contract's files by id and name, for choosing evidence."""

    line: DutyLine
    reasons: tuple[Line, ...]
    document: tuple[str, str] | None
    settled_at: datetime | None
    event: EventLine | None
    files: tuple[tuple[str, str], ...]
    people: Mapping[str, str]
    keepers: Mapping[str, str]
    keeps: bool
    waives: bool


@dataclass(frozen=True, slots=True)
class DutyPage:
    lines: tuple[DutyLine, ...]
    total: int
    offset: int
    people: Mapping[str, str]
    keepers: Mapping[str, str]


def duty_board(uow: UnitOfWork, actor: Actor, now: datetime, contract_id: str, wanted: DutyFilter | None = None) -> DutyBoard:
    """Raises ``ContractMissing``."""
    contract = opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    names = user_names(uow.session)
    every = [_line(row, contract, names, now) for row in obligations_of(uow.session, contract_id)]
    counts: dict[Shown, int] = {}
    for line in every:
        counts[line.shown] = counts.get(line.shown, 0) + 1
    chosen = [line for line in every if _fits(line, wanted, contract)]
    anyhow = replace(wanted, shown=(), first=None, last=None) if wanted else None
    in_force = contract.took_effect_on is not None and state_of(contract).stage in LIVING
    record = record_of(contract)
    return DutyBoard(
        lines=tuple(line for line in chosen if line.shown not in (Shown.STANDING, Shown.PAUSED)),
        standing=tuple(x for x in every if x.shown in (Shown.STANDING, Shown.PAUSED) and _fits(x, anyhow, contract)),
        counts=counts,
        events=tuple(_event_line(row) for row in events_of(uow.session, contract_id)),
        people=names,
        keepers=names_in_office(uow.session),
        files=tuple((d.id, d.name) for d in documents_of(uow.session, contract_id)),
        in_force=in_force,
        waiting=in_force and not every and contract.clock_on is not None and contract.clock_on <= law_day(now),
        keeps=may(actor, Action.KEEP_PERFORMANCE, record) and not state_of(contract).terminal,
        waives=may(actor, Action.WAIVE_OBLIGATION, record) and not state_of(contract).terminal,
        taken_over_on=contract.taken_over_on,
        effective_on=contract.took_effect_on,
    )


def duty_detail(uow: UnitOfWork, actor: Actor, now: datetime, contract_id: str, obligation_id: str) -> DutyDetail:
    """Raises ``ContractMissing``, ``ObligationMissing``."""
    contract = opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    row = find_obligation(uow.session, obligation_id)
    if row is None or row.contract_id != contract_id:
        raise ObligationMissing
    names = user_names(uow.session)
    document = find_document(uow.session, row.document_id) if row.document_id else None
    begun = next((e for e in events_of(uow.session, contract_id) if e.id == row.event_id), None)
    record = record_of(contract)
    return DutyDetail(
        line=_line(row, contract, names, now),
        reasons=read_reasons(row.reasoning),
        document=(document.id, document.name) if document else None,
        settled_at=row.settled_at,
        event=_event_line(begun) if begun else None,
        files=tuple((d.id, d.name) for d in documents_of(uow.session, contract_id)),
        people=names,
        keepers=names_in_office(uow.session),
        keeps=may(actor, Action.KEEP_PERFORMANCE, record) and not state_of(contract).terminal,
        waives=may(actor, Action.WAIVE_OBLIGATION, record) and not state_of(contract).terminal,
    )


def duties_of_all(uow: UnitOfWork, actor: Actor, now: datetime, wanted: DutyFilter, offset: int = 0) -> DutyPage:
    """The obligations of every contract that ``actor`` may read, those due first."""
    require(actor, Action.READ_CONTRACTS)
    names = user_names(uow.session)
    rows = duties_over_all(uow.session, actor.id, wanted, now, law_day(now), PAGE, offset)
    total = count_duties(uow.session, actor.id, wanted, now, law_day(now))
    lines = tuple(_line(row, contract, names, now) for row, contract in rows)
    return DutyPage(lines, total, offset, names, names_in_office(uow.session))


def ids_of_all(uow: UnitOfWork, actor: Actor, now: datetime, wanted: DutyFilter, most: int) -> list[str]:
    """Of the same obligations, those that are open; at most so many."""
    require(actor, Action.READ_CONTRACTS)
    rows = duties_over_all(uow.session, actor.id, wanted, now, law_day(now), MOST, 0)
    return [row.id for row, _ in rows if row.state == DutyState.OPEN.value][:most]


def export_duties(
    uow: UnitOfWork, actor: Actor, now: datetime, wanted: DutyFilter, write: RegisterWriter, asked: Sequence[tuple[str, str]],
    contract_id: str = "",
) -> tuple[bytes, bytes]:  # fmt: skip
    """The filtered obligations as a workbook and as CSV; the log has the export before anybody gets it. Commits.

    Raises ``Forbidden``, ``obligation.many``.
    """
    if contract_id:
        contract = opened(uow, actor, Action.EXPORT_REGISTER, contract_id)
        names = user_names(uow.session)
        every = (_line(row, contract, names, now) for row in obligations_of(uow.session, contract_id))
        lines = [line for line in every if _fits(line, wanted, contract)]
    else:
        require(actor, Action.EXPORT_REGISTER)
        names = user_names(uow.session)
        rows = duties_over_all(uow.session, actor.id, wanted, now, law_day(now), MOST + 1, 0)
        lines = [_line(row, contract, names, now) for row, contract in rows]
    if len(lines) > MOST:
        raise ContractError("obligation.many", f"符合条件的义务超过{MOST:,}项，请缩小筛选范围后再导出。")
    remarks = [("导出时间", f"{now:%Y-%m-%d %H:%M} UTC"), ("导出人", actor.name), ("项数", f"{len(lines):,}"), *asked]
    book = write(HEADS, WIDTHS, [_cells(line) for line in lines], remarks, title="履行清单")
    sheet = io.StringIO()
    writer = csv.writer(sheet, lineterminator="\r\n")
    writer.writerow(HEADS)
    writer.writerows([_plain(cell) for cell in _cells(line)] for line in lines)
    note(uow, actor, now, "obligation.exported", contract=contract_id, count=len(lines), asked=[f"{k}：{v}" for k, v in asked])
    uow.commit()
    return book, sheet.getvalue().encode("utf-8-sig")


def _cells(line: DutyLine) -> list[Cell]:
    due: Cell = line.due_at or line.due_on or "持续"
    return [
        line.contract_number, line.contract_title, line.obligor.label, line.action, line.label, line.clause, due, line.shown.label,
        line.keeper, line.role, line.done_on, line.ground, "放假安排未录入" if line.provisional else "",
    ]  # fmt: skip


def _plain(cell: Cell) -> str:
    """What a spreadsheet must not take for a formula keeps a mark before it."""
    if isinstance(cell, datetime):
        return f"{law_day(cell).isoformat()} {cell.astimezone():%H:%M}"
    text = "" if cell is None else str(cell)
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _line(row: ObligationRow, contract: ContractRow, names: Mapping[str, str], now: datetime) -> DutyLine:
    facts = Facts(
        DutyState(row.state), row.due_on, row.due_at, row.remind_on, row.done_on, row.done_at, begun=bool(row.event_id) and row.due_on is None
    )  # fmt: skip
    return DutyLine(
        id=row.id, revision=row.revision, contract_id=contract.id, contract_number=contract.number, contract_title=contract.title,
        duty=row.duty, obligor=Obligor(row.obligor), action=row.action, clause=row.clause, label=row.label, opens_on=row.opens_on,
        due_on=row.due_on, due_at=row.due_at, shown=shown(facts, now), provisional=row.provisional,
        responsible_id=row.responsible_id or "", keeper=names.get(row.responsible_id or "", contract.owner_name),
        role=role_of(row.section), done_on=row.done_on, ground=row.ground, authority=row.authority, settled_by=row.settled_by,
    )  # fmt: skip


def _fits(line: DutyLine, wanted: DutyFilter | None, contract: ContractRow) -> bool:
    """The same filter as over all contracts, for the lines of one."""
    if wanted is None:
        return True
    when = line.due_on
    return (
        (not wanted.obligor or wanted.obligor in line.obligor.value)
        and (not wanted.shown or line.shown.value in wanted.shown)
        and (not wanted.person or wanted.person == (line.responsible_id or contract.owner_id))
        and (wanted.first is None or (when is not None and when >= wanted.first))
        and (wanted.last is None or (when is not None and when <= wanted.last))
        and (not wanted.text or wanted.text in line.action or wanted.text in line.clause)
    )


def _event_line(row: ContractEventRow) -> EventLine:
    kind = EVENTS[row.kind]
    pauses = tuple((p.begins, p.ends, p.ground) for p in row.pauses)
    return EventLine(
        row.id, kind, row.on_day, row.moment, row.until, row.subject, row.note, row.source, row.created_by, pauses, row.moment is not None,
        row.level, incident_kind(row), row.at_fault, row.cause,
    )  # fmt: skip
