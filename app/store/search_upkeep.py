"""What the search index lacks."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from app.store.contracts import ContractRow
from app.store.documents import DocumentRow
from app.store.search import IndexedContractRow, IndexedDocumentRow
from app.store.versions import VersionRow

PDF = "application/pdf"
SIGNED = "signed"


def stale_contracts(session: Session, limit: int, without: Collection[str] = ()) -> list[str]:
    """Contracts that are not in the index, or were changed since, or have a version that it doesn't know."""
    newer = exists().where(VersionRow.contract_id == ContractRow.id, VersionRow.ordinal > IndexedContractRow.ordinal)
    statement = (
        select(ContractRow.id)
        .outerjoin(IndexedContractRow, IndexedContractRow.contract_id == ContractRow.id)
        .where(or_(IndexedContractRow.seq.is_(None), IndexedContractRow.seen_at != ContractRow.updated_at, newer))
        .where(ContractRow.id.not_in(without))
        .order_by(ContractRow.created_at, ContractRow.id)
        .limit(limit)
    )
    return list(session.scalars(statement))


def documents_to_index(session: Session, limit: int) -> list[str]:
    """Signed copies of contracts whose text isn't here: only the file says what was agreed."""
    written = exists().where(VersionRow.contract_id == DocumentRow.contract_id)
    known = exists().where(IndexedDocumentRow.document_id == DocumentRow.id)
    statement = (
        select(DocumentRow.id)
        .where(DocumentRow.kind == SIGNED, DocumentRow.media_type == PDF, ~written, ~known)
        .order_by(DocumentRow.created_at, DocumentRow.id)
        .limit(limit)
    )
    return list(session.scalars(statement))
