"""The files of a contract: put in by people after a look at what they are, listed, and handed out only as they were put in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.errors import ContractError
from app.domain.messages import NewMail
from app.domain.permissions import Action, Actor, Role
from app.services.access import actor_of
from app.services.filing import DocumentKind, DocumentMissing, DocumentView, attach_document, view_document
from app.services.ports import FileInspector, MailWriter
from app.services.record import opened, state_of
from app.store.blobs import BlobDamaged, BlobMissing, BlobStore
from app.store.contracts import find_contract
from app.store.documents import (
    BlobCheckRow,
    all_blob_faults,
    count_documents,
    documents_of,
    documents_with,
    faults_of_blobs,
    find_document,
    unchecked_blobs,
)
from app.store.uow import UnitOfWork
from app.store.users import find_user, users_by_name
from app.store.versions import version_heads

BY_HAND = (DocumentKind.EVIDENCE, DocumentKind.CORRESPONDENCE, DocumentKind.SIGNED, DocumentKind.LICENCE, DocumentKind.OTHER)
"""What people may put in; generated files come from the program alone."""
MOST = 1000
"""Files of one contract."""
LONGEST_REMARK = 500
MISSING, DAMAGED = "missing", "damaged"
RECHECK = timedelta(days=30)
ROUND = 200


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A file in the list. ``version``: ordinal of the version it shows, 0 where none; ``fault``: ``missing`` or ``damaged``, if known."""

    view: DocumentView
    version: int
    fault: str


class DocumentDamaged(ContractError):
    """The stored bytes are not what was put in, or gone. Nothing is handed out."""

    def __init__(self, name: str, sha256: str, fault: str) -> None:
        what = "存储中找不到其内容" if fault == MISSING else "存储的内容与其 SHA-256 不符"
        super().__init__(
            "document.damaged",
            f"文件“{name}”{what}，已拒绝提供。请立即告知系统管理员从备份恢复数据目录下的 blobs（{sha256[:12]}…），并运行 audit verify。",
        )
        self.sha256, self.fault = sha256, fault


def list_documents(uow: UnitOfWork, actor: Actor, contract_id: str) -> tuple[DocumentLine, ...]:
    """The newest first. Raises ``ContractMissing``."""
    opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    rows = documents_of(uow.session, contract_id)
    ordinals = {v.id: v.ordinal for v in version_heads(uow.session, contract_id)}
    faults = faults_of_blobs(uow.session, {row.sha256 for row in rows})
    return tuple(
        DocumentLine(view_document(row), ordinals.get(row.version_id or "", 0), faults.get(row.sha256, "")) for row in rows
    )


def file_document(
    uow: UnitOfWork, actor: Actor, now: datetime, blobs: BlobStore, inspect: FileInspector, contract_id: str, *,
    kind: DocumentKind, name: str, content: bytes, remark: str = "", paper_id: str = "",
) -> DocumentView:  # fmt: skip
    """Put a person's file into the record. Raises ``ContractMissing``, ``Forbidden``, ``RefusedFile``, ``document.kind``, ``document.many``."""
    contract = opened(uow, actor, Action.FILE_PAPER, contract_id)
    if state_of(contract).terminal:
        raise ContractError("document.closed", f"合同“{state_of(contract).stage.label}”，只读，不再存入文件。")
    if kind not in BY_HAND:
        raise ContractError("document.kind", f"“{kind.label}”不能由人上传。")
    if len(remark) > LONGEST_REMARK:
        raise ContractError("document.remark", f"说明至多{LONGEST_REMARK}个字。")
    if count_documents(uow.session, contract_id) >= MOST:
        raise ContractError("document.many", f"一份合同至多存{MOST}个文件；请合并后再上传。")
    uow.session.rollback()  # looking at the file takes a while
    media_type = inspect(content, name)
    return attach_document(
        uow, actor, now, blobs, contract_id, kind=kind, name=name, media_type=media_type, content=content, paper_id=paper_id,
        remark=remark.strip(),
    )  # fmt: skip


def open_document(
    uow: UnitOfWork, actor: Actor, blobs: BlobStore, contract_id: str, document_id: str
) -> tuple[DocumentView, bytes]:
    """A file of a contract, its bytes held against the SHA-256 of the record. Raises ``ContractMissing``, ``DocumentMissing``,
    ``DocumentDamaged``."""
    opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    row = find_document(uow.session, document_id)
    if row is None or row.contract_id != contract_id:
        raise DocumentMissing(document_id)
    try:
        return view_document(row), blobs.get(row.sha256)
    except BlobMissing as error:
        raise DocumentDamaged(row.name, row.sha256, MISSING) from error
    except BlobDamaged as error:
        raise DocumentDamaged(row.name, row.sha256, DAMAGED) from error


# ---- looking after the store


@dataclass(frozen=True, slots=True)
class Checked:
    """What one round found: files looked at, and digests of those that are new among the faulty or sound again."""

    looked: int
    faulty: tuple[str, ...]
    healed: tuple[str, ...]


def check_blobs(
    units: Callable[[], UnitOfWork], blobs: BlobStore, now: Callable[[], datetime], write: MailWriter, *,
    limit: int = ROUND, carry_on: Callable[[], bool] = lambda: True,
) -> Checked:  # fmt: skip
    """Hold stored files against their digests, those not looked at for the longest time first, and those known to be faulty.

    A fault is logged, shown with the file, and told to the administrators once.
    """
    with units() as uow:
        known = {row.sha256 for row in all_blob_faults(uow.session)}
        due = [*sorted(known), *unchecked_blobs(uow.session, now() - RECHECK, limit)]
    looked = 0
    faulty: list[str] = []
    healed: list[str] = []
    for sha256 in dict.fromkeys(due):
        if not carry_on():
            break
        fault = _look(blobs, sha256)
        with units() as uow:
            changed = record_check(uow, now(), sha256, fault, write)
        looked += 1
        if changed:
            (faulty if fault else healed).append(sha256)
    return Checked(looked, tuple(faulty), tuple(healed))


def record_check(uow: UnitOfWork, now: datetime, sha256: str, fault: str, write: MailWriter) -> bool:
    """Keep what a look at a file showed; whether that is news. A new fault is logged and told."""
    row = uow.session.get(BlobCheckRow, sha256, with_for_update=True)
    before = row.fault if row is not None else ""
    if row is None:
        uow.session.add(row := BlobCheckRow(sha256=sha256))
    row.checked_at, row.fault = now, fault
    news = before != fault
    for document in documents_with(uow.session, sha256) if news else ():
        action = "document.damaged" if fault else "document.restored"
        uow.record(now, "clock", action, {"document": document.id, "name": document.name, "sha256": sha256, "fault": fault or before},
                   contract=document.contract_id)  # fmt: skip
    if news and fault:
        _alarm(uow, now, write, sha256, fault)
    uow.commit()
    return news


def _look(blobs: BlobStore, sha256: str) -> str:
    try:
        blobs.get(sha256)
    except BlobMissing:
        return MISSING
    except BlobDamaged:
        return DAMAGED
    return ""


def _alarm(uow: UnitOfWork, now: datetime, write: MailWriter, sha256: str, fault: str) -> None:
    """To the owners, and to those who can restore the file; the latter may not know of the contract, so they get the digest alone."""
    what = "找不到内容" if fault == MISSING else "的内容与 SHA-256 不符"
    told: dict[str, tuple[str, str, str | None]] = {
        u.id: ("", "", None) for u in users_by_name(uow.session) if Role.SYSTEM_ADMINISTRATOR in actor_of(u).roles
    }
    for document in documents_with(uow.session, sha256):
        contract = find_contract(uow.session, document.contract_id)
        if contract is not None and contract.owner_id:
            told[contract.owner_id] = (contract.number, document.name, contract.id)
    for user_id, (number, name, contract_id) in told.items():
        user = find_user(uow.session, user_id)
        if user is not None and user.active and user.email:
            words = write("damaged", {"name": user.name, "number": number, "file": name, "sha256": sha256, "what": what})
            key = f"damaged:{sha256}:{user.id}:{now:%Y%m%d}"
            uow.send(now, NewMail(key, user.email, words.subject, words.text, words.html, contract_id, user.id))
