"""Renewal by section 11.3: what the parties agreed, the dates of the current term, and whether a further term follows by itself.

Every date is computed from ``TermChain.current`` and from nothing else, so none can hang on a superseded term.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum

from app.domain.calendar import WorkingCalendar
from app.domain.errors import ContractError
from app.domain.lifecycle_facts import TermFacts
from app.domain.notice import Method, NoticeRules, last_safe_days
from app.domain.reasoning import Check, ReasonedDate, Reasoner, days
from app.domain.term import chinese_date
from app.domain.term_chain import Origin, Term, TermChain
from app.domain.variables import Value

_ONE_DAY = timedelta(days=1)
LEAD_DAYS = 30
"""How long before the last day for notice the window opens where no reminder was agreed for an earlier day."""
EXIT_PLAN_DAYS = 30
"""Section 11.3: the contractor hands in the exit plan thirty natural days before the end."""


class Mode(Enum):
    """``renew.mode``: how a further term comes about."""

    AUTOMATIC = "auto_once"
    """自动续约: by itself, unless a party gave notice in time."""
    BY_AGREEMENT = "by_agreement"
    """协商续约: only by an agreement signed before the last day."""
    OPTION = "option"
    """一方续约选择权: by notice of the party that holds the option; the other party can't refuse."""
    NONE = "none"
    """不续约: the contract ends with its term."""

    @property
    def label(self) -> str:
        return {"auto_once": "自动续约", "by_agreement": "协商续约", "option": "一方续约选择权", "none": "不续约"}[self.value]

    @property
    def notice_source(self) -> str:
        """The provision that has the last day for notice."""
        return "lifecycle.end.option" if self is Mode.OPTION else "lifecycle.end.notice"

    @property
    def reminder_source(self) -> tuple[str, ...]:
        """Without renewal the contract has no clause on reminders; this system reminds all the same."""
        return () if self is Mode.NONE else (f"{self.notice_source}.reminder",)


class PriceRule(Enum):
    """``renew.price_rule``."""

    SAME = "same"
    SAME_OR_CAPPED = "same_or_capped"
    RENEGOTIATE = "renegotiate"

    @property
    def label(self) -> str:
        return {"same": "价格不变", "same_or_capped": "不变或者在年度上限内调整", "renegotiate": "重新协商"}[self.value]


@dataclass(frozen=True, slots=True)
class RenewalTerms:
    """What section 11.3 says. ``years`` of each further term; ``max_times`` renewals by themselves or by option in all;
    ``holder``: party (``a``, ``b``) with the option; ``reminder_days`` before the last day; ``cap_pct`` of section 8.3."""

    mode: Mode
    years: int
    max_times: int
    notice_days: int
    price: PriceRule
    cap_pct: Decimal
    index: str
    holder: str = ""
    reminder_days: tuple[int, ...] = ()
    without_make_up_days: bool = False

    @classmethod
    def from_values(cls, values: Mapping[str, Value]) -> RenewalTerms:
        """Raises ``renewal.terms`` naming every answer that is missing."""
        missing = [label for name, label in _NEEDED.items() if not isinstance(values.get(name), int | str | Decimal)]
        mode = Mode(values.get("renew.mode")) if values.get("renew.mode") in {m.value for m in Mode} else Mode.NONE
        holder = str(values.get("renew.option_holder") or "").removeprefix("party_")
        if mode is Mode.OPTION and holder not in ("a", "b"):
            missing.append("续约选择权人")
        if missing:
            raise ContractError("renewal.terms", f"无法计算续约，以下内容未填写：{'、'.join(missing)}。")
        reminders = values.get("renew.reminder_days")
        return cls(
            mode=mode,
            years=int(str(values["renew.years"])),
            max_times=int(str(values["renew.max_times"])),
            notice_days=int(str(values["renew.notice_days"])),
            price=PriceRule(values["renew.price_rule"]),
            cap_pct=Decimal(str(values["adjust.annual_cap_pct"])),
            index=str(values.get("adjust.index") or "none"),
            holder=holder,
            reminder_days=_days(reminders),
            without_make_up_days=values.get("defs.workday_source") == "mon_fri_only",
        )

    def calendar(self, official: WorkingCalendar) -> WorkingCalendar:
        """Working days as section 1.1 of the contract defines them."""
        return official.without_make_up_days() if self.without_make_up_days else official


_NEEDED = {
    "renew.mode": "续约模式", "renew.years": "续约期限", "renew.max_times": "续约次数上限", "renew.notice_days": "通知窗口",
    "renew.price_rule": "续约价格", "adjust.annual_cap_pct": "年度调价上限",
}  # fmt: skip


def _days(value: Value) -> tuple[int, ...]:
    found = {int(str(v)) for v in value if str(v).isdigit()} if isinstance(value, tuple) else set()
    return tuple(sorted(found, reverse=True))


@dataclass(frozen=True, slots=True)
class Schedule:
    """Every date of the current term. Where nothing is renewed there is neither window nor deadline.

    ``sign_by``: the last working day before the last day, by which an agreement is safely signed. ``safe``: by recipient and method.
    """

    term: Term
    end: ReasonedDate
    window_opens: ReasonedDate | None
    notice_deadline: ReasonedDate | None
    sign_by: ReasonedDate | None
    exit_plan_due: ReasonedDate
    reminders: tuple[ReasonedDate, ...]
    safe: Mapping[str, Mapping[Method, ReasonedDate]]


def schedule(chain: TermChain, terms: RenewalTerms, rules: NoticeRules, official: WorkingCalendar, margin: int = 0) -> Schedule:
    """The dates that hang on the current term, each with its reasoning. ``official``: holidays; section 1.1 is applied here."""
    calendar = terms.calendar(official)
    end = chain.end(Reasoner(calendar))
    deadline = _deadline(end, terms, calendar)
    return Schedule(
        term=chain.current,
        end=end,
        window_opens=_window(end, deadline, terms, calendar),
        notice_deadline=deadline,
        sign_by=None if terms.mode is Mode.NONE else _sign_by(end, calendar),
        exit_plan_due=_exit_plan(end, calendar),
        reminders=tuple(_reminder(end, count, terms.mode, calendar) for count in terms.reminder_days),
        safe={p: last_safe_days(deadline, p, rules, calendar, margin) for p in ("a", "b")} if deadline else {},
    )


def _deadline(end: ReasonedDate, terms: RenewalTerms, calendar: WorkingCalendar) -> ReasonedDate | None:
    if terms.mode is Mode.NONE:
        return None
    reasoner = Reasoner(calendar)
    source = terms.mode.notice_source
    raw = reasoner.back("届满前的通知期", reasoner.take(end), days(terms.notice_days), source)
    day = reasoner.earlier("往前推算的截止日遇休假日", raw, "general.definitions.periods.end")
    return reasoner.result("选择续约通知到达截止日" if terms.mode is Mode.OPTION else "不续约通知到达截止日", day)


def _window(
    end: ReasonedDate, deadline: ReasonedDate | None, terms: RenewalTerms, calendar: WorkingCalendar
) -> ReasonedDate | None:
    """The window opens with the earliest reminder before the deadline, so that everybody is reminded inside it."""
    if deadline is None:
        return None
    reasoner = Reasoner(calendar)
    earliest = max(terms.reminder_days, default=0)
    if earliest > terms.notice_days and end.day - earliest * _ONE_DAY < deadline.day:
        day = reasoner.back("最早的提醒点", reasoner.take(end), days(earliest), *terms.mode.reminder_source)
    else:
        day = reasoner.back("截止日前的准备期（本系统设定）", reasoner.take(deadline), days(LEAD_DAYS))
    return reasoner.result("续约窗口开启日", day)


def _sign_by(end: ReasonedDate, calendar: WorkingCalendar) -> ReasonedDate:
    reasoner = Reasoner(calendar)
    day = reasoner.back("续约协议应当在届满日前签订", reasoner.take(end), days(1), "lifecycle.end.renewal")
    return reasoner.result("续约协议最迟签订日", reasoner.earlier("签订日应为工作日", day))


def _exit_plan(end: ReasonedDate, calendar: WorkingCalendar) -> ReasonedDate:
    reasoner = Reasoner(calendar)
    raw = reasoner.back("终止日前提交退出计划", reasoner.take(end), days(EXIT_PLAN_DAYS), "lifecycle.end.transition")
    day = reasoner.earlier("往前推算的截止日遇休假日", raw, "general.definitions.periods.end")
    return reasoner.result("退出计划提交截止日", day)


def _reminder(end: ReasonedDate, count: int, mode: Mode, calendar: WorkingCalendar) -> ReasonedDate:
    reasoner = Reasoner(calendar)
    day = reasoner.back(f"届满前{count}日提醒", reasoner.take(end), days(count), *mode.reminder_source)
    return reasoner.result(f"提醒（届满前{count}日）", day)


# ---- renewal by itself


@dataclass(frozen=True, slots=True)
class RenewalNotice:
    """A notice on renewal that arrived. ``term``: number of the term it was given in; ``chooses``: it exercises the option,
    otherwise it refuses a further term. ``by``: party."""

    term: int
    by: str
    arrived_on: date
    number: str
    chooses: bool = False


@dataclass(frozen=True, slots=True)
class Outlook:
    """Whether a further term follows by itself (``next_term``), with every ground. ``settled``: nothing can change it any more
    but an agreement or an end before the term's, because the last day for notice has passed."""

    grounds: tuple[Check, ...]
    next_term: Term | None
    settled: bool

    @property
    def unmet(self) -> tuple[str, ...]:
        return tuple(g.sentence for g in self.grounds if not g.met)


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the outlook depends on beside the terms: signing date, notices that arrived, and for which terms (numbers) the
    price was agreed in writing."""

    signed_on: date | None
    notices: tuple[RenewalNotice, ...] = ()
    priced: frozenset[int] = frozenset()


def outlook(chain: TermChain, terms: RenewalTerms, facts: Circumstances, official: WorkingCalendar, today: date) -> Outlook:
    """Judge the current term. Automatic renewal and the option differ in one ground: a notice must be missing, or there."""
    calendar = terms.calendar(official)
    deadline = _deadline(chain.end(Reasoner(calendar)), terms, calendar)
    if deadline is None or terms.mode is Mode.BY_AGREEMENT:
        why = "本合同不续约，期满终止" if terms.mode is Mode.NONE else "本合同须签订续约协议才续约，不会自动续约"
        source = "lifecycle.end.renewal.none" if terms.mode is Mode.NONE else "lifecycle.end.renewal.agreement"
        return Outlook((Check(False, why, source),), None, deadline is None or today > deadline.day)
    grounds = (
        _times(chain, terms), _signed_before(facts, deadline.day, terms), _priced(chain, terms, facts),
        _chosen(chain, terms, facts, deadline.day) if terms.mode is Mode.OPTION else _unrefused(chain, facts, deadline.day),
    )  # fmt: skip
    origin = Origin.OPTION if terms.mode is Mode.OPTION else Origin.AUTOMATIC
    follows = chain.next_term(origin, terms.years, counts=True) if all(g.met for g in grounds) else None
    return Outlook(grounds, follows, today > deadline.day)


def _times(chain: TermChain, terms: RenewalTerms) -> Check:
    used, limit = chain.counted, terms.max_times
    said = f"已续约{used}次，约定合计不超过{limit}次"
    source = "lifecycle.end.renewal.option" if terms.mode is Mode.OPTION else "lifecycle.end.renewal.auto"
    return Check(used < limit, said if used < limit else f"{said}，次数已经用尽，期满终止", source)


def _signed_before(facts: Circumstances, deadline: date, terms: RenewalTerms) -> Check:
    source = terms.mode.notice_source
    if facts.signed_on is not None and deadline < facts.signed_on:
        return Check(
            False, f"通知截止日{chinese_date(deadline)}早于签订日{chinese_date(facts.signed_on)}，本期届满不续约", source
        )
    return Check(True, "通知截止日不早于签订日", source)


def _priced(chain: TermChain, terms: RenewalTerms, facts: Circumstances) -> Check:
    source = "lifecycle.end.renewal.renegotiate"
    if terms.price is not PriceRule.RENEGOTIATE:
        return Check(True, f"续约价格：{terms.price.label}，无须另行签署", "lifecycle.end.renewal")
    if chain.current.number in facts.priced:
        return Check(True, "续约价格已经书面签署", source)
    return Check(False, "续约价格须重新协商，届满日前未就价格签署续约协议的，不发生续约", source)


def _unrefused(chain: TermChain, facts: Circumstances, deadline: date) -> Check:
    source = "lifecycle.end.renewal.auto"
    given = [n for n in facts.notices if n.term == chain.current.number and not n.chooses]
    timely = next((n for n in given if n.arrived_on <= deadline), None)
    if timely is not None:
        return Check(
            False, f"{_party(timely.by)}的不续约通知{timely.number}已于{chinese_date(timely.arrived_on)}及时到达", source
        )
    late = min((n.arrived_on for n in given), default=None)
    said = (
        f"不续约通知{chinese_date(late)}才到达，晚于截止日{chinese_date(deadline)}，不生效"
        if late
        else "没有及时到达的不续约通知"
    )
    return Check(True, said, source)


def _chosen(chain: TermChain, terms: RenewalTerms, facts: Circumstances, deadline: date) -> Check:
    source, holder = "lifecycle.end.renewal.option", _party(terms.holder)
    given = [n for n in facts.notices if n.term == chain.current.number and n.chooses and n.by == terms.holder]
    timely = next((n for n in given if n.arrived_on <= deadline), None)
    if timely is not None:
        return Check(True, f"{holder}的选择续约通知{timely.number}已于{chinese_date(timely.arrived_on)}及时到达", source)
    return Check(False, f"{holder}的选择续约通知没有在{chinese_date(deadline)}以前到达", source)


def _party(letter: str) -> str:
    return {"a": "甲方", "b": "乙方"}.get(letter, letter)


def due_renewals(
    chain: TermChain, terms: RenewalTerms, facts: Circumstances, official: WorkingCalendar, today: date
) -> tuple[Term, ...]:
    """The terms that began by themselves up to ``today`` and aren't in the chain yet; several after a long downtime.

    A term begins on the day after the last one (CC:160); on the last day itself nothing has happened yet.
    """
    found: list[Term] = []
    while today > chain.current.last_day:
        ahead = outlook(chain, terms, facts, official, today)
        if ahead.next_term is None:
            break
        found.append(ahead.next_term)
        chain = chain.renewed(ahead.next_term)
    return tuple(found)


def term_facts(chain: TermChain, terms: RenewalTerms, facts: Circumstances, official: WorkingCalendar, today: date) -> TermFacts:
    """What the lifecycle's guards read of the current term."""
    calendar = terms.calendar(official)
    end = chain.end(Reasoner(calendar))
    deadline = _deadline(end, terms, calendar)
    opens = _window(end, deadline, terms, calendar)
    ahead = outlook(chain, terms, facts, official, today)
    return TermFacts(
        last_day=chain.current.last_day,
        window_opens=opens.day if opens else None,
        notice_deadline=deadline.day if deadline else None,
        renews_automatically=ahead.next_term is not None,
        renewed_until=ahead.next_term.last_day if ahead.next_term else None,
    )
