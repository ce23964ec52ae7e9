"""The outbox as the system administrator sees it: what waits, what was sent, what failed, and the words of a message.

Two things in a message are not the administrator's: what it says of a contract (the role reads no contract), and a one-time link, with which one
could become its owner. The first is shown to those who may read the contract alone; the second is covered until somebody asks for it, which
the log keeps.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import ContractError
from app.domain.permissions import Action, Actor, may, require
from app.services.access import record_of_contract
from app.services.journal import note
from app.store.outbox import FAILED, LOCAL, SENT, WAITING, OutboxRow, count_by_state, find_message, look_at_message, messages
from app.store.reminders import contracts_told_in
from app.store.uow import UnitOfWork

STATES = (WAITING, FAILED, LOCAL, SENT)
COVER = "••••••"
_LINK = re.compile(
    r"(/(?:password|first-run|sign|decide/[0-9a-f]{32}/[a-z_]+)/|【验证码】|签署验证码：)(?:[A-Za-z0-9_-]{20,}|\d{6})"
)


@dataclass(frozen=True, slots=True)
class MessageLine:
    """One message in the list. ``closed``: it tells of a contract that the reader may not read; subject and text are empty then.

    ``problem``: what went wrong at the last attempt; ``next_attempt_at``: when a waiting one is tried again.
    """

    id: str
    recipient: str
    subject: str
    state: str
    attempts: int
    problem: str
    created_at: datetime
    next_attempt_at: datetime
    done_at: datetime | None
    closed: bool


@dataclass(frozen=True, slots=True)
class MessageView:
    """``covered``: a one-time link in it is not shown."""

    line: MessageLine
    text: str
    covered: bool


@dataclass(frozen=True, slots=True)
class OutboxPage:
    lines: tuple[MessageLine, ...]
    counts: dict[str, int]
    more: bool


class MessageMissing(ContractError):
    def __init__(self) -> None:
        super().__init__("outbox.missing", "没有找到这封邮件。")


class NotWaiting(ContractError):
    def __init__(self) -> None:
        super().__init__("outbox.state", "只有未能送达或者存于本地的邮件可以重新投递。")


def list_outbox(uow: UnitOfWork, actor: Actor, state: str = "", *, limit: int = 50, offset: int = 0) -> OutboxPage:
    """Messages, the newest first; of one ``state`` where it is given."""
    require(actor, Action.READ_OUTBOX)
    states = (state,) if state in STATES else ()
    found = messages(uow.session, states=states, limit=limit + 1, offset=offset)
    counts = {name: count_by_state(uow.session).get(name, 0) for name in STATES}
    return OutboxPage(tuple(_line(uow, actor, row) for row in found[:limit]), counts, len(found) > limit)


def read_message(uow: UnitOfWork, actor: Actor, message_id: str) -> MessageView:
    """A message with its one-time link covered. Raises ``MessageMissing``."""
    require(actor, Action.READ_OUTBOX)
    row = look_at_message(uow.session, message_id)
    if row is None:
        raise MessageMissing
    line = _line(uow, actor, row)
    text, covered = _LINK.subn(rf"\g<1>{COVER}", "" if line.closed else row.text)
    return MessageView(line, text, bool(covered))


def uncover_message(uow: UnitOfWork, actor: Actor, now: datetime, message_id: str) -> MessageView:
    """The message with its link, to be handed to its owner by other ways; the log says who asked for it. Raises ``MessageMissing``."""
    require(actor, Action.RETRY_MAIL)
    row = find_message(uow.session, message_id)
    if row is None:
        raise MessageMissing
    line = _line(uow, actor, row)
    note(uow, actor, now, "outbox.uncovered", message=row.id, recipient=row.recipient, subject=line.subject)
    text = "" if line.closed else row.text
    uow.commit()
    return MessageView(line, text, False)


def retry_message(uow: UnitOfWork, actor: Actor, now: datetime, message_id: str) -> None:
    """Put a message that was given up, or kept for lack of a mail server, back on its way. Raises ``MessageMissing``, ``NotWaiting``."""
    require(actor, Action.RETRY_MAIL)
    row = find_message(uow.session, message_id)
    if row is None:
        raise MessageMissing
    if row.state not in (FAILED, LOCAL):
        raise NotWaiting
    row.state, row.attempts, row.next_attempt_at, row.done_at, row.problem = WAITING, 0, now, None, ""
    note(uow, actor, now, "outbox.retried", message=row.id, recipient=row.recipient)
    uow.commit()


def _line(uow: UnitOfWork, actor: Actor, row: OutboxRow) -> MessageLine:
    told_of = {row.contract_id, *contracts_told_in(uow.session, row.id)} if row.contract_id else set()
    closed = not all(may(actor, Action.READ_CONTRACTS, record_of_contract(uow, contract)) for contract in told_of)
    return MessageLine(
        row.id, row.recipient, "" if closed else row.subject, row.state, row.attempts, row.problem, row.created_at,
        row.next_attempt_at, row.done_at, closed,
    )  # fmt: skip
