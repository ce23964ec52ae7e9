"""The seal that a party's electronic signature shows: released by its keeper, and entered in the log with the signature itself.

A party whose organisation keeps seals here shows one of them or none; any other party's seal is drawn by the system.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from app.domain.errors import ContractError
from app.domain.permissions import Actor
from app.domain.seal_register import SealLook, SealState, UseMedium, UseMove, UseState, use_moved
from app.domain.signing_form import PartySeam, RegisteredSeal, SeamWish
from app.services.journal import note
from app.services.sealing import open_image
from app.store.blobs import BlobStore
from app.store.contracts import ContractRow
from app.store.seals import (
    SealApplicationRow,
    SealRow,
    SealUseRow,
    all_seals,
    find_application,
    find_seal,
    released_application,
    use_at_place,
)
from app.store.uow import UnitOfWork
from app.store.vault import Vault

PAGE_DOOR = "签署页面"


@dataclass(frozen=True, slots=True)
class Safe:
    """Where images of seals lie, and what opens them."""

    blobs: BlobStore
    vault: Vault


def seal_for_signature(
    uow: UnitOfWork, safe: Safe | None, contract: ContractRow, party: str, digest: str
) -> RegisteredSeal | None:
    """The released seal of ``party`` (``party_a`` or ``party_b``) for the text ``digest``; None where its organisation keeps none here.

    Asks nobody's permission: the signatory is known by the link, and the keeper has released the seal. Raises ``seal.unreleased``,
    ``seal.suspended``.
    """
    row = released_application(uow.session, contract.id, party)
    if row is not None and row.digest == digest:
        seal = find_seal(uow.session, row.seal_id)
        assert seal is not None
        _require_active(seal)
        return _opened(seal, safe, row.id)
    kept = _kept(uow, contract, party)
    if kept:
        names = "、".join(s.name for s in kept)
        raise ContractError(
            "seal.unreleased",
            f"本方登记了可以用于电子签署的印章（{names}），但保管人还没有为这份文本放行。请先在合同的“用印”页申请、审批、放行。",
        )
    return None


def keeps_seals(uow: UnitOfWork, contract: ContractRow, party: str, digest: str) -> bool:
    """Whether ``party`` shows a seal of the register or none: one was released for the text, or its organisation keeps some here."""
    row = released_application(uow.session, contract.id, party)
    return (row is not None and row.digest == digest) or bool(_kept(uow, contract, party))


def _kept(uow: UnitOfWork, contract: ContractRow, party: str) -> list[SealRow]:
    organisations = [p.organisation_id for p in contract.parties if f"party_{p.role}" == party and p.organisation_id]
    return [
        s for s in all_seals(uow.session, organisations) if s.state == SealState.ACTIVE.value and s.look != SealLook.NONE.value
    ]


def log_use(
    uow: UnitOfWork,
    now: datetime,
    on: date,
    contract_id: str,
    seal: RegisteredSeal,
    *,
    place: str,
    serial: str,
    by: str,
    seam: bool,
) -> None:
    """Enter the use in the seal's log, inside the transaction that stores the signature; the application is done with it.

    Raises ``seal.recalled`` where the keeper took the release back meanwhile, ``seal.suspended``.
    """
    row = find_application(uow.session, seal.application, lock=True)
    if row is None or row.contract_id != contract_id or row.state != UseState.RELEASED.value:
        raise ContractError("seal.recalled", "保管人已收回印章的放行，本次签署没有完成；请联系保管人。")
    if seam and not row.seam:
        raise ContractError("seal.seam", "用印申请不包括骑缝章，而本次签署要求加盖；请重新申请，或者不加盖骑缝章重新发起签署。")
    stored = find_seal(uow.session, row.seal_id)
    assert stored is not None
    _require_active(stored)
    row.state, row.closed_at = use_moved(UseMedium.ELECTRONIC, UseState.RELEASED, UseMove.USE).value, now
    uow.session.add(
        SealUseRow(
            id=uuid.uuid4().hex,
            seal_id=row.seal_id,
            application_id=row.id,
            contract_id=row.contract_id,
            at=now,
            used_on=on,
            medium=row.medium,
            document=row.document,
            digest=row.digest,
            copies=1,
            seam=seam,
            by=by,
            place=place,
            serial=serial,
            image=seal.digest,
        )
    )
    note(
        uow, Actor(by, via=PAGE_DOOR), now, "seal.used", contract=contract_id, seal=stored.id, seal_name=stored.name, application=row.id,
        digest=row.digest, document=row.document, copies=1, medium=UseMedium.ELECTRONIC.label, day=on.isoformat(), serial=serial,
    )  # fmt: skip


def seal_shown_at(uow: UnitOfWork, safe: Safe | None, place: str) -> RegisteredSeal | None:
    """The seal of the register that a signed place shows, for the working copy; None where the system drew it."""
    use = use_at_place(uow.session, place)
    if use is None:
        return None
    seal = find_seal(uow.session, use.seal_id)
    assert seal is not None
    if seal.look == SealLook.IMAGE.value and seal.image_digest != use.image:
        return None  # the image was changed since; the working copy must not show another one
    return _opened(seal, safe, use.application_id)


# ---- 骑缝章


def plan_seams(
    uow: UnitOfWork, safe: Safe | None, contract: ContractRow, parties: tuple[str, ...], wish: SeamWish | None, digest: str
) -> tuple[PartySeam, ...]:
    """A seam for each of ``parties`` that seals electronically. One whose seal was released by now lies in the file, hidden."""
    if wish is None:
        return ()
    found = []
    for party in parties:
        row: SealApplicationRow | None = released_application(uow.session, contract.id, party)
        held = None
        if row is not None and row.digest == digest and row.seam:
            seal = find_seal(uow.session, row.seal_id)
            if seal is not None and seal.state == SealState.ACTIVE.value and seal.image:
                held = _opened(seal, safe, row.id)
        found.append(PartySeam(party, wish, held))
    return tuple(found)


def write_seams(seams: tuple[PartySeam, ...]) -> str:
    """For the row of a signing: what the frozen file has, by party; ``image``: SHA-256 of the one it holds."""
    return json.dumps(
        {
            s.party: {
                "pages": s.wish.pages.value, "skip_cover": s.wish.skip_cover, "most_pages": s.wish.most_pages,
                "image": s.seal.digest if s.seal is not None else "",
            }
            for s in seams
        }
    )  # fmt: skip


def read_seams(text: str) -> Mapping[str, str]:
    """Party → SHA-256 of the image that the file holds since the freeze; empty where the seal comes with the signature."""
    return {party: str(seam["image"]) for party, seam in json.loads(text or "{}").items()}


def require_held(image: str, seal: RegisteredSeal | None) -> None:
    """What lies in the file is what is released now. Raises ``seal.changed``."""
    if image and (seal is None or seal.digest != image):
        raise ContractError(
            "seal.changed", "骑缝章的图样已随文件冻结，与现在放行的印章不同；请放行原来的印章，或者撤回后重新发起签署。"
        )


def _require_active(seal: SealRow) -> None:
    if seal.state != SealState.ACTIVE.value:
        raise ContractError("seal.suspended", f"印章“{seal.name}”处于“{SealState(seal.state).label}”状态，不能使用。")


def _opened(seal: SealRow, safe: Safe | None, application: str) -> RegisteredSeal:
    if seal.look != SealLook.IMAGE.value:
        return RegisteredSeal(seal.kind, seal.owner, seal.size / 10, application)
    if safe is None:
        raise ContractError("seal.image", "本机没有打开印章图样的密钥。")
    image = open_image(seal, safe.blobs, safe.vault)
    return RegisteredSeal(seal.kind, seal.owner, seal.size / 10, application, image, seal.width / 10, seal.height / 10)
