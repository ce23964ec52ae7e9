"""State, audit entries and messages in one transaction."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, event, func, select
from sqlalchemy.orm import Session

from app.domain.audit import Record, verify
from app.domain.errors import ContractError
from app.domain.messages import NewMail
from app.store import audit
from app.store.engine import open_engine, reading
from app.store.outbox import OutboxRow, messages
from app.store.uow import Busy, UnitOfWork
from app.store.users import UserRow
from tests.services.fixtures import NOW


def _user(name: str) -> UserRow:
    return UserRow(id=name, login=name, name=name, created_at=NOW)


def _mail(key: str = "k-1") -> NewMail:
    return NewMail(key, "a@example.com", "标题", "正文")


class Nobody:
    def verify(self, key_id: str, message: bytes, signature: bytes) -> bool:
        return False


def _log_is_sound(engine: Engine) -> int:
    with UnitOfWork(reading(engine)) as uow:
        verdict = verify(audit.origin(uow.session), audit.entries(uow.session), (), Nobody())
    assert verdict.sound, verdict.summary
    return verdict.size


def test_all_units_of_work_share_one_class_of_session(engine: Engine) -> None:
    """A class of its own for each, as ``sessionmaker`` makes it, has to join every listener anew and doubles the time of a short one."""
    with UnitOfWork(engine) as uow:
        assert type(uow.session) is Session


def test_state_entry_and_message_are_stored_together(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        uow.session.add(_user("wang"))
        uow.record(NOW, "wang", "user.created", {"login": "wang"})
        uow.send(NOW, _mail())
        uow.commit()
    with UnitOfWork(reading(engine)) as uow:
        assert uow.session.get(UserRow, "wang") is not None
        assert [m.key for m in messages(uow.session)] == ["k-1"]
    assert _log_is_sound(engine) == 1


def test_without_a_commit_nothing_of_it_is_stored(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        uow.session.add(_user("wang"))
        uow.record(NOW, "wang", "user.created", {})
        uow.send(NOW, _mail())
        uow.session.flush()
    with UnitOfWork(reading(engine)) as uow:
        assert uow.session.scalar(select(func.count()).select_from(UserRow)) == 0
        assert uow.session.scalar(select(func.count()).select_from(OutboxRow)) == 0
    assert _log_is_sound(engine) == 0


def test_an_entry_that_can_not_be_logged_keeps_the_change_out_too(engine: Engine) -> None:
    with UnitOfWork(engine) as uow:
        uow.session.add(_user("wang"))
        uow.record(NOW, "wang", "user.created", {"weight": 1.5})
        with pytest.raises(ContractError, match="float"):
            uow.commit()
    with UnitOfWork(reading(engine)) as uow:
        assert uow.session.get(UserRow, "wang") is None


def test_the_same_cause_mails_once(engine: Engine) -> None:
    for _ in range(2):
        with UnitOfWork(engine) as uow:
            uow.send(NOW, _mail())
            uow.send(NOW, _mail())
            uow.commit()
    with UnitOfWork(reading(engine)) as uow:
        assert len(messages(uow.session)) == 1


def test_many_writers_at_once_leave_one_unbroken_chain(engine: Engine) -> None:
    start = threading.Barrier(8)

    def write(worker: int) -> None:
        start.wait()
        for turn in range(5):
            with UnitOfWork(engine) as uow:
                uow.record(NOW, f"u{worker}", "test.written", {"turn": turn})
                uow.commit()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    assert _log_is_sound(engine) == 40


def test_a_reader_is_not_held_up_by_a_writer_and_sees_no_half_done_work(engine: Engine) -> None:
    with UnitOfWork(engine) as writing:
        writing.session.add(_user("wang"))
        writing.session.flush()
        with UnitOfWork(reading(engine)) as uow:
            assert uow.session.get(UserRow, "wang") is None
        writing.commit()


def test_a_reading_unit_of_work_writes_nothing(engine: Engine) -> None:
    with UnitOfWork(reading(engine)) as uow:
        uow.session.add(_user("wang"))
        with pytest.raises(Exception, match=r"read-?only"):
            uow.commit()
    with UnitOfWork(engine) as uow:
        uow.session.add(_user("wang"))
        uow.commit()


def test_who_waits_too_long_for_another_writer_is_told_to_try_again(engine: Engine, database: str) -> None:
    impatient = open_engine(database)
    words = "PRAGMA busy_timeout = 50" if engine.dialect.name == "sqlite" else "SET lock_timeout = '50ms'"

    def hurry(connection: Any, _record: Any) -> None:
        connection.execute(words)
        if engine.dialect.name == "postgresql":
            connection.commit()

    event.listen(impatient, "connect", hurry)
    with UnitOfWork(engine) as slow:
        audit.append_records(slow.session, [Record(NOW, "u1", "test.written", "", {})])
        with UnitOfWork(impatient) as uow:
            uow.record(NOW, "u2", "test.written", {})
            with pytest.raises(Busy):
                uow.commit()
        with pytest.raises(Busy), UnitOfWork(impatient) as uow:
            audit.append_records(uow.session, [Record(NOW, "u2", "test.written", "", {})])
    impatient.dispose()
    assert _log_is_sound(engine) == 0
