"""The dates that a contract's own text has: until when the renewal must be decided and its notice sent, and the end of the term.

Whatever these hang on (effect, renewal, amendment, notices, decisions) asks for them to be worked out anew in its own transaction; the
clock does that before anybody is reminded, so no reminder goes out for a date that no longer stands.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from app.domain.calendar import WorkingCalendar
from app.domain.errors import ContractError
from app.domain.lifecycle import Stage
from app.domain.notice import CAUTION, Method
from app.domain.reasoning import ReasonedDate
from app.domain.reminders import Topic
from app.domain.renewal import Outlook, Schedule
from app.domain.renewal_decision import Paper
from app.domain.term import chinese_date
from app.services.journal import CLOCK
from app.services.papers import IN_THE_HOUSE
from app.services.reminding import Subject, close_dates, set_dates
from app.services.renewal import IN_FORCE
from app.services.term_state import TermState, load_term_state
from app.store.contracts import ContractRow, find_contract
from app.store.instruments import instruments_of
from app.store.reminders import contracts_to_work_out, worked_out
from app.store.terms import decisions_of
from app.store.uow import UnitOfWork

PARTIES = {"a": "甲方", "b": "乙方"}
ROUND = 500
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SafeDay:
    """The last day on which a notice can safely be sent: to whom, how, and why then."""

    recipient: str
    method: Method
    reasoned: ReasonedDate

    @property
    def words(self) -> str:
        return f"{chinese_date(self.reasoned.day)}（以{self.method.label}寄给{PARTIES[self.recipient]}）"


def safe_day(plan: Schedule) -> SafeDay | None:
    """The day that reminders count back from: by express, which always proves an arrival, and otherwise by the slowest way there is;
    of two recipients the one to be sent to sooner, because the house may be on either side. None: there is nothing to send."""
    found = []
    for recipient, ways in sorted(plan.safe.items()):
        slowest = min(ways.items(), key=lambda way: way[1].day, default=None)
        chosen = (Method.EXPRESS, ways[Method.EXPRESS]) if Method.EXPRESS in ways else slowest
        if chosen is not None:
            found.append(SafeDay(recipient, *chosen))
    return min(found, key=lambda s: s.reasoned.day, default=None)


def work_out_waiting(
    units: Callable[[], UnitOfWork], now: datetime, today: date, calendar: WorkingCalendar, *,
    carry_on: Callable[[], bool] = lambda: True,
) -> int:  # fmt: skip
    """Work out the dates of every contract that asked for it, one transaction each; how many. A fault of ours with one keeps none of the
    others waiting and is tried again at the next wake-up."""
    done, failed = 0, list[str]()
    while carry_on() and done < ROUND:
        with units() as uow:
            waiting = contracts_to_work_out(uow.session, 1, failed)
        if not waiting:
            break
        try:
            with units() as uow:
                contract = find_contract(uow.session, waiting[0], lock=True)
                if contract is not None:
                    set_term_dates(uow, now, today, calendar, contract)
                worked_out(uow.session, waiting[0])
                uow.commit()
        except Exception:
            log.exception("working out the dates of contract %s failed", waiting[0])
            failed.append(waiting[0])
        done += 1
    return done


def set_term_dates(uow: UnitOfWork, now: datetime, today: date, calendar: WorkingCalendar, contract: ContractRow) -> None:
    """Say what falls due by the text in force, and that nothing of an earlier term does any more; the caller commits."""
    subjects: list[tuple[Subject, date]] = []
    if Stage(contract.stage) in IN_FORCE:
        try:
            state = load_term_state(uow, contract, calendar)
            subjects = _subjects(uow, contract, state, state.schedule(), state.outlook(today))
        except ContractError as error:
            log.warning("合同 %s 的期限无法计算，没有续约提醒：%s", contract.number, error.message)
            if contract.last_day is not None:
                subjects = [(_expiry(contract, f"{contract.id}:", contract.last_day, error.message, ()), contract.last_day)]
    set_dates(uow, CLOCK, now, subjects)
    for topic in (Topic.RENEWAL, Topic.EXPIRY):
        kept = [s.id for s, _ in subjects if s.topic is topic]
        close_dates(uow, CLOCK, now, topic, f"{contract.id}:", keep=kept)


def _subjects(
    uow: UnitOfWork, contract: ContractRow, state: TermState, plan: Schedule, ahead: Outlook
) -> list[tuple[Subject, date]]:
    place = f"{contract.id}:{state.chain.current.number}"
    agreed = tuple(-d for d in state.terms.reminder_days)
    last = plan.term.last_day
    found = [(_expiry(contract, place, last, _what_follows(ahead, last), agreed), last)]
    safe = safe_day(plan)
    decision = next((d for d in decisions_of(uow.session, contract.id) if d.term == state.chain.current.number), None)
    if decision is None:
        if safe is not None and not (ahead.settled and ahead.next_term is None):
            found.append((_renewal(contract, place, "决定是否续约", plan, safe, ahead, decides=True), safe.reasoned.day))
        return found
    open_ones = {
        p.kind: p
        for p in instruments_of(uow.session, contract.id)
        if p.state in IN_THE_HOUSE and p.number in decision.papers.split()
    }
    notice, agreement = open_ones.get(Paper.NON_RENEWAL.value), open_ones.get(Paper.RENEWAL.value)
    if notice is not None and safe is not None:
        title = f"寄出不续约通知 {notice.number}"
        found.append((_renewal(contract, f"{place}:notice", title, plan, safe, ahead, decides=False), safe.reasoned.day))
    elif agreement is not None and plan.sign_by is not None:
        detail = "\n".join(("续约协议应当在届满日前由双方签订，逾期未签订的按第11.3节处理。", *plan.sign_by.lines))
        subject = Subject(
            Topic.RENEWAL, f"{place}:agreement", f"签订续约协议 {agreement.number}（最迟签订日）", f"/contracts/{contract.id}/term/", contract.id,
            None, detail,
        )  # fmt: skip
        found.append((subject, plan.sign_by.day))
    return found


def _renewal(
    contract: ContractRow, ident: str, title: str, plan: Schedule, safe: SafeDay, ahead: Outlook, *, decides: bool
) -> Subject:
    assert plan.notice_deadline is not None
    ways = [
        f"{PARTIES[party]}：{'，'.join(f'{m.label} {chinese_date(d.day)}' for m, d in by_method.items())}"
        for party, by_method in sorted(plan.safe.items())
        if by_method
    ]
    lines = [
        f"届满日：{chinese_date(plan.end.day)}",
        f"通知截止日（到达）：{chinese_date(plan.notice_deadline.day)}",
        f"最晚安全寄送日：{safe.words}",
        f"不作决定的后果：{_what_follows(ahead, plan.term.last_day)}",
        f"各方式的最晚安全寄送日：{'；'.join(ways)}",
        "计算过程：",
        *(f"· {line}" for line in safe.reasoned.lines),
        CAUTION,
    ]
    return Subject(
        Topic.RENEWAL, ident, title, f"/contracts/{contract.id}/term/", contract.id, None, "\n".join(lines), decides=decides
    )  # fmt: skip


def _expiry(contract: ContractRow, ident: str, last: date, what: str, agreed: tuple[int, ...]) -> Subject:
    detail = f"届满日：{chinese_date(last)}（当日仍在期限内）\n{what}"
    return Subject(Topic.EXPIRY, ident, "合同期限届满", f"/contracts/{contract.id}/term/", contract.id, None, detail, agreed)


def _what_follows(ahead: Outlook, last: date) -> str:
    if ahead.next_term is not None:
        return f"期满自动续约至{chinese_date(ahead.next_term.last_day)}。"
    return f"期满（{chinese_date(last)}）终止：{'；'.join(ahead.unmet)}。"
