"""The evidence package of a signed contract: everything that proves it, gathered from the record, made checkable without this system.

It is filed with the contract; whoever may read the contract may take it away.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from app.domain.audit import CheckpointSigner
from app.domain.authority import Capacity
from app.domain.ceremony import Carried, CodeWay
from app.domain.documents import DocumentMeta
from app.domain.errors import ContractError
from app.domain.evidence import EVENTS, EvidenceReport, Part, code_words, limits
from app.domain.execution import PARTIES, Mark, Medium
from app.domain.permissions import Action, Actor
from app.domain.term import BEIJING
from app.services.auditing import export_audit_unasked, make_checkpoint
from app.services.filing import DocumentKind, DocumentView, attached_unasked, view_document
from app.services.generation import DOCX_TYPE
from app.services.identification import identified
from app.services.journal import note
from app.services.ports import CheckpointFile, EvidenceFile, OnRecord, Progress, SignedFileVerifier
from app.services.record import opened
from app.services.signing_kit import OUTSIDE, SigningKit, credential, states_of, system_credential
from app.services.signing_rows import read_details
from app.store.documents import DocumentRow, documents_of
from app.store.seals import SealUseRow, find_seal, uses_of_contract
from app.store.signings import SigningEventRow, SigningPlaceRow, SigningRow, certificates_with, events_of, signings_of
from app.store.uow import UnitOfWork
from signatures.verification.verdict import Verdict

ZIP_TYPE = "application/zip"


class ReportWriter(Protocol):
    """Draws the report as PDF/A."""

    def __call__(self, report: EvidenceReport, meta: DocumentMeta) -> bytes: ...


class Attached(Protocol):
    """The files embedded in a PDF of our own, by name."""

    def __call__(self, pdf: bytes) -> Mapping[str, bytes]: ...


@dataclass(frozen=True, slots=True)
class EvidenceKit:
    """What making a package takes beside the signing kit. ``signer``, ``log_file``: for a checkpoint of the log, so that every entry has its
    proof."""

    signing: SigningKit
    verifier: SignedFileVerifier
    report: Callable[[], ReportWriter]
    attached: Attached
    signer: Callable[[], CheckpointSigner]
    log_file: CheckpointFile


@dataclass(frozen=True, slots=True)
class _Gathered:
    """What the record holds of the signing."""

    row: SigningRow
    title: str
    number: str
    events: tuple[SigningEventRow, ...]
    documents: tuple[DocumentRow, ...]
    uses: tuple[tuple[SealUseRow, str], ...]
    holders: Mapping[str, str]
    outside: frozenset[str]
    audit: bytes


def signing_to_prove(uow: UnitOfWork, actor: Actor, contract_id: str) -> SigningRow:
    """The finished electronic signing of a contract. Raises ``ContractMissing``, ``Forbidden``, ``evidence.unsigned``."""
    opened(uow, actor, Action.LEAD_SIGNING, contract_id)
    for row in signings_of(uow.session, contract_id):
        if row.status == "complete" and row.final and any(p.serial for p in row.places):
            return row
    raise ContractError(
        "evidence.unsigned", "合同还没有签署完毕并加盖存档时间戳的电子文件，不能制作证据包；纸质签署的证据是原件和扫描件。"
    )


def make_evidence(
    kit: EvidenceKit, actor: Actor, contract_id: str, progress: Progress = lambda _step: None
) -> tuple[DocumentView, bytes]:
    """A new package among the contract's files, and its bytes. Takes seconds, between short transactions.

    Raises what ``signing_to_prove`` raises, ``audit.broken`` where the log does not hold together.
    """
    units, now = kit.signing.units, kit.signing.now()
    progress("审计检查点")
    with units() as uow:
        row = signing_to_prove(uow, actor, contract_id)
        uow.session.expunge(row)
    with units() as uow:
        make_checkpoint(uow, kit.signer(), kit.log_file, now)
    with units() as uow:
        found = _gathered(uow, actor, contract_id)
        states = states_of(uow, found.row)
        signers = {p.id: p.serial for p in found.row.places if p.serial}
        known = {c.serial: c.fingerprint for c in certificates_with(uow.session, set(signers.values()))}
    progress("验证签署件")
    pdf = kit.signing.blobs.get(found.row.final)
    record = OnRecord(found.row.final, {f: known[s] for f, s in signers.items() if s in known})
    verdict = kit.verifier.verify(pdf, now, record)
    progress("证据报告")
    report = kit.report()(_report(found, verdict, now), _meta(found, actor, now))
    progress("清单、签名和时间戳")
    files = [*_files(kit, found, pdf), EvidenceFile("report.pdf", report, "证据报告（PDF/A）")]
    system = credential(system_credential(kit.signing))
    content = kit.signing.room.evidence(found.number, found.title, pdf, states, files, system, now)
    name = f"{found.number}-证据包-{now.astimezone(BEIJING):%Y%m%d%H%M}.zip"
    sha256 = kit.signing.blobs.put(content)
    with units() as uow:
        opened(uow, actor, Action.FILE_PAPER, contract_id)
        made = attached_unasked(
            uow, actor, now, contract_id, kind=DocumentKind.EVIDENCE, name=name, media_type=ZIP_TYPE, sha256=sha256, size=len(content),
            version_id=found.row.version_id, remark="证据包：附独立验证程序 verify.py",
        )  # fmt: skip
        note(
            uow, actor, now, "evidence.made", contract=contract_id, document=made.id, signing=found.row.id, sha256=sha256,
            outcome=verdict.outcome.value,
        )  # fmt: skip
        view = view_document(made)
        uow.commit()
    return view, content


def _gathered(uow: UnitOfWork, actor: Actor, contract_id: str) -> _Gathered:
    contract = opened(uow, actor, Action.LEAD_SIGNING, contract_id)
    row = signing_to_prove(uow, actor, contract_id)
    uses = []
    for use in uses_of_contract(uow.session, contract_id):
        seal = find_seal(uow.session, use.seal_id)
        uses.append((use, seal.name if seal is not None else ""))
    serials = [p.serial for p in row.places if p.serial]
    certificates = certificates_with(uow.session, serials)
    holders = {c.serial: f"{c.name}（{c.organisation}）" for c in certificates}
    outside = frozenset(c.serial for c in certificates if c.kind == OUTSIDE)
    found = _Gathered(
        row, contract.title, contract.number, tuple(events_of(uow.session, row.id)), tuple(documents_of(uow.session, contract_id)),
        tuple(uses), holders, outside, export_audit_unasked(uow, contract_id),
    )  # fmt: skip
    uow.session.expunge_all()
    return found


# ---- files


def _files(kit: EvidenceKit, found: _Gathered, pdf: bytes) -> list[EvidenceFile]:
    inside = kit.attached(pdf)
    made = [
        EvidenceFile("audit/entries.json", found.audit, "审计条目，附归属证明和检查点"),
        EvidenceFile(
            "records/events.json", _json([_event(e) for e in found.events]), "签署过程记录（身份核验、阅读、同意、签署）"
        ),
        EvidenceFile(
            "records/signatories.json", _json([_signatory(p, found.events) for p in found.row.places]), "签署人、权限和所用证书"
        ),
        EvidenceFile("records/seals.json", _json([_use(use, name) for use, name in found.uses]), "用印记录"),
    ]
    if "contract.json" in inside:
        made.append(EvidenceFile("contract/contract.json", inside["contract.json"], "机器可读合同（签署件的附件）"))
    if "contract.docx" in inside:
        made.append(EvidenceFile("contract/contract.docx", inside["contract.docx"], "定稿文本的 DOCX（签署件的附件）"))
    copy = next((d for d in found.documents if d.kind == DocumentKind.SIGNED.value and d.media_type == DOCX_TYPE), None)
    if copy is not None:
        made.append(EvidenceFile("contract/signed.docx", kit.signing.blobs.get(copy.sha256), "已签署的工作副本（DOCX）"))
    return made


def _event(row: SigningEventRow) -> dict[str, Any]:
    return {
        "at": row.at.isoformat(), "place": row.place_id, "kind": row.kind, "about": EVENTS.get(row.kind, row.kind),
        "data": json.loads(row.data), "address": row.address, "agent": row.agent,
    }  # fmt: skip


def _about(row: SigningEventRow) -> str:
    """What happened, in words; of a code also by which way it went, and to whom (masked); of a signature made elsewhere who vouches for consent."""
    data, words = json.loads(row.data), EVENTS.get(row.kind, row.kind)
    if data.get("consent"):
        return f"{words}（{data['consent']}）"
    to = data.get("to")
    if not to:
        return words
    carried = data.get("carried")
    return f"{words}（{code_words(CodeWay(data['by']), to, Carried(carried) if carried else None)}）"


def _signatory(row: SigningPlaceRow, events: Sequence[SigningEventRow]) -> dict[str, Any]:
    person, seen = read_details(row).signatory, identified(events, row)
    power = person.authority
    return {
        "place": row.id, "party": person.party_name, "name": person.name, "title": person.title, "capacity": person.capacity.label,
        "mark": Mark(row.mark).label, "medium": row.medium, "email": row.email, "code": None if seen is None else {
            "by": seen.way.value, "to": seen.to, "at": seen.at.isoformat(), "carried": seen.carried.value if seen.carried else None,
        }, "certificate": row.serial or "",
        "signed_at": row.signed_at.isoformat() if row.signed_at else None, "clock": row.clock,
        "authority": None if power is None else {
            "number": power.number, "principal": power.principal, "agent": power.agent, "matters": sorted(m.label for m in power.matters),
            "issued_on": power.issued_on.isoformat(), "valid_from": power.valid_from.isoformat(),
            "valid_until": power.valid_until.isoformat(), "limit": str(power.limit) if power.limit is not None else None,
        },
    }  # fmt: skip


def _use(row: SealUseRow, name: str) -> dict[str, Any]:
    return {
        "seal": name, "at": row.at.isoformat(), "used_on": row.used_on.isoformat(), "medium": row.medium, "document": row.document,
        "digest": row.digest, "copies": row.copies, "seam": row.seam, "by": row.by, "place": row.place, "certificate": row.serial,
    }  # fmt: skip


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


# ---- the report


def _meta(found: _Gathered, actor: Actor, now: datetime) -> DocumentMeta:
    seed = f"evidence\0{found.row.id}\0{now.isoformat()}"
    document_id = hashlib.sha256(seed.encode()).hexdigest()[:16].upper()
    return DocumentMeta(document_id, "电子签署证据报告", found.number, "1", found.row.digest, now, final=True, author=actor.name)


def _report(found: _Gathered, verdict: Verdict, now: datetime) -> EvidenceReport:
    row = found.row
    labels = {p.id: f"{PARTIES.get(p.party, p.party)}{Mark(p.mark).label}" for p in row.places}
    parts = (
        Part(
            "一、文件",
            (
                f"合同《{found.title}》，编号{found.number}，共{row.pages}页。",
                f"正文摘要（SHA-256）：{row.digest}",
                f"定稿认证后的文件：{row.frozen}",
                f"签署件（signed.pdf，原件）：{row.final}",
            ),
        ),
        Part("二、验证结论", (f"{verdict.outcome.label[0]}。", *(r.chinese for r in verdict.reasons))),
        Part(
            "三、签名",
            (),
            ("栏位", "签名人", "证书", "时间", "时钟", "此后"),
            tuple(
                (
                    s.label,
                    _who(s.name, s.organisation),
                    s.serial,
                    _local(s.proven_at or s.signed_at),
                    s.clock,
                    s.changed_after.label[0],
                )
                for s in verdict.signatures
            ),
        ),
        Part(
            "四、签署人和权限",
            (),
            ("栏位", "签署人", "身份", "方式", "授权", "邮箱"),
            tuple(_person(p, labels, found.events) for p in row.places),
        ),
        Part(
            "五、签署过程",
            ("每一步的时间、网络地址和浏览器如下；同意的原文见 records/events.json。",),
            ("时间", "栏位", "事项", "网络地址", "浏览器"),
            tuple((_local(e.at), labels.get(e.place_id, ""), _about(e), e.address, e.agent[:80]) for e in found.events),
        ),
        _seals(found),
        _log(found.audit),
        Part("八、这些证据证明什么、不证明什么", _limits(found, verdict, labels)),
    )
    return EvidenceReport(found.title, found.number, _local(now), f"验证结论：{verdict.outcome.label[0]}", parts)


def _person(row: SigningPlaceRow, labels: Mapping[str, str], events: Sequence[SigningEventRow]) -> tuple[str, ...]:
    person = read_details(row).signatory
    power = person.authority
    authority = ""
    if power is not None:
        authority = (
            f"{power.number}，{power.issued_on.isoformat()}签发，{power.valid_from.isoformat()}至{power.valid_until.isoformat()}"
        )
    elif person.capacity is Capacity.REPRESENTATIVE:
        authority = "依职务"
    return (
        labels[row.id],
        _who(person.name, person.party_name),
        person.capacity.label,
        _way(row, events),
        authority,
        row.email,
    )


def _way(row: SigningPlaceRow, events: Sequence[SigningEventRow]) -> str:
    medium = Medium(row.medium)
    if medium is Medium.PAPER:
        return medium.label
    seen = identified(events, row)
    return f"{medium.label}；验证码：{code_words(seen.way, seen.to, seen.carried) if seen else '无'}"


def _limits(found: _Gathered, verdict: Verdict, labels: Mapping[str, str]) -> tuple[str, ...]:
    issuers = {s.field: s.issuer for s in verdict.signatures}
    signed = [p for p in found.row.places if p.serial]
    return limits(
        [labels[p.id] for p in signed if p.serial not in found.outside],
        [(labels[p.id], issuers.get(p.id, "")) for p in signed if p.serial in found.outside],
    )


def _seals(found: _Gathered) -> Part:
    rows = tuple((u.used_on.isoformat(), name, Medium(u.medium).label, u.by, u.serial or u.remark[:60]) for u, name in found.uses)
    words = () if rows else ("印章登记中没有与本合同有关的用印记录。",)
    return Part("六、用印", words, ("日期", "印章", "方式", "用印人", "证书或者说明"), rows)


def _log(audit: bytes) -> Part:
    data = json.load(io.BytesIO(audit))
    point = data["checkpoint"]
    proven = sum(1 for e in data["entries"] if e["proof"] is not None)
    words = [f"与本合同有关的审计条目{len(data['entries'])}条，其中{proven}条附有归属证明（RFC 6962），见 audit/entries.json。"]
    if point is not None:
        words.append("检查点由系统签名；审计日志每条记录都含前一条的摘要，改动或者删除任何一条都会使摘要不符。")
    return Part("七、审计日志", tuple(words))


def _who(name: str, organisation: str) -> str:
    return name if organisation in ("", name) else f"{name}（{organisation}）"


def _local(at: datetime | None) -> str:
    return f"{at.astimezone(BEIJING):%Y-%m-%d %H:%M:%S}" if at is not None else ""


def packages_of(uow: UnitOfWork, actor: Actor, contract_id: str) -> Sequence[DocumentRow]:
    """Packages made so far, the newest first. Raises ``ContractMissing``."""
    opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    return [
        d for d in documents_of(uow.session, contract_id) if d.kind == DocumentKind.EVIDENCE.value and d.media_type == ZIP_TYPE
    ]
