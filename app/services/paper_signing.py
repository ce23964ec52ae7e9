"""Signing with ink: the print copy, its scan checked page by page, and what a person then records (sections 11.1, 14; 民法典第490条).

The check marks what it sees; whether the paper is the frozen text, a person decides, and answers for it on the log.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Protocol

from app.domain.errors import ContractError
from app.domain.execution import Execution, Medium, Status
from app.domain.paper_signing import (
    Area,
    CopyIdentity,
    Difference,
    PrintCopy,
    ScanReport,
    Sheet,
    Stray,
    judge,
    read_code,
    require_seen,
)
from app.domain.permissions import Action, Actor
from app.services.filing import DocumentKind, attached_unasked
from app.services.indexing import index_contract
from app.services.journal import note
from app.services.ports import FileInspector
from app.services.record import opened
from app.services.signing_ceremony import went_on
from app.services.signing_finish import form_contract
from app.services.signing_kit import SigningKit
from app.services.signing_mails import tell_owner
from app.services.signing_rows import happened, read_execution
from app.services.taking_over import take_over_with_paper
from app.store.contracts import ContractRow
from app.store.signings import SigningEventRow, SigningRow, events_of, latest_signing
from app.store.uow import UnitOfWork
from app.store.versions import version_heads

SCAN = "paper_scan"
MOST_ORIGINALS = 20


class PrintCopier(Protocol):
    """Makes the copy that is printed: every page with its codes."""

    def __call__(self, pdf: bytes, identity: CopyIdentity) -> PrintCopy: ...


class ScanReader(Protocol):
    """Reads a scan where it can do no harm: sheets in order, and pictures of those to be looked at. Raises ``RefusedFile``."""

    def __call__(
        self, copy: PrintCopy, identity: CopyIdentity, files: Sequence[bytes]
    ) -> tuple[tuple[Sheet, ...], dict[int, bytes]]: ...


@dataclass(frozen=True, slots=True)
class PaperKit:
    signing: SigningKit
    copy: PrintCopier
    read: ScanReader
    inspect: FileInspector


@dataclass(frozen=True, slots=True)
class PaperPlace:
    """A place that is signed with ink."""

    id: str
    label: str
    signed_on: date | None


@dataclass(frozen=True, slots=True)
class Scan:
    """A scan that was checked; ``pictures``: SHA-256 of the pictures of sheets to be looked at, by ordinal."""

    id: str
    at: str
    by: str
    files: tuple[str, ...]
    report: ScanReport
    pictures: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class PaperView:
    """Where the paper part of a signing stands. ``open``: something is left to be recorded."""

    signing_id: str
    identity: CopyIdentity
    places: tuple[PaperPlace, ...]
    open: bool
    scan: Scan | None


@dataclass(frozen=True, slots=True)
class PaperRecord:
    """What a person records of a paper signing. ``on``: the day by place; ``seen``: pages looked at because the check marked them;
    ``taken_over_on``: of a contract that comes in mid-term, the day before which duties are taken as done, None: by the rule."""

    on: Mapping[str, date]
    where: str
    originals: int
    seals: str
    seen: frozenset[int] = frozenset()
    remark: str = ""
    taken_over_on: date | None = None


def paper_view(uow: UnitOfWork, actor: Actor, contract_id: str) -> PaperView | None:
    """None where nothing is signed with ink. Raises ``ContractMissing``."""
    contract = opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    row = latest_signing(uow.session, contract_id)
    if row is None or not _paper(row):
        return None
    identity, execution = _identity(uow, contract, row), read_execution(row)
    places = tuple(PaperPlace(p.id, execution.place(p.id).label, p.signed_on) for p in _paper(row))
    left = execution.status is Status.OPEN and any(p.signed_on is None for p in places)
    return PaperView(row.id, identity, places, left, _scan(uow, row, identity))


def print_copy(kit: PaperKit, actor: Actor, contract_id: str) -> tuple[str, bytes]:
    """Name and bytes of the copy to be printed and signed. Raises ``paper.none``, ``Forbidden``."""
    with kit.signing.units() as uow:
        contract, row = _led(uow, actor, contract_id)
        identity, file = _identity(uow, contract, row), row.file
    made = kit.copy(kit.signing.blobs.get(file), identity)
    return f"{identity.number}-打印签署件.pdf", made.content


def check_scan(kit: PaperKit, actor: Actor, contract_id: str, files: Sequence[tuple[str, bytes]]) -> Scan:
    """Hold a scan against the frozen text, page by page, and keep it with what was found. Takes half a second for each page.

    Raises ``paper.none``, ``paper.files``, ``RefusedFile``.
    """
    with kit.signing.units() as uow:
        contract, row = _led(uow, actor, contract_id)
        identity, file, signing_id = _identity(uow, contract, row), row.file, row.id
    if not files:
        raise ContractError("paper.files", "请选择扫描件：一个 PDF，或者按页码顺序的多张图片。")
    types = [kit.inspect(content, name) for name, content in files]
    if not all(t == "application/pdf" or t in ("image/jpeg", "image/png", "image/tiff") for t in types):
        raise ContractError("paper.files", "扫描件须为 PDF、JPEG、PNG 或者 TIFF。")
    blobs, now = kit.signing.blobs, kit.signing.now()
    sheets, pictures = kit.read(kit.copy(blobs.get(file), identity), identity, [content for _, content in files])
    kept = [{"name": name[:200], "sha256": blobs.put(content), "size": len(content), "type": kind}
            for (name, content), kind in zip(files, types, strict=True)]  # fmt: skip
    shown = {str(n): blobs.put(picture) for n, picture in pictures.items()}
    with kit.signing.units() as uow:
        contract, row = _led(uow, actor, contract_id, lock=True)
        if row.id != signing_id:
            raise ContractError("paper.none", "等待期间签署已经变化，请重新上传。")
        happened(
            uow, row.id, "", now, SCAN, by=actor.name, files=kept, sheets=[_plain(s) for s in sheets], pictures=shown,
            text=identity.digest,
        )  # fmt: skip
        note(uow, actor, now, "signing.paper_scan", contract=contract.id, signing=row.id, sheets=len(sheets))
        uow.session.flush()
        found = _scan(uow, row, identity)
        uow.commit()
    assert found is not None
    return found


def record_paper(kit: PaperKit, actor: Actor, contract_id: str, scan_id: str, record: PaperRecord) -> bool:
    """Every place for ink signed as the paper shows; True where nothing is left. With no electronic part the contract is formed now.

    Raises ``paper.none``, ``paper.outdated``, ``paper.record``, what ``require_seen``, ``Execution.sign`` and ``take_over_with_paper`` raise.
    """
    now, today = kit.signing.now(), kit.signing.today()
    with kit.signing.units() as uow:
        contract, row = _led(uow, actor, contract_id, lock=True)
        scan = _scan(uow, row, _identity(uow, contract, row))
        if scan is None or scan.id != scan_id:
            raise ContractError("paper.outdated", "扫描件已经更新，请重新查看核对结果后再登记。")
        require_seen(scan.report, record.seen, record.remark)
        _require_whole(row, record)
        execution = _signed(row, record, today)
        for place in _paper(row):
            place.signed_on, place.signed_at, place.clock = record.on[place.id], now, f"纸质签署，{actor.name}登记"[:120]
        documents = [_filed(uow, actor, kit, contract, row, one) for one in _files(uow, scan.id)]
        details: dict[str, Any] = {
            "on": {place: day.isoformat() for place, day in record.on.items()}, "where": record.where.strip(), "originals": record.originals,
            "seals": record.seals.strip(), "seen": sorted(record.seen), "remark": record.remark.strip(), "scan": scan.id,
        }  # fmt: skip
        happened(uow, row.id, "", now, "paper_signed", by=actor.name, **details)
        note(uow, actor, now, "signing.paper_signed", contract=contract.id, signing=row.id, documents=documents, **details)
        if record.taken_over_on is not None:
            take_over_with_paper(uow, actor, now, today, contract, record.taken_over_on, max(record.on.values()))
        complete = went_on(uow, kit.signing, contract.id, row, execution)
        if complete and all(p.medium == Medium.PAPER.value for p in row.places):
            row.final = row.frozen  # the original is the paper: there is no electronic one to be archived
            form_contract(uow, kit.signing, contract, row, execution, documents[0])
            tell_owner(
                uow,
                now,
                kit.signing.post,
                contract,
                row,
                "complete",
                "已由双方以纸质签署完毕",
                "扫描件已存入合同文件；请妥善保管纸质原件。",
            )
            index_contract(uow, contract)
        uow.commit()
    return complete


# ---- inside


def _led(uow: UnitOfWork, actor: Actor, contract_id: str, *, lock: bool = False) -> tuple[ContractRow, SigningRow]:
    contract = opened(uow, actor, Action.LEAD_SIGNING, contract_id, lock=lock)
    row = latest_signing(uow.session, contract_id)
    if row is None or row.status != Status.OPEN.value or not any(p.signed_on is None for p in _paper(row)):
        raise ContractError("paper.none", "合同目前没有等待纸质签署的栏位。请先发起签署；约定电子签署的不能改用纸质。")
    return contract, row


def _paper(row: SigningRow) -> list[Any]:
    return [p for p in row.places if p.medium == Medium.PAPER.value]


def _identity(uow: UnitOfWork, contract: ContractRow, row: SigningRow) -> CopyIdentity:
    ordinal = next((v.ordinal for v in version_heads(uow.session, contract.id) if v.id == row.version_id), 0)
    return CopyIdentity(contract.number, str(ordinal), row.pages, row.digest)


def _signed(row: SigningRow, record: PaperRecord, today: date) -> Execution:
    """Paper places in the order that the signing asks for."""
    execution = read_execution(row)
    left = {p.id for p in _paper(row) if p.signed_on is None}
    while left:
        turn = [p for p in execution.waiting if p.id in left]
        if not turn:
            names = "、".join(p.label for p in execution.waiting)
            raise ContractError("execution.turn", f"还没有轮到纸质签署；须先完成：{names}。")
        for place in turn:
            execution = execution.sign(place.id, place.signatory.id, record.on[place.id], row.digest, today)
            left.discard(place.id)
    return execution


def _require_whole(row: SigningRow, record: PaperRecord) -> None:
    faults = [f"没有填写{read_execution(row).place(p.id).label}的签署日期" for p in _paper(row) if p.id not in record.on]
    if not record.where.strip():
        faults.append("没有填写签署地点")
    if not 1 <= record.originals <= MOST_ORIGINALS:
        faults.append(f"原件份数应为1至{MOST_ORIGINALS}")
    if any(p.mark == "seal" for p in _paper(row)) and not record.seals.strip():
        faults.append("没有写明所盖的印章，例如“甲方合同专用章、乙方公章，骑缝章各一”")
    if faults:
        raise ContractError("paper.record", "；".join(faults) + "。")


def _files(uow: UnitOfWork, scan_id: str) -> list[dict[str, Any]]:
    event = uow.session.get(SigningEventRow, scan_id)
    assert event is not None
    files: list[dict[str, Any]] = json.loads(event.data)["files"]
    return files


def _filed(uow: UnitOfWork, actor: Actor, kit: PaperKit, contract: ContractRow, row: SigningRow, file: Mapping[str, Any]) -> str:
    """The scan among the contract's files; its bytes are on disk already."""
    made = attached_unasked(
        uow, actor, kit.signing.now(), contract.id, kind=DocumentKind.SIGNED, name=str(file["name"]), media_type=str(file["type"]),
        sha256=str(file["sha256"]), size=int(file["size"]), version_id=row.version_id, remark="纸质签署原件的扫描件",
    )  # fmt: skip
    return made.id


# ---- a scan as an event


def _plain(sheet: Sheet) -> dict[str, Any]:
    code = None
    if sheet.code is not None:
        c = sheet.code
        code = f"CY1:{c.number}:{c.version}:{c.page}:{c.pages}:{c.digest}:{c.corner.value}"
    marks = [[d.area.x, d.area.y, d.area.width, d.area.height, d.stray.value] for d in sheet.differences]
    return {"ordinal": sheet.ordinal, "code": code, "blank": sheet.blank, "compared": sheet.compared, "marks": _whole(marks)}


def _whole(marks: Sequence[Sequence[Any]]) -> list[list[Any]]:
    """Tenths of a millimetre: the record holds no fractions."""
    return [[*(round(v * 10) for v in m[:4]), m[4]] for m in marks]


def _sheet(data: Mapping[str, Any]) -> Sheet:
    differences = tuple(Difference(Area(*(v / 10 for v in m[:4])), Stray(m[4])) for m in data["marks"])
    code = read_code(data["code"]) if data["code"] else None
    return Sheet(data["ordinal"], code, data["blank"], data["compared"], differences)


def _scan(uow: UnitOfWork, row: SigningRow, identity: CopyIdentity) -> Scan | None:
    """The newest of a signing."""
    events = [e for e in events_of(uow.session, row.id) if e.kind == SCAN]
    if not events:
        return None
    last = events[-1]
    data = json.loads(last.data)
    report = judge([_sheet(s) for s in data["sheets"]], identity)
    pictures = {int(n): sha for n, sha in data["pictures"].items()}
    return Scan(last.id, last.at.isoformat(), data["by"], tuple(f["name"] for f in data["files"]), report, pictures)


def picture(kit: PaperKit, actor: Actor, contract_id: str, sha256: str) -> bytes | None:
    """A sheet's picture (JPEG) of the newest scan; None for any other digest. Raises ``ContractMissing``."""
    with kit.signing.units() as uow:
        view = paper_view(uow, actor, contract_id)
    known = view is not None and view.scan is not None and sha256 in view.scan.pictures.values()
    return kit.signing.blobs.get(sha256) if known else None
