"""The living annex: a changed service list compared with the one in force, and the amendment that brings the changed rows.

From its effective day the consolidated text has the new rows, and whatever reads the text of a month (settlement, obligations) follows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.domain.annex_change import FIXED, KEYS, AnnexChange, compare_lists, doubled
from app.domain.errors import ContractError, InputError, InputFault
from app.domain.permissions import Action, Actor
from app.domain.redrafting import SetValue
from app.domain.variables import Value
from app.services.amending import draft_amendment
from app.services.consolidating import in_force
from app.services.paper_texts import PaperKit, typed
from app.services.record import opened
from app.store.contracts import ContractRow
from app.store.instruments import find_instrument
from app.store.uow import UnitOfWork

Tables = Mapping[str, Sequence[Mapping[str, Any]]]
"""Raw rows by variable name, as an upload has them."""


@dataclass(frozen=True, slots=True)
class ListInForce:
    """The tables of the service list in force on a day."""

    day: date
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Drafted:
    id: str
    number: str


def list_in_force(uow: UnitOfWork, actor: Actor, contract_id: str, day: date) -> ListInForce:
    """Raises ``ContractMissing``, ``terms.missing``."""
    contract = opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    answers = in_force(uow, contract, day).consolidated.standing.answers
    return ListInForce(day, {name: answers.get(name) for name in KEYS})


def compare_with(uow: UnitOfWork, actor: Actor, kit: PaperKit, contract_id: str, tables: Tables, day: date) -> AnnexChange:
    """What the list changes of what is in force on ``day``. Raises ``InputError`` with every fault of the rows, ``terms.missing``."""
    contract = opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    return _compare(uow, kit, contract, tables, day)[0]


def draft_list_change(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, kit: PaperKit, contract_id: str, tables: Tables, *, with_fee: bool = True
) -> Drafted:  # fmt: skip
    """An amendment with the changed rows, and where they call for it (``with_fee``) the monthly fee. One commit.

    Raises ``InputError``, ``annex.same`` where nothing differs, ``paper.stage``, ``Forbidden``.
    """
    contract = opened(uow, actor, Action.FILE_PAPER, contract_id, lock=True)
    change, values = _compare(uow, kit, contract, tables, today)
    if not change.changed:
        raise ContractError("annex.same", "上传的清单与现行附件一致，没有需要变更的内容。")
    edits = [SetValue(t.variable, values[t.variable]) for t in change.tables if t.changed]
    if with_fee and change.price is not None and change.price.fixed_after is not None:
        edits.append(SetValue(FIXED, change.price.fixed_after))
    made = draft_amendment(uow, actor, now, today, kit, contract_id, edits)
    paper = find_instrument(uow.session, made)
    return Drafted(made, paper.number if paper is not None else "")


def _compare(
    uow: UnitOfWork, kit: PaperKit, contract: ContractRow, tables: Tables, day: date
) -> tuple[AnnexChange, dict[str, Value]]:
    variables = kit.reference.library.variables
    values: dict[str, Value] = {}
    faults: list[InputFault] = []
    for name in KEYS:
        if name not in tables:
            continue
        try:
            values[name] = typed(variables, name, list(tables[name]))
        except InputError as error:
            faults += error.faults
            continue
        found = values[name]
        rows = [r for r in found if isinstance(r, Mapping)] if isinstance(found, tuple) else []
        label = variables[name].label
        faults += [InputFault(name, label, f"“{key}”出现了两次，无法与现行的行对应") for key in doubled(name, rows)]
    if not values and not faults:
        faults.append(InputFault("file", "清单", "没有服务项目或者价格"))
    if faults:
        raise InputError(faults)
    before = in_force(uow, contract, day).consolidated.standing.answers
    known = {name: variables[name] for name in KEYS}
    return compare_lists(known, before.values, values, _months(before.values)), values


def _months(values: Mapping[str, Value]) -> int:
    """The length of the term that the amounts of the price table are for."""
    years = values.get("term.years")
    if isinstance(years, int) and years > 0:
        return years * 12
    first, last = values.get("term.start_date"), values.get("term.end_date")
    if not isinstance(first, date) or not isinstance(last, date) or last <= first:
        return 0
    return max(1, round((last - first).days / (365.25 / 12)))
