"""Papers on a renewal on their way: sent, arrived, signed; and what follows from each."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from app.domain.calendar import WorkingCalendar
from app.domain.errors import ContractError, InputError, InputFault
from app.domain.lifecycle import Event, Stage
from app.domain.lifecycle_facts import Facts
from app.domain.lifecycle_facts import Paper as EffectivePaper
from app.domain.notice import Method, Proof
from app.domain.permissions import Action, Actor
from app.domain.renewal import Mode
from app.domain.renewal_decision import Paper
from app.domain.term import chinese_date, term_end
from app.domain.term_chain import Origin, Term
from app.services.moving import move
from app.services.papers import IN_THE_HOUSE, SENT, SIGNED, add_arrival, add_sending, draft_paper, require_paper, stated
from app.services.record import opened
from app.services.renewal import IN_FORCE
from app.services.term_moves import extend, mistaken_from, take_back
from app.services.term_state import OPTION_NOTICE, TermState, load_term_state, term_of_notice
from app.store.contracts import ContractRow
from app.store.deliveries import find_delivery
from app.store.instruments import InstrumentRow
from app.store.uow import UnitOfWork


def draft_option_notice(uow: UnitOfWork, actor: Actor, now: datetime, official: WorkingCalendar, contract_id: str) -> str:
    """A notice by which the holder of the option chooses a further term; returns the paper's id. Raises ``renewal.refused``."""
    contract = opened(uow, actor, Action.KEEP_PERFORMANCE, contract_id, lock=True)
    if load_term_state(uow, contract, official).terms.mode is not Mode.OPTION:
        raise ContractError("renewal.refused", "本合同没有约定一方续约选择权（第11.3节）。")
    row = draft_paper(uow, actor, now, contract, OPTION_NOTICE, "XZ", "选择续约通知")
    uow.commit()
    return row.id


def send_paper(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    today: date,
    official: WorkingCalendar,
    contract_id: str,
    paper_id: str,
    *,
    sender: str,
    method: Method,
    sent_on: date,
) -> str:
    """Record that a notice on the renewal was sent; returns the delivery's id. Raises ``PaperMissing``, ``InputError``."""
    contract = opened(uow, actor, Action.FILE_PAPER, contract_id, lock=True)
    state = load_term_state(uow, contract, official)
    paper = _renewal_paper(uow, contract_id, paper_id)
    row = add_sending(uow, actor, now, today, state, paper, sender, method, sent_on)
    uow.commit()
    return row.id


def notice_arrived(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    today: date,
    official: WorkingCalendar,
    contract_id: str,
    delivery_id: str,
    revision: int,
    *,
    arrived_on: date,
    proof: Proof,
    evidence: str,
    document_id: str = "",
) -> str:
    """Record the arrival of a notice on the renewal and what follows from it; returns a sentence that says so.

    Non-renewal in time: the stage becomes ``expiring``. The option in time: the further term is there. Too late: the arrival is
    kept, and nothing follows.
    """
    contract = opened(uow, actor, Action.FILE_PAPER, contract_id, lock=True)
    before = load_term_state(uow, contract, official)
    sender = _sender(uow, contract_id, delivery_id)
    paper = add_arrival(uow, actor, now, today, before, delivery_id, revision, arrived_on, proof, evidence, document_id)
    follow = _chosen if paper.kind == OPTION_NOTICE else _refused
    said = follow(uow, actor, now, today, contract, before, paper, sender)
    contract.updated_at, contract.updated_by = now, actor.name
    uow.commit()
    return said


def _sender(uow: UnitOfWork, contract_id: str, delivery_id: str) -> str:
    row = find_delivery(uow.session, delivery_id)
    return row.sender if row is not None and row.contract_id == contract_id else ""


def _refused(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, contract: ContractRow, before: TermState, paper: InstrumentRow,
    _sender: str,
) -> str:  # fmt: skip
    """The lifecycle judges whether the notice came in time, on what would have followed without it."""
    arrived = paper.arrived_on or today
    if Stage(contract.stage) not in IN_FORCE:
        return f"{paper.number}的到达已记录。合同已不在履行中，状态不变。"
    state, mistaken = before, mistaken_from(before, arrived)
    if mistaken is not None:
        take_back(uow, actor, now, contract, before, mistaken, f"{paper.number}已于{arrived.isoformat()}及时到达")
        state = mistaken
    elif term_of_notice(before.chain, arrived) != before.chain.current.number:
        return f"{paper.number}的到达已记录。该通知所指的期限已经另有安排，状态不变。"
    facts = Facts(today=today, term=state.term_facts(today), paper=EffectivePaper(paper.number, arrived, arrived, ()))
    deadline = facts.term.notice_deadline if facts.term else None
    if facts.term and facts.term.renews_automatically and (deadline is None or arrived > deadline):
        day = chinese_date(deadline) if deadline else "—"
        return f"{paper.number}于{chinese_date(arrived)}到达，晚于截止日{day}：自动续约可能已触发，请改走无因提前终止或者协商。"
    move(uow, actor, now, contract, Event.NON_RENEWAL_NOTIFIED, facts, paper=paper.number)
    paper.effective_on = arrived
    taken = "此前按期满自动续约的记录已撤回，" if mistaken is not None else ""
    return (
        f"{paper.number}已于{chinese_date(arrived)}及时到达，{taken}合同于{chinese_date(state.chain.current.last_day)}届满终止。"
    )


def _chosen(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, contract: ContractRow, before: TermState, paper: InstrumentRow,
    sender: str,
) -> str:  # fmt: skip
    arrived, after = paper.arrived_on or today, load_term_state(uow, contract, before.official)
    if sender != before.terms.holder:
        return f"{paper.number}的到达已记录，但发出方不是续约选择权人，不发生续约。"
    follows = after.outlook(today).next_term
    if follows is None or before.outlook(today).next_term is not None:
        return f"{paper.number}的到达已记录，但不发生续约：{'；'.join(after.outlook(today).unmet) or '本期已经选择续约'}。"
    paper.effective_on = arrived
    effective = EffectivePaper(paper.number, arrived, follows.first_day, ())
    extend(uow, actor, now, today, contract, before, replace(follows, paper=paper.number), Event.RENEWED_BY_AGREEMENT, effective)
    return f"{paper.number}已于{chinese_date(arrived)}及时到达，合同续约至{chinese_date(follows.last_day)}。"


@dataclass(frozen=True, slots=True)
class AgreedRenewal:
    """What a signed renewal agreement says (brief C2). ``years`` or ``last_day``; ``counts``: it uses up one of the renewals of
    section 11.3; ``remark`` says how the time before signing is treated where the new term began earlier."""

    signed_on: date
    years: int | None = None
    last_day: date | None = None
    counts: bool = True
    remark: str = ""


def renewal_signed(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    today: date,
    official: WorkingCalendar,
    contract_id: str,
    paper_id: str,
    agreed: AgreedRenewal,
) -> Term:
    """Record that both parties signed the renewal agreement: the new term joins the old one, and every date moves with it.

    Raises ``PaperMissing``, ``InputError`` with everything that brief C2 refuses, ``IllegalMove``.
    """
    contract = opened(uow, actor, Action.KEEP_PERFORMANCE, contract_id, lock=True)
    state = load_term_state(uow, contract, official)
    paper = require_paper(uow, contract_id, paper_id)
    term, faults = _agreed_term(state, paper, agreed, today)
    written = stated(uow, paper, "renewal.end")
    if term is not None and isinstance(written, date) and written != term.last_day:
        words = f"定稿的{paper.number}载明{written.isoformat()}，与所录的{term.last_day.isoformat()}不符"
        faults.append(InputFault("last_day", "续展届满日", words, "按签署的文本填写"))
    if faults or term is None:
        raise InputError(faults)
    paper.arrived_on, paper.effective_on, paper.state = agreed.signed_on, term.first_day, SIGNED
    effective = EffectivePaper(paper.number, agreed.signed_on, term.first_day, ())
    extend(uow, actor, now, today, contract, state, term, Event.RENEWED_BY_AGREEMENT, effective, agreed.remark)
    uow.commit()
    return term


def _agreed_term(
    state: TermState, paper: InstrumentRow, agreed: AgreedRenewal, today: date
) -> tuple[Term | None, list[InputFault]]:
    faults = []
    first = state.chain.next_term(Origin.AGREEMENT, 1, counts=False).first_day
    if paper.kind != Paper.RENEWAL.value or paper.state not in (*IN_THE_HOUSE, SENT):
        faults.append(InputFault("paper", "文书", f"{paper.number} 不是待签署的续约协议"))
    if agreed.signed_on > today:
        faults.append(InputFault("signed_on", "签署日", f"{agreed.signed_on.isoformat()} 尚未到来"))
    if (agreed.years is None) == (agreed.last_day is None):
        faults.append(InputFault("years", "续展期", "请填写年数或者届满日，二者择一"))
        return None, faults
    if agreed.years is not None and not 1 <= agreed.years <= 10:
        faults.append(InputFault("years", "续展期", "应为1至10年"))
        return None, faults
    last = agreed.last_day or term_end(first, agreed.years or 1)
    if last < first:
        faults.append(InputFault("last_day", "续展届满日", f"应晚于原届满日，续展期自{first.isoformat()}起"))
        return None, faults
    if agreed.signed_on > first and not agreed.remark.strip():
        faults.append(
            InputFault("remark", "追溯说明", f"签署日晚于续展起始日{first.isoformat()}，须说明其间的服务和结算如何处理")
        )
    term = Term(len(state.chain.terms), first, last, Origin.AGREEMENT, agreed.years, agreed.counts, paper.number)
    deadline = replace(state, chain=state.chain.renewed(term)).schedule().notice_deadline
    if deadline is not None and deadline.day < agreed.signed_on:
        words = f"新的通知截止日{deadline.day.isoformat()}早于签署日"
        faults.append(InputFault("last_day", "续展期", words, "延长续展期，或者以补充协议缩短通知期"))
    if agreed.counts and state.terms.mode in (Mode.AUTOMATIC, Mode.OPTION) and state.chain.counted >= state.terms.max_times:
        words = f"续约次数已达上限{state.terms.max_times}次"
        faults.append(InputFault("counts", "计入续约次数", words, "选择“不计入”，并在协议中写明"))
    return term, faults


def _renewal_paper(uow: UnitOfWork, contract_id: str, paper_id: str) -> InstrumentRow:
    paper = require_paper(uow, contract_id, paper_id)
    if paper.kind not in (Paper.NON_RENEWAL.value, OPTION_NOTICE):
        raise ContractError("paper.kind", f"{paper.number} 不是不续约通知或者选择续约通知。")
    return paper
