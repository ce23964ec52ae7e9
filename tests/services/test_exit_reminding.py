"""What is to be done after a contract ended is told in time like every other duty, and moves with what it hangs on."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from app.domain.calendar import CalendarYear, WorkingCalendar
from app.domain.exit_plan import TaskKey
from app.domain.lifecycle import Event
from app.domain.lifecycle_facts import Facts
from app.domain.reminders import Topic
from app.services.advancing import advance_due
from app.services.exiting import ExitView, begin_due_exits, exit_desk, finish_task, reopen_task
from app.services.moving import move
from app.services.record import require_contract
from app.services.term_moves import cancel_exit
from app.store.audit import entries_of
from app.store.reminders import subjects_with_prefix
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER
from tests.services.living import OFFICIAL, WORK, House, d, in_force

AFTER = "2027-01-01"


@pytest.fixture
def house(units: Units) -> House:
    """A contract that ended with its term yesterday, with its exit."""
    made = in_force(units, {"renew.mode": "none"}).at(AFTER)
    facts = Facts(today=made.today, term=made.desk().state.term_facts(made.today))
    with units() as uow:
        row = require_contract(uow, made.contract_id, lock=True)
        move(uow, LAWYER, made.now, row, Event.TERM_ENDED, facts)
        uow.commit()
    assert begin_due_exits(units, made.now, OFFICIAL) == (1, ())
    return made


def view(house: House, official: WorkingCalendar = OFFICIAL) -> ExitView:
    with house.units() as uow:
        return exit_desk(uow, LAWYER, house.today, official, house.contract_id).exits[0]


def told(house: House) -> dict[str, date | None]:
    """Open dates by the task's key."""
    with house.units() as uow:
        rows = subjects_with_prefix(uow.session, Topic.OBLIGATION.value, "exit:")
        return {row.subject_id.rpartition(":")[2]: row.due_on for row in rows}


def open_days(house: House, official: WorkingCalendar = OFFICIAL) -> dict[str, date | None]:
    return {
        t.task.key.value: t.task.due.day
        for t in view(house, official).tasks
        if t.done_on is None and t.task.key is not TaskKey.CERTIFICATE
    }


def finish(house: House, key: TaskKey, on: str) -> None:
    found = view(house)
    with house.units() as uow:
        finish_task(
            uow, LAWYER, house.now, house.today, OFFICIAL, house.contract_id, found.id, found.revision, key, done_on=d(on),
            evidence="交接单 JJ-001",
        )  # fmt: skip


def test_every_task_is_reminded_of_on_its_day_with_its_reasons(house: House) -> None:
    days = open_days(house)
    assert len(days) > 8
    assert told(house) == days
    with house.units() as uow:
        row = next(r for r in subjects_with_prefix(uow.session, "obligation", "exit:") if r.subject_id.endswith(":settle"))
        assert row.title.startswith("退出任务：")
        assert row.detail
        assert (row.path, row.contract_id) == (f"/contracts/{house.contract_id}/exit/", house.contract_id)


def test_what_is_done_reminds_nobody_until_it_is_taken_back(house: House) -> None:
    days = told(house)
    finish(house.at("2027-01-04"), TaskKey.ACCOUNTS, "2027-01-04")
    assert "accounts" not in told(house)
    assert told(house) == open_days(house)
    found = view(house)
    with house.units() as uow:
        reopen_task(
            uow, LAWYER, house.now, OFFICIAL, house.contract_id, found.id, found.revision, TaskKey.ACCOUNTS, "仍有账号没有停用"
        )
    assert told(house) == days


def test_a_contract_that_goes_on_after_all_has_nothing_to_be_reminded_of(house: House) -> None:
    with house.units() as uow:
        cancel_exit(uow, LAWYER, house.now, require_contract(uow, house.contract_id, lock=True), "对方认可续约")
        uow.commit()
    assert told(house) == {}


def test_a_new_calendar_moves_open_tasks_and_their_reminders_and_the_log_says_so(house: House) -> None:
    days = told(house)
    # Every working day of January is free: whatever counts working days there, or rolls off a free one, comes later.
    january = frozenset(date(2027, 1, n) for n in range(1, 32) if date(2027, 1, n).weekday() < 5)
    later = WorkingCalendar.of([*OFFICIAL.years.values(), CalendarYear(2027, january, frozenset())])

    def look() -> None:
        with house.units() as uow:
            require_contract(uow, house.contract_id, lock=True).clock_on = house.today
            uow.commit()
        advance_due(house.units, replace(WORK, calendar=later), lambda: house.now, house.today)

    finish(house, TaskKey.ACCOUNTS, AFTER)
    look()
    expected = open_days(house, later)
    assert told(house) == expected
    assert {k for k, day in expected.items() if day != days[k]}
    with house.units() as uow:
        moved = [json.loads(e.data) for e in entries_of(uow.session, house.contract_id) if e.action == "exit.tasks_moved"]
    assert len(moved) == 1
    assert all(" → " in words for words in moved[0]["moves"])
    look()
    with house.units() as uow:
        assert len([e for e in entries_of(uow.session, house.contract_id) if e.action == "exit.tasks_moved"]) == 1
