"""Mails of a signing: invitations with one-time links, codes, news to the owner, endings to signatories, and the finished copy."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta

from app.domain.ceremony import CODE_LIFE, COPY_LIFE, CodeWay, masked
from app.domain.execution import PARTIES, Execution, Mark, Medium
from app.domain.messages import NewMail
from app.domain.permissions import Action, Actor, may
from app.domain.phones import masked_number
from app.domain.term import BEIJING, chinese_date
from app.services.access import actor_of, record_of
from app.services.credentials import digest_of, new_token
from app.services.journal import note
from app.services.signing_kit import Post
from app.services.signing_rows import happened, place_row, read_details, read_execution, same_person, shut
from app.store.contracts import ContractRow
from app.store.signings import SigningPlaceRow, SigningRow
from app.store.uow import UnitOfWork
from app.store.users import find_user


def end_of_day(day: date) -> datetime:
    """The instant at which a day of law is over."""
    return datetime.combine(day + timedelta(days=1), time(), BEIJING).astimezone(UTC)


def invite(
    uow: UnitOfWork, actor: Actor, now: datetime, post: Post, contract: ContractRow, row: SigningRow, execution: Execution,
    here: SigningPlaceRow | None = None,
) -> None:  # fmt: skip
    """Mail a link to everybody whose turn it is and who has none yet, inside the caller's transaction: one to each person.

    ``here``: where somebody has just signed; who goes on with an own next mark in the same ceremony needs no mail for it.
    """
    present = same_person(row, here) if here is not None else ()
    for place in execution.waiting:
        found = place_row(row, place.id)
        if found.medium != Medium.ELECTRONIC.value or found.invited_at is not None:
            continue
        if found in present:
            found.invited_at = now
        else:
            send_link(uow, actor, now, post, contract, row, found)


def send_link(
    uow: UnitOfWork, actor: Actor, now: datetime, post: Post, contract: ContractRow, row: SigningRow, place: SigningPlaceRow, *,
    reminder: bool = False,
) -> None:  # fmt: skip
    """A new link to a person's places, kept at ``place``; the one before it works no more, also where it was kept at a place that is signed."""
    token, waiting = new_token(), {p.id for p in read_execution(row).waiting}
    shut(same_person(row, place))
    mine = [p for p in same_person(row, place) if p.signed_at is None]
    for own in mine:
        if own.id in waiting:
            own.invited_at, own.reminded_at = own.invited_at or now, now if reminder else own.reminded_at
    place.token, place.expires_at = digest_of(token), end_of_day(row.deadline)
    place.codes_sent, place.code_problem = 0, ""
    details = read_details(place)
    values = {
        **_values(contract, place), "deadline": chinese_date(row.deadline), "starter": row.starter, "link": post.sign(token),
        "deed": _deed(mine), "reminder": "是" if reminder else "",
    }  # fmt: skip
    words = post.write("signing_invitation", values)
    key = f"signing:{row.id}:{place.id}:link:{place.token}"
    uow.send(now, NewMail(key, place.email, words.subject, words.text, words.html, contract.id))
    for own in mine:
        happened(uow, row.id, own.id, now, "reminded" if reminder else "invited", email=own.email, link=place.token)
    note(
        uow, actor, now, "signing.reminded" if reminder else "signing.invited", contract=contract.id, signing=row.id, place=place.id,
        who=details.signatory.name, email=place.email,
    )  # fmt: skip


def code_key(place: SigningPlaceRow, at: datetime) -> str:
    """The key of the message with the code that was made ``at``."""
    return f"signing:{place.signing_id}:{place.id}:code:{at.isoformat()}"


def send_code(
    uow: UnitOfWork, now: datetime, post: Post, contract: ContractRow, row: SigningRow, place: SigningPlaceRow, code: str
) -> None:
    values = {**_values(contract, place), "code": code, "minutes": str(int(CODE_LIFE.total_seconds() // 60))}
    words = post.write("signing_code", values)
    key = code_key(place, now)
    uow.send(now, NewMail(key, place.email, words.subject, words.text, words.html, contract.id))


def send_copies(uow: UnitOfWork, now: datetime, post: Post, contract: ContractRow, row: SigningRow, sha256: str) -> None:
    """To every signatory a link to the finished copy; once for each address of a person."""
    told: set[str] = set()
    for place in row.places:
        if not place.email or place.email.casefold() in told:
            continue
        told.add(place.email.casefold())
        token = new_token()
        place.copy_token, place.expires_at = digest_of(token), now + COPY_LIFE
        place.codes_sent, place.code_until, place.code_problem = 0, None, ""
        values = {
            **_values(contract, place), "link": post.sign(token), "days": str(COPY_LIFE.days), "sha256": sha256,
        }  # fmt: skip
        words = post.write("signing_copy", values)
        key = f"signing:{row.id}:{place.id}:copy"
        uow.send(now, NewMail(key, place.email, words.subject, words.text, words.html, contract.id))
        happened(uow, row.id, place.id, now, "copy_sent", email=place.email, sha256=sha256)


def tell_owner(
    uow: UnitOfWork, now: datetime, post: Post, contract: ContractRow, row: SigningRow, cause: str, what: str, todo: str
) -> None:
    """The contract's owner and whoever started the signing."""
    for user_id in sorted({u for u in (contract.owner_id, row.started_by) if u}):
        user = find_user(uow.session, user_id)
        if (
            user is None
            or not user.active
            or not user.email
            or not may(actor_of(user), Action.READ_CONTRACTS, record_of(contract))
        ):
            continue
        values = {
            "name": user.name, "number": contract.number, "title": contract.title, "what": what, "todo": todo,
            "link": post.contract(contract.id),
        }  # fmt: skip
        words = post.write("signing_news", values)
        key = f"signing:{row.id}:{cause}:{user.id}"
        uow.send(now, NewMail(key, user.email, words.subject, words.text, words.html, contract.id, user.id))


def tell_signatories(
    uow: UnitOfWork, now: datetime, post: Post, contract: ContractRow, row: SigningRow, places: Iterable[SigningPlaceRow], what: str,
    reason: str,
) -> None:  # fmt: skip
    """Those who were asked that nothing is to be signed any more, and those who have signed that their signature has lapsed."""
    told: set[str] = set()
    for place in places:
        if place.invited_at is None or not place.email or place.id in told:
            continue
        told |= {p.id for p in same_person(row, place)}
        values = {
            **_values(contract, place), "what": what, "reason": reason, "starter": row.starter,
            "signed": "是" if any(p.signed_at is not None for p in same_person(row, place)) else "",
        }  # fmt: skip
        words = post.write("signing_over", values)
        key = f"signing:{row.id}:{place.id}:over:{now.isoformat()}"
        uow.send(now, NewMail(key, place.email, words.subject, words.text, words.html, contract.id))
        happened(uow, row.id, place.id, now, "told_over", what=what)


def _deed(places: Iterable[SigningPlaceRow]) -> str:
    marks = {p.mark for p in places}
    deeds = ["签署"] if Mark.SIGNATURE.value in marks else []
    return "并".join([*deeds, "加盖电子印章"] if Mark.SEAL.value in marks else deeds)


def _values(contract: ContractRow, place: SigningPlaceRow) -> dict[str, str]:
    person = read_details(place).signatory
    return {
        "name": person.name, "party": PARTIES[place.party], "party_name": person.party_name, "number": contract.number,
        "title": contract.title, "code_to": _code_to(place),
    }  # fmt: skip


def _code_to(place: SigningPlaceRow) -> str:
    """Where the signatory will find the codes, as in ``以短信发送到手机 +86 138****5678``."""
    by_text = place.code_way == CodeWay.SMS.value
    return f"以短信发送到手机 {masked_number(place.phone)} " if by_text else f"发送到邮箱 {masked(place.email)} "
