"""The watch over a clock that stands still: who is told, by which server, how often, and what stays for the clock."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.domain.messages import NewMail
from app.domain.permissions import Actor, Role
from app.jobs.tasks import all_tasks
from app.jobs.watcher import look_at_clock, watch_clock
from app.services.setup_state import setup_at_machine
from app.settings import Settings
from app.store.beats import BeatRow
from app.store.outbox import messages
from app.wiring import Wiring
from tests.data_folders import with_database
from tests.services.fixtures import LAWYER, ensure
from tests.services.mail_server import MailServer, mail_server

HOUR = timedelta(hours=1)
KEEPER = Actor("系统管理员", "keeper", frozenset({Role.SYSTEM_ADMINISTRATOR}))


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    with mail_server(tmp_path, encrypted=False) as running:
        yield running


@pytest.fixture
def wiring(tmp_path: Path, server: MailServer) -> Iterator[Wiring]:
    """An installation with a mail server, an administrator, somebody else, and a mail that waits for the clock."""
    made = Wiring(
        Settings(data_dir=with_database(tmp_path / "data"), smtp_host="127.0.0.1", smtp_port=server.port, smtp_security="none")
    )
    with made.unit_of_work() as uow:
        ensure(uow, KEEPER, LAWYER)
        uow.send(made.now(), NewMail("other", "lawyer@example.com", "成约：另一封", "等待后台任务", "", None, LAWYER.id))
        uow.commit()
    yield made
    made.engine.dispose()


def beat(wiring: Wiring, at: datetime) -> None:
    with wiring.unit_of_work() as uow:
        uow.session.merge(BeatRow(name="clock", at=at))
        uow.commit()


def arrived(server: MailServer) -> list[tuple[str, str]]:
    return [(m["To"], m["Subject"]) for m in server.post.arrived]


TOLD = ("keeper@example.com", "成约：后台任务没有运行，请检查")


def test_a_clock_that_stands_still_is_told_once_and_its_own_mails_stay_with_it(wiring: Wiring, server: MailServer) -> None:
    stopped = wiring.now() - HOUR
    beat(wiring, stopped)
    assert [look_at_clock(wiring, stopped - HOUR) for _ in range(3)] == [True] * 3
    assert arrived(server) == [TOLD]
    text = server.post.arrived[0].get_body(("plain",))
    assert text is not None
    assert "截至" in text.get_content()
    assert "/setup/" in text.get_content()
    with wiring.unit_of_work() as uow:
        assert {m.key.partition(":")[0]: m.state for m in messages(uow.session)} == {"other": "waiting", "clock-down": "sent"}


def test_a_second_stop_is_told_again_and_a_clock_at_work_is_not(wiring: Wiring, server: MailServer) -> None:
    long_ago = wiring.now() - 10 * HOUR
    for ago in (2 * HOUR, HOUR):
        beat(wiring, wiring.now() - ago)
        assert look_at_clock(wiring, long_ago)
    assert arrived(server) == [TOLD] * 2
    beat(wiring, wiring.now() - timedelta(minutes=9))
    assert not look_at_clock(wiring, long_ago)
    assert len(arrived(server)) == 2


def test_a_watcher_that_starts_with_the_clock_gives_it_time_and_one_that_never_ran_is_told(
    wiring: Wiring, server: MailServer
) -> None:
    beat(wiring, wiring.now() - 72 * HOUR)  # the whole machine was off
    assert not look_at_clock(wiring, wiring.now() - timedelta(minutes=9))
    with wiring.unit_of_work() as uow:
        found = uow.session.get(BeatRow, "clock")
        assert found is not None
        uow.session.delete(found)
        uow.commit()
    assert look_at_clock(wiring, wiring.now() - HOUR)
    assert arrived(server) == [TOLD]


def test_where_the_mail_server_is_down_the_next_look_tries_again(wiring: Wiring, server: MailServer) -> None:
    beat(wiring, wiring.now() - HOUR)
    server.post.answers.append("451 later")
    assert look_at_clock(wiring, wiring.now() - 2 * HOUR)
    assert arrived(server) == []
    with wiring.unit_of_work() as uow:
        (waiting,) = (m for m in messages(uow.session) if m.key.startswith("clock-down"))
        waiting.next_attempt_at = wiring.now()
        uow.commit()
    look_at_clock(wiring, wiring.now() - 2 * HOUR)
    assert arrived(server) == [TOLD]


def test_the_state_of_the_system_says_so_until_the_clock_has_run(wiring: Wiring) -> None:
    def alarms() -> list[str]:
        with wiring.reading() as uow:
            return [a.message for a in setup_at_machine(uow, wiring.now(), wiring.authority).alarms if "后台任务" in a.message]

    beat(wiring, wiring.now() - HOUR)
    (told,) = alarms()
    assert "没有运行" in told
    next(t for t in all_tasks(wiring) if t.name == "到期提醒").work()
    assert alarms() == []


def test_the_watch_of_the_web_process_looks_again_and_again_and_survives_a_fault(
    wiring: Wiring, server: MailServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    beat(wiring, wiring.now() - HOUR)
    shift, asked = [timedelta()], [0]
    real = Wiring.now

    def now(self: Wiring) -> datetime:
        asked[0] += 1
        if asked[0] == 2:
            raise RuntimeError("the database is away for a moment")
        return real(self) + shift[0]

    monkeypatch.setattr(Wiring, "now", now)
    ending = threading.Event()
    thread = threading.Thread(target=watch_clock, args=(wiring, ending, 0.02))
    thread.start()
    time.sleep(0.3)
    assert arrived(server) == []  # it has not watched for ten minutes yet
    shift[0] = HOUR
    for _ in range(200):
        if arrived(server):
            break
        time.sleep(0.05)
    ending.set()
    thread.join()
    assert arrived(server) == [TOLD]
    assert "watching the clock failed" in caplog.text
