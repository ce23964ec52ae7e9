"""Links in a reminder with which the renewal is decided: signed, for one person, used once.

A link names a row and a choice and carries an HMAC-SHA256 over both, made with a key that lies outside the database. Opening one shows a page
and changes nothing (mail scanners open links, too); the form on that page decides.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.errors import ContractError
from app.store.links import DecisionLinkRow, find_decision_link
from app.store.reminders import ReminderSubjectRow
from app.store.uow import UnitOfWork

LATER = "later"
CHOICES = (("renew", "续签"), ("renegotiate", "重谈"), ("not_renew", "不续约"), (LATER, "稍后提醒"))
AFTER = timedelta(days=30)
"""A link works until this long after the date that it was sent for."""
_PURPOSE = b"chengyue decision link v1\n"


@dataclass(frozen=True, slots=True)
class Choice:
    label: str
    url: str


Choices = tuple[Choice, ...]


class LinkSpent(ContractError):
    """Unknown, changed, used, expired, or sent for a date that has moved: the words are the same."""

    def __init__(self) -> None:
        super().__init__(
            "link.spent", "这个链接不能使用：可能已经用过、已经过期，或者所依据的日期已经变动。请登录后在合同的“期限”页办理。"
        )


def make_links(uow: UnitOfWork, now: datetime, base_url: str, key: bytes, subject: ReminderSubjectRow, user_id: str) -> Choices:
    """The links for one person in one message, inside the caller's transaction."""
    assert subject.due_on is not None
    expires = now + AFTER + max(timedelta(0), subject.due_on - now.date())
    row = DecisionLinkRow(
        id=uuid.uuid4().hex, subject_id=subject.id, user_id=user_id, due_on=subject.due_on, created_at=now, expires_at=expires, used_for=""
    )  # fmt: skip
    uow.session.add(row)
    return tuple(Choice(label, f"{base_url}/decide/{row.id}/{choice}/{sign(key, row.id, choice)}") for choice, label in CHOICES)


def sign(key: bytes, link_id: str, choice: str) -> str:
    made = hmac.new(key, _PURPOSE + f"{link_id}\n{choice}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def open_link(
    uow: UnitOfWork, now: datetime, key: bytes, link_id: str, choice: str, signature: str, *, lock: bool = False
) -> DecisionLinkRow:
    """The row of a link that can still be used. Raises ``LinkSpent``."""
    if not hmac.compare_digest(sign(key, link_id, choice).encode(), signature.encode("utf-8", "replace")):
        raise LinkSpent
    row = find_decision_link(uow.session, link_id, lock=lock)
    if row is None or row.used_at is not None or row.expires_at <= now or choice not in dict(CHOICES):
        raise LinkSpent
    return row
