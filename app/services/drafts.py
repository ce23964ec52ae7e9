"""Use cases over stored drafts. What was typed is stored as it was typed, sound or not; reading it tells what is wrong."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy.exc import IntegrityError

from app.domain.answers import POSITIONS, Reading, read_answers
from app.domain.clauses import ClauseLibrary
from app.domain.errors import ContractError, InputFault
from app.domain.interchange import plain_value
from app.domain.permissions import NOTHING, Action, Decision, decide, require
from app.domain.permissions import Actor as Actor
from app.domain.proofreading.registry import MINIMUM_REASON, is_full_reason
from app.domain.variables import DeviationKind, is_blank
from app.services.access import record_of, record_of_draft
from app.services.conflicts import Conflict, Seen, conflicts, require_seen
from app.services.content import begin_change, require_same_filing
from app.store.contracts import contract_of_draft
from app.store.drafts import (
    AcknowledgementRow,
    AnswerRow,
    DeviationRow,
    DraftRow,
    PositionRow,
    draft_with_number,
    find_draft,
)
from app.store.uow import UnitOfWork

NUMBER = "contract.no"


@dataclass(frozen=True, slots=True)
class DraftView:
    """A draft as stored, and as it reads today: ``raw`` by dotted name, typed answers, every fault."""

    id: str
    number: str
    title: str
    revision: int
    created_at: datetime
    updated_at: datetime
    updated_by: str
    library_fingerprint: str
    raw: Mapping[str, Any]
    reading: Reading
    conflicts: tuple[Conflict, ...] = ()
    """Answers of this save that were not stored, since somebody else had changed them unseen."""
    revisions: Mapping[str, int] = field(default_factory=dict)
    """The draft's revision that set each answer, cleared ones too."""

    def faults_of(self, name: str) -> tuple[InputFault, ...]:
        """Faults of one variable, its cells and fields included."""
        return tuple(f for f in self.reading.faults if f.path == name or f.path.startswith((f"{name}.", f"{name}[")))


class DraftMissing(ContractError):
    def __init__(self, draft_id: str) -> None:
        super().__init__("draft.missing", f"没有找到编号为 {draft_id[:40]} 的草稿，可能已被删除。")


class UnknownPlace(ContractError):
    def __init__(self, what: str, name: str) -> None:
        super().__init__("draft.unknown", f"{what}“{name[:80]}”不存在。")


class ReasonTooShort(ContractError):
    def __init__(self, minimum: int) -> None:
        super().__init__("draft.reason", f"请写明理由（不少于{minimum}个字），它将随合同保存。")


def create_draft(
    uow: UnitOfWork, actor: Actor, now: datetime, library: ClauseLibrary, raw: Mapping[str, Any] | None = None
) -> str:
    """A new draft, empty or filled from a whole answers document; returns its id."""
    require(actor, Action.CREATE_DRAFT)
    row = DraftRow(
        id=uuid.uuid4().hex,
        form=library.form,
        number=None,
        title=library.variables["contract.title"].default if "contract.title" in library.variables else library.title,
        library_fingerprint=library.fingerprint,
        revision=0,
        created_at=now,
        updated_at=now,
        updated_by=actor.name,
    )
    uow.session.add(row)
    if raw:
        _fill(row, library, raw)
    _claim_number(uow, row)
    uow.commit()
    return row.id


def load_draft(uow: UnitOfWork, actor: Actor, library: ClauseLibrary, draft_id: str) -> DraftView:
    """One draft. Raises ``DraftMissing`` where there is none or the actor may not know of it."""
    require_readable(uow, actor, draft_id)
    return load_draft_unasked(uow, library, draft_id)


def require_readable(uow: UnitOfWork, actor: Actor, draft_id: str, action: Action = Action.READ_DRAFTS) -> None:
    """Raises ``DraftMissing`` where the actor may not know of the draft, ``Forbidden`` where ``action`` is not theirs to do with it."""
    record = record_of_draft(uow, draft_id)
    if decide(actor, action, record) is Decision.HIDDEN:
        raise DraftMissing(draft_id)
    require(actor, action, record)


def load_draft_unasked(uow: UnitOfWork, library: ClauseLibrary, draft_id: str) -> DraftView:
    """The same without asking the permission table: for services that have asked; no door may use it."""
    row = find_draft(uow.session, draft_id)
    if row is None:
        raise DraftMissing(draft_id)
    return _view(uow, row, library)


def save_answer(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    library: ClauseLibrary,
    draft_id: str,
    name: str,
    raw: Any,
    *,
    seen: Seen | None = None,
) -> DraftView:
    """Store one answer as it was entered (None clears it). Faults do not keep it from being stored; they are in the view."""
    return save_answers(uow, actor, now, library, draft_id, {name: raw}, seen=seen)


def save_answers(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    library: ClauseLibrary,
    draft_id: str,
    entered: Mapping[str, Any],
    *,
    seen: Seen | None = None,
) -> DraftView:
    """Store several answers in one transaction; other answers of the draft stay untouched.

    ``seen`` is the revision that the page showed (of each answer, or of all): what somebody else changed after it is not overwritten, but reported
    in the view's ``conflicts``. Without it the last one wins.
    """
    unknown = [name for name in entered if name not in library.variables]
    if unknown:
        raise UnknownPlace("变量", unknown[0])
    row = _require(uow, actor, draft_id)
    values = {name: _storable(raw) for name, raw in entered.items()}
    unseen = conflicts(row, library, values, seen) if seen is not None else ()
    stored = {a.name: a.value for a in row.answers}
    taken = {c.name for c in unseen}
    kept = {name: value for name, value in values.items() if name not in taken and value != stored.get(name)}
    if kept or not entered:
        for name, value in kept.items():
            _put_answer(row, name, value, actor)
        if NUMBER in kept:
            _require_unfiled_number(uow, draft_id)
            _claim_number(uow, row)
        _touch(row, actor, now)
        uow.commit()
    return replace(_view(uow, row, library), conflicts=unseen)


def choose_position(
    uow: UnitOfWork, actor: Actor, now: datetime, library: ClauseLibrary, draft_id: str, topic: str, position: str
) -> DraftView:
    """Choose the standard or the fallback position of a playbook topic, with the answers that the fallback presets."""
    chosen = library.topic(topic)
    if chosen is None:
        raise UnknownPlace("议题", topic)
    if position not in POSITIONS:
        raise UnknownPlace("立场", position)
    row = _require(uow, actor, draft_id)
    row.positions = [p for p in row.positions if p.topic != topic]
    uow.session.flush()
    if position != POSITIONS[0]:
        row.positions.append(PositionRow(topic=topic, position=position))
    # What a position presets becomes an answer like any other, where the drafter sees it and may change it.
    for name, preset in chosen.presets.items():
        entered = next((a.value for a in row.answers if a.name == name), None)
        if position != POSITIONS[0]:
            _put_answer(row, name, preset, actor)
        elif entered == _storable(preset):
            _put_answer(row, name, None, actor)
    _touch(row, actor, now)
    uow.commit()
    return _view(uow, row, library)


def deviate(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    library: ClauseLibrary,
    draft_id: str,
    *,
    kind: DeviationKind,
    provision: str,
    reason: str,
    text: str = "",
    title: str = "",
    after: str = "",
    seen: int | None = None,
) -> DraftView:
    """Override, remove or add a provision for this contract alone; a deviation without a reason is refused.

    ``seen``: the revision that the page showed; raises ``DeviationChanged`` where somebody else changed the provision after it.
    """
    if not reason.strip():
        raise ContractError("draft.reason", "请写明偏离范本的理由，它将列入审查材料。")
    if kind is not DeviationKind.REMOVE and not text.strip():
        raise ContractError("draft.text", "请写明条款文字。")
    row = _require(uow, actor, draft_id)
    own = {d.provision for d in row.deviations if d.kind == DeviationKind.ADD.value}
    if kind is DeviationKind.ADD:
        provision = provision or f"own.{uuid.uuid4().hex[:12]}"
        head = after.startswith("s.") and any(after == f"s.{s.number}" for s in library.sections())
        if not head and library.clause(after) is None and after not in own:
            raise UnknownPlace("条款", after)
    elif library.clause(provision) is None:
        raise UnknownPlace("条款", provision)
    if seen is not None:
        require_seen(row, provision, seen)
    row.deviations = [d for d in row.deviations if d.provision != provision]
    uow.session.flush()
    row.deviations.append(
        DeviationRow(
            provision=provision,
            kind=kind.value,
            title=title.strip(),
            text=text.strip(),
            after=after,
            reason=reason.strip(),
            revision=row.revision + 1,
            by=actor.name,
        )
    )
    _touch(row, actor, now)
    uow.commit()
    return _view(uow, row, library)


def withdraw_deviation(
    uow: UnitOfWork, actor: Actor, now: datetime, library: ClauseLibrary, draft_id: str, provision: str
) -> DraftView:
    """Back to the library's text. What was added behind an added provision moves to where that one stood."""
    row = _require(uow, actor, draft_id)
    gone = next((d for d in row.deviations if d.provision == provision), None)
    if gone is None:
        raise UnknownPlace("偏离", provision)
    for other in row.deviations:
        if other.after == provision:
            other.after = gone.after
    row.deviations.remove(gone)
    _touch(row, actor, now)
    uow.commit()
    return _view(uow, row, library)


def acknowledge(
    uow: UnitOfWork, actor: Actor, now: datetime, library: ClauseLibrary, draft_id: str, *, rule: str, place: str, reason: str
) -> DraftView:
    """Let a warning pass, with person, time and reason (legal-rules §4.2)."""
    if not is_full_reason(reason):
        raise ReasonTooShort(MINIMUM_REASON)
    row = _require(uow, actor, draft_id)
    row.acknowledgements = [a for a in row.acknowledgements if (a.rule, a.place) != (rule, place)]
    uow.session.flush()
    row.acknowledgements.append(AcknowledgementRow(rule=rule, place=place, by=actor.name, at=now, reason=reason.strip()))
    _touch(row, actor, now)
    uow.commit()
    return _view(uow, row, library)


def withdraw_acknowledgement(
    uow: UnitOfWork, actor: Actor, now: datetime, library: ClauseLibrary, draft_id: str, *, rule: str, place: str
) -> DraftView:
    row = _require(uow, actor, draft_id)
    row.acknowledgements = [a for a in row.acknowledgements if (a.rule, a.place) != (rule, place)]
    _touch(row, actor, now)
    uow.commit()
    return _view(uow, row, library)


def delete_draft(uow: UnitOfWork, actor: Actor, draft_id: str) -> None:
    """Raises ``Hidden``, ``Forbidden``, ``DraftMissing``; ``draft.filed`` once it is a contract."""
    contract = contract_of_draft(uow.session, draft_id)
    require(actor, Action.DELETE_DRAFT, NOTHING if contract is None else record_of(contract))
    row = find_draft(uow.session, draft_id, lock=True)
    if row is None:
        raise DraftMissing(draft_id)
    if contract_of_draft(uow.session, draft_id) is not None:
        raise ContractError("draft.filed", "这份草稿已登记为合同，不能删除；不再需要的，请将合同作废。")
    uow.session.delete(row)
    uow.commit()


def _require(uow: UnitOfWork, actor: Actor, draft_id: str) -> DraftRow:
    """The draft to be changed, kept from other writers."""
    contract = begin_change(uow, actor, draft_id)
    row = find_draft(uow.session, draft_id, lock=True)
    if row is None:
        raise DraftMissing(draft_id)
    require_same_filing(uow, draft_id, contract)
    return row


def _require_unfiled_number(uow: UnitOfWork, draft_id: str) -> None:
    contract = contract_of_draft(uow.session, draft_id)
    if contract is not None:
        raise ContractError(
            "draft.number", f"合同已按编号 {contract.number} 登记，编号不能再改；不再需要的，请将合同作废后另行起草。"
        )


def _touch(row: DraftRow, actor: Actor, now: datetime) -> None:
    row.revision += 1
    row.updated_at = now
    row.updated_by = actor.name


def _put_answer(row: DraftRow, name: str, raw: Any, actor: Actor) -> None:
    """Set an answer in the revision that is being made. A cleared one keeps its row, which says who cleared it and when."""
    value = _storable(raw)
    existing = next((a for a in row.answers if a.name == name), None)
    if existing is None:
        if value is not None:
            row.answers.append(AnswerRow(name=name, value=value, revision=row.revision + 1, by=actor.name))
    elif existing.value != value:
        existing.value, existing.revision, existing.by = value, row.revision + 1, actor.name


def _storable(raw: Any) -> Any:
    """JSON keeps everything but decimals and dates; those go in as their text."""
    if isinstance(raw, Decimal | date | datetime):
        return plain_value(raw)
    if isinstance(raw, Mapping):
        return {str(k): _storable(v) for k, v in raw.items()}
    if isinstance(raw, list | tuple):
        return [_storable(v) for v in raw]
    return raw


def _fill(row: DraftRow, library: ClauseLibrary, raw: Mapping[str, Any]) -> None:
    reading = read_answers(library.variables, raw, topics=library.topics())
    for name, value in _flat(raw, "", library).items():
        if value is not None:
            row.answers.append(AnswerRow(name=name, value=_storable(value), revision=0, by=row.updated_by))
    row.positions = [PositionRow(topic=t, position=p) for t, p in reading.answers.positions.items() if p != POSITIONS[0]]
    row.deviations = [
        DeviationRow(
            provision=d.provision,
            kind=d.kind.value,
            title=d.title,
            text=d.text,
            after=d.after,
            reason=d.reason,
            revision=0,
            by=row.updated_by,
        )
        for d in reading.answers.deviations
    ]
    row.acknowledgements = [
        AcknowledgementRow(rule=a.rule, place=a.place, by=a.by, at=a.at, reason=a.reason)
        for a in reading.answers.acknowledgements
        if a.at is not None
    ]


def _flat(raw: Mapping[str, Any], prefix: str, library: ClauseLibrary) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in raw.items():
        name = f"{prefix}{key}"
        if name in library.variables:
            found[name] = value
        elif isinstance(value, Mapping):
            found |= _flat(value, f"{name}.", library)
    return found


def _claim_number(uow: UnitOfWork, row: DraftRow) -> None:
    """Take the contract number if it is sound and free; a taken one is kept as typed and reported as a fault."""
    entered = next((a.value for a in row.answers if a.name == NUMBER), None)
    number = str(entered).strip() if entered is not None else ""
    with uow.session.no_autoflush:
        other = draft_with_number(uow.session, number) if number and len(number) <= 40 else None
    row.number = None
    uow.session.flush()
    if number and len(number) <= 40 and (other is None or other.id == row.id):
        # Somebody may take the number between our look and our claim; the answer stays, the claim does not.
        with suppress(IntegrityError), uow.session.begin_nested():
            row.number = number
            uow.session.flush()


def _view(uow: UnitOfWork, row: DraftRow, library: ClauseLibrary) -> DraftView:
    raw: dict[str, Any] = {a.name: a.value for a in row.answers if a.value is not None}
    document: dict[str, Any] = {
        **raw,
        "playbook": {p.topic: p.position for p in row.positions},
        "deviations": [
            {"kind": d.kind, "provision": d.provision, "reason": d.reason, "text": d.text, "title": d.title, "after": d.after}
            for d in row.deviations
        ],
        "acknowledgements": [
            {"rule": a.rule, "place": a.place, "by": a.by, "at": a.at.isoformat(timespec="minutes"), "reason": a.reason}
            for a in row.acknowledgements
        ],
    }
    reading = read_answers(library.variables, document, topics=library.topics())
    reading = _with_number_conflict(uow, row, reading, library)
    party = reading.answers.get("party_b.name")
    title = str(reading.answers.get("contract.title") or library.title)
    return DraftView(
        id=row.id,
        number=str(raw.get(NUMBER) or ""),
        title=f"{title}（{party}）" if isinstance(party, str) and not is_blank(party) else title,
        revision=row.revision,
        created_at=row.created_at,
        updated_at=row.updated_at,
        updated_by=row.updated_by,
        library_fingerprint=row.library_fingerprint,
        raw=raw,
        reading=reading,
        revisions={a.name: a.revision for a in row.answers},
    )


def _with_number_conflict(uow: UnitOfWork, row: DraftRow, reading: Reading, library: ClauseLibrary) -> Reading:
    number = reading.answers.get(NUMBER)
    if NUMBER not in reading.answers.given or not isinstance(number, str) or row.number == number:
        return reading
    other = draft_with_number(uow.session, number)
    if other is None or other.id == row.id:
        return reading
    fault = InputFault(NUMBER, library.variables[NUMBER].label, f"合同编号“{number}”已用于另一份草稿", "换一个未使用的编号")
    return Reading(reading.answers, (*reading.faults, fault))
