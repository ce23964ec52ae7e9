"""Formation and effect (section 11.1): signing dates recorded, conditions precedent checked off with evidence, and a mistaken record
taken back. Once nothing is missing and the day has come, the contract is in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from app.domain.effect import Condition, ConditionsPrecedent, DateRule, Effect, Fulfilment, Ground
from app.domain.errors import ContractError
from app.domain.lifecycle import Event, Stage
from app.domain.lifecycle_facts import Facts
from app.domain.permissions import Action, Actor, may
from app.services.access import record_of
from app.services.journal import note
from app.services.moving import law_day, move, wake
from app.services.record import opened, state_of
from app.services.stage_mails import Post, tell_owner
from app.services.standing import standing_answers
from app.services.taking_over import take_over_by_rule
from app.store.contracts import ContractRow
from app.store.documents import DocumentRow, find_document
from app.store.effects import (
    AddedConditionRow,
    FulfilmentRow,
    SigningDateRow,
    added_conditions_of,
    fulfilments_of,
    signing_dates_of,
)
from app.store.uow import UnitOfWork

OPEN = frozenset({Stage.APPROVED, Stage.SIGNING, Stage.SIGNED})
"""Where conditions can be checked off: the text is fixed, and the contract isn't in force yet."""
FEWEST = 4
"""Characters of a reason."""


@dataclass(frozen=True, slots=True)
class SigningDate:
    """One signature: for party ``role`` (``a``, ``b``), by whom, on which day of law; ``document_id``: the signed copy, if filed."""

    role: str
    signatory: str
    signed_on: date
    document_id: str = ""


@dataclass(frozen=True, slots=True)
class ConditionLine:
    """A condition precedent and, once it is checked off, by what. ``added``: why it was added beside the text; empty: agreed."""

    condition: Condition
    fulfilment: Fulfilment | None
    document_id: str
    document_name: str
    recorded_at: datetime | None
    added: str


@dataclass(frozen=True, slots=True)
class EffectView:
    """Everything that the effect hangs on. ``missing``: what keeps it from having effect today; ``open``: it can still be recorded."""

    effect: Effect
    signatures: tuple[SigningDate, ...]
    lines: tuple[ConditionLine, ...]
    missing: tuple[str, ...]
    took_effect_on: date | None
    open: bool
    keeps: bool


def effect_of(uow: UnitOfWork, contract: ContractRow) -> Effect:
    """What the effect of a contract hangs on, as recorded so far."""
    answers = standing_answers(uow, contract)
    signed = tuple(row.signed_on for row in signing_dates_of(uow.session, contract.id))
    extra = [Condition(row.condition) for row in added_conditions_of(uow.session, contract.id)]
    if answers is None:
        agreed: list[Condition] = []
        rule, fixed = (DateRule.FIXED_DATE if contract.effective_from else DateRule.LATEST_SIGNATURE), contract.effective_from
    else:
        chosen = answers.get("effect.preconditions")
        agreed = [c for c in Condition if isinstance(chosen, tuple) and c.value in chosen]
        rule = DateRule(answers.get("effect.date_rule") or DateRule.LATEST_SIGNATURE.value)
        day = answers.get("effect.fixed_date")
        fixed = day if isinstance(day, date) else None
    conditions = tuple(dict.fromkeys([*agreed, *extra]))
    done = tuple(_fulfilment(r) for r in fulfilments_of(uow.session, contract.id) if Condition(r.condition) in conditions)
    return Effect(signed, ConditionsPrecedent(conditions, done), rule, fixed)


def read_effect(uow: UnitOfWork, actor: Actor, today: date, contract_id: str) -> EffectView:
    """Raises ``ContractMissing``."""
    contract = opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    effect = effect_of(uow, contract)
    rows = {row.condition: row for row in fulfilments_of(uow.session, contract_id)}
    added = {row.condition: row.reason for row in added_conditions_of(uow.session, contract_id)}
    signatures = tuple(
        SigningDate(r.role, r.signatory, r.signed_on, r.document_id or "") for r in signing_dates_of(uow.session, contract_id)
    )
    return EffectView(
        effect=effect,
        signatures=signatures,
        lines=tuple(_line(uow, c, rows.get(c.value), added.get(c.value, "")) for c in effect.conditions.agreed),
        missing=() if contract.took_effect_on else effect.missing(today),
        took_effect_on=contract.took_effect_on,
        open=state_of(contract).stage in OPEN,
        keeps=may(actor, Action.KEEP_PERFORMANCE, record_of(contract)),
    )


def note_signed(uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, dates: Sequence[SigningDate]) -> Effect:
    """Record the signatures of a contract, all of them, in place of what was recorded before.

    For whoever moves the contract to ``SIGNED`` (``EXECUTED``, ``RECORDED_AS_SIGNED``): inside the caller's transaction, who holds the
    contract's lock and commits. Raises ``signing.dates`` where a party has none.
    """
    absent = [label for role, label in (("a", "甲方"), ("b", "乙方")) if all(d.role != role for d in dates)]
    if absent:
        raise ContractError("signing.dates", f"没有{'、'.join(absent)}的签署日期。")
    for row in signing_dates_of(uow.session, contract.id):
        uow.session.delete(row)
    uow.session.flush()
    for ordinal, signed in enumerate(dates, 1):
        uow.session.add(
            SigningDateRow(
                contract_id=contract.id, ordinal=ordinal, role=signed.role, signatory=signed.signatory[:100],
                signed_on=signed.signed_on, document_id=signed.document_id or None, recorded_at=now, recorded_by=actor.name,
            )
        )  # fmt: skip
    uow.session.flush()
    written = [[d.role, d.signatory, d.signed_on.isoformat()] for d in dates]
    note(uow, actor, now, "contract.signed", contract=contract.id, signatures=written)
    wake(contract, now)
    return effect_of(uow, contract)


def check_off(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, post: Post, contract_id: str, condition: Condition, *,
    on: date, evidence: str, document_id: str, ground: Ground = Ground.FULFILLED,
) -> None:  # fmt: skip
    """Check a condition off, with a document of this contract as evidence. Where nothing is missing any more and the day has come, the
    contract is in force with the same commit. Raises ``effect.condition``, ``effect.stage``."""
    contract = _open(uow, actor, contract_id)
    document = _evidence(uow, contract, document_id)
    fulfilment = Fulfilment(condition, on, evidence.strip() or document.name, actor.name, ground)
    effect_of(uow, contract).conditions.check_off(fulfilment, today)
    uow.session.add(
        FulfilmentRow(
            contract_id=contract.id, condition=condition.value, on_day=on, ground=ground.value, evidence=fulfilment.evidence,
            document_id=document.id, recorded_at=now, recorded_by=actor.name,
        )
    )  # fmt: skip
    uow.session.flush()
    note(
        uow, actor, now, "effect.checked_off", contract=contract.id, condition=condition.value, on=on.isoformat(),
        ground=ground.value, evidence=fulfilment.evidence, document=document.id, sha256=document.sha256,
    )  # fmt: skip
    _touch(contract, actor, now)
    take_effect(uow, actor, now, today, post, contract)
    uow.commit()


def undo_check_off(uow: UnitOfWork, actor: Actor, now: datetime, contract_id: str, condition: Condition, reason: str) -> None:
    """Take a mistaken record back; the log keeps it with the reason. Raises ``effect.condition``, ``effect.stage``."""
    contract = _open(uow, actor, contract_id)
    row = next((r for r in fulfilments_of(uow.session, contract_id) if r.condition == condition.value), None)
    if row is None:
        raise ContractError("effect.condition", f"“{condition.label}”没有勾销的记录。")
    note(
        uow, actor, now, "effect.undone", contract=contract_id, condition=condition.value, on=row.on_day.isoformat(),
        ground=row.ground, evidence=row.evidence, document=row.document_id or "", recorded_by=row.recorded_by, reason=_reason(reason),
    )  # fmt: skip
    uow.session.delete(row)
    _touch(contract, actor, now)
    uow.commit()


def require_official_approval(uow: UnitOfWork, actor: Actor, now: datetime, contract_id: str, reason: str) -> None:
    """The law makes the effect depend on an approval (CC:502): it becomes a condition beside those of the text."""
    contract = _open(uow, actor, contract_id)
    condition = Condition.OFFICIAL_APPROVAL
    if condition in effect_of(uow, contract).conditions.agreed:
        raise ContractError("effect.condition", f"“{condition.label}”已经列为生效前置条件。")
    why = _reason(reason)
    uow.session.add(
        AddedConditionRow(contract_id=contract_id, condition=condition.value, reason=why, added_at=now, added_by=actor.name)
    )
    note(uow, actor, now, "effect.condition_added", contract=contract_id, condition=condition.value, reason=why)
    _touch(contract, actor, now)
    uow.commit()


def drop_official_approval(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, post: Post, contract_id: str, reason: str
) -> None:
    """It turned out that no approval is needed. What was checked off for it must be taken back first."""
    contract = _open(uow, actor, contract_id)
    condition = Condition.OFFICIAL_APPROVAL
    row = next((r for r in added_conditions_of(uow.session, contract_id) if r.condition == condition.value), None)
    if row is None:
        raise ContractError("effect.condition", f"“{condition.label}”没有列为生效前置条件。")
    if any(r.condition == condition.value for r in fulfilments_of(uow.session, contract_id)):
        raise ContractError("effect.condition", f"“{condition.label}”已经勾销，请先撤销勾销的记录。")
    uow.session.delete(row)
    uow.session.flush()
    note(uow, actor, now, "effect.condition_dropped", contract=contract_id, condition=condition.value, reason=_reason(reason))
    _touch(contract, actor, now)
    take_effect(uow, actor, now, today, post, contract)
    uow.commit()


def take_effect(uow: UnitOfWork, actor: Actor, now: datetime, today: date, post: Post, contract: ContractRow) -> bool:
    """Put a signed contract in force where nothing is missing any more, inside the caller's transaction; whether it did."""
    if state_of(contract).stage is not Stage.SIGNED:
        return False
    effect = effect_of(uow, contract)
    if effect.missing(today):
        wake(contract, now)
        return False
    day = effect.effective_on
    move(uow, actor, now, contract, Event.TOOK_EFFECT, Facts(today=today, effect=effect), due=day.isoformat() if day else "")
    take_over_by_rule(uow, actor, now, contract)
    tell_owner(uow, actor, now, post, contract, Event.TOOK_EFFECT, day or law_day(now))
    return True


def _open(uow: UnitOfWork, actor: Actor, contract_id: str) -> ContractRow:
    contract = opened(uow, actor, Action.KEEP_PERFORMANCE, contract_id, lock=True)
    stage = state_of(contract).stage
    if stage not in OPEN:
        why = (
            "合同已经生效，不能再改动生效条件的记录"
            if contract.took_effect_on
            else f"合同处于“{stage.label}”，文本定稿后才能记录生效条件"
        )
        raise ContractError("effect.stage", f"{why}。")
    return contract


def _evidence(uow: UnitOfWork, contract: ContractRow, document_id: str) -> DocumentRow:
    found = find_document(uow.session, document_id) if document_id else None
    if found is None or found.contract_id != contract.id:
        raise ContractError("effect.condition", "请选择或者上传一份本合同的文件作为证据。")
    return found


def _reason(reason: str) -> str:
    text = reason.strip()
    if len("".join(text.split())) < FEWEST:
        raise ContractError("effect.reason", f"请写明理由（不少于{FEWEST}个字），它将记入审计日志。")
    return text[:2000]


def _touch(contract: ContractRow, actor: Actor, now: datetime) -> None:
    contract.updated_at, contract.updated_by = now, actor.name
    wake(contract, now)


def _fulfilment(row: FulfilmentRow) -> Fulfilment:
    return Fulfilment(Condition(row.condition), row.on_day, row.evidence, row.recorded_by, Ground(row.ground))


def _line(uow: UnitOfWork, condition: Condition, row: FulfilmentRow | None, added: str) -> ConditionLine:
    document = find_document(uow.session, row.document_id) if row is not None and row.document_id else None
    return ConditionLine(
        condition,
        _fulfilment(row) if row is not None else None,
        document.id if document else "",
        document.name if document else "",
        row.recorded_at if row is not None else None,
        added,
    )
