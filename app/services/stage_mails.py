"""Telling the owner of a contract that it moved from stage to stage, or that the clock could not move it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from app.domain.lifecycle import Event
from app.domain.messages import NewMail
from app.domain.permissions import Action, Actor, may
from app.domain.term import chinese_date
from app.services.access import actor_of, record_of
from app.services.ports import MailWriter
from app.services.record import state_of
from app.store.contracts import ContractRow
from app.store.uow import UnitOfWork
from app.store.users import find_user


@dataclass(frozen=True, slots=True)
class Post:
    """How mails are written, and the address of a contract's overview (by contract id)."""

    write: MailWriter
    link: Callable[[str], str]


NEXT = {
    Event.TOOK_EFFECT: "合同已对双方发生效力。请按约定的服务起始日组织交接，并留意首期付款、人员到位等期限。",
    Event.WINDOW_OPENED: "请决定是否续约，并在通知截止日以前办妥；到期没有动作的，按合同第11.3节处理。",
    Event.TERM_ENDED: "合同期限已经届满。请组织交接、数据返还或者删除、结算和保证金返还，办结后归档。",
    Event.SIGNING_LAPSED: "签署期限已过，双方均未受约束。文本仍为已定稿，可以重新发起签署，或者修改后重新送审。",
    Event.RENEWED_AUTOMATICALLY: "合同已按第11.3节自动续约。请核对新的届满日和续约价格。",
}
"""What the owner has to do now."""


def tell_owner(uow: UnitOfWork, actor: Actor, now: datetime, post: Post, contract: ContractRow, event: Event, due: date) -> None:
    """A mail about a move that has just been made; nobody is told of what he did himself."""
    what = f"“{event.label}”，现为“{state_of(contract).label}”"
    todo = NEXT.get(event, "详情请打开合同查看。")
    if event is Event.TOOK_EFFECT and contract.taken_over_on is not None:
        todo += (
            f"\n合同于生效三十日以后登记，以 {contract.taken_over_on.isoformat()} 为接管日：此前到期的履行事项视为接管前已办，不列为逾期，也不提醒。"
            "须由本系统办理的，请在“履行”页更改接管日或者逐项重新办理。"
        )
    _send(uow, actor, now, post, contract, f"{event.value}:{due.isoformat()}", what, due, todo)


def tell_stuck(
    uow: UnitOfWork, actor: Actor, now: datetime, post: Post, contract: ContractRow, event: Event, due: date, why: str
) -> None:
    """A move was due and could not be made; told once for each day that it was due on."""
    what = f"到了“{event.label}”的日子，但系统未能自动办理"
    _send(
        uow,
        actor,
        now,
        post,
        contract,
        f"stuck:{event.value}:{due.isoformat()}",
        what,
        due,
        f"原因：{why}\n请打开合同，人工核对后办理。",
    )


def _send(
    uow: UnitOfWork, actor: Actor, now: datetime, post: Post, contract: ContractRow, cause: str, what: str, due: date, todo: str
) -> None:
    owner = find_user(uow.session, contract.owner_id) if contract.owner_id else None
    if owner is None or owner.id == actor.id or not owner.active or not owner.email:
        return
    if not may(actor_of(owner), Action.READ_CONTRACTS, record_of(contract)):
        return
    values = {
        "name": owner.name, "number": contract.number, "title": contract.title, "what": what, "day": chinese_date(due),
        "todo": todo, "link": post.link(contract.id),
    }  # fmt: skip
    words = post.write("stage", values)
    key = f"stage:{contract.id}:{cause}:{owner.id}"
    uow.send(now, NewMail(key, owner.email, words.subject, words.text, words.html, contract.id, owner.id))
