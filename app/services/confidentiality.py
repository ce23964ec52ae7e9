"""Who may read a contract: closing it to named people, naming them, and handing it over to another owner.

Two people may do this at once. A page hands back what it showed; where that isn't what is stored any more, nothing is stored, and both
changes are brought together for the person to look at.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from app.domain.approval_route import Function
from app.domain.errors import ContractError
from app.domain.messages import NewMail
from app.domain.permissions import NOTHING, Action, Actor, Role, may, require
from app.services.access import actor_of, record_of
from app.services.journal import note
from app.services.record import opened
from app.services.stage_mails import Post
from app.store.contracts import ContractReaderRow, ContractRow, contracts_owned_by
from app.store.uow import UnitOfWork
from app.store.users import UserRow, find_user, users_by_name


@dataclass(frozen=True, slots=True)
class Closure:
    """Whether a contract is closed, and to whom it is open all the same (user ids, the owner not among them)."""

    confidential: bool
    readers: frozenset[str]


@dataclass(frozen=True, slots=True)
class PersonLine:
    """Somebody who can be named or made the owner. ``offices``: what seats of an approval the person could take."""

    id: str
    name: str
    roles: frozenset[Role]
    active: bool
    offices: tuple[Function, ...] = ()


@dataclass(frozen=True, slots=True)
class People:
    """Who has to do with a contract. ``readers``: those named; ``others``: who else can read contracts, and could be named."""

    owner_id: str
    owner_name: str
    closure: Closure
    readers: tuple[PersonLine, ...]
    others: tuple[PersonLine, ...]
    keeps: bool
    hands_over: bool


class ReaderUnfit(ContractError):
    def __init__(self, name: str) -> None:
        super().__init__("contract.reader", f"“{name}”的账号已停用，或者没有可以阅读合同的角色，不能指定。")


class PeopleChanged(ContractError):
    """Somebody else changed the same since we looked. Nothing of ours was stored; ``merged`` has both changes."""

    def __init__(self, by: str, merged: Closure) -> None:
        super().__init__(
            "contract.people_changed", f"“{by}”刚刚修改了同一处，您的改动没有保存。下面是双方改动合并的结果，请核对后再次保存。"
        )
        self.merged = merged


class OwnerChanged(ContractError):
    def __init__(self, name: str) -> None:
        super().__init__("contract.owner_changed", f"合同刚刚已由他人移交给“{name}”，您的改动没有保存。请核对后再操作。")


def read_people(uow: UnitOfWork, actor: Actor, contract_id: str) -> People:
    """Raises ``ContractMissing``."""
    row = opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    named = {r.user_id for r in row.readers}
    lines = [_line(u) for u in users_by_name(uow.session)]
    fit = {u.id for u in users_by_name(uow.session) if _is_fit(u)}
    record = record_of(row)
    return People(
        owner_id=row.owner_id or "",
        owner_name=row.owner_name,
        closure=Closure(row.confidential, frozenset(named)),
        readers=tuple(p for p in lines if p.id in named),
        others=tuple(p for p in lines if p.id in fit and p.id not in named and p.id != row.owner_id),
        keeps=may(actor, Action.SET_CONFIDENTIALITY, record),
        hands_over=may(actor, Action.CHANGE_OWNER, record),
    )


def set_confidentiality(
    uow: UnitOfWork, actor: Actor, now: datetime, contract_id: str, *, confidential: bool, readers: frozenset[str],
    seen: Closure | None = None,
) -> None:  # fmt: skip
    """Close a contract to its owner and ``readers`` (user ids), or open it again. ``seen``: what the page showed.

    Raises ``ContractMissing``, ``Forbidden``, ``ReaderUnfit``, ``PeopleChanged``. Whoever closes a contract stays able to read it: nobody shuts
    themselves out by mistake.
    """
    row = opened(uow, actor, Action.SET_CONFIDENTIALITY, contract_id, lock=True)
    stored = Closure(row.confidential, frozenset(r.user_id for r in row.readers))
    if seen is not None and seen != stored:
        raise PeopleChanged(row.updated_by, _merged(seen, Closure(confidential, readers), stored))
    kept = readers & stored.readers  # whoever was named stays, even if the account was closed meanwhile
    named = kept | {_reader(uow, user_id).id for user_id in readers - kept}
    if confidential and actor.id != row.owner_id:
        named |= {actor.id}
    named -= {row.owner_id or ""}
    row.confidential = confidential
    row.readers = [r for r in row.readers if r.user_id in named] + [
        ContractReaderRow(user_id=user_id) for user_id in sorted(named - stored.readers)
    ]
    _touch(row, actor, now)
    note(
        uow, actor, now, "contract.confidentiality", contract=contract_id, confidential=confidential,
        before=sorted(stored.readers), after=sorted(named),
    )  # fmt: skip
    uow.commit()


def change_owner(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    contract_id: str,
    owner_id: str,
    *,
    seen: str | None = None,
    post: Post | None = None,
) -> None:
    """Hand a contract over; the new owner is told. ``seen``: the owner's id that the page showed.

    Raises ``ContractMissing``, ``Forbidden``, ``OwnerChanged``, ``ReaderUnfit`` for one who can't read contracts.
    """
    row = opened(uow, actor, Action.CHANGE_OWNER, contract_id, lock=True)
    if seen is not None and seen != (row.owner_id or ""):
        raise OwnerChanged(row.owner_name)
    _hand_over(uow, actor, now, row, _reader(uow, owner_id), post)
    uow.commit()


def hand_over_all(uow: UnitOfWork, actor: Actor, now: datetime, from_id: str, to_id: str, post: Post) -> int:
    """Hand over every contract of one who leaves, unseen; returns how many. Raises ``Forbidden``, ``ReaderUnfit``."""
    require(actor, Action.MANAGE_USERS)
    heir = _reader(uow, to_id)
    rows = [row for row in contracts_owned_by(uow.session, from_id, lock=True) if row.owner_id != heir.id]
    for row in rows:
        require(actor, Action.CHANGE_OWNER, record_of(row))
        _hand_over(uow, actor, now, row, heir, post)
    uow.commit()
    return len(rows)


def count_owned(uow: UnitOfWork, actor: Actor, user_id: str) -> int:
    """How many contracts somebody owns; the number alone is for those who administer accounts."""
    require(actor, Action.READ_USERS)
    return len(contracts_owned_by(uow.session, user_id))


def heirs(uow: UnitOfWork, actor: Actor, user_id: str) -> tuple[PersonLine, ...]:
    """To whom the contracts of ``user_id`` could go."""
    require(actor, Action.READ_USERS)
    return tuple(_line(u) for u in users_by_name(uow.session) if _is_fit(u) and u.id != user_id)


def _hand_over(uow: UnitOfWork, actor: Actor, now: datetime, row: ContractRow, owner: UserRow, post: Post | None) -> None:
    before = row.owner_id or row.owner_name
    row.owner_id, row.owner_name = owner.id, owner.name
    row.readers = [r for r in row.readers if r.user_id != owner.id]
    _touch(row, actor, now)
    note(uow, actor, now, "contract.owner_changed", contract=row.id, before=before, after=owner.id, owner_name=owner.name)
    if post is not None and owner.email and owner.id != actor.id:
        values = {"name": owner.name, "number": row.number, "title": row.title, "by": actor.name, "link": post.link(row.id)}
        words = post.write("owner", values)
        key = f"owner:{row.id}:{owner.id}:{now.isoformat()}"
        uow.send(now, NewMail(key, owner.email, words.subject, words.text, words.html, row.id, owner.id))


def _merged(base: Closure, mine: Closure, theirs: Closure) -> Closure:
    """Whoever was added by either is in, whoever was removed by either is out; closed or open as whoever changed it wanted."""
    added, gone = (mine.readers - base.readers) | (theirs.readers - base.readers), base.readers - (mine.readers & theirs.readers)
    changed = mine.confidential if mine.confidential != base.confidential else theirs.confidential
    return Closure(changed, (base.readers | added) - gone)


def _is_fit(user: UserRow) -> bool:
    return user.active and may(actor_of(user), Action.READ_CONTRACTS, NOTHING)


def _reader(uow: UnitOfWork, user_id: str) -> UserRow:
    user = find_user(uow.session, user_id)
    if user is None or not _is_fit(user):
        raise ReaderUnfit(user.name if user else user_id[:40])
    return user


def _line(user: UserRow) -> PersonLine:
    actor = actor_of(user)
    offices = tuple(f for f in Function if f in actor.offices) if Role.APPROVER in actor.roles else ()
    return PersonLine(user.id, user.name, actor.roles, user.active, offices)


def _touch(row: ContractRow, actor: Actor, now: datetime) -> None:
    row.updated_at, row.updated_by = now, actor.name
