"""Signed elsewhere: a party signs our file with its own certificate and tool (USB key, licensed authority) and sends it back.

The gate is strict: the file is ours with exactly one more signature, in the field that was due, by a certificate of a root that the installation
takes, and that names the signatory or the party. What passes counts like a signature made here.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass

from app.domain.errors import ContractError
from app.domain.execution import Execution, Medium, Place, Status
from app.domain.permissions import Action, Actor
from app.services.journal import note
from app.services.moving import law_day
from app.services.ports import OutsideSignature, SignedFileVerifier
from app.services.record import opened
from app.services.signing_ceremony import went_on
from app.services.signing_kit import OUTSIDE, SigningKit
from app.services.signing_rows import happened, place_row, read_execution
from app.store.contracts import ContractRow
from app.store.signings import CertificateRow, SigningRow, find_certificate, latest_signing
from app.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class ElsewhereKit:
    signing: SigningKit
    gate: SignedFileVerifier


def places_elsewhere(uow: UnitOfWork, actor: Actor, contract_id: str) -> tuple[Place, ...]:
    """Places whose turn it is and that may be signed with a certificate of the party's own. Raises ``ContractMissing``, ``Forbidden``."""
    opened(uow, actor, Action.LEAD_SIGNING, contract_id)
    row = latest_signing(uow.session, contract_id)
    execution = read_execution(row) if row is not None and row.status == Status.OPEN.value else None
    return tuple(p for p in execution.waiting if p.medium is Medium.ELECTRONIC) if execution is not None else ()


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

    Raises ``import.refused`` with every reason, ``import.person``, ``record.changed`` where somebody else signed meanwhile, and what
    ``Execution.sign`` raises.
    """
    now, today = kit.signing.now(), kit.signing.today()
    with kit.signing.units() as uow:
        _, row, execution, place = _due(uow, actor, contract_id, place_id)
        execution.sign(place.id, place.signatory.id, law_day(now), row.digest, today)
        base = row.file
    found = kit.gate.accept(kit.signing.blobs.get(base), content, place_id, now)
    _require_person(place, found)
    file = kit.signing.blobs.put(content)
    with kit.signing.units() as uow:
        contract, row, execution, place = _due(uow, actor, contract_id, place_id, lock=True)
        if row.file != base:
            raise ContractError("record.changed", "等待期间已有他人签署了同一份文件，请重新下载、签署后再上传。")
        after = execution.sign(place.id, place.signatory.id, law_day(now), row.digest, today)
        if find_certificate(uow.session, found.serial) is None:
            uow.session.add(_certificate(found, kit, place))
            uow.session.flush()
        stored = place_row(row, place_id)
        row.file = file
        stored.serial, stored.signed_at, stored.signed_on = found.serial, now, law_day(now)
        stored.clock = found.clock or "签名没有时间戳；时间为本系统收到之时"
        happened(
            uow, row.id, place_id, now, "imported", by=actor.name, serial=found.serial, fingerprint=found.fingerprint, issuer=found.issuer,
            name=found.name, organisation=found.organisation, before=base, file=file, notes=list(found.notes),
        )  # fmt: skip
        note(
            uow, actor, now, "signing.imported", contract=contract.id, signing=row.id, place=place_id, label=place.label,
            serial=found.serial, issuer=found.issuer, file=file, notes=list(found.notes),
        )  # fmt: skip
        complete = went_on(uow, kit.signing, contract.id, row, after)
        uow.commit()
    return complete, found


def _due(
    uow: UnitOfWork, actor: Actor, contract_id: str, place_id: str, *, lock: bool = False
) -> tuple[ContractRow, SigningRow, Execution, Place]:
    contract = opened(uow, actor, Action.LEAD_SIGNING, contract_id, lock=lock)
    row = latest_signing(uow.session, contract_id)
    if row is None or row.status != Status.OPEN.value:
        raise ContractError("elsewhere.none", "目前没有进行中的签署。")
    execution = read_execution(row)
    place = execution.place(place_id)
    if place.medium is not Medium.ELECTRONIC:
        raise ContractError("elsewhere.none", f"{place.label}约定以纸质签署，请登记扫描件。")
    return contract, row, execution, place


def _require_person(place: Place, found: OutsideSignature) -> None:
    """The certificate names whoever signs here: the person, or the party."""
    wanted = {place.signatory.name, place.signatory.party_name}
    if wanted.isdisjoint({found.name, found.organisation}):
        told = "、".join(n for n in (found.name, found.organisation) if n) or "（空）"
        raise ContractError(
            "import.person",
            f"签名证书的持有人是“{told}”，与{place.label}的签署人“{place.signatory.name}”、“{place.signatory.party_name}”都不符。",
        )


def _certificate(found: OutsideSignature, kit: ElsewhereKit, place: Place) -> CertificateRow:
    return CertificateRow(
        serial=found.serial, kind=OUTSIDE, name=found.name[:200], organisation=(found.organisation or place.signatory.party_name)[:200],
        reference=uuid.uuid4().hex, fingerprint=found.fingerprint, certificate=found.certificate, sealed="", tries=0,
        issued_at=kit.signing.now(), valid_until=found.valid_until, revoked_why="",
    )  # fmt: skip
