"""The exit of a contract that has ended: its tasks with their days, what shows that they are done, and the archive at the end."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from app.domain.calendar import WorkingCalendar
from app.domain.errors import ContractError, InputError, InputFault
from app.domain.exit_plan import Ended, Ending, ExitTask, ExitTerms, TaskKey, Watch, exit_tasks, remaining, watches
from app.domain.lifecycle import Event, Stage
from app.domain.lifecycle_facts import Facts
from app.domain.permissions import Action, Actor
from app.domain.term import BEIJING
from app.services.exit_reminding import remind_of_exit
from app.services.filing import ContractView, view_contract
from app.services.journal import CLOCK, note
from app.services.moving import move
from app.services.record import opened, require_contract
from app.services.term_state import TermState, load_term_state
from app.services.versions import VersionDamaged
from app.store.contracts import ContractRow
from app.store.documents import documents_of, find_document
from app.store.endings import WHOLE, ExitRow, ExitTaskRow, contracts_without_exit, exits_of, find_exit, touch
from app.store.uow import ChangedMeanwhile, UnitOfWork

ENDED = (Stage.EXPIRED.value, Stage.TERMINATED.value)


@dataclass(frozen=True, slots=True)
class TaskView:
    """``task.due`` has the reasoning; ``done_on`` None: open. ``overdue``: open and its day is past."""

    task: ExitTask
    done_on: date | None
    waived: bool
    evidence: str
    document_id: str
    done_by: str
    overdue: bool


@dataclass(frozen=True, slots=True)
class ExitView:
    id: str
    revision: int
    ending: Ending
    tasks: tuple[TaskView, ...]
    watches: tuple[Watch, ...]

    @property
    def open(self) -> tuple[str, ...]:
        return tuple(t.task.title for t in self.tasks if t.done_on is None)


@dataclass(frozen=True, slots=True)
class ExitDesk:
    """The exit of the whole contract first, then those of parts that were ended."""

    contract: ContractView
    state: TermState
    exits: tuple[ExitView, ...]
    documents: tuple[tuple[str, str], ...]
    """Id and name of every file of the record, for choosing what shows that a task is done."""

    @property
    def numbers(self) -> Mapping[str, str]:
        return self.state.numbers


class ExitMissing(ContractError):
    def __init__(self) -> None:
        super().__init__("exit.missing", "没有找到这项退出任务，合同可能尚未终止。")


def exit_desk(uow: UnitOfWork, actor: Actor, today: date, official: WorkingCalendar, contract_id: str) -> ExitDesk:
    """Raises ``ContractMissing``, ``term.unknown``."""
    contract = opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    state = load_term_state(uow, contract, official)
    rows = exits_of(uow.session, contract_id)
    files = tuple((d.id, d.name) for d in documents_of(uow.session, contract_id))
    return ExitDesk(view_contract(contract), state, tuple(view_exit(row, state, today) for row in rows), files)


def begin_exit(
    uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, state: TermState, ending: Ending, case_id: str | None = None
) -> None:  # fmt: skip
    """Enter the exit and its tasks, in the caller's transaction. A second exit of the same thing is not entered."""
    scope = case_id if ending.part and case_id else WHOLE
    if any(row.scope == scope for row in exits_of(uow.session, contract.id)):
        return
    row = ExitRow(
        id=uuid.uuid4().hex, contract_id=contract.id, scope=scope, ending_id=case_id, how=ending.how.value, ended_on=ending.on,
        in_force=ending.in_force, part=ending.part, by_party=ending.by, created_at=now,
    )  # fmt: skip
    tasks = exit_tasks(ending, ExitTerms.from_values(state.answers.values), state.official)
    row.tasks = [
        ExitTaskRow(key=t.key.value, ordinal=n, title=t.title, obligor=t.obligor, due_on=t.due.day)
        for n, t in enumerate(tasks, 1)
    ]
    uow.session.add(row)
    note(
        uow, actor, now, "exit.begun", contract=contract.id, exit=row.id, how=ending.how.value, ended_on=ending.on.isoformat(),
        part=ending.part, tasks=[t.key.value for t in tasks],
    )  # fmt: skip
    uow.session.flush()
    remind_of_exit(uow, actor, now, row, tasks)


def begin_due_exits(units: Callable[[], UnitOfWork], now: datetime, official: WorkingCalendar) -> tuple[int, tuple[str, ...]]:
    """Enter the exit of every contract that ended without one: by its term, or by a decision. Idempotent; finds its own work.

    Returns how many were entered, and a sentence for each contract that can't be judged.
    """
    with units() as uow:
        waiting = contracts_without_exit(uow.session, ENDED)
    begun, faults = 0, []
    for contract_id in waiting:
        try:
            with units() as uow:
                contract = require_contract(uow, contract_id, lock=True)
                if contract.stage in ENDED and not any(r.scope == WHOLE for r in exits_of(uow.session, contract_id)):
                    state = load_term_state(uow, contract, official)
                    begin_exit(uow, CLOCK, now, contract, state, _ending_of(contract, state))
                    uow.commit()
                    begun += 1
        except ContractError as error:
            if not isinstance(error, ChangedMeanwhile):
                faults.append(f"合同 {contract_id}：{error.message}")
    return begun, tuple(faults)


def _ending_of(contract: ContractRow, state: TermState) -> Ending:
    in_force = contract.took_effect_on is not None
    if contract.stage == Stage.EXPIRED.value:
        return Ending(Ended.EXPIRED, state.chain.current.last_day, in_force)
    return Ending(Ended.DECISION, contract.updated_at.astimezone(BEIJING).date(), in_force)


def finish_task(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    today: date,
    official: WorkingCalendar,
    contract_id: str,
    exit_id: str,
    revision: int,
    key: TaskKey,
    *,
    done_on: date,
    evidence: str,
    document_id: str = "",
    waived: bool = False,
) -> None:
    """Record that a task is done, with what shows it; or, ``waived``, that it is given up and why. What follows it gets a new day.

    Raises ``ContractMissing``, ``Forbidden``, ``ExitMissing``, ``ChangedMeanwhile``, ``InputError`` with every fault.
    """
    contract, row = _come_to(uow, actor, contract_id, exit_id, revision)
    state = load_term_state(uow, contract, official)
    tasks = {t.key: t for t in _tasks(row, state)}
    stored = next((t for t in row.tasks if t.key == key.value), None)
    if stored is None or key not in tasks:
        raise ExitMissing
    faults = _faults(uow, row, tasks[key], stored, done_on, today, evidence, document_id, waived=waived)
    if faults:
        raise InputError(faults)
    stored.done_on, stored.waived, stored.done_by = done_on, waived, actor.name
    stored.evidence, stored.document_id = evidence.strip(), document_id or None
    _set_days(uow, actor, now, row, state)
    touch(row)
    note(
        uow, actor, now, "exit.task_done", contract=contract_id, exit=row.id, task=key.value, done_on=done_on.isoformat(),
        waived=waived, evidence=stored.evidence, document=document_id,
    )  # fmt: skip
    uow.commit()


def reopen_task(
    uow: UnitOfWork, actor: Actor, now: datetime, official: WorkingCalendar, contract_id: str, exit_id: str, revision: int, key: TaskKey, reason: str
) -> None:  # fmt: skip
    """Take back that a task is done; the reason and what was recorded stay in the log."""
    contract, row = _come_to(uow, actor, contract_id, exit_id, revision)
    stored = next((t for t in row.tasks if t.key == key.value and t.done_on is not None), None)
    if stored is None:
        raise ExitMissing
    if not reason.strip():
        raise InputError([InputFault("reason", "理由", "须写明重新办理的理由")])
    before = f"{stored.done_on} {stored.evidence}"
    stored.done_on, stored.waived, stored.evidence, stored.document_id, stored.done_by = None, False, "", None, ""
    _set_days(uow, actor, now, row, load_term_state(uow, contract, official))
    touch(row)
    note(
        uow, actor, now, "exit.task_reopened", contract=contract_id, exit=row.id, task=key.value, before=before,
        reason=reason.strip(),
    )  # fmt: skip
    uow.commit()


def _set_days(uow: UnitOfWork, actor: Actor, now: datetime, row: ExitRow, state: TermState) -> list[str]:
    """Bring the days of the tasks to what follows now, with their reminders; the open ones that moved, in words."""
    tasks = _tasks(row, state)
    due, moved = {t.key.value: t.due.day for t in tasks}, []
    for task in row.tasks:
        if task.due_on != due[task.key]:
            moved += [f"{task.title}：{task.due_on.isoformat()} → {due[task.key].isoformat()}"] if task.done_on is None else []
            task.due_on = due[task.key]
    remind_of_exit(uow, actor, now, row, tasks)
    return moved


def replan_exits(uow: UnitOfWork, now: datetime, official: WorkingCalendar, contract: ContractRow) -> None:
    """For the clock, in its transaction: the days of the open tasks by the calendar as it is now. A contract whose text isn't here keeps them."""
    for row in exits_of(uow.session, contract.id):
        if all(task.done_on is not None for task in row.tasks):
            continue
        try:
            moved = _set_days(uow, CLOCK, now, row, load_term_state(uow, contract, official))
        except VersionDamaged:
            raise
        except ContractError:
            continue
        if moved:
            touch(row)
            note(uow, CLOCK, now, "exit.tasks_moved", contract=contract.id, exit=row.id, moves=moved)


def archive(uow: UnitOfWork, actor: Actor, now: datetime, official: WorkingCalendar, contract_id: str, revision: int) -> None:
    """Everything is wound up: read only from now on. Raises ``IllegalMove`` naming what is still to be done, ``ChangedMeanwhile``."""
    contract = opened(uow, actor, Action.ARCHIVE_CONTRACT, contract_id, lock=True)
    if contract.revision != revision:
        raise ChangedMeanwhile
    rows = exits_of(uow.session, contract_id)
    whole = any(r.scope == WHOLE for r in rows)
    state = load_term_state(uow, contract, official) if rows else None
    left = (
        tuple(title for r in rows if state for title in remaining(_tasks(r, state), _done(r))) if whole else ("退出任务尚未建立",)
    )
    move(uow, actor, now, contract, Event.ARCHIVED, Facts(open_tasks=left))
    uow.commit()


def _come_to(uow: UnitOfWork, actor: Actor, contract_id: str, exit_id: str, revision: int) -> tuple[ContractRow, ExitRow]:
    contract = opened(uow, actor, Action.KEEP_PERFORMANCE, contract_id, lock=True)
    row = find_exit(uow.session, exit_id)
    if row is None or row.contract_id != contract_id:
        raise ExitMissing
    if row.revision != revision:
        raise ChangedMeanwhile
    if contract.stage == Stage.ARCHIVED.value:
        raise ContractError("exit.archived", "合同已归档，只读。")
    return contract, row


def _faults(
    uow: UnitOfWork, row: ExitRow, task: ExitTask, stored: ExitTaskRow, done_on: date, today: date, evidence: str,
    document_id: str, *, waived: bool,
) -> list[InputFault]:  # fmt: skip
    faults = []
    if stored.done_on is not None:
        faults.append(InputFault("key", task.title, f"已于{stored.done_on.isoformat()}办结，要更正的请先重新办理"))
    if done_on > today:
        faults.append(InputFault("done_on", "完成日", f"{done_on.isoformat()} 尚未到来"))
    if not evidence.strip():
        what = "须写明不再办理的理由" if waived else "须写明完成的依据（文件、记录的编号或者说明）"
        faults.append(InputFault("evidence", "依据", what))
    document = find_document(uow.session, document_id) if document_id else None
    if document_id and (document is None or document.contract_id != row.contract_id):
        faults.append(InputFault("document_id", "文件", "不属于本合同"))
    if task.proof and not waived and not document_id:
        faults.append(InputFault("document_id", "文件", f"“{task.title}”须附文件", "先在“文件”页上传，再选择该文件"))
    return faults


def _ending(row: ExitRow) -> Ending:
    return Ending(Ended(row.how), row.ended_on, row.in_force, row.part, row.by_party)


def _done(row: ExitRow) -> dict[TaskKey, date]:
    return {TaskKey(t.key): t.done_on for t in row.tasks if t.done_on is not None}


def _tasks(row: ExitRow, state: TermState) -> tuple[ExitTask, ...]:
    """Only what was entered when the exit began: a task that a later version of the program adds concerns later exits."""
    entered = {t.key for t in row.tasks}
    terms = ExitTerms.from_values(state.answers.values)
    return tuple(t for t in exit_tasks(_ending(row), terms, state.official, _done(row)) if t.key.value in entered)


def view_exit(row: ExitRow, state: TermState, today: date) -> ExitView:
    stored = {t.key: t for t in row.tasks}
    views = []
    for task in _tasks(row, state):
        found = stored[task.key.value]
        views.append(
            TaskView(
                task, found.done_on, found.waived, found.evidence, found.document_id or "", found.done_by,
                found.done_on is None and task.due.day < today,
            )
        )  # fmt: skip
    held = watches(_ending(row), ExitTerms.from_values(state.answers.values), state.official)
    return ExitView(row.id, row.revision, _ending(row), tuple(views), held)
