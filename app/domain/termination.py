"""Ending a contract before its term: the routes, their grounds, and the checks of brief C4 and C8 on a case as it stands.

A case is data: what happened and which papers arrived. Nothing here moves a stage; the checks become ``Paper.unmet``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum

from app.domain.calendar import WorkingCalendar
from app.domain.lifecycle import Event
from app.domain.reasoning import ReasonedDate, Reasoner, days
from app.domain.term import Period, Unit
from app.domain.variables import Answers, Value

ONE_YEAR = Period(Decimal(1), Unit.YEARS)
COUNTER_DEMAND_DAYS = 30
"""Fallback position of topic 9.3-t1: the other party asks, and the right lapses thirty natural days after."""


class Route(Enum):
    """How a contract ends before its last day."""

    AGREEMENT = "agreement"
    """协议解除: both sign a termination agreement (CC:562, brief C5)."""
    BREACH = "breach"
    """约定解除（违约解除）: an agreed ground, demand, cure period, notice (CC:562, sections 9.1 and 9.3)."""
    STATUTORY = "statutory"
    """法定解除: a ground of CC:563."""
    CONVENIENCE = "convenience"
    """无因提前终止: without ground, with notice and compensation, as section 11.3 grants it."""

    @property
    def label(self) -> str:
        return {"agreement": "协议解除", "breach": "违约解除", "statutory": "法定解除", "convenience": "无因提前终止"}[self.value]

    @property
    def event(self) -> Event:
        return _EVENTS[self]

    @property
    def by_notice(self) -> bool:
        """Ends by a notice that arrives; the agreement ends by both signing."""
        return self is not Route.AGREEMENT


_EVENTS = {
    Route.AGREEMENT: Event.TERMINATED_BY_AGREEMENT,
    Route.BREACH: Event.RESCINDED,
    Route.STATUTORY: Event.RESCINDED,
    Route.CONVENIENCE: Event.TERMINATED_FOR_CONVENIENCE,
}


@dataclass(frozen=True, slots=True)
class Ground:
    """A ground of rescission. ``by``: parties that may rely on it. ``demand``: a demand must have gone before. ``data``: the shorter
    cure period of section 9.1 for personal data. ``listed``: member of the variable that agrees on it; empty: always there."""

    key: str
    route: Route
    by: str
    label: str
    source: str
    demand: bool = True
    data: bool = False
    listed: str = ""


GROUNDS: tuple[Ground, ...] = (
    Ground(
        "subcontract", Route.BREACH, "a", "擅自分包或者转委托", "breach.events.b.subcontract", listed="unauthorized_subcontract"
    ),
    Ground(
        "leak", Route.BREACH, "a", "泄露、贩卖或者非法提供信息", "breach.events.b.leak", data=True, listed="data_leak_or_sale"
    ),
    Ground("fraud", Route.BREACH, "a", "数据造假", "breach.events.b.fraud", listed="data_fraud"),
    Ground("exodus", Route.BREACH, "a", "关键人员集体撤离", "breach.events.b.exodus", listed="mass_withdrawal"),
    Ground("fail", Route.BREACH, "a", "考核持续不合格", "breach.events.b.fail", listed="repeated_sla_failure"),
    Ground("license", Route.BREACH, "a", "丧失必要许可或者资质", "breach.events.b.license", listed="license_lost"),
    Ground("exit", Route.BREACH, "a", "拒绝退出交接", "breach.events.b.exit", listed="exit_refusal"),
    Ground("misuse", Route.BREACH, "a", "擅自使用数据", "breach.events.b.misuse", data=True, listed="unauthorized_data_use"),
    Ground("b_other", Route.BREACH, "a", "本合同约定的乙方其他重大违约", "breach.events.b.other"),
    Ground("payment", Route.BREACH, "b", "逾期付款", "breach.events.a.payment", listed="payment_overdue"),
    Ground(
        "materials", Route.BREACH, "b", "拒不提供必要资料、权限或者支持", "breach.events.a.materials", listed="materials_refused"
    ),
    Ground(
        "illegal", Route.BREACH, "b", "指使违法处理信息", "breach.events.a.illegal", data=True, listed="illegal_data_instruction"
    ),
    Ground("manage", Route.BREACH, "b", "直接劳动管理", "breach.events.a.manage", listed="direct_staff_management"),
    Ground("a_other", Route.BREACH, "b", "本合同约定的甲方其他重大违约", "breach.events.a.other"),
    Ground("force", Route.STATUTORY, "ab", "不可抗力致使不能实现合同目的", "breach.termination.statutory.force", demand=False),
    Ground("refuse", Route.STATUTORY, "ab", "对方表明不履行主要债务", "breach.termination.statutory.refuse", demand=False),
    Ground("delay", Route.STATUTORY, "ab", "迟延履行主要债务，经催告仍未履行", "breach.termination.statutory.delay"),
    Ground("basic", Route.STATUTORY, "ab", "其他违约致使不能实现合同目的", "breach.termination.statutory.basic", demand=False),
)
_BY_KEY = {g.key: g for g in GROUNDS}


def ground(key: str) -> Ground | None:
    return _BY_KEY.get(key)


@dataclass(frozen=True, slots=True)
class TerminationTerms:
    """What sections 9.1, 9.3, 6.3 and 11.3 say. Days are natural days; ``right_days`` None: nothing agreed, one year (CC:564).

    ``lists``: the agreed grounds of both parties. ``b_may_leave``: the contractor has a right to leave without ground.
    ``answers_demand``: the right also lapses thirty days after the other party asked (fallback of 9.3-t1).
    """

    cure_days: int
    data_cure_days: int
    right_days: int | None
    auto_days: int
    notice_method: str
    fm_days: int
    leave_days: Mapping[str, int]
    lists: frozenset[str]
    b_may_leave: bool = True
    answers_demand: bool = False
    without_make_up_days: bool = False

    @classmethod
    def from_answers(cls, answers: Answers) -> TerminationTerms:
        """Cure periods and notice periods that were never filled in count as nought days; the right falls back to the law."""
        right = answers.get("terminate.right_exercise_days")
        chosen = [v for name in ("breach.list_a", "breach.list_b") for v in _texts(answers.get(name))]
        return cls(
            cure_days=_int(answers, "breach.cure_days"),
            data_cure_days=_int(answers, "breach.data_cure_days"),
            right_days=right if isinstance(right, int) else None,
            auto_days=_int(answers, "terminate.auto_terminate_days"),
            notice_method=str(answers.get("terminate.notice_method") or "written_delivery"),
            fm_days=_int(answers, "fm.terminate_days"),
            leave_days={p: _int(answers, f"exit.convenience_{p}_days") for p in ("a", "b")},
            lists=frozenset(chosen),
            b_may_leave=answers.positions.get("9.3-t2") != "fallback",
            answers_demand=answers.positions.get("9.3-t1") == "fallback",
            without_make_up_days=answers.get("defs.workday_source") == "mon_fri_only",
        )

    def calendar(self, official: WorkingCalendar) -> WorkingCalendar:
        return official.without_make_up_days() if self.without_make_up_days else official

    def cure(self, found: Ground) -> int:
        """Natural days of the cure period that the ground asks for."""
        return self.data_cure_days if found.data else self.cure_days


def _int(answers: Answers, name: str) -> int:
    value = answers.get(name)
    return value if isinstance(value, int) else 0


def _texts(value: Value) -> Iterable[str]:
    return (str(v) for v in value) if isinstance(value, tuple) else ()


@dataclass(frozen=True, slots=True)
class Demand:
    """催告函: ``arrived_on`` None: its arrival isn't shown yet. ``grace_days``: natural days that it gave."""

    number: str
    arrived_on: date | None
    grace_days: int


@dataclass(frozen=True, slots=True)
class Notice:
    """解除通知函 or notice of leaving. ``automatic``: it says that the contract ends by itself where the other party does not perform
    within the agreed days; ``performed_on``: it did. ``faults``: what section 9.3 asks of the sending and is missing."""

    number: str
    arrived_on: date | None
    automatic: bool = False
    performed_on: date | None = None
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Case:
    """One ending as it stands. ``by``: the party that ends (``a``, ``b``; empty: both). ``known_on``: the day on which it knew of the
    ground; ``continuing`` with ``ceased_on`` None: the breach goes on. ``part`` empty: the whole contract, otherwise the part that ends.
    ``since``: when force majeure began. ``asked_on``: the other party's demand to decide arrived. ``end_on``: the agreed or announced
    day of the end. ``signed_on``: last signature of the termination agreement."""

    route: Route
    ground: str = ""
    by: str = ""
    part: str = ""
    facts: str = ""
    evidence: str = ""
    known_on: date | None = None
    continuing: bool = False
    ceased_on: date | None = None
    since: date | None = None
    cured_on: date | None = None
    asked_on: date | None = None
    demand: Demand | None = None
    notice: Notice | None = None
    end_on: date | None = None
    signed_on: date | None = None

    @property
    def partial(self) -> bool:
        return bool(self.part.strip())


HAPPENINGS = {
    "cured_on": "对方完成补救",
    "performed_on": "对方履行债务",
    "ceased_on": "违约行为终了",
    "asked_on": "对方催告是否解除",
}
"""What may be recorded of a case later: column → what happened on that day."""


class Outcome(Enum):
    """How an objection came to its end."""

    WITHDRAWN = "withdrawn"
    """撤回异议: the other party gave it up."""
    SETTLED = "settled"
    """和解: the parties agreed; the ending stands."""
    CONFIRMED = "confirmed"
    """裁判确认解除有效: a decision in force holds the ending good."""
    SET_ASIDE = "set_aside"
    """裁判否定解除: there was no right; the contract stands where it stood (CCI:53)."""

    @property
    def label(self) -> str:
        return {
            "withdrawn": "对方撤回异议", "settled": "双方和解，终止不变", "confirmed": "裁判确认终止有效", "set_aside": "裁判否定终止",
        }[self.value]  # fmt: skip

    @property
    def decided(self) -> bool:
        return self in (Outcome.CONFIRMED, Outcome.SET_ASIDE)


# ---- dates


def cure_ends(case: Case, terms: TerminationTerms, official: WorkingCalendar) -> ReasonedDate | None:
    """Last day of the cure period; it runs from the arrival of the demand and rolls to a working day (section 9.1, CC:203)."""
    found, demand = ground(case.ground), case.demand
    if found is None or demand is None or demand.arrived_on is None:
        return None
    reasoner = Reasoner(terms.calendar(official))
    source = "breach.events.general.data" if found.data else "breach.events.general.cure"
    arrived = reasoner.given(f"催告函{demand.number}到达", demand.arrived_on, "CC:137")
    count = max(demand.grace_days, terms.cure(found))
    raw = reasoner.forward("补救期（催告期与约定补救期取较长者）", arrived, days(count), source)
    return reasoner.result("补救期届满日", reasoner.later("期间末日遇休假日", raw, "general.definitions.periods.end", "CC:203"))


def right_lapses(case: Case, terms: TerminationTerms, official: WorkingCalendar) -> ReasonedDate | None:
    """Last day on which the right can be exercised, told strictly: not rolled. None while a lasting breach goes on, or where the
    day of knowing isn't recorded."""
    begins = case.ceased_on if case.continuing else case.known_on
    if begins is None:
        return None
    reasoner = Reasoner(terms.calendar(official))
    rule = "持续的违约终了" if case.continuing else "知道或者应当知道解除事由"
    start = reasoner.given(rule, begins, "breach.termination.exercise.period")
    if terms.right_days is None:
        last = reasoner.forward("法定的解除权行使期限（从严，不顺延）", start, ONE_YEAR, "CC:564")
    else:
        period, source = days(terms.right_days), "breach.termination.exercise.period"
        last = reasoner.forward("约定的解除权行使期限（从严，不顺延）", start, period, source)
    if terms.answers_demand and case.asked_on is not None:
        asked = reasoner.given("对方催告是否解除的函件到达", case.asked_on, "CC:564")
        answer = reasoner.forward("答复期限", asked, days(COUNTER_DEMAND_DAYS), "breach.termination.exercise.period")
        last = min(last, answer)
    return reasoner.result("解除权行使期限届满日", last)


def may_leave_on(case: Case, terms: TerminationTerms, official: WorkingCalendar) -> ReasonedDate | None:
    """The earliest end of a contract that is left without ground: the agreed days after the notice arrived (section 11.3)."""
    if case.notice is None or case.notice.arrived_on is None or case.by not in terms.leave_days:
        return None
    reasoner = Reasoner(terms.calendar(official))
    arrived = reasoner.given(f"通知{case.notice.number}到达", case.notice.arrived_on, "CC:137")
    raw = reasoner.forward("提前通知期", arrived, days(terms.leave_days[case.by]), f"lifecycle.end.convenience.{case.by}")
    return reasoner.result("最早终止日", reasoner.later("期间末日遇休假日", raw, "general.definitions.periods.end", "CC:203"))


def ends_on(case: Case, terms: TerminationTerms, official: WorkingCalendar) -> ReasonedDate | None:
    """The day the contract, or its part, ends; None while that is open, or where performance in time kept it alive."""
    reasoner = Reasoner(terms.calendar(official))
    if case.route is Route.AGREEMENT:
        if case.end_on is None or case.signed_on is None:
            return None
        reasoner.given("终止协议的最后签署日", case.signed_on, "CC:562")
        return reasoner.result("终止日", reasoner.given("终止协议载明的终止日", case.end_on, "breach.termination.agreement"))
    notice = case.notice
    if notice is None or notice.arrived_on is None:
        return None
    if case.route is Route.CONVENIENCE:
        return _leaves_on(case, terms, official)
    arrived = reasoner.given(f"解除通知函{notice.number}到达", notice.arrived_on, "breach.termination.exercise.notice", "CC:565")
    if not notice.automatic:
        return reasoner.result("解除日", arrived)
    raw = reasoner.forward("载明的自动解除期", arrived, days(terms.auto_days), "breach.termination.exercise.auto")
    last = reasoner.later("期间末日遇休假日", raw, "general.definitions.periods.end", "CC:203")
    if notice.performed_on is not None and notice.performed_on <= last:
        return None
    return reasoner.result("解除日（期满自动解除）", last)


def _leaves_on(case: Case, terms: TerminationTerms, official: WorkingCalendar) -> ReasonedDate | None:
    earliest = may_leave_on(case, terms, official)
    if earliest is None:
        return None
    reasoner = Reasoner(terms.calendar(official))
    day = reasoner.take(earliest)
    if case.end_on is not None and case.end_on > day:
        day = reasoner.given("通知载明的终止日", case.end_on, f"lifecycle.end.convenience.{case.by}")
    return reasoner.result("终止日", day)
