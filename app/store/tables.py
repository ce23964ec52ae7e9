"""Registers every table with the declarative base; whoever needs the whole schema imports this."""

from __future__ import annotations

from app.store import (
    amendments,
    approvals,
    audit,
    beats,
    channels,
    comments,
    contracts,
    corrections,
    deliveries,
    documents,
    drafts,
    effects,
    elsewhere,
    endings,
    instruments,
    links,
    lpr,
    obligations,
    organisations,
    outbox,
    paper_texts,
    reminders,
    seals,
    search,
    service_months,
    settlements,
    signings,
    terms,
    users,
    versions,
    views,
)
from app.store.base import Base

MODULES = (
    amendments, approvals, audit, beats, channels, comments, contracts, corrections, deliveries, documents, drafts, effects, elsewhere,
    endings, instruments, links, lpr, obligations, organisations, outbox, paper_texts, reminders, seals, search, service_months, settlements,
    signings, terms, users, versions, views,
)  # fmt: skip
METADATA = Base.metadata
