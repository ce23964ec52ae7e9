"""Archive timestamps renewed before they lapse: what proves a signed file today must still prove it when its certificate has ended.

A renewal adds one revision; everything before it stays byte for byte. Idempotent: who is killed in between renews once, or not yet.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.errors import ContractError
from app.services.filing import DocumentKind
from app.services.journal import CLOCK, note
from app.services.record import require_contract
from app.services.signing_kit import SigningKit
from app.services.signing_mails import tell_owner
from app.services.signing_rows import happened
from app.store.documents import DocumentRow
from app.store.signings import archives_ending, find_signing
from app.store.uow import UnitOfWork

BEFORE = timedelta(days=365)
"""A timestamp is renewed this long before its certificate ends (``signatures.archive.RENEWED_BEFORE``)."""
PDF_TYPE = "application/pdf"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Renewed:
    """``lapsed``: whose certificate had ended already; nothing can help them, their owners are told."""

    renewed: int
    lapsed: int
    faults: tuple[str, ...]


def is_renewal_due(uow: UnitOfWork, now: datetime) -> bool:
    """Whether some archived file has to be looked at. Reads only."""
    return bool(archives_ending(uow.session, now + BEFORE, 1))


def renew_due(kit: SigningKit, carry_on: Callable[[], bool] = lambda: True) -> Renewed:
    """Renew every archive timestamp that ends within a year, the earliest first; a file that fails doesn't hold up the others."""
    with kit.units() as uow:
        due = archives_ending(uow.session, kit.now() + BEFORE)
    renewed, lapsed, faults = 0, 0, []
    for signing_id in due:
        if not carry_on():
            break
        try:
            outcome = _renew(kit, signing_id)
        except ContractError as error:
            faults.append(f"{signing_id}: {error.message}")
            continue
        except Exception:
            log.exception("renewing the archive of signing %s failed", signing_id)
            faults.append(f"{signing_id}: 出现故障，下次唤醒时重试")
            continue
        renewed += outcome == "renewed"
        lapsed += outcome == "lapsed"
    return Renewed(renewed, lapsed, tuple(faults))


def _renew(kit: SigningKit, signing_id: str) -> str:
    """``renewed``, ``lapsed``, or empty where nothing was to be done. Heavy work runs between two short transactions."""
    now = kit.now()
    with kit.units() as uow:
        row = find_signing(uow.session, signing_id)
        if row is None or not row.final:
            return ""
        base, contract_id = row.final, row.contract_id
    content = kit.blobs.get(base)
    ends = kit.room.archive_ends(content)
    if ends is not None and ends - now >= BEFORE:
        return _remember(kit, signing_id, base, ends)
    if ends is not None and ends <= now:
        return _give_up(kit, signing_id, base, ends)
    archived = kit.room.renew_archive(content, now)
    fresh = archived.content
    until = kit.room.archive_ends(fresh)
    if until is None or (ends is not None and until <= ends):
        raise ContractError("archive.useless", "新的存档时间戳并不比原来的更长久；请检查时间戳证书是否已经换发。")
    sha256 = kit.blobs.put(fresh)
    with kit.units() as uow:
        contract = require_contract(uow, contract_id, lock=True)
        mine = find_signing(uow.session, signing_id, lock=True)
        if mine is None or mine.final != base:
            return ""
        mine.final, mine.archived_until = sha256, until
        day = f"{until:%Y-%m-%d}"
        uow.session.add(
            DocumentRow(
                id=uuid.uuid4().hex, contract_id=contract.id, version_id=mine.version_id, instrument_id=None,
                kind=DocumentKind.SIGNED.value, name=f"{contract.number}-已签署（存档至{day}）.pdf", media_type=PDF_TYPE, size=len(fresh),
                sha256=sha256, note=f"存档时间戳续期至{day}；前{len(content):,}字节与原文件相同", created_at=now, created_by=CLOCK.name,
            )
        )  # fmt: skip
        happened(
            uow, mine.id, "", now, "renewed", before=base, final=sha256, until=until.isoformat(), lacking=list(archived.lacking)
        )
        note(uow, CLOCK, now, "signing.renewed", contract=contract.id, signing=mine.id, before=base, final=sha256, until=day)
        tell_owner(
            uow, now, kit.post, contract, mine, f"renewed:{day}", f"的签署原件已续期存档时间戳，至{day}",
            "续期后的文件已存入合同文件；原有内容和签名一字节未动，原来的文件仍可验证至其时间戳证书到期。",
        )  # fmt: skip
        uow.commit()
    return "renewed"


def _remember(kit: SigningKit, signing_id: str, base: str, ends: datetime) -> str:
    with kit.units() as uow:
        mine = find_signing(uow.session, signing_id, lock=True)
        if mine is not None and mine.final == base:
            mine.archived_until = ends
            uow.commit()
    return ""


def _give_up(kit: SigningKit, signing_id: str, base: str, ends: datetime) -> str:
    """Said once: ``archived_until`` stays in the past, and ``archive_lapsed`` keeps the clock from looking again."""
    now = kit.now()
    with kit.units() as uow:
        peek = find_signing(uow.session, signing_id)
        assert peek is not None
        contract = require_contract(uow, peek.contract_id, lock=True)
        mine = find_signing(uow.session, signing_id, lock=True)
        if mine is None or mine.final != base or mine.archive_lapsed:
            return ""
        mine.archived_until, mine.archive_lapsed = ends, True
        day = f"{ends:%Y-%m-%d}"
        note(uow, CLOCK, now, "signing.archive_lapsed", contract=contract.id, signing=mine.id, final=base, until=day)
        tell_owner(
            uow, now, kit.post, contract, mine, "lapsed_archive", f"的存档时间戳已于{day}到期，未能及时续期",
            "签名本身没有改动，但此后难以仅凭文件证明签署时间。请妥善保管证据包、审计日志和检查点，并请系统管理员检查后台任务。",
        )  # fmt: skip
        uow.commit()
    return "lapsed"
