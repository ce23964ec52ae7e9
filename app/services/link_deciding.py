"""Deciding a renewal from the message: what a link shows, and what its form does. The person is the one the link was sent to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from app.domain.calendar import WorkingCalendar
from app.domain.errors import ContractError
from app.domain.permissions import Action, Actor, require
from app.domain.renewal_decision import Choice, Offer
from app.domain.term import chinese_date
from app.services.access import actor_of, record_of
from app.services.decision_links import CHOICES, LATER, LinkSpent, open_link
from app.services.record import require_contract
from app.services.reminding import snooze_row
from app.services.renewal import decide, renewal_desk
from app.store.links import DecisionLinkRow
from app.store.reminders import ReminderSubjectRow, subject_with_id
from app.store.uow import UnitOfWork
from app.store.users import find_user

DOOR = "邮件链接"
"""How the audit log names this door."""


class SignInFirst(ContractError):
    """An account with a second factor is not acted for with a link alone. ``contract_id``: where to decide after signing in."""

    def __init__(self, contract_id: str) -> None:
        self.contract_id = contract_id
        super().__init__(
            "link.second_factor", "您的账号启用了两步验证，不能只凭邮件中的链接作决定。请登录后在合同的“期限”页办理。"
        )


@dataclass(frozen=True, slots=True)
class LinkPage:
    """What a link shows. ``offer`` None: it puts the reminder off. ``lines``: the reasoning. ``revision``: of the contract, as shown."""

    person: str
    number: str
    title: str
    contract_id: str
    choice: str
    label: str
    offer: Offer | None
    lines: tuple[str, ...]
    due_on: date
    revision: int


@dataclass(frozen=True, slots=True)
class Entered:
    """What the form says. ``until``: to which day the reminder is put off."""

    revision: int
    reason: str
    until: date | None = None


def read_link(
    uow: UnitOfWork, now: datetime, today: date, calendar: WorkingCalendar, key: bytes, link_id: str, choice: str, signature: str
) -> LinkPage:
    """Changes nothing, however often it is opened. Raises ``LinkSpent``, ``SignInFirst``, ``Hidden``, ``Forbidden``."""
    link = open_link(uow, now, key, link_id, choice, signature)
    subject, actor = _stands(uow, link)
    contract = require_contract(uow, subject.contract_id or "")
    require(actor, Action.KEEP_PERFORMANCE, record_of(contract))
    desk = renewal_desk(uow, actor, today, calendar, contract.id)
    offer = next((o for o in desk.offers if o.choice.value == choice), None)
    return LinkPage(
        actor.name, contract.number, contract.title, contract.id, choice, dict(CHOICES)[choice], offer, tuple(subject.detail.splitlines()),
        link.due_on, contract.revision,
    )  # fmt: skip


def decide_by_link(
    uow: UnitOfWork, now: datetime, today: date, calendar: WorkingCalendar, key: bytes, link_id: str, choice: str, signature: str,
    entered: Entered,
) -> str:  # fmt: skip
    """Record the decision and draft its papers, or put the reminder off, and spend the links of this message, in one commit; returns the
    sentence that says so. Raises what ``read_link`` raises, and ``InputError``, ``ChangedMeanwhile``, ``renewal.refused``."""
    link = open_link(uow, now, key, link_id, choice, signature, lock=True)
    subject, actor = _stands(uow, link)
    link.used_at, link.used_for = now, choice
    contract_id = subject.contract_id or ""
    if choice == LATER:
        require(actor, Action.KEEP_PERFORMANCE, record_of(require_contract(uow, contract_id)))
        until = entered.until or today
        snooze_row(uow, actor, now, today, subject, until, entered.reason)
        uow.commit()
        return f"已推迟，{chinese_date(until)}再提醒您。"
    papers = decide(uow, actor, now, today, calendar, contract_id, entered.revision, Choice(choice), entered.reason)
    drafted = f"，已起草 {'、'.join(papers)}" if papers else ""
    return f"已记录决定“{Choice(choice).label}”{drafted}。请登录后在合同的“期限”页继续办理。"


def _stands(uow: UnitOfWork, link: DecisionLinkRow) -> tuple[ReminderSubjectRow, Actor]:
    """What the link decides, and for whom, as long as the date it was sent for stands and the account is open."""
    subject = subject_with_id(uow.session, link.subject_id)
    user = find_user(uow.session, link.user_id)
    if subject is None or subject.due_on != link.due_on or not subject.decides or subject.contract_id is None:
        raise LinkSpent
    if user is None or not user.active:
        raise LinkSpent
    if user.totp_secret:
        raise SignInFirst(subject.contract_id)
    return subject, replace(actor_of(user), via=DOOR)
