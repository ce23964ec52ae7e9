"""Policies at three levels, the dates of the house, the heartbeat, personal calendars, and contracts without a date."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from app.domain.errors import InputError
from app.domain.organisations import Licence
from app.domain.permissions import Actor, Forbidden, Role
from app.domain.reminders import DEFAULTS, Level, Policy, Topic
from app.notify.mail_texts import write_mail
from app.services.calendar_feeds import make_feed, read_feed, revoke_feed
from app.services.heartbeat import beat, stopped_since
from app.services.raising import raise_due
from app.services.registering import change_organisation, create_organisation
from app.services.reminder_rules import Place, drop_policy, keep_house_dates, read_policies, set_policy
from app.services.reminder_views import contracts_undated, dates_ahead, dates_of_contract
from app.store.outbox import messages
from app.store.reminders import ReminderNoticeRow, find_subject, settings_row, subjects_with_prefix
from app.store.users import find_user
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, NOW, OTHER, ensure, later, organisation, user
from tests.services.sharing import both_databases
from tests.services.test_reminding import CALENDAR, DUE, add_contract, morning, put, round_at, subject

pytestmark = both_databases

KEEPER = Actor("管理员", "keeper", frozenset({Role.SYSTEM_ADMINISTRATOR}))


@pytest.fixture
def contract(units: Units) -> str:
    with units() as uow:
        ensure(uow, LAWYER, OTHER, KEEPER)
        add_contract(uow.session, "c1", "SHFW-2026-0001")
        uow.commit()
    return "c1"


def test_a_nearer_policy_moves_the_reminders_and_inheriting_brings_them_back(units: Units, contract: str) -> None:
    put(units, subject(contract), DUE)
    round_at(units, NOW)

    def next_on() -> date | None:
        round_at(units, NOW)
        with units() as uow:
            return dates_of_contract(uow, LAWYER, NOW.date(), contract).ahead[0].next_on

    assert next_on() == DUE - timedelta(5)
    for place, days in (
        (Place(Level.HOUSE), -6),
        (Place(Level.FORM, "after_sales_outsourcing"), -8),
        (Place(Level.CONTRACT, contract), -9),
    ):
        with units() as uow:
            set_policy(uow, LAWYER, NOW, place, Topic.PAYMENT, Policy((days,), working_days=False))
        assert next_on() == DUE + timedelta(days)
    with units() as uow:
        line = next(p for p in read_policies(uow, LAWYER, Place(Level.CONTRACT, contract)) if p.topic is Topic.PAYMENT)
    assert (line.own, line.inherited.level, line.inherited.policy.days) == (True, Level.FORM, (-8,))
    with units() as uow:
        drop_policy(uow, LAWYER, NOW, Place(Level.CONTRACT, contract), Topic.PAYMENT)
    assert next_on() == DUE - timedelta(8)


def test_the_renewal_can_neither_go_unreminded_nor_be_reminded_of_too_late(units: Units, contract: str) -> None:
    for days in ((), (-30, 1)):
        with units() as uow, pytest.raises(InputError):
            set_policy(uow, LAWYER, NOW, Place(Level.HOUSE), Topic.RENEWAL, Policy(days))
    with units() as uow, pytest.raises(Forbidden):
        set_policy(uow, OTHER, NOW, Place(Level.HOUSE), Topic.RENEWAL, DEFAULTS[Topic.RENEWAL])


def test_the_house_is_reminded_of_its_own_parameters(units: Units, contract: str) -> None:
    with units() as uow:
        keep_house_dates(uow, NOW, date(2026, 10, 1), CALENDAR)
    with units() as uow:
        found = {
            t: find_subject(uow.session, t.value, i)
            for t, i in ((Topic.LPR, "house"), (Topic.LAW_STATUS, "house"), (Topic.HOLIDAYS, "2027"))
        }
        assert [row and row.due_on for row in found.values()] == [date(2026, 12, 1), date(2027, 3, 31), None]
    with units() as uow:
        keep_house_dates(uow, NOW, date(2026, 11, 2), CALENDAR)
        row = find_subject(uow.session, "holidays", "2027")
        assert row is not None
        assert row.due_on == date(2026, 11, 4)
        settings_row(uow.session).lpr_on = date(2026, 11, 1)
        uow.commit()
    with units() as uow:
        keep_house_dates(uow, NOW, date(2026, 11, 2), CALENDAR)
        lpr = find_subject(uow.session, "lpr", "house")
        assert lpr is not None
        assert lpr.due_on == date(2027, 1, 1)


def test_nothing_is_raised_while_the_house_has_no_account_and_nothing_is_lost(units: Units) -> None:
    with units() as uow:
        keep_house_dates(uow, NOW, date(2026, 11, 29), CALENDAR)
        uow.commit()
    soon = NOW + timedelta(days=30)
    assert raise_due(units, soon, CALENDAR).raised == 0
    with units() as uow:
        keeper = user(uow, "zhao", "赵管理", Role.CONTRACT_ADMINISTRATOR)
        uow.commit()
    assert raise_due(units, soon, CALENDAR).raised > 0
    with units() as uow:
        assert {n.user_id for n in uow.session.scalars(select(ReminderNoticeRow))} == {keeper.id}


def test_licences_that_end_soon_are_reminded_of_until_they_are_prolonged(units: Units, contract: str) -> None:
    ending = Licence("增值电信业务经营许可证", "京B2-1", valid_until=date(2027, 3, 1))
    with units() as uow:
        made = create_organisation(uow, LAWYER, NOW, organisation(licences=(ending,)))

    def due(today: date) -> list[date | None]:
        with units() as uow:
            keep_house_dates(uow, NOW, today, CALENDAR)
        with units() as uow:
            return [s.due_on for s in subjects_with_prefix(uow.session, "licence", made)]

    assert due(date(2026, 10, 1)) == []
    assert due(date(2026, 12, 1)) == [date(2027, 3, 1)]
    with units() as uow:
        change_organisation(uow, LAWYER, NOW, made, 1, organisation(licences=(replace(ending, valid_until=date(2032, 3, 1)),)))
    assert due(date(2026, 12, 2)) == []


def test_a_clock_that_stopped_is_seen_meanwhile_and_told_once_it_runs_again(units: Units, contract: str) -> None:
    def tick(minutes: int) -> bool:
        with units() as uow:
            return beat(uow, later(minutes), write_mail, "http://localhost/outbox/")

    assert [tick(m) for m in (0, 1, 9)] == [False, False, False]
    with units() as uow:
        assert stopped_since(uow, later(15)) is None
        assert stopped_since(uow, later(60)) == later(9)
    assert tick(60 * 24 * 40) is True
    assert tick(60 * 24 * 40 + 1) is False
    assert tick(60 * 24 * 40 - 59) is False  # set back an hour
    with units() as uow:
        (mail,) = messages(uow.session)
        assert mail.subject == "成约：后台任务停止了 40.0 天，现已恢复"
        assert mail.recipient == "keeper@example.com"


def test_a_personal_calendar_shows_what_its_owner_may_read_until_it_is_revoked(units: Units, contract: str) -> None:
    put(units, subject(contract), DUE)
    with units() as uow:
        add_contract(uow.session, "c2", "SHFW-2026-0002", OTHER.id)
        uow.commit()
    put(units, subject("c2", "p2"), DUE)
    with units() as uow:
        first = make_feed(uow, LAWYER, NOW)
    with units() as uow:
        second = make_feed(uow, LAWYER, NOW)
    today = morning(DUE).date()
    with units() as uow:
        assert read_feed(uow, today, "http://localhost", first) is None
        found = read_feed(uow, today, "http://localhost", second)
        assert found is not None
        assert [e.title for e in found[1]] == ["付款到期日：SHFW-2026-0001 2027年1月服务费"]
        find_user(uow.session, LAWYER.id).active = False  # type: ignore[union-attr]
        assert read_feed(uow, today, "http://localhost", second) is None
    with units() as uow:
        revoke_feed(uow, LAWYER, NOW)
    with units() as uow:
        assert read_feed(uow, today, "http://localhost", second) is None


def test_contracts_in_force_without_a_date_are_listed_with_the_reason(units: Units, contract: str) -> None:
    with units() as uow:
        add_contract(uow.session, "c2", "SHFW-2026-0002", OTHER.id, confidential=True)
        uow.commit()
    put(units, subject(contract), DUE)  # a payment is no date of the term
    with units() as uow:
        assert [(u.number, u.why) for u in contracts_undated(uow, LAWYER, CALENDAR)] == [
            ("SHFW-2026-0001", "合同 SHFW-2026-0001 没有冻结的文本，无法计算期限。请先保存版本。")
        ]
    put(units, subject(contract, "c1:0", Topic.EXPIRY), date(2027, 12, 31))
    with units() as uow:
        assert contracts_undated(uow, LAWYER, CALENDAR) == ()


def test_the_list_shows_each_one_only_what_he_may_read_and_what_is_his(units: Units, contract: str) -> None:
    with units() as uow:
        add_contract(uow.session, "c2", "SHFW-2026-0002", OTHER.id, confidential=True)
        uow.commit()
    put(units, subject(contract), DUE)
    put(units, subject("c2", "p2"), DUE)
    round_at(units, NOW)
    with units() as uow:
        assert [x.contract_number for x in dates_ahead(uow, LAWYER, mine=False)] == ["SHFW-2026-0001"]
        assert [x.contract_number for x in dates_ahead(uow, OTHER, mine=True)] == ["SHFW-2026-0002"]
        assert len(dates_ahead(uow, OTHER, mine=False)) == 2
