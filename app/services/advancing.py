"""What the calendar does to contracts: each move that is due, in the order of its days, one transaction each, logged and told.

The clock may cause few events (``lifecycle.AUTOMATIC``). Which contracts it must look at stands in ``contracts.clock_on``, so a wake-up costs
one query of an index. Everything here may be run again at any time: what is done is not done twice, what was missed is caught up.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from app.domain.calendar import WorkingCalendar
from app.domain.errors import ContractError
from app.domain.lifecycle import Event, IllegalMove, Stage
from app.domain.lifecycle_facts import Facts, TermFacts
from app.services.exiting import replan_exits
from app.services.journal import CLOCK
from app.services.lapsing import replan_silence
from app.services.money_rows import replan_payments
from app.services.moving import law_day, move
from app.services.obligation_planning import Almanac, plan_quietly
from app.services.record import state_of
from app.services.renewal_clock import Post as TermPost
from app.services.renewal_clock import renew_contract
from app.services.signing_kit import Post as SignPost
from app.services.signing_lead import is_complete, lapse
from app.services.stage_mails import Post, tell_owner, tell_stuck
from app.services.taking_effect import effect_of
from app.services.taking_over import take_over_by_rule
from app.services.term_state import load_term_state
from app.services.versions import VersionDamaged
from app.store.amendments import amendments_to_apply
from app.store.contracts import ContractRow, contracts_for_clock, find_contract
from app.store.uow import UnitOfWork

ONE_DAY = timedelta(days=1)
AGAIN = timedelta(days=30)
"""A contract is looked at this often even where nothing is known to be due: a wake that somebody forgot does not lose a move."""
ROUND = 500
MOST = 40
"""Moves of one contract in one go: years of renewals to catch up, not a circle."""
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Due:
    """A move that the calendar causes: since which day, and what shows that it may be made."""

    event: Event
    on: date
    facts: Facts


@dataclass(frozen=True, slots=True)
class Clockwork:
    """What the clock works with. ``term_post``: how the owner is told of a renewal; ``sign_post``: how signatories are told of a lapse;
    ``almanac``: what obligations are planned by."""

    calendar: WorkingCalendar
    post: Post
    term_post: TermPost
    sign_post: SignPost
    almanac: Almanac | None = None


@dataclass(slots=True)
class Advanced:
    """What one run did, in contracts: ``moved`` counts moves, ``stuck`` those that could not be made, ``failed`` faults of ours."""

    looked: int = 0
    moved: int = 0
    stuck: int = 0
    failed: list[str] = field(default_factory=list)


def advance_due(
    units: Callable[[], UnitOfWork], work: Clockwork, now: Callable[[], datetime], today: date, *,
    limit: int = ROUND, carry_on: Callable[[], bool] = lambda: True,
) -> Advanced:  # fmt: skip
    """Look at every contract that is due, at most ``limit`` and only while ``carry_on`` says so.

    One with an amendment whose day has come and that is not in effect waits for it: its dates would be computed from an old text.
    """
    done = Advanced()
    with units() as uow:
        waiting = {contract_id for contract_id, _ in amendments_to_apply(uow.session, today)}
    while done.looked < limit and carry_on():
        with units() as uow:
            found = contracts_for_clock(uow.session, today, 1, [*waiting, *done.failed])
        if not found:
            break
        done.looked += 1
        try:
            _advance(units, work, now, today, found[0], done)
        except Exception:
            # A fault with one contract must not keep the others waiting; it is tried again at the next wake-up.
            log.exception("advancing contract %s failed", found[0])
            done.failed.append(found[0])
    return done


def _advance(
    units: Callable[[], UnitOfWork], work: Clockwork, now: Callable[[], datetime], today: date, contract_id: str, done: Advanced
) -> None:
    for _ in range(MOST):
        with units() as uow:
            contract = find_contract(uow.session, contract_id, lock=True)
            if contract is None or contract.clock_on is None or contract.clock_on > today:
                return  # somebody else was quicker
            due, look = due_move(uow, contract, work, today)
            if due is None:
                plan_quietly(uow, CLOCK, now(), contract, work.almanac)
                replan_exits(uow, now(), work.calendar, contract)
                replan_payments(uow, CLOCK, now(), work.calendar, contract)
                replan_silence(uow, work.calendar, contract)
                contract.clock_on = look
                uow.commit()
                return
            refused: ContractError | None = None
            if due.event is not Event.RENEWED_AUTOMATICALLY:
                try:
                    _make(uow, work, now(), contract, due)
                    contract.clock_on = today
                    uow.commit()
                except IllegalMove as error:
                    refused = error
        made = 1
        if due.event is Event.RENEWED_AUTOMATICALLY:
            made, refused = _renew(units, work, now(), today, contract_id)
        if refused is not None:
            # In a transaction of its own: nothing of the move that was refused may go along.
            _leave(units, work, now(), today, contract_id, due, refused)
            done.stuck += 1
            return
        done.moved += made
    raise RuntimeError("moves of a contract that lead nowhere")


def _make(uow: UnitOfWork, work: Clockwork, now: datetime, contract: ContractRow, due: Due) -> None:
    """Make the move and tell the owner, inside the caller's transaction. Raises ``IllegalMove`` where it is not to be made."""
    if due.event is Event.SIGNING_LAPSED:
        lapse(uow, now, law_day(now), work.sign_post, contract)
    move(uow, CLOCK, now, contract, due.event, due.facts, due=due.on.isoformat())
    if due.event is Event.TOOK_EFFECT:
        take_over_by_rule(uow, CLOCK, now, contract)
    tell_owner(uow, CLOCK, now, work.post, contract, due.event, due.on)


def _renew(
    units: Callable[[], UnitOfWork], work: Clockwork, now: datetime, today: date, contract_id: str
) -> tuple[int, ContractError | None]:
    """How many terms began by themselves, and otherwise why none is recorded. Each is a move that logs and tells for itself."""
    try:
        terms = tuple(renew_contract(units, now, today, work.calendar, work.term_post, contract_id))
    except ContractError as error:
        return 0, error
    missing = ContractError("clock.renewal", "期限届满后应当续展，但没有可以自动登记的续展期限")
    return len(terms), None if terms else missing


def _leave(
    units: Callable[[], UnitOfWork], work: Clockwork, now: datetime, today: date, contract_id: str, due: Due, why: ContractError
) -> None:
    """Leave a contract where it stands until tomorrow, and tell the owner why, once for each move."""
    with units() as uow:
        contract = find_contract(uow.session, contract_id, lock=True)
        if contract is not None and contract.clock_on is not None and contract.clock_on <= today:
            contract.clock_on = today + ONE_DAY
            words = "；".join(why.missing) if isinstance(why, IllegalMove) and why.missing else why.message
            tell_stuck(uow, CLOCK, now, work.post, contract, due.event, due.on, words)
            uow.commit()


def due_move(uow: UnitOfWork, contract: ContractRow, work: Clockwork, today: date) -> tuple[Due | None, date | None]:
    """The next move that is due, and otherwise the day on which to look again (None: never)."""
    match state_of(contract).stage:
        case Stage.SIGNING:
            if is_complete(uow, contract):
                return None, today + ONE_DAY  # everybody has signed in time; only the archive timestamp is missing
            deadline = contract.signing_deadline
            next_day = deadline + ONE_DAY if deadline is not None else None
            facts = Facts(today=today, signing_deadline=deadline)
            return _by_day(Event.SIGNING_LAPSED, next_day, facts, today)
        case Stage.SIGNED:
            effect = effect_of(uow, contract)
            return _by_day(Event.TOOK_EFFECT, effect.effective_on, Facts(today=today, effect=effect), today)
        case Stage.ACTIVE | Stage.EXPIRING as stage:
            return _of_term(uow, contract, work, stage, today)
        case _:
            return None, None


def _of_term(
    uow: UnitOfWork, contract: ContractRow, work: Clockwork, stage: Stage, today: date
) -> tuple[Due | None, date | None]:
    if contract.last_day is None:
        return None, today + AGAIN  # a contract without term (不定期合同) does not expire
    known = _term(uow, contract, work.calendar, today)
    facts = Facts(today=today, term=known)
    if stage is Stage.ACTIVE and known.window_opens is not None and known.window_opens <= _over(known):
        due, look = _by_day(Event.WINDOW_OPENED, known.window_opens, facts, today)
        if due is not None:
            return due, None
    else:
        look = None
    ended = Event.RENEWED_AUTOMATICALLY if known.renews_automatically else Event.TERM_ENDED
    due, later = _by_day(ended, _over(known), facts, today)
    if due is not None:
        return due, None
    return None, min(d for d in (look, later) if d is not None)


def _term(uow: UnitOfWork, contract: ContractRow, calendar: WorkingCalendar, today: date) -> TermFacts:
    """Where the text doesn't say it all, the last day alone: what then follows is for a person to judge."""
    try:
        return load_term_state(uow, contract, calendar).term_facts(today)
    except VersionDamaged:
        raise
    except ContractError:
        return TermFacts(contract.last_day)


def _over(term: TermFacts) -> date:
    """The day after the last day, which belongs to the term."""
    assert term.last_day is not None
    return term.last_day + ONE_DAY


def _by_day(event: Event, on: date | None, facts: Facts, today: date) -> tuple[Due | None, date | None]:
    if on is None:
        return None, today + AGAIN
    return (Due(event, on, facts), None) if on <= today else (None, min(on, today + AGAIN))
