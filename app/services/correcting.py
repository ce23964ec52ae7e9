"""Corrections of settled periods: proposed from corrected figures or changed terms, accepted into the next sheet, or refused (section 8.3).

What is settled is never computed anew in silence: a proposal shows both computations, and only what both parties agreed on goes on.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from app.domain.errors import ContractError, InputError, InputFault
from app.domain.money import RESIDUE_LIMIT, ZERO, from_excl
from app.domain.permissions import Action, Actor
from app.domain.presentation import money_digits
from app.domain.settlement.figure import Figure, read_figure
from app.domain.settlement.month import ItemKind, MonthFigures, month_faults, plain_month
from app.domain.settlement.plan import months_of
from app.domain.settlement.scoring import score_month
from app.services.correction_replay import (
    ACCEPTED,
    FIGURES,
    FOLLOWS,
    PROPOSED,
    REFUSED,
    TERMS,
    by_hand,
    figures_of_correction,
    inputs_of,
    items_of,
    replayed,
)
from app.services.correction_rows import differences, keep, propose_for_later, sums
from app.services.journal import note
from app.services.money_rows import VOID
from app.services.record import opened
from app.services.service_levels import Evidence, figures_of, month_name, put_statement, touch_month
from app.services.settlement_terms import TermsBook
from app.services.settling import SettlementMissing, number_of
from app.store.contracts import ContractRow
from app.store.corrections import CorrectionRow, corrections_of, find_correction
from app.store.instruments import find_instrument
from app.store.service_months import find_service_month
from app.store.settlements import SettlementRow, find_settlement, settlements_of
from app.store.uow import ChangedMeanwhile, UnitOfWork

STATES = {PROPOSED: "待决定", ACCEPTED: "已接受", REFUSED: "未采纳"}
CAUSES = {FIGURES: "考核数据更正", TERMS: "条款变更", FOLLOWS: "此前更正的影响"}


class CorrectionMissing(ContractError):
    def __init__(self) -> None:
        super().__init__("correction.missing", "没有找到这项更正。")


@dataclass(frozen=True, slots=True)
class CorrectionLine:
    """``taken_by``: number of the 结算单 that holds it, empty until one does; ``working``: both computations."""

    id: str
    revision: int
    number: str
    settlement_id: str
    settlement: str
    cause: str
    reason: str
    excl: Decimal
    tax: Decimal
    working: Figure
    state: str
    evidence: str
    decided_on: date | None
    taken_by: str
    created_on: datetime
    by: str


def correct_month(
    uow: UnitOfWork, actor: Actor, now: datetime, contract_id: str, figures: MonthFigures, reason: str
) -> str:  # fmt: skip
    """Propose what a settled month would come to with these figures; returns the correction's id. Nothing else changes.

    Raises ``InputError`` with every fault, ``correction.unsettled`` where the month is in no settlement, ``correction.same``,
    ``correction.disputed`` while an objection to the settlement waits for its outcome.
    """
    contract = opened(uow, actor, Action.KEEP_PERFORMANCE, contract_id, lock=True)
    row = _settled(uow, contract, figures.month)
    if row.objected is not None and row.resolved_on is None:
        raise ContractError(
            "correction.disputed",
            f"结算单{number_of(uow, row)}的异议还没有复核结果，请先记录复核结果（核减填0元的，差额全部由更正列示），再更正数据。",
        )
    book = TermsBook(uow, contract)
    terms = book.on(figures.month)
    faults = list(month_faults(figures, terms.service, terms.fees))
    made = corrections_of(uow.session, contract_id)
    faults += _reduction_faults(
        row, number_of(uow, row), [figures if m.month == figures.month else m for m in inputs_of(row, made)]
    )
    if len("".join(reason.split())) < 5:
        faults.append(InputFault("reason", "更正的理由", "请写明哪些数据有误、依据是什么（不少于5个字）"))
    if faults:
        raise InputError(faults)
    known = find_service_month(uow.session, contract_id, figures.month)
    if known is not None and plain_month(figures_of(known)) == plain_month(figures):
        raise ContractError("correction.same", f"与{month_name(figures.month)}已确认的数据相同，没有需要更正的。")
    again = replayed(uow, book, row, {figures.month: figures}, made)
    kept = keep(uow, actor, now, row, again, FIGURES, reason.strip(), (figures,))
    uow.commit()
    return kept.id


def correct_for_terms(uow: UnitOfWork, actor: Actor, now: datetime, contract_id: str, settlement_id: str, reason: str) -> str:
    """Propose what a settled period would come to by the terms that are in force for it now. Raises ``correction.same``."""
    contract = opened(uow, actor, Action.KEEP_PERFORMANCE, contract_id, lock=True)
    row = find_settlement(uow.session, settlement_id)
    if row is None or row.contract_id != contract_id or row.state == VOID:
        raise SettlementMissing(settlement_id)
    if not reason.strip():
        raise InputError([InputFault("reason", "更正的理由", "请写明适用哪一份补充协议")])
    settled = corrections_of(uow.session, contract_id)
    again = replayed(uow, TermsBook(uow, contract), row, {}, settled)
    if not again.found.items:
        left = "、".join(month_name(m) for m in sorted(by_hand(row, settled)))
        why = f"{left}仍按月初条款计算：其中变更后的差额此前已提示由人工列入以后的“更正”。" if left else ""
        raise ContractError("correction.same", f"按现行条款重新计算，与原结算单没有差额。{why}")
    made = keep(uow, actor, now, row, again, TERMS, reason.strip(), ())
    uow.commit()
    return made.id


def accept_correction(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, contract_id: str, correction_id: str, seen: int, evidence: str
) -> tuple[str, ...]:
    """Both parties agreed: its lines go into the next sheet that is drawn up, the corrected figures and score into their month.
    Returns the numbers of what is proposed for later sheets that were computed on the period.

    Raises ``correction.stale`` where the period no longer stands as it was computed from (another correction was accepted, the terms
    changed, an objection was settled): it must be proposed anew; ``correction.last`` where no sheet is left that could hold its lines.
    """
    contract, row = _come_to(uow, actor, contract_id, correction_id, seen)
    if len("".join(evidence.split())) < 4:
        raise InputError([InputFault("evidence", "双方确认的依据", "请写明确认函、邮件或者会议记录的名称、编号")])
    book = TermsBook(uow, contract)
    settled = [s for s in settlements_of(uow.session, contract_id) if s.state != VOID]
    own = next(s for s in settled if s.id == row.settlement_id)
    _require_fresh(uow, contract, row)
    _require_next(uow, book, settled, own, row)
    later = [s for s in settled if s.start > own.end]
    before = differences(uow, book, later)
    row.state, row.evidence, row.decided_on = ACCEPTED, evidence.strip(), today
    for figures in figures_of_correction(row).values():
        _put_figures(uow, actor, now, today, contract, figures, f"更正{row.number}：{evidence.strip()}")
    note(
        uow, actor, now, "correction.accepted", contract=contract_id, correction=row.id, number=row.number, amount=f"{row.excl}",
        evidence=row.evidence,
    )  # fmt: skip
    follows = propose_for_later(uow, actor, now, book, later, before, row.number)
    uow.commit()
    return tuple(f.number for f in follows)


def refuse_correction(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, contract_id: str, correction_id: str, seen: int, reason: str
) -> None:
    """It is not made; the reason stays in the record."""
    _, row = _come_to(uow, actor, contract_id, correction_id, seen)
    if len("".join(reason.split())) < 4:
        raise InputError([InputFault("reason", "不采纳的理由", "请写明（不少于4个字）")])
    row.state, row.evidence, row.decided_on = REFUSED, reason.strip(), today
    note(uow, actor, now, "correction.refused", contract=contract_id, correction=row.id, number=row.number, reason=row.evidence)
    uow.commit()


def corrections(uow: UnitOfWork, actor: Actor, contract_id: str) -> tuple[CorrectionLine, ...]:
    """The newest first. Raises ``ContractMissing``."""
    opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    return tuple(_line(uow, row) for row in reversed(corrections_of(uow.session, contract_id)))


# ---- inside


def _settled(uow: UnitOfWork, contract: ContractRow, month: date) -> SettlementRow:
    for row in settlements_of(uow.session, contract.id):
        if row.state != VOID and row.start.replace(day=1) <= month <= row.end:
            return row
    raise ContractError("correction.unsettled", f"{month_name(month)}还没有列入结算单；请直接更正考核数据。")


def _reduction_faults(row: SettlementRow, number: str, inputs: Sequence[MonthFigures]) -> list[InputFault]:
    """What the outcome of an objection took off the amount stands in no sheet. Figures that hold it as well would take it off again,
    so lines of kind 更正 give it back by tax rate, or one of nought says that they don't hold it."""
    if not row.reduced:
        return []
    lines = [
        i for m in inputs for i in m.items if i.kind is ItemKind.CORRECTION and i.working is None and i.voucher.strip() == number
    ]
    returned = sum((from_excl(i.excl, i.rate).incl for i in lines), ZERO)
    if lines and (not returned or abs(returned - row.reduced) <= RESIDUE_LIMIT):
        return []
    amount = money_digits(row.reduced)
    return [
        InputFault(
            "items", "异议已核减的金额", f"结算单{number}的异议已核减含税{amount}元，更正后的数据如果也包含这项核减，会重复扣减",
            f"请加“更正”行，凭证编号填{number}，按税率填正数的不含税金额，含税合计{amount}元；没有包含这项核减的，加一行0元的“更正”",
        )
    ]  # fmt: skip


def _require_fresh(uow: UnitOfWork, contract: ContractRow, row: CorrectionRow) -> None:
    """Computed again, the proposal must come to the same from the same: two of one period would add up otherwise."""
    settled = find_settlement(uow.session, row.settlement_id)
    assert settled is not None
    made = corrections_of(uow.session, contract.id)
    try:
        again = replayed(uow, TermsBook(uow, contract), settled, figures_of_correction(row), made, row.number)
        fresh = row.basis in ("", again.basis) and sums(again.found.items) == sums(items_of(row))
    except ValueError:
        fresh = False
    if not fresh:
        others = [c.number for c in made if c.settlement_id == row.settlement_id and c.state == ACCEPTED]
        why = f"（同一期间已接受更正{'、'.join(others)}）" if others else ""
        raise ContractError(
            "correction.stale",
            f"更正{row.number}提出以后，该期间的数据、条款或者此前各期已经变化{why}，差额已经过时；请不予采纳，并重新提出。",
        )


def _require_next(
    uow: UnitOfWork, book: TermsBook, settled: Sequence[SettlementRow], own: SettlementRow, row: CorrectionRow
) -> None:
    """A month after the corrected period that no sheet covers yet; a correction of nothing needs none."""
    taken = {m for s in settled for m in months_of(s.start, s.end)}
    if not items_of(row) or any(m > own.end and m not in taken for m in book.months()):
        return
    last = number_of(uow, max(settled, key=lambda s: s.start))
    raise ContractError(
        "correction.last",
        f"合同期内已没有以后的结算单可以列入更正{row.number}。请先作废最后一期结算单{last}，再接受更正并重新编制（更正的就是该期的，作废后直接更正"
        f"考核数据）；已开票或者付款、不便作废的，请双方以补充协议结清差额，并在此不予采纳、写明该协议的编号。",
    )


def _put_figures(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, contract: ContractRow, figures: MonthFigures, words: str
) -> None:
    """The month's own record, from which failed periods are counted, follows; its score stands from the day it was confirmed."""
    row = find_service_month(uow.session, contract.id, figures.month)
    if row is None:
        return
    row.figures = json.dumps(plain_month(figures), ensure_ascii=False, separators=(",", ":"))
    row.score = score_month(figures, TermsBook(uow, contract).on(figures.month).service).total
    for party in ("b", "a"):
        put_statement(uow, actor, now, row, party, "submitted" if party == "b" else "agreed", today, Evidence(words[:400]))
    touch_month(row, actor, now)


def _come_to(uow: UnitOfWork, actor: Actor, contract_id: str, correction_id: str, seen: int) -> tuple[ContractRow, CorrectionRow]:
    contract = opened(uow, actor, Action.KEEP_PERFORMANCE, contract_id, lock=True)
    row = find_correction(uow.session, correction_id)
    if row is None or row.contract_id != contract_id:
        raise CorrectionMissing
    if row.revision != seen:
        raise ChangedMeanwhile
    if row.state != PROPOSED:
        raise ContractError("correction.state", f"更正{row.number}{STATES[row.state]}。")
    return contract, row


def _line(uow: UnitOfWork, row: CorrectionRow) -> CorrectionLine:
    return CorrectionLine(
        row.id, row.revision, row.number, row.settlement_id, _number(uow, row.settlement_id), row.cause, row.reason, row.excl, row.tax,
        read_figure(json.loads(row.working)), row.state, row.evidence, row.decided_on, _number(uow, row.taken_by) if row.taken_by else "",
        row.created_at, row.created_by,
    )  # fmt: skip


def _number(uow: UnitOfWork, settlement_id: str) -> str:
    row = find_settlement(uow.session, settlement_id)
    paper = find_instrument(uow.session, row.instrument_id) if row else None
    return paper.number if paper else ""
