"""A reminder from its date to its group: over real servers that check each platform's payload and signature, and down the list of channels."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from app.domain.channels import ChannelKind
from app.domain.reminders import MAIL, Level, Policy, Topic
from app.notify.mail import Smtp
from app.notify.robots import Robots
from app.services.carrying import Carrier
from app.services.channelling import NewChannel, add_channel, list_channels
from app.services.outbox import Delivery, deliver_outbox
from app.services.reminder_rules import Place, set_policy
from app.services.reminder_views import dates_of_contract, notices_unheard
from app.store.outbox import messages
from app.store.vault import Vault
from tests.notify.test_robots import NOW as SERVER_TIME
from tests.notify.test_robots import SECRET, Platform, platform
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, NOW, ensure
from tests.services.mail_server import MailServer, mail_server
from tests.services.test_reminding import POST, add_contract, morning, put, round_at, subject

__all__ = ["platform"]
VAULT = Vault(b"k" * 32)
DUE = date(2027, 3, 17)
ORDER = (ChannelKind.WECOM, ChannelKind.DINGTALK, ChannelKind.FEISHU, ChannelKind.WEBHOOK)
GONE = (200, b'{"errcode": 93000, "errmsg": "invalid webhook url"}')
"""What WeCom says of a robot that was removed."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[MailServer]:
    with mail_server(tmp_path, encrypted=False) as running:
        yield running


@dataclass
class House:
    units: Units
    platform: Platform
    server: MailServer
    channels: dict[ChannelKind, str] = field(default_factory=dict)

    def deliver(self, now: datetime) -> Delivery:
        # The platforms' own clock is part of their signatures.
        carrier = Carrier(self.units, lambda: now, VAULT, Robots(lambda: SERVER_TIME), POST)
        mailer = Smtp("127.0.0.1", self.server.port, "none", "a@example.com")
        return deliver_outbox(self.units, mailer, lambda: now, others=carrier)

    def posted(self) -> list[str]:
        return [path.partition("?")[0].strip("/") for path, _, _ in self.platform.posted]


@pytest.fixture
def house(units: Units, platform: Platform, server: MailServer) -> House:
    """A contract whose payments go to each platform in turn, and by mail at last."""
    made = House(units, platform, server)
    with units() as uow:
        ensure(uow, LAWYER)
        add_contract(uow.session, "c1", "SHFW-2026-0001")
        uow.commit()
    for kind in ORDER:
        new = NewChannel(
            kind, f"群{kind.value}", f"{platform.url}/{kind.value}?key=k", SECRET if kind is not ChannelKind.WECOM else ""
        )
        with units() as uow:
            made.channels[kind] = add_channel(uow, LAWYER, NOW, VAULT, new, local_allowed=True)
    with units() as uow:
        ways = (*(made.channels[kind] for kind in ORDER), MAIL)
        set_policy(uow, LAWYER, NOW, Place(Level.HOUSE), Topic.PAYMENT, Policy((-5,), channels=ways))
    put(units, subject("c1"), DUE)
    round_at(units, morning(DUE - timedelta(5)))
    return made


@pytest.mark.parametrize("refusals", range(len(ORDER) + 1))
def test_what_is_refused_for_good_goes_on_until_a_channel_takes_it(house: House, refusals: int) -> None:
    refused = [
        GONE,
        (200, b'{"errcode": 310000, "errmsg": "sign not match"}'),
        (200, b'{"code": 19001, "msg": "param invalid"}'),
        (410, b""),
    ]
    house.platform.answers = refused[:refusals]
    day = morning(DUE - timedelta(5))
    house.deliver(day)
    assert house.posted() == [kind.value for kind in ORDER[: refusals + 1]]
    assert len(house.server.post.arrived) == (refusals == len(ORDER))
    with house.units() as uow:
        states = sorted(m.state for m in messages(uow.session))
        (line,) = dates_of_contract(uow, LAWYER, day.date(), "c1").ahead
        problems = [c.name for c in list_channels(uow, LAWYER) if c.problem]
        assert notices_unheard(uow, LAWYER) == ()
    assert states == ["failed"] * refusals + ["sent"]
    assert line.last is not None
    assert line.last.result == "已送达"
    assert line.last.channel == ("邮件" if refusals == len(ORDER) else f"群{ORDER[refusals].value}")
    assert problems == [f"群{kind.value}" for kind in sorted(ORDER[:refusals], key=lambda k: f"群{k.value}")]
    assert all(
        "SHFW-2026-0001" in body.decode() or "SHFW-2026-0001" in str(json.loads(body)) for _, _, body in house.platform.posted
    )


def test_a_platform_that_is_busy_is_asked_again_and_nobody_else_is_told_meanwhile(house: House) -> None:
    house.platform.answers = [(500, b""), (429, b"")]
    day = morning(DUE - timedelta(5))
    for hours in (0, 1, 2):
        house.deliver(day + timedelta(hours=hours))
    assert house.posted() == ["wecom"] * 3
    assert house.server.post.arrived == []


def test_where_the_mail_is_refused_too_a_person_sees_it(house: House) -> None:
    house.platform.answers = [GONE, GONE, (404, b""), (410, b"")]
    house.server.post.answers = ["554 no"]
    house.deliver(morning(DUE - timedelta(5)))
    with house.units() as uow:
        (unheard,) = notices_unheard(uow, LAWYER)
    assert unheard.number == "SHFW-2026-0001"
