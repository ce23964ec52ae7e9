"""Dates that people are to be reminded of: how every other room says that there is one, that it moved, or that it is done with.

``set_date`` is all that a caller needs: inside its own transaction it says what falls due when; the clock plans the moments by the policy
in force (``app.services.planning``), raises and tells them (``raising``, ``telling``). Setting the same date again changes nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.domain.errors import ContractError, InputError, InputFault
from app.domain.permissions import Action, Actor, may
from app.domain.reminders import Topic
from app.services.access import record_of_contract
from app.services.journal import note
from app.store.reminders import (
    ReminderSubjectRow,
    ask_to_work_out,
    drop_planned,
    subject_with_id,
    subjects_named,
    subjects_with_prefix,
)
from app.store.uow import UnitOfWork

FEWEST = 2
LONGEST_SNOOZE = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a date is a date of. (``topic``, ``id``) is its stable name: the same one moves the date, another one is another date.

    ``id``: for instance ``<contract>:<obligation>:<occurrence>``. ``title``: a noun phrase of what falls due, without the contract's name.
    ``path``: the page on which it is dealt with, from ``/``. ``responsible_id``: None means the contract's owner, and for what belongs to
    no contract those who keep the register. ``detail``: the reasoning, lines of text. ``agreed_days``: days (negative before) that the
    contract's text promises besides the policy. ``decides``: the message offers the decision on the renewal.
    """

    topic: Topic
    id: str
    title: str
    path: str = ""
    contract_id: str | None = None
    responsible_id: str | None = None
    detail: str = ""
    agreed_days: tuple[int, ...] = ()
    decides: bool = False


def set_date(uow: UnitOfWork, actor: Actor, now: datetime, subject: Subject, due_on: date | None) -> None:
    """People are to be reminded of ``subject`` on ``due_on``; None: it is done with, or there is no such date any more.

    Inside the caller's transaction, who commits. A date that moves takes its reminders along at once, the log says so, and whoever was
    reminded of the old date is told. Whether the clock runs today or in a month changes nothing of that.
    """
    set_dates(uow, actor, now, [(subject, due_on)])


def set_dates(uow: UnitOfWork, actor: Actor, now: datetime, dates: Iterable[tuple[Subject, date | None]]) -> None:
    """As ``set_date``, one after the other, for many: they are read and kept from others at once, and written at once."""
    wanted = list(dates)
    known = {
        (row.topic, row.subject_id): row
        for topic in sorted({subject.topic.value for subject, _ in wanted})
        for row in subjects_named(uow.session, topic, {s.id for s, _ in wanted if s.topic.value == topic})
    }
    moved: list[str] = []
    for subject, due_on in wanted:
        row = known.get((subject.topic.value, subject.id))
        if row is None:
            if due_on is None:
                continue
            row = ReminderSubjectRow(
                id=uuid.uuid4().hex, topic=subject.topic.value, subject_id=subject.id, title="", updated_at=now
            )
            uow.session.add(row)
            known[row.topic, row.subject_id] = row
        elif row.due_on != due_on:
            moved.append(row.id)
        _set(uow, actor, now, row, subject, due_on)
    uow.session.flush()
    if moved:  # what is new has no moments yet
        drop_planned(uow.session, moved)


def _set(uow: UnitOfWork, actor: Actor, now: datetime, row: ReminderSubjectRow, subject: Subject, due_on: date | None) -> None:
    before, agreed = row.due_on, " ".join(str(d) for d in sorted(subject.agreed_days))
    if before != due_on or row.agreed_days != agreed or row.responsible_id != subject.responsible_id:
        row.plan_from, row.updated_at = now, now
    row.title, row.path, row.detail = subject.title[:300], subject.path[:300], subject.detail
    row.contract_id, row.responsible_id = subject.contract_id, subject.responsible_id
    row.agreed_days, row.decides, row.due_on = agreed, subject.decides, due_on
    if before != due_on:
        row.snoozed_until, row.snooze_reason, row.snoozed_by = None, "", ""
        if before is not None:
            note(
                uow, actor, now, "reminder.moved", contract=subject.contract_id or "", subject=row.id, topic=subject.topic.value,
                title=row.title, before=before.isoformat(), after=due_on.isoformat() if due_on else "",
            )  # fmt: skip


def close_dates(uow: UnitOfWork, actor: Actor, now: datetime, topic: Topic, prefix: str, *, keep: Iterable[str] = ()) -> None:
    """Every open date of a topic whose id begins so is done with, but those of ``keep``."""
    kept = set(keep)
    rows = [row for row in subjects_with_prefix(uow.session, topic.value, prefix) if row.subject_id not in kept]
    set_dates(uow, actor, now, [(subject_of(row), None) for row in rows])


def work_out(uow: UnitOfWork, contract_id: str, now: datetime) -> None:
    """Let the dates that a contract's own text has (renewal, end of the term) be worked out anew: something they hang on has changed.

    Inside the caller's transaction, who holds the contract's lock.
    """
    ask_to_work_out(uow.session, contract_id, now)


def subject_of(row: ReminderSubjectRow) -> Subject:
    return Subject(
        Topic(row.topic), row.subject_id, row.title, row.path, row.contract_id, row.responsible_id, row.detail, days_of(row.agreed_days),
        row.decides,
    )  # fmt: skip


def days_of(text: str) -> tuple[int, ...]:
    """Days as they are stored."""
    return tuple(int(d) for d in text.split())


# ---- snoozing


class DateMissing(ContractError):
    def __init__(self) -> None:
        super().__init__("reminder.missing", "没有找到这项提醒，可能已经办结。")


def snooze(uow: UnitOfWork, actor: Actor, now: datetime, today: date, row_id: str, until: date, reason: str) -> None:
    """Nobody is reminded of a date before ``until``, and everybody again on that day. Raises ``DateMissing``, ``InputError``; commits."""
    row = subject_with_id(uow.session, row_id, lock=True)
    if row is None or row.due_on is None or not may_keep(uow, actor, row):
        raise DateMissing
    snooze_row(uow, actor, now, today, row, until, reason)
    uow.commit()


def snooze_row(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, row: ReminderSubjectRow, until: date, reason: str
) -> None:
    """The same inside the caller's transaction."""
    faults = []
    if until <= today:
        faults.append(InputFault("until", "推迟至", "须晚于今天", "选择明天或者以后的日期"))
    elif until > today + LONGEST_SNOOZE:
        faults.append(InputFault("until", "推迟至", f"最多推迟 {LONGEST_SNOOZE.days} 天", "选择较近的日期"))
    elif row.topic == Topic.RENEWAL.value and row.due_on is not None and today <= row.due_on < until:
        last = row.due_on.isoformat()
        faults.append(
            InputFault("until", "推迟至", f"不得晚于最晚安全寄送日 {last}，否则将错过通知截止日", f"选择 {last} 以前的日期")
        )
    if len("".join(reason.split())) < FEWEST:
        faults.append(InputFault("reason", "理由", f"请写明推迟的理由（不少于{FEWEST}个字）", "例如：等待业务部门预算"))
    if faults:
        raise InputError(faults)
    row.snoozed_until, row.snooze_reason, row.snoozed_by = until, reason.strip()[:500], actor.name
    row.plan_from, row.updated_at = now, now
    note(
        uow, actor, now, "reminder.snoozed", contract=row.contract_id or "", subject=row.id, topic=row.topic, title=row.title,
        until=until.isoformat(), reason=row.snooze_reason,
    )  # fmt: skip


def may_keep(uow: UnitOfWork, actor: Actor, row: ReminderSubjectRow) -> bool:
    """Whether ``actor`` may change how a date is reminded of: who keeps the contract, or the register for what belongs to none."""
    if row.contract_id is None:
        return may(actor, Action.EDIT_ORGANISATIONS) or may(actor, Action.MANAGE_USERS)
    return may(actor, Action.KEEP_PERFORMANCE, record_of_contract(uow, row.contract_id))
