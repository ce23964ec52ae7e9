"""The room where messages leave the house: mail server, reminders, robots. Wiring imports it on first use."""

from __future__ import annotations

import socket

from app.notify.calendar import write_calendar
from app.notify.mail import Smtp
from app.notify.mail_texts import write_mail
from app.services.carrying import Carrier
from app.services.telling import Post
from app.settings import Settings

__all__ = ["Carrier", "mailer_of", "reminder_post_of"]


def mailer_of(settings: Settings) -> Smtp | None:
    """The mail server, or None where none is set."""
    if not settings.smtp_host:
        return None
    sender = settings.mail_from or f"chengyue@{socket.getfqdn()}"
    return Smtp(
        settings.smtp_host, settings.smtp_port, settings.smtp_security, sender, settings.smtp_user, settings.smtp_password
    )


def reminder_post_of(settings: Settings, link_key: bytes) -> Post:
    """How reminders are written; ``link_key`` signs the links that decide."""
    return Post(write_mail, write_calendar, settings.base_url, link_key)
