"""The papers of a contract as lists show them, found by number; what is done alike with an amendment and with any other paper."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from app.domain.errors import ContractError
from app.domain.papers import PaperKind, PaperState
from app.domain.permissions import Action, Actor
from app.services.amendment_signing import freeze_amendment
from app.services.amendment_study import study
from app.services.consolidating import signed_amendments
from app.services.filing import DocumentView, documents_by_paper
from app.services.paper_freezing import CompiledPaper, FrozenPaper, compile_paper, freeze_paper, read_frozen
from app.services.paper_texts import PaperHead, PaperKit, head_of, kind_of, open_paper
from app.services.papers import PaperMissing, PaperView, view_paper, void_paper
from app.services.record import opened
from app.store.amendments import amendments_of
from app.store.contracts import ContractRow
from app.store.endings import ending_of_paper
from app.store.instruments import InstrumentRow, instrument_numbered, instruments_of
from app.store.paper_texts import paper_versions_of
from app.store.settlements import settlement_of_paper
from app.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class PaperLine:
    """One paper of the list. ``stale``: titles of amendments signed since a draft amendment was begun or last taken over;
    ``documents``: files of it in the record."""

    head: PaperHead
    signed_on: date | None
    retroactive_from: date | None
    stale: tuple[str, ...]
    documents: tuple[DocumentView, ...]


def paper_lines(uow: UnitOfWork, actor: Actor, contract_id: str) -> tuple[PaperLine, ...]:
    """Every paper of the contract, the newest first. Raises ``ContractMissing``, ``Forbidden``."""
    contract = opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    rows = instruments_of(uow.session, contract.id)
    frozen = paper_versions_of(uow.session, [r.id for r in rows])
    amendments = {a.instrument_id: a for a, _ in amendments_of(uow.session, contract.id)}
    signed = signed_amendments(uow, contract.id)
    filed = documents_by_paper(uow, contract.id)
    found = []
    for row in reversed(rows):
        own = amendments.get(row.id)
        drafting = own is not None and PaperState(row.state) in (PaperState.DRAFT, PaperState.FROZEN)
        known = set(own.basis.split()) if own else set()
        stale = tuple(a.label for a in signed if a.id not in known) if drafting else ()
        head = head_of(row, frozen[row.id].ordinal if row.id in frozen else 0)
        found.append(
            PaperLine(
                head, own.signed_on if own else None, own.retroactive_from if own else None, stale,
                filed.get(row.id, ()),
            )
        )  # fmt: skip
    return tuple(found)


def paper_line(uow: UnitOfWork, actor: Actor, contract_id: str, paper_id: str) -> PaperLine:
    """One paper of this contract. Raises ``PaperMissing``."""
    found = next((line for line in paper_lines(uow, actor, contract_id) if line.head.id == paper_id), None)
    if found is None:
        raise PaperMissing(paper_id)
    return found


def paper_view(uow: UnitOfWork, actor: Actor, paper_id: str) -> PaperView:
    """The paper with its sendings. Raises ``PaperMissing``."""
    _, row = open_paper(uow, actor, Action.READ_CONTRACTS, paper_id)
    return view_paper(uow, row)


def paper_numbered(uow: UnitOfWork, actor: Actor, number: str) -> PaperHead:
    """Raises ``PaperMissing``, and for a contract that the actor may not see ``ContractMissing``."""
    row = instrument_numbered(uow.session, number.strip())
    if row is None:
        raise PaperMissing(number)
    opened(uow, actor, Action.READ_CONTRACTS, row.contract_id)
    return head_of(row)


def study_any(uow: UnitOfWork, actor: Actor, kit: PaperKit, paper_id: str, today: date) -> CompiledPaper:
    """A paper as it stands with everything its checks say. Raises ``PaperMissing``, ``FormMissing``."""
    contract, row = open_paper(uow, actor, Action.READ_CONTRACTS, paper_id)
    return _compiled(uow, kit, contract, row, today)


def shown_paper(uow: UnitOfWork, actor: Actor, kit: PaperKit, paper_id: str, today: date) -> CompiledPaper | FrozenPaper:
    """What there is to show: the frozen text once it is fixed, the text as it stands before."""
    contract, row = open_paper(uow, actor, Action.READ_CONTRACTS, paper_id)
    if PaperState(row.state) is PaperState.DRAFT or not paper_versions_of(uow.session, [row.id]):
        return _compiled(uow, kit, contract, row, today)
    return read_frozen(uow, actor, paper_id)


def freeze_any(uow: UnitOfWork, actor: Actor, now: datetime, today: date, kit: PaperKit, paper_id: str) -> FrozenPaper:
    """Raises ``PaperBlocked`` with everything that stands against it."""
    _, row = open_paper(uow, actor, Action.FILE_PAPER, paper_id)
    freeze = freeze_amendment if kind_of(row) is PaperKind.AMENDMENT else freeze_paper
    return freeze(uow, actor, now, today, kit, paper_id)


def drop_paper(uow: UnitOfWork, actor: Actor, now: datetime, paper_id: str, reason: str) -> None:
    """Give up a paper that nobody outside has; its number is not used again. Raises ``paper.state``, ``paper.case``."""
    if not reason.strip():
        raise ContractError("paper.reason", "请写明作废的理由。")
    _, row = open_paper(uow, actor, Action.FILE_PAPER, paper_id, lock=True)
    if ending_of_paper(uow.session, row.id) is not None:
        raise ContractError("paper.case", f"文书 {row.number} 属于一项终止事项，请撤回该事项。")
    if settlement_of_paper(uow.session, row.id) is not None:
        raise ContractError("paper.case", f"结算单 {row.number} 请在“结算”页作废。")
    void_paper(uow, actor, now, row, reason.strip())
    uow.commit()


def _compiled(uow: UnitOfWork, kit: PaperKit, contract: ContractRow, row: InstrumentRow, today: date) -> CompiledPaper:
    if kind_of(row) is PaperKind.AMENDMENT:
        return study(uow, kit, contract, row, today).paper
    return compile_paper(uow, kit, contract, row, today)
