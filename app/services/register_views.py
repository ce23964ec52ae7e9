"""Saved views of the register: one's own, and those that others share; one of them opens by itself."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from app.domain.errors import ContractError, InputError, InputFault
from app.domain.permissions import Action, Actor, require
from app.services.journal import note
from app.services.register_settings import Settings, plain_settings, read_settings
from app.store.uow import UnitOfWork
from app.store.users import find_user
from app.store.views import RegisterViewRow, default_view_id, find_view, set_default_view, view_named, views_for

LONGEST_NAME = 60
MOST_VIEWS = 100


@dataclass(frozen=True, slots=True)
class SavedView:
    """``own``: the actor's, who alone may change it; else ``owner_name`` shares it. ``default``: the register opens with it."""

    id: str
    name: str
    shared: bool
    own: bool
    owner_name: str
    default: bool
    settings: Settings


class ViewMissing(ContractError):
    def __init__(self) -> None:
        super().__init__("view.missing", "没有找到这个视图，可能已被删除或者不再共享。")


def list_views(uow: UnitOfWork, actor: Actor) -> tuple[SavedView, ...]:
    """Own views first, then shared ones, each by name."""
    require(actor, Action.READ_CONTRACTS)
    default = default_view_id(uow.session, actor.id)
    return tuple(_view(uow, actor, row, default) for row in views_for(uow.session, actor.id))


def save_view(uow: UnitOfWork, actor: Actor, now: datetime, name: str, settings: Settings, *, shared: bool = False) -> str:
    """Keep the settings under a name; an own view of that name is replaced. Returns its id. Raises ``InputError``."""
    require(actor, Action.READ_CONTRACTS)
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_NAME:
        raise InputError([InputFault("name", "视图名称", f"须填写，至多{LONGEST_NAME}字")])
    row = view_named(uow.session, actor.id, name)
    if row is None:
        if sum(v.owner_id == actor.id for v in views_for(uow.session, actor.id)) >= MOST_VIEWS:
            raise InputError([InputFault("name", "视图", f"每人至多保存{MOST_VIEWS}个视图，请先删除不用的")])
        row = RegisterViewRow(id=uuid.uuid4().hex, owner_id=actor.id, name=name, created_at=now)
        uow.session.add(row)
    row.settings = json.dumps(plain_settings(settings), ensure_ascii=False, sort_keys=True)
    row.shared, row.updated_at = shared, now
    note(uow, actor, now, "view.saved", view=row.id, name=name, shared=shared)
    try:
        uow.commit()
    except IntegrityError as error:
        raise InputError([InputFault("name", "视图名称", f"“{name}”刚刚被保存，请重试")]) from error
    return row.id


def delete_view(uow: UnitOfWork, actor: Actor, now: datetime, view_id: str) -> None:
    """Raises ``ViewMissing`` for one that isn't the actor's."""
    row = find_view(uow.session, view_id)
    if row is None or row.owner_id != actor.id:
        raise ViewMissing
    note(uow, actor, now, "view.deleted", view=row.id, name=row.name)
    uow.session.delete(row)
    uow.commit()


def choose_default(uow: UnitOfWork, actor: Actor, now: datetime, view_id: str) -> None:
    """Let the register open with this view; empty: with none. Raises ``ViewMissing``."""
    require(actor, Action.READ_CONTRACTS)
    if view_id:
        _readable(uow, actor, view_id)
    set_default_view(uow.session, actor.id, view_id)
    note(uow, actor, now, "view.default", view=view_id)
    uow.commit()


def load_view(uow: UnitOfWork, actor: Actor, view_id: str) -> SavedView:
    """Raises ``ViewMissing``."""
    require(actor, Action.READ_CONTRACTS)
    return _view(uow, actor, _readable(uow, actor, view_id), default_view_id(uow.session, actor.id))


def default_view(uow: UnitOfWork, actor: Actor) -> SavedView | None:
    """The view that opens by itself; None where there is none, or it isn't shared any more."""
    view_id = default_view_id(uow.session, actor.id)
    row = find_view(uow.session, view_id) if view_id else None
    return _view(uow, actor, row, view_id) if row is not None and _may_read(actor, row) else None


def _readable(uow: UnitOfWork, actor: Actor, view_id: str) -> RegisterViewRow:
    row = find_view(uow.session, view_id)
    if row is None or not _may_read(actor, row):
        raise ViewMissing
    return row


def _may_read(actor: Actor, row: RegisterViewRow) -> bool:
    return row.shared or row.owner_id == actor.id


def _view(uow: UnitOfWork, actor: Actor, row: RegisterViewRow, default: str) -> SavedView:
    own = row.owner_id == actor.id
    owner = actor.name if own else getattr(find_user(uow.session, row.owner_id), "name", "")
    settings, _ = read_settings(json.loads(row.settings))
    return SavedView(row.id, row.name, row.shared, own, owner, row.id == default, settings)
