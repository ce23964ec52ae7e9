"""Contracts that come in mid-term: what fell due before is taken as done, said so, reminded of no more, and taken back at any time."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest

from app.domain.errors import ContractError, InputError
from app.domain.obligation_state import Shown, usual_takeover
from app.domain.permissions import Forbidden
from app.domain.reminders import Topic
from app.services.advancing import advance_due
from app.services.obligation_keeping import Proof, fulfil_keyed, reopen
from app.services.record import require_contract
from app.services.taking_over import BY_RULE, TakenOver, take_over
from app.store.audit import entries_of
from app.store.contracts import find_contract
from app.store.effects import fulfilments_of, signing_dates_of
from app.store.obligations import obligations_of
from app.store.outbox import messages
from app.store.reminders import subjects_with_prefix
from app.store.uow import UnitOfWork
from tests.services.fixtures import LAWYER, NOW, OTHER
from tests.services.living import House
from tests.services.signed import SIGNED_ON, WORK, signed
from tests.services.test_obligations import ALMANAC, HEAD, board, built, done, line

MAY = date(2026, 5, 4)


@pytest.fixture
def house(units: Callable[[], UnitOfWork]) -> House:
    """In force since January, and looked at in May for the first time."""
    return built(units).at(MAY.isoformat())


def set_day(house: House, day: date | None, reason: str = "五月起由本系统管理", by: object = LAWYER) -> TakenOver:
    with house.units() as uow:
        return take_over(uow, by, house.now, house.today, house.contract_id, day, reason)  # type: ignore[arg-type]


def reminded_of(house: House) -> set[str]:
    """Keys of the obligations of which somebody will be reminded."""
    with house.units() as uow:
        return {
            row.subject_id.partition(":")[2]
            for row in subjects_with_prefix(uow.session, Topic.OBLIGATION.value, house.contract_id)
        }


def late(house: House) -> set[str]:
    return {x.id for x in board(house).lines if x.shown is Shown.LATE}


def test_what_fell_due_before_is_taken_as_done_and_nobody_is_reminded_of_it(house: House) -> None:
    statement = line(house, "O-8.2-1", "2026年2月")
    done(house, statement)
    before, reminded = late(house), reminded_of(house)
    made = set_day(house, MAY)
    assert (made.taken, made.reopened) == (len(before), 0)
    assert made.taken > 30
    assert late(house) == set()
    taken = [x for x in board(house).lines if x.shown is Shown.BEFORE]
    assert {x.id for x in taken} == before
    assert {x.ground for x in taken} == {"五月起由本系统管理"}
    assert line(house, "O-8.2-1", "2026年2月").shown is Shown.DONE_LATE
    with house.units() as uow:
        gone = {r.key for r in obligations_of(uow.session, house.contract_id) if r.id in before}
        entry = next(e for e in entries_of(uow.session, house.contract_id) if e.action == "obligation.taken_over")
    assert reminded - reminded_of(house) == gone & reminded
    assert not gone & reminded_of(house)
    told = json.loads(entry.data)
    assert (told["day"], told["taken"]) == ("2026-05-04", made.taken)


def test_taking_it_back_brings_lateness_and_reminders_back(house: House) -> None:
    before, reminded = late(house), reminded_of(house)
    set_day(house, MAY)
    made = set_day(house, date(2026, 3, 1), "三月起就由我们管理")
    assert made.taken == 0
    assert made.reopened == len(late(house)) > 10
    assert {x.due_on < date(2026, 3, 1) for x in board(house).lines if x.shown is Shown.BEFORE and x.due_on} == {True}
    set_day(house, None, "误设，全部由我们管理")
    assert late(house) == before
    assert reminded_of(house) == reminded


def test_one_alone_is_taken_up_again_and_stays_so(house: House) -> None:
    set_day(house, MAY)
    one = line(house, "O-8.2-1", "2026年3月")
    with house.units() as uow:
        reopen(uow, LAWYER, house.now, ALMANAC, house.contract_id, one.id, one.revision, reason="三月的结算单还没有提交")
    assert line(house, "O-8.2-1", "2026年3月").shown is Shown.LATE
    house.today = MAY + timedelta(days=1)
    set_day(house, MAY + timedelta(days=1), "接管推迟了一天")
    assert line(house, "O-8.2-1", "2026年3月").shown is Shown.LATE
    with pytest.raises(InputError, match="重新办理"):
        done(house, line(house, "O-8.2-1", "2026年1月"))


def test_a_record_counts_more_than_what_was_only_taken_as_done(house: House) -> None:
    set_day(house, MAY)
    one = line(house, "O-8.2-1", "2026年3月")
    with house.units() as uow:
        row = next(r for r in obligations_of(uow.session, house.contract_id) if r.id == one.id)
        contract = require_contract(uow, house.contract_id, lock=True)
        assert fulfil_keyed(uow, LAWYER, house.now, contract, ALMANAC, row.key, Proof(date(2026, 4, 8), "结算单第3号"))
        uow.commit()
    assert line(house, "O-8.2-1", "2026年3月").shown is Shown.DONE
    assert line(house, "O-8.2-2", "2026年3月").shown is Shown.BEFORE  # its period ran and ended before the takeover, too


def test_who_may_not_waive_may_not_take_as_done_and_every_fault_is_told(house: House) -> None:
    with pytest.raises(Forbidden):
        set_day(house, MAY, by=OTHER)
    with pytest.raises(InputError) as refused:
        set_day(house, MAY + timedelta(days=1), "无")
    assert [f.path for f in refused.value.faults] == ["day", "reason"]
    with pytest.raises(InputError, match="早于生效日"):
        set_day(house, date(2025, 1, 1))
    set_day(house, MAY, by=HEAD)
    with pytest.raises(InputError, match="没有改变"):
        set_day(house, MAY)


def test_a_contract_without_effect_has_nothing_to_take_over(units: Callable[[], UnitOfWork]) -> None:
    contract = signed(units)
    with units() as uow, pytest.raises(ContractError, match="生效以后"):
        take_over(uow, LAWYER, NOW, NOW.date(), contract, NOW.date(), "登记得晚了些")


def test_papers_take_some_weeks_and_beyond_that_the_day_they_came_in_counts() -> None:
    assert usual_takeover(date(2026, 1, 1), date(2026, 1, 31)) is None
    assert usual_takeover(date(2026, 1, 1), date(2026, 2, 1)) == date(2026, 2, 1)


@pytest.mark.parametrize(("came_in", "expected"), [(10, None), (200, 200)])
def test_a_contract_that_is_entered_long_after_its_effect_is_taken_over_on_that_day(
    units: Callable[[], UnitOfWork], came_in: int, expected: int | None
) -> None:
    """However late the clock then runs: what fell due since the papers came in is late."""
    contract = signed(units, ready=True)
    arrived = NOW + timedelta(days=came_in)
    with units() as uow:
        for row in (*signing_dates_of(uow.session, contract), *fulfilments_of(uow.session, contract)):
            row.recorded_at = arrived
        uow.commit()
    now = arrived + timedelta(days=60)
    advance_due(units, replace(WORK, almanac=ALMANAC), lambda: now, now.date())
    with units() as uow:
        found = find_contract(uow.session, contract)
        assert found is not None
        assert found.took_effect_on == SIGNED_ON
        day = (arrived + timedelta(hours=8)).date() if expected else None
        assert found.taken_over_on == day
        told = [m.text for m in messages(uow.session) if "接管日" in m.text]
        assert len(told) == (expected is not None)
        reasons = [json.loads(e.data)["reason"] for e in entries_of(uow.session, contract) if e.action == "obligation.taken_over"]
        assert reasons == ([BY_RULE] if expected else [])
        rows = [(r.state, r.due_on) for r in obligations_of(uow.session, contract)]
    states = {(state, day is not None and due is not None and due < day) for state, due in rows}
    assert states == ({("open", False), ("before", True)} if expected else {("open", False)})
    assert any(state == "open" and due and due < now.date() for state, due in rows)
