"""The room where messages leave the house: mail server, reminders, robots. Wiring imports it on first use."""

from __future__ import annotations

import socket
from collections.abc import Callable
from datetime import datetime

from app.notify.calendar import write_calendar
from app.notify.mail import Smtp
from app.notify.mail_texts import write_mail
from app.notify.short_messages import HttpGateway
from app.services.carrying import Carrier
from app.services.ports import Poster
from app.services.signing_kit import Post as SignPost
from app.services.telling import Post
from app.settings import Settings
from app.store.uow import UnitOfWork
from app.store.vault import Vault

__all__ = ["carrier_of", "mailer_of", "reminder_post_of"]


def mailer_of(settings: Settings) -> Smtp | None:
    """The mail server, or None where none is set."""
    if not settings.smtp_host:
        return None
    sender = settings.mail_from or f"chengyue@{socket.getfqdn()}"
    return Smtp(
        settings.smtp_host, settings.smtp_port, settings.smtp_security, sender, settings.smtp_user, settings.smtp_password
    )


def gateway_of(settings: Settings, now: Callable[[], datetime]) -> HttpGateway | None:
    """The gateway of short messages, or None where none is set."""
    if not settings.sms_url:
        return None
    return HttpGateway(settings.sms_url, settings.sms_format, settings.sms_template, settings.sms_key, now, settings.sms_accepted)


def carrier_of(
    settings: Settings, units: Callable[[], UnitOfWork], now: Callable[[], datetime], vault: Vault, poster: Poster, reminders: Post,
    signing: SignPost,
) -> Carrier:  # fmt: skip
    """Carries what is no mail."""
    return Carrier(units, now, vault, poster, reminders, gateway_of(settings, now), signing)


def reminder_post_of(settings: Settings, link_key: bytes) -> Post:
    """How reminders are written; ``link_key`` signs the links that decide."""
    return Post(write_mail, write_calendar, settings.base_url, link_key)
