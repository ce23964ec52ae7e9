"""Silence confirms where the contract says so: month figures and 结算单, by button or by the clock (CC:140).

Each is one transaction of its own. Whether the day has come is worked out again from the record before anything is confirmed, so that a
later answer, a corrected date or a new calendar is never passed over.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

from app.domain.errors import ContractError
from app.domain.permissions import Action, Actor
from app.domain.settlement.silence import Silence, judged_by
from app.domain.term import chinese_date
from app.services.journal import CLOCK, note
from app.services.lapsing import SUBMITTED, month_silence, settlement_silence
from app.services.money_rows import DONE, OPEN
from app.services.obligation_links import figures_reviewed
from app.services.paper_texts import PaperKit
from app.services.record import opened, require_contract
from app.services.service_levels import Evidence, MonthMissing, confirm_month, month_name, put_statement, touch_month
from app.services.settlement_terms import MonthTerms, TermsBook
from app.services.settling import say_confirmed, settle_confirmed
from app.services.silence_mails import CONFIRMED_BY_IT, tell
from app.services.stage_mails import Post
from app.store.contracts import ContractRow
from app.store.instruments import find_instrument
from app.store.reminders import settings_row
from app.store.service_months import ServiceMonthRow, find_service_month, silent_months
from app.store.settlements import SettlementRow, find_settlement, silent_settlements
from app.store.uow import ChangedMeanwhile, UnitOfWork

Units = Callable[[], UnitOfWork]
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Confirmed:
    """What one wake-up confirmed; ``faults``: a sentence for each that could not be judged."""

    months: int = 0
    settlements: int = 0
    faults: list[str] = field(default_factory=list)


# ---- by button


def deem_confirmed(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, kit: PaperKit, contract_id: str, month: date, seen: int
) -> str:
    """The period to review, or to object to the review, has run out without a word: the last figures stand (section 5.2).

    Raises ``settlement.not_lapsed`` before, and where the silence of nobody says anything.
    """
    contract = opened(uow, actor, Action.KEEP_PERFORMANCE, contract_id, lock=True)
    row = find_service_month(uow.session, contract_id, month)
    if row is None:
        raise MonthMissing(month)
    if row.revision != seen:
        raise ChangedMeanwhile
    terms = TermsBook(uow, contract).on(month)
    silence = month_silence(row, terms, kit.reference.calendar)
    if silence.last is None:
        raise ContractError("settlement.not_lapsed", f"{silence.why or '考核数据已经确认'}。")
    if not silence.lapsed(today):
        raise ContractError("settlement.not_lapsed", f"期限至{chinese_date(silence.last)}届满，届满后仍未提出的才能视为认可。")
    said = _deem(uow, actor, now, today, kit, contract, row, terms, silence)
    uow.commit()
    return said


def _deem(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, kit: PaperKit, contract: ContractRow, row: ServiceMonthRow,
    terms: MonthTerms, silence: Silence,
) -> str:  # fmt: skip
    assert silence.last is not None
    clause = terms.labels.get(silence.provision, ("第5.2节", ""))[0]
    words = f"期限届满未提出异议（民法典第一百四十条，合同{clause}）"
    if row.state == SUBMITTED:
        figures_reviewed(
            uow, actor, now, kit.reference, contract, row.month, row.submitted_on, silence.last, "甲方期限届满未提出，视为认可"
        )
    put_statement(uow, actor, now, row, silence.party, "deemed", silence.last, Evidence(words))
    said = confirm_month(uow, actor, now, today, kit, contract, row, terms, silence.last)
    note(
        uow, actor, now, "month.deemed", contract=contract.id, month=f"{row.month:%Y-%m}", on=silence.last.isoformat(), clause=clause,
        party=silence.party,
    )  # fmt: skip
    touch_month(row, actor, now)
    return said


# ---- by the clock


def confirm_silent(
    units: Units, kit: PaperKit, now: datetime, today: date, post: Post, *, carry_on: Callable[[], bool] = lambda: True
) -> Confirmed:
    """Confirm everything whose last day to speak is over, and the house's working days of grace after it: what was said on the last
    evening must be able to reach the record before everybody is told of a silence. The effect dates from the last day all the same.

    May be run again at any time; missed days are caught up in order.
    """
    done = Confirmed()
    with units() as uow:
        due = judged_by(today, settings_row(uow.session).silence_grace, kit.reference.calendar)
        months, settlements = silent_months(uow.session, due), silent_settlements(uow.session, due)
    for contract_id, month in months:
        if carry_on():
            with _guarded(done, contract_id):
                done.months += _month(units, kit, now, today, due, post, contract_id, month)
    for contract_id, settlement_id in settlements:
        if carry_on():
            with _guarded(done, contract_id):
                done.settlements += _settlement(units, kit, now, due, post, contract_id, settlement_id)
    return done


@contextmanager
def _guarded(done: Confirmed, contract_id: str) -> Iterator[None]:
    """A fault with one contract must not keep the others waiting; it is tried again at the next wake-up."""
    try:
        yield
    except ContractError as error:
        done.faults.append(f"合同 {contract_id}：{error.message}")
    except Exception:
        log.exception("confirming by silence in contract %s failed", contract_id)
        done.faults.append(f"合同 {contract_id}：出现故障，下次唤醒时重试")


def _month(units: Units, kit: PaperKit, now: datetime, today: date, due: date, post: Post, contract_id: str, month: date) -> int:
    with units() as uow:
        contract = require_contract(uow, contract_id, lock=True)
        row = find_service_month(uow.session, contract_id, month)
        if row is None or row.silent_on is None:
            return 0
        terms = TermsBook(uow, contract).on(month)
        silence = month_silence(row, terms, kit.reference.calendar)
        if not silence.lapsed(due):
            row.silent_on = silence.last
            uow.commit()
            return 0
        said = _deem(uow, CLOCK, now, today, kit, contract, row, terms, silence)
        last, what = silence.last, f"{month_name(month)}考核数据"
        assert last is not None
        link = f"settlements/months/{month:%Y-%m}"
        tell(uow, now, post, CONFIRMED_BY_IT, contract, terms, silence, f"{row.id}:{last.isoformat()}", what, said, link)
        uow.commit()
        return 1


def _settlement(units: Units, kit: PaperKit, now: datetime, due: date, post: Post, contract_id: str, settlement_id: str) -> int:
    with units() as uow:
        contract = require_contract(uow, contract_id, lock=True)
        row = find_settlement(uow.session, settlement_id)
        if row is None or row.silent_on is None or row.state != OPEN:
            return 0
        terms = TermsBook(uow, contract).on(row.start.replace(day=1))
        silence = settlement_silence(uow, row, terms.pay, terms.silent, kit.reference.calendar)
        if not silence.lapsed(due) or silence.last is None:
            row.silent_on = silence.last
            uow.commit()
            return 0
        settle_confirmed(uow, CLOCK, now, kit, contract, row, silence.last, "silence", "")
        assert row.state == DONE
        said = say_confirmed(uow, kit, contract, row)
        what = f"结算单{_number(uow, row)}"
        cause = f"{row.id}:{silence.last.isoformat()}"
        tell(uow, now, post, CONFIRMED_BY_IT, contract, terms, silence, cause, what, said, f"settlements/{row.id}")
        uow.commit()
        return 1


def _number(uow: UnitOfWork, row: SettlementRow) -> str:
    paper = find_instrument(uow.session, row.instrument_id)
    return paper.number if paper else ""
