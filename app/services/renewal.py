"""Renewal: the desk on which it is decided, and the decision with the papers that it drafts."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from app.domain.calendar import WorkingCalendar
from app.domain.errors import ContractError, InputError, InputFault
from app.domain.lifecycle import Stage
from app.domain.permissions import Action, Actor
from app.domain.reminders import Topic
from app.domain.renewal import Outlook, Schedule
from app.domain.renewal_decision import Choice, Offer, Paper, offer_of, offers
from app.services.filing import ContractView, view_contract
from app.services.journal import note
from app.services.papers import IN_THE_HOUSE, PaperView, draft_of, view_paper, void_paper
from app.services.record import opened
from app.services.reminding import close_dates, work_out
from app.services.term_state import OPTION_NOTICE, TermState, load_term_state
from app.store.contracts import ContractRow
from app.store.instruments import instruments_of
from app.store.terms import RenewalDecisionRow, decisions_of
from app.store.uow import ChangedMeanwhile, UnitOfWork

RENEWAL_KINDS = (Paper.RENEWAL.value, Paper.NON_RENEWAL.value, OPTION_NOTICE)
IN_FORCE = (Stage.ACTIVE, Stage.EXPIRING)
_ACTIONS = {
    Choice.RENEW: Action.KEEP_PERFORMANCE,
    Choice.RENEGOTIATE: Action.KEEP_PERFORMANCE,
    Choice.NOT_RENEW: Action.END_CONTRACT,
    Choice.LAPSE: Action.END_CONTRACT,
}


@dataclass(frozen=True, slots=True)
class DecisionView:
    """``current``: it is the newest one on the term that runs."""

    term: int
    choice: Choice
    reason: str
    papers: tuple[str, ...]
    decided_by: str
    decided_at: datetime
    current: bool


@dataclass(frozen=True, slots=True)
class RenewalDesk:
    """Everything that a decision on the renewal rests on. ``open``: the contract is in force, so there is something to
    decide; ``over``: it has ended, so no date of a term concerns anybody any more."""

    contract: ContractView
    state: TermState
    schedule: Schedule
    outlook: Outlook
    offers: tuple[Offer, ...]
    decisions: tuple[DecisionView, ...]
    papers: tuple[PaperView, ...]
    open: bool
    over: bool

    @property
    def decision(self) -> DecisionView | None:
        return next((d for d in self.decisions if d.current), None)

    @property
    def numbers(self) -> Mapping[str, str]:
        return self.state.numbers


def renewal_desk(
    uow: UnitOfWork, actor: Actor, today: date, official: WorkingCalendar, contract_id: str, margin: int = 0
) -> RenewalDesk:
    """Raises ``ContractMissing``, ``term.unknown``."""
    contract = opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    state = load_term_state(uow, contract, official)
    plan, ahead = state.schedule(margin), state.outlook(today)
    rows = [r for r in instruments_of(uow.session, contract_id) if r.kind in RENEWAL_KINDS]
    return RenewalDesk(
        contract=view_contract(contract),
        state=state,
        schedule=plan,
        outlook=ahead,
        offers=offers(plan, state.terms, ahead, today),
        decisions=decisions_on(uow, contract_id, state),
        papers=tuple(view_paper(uow, row) for row in rows),
        open=Stage(contract.stage) in IN_FORCE,
        over=Stage(contract.stage) in (Stage.EXPIRED, Stage.TERMINATED, Stage.ARCHIVED),
    )


def decisions_on(uow: UnitOfWork, contract_id: str, state: TermState) -> tuple[DecisionView, ...]:
    """What was decided on the renewals of a contract, the newest first."""
    rows = decisions_of(uow.session, contract_id)
    newest = next((r.id for r in rows if r.term == state.chain.current.number), None)
    return tuple(
        DecisionView(r.term, Choice(r.choice), r.reason, tuple(r.papers.split()), r.decided_name, r.decided_at, r.id == newest)
        for r in rows
    )


def decide(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    today: date,
    official: WorkingCalendar,
    contract_id: str,
    revision: int,
    choice: Choice,
    reason: str,
) -> tuple[str, ...]:
    """Record what was decided on the current term, and draft its papers; returns their numbers.

    A draft that the term already has is kept; one that the new decision has no use for is voided while it
    is a draft. Raises ``ContractMissing``, ``Forbidden``, ``ChangedMeanwhile``, ``InputError``; ``renewal.refused`` with the reason.
    """
    contract = opened(uow, actor, _ACTIONS[choice], contract_id, lock=True)
    if contract.revision != revision:
        raise ChangedMeanwhile
    if not reason.strip():
        raise InputError([InputFault("reason", "理由", "须写明决定的理由")])
    if Stage(contract.stage) not in IN_FORCE:
        raise ContractError("renewal.refused", f"合同为“{Stage(contract.stage).label}”，只有履行中的合同可以决定续约。")
    state = load_term_state(uow, contract, official)
    offer = offer_of(choice, state.schedule(), state.terms, state.outlook(today), today)
    if offer.refused:
        raise ContractError("renewal.refused", offer.refused)
    papers = _papers_for(uow, actor, now, contract, offer)
    uow.session.add(
        RenewalDecisionRow(
            id=uuid.uuid4().hex,
            contract_id=contract.id,
            term=state.chain.current.number,
            choice=choice.value,
            reason=reason.strip(),
            papers=" ".join(papers),
            decided_by=actor.id,
            decided_name=actor.name,
            decided_at=now,
        )
    )
    contract.updated_at, contract.updated_by = now, actor.name
    note(
        uow, actor, now, "renewal.decided", contract=contract.id, term=state.chain.current.number, choice=choice.value,
        reason=reason.strip(), papers=list(papers),
    )  # fmt: skip
    close_dates(uow, actor, now, Topic.RENEWAL, f"{contract.id}:{state.chain.current.number}")
    work_out(uow, contract.id, now)
    uow.commit()
    return papers


def _papers_for(uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, offer: Offer) -> tuple[str, ...]:
    wanted = [p.value for p in offer.papers]
    drafts = {r.kind: r for r in instruments_of(uow.session, contract.id) if r.state in IN_THE_HOUSE and r.kind in RENEWAL_KINDS}
    for kind, row in drafts.items():
        if kind not in wanted and kind != OPTION_NOTICE:
            void_paper(uow, actor, now, row, f"改为“{offer.choice.label}”")
    kept = {kind: row.number for kind, row in drafts.items() if kind in wanted}
    return tuple(kept.get(p.value) or draft_of(uow, actor, now, contract, p).number for p in offer.papers)
