"""The head of a contract's pages: what it is, where it stands, what comes next and who must see to it."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.next_step import NextStep, next_step
from app.domain.permissions import Action, Actor
from app.services.filing import ContractView, view_contract
from app.services.record import opened
from app.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Head:
    """``who``: names of those in whose hands the next step lies; empty where nobody can be named."""

    contract: ContractView
    step: NextStep
    who: tuple[str, ...]


def read_head(uow: UnitOfWork, actor: Actor, contract_id: str) -> Head:
    """Raises ``ContractMissing``."""
    contract = view_contract(opened(uow, actor, Action.READ_CONTRACTS, contract_id))
    step = next_step(contract.state.stage)
    who = (contract.owner_name,) if contract.owner_name and step is not NextStep.NOTHING else ()
    return Head(contract, step, who)
