"""A paper compiled into its text with everything its checks say, frozen under its number, and read back as it was."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from app.domain.assembly import assemble
from app.domain.digest import digest
from app.domain.errors import ContractError
from app.domain.paper_rules import AmendmentFacts, OtherPaper, PaperDraft, proofread_paper
from app.domain.paper_values import Background, taken_over
from app.domain.papers import PaperState
from app.domain.permissions import Action, Actor
from app.domain.proofreading import Finding, unresolved
from app.domain.tree import Instrument
from app.domain.variables import Answers, Value
from app.services.consolidating import in_force
from app.services.journal import note
from app.services.paper_prefill import with_term
from app.services.paper_texts import (
    PaperHead,
    PaperKit,
    PaperText,
    head_of,
    kind_of,
    open_paper,
    read_text,
    require_form,
    require_state,
)
from app.services.record import state_of
from app.store.answers_json import read_stored_answers, write_answers
from app.store.contracts import ContractRow
from app.store.instruments import InstrumentRow, instruments_of
from app.store.paper_texts import PaperVersionRow, latest_paper_version, next_paper_ordinal
from app.store.tree_json import read_tree, write_tree
from app.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class CompiledPaper:
    """The paper as it stands, with everything its checks say. ``blocking`` keeps it from being frozen."""

    text: PaperText
    answers: Answers
    instrument: Instrument
    findings: tuple[Finding, ...]
    blocking: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class FrozenPaper:
    """A frozen text, read back exactly as it was. ``operations``: JSON of an amendment's operations, empty otherwise."""

    head: PaperHead
    ordinal: int
    instrument: Instrument
    answers: Answers
    operations: str


class PaperDamaged(ContractError):
    def __init__(self, number: str) -> None:
        super().__init__(
            "paper.damaged", f"文书 {number} 的存储内容与其 SHA-256 不符，已拒绝读取，请从备份恢复并运行 audit verify。"
        )


class PaperBlocked(ContractError):
    """A paper can't be frozen; carries everything that stands in its way."""

    def __init__(self, compiled: CompiledPaper) -> None:
        count = len(compiled.blocking) + len(compiled.text.reading.faults)
        said = "；".join([f.message.rstrip("。") for f in compiled.blocking[:5]])
        super().__init__("document.paper_blocked", f"还不能定稿：有{count}项须先处理。{said}{'。' if said else ''}")
        self.compiled = compiled


@dataclass(frozen=True, slots=True)
class Extra:
    """What an amendment adds to its paper: computed values, and what its own checks look at."""

    values: Mapping[str, Value]
    facts: AmendmentFacts | None = None
    background: Background | None = None


def compile_paper(
    uow: UnitOfWork, kit: PaperKit, contract: ContractRow, row: InstrumentRow, today: date, extra: Extra | None = None
) -> CompiledPaper:
    """The paper with its findings. ``extra`` comes from ``amending`` for an amendment."""
    kind = require_form(row)
    text = read_text(uow, kit, contract, row, today)
    library = kit.forms(kind)
    dated = text.reading.answers.get("paper.date")
    day = dated if isinstance(dated, date) else today
    background = extra.background if extra else None
    if background is None:
        background = with_term(uow, contract, in_force(uow, contract, day).background, kit.reference.calendar, today)
    computed = taken_over(kind, background, text.reading.answers.values)
    computed |= {"paper.no": row.number, "paper.version": str((latest_ordinal(uow, row.id)) + 1)}
    answers = text.reading.answers.with_values({**computed, **(extra.values if extra else {})})
    instrument = assemble(library, answers, background.labels())
    draft = PaperDraft(
        kind=kind,
        answers=answers,
        instrument=instrument,
        variables=library.variables,
        laws=kit.reference.laws,
        today=today,
        background=background,
        stage=state_of(contract).stage,
        others=_others(uow, row),
        arrived_on=row.arrived_on,
        calendar=kit.reference.calendar,
        amendment=extra.facts if extra else None,
    )
    findings = proofread_paper(draft)
    return CompiledPaper(text, answers, instrument, findings, tuple(unresolved(findings, text.acknowledgements)))


def study_paper(uow: UnitOfWork, actor: Actor, kit: PaperKit, paper_id: str, today: date) -> CompiledPaper:
    """A paper that is no amendment, compiled. Raises ``PaperMissing``, ``FormMissing``."""
    contract, row = open_paper(uow, actor, Action.READ_CONTRACTS, paper_id)
    return compile_paper(uow, kit, contract, row, today)


def latest_ordinal(uow: UnitOfWork, paper_id: str) -> int:
    found = latest_paper_version(uow.session, paper_id)
    return found.ordinal if found else 0


def _others(uow: UnitOfWork, row: InstrumentRow) -> tuple[OtherPaper, ...]:
    return tuple(
        OtherPaper(kind, other.number, PaperState(other.state), other.arrived_on)
        for other in instruments_of(uow.session, row.contract_id)
        if other.id != row.id and (kind := kind_of(other)) is not None
    )


def freeze_paper(uow: UnitOfWork, actor: Actor, now: datetime, today: date, kit: PaperKit, paper_id: str) -> FrozenPaper:
    """Fix the text of a paper that is no amendment. Raises ``PaperBlocked`` with everything that stands against it."""
    contract, row = open_paper(uow, actor, Action.FILE_PAPER, paper_id, lock=True)
    compiled = compile_paper(uow, kit, contract, row, today)
    frozen = freeze_compiled(uow, actor, now, row, compiled)
    uow.commit()
    return frozen


def freeze_compiled(
    uow: UnitOfWork, actor: Actor, now: datetime, row: InstrumentRow, compiled: CompiledPaper, operations: str = ""
) -> FrozenPaper:
    """Add the frozen text in the caller's transaction under the contract's lock."""
    require_state(row, PaperState.DRAFT, what="定稿")
    if compiled.blocking or compiled.text.reading.faults:
        raise PaperBlocked(compiled)
    tree, answers = write_tree(compiled.instrument), write_answers(compiled.answers)
    version = PaperVersionRow(
        id=uuid.uuid4().hex, instrument_id=row.id, ordinal=next_paper_ordinal(uow.session, row.id), tree=tree, answers=answers,
        operations=operations, library_version=compiled.instrument.library_version, digest=digest(compiled.instrument),
        content=_content(tree, answers, operations), created_at=now, created_by=actor.name,
    )  # fmt: skip
    uow.session.add(version)
    row.state = PaperState.FROZEN.value
    note(
        uow, actor, now, "paper.frozen", contract=row.contract_id, paper=row.id, number=row.number, ordinal=version.ordinal,
        digest=version.digest, content=version.content,
    )  # fmt: skip
    uow.session.flush()
    return FrozenPaper(head_of(row, version.ordinal), version.ordinal, compiled.instrument, compiled.answers, operations)


def reopen_paper(uow: UnitOfWork, actor: Actor, now: datetime, paper_id: str, reason: str) -> None:
    """Take a frozen paper that has not left the house back into drafting; its frozen text stays in the record."""
    if not reason.strip():
        raise ContractError("paper.reason", "请写明恢复起草的理由。")
    _, row = open_paper(uow, actor, Action.FILE_PAPER, paper_id, lock=True)
    require_state(row, PaperState.FROZEN, what="恢复起草")
    row.state = PaperState.DRAFT.value
    note(uow, actor, now, "paper.reopened", contract=row.contract_id, paper=row.id, number=row.number, reason=reason.strip())
    uow.commit()


def read_frozen(uow: UnitOfWork, actor: Actor, paper_id: str) -> FrozenPaper:
    """The newest frozen text, checked against its hashes. Raises ``PaperMissing``, ``paper.not_frozen``, ``PaperDamaged``."""
    _, row = open_paper(uow, actor, Action.READ_CONTRACTS, paper_id)
    version = latest_paper_version(uow.session, row.id)
    if version is None:
        raise ContractError("paper.not_frozen", f"文书 {row.number} 尚未定稿。")
    if _content(version.tree, version.answers, version.operations) != version.content:
        raise PaperDamaged(row.number)
    instrument = read_tree(version.tree)
    if digest(instrument) != version.digest:
        raise PaperDamaged(row.number)
    answers = read_stored_answers(version.answers)
    return FrozenPaper(head_of(row, version.ordinal), version.ordinal, instrument, answers, version.operations)


def _content(tree: str, answers: str, operations: str) -> str:
    return hashlib.sha256(f"{tree}\n{answers}\n{operations}\n".encode()).hexdigest()
