"""Obligations handed to somebody else: one, or many at once when a person leaves, is away, or has too much."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from app.domain.errors import ContractError, InputError, InputFault
from app.domain.lifecycle import Stage
from app.domain.obligation_state import DutyState
from app.domain.permissions import Action, Actor, may
from app.services.access import actor_of, record_of
from app.services.journal import note
from app.services.obligation_keeping import FEWEST, ObligationMissing
from app.services.obligation_planning import read_reasons
from app.services.obligation_reminding import remind_of_all
from app.services.record import opened
from app.store.contracts import ContractRow
from app.store.obligations import ObligationRow, obligations_of, obligations_with_ids
from app.store.uow import UnitOfWork
from app.store.users import UserRow, find_user

MOST = 500


@dataclass(frozen=True, slots=True)
class HandedOver:
    """``changed`` instances in so many contracts; ``passed`` were settled already or theirs before."""

    changed: int
    contracts: int
    passed: int


def hand_over(uow: UnitOfWork, actor: Actor, now: datetime, ids: Collection[str], user_id: str, reason: str) -> HandedOver:
    """Make somebody responsible for these open instances (empty: each contract's owner), all or none; instances planned later follow the
    latest of their kind. The reminders go to the new person from then on. Commits.

    Raises ``InputError`` with every fault (a contract that the person may not read is one), ``ContractMissing``, ``Forbidden``.
    """
    person = find_user(uow.session, user_id) if user_id else None
    faults = []
    if user_id and (person is None or not person.active):
        faults.append(InputFault("responsible", "责任人", "没有这位在职人员，或者账号已经停用", "请选择在用的账号"))
    if len("".join(reason.split())) < FEWEST:
        faults.append(InputFault("reason", "理由", f"请写明（不少于{FEWEST}个字），它将记入审计日志"))
    if not ids:
        faults.append(InputFault("duty", "事项", "没有选择任何事项"))
    if len(ids) > MOST:
        faults.append(InputFault("duty", "事项", f"一次最多更换{MOST}项", "请缩小筛选范围，分次更换"))
    if faults:
        raise InputError(faults)
    rows = obligations_with_ids(uow.session, ids)
    contracts = {i: _contract(uow, actor, i) for i in sorted({row.contract_id for row in rows})}
    unread = [c for c in contracts.values() if person is not None and not _reads(person, c)]
    if unread:
        assert person is not None
        why = f"{person.name}不能阅读这份合同，收不到提醒；请先指定其为合同人员"
        raise InputError([InputFault("responsible", f"合同 {c.number}", why) for c in unread])
    changed: dict[str, list[ObligationRow]] = {}
    told = []
    for row in rows:
        if row.state == DutyState.OPEN.value and (row.responsible_id or "") != user_id:
            row.responsible_id = user_id or None
            told.append((row, "\n".join(line.text for line in read_reasons(row.reasoning))))
            changed.setdefault(row.contract_id, []).append(row)
    remind_of_all(uow, actor, now, told)
    for contract_id, mine in changed.items():
        note(
            uow, actor, now, "obligation.assigned", contract=contract_id, duty=" ".join(sorted({r.duty for r in mine}))[:200],
            what=f"{mine[0].action}（{mine[0].label}）{'等' if len(mine) > 1 else ''}", user=user_id,
            name=person.name if person else "合同负责人", count=len(mine), reason=reason.strip()[:500],
        )  # fmt: skip
    uow.commit()
    count = sum(map(len, changed.values()))
    return HandedOver(count, len(changed), len(rows) - count)


def assign(
    uow: UnitOfWork, actor: Actor, now: datetime, contract_id: str, duty: str, user_id: str, reason: str
) -> HandedOver:  # fmt: skip
    """The same for all open instances of one obligation of a contract. Raises ``ObligationMissing`` where there is none."""
    opened(uow, actor, Action.KEEP_PERFORMANCE, contract_id, lock=True)
    rows = [r for r in obligations_of(uow.session, contract_id) if r.duty == duty and r.state == DutyState.OPEN.value]
    if not rows:
        raise ObligationMissing
    return hand_over(uow, actor, now, [r.id for r in rows], user_id, reason)


def _contract(uow: UnitOfWork, actor: Actor, contract_id: str) -> ContractRow:
    contract = opened(uow, actor, Action.KEEP_PERFORMANCE, contract_id, lock=True)
    if contract.stage == Stage.ARCHIVED.value:
        raise ContractError("obligation.archived", f"合同 {contract.number} 已归档，只读。")
    return contract


def _reads(person: UserRow, contract: ContractRow) -> bool:
    return may(actor_of(person), Action.READ_CONTRACTS, record_of(contract))
