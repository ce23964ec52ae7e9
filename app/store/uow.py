"""Unit of work: one transaction around one use case. State, audit entries and messages are committed together or not at all."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from types import TracebackType
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from app.domain.audit import Record
from app.domain.errors import ContractError
from app.domain.messages import NewMail
from app.store import tables  # noqa: F401  (foreign keys resolve only once every table is known)
from app.store.audit import append_records
from app.store.outbox import WAITING, OutboxRow, message_with_key


class ChangedMeanwhile(ContractError):
    """Somebody else changed the same record between our reading and our writing; nothing of ours was stored."""

    def __init__(self) -> None:
        super().__init__("record.changed", "这条记录刚刚被他人修改，本次操作没有保存。请刷新后查看最新内容再操作。")


class Busy(ContractError):
    """The database did not let us in within the waiting time; nothing was stored."""

    def __init__(self) -> None:
        super().__init__("record.busy", "数据库正忙，本次操作没有保存，请稍后重试。")


class UnitOfWork:
    """``with UnitOfWork(engine) as uow: …; uow.commit()``. Leaving without a commit rolls back."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._records: list[Record] = []
        self._mails: list[tuple[datetime, NewMail]] = []
        self.session: Session

    def __enter__(self) -> UnitOfWork:
        self.session = Session(self._engine, expire_on_commit=False)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        self._forget()
        self.session.rollback()
        self.session.close()
        if isinstance(error, OperationalError) and _is_lock(error):
            raise Busy from error

    def record(self, at: datetime, actor: str, action: str, data: Mapping[str, Any], *, contract: str = "") -> None:
        """Say what happened, for the audit log. It is written by ``commit``, in the same transaction, behind all changes.

        ``actor``: user id, or ``clock``. ``action``: stable code. ``data``: text, whole numbers, booleans, lists, mappings.
        """
        self._records.append(Record(at, actor, action, contract, data))

    def send(self, at: datetime, mail: NewMail) -> None:
        """Put a message into the outbox with this transaction; a second one with the same key is dropped."""
        self._mails.append((at, mail))

    def send_now(self, at: datetime, mail: NewMail) -> None:
        """The same, with the row there at once, for what refers to it within this transaction."""
        self.session.flush()
        if message_with_key(self.session, mail.key) is None:
            self.session.add(_message(at, mail))
            self.session.flush()

    def commit(self) -> None:
        """Write everything, the audit entries last. Raises ``ChangedMeanwhile`` or ``Busy``; nothing is stored then."""
        try:
            self.session.flush()
            for at, mail in self._mails:
                if message_with_key(self.session, mail.key) is None:
                    self.session.add(_message(at, mail))
                    self.session.flush()
            if self._records:
                append_records(self.session, self._records)
            self.session.commit()
        except StaleDataError as error:
            raise ChangedMeanwhile from error
        except OperationalError as error:
            if _is_lock(error):
                raise Busy from error
            raise
        finally:
            self._forget()

    def _forget(self) -> None:
        self._records, self._mails = [], []


def _message(at: datetime, mail: NewMail) -> OutboxRow:
    return OutboxRow(
        id=uuid.uuid4().hex,
        key=mail.key,
        recipient=mail.recipient,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        calendar=mail.calendar,
        channel=mail.channel,
        details=mail.values,
        contract_id=mail.contract_id,
        user_id=mail.user_id,
        state=WAITING,
        attempts=0,
        next_attempt_at=at + mail.hold,
        lease="",
        created_at=at,
    )


def _is_lock(error: OperationalError) -> bool:
    words = str(error.orig).lower()
    return "database is locked" in words or "lock timeout" in words or "deadlock" in words
