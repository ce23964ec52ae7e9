"""Seats of an approval under way that nobody can take any more: an account was closed, an office given up, a name taken off a confidential contract.

A seat without anybody is found at submission; what falls vacant afterwards is found by the clock, and the owner and the submitter are told who must be
named, once a week as long as it stays so.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from app.domain.approval import OF_LEGAL, ApprovalRound
from app.domain.approval_route import Function
from app.domain.messages import NewMail
from app.domain.permissions import Action, may
from app.services.access import actor_of, record_of
from app.services.approval_mails import Post
from app.services.approval_rows import read_round
from app.services.approvers import deciders, holders
from app.store.approvals import ApprovalRow, open_approvals
from app.store.contracts import ContractRow, find_contract
from app.store.uow import UnitOfWork
from app.store.users import find_user


def vacant_seats(uow: UnitOfWork, contract: ContractRow, round_: ApprovalRound) -> tuple[Function, ...]:
    """The offices whose decision is due and that nobody can give."""
    people = deciders(uow, record_of(contract), round_.submitter)
    return tuple(s.function for s in round_.waiting if not holders(round_, s, people))


def who_must_be_named(office: Function, *, confidential: bool) -> str:
    """What has to be done about a vacant seat, as a sentence."""
    written = "，也不能是负责人或者起草过这份文本的人" if office in OF_LEGAL else ""
    named = "；合同保密，还须由负责人在“人员”中将其列为可以查看的人" if confidential else ""
    return (
        f"“{office.label}”一席现在没有人可以审批。请系统管理员在“用户”中为一位审批人指定“{office.label}”职务（不能是送审人{written}）{named}；"
        "或者由送审人撤回送审。"
    )


def tell_vacancies(units: Callable[[], UnitOfWork], post: Post, now: datetime) -> int:
    """Look at every round under way; returns in how many a seat is vacant. May be run at any time: the same week tells once."""
    found = 0
    with units() as uow:
        for row in open_approvals(uow.session):
            contract = find_contract(uow.session, row.contract_id)
            offices = vacant_seats(uow, contract, read_round(row)) if contract is not None else ()
            if contract is not None and offices:
                found += 1
                _tell(uow, post, now, contract, row, offices)
        uow.commit()
    return found


def _tell(
    uow: UnitOfWork, post: Post, now: datetime, contract: ContractRow, row: ApprovalRow, offices: tuple[Function, ...]
) -> None:
    year, week, _ = now.isocalendar()
    for user_id in sorted({contract.owner_id or "", row.submitter_id} - {""}):
        user = find_user(uow.session, user_id)
        if (
            user is None
            or not user.active
            or not user.email
            or not may(actor_of(user), Action.READ_CONTRACTS, record_of(contract))
        ):
            continue
        words = post.write(
            "approval_vacant",
            {
                "name": user.name, "number": contract.number, "title": contract.title, "round": str(row.ordinal),
                "offices": "、".join(f.label for f in offices), "link": post.link(contract.id),
                "todo": "\n".join(who_must_be_named(f, confidential=contract.confidential) for f in offices),
            },
        )  # fmt: skip
        key = f"vacant:{row.id}:{'+'.join(f.value for f in offices)}:{year}-{week}:{user.id}"
        uow.send(now, NewMail(key, user.email, words.subject, words.text, words.html, contract.id, user.id))
