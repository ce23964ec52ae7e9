"""Renewal reminders: counted back from the last safe day, with their reasons, moved along with the term, decided from the message."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta

import pytest

from app.domain.errors import InputError
from app.domain.permissions import Role
from app.domain.reminders import Topic
from app.domain.renewal_decision import Choice
from app.notify.calendar import write_calendar
from app.notify.mail_texts import write_mail
from app.services.decision_links import LinkSpent
from app.services.link_deciding import Entered, SignInFirst, decide_by_link, read_link
from app.services.raising import raise_due
from app.services.renewal import decide
from app.services.renewal_reminding import work_out_waiting
from app.services.telling import Post, tell_people
from app.store.audit import entries_of
from app.store.reminders import moments_of, subjects_of_contract
from app.store.users import find_user
from tests.services.fixtures import LAWYER
from tests.services.living import OFFICIAL, House, d, in_force
from tests.services.snapshots import filled

house = filled(in_force)
KEY = b"link key"
POST = Post(write_mail, write_calendar, "http://localhost:8000", KEY)
SAFE = d("2026-10-27")
"""The term ends on 2026-12-31; notice of 60 days must arrive by Friday 2026-10-30; express counts as arrived after three days."""


def tick(house: House) -> int:
    work_out_waiting(house.units, house.now, house.today, OFFICIAL)
    raise_due(house.units, house.now, OFFICIAL)
    return tell_people(house.units, house.now, POST)


def planned(house: House, topic: Topic) -> list[str]:
    """Days on which somebody will be reminded of an open date."""
    with house.units() as uow:
        rows = [r for r in subjects_of_contract(uow.session, house.contract_id) if r.topic == topic.value and r.due_on]
        return [m.on_day.isoformat() for m in moments_of(uow.session, [r.id for r in rows]) if m.at]


def links(text: str) -> dict[str, tuple[str, str, str]]:
    return {found[1]: (found[0], found[1], found[2]) for found in re.findall(r"/decide/(\w+)/(\w+)/([\w-]+)", text)}


def reminded(house: House, day: str = "2026-09-24") -> dict[str, tuple[str, str, str]]:
    """The links of the reminder that goes out on that day."""
    house.at(day)
    assert tick(house) == 1
    return links(house.mails()[0].text)


def test_renewal_reminders_count_back_from_the_last_safe_day_and_carry_their_reasons(house: House) -> None:
    house.at("2026-01-06")
    assert tick(house) == 0
    days = planned(house, Topic.RENEWAL)
    assert days == ["2026-07-29", "2026-08-28", "2026-09-24", "2026-10-20"]  # the 27th of September is a holiday, too
    reminded(house)
    mail = house.mails()[0]
    for line in (
        "届满日：2026年12月31日", "通知截止日（到达）：2026年10月30日", "最晚安全寄送日：2026年10月27日（以邮政特快专递寄给甲方）",
        "不作决定的后果：期满自动续约至2027年12月31日。", "· 届满前的通知期：自2026年12月31日往前数60个自然日",
    ):  # fmt: skip
        assert line in mail.text
    assert list(links(mail.text)) == ["renew", "renegotiate", "not_renew", "later"]
    assert mail.contract_id == house.contract_id


def test_opening_a_link_changes_nothing_and_its_form_decides_and_drafts_the_paper_once(house: House) -> None:
    link = reminded(house)["not_renew"]
    for _ in range(3):  # a mail scanner, the preview, the person
        with house.units() as uow:
            page = read_link(uow, house.now, house.today, OFFICIAL, KEY, *link)
            assert not uow.session.dirty
    assert (page.label, page.offer.papers[0].label if page.offer else "") == ("不续约", "不续约通知")
    assert house.desk().decision is None
    with house.units() as uow:
        told = decide_by_link(uow, house.now, house.today, OFFICIAL, KEY, *link, Entered(page.revision, "改由内部团队承接"))
    assert told == f"已记录决定“不续约”，已起草 {page.number}-BX-01。请登录后在合同的“期限”页继续办理。"
    decision = house.desk().decision
    assert decision is not None
    assert (decision.choice, decision.decided_by) == (Choice.NOT_RENEW, LAWYER.name)
    with house.units() as uow:
        entry = next(json.loads(e.data) for e in entries_of(uow.session, house.contract_id) if e.action == "renewal.decided")
        assert entry["via"] == "邮件链接"
    for spent in (link, reminded_again(link)):
        with house.units() as uow, pytest.raises(LinkSpent):
            decide_by_link(uow, house.now, house.today, OFFICIAL, KEY, *spent, Entered(page.revision, "再来一次"))


def reminded_again(link: tuple[str, str, str]) -> tuple[str, str, str]:
    """The same link with another choice written into it."""
    return link[0], "renew", link[2]


def test_after_the_decision_people_are_reminded_of_the_notice_until_it_is_sent(house: House) -> None:
    reminded(house)
    with house.units() as uow:
        decide(
            uow, LAWYER, house.now, house.today, OFFICIAL, house.contract_id, house.view().revision, Choice.NOT_RENEW, "不再外包"
        )
    house.at("2026-10-20")
    assert tick(house) == 1
    mail = house.mails()[0]
    assert f"寄出不续约通知 {house.view().number}-BX-01" in mail.text
    assert not links(mail.text)
    house.send(house.desk().papers[0].id, "2026-10-20")
    tick(house)
    assert planned(house, Topic.RENEWAL) == []


def test_the_reminder_is_put_off_by_link_but_never_beyond_the_last_safe_day(house: House) -> None:
    link = reminded(house)["later"]
    with house.units() as uow, pytest.raises(InputError):
        decide_by_link(uow, house.now, house.today, OFFICIAL, KEY, *link, Entered(0, "等预算", SAFE + timedelta(1)))
    with house.units() as uow:
        told = decide_by_link(uow, house.now, house.today, OFFICIAL, KEY, *link, Entered(0, "等预算", d("2026-10-12")))
    assert told == "已推迟，2026年10月12日再提醒您。"
    assert tick(house.at("2026-09-30")) == 1  # the end of the term, 90 days ahead
    assert not links(house.mails()[0].text)
    assert tick(house.at("2026-10-12")) == 1
    assert links(house.mails()[0].text)


def test_a_link_of_a_closed_account_or_one_with_a_second_factor_decides_nothing(house: House) -> None:
    link = reminded(house)["renew"]
    for change, refusal in (({"totp_secret": "v1.x"}, SignInFirst), ({"totp_secret": "", "active": False}, LinkSpent)):
        with house.units() as uow:
            user = find_user(uow.session, LAWYER.id)
            for name, value in change.items():
                setattr(user, name, value)
            uow.commit()
        with house.units() as uow, pytest.raises(refusal):
            read_link(uow, house.now, house.today, OFFICIAL, KEY, *link)


def test_a_link_with_a_changed_signature_or_of_another_key_is_refused(house: House) -> None:
    link = reminded(house)["renew"]
    with house.units() as uow:
        for wrong in ((link[0], link[1], link[2][:-1] + "A" * 1 + "x"), (link[0], "later", link[2]), ("0" * 32, *link[1:])):
            with pytest.raises(LinkSpent):
                read_link(uow, house.now, house.today, OFFICIAL, KEY, *wrong)
        with pytest.raises(LinkSpent):
            read_link(uow, house.now, house.today, OFFICIAL, b"another", *link)


def test_a_renewed_term_takes_the_reminders_along(house: House) -> None:
    tick(house.at("2026-01-06"))
    before = planned(house, Topic.EXPIRY)
    house.at("2027-01-04").wake()
    tick(house)
    assert before[-1].startswith("2026-12")
    assert planned(house, Topic.EXPIRY)[-1] == "2027-12-24"
    assert all(day > "2027-01-04" for day in planned(house, Topic.RENEWAL) + planned(house, Topic.EXPIRY))


def test_the_ends_of_the_term_are_reminded_of_on_the_days_that_the_contract_promises(house: House) -> None:
    """Section 11.3.3: the system reminds 90, 60, 30 and 7 days before the last day; on the working day before where that is none."""
    tick(house.at("2026-01-06"))
    last = date(2026, 12, 31)
    promised = [last - timedelta(n) for n in (90, 60, 30, 7)]
    assert planned(house, Topic.EXPIRY) == [_working(day).isoformat() for day in promised]


def _working(day: date) -> date:
    while not OFFICIAL.is_working_day(day):
        day -= timedelta(1)
    return day


def test_a_confidential_contract_decides_only_for_who_may_keep_it(house: House) -> None:
    link = reminded(house)["renew"]
    with house.units() as uow:
        user = find_user(uow.session, LAWYER.id)
        assert user is not None
        user.roles = [r for r in user.roles if r.role not in (Role.DRAFTER.value, Role.CONTRACT_ADMINISTRATOR.value)]
        uow.commit()
    from app.domain.permissions import Hidden

    with house.units() as uow, pytest.raises(Hidden):
        read_link(uow, house.now, house.today, OFFICIAL, KEY, *link)
