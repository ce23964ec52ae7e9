"""Licences, written authorities and certificates of deletion: the clock looks at what lies within reach and at nothing else."""

from __future__ import annotations

import hashlib
from datetime import date, datetime, timedelta

from app.domain.reminders import Topic
from app.services.deadline_reminding import deletion_certificates, powers
from app.services.journal import CLOCK
from app.services.reminding import Subject, close_dates, set_dates
from app.store.organisations import licences_between
from app.store.seals import grants_between
from app.store.uow import UnitOfWork

AHEAD, BEHIND = timedelta(days=120), timedelta(days=30)
"""Farther ahead than any sensible reminder; what ended longer ago is history."""


def set_expiring_dates(uow: UnitOfWork, now: datetime, today: date) -> None:
    """Say what ends when, and that what was prolonged, replaced or ended is done with. Inside the caller's transaction; may be called every day."""
    since, until = today - BEHIND, today + AHEAD
    for topic, found in (
        (Topic.LICENCE, _licences(uow, today)),
        (Topic.AUTHORITY, [*_authorities(uow, today), *powers(uow, since, until)]),
        (Topic.DELETION, deletion_certificates(uow, until)),
    ):
        set_dates(uow, CLOCK, now, found)
        close_dates(uow, CLOCK, now, topic, "", keep=[s.id for s, _ in found])


def _licences(uow: UnitOfWork, today: date) -> list[tuple[Subject, date]]:
    found = []
    for row, name in licences_between(uow.session, today - BEHIND, today + AHEAD):
        assert row.valid_until is not None
        ident = hashlib.sha256(f"{row.kind}\n{row.number}".encode()).hexdigest()[:16]
        title = f"{name}的{row.kind}（{row.number}）"
        detail = f"有效期至 {row.valid_until.isoformat()}。请在到期前取得续期的证照并更新主体资料；履行中的合同可能要求许可覆盖全部期限。"
        found.append(
            (
                Subject(
                    Topic.LICENCE,
                    f"{row.organisation_id}:{ident}",
                    title,
                    f"/organisations/{row.organisation_id}/",
                    detail=detail,
                ),
                row.valid_until,
            )
        )
    return found


def _authorities(uow: UnitOfWork, today: date) -> list[tuple[Subject, date]]:
    found = []
    for row, name in grants_between(uow.session, today - BEHIND, today + AHEAD):
        detail = f"有效期至 {row.valid_until.isoformat()}。到期后不能再凭此保管或者审批用印；继续任用的，请登记新的授权文件。"
        subject = Subject(Topic.AUTHORITY, row.id, f"“{name}”的授权文件 {row.number}", f"/seals/{row.seal_id}/", detail=detail)
        found.append((subject, row.valid_until))
    return found
