"""Immutable versions: a draft's text frozen, and read back exactly as it was, whatever became of the clause library."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from app.domain.digest import digest
from app.domain.errors import ContractError
from app.domain.lifecycle import Stage
from app.domain.permissions import Action, Actor
from app.domain.remembering import remembered
from app.domain.tree import Instrument
from app.domain.variables import Answers
from app.services.drafting import Compiled, Reference, compile_draft
from app.services.drafts import load_draft_unasked
from app.services.filing import describe
from app.services.indexing import index_contract
from app.services.journal import note
from app.services.record import opened
from app.store.answers_json import read_stored_answers, write_answers
from app.store.contracts import ContractRow
from app.store.drafts import find_draft
from app.store.tree_json import read_tree, write_tree
from app.store.uow import ChangedMeanwhile, UnitOfWork
from app.store.versions import VersionRow, find_version, latest_version, next_ordinal, version_heads


@dataclass(frozen=True, slots=True)
class VersionHead:
    """A version without its text. ``ordinal`` counts from 1; ``parent_id`` empty: the first."""

    id: str
    contract_id: str
    ordinal: int
    parent_id: str
    library_version: str
    digest: str
    note: str
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class StoredVersion:
    """A version with its text: the tree and all answers, computed ones included."""

    head: VersionHead
    instrument: Instrument
    answers: Answers


class VersionMissing(ContractError):
    def __init__(self, version_id: str) -> None:
        super().__init__("version.missing", f"没有找到版本 {version_id[:40]}。")


class VersionDamaged(ContractError):
    """What is stored is not what was frozen. It is not handed out."""

    def __init__(self, ordinal: int) -> None:
        super().__init__(
            "version.damaged", f"第{ordinal}版的存储内容与其 SHA-256 不符，已拒绝读取，请从备份恢复并运行 audit verify。"
        )


def save_version(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, reference: Reference, contract_id: str, remark: str = ""
) -> VersionHead:
    """Freeze the contract's draft. Where nothing changed since the latest version, that one is returned and none is added.

    Raises ``ContractMissing``, ``Forbidden``; ``version.stage`` unless the contract is being drafted; ``ChangedMeanwhile`` where the draft
    was edited while it was compiled.
    """
    draft_id = draft_of(opened(uow, actor, Action.EDIT_DRAFT, contract_id))
    view = load_draft_unasked(uow, reference.library, draft_id)
    uow.session.rollback()  # compiling takes a while and needs no lock on the database
    compiled = compile_draft(reference, view.reading.answers, today)
    contract = opened(uow, actor, Action.EDIT_DRAFT, contract_id, lock=True)
    draft = find_draft(uow.session, draft_of(contract), lock=True)
    if draft is None or draft.revision != view.revision:
        raise ChangedMeanwhile
    head = freeze(uow, actor, now, contract, compiled, remark)
    uow.commit()
    return head


def freeze(
    uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, compiled: Compiled, remark: str = ""
) -> VersionHead:
    """Add a version inside the caller's transaction; the caller holds the contract's lock and commits."""
    head, added = add_version(uow, actor, now, contract, compiled.instrument, compiled.answers, remark)
    if added:
        describe(contract, compiled.answers)
        contract.updated_at, contract.updated_by = now, actor.name
        index_contract(uow, contract)
    return head


def add_version(
    uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, instrument: Instrument, given: Answers, remark: str
) -> tuple[VersionHead, bool]:
    """A text as the newest version, and whether it is a new one; the head of the record is left to the caller."""
    tree, answers = write_tree(instrument), write_answers(given)
    content = content_hash(tree, answers)
    latest = latest_version(uow.session, contract.id)
    if latest is not None and latest.content == content:
        return _head(latest), False
    row = VersionRow(
        id=uuid.uuid4().hex,
        contract_id=contract.id,
        ordinal=next_ordinal(uow.session, contract.id),
        parent_id=latest.id if latest else None,
        tree=tree,
        answers=answers,
        library_version=instrument.library_version,
        digest=digest(instrument),
        content=content,
        note=remark,
        created_at=now,
        created_by=actor.name,
    )
    uow.session.add(row)
    note(
        uow, actor, now, "version.saved", contract=contract.id, version=row.id, ordinal=row.ordinal, digest=row.digest,
        content=content, parent=row.parent_id or "", library=row.library_version, remark=remark,
    )  # fmt: skip
    uow.session.flush()
    return _head(row), True


@remembered(8)
def content_hash(tree: str, answers: str) -> str:
    """SHA-256 over everything that a version keeps, not only its words; the audit log carries it."""
    return hashlib.sha256(f"{tree}\n{answers}\n".encode()).hexdigest()


def read_version_unasked(uow: UnitOfWork, version_id: str) -> StoredVersion:
    """A version, checked against its hashes on every read, for services that have asked for its contract; no door may use it.

    Raises ``VersionMissing``, ``VersionDamaged``.
    """
    row = find_version(uow.session, version_id)
    if row is None:
        raise VersionMissing(version_id)
    if content_hash(row.tree, row.answers) != row.content:
        raise VersionDamaged(row.ordinal)
    instrument, found = _parsed(row.tree)
    if found != row.digest:
        raise VersionDamaged(row.ordinal)
    return StoredVersion(_head(row), instrument, read_stored_answers(row.answers))


@dataclass(frozen=True, slots=True)
class StoredAnswers:
    """The answers of a version, and its text for whoever turns out to need it: parsing a tree costs many times more."""

    answers: Answers
    text: Callable[[], Instrument]


def read_answers_unasked(uow: UnitOfWork, version_id: str) -> StoredAnswers:
    """As ``read_version_unasked``, but the tree is parsed, and held against its digest, only when it is asked for."""
    row = find_version(uow.session, version_id)
    if row is None:
        raise VersionMissing(version_id)
    if content_hash(row.tree, row.answers) != row.content:
        raise VersionDamaged(row.ordinal)
    tree, wanted, ordinal = row.tree, row.digest, row.ordinal

    def text() -> Instrument:
        instrument, found = _parsed(tree)
        if found != wanted:
            raise VersionDamaged(ordinal)
        return instrument

    return StoredAnswers(read_stored_answers(row.answers), text)


@lru_cache(maxsize=8)
def _parsed(tree: str) -> tuple[Instrument, str]:
    """A stored tree and its digest: one page reads the same version many times, and a tree never changes."""
    instrument = read_tree(tree)
    return instrument, digest(instrument)


def list_versions_unasked(uow: UnitOfWork, contract_id: str) -> tuple[VersionHead, ...]:
    """The newest first, for services that have asked for the contract; no door may use it (``version_lines`` asks)."""
    return tuple(_head(row) for row in version_heads(uow.session, contract_id))


def draft_of(contract: ContractRow) -> str:
    """The id of the working copy. Raises ``version.stage`` unless the contract is being drafted."""
    if contract.stage != Stage.DRAFT.value or contract.draft_id is None:
        raise ContractError("version.stage", f"合同处于“{Stage(contract.stage).label}”，只有起草中的合同可以保存新版本。")
    return contract.draft_id


def _head(row: VersionRow) -> VersionHead:
    return VersionHead(
        row.id, row.contract_id, row.ordinal, row.parent_id or "", row.library_version, row.digest, row.note, row.created_at,
        row.created_by,
    )  # fmt: skip
