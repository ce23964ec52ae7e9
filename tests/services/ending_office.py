"""A contract in force that is to end before its term, and the usual ways to a demand, a notice, an objection."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from app.domain.exit_plan import TaskKey
from app.domain.lifecycle_facts import Decision
from app.domain.notice import Method, Proof
from app.domain.termination import Route
from app.services.exiting import ExitDesk, exit_desk, finish_task
from app.services.objections import Outcome, close_objection, object_to
from app.services.termination import CaseDetails, CaseView, open_case, record_happening, termination_desk
from app.services.termination_papers import case_paper_arrived, draft_demand, draft_notice, send_case_paper
from app.store.audit import entries_of
from tests.services.conftest import Units
from tests.services.fixtures import LAWYER
from tests.services.living import OFFICIAL, House, d, in_force

BREACH = CaseDetails(
    Route.BREACH, by="a", ground="fail", facts="2026年4月至6月连续三期不合格", evidence="JS-202604、JS-202605、JS-202606",
    known_on=d("2026-07-06"), grace_days=15,
)  # fmt: skip


@dataclass
class Office:
    """A contract in force with one case."""

    house: House
    case_id: str = ""

    @property
    def units(self) -> Units:
        return self.house.units

    @units.setter
    def units(self, units: Units) -> None:
        self.house.units = units

    def at(self, day: str) -> Office:
        self.house.at(day)
        return self

    def args(self) -> tuple[Any, ...]:
        return (LAWYER, self.house.now, self.house.today, OFFICIAL, self.house.contract_id)

    def open(self, details: CaseDetails = BREACH) -> str:
        with self.house.units() as uow:
            self.case_id = open_case(uow, *self.args(), details)
        return self.case_id

    def case(self, case_id: str = "") -> CaseView:
        with self.house.units() as uow:
            desk = termination_desk(uow, LAWYER, self.house.today, OFFICIAL, self.house.contract_id)
        return next(c for c in desk.cases if c.id == (case_id or self.case_id))

    def do(self, step: Any, **more: Any) -> Any:
        with self.house.units() as uow:
            return step(uow, *self.args(), self.case_id, self.case().revision, **more)

    def send(self, paper_id: str, sent: str, *methods: Method) -> list[str]:
        ways = methods or (Method.EXPRESS, Method.EMAIL)
        made = []
        for way in ways:
            with self.house.units() as uow:
                made.append(send_case_paper(uow, *self.args(), paper_id, method=way, sent_on=d(sent)))
        return made

    def arrive(self, delivery_id: str, arrived: str, proof: Proof = Proof.SIGNED_FOR) -> str:
        revision = self.house.revision_of(delivery_id)
        with self.house.units() as uow:
            return case_paper_arrived(
                uow, *self.args(), delivery_id, revision, arrived_on=d(arrived), proof=proof, evidence="EMS 1100000000002"
            )

    def happened(self, what: str, on: str) -> None:
        with self.house.units() as uow:
            record_happening(
                uow,
                LAWYER,
                self.house.now,
                self.house.today,
                self.house.contract_id,
                self.case_id,
                self.case().revision,
                what,
                d(on),
            )

    @property
    def state(self) -> Any:
        return self.house.view().state

    def logged(self, action: str) -> list[dict[str, Any]]:
        with self.house.units() as uow:
            return [json.loads(e.data) for e in entries_of(uow.session, self.house.contract_id) if e.action == action]

    def exit(self) -> ExitDesk:
        with self.house.units() as uow:
            return exit_desk(uow, LAWYER, self.house.today, OFFICIAL, self.house.contract_id)


def serve_demand(office: Office) -> None:
    """A breach whose demand arrived on 10 July; the cure period ends on Monday, 27 July."""
    office.at("2026-07-08").open()
    office.do(draft_demand)
    demand = office.case().demand
    assert demand is not None
    (express, _) = office.send(demand.id, "2026-07-08")
    office.at("2026-07-12").arrive(express, "2026-07-10")


def serve_notice(office: Office) -> None:
    serve_demand(office)
    office.at("2026-07-30").do(draft_notice)
    notice = office.case().notice
    assert notice is not None
    express, mail = office.send(notice.id, "2026-07-30")
    office.at("2026-08-04").arrive(express, "2026-08-03")
    assert mail


def raise_objection(office: Office) -> None:
    """An objection to an end by notice."""
    with office.house.units() as uow:
        object_to(
            uow, LAWYER, office.house.now, office.house.today, office.house.contract_id, office.case_id, office.case().revision,
            on=d("2026-08-04"), text="考核数据有误，不具备解除条件",
        )  # fmt: skip


def close(office: Office, outcome: Outcome, decision: Decision | None = None) -> None:
    with office.house.units() as uow:
        close_objection(
            uow, LAWYER, office.house.now, office.house.today, office.house.contract_id, office.case_id, office.case().revision,
            outcome, decision=decision,
        )  # fmt: skip


def finish(office: Office, key: TaskKey, on: str, **more: Any) -> None:
    found = office.exit().exits[0]
    whole = {"done_on": d(on), "evidence": "交接单 JJ-001", **more}
    with office.house.units() as uow:
        finish_task(uow, *office.args(), found.id, found.revision, key, **whole)


# ---- where tests begin: builders for ``filled``


def begun(units: Units) -> Office:
    return Office(in_force(units))


def after_demand(units: Units) -> Office:
    office = begun(units)
    serve_demand(office)
    return office


def after_notice(units: Units) -> Office:
    office = begun(units)
    serve_notice(office)
    return office


def after_objection(units: Units) -> Office:
    office = after_notice(units)
    raise_objection(office)
    return office
