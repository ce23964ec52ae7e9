"""Telling people of comments: the owner, whoever wrote in the thread, whoever is named with @; never the one who acts.

What follows within a few minutes goes into the mail that is still waiting, so that a lively talk makes one mail, not twenty.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from app.domain.comments import Audience, mentioned, visible
from app.domain.messages import NewMail
from app.domain.permissions import Action, Actor, may
from app.services.access import actor_of, record_of
from app.services.ports import MailWriter
from app.store.comments import CommentRow
from app.store.contracts import ContractRow
from app.store.outbox import message_waiting
from app.store.uow import UnitOfWork
from app.store.users import UserRow, users_by_name

HOLD = timedelta(minutes=5)
"""How long the first remark's mail waits for those that follow."""
CAUSE = "comments:"
"""How the keys of these mails begin."""
EXCERPT = 300
"""Characters of a remark that a mail shows."""


@dataclass(frozen=True, slots=True)
class Post:
    """How mails are written, and the address of a contract's page of comments (contract id, thread id)."""

    write: MailWriter
    link: Callable[[str, str], str]


def tell(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    post: Post,
    contract: ContractRow,
    thread: Sequence[CommentRow],
    remark: CommentRow,
    what: str,
) -> None:
    """Put the news into the mails of everybody concerned who may read the contract, in the caller's transaction.

    ``thread``: its remarks so far with the one that this is about; ``what``: what happened, in words.
    """
    line = _line(actor, thread[0], remark, what)
    for user in _concerned(uow, actor, contract, thread, remark):
        waiting = message_waiting(uow.session, contract.id, user.id, CAUSE)
        if waiting is not None:
            waiting.text += f"\n{line}\n"
            continue
        values = {
            "name": user.name, "number": contract.number, "title": contract.title, "remark": line,
            "link": post.link(contract.id, thread[0].id),
        }  # fmt: skip
        words = post.write("comments", values)
        key = f"{CAUSE}{uuid.uuid4().hex}"
        mail = NewMail(key, user.email, words.subject, words.text, words.html, contract.id, user.id, hold=HOLD)
        uow.send(now, mail)


def _concerned(
    uow: UnitOfWork, actor: Actor, contract: ContractRow, thread: Iterable[CommentRow], remark: CommentRow
) -> list[UserRow]:
    users = [u for u in users_by_name(uow.session) if u.active]
    names = {name: u.id for u in users for name in (u.login, u.name)}
    wanted = {contract.owner_id, *(r.author_id for r in thread), *mentioned(remark.text, names)} - {actor.id}
    record = record_of(contract)
    return [u for u in users if u.id in wanted and u.email and may(actor_of(u), Action.READ_CONTRACTS, record)]


def _line(actor: Actor, first: CommentRow, remark: CommentRow, what: str) -> str:
    text = " ".join(visible(remark.text).split())
    if len(text) > EXCERPT:
        text = f"{text[:EXCERPT]}……"
    return f"【{visible(first.place_label)}】{actor.name} {what}（{Audience(remark.audience).label}）：\n{text}"
