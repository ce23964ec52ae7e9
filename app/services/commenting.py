"""Comments on a contract's text: threads at a provision or on the whole, answered, resolved and opened again."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from app.domain.comments import (
    WHOLE,
    Audience,
    CommentRefused,
    Place,
    SharedRemark,
    SharedThread,
    Standing,
    comment_text,
    places,
    reply_audience,
    standing,
)
from app.domain.lifecycle import Stage
from app.domain.permissions import Action, Actor, Hidden
from app.services.comment_mails import Post, tell
from app.services.drafting import Reference
from app.services.journal import note
from app.services.record import opened
from app.services.texts import ContractText, load_text
from app.store.comments import CommentRow, comments_of, find_comment, thread_of
from app.store.contracts import ContractRow
from app.store.uow import UnitOfWork
from app.store.versions import version_heads

CLOSED = frozenset({Stage.ARCHIVED, Stage.VOID})
"""Where nothing is added to the record any more."""


@dataclass(frozen=True, slots=True)
class CommentView:
    """One remark. ``mine``: the reader wrote it. ``shareable`` only where its thread is, too."""

    id: str
    author: str
    mine: bool
    created_at: datetime
    audience: Audience
    text: str


@dataclass(frozen=True, slots=True)
class Thread:
    """A first remark with its replies.

    ``place``: id, empty for the whole contract; ``label`` and ``quote``: place and words as they stood when it was made;
    ``standing``, ``label_now``: what became of the place in the text that is shown (``label_now`` empty where it is gone).
    ``made_on``: ordinal of the version it was made on, 0 for the draft.
    """

    id: str
    place: str
    label: str
    quote: str
    standing: Standing
    label_now: str
    made_on: int
    comments: tuple[CommentView, ...]
    resolved_at: datetime | None
    resolved_by: str

    @property
    def first(self) -> CommentView:
        return self.comments[0]

    @property
    def audience(self) -> Audience:
        return self.first.audience

    @property
    def resolved(self) -> bool:
        return self.resolved_at is not None


@dataclass(frozen=True, slots=True)
class Filter:
    """Which threads are wanted; None: all."""

    resolved: bool | None = None
    audience: Audience | None = None

    def takes(self, thread: Thread) -> bool:
        return (self.resolved is None or thread.resolved is self.resolved) and (
            self.audience is None or thread.audience is self.audience
        )


ALL = Filter()


def open_thread(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    today: date,
    reference: Reference,
    post: Post,
    contract_id: str,
    text: str,
    *,
    ordinal: int,
    place: str = WHOLE,
    audience: Audience = Audience.INTERNAL,
) -> str:
    """Comment on a place of one text (``ordinal``: version, 0 the draft), or on the whole; returns the thread's id.

    Raises ``ContractMissing``, ``Forbidden``, ``TextMissing`` and ``CommentRefused``: nothing said, too long, no such place, closed record.
    """
    opened(uow, actor, Action.COMMENT, contract_id)
    words = comment_text(text)
    shown = load_text(uow, actor, reference, today, contract_id, ordinal)
    found = _place(shown, place)
    contract = _open_record(uow, actor, contract_id)
    row = _first(uow, actor, now, shown, found, words, audience)
    tell(uow, actor, now, post, contract, [row], row, "新批注")
    uow.commit()
    return row.id


def remark(uow: UnitOfWork, actor: Actor, now: datetime, shown: ContractText, place: str, text: str) -> str:
    """Begin an internal thread inside the caller's transaction, which tells people itself; returns the thread's id.

    For what an approver wants changed. Asks nobody's permission. Raises ``CommentRefused``.
    """
    return _first(uow, actor, now, shown, _place(shown, place), comment_text(text), Audience.INTERNAL).id


def _first(
    uow: UnitOfWork, actor: Actor, now: datetime, shown: ContractText, place: Place, words: str, audience: Audience
) -> CommentRow:
    row = CommentRow(
        id=uuid.uuid4().hex,
        contract_id=shown.contract_id,
        version_id=shown.version_id,
        parent_id=None,
        provision=place.id,
        audience=audience.value,
        text=words,
        author_id=actor.id,
        author_name=actor.name,
        created_at=now,
        place_label=place.label[:200],
        place_text=place.text,
    )
    uow.session.add(row)
    _note(uow, actor, now, "comment.added", row, thread=row.id, text_of=shown.token)
    return row


def reply(
    uow: UnitOfWork, actor: Actor, now: datetime, post: Post, contract_id: str, thread_id: str, text: str, *, audience: Audience
) -> str:
    """Answer in a thread; returns the remark's id. Raises ``CommentRefused`` for a resolved one: open it again first."""
    contract = _open_record(uow, actor, contract_id)
    words = comment_text(text)
    first = _thread(uow, contract_id, thread_id)
    if first.resolved_at is not None:
        raise CommentRefused("resolved", f"这条批注已由“{first.resolved_by}”标为已解决。请先重新打开，再回复。")
    row = CommentRow(
        id=uuid.uuid4().hex,
        contract_id=contract_id,
        version_id=first.version_id,
        parent_id=thread_id,
        provision=first.provision,
        audience=reply_audience(Audience(first.audience), audience).value,
        text=words,
        author_id=actor.id,
        author_name=actor.name,
        created_at=now,
    )
    earlier = thread_of(uow.session, thread_id)
    uow.session.add(row)
    _note(uow, actor, now, "comment.answered", row, thread=thread_id)
    tell(uow, actor, now, post, contract, [*earlier, row], row, "回复")
    uow.commit()
    return row.id


def resolve(uow: UnitOfWork, actor: Actor, now: datetime, post: Post, contract_id: str, thread_id: str) -> None:
    """Mark a thread as settled; nothing happens where it is."""
    contract = _open_record(uow, actor, contract_id)
    first = _thread(uow, contract_id, thread_id)
    if first.resolved_at is None:
        first.resolved_at, first.resolved_by = now, actor.name
        note(uow, actor, now, "comment.resolved", contract=contract_id, thread=thread_id)
        tell(uow, actor, now, post, contract, thread_of(uow.session, thread_id), first, "标为已解决")
    uow.commit()


def reopen(uow: UnitOfWork, actor: Actor, now: datetime, post: Post, contract_id: str, thread_id: str) -> None:
    """Open a settled thread again; nothing happens where it is open."""
    contract = _open_record(uow, actor, contract_id)
    first = _thread(uow, contract_id, thread_id)
    if first.resolved_at is not None:
        first.resolved_at, first.resolved_by = None, ""
        note(uow, actor, now, "comment.reopened", contract=contract_id, thread=thread_id)
        tell(uow, actor, now, post, contract, thread_of(uow.session, thread_id), first, "重新打开")
    uow.commit()


def set_audience(uow: UnitOfWork, actor: Actor, now: datetime, contract_id: str, comment_id: str, audience: Audience) -> None:
    """Change whom a remark is meant for. Anybody who may comment takes it back inside; only its author lets it out."""
    _open_record(uow, actor, contract_id)
    row = find_comment(uow.session, comment_id, lock=True)
    if row is None or row.contract_id != contract_id:
        raise Hidden
    if row.parent_id is not None:
        reply_audience(Audience(_thread(uow, contract_id, row.parent_id).audience), audience)
    if audience is Audience.SHAREABLE and row.author_id != actor.id:
        raise CommentRefused("author", f"只有批注人“{row.author_name}”本人可以把这条批注改为可对外。")
    if row.audience != audience.value:
        note(
            uow, actor, now, "comment.audience_changed", contract=contract_id, comment=comment_id, before=row.audience,
            after=audience.value,
        )  # fmt: skip
        row.audience = audience.value
    uow.commit()


def list_threads(
    uow: UnitOfWork, actor: Actor, contract_id: str, shown: ContractText | None = None, wanted: Filter = ALL
) -> tuple[Thread, ...]:
    """The threads of a contract as they stand to the text ``shown``, in its reading order: first those on the whole, then
    place by place, last those whose place is gone. Without a text they are in the order in which they were made."""
    opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    there = places(shown.instrument) if shown is not None else None
    ordinals = {row.id: row.ordinal for row in version_heads(uow.session, contract_id)}
    answers: dict[str, list[CommentRow]] = {}
    firsts = []
    for row in comments_of(uow.session, contract_id):
        answers.setdefault(row.parent_id or row.id, []).append(row)
        firsts += [row] if row.parent_id is None else []
    threads = [_view(first, answers[first.id], there, ordinals, actor) for first in firsts]
    order = {place: i for i, place in enumerate(there or ())}
    if there is not None:
        threads.sort(key=lambda t: -1 if t.place == WHOLE else order.get(t.place, len(order)))
    return tuple(t for t in threads if wanted.takes(t))


def read_thread(uow: UnitOfWork, actor: Actor, contract_id: str, thread_id: str, shown: ContractText | None = None) -> Thread:
    """One thread. Raises ``Hidden``."""
    found = next((t for t in list_threads(uow, actor, contract_id, shown) if t.id == thread_id), None)
    if found is None:
        raise Hidden
    return found


def shareable(threads: tuple[Thread, ...]) -> tuple[SharedThread, ...]:
    """What may go to the other party: shareable threads, each without its internal replies."""
    return tuple(
        SharedThread(
            t.place,
            t.label_now or t.label,
            tuple(SharedRemark(c.author, c.created_at, c.text) for c in t.comments if c.audience is Audience.SHAREABLE),
            t.resolved,
            t.standing is Standing.GONE,
        )
        for t in threads
        if t.audience is Audience.SHAREABLE
    )


def _open_record(uow: UnitOfWork, actor: Actor, contract_id: str) -> ContractRow:
    contract = opened(uow, actor, Action.COMMENT, contract_id)
    if Stage(contract.stage) in CLOSED:
        raise CommentRefused("closed", f"合同{Stage(contract.stage).label}，不再接受批注；已有的批注仍可查看。")
    return contract


def _place(shown: ContractText, place: str) -> Place:
    if place == WHOLE:
        return Place(WHOLE, "整份合同", "")
    found = places(shown.instrument).get(place)
    if found is None:
        raise CommentRefused("place", f"{shown.label}中没有这一条款，可能刚刚被删除；请刷新页面后重新选择位置。")
    return found


def _thread(uow: UnitOfWork, contract_id: str, thread_id: str) -> CommentRow:
    """The first remark, locked: two people who settle and answer at once come one after the other."""
    row = find_comment(uow.session, thread_id, lock=True)
    if row is None or row.contract_id != contract_id or row.parent_id is not None:
        raise Hidden
    return row


def _note(uow: UnitOfWork, actor: Actor, now: datetime, action: str, row: CommentRow, **more: str) -> None:
    note(
        uow, actor, now, action, contract=row.contract_id, comment=row.id, place=row.provision, audience=row.audience,
        version=row.version_id or "", sha256=hashlib.sha256(row.text.encode()).hexdigest(), **more,
    )  # fmt: skip


def _view(
    first: CommentRow, rows: list[CommentRow], there: Mapping[str, Place] | None, ordinals: Mapping[str, int], actor: Actor
) -> Thread:
    now = Standing.SAME if there is None else standing(first.provision, first.place_text, there)
    found = (there or {}).get(first.provision)
    label_now = found.label if found is not None else "" if now is Standing.GONE else first.place_label
    remarks = tuple(
        CommentView(r.id, r.author_name, r.author_id == actor.id, r.created_at, Audience(r.audience), r.text) for r in rows
    )
    return Thread(
        first.id, first.provision, first.place_label, first.place_text, now, label_now,
        ordinals.get(first.version_id or "", 0), remarks, first.resolved_at, first.resolved_by,
    )  # fmt: skip
