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
from tests.services.snapshots import filled
from tests.services.test_obligations import ALMANAC, board, built

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


def test_every_fault_of_a_finding_is_told(house: House) -> None:
    house.at("2026-03-06")
    for kind, why in (("p1_opened", "须写明根因"), ("complaint_received", "只认定")):
        event = happened(house, kind, "X-1", date(2026, 1, 12))
        with pytest.raises(InputError, match=why):
            judged(house, event)
