"""Reminders as people see them: what comes next and how the last one arrived, contracts without a date, and notices that reached nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.domain.calendar import WorkingCalendar
from app.domain.errors import ContractError
from app.domain.permissions import Action, Actor, may, require
from app.domain.reminders import MAIL, MOVED, Topic
from app.services.access import record_of
from app.services.planning import SNOOZED
from app.services.record import opened
from app.services.reminder_house import Policies, contracts_of
from app.services.reminding import may_keep
from app.services.term_state import load_term_state
from app.store.channels import channels
from app.store.contracts import ContractRow
from app.store.outbox import FAILED, LOCAL, SENT, OutboxRow, look_at_message
from app.store.reminders import (
    TOLD,
    UNTOLD,
    ReminderRow,
    ReminderSubjectRow,
    contracts_without_date,
    moments_of,
    notices_of_reminders,
    subjects_ahead,
    subjects_of_contract,
    untold,
)
from app.store.uow import UnitOfWork

RESULTS = {SENT: "已送达", FAILED: "未送达", LOCAL: "存于本地发件箱", "waiting": "投递中"}
"""How the delivery of a reminder stands."""


@dataclass(frozen=True, slots=True)
class LastTold:
    """The last reminder of a date: when, to how many, by which channel, and how its delivery ended. ``arrived``: the mail server or the
    platform has taken it."""

    at: datetime
    people: int
    channel: str
    result: str
    problem: str
    failed: bool
    arrived: bool = False


@dataclass(frozen=True, slots=True)
class DateLine:
    """One date. ``next_on``: the day of the next reminder; ``step``: as the policy counts it. ``keeps``: the reader may put it off."""

    id: str
    topic: Topic
    title: str
    path: str
    contract_id: str
    contract_number: str
    contract_title: str
    due_on: date
    next_on: date | None
    step: str
    channel: str
    last: LastTold | None
    snoozed_until: date | None
    snooze_reason: str
    detail: tuple[str, ...]
    keeps: bool


@dataclass(frozen=True, slots=True)
class Undated:
    contract_id: str
    number: str
    title: str
    owner: str
    why: str


@dataclass(frozen=True, slots=True)
class Unheard:
    """A reminder that reached nobody, and why."""

    contract_id: str
    number: str
    topic: Topic
    title: str
    due_on: date
    why: str


@dataclass(frozen=True, slots=True)
class ContractDates:
    """Open dates of one contract: those that have passed, the latest first, and those ahead in order; how many there are of each in all."""

    late: tuple[DateLine, ...]
    ahead: tuple[DateLine, ...]
    late_in_all: int
    ahead_in_all: int

    @property
    def left_out(self) -> int:
        return self.late_in_all + self.ahead_in_all - len(self.late) - len(self.ahead)


def dates_of_contract(uow: UnitOfWork, actor: Actor, today: date, contract_id: str, *, limit: int = 10) -> ContractDates:
    """At most ``limit`` of each kind; the dates of renewal and end, which there are few of, always. Raises ``ContractMissing``."""
    opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    found = [s for s in subjects_of_contract(uow.session, contract_id) if s.due_on is not None]
    late = [s for s in reversed(found) if s.due_on is not None and s.due_on < today]
    ahead = [s for s in found if s.due_on is not None and s.due_on >= today]
    term = [s for s in ahead[limit:] if s.topic in (Topic.RENEWAL.value, Topic.EXPIRY.value)]
    shown = ahead[:limit] + term
    return ContractDates(_lines(uow, actor, late[:limit]), _lines(uow, actor, shown), len(late), len(ahead))


def dates_ahead(uow: UnitOfWork, actor: Actor, *, mine: bool, limit: int = 100) -> tuple[DateLine, ...]:
    """Open dates that the actor may know of, the next reminder first; ``mine``: for which the actor is responsible."""
    require(actor, Action.READ_REMINDERS)
    found = subjects_ahead(uow.session, actor.id if mine else "", limit * 3)
    contracts = contracts_of(uow, found)
    return _lines(uow, actor, [s for s in found if _readable(actor, s, contracts.get(s.contract_id or ""))][:limit])


def _readable(actor: Actor, subject: ReminderSubjectRow, contract: ContractRow | None) -> bool:
    if subject.contract_id is None:
        return True
    return contract is not None and may(actor, Action.READ_CONTRACTS, record_of(contract))


def _lines(uow: UnitOfWork, actor: Actor, subjects: Sequence[ReminderSubjectRow]) -> tuple[DateLine, ...]:
    policies = Policies(uow, subjects)
    names = {MAIL: "邮件", **{c.id: c.name for c in channels(uow.session)}}
    moments: dict[str, list[ReminderRow]] = {}
    for moment in moments_of(uow.session, [s.id for s in subjects]):
        moments.setdefault(moment.subject_id, []).append(moment)
    lines = []
    for s in subjects:
        assert s.due_on is not None
        contract = policies.contracts.get(s.contract_id or "")
        of_it = moments.get(s.id, [])
        ahead = min((m for m in of_it if m.at is not None), key=lambda m: m.on_day, default=None)
        lines.append(
            DateLine(
                id=s.id, topic=Topic(s.topic), title=s.title, path=s.path, contract_id=s.contract_id or "",
                contract_number=contract.number if contract else "", contract_title=contract.title if contract else "", due_on=s.due_on,
                next_on=ahead.on_day if ahead else None, step=_step(ahead), channel=names.get(policies.of(s).policy.channels[0], "邮件"),
                last=_last(uow, of_it, names), snoozed_until=s.snoozed_until, snooze_reason=s.snooze_reason,
                detail=tuple(s.detail.splitlines()), keeps=may_keep(uow, actor, s),
            )
        )  # fmt: skip
    return tuple(lines)


def _step(moment: ReminderRow | None) -> str:
    if moment is None:
        return ""
    if moment.step == MOVED:
        return "日期变动"
    return "推迟期满" if moment.step.startswith(SNOOZED) else f"{moment.step.replace('-', '−')} 日"


def _last(uow: UnitOfWork, moments: Sequence[ReminderRow], names: dict[str, str]) -> LastTold | None:
    raised = max((m for m in moments if m.state == "raised" and m.raised_at), key=lambda m: (m.raised_at, m.on_day), default=None)
    if raised is None or raised.raised_at is None:
        return None
    notices = notices_of_reminders(uow.session, [raised.id])
    told = [n for n in notices if n.state == TOLD and n.outbox_id]
    messages = [m for m in (look_at_message(uow.session, n.outbox_id or "") for n in told) if m is not None]
    if not messages:
        nobody = any(n.state == UNTOLD for n in notices)
        result = "没有可以通知的人" if nobody else "等待次日汇总"
        return LastTold(raised.raised_at, 0, "", result, "", nobody)
    worst = max(messages, key=_badness)
    return LastTold(
        raised.raised_at, len(messages), names.get(worst.channel, worst.recipient), RESULTS.get(worst.state, worst.state), worst.problem,
        worst.state == FAILED, worst.state == SENT,
    )  # fmt: skip


def _badness(row: OutboxRow) -> int:
    return (SENT, LOCAL, "waiting", FAILED).index(row.state)


def contracts_undated(uow: UnitOfWork, actor: Actor, calendar: WorkingCalendar, limit: int = 100) -> tuple[Undated, ...]:
    """Contracts in force of whose renewal or end nobody can be reminded, and why."""
    require(actor, Action.READ_REMINDERS)
    found = []
    for row in contracts_without_date(uow.session, limit):
        if may(actor, Action.READ_CONTRACTS, record_of(row)):
            found.append(Undated(row.id, row.number, row.title, row.owner_name, _why(uow, calendar, row)))
    return tuple(found)


def _why(uow: UnitOfWork, calendar: WorkingCalendar, contract: ContractRow) -> str:
    try:
        load_term_state(uow, contract, calendar)
    except ContractError as error:
        return error.message
    return (
        "没有届满日（不定期合同），请另行约定或者登记提醒日。"
        if contract.last_day is None
        else "刚刚登记，后台任务将在一分钟内安排提醒。"
    )


def notices_unheard(uow: UnitOfWork, actor: Actor, limit: int = 50) -> tuple[Unheard, ...]:
    """Reminders that could not be told to anybody, the newest first; those of contracts that the actor may not read without words."""
    require(actor, Action.READ_REMINDERS)
    rows = untold(uow.session, limit)
    contracts = contracts_of(uow, [s for _, _, s in rows])
    found = []
    for notice, moment, subject in rows:
        contract = contracts.get(subject.contract_id or "")
        readable = _readable(actor, subject, contract)
        if not readable and not may(actor, Action.KEEP_REMINDERS):
            continue
        why = "邮件和其他渠道都没有送达" if notice.user_id else "负责人、代理人和上级都不能接收（账号停用、没有邮箱或者无权阅读）"
        found.append(
            Unheard(
                contract.id if contract and readable else "", contract.number if contract else "", Topic(subject.topic),
                subject.title if readable else "", moment.due_on, why,
            )
        )  # fmt: skip
    return tuple(found)
