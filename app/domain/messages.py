"""Messages to people: what is said to whom, and when a failed delivery is tried again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.errors import ContractError

SMS = "sms"
"""The channel of short messages."""
BACK_OFF = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
    timedelta(hours=12),
    timedelta(hours=24),
)
"""Waiting time after each failed attempt; after the last one (two days in all) a person must look."""


@dataclass(frozen=True, slots=True)
class MailText:
    """The words of one mail; ``html`` empty: plain text only."""

    subject: str
    text: str
    html: str = ""


@dataclass(frozen=True, slots=True)
class NewMail:
    """A mail to be sent. ``key`` names its cause and is unique: the same cause never mails the same person twice.

    ``hold``: how long it waits before it goes out, so that what follows at once can still be added to it. ``calendar``: an iCalendar
    file to go along. ``channel``: ``mail``, ``sms`` (``recipient`` is a number as E.164), or the id of a robot or webhook; ``recipient``
    is then the channel's name. ``values``: JSON of what a short message is made of, for gateways that keep the words themselves.
    """

    key: str
    recipient: str
    subject: str
    text: str
    html: str = ""
    contract_id: str | None = None
    user_id: str | None = None
    hold: timedelta = timedelta(0)
    calendar: str = ""
    channel: str = "mail"
    values: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as handed to the mail server. ``id`` is the same over all attempts; the Message-ID is made from it."""

    id: str
    recipient: str
    subject: str
    text: str
    html: str
    created_at: datetime
    calendar: str = ""


@dataclass(frozen=True, slots=True)
class ShortMessage:
    """A short message as handed to a gateway. ``number``: E.164; ``id`` is the same over all attempts."""

    id: str
    number: str
    text: str
    values: Mapping[str, str]


class MailRefused(ContractError):
    """The server's last word; trying again is no use."""

    def __init__(self, why: str) -> None:
        super().__init__("mail.refused", why)


class MailUndelivered(ContractError):
    """Not delivered this time; it may be the next."""

    def __init__(self, why: str) -> None:
        super().__init__("mail.undelivered", why)


def next_attempt(attempts: int, now: datetime) -> datetime | None:
    """When to try again after ``attempts`` failed ones (from 1); None: given up."""
    return now + BACK_OFF[attempts - 1] if attempts <= len(BACK_OFF) else None
