"""Documents: what is known of a file. The bytes are in the blob store under their SHA-256; a document never changes."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.base import Base, Instant


class DocumentRow(Base):
    """One file of a contract. ``kind``: generated | signed | evidence | correspondence | licence | other; ``size`` in bytes."""

    __tablename__ = "documents"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"))
    version_id: Mapped[str | None] = mapped_column(ForeignKey("versions.id"))
    instrument_id: Mapped[str | None] = mapped_column(ForeignKey("instruments.id"))
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[str] = mapped_column(String(100))

    __table_args__ = (Index("ix_documents_contract_id", "contract_id"), Index("ix_documents_sha256", "sha256"))


def find_document(session: Session, document_id: str) -> DocumentRow | None:
    return session.get(DocumentRow, document_id)


def documents_of(session: Session, contract_id: str) -> list[DocumentRow]:
    statement = select(DocumentRow).where(DocumentRow.contract_id == contract_id)
    return list(session.scalars(statement.order_by(DocumentRow.created_at.desc(), DocumentRow.id)))


class BlobCheckRow(Base):
    """When the bytes under a digest were last held against it, and what was wrong then (empty: nothing; missing | damaged)."""

    __tablename__ = "blob_checks"

    sha256: Mapped[str] = mapped_column(String(64), primary_key=True)
    checked_at: Mapped[datetime] = mapped_column(Instant)
    fault: Mapped[str] = mapped_column(String(16), default="")

    __table_args__ = (Index("ix_blob_checks_checked_at", "checked_at"),)


def faults_of_blobs(session: Session, digests: Collection[str]) -> dict[str, str]:
    """What is known to be wrong with these files, by digest."""
    if not digests:
        return {}
    statement = select(BlobCheckRow.sha256, BlobCheckRow.fault).where(BlobCheckRow.sha256.in_(digests), BlobCheckRow.fault != "")
    return {row[0]: row[1] for row in session.execute(statement)}


def all_blob_faults(session: Session) -> list[BlobCheckRow]:
    return list(session.scalars(select(BlobCheckRow).where(BlobCheckRow.fault != "").order_by(BlobCheckRow.sha256)))


def unchecked_blobs(session: Session, since: datetime, limit: int) -> list[str]:
    """Digests of documents that were not checked after ``since``, those never checked first."""
    statement = (
        select(DocumentRow.sha256)
        .outerjoin(BlobCheckRow, BlobCheckRow.sha256 == DocumentRow.sha256)
        .where(or_(BlobCheckRow.checked_at.is_(None), BlobCheckRow.checked_at < since))
        .group_by(DocumentRow.sha256)
        .order_by(func.min(BlobCheckRow.checked_at).nulls_first(), DocumentRow.sha256)
        .limit(limit)
    )
    return list(session.scalars(statement))


def documents_with(session: Session, sha256: str) -> list[DocumentRow]:
    return list(session.scalars(select(DocumentRow).where(DocumentRow.sha256 == sha256).order_by(DocumentRow.id)))


def count_documents(session: Session, contract_id: str) -> int:
    return int(session.scalar(select(func.count()).select_from(DocumentRow).where(DocumentRow.contract_id == contract_id)) or 0)
