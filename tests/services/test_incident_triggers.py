"""What section 5.3 makes of incidents: raised once with the finding, never beside what somebody entered, and taken back with it."""

from __future__ import annotations

from datetime import date

import pytest

from app.domain.errors import InputError
from app.domain.obligation_state import Shown
from app.services.event_rows import Happening
from app.services.incident_triggers import DERIVED
from app.services.obligation_events import EventMissing, Judged, judge_incident, record_event, withdraw_event
from app.store.obligations import events_of
from tests.services.fixtures import LAWYER
from tests.services.living import House
from tests.services.snapshots import Units, filled
from tests.services.test_obligations import ALMANAC, board, built, done

house = filled(built)


def happened(house: House, kind: str, subject: str, day: date, note: str = "", level: str = "") -> str:
    with house.units() as uow:
        happening = Happening(kind, day, subject, note=note, level=level)
        return record_event(uow, LAWYER, house.now, house.today, ALMANAC, house.contract_id, happening).id


def judged(house: House, event: str, at_fault: str = "b", cause: str = "") -> Judged:
    with house.units() as uow:
        return judge_incident(
            uow, LAWYER, house.now, house.today, ALMANAC, house.contract_id, event, at_fault=at_fault, cause=cause
        )


def raised(house: House) -> list[tuple[str, date]]:
    with house.units() as uow:
        return [(e.subject, e.on_day) for e in events_of(uow.session, house.contract_id) if e.source == DERIVED]


def notices(house: House) -> list[tuple[str, date | None]]:
    """Notices of improvement that party A owes."""
    return [(x.label, x.due_on) for x in board(house).lines if x.duty == "O-5.3-1" and x.shown is not Shown.DONE]


def test_a_second_p1_of_one_cause_raises_the_improvement_once_with_its_period(house: House) -> None:
    house.at("2026-03-06")
    first = happened(house, "p1_opened", "INC-1", date(2026, 1, 12))
    second = happened(house, "ticket_created", "GD-2", date(2026, 3, 2), level="P1")
    assert judged(house, first, cause="数据库连接池").raised == ()
    [words] = judged(house, second, cause="数据库 连接池").raised
    assert "连续三个公历月内重复引发P1：INC-1（2026-01-12）、GD-2（2026-03-02）" in words
    house.at("2026-03-09")
    assert judged(house, second, cause="数据库连接池").raised == ()
    assert raised(house) == [("重复P1 INC-1、GD-2", date(2026, 3, 6))], "once, from the day on which it was known"
    assert notices(house) == [("重复P1 INC-1、GD-2", date(2026, 3, 13))]
    with house.units() as uow:
        derived = next(e.id for e in events_of(uow.session, house.contract_id) if e.source == DERIVED)
        with pytest.raises(EventMissing):
            withdraw_event(uow, LAWYER, house.now, ALMANAC, house.contract_id, derived, "不是本合同的事")
    with house.units() as uow:
        withdraw_event(uow, LAWYER, house.now, ALMANAC, house.contract_id, first, "其实是P2故障")
    assert (raised(house), notices(house)) == ([], [])


def test_a_serious_complaint_counts_only_where_party_b_answers_for_it(house: House) -> None:
    house.at("2026-03-06")
    complaint = happened(house, "regulator_complaint", "TS-9", date(2026, 3, 4))
    assert judged(house, complaint, "a").raised == ()
    assert judged(house, complaint).raised == ("因乙方原因于2026-03-04发生重大投诉TS-9",)
    assert [x for x, _ in notices(house)] == ["重大投诉 TS-9"]
    judged(house, complaint, "")
    assert raised(house) == []


def test_what_somebody_entered_is_not_raised_beside_it(house: House) -> None:
    house.at("2026-03-06")
    complaint = happened(house, "regulator_complaint", "TS-9", date(2026, 3, 4))
    happened(house, "improve_triggered", "重大投诉", date(2026, 3, 5), note="投诉TS-9，市场监管局转办")
    assert judged(house, complaint).raised == ()
    assert len(notices(house)) == 1


def repeated(units: Units) -> House:
    """Two P1 of one cause, both known on 10 March; nobody has found who answers for them."""
    house = built(units)
    house.at("2026-03-10")
    for month in (2, 3):
        happened(house, "p1_opened", f"P1-{month}", date(2026, month, 3))
    return house


twice = filled(repeated)


def incidents(house: House) -> list[str]:
    with house.units() as uow:
        found = sorted((e.on_day, e.id) for e in events_of(uow.session, house.contract_id) if e.kind == "p1_opened")
        return [key for _, key in found]


def test_what_names_a_longer_number_or_one_of_two_incidents_is_another_matter(twice: House) -> None:
    first, second = incidents(twice)
    happened(twice, "improve_triggered", "重大投诉 P1-20、P1-30", date(2026, 3, 4))
    happened(twice, "improve_triggered", "电话质检", date(2026, 3, 5), note="P1-2处置时话术不当")
    judged(twice, first, cause="磁盘")
    assert len(judged(twice, second, cause="磁盘").raised) == 1
    happened(twice, "improve_triggered", "磁盘整改", date(2026, 3, 6), note="P1-2、P1-3同一根因")
    judged(twice, second, cause="磁盘")
    assert raised(twice) == [], "that one names both"


def test_an_older_incident_that_is_found_later_leaves_the_running_improvement_its_day(twice: House) -> None:
    for event in incidents(twice):
        judged(twice, event, cause="磁盘")
    running = notices(twice)
    assert running == [("重复P1 P1-2、P1-3", date(2026, 3, 17))]
    twice.at("2026-04-10")
    older, later = (
        happened(twice, "p1_opened", name, day) for name, day in (("P1-1", date(2026, 1, 9)), ("P1-4", date(2026, 4, 2)))
    )
    assert judged(twice, older, cause="磁 盘").raised == ()
    assert judged(twice, later, cause="磁盘").raised == ()
    assert (raised(twice), notices(twice)) == ([("重复P1 P1-2、P1-3", date(2026, 3, 10))], running)


def test_one_of_the_two_that_falls_away_is_replaced_by_the_next_of_its_chain_from_the_same_day(twice: House) -> None:
    first, _ = incidents(twice)
    for event in incidents(twice):
        judged(twice, event, cause="磁盘")
    twice.at("2026-04-10")
    judged(twice, happened(twice, "p1_opened", "P1-4", date(2026, 4, 2)), cause="磁盘")
    assert judged(twice, first, "a").raised == ()
    assert raised(twice) == [("重复P1 P1-3、P1-4", date(2026, 3, 10))]
    assert notices(twice) == [("重复P1 P1-3、P1-4", date(2026, 3, 17))]


def test_a_notice_that_went_out_is_not_asked_for_again(twice: House) -> None:
    for event in incidents(twice):
        judged(twice, event, cause="磁盘")
    [line] = [x for x in board(twice).lines if x.duty == "O-5.3-1"]
    done(twice, line)
    older = happened(twice, "p1_opened", "P1-1", date(2026, 1, 9))
    judged(twice, older, cause="磁盘")
    assert notices(twice) == []


def test_every_fault_of_a_finding_is_told(house: House) -> None:
    house.at("2026-03-06")
    for kind, why in (("p1_opened", "须写明根因"), ("complaint_received", "只认定")):
        event = happened(house, kind, "X-1", date(2026, 1, 12))
        with pytest.raises(InputError, match=why):
            judged(house, event)
