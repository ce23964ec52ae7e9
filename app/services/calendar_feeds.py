"""Personal calendars that a calendar program subscribes to: an address with a token, which its owner can revoke at any time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from app.domain.agenda import Entry
from app.domain.permissions import Action, Actor, require
from app.services.credentials import digest_of, new_token
from app.services.journal import note
from app.services.reminder_house import Crowd, contracts_of
from app.services.telling import entry_of
from app.store.links import CalendarFeedRow, feeds_of, find_feed
from app.store.reminders import subjects_for_person
from app.store.uow import UnitOfWork
from app.store.users import find_user

BACK, AHEAD = timedelta(days=31), timedelta(days=731)
MOST = 1000


@dataclass(frozen=True, slots=True)
class FeedView:
    created_at: datetime
    seen_at: datetime | None


def feed_of(uow: UnitOfWork, actor: Actor) -> FeedView | None:
    """The calendar that the actor has open, without its address, which is kept nowhere."""
    require(actor, Action.USE_OWN_ACCOUNT)
    found = feeds_of(uow.session, actor.id)
    return FeedView(found[0].created_at, found[0].seen_at) if found else None


def make_feed(uow: UnitOfWork, actor: Actor, now: datetime) -> str:
    """A new address in place of the one before; returns its token, which is shown once. Commits."""
    require(actor, Action.USE_OWN_ACCOUNT)
    _close(uow, actor, now)
    token = new_token()
    uow.session.add(CalendarFeedRow(id=digest_of(token), user_id=actor.id, created_at=now))
    note(uow, actor, now, "calendar.opened")
    uow.commit()
    return token


def revoke_feed(uow: UnitOfWork, actor: Actor, now: datetime) -> None:
    """The address stops working at once; commits."""
    require(actor, Action.USE_OWN_ACCOUNT)
    if _close(uow, actor, now):
        note(uow, actor, now, "calendar.revoked")
    uow.commit()


def _close(uow: UnitOfWork, actor: Actor, now: datetime) -> int:
    rows = feeds_of(uow.session, actor.id)
    for row in rows:
        row.revoked_at = now
    return len(rows)


def read_feed(uow: UnitOfWork, today: date, base_url: str, token: str) -> tuple[str, tuple[Entry, ...]] | None:
    """Whose calendar it is and its days, of contracts that this person may read now; None where the address is none (any more)."""
    row = find_feed(uow.session, digest_of(token))
    user = find_user(uow.session, row.user_id) if row is not None and row.revoked_at is None else None
    if user is None or not user.active:
        return None
    subjects = subjects_for_person(uow.session, user.id, today - BACK, today + AHEAD, MOST)
    contracts, crowd = contracts_of(uow, subjects), Crowd(uow)
    entries = [
        entry_of(base_url, contracts.get(s.contract_id or ""), s)
        for s in subjects
        if crowd.can_be_told(user.id, contracts.get(s.contract_id or ""))
    ]
    return user.name, tuple(entries)
