"""Prices of a renewed term: worked out from the prices in force, and entered into the draft of the renewal agreement."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from app.domain.calendar import WorkingCalendar
from app.domain.errors import ContractError
from app.domain.papers import PaperKind, PaperState
from app.domain.permissions import Action, Actor
from app.domain.renewal_price import Proposal, RenewalPrice, priced_items, renewal_price
from app.domain.variables import Row, Value
from app.services.paper_texts import PaperKit, fill_paper
from app.services.papers import stated
from app.services.record import opened
from app.services.term_state import load_term_state
from app.store.contracts import ContractRow
from app.store.instruments import InstrumentRow, instruments_of
from app.store.uow import UnitOfWork


def work_out(uow: UnitOfWork, actor: Actor, official: WorkingCalendar, contract_id: str, proposal: Proposal) -> RenewalPrice:
    """The renewed prices with every line of the calculation, and what the contract does not allow. Raises ``ContractMissing``,
    ``term.unknown``, ``renewal.price``."""
    return _work_out(uow, opened(uow, actor, Action.READ_CONTRACTS, contract_id), official, proposal)


def enter_prices(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, kit: PaperKit, contract_id: str, proposal: Proposal
) -> str:
    """Put the prices into the renewal agreement that is being drafted; returns its number.

    Raises ``Forbidden``; ``renewal.price`` with everything that the contract does not allow; ``renewal.no_draft``.
    """
    contract = opened(uow, actor, Action.FILE_PAPER, contract_id, lock=True)
    found = _work_out(uow, contract, kit.reference.calendar, proposal)
    if found.faults:
        raise ContractError("renewal.price", "".join(found.faults))
    if found.total_pct and not found.lines:
        raise ContractError("renewal.price", "合同第8.1节没有可以调整的价格，请在续约协议中填写价格计算表。")
    paper = next(
        (r for r in _renewals(uow, contract_id) if r.state == PaperState.DRAFT.value), None
    )  # fmt: skip
    if paper is None:
        raise ContractError("renewal.no_draft", "没有起草中的续约协议，请先作出“续签”或者“重谈”的决定。")
    number = paper.number
    fill_paper(uow, actor, now, today, kit, paper.id, _answers(found))
    return number


def _answers(found: RenewalPrice) -> Mapping[str, Any]:
    if not found.total_pct:
        return {"renewal.price_mode": "same", "renewal.price_basis": None, "renewal.price_table": None}
    return {"renewal.price_mode": "adjusted", "renewal.price_basis": found.basis, "renewal.price_table": found.rows()}


def _work_out(uow: UnitOfWork, contract: ContractRow, official: WorkingCalendar, proposal: Proposal) -> RenewalPrice:
    state = load_term_state(uow, contract, official)
    earlier = [row for paper in _renewals(uow, contract.id) if paper.state == PaperState.SIGNED.value
               for row in _rows(stated(uow, paper, "renewal.price_table"))]  # fmt: skip
    return renewal_price(priced_items(state.answers.values, earlier), state.terms, proposal)


def _renewals(uow: UnitOfWork, contract_id: str) -> list[InstrumentRow]:
    """The oldest first."""
    rows = [r for r in instruments_of(uow.session, contract_id) if r.kind == PaperKind.RENEWAL.value]
    return sorted(rows, key=lambda row: (row.arrived_on or date.max, row.created_at))


def _rows(value: Value) -> tuple[Row, ...]:
    return tuple(r for r in value if isinstance(r, Mapping)) if isinstance(value, tuple) else ()
