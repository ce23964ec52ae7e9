"""After the last signature: archive timestamp, signed DOCX, the contract formed (成立) and where nothing is missing in force (11.1)."""

from __future__ import annotations

import logging
from collections.abc import Callable

from app.domain.errors import ContractError
from app.domain.execution import Execution, Mark, Medium
from app.domain.lifecycle import Event, Stage
from app.domain.lifecycle_facts import Facts
from app.domain.signing_form import Hand, SealShown, Use, shared_texts
from app.services.approval_rows import current
from app.services.filing import DocumentKind, attached_unasked
from app.services.generation import DOCX_TYPE
from app.services.indexing import index_contract
from app.services.journal import CEREMONY, CLOCK, note
from app.services.moving import move
from app.services.ports import RecordOfSignature
from app.services.record import require_contract, state_of
from app.services.signing_kit import SigningKit, credential, states_of, system_credential
from app.services.signing_mails import send_copies, tell_owner
from app.services.signing_orders import leads, read_hand
from app.services.signing_rows import happened, place_row, read_execution, read_form
from app.services.taking_effect import SigningDate, note_signed, take_effect
from app.store.contracts import ContractRow
from app.store.documents import DocumentRow
from app.store.signings import SigningRow, events_of, find_signing, signings_to_finish
from app.store.uow import UnitOfWork

PDF_TYPE = "application/pdf"
log = logging.getLogger(__name__)
IN_THE_ORIGINAL = "以自有证书在系统外签署，图样见签署原件（PDF）"


def is_finish_due(units: Callable[[], UnitOfWork]) -> bool:
    with units() as uow:
        return bool(signings_to_finish(uow.session))


def finish_due(kit: SigningKit, carry_on: Callable[[], bool] = lambda: True) -> tuple[int, list[str]]:
    """Finish every signing that everybody has signed; how many, and what went wrong with which. One that fails doesn't hold up the others."""
    with kit.units() as uow:
        due = signings_to_finish(uow.session)
    done, faults = 0, []
    for signing_id in due:
        if not carry_on():
            break
        try:
            done += finish(kit, signing_id)
        except ContractError as error:
            faults.append(f"{signing_id}: {error.message}")
        except Exception:
            log.exception("finishing signing %s failed", signing_id)
            faults.append(f"{signing_id}: 出现故障，下次唤醒时重试")
    return done, faults


def finish(kit: SigningKit, signing_id: str) -> bool:
    """Archive one signing and form its contract, exactly once; False where that has been done, or is not due."""
    now = kit.now()
    with kit.units() as uow:
        row = find_signing(uow.session, signing_id)
        if row is None or row.status != "complete" or row.final:
            return False
        contract, states, (by_file, by_device) = require_contract(uow, row.contract_id), states_of(uow, row), _doors(uow, row)
        uow.session.expunge_all()  # read on while the file is made
    execution, form = read_execution(row), read_form(row.form)
    last = max(execution.signed_on)
    code = row.digest[:16].upper()
    shared = {**shared_texts(form, last, code), **_inked(execution)}
    ticks = _shared_ticks(row, execution, by_device)
    archived = kit.room.archive(kit.blobs.get(row.file), states, shared, ticks, now)
    final = archived.content
    pdf = kit.blobs.put(final)
    docx = kit.blobs.put(_working_copy(kit, row, execution, contract.title, contract.number, pdf, by_file))
    with kit.units() as uow:
        contract = require_contract(uow, row.contract_id, lock=True)
        mine = find_signing(uow.session, signing_id, lock=True)
        if mine is None or mine.final or state_of(contract).stage is not Stage.SIGNING:
            return False
        mine.final, mine.archived_until = pdf, kit.room.archive_ends(final)
        signed = _document(uow, kit, mine, contract, pdf, len(final), f"{contract.number}-已签署.pdf", PDF_TYPE, "签署原件")
        _document(
            uow, kit, mine, contract, docx, kit.blobs.path(docx).stat().st_size, f"{contract.number}-已签署（工作副本）.docx", DOCX_TYPE,
            "工作副本；原件为已签署 PDF",
        )  # fmt: skip
        form_contract(uow, kit, contract, mine, execution, signed.id)
        uow.session.flush()
        happened(uow, mine.id, "", now, "archived", final=pdf, docx=docx, lacking=list(archived.lacking))
        note(
            uow, CEREMONY, now, "signing.archived", contract=contract.id, signing=mine.id, final=pdf, docx=docx, digest=mine.digest,
            lacking=list(archived.lacking),
        )  # fmt: skip
        send_copies(uow, now, kit.post, contract, mine, pdf)
        tell_owner(
            uow, now, kit.post, contract, mine, "complete", "已由双方签署完毕",
            "已签署 PDF（原件）和 DOCX（工作副本）已存入合同文件，并已向签署人发送取件链接。生效前置条件未齐备的，请继续办理。",
        )  # fmt: skip
        index_contract(uow, contract)
        uow.commit()
    return True


def form_contract(
    uow: UnitOfWork, kit: SigningKit, contract: ContractRow, row: SigningRow, execution: Execution, document_id: str
) -> None:
    """成立 by the last signature; 生效 where nothing is missing."""
    now = kit.now()
    approved = current(uow, contract.id)
    facts = Facts(
        today=kit.today(),
        digest=row.digest,
        approved_digest=approved[1].approved_digest if approved is not None else "",
        outstanding_signatures=execution.outstanding,
        signed_copy=document_id,
    )
    move(uow, CEREMONY, now, contract, Event.EXECUTED, facts, signing=row.id, document=document_id)
    contract.signing_deadline = None
    dates = []
    for signed in execution.signed:
        place = execution.place(signed.place)
        who = (
            place.signatory.name
            if place.mark is Mark.SIGNATURE
            else f"{place.signatory.party_name}（用印：{place.signatory.name}）"
        )
        dates.append(SigningDate(place.signatory.party.removeprefix("party_"), who, signed.on, document_id))
    note_signed(uow, CEREMONY, now, contract, dates)
    take_effect(uow, CLOCK, now, kit.today(), kit.stage_post, contract)


def _inked(execution: Execution) -> dict[str, str]:
    """What the electronic file says where ink is: that, and on which day. By place."""
    paper = [s for s in execution.signed if execution.place(s.place).medium is Medium.PAPER]
    return {s.place: f"{s.on.year}年{s.on.month}月{s.on.day}日以纸质签署，见纸质原件" for s in paper}


def _document(
    uow: UnitOfWork, kit: SigningKit, row: SigningRow, contract: ContractRow, sha256: str, size: int, name: str, media_type: str,
    remark: str,
) -> DocumentRow:  # fmt: skip
    """The signed file among the contract's files, inside the caller's transaction; its bytes are on disk already."""
    return attached_unasked(
        uow, CEREMONY, kit.now(), contract.id, kind=DocumentKind.SIGNED, name=name, media_type=media_type, sha256=sha256, size=size,
        version_id=row.version_id, remark=remark,
    )  # fmt: skip


def _doors(uow: UnitOfWork, row: SigningRow) -> tuple[frozenset[str], frozenset[str]]:
    """Places signed in a file that came back, and by a device over the API."""
    events = events_of(uow.session, row.id)
    by_file, by_device = (frozenset(e.place_id for e in events if e.kind == kind) for kind in ("imported", "remote_signed"))
    return by_file, by_device


def _shared_ticks(row: SigningRow, execution: Execution, by_device: frozenset[str]) -> list[str]:
    """The statements of both parties, where everybody has confirmed them: on the own page, or as the API was told. A file that came back
    confirms nothing by itself."""
    asked = [p for p in execution.places if p.medium is Medium.ELECTRONIC and leads(row, p)]
    if any(place_row(row, p.id).consented_at is None and p.id not in by_device for p in asked):
        return []
    return [f.key for f in read_form(row.form).owned("") if f.use is Use.CONFIRMATION]


def _working_copy(
    kit: SigningKit, row: SigningRow, execution: Execution, title: str, number: str, pdf: str, by_file: frozenset[str]
) -> bytes:
    """The approved DOCX with the same hands and seals as the PDF; words and ticks are read from the PDF itself, so that the copy says no more."""
    form, shown = read_form(row.form), kit.room.filled(kit.blobs.get(pdf))
    fillings: dict[str, Hand | SealShown | str | bool] = {
        f.name: shown[f.key] for f in form.fields if f.use is not Use.HAND and shown.get(f.key)
    }
    lines = []
    for signed in execution.signed:
        place, stored = execution.place(signed.place), place_row(row, signed.place)
        assert stored.signed_at is not None
        person = place.signatory
        lines.append(RecordOfSignature(place.label, person.name, stored.serial or "", stored.signed_at, stored.clock))
        box = next(p.name for p in form.places if p.key == place.id)
        if place.medium is Medium.PAPER:
            fillings[box] = _inked(execution)[place.id]  # the ink is on the paper original
            continue
        if place.id in by_file:
            fillings[box] = IN_THE_ORIGINAL
            continue
        hand = read_hand(kit.blobs.get(stored.hand)) if stored.hand else None
        if place.mark is Mark.SEAL:
            fillings[box] = SealShown(person.party_name, stored.serial or "")
        elif hand is not None:
            fillings[box] = hand
            fillings |= {f.name: hand for f in form.owned(stored.party) if f.use is Use.HAND}
    system = credential(system_credential(kit))
    return kit.room.working_copy(kit.blobs.get(row.docx), fillings, lines, title, number, pdf, system, kit.now())
