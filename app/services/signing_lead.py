"""What the owner of a contract does with a signing under way: remind, mend an address, replace a signatory, withdraw; and its lapse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from app.domain.authority import Capacity
from app.domain.ceremony import REMIND_EVERY, CodeWay
from app.domain.errors import ContractError
from app.domain.execution import Execution, Medium, Status
from app.domain.lifecycle import Event
from app.domain.lifecycle_facts import Facts
from app.domain.permissions import Action, Actor
from app.domain.phones import mobile_number
from app.services.authority_papers import PowerText, authority_of
from app.services.code_delivery import require_way
from app.services.journal import CLOCK, note
from app.services.moving import law_day, move
from app.services.record import opened, require_contract
from app.services.signing_access import code_address, way_of
from app.services.signing_kit import Post
from app.services.signing_mails import invite, send_link, tell_signatories
from app.services.signing_plan import Assigned, capacity_of, representatives_of, require_address
from app.services.signing_rows import (
    NOBODY,
    Details,
    SigningMissing,
    close,
    happened,
    place_row,
    power_told,
    put_details,
    read_details,
    read_execution,
    same_person,
    shut,
)
from app.services.versions import read_version_unasked
from app.store.contracts import ContractRow
from app.store.elsewhere import give_up_remotes
from app.store.signings import SigningPlaceRow, SigningRow, find_signing, latest_signing, open_signings
from app.store.uow import UnitOfWork


def remind(uow: UnitOfWork, actor: Actor, now: datetime, post: Post, contract_id: str, place_id: str) -> None:
    """A new link to somebody whose turn it is; the old one works no more. Raises ``execution.place``, ``execution.turn``."""
    contract, row = _lead(uow, actor, contract_id)
    execution = read_execution(row)
    place = execution.place(place_id)
    if place not in execution.waiting and place not in execution.in_line(
        p.id for p in same_person(row, place_row(row, place_id))
    ):
        raise ContractError("execution.turn", f"{place.label}现在没有待办的签署，无须提醒。")
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
    before, address = place.email, require_address(email)
    mine = _open_places(row, place_id)
    shut(same_person(row, place))
    for own in mine:
        own.email = address
        _start_over(uow, row, own.id)
    note(
        uow, actor, now, "signing.address", contract=contract.id, signing=row.id, place=place_id, label=execution.place(place_id).label,
        before=before, email=place.email,
    )  # fmt: skip
    for own in mine:
        happened(uow, row.id, own.id, now, "address_corrected", before=before, email=address, by=actor.name)
    invite(uow, actor, now, post, contract, row, execution)
    uow.commit()


def set_code_way(
    uow: UnitOfWork, actor: Actor, now: datetime, post: Post, contract_id: str, place_id: str, way: CodeWay, phone: str
) -> None:
    """How codes go to somebody who has not signed, and to which number. Whoever entered a code before has to enter one again, and nothing read
    before counts: a new link goes out, the old one works no more.

    Raises ``phone.number``, ``phone.missing``, ``execution.twice``, ``signing.medium``.
    """
    contract, row = _lead(uow, actor, contract_id)
    execution = read_execution(row)
    label = execution.place(place_id).label
    if execution.is_signed(place_id):
        raise ContractError("execution.twice", f"{label}已经签署，不能再更改验证码的接收方式。")
    _require_mail(row, place_id)
    number = mobile_number(phone) if phone.strip() else ""
    require_way(way, number)
    place = place_row(row, place_id)
    before = code_address(place, way_of(place))
    mine = _open_places(row, place_id)
    shut(same_person(row, place))
    for own in mine:
        own.code_way, own.phone = way.value, number
        _start_over(uow, row, own.id)
    to = code_address(place, way)
    note(
        uow, actor, now, "signing.code_way", contract=contract.id, signing=row.id, place=place_id, label=label, way=way.label, to=to, before=before
    )  # fmt: skip
    for own in mine:
        happened(uow, row.id, own.id, now, "code_way_changed", by=way.value, to=to, who=actor.name, before=before)
    invite(uow, actor, now, post, contract, row, execution)
    uow.commit()


def check_replacement(
    uow: UnitOfWork, actor: Actor, now: datetime, contract_id: str, place_id: str, person: Assigned, reason: str
) -> None:
    """Raises what ``replace_signatory`` would, before a scan goes among the files; writes nothing."""
    _replacement(uow, actor, now, contract_id, place_id, person, reason)
    uow.session.rollback()


def replace_signatory(
    uow: UnitOfWork, actor: Actor, now: datetime, post: Post, contract_id: str, place_id: str, person: Assigned, reason: str
) -> None:
    """Somebody else for a place whose name is not printed: by office where it is the legal representative, by a power of attorney of one's own
    where not (``person.power``, ``person.document``). Commits.

    Raises ``execution.printed`` where the name is printed, ``signing.authority`` for a power that can't be read, and what ``reassign`` raises.
    """
    contract, row, after, old, number = _replacement(uow, actor, now, contract_id, place_id, person, reason)
    place, new = place_row(row, place_id), after.place(place_id).signatory
    left = [p for p in _open_places(row, place_id) if p.id != place_id]
    tell_signatories(uow, now, post, contract, row, [place], "改由他人办理", reason.strip())
    made = replace(old, signatory=new, document=person.document)
    put_details(place, made)
    powers: dict[str, Any] = {"power_before": power_told(old), "power": power_told(made)}
    place.email, place.code_way, place.phone = require_address(person.email), person.code_way.value, number
    _start_over(uow, row, place_id)
    power = new.authority.number if new.authority is not None else ""
    happened(
        uow, row.id, place_id, now, "replaced", before=old.signatory.name, name=new.name, reason=reason.strip(), who=actor.name,
        capacity=new.capacity.value, authority=power, document=person.document,
        **powers,
    )  # fmt: skip
    note(
        uow, actor, now, "signing.replaced", contract=contract.id, signing=row.id, place=place_id, before=old.signatory.name, who=new.name,
        reason=reason.strip(), capacity=new.capacity.value, authority=power, **powers,
    )  # fmt: skip
    if not any(p.token for p in left):
        # The link was kept at the place that another has taken over.
        for own in left:
            own.invited_at = None
    invite(uow, actor, now, post, contract, row, after)
    uow.commit()


def check_authority(uow: UnitOfWork, actor: Actor, now: datetime, contract_id: str, place_id: str, power: PowerText) -> None:
    """Raises what ``put_authority`` would; writes nothing."""
    _reauthorised(uow, actor, now, contract_id, place_id, power)
    uow.session.rollback()


def put_authority(
    uow: UnitOfWork, actor: Actor, now: datetime, contract_id: str, place_id: str, power: PowerText, document: str = ""
) -> None:
    """Another power of attorney for somebody who signs by one and hasn't yet; ``document``: its scan among the files. The one before stays
    in log and evidence with all that it said; its scan proves nothing of the new one and is not shown with it. Commits.

    Raises ``signing.authority``, also where the same number is to say something else without a scan that shows it, and what ``reauthorise`` raises.
    """
    contract, row, after = _reauthorised(uow, actor, now, contract_id, place_id, power)
    place = place_row(row, place_id)
    old, person = read_details(place), after.place(place_id).signatory
    assert person.authority is not None
    was = old.signatory.authority
    if not document and was is not None and was.number == person.authority.number and was != person.authority:
        raise ContractError(
            "signing.authority",
            f"授权委托书：编号“{was.number}”与原来的相同，内容却不同。请一并上传新授权委托书的扫描件；另行出具的，请填写其自己的编号。",
        )
    made = replace(old, signatory=person, document=document)
    put_details(place, made)
    powers: dict[str, Any] = {"power_before": power_told(old), "power": power_told(made)}
    give_up_remotes(uow.session, row.id, place_id)
    before = old.signatory.authority.number if old.signatory.authority is not None else ""
    words = {
        "before": before, "number": person.authority.number, "issued_on": person.authority.issued_on.isoformat(),
        "valid_from": person.authority.valid_from.isoformat(), "valid_until": person.authority.valid_until.isoformat(),
    }  # fmt: skip
    happened(uow, row.id, place_id, now, "authority_renewed", NOBODY, document=document, who=actor.name, **words, **powers)
    note(
        uow,
        actor,
        now,
        "signing.authority",
        contract=contract.id,
        signing=row.id,
        place=place_id,
        who=person.name,
        **words,
        **powers,
    )
    uow.commit()


def withdraw(uow: UnitOfWork, actor: Actor, now: datetime, post: Post, contract_id: str, reason: str) -> None:
    """Call everything back: links die, signatures lapse, everybody who was asked is told; the text stays approved.

    Raises ``execution.reason``, ``IllegalMove``.
    """
    contract, row = _lead(uow, actor, contract_id)
    after = read_execution(row).withdraw(actor.name, reason, law_day(now))
    close(row, after, now, actor.name)
    give_up_remotes(uow.session, row.id)
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
    give_up_remotes(uow.session, row.id)
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
            told_here = 0
            for place in late:
                if place.reminded_at != now:  # the person's other place has brought the mail
                    send_link(uow, CLOCK, now, post, contract, row, place, reminder=True)
                    told_here += 1
            if told_here:
                uow.commit()
                told += told_here
    return told


# ---- inside


def _replacement(
    uow: UnitOfWork, actor: Actor, now: datetime, contract_id: str, place_id: str, person: Assigned, reason: str
) -> tuple[ContractRow, SigningRow, Execution, Details, str]:
    """The signing with ``person`` at a place, what stood there, and the new number as E.164. Nothing of the old one's power goes over."""
    contract, row = _lead(uow, actor, contract_id)
    execution, place = read_execution(row), place_row(row, place_id)
    _require_mail(row, place_id)
    old, name = read_details(place), person.name.strip()
    if not name:
        raise ContractError("signing.plan", "请填写新签署人的姓名。")
    was = old.signatory
    capacity = capacity_of(name, _legal(uow, row, was.party)) if was.binds else was.capacity
    power = None
    if capacity is Capacity.AGENT:
        power = person.authority or authority_of(person.power, was.party_name, name, f"“{name}”的")
    new = replace(
        was,
        name=name,
        title=person.title.strip() or was.title,
        id=f"{was.id[:24]}{now:%H%M%S%f}"[:32],
        capacity=capacity,
        authority=power,
    )
    after = execution.reassign(place_id, new, reason, law_day(now))
    require_address(person.email)
    number = mobile_number(person.phone) if person.phone.strip() else ""
    require_way(person.code_way, number)
    return contract, row, after, old, number


def _reauthorised(
    uow: UnitOfWork, actor: Actor, now: datetime, contract_id: str, place_id: str, power: PowerText
) -> tuple[ContractRow, SigningRow, Execution]:
    contract, row = _lead(uow, actor, contract_id)
    execution = read_execution(row)
    person = execution.place(place_id).signatory
    made = authority_of(power, person.party_name, person.name)
    if made is None:
        raise ContractError("signing.authority", "请填写授权委托书的编号、签发日、生效日和失效日。")
    return contract, row, execution.reauthorise(place_id, made, law_day(now))


def _legal(uow: UnitOfWork, row: SigningRow, party: str) -> str:
    """Who the frozen text says is the party's legal representative."""
    known = dict(
        read_execution(row).terms.representatives or representatives_of(read_version_unasked(uow, row.version_id).answers)
    )
    return known.get(party, "")


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


def _open_places(row: SigningRow, place_id: str) -> list[SigningPlaceRow]:
    """The places of the same person that aren't signed."""
    return [p for p in same_person(row, place_row(row, place_id)) if p.signed_at is None]


def _start_over(uow: UnitOfWork, row: SigningRow, place_id: str) -> None:
    """Nothing that was shown, entered or prepared before counts for whoever comes now."""
    place = place_row(row, place_id)
    give_up_remotes(uow.session, row.id, place_id)
    shut([place])
    place.expires_at, place.invited_at, place.reminded_at = None, None, None
    place.read_pages, place.consented_at, place.code_problem = 0, None, ""
