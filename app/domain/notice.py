"""Notices of section 12.2: how they may be sent, when they count as arrived, and until when sending is still safe.

A notice works by arriving (CC:137). Forward: sent on a day → arrived at the latest on a day. Backward: must have arrived by a day →
the last working day on which sending is safe. Both give their reasoning; the backward one is checked by the forward one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from enum import Enum

from app.domain.calendar import WorkingCalendar
from app.domain.errors import ContractError
from app.domain.reasoning import Direction, ReasonedDate, Reasoner, Step, days
from app.domain.term import Period, Unit, chinese_date, hours_after
from app.domain.variables import Value

_ONE_DAY = timedelta(days=1)


class Method(Enum):
    """How a notice is sent (section 12.2)."""

    HAND = "hand"
    """当面递交、专人送达: arrives when signed for, or when left behind under record where the other side refuses."""
    EXPRESS = "express"
    """邮政特快专递 (EMS): arrives when signed for or delivered, when returned, otherwise after the agreed days."""
    EMAIL = "email"
    """指定邮箱: arrives on entering the mailbox, where that can't be shown after the agreed hours."""
    SYSTEM = "system"
    """指定系统站内信: arrives on entering the system (CC:137, ESL:11)."""

    @property
    def label(self) -> str:
        return {"hand": "当面或专人送达", "express": "邮政特快专递", "email": "指定邮箱", "system": "指定系统站内信"}[self.value]

    @property
    def source(self) -> str:
        """The item of section 12.2 that has its rule of arrival."""
        return f"misc.notice.methods.{self.value}"


class Proof(Enum):
    """What shows the arrival (section 12.2); the value is stored."""

    SIGNED_FOR = "signed_for"
    """签收: signed for, or the carrier's record of delivery."""
    LEFT_BEHIND = "left_behind"
    """拒收留置: refused in person and left behind under witness or recording."""
    RETURNED = "returned"
    """退回: the carrier returned it (refused, nobody there, address unknown); the day of return counts."""
    ENTERED = "entered"
    """进入系统: entered the mailbox or the system, by log or header."""
    DEEMED = "deemed"
    """视为到达: nothing of this could be obtained; the agreed period ran out."""

    @property
    def label(self) -> str:
        return {
            "signed_for": "签收或者妥投记录", "left_behind": "拒收留置的见证或者影像", "returned": "退回记录",
            "entered": "进入邮箱或者系统的记录", "deemed": "期满视为到达",
        }[self.value]  # fmt: skip


PROOFS: Mapping[Method, frozenset[Proof]] = {
    Method.HAND: frozenset({Proof.SIGNED_FOR, Proof.LEFT_BEHIND}),
    Method.EXPRESS: frozenset({Proof.SIGNED_FOR, Proof.RETURNED, Proof.DEEMED}),
    Method.EMAIL: frozenset({Proof.ENTERED, Proof.DEEMED}),
    Method.SYSTEM: frozenset({Proof.ENTERED}),
}
"""What may show the arrival by each method; only two methods have a fallback period."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a party is served: what section 12.2 registers for it."""

    postal: str = ""
    email: str = ""
    system: str = ""

    def of(self, method: Method) -> str:
        return {Method.EMAIL: self.email, Method.SYSTEM: self.system}.get(method, self.postal)


@dataclass(frozen=True, slots=True)
class NoticeRules:
    """Section 12.2 of one contract. ``express_days`` natural days from the day after posting; ``email_hours`` natural hours."""

    express_days: int
    email_hours: Decimal
    addresses: Mapping[str, Address]
    """By party, ``a`` and ``b``."""

    @classmethod
    def from_values(cls, values: Mapping[str, Value]) -> NoticeRules:
        """Raises ``notice.rules`` where section 12.2 is not filled in."""
        express, hours = values.get("notice.express_days"), values.get("notice.email_hours")
        if not isinstance(express, int) or not isinstance(hours, int | Decimal):
            raise ContractError("notice.rules", "第12.2节未填写快递视为送达天数或者邮件视为送达小时，无法计算到达日。")
        return cls(express, Decimal(hours), {p: _address(values, p) for p in ("a", "b")})

    def methods(self, recipient: str) -> tuple[Method, ...]:
        """What can be used towards a party: only what an address is registered for."""
        return tuple(m for m in Method if self.addresses[recipient].of(m))


def _address(values: Mapping[str, Value], party: str) -> Address:
    def text(name: str) -> str:
        found = values.get(f"notice.party_{party}_{name}")
        return found.strip() if isinstance(found, str) else ""

    return Address(text("address"), text("email"), text("system"))


def arrival(method: Method, sent: date, rules: NoticeRules, calendar: WorkingCalendar) -> ReasonedDate:
    """The day by which a notice sent on ``sent``, at whatever time of that day, has arrived or counts as arrived.

    What the method promises by itself: a receipt may show an earlier arrival, a return by the carrier another one.
    """
    reasoner = Reasoner(calendar)
    reasoner.given(f"以{method.label}发出", sent)
    return reasoner.result("最迟到达日", _arrives(reasoner, method, sent, rules))


def _arrives(reasoner: Reasoner, method: Method, sent: date, rules: NoticeRules) -> date:
    source = method.source
    match method:
        case Method.EXPRESS:
            raw = reasoner.forward("无退回记录的视为到达", sent, days(rules.express_days), source)
            return reasoner.later("期间末日遇休假日", raw, "general.definitions.periods.end", "CC:203")
        case Method.EMAIL:
            arrived = sent + email_days(rules) * _ONE_DAY
            period = Period(rules.email_hours, Unit.HOURS)
            rule = "无进入记录且未退信的，自发送成功起视为到达（按当日最晚发送计）"
            reasoner.steps.append(
                Step(rule, (source,), Direction.GIVEN, sent, arrived, period, f"满{period.text}，小时期间不因休假日顺延")
            )
            return arrived
        case Method.HAND:
            return reasoner.given("签收之日到达", sent, source)
        case Method.SYSTEM:
            return reasoner.given("进入指定系统之日到达", sent, source)


def email_days(rules: NoticeRules) -> int:
    """Days by which the arrival may lie behind the day of sending: something sent just before midnight needs all its hours."""
    return int((rules.email_hours / 24).to_integral_value(ROUND_CEILING))


def email_arrival(sent: datetime, rules: NoticeRules) -> datetime:
    """The moment in Beijing time at which a mail counts as arrived where its entry can't be shown (section 12.2)."""
    return hours_after(sent, rules.email_hours)


def last_safe_day(
    due: ReasonedDate, method: Method, rules: NoticeRules, calendar: WorkingCalendar, margin: int = 0
) -> ReasonedDate:
    """The last working day on which sending by ``method`` still arrives by ``due``, without any receipt.

    ``margin``: natural days kept in hand on the way. Where ``due`` is no working day, the working day before it counts.
    Raises ``notice.margin`` for a negative one.
    """
    if margin < 0:
        raise ContractError("notice.margin", "在途余量应为0个或者更多自然日。")
    reasoner = Reasoner(calendar)
    reasoner.take(due)
    last = reasoner.earlier("到达截止日遇休假日", due.day, "general.definitions.periods.end")
    day = _counted_back(reasoner, method, last, rules)
    if margin:
        day = reasoner.back("预留在途余量", day, days(margin))
    day = reasoner.earlier("发出日应为工作日", day)
    check = arrival(method, day, rules, calendar)
    if check.day > last:  # pragma: no cover  (a property test holds it; a wrong date is worse than none)
        raise ContractError("notice.unsafe", "最后安全发出日未通过正向核对，请人工计算。")
    reasoner.missing |= set(check.provisional_years)
    rule = f"正向核对：{chinese_date(day)}以{method.label}发出的最迟到达日"
    reasoner.steps.append(Step(rule, (method.source,), Direction.GIVEN, day, check.day, remark=f"不晚于{chinese_date(last)}"))
    return reasoner.result(f"最后安全发出日（{method.label}）", day)


def _counted_back(reasoner: Reasoner, method: Method, last: date, rules: NoticeRules) -> date:
    match method:
        case Method.EXPRESS:
            return reasoner.back("特快专递视为到达的天数", last, days(rules.express_days), method.source)
        case Method.EMAIL:
            hours = Period(rules.email_hours, Unit.HOURS)
            day = last - email_days(rules) * _ONE_DAY
            rule = f"邮件视为到达的{hours.text}（按当日最晚发送计）"
            reasoner.steps.append(Step(rule, (method.source,), Direction.BACK, last, day, hours, reasoner.kind(day)))
            return day
        case Method.HAND | Method.SYSTEM:
            return reasoner.given("当日发出当日到达", last, method.source)


def last_safe_days(
    due: ReasonedDate, recipient: str, rules: NoticeRules, calendar: WorkingCalendar, margin: int = 0
) -> Mapping[Method, ReasonedDate]:
    """``last_safe_day`` for every method that the recipient registered an address for."""
    return {m: last_safe_day(due, m, rules, calendar, margin) for m in rules.methods(recipient)}


CAUTION = (
    "特快专递遇拒收、无人签收或者地址不详而有退回记录的，以退回之日为到达日，可能晚于视为到达的天数；"
    "宜同日以指定邮箱并送，多种方式并用的以最先到达者为准（第12.2节）。"
)
"""What no calculation can promise; shown beside every last safe day by express."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One sending of one paper and what is known of its arrival. ``arrived_on`` None: not shown yet.

    ``evidence``: number or name of the receipt, log or record that the sender keeps (section 12.2).
    """

    method: Method
    sent_on: date
    arrived_on: date | None = None
    proof: Proof | None = None
    evidence: str = ""


def delivery_faults(delivery: Delivery, rules: NoticeRules, calendar: WorkingCalendar, today: date) -> tuple[str, ...]:
    """What is wrong with a record of arrival, each a Chinese sentence; empty where it can be relied on."""
    method, arrived, proof = delivery.method, delivery.arrived_on, delivery.proof
    faults = []
    if delivery.sent_on > today:
        faults.append(f"发出日{delivery.sent_on.isoformat()}尚未到来，请在实际发出后记录。")
    if arrived is None or proof is None:
        return tuple(faults)
    if arrived > today:
        faults.append(f"到达日{arrived.isoformat()}尚未到来，请在实际到达后记录。")
    if arrived < delivery.sent_on:
        faults.append(f"到达日{arrived.isoformat()}早于发出日{delivery.sent_on.isoformat()}，请核对。")
    if proof not in PROOFS[method]:
        allowed = "、".join(p.label for p in Proof if p in PROOFS[method])
        faults.append(f"以{method.label}发出的，到达的证明应当是{allowed}，不能是“{proof.label}”。")
    elif proof is Proof.DEEMED:
        deemed = arrival(method, delivery.sent_on, rules, calendar).day
        if arrived < deemed:
            faults.append(f"期满视为到达的，到达日不早于{deemed.isoformat()}；有签收、进入记录的，请改选相应证明。")
    if proof is not Proof.DEEMED and not delivery.evidence.strip():
        faults.append("请写明送达证据（回执、妥投记录、邮件头或者系统日志的编号或者名称）。")
    return tuple(faults)


def first_arrival(deliveries: Iterable[Delivery]) -> Delivery | None:
    """Where several ways were used, the one that arrived first counts (section 12.2)."""
    arrived = [d for d in deliveries if d.arrived_on is not None]
    return min(arrived, key=lambda d: d.arrived_on or date.max, default=None)


def rescission_faults(deliveries: Iterable[Delivery], notice_method: Value) -> tuple[str, ...]:
    """What section 9.3 asks of the sending of a notice of rescission: express or the system, and the mailbox on the same day."""
    sent = tuple(deliveries)
    main = Method.SYSTEM if notice_method == "system_delivery" else Method.EXPRESS
    first = next((d for d in sent if d.method is main), None)
    if first is None:
        return (f"解除通知应当以{main.label}发出（第9.3节）。",)
    if not any(d.method is Method.EMAIL and d.sent_on == first.sent_on for d in sent):
        return (f"解除通知应当于{first.sent_on.isoformat()}当日同时发送对方指定邮箱（第9.3节）。",)
    return ()
