"""The workbench: each person's own matters, and the coming months of what that person may see."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from app.domain.errors import ContractError
from app.domain.months import Month, binned, months_from
from app.domain.permissions import Actor, Role
from app.domain.reminders import Topic
from app.services.agenda import Counts, read_agenda, read_counts
from app.services.reminding import Subject, set_date
from app.services.workbench import Matter, MatterKind, read_workbench
from app.store.terms import RenewalDecisionRow, TermRow
from tests.services.conftest import Units
from tests.services.fixtures import NOW
from tests.services.sharing import both_databases
from tests.services.shelf import Shelf

TODAY = date(2026, 11, 22)
K = MatterKind


@pytest.fixture
def shelf(units: Units) -> Shelf:
    return Shelf(units)


def matters(shelf: Shelf, actor: object = None) -> dict[str, MatterKind]:
    with shelf.units() as uow:
        found: tuple[Matter, ...] = read_workbench(uow, actor or shelf.lawyer, TODAY).matters  # type: ignore[arg-type]
    return {m.number: m.kind for m in found}


def test_each_stage_of_an_own_contract_asks_for_its_step_and_others_for_none(shelf: Shelf) -> None:
    other = shelf.person("li", "李律师", Role.DRAFTER)
    asked = {"approved": K.START_SIGNING, "signing": K.SIGN, "signed": K.CONFIRM_EFFECT, "expiring": K.DECIDE_RENEWAL, "expired": K.WIND_UP,
             "terminated": K.WIND_UP}  # fmt: skip
    for stage in ("draft", "in_review", "active", "archived", "void", *asked):
        shelf.contract(f"HT-{stage}", stage=stage)
    assert matters(shelf) == {f"HT-{stage}": kind for stage, kind in asked.items()}
    assert matters(shelf, other) == {}


def test_a_renewal_that_is_decided_for_the_term_that_runs_no_longer_waits(shelf: Shelf) -> None:
    first, second = (shelf.contract(f"HT-{n}", stage="expiring", last_day=date(2027, 1, n)) for n in (1, 2))
    with shelf.units() as uow:
        uow.session.add_all(
            [
                RenewalDecisionRow(
                    id=f"{n:032x}", contract_id=contract, term=0, choice="renew", reason="续", decided_by=shelf.lawyer.id,
                    decided_name="王律师", decided_at=NOW,
                )
                for n, contract in enumerate((first, second))
            ]
        )  # fmt: skip
        uow.session.add(
            TermRow(
                contract_id=second, number=1, first_day=date(2026, 1, 3), last_day=date(2027, 1, 2), origin="automatic",
                years=1, counts=True, created_at=NOW, created_by="系统",
            )
        )  # fmt: skip
        uow.commit()
    assert matters(shelf) == {"HT-2": K.DECIDE_RENEWAL}


def test_the_months_count_what_runs_out_and_what_may_be_seen(shelf: Shelf) -> None:
    other = shelf.person("li", "李律师", Role.DRAFTER)
    for n, (day, stage) in enumerate([("2026-11-30", "active"), ("2026-11-21", "active"), ("2027-02-28", "expiring"),
                                      ("2027-02-01", "active"), ("2027-02-01", "archived"), ("2027-11-01", "active")]):  # fmt: skip
        shelf.contract(f"HT-{n}", stage=stage, last_day=date.fromisoformat(day))
    shelf.contract("HT-secret", stage="active", last_day=date(2027, 2, 2), confidential=True)
    for actor, expected in ((shelf.lawyer, 3), (other, 2)):
        with shelf.units() as uow:
            ahead = read_workbench(uow, actor, TODAY).ahead
        assert {str(m): n for m, n in ahead.ends.items() if n} == {"2026-11": 1, "2027-02": expected}
        assert (str(ahead.months[0]), str(ahead.months[-1]), len(ahead.months)) == ("2026-11", "2027-10", 12)


def test_who_reads_no_contracts_has_no_workbench(shelf: Shelf) -> None:
    nobody = shelf.person("ops", "运维", Role.SYSTEM_ADMINISTRATOR)
    with shelf.units() as uow, pytest.raises(ContractError):
        read_workbench(uow, nobody, TODAY)


def test_months_follow_each_other_over_the_year_and_know_their_days() -> None:
    assert [str(m) for m in months_from(Month(2027, 11), 4)] == ["2027-11", "2027-12", "2028-01", "2028-02"]
    assert Month(2028, 2).last_day == date(2028, 2, 29)
    assert Month(2028, 1).before == Month(2027, 12)
    assert Month.parse("2027-03") == Month(2027, 3)
    assert binned([(date(2027, 3, 31), 2), (date(2027, 4, 1), 1)], [Month(2027, 3)]) == {Month(2027, 3): 2}


def remind(shelf: Shelf, name: str, due: str | None, topic: Topic = Topic.OBLIGATION, **more: Any) -> None:
    with shelf.units() as uow:
        set_date(uow, shelf.lawyer, NOW, Subject(topic, name, name, **more), date.fromisoformat(due) if due else None)
        uow.commit()


@both_databases
def test_each_sees_the_own_dates_and_everybody_those_of_open_contracts(shelf: Shelf) -> None:
    other = shelf.person("li", "李律师", Role.DRAFTER)
    open_one, secret = shelf.contract("HT-1", stage="active"), shelf.contract("HT-2", stage="active", confidential=True)
    remind(shelf, "迟的", "2026-11-01", contract_id=open_one)
    remind(shelf, "李的", "2026-11-25", contract_id=open_one, responsible_id=other.id)
    remind(shelf, "密的", "2026-12-01", contract_id=secret)
    remind(shelf, "资质", "2026-12-02", Topic.LICENCE)
    remind(shelf, "办结", None, contract_id=open_one)
    remind(shelf, "远的", "2027-11-25", contract_id=open_one)

    def seen(actor: Actor, **more: Any) -> list[str]:
        with shelf.units() as uow:
            found = read_agenda(uow, actor, TODAY, date(2026, 1, 1), date(2027, 1, 1), **more)
        return [("!" if line.late else "") + line.title for line in found]

    assert seen(shelf.lawyer) == ["!迟的", "密的"]
    assert seen(other) == ["李的"]
    assert seen(shelf.lawyer, mine=False) == ["!迟的", "李的", "密的", "资质"]
    assert seen(other, mine=False) == ["!迟的", "李的", "资质"]
    assert seen(other, mine=False, topics=[Topic.LICENCE]) == ["资质"]
    with shelf.units() as uow:
        assert read_counts(uow, shelf.lawyer, TODAY) == Counts(late=1, week=0, month=1)
        assert read_counts(uow, other, TODAY) == Counts(late=0, week=1, month=1)


def test_the_chart_counts_the_last_safe_days_of_notices(shelf: Shelf) -> None:
    contract = shelf.contract("HT-1", stage="active")
    remind(shelf, "续约通知", "2027-03-05", Topic.RENEWAL, contract_id=contract)
    remind(shelf, "别的", "2027-03-05", contract_id=contract)
    with shelf.units() as uow:
        notices = read_workbench(uow, shelf.lawyer, TODAY).ahead.notices
    assert {str(m): n for m, n in notices.items() if n} == {"2027-03": 1}
