"""The audit log: append-only and hash-chained. The database itself refuses to change or delete an entry (migration 0002)."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import BigInteger, Boolean, Index, String, Text, delete, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.domain.audit import Checkpoint, Entry, Head, Record, append, genesis, head_after
from app.domain.merkle import Frontier
from app.store.base import Base, Instant

CHAIN_LOCK = 0x63_79_61_75_64
"""Key of the advisory lock under which entries are appended on PostgreSQL."""
ORIGIN = "origin"
PAGE = 2000
"""Entries read at a time."""


class AuditRow(Base):
    """One entry (``domain.audit.Entry``). ``number`` counts from 1 without gaps; ``data`` is JSON, kept byte for byte.

    There are no foreign keys: the log outlives what it tells of.
    """

    __tablename__ = "audit_entries"

    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Instant)
    actor: Mapped[str] = mapped_column(String(100))
    action: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(32))
    data: Mapped[str] = mapped_column(Text)
    previous: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))

    __table_args__ = (Index("ix_audit_entries_subject", "subject", "number"),)


class CheckpointRow(Base):
    """A signed checkpoint (``domain.audit.Checkpoint``); the same is kept in a file outside the database.

    ``frontier`` is the Merkle frontier at ``size`` as hex digests, so that the next checkpoint need not read the whole log.
    """

    __tablename__ = "audit_checkpoints"

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    origin: Mapped[str] = mapped_column(String(64))
    head: Mapped[str] = mapped_column(String(64))
    root: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Instant)
    key_id: Mapped[str] = mapped_column(String(64))
    signature: Mapped[str] = mapped_column(String(128))
    frontier: Mapped[str] = mapped_column(Text)


class VerificationRow(Base):
    """What verifying the whole log found at ``at``; ``summary`` in Chinese, as it was told."""

    __tablename__ = "audit_verifications"

    at: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    covered: Mapped[int] = mapped_column(BigInteger)
    sound: Mapped[bool] = mapped_column(Boolean)
    summary: Mapped[str] = mapped_column(Text)


class SystemRow(Base):
    """What this installation is; ``origin`` was drawn when the tables were made and never changes."""

    __tablename__ = "system_values"

    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    value: Mapped[str] = mapped_column(String(200))


def origin(session: Session) -> str:
    """The name of this log; entries of one log don't fit another."""
    row = session.get_one(SystemRow, ORIGIN)
    return row.value


def append_records(session: Session, records: Sequence[Record]) -> tuple[Entry, ...]:
    """Chain ``records`` to the end of the log, inside the transaction of ``session``.

    Appending is serialised: on PostgreSQL by an advisory lock until this transaction ends, on SQLite because a writing
    transaction is alone. Call it last, so that the lock is short.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": CHAIN_LOCK})
    end = head(session)
    entries = []
    for record in records:
        entry = append(end, record)
        session.add(_row(entry))
        entries.append(entry)
        end = head_after(entry)
    session.flush()
    return tuple(entries)


def head(session: Session) -> Head:
    """The end of the log."""
    last = session.scalars(select(AuditRow).order_by(AuditRow.number.desc()).limit(1)).one_or_none()
    return Head(last.number, last.hash) if last else genesis(origin(session))


def entries(session: Session, after: int = 0) -> Iterator[Entry]:
    """Entries behind number ``after`` in order, a page at a time: the log may be longer than memory."""
    columns = AuditRow.__table__.columns
    while True:
        statement = select(*columns).where(AuditRow.number > after).order_by(AuditRow.number).limit(PAGE)
        page = session.execute(statement).all()
        for row in page:
            yield Entry(row.number, row.at, row.actor, row.action, row.subject, row.data, row.previous, row.hash)
        if len(page) < PAGE:
            return
        after = page[-1].number


def entries_of(session: Session, subject: str, *, newest_first: bool = False, limit: int | None = None) -> list[Entry]:
    """The entries of one contract."""
    order = AuditRow.number.desc() if newest_first else AuditRow.number
    rows = session.scalars(select(AuditRow).where(AuditRow.subject == subject).order_by(order).limit(limit))
    return [_entry(row) for row in rows]


def search(
    session: Session,
    *,
    subject: str = "",
    family: str = "",
    action: str = "",
    actor: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
    before: int | None = None,
    limit: int = 100,
) -> list[Entry]:
    """Entries, the newest first. ``family``: what the action's code begins with; ``action``: the whole code; ``before``: below this number alone."""
    statement = select(AuditRow).order_by(AuditRow.number.desc()).limit(limit)
    if subject:
        statement = statement.where(AuditRow.subject == subject)
    if family:
        statement = statement.where(AuditRow.action.startswith(f"{family}.", autoescape=True))
    if action:
        statement = statement.where(AuditRow.action == action)
    if actor:
        statement = statement.where(AuditRow.actor == actor)
    if since is not None:
        statement = statement.where(AuditRow.at >= since)
    if until is not None:
        statement = statement.where(AuditRow.at < until)
    if before is not None:
        statement = statement.where(AuditRow.number < before)
    return [_entry(row) for row in session.scalars(statement)]


def actors_of(session: Session, subject: str) -> list[str]:
    """Whoever caused an entry of one contract."""
    return list(session.scalars(select(AuditRow.actor).where(AuditRow.subject == subject).distinct().order_by(AuditRow.actor)))


def leaves(session: Session, size: int) -> list[bytes]:
    """The Merkle leaves of the first ``size`` entries."""
    found = session.scalars(select(AuditRow.hash).where(AuditRow.number <= size).order_by(AuditRow.number))
    return [bytes.fromhex(h) for h in found]


def checkpoints(session: Session) -> list[Checkpoint]:
    """Every checkpoint of the database, the smallest first."""
    return [_checkpoint(row) for row in session.scalars(select(CheckpointRow).order_by(CheckpointRow.size))]


def last_checkpoint(session: Session) -> tuple[Checkpoint, Frontier] | None:
    """The largest checkpoint and the frontier there."""
    row = session.scalars(select(CheckpointRow).order_by(CheckpointRow.size.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    return _checkpoint(row), Frontier(row.size, tuple(bytes.fromhex(peak) for peak in row.frontier.split()))


def last_verification(session: Session) -> VerificationRow | None:
    return session.scalars(select(VerificationRow).order_by(VerificationRow.at.desc()).limit(1)).one_or_none()


def add_verification(session: Session, *, at: datetime, size: int, covered: int, sound: bool, summary: str, keep: int) -> None:
    """Keep a result, and of the older ones the last ``keep``."""
    session.merge(VerificationRow(at=at, size=size, covered=covered, sound=sound, summary=summary))
    session.flush()
    old = list(session.scalars(select(VerificationRow.at).order_by(VerificationRow.at.desc()).offset(keep)))
    if old:
        session.execute(delete(VerificationRow).where(VerificationRow.at <= max(old)))


def add_checkpoint(session: Session, point: Checkpoint, frontier: Frontier) -> bool:
    """Keep a checkpoint; False where one of this size is there already."""
    if session.get(CheckpointRow, point.size) is not None:
        return False
    session.add(
        CheckpointRow(
            size=point.size,
            origin=point.origin,
            head=point.head,
            root=point.root,
            at=point.at,
            key_id=point.key_id,
            signature=base64.b64encode(point.signature).decode("ascii"),
            frontier=" ".join(peak.hex() for peak in frontier.peaks),
        )
    )
    return True


def _checkpoint(row: CheckpointRow) -> Checkpoint:
    try:
        signature = base64.b64decode(row.signature, validate=True)
    except ValueError:
        signature = b""  # not a signature at all: verification says so
    return Checkpoint(row.origin, row.size, row.head, row.root, row.at, row.key_id, signature)


def _row(entry: Entry) -> AuditRow:
    return AuditRow(
        number=entry.number, at=entry.at, actor=entry.actor, action=entry.action, subject=entry.subject, data=entry.data,
        previous=entry.previous, hash=entry.hash,
    )  # fmt: skip


def _entry(row: AuditRow) -> Entry:
    return Entry(row.number, row.at, row.actor, row.action, row.subject, row.data, row.previous, row.hash)
