"""After the last signature: archive timestamp, signed DOCX, the contract formed (成立) and where nothing is missing in force (11.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from app.domain.errors import ContractError
from app.domain.execution import Execution, Mark, Medium
from app.domain.lifecycle import Event, Stage
from app.domain.lifecycle_facts import Facts
from app.domain.signing_form import Hand, SealShown, Use, party_texts, shared_texts
from app.domain.term import BEIJING
from app.services.approval_rows import current
from app.services.filing import DocumentKind, attached_unasked
from app.services.generation import DOCX_TYPE
from app.services.indexing import index_contract
from app.services.journal import CEREMONY, CLOCK, note
from app.services.moving import move
from app.services.ports import RecordOfSignature
from app.services.record import require_contract, state_of
from app.services.signing_kit import PLATFORM, SigningKit, credential, states_of, system_credential
from app.services.signing_mails import send_copies, tell_owner
from app.services.signing_orders import read_hand
from app.services.signing_rows import happened, place_row, read_execution, read_form
from app.services.taking_effect import SigningDate, note_signed, take_effect
from app.store.contracts import ContractRow
from app.store.documents import DocumentRow
from app.store.signings import SigningRow, find_signing, signings_to_finish
from app.store.uow import UnitOfWork

PDF_TYPE = "application/pdf"


def is_finish_due(units: Callable[[], UnitOfWork]) -> bool:
    with units() as uow:
        return bool(signings_to_finish(uow.session))


def finish_due(kit: SigningKit, carry_on: Callable[[], bool] = lambda: True) -> tuple[int, list[str]]:
    """Finish every signing that everybody has signed; how many, and what went wrong with which."""
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
    return done, faults


def finish(kit: SigningKit, signing_id: str) -> bool:
    """Archive one signing and form its contract, exactly once; False where that has been done, or is not due."""
    now = kit.now()
    with kit.units() as uow:
        row = find_signing(uow.session, signing_id)
        if row is None or row.status != "complete" or row.final:
            return False
        contract, states = require_contract(uow, row.contract_id), states_of(uow, row)
        uow.session.expunge_all()  # read on while the file is made
    execution, form = read_execution(row), read_form(row.form)
    last = max(execution.signed_on)
    code = row.digest[:16].upper()
    shared = {**shared_texts(form, last, code), **_inked(execution)}
    ticks = [f.key for f in form.owned("") if f.use is Use.CONFIRMATION]
    archived = kit.room.archive(kit.blobs.get(row.file), states, shared, ticks, now)
    final = archived.content
    pdf = kit.blobs.put(final)
    docx = kit.blobs.put(_working_copy(kit, row, execution, contract.title, contract.number, pdf, shared))
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


def _working_copy(
    kit: SigningKit, row: SigningRow, execution: Execution, title: str, number: str, pdf: str, shared: Mapping[str, str]
) -> bytes:
    """The approved DOCX with the same hands, seals and words as the PDF."""
    form = read_form(row.form)
    names = {f.key: f.name for f in form.fields}
    names |= {p.key: p.name for p in form.places}
    fillings: dict[str, Hand | SealShown | str | bool] = {names[key]: words for key, words in shared.items()}
    lines = []
    for signed in execution.signed:
        place, stored = execution.place(signed.place), place_row(row, signed.place)
        assert stored.signed_at is not None
        person, at = place.signatory, stored.signed_at.astimezone(BEIJING)
        lines.append(RecordOfSignature(place.label, person.name, stored.serial or "", stored.signed_at, stored.clock))
        if place.medium is Medium.PAPER:
            continue  # the ink is on the paper original, and ``shared`` says so
        hand = read_hand(kit.blobs.get(stored.hand)) if stored.hand else None
        box = next(p.name for p in form.places if p.key == place.id)
        if place.mark is Mark.SEAL:
            fillings[box] = SealShown(person.party_name, stored.serial or "")
        elif hand is not None:
            fillings[box] = hand
        if place.mark is Mark.SIGNATURE or all(p.mark is Mark.SEAL for p in form.places if p.owner == stored.party):
            texts = party_texts(
                form, stored.party, on=signed.on, serial=stored.serial or "", at=f"{at:%Y-%m-%d %H:%M:%S}（北京时间）", digest=row.digest,
                platform=PLATFORM, signing=f"{row.id[:12]}-{stored.ordinal}".upper(),
            )  # fmt: skip
            fillings |= {names[key]: words for key, words in texts.items()}
            for field in form.owned(stored.party):
                if field.use is Use.CONFIRMATION:
                    fillings[field.name] = True
                elif field.use is Use.HAND and hand is not None:
                    fillings[field.name] = hand
    fillings |= {f.name: True for f in form.owned("") if f.use is Use.CONFIRMATION}
    system = credential(system_credential(kit))
    return kit.room.working_copy(kit.blobs.get(row.docx), fillings, lines, title, number, pdf, system, kit.now())
