"""Settlements: drawn up with their 结算单, confirmed, objected to, given up (sections 8.2, 8.3; brief C6)."""

from __future__ import annotations

import hashlib
import json
import uuid
from datetime import date, datetime
from decimal import Decimal

from app.domain.calendar import WorkingCalendar
from app.domain.errors import ContractError, InputError, InputFault
from app.domain.money import ZERO, amount_faults
from app.domain.obligations import Catalogue
from app.domain.papers import PaperKind, PaperState
from app.domain.permissions import Action, Actor
from app.domain.settlement.papers import Account, settlement_values
from app.domain.settlement.silence import Silence
from app.domain.term import chinese_date
from app.services.broken_silence import break_silence, by_silence, tell_broken, too_late
from app.services.correction_replay import REFUSED
from app.services.correction_rows import reduction_faults, waiting_items
from app.services.journal import note
from app.services.lapsing import objection_over, settlement_silence
from app.services.matching import free_surplus, note_overpaid
from app.services.money_rows import DONE, OPEN, VOID, due_of, paid_on, refresh, remind
from app.services.obligation_links import (
    statement_confirmed,
    statement_handed_in,
    statement_objected,
    statement_received,
    statement_voided,
)
from app.services.obligation_planning import Almanac, plan_quietly
from app.services.paper_texts import PaperKit, new_paper, put_text, require_stage
from app.services.papers import IN_THE_HOUSE, SIGNED, void_paper
from app.services.record import opened
from app.services.settlement_computing import compute
from app.services.settlement_terms import TermsBook, require_settled_stage
from app.services.stage_mails import Post
from app.store.contracts import ContractRow
from app.store.corrections import corrections_of
from app.store.instruments import find_instrument
from app.store.settlements import SettlementRow, find_settlement, settlements_of
from app.store.uow import ChangedMeanwhile, UnitOfWork

SETTLEMENT_STATES = {OPEN: "待确认", DONE: "已确认", VOID: "已作废"}
HOW = {"signed": "双方签署", "written": "甲方书面确认", "silence": "逾期未确认未异议，视为确认"}


class SettlementMissing(ContractError):
    def __init__(self, settlement_id: str) -> None:
        super().__init__("settlement.missing", f"没有找到结算单 {settlement_id[:40]}。")


# ---- drawing up


def draw_up(
    uow: UnitOfWork,
    actor: Actor,
    now: datetime,
    today: date,
    kit: PaperKit,
    contract_id: str,
    start: date,
    *,
    submitted_on: date | None = None,
) -> str:
    """Keep the sheet of a period and draft its 结算单, filled in; returns the settlement's id.

    Raises ``settlement.unconfirmed``, ``paper.period`` where the period has a settlement already.
    """
    contract = opened(uow, actor, Action.KEEP_PERFORMANCE, contract_id, lock=True)
    require_settled_stage(contract)
    require_stage(contract, PaperKind.SETTLEMENT)
    drawn = compute(uow, contract, start)
    pay, calendar = drawn.terms.pay, kit.reference.calendar
    values = settlement_values(
        drawn.view, pay, drawn.terms.service.cap, drawn.scored_on, today, account_of(uow, contract_id), calendar
    )
    paper = new_paper(uow, actor, now, contract, PaperKind.SETTLEMENT, values)
    put_text(uow, actor, now, today, kit, contract, paper, values)
    text = json.dumps(drawn.plain, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    total = drawn.view.total
    row = SettlementRow(
        id=uuid.uuid4().hex, contract_id=contract_id, instrument_id=paper.id, start=drawn.view.start, end=drawn.view.end, state=OPEN,
        sheet=text, digest=hashlib.sha256(text.encode()).hexdigest(), excl=total.excl, tax=total.tax, incl=total.incl,
        submitted_on=submitted_on or today, open_amount=max(ZERO, total.incl), created_at=now, created_by=actor.name,
    )  # fmt: skip
    uow.session.add(row)
    uow.session.flush()
    for correction in waiting_items(uow, contract_id, drawn.view.start)[0]:
        correction.taken_by = row.id
    note(
        uow, actor, now, "settlement.drawn", contract=contract_id, settlement=row.id, number=paper.number, payable=f"{total.incl}",
        digest=row.digest,
    )  # fmt: skip
    statement_handed_in(uow, actor, now, kit.reference, contract, row.start, row.submitted_on, paper.number)
    uow.commit()
    return row.id


def receive_settlement(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, kit: PaperKit, contract_id: str, settlement_id: str, seen: int, *, on: date
) -> Silence:  # fmt: skip
    """Party A had the sheet on ``on``: its periods to confirm and to object run from then; returns whose silence confirms, and when.

    May be corrected while nothing is confirmed. Raises ``InputError``, ``settlement.state``.
    """
    contract, row = come_to(uow, actor, contract_id, settlement_id, seen)
    _require(row, OPEN, what="记录收到日")
    if on > today:
        raise InputError([InputFault("on", "收到日", f"{on.isoformat()} 尚未到来")])
    if on < row.submitted_on:
        raise InputError([InputFault("on", "收到日", f"早于结算单提交日{row.submitted_on.isoformat()}")])
    silent = received(uow, actor, now, kit.reference.calendar, contract, row, on)
    plan_quietly(uow, actor, now, contract, Almanac(Catalogue.of(kit.reference.library), kit.reference.calendar))
    uow.commit()
    return silent


def received(
    uow: UnitOfWork, actor: Actor, now: datetime, calendar: WorkingCalendar, contract: ContractRow, row: SettlementRow, on: date
) -> Silence:
    """As ``receive_settlement``, in the caller's transaction, who plans again."""
    terms = TermsBook(uow, contract).on(row.start.replace(day=1))
    row.received_on = on
    silent = settlement_silence(uow, row, terms.pay, terms.silent, calendar)
    row.silent_on = silent.last
    number = number_of(uow, row)
    note(uow, actor, now, "settlement.received", contract=contract.id, settlement=row.id, number=number, on=on.isoformat())
    statement_received(uow, actor, now, contract, on, number)
    return silent


def confirm_settlement(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, kit: PaperKit, contract_id: str, settlement_id: str, seen: int, *, on: date,
    how: str, evidence: str, post: Post | None = None,
) -> str:  # fmt: skip
    """The amount stands from ``on``; the payment period begins (SMEP:9). ``how``: a key of ``HOW``. Returns a sentence.

    Silence counts only once the periods to confirm and to object have run out (section 8.2; CC:140); a written word within them may be
    entered afterwards, and ``post`` tells whoever was told of the silence.
    """
    contract, row = come_to(uow, actor, contract_id, settlement_id, seen)
    late = by_silence(row) and how != "silence"
    _require(row, *([DONE] if late else [OPEN]), what="确认")
    terms = TermsBook(uow, contract).on(row.start.replace(day=1))
    faults = []
    if how not in HOW:
        faults.append(InputFault("how", "确认方式", "请选择", "、".join(HOW.values())))
    if on > today:
        faults.append(InputFault("on", "确认日", f"{on.isoformat()} 尚未到来"))
    if on < row.submitted_on:
        faults.append(InputFault("on", "确认日", f"早于结算单提交日{row.submitted_on.isoformat()}"))
    if late and (why := too_late(row, on)):
        faults.append(InputFault("on", "确认日", why))
    silent = settlement_silence(uow, row, terms.pay, terms.silent, kit.reference.calendar)
    if how == "silence" and silent.last is None:
        faults.append(InputFault("how", "确认方式", silent.why))
    elif how == "silence" and silent.last is not None and (not silent.lapsed(today) or on != silent.last):
        faults.append(InputFault("on", "确认日", f"默示确认须期限届满：应为{silent.last.isoformat()}，且在该日之后记录"))
    if how != "silence" and not evidence.strip():
        faults.append(InputFault("evidence", "确认的证据", "请写明签署件或者书面确认的名称、编号"))
    if faults:
        raise InputError(faults)
    number = number_of(uow, row)
    ended = break_silence(uow, actor, now, kit, contract, row, number, on, "甲方在期限内书面确认") if late else None
    settle_confirmed(uow, actor, now, kit, contract, row, on, how, evidence.strip())
    said = say_confirmed(uow, kit, contract, row)
    if ended is not None:
        tell_broken(uow, now, post, contract, row, number, terms, ended, said)
    uow.commit()
    return said


def settle_confirmed(
    uow: UnitOfWork, actor: Actor, now: datetime, kit: PaperKit, contract: ContractRow, row: SettlementRow, on: date, how: str, evidence: str
) -> None:  # fmt: skip
    """The amount stands, in the caller's transaction, with everything that follows."""
    row.state, row.confirmed_on, row.how, row.evidence, row.silent_on = DONE, on, how, evidence, None
    paper = find_instrument(uow.session, row.instrument_id)
    if paper is not None and how == "signed" and paper.state in (*IN_THE_HOUSE, PaperState.SENT.value):
        paper.state, paper.arrived_on = SIGNED, on
    number = paper.number if paper else ""
    note(
        uow, actor, now, "settlement.confirmed", contract=contract.id, settlement=row.id, number=number, on=on.isoformat(), how=how,
        evidence=row.evidence, payable=f"{row.incl}",
    )  # fmt: skip
    statement_objected(uow, actor, now, kit.reference, contract, on, number, "已确认，没有异议")
    statement_confirmed(uow, actor, now, kit.reference, contract, row.start, on, number)
    refresh(uow, actor, now, kit.reference.calendar, contract, row)


def say_confirmed(uow: UnitOfWork, kit: PaperKit, contract: ContractRow, row: SettlementRow) -> str:
    """A sentence on what follows from the confirmation."""
    paper = find_instrument(uow.session, row.instrument_id)
    due = due_of(uow, kit.reference.calendar, contract, row)
    day = (
        f"付款到期日为{chinese_date(due.day.day)}"
        if due.day
        else f"乙方应当至迟于{chinese_date(due.invoice_by.day)}开具发票，{due.waiting}"
    )
    return f"{paper.number if paper else ''}已于{chinese_date(row.confirmed_on or row.submitted_on)}确认；{day}。"


def object_to(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, kit: PaperKit, contract_id: str, settlement_id: str, seen: int, *,
    amount: Decimal, on: date, reason: str, post: Post | None = None,
) -> None:  # fmt: skip
    """Party A disputes a part (with tax); the rest counts as confirmed that day and is paid as usual (sections 8.2, 8.3; SMEP:15).

    An objection in time may be entered after silence was taken for consent; ``post`` then tells whoever was told of that.
    """
    contract, row = come_to(uow, actor, contract_id, settlement_id, seen)
    late = by_silence(row)
    _require(row, *([DONE] if late else [OPEN]), what="提出异议")
    terms = TermsBook(uow, contract).on(row.start.replace(day=1))
    over = objection_over(row, terms.pay, kit.reference.calendar)
    faults = amount_faults("amount", "争议金额", amount, f"应大于零且不超过本期应付{row.incl}元，至多两位小数", most=row.incl)
    if not row.submitted_on <= on <= today:
        faults.append(InputFault("on", "异议日", "应在结算单提交之后，且不晚于今日"))
    elif over is not None and on > over:
        faults.append(InputFault("on", "异议日", f"异议期已于{over.isoformat()}届满（合同第8.3节）"))
    elif late and (why := too_late(row, on)):
        faults.append(InputFault("on", "异议日", why))
    if len("".join(reason.split())) < 5:
        faults.append(InputFault("reason", "理由和证据", "请写明有异议的项目、理由和证据"))
    if faults:
        raise InputError(faults)
    number = number_of(uow, row)
    ended = (
        break_silence(uow, actor, now, kit, contract, row, number, on, f"甲方在期限内提出异议，争议{amount}元") if late else None
    )
    row.objected, row.objected_on, row.objection = amount, on, reason.strip()
    row.state, row.confirmed_on, row.how, row.evidence = DONE, on, "written", "异议函中未异议的部分视为确认"
    row.silent_on = None
    statement_objected(uow, actor, now, kit.reference, contract, on, number, f"提出异议，争议{amount}元")
    statement_confirmed(uow, actor, now, kit.reference, contract, row.start, on, number)
    refresh(uow, actor, now, kit.reference.calendar, contract, row)
    note(
        uow, actor, now, "settlement.objected", contract=contract_id, settlement=row.id, amount=f"{amount}", on=on.isoformat(),
        reason=row.objection,
    )  # fmt: skip
    if ended is not None:
        said = f"甲方于{chinese_date(on)}提出异议，争议金额{amount}元，其余部分视为于该日确认。"
        tell_broken(uow, now, post, contract, row, number, terms, ended, said)
    uow.commit()


def resolve_objection(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, kit: PaperKit, contract_id: str, settlement_id: str, seen: int, *,
    on: date, reduced: Decimal, reason: str, apart: bool = False,
) -> None:  # fmt: skip
    """The outcome of a dispute: ``reduced`` (with tax) proved not to be owed; the rest is paid within five working days. ``apart``:
    somebody says that it holds nothing of what accepted corrections took off already, without which nothing is taken off twice."""
    contract, row = come_to(uow, actor, contract_id, settlement_id, seen)
    if row.objected is None or row.objected_on is None or row.resolved_on is not None:
        raise ContractError("settlement.no_objection", "本结算单没有待处理的异议。")
    problem = f"应在零与争议金额{row.objected}元之间，至多两位小数"
    faults = amount_faults("reduced", "核减金额", reduced, problem, least=ZERO, most=row.objected)
    faults += reduction_faults(uow, row, reduced, apart=apart)
    if not row.objected_on <= on <= today:
        faults.append(InputFault("on", "结果确定日", "应在异议之后，且不晚于今日"))
    if not reason.strip():
        faults.append(InputFault("reason", "复核结果", "请写明复核的结果和依据"))
    if faults:
        raise InputError(faults)
    row.resolved_on, row.reduced, row.objection = on, reduced, f"{row.objection}\n复核：{reason.strip()}"
    free_surplus(uow, actor, now, contract, row, max(ZERO, row.incl - reduced), f"复核核减{reduced}元")
    refresh(uow, actor, now, kit.reference.calendar, contract, row)
    note_overpaid(uow, actor, now, kit.reference, contract, None, on)
    note(
        uow, actor, now, "settlement.resolved", contract=contract_id, settlement=row.id, on=on.isoformat(), reduced=f"{reduced}",
        reason=reason.strip(),
    )  # fmt: skip
    uow.commit()


def void_settlement(
    uow: UnitOfWork, actor: Actor, now: datetime, kit: PaperKit, contract_id: str, settlement_id: str, seen: int, reason: str
) -> None:
    """Give a settlement up so that a corrected one can follow; to hand it in is owed again.

    Raises ``settlement.used`` once invoiced or paid on: reverse these first.
    """
    contract, row = come_to(uow, actor, contract_id, settlement_id, seen)
    _require(row, OPEN, DONE, what="作废")
    if not reason.strip():
        raise InputError([InputFault("reason", "理由", "请写明作废的理由")])
    later = [s for s in settlements_of(uow.session, contract_id) if s.state != VOID and s.start > row.start]
    if later:
        raise ContractError("settlement.used", "其后各期结算单以本期为基础，请从最近一期起逐期作废，或者在下期以更正项列示。")
    if any(incl != 0 for incl in [sum((i.incl for i in row.invoices), ZERO)]) or paid_on(uow, row.id):
        raise ContractError("settlement.used", "本结算单已经开票或者付款，请先开具红字发票、冲销付款，再作废。")
    paper = find_instrument(uow.session, row.instrument_id)
    if paper is not None and paper.state in IN_THE_HOUSE:
        void_paper(uow, actor, now, paper, reason.strip())
    elif paper is not None:
        paper.state = PaperState.VOID.value
    row.state, row.due_on, row.open_amount, row.silent_on = VOID, None, ZERO, None
    remind(uow, actor, now, row)
    number = paper.number if paper else ""
    note(uow, actor, now, "settlement.voided", contract=contract_id, settlement=row.id, number=number, reason=reason.strip())
    for correction in corrections_of(uow.session, contract_id):
        if correction.taken_by == row.id:
            correction.taken_by = None
        if correction.settlement_id == row.id:
            correction.state, correction.evidence = REFUSED, f"结算单 {number} 已作废，更正后的数据由新的结算单计算"
    words = f"结算单 {number} 作废：{reason.strip()}"
    statement_voided(uow, actor, now, kit.reference, contract, row.start, number, words)
    uow.commit()


# ---- shared with invoices and payments


def come_to(uow: UnitOfWork, actor: Actor, contract_id: str, settlement_id: str, seen: int) -> tuple[ContractRow, SettlementRow]:
    """Both kept from other writers. Raises ``ContractMissing``, ``Forbidden``, ``SettlementMissing``, ``ChangedMeanwhile``."""
    contract = opened(uow, actor, Action.KEEP_PERFORMANCE, contract_id, lock=True)
    row = find_settlement(uow.session, settlement_id)
    if row is None or row.contract_id != contract_id:
        raise SettlementMissing(settlement_id)
    if row.revision != seen:
        raise ChangedMeanwhile
    return contract, row


def account_of(uow: UnitOfWork, contract_id: str) -> Account:
    """What was confirmed and paid so far, with tax; what proved not to be owed left out."""
    rows = [r for r in settlements_of(uow.session, contract_id) if r.state == DONE]
    confirmed = sum((r.incl - (r.reduced or ZERO) for r in rows), ZERO)
    paid = sum((amount for r in rows for _, amount in paid_on(uow, r.id)), ZERO)
    return Account(confirmed, paid)


def number_of(uow: UnitOfWork, row: SettlementRow) -> str:
    paper = find_instrument(uow.session, row.instrument_id)
    return paper.number if paper else row.id


def _require(row: SettlementRow, *states: str, what: str) -> None:
    if row.state not in states:
        raise ContractError("settlement.state", f"结算单{SETTLEMENT_STATES[row.state]}，不能{what}。")
