"""The other party objects to an ending: the dispute is marked, and closed once it is settled or decided (CC:565, CCI:53)."""

from __future__ import annotations

from datetime import date, datetime

from app.domain.errors import InputError, InputFault
from app.domain.lifecycle import Event, Flag
from app.domain.lifecycle_facts import Decision, Facts
from app.domain.permissions import Action, Actor
from app.domain.termination import Outcome
from app.services.ending_rows import ENDED, OPEN, SET_ASIDE, CaseBlocked, come_to, touch
from app.services.journal import note
from app.services.moving import move
from app.services.record import state_of
from app.services.term_moves import cancel_exit
from app.store.endings import WHOLE, endings_of
from app.store.uow import UnitOfWork


def object_to(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    today: date,
    contract_id: str,
    case_id: str,
    revision: int,
    *,
    on: date,
    text: str,
) -> None:
    """Record that the other party objected. The ending itself stays as it is: silence would not heal a missing right, and an
    objection alone does not undo one. Raises ``InputError``, ``CaseBlocked``."""
    contract, row = come_to(uow, actor, contract_id, case_id, revision, Action.KEEP_PERFORMANCE)
    if row.state not in (OPEN, ENDED) or (row.objected_on is not None and not row.objection_outcome):
        raise CaseBlocked("记录异议", ("该事项已经撤回，或者已有未了结的异议",))
    faults = []
    if on > today:
        faults.append(InputFault("on", "异议到达日", f"{on.isoformat()} 尚未到来"))
    if not text.strip():
        faults.append(InputFault("text", "异议内容", "须写明对方的异议"))
    if faults:
        raise InputError(faults)
    row.objected_on, row.objection, row.objection_outcome = on, text.strip(), ""
    touch(row, actor, now)
    reason = f"对方于{on.isoformat()}对终止提出异议：{text.strip()[:200]}"
    move(uow, actor, now, contract, Event.DISPUTE_RAISED, Facts(today=today, reason=reason))
    uow.commit()


def close_objection(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, contract_id: str, case_id: str, revision: int, outcome: Outcome,
    *, decision: Decision | None = None, remark: str = "",
) -> None:  # fmt: skip
    """The objection is settled or decided. Set aside: the contract goes back to where it stood, and its exit is cancelled.

    Raises ``InputError`` where a decision is needed and none is named, ``CaseBlocked``, ``IllegalMove``.
    """
    contract, row = come_to(uow, actor, contract_id, case_id, revision)
    if row.objected_on is None or row.objection_outcome:
        raise CaseBlocked("了结异议", ("没有未了结的异议",))
    if outcome.decided and (decision is None or not decision.number.strip()):
        raise InputError([InputFault("decision", "裁判文书", "须写明生效裁判的案号和生效日")])
    row.objection_outcome = outcome.value
    touch(row, actor, now)
    if outcome is Outcome.SET_ASIDE:
        if row.state == ENDED and not row.part:
            in_force = contract.took_effect_on
            event = Event.ENDING_SET_ASIDE if in_force else Event.ENDING_SET_ASIDE_BEFORE_EFFECT
            facts = Facts(today=today, decision=decision, took_effect_on=in_force)
            move(uow, actor, now, contract, event, facts)
        if row.state == ENDED:
            why = f"{decision.number if decision else ''}否定终止"
            cancel_exit(uow, actor, now, contract, why, row.id if row.part else WHOLE)
        row.state = SET_ASIDE
    note(
        uow, actor, now, "ending.objection_closed", contract=contract_id, ending=row.id, outcome=outcome.value,
        decision=decision.number if decision else "", remark=remark.strip(),
    )  # fmt: skip
    left = tuple("对终止的异议" for r in endings_of(uow.session, contract_id) if r.objected_on and not r.objection_outcome)
    if not left and Flag.DISPUTED in state_of(contract).flags:
        move(uow, actor, now, contract, Event.DISPUTE_CLOSED, Facts(today=today, open_disputes=left))
    uow.commit()
