"""Reminders: the dates that people are reminded of, each planned moment, and what was told to whom.

What the clock must look at is found by three indexes (dates that wait for planning, moments that are due, notices that wait for their
message), so a wake-up costs what is due and not what is stored.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import (
    Boolean,
    Date,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    Text,
    UniqueConstraint,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column, selectinload

from app.store.base import Base, Instant
from app.store.contracts import ContractRow

PLANNED, RAISED, FOLDED, DROPPED = "planned", "raised", "folded", "dropped"
WAITING, TOLD, UNTOLD = "waiting", "told", "untold"
AT_ONCE = 500
"""So many names go into one statement."""


class ReminderSubjectRow(Base):
    """A date that people are reminded of. (``topic``, ``subject_id``) is unique: what it is a date of.

    ``due_on`` NULL: closed, nobody is reminded. ``told_due_on``: the date of which people were last reminded. ``detail``: the reasoning,
    a line each. ``agreed_days``: days that the contract's text itself promises. ``plan_from`` not NULL: its moments are to be planned
    anew, since then. ``snoozed_until``: nobody is reminded before that day.
    """

    __tablename__ = "reminder_subjects"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    topic: Mapped[str] = mapped_column(String(16))
    subject_id: Mapped[str] = mapped_column(String(120))
    contract_id: Mapped[str | None] = mapped_column(ForeignKey("contracts.id"))
    responsible_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    title: Mapped[str] = mapped_column(String(300))
    path: Mapped[str] = mapped_column(String(300), default="")
    detail: Mapped[str] = mapped_column(Text, default="")
    due_on: Mapped[date | None] = mapped_column(Date)
    told_due_on: Mapped[date | None] = mapped_column(Date)
    agreed_days: Mapped[str] = mapped_column(String(100), default="")
    decides: Mapped[bool] = mapped_column(Boolean, default=False)
    plan_from: Mapped[datetime | None] = mapped_column(Instant)
    snoozed_until: Mapped[date | None] = mapped_column(Date)
    snooze_reason: Mapped[str] = mapped_column(String(500), default="")
    snoozed_by: Mapped[str] = mapped_column(String(100), default="")
    updated_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("topic", "subject_id"),
        Index("ix_reminder_subjects_plan_from", "plan_from", "id"),
        Index("ix_reminder_subjects_contract_id", "contract_id", "due_on"),
        Index("ix_reminder_subjects_due_on", "due_on", "id"),
    )


class ReminderRow(Base):
    """One moment of one date. The unique key makes each happen once, however often the clock wakes.

    ``at`` is the instant at which it is due, NULL once it was raised, folded into a later one, or dropped; ``on_day`` its day of law;
    ``step`` as the policy counts it (``-30``), or ``moved``.
    """

    __tablename__ = "reminders"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    subject_id: Mapped[str] = mapped_column(ForeignKey("reminder_subjects.id", ondelete="CASCADE"))
    due_on: Mapped[date] = mapped_column(Date)
    step: Mapped[str] = mapped_column(String(8))
    on_day: Mapped[date] = mapped_column(Date)
    at: Mapped[datetime | None] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(8))
    raised_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("subject_id", "due_on", "step"),
        Index("ix_reminders_at", "at", "id"),
    )


class ReminderNoticeRow(Base):
    """One reminder for one person, and the message in which it went out. ``not_before`` NULL: it was told, or can't be.

    ``channel``: by which it goes (``mail`` or a channel's id). ``why``: why this person is told where it is not the one responsible.
    ``previous_due_on``: the date that people were told before.
    """

    __tablename__ = "reminder_notices"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    reminder_id: Mapped[str] = mapped_column(ForeignKey("reminders.id", ondelete="CASCADE"))
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    why: Mapped[str] = mapped_column(String(60), default="")
    channels: Mapped[str] = mapped_column(String(300))
    previous_due_on: Mapped[date | None] = mapped_column(Date)
    not_before: Mapped[datetime | None] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(8))
    outbox_id: Mapped[str | None] = mapped_column(ForeignKey("outbox.id"))

    __table_args__ = (
        UniqueConstraint("reminder_id", "user_id"),
        Index("ix_reminder_notices_not_before", "not_before", "user_id"),
        Index("ix_reminder_notices_outbox_id", "outbox_id"),
        Index("ix_reminder_notices_user_id", "user_id", "state"),
    )


class ReminderPolicyRow(Base):
    """A policy that takes the place of the one above it. ``level``: house | form | contract; ``place``: the form or the contract's id.

    ``days`` and ``channels``: separated by spaces.
    """

    __tablename__ = "reminder_policies"

    level: Mapped[str] = mapped_column(String(8), primary_key=True)
    place: Mapped[str] = mapped_column(String(64), primary_key=True)
    topic: Mapped[str] = mapped_column(String(16), primary_key=True)
    days: Mapped[str] = mapped_column(String(100))
    deputy_from: Mapped[int | None] = mapped_column(Integer)
    head_from: Mapped[int | None] = mapped_column(Integer)
    channels: Mapped[str] = mapped_column(String(300))
    working_days: Mapped[bool] = mapped_column(Boolean)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    changed_by: Mapped[str] = mapped_column(String(100))


class ReminderSettingsRow(Base):
    """The one row of the house: hours as ``HH:MM`` in Beijing, the head to whom reminders escalate, and the day of the stored LPR and of the
    laws' status. ``calendar_digest``: of the official calendar that was planned by last; ``silence_grace``: working days. It is also what
    two clocks take turns at."""

    __tablename__ = "reminder_settings"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    send_at: Mapped[str] = mapped_column(String(5))
    quiet_from: Mapped[str] = mapped_column(String(5))
    quiet_until: Mapped[str] = mapped_column(String(5))
    head_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    lpr_on: Mapped[date | None] = mapped_column(Date)
    laws_on: Mapped[date | None] = mapped_column(Date)
    calendar_digest: Mapped[str] = mapped_column(String(64), default="", server_default="")
    silence_grace: Mapped[int] = mapped_column(Integer, default=2, server_default="2")


class ReminderPersonRow(Base):
    """What reminders know of a person: who stands in, and the day of the last digest."""

    __tablename__ = "reminder_people"

    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    deputy_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    digest_on: Mapped[date | None] = mapped_column(Date)
    digests: Mapped[int] = mapped_column(Integer, default=0)


class ReplanRow(Base):
    """A contract whose dates are to be worked out anew, since when."""

    __tablename__ = "reminder_replans"

    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"), primary_key=True)
    since: Mapped[datetime] = mapped_column(Instant)


Waiting = tuple[ReminderNoticeRow, ReminderRow, ReminderSubjectRow]
"""A notice with its moment and its date."""

# ---- dates


def find_subject(session: Session, topic: str, subject_id: str) -> ReminderSubjectRow | None:
    statement = select(ReminderSubjectRow).where(ReminderSubjectRow.topic == topic, ReminderSubjectRow.subject_id == subject_id)
    return session.scalars(statement).one_or_none()


def subjects_named(session: Session, topic: str, subject_ids: Collection[str]) -> list[ReminderSubjectRow]:
    """Kept from others until the end of the transaction; those of one statement in one order for everybody."""
    ids, found = sorted(subject_ids), list[ReminderSubjectRow]()
    for first in range(0, len(ids), AT_ONCE):
        named = ReminderSubjectRow.subject_id.in_(ids[first : first + AT_ONCE])
        statement = select(ReminderSubjectRow).where(ReminderSubjectRow.topic == topic, named)
        found += session.scalars(statement.order_by(ReminderSubjectRow.subject_id).with_for_update())
    return found


def subject_with_id(session: Session, row_id: str, *, lock: bool = False) -> ReminderSubjectRow | None:
    statement = select(ReminderSubjectRow).where(ReminderSubjectRow.id == row_id)
    return session.scalars(statement.with_for_update() if lock else statement).one_or_none()


def subjects_of_contract(session: Session, contract_id: str) -> list[ReminderSubjectRow]:
    """Open ones first by date, closed ones last."""
    statement = select(ReminderSubjectRow).where(ReminderSubjectRow.contract_id == contract_id)
    found = list(session.scalars(statement.order_by(ReminderSubjectRow.due_on, ReminderSubjectRow.id)))
    return sorted(found, key=lambda row: row.due_on is None)


def subjects_with_prefix(session: Session, topic: str, prefix: str) -> list[ReminderSubjectRow]:
    """Open ones of a topic whose subject begins so."""
    statement = select(ReminderSubjectRow).where(ReminderSubjectRow.topic == topic, ReminderSubjectRow.due_on.is_not(None))
    return list(session.scalars(statement.where(ReminderSubjectRow.subject_id.startswith(prefix, autoescape=True))))


def subjects_to_plan(session: Session, limit: int) -> list[ReminderSubjectRow]:
    """Those that wait longest first, kept from others until the end of the transaction."""
    statement = select(ReminderSubjectRow).where(ReminderSubjectRow.plan_from.is_not(None))
    statement = statement.order_by(ReminderSubjectRow.plan_from, ReminderSubjectRow.id).limit(limit)
    return list(session.scalars(statement.with_for_update()))


def ask_for_planning(session: Session, now: datetime, *, topic: str = "", contract_id: str = "", form: str = "") -> int:
    """Let the open dates that a changed policy concerns be planned anew; how many."""
    statement = update(ReminderSubjectRow).where(ReminderSubjectRow.due_on.is_not(None))
    if topic:
        statement = statement.where(ReminderSubjectRow.topic == topic)
    if contract_id:
        statement = statement.where(ReminderSubjectRow.contract_id == contract_id)
    if form:
        statement = statement.where(ReminderSubjectRow.contract_id.in_(select(ContractRow.id).where(ContractRow.form == form)))
    done = session.execute(statement.values(plan_from=now).execution_options(synchronize_session=False))
    return int(done.rowcount)  # type: ignore[attr-defined]


# ---- moments


def moments_of(session: Session, subject_ids: Collection[str]) -> list[ReminderRow]:
    """In the order of their days."""
    statement = select(ReminderRow).where(ReminderRow.subject_id.in_(subject_ids))
    return list(session.scalars(statement.order_by(ReminderRow.on_day, ReminderRow.due_on, ReminderRow.step)))


def drop_planned(session: Session, subject_ids: Sequence[str]) -> None:
    for first in range(0, len(subject_ids), AT_ONCE):
        those = ReminderRow.subject_id.in_(subject_ids[first : first + AT_ONCE])
        session.execute(delete(ReminderRow).where(those, ReminderRow.state == PLANNED))


def subjects_due(session: Session, now: datetime, limit: int) -> list[str]:
    """Row ids of dates with a moment that is due, the longest overdue first."""
    statement = select(ReminderRow.subject_id).where(ReminderRow.at <= now).order_by(ReminderRow.at, ReminderRow.id).limit(limit)
    return list(dict.fromkeys(session.scalars(statement)))


def subjects_with_ids(session: Session, ids: Collection[str]) -> list[ReminderSubjectRow]:
    """Kept from others until the end of the transaction, in one order for everybody."""
    statement = select(ReminderSubjectRow).where(ReminderSubjectRow.id.in_(ids)).order_by(ReminderSubjectRow.id)
    return list(session.scalars(statement.with_for_update().execution_options(populate_existing=True)))


def due_moments(session: Session, subject_ids: Collection[str], now: datetime) -> list[ReminderRow]:
    statement = select(ReminderRow).where(ReminderRow.subject_id.in_(subject_ids), ReminderRow.at <= now)
    statement = statement.order_by(ReminderRow.at, ReminderRow.on_day, ReminderRow.id)
    return list(session.scalars(statement.execution_options(populate_existing=True)))


# ---- notices


def people_waiting(session: Session, now: datetime, limit: int) -> list[str]:
    """Ids of people for whom a notice waits that may go out now."""
    statement = select(ReminderNoticeRow.user_id).where(
        ReminderNoticeRow.not_before <= now, ReminderNoticeRow.user_id.is_not(None)
    )
    return [u for u in session.scalars(statement.group_by(ReminderNoticeRow.user_id).limit(limit)) if u]


def notices_waiting(session: Session, user_id: str, now: datetime) -> Sequence[Waiting]:
    """What asks for a decision stands first: a long message must not hide it."""
    statement = (
        select(ReminderNoticeRow, ReminderRow, ReminderSubjectRow)
        .join(ReminderRow, ReminderRow.id == ReminderNoticeRow.reminder_id)
        .join(ReminderSubjectRow, ReminderSubjectRow.id == ReminderRow.subject_id)
        .where(ReminderNoticeRow.user_id == user_id, ReminderNoticeRow.not_before <= now)
        .order_by(ReminderSubjectRow.decides.desc(), ReminderRow.due_on, ReminderSubjectRow.title, ReminderNoticeRow.id)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(statement)]


def notices_of_reminders(session: Session, reminder_ids: Collection[str]) -> list[ReminderNoticeRow]:
    return list(session.scalars(select(ReminderNoticeRow).where(ReminderNoticeRow.reminder_id.in_(reminder_ids))))


def notices_of_message(session: Session, outbox_id: str) -> Sequence[Waiting]:
    statement = (
        select(ReminderNoticeRow, ReminderRow, ReminderSubjectRow)
        .join(ReminderRow, ReminderRow.id == ReminderNoticeRow.reminder_id)
        .join(ReminderSubjectRow, ReminderSubjectRow.id == ReminderRow.subject_id)
        .where(ReminderNoticeRow.outbox_id == outbox_id)
        .order_by(ReminderRow.due_on, ReminderSubjectRow.title, ReminderNoticeRow.id)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(statement)]


def contracts_told_in(session: Session, outbox_id: str) -> set[str]:
    """The contracts that a message with reminders tells of."""
    return {s.contract_id for _, _, s in notices_of_message(session, outbox_id) if s.contract_id}


def untold(session: Session, limit: int) -> Sequence[Waiting]:
    """Notices that reached nobody, the newest first."""
    statement = (
        select(ReminderNoticeRow, ReminderRow, ReminderSubjectRow)
        .join(ReminderRow, ReminderRow.id == ReminderNoticeRow.reminder_id)
        .join(ReminderSubjectRow, ReminderSubjectRow.id == ReminderRow.subject_id)
        .where(ReminderNoticeRow.state == UNTOLD)
        .order_by(ReminderRow.raised_at.desc())
        .limit(limit)
    )
    return [(row[0], row[1], row[2]) for row in session.execute(statement)]


# ---- lists


def subjects_ahead(session: Session, user_id: str, limit: int) -> list[ReminderSubjectRow]:
    """Open dates by their next reminder, those without one behind; of one person where ``user_id`` is given."""
    following = select(ReminderRow.subject_id, func.min(ReminderRow.at).label("at")).where(ReminderRow.at.is_not(None))
    nearest = following.group_by(ReminderRow.subject_id).subquery()
    statement = select(ReminderSubjectRow).join(nearest, nearest.c.subject_id == ReminderSubjectRow.id)
    statement = statement.where(ReminderSubjectRow.due_on.is_not(None))
    if user_id:
        statement = _of_person(statement, user_id)
    return list(session.scalars(statement.order_by(nearest.c.at, ReminderSubjectRow.due_on, ReminderSubjectRow.id).limit(limit)))


def subjects_for_person(session: Session, user_id: str, since: date, until: date, limit: int) -> list[ReminderSubjectRow]:
    """Open dates of one person between two days, in order."""
    statement = select(ReminderSubjectRow).where(ReminderSubjectRow.due_on.between(since, until))
    return list(
        session.scalars(_of_person(statement, user_id).order_by(ReminderSubjectRow.due_on, ReminderSubjectRow.id).limit(limit))
    )


def _of_person(statement: Select[ReminderSubjectRow], user_id: str) -> Select[ReminderSubjectRow]:
    owned = select(ContractRow.id).where(ContractRow.owner_id == user_id)
    return statement.where(
        or_(
            ReminderSubjectRow.responsible_id == user_id,
            ReminderSubjectRow.responsible_id.is_(None) & ReminderSubjectRow.contract_id.in_(owned),
        )
    )


def contracts_without_date(session: Session, limit: int) -> list[ContractRow]:
    """Contracts in force without an open date of their renewal or their end, by number."""
    dated = select(ReminderSubjectRow.contract_id).where(
        ReminderSubjectRow.contract_id == ContractRow.id, ReminderSubjectRow.topic.in_(("renewal", "expiry")),
        ReminderSubjectRow.due_on.is_not(None), ReminderSubjectRow.subject_id != ContractRow.id + ":",
    )  # fmt: skip
    statement = select(ContractRow).where(ContractRow.stage.in_(("active", "expiring")), ~dated.exists())
    statement = statement.options(selectinload(ContractRow.readers), selectinload(ContractRow.parties))
    return list(session.scalars(statement.order_by(ContractRow.number).limit(limit)))


# ---- settings, people, policies


def settings_row(session: Session, *, lock: bool = False) -> ReminderSettingsRow:
    """The one row; with ``lock`` another clock waits here until the end of this transaction."""
    statement = select(ReminderSettingsRow).where(ReminderSettingsRow.id == 1)
    return session.scalars(statement.with_for_update() if lock else statement).one()


def person_row(session: Session, user_id: str, *, make: bool = False) -> ReminderPersonRow | None:
    found = session.get(ReminderPersonRow, user_id)
    if found is None and make:
        found = ReminderPersonRow(user_id=user_id, digests=0)
        session.add(found)
        session.flush()
    return found


def policies_at(session: Session, places: Collection[tuple[str, str]], topic: str = "") -> list[ReminderPolicyRow]:
    """Policies set at these places (level, form or contract)."""
    statement = select(ReminderPolicyRow).where(
        ReminderPolicyRow.level.in_({level for level, _ in places}), ReminderPolicyRow.place.in_({place for _, place in places})
    )
    if topic:
        statement = statement.where(ReminderPolicyRow.topic == topic)
    return [row for row in session.scalars(statement) if (row.level, row.place) in set(places)]


def find_policy(session: Session, level: str, place: str, topic: str) -> ReminderPolicyRow | None:
    return session.get(ReminderPolicyRow, (level, place, topic))


# ---- contracts to work out anew


def ask_to_work_out(session: Session, contract_id: str, now: datetime) -> None:
    """Let the dates of a contract be worked out anew by the clock, in the transaction that changed what they hang on."""
    if session.get(ReplanRow, contract_id) is None:
        session.add(ReplanRow(contract_id=contract_id, since=now))
        session.flush()


def ask_all_to_work_out(session: Session, now: datetime, stages: Collection[str]) -> None:
    """The same for every contract of these stages."""
    asked = select(ReplanRow.contract_id).where(ReplanRow.contract_id == ContractRow.id)
    missing = select(ContractRow.id, literal(now, Instant)).where(ContractRow.stage.in_(stages), ~asked.exists())
    session.execute(insert(ReplanRow).from_select(["contract_id", "since"], missing))


def contracts_to_work_out(session: Session, limit: int, without: Collection[str] = ()) -> list[str]:
    statement = select(ReplanRow.contract_id).order_by(ReplanRow.since, ReplanRow.contract_id).limit(limit)
    return list(session.scalars(statement.where(ReplanRow.contract_id.not_in(without)) if without else statement))


def worked_out(session: Session, contract_id: str) -> None:
    session.execute(delete(ReplanRow).where(ReplanRow.contract_id == contract_id))


def count_waiting(session: Session) -> int:
    return int(session.scalar(select(func.count()).select_from(ReplanRow)) or 0)
