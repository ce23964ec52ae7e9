"""A contract's obligations planned and entered: on its effect, and again whenever a text, a term, an event or a calendar changes.

Planning is idempotent. The clock does it for every contract that it looks at (``advancing``), and it looks at each whose stage, term, text
or notices changed; whoever records an event plans at once, in the same transaction.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from types import MappingProxyType

from app.domain.amendment import AddRow, DropRow, SetRow
from app.domain.calendar import WorkingCalendar
from app.domain.consolidation import Amendment, consolidate, turning_days
from app.domain.errors import ContractError
from app.domain.lifecycle import Stage
from app.domain.numbering import reference_labels
from app.domain.obligation_basis import Basis, Instance, Line, Occasion, Text
from app.domain.obligation_plan import plan
from app.domain.obligation_state import Changes, DutyState, Print, is_taken_as_done, kept, print_of, reconcile, state_when_moved
from app.domain.obligations import Catalogue
from app.domain.papers import PaperKind
from app.domain.permissions import Actor
from app.domain.remembering import remembered
from app.domain.tree import Instrument
from app.services.consolidating import signed_amendments, signed_base
from app.services.journal import note
from app.services.moving import law_day
from app.services.obligation_reminding import remind_of_all
from app.services.term_state import load_term_state
from app.services.versions import VersionDamaged
from app.store.contracts import ContractRow, find_contract
from app.store.endings import WHOLE, exits_of
from app.store.instruments import instruments_of
from app.store.obligations import ContractEventRow, ObligationRow, events_of, obligations_of
from app.store.uow import UnitOfWork

LIVING = frozenset({Stage.ACTIVE, Stage.EXPIRING, Stage.EXPIRED, Stage.TERMINATED})
_ENDED = frozenset({Stage.EXPIRED, Stage.TERMINATED})
_NOTICES = {PaperKind.DEMAND.value: "breach_notice_received", PaperKind.RECTIFICATION.value: "rectify_notice_received"}
_TOLD = 20
"""So many keys go into the log with one planning; the counts are complete."""


@dataclass(frozen=True, slots=True)
class Almanac:
    """What planning needs beside the record: the obligations of the form, and the official calendar."""

    catalogue: Catalogue
    official: WorkingCalendar


@dataclass(frozen=True, slots=True)
class Planned:
    """How many instances one planning added, moved and dropped."""

    added: int = 0
    moved: int = 0
    dropped: int = 0


def replan(uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, almanac: Almanac) -> Planned:
    """Bring the stored instances to what follows from the record now, in the caller's transaction, who holds the contract's lock.

    Raises ``terms.missing`` or ``term.unknown`` where the contract's text isn't in this system, ``VersionDamaged``.
    """
    if contract.took_effect_on is None or Stage(contract.stage) not in LIVING:
        return Planned()
    basis = basis_of(uow, contract, almanac.official)
    wanted = kept(plan(almanac.catalogue, basis, occasions_of(uow, contract)))
    rows = {row.key: row for row in obligations_of(uow.session, contract.id)}
    changes = reconcile({key: (DutyState(row.state), _print(row)) for key, row in rows.items()}, wanted)
    if changes.nothing:
        return Planned()
    keepers = {row.duty: row.responsible_id for row in rows.values()}  # in the order of their days: the latest counts
    told: list[tuple[ObligationRow, str]] = []
    for instance in changes.added:
        row = _row(contract.id, instance, keepers.get(instance.duty.id), now)
        if is_taken_as_done(row.due_on, contract.taken_over_on):
            row.state, row.settled_at, row.settled_by = DutyState.BEFORE.value, now, actor.name
        uow.session.add(row)
        told.append((row, _told(instance)))
    for instance in changes.moved:
        row = rows[instance.key]
        was, was_due = DutyState(row.state), row.due_on
        _fill(row, instance)
        state = state_when_moved(was, was_due, row.due_on, contract.taken_over_on)
        if state is not was:
            row.state, row.ground = state.value, ""
            row.settled_at, row.settled_by = (now, actor.name) if state is DutyState.BEFORE else (None, "")
        told.append((row, _told(instance)))
    gone = [rows[key] for key in changes.dropped]
    remind_of_all(uow, actor, now, told, gone)
    for row in gone:
        uow.session.delete(row)
    _note(uow, actor, now, contract, rows, changes)
    uow.session.flush()
    return Planned(len(changes.added), len(changes.moved), len(changes.dropped))


def plan_quietly(uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, almanac: Almanac | None) -> Planned:
    """``replan`` for the clock: a contract whose text isn't in this system has no plan, and that is no fault of the clock's."""
    if almanac is None:
        return Planned()
    try:
        return replan(uow, actor, now, contract, almanac)
    except VersionDamaged:
        raise
    except ContractError:
        return Planned()


def plan_contracts(
    units: Callable[[], UnitOfWork], actor: Actor, now: datetime, almanac: Almanac, contract_ids: Iterable[str]
) -> dict[str, Planned]:
    """Plan these contracts, each in a transaction of its own; those that can't be planned are left out."""
    done = {}
    for contract_id in contract_ids:
        with units() as uow:
            contract = find_contract(uow.session, contract_id, lock=True)
            if contract is not None:
                done[contract_id] = plan_quietly(uow, actor, now, contract, almanac)
                uow.commit()
    return done


def basis_of(uow: UnitOfWork, contract: ContractRow, official: WorkingCalendar) -> Basis:
    """Texts in the order of their days, terms, effect and end of a contract in force."""
    assert contract.took_effect_on is not None
    base, signed = signed_base(uow, contract), signed_amendments(uow, contract.id)
    state = load_term_state(uow, contract, official)
    first = min(contract.took_effect_on, state.chain.first.first_day)
    texts = [Text(first, base.standing.answers.values, _labels(base.standing.instrument))]
    for day in turning_days(signed):
        standing = consolidate(base.standing, signed, day).standing
        texts.append(Text(day, standing.answers.values, _labels(standing.instrument)))
    return Basis(tuple(texts), state.chain, contract.took_effect_on, official, _ended_on(uow, contract))


@remembered(16)
def _labels(instrument: Instrument) -> Mapping[str, str]:
    return MappingProxyType({place: reads for place, (reads, _) in reference_labels(instrument).items()})


def _ended_on(uow: UnitOfWork, contract: ContractRow) -> date | None:
    if Stage(contract.stage) not in _ENDED:
        return None
    whole = next((row.ended_on for row in exits_of(uow.session, contract.id) if row.scope == WHOLE), None)
    if whole is not None:
        return whole
    return law_day(contract.updated_at) if contract.stage == Stage.TERMINATED.value else None


def occasions_of(uow: UnitOfWork, contract: ContractRow) -> tuple[Occasion, ...]:
    """What was recorded, and what the record knows by itself: the effect, papers that arrived, annexes that an amendment changed."""
    assert contract.took_effect_on is not None
    found = [Occasion("effective", "effective", contract.took_effect_on, subject="合同生效")]
    found += [_occasion(row) for row in events_of(uow.session, contract.id)]
    for paper in instruments_of(uow.session, contract.id):
        if paper.kind in _NOTICES and paper.arrived_on is not None:
            found.append(Occasion(f"paper:{paper.id}", _NOTICES[paper.kind], paper.arrived_on, subject=paper.number))
    for amendment in signed_amendments(uow, contract.id):
        if _touches_annex(amendment):
            found.append(Occasion(f"paper:{amendment.id}", "annex_changed", amendment.effective_on, subject=amendment.label))
    if contract.disputed:
        raised = min((o.day for o in found if o.kind in ("dispute_raised", "issue_raised")), default=None)
        if raised is not None:
            found.append(Occasion("dispute", "in_dispute", raised))
    return tuple(found)


def _occasion(row: ContractEventRow) -> Occasion:
    stands = next((p.begins for p in row.pauses if p.ends is None), None)
    pauses = tuple((p.begins, p.ends) for p in row.pauses if p.ends is not None)
    return Occasion(row.id, row.kind, row.on_day, row.moment, row.subject, row.until, pauses, stands, row.level)


def _touches_annex(amendment: Amendment) -> bool:
    return any(isinstance(o, SetRow | AddRow | DropRow) and o.table.startswith("annex.") for o in amendment.operations)


# ---- rows


def _row(contract_id: str, instance: Instance, responsible: str | None, now: datetime) -> ObligationRow:
    duty = instance.duty
    row = ObligationRow(
        id=uuid.uuid4().hex, contract_id=contract_id, key=instance.key, duty=duty.id, section=duty.section,
        obligor=duty.obligor.value, provision=duty.provision, event_id=instance.occasion, responsible_id=responsible,
        state=DutyState.OPEN.value, created_at=now,
    )  # fmt: skip
    _fill(row, instance)
    return row


def _told(instance: Instance) -> str:
    return "\n".join(line.text for line in instance.reasons)


def _fill(row: ObligationRow, instance: Instance) -> None:
    due = instance.due
    row.action, row.clause, row.label = instance.duty.action[:200], instance.clause[:60], instance.label[:120]
    row.opens_on, row.remind_on = instance.opens, instance.remind_on
    row.due_on, row.due_at = (due.day, due.moment) if due else (None, None)
    row.provisional = bool(due and due.provisional_years)
    row.reasoning = write_reasons(instance.reasons)


def write_reasons(lines: Iterable[Line]) -> str:
    return json.dumps([[line.text, list(line.source)] for line in lines], ensure_ascii=False)


@lru_cache(maxsize=1024)
def read_reasons(text: str) -> tuple[Line, ...]:
    return tuple(Line(words, tuple(sources)) for words, sources in json.loads(text))


def _print(row: ObligationRow) -> Print:
    """As ``print_of`` reads an instance."""
    lines = tuple((line.text, line.source) for line in read_reasons(row.reasoning))
    return row.due_on, row.due_at, row.opens_on, row.remind_on, row.clause, row.label, row.action, lines


def _note(
    uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, rows: dict[str, ObligationRow], changes: Changes
) -> None:
    moved = [f"{i.key} → {i.due.day.isoformat() if i.due else '持续'}" for i in changes.moved if print_of(i)[0] is not None]
    note(
        uow, actor, now, "obligation.planned", contract=contract.id, added=len(changes.added), moved=len(changes.moved),
        dropped=len(changes.dropped), moves=moved[:_TOLD],
        drops=[f"{rows[k].duty} {rows[k].label}" for k in changes.dropped[:_TOLD]],
    )  # fmt: skip
