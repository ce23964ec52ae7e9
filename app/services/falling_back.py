"""What follows when a message with reminders is given up: its notices take their next channel, and where there is none they count as untold,
which a person sees."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from app.services.reminder_house import contracts_of, house
from app.services.telling import Post, send_notices
from app.store.channels import find_channel
from app.store.outbox import OutboxRow
from app.store.reminders import UNTOLD, Waiting, notices_of_message
from app.store.uow import UnitOfWork
from app.store.users import find_user

FallBack = Callable[[UnitOfWork, OutboxRow, str], None]


def fall_back(uow: UnitOfWork, now: datetime, post: Post, failed: OutboxRow, problem: str) -> None:
    """Inside the transaction that records the failure, so that neither can be lost without the other."""
    channel = find_channel(uow.session, failed.channel)
    if channel is not None:
        channel.tried_at, channel.problem = now, problem
    ways: dict[str, list[Waiting]] = {}
    for notice, moment, subject in notices_of_message(uow.session, failed.id):
        rest = notice.channels.split()
        rest = rest[rest.index(failed.channel) + 1 :] if failed.channel in rest else []
        notice.channels = " ".join(rest)
        if not rest or subject.due_on != moment.due_on:
            notice.state, notice.not_before = UNTOLD, None
        else:
            ways.setdefault(rest[0], []).append((notice, moment, subject))
    user = find_user(uow.session, failed.user_id) if failed.user_id else None
    if not ways or user is None:
        return
    house(uow, lock=True)
    contracts = contracts_of(uow, [s for lines in ways.values() for _, _, s in lines])
    for way, lines in ways.items():
        send_notices(uow, now, post, user, way, lines, contracts)


def note_carried(uow: UnitOfWork, now: datetime, carried: OutboxRow) -> None:
    """A channel that works again has no problem any more."""
    channel = find_channel(uow.session, carried.channel)
    if channel is not None:
        channel.tried_at, channel.problem = now, ""
