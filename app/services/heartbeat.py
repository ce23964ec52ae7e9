"""The clock's heartbeat: who looks at the pages sees when it stopped, the administrators are written to by a watcher that is not the clock,
and again once it runs."""

from __future__ import annotations

from datetime import datetime, timedelta

from app.domain.messages import NewMail
from app.domain.permissions import Role
from app.domain.term import BEIJING
from app.services.ports import MailWriter
from app.store.beats import BeatRow, beat_of
from app.store.uow import UnitOfWork
from app.store.users import UserRow, find_user, ids_with_role

CLOCK = "clock"
STOPPED_AFTER = timedelta(minutes=10)
"""The clock beats every minute; after ten it counts as stopped."""
DOWN = "clock-down:"
"""The keys of what the watcher writes begin so; it carries them itself."""


def beat(uow: UnitOfWork, now: datetime, write: MailWriter, link: str) -> bool:
    """The clock is at work. After a stop the system administrators are told from when until when, once; whether it had stopped. Commits."""
    row = beat_of(uow.session, CLOCK, lock=True)
    if row is None:
        uow.session.add(BeatRow(name=CLOCK, at=now))
        uow.commit()
        return False
    before, stopped = row.at, now - row.at > STOPPED_AFTER
    row.at = now
    if stopped:
        row.gap_from, row.gap_until = before, now
        _tell(uow, now, before, write, link)
    uow.commit()
    return stopped


def watch(uow: UnitOfWork, now: datetime, watching_since: datetime, write: MailWriter, link: str) -> bool:
    """For a process that is not the clock: whether the clock stands still now. The system administrators are told once for each stop. Commits.

    ``watching_since``: when the watcher began; a clock that starts together with it gets its time to beat.
    """
    row = beat_of(uow.session, CLOCK)
    if now - max(row.at if row else watching_since, watching_since) <= STOPPED_AFTER:
        return False
    seen = row.at if row else None
    for user in _administrators(uow):
        words = write("clock_down", {
            "name": user.name, "login": user.login, "since": _clock(seen) if seen else "", "now": _clock(now), "link": link,
        })  # fmt: skip
        key = f"{DOWN}{(seen or watching_since).isoformat()}:{user.id}"
        uow.send(now, NewMail(key, user.email, words.subject, words.text, words.html, None, user.id))
    uow.commit()
    return True


def _administrators(uow: UnitOfWork) -> list[UserRow]:
    found = [find_user(uow.session, i) for i in ids_with_role(uow.session, Role.SYSTEM_ADMINISTRATOR.value)]
    return [user for user in found if user is not None and user.email]


def _tell(uow: UnitOfWork, now: datetime, since: datetime, write: MailWriter, link: str) -> None:
    hours = (now - since).total_seconds() / 3600
    lasted = f"{hours / 24:.1f} 天" if hours >= 48 else f"{hours:.1f} 小时"
    for user in _administrators(uow):
        words = write("clock_stopped", {
            "name": user.name, "login": user.login, "since": _clock(since), "until": _clock(now), "lasted": lasted, "link": link,
        })  # fmt: skip
        key = f"clock:{since.isoformat()}:{user.id}"
        uow.send(now, NewMail(key, user.email, words.subject, words.text, words.html, None, user.id))


def _clock(instant: datetime) -> str:
    return instant.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")


def stopped_since(uow: UnitOfWork, now: datetime) -> datetime | None:
    """Since when the clock has been seen no more; None while it is at work, or where it never was."""
    row = beat_of(uow.session, CLOCK)
    return row.at if row is not None and now - row.at > STOPPED_AFTER else None


def last_beat(uow: UnitOfWork) -> datetime | None:
    """When the clock was last seen at work."""
    row = beat_of(uow.session, CLOCK)
    return row.at if row is not None else None
