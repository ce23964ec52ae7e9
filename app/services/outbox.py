"""Delivering the outbox: take a lease, send outside the transaction, record how it ended."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from app.domain.messages import BACK_OFF, Mail, MailRefused, MailUndelivered, next_attempt
from app.domain.permissions import Action, may
from app.domain.reminders import MAIL
from app.services.access import actor_of, record_of_contract
from app.services.ports import Mailer
from app.store.outbox import FAILED, LOCAL, SENT, WAITING, OutboxRow, close_lease, lease_next
from app.store.reminders import contracts_told_in
from app.store.uow import UnitOfWork
from app.store.users import find_user

LEASE = timedelta(minutes=10)
"""Longer than one conversation with a mail server can take: each of its steps has a time limit."""
ROUND = 200
BARRED = "收件人现已不能阅读该合同（账号停用、角色调整，或者合同转为保密），未投递。"
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one round did, in messages. ``lost``: carried, but the lease had passed to somebody else meanwhile."""

    sent: int = 0
    local: int = 0
    postponed: int = 0
    failed: int = 0
    lost: int = 0


class Others(Protocol):
    """What carries messages that are no mails, and what is to happen when one has come to its end."""

    def post(self, row: OutboxRow) -> None:
        """Raises ``MailRefused`` or ``MailUndelivered``."""
        ...

    def keeps(self, row: OutboxRow) -> bool:
        """Whether a message stays here to be read, because nothing was set up that could carry it."""
        ...

    def ended(self, uow: UnitOfWork, row: OutboxRow, problem: str) -> None:
        """``problem`` empty: it arrived. In the transaction that records it."""
        ...


def deliver_outbox(
    units: Callable[[], UnitOfWork],
    mailer: Mailer | None,
    now: Callable[[], datetime],
    *,
    limit: int = ROUND,
    carry_on: Callable[[], bool] = lambda: True,
    others: Others | None = None,
    key_prefix: str = "",
) -> Delivery:
    """Carry what is due (of those whose key begins so), at most ``limit`` messages and only while ``carry_on`` says so. Without a mail server
    messages stay here to be read.

    A message goes out at least once: a carrier that dies between sending and recording sends it again under the same
    Message-ID. Two carriers never hold one message at a time. What tells of a contract that its recipient may not read any more (closed,
    or the account ended, since it was written) goes nowhere, and says so.
    """
    counts = {"sent": 0, "local": 0, "postponed": 0, "failed": 0, "lost": 0}
    for _ in range(limit):
        if not carry_on():
            break
        with units() as uow:
            row = lease_next(uow.session, now(), holder=uuid.uuid4().hex, lasting=LEASE, key_prefix=key_prefix)
            barred = row is not None and not _may_still_read(uow, row)
            uow.commit()
        if row is None:
            break
        outcome, state, problem = ("failed", FAILED, BARRED) if barred else _carry(row, mailer, others)
        again = next_attempt(row.attempts, now()) if outcome == "postponed" else None
        if outcome == "postponed" and again is None:
            outcome, state = "failed", FAILED
        with units() as uow:
            ended = None if state == WAITING else now()
            kept = close_lease(uow.session, row, state=state, problem=problem, done_at=ended, again_at=again)
            if kept and others is not None and ended is not None:
                others.ended(uow, row, problem if state == FAILED else "")
            uow.commit()
        counts[outcome if kept else "lost"] += 1
    return Delivery(**counts)


def _may_still_read(uow: UnitOfWork, row: OutboxRow) -> bool:
    """Mails wait (comments for minutes, retries for days); what the permission table said when one was written may be over."""
    if row.contract_id is None or row.user_id is None:
        return True
    user = find_user(uow.session, row.user_id)
    if user is None or not user.active:
        return False
    told_of = {row.contract_id, *contracts_told_in(uow.session, row.id)}
    return all(may(actor_of(user), Action.READ_CONTRACTS, record_of_contract(uow, contract)) for contract in sorted(told_of))


def _carry(row: OutboxRow, mailer: Mailer | None, others: Others | None) -> tuple[str, str, str]:
    """Outcome, the state that follows from it, and what went wrong."""
    if (mailer is None and row.channel == MAIL) or (others is not None and row.channel != MAIL and others.keeps(row)):
        return "local", LOCAL, ""
    if row.attempts > len(BACK_OFF) + 1:
        return "failed", FAILED, "多次投递均在途中中断，未得到答复。"
    mail = Mail(row.id, row.recipient, row.subject, row.text, row.html, row.created_at, row.calendar)
    try:
        if row.channel != MAIL:
            _post(row, others)
        elif mailer is not None:
            mailer.send(mail)
    except MailRefused as error:
        return "failed", FAILED, error.message
    except MailUndelivered as error:
        return "postponed", WAITING, error.message
    except Exception as error:
        # A fault of ours must not lose the message: it is tried again, and given up in front of a person.
        log.exception("delivery of message %s failed", row.id)
        return "postponed", WAITING, f"投递时出现故障（{type(error).__name__}），详见日志。"
    return "sent", SENT, ""


def _post(row: OutboxRow, others: Others | None) -> None:
    if others is None:
        raise MailUndelivered("没有可以投递这个渠道的程序。")
    others.post(row)
