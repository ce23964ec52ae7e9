"""What a signatory does: read, consent, sign with the own key, or refuse."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from app.domain.ceremony import PIN_TRIES, consent_text
from app.domain.errors import ContractError
from app.domain.execution import PARTIES, Execution, Mark, Place, Status
from app.domain.lifecycle import Event
from app.domain.lifecycle_facts import Facts
from app.domain.permissions import Actor
from app.domain.signing_form import (
    FormField,
    Hand,
    Person,
    RegisteredSeal,
    require_confirmed,
)
from app.services.access import Client
from app.services.approval_mails import Post as ApprovalPost
from app.services.content import void_round
from app.services.journal import CEREMONY, note
from app.services.moving import law_day, move
from app.services.record import require_contract
from app.services.seal_signing import log_use, read_seams, require_held, seal_for_signature
from app.services.signing_access import Visit, entered
from app.services.signing_kit import SigningKit, certificate_row, credential, holder, state
from app.services.signing_mails import invite, tell_owner, tell_signatories
from app.services.signing_orders import ink_of, sign_order, statements_of
from app.services.signing_rows import close, happened, read_details, read_form
from app.store.signings import CertificateRow, SigningPlaceRow, SigningRow, certificate_for, find_certificate
from app.store.uow import UnitOfWork

OTHER_PIN = "它使用另一个签署密码，请输入该密码。"
ROUNDS = 8
"""How often a signature is made anew because somebody else signed the same file meanwhile."""


class PinGone(ContractError):
    """Too many wrong PINs: the key is given up; the next signature sets a new PIN."""

    def __init__(self) -> None:
        super().__init__(
            "pin.locked", "签署密码连续输错次数过多，原签名密钥已经停用。请设置新的签署密码，系统将为您签发新的证书。"
        )


class NextMark(ContractError):
    """A mark has been put, and the next one of the same person needs something more: another PIN, a seal that is released."""

    def __init__(self, done: Place, left: Place, why: str) -> None:
        super().__init__("signing.next", f"{done.label}已经完成。{left.label}尚未完成：{why}")


@dataclass(frozen=True, slots=True)
class Bench:
    """What is known before a signature is made. ``certificate`` None: the signatory has no key yet and sets a PIN. ``statements`` and
    ``consent`` are for every mark that the person can put now."""

    visit: Visit
    person: Person
    certificate: CertificateRow | None
    statements: tuple[FormField, ...]
    consent: str


# ---- reading and consent


def bench(uow: UnitOfWork, now: datetime, token: str, secret: str, *, lock: bool = False, at: str = "") -> Bench:
    """Where a signatory stands, or how it is with the own place ``at``. Raises ``LinkGone``, ``NotEntered``."""
    found = entered(uow, now, token, secret, lock=lock, at=at)
    place, details = found.place_row, read_details(found.place_row)
    person = holder(details, Mark(place.mark), place.email)
    words = consent_text(
        found.contract.title, found.contract.number, found.row.pages, found.row.digest,
        f"{PARTIES[place.party]}（{details.signatory.party_name}）", details.signatory.name,
        signs=Mark.SIGNATURE in _marks(found), seals=Mark.SEAL in _marks(found),
    )  # fmt: skip
    return Bench(found, person, certificate_for(uow.session, person.reference, now), _statements(found), words)


def _marks(found: Visit) -> frozenset[Mark]:
    """What the person can put now; what was put where nothing is left."""
    return frozenset(p.mark for p in found.line or (found.place,))


def _statements(found: Visit) -> tuple[FormField, ...]:
    told = (statements_of(found.row, place) for place in found.line or (found.place,))
    return next((each for each in told if each), ())


def mark_read(kit: SigningKit, client: Client, token: str, secret: str, upto: int) -> int:
    """The pages up to ``upto`` have been before the signatory's eyes; how many of them in a row. Never goes back."""
    now = kit.now()
    with kit.units() as uow:
        found = entered(uow, now, token, secret, lock=True)
        place, row = found.place_row, found.row
        pages = max(place.read_pages, min(upto, row.pages))
        if pages > place.read_pages:
            for own in found.open_rows:
                own.read_pages = max(own.read_pages, pages)
            happened(uow, row.id, place.id, now, "read", client, pages=pages, of=row.pages, file=row.file)
            uow.commit()
        return pages


def consent(kit: SigningKit, client: Client, token: str, secret: str, ticked: frozenset[str], *, agreed: bool) -> None:
    """Record the consent in its words, and each statement confirmed.

    Raises ``signing.unread``, ``signing.consent``, ``signing.confirmations``, ``execution.turn``, ``execution.closed``.
    """
    now = kit.now()
    with kit.units() as uow:
        at = bench(uow, now, token, secret, lock=True)
        found = at.visit
        place, row = found.place_row, found.row
        _require_turn(found, now)
        if place.read_pages < row.pages:
            raise ContractError("signing.unread", f"请先读完全文：共{row.pages}页，已读{place.read_pages}页。")
        if at.statements:
            require_confirmed(read_form(row.form), place.party, ticked)
        if not agreed:
            raise ContractError("signing.consent", "请勾选同意以电子方式签署；不同意的，可以选择拒签并说明理由。")
        for own in found.open_rows:
            if own.consented_at is not None or own.id not in {p.id for p in found.line}:
                continue
            own.consented_at = now
            happened(
                uow, row.id, own.id, now, "consented", client, text=at.consent, sha256=hashlib.sha256(at.consent.encode()).hexdigest(),
                statements=[f.label for f in at.statements], document=row.file, digest=row.digest,
            )  # fmt: skip
        uow.commit()


# ---- signing


def sign(kit: SigningKit, client: Client, token: str, secret: str, hand: Hand | None, pin: str, again: str = "") -> bool:
    """Put every mark that this person can put now, each with its own key and in its own revision; True if the last of all is among them.

    The PIN lives in this call alone. A person who both signs and seals is asked for it once: a key that doesn't exist yet is made with it,
    and one that has another PIN is left for another entry (``NextMark``), which costs no try.
    """
    with kit.units() as uow:
        line = bench(uow, kit.now(), token, secret).visit.line
    done = _sign_at(kit, client, token, secret, hand, pin, again, line[0].id if line else "")
    for before, place in pairwise(line):
        try:
            done = _sign_at(kit, client, token, secret, hand, pin, pin, place.id, goes_on=True)
        except ContractError as error:
            if error.code != "execution.twice":  # a second press was quicker
                raise NextMark(before, place, error.message) from error
    return done


def _sign_at(
    kit: SigningKit, client: Client, token: str, secret: str, hand: Hand | None, pin: str, again: str, place_id: str, *,
    goes_on: bool = False,
) -> bool:  # fmt: skip
    """One mark. ``goes_on``: the PIN was entered for the mark before, so that a wrong one is no try.

    Heavy work runs outside the transaction; where somebody else signed meanwhile it is done again upon the new file, so of two at once
    both succeed, one after the other. Raises what ``bench`` raises, ``execution.*``, ``signing.consent``, ``pin.wrong``, ``pin.weak``,
    ``pin.again``, ``PinGone``, ``hand.empty``.
    """
    with kit.units() as uow:
        at = bench(uow, kit.now(), token, secret, lock=True, at=place_id)
        require_ready(at.visit, kit.now())
        if at.visit.place_row.mark == Mark.SIGNATURE.value and hand is None:
            raise ContractError("hand.empty", "请先写下您的签名。")
        seal = _released(uow, kit, at.visit)
        if at.certificate is not None and goes_on and at.certificate.tries:
            raise ContractError("pin.wrong", OTHER_PIN)  # too near to the end of the tries to guess
        if at.certificate is not None:
            _count_try(uow, kit, client, at)
        uow.session.expunge_all()  # read on while the signature is made
    own = at.certificate if at.certificate is not None else _new_certificate(kit, at, pin, again)
    made = at.certificate is None
    ink = kit.blobs.put(ink_of(hand)) if hand is not None else ""
    for _ in range(ROUNDS):
        row = at.visit.row
        order = sign_order(row, at.visit.place, hand, own.serial, kit.now(), seal)
        try:
            done = kit.room.sign(kit.blobs.get(row.file), order, credential(own), own.reference, pin, state(own), kit.now())
        except ContractError as error:
            if (error.code != "pin.wrong" or goes_on) and not made:
                _uncount(kit, own.serial)
            if error.code == "pin.wrong" and goes_on:
                raise ContractError("pin.wrong", OTHER_PIN) from error
            raise
        base, file = row.file, kit.blobs.put(done.content)
        with kit.units() as uow:
            at = bench(uow, kit.now(), token, secret, lock=True, at=place_id)
            require_ready(at.visit, kit.now())
            if at.visit.row.file != base:
                uow.session.expunge_all()
                continue
            finished = _write_signature(uow, kit, client, at.visit, own, made, file, ink, done.clock, done.clock_note, seal)
            uow.commit()
            return finished
    raise ContractError("record.changed", "多位签署人正在同时签署，请稍后再试一次。")


def _write_signature(
    uow: UnitOfWork, kit: SigningKit, client: Client, found: Visit, own: CertificateRow, made: bool, file: str, ink: str, clock: str,
    clock_note: str, seal: RegisteredSeal | None,
) -> bool:  # fmt: skip
    now, place, row = kit.now(), found.place_row, found.row
    on = law_day(now)
    after = found.execution.sign(place.id, found.place.signatory.id, on, row.digest, kit.today())
    name = found.place.signatory.name
    if made:
        uow.session.add(own)
        uow.session.flush()
        uow.record(
            now,
            "ceremony",
            "certificate.issued",
            {"serial": own.serial, "holder": own.name, "kind": own.kind},
            contract=row.contract_id,
        )
    else:
        stored = find_certificate(uow.session, own.serial, lock=True)
        if stored is None or stored.revoked_at is not None:
            raise PinGone
        stored.tries = 0
    if seal is not None:
        log_use(
            uow, now, on, row.contract_id, seal, place=f"{row.id}:{place.id}", serial=own.serial, by=name,
            seam=place.party in read_seams(row.seams),
        )  # fmt: skip
    before, row.file = row.file, file
    place.serial, place.signed_at, place.signed_on, place.clock, place.hand = own.serial, now, on, clock, ink
    happened(
        uow, row.id, place.id, now, "signed", client, serial=own.serial, fingerprint=own.fingerprint, before=before, file=file, clock=clock,
        clock_note=clock_note,
    )  # fmt: skip
    note(
        uow, Actor(name, via="签署页面"), now, "signing.signed", contract=row.contract_id, signing=row.id, place=place.id,
        label=found.place.label, serial=own.serial, file=file, clock=clock,
    )  # fmt: skip
    return went_on(uow, kit, found.contract.id, row, after, place)


def went_on(
    uow: UnitOfWork, kit: SigningKit, contract_id: str, row: SigningRow, after: Execution, here: SigningPlaceRow | None = None
) -> bool:
    """After a place was signed, on screen (``here``) or on paper: ask the next ones, or note that nothing is left. Inside the caller's
    transaction."""
    contract, now = require_contract(uow, contract_id), kit.now()
    if after.status is Status.COMPLETE:
        close(row, after, now, "")
        happened(uow, row.id, "", now, "complete", file=row.file)
        return True
    uow.session.flush()
    invite(uow, CEREMONY, now, kit.post, contract, row, after, here)
    return False


# ---- PIN


def forget_pin(kit: SigningKit, client: Client, token: str, secret: str) -> None:
    """Give up the key whose PIN is forgotten; the next signature makes a new one. What was signed with it stays valid."""
    now = kit.now()
    with kit.units() as uow:
        at = bench(uow, now, token, secret, lock=True)
        if at.certificate is not None:
            _give_up(uow, now, client, at)
            uow.commit()


def _count_try(uow: UnitOfWork, kit: SigningKit, client: Client, at: Bench) -> None:
    """Count before looking: whoever stops the program in between has used up a try, too."""
    assert at.certificate is not None
    stored = find_certificate(uow.session, at.certificate.serial, lock=True)
    assert stored is not None
    if stored.tries >= PIN_TRIES:
        _give_up(uow, kit.now(), client, at)
        uow.commit()
        raise PinGone
    stored.tries += 1
    uow.commit()


def _uncount(kit: SigningKit, serial: str) -> None:
    """The PIN was not what failed."""
    with kit.units() as uow:
        stored = find_certificate(uow.session, serial, lock=True)
        if stored is not None and stored.tries:
            stored.tries -= 1
            uow.commit()


def _give_up(uow: UnitOfWork, now: datetime, client: Client, at: Bench) -> None:
    assert at.certificate is not None
    stored = find_certificate(uow.session, at.certificate.serial, lock=True)
    assert stored is not None
    stored.revoked_at, stored.revoked_why = now, "superseded"
    row, place = at.visit.row, at.visit.place_row
    happened(uow, row.id, place.id, now, "key_given_up", client, serial=stored.serial)
    uow.record(
        now, "ceremony", "certificate.revoked", {"serial": stored.serial, "holder": stored.name, "reason": "superseded"},
        contract=row.contract_id,
    )  # fmt: skip


def _new_certificate(kit: SigningKit, at: Bench, pin: str, again: str) -> CertificateRow:
    faults = kit.room.pin_faults(pin)
    if faults:
        raise ContractError("pin.weak", "；".join(faults) + "。")
    if pin != again:
        raise ContractError("pin.again", "两次输入的签署密码不一致，请重新输入。")
    now, person = kit.now(), at.person
    kind = "seal" if person.seal else "person"
    return certificate_row(kit.room.issue(person, pin, now), kind, person.name, person.organisation, person.reference, now)


# ---- refusing


def refuse(kit: SigningKit, client: Client, token: str, secret: str, reason: str) -> None:
    """Decline with a reason: the whole signing stops, the contract goes back to drafting, everybody is told.

    Raises ``LinkGone``, ``NotEntered``, ``execution.reason``, ``execution.closed``, ``execution.twice``.
    """
    now = kit.now()
    with kit.units() as uow:
        peek = entered(uow, now, token, secret)
        contract = require_contract(uow, peek.row.contract_id, lock=True)  # contract before signing, as everywhere
        found = entered(uow, now, token, secret, lock=True)
        row, person = found.row, found.place.signatory
        after = found.execution.refuse(found.place_row.id, person.id, reason, law_day(now))
        close(row, after, now, person.name)
        words = reason.strip()[:2000]
        happened(uow, row.id, found.place_row.id, now, "refused", client, reason=words)
        note(
            uow, Actor(person.name, via="签署页面"), now, "signing.refused", contract=contract.id, signing=row.id,
            place=found.place_row.id, label=found.place.label, reason=words,
        )  # fmt: skip
        move(uow, CEREMONY, now, contract, Event.SIGNING_RETURNED, Facts(reason=f"{found.place.label}拒签：{words}"))
        post = ApprovalPost(kit.post.write, kit.post.contract)
        sentence = f"{found.place.label}拒绝签署，合同退回起草，原审批随之失效；修改后须重新送审。"
        void_round(uow, CEREMONY, now, post, contract, what="拒签退回", sentence=sentence, details=f"理由：{words}")
        tell_owner(
            uow, now, kit.post, contract, row, "refused", f"被{found.place.label}拒签",
            f"理由：{words}\n合同已退回起草，原审批失效；修改后须重新送审、定稿并发起签署。",
        )  # fmt: skip
        others = [p for p in row.places if p not in found.mine]
        tell_signatories(uow, now, kit.post, contract, row, others, "因一方拒签而停止", words)
        uow.commit()


# ---- inside


def _require_turn(found: Visit, now: datetime) -> None:
    """What ``sign`` would refuse is refused before anybody writes a signature."""
    found.execution.sign(found.place_row.id, found.place.signatory.id, law_day(now), found.row.digest, law_day(now))


def require_ready(found: Visit, now: datetime) -> None:
    """Whoever signs has the turn and has consented. Raises ``execution.*``, ``signing.consent``."""
    _require_turn(found, now)
    if found.place_row.consented_at is None:
        raise ContractError("signing.consent", "请先读完全文并确认同意。")


def _released(uow: UnitOfWork, kit: SigningKit, found: Visit) -> RegisteredSeal | None:
    """The seal of the register that this place shows, if it seals and its organisation keeps seals here."""
    place, row = found.place_row, found.row
    if place.mark != Mark.SEAL.value:
        return None
    seal = seal_for_signature(uow, kit.safe, found.contract, place.party, row.digest)
    require_held(read_seams(row.seams).get(place.party, ""), seal)
    return seal
