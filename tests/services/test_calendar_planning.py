"""A new calendar: what was planned with provisional days moves by itself, with its reminders, once, and the log says so."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from app.domain.calendar import CalendarYear, WorkingCalendar
from app.domain.obligation_state import Shown
from app.domain.permissions import Forbidden
from app.domain.reminders import Topic
from app.services.advancing import advance_due
from app.services.calendar_planning import PlannedAnew, calendar_state, plan_anew, plan_by_new_calendar
from app.services.obligation_planning import Almanac
from app.services.raising import raise_due
from app.services.record import require_contract
from app.services.renewal_reminding import work_out_waiting
from app.services.taking_over import take_over
from app.services.telling import tell_people
from app.store import audit
from app.store.outbox import messages
from app.store.reminders import subjects_with_prefix
from app.store.uow import UnitOfWork
from tests.services.fixtures import LAWYER, OTHER, ensure
from tests.services.living import OFFICIAL, House, in_force
from tests.services.settling_house import Till
from tests.services.sharing import both_databases
from tests.services.snapshots import filled
from tests.services.test_obligations import ALMANAC, CLOCK, board, line
from tests.services.test_reminding import POST

BEFORE = WorkingCalendar.of(year for number, year in OFFICIAL.years.items() if number != 2026)
"""The holidays of the year in which everything falls due are not announced yet."""


def round_of(house: House, calendar: WorkingCalendar) -> PlannedAnew | None:
    """What the clock does with this calendar."""
    with house.units() as uow:
        made = plan_by_new_calendar(uow, house.now, calendar)
    work = replace(CLOCK, calendar=calendar, almanac=Almanac(ALMANAC.catalogue, calendar))
    advance_due(house.units, work, lambda: house.now, house.today)
    work_out_waiting(house.units, house.now, house.today, calendar)
    raise_due(house.units, house.now, calendar)
    tell_people(house.units, house.now, POST)
    return made


def dates(house: House, topic: Topic) -> dict[str, date | None]:
    with house.units() as uow:
        return {row.subject_id: row.due_on for row in subjects_with_prefix(uow.session, topic.value, house.contract_id)}


def planned(units: Callable[[], UnitOfWork]) -> House:
    made = in_force(units)
    with units() as uow:
        ensure(uow, OTHER)
        uow.commit()
    round_of(made, BEFORE)
    return made


house = filled(planned)


def entries(house: House, action: str) -> list[dict[str, object]]:
    with house.units() as uow:
        return [json.loads(e.data) for e in audit.entries(uow.session) if e.action == action]


def test_a_new_calendar_moves_what_was_provisional_by_itself_and_once(house: House) -> None:
    house.at("2026-02-10")
    round_of(house, BEFORE)
    before, renewal = line(house, "O-8.2-1", "2026年9月"), dates(house, Topic.RENEWAL)
    reminders = dates(house, Topic.OBLIGATION)
    assert before.provisional
    made = round_of(house, OFFICIAL)
    assert made is not None
    assert made.contracts == 1
    assert made.dates > 100
    after = line(house, "O-8.2-1", "2026年9月")
    # The fifth working day of October: after the national holiday, and with the Saturday that is worked.
    assert (before.due_on, after.due_on) == (date(2026, 10, 7), date(2026, 10, 13))
    assert not after.provisional
    assert after.id == before.id
    moved = {key for key, day in dates(house, Topic.OBLIGATION).items() if day != reminders.get(key)}
    assert len(moved) > 10
    assert any(x.due_on == after.due_on for x in board(house).lines)
    assert dates(house, Topic.RENEWAL).keys() == renewal.keys()
    told = entries(house, "reminder.planned_anew")
    assert told[-1]["contracts"] == 1
    count = len(told)
    assert round_of(house, OFFICIAL) is None
    assert len(entries(house, "reminder.planned_anew")) == count
    assert entries(house, "reminder.moved")


@both_databases
def test_who_was_told_the_provisional_day_is_told_that_it_moved(house: House) -> None:
    house.at("2026-10-07")  # by the provisional days the statement of September is due today
    round_of(house, BEFORE)
    round_of(house, OFFICIAL)
    round_of(house.at("2026-10-08"), OFFICIAL)  # one message a day: what does not press waits for the next working day
    with house.units() as uow:
        texts = [m.text for m in messages(uow.session, limit=200) if "2026年9月" in m.text and "提交结算单与明细" in m.text]
    assert any("2026年10月7日" in text and "2026年10月13日" in text for text in texts)


@both_databases
def test_what_moves_past_the_day_of_takeover_is_to_be_kept_again(house: House) -> None:
    house.at("2026-10-09")
    round_of(house, BEFORE)
    with house.units() as uow:
        take_over(uow, LAWYER, house.now, house.today, house.contract_id, date(2026, 10, 8), "十月八日起由本系统管理")
    before = line(house, "O-8.2-1", "2026年9月")
    assert (before.shown, before.due_on) == (Shown.BEFORE, date(2026, 10, 7))
    round_of(house, OFFICIAL)
    after = line(house, "O-8.2-1", "2026年9月")
    assert (after.shown, after.due_on, after.ground) == (Shown.LATER, date(2026, 10, 13), "")
    assert date(2026, 10, 13) in [day for key, day in dates(house, Topic.OBLIGATION).items() if "O-8.2-1/" in key]
    elder = line(house, "O-8.2-1", "2026年8月")
    assert elder.shown is Shown.BEFORE, "what still lies before it stays as it was"


@both_databases
def test_two_clocks_at_once_plan_anew_once(house: House) -> None:
    made: list[PlannedAnew | None] = []
    together = threading.Barrier(4)

    def look() -> None:
        together.wait()
        with house.units() as uow:
            made.append(plan_by_new_calendar(uow, house.now, OFFICIAL))

    clocks = [threading.Thread(target=look) for _ in range(4)]
    for clock in clocks:
        clock.start()
    for clock in clocks:
        clock.join()
    assert [found is None for found in made].count(False) == 1
    assert len(entries(house, "reminder.planned_anew")) == 2  # the first one is of the provisional calendar


def test_by_hand_it_needs_who_keeps_reminders_and_says_what_it_will_do(house: House) -> None:
    with house.units() as uow, pytest.raises(Forbidden):
        plan_anew(uow, OTHER, house.now, BEFORE)
    with house.units() as uow:
        assert calendar_state(uow, LAWYER, BEFORE).planned
        assert not calendar_state(uow, LAWYER, OFFICIAL).planned
    with house.units() as uow:
        made = plan_anew(uow, LAWYER, house.now, OFFICIAL)
    assert made.contracts == 1
    with house.units() as uow:
        assert calendar_state(uow, LAWYER, OFFICIAL).planned
        assert list(calendar_state(uow, LAWYER, OFFICIAL).years) == sorted(OFFICIAL.years)
    round_of(house, OFFICIAL)
    assert not line(house, "O-8.2-1", "2026年9月").provisional


@both_databases
def test_what_is_to_be_paid_moves_too_and_is_left_alone_where_it_stands(units: Callable[[], UnitOfWork]) -> None:
    till = Till.open(units)
    made = till.owing()
    house = House(units, till.contract_id, till.today)

    def look(calendar: WorkingCalendar) -> tuple[date | None, date | None, int]:
        """The due day, the day that people are reminded of, and the revision of the statement."""
        with units() as uow:
            require_contract(uow, house.contract_id, lock=True).clock_on = house.today
            uow.commit()
        round_of(house, calendar)
        row = till.row(made)
        return row.due_on, next(iter(dates(house, Topic.PAYMENT).values())), row.revision

    day = date(2026, 4, 7)  # a Sunday among the days of Qingming
    assert till.row(made).due_on == day
    first = look(OFFICIAL)
    assert first[:2] == (day, day)
    assert look(BEFORE)[:2] == (date(2026, 4, 6), date(2026, 4, 6))
    again = look(OFFICIAL)
    assert again[:2] == (day, day)
    assert look(OFFICIAL) == again


def test_two_calendars_with_the_same_days_count_alike() -> None:
    year = CalendarYear(2026, frozenset({date(2026, 1, 1)}), frozenset({date(2026, 1, 4)}), "国办发明电〔2025〕1号")
    again = WorkingCalendar.of([replace(year, source="另一出处", names={date(2026, 1, 1): "元旦"})])
    assert WorkingCalendar.of([year]).digest == again.digest
    for other in (replace(year, holidays=frozenset()), replace(year, working_weekends=frozenset())):
        assert WorkingCalendar.of([other]).digest != again.digest
    assert WorkingCalendar.of([]).digest != again.digest
