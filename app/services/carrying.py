"""Carrying what is no mail: opens the channel, posts, and lets what failed for good take its next way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.domain.channels import Posting
from app.domain.messages import MailRefused
from app.services.channelling import open_channel
from app.services.falling_back import fall_back, note_carried
from app.services.ports import Poster
from app.services.telling import Post
from app.store.channels import find_channel
from app.store.outbox import OutboxRow
from app.store.uow import UnitOfWork
from app.store.vault import Vault


@dataclass(frozen=True, slots=True)
class Carrier:
    """``services.outbox.Others`` over the real tools."""

    units: Callable[[], UnitOfWork]
    now: Callable[[], datetime]
    vault: Vault
    poster: Poster
    post_of_reminders: Post

    def post(self, row: OutboxRow) -> None:
        with self.units() as uow:
            channel = find_channel(uow.session, row.channel)
            if channel is None or not channel.active:
                raise MailRefused("这个渠道已经停用。")
            target = open_channel(channel, self.vault)
        self.poster.post(target, Posting(row.id, row.subject, row.text, row.created_at))

    def ended(self, uow: UnitOfWork, row: OutboxRow, problem: str) -> None:
        if problem:
            fall_back(uow, self.now(), self.post_of_reminders, row, problem)
        else:
            note_carried(uow, self.now(), row)
