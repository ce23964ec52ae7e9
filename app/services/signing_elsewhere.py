"""Signed elsewhere: a party signs our file with its own certificate and tool (USB key, licensed authority) and sends it back.

The gate is strict: the file is ours with exactly one more signature, in the field that was due, by a certificate of a root that the installation
takes, and that names the signatory, or at a seal the party. What passes counts like a signature made here. It comes back by one of two doors: the
signatory's own page, or somebody here who leads the signing.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import ContractError
from app.domain.execution import Execution, Mark, Medium, Place, Status
from app.domain.permissions import Action, Actor
from app.services.access import Client
from app.services.journal import note
from app.services.moving import law_day
from app.services.ports import OutsideSignature, SignedFileVerifier
from app.services.record import opened, require_contract
from app.services.seal_signing import keeps_seals
from app.services.signing_ceremony import bench, require_ready, went_on
from app.services.signing_kit import OUTSIDE, SigningKit
from app.services.signing_orders import wanted_at
from app.services.signing_rows import NOBODY, asked_at, happened, place_row, read_execution
from app.store.contracts import ContractRow
from app.store.signings import CertificateRow, SigningPlaceRow, SigningRow, find_certificate, latest_signing
from app.store.uow import UnitOfWork

NO_CLOCK = "签名没有可以确认的时间戳；时间为本系统收到之时"


@dataclass(frozen=True, slots=True)
class ElsewhereKit:
    signing: SigningKit
    gate: SignedFileVerifier


@dataclass(frozen=True, slots=True)
class Came:
    """By which door a signature came: who is named on the log, and from what machine. ``remote``: a digest was signed, not a file."""

    actor: Actor
    client: Client = NOBODY
    remote: bool = False


@dataclass(frozen=True, slots=True)
class _Due:
    """A place whose turn it is."""

    contract: ContractRow
    row: SigningRow
    execution: Execution
    place: Place


Opened = Callable[[UnitOfWork, bool], _Due]
"""The place, asked for anew in each transaction; True keeps other writers out."""


class FileMoved(ContractError):
    """Somebody else has signed since the file was fetched: it has to be fetched and signed again."""

    def __init__(self) -> None:
        super().__init__(
            "import.outdated",
            "您取得文件之后，另有签署人签署了同一份文件，这份签名不能再并入。请重新下载现在的文件，签署后再上传。",
        )


class SignatoryChanged(ContractError):
    """Somebody else is to sign now, or by another power: what was asked of the one before counts for nobody."""

    def __init__(self, place: Place) -> None:
        super().__init__(
            "elsewhere.replaced", f"等待期间，{place.label}的签署人或者授权已经变更，这份签名不能计入；请由现在的签署人重新签署。"
        )


def places_elsewhere(uow: UnitOfWork, actor: Actor, contract_id: str) -> tuple[Place, ...]:
    """Places whose turn it is and that may be signed with a certificate of the party's own. Raises ``ContractMissing``, ``Forbidden``."""
    contract = opened(uow, actor, Action.LEAD_SIGNING, contract_id)
    row = latest_signing(uow.session, contract_id)
    if row is None or row.status != Status.OPEN.value:
        return ()
    waiting = [p for p in read_execution(row).waiting if p.medium is Medium.ELECTRONIC]
    return tuple(p for p in waiting if not _is_sealed_here(uow, contract, row, p))


def file_to_sign(kit: ElsewhereKit, actor: Actor, contract_id: str) -> tuple[str, bytes]:
    """Name and bytes of the file as it stands, to be signed in the field of a place. Raises ``elsewhere.none``."""
    with kit.signing.units() as uow:
        if not places_elsewhere(uow, actor, contract_id):
            raise ContractError("elsewhere.none", "目前没有轮到的电子签署栏位。")
        contract = opened(uow, actor, Action.LEAD_SIGNING, contract_id)
        row = latest_signing(uow.session, contract_id)
        assert row is not None
        name, file = f"{contract.number}-待签署.pdf", row.file
    return name, kit.signing.blobs.get(file)


def accept_elsewhere(
    kit: ElsewhereKit, actor: Actor, contract_id: str, place_id: str, content: bytes
) -> tuple[bool, OutsideSignature]:
    """Take in a file that came back signed; whether it was the last signature, and what was found of it.

    Raises ``import.refused`` with every reason, ``import.outdated`` where somebody else signed meanwhile, ``elsewhere.none``,
    ``elsewhere.seal``, and what ``Execution.sign`` raises.
    """

    def due(uow: UnitOfWork, lock: bool) -> _Due:
        contract = opened(uow, actor, Action.LEAD_SIGNING, contract_id, lock=lock)
        row = latest_signing(uow.session, contract_id)
        if row is None or row.status != Status.OPEN.value:
            raise ContractError("elsewhere.none", "目前没有进行中的签署。")
        execution = read_execution(row)
        return _Due(contract, row, execution, execution.place(place_id))

    return _take_in(kit, due, content, Came(actor))


def sign_elsewhere(kit: ElsewhereKit, client: Client, token: str, secret: str, content: bytes) -> tuple[bool, OutsideSignature]:
    """The same by the signatory, who has read and consented on the own page. Raises what ``bench`` raises, too, and ``signing.consent``."""

    def due(uow: UnitOfWork, lock: bool) -> _Due:
        if lock:
            peek = bench(uow, kit.signing.now(), token, secret).visit
            require_contract(uow, peek.row.contract_id, lock=True)  # contract before signing, as everywhere
        found = bench(uow, kit.signing.now(), token, secret, lock=lock).visit
        require_ready(found, kit.signing.now())
        return _Due(found.contract, found.row, found.execution, found.place)

    with kit.signing.units() as uow:
        name = due(uow, False).place.signatory.name
    return _take_in(kit, due, content, Came(Actor(name, via="签署页面"), client))


def may_sign_elsewhere(uow: UnitOfWork, contract: ContractRow, row: SigningRow, place: Place) -> bool:
    """Whether a place may be signed with another certificate: by hand always, by seal where the party keeps no seals here."""
    return place.medium is Medium.ELECTRONIC and not _is_sealed_here(uow, contract, row, place)


def require_elsewhere(uow: UnitOfWork, contract: ContractRow, row: SigningRow, place: Place) -> None:
    """Raises ``elsewhere.none`` for a place on paper, ``elsewhere.seal``."""
    if place.medium is not Medium.ELECTRONIC:
        raise ContractError("elsewhere.none", f"{place.label}约定以纸质签署，请登记扫描件。")
    if _is_sealed_here(uow, contract, row, place):
        raise ContractError(
            "elsewhere.seal",
            f"{place.label}：本方的印章在本系统登记，用印须经申请、审批和保管人放行，在签署页面办理，不能以外部文件代替。",
        )


def _take_in(kit: ElsewhereKit, due: Opened, content: bytes, came: Came) -> tuple[bool, OutsideSignature]:
    now, today = kit.signing.now(), kit.signing.today()
    with kit.signing.units() as uow:
        at = due(uow, False)
        require_elsewhere(uow, at.contract, at.row, at.place)
        at.execution.sign(at.place.id, at.place.signatory.id, law_day(now), at.row.digest, today)
        base, frozen, place, asked = at.row.file, at.row.frozen, at.place, asked_at(at.row, at.place.id)
    states = kit.gate.states(content)
    if base not in states and frozen in states:
        raise FileMoved
    found = kit.gate.accept(kit.signing.blobs.get(base), content, place.id, now, wanted_at(place))
    file = kit.signing.blobs.put(content)
    with kit.signing.units() as uow:
        at = due(uow, True)
        if at.row.file != base:
            raise FileMoved
        if asked_at(at.row, place.id) != asked:
            raise SignatoryChanged(place)
        complete = take_signature(uow, kit.signing, at.contract, at.row, at.place, found, file, came)
        uow.commit()
    return complete, found


def take_signature(
    uow: UnitOfWork, kit: SigningKit, contract: ContractRow, row: SigningRow, place: Place, found: OutsideSignature, file: str, came: Came
) -> bool:  # fmt: skip
    """Write a signature made with an outside certificate, inside the caller's transaction; True if it was the last one."""
    now, today = kit.now(), kit.today()
    require_elsewhere(uow, contract, row, place)
    after = read_execution(row).sign(place.id, place.signatory.id, law_day(now), row.digest, today)
    serial = _register(uow, found, now, place)
    stored, base = place_row(row, place.id), row.file
    consent = _consent(stored, came)
    row.file = file
    stored.serial, stored.signed_at, stored.signed_on = serial, now, law_day(now)
    stored.clock = found.clock or NO_CLOCK
    happened(
        uow, row.id, place.id, now, "remote_signed" if came.remote else "imported", came.client, by=came.actor.name,
        serial=found.serial, fingerprint=found.fingerprint,
        issuer=found.issuer, name=found.name, organisation=found.organisation, before=base, file=file, notes=list(found.notes), via=came.actor.via,
        consent=consent,
    )  # fmt: skip
    note(
        uow, came.actor, now, "signing.remote_signed" if came.remote else "signing.imported", contract=contract.id, signing=row.id,
        place=place.id, label=place.label,
        serial=found.serial, issuer=found.issuer, file=file, notes=list(found.notes), consent=consent,
    )  # fmt: skip
    return went_on(uow, kit, contract.id, row, after)


def _consent(stored: SigningPlaceRow, came: Came) -> str:
    """Who says that the signatory has read and agreed: this system where it was done on the own page, else nobody or the caller of the API."""
    if stored.consented_at is not None:
        return "签署人已在签署页面阅读并同意"
    if came.remote:
        return "确认事项由接口调用方声明，签署人的阅读和同意未经本系统确认"
    return "签署人的阅读和同意未经本系统确认"


def _is_sealed_here(uow: UnitOfWork, contract: ContractRow, row: SigningRow, place: Place) -> bool:
    return place.mark is Mark.SEAL and keeps_seals(uow, contract, place.signatory.party, row.digest)


def _register(uow: UnitOfWork, found: OutsideSignature, now: datetime, place: Place) -> str:
    """The certificate's key in the register: its serial number, which only its own authority keeps unique."""
    serial = found.serial[:40]
    known = find_certificate(uow.session, serial)
    if known is not None and known.fingerprint != found.fingerprint:
        serial = f"{found.serial[:27]}-{found.fingerprint[:12]}"
        known = find_certificate(uow.session, serial)
    if known is None:
        uow.session.add(
            CertificateRow(
                serial=serial, kind=OUTSIDE, name=found.name[:200], organisation=(found.organisation or place.signatory.party_name)[:200],
                reference=uuid.uuid4().hex, fingerprint=found.fingerprint, certificate=found.certificate, sealed="", tries=0,
                issued_at=now, valid_until=found.valid_until, revoked_why="",
            )
        )  # fmt: skip
        uow.session.flush()
    return serial
