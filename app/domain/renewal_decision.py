"""The decision on a renewal: what may be chosen before the term ends, and which paper each choice needs (brief C2, C3)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import Enum

from app.domain.renewal import Mode, Outlook, RenewalTerms, Schedule
from app.domain.term import chinese_date


class Choice(Enum):
    """What a person decided about the end of the current term."""

    RENEW = "renew"
    """续签: go on as before, or with what the parties agree on."""
    RENEGOTIATE = "renegotiate"
    """重谈: go on only on other conditions."""
    NOT_RENEW = "not_renew"
    """不续约: end with the term, and say so by notice."""
    LAPSE = "lapse"
    """到期不续: let the term run out; possible only where it ends by itself."""

    @property
    def label(self) -> str:
        return {"renew": "续签", "renegotiate": "重谈", "not_renew": "不续约", "lapse": "到期不续"}[self.value]


class Paper(Enum):
    """Instruments of part C that endings and renewals need; the value is the kind under which they are stored."""

    RENEWAL = "renewal"
    """续约协议 (C2)"""
    NON_RENEWAL = "non_renewal"
    """不续约通知 (C3)"""
    RESCISSION = "rescission"
    """解除通知函 (C4)"""
    TERMINATION = "termination"
    """终止协议 (C5)"""
    DEMAND = "demand"
    """催告函 (C8)"""

    @property
    def label(self) -> str:
        return _PAPERS[self.value][0]

    @property
    def code(self) -> str:
        """The middle of its number: ``合同号-XY-01``."""
        return _PAPERS[self.value][1]

    @property
    def served(self) -> bool:
        """Works by arriving at the other party; the others by both signing."""
        return self in (Paper.NON_RENEWAL, Paper.RESCISSION, Paper.DEMAND)


_PAPERS = {
    "renewal": ("续约协议", "XY"), "non_renewal": ("不续约通知", "BX"), "rescission": ("解除通知函", "JC"),
    "termination": ("终止协议", "ZZ"), "demand": ("催告函", "CG"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Offer:
    """One choice as it stands today: why it can't be made (``refused`` empty: it can), the papers it drafts, what follows, and by
    when (``act_by`` None: no day of its own)."""

    choice: Choice
    refused: str
    papers: tuple[Paper, ...]
    consequence: str
    act_by: date | None


def offers(plan: Schedule, terms: RenewalTerms, ahead: Outlook, today: date) -> tuple[Offer, ...]:
    """All four choices, in order, for the current term on ``today``."""
    return tuple(_offer(choice, plan, terms, ahead, today) for choice in Choice)


def offer_of(choice: Choice, plan: Schedule, terms: RenewalTerms, ahead: Outlook, today: date) -> Offer:
    return _offer(choice, plan, terms, ahead, today)


def _offer(choice: Choice, plan: Schedule, terms: RenewalTerms, ahead: Outlook, today: date) -> Offer:
    match choice:
        case Choice.RENEW:
            return _renew(plan, terms, ahead)
        case Choice.RENEGOTIATE:
            return _renegotiate(plan, terms, ahead, today)
        case Choice.NOT_RENEW:
            return _refuse(plan, terms, ahead, today)
        case Choice.LAPSE:
            return _lapse(plan, terms, ahead)


def _renew(plan: Schedule, terms: RenewalTerms, ahead: Outlook) -> Offer:
    by = plan.sign_by.day if plan.sign_by else None
    if terms.mode is Mode.NONE:
        return Offer(Choice.RENEW, "本合同约定不续约，继续合作的应当另行签订合同（第11.3节）。", (), "", None)
    if terms.mode is Mode.AUTOMATIC and ahead.next_term is not None:
        until = chinese_date(ahead.next_term.last_day)
        said = f"不发不续约通知的，期满自动续约至{until}；续约协议用以确认期限、价格和附件。"
        return Offer(Choice.RENEW, "", (Paper.RENEWAL,), said, by)
    if terms.mode is Mode.OPTION:
        said = "选择权人的通知及时到达即续约；续约协议用以确认期限、价格和附件。"
        return Offer(Choice.RENEW, "", (Paper.RENEWAL,), said, plan.notice_deadline.day if plan.notice_deadline else by)
    return Offer(Choice.RENEW, "", (Paper.RENEWAL,), "双方在届满日前签订续约协议的，续约；未签订的，期满终止。", by)


def _renegotiate(plan: Schedule, terms: RenewalTerms, ahead: Outlook, today: date) -> Offer:
    deadline = plan.notice_deadline.day if plan.notice_deadline else None
    if terms.mode is Mode.NONE:
        return Offer(Choice.RENEGOTIATE, "本合同约定不续约，继续合作的应当另行签订合同（第11.3节）。", (), "", None)
    if terms.mode is Mode.AUTOMATIC and ahead.next_term is not None:
        if deadline is not None and today > deadline:
            why = f"变更续约条件的通知应当至迟于{chinese_date(deadline)}到达，现已逾期，期满将按原条件自动续约；请改以补充协议变更。"
            return Offer(Choice.RENEGOTIATE, why, (), "", None)
        said = "先以不续约通知阻止按原条件自动续约，再协商并签订续约协议；谈不成的，期满终止。"
        return Offer(Choice.RENEGOTIATE, "", (Paper.NON_RENEWAL, Paper.RENEWAL), said, deadline)
    by = plan.sign_by.day if plan.sign_by else None
    return Offer(Choice.RENEGOTIATE, "", (Paper.RENEWAL,), "按新条件协商并签订续约协议；届满日前未签订的，期满终止。", by)


def _refuse(plan: Schedule, terms: RenewalTerms, ahead: Outlook, today: date) -> Offer:
    deadline = plan.notice_deadline.day if plan.notice_deadline else None
    if terms.mode is Mode.AUTOMATIC and ahead.next_term is not None and deadline is not None and today > deadline:
        why = f"不续约通知应当至迟于{chinese_date(deadline)}到达，现已逾期，自动续约可能已触发；请改走无因提前终止或者协商。"
        return Offer(Choice.NOT_RENEW, why, (), "", None)
    said = "通知到达后，合同于届满日终止，并启动退出计划；不构成违约。"
    return Offer(Choice.NOT_RENEW, "", (Paper.NON_RENEWAL,), said, deadline)


def _lapse(plan: Schedule, terms: RenewalTerms, ahead: Outlook) -> Offer:
    if terms.mode is Mode.AUTOMATIC and ahead.next_term is not None:
        why = "本合同期满自动续约，不发通知不会到期终止；请选择“不续约”。"
        return Offer(Choice.LAPSE, why, (), "", None)
    if terms.mode is Mode.BY_AGREEMENT:
        said = "第11.3节要求至迟于通知截止日书面表态，因此仍起草不续约通知；期满终止，届时以终止协议清理。"
        by = plan.notice_deadline.day if plan.notice_deadline else None
        return Offer(Choice.LAPSE, "", (Paper.NON_RENEWAL, Paper.TERMINATION), said, by)
    said = f"无须通知，{chinese_date(plan.term.last_day)}届满即终止；以终止协议办理结算、返还和清理。"
    return Offer(Choice.LAPSE, "", (Paper.TERMINATION,), said, plan.term.last_day)
