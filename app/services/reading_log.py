"""The audit log as people read it: of one contract, of one organisation, of the whole house."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from app.domain.audit import Entry
from app.domain.audit_words import Words, words_of
from app.domain.permissions import Action, Actor, may, require
from app.services.access import record_of
from app.services.auditing import export_audit_unasked
from app.services.record import opened
from app.store import audit
from app.store.contracts import confidential_contracts, contracts_with_ids
from app.store.uow import UnitOfWork
from app.store.users import user_names

OTHERS = {"clock": "后台任务", "program": "系统", "console": "命令行"}
"""Whoever acts without an account."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One entry. ``words`` None: it is about something that the reader may not see; that it is there is shown all the same.

    ``proven``: a signed checkpoint vouches for it.
    """

    number: int
    at: datetime
    action: str
    subject: str
    words: Words | None
    hash: str
    proven: bool
    contract: str = ""
    """Number of the contract that it is about, where several contracts are shown."""


@dataclass(frozen=True, slots=True)
class LogPage:
    """The newest first. ``next``: entries with a smaller number are left (ask for those before it); None: there are none."""

    lines: tuple[LogLine, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What to show. ``family``: what an action's code begins with (``contract``, ``access``). Empty: everything."""

    family: str = ""
    actor: str = ""
    since: datetime | None = None
    until: datetime | None = None


def history_of(uow: UnitOfWork, actor: Actor, reading: Action, subject: str, limit: int) -> tuple[LogLine, ...]:
    """The last entries about one thing that belongs to no contract; ``reading``: what it takes to read that thing. Raises ``Hidden``."""
    require(actor, reading)
    return _lines(uow, audit.entries_of(uow.session, subject, newest_first=True, limit=limit), frozenset())


def read_contract_log(
    uow: UnitOfWork, actor: Actor, contract_id: str, sought: LogFilter, *, before: int | None = None, limit: int = 50
) -> LogPage:
    """What the log says of a contract, for everybody who may read the contract. Raises ``ContractMissing``."""
    opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    found = audit.search(uow.session, subject=contract_id, family=sought.family, actor=sought.actor, since=sought.since,
                         until=sought.until, before=before, limit=limit + 1)  # fmt: skip
    return _page(uow, found, limit, frozenset())


def export_contract_log(uow: UnitOfWork, actor: Actor, contract_id: str) -> tuple[str, bytes]:
    """The number of a contract and everything the log says of it, with proofs (docs/audit-log.md). Raises ``ContractMissing``, ``Forbidden``."""
    row = opened(uow, actor, Action.EXPORT_CONTRACT_AUDIT, contract_id)
    return row.number, export_audit_unasked(uow, contract_id)


def read_house_log(uow: UnitOfWork, actor: Actor, sought: LogFilter, *, before: int | None = None, limit: int = 100) -> LogPage:
    """The whole log, for auditors. Entries of contracts that are closed to the reader show their number, time and hash alone."""
    require(actor, Action.READ_AUDIT)
    hidden = frozenset(
        row.id for row in confidential_contracts(uow.session) if not may(actor, Action.READ_CONTRACTS, record_of(row))
    )
    found = audit.search(uow.session, family=sought.family, actor=sought.actor, since=sought.since, until=sought.until,
                         before=before, limit=limit + 1)  # fmt: skip
    page = _page(uow, found, limit, hidden)
    numbers = {row.id: row.number for row in contracts_with_ids(uow.session, {line.subject for line in page.lines} - hidden)}
    return replace(page, lines=tuple(replace(line, contract=numbers.get(line.subject, "")) for line in page.lines))


def people_of_log(uow: UnitOfWork, actor: Actor, contract_id: str = "") -> tuple[tuple[str, str], ...]:
    """Whoever may have caused an entry, as (id, name), to choose from; with ``contract_id`` those who did, of that contract.

    Raises ``ContractMissing``, ``Hidden``.
    """
    if contract_id:
        opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    else:
        require(actor, Action.READ_AUDIT)
    names = {**OTHERS, **user_names(uow.session)}
    shown = audit.actors_of(uow.session, contract_id) if contract_id else names
    return tuple((a, names.get(a, a)) for a in shown)


def _page(uow: UnitOfWork, found: Sequence[Entry], limit: int, hidden: frozenset[str]) -> LogPage:
    lines = _lines(uow, found[:limit], hidden)
    return LogPage(lines, lines[-1].number if len(found) > limit else None)


def _lines(uow: UnitOfWork, entries: Sequence[Entry], hidden: frozenset[str]) -> tuple[LogLine, ...]:
    names = user_names(uow.session)
    last = audit.last_checkpoint(uow.session)
    covered = last[0].size if last else 0
    return tuple(
        LogLine(
            e.number, e.at, e.action, e.subject, None if e.subject in hidden else words_of(e, names), e.hash, e.number <= covered
        )
        for e in entries
    )
