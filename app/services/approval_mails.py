"""Mails of an approval: who is asked to decide, and who is told how it went. They go out with the commit that causes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from app.domain.approval import ApprovalRound
from app.domain.messages import NewMail
from app.domain.permissions import Action, Actor, may
from app.domain.term import BEIJING
from app.services.access import actor_of, record_of
from app.services.approval_rows import read_asked
from app.services.approvers import Candidate, deciders, holders
from app.services.ports import MailWriter
from app.store.approvals import ApprovalRow
from app.store.contracts import ContractRow
from app.store.uow import UnitOfWork
from app.store.users import find_user
from app.store.versions import find_version


@dataclass(frozen=True, slots=True)
class Post:
    """How mails are written, and the address of a contract's page of approvals (by contract id)."""

    write: MailWriter
    link: Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Matter:
    """What the mails of one round share."""

    contract: ContractRow
    row: ApprovalRow
    round: ApprovalRound


def ask(uow: UnitOfWork, now: datetime, post: Post, matter: Matter, *, only: frozenset[str] | None = None) -> None:
    """Tell everybody whose decision is now due; the same seat asks the same person once. ``only``: these user ids alone."""
    round_, contract = matter.round, matter.contract
    people = deciders(uow, record_of(contract), round_.submitter)
    due: dict[str, tuple[Candidate, list[str], list[str]]] = {}
    for seat in round_.waiting:
        passed = round_.delegation(seat.function)
        for person in holders(round_, seat, people):
            if only is None or person.id in only:
                lines = [f"【{seat.function.label}】", *(f"  · {r}" for r in seat.reasons)]
                lines += [f"  （由“{_name(uow, passed.principal)}”转交：{passed.reason}）"] if passed else []
                _, offices, words = due.setdefault(person.id, (person, [], []))
                offices.append(seat.function.label)
                words += lines
    for person, offices, words in due.values():
        key = f"approval:{matter.row.id}:{'+'.join(offices)}:{person.id}:{len(round_.delegations)}"
        values = {
            **_values(uow, post, matter),
            "offices": "、".join(offices),
            "seats": "\n".join(words),
            "asked": "现在轮到您审批",
        }
        _send(uow, now, post, "approval_asked", key, person, values, contract)


def tell(
    uow: UnitOfWork,
    now: datetime,
    post: Post,
    matter: Matter,
    actor: Actor,
    people: Iterable[str | None],
    *,
    what: str,
    sentence: str,
    details: str = "",
    todo: str = "详情见：",
) -> None:
    """Tell people (user ids) what became of a round; never the one who did it, nor who may not read the contract (any more)."""
    record = record_of(matter.contract)
    values = {**_values(uow, post, matter), "what": what, "sentence": sentence, "details": details, "todo": todo}
    for user_id in sorted({p for p in people if p} - {actor.id}):
        user = find_user(uow.session, user_id)
        if user is not None and user.active and may(actor_of(user), Action.READ_CONTRACTS, record):
            person = Candidate(user.id, user.name, user.email, actor_of(user))
            key = f"approval:{matter.row.id}:{what}:{user.id}:{now.isoformat()}"
            _send(uow, now, post, "approval_news", key, person, values, matter.contract)


def _send(
    uow: UnitOfWork,
    now: datetime,
    post: Post,
    mail: str,
    key: str,
    person: Candidate,
    values: dict[str, str],
    contract: ContractRow,
) -> None:
    if person.email:
        words = post.write(mail, {**values, "name": person.name})
        uow.send(now, NewMail(key, person.email, words.subject, words.text, words.html, contract.id, person.id))


def _values(uow: UnitOfWork, post: Post, matter: Matter) -> dict[str, str]:
    contract, row = matter.contract, matter.row
    version = find_version(uow.session, row.version_id)
    return {
        "number": contract.number,
        "title": contract.title,
        "parties": "、".join(p.name for p in contract.parties if p.name),
        "value": "无法计算" if contract.value is None else f"{contract.value:,.2f}元（含税）",
        "version": str(version.ordinal) if version else "?",
        "round": str(row.ordinal),
        "submitter": _name(uow, row.submitter_id),
        "submitted": f"{row.submitted_at.astimezone(BEIJING):%Y-%m-%d %H:%M}",
        "remark": read_asked(row).remark,
        "link": post.link(contract.id),
    }


def _name(uow: UnitOfWork, user_id: str) -> str:
    user = find_user(uow.session, user_id)
    return user.name if user else user_id
