"""The audit log in use: checkpoints, verification, export of one contract's entries."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.domain.audit import (
    Checkpoint,
    CheckpointSigner,
    CheckpointVerifier,
    Entry,
    Head,
    Record,
    Verdict,
    append,
    checkpoint,
    genesis,
    head_after,
    instant,
    leaf_of,
    verify,
)
from app.domain.errors import ContractError
from app.domain.merkle import Frontier, inclusion_proof
from app.services.ports import CheckpointFile
from app.store import audit
from app.store.contracts import contract_with_number, find_contract
from app.store.uow import UnitOfWork

EXPORT = "chengyue.audit-export/1"


class LogBroken(ContractError):
    """A checkpoint is refused: what would be signed does not hold together."""

    def __init__(self, number: int) -> None:
        super().__init__(
            "audit.broken",
            f"审计日志第{number}条与链条不符，已拒绝签发检查点。请立即保全数据库和数据目录，并运行 audit verify 查明。",
        )


def make_checkpoint(uow: UnitOfWork, signer: CheckpointSigner, file: CheckpointFile, now: datetime) -> Checkpoint | None:
    """Sign the end of the log where it has grown since the last checkpoint; None where it has not.

    The entries behind the last checkpoint are checked first: nothing broken is signed. Idempotent; a checkpoint that is in
    the database but not yet in the file (the process died in between) is put there.
    """
    _complete(uow, file)
    last = audit.last_checkpoint(uow.session)
    origin = audit.origin(uow.session)
    head, frontier = (Head(last[0].size, last[0].head), last[1]) if last else (genesis(origin), Frontier())
    begin = head.size
    for entry in audit.entries(uow.session, after=begin):
        if entry != _again(entry, head):
            raise LogBroken(entry.number)
        head, frontier = head_after(entry), frontier.push(leaf_of(entry))
    if head.size == begin:
        return None
    point = checkpoint(origin, head, frontier, now, signer)
    audit.add_checkpoint(uow.session, point, frontier)
    uow.commit()
    file.keep(point)
    return point


def _again(entry: Entry, head: Head) -> Entry | None:
    """The entry as it must be behind ``head``; None where its data could never have been logged."""
    try:
        return append(head, Record(entry.at, entry.actor, entry.action, entry.subject, json.loads(entry.data)))
    except (ContractError, ValueError, TypeError):
        return None


def _complete(uow: UnitOfWork, file: CheckpointFile) -> None:
    kept = {(p.size, p.head) for p in file.kept()[0]}
    for point in audit.checkpoints(uow.session):
        if (point.size, point.head) not in kept:
            file.keep(point)


@dataclass(frozen=True, slots=True)
class AuditReport:
    """A verdict with what else a person should know; ``notes`` are no faults of the log itself."""

    verdict: Verdict
    notes: tuple[str, ...]


def verify_audit(
    uow: UnitOfWork,
    verifier: CheckpointVerifier,
    file: CheckpointFile,
    elsewhere: Sequence[Checkpoint] = (),
) -> AuditReport:
    """Check the whole log against its chain and against the checkpoints of the database, of the file, and kept ``elsewhere``."""
    kept, unreadable = file.kept()
    stored = audit.checkpoints(uow.session)
    points = _each_once((*stored, *kept, *elsewhere))
    verdict = verify(audit.origin(uow.session), audit.entries(uow.session), points, verifier)
    notes = []
    gone = {p.size for p in kept} - {p.size for p in stored}
    if gone:
        notes.append(
            f"数据库中缺少 {len(gone)} 个已外存的检查点（最大为第{max(gone)}条处），可能是从较早的备份恢复，也可能被删除。"
        )
    ahead = {p.size for p in stored} - {p.size for p in kept}
    if ahead:
        notes.append(f"有 {len(ahead)} 个检查点只在数据库中，尚未外存（最大为第{max(ahead)}条处）；下一次签发检查点时补存。")
    if unreadable:
        notes.append(f"检查点文件第{'、'.join(map(str, unreadable[:10]))}行不完整，已跳过（写入时断电或者被改动）。")
    return AuditReport(verdict, tuple(notes))


def _each_once(points: Sequence[Checkpoint]) -> tuple[Checkpoint, ...]:
    """The database and the file hold the same checkpoints; each is checked once, forged ones included."""
    return tuple(dict.fromkeys(points))


def find_for_export(uow: UnitOfWork, contract: str) -> tuple[str, str]:
    """Id and number of the contract with this number or id. Raises ``contract.missing``."""
    row = contract_with_number(uow.session, contract) or find_contract(uow.session, contract)
    if row is None:
        raise ContractError("contract.missing", f"没有找到合同“{contract[:40]}”。")
    return row.id, row.number


def export_audit_unasked(uow: UnitOfWork, contract: str) -> bytes:
    """Everything the log says of one contract (by number or id), as JSON that can be checked without this system.

    Each entry carries a Merkle proof that it belongs to the log of the latest checkpoint; an entry younger than that
    checkpoint carries none. The form is described in docs/audit-log.md.
    """
    contract_id, number = find_for_export(uow, contract)
    entries = audit.entries_of(uow.session, contract_id)
    last = audit.last_checkpoint(uow.session)
    leaves = audit.leaves(uow.session, last[0].size) if last else []
    data = {
        "schema": EXPORT,
        "origin": audit.origin(uow.session),
        "contract": {"id": contract_id, "number": number},
        "checkpoint": json.loads(last[0].line()) if last else None,
        "entries": [_exported(entry, leaves) for entry in entries],
    }
    return (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode("utf-8")


def _exported(entry: Entry, leaves: Sequence[bytes]) -> dict[str, Any]:
    covered = entry.number <= len(leaves)
    return {
        "number": entry.number,
        "at": instant(entry.at),
        "actor": entry.actor,
        "action": entry.action,
        "subject": entry.subject,
        "data": entry.data,
        "previous": entry.previous,
        "hash": entry.hash,
        "proof": [node.hex() for node in inclusion_proof(leaves, entry.number - 1)] if covered else None,
    }
