"""The day from which this system answers for a contract's duties, where the contract came in after its effect.

What fell due before that day is taken as done: nobody here could have kept it, and a list that begins with two years of arrears hides what
is late today. It is a state of its own with its reason, nobody is reminded of it, and every instance can be taken up again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from app.domain.errors import ContractError, InputError, InputFault
from app.domain.lifecycle import Stage
from app.domain.obligation_state import DutyState, is_taken_as_done, usual_takeover
from app.domain.permissions import Action, Actor, require
from app.services.access import record_of
from app.services.journal import note
from app.services.moving import law_day
from app.services.obligation_keeping import FEWEST
from app.services.obligation_planning import read_reasons
from app.services.obligation_reminding import remind_of_all
from app.services.record import opened
from app.services.register import RECORDED
from app.store.contracts import ContractRow
from app.store.effects import fulfilments_of, signing_dates_of
from app.store.obligations import ObligationRow, obligations_of
from app.store.uow import UnitOfWork

BY_RULE = "合同于生效三十日以后登记"
ON_PAPER = "登记纸质签署时设定"


@dataclass(frozen=True, slots=True)
class TakenOver:
    """How many instances are taken as done by this change, and how many are to be kept again."""

    taken: int
    reopened: int


def take_over(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, contract_id: str, day: date | None, reason: str
) -> TakenOver:  # fmt: skip
    """What fell due before ``day`` and nobody recorded anything of was done before; None: everything is this system's to keep. Commits.

    Between the old day and the new one alone, so what somebody took up again by hand stays so. Raises ``ContractMissing``, ``Forbidden``,
    ``InputError`` with every fault.
    """
    contract = opened(uow, actor, Action.WAIVE_OBLIGATION, contract_id, lock=True)
    faults = []
    if contract.took_effect_on is None or contract.stage == Stage.ARCHIVED.value:
        raise ContractError("takeover.stage", "合同生效以后、归档以前才能设定接管日。")
    if day is not None and day > today:
        faults.append(InputFault("day", "接管日", "不能晚于今天：以后到期的事项须按期办理", today.isoformat()))
    if day is not None and day < contract.took_effect_on:
        faults.append(
            InputFault("day", "接管日", f"早于生效日 {contract.took_effect_on.isoformat()}", "没有接管前的事项的，请留空")
        )
    if day == contract.taken_over_on:
        faults.append(InputFault("day", "接管日", "没有改变"))
    if len("".join(reason.split())) < FEWEST:
        faults.append(InputFault("reason", "理由", f"请写明（不少于{FEWEST}个字），它将记入审计日志"))
    if faults:
        raise InputError(faults)
    before, contract.taken_over_on = contract.taken_over_on, day
    taken, reopened = list[tuple[ObligationRow, str]](), list[tuple[ObligationRow, str]]()
    for row in obligations_of(uow.session, contract_id):
        was, is_now = is_taken_as_done(row.due_on, before), is_taken_as_done(row.due_on, day)
        if is_now and not was and row.state == DutyState.OPEN.value:
            row.state, row.settled_at, row.settled_by, row.ground = DutyState.BEFORE.value, now, actor.name, reason.strip()[:4000]
            taken.append((row, ""))
        elif was and not is_now and row.state == DutyState.BEFORE.value:
            row.state, row.settled_at, row.settled_by, row.ground = DutyState.OPEN.value, None, "", ""
            reopened.append((row, "\n".join(line.text for line in read_reasons(row.reasoning))))
    remind_of_all(uow, actor, now, [*taken, *reopened])
    _note(uow, actor, now, contract, before, reason.strip(), len(taken), len(reopened))
    uow.commit()
    return TakenOver(len(taken), len(reopened))


def take_over_with_paper(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, contract: ContractRow, day: date, signed_on: date
) -> None:
    """The day said with the record of a paper that was signed on ``signed_on``, in the caller's transaction, before the effect is worked
    out. Who may give duties up may say it. Raises ``Forbidden``, ``InputError``."""
    require(actor, Action.WAIVE_OBLIGATION, record_of(contract))
    faults = []
    if day > today:
        faults.append(InputFault("takeover", "接管日", "不能晚于今天：以后到期的事项须按期办理", today.isoformat()))
    if day < signed_on:
        faults.append(InputFault("takeover", "接管日", f"早于签署日 {signed_on.isoformat()}", "没有接管前的事项的，请留空"))
    if faults:
        raise InputError(faults)
    before, contract.taken_over_on = contract.taken_over_on, day
    _note(uow, actor, now, contract, before, ON_PAPER, 0, 0)


def take_over_by_rule(uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow) -> None:
    """The usual day for a contract that has just taken effect, inside the caller's transaction; it says so in the log.

    It counts when the last paper that the effect hangs on came in, not when the clock ran: what fell due while the clock stood still is late.
    A contract whose text isn't here has no duties to take over.
    """
    if contract.took_effect_on is None or contract.form == RECORDED or contract.taken_over_on is not None:
        return
    came_in = [row.recorded_at for row in signing_dates_of(uow.session, contract.id)]
    came_in += [row.recorded_at for row in fulfilments_of(uow.session, contract.id)]
    day = usual_takeover(contract.took_effect_on, law_day(max(came_in))) if came_in else None
    if day is not None:
        contract.taken_over_on = day
        _note(uow, actor, now, contract, None, BY_RULE, 0, 0)


def _note(
    uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, before: date | None, reason: str, taken: int, reopened: int
) -> None:  # fmt: skip
    day = contract.taken_over_on
    note(
        uow, actor, now, "obligation.taken_over", contract=contract.id, day=day.isoformat() if day else "",
        before=before.isoformat() if before else "", reason=reason, taken=taken, reopened=reopened,
    )  # fmt: skip
