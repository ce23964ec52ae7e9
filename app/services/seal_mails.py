"""Mails about the use of a seal: who has to act, and what became of an application. They go out with the commit that causes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime

from app.domain.messages import NewMail
from app.domain.permissions import Action, Actor, may
from app.domain.seal_register import Grant, UseMedium
from app.services.access import actor_of, record_of
from app.services.ports import MailWriter
from app.store.contracts import ContractRow
from app.store.seals import SealApplicationRow, SealRow
from app.store.uow import UnitOfWork
from app.store.users import find_user


@dataclass(frozen=True, slots=True)
class Post:
    """How mails are written, and the address of a contract's page of seals (by contract id)."""

    write: MailWriter
    link: Callable[[str], str]


def ask(
    uow: UnitOfWork, now: datetime, post: Post, contract: ContractRow, seal: SealRow, row: SealApplicationRow, actor: Actor,
    grants: Iterable[Grant], todo: str,
) -> None:  # fmt: skip
    """Those who hold an office of the seal, but the one who acts."""
    for person in sorted({g.person for g in grants} - {actor.id}):
        _send(uow, now, post, contract, seal, row, person, "seal_asked", f"{row.state}:{row.revision}", {"todo": todo})


def tell(
    uow: UnitOfWork, now: datetime, post: Post, contract: ContractRow, seal: SealRow, row: SealApplicationRow, actor: Actor, what: str,
    words: str,
) -> None:  # fmt: skip
    """The applicant, unless he did it himself."""
    if row.applicant_id != actor.id:
        values = {"what": what, "words": words, "who": actor.name}
        _send(uow, now, post, contract, seal, row, row.applicant_id, "seal_news", f"{row.state}:{now.isoformat()}", values)


def _send(
    uow: UnitOfWork, now: datetime, post: Post, contract: ContractRow, seal: SealRow, row: SealApplicationRow, person: str, mail: str,
    cause: str, values: dict[str, str],
) -> None:  # fmt: skip
    user = find_user(uow.session, person)
    if user is None or not user.active or not user.email:
        return
    if not may(actor_of(user), Action.READ_CONTRACTS, record_of(contract)):
        return
    applicant = find_user(uow.session, row.applicant_id)
    words = post.write(
        mail,
        {
            "name": user.name, "number": contract.number, "title": contract.title, "seal": seal.name, "document": row.document,
            "copies": str(row.copies), "medium": UseMedium(row.medium).label, "purpose": row.purpose, "digest": row.digest[:16],
            "applicant": applicant.name if applicant else row.applicant_id, "link": post.link(contract.id), **values,
        },
    )  # fmt: skip
    key = f"{mail}:{row.id}:{cause}:{user.id}"
    uow.send(now, NewMail(key, user.email, words.subject, words.text, words.html, contract.id, user.id))
