"""One-time codes by short message: from the plan to the telephone, through a real gateway; what fails is told, and the way changes by the owner alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.domain.ceremony import CodeWay
from app.domain.permissions import Actor, Forbidden, Role
from app.notify.short_messages import HttpGateway
from app.services.carrying import Carrier
from app.services.outbox import Delivery, deliver_outbox
from app.services.outbox_reading import COVER, read_message
from app.services.signing_access import LinkGone, NotEntered, enter_code, entered, request_code, visit
from app.services.signing_ceremony import mark_read
from app.services.signing_lead import set_code_way
from app.services.signing_views import read_signing
from app.store.audit import entries
from app.store.outbox import messages
from app.store.signings import events_of
from tests.notify.gateway import SECRET, Gateway, running
from tests.services.fixtures import LAWYER
from tests.services.signing_house import A_SIGN, B_SIGN, PHONE, SHORT, Held, House, house
from tests.services.snapshots import over_both
from tests.services.test_channelling import VAULT, MailServer, Platform
from tests.services.test_reminding import POST
from tests.services.test_signing import LIN, refused, without_seals

__all__ = ["without_seals"]
ENTERED, NUMBER, MASKED = "138 1234 5678", "+8613812345678", "+86 138****5678"
BY_TEXT = (replace(SHORT[0], code_way=CodeWay.SMS, phone=ENTERED), SHORT[1])


@pytest.fixture
def short(without_seals: Held, tmp_path: Path) -> House:
    made = house(without_seals.units, tmp_path, contract=without_seals.contract)
    made.start(BY_TEXT)
    return made


@pytest.fixture
def gateway(short: House) -> Iterator[Gateway]:
    with running() as found:
        found.now = short.at[0].timestamp()
        yield found


def deliver(house: House, gateway: Gateway | None) -> Delivery:
    """One round of the clock, as of the house's own time."""
    if gateway is not None:
        gateway.now = house.at[0].timestamp()
    sender = HttpGateway(gateway.url, "json", "", SECRET, lambda: house.at[0]) if gateway is not None else None
    carrier = Carrier(house.units, lambda: house.at[0], VAULT, Platform(), POST, sender, house.kit.post)
    return deliver_outbox(house.units, MailServer(), lambda: house.at[0], others=carrier)


def happenings(house: House, *kinds: str) -> list[tuple[str, dict[str, str]]]:
    with house.units() as uow:
        return [(e.kind, json.loads(e.data)) for e in events_of(uow.session, house.signing.id) if e.kind in kinds]


@over_both("without_seals")
def test_the_code_goes_to_the_telephone_and_the_evidence_says_so(short: House, gateway: Gateway) -> None:
    token = short.link(LIN)
    with short.units() as uow:
        assert visit(uow, short.at[0], token, "").address == MASKED
    request_code(short.kit, PHONE, token)
    deliver(short, gateway)
    (taken,) = gateway.taken
    assert taken["to"] == NUMBER
    code = short.code(NUMBER)
    assert code in taken["text"]
    assert not any(code in m.text for m in short.mails(LIN)), "the mailbox alone is not enough"
    secret = enter_code(short.kit, PHONE, token, code)
    with short.units() as uow:
        assert entered(uow, short.at[0], token, secret).entered
    told = happenings(short, "code_sent", "code_delivered", "identified")
    assert [(kind, data["by"], data["to"]) for kind, data in told] == [
        ("code_sent", "sms", MASKED), ("code_delivered", "sms", MASKED), ("identified", "sms", MASKED),
    ]  # fmt: skip
    assert MASKED in short.mails(LIN)[0].text
    assert told[-1][1]["carried"] == "sent"
    assert NUMBER not in json.dumps(told)


def test_without_a_gateway_the_message_lies_in_the_outbox_with_its_code_covered(short: House) -> None:
    request_code(short.kit, PHONE, short.link(LIN))
    assert deliver(short, None).local == 1
    with short.units() as uow:
        (row,) = (m for m in messages(uow.session) if m.channel == "sms")
        assert (row.state, row.recipient) == ("local", NUMBER)
        found = read_message(uow, Actor("周系统", "sysadmin", frozenset({Role.SYSTEM_ADMINISTRATOR, Role.AUDITOR})), row.id)
    assert found.covered
    told = happenings(short, "code_kept", "code_delivered")
    assert [(kind, data["by"], data["to"]) for kind, data in told] == [("code_kept", "sms", MASKED)]
    assert COVER in found.line.subject + found.text
    assert enter_code(short.kit, PHONE, short.link(LIN), short.code(NUMBER))
    ((_, seen),) = happenings(short, "identified")
    assert (seen["by"], seen["carried"]) == ("sms", "kept"), "nobody's telephone got this code"


def test_wrong_and_expired_codes_are_refused_as_those_by_mail(short: House) -> None:
    token = short.link(LIN)
    request_code(short.kit, PHONE, token)
    right = short.code(NUMBER)
    with refused("signing.code", "还可以输入4次"):
        enter_code(short.kit, PHONE, token, "000000" if right != "000000" else "111111")
    short.later(minutes=10)
    with refused("signing.code", "过期"):
        enter_code(short.kit, PHONE, token, right)


@over_both("without_seals")
def test_one_number_gets_no_flood_by_whatever_links(short: House) -> None:
    short.later(seconds=1)
    with short.units() as uow:
        set_code_way(uow, LAWYER, short.at[0], short.kit.post, short.contract, B_SIGN, CodeWay.SMS, ENTERED)
    mine, theirs = short.link(LIN), short.link(SHORT[1].email)
    request_code(short.kit, PHONE, mine)
    short.later(seconds=30)
    with refused("signing.code_rate", "一分钟后"):
        request_code(short.kit, PHONE, theirs)
    for turn in range(5):
        short.later(seconds=61)
        request_code(short.kit, PHONE, theirs if turn % 2 else mine)
    short.later(seconds=61)
    for token in (mine, theirs):
        with refused("signing.code_rate", "每小时6条"):
            request_code(short.kit, PHONE, token)
    short.later(hours=1)
    request_code(short.kit, PHONE, theirs)
    assert len(short.mails(NUMBER)) == 7


@over_both("without_seals")
def test_a_gateway_that_stumbles_is_tried_again_while_the_code_works(short: House, gateway: Gateway) -> None:
    request_code(short.kit, PHONE, short.link(LIN))
    gateway.answers = [(503, b""), (503, b"")]
    assert deliver(short, gateway).postponed == 1
    short.later(minutes=1)
    assert deliver(short, gateway).postponed == 1
    short.later(minutes=5)
    assert deliver(short, gateway).sent >= 1
    assert [m["to"] for m in gateway.taken] == [NUMBER]


def test_where_it_can_not_arrive_the_owner_is_told_and_alone_may_let_it_go_by_mail(short: House, gateway: Gateway) -> None:
    """Whoever holds only the mailbox can press until the gateway refuses; that must not bring the next code into the mailbox."""
    token = short.link(LIN)
    request_code(short.kit, PHONE, token)
    gateway.answers = [(400, b"")]
    assert deliver(short, gateway).failed == 1
    news = next(m for m in short.mails(f"{LAWYER.id}@example.com") if "验证码未能送达" in m.subject)
    assert MASKED in news.subject
    assert "HTTP 400" in news.text
    assert "先以其他方式与本人核实" in news.text
    with short.units() as uow:
        found = visit(uow, short.at[0], token, "")
        assert (found.way, found.address, found.lost) == (CodeWay.SMS, MASKED, True)
        current = read_signing(uow, LAWYER, short.contract).current
        assert current is not None
        assert "HTTP 400" in next(line.code_problem for line in current.lines if line.place.id == A_SIGN)
    short.later(seconds=61)
    request_code(short.kit, PHONE, token)
    with pytest.raises(AssertionError, match="no code went to"):
        short.code(LIN)
    with short.units() as uow:
        set_code_way(uow, LAWYER, short.at[0], short.kit.post, short.contract, A_SIGN, CodeWay.MAIL, "")
    with short.units() as uow, pytest.raises(LinkGone):
        visit(uow, short.at[0], token, "")
    released, _ = short.enter(LIN)
    assert released != token
    told = happenings(short, "code_undelivered", "code_way_changed", "identified")
    assert [(kind, data["by"]) for kind, data in told] == [
        ("code_undelivered", "sms"),
        ("code_way_changed", "mail"),
        ("identified", "mail"),
    ]
    with short.units() as uow:
        assert "signing.code_way" in [e.action for e in entries(uow.session)]


def test_a_code_is_given_up_when_it_would_have_ended_by_the_next_attempt(short: House, gateway: Gateway) -> None:
    request_code(short.kit, PHONE, short.link(LIN))
    gateway.answers = [(503, b"")] * 3
    for minutes in (0, 1, 5):
        short.later(minutes=minutes)
        done = deliver(short, gateway)
    assert (done.failed, gateway.tries) == (1, 3)
    short.later(minutes=5)
    request_code(short.kit, PHONE, short.link(LIN))
    short.later(minutes=10)
    assert deliver(short, gateway).failed == 1
    assert gateway.tries == 3, "what has ended is not sent at all"


@over_both("without_seals")
def test_the_owner_changes_way_and_number_and_what_was_done_before_counts_no_more(short: House) -> None:
    token = short.link(LIN)
    request_code(short.kit, PHONE, token)
    secret = enter_code(short.kit, PHONE, token, short.code(NUMBER))
    mark_read(short.kit, PHONE, token, secret, 4)
    change = (short.at[0], short.kit.post, short.contract, A_SIGN)
    with short.units() as uow, refused("phone.missing"):
        set_code_way(uow, LAWYER, *change, CodeWay.SMS, "")
    with short.units() as uow, refused("phone.number"):
        set_code_way(uow, LAWYER, *change, CodeWay.SMS, "12345")
    with short.units() as uow, pytest.raises(Forbidden):
        set_code_way(uow, Actor("赵审计", "zhao", frozenset({Role.AUDITOR})), *change, CodeWay.MAIL, "")
    short.later(seconds=1)
    with short.units() as uow:
        set_code_way(uow, LAWYER, short.at[0], *change[1:], CodeWay.SMS, "+852 9123 4567")
    with short.units() as uow, pytest.raises(LinkGone):
        visit(uow, short.at[0], token, secret)
    fresh = short.link(LIN)
    with short.units() as uow, pytest.raises(NotEntered):
        entered(uow, short.at[0], fresh, secret)
    assert next(p for p in short.signing.places if p.id == A_SIGN).read_pages == 0
    short.later(seconds=61)
    request_code(short.kit, PHONE, fresh)
    assert enter_code(short.kit, PHONE, fresh, short.code("+85291234567"))
    ((_, told),) = happenings(short, "code_way_changed")
    assert (told["before"], told["to"]) == (MASKED, "+852****67")


def test_a_plan_without_a_usable_number_does_not_start(without_seals: Held, tmp_path: Path) -> None:
    home = house(without_seals.units, tmp_path, contract=without_seals.contract)
    with refused("signing.plan", "须填写手机号"):
        home.start((replace(BY_TEXT[0], phone=""), SHORT[1]))
    with refused("signing.plan", "手机号“555”的写法有误"):
        home.start((replace(BY_TEXT[0], phone="555"), SHORT[1]))
