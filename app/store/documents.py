"""Documents: what is known of a file. The bytes are in the blob store under their SHA-256; a document never changes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, select
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
