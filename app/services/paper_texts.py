"""What a paper says: its answers while it is drafted, compiled into a text with its findings, and frozen under its number."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from app.domain.answers import Reading, read_answers
from app.domain.clauses import ClauseLibrary
from app.domain.errors import ContractError, InputError, InputFault
from app.domain.interchange import plain_value
from app.domain.lifecycle import Stage
from app.domain.paper_values import paper_title, proposed
from app.domain.papers import PaperKind, PaperState, settlement_number
from app.domain.permissions import Action, Actor
from app.domain.textual_change import TextDiff
from app.domain.typed_values import read_value
from app.domain.variables import Acknowledgement, Requirement, Value, VariableSet, is_blank
from app.services.consolidating import in_force
from app.services.drafting import Reference
from app.services.journal import note
from app.services.paper_prefill import known_values
from app.services.papers import PaperMissing, draft_paper
from app.services.record import opened, state_of
from app.store.contracts import ContractRow
from app.store.instruments import InstrumentRow, find_instrument, instruments_of
from app.store.paper_texts import PaperTextRow, find_paper_text
from app.store.uow import ChangedMeanwhile, UnitOfWork

MINIMUM_REASON = 20
_SENDER = "party_a"


@dataclass(frozen=True, slots=True)
class PaperKit:
    """What papers are compiled against: the contract's reference, the form of each kind, the diff of typed words."""

    reference: Reference
    forms: Callable[[PaperKind], ClauseLibrary]
    differ: TextDiff


@dataclass(frozen=True, slots=True)
class PaperHead:
    """A paper as the record knows it. ``kind`` None: a notice without a form of ours. ``frozen``: ordinal of its newest frozen
    text, 0 without."""

    id: str
    contract_id: str
    kind: PaperKind | None
    number: str
    title: str
    state: PaperState
    arrived_on: date | None
    effective_on: date | None
    created_at: datetime
    created_by: str
    frozen: int = 0


@dataclass(frozen=True, slots=True)
class PaperText:
    """A paper being drafted: what was entered (raw, by dotted name), how it reads today, every fault."""

    head: PaperHead
    revision: int
    raw: Mapping[str, Any]
    reading: Reading
    acknowledgements: tuple[Acknowledgement, ...]

    @property
    def revisions(self) -> Mapping[str, int]:
        """Answers of a paper carry no revision of their own."""
        return {}

    def faults_of(self, name: str) -> tuple[InputFault, ...]:
        """Faults of one variable, its cells and fields included."""
        return tuple(f for f in self.reading.faults if f.path == name or f.path.startswith((f"{name}.", f"{name}[")))


class FormMissing(ContractError):
    def __init__(self, title: str) -> None:
        super().__init__("paper.form", f"“{title}”没有文书范本，不能在此起草。")


# ---- coming to a paper


def open_paper(
    uow: UnitOfWork, actor: Actor, action: Action, paper_id: str, *, lock: bool = False
) -> tuple[ContractRow, InstrumentRow]:
    """A paper and its contract, locked with ``lock``. Raises ``PaperMissing``, ``ContractMissing``, ``Forbidden``."""
    row = find_instrument(uow.session, paper_id)
    if row is None:
        raise PaperMissing(paper_id)
    return opened(uow, actor, action, row.contract_id, lock=lock), row


def kind_of(row: InstrumentRow) -> PaperKind | None:
    return next((k for k in PaperKind if k.value == row.kind), None)


def head_of(row: InstrumentRow, frozen: int = 0) -> PaperHead:
    return PaperHead(
        row.id, row.contract_id, kind_of(row), row.number, row.title, PaperState(row.state), row.arrived_on, row.effective_on,
        row.created_at, row.created_by, frozen,
    )  # fmt: skip


def require_state(row: InstrumentRow, *states: PaperState, what: str) -> None:
    if PaperState(row.state) not in states:
        raise ContractError("paper.state", f"文书 {row.number} {PaperState(row.state).label}，不能{what}。")


def typed(variables: VariableSet, name: str, raw: Any) -> Value:
    """One answer by the type of its variable. Raises ``InputError`` with every fault."""
    variable = variables.get(name)
    if variable is None:
        raise InputError([InputFault(name, "", "没有这个变量")])
    if variable.required is Requirement.COMPUTED:
        raise InputError([InputFault(name, variable.label, "由系统计算得出，不能填写")])
    value, problems = read_value(variable, raw)
    if problems:
        raise InputError(
            [InputFault(f"{name}{p.inside}", variable.label, p.problem, p.allowed, None, p.suggestion) for p in problems]
        )
    return value


# ---- drafting


def start_paper(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    today: date,
    kit: PaperKit,
    contract_id: str,
    kind: PaperKind,
    *,
    sender: str = _SENDER,
    values: Mapping[str, Value] | None = None,
) -> str:
    """A new paper of one of the eight kinds with its number, filled in as far as the contract says; returns its id.

    Raises ``ContractMissing``, ``Forbidden``; ``paper.stage`` where the contract's stage has no use for it.
    """
    contract = opened(uow, actor, Action.FILE_PAPER, contract_id, lock=True)
    require_stage(contract, kind)
    row = new_paper(uow, actor, now, contract, kind, values or {})
    put_text(uow, actor, now, today, kit, contract, row, values or {}, sender=sender)
    uow.commit()
    return row.id


def require_stage(contract: ContractRow, kind: PaperKind) -> None:
    stage = state_of(contract).stage
    if stage not in kind.facts.stages:
        names = "、".join(f"“{s.label}”" for s in Stage if s in kind.facts.stages)
        raise ContractError("paper.stage", f"合同为“{stage.label}”，{kind.label}只适用于{names}的合同。")


def new_paper(
    uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, kind: PaperKind, values: Mapping[str, Value]
) -> InstrumentRow:
    """The row with its number, in the caller's transaction under the contract's lock."""
    if kind is not PaperKind.SETTLEMENT:
        return draft_paper(uow, actor, now, contract, kind.value, kind.facts.prefix, kind.label)
    period = values.get("settlement.period_start")
    if not isinstance(period, date):
        raise ContractError("paper.period", "请先写明结算周期的起始日：结算单按周期编号。")
    taken = {r.number: PaperState(r.state) for r in instruments_of(uow.session, contract.id) if r.kind == kind.value}
    base = settlement_number(contract.number, period)
    again = [n for n in taken if n == base or n.startswith(f"{base}-")]
    if any(taken[n] is not PaperState.VOID for n in again):
        raise ContractError("paper.period", f"该周期已有结算单{base}；更正的，请先作废前一份。")
    number = base if not again else f"{base}-{len(again) + 1}"
    row = InstrumentRow(
        id=uuid.uuid4().hex, contract_id=contract.id, kind=kind.value, number=number, title=kind.label,
        state=PaperState.DRAFT.value, created_at=now, created_by=actor.name,
    )  # fmt: skip
    uow.session.add(row)
    note(uow, actor, now, "paper.drafted", contract=contract.id, paper=row.id, kind=kind.value, number=number)
    uow.session.flush()
    return row


def put_text(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    today: date,
    kit: PaperKit,
    contract: ContractRow,
    row: InstrumentRow,
    values: Mapping[str, Value],
    *,
    sender: str = _SENDER,
) -> None:
    """Give a new paper its answers in the caller's transaction: what the contract proposes, and ``values`` on top.

    Another use case that has drafted a paper calls this; nothing happens for a kind without a form.
    """
    kind = kind_of(row)
    if kind is None:
        return
    raw = _first_answers(uow, today, kit, contract, row, values, sender)
    known = find_paper_text(uow.session, row.id)
    if known is None:
        known = PaperTextRow(instrument_id=row.id, answers="{}", acknowledgements="[]", updated_at=now, updated_by=actor.name)
        uow.session.add(known)
    known.answers = _json({**json.loads(known.answers), **raw})
    known.updated_at, known.updated_by = now, actor.name
    uow.session.flush()


def fill_paper(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    today: date,
    kit: PaperKit,
    paper_id: str,
    entered: Mapping[str, Any],
    *,
    seen: int | None = None,
) -> PaperText:
    """Store answers as they were entered (None clears one). ``seen``: the revision that the page showed, 0 for a paper that another
    use case drafted without its text; what the contract proposes stands under what is entered then.

    Raises ``PaperMissing``, ``paper.state`` for a frozen one, ``ChangedMeanwhile``, ``paper.unknown``.
    """
    contract, row = open_paper(uow, actor, Action.FILE_PAPER, paper_id, lock=True)
    require_state(row, PaperState.DRAFT, what="修改")
    library = kit.forms(require_form(row))
    fresh = find_paper_text(uow.session, row.id, lock=True) is None
    text = _begun(uow, actor, now, today, kit, contract, row)
    if seen is not None and seen != (0 if fresh else text.revision):
        raise ChangedMeanwhile
    unknown = [n for n in entered if n not in library.variables]
    if unknown:
        raise ContractError("paper.unknown", f"变量“{unknown[0][:80]}”不存在。")
    answers = {**json.loads(text.answers), **{n: plain_value(v) for n, v in entered.items()}}
    text.answers = _json({n: v for n, v in answers.items() if v is not None and v != ""})
    text.updated_at, text.updated_by = now, actor.name
    if kind_of(row) is PaperKind.RESCISSION:
        row.title = paper_title(PaperKind.RESCISSION, _text(row, text, kit).reading.answers.values)
    note(uow, actor, now, "paper.filled", contract=row.contract_id, paper=row.id, number=row.number, names=sorted(entered))
    uow.commit()
    return _text(row, text, kit)


def let_pass(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, kit: PaperKit, paper_id: str, rule: str, place: str, reason: str
) -> PaperText:
    """Record why a warning was let pass. Raises ``paper.reason`` for a reason that is none."""
    if len("".join(reason.split())) < MINIMUM_REASON:
        raise ContractError("paper.reason", f"请写明放行理由（不少于{MINIMUM_REASON}个字），它将随文书保存。")
    contract, row = open_paper(uow, actor, Action.FILE_PAPER, paper_id, lock=True)
    require_state(row, PaperState.DRAFT, what="修改")
    text = _begun(uow, actor, now, today, kit, contract, row)
    kept = [a for a in json.loads(text.acknowledgements) if (a["rule"], a["place"]) != (rule, place)]
    kept.append({"rule": rule, "place": place or "*", "by": actor.name, "at": now.isoformat(), "reason": reason.strip()})
    text.acknowledgements = _json(kept)
    text.updated_at, text.updated_by = now, actor.name
    note(uow, actor, now, "paper.let_pass", contract=row.contract_id, paper=row.id, rule=rule, place=place, reason=reason.strip())
    uow.commit()
    return _text(row, text, kit)


def load_text(uow: UnitOfWork, actor: Actor, kit: PaperKit, paper_id: str, today: date) -> PaperText:
    """Raises ``PaperMissing``, ``FormMissing``."""
    contract, row = open_paper(uow, actor, Action.READ_CONTRACTS, paper_id)
    return read_text(uow, kit, contract, row, today)


def entered_values(uow: UnitOfWork, kit: PaperKit, contract: ContractRow, row: InstrumentRow, today: date) -> Mapping[str, Value]:
    """The typed answers of a paper, defaults included, without what is computed."""
    return read_text(uow, kit, contract, row, today).reading.answers.values


def read_text(uow: UnitOfWork, kit: PaperKit, contract: ContractRow, row: InstrumentRow, today: date) -> PaperText:
    """What was entered into a paper, as it reads today; what the contract proposes for one that another use case drafted and
    nobody has filled in yet (its revision is 0). Raises ``FormMissing``."""
    kind, text = require_form(row), find_paper_text(uow.session, row.id)
    if text is not None:
        return _text(row, text, kit)
    raw = _first_answers(uow, today, kit, contract, row, {}, _SENDER)
    return PaperText(head_of(row), 0, raw, read_answers(kit.forms(kind).variables, raw), ())


# ---- inside


def require_form(row: InstrumentRow) -> PaperKind:
    kind = kind_of(row)
    if kind is None:
        raise FormMissing(row.title)
    return kind


def _first_answers(
    uow: UnitOfWork,
    today: date,
    kit: PaperKit,
    contract: ContractRow,
    row: InstrumentRow,
    values: Mapping[str, Value],
    sender: str,
) -> dict[str, Any]:
    kind = require_form(row)
    background, library = in_force(uow, contract, today).background, kit.forms(kind)
    known = known_values(uow, contract, row, kind, background, kit.reference.calendar, today)
    own = str(known.get("paper.sender", sender))
    given = {**proposed(kind, background, own, today, row.title), **known, **values}
    return {n: plain_value(v) for n, v in given.items() if n in library.variables and not is_blank(v)}


def _begun(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, kit: PaperKit, contract: ContractRow, row: InstrumentRow
) -> PaperTextRow:
    """The paper's text, locked; begun with what the contract proposes where there is none yet."""
    if find_paper_text(uow.session, row.id) is None:
        put_text(uow, actor, now, today, kit, contract, row, {})
    text = find_paper_text(uow.session, row.id, lock=True)
    assert text is not None
    return text


def _text(row: InstrumentRow, text: PaperTextRow, kit: PaperKit) -> PaperText:
    raw = json.loads(text.answers)
    reading = read_answers(kit.forms(require_form(row)).variables, raw)
    passed = tuple(
        Acknowledgement(a["rule"], a["place"], a["by"], datetime.fromisoformat(a["at"]), a["reason"])
        for a in json.loads(text.acknowledgements)
    )
    reading = replace(reading, answers=replace(reading.answers, acknowledgements=passed))
    return PaperText(head_of(row), text.revision, raw, reading, passed)


def _json(data: Any) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"), sort_keys=isinstance(data, dict))
