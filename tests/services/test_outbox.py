"""Mail: leases, retries, one message for one cause, a real server with TLS."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from app.domain.messages import BACK_OFF, Mail, MailUndelivered, NewMail
from app.domain.permissions import Actor, Role
from app.notify.mail import Smtp
from app.services.outbox import LEASE, Delivery, deliver_outbox
from app.services.outbox_reading import NotWaiting, retry_message
from app.store.outbox import FAILED, LOCAL, SENT, WAITING, OutboxRow, lease_next, messages
from tests.services.conftest import Units
from tests.services.fixtures import NOW, later
from tests.services.mail_server import PASSWORD, USER, MailServer, mail_server
from tests.services.sharing import both_databases

pytestmark = both_databases

POSTMASTER = Actor("周系统", "sysadmin", frozenset({Role.SYSTEM_ADMINISTRATOR}))


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MailServer]:
    with mail_server(tmp_path_factory.mktemp("mail")) as server:
        yield server


@pytest.fixture
def server(running: MailServer) -> MailServer:
    running.post.arrived.clear()
    running.post.answers.clear()
    return running


def _smtp(server: MailServer, **changes: object) -> Smtp:
    fields = {
        "host": "127.0.0.1", "port": server.port, "security": "starttls", "sender": "成约 <chengyue@example.com>",
        "user": USER, "password": PASSWORD, "trusted": server.trusted, **changes,
    }  # fmt: skip
    return Smtp(**fields)  # type: ignore[arg-type]


def _write(units: Units, *keys: str, recipient: str = "wang@example.com") -> None:
    with units() as uow:
        for key in keys:
            uow.send(NOW, NewMail(key, recipient, "合同待您审批：SHFW-2026-0001", "请在三日内审批。", "<p>请在三日内审批。</p>"))
        uow.commit()


def _rows(units: Units) -> list[OutboxRow]:
    with units() as uow:
        found = messages(uow.session)
        uow.session.expunge_all()
        return found


def _at(moment: datetime):  # type: ignore[no-untyped-def]
    return lambda: moment


class Broken:
    """A mail server out of reach."""

    def send(self, mail: Mail) -> None:
        raise MailUndelivered("连接不到邮件服务器")


def test_a_message_arrives_as_it_was_written(units: Units, server: MailServer) -> None:
    _write(units, "approval-1")
    assert deliver_outbox(units, _smtp(server), _at(NOW)) == Delivery(sent=1)
    (message,) = server.post.arrived
    assert message["Subject"] == "合同待您审批：SHFW-2026-0001"
    assert message["To"] == "wang@example.com"
    assert message["From"].addresses[0].display_name == "成约"
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == "请在三日内审批。"
    (row,) = _rows(units)
    assert (row.state, row.attempts, row.lease) == (SENT, 1, "")
    assert message["Message-ID"] == f"<{row.id}@example.com>"


def test_a_message_that_was_sent_is_not_sent_again(units: Units, server: MailServer) -> None:
    _write(units, "approval-1")
    deliver_outbox(units, _smtp(server), _at(NOW))
    assert deliver_outbox(units, _smtp(server), _at(later(60 * 24))) == Delivery()
    assert len(server.post.arrived) == 1


def test_without_a_mail_server_messages_stay_in_the_local_outbox(units: Units, server: MailServer) -> None:
    _write(units, "approval-1")
    assert deliver_outbox(units, None, _at(NOW)) == Delivery(local=1)
    assert [r.state for r in _rows(units)] == [LOCAL]
    assert deliver_outbox(units, _smtp(server), _at(later(1))) == Delivery()


def test_a_busy_server_is_asked_again_later_under_the_same_message_id(units: Units, server: MailServer) -> None:
    server.post.answers.append("451 try again later")
    _write(units, "approval-1")
    assert deliver_outbox(units, _smtp(server), _at(NOW)) == Delivery(postponed=1)
    (row,) = _rows(units)
    assert "451" in row.problem
    assert row.next_attempt_at == NOW + BACK_OFF[0]
    assert deliver_outbox(units, _smtp(server), _at(NOW)) == Delivery()
    assert deliver_outbox(units, _smtp(server), _at(NOW + BACK_OFF[0])) == Delivery(sent=1)
    assert server.post.arrived[0]["Message-ID"].startswith(f"<{row.id}@")


def test_an_unknown_recipient_is_given_up_at_once_and_says_why(units: Units, server: MailServer) -> None:
    _write(units, "approval-1", recipient="nobody@example.com")
    assert deliver_outbox(units, _smtp(server), _at(NOW)) == Delivery(failed=1)
    (row,) = _rows(units)
    assert (row.state, "no such user" in row.problem) == (FAILED, True)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"password": "wrong"}, "拒绝登录"),
        ({"trusted": None}, "加密连接失败"),
        ({"port": 1}, "连接不到"),
        ({"security": "tls"}, "连接"),
    ],
)
def test_what_a_person_can_mend_is_tried_again(units: Units, server: MailServer, changes: dict[str, object], why: str) -> None:
    _write(units, "approval-1")
    assert deliver_outbox(units, _smtp(server, **changes), _at(NOW)) == Delivery(postponed=1)
    assert why in _rows(units)[0].problem
    assert server.post.arrived == []


def test_nothing_goes_out_in_the_clear_where_the_server_offers_no_tls(units: Units, tmp_path: Path) -> None:
    with mail_server(tmp_path, encrypted=False) as plain:
        _write(units, "approval-1")
        assert deliver_outbox(units, _smtp(plain, user=""), _at(NOW)) == Delivery(postponed=1)
        assert plain.post.arrived == []
        assert deliver_outbox(units, _smtp(plain, user="", security="none"), _at(later(1))) == Delivery(sent=1)


def test_a_recipient_that_smuggles_a_header_is_refused(units: Units, server: MailServer) -> None:
    _write(units, "approval-1", recipient="a@example.com\nBcc: b@example.com")
    assert deliver_outbox(units, _smtp(server), _at(NOW)) == Delivery(failed=1)
    assert server.post.arrived == []


def test_after_the_last_attempt_a_person_must_look_and_may_send_again(units: Units, server: MailServer) -> None:
    _write(units, "approval-1")
    moment = NOW
    for wait in BACK_OFF:
        assert deliver_outbox(units, Broken(), _at(moment)) == Delivery(postponed=1)
        moment += wait
    assert deliver_outbox(units, Broken(), _at(moment)) == Delivery(failed=1)
    (row,) = _rows(units)
    with units() as uow:
        retry_message(uow, POSTMASTER, moment, row.id)
    assert deliver_outbox(units, _smtp(server), _at(moment)) == Delivery(sent=1)
    with units() as uow, pytest.raises(NotWaiting):
        retry_message(uow, POSTMASTER, moment, row.id)


def test_a_message_held_by_a_dead_carrier_is_taken_over_once_its_lease_has_run_out(units: Units, server: MailServer) -> None:
    _write(units, "approval-1")
    with units() as uow:
        assert lease_next(uow.session, NOW, holder="dead", lasting=LEASE) is not None
        uow.commit()
    assert deliver_outbox(units, _smtp(server), _at(NOW + LEASE - timedelta(seconds=1))) == Delivery()
    assert deliver_outbox(units, _smtp(server), _at(NOW + LEASE)) == Delivery(sent=1)


def test_a_carrier_that_lost_its_lease_does_not_overwrite_the_other_ones_result(units: Units, server: MailServer) -> None:
    _write(units, "approval-1")

    class Slow:
        """Takes so long that another carrier has the message meanwhile."""

        def send(self, mail: Mail) -> None:
            assert deliver_outbox(units, _smtp(server), _at(NOW + LEASE)) == Delivery(sent=1)
            raise MailUndelivered("超时")

    assert deliver_outbox(units, Slow(), _at(NOW)) == Delivery(lost=1)
    assert [r.state for r in _rows(units)] == [SENT]


def test_carriers_that_run_at_once_send_each_message_once(units: Units, server: MailServer) -> None:
    _write(units, *(f"reminder-{n}" for n in range(12)))
    start = threading.Barrier(3)

    def carry(_worker: int) -> int:
        start.wait()
        return deliver_outbox(units, _smtp(server), _at(NOW)).sent

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(carry, range(3))) == 12
    identifiers = [m["Message-ID"] for m in server.post.arrived]
    assert len(identifiers) == len(set(identifiers)) == 12


def test_a_fault_of_ours_postpones_the_message_instead_of_losing_it(units: Units) -> None:
    class Faulty:
        def send(self, mail: Mail) -> None:
            raise ZeroDivisionError

    _write(units, "approval-1")
    assert deliver_outbox(units, Faulty(), _at(NOW)) == Delivery(postponed=1)
    assert [(r.state, "ZeroDivisionError" in r.problem) for r in _rows(units)] == [(WAITING, True)]
