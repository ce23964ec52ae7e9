"""Coming to the row of a contract: whether it is there, whether the actor may do this with it, and where it stands."""

from __future__ import annotations

from dataclasses import dataclass

from app.domain.errors import ContractError
from app.domain.lifecycle import Flag, Stage, State
from app.domain.permissions import Action, Actor, Decision, Record, decide, require
from app.services.access import record_of
from app.store.contracts import ContractRow, contract_of_draft, contract_with_number, find_contract
from app.store.uow import UnitOfWork


class ContractMissing(ContractError):
    """There is no such contract, or there is none for this actor: the words are the same."""

    def __init__(self, contract_id: str) -> None:
        super().__init__("contract.missing", f"没有找到合同 {contract_id[:40]}。")


def require_contract(uow: UnitOfWork, contract_id: str, *, lock: bool = False) -> ContractRow:
    """The contract's row, kept from other writers with ``lock``. Raises ``ContractMissing``. Asks nobody's permission."""
    row = find_contract(uow.session, contract_id, lock=lock)
    if row is None:
        raise ContractMissing(contract_id)
    return row


def opened(uow: UnitOfWork, actor: Actor, action: Action, contract_id: str, *, lock: bool = False) -> ContractRow:
    """The row of a contract with which ``actor`` may do ``action``.

    Raises ``ContractMissing`` where there is none or the actor may not know of it, ``Forbidden`` where the actor may only see it.
    """
    row = require_contract(uow, contract_id, lock=lock)
    record = record_of(row)
    if decide(actor, action, record) is Decision.HIDDEN:
        raise ContractMissing(contract_id)
    require(actor, action, record)
    return row


def id_of(uow: UnitOfWork, actor: Actor, number: str) -> str:
    """The id of the contract with this number (or this id) that ``actor`` may read. Raises ``ContractMissing``."""
    row = contract_with_number(uow.session, number) or find_contract(uow.session, number)
    if row is None:
        raise ContractMissing(number)
    return opened(uow, actor, Action.READ_CONTRACTS, row.id).id


def state_of(row: ContractRow) -> State:
    flags = {Flag.RECTIFYING: row.rectifying, Flag.DISPUTED: row.disputed}
    return State(Stage(row.stage), frozenset(flag for flag, stands in flags.items() if stands))


@dataclass(frozen=True, slots=True)
class Filed:
    """The contract that a draft is the working copy of."""

    id: str
    number: str
    state: State
    record: Record

    @property
    def editable(self) -> bool:
        """Whether the text may be changed without anything else happening."""
        return self.state.stage is Stage.DRAFT


def filed_as(uow: UnitOfWork, draft_id: str) -> Filed | None:
    """None where the draft isn't filed as a contract."""
    row = contract_of_draft(uow.session, draft_id)
    return None if row is None else Filed(row.id, row.number, state_of(row), record_of(row))
