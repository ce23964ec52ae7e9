"""What the workbench asks of the contracts: few rows, each question by an index."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased, selectinload

from app.store.approvals import ApprovalRow
from app.store.contracts import ContractRow
from app.store.register import visible
from app.store.terms import RenewalDecisionRow, TermRow


def owned_in_stages(session: Session, owner_id: str, stages: Collection[str], limit: int) -> list[ContractRow]:
    """Contracts of one owner, what ends first first."""
    statement = _theirs(owner_id, stages).order_by(ContractRow.last_day.is_(None), ContractRow.last_day, ContractRow.id)
    return list(session.scalars(statement.limit(limit).options(selectinload(ContractRow.parties))))


def returned_drafts(session: Session, owner_id: str, limit: int) -> list[ContractRow]:
    """Contracts of one owner whose latest round of approval was returned and which are being drafted again."""
    rounds = aliased(ApprovalRow)
    newest = select(func.max(rounds.ordinal)).where(rounds.contract_id == ContractRow.id).correlate(ContractRow).scalar_subquery()
    statement = _theirs(owner_id, ["draft"]).join(ApprovalRow, ApprovalRow.contract_id == ContractRow.id)
    statement = statement.where(ApprovalRow.ordinal == newest, ApprovalRow.status == "returned").order_by(ContractRow.updated_at)
    return list(session.scalars(statement.limit(limit).options(selectinload(ContractRow.parties))))


def decided_terms(session: Session, contract_ids: Collection[str]) -> set[tuple[str, int]]:
    """Contract and number of each term on whose end somebody has decided."""
    statement = select(RenewalDecisionRow.contract_id, RenewalDecisionRow.term)
    found = session.execute(statement.where(RenewalDecisionRow.contract_id.in_(contract_ids)))
    return {(contract, term) for contract, term in found}


def current_terms(session: Session, contract_ids: Collection[str]) -> dict[str, int]:
    """The number of the term that runs, where a renewal brought it; contracts in their first term are left out."""
    statement = select(TermRow.contract_id, func.max(TermRow.number)).where(TermRow.contract_id.in_(contract_ids))
    return dict(session.execute(statement.group_by(TermRow.contract_id)).all())


def ends_between(session: Session, actor_id: str, stages: Collection[str], first: date, last: date) -> list[tuple[date, int]]:
    """How many contracts in these stages, of those that ``actor_id`` may see, end on each day."""
    statement = select(ContractRow.last_day, func.count()).where(
        ContractRow.last_day >= first, ContractRow.last_day <= last, ContractRow.stage.in_(sorted(stages)), visible(actor_id)
    )
    return [(day, number) for day, number in session.execute(statement.group_by(ContractRow.last_day)) if day is not None]


def stage_counts(session: Session, actor_id: str) -> dict[str, int]:
    """How many contracts that ``actor_id`` may see stand in each stage."""
    statement = select(ContractRow.stage, func.count()).where(visible(actor_id)).group_by(ContractRow.stage)
    return dict(session.execute(statement).all())


def _theirs(owner_id: str, stages: Collection[str]) -> Select[ContractRow]:
    return select(ContractRow).where(ContractRow.owner_id == owner_id, ContractRow.stage.in_(sorted(stages)))
