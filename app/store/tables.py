"""Registers every table with the declarative base; whoever needs the whole schema imports this."""

from __future__ import annotations

from app.store import (
    approvals,
    audit,
    comments,
    contracts,
    documents,
    drafts,
    instruments,
    organisations,
    outbox,
    search,
    users,
    versions,
)
from app.store.base import Base

MODULES = (approvals, audit, comments, contracts, documents, drafts, instruments, organisations, outbox, search, users, versions)
METADATA = Base.metadata
