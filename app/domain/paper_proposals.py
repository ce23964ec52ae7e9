"""What renewal and ending know of a paper before anybody fills it in: terms, deadlines, the case, the days of the exit.

Every value is a proposal that a person may change; the checks of the paper judge what stands in the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from app.domain.arrears import arrears
from app.domain.calendar import WorkingCalendar
from app.domain.exit_plan import Ended, Ending, ExitTask, ExitTerms, TaskKey, exit_tasks
from app.domain.notice import Method, NoticeRules, arrival
from app.domain.renewal import RenewalTerms, schedule
from app.domain.term import Period, Unit, due_date, roll_forward
from app.domain.term_chain import Origin, TermChain
from app.domain.termination import Case, Ground, Route, TerminationTerms, cure_ends, ground
from app.domain.variables import Answers, Row, Value

_PARTY = {"a": "party_a", "b": "party_b"}
_ROLE = {"a": "甲方", "b": "乙方", "ab": "双方"}
_RESCISSION = {Route.BREACH: "agreed", Route.STATUTORY: "statutory", Route.CONVENIENCE: "convenience"}
_STATUTE = {"force": "（一）", "refuse": "（二）", "delay": "（三）", "basic": "（四）"}
"""Grounds of CC:563 by their item."""
_HANDED_OVER = (TaskKey.EXPORT, TaskKey.TICKETS, TaskKey.ACCOUNTS, TaskKey.RETURN)
_LAPSED = "合同有效期届满，双方不再续约。"
_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Footing:
    """What proposals are made from. ``labels``: how references into the contract read, by provision id."""

    answers: Answers
    chain: TermChain
    renewal: RenewalTerms
    ending: TerminationTerms
    rules: NoticeRules
    labels: Mapping[str, tuple[str, str]]
    official: WorkingCalendar
    today: date

    def number(self, provision: str) -> str:
        return self.labels.get(provision, ("", ""))[0]

    @property
    def exits(self) -> ExitTerms:
        return ExitTerms.from_values(self.answers.values)


def of_term(footing: Footing) -> dict[str, Value]:
    """The contract's own answers that a renewal has moved: last day and last day for notice of the term in force (brief B1-5)."""
    if footing.chain.current.number == 0:
        return {}
    return {"term.end_date": footing.chain.current.last_day, "renew.notice_deadline": _deadline(footing, footing.chain)}


def for_renewal(footing: Footing) -> dict[str, Value]:
    """Brief C2: the further term joins the one in force, and the next last day for notice is told."""
    current, follows = footing.chain.current, footing.chain.next_term(Origin.AGREEMENT, footing.renewal.years, counts=True)
    return {
        "renewal.original_start": current.first_day,
        "renewal.original_end": current.last_day,
        "renewal.years": footing.renewal.years,
        "renewal.start": follows.first_day,
        "renewal.end": follows.last_day,
        "renewal.count": follows.number,
        "renewal.privacy_until": follows.last_day,
        "renewal.notice_deadline": _deadline(footing, footing.chain.renewed(follows)),
    }


def for_non_renewal(footing: Footing) -> dict[str, Value]:
    """Brief C3: the end, the deadline that the notice keeps, and the days of the exit."""
    end, deadline = footing.chain.current.last_day, _deadline(footing, footing.chain)
    due = _due(footing, Ending(Ended.EXPIRED, end))
    plan = schedule(footing.chain, footing.renewal, footing.rules, footing.official).exit_plan_due.day
    return {
        "non_renewal.end_date": end,
        "non_renewal.notice_deadline": deadline,
        "non_renewal.exit_start": (min(deadline, plan) if deadline else plan) + _ONE_DAY,
        "non_renewal.exit_plan_due": plan,
        "non_renewal.transition_end": due[TaskKey.SUPPORT].due.day,
        "non_renewal.export_due": due[TaskKey.EXPORT].due.day,
        "non_renewal.deletion_due": due[TaskKey.DATA_REST].due.day,
        "non_renewal.settlement_due": due[TaskKey.SETTLE].due.day,
    }


@dataclass(frozen=True, slots=True)
class Owed:
    """A confirmed settlement: its number, what it makes payable (yuan), and the day it falls due."""

    number: str
    amount: Decimal
    due: date


def for_demand(footing: Footing, case: Case, grace_days: int, owed: Sequence[Owed] = ()) -> dict[str, Value]:
    """Brief C8: where the duty stands, the days that are given, and when they end if the letter goes out today; of money, every
    settlement that is overdue, as if nothing had been paid on it."""
    found = ground(case.ground)
    if found is None:
        return {}
    recipient = {"a": "b", "b": "a"}.get(case.by, "b")
    usable = footing.rules.methods(recipient)
    way = Method.EXPRESS if Method.EXPRESS in usable or not usable else usable[0]
    expected = arrival(way, footing.today, footing.rules, footing.ending.calendar(footing.official)).day
    grace = max(grace_days, footing.ending.cure(found))
    payment = found.key == "payment"
    values: dict[str, Value] = {
        "demand.kind": "payment" if payment else "performance",
        "demand.source": _agreed_basis(footing, found),
        "demand.grace_days": grace,
        "demand.arrival_expected": expected,
        "demand.grace_until": due_date(expected, Period(Decimal(grace), Unit.DAYS), footing.official).day,
    }
    return _sender(case) | values | (_of_money(footing, owed) if payment else {})


def _of_money(footing: Footing, owed: Sequence[Owed]) -> dict[str, Value]:
    rate, cap = (footing.answers.get(name) for name in ("pay.late_daily_rate_bp", "pay.late_cap_pct"))
    values: dict[str, Value] = {
        "demand.as_of": footing.today, "demand.rate_bp": rate, "demand.account": _account(footing.answers),
    }  # fmt: skip
    late = [(o, roll_forward(o.due, footing.official).day) for o in owed if o.amount > 0]
    late = [(o, due) for o, due in late if due < footing.today]
    if not late or not isinstance(rate, int | Decimal):
        return values
    bound = Decimal(cap) if isinstance(cap, int | Decimal) else Decimal(100)
    found = [(o, arrears(o.amount, due, footing.today, Decimal(rate), bound)) for o, due in late]
    table: tuple[Row, ...] = tuple(
        {"settlement": o.number, "principal": a.amount, "due": o.due, "days": a.days_late, "penalty": a.damages} for o, a in found
    )
    more: dict[str, Value] = {
        "demand.amount_table": table,
        "demand.amount": sum((a.amount for _, a in found), Decimal(0)),
        "demand.penalty": sum((a.damages for _, a in found), Decimal(0)),
        "demand.penalty_working": "；".join(f"{o.number}：{'，'.join(a.reasoning[1:])}" for o, a in found) + "。",
    }
    return values | more


def for_rescission(footing: Footing, case: Case) -> dict[str, Value]:
    """Brief C4: the ground with its provision or article, the facts, the demand with its arrival and the cure period that is over."""
    found = ground(case.ground)
    values: dict[str, Value] = {
        "rescission.ground": _RESCISSION.get(case.route, "agreed"),
        "rescission.transition_days": footing.exits.transition_days,
    }
    if case.route is Route.CONVENIENCE:
        return _sender(case) | values | {"rescission.end_date": case.end_on}
    values["rescission.known_on"] = case.known_on
    values["rescission.fact_table"] = _facts(case)
    if found is not None:
        values["rescission.basis"] = _basis(footing, found)
    if case.partial:
        values |= {"rescission.scope": "part", "rescission.part": _sentence(case.part)}
    if case.notice is not None and case.notice.automatic:
        values |= {"rescission.effect": "automatic", "rescission.automatic_days": footing.ending.auto_days}
    return _sender(case) | values | _demanded(footing, case)


def for_termination(footing: Footing, case: Case | None, ended_on: date | None, done: Mapping[TaskKey, date]) -> dict[str, Value]:
    """Brief C5: the day of the end, why, and what is to be handed over by when. ``case`` None: the term runs out. ``done``: days on
    which tasks of a running exit were done."""
    day = ended_on or (case.end_on if case else footing.chain.current.last_day)
    values: dict[str, Value] = {
        "termination.cause": _sentence(case.facts if case else _LAPSED),
        "termination.no_hire_months": footing.exits.non_solicit_months,
    }
    if day is None:
        return values
    how = Ended.AGREEMENT if case else Ended.EXPIRED
    due = _due(footing, Ending(how, day, part=case.part if case else ""), done)
    return values | {
        "termination.date": day,
        "termination.cutoff": day,
        "termination.handover_table": tuple(_handed(due[key], key in done) for key in _HANDED_OVER if key in due),
        "termination.deletion_due": due[TaskKey.DATA_REST].due.day,
        "termination.certificate_due": due[TaskKey.CERTIFICATE].due.day,
        "termination.transition_end": due[TaskKey.SUPPORT].due.day,
        "termination.account": _account(footing.answers),
    }


# ---- parts


def _deadline(footing: Footing, chain: TermChain) -> date | None:
    found = schedule(chain, footing.renewal, footing.rules, footing.official).notice_deadline
    return found.day if found else None


def _due(footing: Footing, ending: Ending, done: Mapping[TaskKey, date] | None = None) -> dict[TaskKey, ExitTask]:
    return {t.key: t for t in exit_tasks(ending, footing.exits, footing.official, done)}


def _sender(case: Case) -> dict[str, Value]:
    return {"paper.sender": _PARTY[case.by]} if case.by in _PARTY else {}


def _agreed_basis(footing: Footing, found: Ground) -> str:
    return f"本合同{footing.number(found.source)}（{found.label}）"


def _basis(footing: Footing, found: Ground) -> str:
    if found.route is Route.STATUTORY:
        return f"《中华人民共和国民法典》第五百六十三条第一款第{_STATUTE[found.key]}项（{found.label}）"
    places = "、".join(n for n in (footing.number(found.source), footing.number("breach.termination.agreed")) if n)
    return f"本合同{places}（{found.label}）"


def _facts(case: Case) -> tuple[Row, ...]:
    rows: list[Row] = []
    if case.facts or case.evidence:
        rows.append({"day": case.since or case.known_on, "fact": case.facts, "evidence": case.evidence})
    if case.demand is not None and case.demand.arrived_on is not None:
        rows.append({"day": case.demand.arrived_on, "fact": "催告函到达", "evidence": f"{case.demand.number}及送达证据"})
    return tuple(rows)


def _demanded(footing: Footing, case: Case) -> dict[str, Value]:
    found, demand = ground(case.ground), case.demand
    if demand is not None:
        over = cure_ends(case, footing.ending, footing.official)
        return {
            "rescission.demanded": True, "rescission.demand_no": demand.number, "rescission.demand_arrived": demand.arrived_on,
            "rescission.cure_ended": over.day if over else None,
        }  # fmt: skip
    if found is None or found.demand:
        return {}
    article = f"《中华人民共和国民法典》第五百六十三条第一款第{_STATUTE.get(found.key, '')}项规定的情形不以催告为前提。"
    return {"rescission.demanded": False, "rescission.no_demand_reason": article}


def _handed(task: ExitTask, done: bool) -> Row:
    """The contractor hands over, except what both give back to each other."""
    giver, taker = ("ab", "ab") if task.obligor == "ab" else (task.obligor, {"a": "b", "b": "a"}[task.obligor])
    return {
        "item": task.title, "from": _ROLE[giver], "to": _ROLE[taker], "done": done, "due": None if done else task.due.day,
        "note": None,
    }  # fmt: skip


def _sentence(text: str) -> str:
    """The forms print it as a sentence of its own."""
    words = text.strip()
    return words if not words or words[-1] in "。；！？" else f"{words}。"


def _account(answers: Answers) -> str | None:
    name, bank, number = (answers.get(f"pay.account_{part}") for part in ("name", "bank", "no"))
    return f"户名{name}，开户行{bank}，账号{number}。" if name and bank and number else None
