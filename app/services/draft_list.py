"""The list of drafts: searched, paged, light."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.permissions import Action, Actor, may, require
from app.services.access import record_of
from app.store.contracts import confidential_contracts
from app.store.drafts import DraftRow, draft_heads, draft_with_number, entered_names
from app.store.uow import UnitOfWork

SHOWN = ("contract.no", "party_a.name", "party_b.name")


@dataclass(frozen=True, slots=True)
class DraftLine:
    """One line of the list; texts are as they were entered."""

    id: str
    number: str
    party_a: str
    party_b: str
    revision: int
    updated_at: datetime
    updated_by: str


@dataclass(frozen=True, slots=True)
class DraftPage:
    lines: tuple[DraftLine, ...]
    found: int
    total: int


def search_drafts(uow: UnitOfWork, actor: Actor, query: str = "", *, limit: int = 20, offset: int = 0) -> DraftPage:
    """Drafts whose number or parties contain every word of ``query``, the one changed last first.

    Those that ``actor`` may not read are neither shown nor counted. Raises ``Hidden``.
    """
    require(actor, Action.READ_DRAFTS)
    entered = entered_names(uow.session, SHOWN)
    words = query.casefold().split()
    closed = _closed_to(uow, actor)
    lines = [_line(row, entered.get(row.id, {})) for row in draft_heads(uow.session) if row.id not in closed]
    matching = [line for line in lines if _matches(line, words)]
    return DraftPage(tuple(matching[offset : offset + limit]), len(matching), len(lines))


def _closed_to(uow: UnitOfWork, actor: Actor) -> frozenset[str]:
    """Drafts of confidential contracts that ``actor`` is not named to read."""
    records = ((c.draft_id, record_of(c)) for c in confidential_contracts(uow.session) if c.draft_id)
    return frozenset(draft_id for draft_id, record in records if not may(actor, Action.READ_DRAFTS, record))


def _line(row: DraftRow, entered: Mapping[str, Any]) -> DraftLine:
    number, party_a, party_b = (_text(entered, name) for name in SHOWN)
    return DraftLine(row.id, number, party_a, party_b, row.revision, row.updated_at, row.updated_by)


def _text(entered: Mapping[str, Any], name: str) -> str:
    value = entered.get(name)
    return value.strip()[:200] if isinstance(value, str) else ""


def _matches(line: DraftLine, words: list[str]) -> bool:
    text = f"{line.number}\n{line.party_a}\n{line.party_b}".casefold()
    return all(word in text for word in words)


def free_number(uow: UnitOfWork, number: str) -> str:
    """``number``, or the next one in its series that no draft bears (``SHFW-2026-0001`` → ``SHFW-2026-0002``)."""
    while draft_with_number(uow.session, number) is not None:
        stem = number.rstrip("0123456789")
        digits = number[len(stem) :] or "0"
        number = f"{stem}{int(digits) + 1:0{len(digits)}d}"
    return number
