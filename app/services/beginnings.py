"""What a house that has no contract yet does first, each step as far as the person who looks may take it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from app.domain.permissions import Action, Actor, may
from app.store.drafts import recent_drafts
from app.store.organisations import count_organisations
from app.store.uow import UnitOfWork
from app.store.users import user_names
from app.store.workbench import stage_counts


class Beginning(Enum):
    """A first step, in the order in which they are sensibly taken."""

    COMPANIES = "companies"
    COLLEAGUES = "colleagues"
    DRAFT = "draft"
    IMPORT = "import"


_ASKS = {
    Beginning.COMPANIES: Action.EDIT_ORGANISATIONS,
    Beginning.COLLEAGUES: Action.MANAGE_USERS,
    Beginning.DRAFT: Action.CREATE_DRAFT,
    Beginning.IMPORT: Action.IMPORT_REGISTER,
}


@dataclass(frozen=True, slots=True)
class FirstStep:
    """One of them, and whether somebody has begun with it already."""

    step: Beginning
    done: bool


def read_beginnings(uow: UnitOfWork, actor: Actor) -> tuple[FirstStep, ...]:
    """The steps that the actor may take; none as soon as there is a contract that the actor may see."""
    if stage_counts(uow.session, actor.id):
        return ()
    allowed = [step for step in Beginning if may(actor, _ASKS[step])]
    return tuple(FirstStep(step, _is_done(uow, step)) for step in allowed)


def _is_done(uow: UnitOfWork, step: Beginning) -> bool:
    match step:
        case Beginning.COMPANIES:
            return count_organisations(uow.session) > 0
        case Beginning.COLLEAGUES:
            return len(user_names(uow.session)) > 1
        case Beginning.DRAFT:
            return bool(recent_drafts(uow.session, 1))
        case Beginning.IMPORT:
            return False
