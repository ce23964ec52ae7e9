"""Amendments leaving the house: frozen with their operations, recorded as signed, taking effect on their day exactly once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from app.domain.amendment import Operation, touched
from app.domain.consolidation import Amendment, consolidate
from app.domain.errors import ContractError, InputError, InputFault
from app.domain.papers import PaperState
from app.domain.permissions import Action, Actor
from app.domain.redrafting import redraft
from app.services.amendment_study import AmendmentMissing, AmendmentStudy, effective_day, study, workshop
from app.services.consolidating import signed_amendments, signed_base
from app.services.correction_rows import propose_for_terms
from app.services.guarding import guarded
from app.services.indexing import index_contract
from app.services.journal import CLOCK, note
from app.services.moving import wake
from app.services.paper_freezing import FrozenPaper, freeze_compiled
from app.services.paper_texts import PaperKit, entered_values, open_paper, require_state
from app.services.record import require_contract
from app.services.reminding import work_out
from app.services.versions import add_version
from app.store.amendment_json import read_edits, read_operations, write_operations
from app.store.amendments import AmendmentRow, amendments_of, amendments_to_apply, find_amendment
from app.store.contracts import ContractRow
from app.store.documents import find_document
from app.store.instruments import InstrumentRow, find_instrument
from app.store.paper_texts import latest_paper_version
from app.store.terms import terms_of
from app.store.uow import UnitOfWork

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Signed:
    """An amendment recorded as signed. ``stale``: numbers of open drafts that touch the same places and must be made again."""

    number: str
    sequence: int
    effective_on: date
    in_effect: bool
    stale: tuple[str, ...]


class AmendmentConflict(ContractError):
    """What was signed since stands against it."""

    def __init__(self, number: str, sentences: Sequence[str]) -> None:
        super().__init__(
            "amendment.conflict", f"{number}须以最新文本为基础重新拟定：{''.join(sentences[:5])}请恢复起草并逐处确认。"
        )


def freeze_amendment(uow: UnitOfWork, actor: Actor, now: datetime, today: date, kit: PaperKit, amendment_id: str) -> FrozenPaper:
    """Fix text and operations. Raises ``PaperBlocked`` with everything that brief C1 and the R rules hold against it."""
    contract, paper = open_paper(uow, actor, Action.FILE_PAPER, amendment_id, lock=True)
    found = study(uow, kit, contract, paper, today)
    operations = write_operations(found.redraft.operations, found.changes.articles(found.redraft.operations))
    frozen = freeze_compiled(uow, actor, now, paper, found.paper, operations)
    row = find_amendment(uow.session, amendment_id)
    assert row is not None
    row.basis = " ".join(a.id for a in signed_amendments(uow, contract.id))
    uow.commit()
    return frozen


def record_signed(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    today: date,
    kit: PaperKit,
    amendment_id: str,
    *,
    signed_on: date,
    evidence_id: str,
) -> Signed:
    """Record that both parties have signed the frozen amendment; it takes effect at once where its day has come.

    ``evidence_id``: the signed copy among the contract's files. Raises ``InputError``, ``AmendmentConflict``, ``paper.state``.
    """
    contract, paper = open_paper(uow, actor, Action.FILE_PAPER, amendment_id, lock=True)
    row = find_amendment(uow.session, amendment_id)
    if row is None:
        raise AmendmentMissing(amendment_id)
    require_state(paper, PaperState.FROZEN, what="记录签署")
    version = latest_paper_version(uow.session, paper.id)
    assert version is not None
    _require_signing(uow, contract, paper, signed_on, today, evidence_id)
    operations, clauses = read_operations(version.operations)
    found = study(uow, kit, contract, paper, today, signed_on)
    _require_fit(paper, found, operations)
    given = entered_values(uow, kit, contract, paper, today)
    reaches = given.get("amendment.retroactive_from")
    row.sequence = max((a.sequence or 0 for a, _ in amendments_of(uow.session, contract.id)), default=0) + 1
    row.signed_on, row.effective_on, row.evidence_id = signed_on, effective_day(given, signed_on), evidence_id
    row.retroactive_from = reaches if given.get("amendment.retroactive") is True and isinstance(reaches, date) else None
    paper.state, paper.arrived_on, paper.effective_on = PaperState.SIGNED.value, signed_on, row.effective_on
    note(
        uow, actor, now, "amendment.signed", contract=contract.id, paper=paper.id, number=paper.number, sequence=row.sequence,
        signed_on=signed_on.isoformat(), effective_on=row.effective_on.isoformat(), evidence=evidence_id, digest=version.digest,
        retroactive_from=row.retroactive_from.isoformat() if row.retroactive_from else "",
    )  # fmt: skip
    uow.session.flush()
    mine = Amendment(
        paper.id, paper.number, paper.title, row.sequence, signed_on, row.effective_on, operations, clauses, row.retroactive_from
    )
    stale = _overtaken(uow, kit, contract, mine, found, today)
    in_effect = row.effective_on <= today
    if in_effect:
        apply_amendment(uow, actor, now, contract, row, paper)
    uow.commit()
    return Signed(paper.number, row.sequence, row.effective_on, in_effect, stale)


def _require_signing(
    uow: UnitOfWork, contract: ContractRow, paper: InstrumentRow, signed_on: date, today: date, evidence_id: str
) -> None:
    faults = []
    if signed_on > today:
        faults.append(InputFault("signed_on", "签署日", f"{signed_on.isoformat()} 尚未到来", "请在双方签署后记录"))
    if signed_on < paper.created_at.date():
        faults.append(InputFault("signed_on", "签署日", "早于该文书的起草日"))
    document = find_document(uow.session, evidence_id) if evidence_id else None
    if document is None or document.contract_id != contract.id:
        faults.append(InputFault("evidence", "签署件", "请先把双方签署的文本存入本合同的文件，再选择它"))
    if faults:
        raise InputError(faults)


def _require_fit(paper: InstrumentRow, found: AmendmentStudy, operations: Sequence[Operation]) -> None:
    """What was frozen must be what the edits make of the text with everything signed meanwhile."""
    sentences = [c.sentence for c in found.facts.conflicts] + [u.sentence for u in found.facts.unsettled]
    if not sentences and tuple(operations) != found.redraft.operations:
        sentences = ["定稿之后合同的现行内容或者起算日已经变化，定稿的对照表不再与其一致。"]
    if sentences:
        raise AmendmentConflict(paper.number, sentences)


def _overtaken(
    uow: UnitOfWork, kit: PaperKit, contract: ContractRow, signed: Amendment, found: AmendmentStudy, today: date
) -> tuple[str, ...]:
    """Numbers of open drafts that touch what was just signed."""
    numbers = []
    theirs = touched(signed.operations, found.before.standing.instrument)
    for row, paper in amendments_of(uow.session, contract.id):
        if paper.id == signed.id or not PaperState(paper.state).open or row.sequence is not None:
            continue
        ours = redraft(found.before.standing, read_edits(row.edits), workshop(kit, today)).operations
        if touched(ours, found.before.standing.instrument).overlap(theirs):
            numbers.append(paper.number)
    return tuple(numbers)


def apply_amendment(
    uow: UnitOfWork, actor: Actor, now: datetime, contract: ContractRow, row: AmendmentRow, paper: InstrumentRow
) -> None:
    """The consolidated text of its effective day becomes the contract's newest version; the record's head follows."""
    assert row.effective_on is not None
    base = signed_base(uow, contract)
    standing = consolidate(base.standing, signed_amendments(uow, contract.id), row.effective_on).standing
    head, _ = add_version(
        uow, actor, now, contract, standing.instrument, standing.answers, f"{paper.title}（{paper.number}）生效后的合并文本"
    )
    paper.version_id = head.id
    value, last_day = standing.answers.get("fees.total_incl_tax"), standing.answers.get("term.end_date")
    contract.value = value if isinstance(value, Decimal) else contract.value
    if isinstance(last_day, date) and not terms_of(uow.session, contract.id):
        contract.last_day = last_day
    for party in contract.parties:
        name, uscc = (standing.answers.get(f"party_{party.role}.{part}") for part in ("name", "uscc"))
        party.name = name if isinstance(name, str) and name else party.name
        party.uscc = uscc if isinstance(uscc, str) and uscc else party.uscc
    contract.updated_at, contract.updated_by = now, actor.name
    note(
        uow, actor, now, "amendment.took_effect", contract=contract.id, paper=paper.id, number=paper.number, version=head.id,
        ordinal=head.ordinal, digest=head.digest, effective_on=row.effective_on.isoformat(),
    )  # fmt: skip
    wake(contract, now)
    work_out(uow, contract.id, now)
    uow.session.flush()
    index_contract(uow, contract)
    propose_for_terms(uow, actor, now, contract, paper.number)


def apply_due(units: Callable[[], UnitOfWork], now: datetime, today: date, *, carry_on: Callable[[], bool] = lambda: True) -> int:
    """Give effect to every signed amendment whose day has come; how many. Each in a transaction of its own, exactly once.

    A contract that fails doesn't hold up the others; its own later amendments wait for the one before.
    """
    with units() as uow:
        due = amendments_to_apply(uow.session, today)
    done, stuck = 0, set[str]()
    for contract_id, amendment_id in due:
        if contract_id in stuck or not carry_on():
            continue
        stuck.add(contract_id)
        with guarded(log, "补充协议生效", f"合同 {contract_id}"):
            done += _apply(units, now, contract_id, amendment_id)
            stuck.discard(contract_id)
    return done


def _apply(units: Callable[[], UnitOfWork], now: datetime, contract_id: str, amendment_id: str) -> bool:
    with units() as uow:
        contract = require_contract(uow, contract_id, lock=True)
        paper, row = find_instrument(uow.session, amendment_id), find_amendment(uow.session, amendment_id)
        if paper is None or row is None or paper.version_id is not None or PaperState(paper.state) is not PaperState.SIGNED:
            return False
        apply_amendment(uow, CLOCK, now, contract, row, paper)
        uow.commit()
        return True
