"""The key of the second factor: kept sealed, opened only to check a code."""

from __future__ import annotations

from datetime import datetime

from app.services.credentials import matching_step
from app.store.uow import UnitOfWork
from app.store.users import UserRow, users_with_plain_keys
from app.store.vault import Vault

PROGRAM = "program"


def seal_key(vault: Vault, user_id: str, secret: str) -> str:
    return vault.seal(secret, _purpose(user_id))


def step_of_code(vault: Vault, user: UserRow, code: str, now: datetime) -> int | None:
    """The unused time step that ``code`` belongs to; None where it is wrong. Raises ``SecretUnreadable``."""
    return matching_step(vault.open(user.totp_secret, _purpose(user.id)), code, now, user.totp_step)


def seal_plain_keys(uow: UnitOfWork, now: datetime, vault: Vault) -> int:
    """Seal the keys that an older version left readable; returns how many. Asked at every start, and idempotent."""
    rows = users_with_plain_keys(uow.session)
    for row in rows:
        row.totp_secret = seal_key(vault, row.id, row.totp_secret)
    if rows:
        uow.record(now, PROGRAM, "access.second_factors_sealed", {"count": len(rows)})
        uow.commit()
    return len(rows)


def _purpose(user_id: str) -> str:
    return f"totp:{user_id}"
