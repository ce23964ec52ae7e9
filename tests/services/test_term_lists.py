"""Renewal and ending over every contract: what asks for a decision or a step, and only what the reader may see."""

from __future__ import annotations

import pytest

from app.domain.permissions import Actor, Forbidden, Hidden, Role
from app.domain.renewal_decision import Choice
from app.domain.termination import Route
from app.services.ending_list import EndingList, Step, read_endings
from app.services.renewal_list import RenewalList, Urgency, read_renewals
from app.services.termination import CaseDetails, open_case
from app.services.termination_papers import draft_demand
from app.store.contracts import find_contract
from tests.services.ending_office import BREACH, Office, serve_demand, serve_notice
from tests.services.fixtures import LAWYER
from tests.services.living import OFFICIAL, READER, House, in_force
from tests.services.sharing import both_databases
from tests.services.snapshots import filled
from tests.services.test_paper_prefill import choose

house = filled(in_force)


def renewals(house: House, within: int | None = None, actor: Actor = LAWYER) -> RenewalList:
    with house.units() as uow:
        return read_renewals(uow, actor, house.today, OFFICIAL, within)


def endings(house: House, actor: Actor = LAWYER) -> EndingList:
    with house.units() as uow:
        return read_endings(uow, actor, house.today, OFFICIAL)


def closed(house: House) -> None:
    """Only its owner may see it now."""
    with house.units() as uow:
        row = find_contract(uow.session, house.contract_id)
        assert row is not None
        row.confidential, row.owner_id = True, LAWYER.id
        uow.commit()


@pytest.mark.parametrize(
    ("today", "urgency"),
    [("2026-05-01", Urgency.LATER), ("2026-10-12", Urgency.NOW), ("2026-11-02", Urgency.OVERDUE)],
)
def test_a_renewal_asks_for_a_decision_before_its_last_day_for_notice(house: House, today: str, urgency: Urgency) -> None:
    (line,) = renewals(house.at(today)).lines
    assert line.urgency is urgency
    days = [x.day for x in line.dates]
    assert days == sorted(days)
    assert line.safe is not None
    assert all(x.steps for x in line.dates)


def test_what_was_decided_asks_for_nothing_more(house: House) -> None:
    choose(house.at("2026-10-12"), Choice.RENEW)
    (line,) = renewals(house).lines
    assert line.urgency is Urgency.DECIDED
    assert line.decision is not None
    assert line.decision.choice is Choice.RENEW


@both_databases
def test_only_terms_that_end_within_the_days_asked_for_are_listed(house: House) -> None:
    assert renewals(house.at("2026-05-01"), 90).lines == ()
    assert len(renewals(house.at("2026-10-12"), 90).lines) == 1


def test_a_case_is_listed_with_its_next_step_until_it_has_ended(house: House) -> None:
    office = Office(house).at("2026-07-08")
    assert endings(house).cases == ()
    office.open()
    assert [c.step for c in endings(house).cases] == [Step.DRAFT_DEMAND]
    office.do(draft_demand)
    (case,) = endings(house).cases
    assert case.step is Step.DELIVER_DEMAND
    assert "解除权" in "".join(x.label for x in case.dates)


def test_a_cure_period_that_runs_is_waited_for_and_says_what_is_missing(house: House) -> None:
    office = Office(house)
    serve_demand(office)
    office.at("2026-07-20")
    (case,) = endings(house).cases
    assert case.step is Step.CURE
    assert any("补救期" in sentence for sentence in case.unmet)
    office.at("2026-07-30")
    assert [c.step for c in endings(house).cases] == [Step.DRAFT_NOTICE]


def test_an_agreement_waits_for_its_paper(house: House) -> None:
    details = CaseDetails(Route.AGREEMENT, facts="双方协商")
    with house.units() as uow:
        open_case(uow, LAWYER, house.now, house.today, OFFICIAL, house.contract_id, details)
    assert [c.step for c in endings(house).cases] == [Step.DRAFT_AGREEMENT]


def test_an_exit_is_listed_with_the_task_that_is_due_first(house: House) -> None:
    office = Office(house)
    serve_notice(office)
    found = endings(house)
    assert found.cases == ()
    (line,) = found.exits
    assert line.view is not None
    assert line.next is not None
    assert line.next.task.due.day == min(t.task.due.day for t in line.view.tasks)
    assert renewals(house).lines == ()


def test_neither_list_tells_of_what_one_may_not_read(house: House) -> None:
    Office(house).at("2026-07-08").open(BREACH)
    closed(house)
    assert len(renewals(house).lines) == 1
    assert renewals(house, actor=READER).lines == ()
    assert endings(house, actor=READER).cases == ()
    nobody = Actor("外人", "stranger", frozenset[Role]())
    with house.units() as uow, pytest.raises((Forbidden, Hidden)):
        read_endings(uow, nobody, house.today, OFFICIAL)
