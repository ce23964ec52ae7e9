"""One-time codes by short message: written into the outbox, carried by the gateway while they work, and what follows where one did not arrive."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from app.domain.ceremony import CODE_LIFE, Carried, CodeWay, masked, require_number_allowed
from app.domain.errors import ContractError
from app.domain.messages import SMS, MailRefused, MailUndelivered, NewMail, ShortMessage, next_attempt
from app.domain.phones import masked_number
from app.services.identification import carried_of
from app.services.journal import CEREMONY, note
from app.services.ports import ShortMessenger
from app.services.record import require_contract
from app.services.signing_kit import Post
from app.services.signing_mails import code_key, tell_owner
from app.services.signing_rows import happened, read_details
from app.store.contracts import ContractRow
from app.store.outbox import OutboxRow, hold_number, sent_to_number
from app.store.signings import SigningPlaceRow, SigningRow, find_signing
from app.store.uow import UnitOfWork


def text_code(
    uow: UnitOfWork, now: datetime, post: Post, contract: ContractRow, row: SigningRow, place: SigningPlaceRow, code: str
) -> None:
    """Inside the caller's transaction. Raises ``signing.code_rate`` where the number got too many."""
    hold_number(uow.session, place.phone)
    require_number_allowed(sent_to_number(uow.session, place.phone, now - timedelta(days=1)), now)
    values = {"code": code, "minutes": str(int(CODE_LIFE.total_seconds() // 60)), "contract": contract.number}
    words = post.write("signing_code_text", values)
    key = code_key(place, now)
    uow.send(
        now, NewMail(key, place.phone, words.subject, words.text.strip(), "", contract.id, channel=SMS, values=json.dumps(values))
    )


def carry_text(gateway: ShortMessenger, row: OutboxRow, now: datetime) -> None:
    """Hand a short message over. One whose code has ended, or will have ended by the next attempt, is given up: a person waits for it.

    Raises ``MailRefused``, ``MailUndelivered``.
    """
    ends = row.created_at + CODE_LIFE
    if now >= ends:
        raise MailRefused("验证码已经过期，没有再投递。")
    try:
        gateway.send(ShortMessage(row.id, row.recipient, row.text, json.loads(row.details or "{}")))
    except MailUndelivered as error:
        again = next_attempt(row.attempts, now)
        if again is None or again >= ends:
            raise MailRefused(f"{error.message}；验证码在下次投递前就会过期，不再重试。") from error
        raise


def is_code(message: OutboxRow) -> bool:
    return message.key.startswith("signing:") and ":code:" in message.key


def code_ended(uow: UnitOfWork, now: datetime, post: Post | None, carried: OutboxRow, problem: str) -> None:
    """How a code's way ended, in the transaction that records it: evidence, and where a short message did not arrive the owner is told, who
    alone may change number or way."""
    _, signing_id, place_id, *_ = carried.key.split(":")
    row = find_signing(uow.session, signing_id, lock=True)
    place = next((p for p in row.places if p.id == place_id), None) if row is not None else None
    if row is None or place is None:
        return
    by_text = carried.channel == SMS
    way, to = CodeWay.SMS if by_text else CodeWay.MAIL, masked_number(carried.recipient) if by_text else masked(carried.recipient)
    if not problem:
        kept = carried_of(uow, carried.key) is Carried.KEPT
        happened(uow, row.id, place.id, now, "code_kept" if kept else "code_delivered", by=way.value, to=to, message=carried.id)
        return
    happened(uow, row.id, place.id, now, "code_undelivered", by=way.value, to=to, problem=problem)
    if post is None or not by_text:
        return
    if place.code_until != carried.created_at + CODE_LIFE or place.signed_at is not None or place.phone != carried.recipient:
        return  # another code has been asked for since, or none is needed any more
    place.code_problem = problem
    contract, name = require_contract(uow, row.contract_id), read_details(place).signatory.name
    note(
        uow,
        CEREMONY,
        now,
        "signing.code_undelivered",
        contract=contract.id,
        signing=row.id,
        place=place.id,
        who=name,
        to=to,
        problem=problem,
    )
    tell_owner(
        uow, now, post, contract, row, f"code:{carried.id}", f"：发给{name}的短信验证码未能送达（{to}）",
        f"原因：{problem}\n您可以在签署页更正手机号，或者改为邮件；更改前，请先以其他方式与本人核实：只持有邮箱的人也可能反复获取验证码，使短信不能送达。",
    )  # fmt: skip


def require_way(way: CodeWay, phone: str) -> None:
    """Raises ``phone.missing`` for codes that have no number to go to."""
    if way is CodeWay.SMS and not phone:
        raise ContractError("phone.missing", "以短信接收验证码的，须填写手机号。")
