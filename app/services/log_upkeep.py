"""Looking after the audit log: the whole of it is verified regularly, the result is kept and shown, and a fault is told at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.audit import CheckpointVerifier
from app.domain.messages import NewMail
from app.domain.permissions import Action, Actor, Role, require
from app.domain.term import BEIJING
from app.services.access import actor_of
from app.services.auditing import AuditReport, verify_audit
from app.services.ports import CheckpointFile, MailWriter
from app.store import audit
from app.store.uow import UnitOfWork
from app.store.users import users_by_name

EVERY = timedelta(hours=24)
KEPT = 400


@dataclass(frozen=True, slots=True)
class Post:
    """How mails are written, and the address of the page of the log."""

    write: MailWriter
    link: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What verifying the whole log found at ``at``: entries that hold together, how many of them a checkpoint vouches for."""

    at: datetime
    size: int
    covered: int
    sound: bool
    summary: str


@dataclass(frozen=True, slots=True)
class LogState:
    """The log as it stands: its length, the last checkpoint (length, time, key), and the last verification of all of it."""

    size: int
    checkpoint: tuple[int, datetime, str] | None
    verification: Verification | None


def log_state(uow: UnitOfWork, actor: Actor) -> LogState:
    require(actor, Action.READ_AUDIT)
    point = audit.last_checkpoint(uow.session)
    row = audit.last_verification(uow.session)
    return LogState(
        audit.head(uow.session).size,
        (point[0].size, point[0].at, point[0].key_id) if point else None,
        Verification(row.at, row.size, row.covered, row.sound, row.summary) if row else None,
    )


def verify_regularly(
    reading: Callable[[], UnitOfWork], units: Callable[[], UnitOfWork], verifier: CheckpointVerifier, file: CheckpointFile,
    now: datetime, post: Post, *, anew: bool = False,
) -> AuditReport | None:  # fmt: skip
    """Verify the whole log where the last time is ``EVERY`` ago (or ``anew``) and keep the result; None where it isn't due.

    The reading takes long and holds nobody up; the writing is one row, and the mails of a fault.
    """
    with reading() as uow:
        last = audit.last_verification(uow.session)
        if last is not None and now - last.at < EVERY and not anew:
            return None
        report = verify_audit(uow, verifier, file)
    verdict = report.verdict
    with units() as uow:
        summary = "\n".join((verdict.summary, *report.notes))
        audit.add_verification(
            uow.session, at=now, size=verdict.size, covered=verdict.covered, sound=verdict.sound, summary=summary, keep=KEPT
        )
        if not verdict.sound:
            _alarm(uow, now, post, verdict.summary)
        uow.commit()
    return report


def _alarm(uow: UnitOfWork, now: datetime, post: Post, summary: str) -> None:
    """To auditors and system administrators, once a day for as long as it lasts."""
    for user in users_by_name(uow.session):
        if user.active and user.email and not actor_of(user).roles.isdisjoint({Role.AUDITOR, Role.SYSTEM_ADMINISTRATOR}):
            time = f"{now.astimezone(BEIJING):%Y-%m-%d %H:%M}"
            words = post.write(
                "log_broken", {"name": user.name, "login": user.login, "time": time, "summary": summary, "link": post.link}
            )
            key = f"log_broken:{now.astimezone(BEIJING):%Y%m%d}:{user.id}"
            uow.send(now, NewMail(key, user.email, words.subject, words.text, words.html, None, user.id))
