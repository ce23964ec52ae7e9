"""The record of a contract: opened from a draft under a number, then versions and documents are added to it."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from sqlalchemy.exc import IntegrityError

from app.domain.errors import ContractError
from app.domain.lifecycle import Stage, State
from app.domain.numbering_pattern import NumberPattern
from app.domain.permissions import Action, Actor, may, require
from app.domain.variables import Answers
from app.services.access import record_of
from app.services.drafting import Reference, build
from app.services.drafts import NUMBER, DraftMissing, load_draft_unasked
from app.services.indexing import index_contract
from app.services.journal import CLOCK, note
from app.services.record import ContractMissing as ContractMissing
from app.services.record import opened
from app.services.record import require_contract as require_contract
from app.services.record import state_of as state_of
from app.store.blobs import BlobStore
from app.store.contracts import (
    ContractPartyRow,
    ContractRow,
    contract_of_draft,
    contract_with_number,
    next_in_series,
    recent_contracts,
)
from app.store.documents import DocumentRow, documents_of, find_document
from app.store.drafts import AnswerRow, DraftRow, draft_with_number, find_draft
from app.store.organisations import organisation_with_code
from app.store.uow import UnitOfWork

MAX_NAME = 200


class DocumentKind(Enum):
    GENERATED = "generated"
    SIGNED = "signed"
    EVIDENCE = "evidence"
    CORRESPONDENCE = "correspondence"
    LICENCE = "licence"
    OTHER = "other"

    @property
    def label(self) -> str:
        labels = {
            "generated": "生成的文件",
            "signed": "签署件",
            "evidence": "证据",
            "correspondence": "往来函件",
            "licence": "证照",
        }
        return labels.get(self.value, "其他")


@dataclass(frozen=True, slots=True)
class Party:
    """A party as the text names it. ``role``: ``a`` or ``b``; ``organisation_id`` empty where no master data has its code."""

    role: str
    name: str
    uscc: str
    organisation_id: str


@dataclass(frozen=True, slots=True)
class ContractView:
    """The head of a contract's record. ``value``: contract sum with tax in yuan; ``last_day``: of the term, inclusive."""

    id: str
    number: str
    title: str
    form: str
    draft_id: str
    state: State
    confidential: bool
    owner_id: str
    owner_name: str
    value: Decimal | None
    took_effect_on: date | None
    last_day: date | None
    parties: tuple[Party, ...]
    revision: int
    created_at: datetime
    updated_at: datetime
    updated_by: str


@dataclass(frozen=True, slots=True)
class DocumentView:
    id: str
    contract_id: str
    version_id: str
    kind: DocumentKind
    name: str
    media_type: str
    size: int
    sha256: str
    note: str
    created_at: datetime
    created_by: str


class DocumentMissing(ContractError):
    def __init__(self, document_id: str) -> None:
        super().__init__("document.missing", f"没有找到文件 {document_id[:40]}。")


def create_contract(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    today: date,
    reference: Reference,
    draft_id: str,
    pattern: NumberPattern,
    *,
    owner: Actor | None = None,
    confidential: bool = False,
) -> ContractView:
    """Open the record of a draft. A number typed in the draft is kept where it is free, otherwise the next of the series of
    ``today`` is given and written into the draft. Raises ``Hidden``, ``Forbidden``, ``contract.exists``, ``contract.number``, ``DraftMissing``.
    """
    require(actor, Action.FILE_CONTRACT)
    draft = find_draft(uow.session, draft_id, lock=True)
    if draft is None:
        raise DraftMissing(draft_id)
    existing = contract_of_draft(uow.session, draft_id)
    if existing is not None:
        if not may(actor, Action.READ_CONTRACTS, record_of(existing)):
            raise DraftMissing(draft_id)  # of a contract closed to the actor not even the number is told
        raise ContractError("contract.exists", f"这份草稿已登记为合同 {existing.number}。")
    typed = next((str(a.value).strip() for a in draft.answers if a.name == NUMBER and a.value), "")
    number = _keep(uow, draft, typed) if typed else _assign(uow, draft, pattern, today, actor, now)
    answers = build(reference, load_draft_unasked(uow, reference.library, draft_id).reading.answers, today)[0]
    holder = owner or actor
    row = ContractRow(
        id=uuid.uuid4().hex,
        number=number,
        form=draft.form,
        title=_text(answers, "contract.title") or draft.title,
        draft_id=draft_id,
        stage=Stage.DRAFT.value,
        confidential=confidential,
        owner_id=holder.id or None,
        owner_name=holder.name,
        created_at=now,
        updated_at=now,
        updated_by=actor.name,
        parties=_parties(uow, answers),
    )
    describe(row, answers)
    uow.session.add(row)
    note(
        uow, actor, now, "contract.created", contract=row.id, number=number, draft=draft_id, assigned=not typed,
        owner=holder.id or holder.name, confidential=confidential,
    )  # fmt: skip
    try:
        index_contract(uow, row)
        uow.commit()
    except IntegrityError as error:
        raise ContractError("contract.number", f"合同编号“{number}”刚刚被占用，请重试。") from error
    return view_contract(row)


def load_contract(uow: UnitOfWork, actor: Actor, contract_id: str) -> ContractView:
    """Raises ``ContractMissing`` where there is none or the actor may not know of it."""
    return view_contract(opened(uow, actor, Action.READ_CONTRACTS, contract_id))


def load_contract_unasked(uow: UnitOfWork, contract_id: str) -> ContractView:
    """The same without asking the permission table: for services that act for nobody or have asked; no door may use it."""
    return view_contract(require_contract(uow, contract_id))


def list_contracts(uow: UnitOfWork, actor: Actor, limit: int = 200, offset: int = 0) -> tuple[ContractView, ...]:
    """Contracts that ``actor`` may read, the one changed last first."""
    rows = recent_contracts(uow.session, limit, offset)
    return tuple(view_contract(row) for row in rows if may(actor, Action.READ_CONTRACTS, record_of(row)))


def describe(row: ContractRow, answers: Answers) -> None:
    """Copy what the register shows and sorts by from the text's answers into the row."""
    value, last_day = answers.get("fees.total_incl_tax"), answers.get("term.end_date")
    row.value = value if isinstance(value, Decimal) else None
    row.last_day = last_day if isinstance(last_day, date) else None
    row.title = _text(answers, "contract.title") or row.title


def attach_document(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    blobs: BlobStore,
    contract_id: str,
    *,
    kind: DocumentKind,
    name: str,
    media_type: str,
    content: bytes,
    version_id: str = "",
    paper_id: str = "",
    remark: str = "",
) -> DocumentView:
    """Add a file to the record, of a version or of a paper where it belongs to one.

    The bytes are on disk before the record says so; a crash in between leaves only bytes that nobody points to.
    Raises ``ContractMissing``, ``Forbidden``, ``document.empty``.
    """
    if not content:
        raise ContractError("document.empty", f"文件“{name[:80]}”是空的。")
    _require_filing(uow, actor, contract_id)
    uow.session.rollback()  # writing the file takes a while and needs no lock on the database
    sha256 = blobs.put(content)
    _require_filing(uow, actor, contract_id)
    row = attached_unasked(
        uow, actor, now, contract_id, kind=kind, name=name, media_type=media_type, sha256=sha256, size=len(content),
        version_id=version_id, paper_id=paper_id, remark=remark,
    )  # fmt: skip
    uow.commit()
    return view_document(row)


def attached_unasked(
    uow: UnitOfWork, actor: Actor, now: datetime, contract_id: str, *, kind: DocumentKind, name: str, media_type: str, sha256: str, size: int,
    version_id: str = "", paper_id: str = "", remark: str = "",
) -> DocumentRow:  # fmt: skip
    """A file whose bytes are on disk already among the contract's files, inside the caller's transaction.

    Asks nobody's permission: for services that have asked, or act for nobody; no door may use it.
    """
    row = DocumentRow(
        id=uuid.uuid4().hex, contract_id=contract_id, version_id=version_id or None, instrument_id=paper_id or None, kind=kind.value,
        name=_file_name(name), media_type=media_type[:100], size=size, sha256=sha256, note=remark, created_at=now,
        created_by=actor.name,
    )  # fmt: skip
    uow.session.add(row)
    uow.session.flush()
    note(
        uow, actor, now, "document.attached", contract=contract_id, document=row.id, kind=kind.value, name=row.name, size=size,
        sha256=sha256, version=version_id, paper=paper_id,
    )  # fmt: skip
    return row


def read_document(
    uow: UnitOfWork, actor: Actor, blobs: BlobStore, contract_id: str, document_id: str
) -> tuple[DocumentView, bytes]:
    """A file of a contract and what is known of it.

    Raises ``ContractMissing``, ``DocumentMissing`` (also for a file of another contract), ``BlobMissing``, ``BlobDamaged``.
    """
    opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    row = find_document(uow.session, document_id)
    if row is None or row.contract_id != contract_id:
        raise DocumentMissing(document_id)
    return view_document(row), blobs.get(row.sha256)


def documents_by_version(uow: UnitOfWork, contract_id: str) -> Mapping[str, tuple[DocumentView, ...]]:
    """The files of a contract that belong to one of its versions, by the version's id, the newest first."""
    return _documents_by(uow, contract_id, lambda row: row.version_id)


def documents_by_paper(uow: UnitOfWork, contract_id: str) -> Mapping[str, tuple[DocumentView, ...]]:
    """The files of a contract that belong to one of its papers, by the paper's id, the newest first."""
    return _documents_by(uow, contract_id, lambda row: row.instrument_id)


def _documents_by(
    uow: UnitOfWork, contract_id: str, owner: Callable[[DocumentRow], str | None]
) -> Mapping[str, tuple[DocumentView, ...]]:
    found: dict[str, tuple[DocumentView, ...]] = {}
    for row in documents_of(uow.session, contract_id):
        key = owner(row)
        if key:
            found[key] = (*found.get(key, ()), view_document(row))
    return found


def view_contract(row: ContractRow) -> ContractView:
    return ContractView(
        id=row.id,
        number=row.number,
        title=row.title,
        form=row.form,
        draft_id=row.draft_id or "",
        state=state_of(row),
        confidential=row.confidential,
        owner_id=row.owner_id or "",
        owner_name=row.owner_name,
        value=row.value,
        took_effect_on=row.took_effect_on,
        last_day=row.last_day,
        parties=tuple(Party(p.role, p.name, p.uscc, p.organisation_id or "") for p in row.parties),
        revision=row.revision,
        created_at=row.created_at,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
    )


def _require_filing(uow: UnitOfWork, actor: Actor, contract_id: str) -> None:
    """What the program itself makes it may file, too: generated documents, archive copies."""
    if actor == CLOCK:
        require_contract(uow, contract_id)
    else:
        opened(uow, actor, Action.FILE_PAPER, contract_id)


def _keep(uow: UnitOfWork, draft: DraftRow, typed: str) -> str:
    taken = contract_with_number(uow.session, typed) is not None
    if taken or draft.number != typed:
        why = "已被使用" if taken or draft_with_number(uow.session, typed) is not None else "不能使用"
        raise ContractError("contract.number", f"合同编号“{typed[:40]}”{why}。请改用其他编号，或者清空编号，由系统自动编号。")
    return typed


def _assign(uow: UnitOfWork, draft: DraftRow, pattern: NumberPattern, today: date, actor: Actor, now: datetime) -> str:
    """The next number of the series that no contract bears yet, so the series has neither gaps nor doubles.

    A draft that merely typed this number loses its claim: it shows the number as taken, like one typed too late.
    """
    while True:
        number = pattern.number(today, next_in_series(uow.session, pattern.series(today)))
        if contract_with_number(uow.session, number) is None:
            break
    other = draft_with_number(uow.session, number)
    if other is not None and other.id != draft.id:
        other.number = None
        note(uow, actor, now, "draft.number_lost", draft=other.id, number=number)
        uow.session.flush()
    draft.number = number
    answer = next((a for a in draft.answers if a.name == NUMBER), None)
    if answer is None:
        draft.answers.append(answer := AnswerRow(name=NUMBER))
    draft.revision += 1
    answer.value, answer.revision, answer.by = number, draft.revision, actor.name
    draft.updated_at, draft.updated_by = now, actor.name
    uow.session.flush()
    return number


def _parties(uow: UnitOfWork, answers: Answers) -> list[ContractPartyRow]:
    rows = []
    for role in ("a", "b"):
        name, uscc = _text(answers, f"party_{role}.name"), _text(answers, f"party_{role}.uscc")
        known = organisation_with_code(uow.session, uscc) if uscc else None
        rows.append(ContractPartyRow(role=role, name=name, uscc=uscc, organisation_id=known.id if known else None))
    return rows


def _text(answers: Answers, name: str) -> str:
    value = answers.get(name)
    return value.strip()[:200] if isinstance(value, str) else ""


def _file_name(name: str) -> str:
    """The last part of the path that a browser may send, without control characters."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in last if c.isprintable())[-MAX_NAME:] or hashlib.sha256(name.encode()).hexdigest()[:12]


def view_document(row: DocumentRow) -> DocumentView:
    return DocumentView(
        row.id, row.contract_id, row.version_id or "", DocumentKind(row.kind), row.name, row.media_type, row.size, row.sha256,
        row.note, row.created_at, row.created_by,
    )  # fmt: skip
