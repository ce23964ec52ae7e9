"""Immutable versions of a contract's text. The database itself refuses to change or delete one (triggers of migration 0002)."""

from __future__ import annotations

from collections import deque
from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, Session, defer, mapped_column

from app.store.base import Base, Instant

LARGEST = 2**31 - 1
"""What a column of whole numbers holds."""
HELD = 4
"""So many texts stay in memory with one session."""


class VersionRow(Base):
    """One frozen text. ``tree`` and ``answers`` are JSON texts, kept byte for byte.

    ``digest`` is the SHA-256 of the canonical words (``domain.digest``), ``content`` the SHA-256 of both JSON texts; the
    audit entry of the version carries both. ``ordinal`` counts from 1 within the contract; ``parent_id`` is the version
    it was made from.
    """

    __tablename__ = "versions"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"))
    ordinal: Mapped[int] = mapped_column()
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("versions.id"))
    tree: Mapped[str] = mapped_column(Text)
    answers: Mapped[str] = mapped_column(Text)
    library_version: Mapped[str] = mapped_column(String(64))
    digest: Mapped[str] = mapped_column(String(64))
    content: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[str] = mapped_column(String(100))

    __table_args__ = (UniqueConstraint("contract_id", "ordinal", name="uq_versions_contract_id_ordinal"),)


def find_version(session: Session, version_id: str) -> VersionRow | None:
    """The last few are held by the session, which else forgets what nobody holds: a text is large, and each step of a use case asks."""
    row = session.get(VersionRow, version_id)
    held: deque[VersionRow] = session.info.setdefault(VersionRow.__tablename__, deque(maxlen=HELD))
    if row is not None and all(row is not one for one in held):
        held.append(row)
    return row


def latest_version(session: Session, contract_id: str) -> VersionRow | None:
    statement = select(VersionRow.id).where(VersionRow.contract_id == contract_id).order_by(VersionRow.ordinal.desc()).limit(1)
    found = session.scalars(statement).one_or_none()
    return find_version(session, found) if found else None


def version_with_ordinal(session: Session, contract_id: str, ordinal: int) -> VersionRow | None:
    """``ordinal`` may come from an address: a number that no column holds is a version that there is not."""
    if not 0 < ordinal <= LARGEST:
        return None
    statement = select(VersionRow).where(VersionRow.contract_id == contract_id, VersionRow.ordinal == ordinal)
    return session.scalars(statement).one_or_none()


def versions_after(session: Session, contract_id: str, ordinal: int) -> list[VersionRow]:
    """Versions younger than ``ordinal``, the oldest first, with their text."""
    statement = select(VersionRow).where(VersionRow.contract_id == contract_id, VersionRow.ordinal > ordinal)
    return list(session.scalars(statement.order_by(VersionRow.ordinal)))


def next_ordinal(session: Session, contract_id: str) -> int:
    """To be asked under the lock of the contract."""
    highest = session.scalar(select(func.max(VersionRow.ordinal)).where(VersionRow.contract_id == contract_id))
    return (highest or 0) + 1


def version_heads(session: Session, contract_id: str) -> list[VersionRow]:
    """Every version of a contract without its text, the newest first."""
    statement = select(VersionRow).where(VersionRow.contract_id == contract_id).order_by(VersionRow.ordinal.desc())
    return list(session.scalars(statement.options(defer(VersionRow.tree), defer(VersionRow.answers))))
