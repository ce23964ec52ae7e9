"""Carrying what is no mail: opens the channel, posts, and lets what failed for good take its next way."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from app.domain.channels import Posting
from app.domain.messages import SMS, MailRefused
from app.services.channelling import open_channel
from app.services.code_delivery import carry_text, code_ended, is_code
from app.services.falling_back import fall_back, note_carried
from app.services.ports import Poster, ShortMessenger
from app.services.signing_kit import Post as SignPost
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
    gateway: ShortMessenger | None = None
    post_of_signing: SignPost | None = None

    def keeps(self, row: OutboxRow) -> bool:
        return row.channel == SMS and self.gateway is None

    def post(self, row: OutboxRow) -> None:
        if row.channel == SMS and self.gateway is not None:
            carry_text(self.gateway, row, self.now())
            return
        with self.units() as uow:
            channel = find_channel(uow.session, row.channel)
            if channel is None or not channel.active:
                raise MailRefused("这个渠道已经停用。")
            target = open_channel(channel, self.vault)
        self.poster.post(target, Posting(row.id, row.subject, row.text, row.created_at))

    def ended(self, uow: UnitOfWork, row: OutboxRow, problem: str) -> None:
        if is_code(row):
            code_ended(uow, self.now(), self.post_of_signing, row, problem)
        elif problem:
            fall_back(uow, self.now(), self.post_of_reminders, row, problem)
        else:
            note_carried(uow, self.now(), row)
