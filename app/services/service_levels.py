"""A month's figures: entered, reviewed, objected to, confirmed; and the 整改通知 that a low score raises (sections 5.1–5.3)."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from datetime import date, datetime

from app.domain.errors import ContractError, InputError, InputFault
from app.domain.papers import PaperKind, PaperState
from app.domain.permissions import Action, Actor
from app.domain.settlement.month import MonthFigures, digest_of, month_faults, plain_month, read_month
from app.domain.settlement.papers import rectification_values
from app.domain.settlement.scoring import ScoredMonth, Trigger, improvement_triggers, repeated_failure, score_month
from app.domain.settlement.silence import Silence
from app.domain.termination import Route
from app.services.journal import note
from app.services.lapsing import CONFIRMED, OBJECTED, SUBMITTED, is_contested, month_silence
from app.services.obligation_links import figures_reviewed, figures_submitted, review_answered, score_confirmed, score_taken_back
from app.services.paper_texts import PaperKit, new_paper, put_text, require_stage
from app.services.record import opened
from app.services.settlement_terms import MonthTerms, TermsBook, require_settled_stage
from app.services.termination import CaseDetails, open_case
from app.store.contracts import ContractRow
from app.store.documents import find_document
from app.store.instruments import find_instrument, instruments_of
from app.store.service_months import MonthFileRow, MonthStatementRow, ServiceMonthRow, find_service_month, service_months_of
from app.store.settlements import settlements_of
from app.store.uow import ChangedMeanwhile, UnitOfWork

STATES = {SUBMITTED: "待审核", OBJECTED: "有异议", CONFIRMED: "已确认"}
KINDS = {
    "submitted": "提交数据",
    "agreed": "认可",
    "objected": "提出异议",
    "deemed": "逾期未提出，视为认可",
    "received": "收到审核结果",
}
PARTIES = {"a": "甲方", "b": "乙方"}


@dataclass(frozen=True, slots=True)
class Evidence:
    """``documents``: ids of files in the contract's record."""

    words: str = ""
    documents: tuple[str, ...] = ()


class MonthMissing(ContractError):
    def __init__(self, month: date) -> None:
        super().__init__("settlement.month_missing", f"{month.year}年{month.month}月还没有录入考核数据。")


# ---- entering


def enter_month(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, kit: PaperKit, contract_id: str, figures: MonthFigures, submitted_on: date,
    *, seen: int = 0, by: str = "b", evidence: Evidence | None = None,
) -> ScoredMonth:  # fmt: skip
    """Record party B's figures of a month, or replace them until they are confirmed; returns the score. ``seen``: the revision that
    the page showed, 0 for a new month. ``by`` ``a``: they are the result of party A's review, to which party B may object.

    Raises ``InputError`` with every fault, ``ChangedMeanwhile``, ``settlement.settled`` once the month is confirmed or settled.
    """
    contract = opened(uow, actor, Action.KEEP_PERFORMANCE, contract_id, lock=True)
    require_settled_stage(contract)
    terms = TermsBook(uow, contract).on(figures.month)
    found = list(month_faults(figures, terms.service, terms.fees))
    if submitted_on > today:
        found.append(InputFault("submitted_on", "乙方提交日", f"{submitted_on.isoformat()} 尚未到来"))
    elif submitted_on <= terms.span.last:
        found.append(InputFault("submitted_on", "乙方提交日", f"应晚于服务月份的最后一日{terms.span.last.isoformat()}"))
    if (
        figures.tickets is not None
        and figures.tickets.is_finite()
        and terms.fees.tiers
        and (top := terms.fees.tiers[-1].upper) is not None
        and figures.tickets >= top
    ):
        found.append(InputFault("tickets", "有效工单量", f"超出阶梯表的末段上限{top}", "请先依第11.2节补充阶梯"))
    row = find_service_month(uow.session, contract_id, figures.month)
    if by == "a" and row is not None and submitted_on < (objected := _objected_on(row)):
        found.append(InputFault("submitted_on", "审核结果的日期", f"早于甲方提出异议之日{objected.isoformat()}"))
    if found:
        raise InputError(found)
    if (row.revision if row else 0) != seen:
        raise ChangedMeanwhile
    if row is not None and row.state == CONFIRMED:
        raise ContractError("settlement.settled", f"{month_name(figures.month)}的考核数据已经确认；要更正的，请先撤销确认。")
    if by == "a" and (row is None or (row.state != OBJECTED and not is_contested(row))):
        raise ContractError("settlement.month_state", "甲方的审核结果应在甲方提出异议之后录入。")
    scored = score_month(figures, terms.service)
    text = json.dumps(plain_month(figures), ensure_ascii=False, separators=(",", ":"))
    if row is None:
        row = ServiceMonthRow(id=uuid.uuid4().hex, contract_id=contract_id, month=figures.month, created_at=now)
        uow.session.add(row)
    else:
        _know_last(row)
    row.figures, row.confirmed_on, row.score = text, None, scored.total
    if by == "b":
        row.state, row.submitted_on = SUBMITTED, submitted_on
    else:
        row.state = OBJECTED
    row.updated_at, row.updated_by = now, actor.name
    put_statement(uow, actor, now, row, by, "submitted", submitted_on, evidence or Evidence(), digest_of(figures))
    row.silent_on = month_silence(row, terms, kit.reference.calendar).last
    note(
        uow, actor, now, "month.entered", contract=contract_id, month=f"{figures.month:%Y-%m}", score=_points(scored), figures=text,
        submitted_on=submitted_on.isoformat(),
    )  # fmt: skip
    if by == "b":
        figures_submitted(uow, actor, now, kit.reference, contract, figures.month, submitted_on)
    uow.commit()
    return scored


def review_month(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, kit: PaperKit, contract_id: str, month: date, seen: int, *, agrees: bool,
    on: date, evidence: Evidence,
) -> str:  # fmt: skip
    """Party A agrees, which confirms the month, or objects with its reasons. Returns a sentence that says what follows."""
    contract, row, terms = come_to_month(uow, actor, contract_id, month, seen)
    _require(row, SUBMITTED, OBJECTED, what="审核")
    if agrees and row.state == OBJECTED and _from(row) == "a":
        raise ContractError(
            "settlement.own_result", "现有数据是甲方自己的审核结果，须由乙方认可；请记录乙方的答复，或者录入乙方重新提交的数据。"
        )
    _check_statement(row, on, today, evidence, agrees=agrees, silence=month_silence(row, terms, kit.reference.calendar))
    put_statement(uow, actor, now, row, "a", "agreed" if agrees else "objected", on, evidence)
    figures_reviewed(uow, actor, now, kit.reference, contract, month, row.submitted_on, on)
    said = confirm_month(uow, actor, now, today, kit, contract, row, terms, on) if agrees else _object(row)
    row.silent_on = month_silence(row, terms, kit.reference.calendar).last
    note(
        uow, actor, now, "month.reviewed", contract=contract_id, month=f"{month:%Y-%m}", agrees=agrees, on=on.isoformat(),
        reason=evidence.words,
    )  # fmt: skip
    touch_month(row, actor, now)
    uow.commit()
    return said


def answer_objection(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, kit: PaperKit, contract_id: str, month: date, seen: int, *, accepts: bool,
    on: date, evidence: Evidence,
) -> str:  # fmt: skip
    """Party B accepts party A's result, or objects to it (section 4.3 then). Raises ``settlement.no_result`` where there is none yet."""
    contract, row, terms = come_to_month(uow, actor, contract_id, month, seen)
    _require(row, OBJECTED, what="答复")
    _check_statement(row, on, today, evidence, agrees=accepts, silence=month_silence(row, terms, kit.reference.calendar))
    if accepts and not any(s.party == "a" and s.kind == "submitted" for s in _since_objection(row)):
        raise ContractError(
            "settlement.no_result", "甲方提出了异议，但还没有录入审核结果；请先录入甲方的数据，再记录乙方的认可。"
        )
    put_statement(uow, actor, now, row, "b", "agreed" if accepts else "objected", on, evidence)
    if accepts:
        said = confirm_month(uow, actor, now, today, kit, contract, row, terms, on)
    else:
        said = "双方意见不一致，依合同第4.3节复核。"
        review_answered(uow, actor, now, kit.reference, contract, month, on, "乙方提出异议")
    row.silent_on = month_silence(row, terms, kit.reference.calendar).last
    note(
        uow, actor, now, "month.answered", contract=contract_id, month=f"{month:%Y-%m}", agrees=accepts, on=on.isoformat(),
        reason=evidence.words,
    )  # fmt: skip
    touch_month(row, actor, now)
    uow.commit()
    return said


def receive_result(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, kit: PaperKit, contract_id: str, month: date, seen: int, *, on: date,
    evidence: Evidence,
) -> Silence:  # fmt: skip
    """Party B had the result of party A's review on ``on``: its period to object runs from then (section 5.2). May be recorded again.

    Raises ``settlement.no_result`` where there is none; returns whose silence confirms, and when.
    """
    contract, row, terms = come_to_month(uow, actor, contract_id, month, seen)
    _require(row, OBJECTED, what="记录收到审核结果")
    result = next((s for s in reversed(_since_objection(row)) if (s.party, s.kind) == ("a", "submitted")), None)
    if result is None:
        raise ContractError("settlement.no_result", "还没有录入甲方的审核结果；请先录入，再记录乙方收到的日期。")
    _check_statement(row, on, today, evidence, agrees=True)
    if on < result.on_day:
        raise InputError([InputFault("on", "收到日", f"早于审核结果的日期{result.on_day.isoformat()}")])
    put_statement(uow, actor, now, row, "b", "received", on, evidence)
    silence = month_silence(row, terms, kit.reference.calendar)
    row.silent_on = silence.last
    note(uow, actor, now, "month.result_received", contract=contract.id, month=f"{month:%Y-%m}", on=on.isoformat())
    touch_month(row, actor, now)
    uow.commit()
    return silence


def reopen_month(
    uow: UnitOfWork, actor: Actor, now: datetime, kit: PaperKit, contract_id: str, month: date, seen: int, reason: str
) -> None:
    """Take a confirmation back while the month is in no settlement: an error or forged data came to light (section 5.2)."""
    contract, row, _ = come_to_month(uow, actor, contract_id, month, seen)
    _require(row, CONFIRMED, what="撤销确认")
    if not reason.strip():
        raise InputError([InputFault("reason", "理由", "请写明撤销确认的理由")])
    taken = [s for s in settlements_of(uow.session, contract_id) if s.state != "void" and s.start <= month <= s.end]
    if taken:
        raise ContractError(
            "settlement.settled", f"{month_name(month)}已列入结算单；差额请在下期作为更正列示，或者先作废该结算单。"
        )
    row.state, row.confirmed_on = OBJECTED, None
    note(uow, actor, now, "month.reopened", contract=contract_id, month=f"{month:%Y-%m}", reason=reason.strip())
    touch_month(row, actor, now)
    score_taken_back(uow, actor, now, kit.reference, contract, month, reason.strip())
    uow.commit()


# ---- what a confirmed month leads to


def scored_months(rows: list[ServiceMonthRow], book: TermsBook) -> tuple[ScoredMonth, ...]:
    """The confirmed months as the terms of each judge them, in order."""
    return tuple(score_month(figures_of(r), book.on(r.month).service) for r in rows if r.state == CONFIRMED)


def figures_of(row: ServiceMonthRow) -> MonthFigures:
    return read_month(json.loads(row.figures))


def triggers_of(row: ServiceMonthRow, rows: list[ServiceMonthRow], book: TermsBook) -> tuple[ScoredMonth, tuple[Trigger, ...]]:
    """The score of a month and why it asks for improvement; the month before counts only once it is confirmed."""
    terms = book.on(row.month)
    before = next((r for r in reversed(rows) if r.month < row.month and r.state == CONFIRMED), None)
    earlier = score_month(figures_of(before), book.on(before.month).service) if before else None
    scored = score_month(figures_of(row), terms.service)
    return scored, improvement_triggers(scored, earlier, terms.service)


def open_failure_case(uow: UnitOfWork, actor: Actor, now: datetime, today: date, kit: PaperKit, contract_id: str) -> str:
    """Open a case of ending for 考核持续不合格 (section 9.1) with the failed months as its facts; returns the case's id.

    Raises ``settlement.not_failed`` where the agreed number of failed periods isn't reached.
    """
    contract = opened(uow, actor, Action.END_CONTRACT, contract_id)
    rows, book = service_months_of(uow.session, contract_id), TermsBook(uow, contract)
    months = scored_months(rows, book)
    found = repeated_failure(months, book.on(months[-1].month).service) if months else None
    if found is None or found.reached is None:
        raise ContractError("settlement.not_failed", "不合格期数尚未达到合同第9.1节约定的门槛，不能以考核持续不合格为由解除。")
    failed = sorted({*found.in_a_row, *found.in_the_year})
    scores = {m.month: m.total for m in months}
    facts = f"{found.sentence}。" + "；".join(f"{month_name(m)}得分{scores[m]}分" for m in failed) + "。"
    evidence = "；".join(f"{month_name(r.month)}考核数据（报表{figures_of(r).report_no}）" for r in rows if r.month in failed)
    last = next(r for r in rows if r.month == found.reached)
    cure = book.on(found.reached).answers.get("breach.cure_days")
    details = CaseDetails(
        Route.BREACH, "a", "fail", facts=facts, evidence=evidence, known_on=last.confirmed_on,
        grace_days=cure if isinstance(cure, int) else 0,
    )  # fmt: skip
    return open_case(uow, actor, now, today, kit.reference.calendar, contract_id, details)


# ---- inside


def come_to_month(
    uow: UnitOfWork, actor: Actor, contract_id: str, month: date, seen: int
) -> tuple[ContractRow, ServiceMonthRow, MonthTerms]:
    """Kept from other writers. Raises ``ContractMissing``, ``Forbidden``, ``MonthMissing``, ``ChangedMeanwhile``."""
    contract = opened(uow, actor, Action.KEEP_PERFORMANCE, contract_id, lock=True)
    row = find_service_month(uow.session, contract_id, month)
    if row is None:
        raise MonthMissing(month)
    if row.revision != seen:
        raise ChangedMeanwhile
    return contract, row, TermsBook(uow, contract).on(month)


def _require(row: ServiceMonthRow, *states: str, what: str) -> None:
    if row.state not in states:
        raise ContractError("settlement.month_state", f"{month_name(row.month)}的考核数据{STATES[row.state]}，不能{what}。")


def _check_statement(
    row: ServiceMonthRow, on: date, today: date, evidence: Evidence, *, agrees: bool, silence: Silence | None = None
) -> None:
    """``silence``: whose period runs; an objection after its last day comes too late, though silence is not recorded yet."""
    found = []
    if on > today:
        found.append(InputFault("on", "日期", f"{on.isoformat()} 尚未到来"))
    if on < row.submitted_on:
        found.append(InputFault("on", "日期", f"早于乙方提交日{row.submitted_on.isoformat()}"))
    last = silence.last if silence is not None else None
    if not agrees and last is not None and on > last:
        problem = f"期限已于{last.isoformat()}届满，逾期未提出的视为认可；期限内作出的异议，请填写其作出的日期"
        found.append(InputFault("on", "日期", problem))
    if not agrees and len("".join(evidence.words.split())) < 5:
        found.append(InputFault("words", "理由", "提出异议须写明有异议的指标、理由和证据"))
    if found:
        raise InputError(found)


def put_statement(
    uow: UnitOfWork, actor: Actor, now: datetime, row: ServiceMonthRow, party: str, kind: str, on: date, evidence: Evidence,
    figures: str = "",
) -> None:  # fmt: skip
    """What a party said, in the caller's transaction. ``figures``: digest of those that it handed in."""
    for document_id in evidence.documents:
        document = find_document(uow.session, document_id)
        if document is None or document.contract_id != row.contract_id:
            raise InputError([InputFault("document", "所附文件", "不属于本合同")])
    row.statements.append(
        MonthStatementRow(
            month_id=row.id, ordinal=len(row.statements) + 1, party=party, kind=kind, on_day=on, words=evidence.words.strip(),
            figures_digest=figures, recorded_at=now, recorded_by=actor.name,
            files=[MonthFileRow(place=place, document_id=key) for place, key in enumerate(dict.fromkeys(evidence.documents), 1)],
        )
    )  # fmt: skip


def _know_last(row: ServiceMonthRow) -> None:
    """What was handed in last before digests were kept is still there to be told by."""
    last = next((s for s in reversed(row.statements) if s.kind == "submitted"), None)
    if last is not None and not last.figures_digest:
        last.figures_digest = digest_of(figures_of(row))


def _since_objection(row: ServiceMonthRow) -> list[MonthStatementRow]:
    """What was said after party A's last objection."""
    last = max((s.ordinal for s in row.statements if (s.party, s.kind) == ("a", "objected")), default=0)
    return [s for s in row.statements if s.ordinal > last]


def _objected_on(row: ServiceMonthRow) -> date:
    """The day of party A's last objection; the earliest of all days where there is none."""
    return max((s.on_day for s in row.statements if (s.party, s.kind) == ("a", "objected")), default=date.min)


def _from(row: ServiceMonthRow) -> str:
    """Whose figures are there now."""
    return next((s.party for s in reversed(row.statements) if s.kind == "submitted"), "")


def _object(row: ServiceMonthRow) -> str:
    row.state = OBJECTED
    return "已记录甲方的异议；可以录入甲方的审核结果；记录乙方收到的日期以后，乙方逾期未异议的视为认可。"


def confirm_month(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, kit: PaperKit, contract: ContractRow, row: ServiceMonthRow,
    terms: MonthTerms, on: date,
) -> str:  # fmt: skip
    """The score stands, in the caller's transaction; where it asks for improvement, the 整改通知 is drafted with it."""
    row.state, row.confirmed_on, row.silent_on = CONFIRMED, on, None
    rows = service_months_of(uow.session, contract.id)
    scored, triggers = triggers_of(row, rows, TermsBook(uow, contract))
    said = f"{month_name(row.month)}考核已确认，得分{_points(scored)}。"
    score_confirmed(uow, actor, now, kit.reference, contract, row.month, on, "；".join(t.sentence for t in triggers))
    if not triggers or _alive(uow, row):
        return said
    try:
        require_stage(contract, PaperKind.RECTIFICATION)
    except ContractError:
        return f"{said}已触发整改（{'；'.join(t.sentence for t in triggers)}），但合同已不在履行中，没有起草整改通知。"
    paper = new_paper(uow, actor, now, contract, PaperKind.RECTIFICATION, {})
    earlier = [
        i
        for i in instruments_of(uow.session, contract.id)
        if i.kind == PaperKind.RECTIFICATION.value and i.state != PaperState.VOID.value
    ]
    turn = len(earlier) if contract.rectifying else 1
    values = rectification_values(
        scored,
        triggers,
        terms.service,
        terms.answers,
        terms.labels,
        on,
        today,
        turn,
        figures_of(row).report_no,
        terms.pay.calendar(kit.reference.calendar),
    )
    put_text(uow, actor, now, today, kit, contract, paper, values, sender="party_a")
    row.rectification_id = paper.id
    return f"{said}已触发整改：{'；'.join(t.sentence for t in triggers)}；整改通知 {paper.number} 已起草。"


def _alive(uow: UnitOfWork, row: ServiceMonthRow) -> bool:
    """Whether a 整改通知 was raised for the month already and not given up."""
    paper = find_instrument(uow.session, row.rectification_id) if row.rectification_id else None
    return paper is not None and paper.state != PaperState.VOID.value


def touch_month(row: ServiceMonthRow, actor: Actor, now: datetime) -> None:
    row.updated_at, row.updated_by = now, actor.name


def month_name(month: date) -> str:
    return f"{month.year}年{month.month}月"


def _points(scored: ScoredMonth) -> str:
    return "不计分" if scored.total is None else f"{scored.total}分"
