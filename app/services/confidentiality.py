"""Who may read a contract: closing it to named people, naming them, and handing it over to another owner."""

from __future__ import annotations

from datetime import datetime

from app.domain.errors import ContractError
from app.domain.permissions import NOTHING, Action, Actor, may
from app.services.access import actor_of
from app.services.journal import note
from app.services.record import opened
from app.store.contracts import ContractReaderRow, ContractRow
from app.store.uow import UnitOfWork
from app.store.users import UserRow, find_user


class ReaderUnfit(ContractError):
    def __init__(self, name: str) -> None:
        super().__init__("contract.reader", f"“{name}”的账号已停用，或者没有可以阅读合同的角色，不能指定。")


def set_confidentiality(
    uow: UnitOfWork, actor: Actor, now: datetime, contract_id: str, *, confidential: bool, readers: frozenset[str]
) -> None:
    """Close a contract to its owner and ``readers`` (user ids), or open it again. Raises ``ContractMissing``, ``Forbidden``,
    ``ReaderUnfit``.

    Whoever closes a contract stays able to read it: nobody shuts themselves out by mistake.
    """
    row = opened(uow, actor, Action.SET_CONFIDENTIALITY, contract_id, lock=True)
    named = {_reader(uow, user_id).id for user_id in readers} | (
        {actor.id} if confidential and actor.id != row.owner_id else set()
    )
    before = sorted(r.user_id for r in row.readers)
    row.confidential = confidential
    row.readers = [r for r in row.readers if r.user_id in named] + [
        ContractReaderRow(user_id=user_id) for user_id in sorted(named - {r.user_id for r in row.readers})
    ]
    _touch(row, actor, now)
    note(
        uow, actor, now, "contract.confidentiality", contract=contract_id, confidential=confidential, before=before, after=sorted(named)
    )  # fmt: skip
    uow.commit()


def change_owner(uow: UnitOfWork, actor: Actor, now: datetime, contract_id: str, owner_id: str) -> None:
    """Hand a contract over. Raises ``ContractMissing``, ``Forbidden`` or ``ReaderUnfit`` for one who can't read contracts."""
    row = opened(uow, actor, Action.CHANGE_OWNER, contract_id, lock=True)
    owner = _reader(uow, owner_id)
    before = row.owner_id or row.owner_name
    row.owner_id, row.owner_name = owner.id, owner.name
    _touch(row, actor, now)
    note(uow, actor, now, "contract.owner_changed", contract=contract_id, before=before, after=owner.id, owner_name=owner.name)
    uow.commit()


def _reader(uow: UnitOfWork, user_id: str) -> UserRow:
    user = find_user(uow.session, user_id)
    if user is None or not user.active or not may(actor_of(user), Action.READ_CONTRACTS, NOTHING):
        raise ReaderUnfit(user.name if user else user_id[:40])
    return user


def _touch(row: ContractRow, actor: Actor, now: datetime) -> None:
    row.updated_at, row.updated_by = now, actor.name
