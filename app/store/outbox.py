"""Outbox: messages written in the transaction that causes them, delivered later by whoever holds the lease."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import ForeignKey, Index, Integer, String, Text, func, or_, select, text, update
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.domain.messages import SMS
from app.store.base import Base, Instant

WAITING = "waiting"
SENT = "sent"
LOCAL = "local"
FAILED = "failed"


class OutboxRow(Base):
    """One message to one recipient. ``key`` is unique: the same cause never makes a second message.

    ``state``: waiting | sent | local (no mail server was set; it is shown in the web interface) | failed (given up; shown to
    a person). The mail's Message-ID is made from ``id``: it stays the same over all attempts, so a receiver drops a doubled
    one. ``calendar``: an iCalendar file that goes along. ``channel``: ``mail``, ``sms``, or the id of the robot or webhook that
    carries it. ``details``: JSON of what a short message is made of.
    A lease is held until ``leased_until``; whoever dies with it loses it by time. ``lease`` names the holder.
    """

    __tablename__ = "outbox"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    key: Mapped[str] = mapped_column(String(200), unique=True)
    recipient: Mapped[str] = mapped_column(String(200))
    subject: Mapped[str] = mapped_column(String(300))
    text: Mapped[str] = mapped_column(Text)
    html: Mapped[str] = mapped_column(Text, default="")
    calendar: Mapped[str] = mapped_column(Text, default="", server_default="")
    channel: Mapped[str] = mapped_column(String(32), default="mail", server_default="mail")
    details: Mapped[str] = mapped_column(Text, default="", server_default="")
    contract_id: Mapped[str | None] = mapped_column(ForeignKey("contracts.id"))
    user_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    state: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(Instant)
    lease: Mapped[str] = mapped_column(String(32), default="")
    leased_until: Mapped[datetime | None] = mapped_column(Instant)
    problem: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    done_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        Index("ix_outbox_state", "state", "next_attempt_at"),
        Index("ix_outbox_created_at", "created_at"),
        Index("ix_outbox_contract_id", "contract_id"),
    )


def find_message(session: Session, outbox_id: str) -> OutboxRow | None:
    return session.get(OutboxRow, outbox_id, with_for_update=True)


def look_at_message(session: Session, outbox_id: str) -> OutboxRow | None:
    """The same without keeping others from it."""
    return session.get(OutboxRow, outbox_id)


def message_with_key(session: Session, key: str) -> OutboxRow | None:
    return session.scalars(select(OutboxRow).where(OutboxRow.key == key)).one_or_none()


def hold_number(session: Session, number: str) -> None:
    """Others who want to write to this number wait until the end of the transaction: what was sent to it is counted over all signings.

    On PostgreSQL by an advisory lock, on SQLite because a writing transaction is alone.
    """
    if session.get_bind().dialect.name == "postgresql":
        key = int.from_bytes(hashlib.sha256(b"sms:" + number.encode()).digest()[:8], "big", signed=True)
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def sent_to_number(session: Session, number: str, since: datetime) -> list[datetime]:
    """When short messages to a number were written, whatever became of them."""
    statement = select(OutboxRow.created_at).where(
        OutboxRow.channel == SMS, OutboxRow.recipient == number, OutboxRow.created_at > since
    )
    return list(session.scalars(statement))


def message_waiting(session: Session, contract_id: str, user_id: str, key_prefix: str) -> OutboxRow | None:
    """The latest message to somebody about a contract whose key begins so and which nobody has begun to carry, kept from
    carriers until the end of the transaction: something can still be added to it."""
    statement = (
        select(OutboxRow)
        .where(OutboxRow.contract_id == contract_id, OutboxRow.user_id == user_id)
        .where(OutboxRow.key.startswith(key_prefix, autoescape=True), OutboxRow.state == WAITING, OutboxRow.attempts == 0)
        .order_by(OutboxRow.created_at.desc())
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return session.scalars(statement).one_or_none()


def lease_next(session: Session, now: datetime, *, holder: str, lasting: timedelta, key_prefix: str = "") -> OutboxRow | None:
    """Take the next due message (of those whose key begins so) for ``holder``; one that another carrier is just taking is passed over.

    It counts as an attempt from here on, so that a message which kills its carrier is given up in the end.
    """
    due = (
        select(OutboxRow)
        .where(OutboxRow.state == WAITING, OutboxRow.next_attempt_at <= now)
        .where(or_(OutboxRow.leased_until.is_(None), OutboxRow.leased_until <= now))
        .order_by(OutboxRow.next_attempt_at, OutboxRow.created_at, OutboxRow.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    if key_prefix:
        due = due.where(OutboxRow.key.startswith(key_prefix, autoescape=True))
    row = session.scalars(due).one_or_none()
    if row is not None:
        row.lease, row.leased_until, row.attempts = holder, now + lasting, row.attempts + 1
        session.flush()
    return row


def close_lease(
    session: Session,
    row: OutboxRow,
    *,
    state: str,
    problem: str = "",
    done_at: datetime | None = None,
    again_at: datetime | None = None,
) -> bool:
    """Record how an attempt ended; False, and nothing changed, where the lease has passed to somebody else."""
    statement = (
        update(OutboxRow)
        .where(OutboxRow.id == row.id, OutboxRow.lease == row.lease, OutboxRow.state == WAITING)
        .values(
            state=state,
            problem=problem,
            done_at=done_at,
            next_attempt_at=again_at or OutboxRow.next_attempt_at,
            lease="",
            leased_until=None,
        )
        .execution_options(synchronize_session=False)
    )
    return session.execute(statement).rowcount == 1  # type: ignore[attr-defined,no-any-return]


def messages(session: Session, *, states: tuple[str, ...] = (), limit: int = 100, offset: int = 0) -> list[OutboxRow]:
    """Messages, the newest first: what the local outbox shows."""
    statement = select(OutboxRow).order_by(OutboxRow.created_at.desc(), OutboxRow.id).limit(limit).offset(offset)
    return list(session.scalars(statement.where(OutboxRow.state.in_(states)) if states else statement))


def count_by_state(session: Session) -> dict[str, int]:
    counted = session.execute(select(OutboxRow.state, func.count()).group_by(OutboxRow.state))
    return {line[0]: line[1] for line in counted}
