"""Coming to a ceremony: the link, the one-time code by mail or short message, and the browser that has entered it. Opening a link changes nothing."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

from app.domain.ceremony import CODE_LIFE, CODE_TRIES, SESSION_LIFE, CodeWay, masked, require_code_allowed
from app.domain.errors import ContractError
from app.domain.execution import Execution, Place, Status
from app.domain.phones import masked_number
from app.services.access import Client
from app.services.code_delivery import text_code
from app.services.credentials import digest_of, new_token
from app.services.identification import carried_of
from app.services.record import require_contract
from app.services.signing_kit import SigningKit
from app.services.signing_mails import code_key, send_code
from app.services.signing_rows import happened, place_row, read_execution, same_person
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
        super().__init__("signing.session", "请先输入发送给您的验证码。为了安全，超过两小时须重新验证。")


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody at the own places. ``place_row``: where the next mark goes, or the last one went; ``door``: the place that keeps link, code and
    browser; ``mine``: every place of this person; ``entered``: this browser has shown a code.
    """

    contract: ContractRow
    row: SigningRow
    place_row: SigningPlaceRow
    execution: Execution
    entered: bool
    door: SigningPlaceRow
    mine: tuple[SigningPlaceRow, ...]

    @property
    def place(self) -> Place:
        return self.execution.place(self.place_row.id)

    @property
    def line(self) -> tuple[Place, ...]:
        """The marks that this person can put now, one after the other."""
        return self.execution.in_line(p.id for p in self.mine)

    @property
    def open_rows(self) -> tuple[SigningPlaceRow, ...]:
        """The own places that aren't signed."""
        return tuple(p for p in self.mine if p.signed_at is None)

    @property
    def signed(self) -> bool:
        return self.place_row.signed_at is not None

    @property
    def open(self) -> bool:
        return self.execution.status is Status.OPEN

    @property
    def way(self) -> CodeWay:
        """How the next code goes."""
        return way_of(self.door)

    @property
    def address(self) -> str:
        """Where it goes to, masked."""
        return code_address(self.door, self.way)

    @property
    def lost(self) -> bool:
        """The last short message did not arrive. Another way is the owner's to open: whoever holds only the mailbox could bring this about."""
        return self.way is CodeWay.SMS and bool(self.door.code_problem)


def visit(uow: UnitOfWork, now: datetime, token: str, secret: str, *, lock: bool = False, at: str = "") -> Visit:
    """Whose link it is, at the next of the own places or at ``at``. Raises ``LinkGone``, ``execution.place``.

    With ``lock`` nobody else writes the signing until the end of the transaction.
    """
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
    mine, execution = same_person(row, place), read_execution(row)
    return Visit(
        require_contract(uow, row.contract_id), row, _current(place, mine, execution, at), execution, entered, place, mine
    )


def _current(door: SigningPlaceRow, mine: tuple[SigningPlaceRow, ...], execution: Execution, at: str) -> SigningPlaceRow:
    by_id = {p.id: p for p in mine}
    if at:
        if at not in by_id:
            raise ContractError("execution.place", "没有这个签署栏位。")
        return by_id[at]
    line = execution.in_line(by_id)
    if line:
        return by_id[line[0].id]
    return next((p for p in mine if p.signed_at is None), door)


def entered(uow: UnitOfWork, now: datetime, token: str, secret: str, *, lock: bool = False, at: str = "") -> Visit:
    """The same for a browser that has shown a code. Raises ``LinkGone``, ``NotEntered``."""
    found = visit(uow, now, token, secret, lock=lock, at=at)
    if not found.entered:
        raise NotEntered
    return found


def way_of(place: SigningPlaceRow) -> CodeWay:
    return CodeWay(place.code_way)


def code_address(place: SigningPlaceRow, way: CodeWay) -> str:
    """Where a code goes to, masked: for the evidence, and for somebody who has not proven to be the owner."""
    return masked_number(place.phone) if way is CodeWay.SMS else masked(place.email)


def request_code(kit: SigningKit, client: Client, token: str) -> None:
    """Send a fresh code the way that was chosen; the one before it works no more. Raises ``LinkGone``, ``signing.code_rate``."""
    now = kit.now()
    with kit.units() as uow:
        found = visit(uow, now, token, "", lock=True)
        place, way = found.door, found.way
        require_code_allowed(place.codes_sent, place.code_until, now)
        code = f"{secrets.randbelow(1_000_000):06d}"
        place.code, place.code_until, place.code_tries = _code_digest(place, code), now + CODE_LIFE, 0
        place.codes_sent, place.code_went = place.codes_sent + 1, way.value
        if way is CodeWay.SMS:
            place.code_problem = ""
            text_code(uow, now, kit.post, found.contract, found.row, place, code)
        else:
            send_code(uow, now, kit.post, found.contract, found.row, place, code)
        happened(uow, found.row.id, place.id, now, "code_sent", client, by=way.value, to=code_address(place, way))
        uow.commit()


def enter_code(kit: SigningKit, client: Client, token: str, code: str) -> str:
    """Check a code; returns the secret that this browser shows from now on. A wrong entry is counted before anything else happens.

    Raises ``LinkGone``, ``signing.code``.
    """
    now = kit.now()
    digits = "".join(c for c in code if c.isascii() and c.isdigit())
    with kit.units() as uow:
        found = visit(uow, now, token, "", lock=True)
        place = found.door
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
            raise ContractError("signing.code", f"验证码不正确，请核对最近收到的一条。{hint}")
        secret = new_token()
        carried = carried_of(uow, code_key(place, place.code_until - CODE_LIFE))
        place.code, place.code_until, place.code_tries = "", None, 0
        place.session, place.session_until = digest_of(secret), now + SESSION_LIFE
        way = CodeWay(place.code_went)
        for own in found.open_rows or (place,):
            happened(
                uow,
                found.row.id,
                own.id,
                now,
                "identified",
                client,
                by=way.value,
                to=code_address(place, way),
                link=place.id,
                carried=carried.value,
            )
        uow.commit()
        return secret


def _code_digest(place: SigningPlaceRow, digits: str) -> str:
    return digest_of(f"{place.signing_id}:{place.id}:{digits}")
