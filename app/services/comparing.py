"""Comparing two texts of one contract: two versions, or a version and the draft as it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from app.domain.comparison import Comparison, compare, compare_variables
from app.domain.errors import ContractError
from app.domain.permissions import Actor
from app.domain.textual_change import TextDiff
from app.services.drafting import Reference
from app.services.texts import ContractText, load_text, token_of
from app.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class Compared:
    """Two texts and what became of the old one in the new one. ``key`` names the pair within the contract (``v1-v2``)."""

    old: ContractText
    new: ContractText
    comparison: Comparison

    @property
    def contract_id(self) -> str:
        return self.new.contract_id

    @property
    def key(self) -> str:
        return f"{self.old.token}-{self.new.token}"


class NothingToCompare(ContractError):
    def __init__(self) -> None:
        super().__init__("compare.same", "请选择两个不同的版本进行比较。")


def pair_key(uow: UnitOfWork, actor: Actor, contract_id: str, old: int, new: int) -> str:
    """``Compared.key`` without comparing anything. Raises ``ContractMissing``, ``TextMissing``."""
    return f"{token_of(uow, actor, contract_id, old)}-{token_of(uow, actor, contract_id, new)}"


def load_pair(
    uow: UnitOfWork, actor: Actor, reference: Reference, today: date, contract_id: str, old: int, new: int
) -> tuple[ContractText, ContractText]:
    """Both texts by ordinal (0: the draft). Raises ``ContractMissing``, ``TextMissing``, ``NothingToCompare``."""
    before = load_text(uow, actor, reference, today, contract_id, old)
    if old == new:
        raise NothingToCompare
    return before, load_text(uow, actor, reference, today, contract_id, new)


def compare_texts_of(pair: tuple[ContractText, ContractText], reference: Reference, differ: TextDiff) -> Compared:
    """The comparison of two loaded texts: text by provision, values by variable, annexes by row.

    Labels and units come from the library of today, since a version keeps the values but not the questions.
    """
    old, new = pair
    variables = reference.library.variables
    values = compare_variables(variables, old.answers.values, variables, new.answers.values)
    return Compared(old, new, compare(old.instrument, new.instrument, differ, values))


def compare_contract(
    uow: UnitOfWork, actor: Actor, reference: Reference, differ: TextDiff, today: date, contract_id: str, old: int, new: int
) -> Compared:
    """``load_pair`` and ``compare_texts_of`` in one."""
    return compare_texts_of(load_pair(uow, actor, reference, today, contract_id, old, new), reference, differ)
