"""Channels: sealed, tried, used by policies, and left for the next one where they fail for good."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pytest

from app.domain.channels import ChannelKind, Posting, Target
from app.domain.errors import InputError
from app.domain.messages import Mail, MailRefused, MailUndelivered
from app.domain.permissions import Forbidden
from app.domain.reminders import MAIL, Level, Policy, Topic
from app.services.carrying import Carrier
from app.services.channelling import NewChannel, add_channel, list_channels, switch_channel, try_channel
from app.services.outbox import deliver_outbox
from app.services.reminder_rules import Place, set_policy
from app.services.reminder_views import dates_of_contract, notices_unheard
from app.store.channels import find_channel
from app.store.outbox import messages
from app.store.vault import Vault
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, NOW, OTHER, ensure
from tests.services.test_reminding import POST, add_contract, morning, put, round_at, subject

VAULT = Vault(b"k" * 32)
ADDRESS = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=top-secret"
DUE = date(2027, 3, 17)
DAY = DUE - timedelta(5)


@dataclass
class Platform:
    """Stands in for the platforms' network: what was posted, and how it answers."""

    refusal: Exception | None = None
    posted: list[tuple[Target, Posting]] = field(default_factory=list)

    def post(self, target: Target, posting: Posting) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.posted.append((target, posting))


@dataclass
class MailServer:
    refusal: Exception | None = None
    sent: list[Mail] = field(default_factory=list)

    def send(self, mail: Mail) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.sent.append(mail)


@dataclass
class House:
    units: Units
    platform: Platform = field(default_factory=Platform)
    mail: MailServer = field(default_factory=MailServer)
    channel: str = ""

    def deliver(self, now: datetime) -> None:
        carrier = Carrier(self.units, lambda: now, VAULT, self.platform, POST)
        deliver_outbox(self.units, self.mail, lambda: now, others=carrier)


@pytest.fixture
def house(units: Units) -> House:
    """A contract whose payments go to a robot first."""
    made = House(units)
    with units() as uow:
        ensure(uow, LAWYER, OTHER)
        add_contract(uow.session, "c1", "SHFW-2026-0001")
        uow.commit()
    with units() as uow:
        made.channel = add_channel(uow, LAWYER, NOW, VAULT, NewChannel(ChannelKind.WECOM, "法务群", ADDRESS))
    with units() as uow:
        set_policy(uow, LAWYER, NOW, Place(Level.HOUSE), Topic.PAYMENT, Policy((-5,), channels=(made.channel, MAIL)))
    put(units, subject("c1"), DUE)
    return made


def test_addresses_lie_sealed_and_open_at_their_own_row_alone(house: House) -> None:
    with house.units() as uow:
        row = find_channel(uow.session, house.channel)
        assert row is not None
        assert "top-secret" not in row.address
        assert VAULT.open(row.address, f"channel {row.id} address") == ADDRESS
        assert not any("secret" in str(v) for v in list_channels(uow, LAWYER)[0].__class__.__slots__)


def test_a_reminder_goes_to_the_group_without_links_that_decide(house: House) -> None:
    round_at(house.units, morning(DAY))
    house.deliver(morning(DAY))
    (target, posting), *rest = house.platform.posted
    assert (target.address, rest) == (ADDRESS, [])
    assert "SHFW-2026-0001" in posting.text
    assert "/decide/" not in posting.text
    assert house.mail.sent == []
    with house.units() as uow:
        (line,) = dates_of_contract(uow, LAWYER, DAY, "c1").ahead
    assert line.last is not None
    assert (line.channel, line.last.channel, line.last.result) == ("法务群", "法务群", "已送达")


def test_what_a_channel_refuses_for_good_goes_by_the_next_one_at_once(house: House) -> None:
    house.platform.refusal = MailRefused("企业微信群机器人拒收：93000")
    round_at(house.units, morning(DAY))
    house.deliver(morning(DAY))
    assert [m.recipient for m in house.mail.sent] == ["lawyer@example.com"]
    with house.units() as uow:
        assert [c.problem for c in list_channels(uow, LAWYER)] == ["企业微信群机器人拒收：93000"]
        assert {m.state for m in messages(uow.session)} == {"failed", "sent"}


def test_a_channel_that_is_down_is_tried_again_with_back_off_before_it_is_given_up(house: House) -> None:
    house.platform.refusal = MailUndelivered("连接不到")
    now = morning(DAY)
    round_at(house.units, now)
    for hours in (0, 1, 2, 3, 6, 12, 24, 48, 72, 96):
        house.deliver(now + timedelta(hours=hours))
        if hours < 48:
            assert house.mail.sent == []
    assert len(house.mail.sent) == 1


def test_where_every_channel_failed_a_person_sees_it(house: House) -> None:
    house.platform.refusal, house.mail.refusal = MailRefused("x"), MailRefused("收件人被拒")
    round_at(house.units, morning(DAY))
    house.deliver(morning(DAY))
    with house.units() as uow:
        (unheard,) = notices_unheard(uow, LAWYER)
    assert (unheard.number, unheard.title) == ("SHFW-2026-0001", "2027年1月服务费")


def test_a_confidential_contract_is_not_named_in_a_group(house: House) -> None:
    with house.units() as uow:
        add_contract(uow.session, "c2", "SHFW-2026-0002", confidential=True)
        uow.commit()
    put(house.units, subject("c2", "p2"), DUE)
    round_at(house.units, morning(DAY))
    house.deliver(morning(DAY))
    text = house.platform.posted[0][1].text
    assert "一份保密合同" in text
    assert "0002" not in text


def test_a_channel_that_is_switched_off_is_passed_over(house: House) -> None:
    with house.units() as uow:
        revision = list_channels(uow, LAWYER)[0].revision
        switch_channel(uow, LAWYER, NOW, house.channel, revision, active=False)
    round_at(house.units, morning(DAY))
    house.deliver(morning(DAY))
    assert len(house.mail.sent) == 1


def test_a_trial_says_why_it_failed_and_the_list_keeps_it(house: House) -> None:
    with house.units() as uow:
        assert try_channel(uow, LAWYER, NOW, VAULT, house.platform, house.channel) == ""
    house.platform.refusal = MailUndelivered("连接不到")
    with house.units() as uow:
        assert try_channel(uow, LAWYER, NOW, VAULT, house.platform, house.channel) == "连接不到"
    with house.units() as uow:
        assert list_channels(uow, LAWYER)[0].problem == "连接不到"


def test_a_channel_is_added_by_who_keeps_reminders_and_every_fault_is_named(house: House) -> None:
    with house.units() as uow, pytest.raises(Forbidden):
        add_channel(uow, OTHER, NOW, VAULT, NewChannel(ChannelKind.WECOM, "x", ADDRESS))
    with house.units() as uow, pytest.raises(InputError) as refused:
        add_channel(uow, LAWYER, NOW, VAULT, NewChannel(ChannelKind.WEBHOOK, "法务群", "http://a.example", "x"))
    assert [f.path for f in refused.value.faults] == ["address", "secret", "name"]
