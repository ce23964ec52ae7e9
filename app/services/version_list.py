"""The versions of a contract as a page lists them, and what is needed to make the documents of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.domain.approval import RoundStatus
from app.domain.permissions import Action, Actor
from app.services.filing import DocumentView, documents_by_version
from app.services.generation import Generated, Tools, generate, identity
from app.services.ports import Progress
from app.services.record import opened
from app.services.texts import TextMissing
from app.services.versions import StoredVersion, VersionHead, list_versions_unasked, read_version_unasked
from app.store.approvals import approvals_of
from app.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A version as the list shows it. ``parent``: ordinal, 0 for the first; ``approval``: of its latest round, None: never
    submitted; ``documents``: files of the record that belong to it."""

    head: VersionHead
    parent: int
    approval: RoundStatus | None
    documents: tuple[DocumentView, ...]

    @property
    def final(self) -> bool:
        """Whether documents of it bear no draft mark: only an approved text may go out for signature."""
        return self.approval is RoundStatus.APPROVED

    @property
    def key(self) -> str:
        """Names its documents within the contract (``v2-final``)."""
        return issue_key(self.head.ordinal, final=self.final)


@dataclass(frozen=True, slots=True)
class VersionIssue:
    """What shall be generated. ``key`` names it within the contract (``v2-final``)."""

    version: StoredVersion
    final: bool

    @property
    def key(self) -> str:
        return issue_key(self.version.head.ordinal, final=self.final)


def issue_key(ordinal: int, *, final: bool) -> str:
    return f"v{ordinal}-{'final' if final else 'draft'}"


def version_lines(uow: UnitOfWork, actor: Actor, contract_id: str) -> tuple[VersionLine, ...]:
    """The newest first. Raises ``ContractMissing``."""
    opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    heads = list_versions_unasked(uow, contract_id)
    ordinals = {h.id: h.ordinal for h in heads}
    states: dict[str, RoundStatus] = {}
    for row in approvals_of(uow.session, contract_id):
        states.setdefault(row.version_id, RoundStatus(row.status))
    files = documents_by_version(uow, contract_id)
    return tuple(VersionLine(h, ordinals.get(h.parent_id, 0), states.get(h.id), files.get(h.id, ())) for h in heads)


def version_line(uow: UnitOfWork, actor: Actor, contract_id: str, ordinal: int) -> VersionLine:
    """One of them. Raises ``ContractMissing``, ``TextMissing``."""
    found = next((x for x in version_lines(uow, actor, contract_id) if x.head.ordinal == ordinal), None)
    if found is None:
        raise TextMissing(ordinal)
    return found


def prepare_version_documents(uow: UnitOfWork, actor: Actor, contract_id: str, ordinal: int) -> VersionIssue:
    """A version with its text, for its documents. Raises ``ContractMissing``, ``TextMissing``, ``VersionDamaged``."""
    line = version_line(uow, actor, contract_id, ordinal)
    return VersionIssue(read_version_unasked(uow, line.head.id), line.final)


def issue_version(issue: VersionIssue, tools: Tools, now: datetime, progress: Progress) -> Generated:
    """Generate and prove all files of a version; takes seconds, so it never runs inside a web request."""
    instrument = issue.version.instrument
    meta = identity(instrument, now, final=issue.final)
    return generate(instrument, issue.version.answers, meta, tools, progress=progress)
