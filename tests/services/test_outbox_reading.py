"""What the system administrator sees of the outbox, and what not."""

from __future__ import annotations

import pytest

from app.domain.messages import NewMail
from app.domain.permissions import Actor, Hidden, Role
from app.services.outbox import deliver_outbox
from app.services.outbox_reading import (
    COVER,
    MessageMissing,
    NotWaiting,
    list_outbox,
    read_message,
    retry_message,
    uncover_message,
)
from app.store import audit
from app.store.outbox import LOCAL, WAITING
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, NOW, later
from tests.services.sharing import both_databases
from tests.services.signed import filed

pytestmark = both_databases

ADMIN = Actor("周系统", "sysadmin", frozenset({Role.SYSTEM_ADMINISTRATOR}))
BOTH = Actor("王律师", "lawyer", frozenset({Role.SYSTEM_ADMINISTRATOR, Role.DRAFTER}))
LINK = "https://example.com/password/" + "aB3-_" * 9


def write(units: Units, key: str, text: str, contract: str | None = None, subject: str = "标题") -> None:
    with units() as uow:
        uow.send(NOW, NewMail(key, "a@example.com", subject, text, contract_id=contract))
        uow.commit()


def only(units: Units, actor: Actor = ADMIN) -> str:
    with units() as uow:
        (line,) = list_outbox(uow, actor).lines
    return line.id


def test_messages_are_listed_by_state_with_counts(units: Units) -> None:
    for number in range(3):
        write(units, f"k{number}", "正文")
    deliver_outbox(units, None, lambda: later(1), limit=1)
    with units() as uow:
        page = list_outbox(uow, ADMIN, limit=2)
        assert (len(page.lines), page.more) == (2, True)
        assert page.counts == {"waiting": 2, "failed": 0, "local": 1, "sent": 0}
        assert [line.state for line in list_outbox(uow, ADMIN, LOCAL).lines] == [LOCAL]
        assert len(list_outbox(uow, ADMIN, "no such state").lines) == 3


def test_a_one_time_link_is_covered_until_somebody_asks_and_the_log_keeps_who(units: Units) -> None:
    write(units, "k", f"王律师：\n\n{LINK}\n\n一小时内有效。")
    message = only(units)
    with units() as uow:
        view = read_message(uow, ADMIN, message)
    assert view.covered
    assert LINK not in view.text
    assert f"https://example.com/password/{COVER}" in view.text
    with units() as uow:
        shown = uncover_message(uow, ADMIN, later(1), message)
    assert LINK in shown.text
    with units() as uow:
        last = list(audit.entries(uow.session))[-1]
    assert (last.action, last.actor) == ("outbox.uncovered", "sysadmin")
    assert LINK.rpartition("/")[2] not in last.data


def test_a_message_about_a_contract_shows_nothing_to_one_who_may_not_read_it(units: Units) -> None:
    contract = filed(units, frozen=False)
    write(units, "k", "批注：乙方的底价是……", contract, subject="合同 SHFW-2026-0001 有新的批注")
    message = only(units)
    with units() as uow:
        assert [(m.subject, m.closed) for m in list_outbox(uow, ADMIN).lines] == [("", True)]
        assert read_message(uow, ADMIN, message).text == ""
        assert "底价" in read_message(uow, BOTH, message).text
    with units() as uow:
        assert uncover_message(uow, ADMIN, later(1), message).text == ""
    with units() as uow:
        assert "SHFW" not in list(audit.entries(uow.session))[-1].data


def test_a_message_that_was_given_up_or_kept_is_put_on_its_way_again(units: Units) -> None:
    write(units, "k", "正文")
    message = only(units)
    with units() as uow, pytest.raises(NotWaiting):
        retry_message(uow, ADMIN, later(1), message)
    deliver_outbox(units, None, lambda: later(1))
    with units() as uow:
        retry_message(uow, ADMIN, later(2), message)
    with units() as uow:
        assert list_outbox(uow, ADMIN).counts[WAITING] == 1
        assert list(audit.entries(uow.session))[-1].action == "outbox.retried"


def test_only_system_administrators_see_the_outbox(units: Units) -> None:
    write(units, "k", "正文")
    message = only(units)
    with units() as uow:
        for look in (
            lambda: list_outbox(uow, LAWYER), lambda: read_message(uow, LAWYER, message),
            lambda: uncover_message(uow, LAWYER, NOW, message), lambda: retry_message(uow, LAWYER, NOW, message),
        ):  # fmt: skip
            with pytest.raises(Hidden):
                look()
        with pytest.raises(MessageMissing):
            read_message(uow, ADMIN, "0" * 32)
