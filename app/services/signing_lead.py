"""What the owner of a contract does with a signing under way: remind, mend an address, replace a signatory, withdraw; and its lapse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime

from app.domain.ceremony import REMIND_EVERY
from app.domain.errors import ContractError
from app.domain.execution import Medium, Status
from app.domain.lifecycle import Event
from app.domain.lifecycle_facts import Facts
from app.domain.permissions import Action, Actor
from app.services.journal import CLOCK, note
from app.services.moving import law_day, move
from app.services.record import opened, require_contract
from app.services.signing_kit import Post
from app.services.signing_mails import invite, send_link, tell_signatories
from app.services.signing_plan import Assigned, require_address
from app.services.signing_rows import (
    SigningMissing,
    close,
    happened,
    place_row,
    read_details,
    read_execution,
    write_details,
)
from app.store.contracts import ContractRow
from app.store.signings import SigningRow, find_signing, latest_signing, open_signings
from app.store.uow import UnitOfWork


def remind(uow: UnitOfWork, actor: Actor, now: datetime, post: Post, contract_id: str, place_id: str) -> None:
    """A new link to somebody whose turn it is; the old one works no more. Raises ``execution.place``, ``execution.turn``."""
    contract, row = _lead(uow, actor, contract_id)
    execution = read_execution(row)
    if execution.place(place_id) not in execution.waiting:
        raise ContractError("execution.turn", f"{execution.place(place_id).label}现在没有待办的签署，无须提醒。")
    _require_mail(row, place_id)
    send_link(uow, actor, now, post, contract, row, place_row(row, place_id), reminder=True)
    uow.commit()


def correct_address(
    uow: UnitOfWork, actor: Actor, now: datetime, post: Post, contract_id: str, place_id: str, email: str
) -> None:
    """Another address for somebody who has not signed; a link goes there, the one at the old address works no more.

    Raises ``signing.email``, ``execution.twice``, ``execution.closed``.
    """
    contract, row = _lead(uow, actor, contract_id)
    execution = read_execution(row)
    if execution.is_signed(place_id):
        raise ContractError("execution.twice", f"{execution.place(place_id).label}已经签署，不能再更改邮箱。")
    place = place_row(row, place_id)
    _require_mail(row, place_id)
    before, place.email = place.email, require_address(email)
    _start_over(row, place_id)
    note(
        uow, actor, now, "signing.address", contract=contract.id, signing=row.id, place=place_id, label=execution.place(place_id).label,
        before=before, email=place.email,
    )  # fmt: skip
    happened(uow, row.id, place_id, now, "address_corrected", before=before, email=place.email, by=actor.name)
    invite(uow, actor, now, post, contract, row, execution)
    uow.commit()


def replace_signatory(
    uow: UnitOfWork, actor: Actor, now: datetime, post: Post, contract_id: str, place_id: str, person: Assigned, reason: str
) -> None:
    """Somebody else for a place whose name is not printed. Raises ``execution.printed`` where it is, and what ``reassign`` raises."""
    contract, row = _lead(uow, actor, contract_id)
    execution, place = read_execution(row), place_row(row, place_id)
    _require_mail(row, place_id)
    old = read_details(place)
    new = replace(
        old.signatory, name=person.name.strip(), title=person.title.strip() or old.signatory.title, id=f"{old.signatory.id[:24]}{now:%H%M%S%f}"[:32],
        authority=person.authority or old.signatory.authority,
    )  # fmt: skip
    if not new.name:
        raise ContractError("signing.plan", "请填写新签署人的姓名。")
    after = execution.reassign(place_id, new, reason, law_day(now))
    tell_signatories(uow, now, post, contract, row, [place], "改由他人办理", reason.strip())
    place.signatory = write_details(replace(old, signatory=new, document=person.document or old.document))
    place.email = require_address(person.email)
    _start_over(row, place_id)
    happened(
        uow, row.id, place_id, now, "replaced", before=old.signatory.name, name=new.name, reason=reason.strip(), by=actor.name
    )
    note(
        uow, actor, now, "signing.replaced", contract=contract.id, signing=row.id, place=place_id, before=old.signatory.name, who=new.name,
        reason=reason.strip(),
    )  # fmt: skip
    invite(uow, actor, now, post, contract, row, after)
    uow.commit()


def withdraw(uow: UnitOfWork, actor: Actor, now: datetime, post: Post, contract_id: str, reason: str) -> None:
    """Call everything back: links die, signatures lapse, everybody who was asked is told; the text stays approved.

    Raises ``execution.reason``, ``IllegalMove``.
    """
    contract, row = _lead(uow, actor, contract_id)
    after = read_execution(row).withdraw(actor.name, reason, law_day(now))
    close(row, after, now, actor.name)
    words = reason.strip()
    happened(uow, row.id, "", now, "withdrawn", reason=words, by=actor.name)
    note(uow, actor, now, "signing.withdrawn", contract=contract.id, signing=row.id, reason=words)
    move(uow, actor, now, contract, Event.SIGNING_WITHDRAWN, Facts(reason=words), signing=row.id)
    contract.signing_deadline = None
    tell_signatories(uow, now, post, contract, row, row.places, "已由发起人撤回", words)
    uow.commit()


# ---- the clock


def lapse(uow: UnitOfWork, now: datetime, today: date, post: Post, contract: ContractRow) -> None:
    """End the signing whose last day has passed, inside the transaction in which the clock moves the contract."""
    row = latest_signing(uow.session, contract.id)
    if row is None or row.status != Status.OPEN.value:
        return
    after = read_execution(row).lapse(today)
    close(row, after, now, CLOCK.name)
    happened(uow, row.id, "", now, "lapsed", deadline=row.deadline.isoformat())
    note(uow, CLOCK, now, "signing.lapsed", contract=contract.id, signing=row.id, deadline=row.deadline.isoformat())
    contract.signing_deadline = None
    tell_signatories(uow, now, post, contract, row, row.places, "因签署期限届满而停止", "签署期限届满")


def is_complete(uow: UnitOfWork, contract: ContractRow) -> bool:
    """Whether everybody has signed and only the archive timestamp is missing: such a signing does not lapse."""
    row = latest_signing(uow.session, contract.id)
    return row is not None and row.status == Status.COMPLETE.value


def remind_due(units: Callable[[], UnitOfWork], now: datetime, post: Post) -> int:
    """Remind everybody whose turn it has been for three days without a word; how many. One transaction for each signing."""
    told = 0
    with units() as uow:
        due = open_signings(uow.session)
    for signing_id in due:
        with units() as uow:
            peek = find_signing(uow.session, signing_id)
            if peek is None or law_day(now) > peek.deadline:
                continue
            contract = require_contract(uow, peek.contract_id, lock=True)
            row = find_signing(uow.session, signing_id, lock=True)
            if row is None or row.status != Status.OPEN.value:
                continue
            waiting = {p.id for p in read_execution(row).waiting}
            late = [
                p
                for p in row.places
                if p.id in waiting and p.invited_at and now - (p.reminded_at or p.invited_at) >= REMIND_EVERY
            ]
            for place in late:
                send_link(uow, CLOCK, now, post, contract, row, place, reminder=True)
            if late:
                uow.commit()
                told += len(late)
    return told


# ---- inside


def _lead(uow: UnitOfWork, actor: Actor, contract_id: str) -> tuple[ContractRow, SigningRow]:
    """The contract and its open signing, both locked. Raises ``SigningMissing``."""
    contract = opened(uow, actor, Action.LEAD_SIGNING, contract_id, lock=True)
    newest = latest_signing(uow.session, contract_id)
    row = find_signing(uow.session, newest.id, lock=True) if newest is not None else None
    if row is None or row.status != Status.OPEN.value:
        raise SigningMissing
    return contract, row


def _require_mail(row: SigningRow, place_id: str) -> None:
    if place_row(row, place_id).medium != Medium.ELECTRONIC.value:
        raise ContractError("signing.medium", "这个栏位以纸质方式签署，没有签署链接。")


def _start_over(row: SigningRow, place_id: str) -> None:
    """Nothing that was shown or entered before counts for whoever comes now."""
    place = place_row(row, place_id)
    place.token, place.expires_at, place.invited_at, place.reminded_at = None, None, None, None
    place.code, place.code_until, place.session, place.session_until = "", None, "", None
    place.read_pages, place.consented_at = 0, None
