"""Tokens with which a program uses the signing API: shown once, kept as a hash, limited in scope and time, revoked at will.

A token can do no more than the person who made it, asked anew at every use: who loses a role, or leaves, takes the tokens along.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.errors import ContractError
from app.domain.permissions import Action, Actor, Record, may, require
from app.services.access import actor_of
from app.services.credentials import digest_of, new_token
from app.services.journal import note
from app.services.record import id_of
from app.store.contracts import find_contract
from app.store.elsewhere import ApiTokenRow, find_token, token_with_digest, tokens_of
from app.store.uow import UnitOfWork
from app.store.users import find_user

READ, SIGN = "signing.read", "signing.sign"
SCOPES = {READ: "查看签署状态、取得文件", SIGN: "以外部密钥签署"}
PREFIX = "cyt_"
"""So that a token that lies about is known for what it is."""
LONGEST_DAYS = 366
SEEN_EVERY = timedelta(minutes=1)


class TokenRefused(ContractError):
    """No token, an unknown, ended or revoked one, or one whose maker may not act any more: the words are the same."""

    def __init__(self) -> None:
        super().__init__("api.token", "令牌无效、已到期或者已被撤销。")


class OutOfScope(ContractError):
    def __init__(self, what: str) -> None:
        super().__init__("api.scope", f"这个令牌不能用于此项操作：{what}。")


@dataclass(frozen=True, slots=True)
class TokenView:
    """A token without its secret. ``state``: ``good``, ``ended`` or ``revoked``."""

    id: str
    name: str
    owner: str
    mine: bool
    scopes: tuple[str, ...]
    contract: str
    created_at: datetime
    expires_at: datetime
    used_at: datetime | None
    revoked_at: datetime | None
    state: str


@dataclass(frozen=True, slots=True)
class Bearer:
    """Who shows a token: the person whom it acts for, by this door, and what it is for."""

    actor: Actor
    token: str
    scopes: frozenset[str]
    contract: str

    def require(self, scope: str, contract_id: str) -> None:
        """Raises ``OutOfScope``."""
        if scope not in self.scopes:
            raise OutOfScope(f"需要范围 {scope}")
        if self.contract and self.contract != contract_id:
            raise OutOfScope("它只限于另一份合同")


def make_token(
    uow: UnitOfWork, actor: Actor, now: datetime, name: str, scopes: Collection[str], days: int, number: str = ""
) -> str:
    """A new token, returned this once. ``days``: until it ends; ``number``: of the one contract that it is for, empty for all.

    Raises ``api.entries`` with everything that is wrong, ``ContractMissing``.
    """
    require(actor, Action.KEEP_API_TOKENS)
    faults = []
    if not name.strip():
        faults.append("请填写用途，例如“乙方签章平台”")
    if not scopes or not set(scopes) <= SCOPES.keys():
        faults.append("请选择范围")
    if not 1 <= days <= LONGEST_DAYS:
        faults.append(f"有效期须为1至{LONGEST_DAYS}日")
    if faults:
        raise ContractError("api.entries", "；".join(faults) + "。")
    contract = id_of(uow, actor, number.strip()) if number.strip() else None
    token, made = PREFIX + new_token(), uuid.uuid4().hex
    kept = [s for s in SCOPES if s in scopes]
    uow.session.add(
        ApiTokenRow(
            id=made, digest=digest_of(token), user_id=actor.id, name=name.strip()[:100], scope=" ".join(kept), contract_id=contract,
            created_at=now, expires_at=now + timedelta(days=days),
        )
    )  # fmt: skip
    note(
        uow, actor, now, "api_token.made", subject=made, name=name.strip()[:100], scope="、".join(SCOPES[s] for s in kept),
        until=f"{now + timedelta(days=days):%Y-%m-%d}", number=number.strip(),
    )  # fmt: skip
    uow.commit()
    return token


def list_tokens(uow: UnitOfWork, actor: Actor, now: datetime) -> tuple[TokenView, ...]:
    """The own ones; for a contract administrator those of everybody. The newest first."""
    require(actor, Action.KEEP_API_TOKENS)
    rows = [r for r in tokens_of(uow.session) if may(actor, Action.KEEP_API_TOKENS, Record(owner=r.user_id))]
    return tuple(_view(uow, actor, r, now) for r in rows)


def revoke_token(uow: UnitOfWork, actor: Actor, now: datetime, token_id: str) -> None:
    """It works no more, at once. Raises ``api.missing``."""
    require(actor, Action.KEEP_API_TOKENS)
    row = find_token(uow.session, token_id)
    if row is None or not may(actor, Action.KEEP_API_TOKENS, Record(owner=row.user_id)):
        raise ContractError("api.missing", "没有找到这个令牌。")
    if row.revoked_at is None:
        row.revoked_at = now
        note(uow, actor, now, "api_token.revoked", subject=row.id, name=row.name)
    uow.commit()


def bearer(uow: UnitOfWork, now: datetime, token: str) -> Bearer:
    """Whom a token acts for. Raises ``TokenRefused``."""
    row = token_with_digest(uow.session, digest_of(token)) if token.startswith(PREFIX) else None
    user = find_user(uow.session, row.user_id) if row is not None else None
    if row is None or user is None or not user.active or row.revoked_at is not None or now >= row.expires_at:
        raise TokenRefused
    found = actor_of(user)
    if not may(found, Action.KEEP_API_TOKENS, Record(owner=user.id)):
        raise TokenRefused
    actor = Actor(found.name, found.id, found.roles, found.offices, via=f"接口令牌“{row.name}”")
    return Bearer(actor, row.id, frozenset(row.scope.split()), row.contract_id or "")


def is_use_due(uow: UnitOfWork, now: datetime, token_id: str) -> bool:
    """Whether the last use that is written down is longer ago than a minute."""
    row = find_token(uow.session, token_id)
    return row is not None and (row.used_at is None or now - row.used_at >= SEEN_EVERY)


def note_use(uow: UnitOfWork, now: datetime, token_id: str) -> None:
    """When it was used last; commits."""
    row = find_token(uow.session, token_id)
    if row is not None:
        row.used_at = now
    uow.commit()


def _view(uow: UnitOfWork, actor: Actor, row: ApiTokenRow, now: datetime) -> TokenView:
    owner = find_user(uow.session, row.user_id)
    contract = find_contract(uow.session, row.contract_id) if row.contract_id else None
    state = "revoked" if row.revoked_at is not None else "ended" if now >= row.expires_at else "good"
    return TokenView(
        row.id, row.name, owner.name if owner is not None else "", row.user_id == actor.id, tuple(row.scope.split()),
        contract.number if contract is not None else "", row.created_at, row.expires_at, row.used_at, row.revoked_at, state,
    )  # fmt: skip
