"""Cases of ending between their rows and the law: reading a row as ``termination.Case``, and coming to a row under its lock."""

from __future__ import annotations

from datetime import datetime

from app.domain.calendar import WorkingCalendar
from app.domain.errors import ContractError
from app.domain.notice import rescission_faults
from app.domain.permissions import Action, Actor
from app.domain.termination import Case, Demand, Notice, Route, TerminationTerms
from app.domain.variables import Answers
from app.services.papers import deliveries, require_paper
from app.services.record import opened
from app.services.term_state import TermState, load_term_state
from app.store.contracts import ContractRow
from app.store.endings import EndingRow, find_ending
from app.store.uow import ChangedMeanwhile, UnitOfWork

OPEN, ENDED, WITHDRAWN, SET_ASIDE = "open", "ended", "withdrawn", "set_aside"
STATES = {OPEN: "办理中", ENDED: "已终止", WITHDRAWN: "已撤回", SET_ASIDE: "被裁判否定"}


class CaseMissing(ContractError):
    def __init__(self, case_id: str) -> None:
        super().__init__("ending.missing", f"没有找到终止事项 {case_id[:40]}。")


class CaseBlocked(ContractError):
    """A step that may not be taken yet. ``unmet``: one Chinese sentence for each thing that stands in the way."""

    def __init__(self, what: str, unmet: tuple[str, ...]) -> None:
        super().__init__("ending.blocked", f"现在不能{what}：{'；'.join(unmet)}。")
        self.unmet = unmet


def come_to(
    uow: UnitOfWork, actor: Actor, contract_id: str, case_id: str, revision: int, action: Action = Action.END_CONTRACT
) -> tuple[ContractRow, EndingRow]:
    """Contract and case, both kept from other writers. Raises ``ContractMissing``, ``Forbidden``, ``CaseMissing``, ``ChangedMeanwhile``."""
    contract = opened(uow, actor, action, contract_id, lock=True)
    row = find_ending(uow.session, case_id)
    if row is None or row.contract_id != contract_id:
        raise CaseMissing(case_id)
    if row.revision != revision:
        raise ChangedMeanwhile
    return contract, row


def touch(row: EndingRow, actor: Actor, now: datetime) -> None:
    """Every change of a case counts its revision up, so that a stale page can't act on it."""
    row.updated_at, row.updated_by = now, actor.name


def terms_of_ending(uow: UnitOfWork, contract: ContractRow, official: WorkingCalendar) -> tuple[TermState, TerminationTerms]:
    """What the contract in force says. Raises ``term.unknown``."""
    state = load_term_state(uow, contract, official)
    return state, TerminationTerms.from_answers(state.answers)


def case_of(uow: UnitOfWork, row: EndingRow, answers: Answers) -> Case:
    """The row as the law sees it, with its papers and how they were sent."""
    return Case(
        route=Route(row.route),
        ground=row.ground,
        by=row.by_party,
        part=row.part,
        facts=row.facts,
        evidence=row.evidence,
        known_on=row.known_on,
        continuing=row.continuing,
        ceased_on=row.ceased_on,
        since=row.since,
        cured_on=row.cured_on,
        asked_on=row.asked_on,
        demand=_demand(uow, row),
        notice=_notice(uow, row, answers),
        end_on=row.end_on,
        signed_on=row.signed_on,
    )


def _demand(uow: UnitOfWork, row: EndingRow) -> Demand | None:
    if row.demand_id is None:
        return None
    paper = require_paper(uow, row.contract_id, row.demand_id)
    return Demand(paper.number, paper.arrived_on, row.grace_days)


def _notice(uow: UnitOfWork, row: EndingRow, answers: Answers) -> Notice | None:
    if row.notice_id is None:
        return None
    paper = require_paper(uow, row.contract_id, row.notice_id)
    faults: tuple[str, ...] = ()
    if Route(row.route) is not Route.CONVENIENCE:
        faults = rescission_faults(deliveries(uow, paper.id), answers.get("terminate.notice_method"))
    return Notice(paper.number, paper.arrived_on, row.automatic, row.performed_on, faults)
