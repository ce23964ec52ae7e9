"""Coming to a ceremony: the link, the one-time code by mail, and the browser that has entered it. Opening a link changes nothing."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

from app.domain.ceremony import CODE_LIFE, CODE_TRIES, SESSION_LIFE, masked, require_code_allowed
from app.domain.errors import ContractError
from app.domain.execution import Execution, Place, Status
from app.services.access import Client
from app.services.credentials import digest_of, new_token
from app.services.record import require_contract
from app.services.signing_kit import SigningKit
from app.services.signing_mails import send_code
from app.services.signing_rows import happened, place_row, read_execution
from app.store.contracts import ContractRow
from app.store.signings import SigningPlaceRow, SigningRow, find_signing, place_with_token
from app.store.uow import UnitOfWork


class LinkGone(ContractError):
    """The link was never one, is over its time, or another has taken its place. ``why``: ``unknown``, ``expired``."""

    def __init__(self, why: str) -> None:
        words = {
            "unknown": "这个签署链接无效：它可能已被后来的邮件中的新链接取代，或者地址没有复制完整。请使用最近一封邮件中的链接。",
            "expired": "这个签署链接已经过期。请联系发起方重新发送。",
        }
        super().__init__("signing.link", words[why])
        self.why = why


class NotEntered(ContractError):
    """The browser has not entered a code, or too long ago."""

    def __init__(self) -> None:
        super().__init__("signing.session", "请先输入发送到您邮箱的验证码。为了安全，超过两小时须重新验证。")


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody at a place. ``entered``: this browser has shown a code."""

    contract: ContractRow
    row: SigningRow
    place_row: SigningPlaceRow
    execution: Execution
    entered: bool

    @property
    def place(self) -> Place:
        return self.execution.place(self.place_row.id)

    @property
    def signed(self) -> bool:
        return self.place_row.signed_at is not None

    @property
    def open(self) -> bool:
        return self.execution.status is Status.OPEN

    @property
    def address(self) -> str:
        return masked(self.place_row.email)


def visit(uow: UnitOfWork, now: datetime, token: str, secret: str, *, lock: bool = False) -> Visit:
    """Whose link it is. Raises ``LinkGone``. With ``lock`` nobody else writes the signing until the end of the transaction."""
    digest = digest_of(token)
    found = place_with_token(uow.session, digest)
    if found is None:
        raise LinkGone("unknown")
    row = find_signing(uow.session, found.signing_id, lock=lock)
    assert row is not None
    place = place_row(row, found.id)
    if digest not in (place.token, place.copy_token):
        raise LinkGone("unknown")
    if place.expires_at is None or now >= place.expires_at:
        raise LinkGone("expired")
    known = bool(secret) and hmac.compare_digest(place.session, digest_of(secret))
    entered = known and place.session_until is not None and now < place.session_until
    return Visit(require_contract(uow, row.contract_id), row, place, read_execution(row), entered)


def entered(uow: UnitOfWork, now: datetime, token: str, secret: str, *, lock: bool = False) -> Visit:
    """The same for a browser that has shown a code. Raises ``LinkGone``, ``NotEntered``."""
    found = visit(uow, now, token, secret, lock=lock)
    if not found.entered:
        raise NotEntered
    return found


def request_code(kit: SigningKit, client: Client, token: str) -> None:
    """Mail a fresh code; the one before it works no more. Raises ``LinkGone``, ``signing.code_rate``."""
    now = kit.now()
    with kit.units() as uow:
        found = visit(uow, now, token, "", lock=True)
        place = found.place_row
        require_code_allowed(place.codes_sent, place.code_until, now)
        code = f"{secrets.randbelow(1_000_000):06d}"
        place.code, place.code_until, place.code_tries = _code_digest(place, code), now + CODE_LIFE, 0
        place.codes_sent += 1
        send_code(uow, now, kit.post, found.contract, found.row, place, code)
        happened(uow, found.row.id, place.id, now, "code_sent", client, email=place.email)
        uow.commit()


def enter_code(kit: SigningKit, client: Client, token: str, code: str) -> str:
    """Check a code; returns the secret that this browser shows from now on. A wrong entry is counted before anything else happens.

    Raises ``LinkGone``, ``signing.code``.
    """
    now = kit.now()
    digits = "".join(c for c in code if c.isascii() and c.isdigit())
    with kit.units() as uow:
        found = visit(uow, now, token, "", lock=True)
        place = found.place_row
        if not place.code or place.code_until is None or now >= place.code_until:
            raise ContractError("signing.code", "验证码已经过期或者尚未发送，请重新获取。")
        if place.code_tries >= CODE_TRIES:
            raise ContractError("signing.code", "输入错误次数过多，这个验证码已经作废，请重新获取。")
        if not hmac.compare_digest(place.code, _code_digest(place, digits)):
            place.code_tries += 1
            happened(uow, found.row.id, place.id, now, "code_wrong", client, tries=place.code_tries)
            uow.commit()
            left = CODE_TRIES - place.code_tries
            hint = f"还可以输入{left}次。" if left else "这个验证码已经作废，请重新获取。"
            raise ContractError("signing.code", f"验证码不正确，请核对最近一封邮件。{hint}")
        secret = new_token()
        place.code, place.code_until, place.code_tries = "", None, 0
        place.session, place.session_until = digest_of(secret), now + SESSION_LIFE
        happened(uow, found.row.id, place.id, now, "identified", client, by="email", email=place.email)
        uow.commit()
        return secret


def _code_digest(place: SigningPlaceRow, digits: str) -> str:
    return digest_of(f"{place.signing_id}:{place.id}:{digits}")
