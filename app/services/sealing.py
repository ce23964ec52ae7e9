"""The register of seals: entered, handed to their keepers by written authority, given an image, moved through their states."""

from __future__ import annotations

import base64
import hashlib
import uuid
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.domain.errors import ContractError, InputError, InputFault
from app.domain.permissions import Action, Actor, Role, require
from app.domain.seal_register import (
    LARGEST_MM,
    SMALLEST_MM,
    Grant,
    Seal,
    SealKind,
    SealLook,
    SealMove,
    SealOffice,
    SealState,
    grant_faults,
    moved,
    readiness_faults,
    require_office,
)
from app.services.access import actor_of
from app.services.journal import note
from app.services.ports import FileInspector, SealStudio
from app.store.blobs import BlobStore
from app.store.organisations import find_organisation, organisations_matching
from app.store.seals import SealGrantRow, SealRow, all_seals, find_grant, find_seal, last_uses
from app.store.uow import UnitOfWork
from app.store.users import find_user, user_names, users_by_name
from app.store.vault import Vault

CONFIRMATION = "我是这枚印章的保管人，图样取自本单位依法刻制的印章，我有权将其用于本单位的电子签署。"
"""What a keeper confirms with an upload; goes into the log word by word."""
_PURPOSE = "seal-image:"
_SIZES = {SealKind.REPRESENTATIVE: (18.0, 25.0, 20.0)}
_ROUND = (30.0, LARGEST_MM, 40.0)
"""Smallest, largest, usual width of a drawn seal in millimetres (``signatures.seal``)."""


@dataclass(frozen=True, slots=True)
class SealDetails:
    """A seal as somebody enters it. ``code``: engraved on it, or the police's record number; ``size``: width in millimetres."""

    organisation_id: str
    kind: SealKind
    name: str
    look: SealLook
    size: float
    code: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class GrantView:
    grant: Grant
    stands: bool
    file_name: str
    granted_by: str
    ended_why: str


@dataclass(frozen=True, slots=True)
class SealView:
    """``faults``: what keeps it from being enabled; ``mine``: the offices that the reader holds today."""

    id: str
    organisation_id: str
    organisation: str
    name: str
    code: str
    size: float
    seal: Seal
    grants: tuple[GrantView, ...]
    image_size: tuple[float, float] | None
    image_by: str
    image_at: datetime | None
    image_digest: str
    has_preview: bool
    faults: tuple[str, ...]
    mine: frozenset[SealOffice]
    last_used: datetime | None
    revision: int


@dataclass(frozen=True, slots=True)
class PersonToAppoint:
    id: str
    name: str


class SealMissing(ContractError):
    def __init__(self, seal_id: str) -> None:
        super().__init__("seal.missing", f"没有找到印章 {seal_id[:40]}。")


def list_seals(uow: UnitOfWork, actor: Actor, today: date, organisation_id: str = "") -> tuple[SealView, ...]:
    """By organisation, then in the order of registration."""
    require(actor, Action.READ_SEALS)
    rows = all_seals(uow.session, [organisation_id] if organisation_id else None)
    names, used = user_names(uow.session), last_uses(uow.session)
    views = [_view(uow, row, actor, today, names, used.get(row.id)) for row in rows]
    return tuple(sorted(views, key=lambda v: v.organisation))


def load_seal(uow: UnitOfWork, actor: Actor, today: date, seal_id: str) -> SealView:
    """Raises ``SealMissing``."""
    require(actor, Action.READ_SEALS)
    row = require_seal(uow, seal_id)
    return _view(uow, row, actor, today, user_names(uow.session), last_uses(uow.session).get(row.id))


def own_organisations(uow: UnitOfWork, actor: Actor) -> tuple[tuple[str, str], ...]:
    """Id and name of the companies of the house: their seals are registered here."""
    require(actor, Action.READ_SEALS)
    rows = organisations_matching(uow.session, (), None, 1000)
    return tuple((row.id, row.name) for row in rows if row.own)


def people_to_appoint(uow: UnitOfWork, actor: Actor) -> tuple[PersonToAppoint, ...]:
    """Active people who may see seals at all."""
    require(actor, Action.KEEP_SEALS)
    fit = {Role.DRAFTER, Role.APPROVER, Role.CONTRACT_ADMINISTRATOR, Role.AUDITOR}
    rows = [row for row in users_by_name(uow.session) if row.active and not actor_of(row).roles.isdisjoint(fit)]
    return tuple(PersonToAppoint(row.id, row.name) for row in rows)


def register_seal(uow: UnitOfWork, actor: Actor, now: datetime, details: SealDetails) -> str:
    """Enter a seal that is being made; returns its id. Raises ``InputError`` with every fault."""
    require(actor, Action.KEEP_SEALS)
    organisation = find_organisation(uow.session, details.organisation_id)
    faults = []
    if organisation is None or not organisation.own:
        faults.append(InputFault("organisation", "单位", "请选择本方主体；相对方的印章由相对方自己保管"))
    if not details.name.strip() or len(details.name) > 100:
        faults.append(InputFault("name", "印章名称", "请填写印章名称，至多100个字"))
    least, most, _usual = _SIZES.get(details.kind, _ROUND) if details.look is SealLook.DRAWN else (SMALLEST_MM, LARGEST_MM, 0.0)
    if not least <= details.size <= most:
        faults.append(InputFault("size", "宽度（毫米）", "印章的尺寸不合规", f"{least:g}至{most:g}（国发〔1999〕25号第十四条）"))
    if details.kind is SealKind.REPRESENTATIVE and not (details.owner or (organisation and organisation.legal_representative)):
        faults.append(InputFault("owner", "印文姓名", "法定代表人章须填写姓名"))
    if faults or organisation is None:
        raise InputError(faults)
    owner = organisation.name
    if details.kind is SealKind.REPRESENTATIVE:
        owner = details.owner.strip() or organisation.legal_representative
    row = SealRow(
        id=uuid.uuid4().hex, organisation_id=organisation.id, kind=details.kind.value, name=details.name.strip(),
        code=details.code.strip()[:60], owner=owner, state=SealState.MAKING.value, look=details.look.value,
        size=round(details.size * 10), created_at=now, updated_at=now, updated_by=actor.name,
    )  # fmt: skip
    uow.session.add(row)
    _note(uow, actor, now, "seal.registered", row, organisation=organisation.name, look=details.look.label)
    uow.commit()
    return row.id


def appoint(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, blobs: BlobStore, inspect: FileInspector, seal_id: str, *,
    person: str, office: SealOffice, number: str, valid_from: date, valid_until: date, file_name: str, content: bytes,
) -> str:  # fmt: skip
    """Give an office by written authority; returns the grant's id. Raises ``InputError``, ``RefusedFile``, ``SealMissing``."""
    require(actor, Action.KEEP_SEALS)
    require_seal(uow, seal_id)
    uow.session.rollback()  # looking at the file takes a while
    media_type = inspect(content, file_name) if content else ""
    row = require_seal(uow, seal_id, lock=True)
    user = find_user(uow.session, person)
    grant = Grant(uuid.uuid4().hex, user.id if user and user.active else "", user.name if user else "", office, number.strip(),
                  valid_from, valid_until)  # fmt: skip
    faults = list(grant_faults(seal_of(row, user_names(uow.session)), grant, today))
    if not content:
        faults.append(InputFault("file", "授权文件", "请上传书面授权（扫描件或者电子文件）"))
    if faults:
        raise InputError(faults)
    made = SealGrantRow(
        id=grant.id, seal_id=row.id, user_id=grant.person, office=office.value, number=grant.number, valid_from=valid_from,
        valid_until=valid_until, file_name=file_name[-200:], media_type=media_type, sha256=blobs.put(content), granted_at=now,
        granted_by=actor.name,
    )  # fmt: skip
    uow.session.add(made)
    _touch(row, actor, now)
    _note(uow, actor, now, "seal.appointed", row, person=grant.name, office=office.label, number=grant.number,
          valid_from=valid_from.isoformat(), valid_until=valid_until.isoformat(), sha256=made.sha256)  # fmt: skip
    uow.commit()
    return made.id


def dismiss(uow: UnitOfWork, actor: Actor, now: datetime, today: date, grant_id: str, reason: str) -> None:
    """Take an office back from today on. Raises ``seal.grant``, ``seal.reason``."""
    require(actor, Action.KEEP_SEALS)
    grant = find_grant(uow.session, grant_id)
    if grant is None:
        raise ContractError("seal.grant", "没有找到这项授权。")
    row = require_seal(uow, grant.seal_id, lock=True)
    if grant.ended_on is not None:
        raise ContractError("seal.grant", f"这项授权已于{grant.ended_on.isoformat()}收回。")
    if len("".join(reason.split())) < 5:
        raise ContractError("seal.reason", "收回授权须写明原因（不少于5个字）。")
    grant.ended_on, grant.ended_why = today, reason.strip()
    _touch(row, actor, now)
    user = find_user(uow.session, grant.user_id)
    _note(uow, actor, now, "seal.dismissed", row, person=user.name if user else grant.user_id,
          office=SealOffice(grant.office).label, number=grant.number, reason=reason.strip())  # fmt: skip
    uow.commit()


def open_authority(uow: UnitOfWork, actor: Actor, blobs: BlobStore, seal_id: str, grant_id: str) -> tuple[str, str, bytes]:
    """Name, media type and bytes of a written authority. Raises ``seal.grant``, ``BlobDamaged``."""
    require(actor, Action.READ_SEALS)
    grant = find_grant(uow.session, grant_id)
    if grant is None or grant.seal_id != seal_id:
        raise ContractError("seal.grant", "没有找到这项授权。")
    return grant.file_name, grant.media_type, blobs.get(grant.sha256)


def put_image(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, blobs: BlobStore, vault: Vault, studio: SealStudio, seal_id: str, *,
    content: bytes, width_mm: float, confirmed: bool,
) -> tuple[str, ...]:  # fmt: skip
    """The keeper's upload: background removed, true size, the right to it confirmed. Returns remarks for the uploader.

    The image is stored sealed under the installation's key; what others see is a small striped picture.
    Raises ``SealMissing``, ``seal.office``, ``seal.image`` and what the studio refuses.
    """
    require(actor, Action.READ_SEALS)
    _may_put(uow, actor, today, seal_id, confirmed=confirmed)
    uow.session.rollback()  # working on the picture takes a while
    prepared = studio.prepare(content, width_mm)
    row = _may_put(uow, actor, today, seal_id, confirmed=confirmed)
    sealed = vault.seal(base64.b64encode(prepared.png).decode(), _PURPOSE + row.id)
    row.image, row.preview = blobs.put(sealed.encode()), blobs.put(prepared.preview)
    row.image_digest = hashlib.sha256(prepared.png).hexdigest()
    row.width, row.height = round(prepared.width_mm * 10), round(prepared.height_mm * 10)
    row.size = row.width
    row.image_by, row.image_at = actor.name, now
    _touch(row, actor, now)
    _note(uow, actor, now, "seal.image", row, sha256=row.image_digest, width=f"{row.width / 10:g}", height=f"{row.height / 10:g}",
          confirmed=CONFIRMATION)  # fmt: skip
    uow.commit()
    return prepared.notes


def _may_put(uow: UnitOfWork, actor: Actor, today: date, seal_id: str, *, confirmed: bool) -> SealRow:
    row = require_seal(uow, seal_id, lock=True)
    seal = seal_of(row, user_names(uow.session))
    require_office(seal, actor.id, SealOffice.KEEPER, today)
    if seal.look is not SealLook.IMAGE:
        raise ContractError("seal.image", f"这枚印章登记为“{seal.look.label}”，不上传图样。")
    if seal.state not in (SealState.MAKING, SealState.SUSPENDED):
        raise ContractError("seal.image", f"印章处于“{seal.state.label}”状态，不能更换图样；请先停用。")
    if not confirmed:
        raise ContractError(
            "seal.image", "请确认您有权使用这枚印章的图样；伪造印章须承担法律责任（国发〔1999〕25号第二十六条）。"
        )
    return row


def move_seal(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, seal_id: str, move: SealMove, reason: str = ""
) -> SealState:
    """One move of the table. The administrator's; the keeper may suspend at once. Raises ``seal.move``, ``seal.reason``, ``seal.unready``."""
    require(actor, Action.READ_SEALS)
    row = require_seal(uow, seal_id, lock=True)
    seal = seal_of(row, user_names(uow.session))
    if not (move is SealMove.SUSPEND and seal.holds(actor.id, SealOffice.KEEPER, today)):
        require(actor, Action.KEEP_SEALS)
    after = moved(seal, move, reason, today)
    row.state = after.value
    _touch(row, actor, now)
    _note(uow, actor, now, "seal.moved", row, before=seal.state.label, after=after.label, reason=reason.strip())
    uow.commit()
    return after


def open_preview(uow: UnitOfWork, actor: Actor, blobs: BlobStore, studio: SealStudio, seal_id: str) -> tuple[str, bytes]:
    """Media type and bytes of what people may see of a seal. Raises ``SealMissing``, ``seal.image`` where there is nothing."""
    require(actor, Action.READ_SEALS)
    row = require_seal(uow, seal_id)
    if row.look == SealLook.DRAWN.value:
        return "image/svg+xml", studio.drawn(row.kind, row.owner, row.size / 10).encode()
    if not row.preview:
        raise ContractError("seal.image", "还没有上传印章图样。")
    return "image/png", blobs.get(row.preview)


# ---- shared with the use of seals


def require_seal(uow: UnitOfWork, seal_id: str, *, lock: bool = False) -> SealRow:
    row = find_seal(uow.session, seal_id, lock=lock)
    if row is None:
        raise SealMissing(seal_id)
    return row


def seal_of(row: SealRow, names: dict[str, str]) -> Seal:
    grants = tuple(
        Grant(
            g.id,
            g.user_id,
            names.get(g.user_id, g.user_id),
            SealOffice(g.office),
            g.number,
            g.valid_from,
            g.valid_until,
            g.ended_on,
        )
        for g in row.grants
    )
    return Seal(SealKind(row.kind), row.owner, SealState(row.state), SealLook(row.look), grants, bool(row.image))


def open_image(row: SealRow, blobs: BlobStore, vault: Vault) -> bytes:
    """The image itself (PNG); for the signature that shows it, and for nothing else."""
    return base64.b64decode(vault.open(blobs.get(row.image).decode(), _PURPOSE + row.id))


def _view(uow: UnitOfWork, row: SealRow, actor: Actor, today: date, names: dict[str, str], used: datetime | None) -> SealView:
    organisation = find_organisation(uow.session, row.organisation_id)
    seal = seal_of(row, names)
    by_id = {g.id: g for g in row.grants}
    grants = tuple(
        GrantView(g, g.stands(today), by_id[g.id].file_name, by_id[g.id].granted_by, by_id[g.id].ended_why)
        for g in sorted(seal.grants, key=lambda g: (not g.stands(today), list(SealOffice).index(g.office), g.valid_from))
    )
    faults = readiness_faults(seal, today) if seal.state in (SealState.MAKING, SealState.SUSPENDED, SealState.ACTIVE) else ()
    return SealView(
        id=row.id, organisation_id=row.organisation_id, organisation=organisation.name if organisation else row.organisation_id,
        name=row.name, code=row.code, size=row.size / 10, seal=seal, grants=grants,
        image_size=(row.width / 10, row.height / 10) if row.image else None, image_by=row.image_by, image_at=row.image_at,
        image_digest=row.image_digest, has_preview=bool(row.preview) or seal.look is SealLook.DRAWN, faults=faults,
        mine=frozenset(o for o in SealOffice if seal.holds(actor.id, o, today)), last_used=used, revision=row.revision,
    )  # fmt: skip


def _touch(row: SealRow, actor: Actor, now: datetime) -> None:
    row.updated_at, row.updated_by = now, actor.name


def _note(uow: UnitOfWork, actor: Actor, now: datetime, action: str, row: SealRow, **data: Any) -> None:
    note(uow, actor, now, action, subject=row.id, seal=row.id, seal_name=row.name, **data)
