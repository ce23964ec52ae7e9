"""What the calendar brings to endings: the exit of contracts that are over, and the owner told when a case waits for a person.

The clock ends nothing by itself: whether something was performed or cured meanwhile is a fact that only people know.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from app.domain.calendar import WorkingCalendar
from app.domain.errors import ContractError
from app.domain.messages import NewMail
from app.domain.term import chinese_date
from app.domain.termination import Case, Route, cure_ends, ends_on
from app.domain.termination_checks import has_ended, may_give_notice, unmet
from app.services.access import actor_of
from app.services.ending_rows import OPEN, case_of, terms_of_ending
from app.services.exiting import begin_due_exits
from app.services.record import require_contract
from app.services.renewal_clock import Post
from app.store.contracts import ContractRow
from app.store.endings import EndingRow, open_endings
from app.store.outbox import message_with_key
from app.store.uow import UnitOfWork
from app.store.users import find_user

Units = Callable[[], UnitOfWork]


@dataclass(frozen=True, slots=True)
class Looked:
    """``begun`` exits, ``told`` cases that wait for a person, ``faults``: a sentence for each contract that can't be judged."""

    begun: int
    told: int
    faults: tuple[str, ...]


def look_at_endings(units: Units, now: datetime, today: date, official: WorkingCalendar, post: Post) -> Looked:
    """Idempotent: an exit is entered once, and each day of a case is told once."""
    begun, faults = begin_due_exits(units, now, official)
    with units() as uow:
        waiting = [(row.contract_id, row.id) for row in open_endings(uow.session)]
    told, problems = 0, list(faults)
    for contract_id, case_id in waiting:
        try:
            told += _look(units, now, today, official, post, contract_id, case_id)
        except ContractError as error:
            problems.append(f"合同 {contract_id}：{error.message}")
    return Looked(begun, told, tuple(problems))


def _look(
    units: Units, now: datetime, today: date, official: WorkingCalendar, post: Post, contract_id: str, case_id: str
) -> int:  # fmt: skip
    with units() as uow:
        contract = require_contract(uow, contract_id)
        row = next((r for r in open_endings(uow.session) if r.id == case_id), None)
        if row is None or row.state != OPEN:
            return 0
        state, terms = terms_of_ending(uow, contract, official)
        case = case_of(uow, row, state.answers)
        ends, cure = ends_on(case, terms, official), cure_ends(case, terms, official)
        if ends is not None and not unmet(has_ended(case, terms, official, today)):
            return _tell(uow, now, post, contract, row, case, "end", ends.day, "终止日已经届至，请核对期间有无履行，并确认终止。")
        ready = case.notice is None and case.route is not Route.CONVENIENCE and cure is not None and cure.day < today
        if ready and cure is not None and not unmet(may_give_notice(case, terms, official, today)):
            what = "补救期已经届满，请核对对方是否完成补救；未完成的，可以发出解除通知。"
            return _tell(uow, now, post, contract, row, case, "cure", cure.day, what)
        return 0


def _tell(
    uow: UnitOfWork, now: datetime, post: Post, contract: ContractRow, row: EndingRow, case: Case, cause: str, day: date, what: str
) -> int:  # fmt: skip
    owner = find_user(uow.session, contract.owner_id) if contract.owner_id else None
    if owner is None or not owner.active or not owner.email:
        return 0
    values = {
        "name": actor_of(owner).name, "number": contract.number, "title": contract.title, "route": case.route.label,
        "day": chinese_date(day), "what": what, "link": post.link(contract.id),
    }  # fmt: skip
    words = post.write("ending", values)
    mail = NewMail(
        f"ending:{row.id}:{cause}:{day.isoformat()}", owner.email, words.subject, words.text, words.html, contract.id, owner.id
    )
    if message_with_key(uow.session, mail.key) is not None:
        return 0
    uow.send(now, mail)
    uow.commit()
    return 1
