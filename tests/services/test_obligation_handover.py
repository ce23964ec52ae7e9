"""Obligations handed to somebody else, one and many at once; and who is told when the responsible person can't be."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date

import pytest

from app.domain.errors import InputError
from app.domain.obligation_state import Shown
from app.domain.permissions import Actor, Forbidden, Role
from app.domain.reminders import Topic
from app.services.obligation_handover import HandedOver, assign, hand_over
from app.services.obligation_views import duties_of_all, ids_of_all
from app.services.raising import raise_due
from app.services.reminder_rules import set_deputy
from app.services.telling import tell_people
from app.store.audit import entries_of
from app.store.contracts import find_contract
from app.store.obligations import DutyFilter
from app.store.outbox import messages
from app.store.reminders import settings_row, subjects_with_prefix
from app.store.uow import UnitOfWork
from app.store.users import find_user
from tests.services.fixtures import LAWYER, OTHER, ensure
from tests.services.living import OFFICIAL, House
from tests.services.sharing import both_databases
from tests.services.test_obligations import AUDITOR, board, built, done, line, tick
from tests.services.test_reminding import POST

STAND_IN = Actor("钱代理", "stand-in", frozenset({Role.DRAFTER}))
CHIEF = Actor("吴主管", "chief", frozenset({Role.DRAFTER}))


@pytest.fixture
def house(units: Callable[[], UnitOfWork]) -> House:
    made = built(units).at("2026-03-10")
    with units() as uow:
        ensure(uow, STAND_IN, CHIEF)
        uow.commit()
    return made


def hand(house: House, ids: list[str], to: str = OTHER.id, reason: str = "王律师休产假", by: Actor = LAWYER) -> HandedOver:
    with house.units() as uow:
        return hand_over(uow, by, house.now, ids, to, reason)


def responsible(house: House) -> dict[str, str | None]:
    """Who is reminded of what, by the obligation's key; None is the contract's owner."""
    with house.units() as uow:
        rows = subjects_with_prefix(uow.session, Topic.OBLIGATION.value, house.contract_id)
        return {row.subject_id.partition(":")[2]: row.responsible_id for row in rows}


def test_one_alone_is_handed_over_with_its_reminder_and_the_reason_is_kept(house: House) -> None:
    one = line(house, "O-8.2-1", "2026年4月")
    before = responsible(house)
    assert hand(house, [one.id]) == HandedOver(1, 1, 0)
    assert line(house, "O-8.2-1", "2026年4月").keeper == OTHER.name
    assert line(house, "O-8.2-1", "2026年5月").keeper == LAWYER.name
    changed = {key for key, person in responsible(house).items() if person != before[key]}
    assert {key.partition("/")[0] for key in changed} == {"O-8.2-1"}
    assert len(changed) == 1
    with house.units() as uow:
        entry = [json.loads(e.data) for e in entries_of(uow.session, house.contract_id) if e.action == "obligation.assigned"][-1]
    assert (entry["reason"], entry["name"], entry["count"]) == ("王律师休产假", OTHER.name, 1)
    assert hand(house, [one.id], to="").changed == 1
    assert responsible(house) == before


@both_databases
def test_everything_of_one_person_goes_to_another_and_what_is_settled_stays(house: House) -> None:
    done(house, line(house, "O-8.2-1", "2026年2月"))
    with house.units() as uow:
        ids = ids_of_all(uow, LAWYER, house.now, DutyFilter(person=LAWYER.id), 500)
    settled = line(house, "O-8.2-1", "2026年2月").id
    assert settled not in ids
    made = hand(house, [*ids, settled])
    assert (made.changed, made.contracts, made.passed) == (len(ids), 1, 1)
    assert made.changed > 100
    with house.units() as uow:
        left = duties_of_all(uow, LAWYER, house.now, DutyFilter(person=LAWYER.id))
    assert {x.shown for x in left.lines} <= {Shown.DONE, Shown.DONE_LATE}
    assert set(responsible(house).values()) == {OTHER.id}


def test_instances_planned_later_follow_the_latest_of_their_kind(house: House) -> None:
    with house.units() as uow:
        assign(uow, LAWYER, house.now, house.contract_id, "O-8.2-1", OTHER.id, "由李律师接手")
    house.today = date(2027, 1, 2)
    tick(house)  # renewed by itself
    assert line(house, "O-8.2-1", "2027年3月").keeper == OTHER.name
    assert line(house, "O-4.2-2", "2027年3月").keeper == LAWYER.name


def test_every_fault_at_once_and_nobody_who_may_not_read_it(house: House) -> None:
    one = line(house, "O-8.2-1", "2026年4月").id
    with pytest.raises(InputError) as refused:
        hand(house, [], "nobody", "无")
    assert [f.path for f in refused.value.faults] == ["responsible", "reason", "duty"]
    with pytest.raises(InputError, match="一次最多更换500项"):
        hand(house, [str(n) for n in range(501)])
    with pytest.raises(Forbidden):
        hand(house, [one], by=AUDITOR)
    with house.units() as uow:
        find_contract(uow.session, house.contract_id).confidential = True  # type: ignore[union-attr]
        uow.commit()
    with pytest.raises(InputError, match="不能阅读这份合同"):
        hand(house, [one])
    assert line(house, "O-8.2-1", "2026年4月").keeper == LAWYER.name


def round_at(house: House) -> dict[str, str]:
    """One round of the reminders on this day at noon: recipient → text."""
    with house.units() as uow:
        known = {m.id for m in messages(uow.session, limit=1000)}
    raise_due(house.units, house.now, OFFICIAL)
    tell_people(house.units, house.now, POST)
    with house.units() as uow:
        return {
            m.recipient: m.text for m in messages(uow.session, limit=1000) if m.id not in known and m.key.startswith("reminders")
        }


def test_what_stays_undone_goes_to_the_deputy_and_then_to_the_head(house: House) -> None:
    one = line(house, "O-8.2-1", "2026年3月")
    hand(house, [one.id])
    with house.units() as uow:
        settings_row(uow.session).head_id = CHIEF.id
        set_deputy(uow, OTHER, house.now, STAND_IN.id)
    round_at(house)  # what was missed until today
    assert one.due_on == date(2026, 4, 8)

    def told(day: str) -> set[str]:
        house.at(day)
        return {to.partition("@")[0] for to, text in round_at(house).items() if "提交结算单与明细（2026年3月" in text}

    assert told("2026-04-07") == {OTHER.id}
    assert told("2026-04-09") == {OTHER.id, STAND_IN.id}
    assert told("2026-04-15") == {OTHER.id, STAND_IN.id, CHIEF.id}


def test_where_the_account_is_closed_deputy_and_head_are_told_at_once(house: House) -> None:
    one = line(house, "O-8.2-1", "2026年3月")
    hand(house, [one.id])
    with house.units() as uow:
        settings_row(uow.session).head_id = CHIEF.id
        set_deputy(uow, OTHER, house.now, STAND_IN.id)
    round_at(house)
    with house.units() as uow:
        find_user(uow.session, OTHER.id).active = False  # type: ignore[union-attr]
        uow.commit()
    house.at("2026-04-07")
    told = {to.partition("@")[0]: text for to, text in round_at(house).items() if "提交结算单与明细（2026年3月" in text}
    assert set(told) == {STAND_IN.id, CHIEF.id}
    assert not [x for x in board(house).lines if x.keeper == OTHER.name and x.id != one.id]
