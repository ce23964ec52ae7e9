"""Filling a draft's party questions from master data: what would change is shown first, and what somebody else changed is kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from app.domain.clauses import ClauseLibrary
from app.domain.errors import ContractError
from app.domain.organisations import Organisation
from app.domain.party_answers import ROLES, Picks, party_answers
from app.domain.permissions import Action, Actor, require
from app.domain.presentation import present
from app.domain.typed_values import read_value
from app.domain.variables import Variable, VariableType
from app.services.drafts import DraftView, load_draft_unasked, save_answers
from app.services.record import filed_as
from app.services.registering import StoredOrganisation, load_organisation
from app.store.uow import UnitOfWork


@dataclass(frozen=True, slots=True)
class FilledAnswer:
    """One question that the master data answer; texts as a person reads them. ``before`` empty: not answered so far."""

    name: str
    label: str
    before: str
    after: str
    raw: Any

    @property
    def replaces(self) -> bool:
        """Whether something that was entered would be overwritten."""
        return bool(self.before)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What choosing an organisation for a party would change. ``same``: labels of questions that say so already."""

    organisation: StoredOrganisation
    view: DraftView
    changes: tuple[FilledAnswer, ...]
    same: tuple[str, ...]


def propose_party(
    uow: UnitOfWork,
    actor: Actor,
    today: date,
    library: ClauseLibrary,
    draft_id: str,
    role: str,
    organisation_id: str,
    picks: Picks,
) -> Proposal:
    """Stores nothing. Raises ``DraftMissing``, ``OrganisationMissing``, ``party.role``."""
    _require(uow, actor, draft_id, role)
    organisation = load_organisation(uow, actor, organisation_id)
    view = load_draft_unasked(uow, library, draft_id)
    changes, same = [], []
    answers = party_answers(role, organisation.details, picks, library.variables, today)
    for name, raw in answers.items():
        variable = library.variables[name]
        if view.raw.get(name) is None and variable.default_from and answers.get(variable.default_from) == raw:
            continue  # it says so by itself, once the other question is answered
        answer = FilledAnswer(name, variable.label, _now(variable, view), answer_in_words(variable, raw), raw)
        if answer.before == answer.after:
            same.append(answer.label)
        else:
            changes.append(answer)
    return Proposal(organisation, view, tuple(changes), tuple(same))


def fill_party(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, library: ClauseLibrary, draft_id: str, role: str,
    organisation_id: str, picks: Picks, names: Collection[str], seen: int,
) -> DraftView:  # fmt: skip
    """Answer the questions ``names`` from the master data. ``seen``: the draft's revision that the person confirmed; what
    somebody else answered after it stays, and is in the view's ``conflicts``."""
    if not organisation_id:
        raise ContractError("party.nothing", "没有选择主体。")
    proposal = propose_party(uow, actor, today, library, draft_id, role, organisation_id, picks)
    chosen = {change.name: change.raw for change in proposal.changes if change.name in names}
    if not chosen:
        raise ContractError("party.nothing", "没有选择要填写的项目。")
    return save_answers(uow, actor, now, library, draft_id, chosen, seen=seen)


def party_from_draft(uow: UnitOfWork, actor: Actor, library: ClauseLibrary, draft_id: str, role: str) -> Organisation:
    """What a draft says of a party, as a beginning for new master data."""
    _require(uow, actor, draft_id, role)
    view = load_draft_unasked(uow, library, draft_id)

    def text(name: str) -> str:
        value = view.raw.get(f"party_{role}.{name}")
        return value.strip() if isinstance(value, str) else ""

    return Organisation(text("name"), text("uscc"), text("legal_rep"), text("domicile"))


def _require(uow: UnitOfWork, actor: Actor, draft_id: str, role: str) -> None:
    if role not in ROLES:
        raise ContractError("party.role", "只能填写甲方或者乙方。")
    filed = filed_as(uow, draft_id)
    if filed is None:
        require(actor, Action.EDIT_DRAFT)
    else:
        require(actor, Action.EDIT_DRAFT, filed.record)


def _now(variable: Variable, view: DraftView) -> str:
    raw = view.raw.get(variable.name)
    return "" if raw is None else answer_in_words(variable, raw)


def answer_in_words(variable: Variable, raw: Any) -> str:
    """A raw answer as a person reads it; one that can't be read as it was entered."""
    if variable.type is VariableType.TABLE and isinstance(raw, list):
        return "\n".join(" · ".join(str(v) for v in row.values()) for row in raw if isinstance(row, Mapping))
    value, problems = read_value(variable, raw)
    if problems or value is None:
        return " · ".join(str(v) for v in raw.values()) if isinstance(raw, Mapping) else str(raw)
    return present(variable, value)
