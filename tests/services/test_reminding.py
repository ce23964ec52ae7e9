"""Reminders from the date to the message: planned, raised once, moved along with their date, told in one digest a day."""

from __future__ import annotations

import json
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import Engine, select

from app.domain.errors import InputError
from app.domain.permissions import Role
from app.domain.reminders import Topic, recipients
from app.domain.term import BEIJING
from app.library.calendars import load_calendar
from app.notify.calendar import write_calendar
from app.notify.mail_texts import write_mail
from app.services.raising import raise_due
from app.services.reminding import Subject, close_dates, set_date, set_dates, snooze
from app.services.telling import Post, tell_people
from app.store.audit import entries_of
from app.store.contracts import ContractRow
from app.store.outbox import OutboxRow, messages
from app.store.reminders import ReminderNoticeRow, ReminderRow, find_subject, person_row, settings_row
from app.store.users import find_user
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER, NOW, OTHER, ensure, user
from tests.services.sharing import both_databases

CALENDAR = load_calendar()
POST = Post(write_mail, write_calendar, "http://localhost:8000", b"key")


def morning(day: date, hour: int = 8, minute: int = 31) -> datetime:
    return datetime.combine(day, time(hour, minute), BEIJING)


def round_at(units: Units, now: datetime) -> int:
    """One round of the clock; how many messages it wrote."""
    raise_due(units, now, CALENDAR)
    return tell_people(units, now, POST)


def mails(units: Units) -> list[OutboxRow]:
    with units() as uow:
        found = messages(uow.session)[::-1]
        uow.session.expunge_all()
        return found


@pytest.fixture
def contract(units: Units) -> str:
    with units() as uow:
        ensure(uow, LAWYER, OTHER)
        add_contract(uow.session, "c1", "SHFW-2026-0001")
        uow.commit()
    return "c1"


def add_contract(session: object, contract_id: str, number: str, owner: str = LAWYER.id, *, confidential: bool = False) -> None:
    session.add(  # type: ignore[attr-defined]
        ContractRow(
            id=contract_id, number=number, form="after_sales_outsourcing", title="售后服务外包合同", stage="active", owner_id=owner,
            confidential=confidential, created_at=NOW, updated_at=NOW, updated_by="x",
        )
    )  # fmt: skip


def subject(contract: str | None, ident: str = "p1", topic: Topic = Topic.PAYMENT, **more: object) -> Subject:
    return Subject(topic, ident, "2027年1月服务费", f"/contracts/{contract}/", contract, **more)  # type: ignore[arg-type]


def put(units: Units, about: Subject, due: date | None, now: datetime = NOW) -> None:
    with units() as uow:
        set_date(uow, LAWYER, now, about, due)
        uow.commit()


DUE = date(2027, 3, 17)  # a Wednesday: −5 falls on a Friday, +1 on a Thursday


def test_each_moment_is_told_once_on_its_day_however_often_the_clock_wakes(units: Units, contract: str) -> None:
    put(units, subject(contract), DUE)
    told = []
    for ahead in (-6, -5, -4, -2, -1, 0, 1, 2, 6, 7, 14, 15, 16, 30, 31):
        day = DUE + timedelta(ahead)
        told += [ahead for _ in range(2) if round_at(units, morning(day))]
    # Saturday and Sunday are no days for it: +15 is Thursday 1 April, +30 Friday 16 April.
    assert told == [-5, -1, 1, 7, 15, 30]
    sent = mails(units)
    assert len({m.key for m in sent}) == 6
    assert (
        sent[0].subject == "成约：合同 SHFW-2026-0001《售后服务外包合同》 2027年1月服务费（付款到期日 2027年3月17日，还有 5 天）"
    )
    assert "BEGIN:VCALENDAR" in sent[0].calendar


def test_nothing_is_told_before_the_hour_of_sending_nor_in_quiet_hours(units: Units, contract: str) -> None:
    put(units, subject(contract), DUE)
    day = DUE - timedelta(5)
    assert round_at(units, morning(day, 8, 29)) == 0
    assert round_at(units, morning(day, 22, 0)) == 0  # a clock that was late
    assert round_at(units, morning(day, 23, 0)) == 0
    assert round_at(units, morning(day + timedelta(1), 8, 1)) == 1


def test_after_an_outage_the_newest_of_the_missed_moments_is_told_and_the_others_are_folded(units: Units, contract: str) -> None:
    put(units, subject(contract), DUE)
    assert round_at(units, morning(DUE + timedelta(8))) == 1
    assert "已过 8 天" in mails(units)[0].subject
    with units() as uow:
        rows = uow.session.scalars(select(ReminderRow).order_by(ReminderRow.on_day)).all()
        assert [(r.step, r.state) for r in rows if r.at is None] == [
            ("-5", "folded"), ("-1", "folded"), ("+1", "folded"), ("+7", "raised"),
        ]  # fmt: skip


def test_a_moved_date_takes_its_reminders_along_and_who_was_reminded_is_told(units: Units, contract: str) -> None:
    put(units, subject(contract), DUE)
    round_at(units, morning(DUE - timedelta(5)))
    put(units, subject(contract), date(2027, 6, 30), morning(DUE - timedelta(4)))
    assert round_at(units, morning(DUE - timedelta(4))) == 1
    assert "日期有变动：上次提醒的是 2027年3月17日，现为 2027年6月30日" in mails(units)[-1].text
    assert round_at(units, morning(DUE - timedelta(1))) == 0
    assert round_at(units, morning(date(2027, 6, 25))) == 1
    with units() as uow:
        moved = [json.loads(e.data) for e in entries_of(uow.session, contract) if e.action == "reminder.moved"]
    assert [(m["before"], m["after"]) for m in moved] == [("2027-03-17", "2027-06-30")]


def test_a_date_that_moves_back_is_not_told_twice(units: Units, contract: str) -> None:
    put(units, subject(contract), DUE)
    round_at(units, morning(DUE - timedelta(5)))
    put(units, subject(contract), date(2027, 6, 30))
    put(units, subject(contract), DUE)
    assert round_at(units, morning(DUE - timedelta(4))) == 0


def test_what_is_done_with_is_not_told_even_when_it_waits_already(units: Units, contract: str) -> None:
    put(units, subject(contract), DUE)
    raise_due(units, morning(DUE - timedelta(5)), CALENDAR)
    with units() as uow:
        close_dates(uow, LAWYER, NOW, Topic.PAYMENT, "p")
        uow.commit()
    assert round_at(units, morning(DUE - timedelta(5))) == 0
    assert round_at(units, morning(DUE + timedelta(40))) == 0


def test_one_person_gets_one_digest_a_day_and_what_presses_does_not_wait(units: Units, contract: str) -> None:
    for number in range(3):
        put(units, subject(contract, f"p{number}"), DUE)
    friday = DUE - timedelta(5)
    assert round_at(units, morning(friday)) == 1
    assert mails(units)[0].text.count("付款到期日") == 3
    put(units, subject(contract, "later"), DUE)
    assert round_at(units, morning(friday, 14)) == 0
    put(units, subject(contract, "pressing"), friday + timedelta(1))
    assert round_at(units, morning(friday, 15)) == 1
    assert round_at(units, morning(friday + timedelta(3))) == 1  # Monday: the one that waited


def test_a_snooze_is_quiet_until_its_day_and_says_so_in_the_log(units: Units, contract: str) -> None:
    put(units, subject(contract), DUE)
    with units() as uow:
        row = find_subject(uow.session, "payment", "p1")
        assert row is not None
        row_id = row.id
        with pytest.raises(InputError) as refused:
            snooze(uow, LAWYER, NOW, date(2027, 3, 1), row_id, date(2027, 2, 1), "")
        assert [f.path for f in refused.value.faults] == ["until", "reason"]
    with units() as uow:
        snooze(uow, LAWYER, NOW, date(2027, 3, 1), row_id, date(2027, 3, 22), "等待发票")
    told = [a for a in range(-6, 9) if round_at(units, morning(DUE + timedelta(a)))]
    assert told == [5, 7]
    with units() as uow:
        assert [e.action for e in entries_of(uow.session, contract)].count("reminder.snoozed") == 1


def test_the_undecided_escalates_and_a_closed_account_is_stood_in_for(units: Units, contract: str) -> None:
    with units() as uow:
        head = user(uow, "head", "陈总监", Role.APPROVER)
        uow.session.flush()
        settings_row(uow.session).head_id = head.id
        person_row(uow.session, LAWYER.id, make=True).deputy_id = OTHER.id  # type: ignore[union-attr]
        uow.commit()
    put(units, subject(contract, topic=Topic.RENEWAL), date(2027, 9, 1))
    for ahead in (-90, -60, -30, -7):
        round_at(units, morning(date(2027, 9, 1) + timedelta(ahead)))
    by_person = {p: sum(m.recipient.startswith(p) for m in mails(units)) for p in ("lawyer", "other", "head")}
    assert by_person == {"lawyer": 4, "other": 2, "head": 1}
    with units() as uow:
        find_user(uow.session, LAWYER.id).active = False  # type: ignore[union-attr]
        uow.commit()
    put(units, subject(contract), DUE + timedelta(365))
    round_at(units, morning(DUE + timedelta(360)))
    assert {m.recipient.partition("@")[0] for m in mails(units)[-2:]} == {"other", "head"}
    assert "负责人的账号已停用" in mails(units)[-1].text


@both_databases
def test_of_a_confidential_contract_only_who_may_read_it_is_told_and_the_untold_is_kept(units: Units, contract: str) -> None:
    with units() as uow:
        add_contract(uow.session, "c2", "SHFW-2026-0002", OTHER.id, confidential=True)
        find_user(uow.session, OTHER.id).active = False  # type: ignore[union-attr]
        uow.commit()
    put(units, subject("c2"), DUE)
    assert round_at(units, morning(DUE - timedelta(5))) == 0
    with units() as uow:
        assert [n.state for n in uow.session.scalars(select(ReminderNoticeRow))] == ["untold"]


def test_setting_the_same_date_again_changes_nothing(units: Units, contract: str) -> None:
    put(units, subject(contract), DUE)
    round_at(units, NOW)
    put(units, subject(contract), DUE)
    with units() as uow:
        row = find_subject(uow.session, "payment", "p1")
        assert row is not None
        assert row.plan_from is None


def test_many_dates_set_at_once_are_set_as_one_after_the_other(units: Units, contract: str) -> None:
    moved, closed, new = (subject(contract, ident) for ident in ("p1", "p2", "p3"))
    bill = subject(contract, "p1", Topic.OBLIGATION)
    for about in (moved, closed, bill):
        put(units, about, DUE)
    round_at(units, NOW)
    later, last = DUE + timedelta(days=7), DUE + timedelta(days=9)
    with units() as uow:
        row = find_subject(uow.session, "payment", "p1")
        assert row is not None
        row.snoozed_until, row.snooze_reason, row.snoozed_by = DUE, "等待预算", "x"
        uow.commit()
    with units() as uow:
        nothing = subject(contract, "p4")
        set_dates(
            uow, LAWYER, NOW, [(new, DUE), (moved, later), (closed, None), (nothing, None), (bill, DUE), (new, later), (moved, last)]
        )  # fmt: skip
        uow.commit()
    with units() as uow:
        found = {name: find_subject(uow.session, "payment", name) for name in ("p1", "p2", "p3", "p4")}
        assert {name: row and row.due_on for name, row in found.items()} == {"p1": last, "p2": None, "p3": later, "p4": None}
        assert found["p4"] is None
        assert found["p1"] is not None
        assert (found["p1"].snoozed_until, found["p1"].snooze_reason, found["p1"].plan_from) == (None, "", NOW)
        planned = uow.session.scalars(select(ReminderRow).where(ReminderRow.state == "planned"))
        assert {row.subject_id for row in planned} == {find_subject(uow.session, "obligation", "p1").id}  # type: ignore[union-attr]
        told = [json.loads(e.data) for e in entries_of(uow.session, contract) if e.action == "reminder.moved"]
        assert [(x["before"], x["after"]) for x in told] == [
            (DUE.isoformat(), later.isoformat()), (DUE.isoformat(), ""), (DUE.isoformat(), later.isoformat()),
            (later.isoformat(), last.isoformat()),
        ]  # fmt: skip


def test_a_clock_set_back_an_hour_tells_nothing_again(units: Units, contract: str) -> None:
    put(units, subject(contract), DUE)
    day = DUE - timedelta(5)
    assert round_at(units, morning(day, 9)) == 1
    assert round_at(units, morning(day, 8, 35)) == 0
    assert round_at(units, morning(day, 9, 30)) == 0


@both_databases
def test_two_clocks_at_once_raise_each_moment_once(units: Units, engine: Engine, contract: str) -> None:
    import threading

    for number in range(25):
        put(units, subject(contract, f"p{number}"), DUE)
    now = morning(DUE - timedelta(5))
    both = [threading.Thread(target=round_at, args=(units, now)) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    with units() as uow:
        told = list(uow.session.scalars(select(ReminderNoticeRow.state)))
    assert told == ["told"] * 25
    assert sum(m.text.count("付款到期日：") for m in mails(units)) == 25


def test_a_fault_with_one_date_keeps_no_other_waiting(units: Units, contract: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.services import raising

    for number in range(3):
        put(units, subject(contract, f"p{number}"), DUE)
    with units() as uow:
        broken = find_subject(uow.session, "payment", "p1")
        assert broken is not None
        broken_id = broken.id
    calls = {"last": ""}

    def looked(*arguments: object) -> object:
        if calls["last"] == broken_id:
            raise ZeroDivisionError
        return recipients(*arguments)  # type: ignore[arg-type]

    tell = raising._tell

    def watched(*arguments: object) -> None:
        calls["last"] = arguments[6].id  # type: ignore[attr-defined]
        tell(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("app.services.raising.recipients", looked)
    monkeypatch.setattr(raising, "_tell", watched)
    day = morning(DUE - timedelta(5))
    assert raise_due(units, day, CALENDAR).raised == 2
    monkeypatch.undo()
    assert raise_due(units, day, CALENDAR).raised == 1
