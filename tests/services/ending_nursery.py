"""Children that renew and end contracts, and are killed while they do: steps for ``tests.services.nursery``.

Two contracts are in force before the first child is born: the older one is renewed, the younger one is rescinded.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sqlalchemy import select

from app.domain.exit_plan import TaskKey
from app.domain.notice import Method, Proof
from app.domain.renewal_decision import Choice, Paper
from app.domain.termination import Outcome, Route
from app.services.advancing import advance_due
from app.services.exiting import exit_desk, finish_task
from app.services.objections import close_objection, object_to
from app.services.renewal import decide, renewal_desk
from app.services.renewal_papers import AgreedRenewal, renewal_signed
from app.services.termination import CaseDetails, CaseView, open_case, termination_desk
from app.services.termination_papers import case_paper_arrived, draft_demand, draft_notice, send_case_paper
from app.store.contracts import ContractRow
from app.store.engine import open_engine
from app.store.uow import UnitOfWork
from tests.services import nursery
from tests.services.fixtures import LAWYER
from tests.services.living import OFFICIAL, WORK, d, in_force, noon

say = nursery.say


class EndingLife(nursery.Life):
    """Each step finds its own work, so it may be taken again after a death; one that has none does nothing."""

    def _ids(self) -> list[str]:
        with self.unit() as uow:
            return list(uow.session.scalars(select(ContractRow.id).order_by(ContractRow.number)))

    # ---- renewal of the first contract

    def decide(self) -> None:
        day, contract = d("2026-09-01"), self._ids()[0]
        with self.unit() as uow:
            desk = renewal_desk(uow, LAWYER, day, OFFICIAL, contract)
        if desk.decision is None and len(desk.state.chain.terms) == 1:
            with self.unit() as uow:
                made = decide(uow, LAWYER, noon(day), day, OFFICIAL, contract, desk.contract.revision, Choice.RENEW, "继续合作")
            say(paper=made[0])

    def renew(self) -> None:
        day, contract = d("2026-10-12"), self._ids()[0]
        with self.unit() as uow:
            desk = renewal_desk(uow, LAWYER, day, OFFICIAL, contract)
        paper = next((p for p in desk.papers if p.kind == Paper.RENEWAL.value and p.state == "draft"), None)
        if paper is not None:
            with self.unit() as uow:
                term = renewal_signed(
                    uow, LAWYER, noon(day), day, OFFICIAL, contract, paper.id, AgreedRenewal(day, 1, counts=False)
                )
            say(term=f"{contract}:{term.number}")

    def clock(self) -> None:
        day = d("2031-06-01")
        advance_due(self.unit, WORK, lambda: noon(day), day)

    # ---- ending of the second

    def _case(self, day: date) -> tuple[str, CaseView | None]:
        contract = self._ids()[1]
        with self.unit() as uow:
            cases = termination_desk(uow, LAWYER, day, OFFICIAL, contract).cases
        return contract, cases[0] if cases else None

    def open(self) -> None:
        day = d("2026-07-08")
        contract, case = self._case(day)
        if case is None:
            details = CaseDetails(
                Route.BREACH,
                by="a",
                ground="fail",
                facts="连续三期不合格",
                evidence="JS-1",
                known_on=d("2026-07-06"),
                grace_days=15,
            )
            with self.unit() as uow:
                say(case=open_case(uow, LAWYER, noon(day), day, OFFICIAL, contract, details))

    def demand(self) -> None:
        day = d("2026-07-08")
        contract, case = self._case(day)
        if case is not None and case.demand is None:
            with self.unit() as uow:
                say(paper=draft_demand(uow, LAWYER, noon(day), day, OFFICIAL, contract, case.id, case.revision))
        self._send(d("2026-07-08"), d("2026-07-10"), notice=False)

    def notice(self) -> None:
        day = d("2026-07-30")
        contract, case = self._case(day)
        if case is not None and case.notice is None and case.demand is not None:
            with self.unit() as uow:
                say(paper=draft_notice(uow, LAWYER, noon(day), day, OFFICIAL, contract, case.id, case.revision))
        self._send(d("2026-07-30"), d("2026-08-03"), notice=True)

    def _send(self, sent: date, arrived: date, *, notice: bool) -> None:
        for method in (Method.EXPRESS, Method.EMAIL):
            contract, case = self._case(arrived)
            paper = (case.notice if notice else case.demand) if case is not None else None
            if paper is not None and method not in {x.method for x in paper.deliveries}:
                with self.unit() as uow:
                    made = send_case_paper(
                        uow, LAWYER, noon(sent), sent, OFFICIAL, contract, paper.id, method=method, sent_on=sent
                    )
                say(delivery=made)
        contract, case = self._case(arrived)
        paper = (case.notice if notice else case.demand) if case is not None else None
        for one in paper.deliveries if paper is not None else ():
            if one.method is Method.EXPRESS and one.arrived_on is None:
                with self.unit() as uow:
                    case_paper_arrived(
                        uow, LAWYER, noon(arrived), arrived, OFFICIAL, contract, one.id, one.revision, arrived_on=arrived,
                        proof=Proof.SIGNED_FOR, evidence="EMS 1",
                    )  # fmt: skip
                say(arrived=one.id)

    def object(self) -> None:
        day = d("2026-08-04")
        contract, case = self._case(day)
        if case is not None and case.state == "ended" and case.objected_on is None:
            with self.unit() as uow:
                object_to(uow, LAWYER, noon(day), day, contract, case.id, case.revision, on=day, text="不具备解除条件")

    def settle(self) -> None:
        day = d("2026-08-05")
        contract, case = self._case(day)
        if case is not None and case.disputed:
            with self.unit() as uow:
                close_objection(uow, LAWYER, noon(day), day, contract, case.id, case.revision, Outcome.SETTLED)

    def task(self) -> None:
        day, contract = d("2026-08-06"), self._ids()[1]
        with self.unit() as uow:
            exits = exit_desk(uow, LAWYER, day, OFFICIAL, contract).exits
        todo = [
            k
            for k in (TaskKey.STOP, TaskKey.DATA_REST)
            if exits and any(t.task.key is k and not t.done_on for t in exits[0].tasks)
        ]
        for key in todo[:1]:
            with self.unit() as uow:
                finish_task(
                    uow,
                    LAWYER,
                    noon(day),
                    day,
                    OFFICIAL,
                    contract,
                    exits[0].id,
                    exits[0].revision,
                    key,
                    done_on=day,
                    evidence="交接单",
                )
            say(task=f"{exits[0].id}:{key.value}")


LIFE = EndingLife
STEPS = ("decide", "renew", "open", "demand", "notice", "object", "settle", "task", "clock")
"""In this order: the clock comes last, because it jumps years ahead for every contract."""


def prepare(url: str, _folder: Path) -> None:
    """The two contracts that every child finds."""
    engine = open_engine(url)
    for number in range(2):
        in_force(lambda: UnitOfWork(engine), {"renew.max_times": "3"} if number == 0 else None)
    engine.dispose()
