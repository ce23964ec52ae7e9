"""Setting how reminders go out: policies at three levels, the house's hours and head, and who stands in for whom."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from app.domain.calendar import WorkingCalendar
from app.domain.errors import InputError, InputFault
from app.domain.lpr import FIRST
from app.domain.permissions import Action, Actor, require
from app.domain.reminders import (
    HOLIDAYS_AFTER_NOTICE,
    LAW_STATUS_DAYS,
    LPR_DAYS,
    MAIL,
    Hours,
    Level,
    Policy,
    Resolved,
    Topic,
    resolve,
)
from app.domain.settlement.silence import MOST_GRACE
from app.services.access import record_of
from app.services.expiring_reminding import set_expiring_dates
from app.services.journal import CLOCK, note
from app.services.record import opened, require_contract
from app.services.reminder_house import EVERYWHERE, House, house, policy_of
from app.services.reminding import Subject, set_date
from app.store.channels import channels
from app.store.reminders import ReminderPolicyRow, ask_for_planning, find_policy, person_row, policies_at, settings_row
from app.store.uow import UnitOfWork
from app.store.users import find_user, users_by_name


@dataclass(frozen=True, slots=True)
class PolicyLine:
    """One topic at one level: what applies, and what would apply without an override here (``inherited``)."""

    topic: Topic
    applies: Resolved
    inherited: Resolved
    own: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where policies are set. ``key``: empty for the house, the form's code, or the contract's id."""

    level: Level
    key: str = EVERYWHERE


def read_policies(uow: UnitOfWork, actor: Actor, place: Place) -> tuple[PolicyLine, ...]:
    """Every topic that makes sense at this level. Raises ``ContractMissing``, ``Hidden``."""
    places, form = {Level.HOUSE: EVERYWHERE}, place.key
    if place.level is Level.CONTRACT:
        form = opened(uow, actor, Action.READ_CONTRACTS, place.key).form
        places[Level.CONTRACT] = place.key
    else:
        require(actor, Action.READ_REMINDERS)
    if place.level is not Level.HOUSE:
        places[Level.FORM] = form
    rows = policies_at(uow.session, [(level.value, key) for level, key in places.items()])
    found: dict[Topic, dict[Level, Policy]] = {topic: {} for topic in Topic}
    for row in rows:
        found[Topic(row.topic)][Level(row.level)] = policy_of(row)
    lines = []
    for topic, levels in found.items():
        if topic.of_house and place.level is not Level.HOUSE:
            continue
        above = {level: policy for level, policy in levels.items() if level is not place.level}
        lines.append(PolicyLine(topic, resolve(topic, levels), resolve(topic, above), place.level in levels))
    return tuple(lines)


def set_policy(uow: UnitOfWork, actor: Actor, now: datetime, place: Place, topic: Topic, policy: Policy) -> None:
    """Override a topic at this level; the open dates that it concerns are planned anew. Raises ``InputError``; commits."""
    _may_set(uow, actor, place)
    faults = []
    known = {MAIL, *(c.id for c in channels(uow.session))}
    if any(c not in known for c in policy.channels) or not policy.channels:
        faults.append(InputFault("channels", "通知渠道", "请选择至少一个现有的渠道", "邮件，或者渠道页里登记的机器人"))
    if not policy.days and topic is Topic.RENEWAL:
        faults.append(InputFault("days", "提醒日", "续约决定不能不提醒：错过通知截止日无法补救", "例如 −90、−60、−30、−7"))
    if topic is Topic.RENEWAL and any(d > 0 for d in policy.days):
        faults.append(InputFault("days", "提醒日", "续约提醒须在最晚安全寄送日以前", "只填负数或者 0"))
    if faults:
        raise InputError(faults)
    row = find_policy(uow.session, place.level.value, place.key, topic.value)
    if row is None:
        row = ReminderPolicyRow(level=place.level.value, place=place.key, topic=topic.value)
        uow.session.add(row)
    row.days, row.channels = " ".join(map(str, policy.days)), " ".join(policy.channels)
    row.deputy_from, row.head_from, row.working_days = policy.deputy_from, policy.head_from, policy.working_days
    row.changed_at, row.changed_by = now, actor.name
    _changed(uow, actor, now, place, topic, list(policy.days))


def drop_policy(uow: UnitOfWork, actor: Actor, now: datetime, place: Place, topic: Topic) -> None:
    """Inherit again; commits."""
    _may_set(uow, actor, place)
    row = find_policy(uow.session, place.level.value, place.key, topic.value)
    if row is not None:
        uow.session.delete(row)
    _changed(uow, actor, now, place, topic, [])


def _changed(uow: UnitOfWork, actor: Actor, now: datetime, place: Place, topic: Topic, days: list[int]) -> None:
    uow.session.flush()
    contract = place.key if place.level is Level.CONTRACT else ""
    ask_for_planning(
        uow.session, now, topic=topic.value, contract_id=contract, form=place.key if place.level is Level.FORM else ""
    )
    note(
        uow, actor, now, "reminder.policy", contract=contract, subject=place.key[:32], level=place.level.value,
        topic=topic.value, days=days,
    )  # fmt: skip
    uow.commit()


def _may_set(uow: UnitOfWork, actor: Actor, place: Place) -> None:
    if place.level is Level.CONTRACT:
        require(actor, Action.KEEP_PERFORMANCE, record_of(require_contract(uow, place.key)))
    else:
        require(actor, Action.KEEP_REMINDERS)


# ---- the house


@dataclass(frozen=True, slots=True)
class NewHouse:
    """What a form says of the house. ``head_id`` None: nobody. ``published``: the day on which next year's holidays were announced.

    ``silence_grace``: working days, as in ``House``; None: as it was.
    """

    send_at: time
    quiet_from: time
    quiet_until: time
    head_id: str | None
    lpr_on: date | None
    laws_on: date | None
    published: date | None = None
    silence_grace: int | None = None


def read_house(uow: UnitOfWork, actor: Actor) -> House:
    require(actor, Action.READ_REMINDERS)
    return house(uow)


def set_house(uow: UnitOfWork, actor: Actor, now: datetime, today: date, calendar: WorkingCalendar, new: NewHouse) -> None:
    """Raises ``InputError``; every open date is planned anew where the hours changed; commits."""
    require(actor, Action.KEEP_REMINDERS)
    hours = Hours(new.send_at, new.quiet_from, new.quiet_until)
    faults = list(hours.faults())
    head = find_user(uow.session, new.head_id) if new.head_id else None
    if new.head_id and (head is None or not head.active):
        faults.append(InputFault("head", "上级", "请选择一个在用的账号"))
    for name, label, day in (
        ("lpr_on", "LPR 核对日", new.lpr_on),
        ("laws_on", "法律状态核对日", new.laws_on),
        ("published", "公布日", new.published),
    ):
        if day is not None and day > today:
            faults.append(InputFault(name, label, "不能晚于今天", today.isoformat()))
    if new.silence_grace is not None and not 0 <= new.silence_grace <= MOST_GRACE:
        faults.append(InputFault("silence_grace", "视为确认的宽限", "应为工作日数", f"0 至 {MOST_GRACE}"))
    if faults:
        raise InputError(faults)
    row = settings_row(uow.session, lock=True)
    before = house(uow)
    row.send_at, row.quiet_from, row.quiet_until = (t.strftime("%H:%M") for t in (new.send_at, new.quiet_from, new.quiet_until))
    row.head_id, row.lpr_on, row.laws_on = new.head_id, new.lpr_on, new.laws_on
    row.silence_grace = before.silence_grace if new.silence_grace is None else new.silence_grace
    if before.hours != hours:
        ask_for_planning(uow.session, now)
    set_house_dates(uow, actor, now, today, calendar, new.published)
    note(
        uow, actor, now, "reminder.house", send_at=row.send_at, quiet_from=row.quiet_from, quiet_until=row.quiet_until,
        head=head.name if head else "", lpr_on=new.lpr_on.isoformat() if new.lpr_on else "",
        laws_on=new.laws_on.isoformat() if new.laws_on else "", silence_grace=row.silence_grace,
    )  # fmt: skip
    uow.commit()


def set_house_dates(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, calendar: WorkingCalendar, published: date | None = None
) -> None:
    """The dates that belong to no contract (brief D): the LPR's and the laws' status to be looked at again, and next year's holidays, from
    November on or from the day they were announced. Inside the caller's transaction; may be called every day."""
    row, path = settings_row(uow.session), "/reminders/policies/"
    for topic, since, days, what, where, then in (
        (Topic.LPR, row.lpr_on, LPR_DAYS, "一年期 LPR", "/reminders/lpr/", "在LPR登记页录入新公布的LPR，核对日随之更新。"),
        (Topic.LAW_STATUS, row.laws_on, LAW_STATUS_DAYS, "合同所引法律的状态", path, "核对后在提醒策略页登记新的核对日。"),
    ):  # fmt: skip
        due = since + timedelta(days=days + 1) if since else None
        detail = f"上次核对：{since.isoformat()}，已超过 {days} 日的须重新核对。{then}" if since else ""
        set_date(uow, actor, now, Subject(topic, "house", f"核对{what}", where, detail=detail), due)
    year = today.year + 1
    known = year in calendar.official_years
    due = published + timedelta(days=HOLIDAYS_AFTER_NOTICE) if published else date(today.year, 11, 4)
    detail = f"国务院办公厅公布{year}年放假安排后 {HOLIDAYS_AFTER_NOTICE} 日内须录入日历（clauses/calendars.yaml）；未录入前，{year}年的工作日推算为暂定值。"
    asked = not known and (published is not None or today >= date(today.year, 11, 1))
    set_date(
        uow, actor, now, Subject(Topic.HOLIDAYS, str(year), f"录入{year}年放假安排", path, detail=detail), due if asked else None
    )


def looked_at_lpr(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    today: date,
    calendar: WorkingCalendar,
    newest: date | None,
    gone: date | None = None,
) -> None:
    """The register changed. ``newest``: its newest publication; what was newer before stays, and older ones settle nothing, unless what
    was newer is ``gone``: the day up to which the entry that was changed or taken out reached. In the caller's transaction."""
    row, known = settings_row(uow.session, lock=True), newest or FIRST
    if row.lpr_on is None or known > row.lpr_on or row.lpr_on == gone:
        row.lpr_on = known
        set_house_dates(uow, actor, now, today, calendar, _published(uow, today))


def keep_house_dates(uow: UnitOfWork, now: datetime, today: date, calendar: WorkingCalendar) -> None:
    """What the clock looks at every day; commits."""
    current = settings_row(uow.session)
    if current.lpr_on is None or current.laws_on is None:
        current.lpr_on, current.laws_on = current.lpr_on or today, current.laws_on or today
        uow.session.flush()
    published = _published(uow, today)
    set_house_dates(uow, CLOCK, now, today, calendar, published)
    set_expiring_dates(uow, now, today)
    uow.commit()


def _published(uow: UnitOfWork, today: date) -> date | None:
    """The day of the announcement that somebody entered: it stands in the date of the topic."""
    from app.store.reminders import find_subject

    row = find_subject(uow.session, Topic.HOLIDAYS.value, str(today.year + 1))
    if row is None or row.due_on is None or row.due_on == date(today.year, 11, 4):
        return None
    return row.due_on - timedelta(days=HOLIDAYS_AFTER_NOTICE)


# ---- people


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    name: str


def people_to_choose(uow: UnitOfWork, actor: Actor) -> Sequence[Person]:
    """Open accounts with an address, by name."""
    require(actor, Action.READ_REMINDERS)
    return [Person(u.id, u.name) for u in users_by_name(uow.session) if u.active and u.email]


def deputy_of(uow: UnitOfWork, actor: Actor) -> str:
    row = person_row(uow.session, actor.id)
    return (row.deputy_id if row else None) or ""


def set_deputy(uow: UnitOfWork, actor: Actor, now: datetime, deputy_id: str) -> None:
    """Who stands in for oneself; empty: nobody. Raises ``InputError``; commits."""
    require(actor, Action.READ_REMINDERS)
    deputy = find_user(uow.session, deputy_id) if deputy_id else None
    if deputy_id and (deputy is None or not deputy.active or deputy.id == actor.id):
        raise InputError([InputFault("deputy", "代理人", "请选择另一个在用的账号")])
    row = person_row(uow.session, actor.id, make=True)
    assert row is not None
    row.deputy_id = deputy.id if deputy else None
    note(uow, actor, now, "reminder.deputy", deputy=deputy.name if deputy else "")
    uow.commit()
