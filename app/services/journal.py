"""Saying what happened: one form for every audit entry that a use case writes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.domain.permissions import Actor
from app.store.uow import UnitOfWork

CLOCK = Actor("后台任务", "clock")
"""Who acts where the calendar does."""
CEREMONY = Actor("签署流程", "ceremony")
"""Who moves the contract where signatories have signed or refused."""


def note(uow: UnitOfWork, actor: Actor, at: datetime, action: str, *, contract: str = "", subject: str = "", **data: Any) -> None:
    """An audit entry with this transaction. ``action`` is a stable code, ``data`` text, whole numbers, booleans, lists.
    ``subject``: the id of what it is about where that is no contract.

    The actor's name goes in beside the id: names change, and the log must be readable by itself. ``via`` tells the door where it
    was not the web pages.
    """
    via = {"via": actor.via} if actor.via else {}
    uow.record(at, actor.id or actor.name, action, {"actor_name": actor.name, **via, **data}, contract=contract or subject)
