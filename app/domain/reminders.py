"""Reminders: which days before and after a date somebody is told of it, who is told, and at what hour.

A date in the record (its topic says of what) has a policy; policy and date give the days on which people are reminded. Everything here
is arithmetic on days and hours in Beijing; what is stored and sent is the services' affair.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import Enum

from app.domain.calendar import WorkingCalendar
from app.domain.errors import InputFault
from app.domain.term import BEIJING

_ONE_DAY = timedelta(days=1)
MAIL = "mail"
"""The channel that everybody has; the others are the house's group robots and webhooks by their id."""
MOVED = "moved"
"""The step of a reminder that tells of a date which was moved after people had been reminded of it."""
FARTHEST = 1095
MOST = 12


class Topic(Enum):
    """What a date is a date of; the value is stored."""

    RENEWAL = "renewal"
    """最晚安全寄送日: the last day on which a notice on the renewal can safely be sent (sections 11.3, 12.2)."""
    EXPIRY = "expiry"
    """届满日: the last day of the term."""
    PAYMENT = "payment"
    """付款到期日: an amount falls due (section 8.2)."""
    OBLIGATION = "obligation"
    """义务到期日: any other duty with a date."""
    SETTLEMENT = "settlement"
    """结算节点: figures, settlement statement, confirmation, invoice (chapter 8)."""
    RECTIFICATION = "rectification"
    """整改期限 (section 5.3)."""
    LICENCE = "licence"
    """许可证与资质到期日."""
    AUTHORITY = "authority"
    """授权委托书到期日 (section 14.3)."""
    DELETION = "deletion"
    """删除证明提交日 (sections 7.2, 11.3)."""
    LPR = "lpr"
    """LPR 参数的核对日: the day from which the stored rate is too old."""
    LAW_STATUS = "law_status"
    """法律状态的核对日."""
    HOLIDAYS = "holidays"
    """次年放假安排的录入期限: three days after the official notice."""

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def day_label(self) -> str:
        """What its date is called."""
        return _DAY_LABELS[self]

    @property
    def of_house(self) -> bool:
        """Concerns no single contract, but the house."""
        return self in (Topic.LICENCE, Topic.LPR, Topic.LAW_STATUS, Topic.HOLIDAYS)


_LABELS = {
    Topic.RENEWAL: "续约决定", Topic.EXPIRY: "期限届满", Topic.PAYMENT: "付款", Topic.OBLIGATION: "履约义务", Topic.SETTLEMENT: "结算",
    Topic.RECTIFICATION: "整改", Topic.LICENCE: "许可证与资质", Topic.AUTHORITY: "授权委托书", Topic.DELETION: "删除证明",
    Topic.LPR: "LPR 参数", Topic.LAW_STATUS: "法律状态", Topic.HOLIDAYS: "次年放假安排",
}  # fmt: skip
_DAY_LABELS = {
    Topic.RENEWAL: "最晚安全寄送日", Topic.EXPIRY: "届满日", Topic.PAYMENT: "付款到期日", Topic.OBLIGATION: "到期日",
    Topic.SETTLEMENT: "到期日", Topic.RECTIFICATION: "整改期限", Topic.LICENCE: "有效期至", Topic.AUTHORITY: "有效期至",
    Topic.DELETION: "提交期限", Topic.LPR: "应当核对日", Topic.LAW_STATUS: "应当核对日", Topic.HOLIDAYS: "录入期限",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Policy:
    """How one topic is reminded of.

    ``days``: relative to the date, negative before it; none: nobody is reminded. From ``deputy_from`` (``head_from``) on, the deputy
    (the head) is told as well, as long as nothing was decided; None: never. ``channels``: in order; the next one serves where the one
    before failed for good. ``working_days``: a reminder before the date moves ahead to a working day, one after it moves back.
    """

    days: tuple[int, ...]
    deputy_from: int | None = None
    head_from: int | None = None
    channels: tuple[str, ...] = (MAIL,)
    working_days: bool = True


DEFAULTS: Mapping[Topic, Policy] = {
    Topic.RENEWAL: Policy((-90, -60, -30, -7), deputy_from=-30, head_from=-7),
    Topic.EXPIRY: Policy((-30, -7)),
    Topic.PAYMENT: Policy((-5, -1, 1, 7, 15, 30), deputy_from=7, head_from=15),
    Topic.OBLIGATION: Policy((-7, -1, 1, 7), deputy_from=1, head_from=7),
    Topic.SETTLEMENT: Policy((-3, 0, 1, 7), deputy_from=1, head_from=7),
    Topic.RECTIFICATION: Policy((-5, -1, 1), deputy_from=1, head_from=1),
    Topic.LICENCE: Policy((-60, -30), head_from=-30),
    Topic.AUTHORITY: Policy((-30,), head_from=-30),
    Topic.DELETION: Policy((-5,), head_from=-5),
    Topic.LPR: Policy((0, 30, 60), head_from=30),
    Topic.LAW_STATUS: Policy((0, 30, 60), head_from=30),
    Topic.HOLIDAYS: Policy((-3, 0, 7, 14), head_from=7),
}
"""Part D of the brief, where it says a number; the rest is this system's."""
LPR_DAYS = 60
LAW_STATUS_DAYS = 180
"""Older than this is too old (brief D): the day after is the date of the topic."""
HOLIDAYS_AFTER_NOTICE = 3
"""Days in which a published arrangement is to be entered (brief D)."""


class Level(Enum):
    """Where a policy is set; the nearer one takes the place of the farther one."""

    HOUSE = "house"
    FORM = "form"
    CONTRACT = "contract"

    @property
    def label(self) -> str:
        return {"house": "全单位", "form": "合同类型", "contract": "本合同"}[self.value]


@dataclass(frozen=True, slots=True)
class Resolved:
    """The policy that applies, and where it comes from (None: the built-in default)."""

    policy: Policy
    level: Level | None


def resolve(topic: Topic, found: Mapping[Level, Policy]) -> Resolved:
    """``found``: the levels at which this topic is overridden for the contract in question."""
    for level in (Level.CONTRACT, Level.FORM, Level.HOUSE):
        if level in found:
            return Resolved(found[level], level)
    return Resolved(DEFAULTS[topic], None)


@dataclass(frozen=True, slots=True)
class Moment:
    """One day on which to remind. ``days``: as the policy counts it; ``on``: the day after moving it to a working day."""

    days: int
    on: date

    @property
    def step(self) -> str:
        return f"{self.days:+d}"


def moments(due_on: date, policy: Policy, calendar: WorkingCalendar, agreed: Iterable[int] = ()) -> tuple[Moment, ...]:
    """Every moment in order of its days. ``agreed``: days that the contract's own text promises besides the policy."""
    chosen = sorted({*policy.days, *agreed})
    return tuple(Moment(count, _working(due_on + count * _ONE_DAY, count, policy, calendar)) for count in chosen)


def _working(day: date, count: int, policy: Policy, calendar: WorkingCalendar) -> date:
    if policy.working_days:
        step = -_ONE_DAY if count <= 0 else _ONE_DAY
        while not calendar.is_working_day(day):
            day += step
    return day


# ---- hours


@dataclass(frozen=True, slots=True)
class Hours:
    """When people are written to, in Beijing time: at ``send_at`` on the day; never from ``quiet_from`` until ``quiet_until``."""

    send_at: time = time(8, 30)
    quiet_from: time = time(20, 0)
    quiet_until: time = time(8, 0)

    def at(self, day: date) -> datetime:
        """The instant at which a reminder of this day goes out."""
        return datetime.combine(day, self.send_at, BEIJING)

    def is_quiet(self, instant: datetime) -> bool:
        clock = instant.astimezone(BEIJING).time()
        if self.quiet_from <= self.quiet_until:
            return self.quiet_from <= clock < self.quiet_until
        return clock >= self.quiet_from or clock < self.quiet_until

    def next_awake(self, instant: datetime) -> datetime:
        """``instant`` itself, or the end of the quiet hours it falls into."""
        if not self.is_quiet(instant):
            return instant
        local = instant.astimezone(BEIJING)
        wakes = datetime.combine(local.date(), self.quiet_until, BEIJING)
        return wakes if wakes > local else wakes + _ONE_DAY

    def next_morning(self, instant: datetime, calendar: WorkingCalendar) -> datetime:
        """The hour of sending on the next working day after ``instant``."""
        day = instant.astimezone(BEIJING).date() + _ONE_DAY
        while not calendar.is_working_day(day):
            day += _ONE_DAY
        return self.at(day)

    def faults(self) -> tuple[InputFault, ...]:
        found = []
        if self.quiet_from == self.quiet_until:
            found.append(InputFault("quiet_from", "免打扰时段", "起止时刻不能相同", "例如 20:00 至次日 08:00"))
        elif self.is_quiet(self.at(date(2026, 1, 5))):
            found.append(InputFault("send_at", "发送时刻", "落在免打扰时段内，提醒会发不出去", "改发送时刻，或者缩短免打扰时段"))
        return tuple(found)


URGENT_DAYS = 2


def is_urgent(due_on: date, today: date) -> bool:
    """Too near to wait for the next day's digest."""
    return abs((due_on - today).days) <= URGENT_DAYS


# ---- people


@dataclass(frozen=True, slots=True)
class People:
    """Who could be told of one date, by user id. ``able``: those whose account is open, who have an address and may read it."""

    responsible: str | None
    deputy: str | None
    head: str | None
    keepers: tuple[str, ...]
    able: frozenset[str]


@dataclass(frozen=True, slots=True)
class Recipient:
    user_id: str
    why: str
    """Empty for the one responsible; otherwise why this person is told, in words."""


def recipients(days: int, policy: Policy, people: People) -> tuple[Recipient, ...]:
    """The one responsible first. Where that account is closed, or nobody is named, deputy and head take the place at once; where they
    can't either, those who keep the register. Empty: nobody at all may be told."""
    found: dict[str, str] = {}

    def add(user_id: str | None, why: str) -> None:
        if user_id and user_id in people.able:
            found.setdefault(user_id, why)

    add(people.responsible, "")
    absent = not found
    gone = "负责人的账号已停用" if people.responsible else "没有指定负责人"
    if absent or (policy.deputy_from is not None and days >= policy.deputy_from):
        add(people.deputy, gone if absent else "至今没有处理，抄送代理人")
    if absent or (policy.head_from is not None and days >= policy.head_from):
        add(people.head, gone if absent else "至今没有处理，抄送上级")
    if not found:
        for keeper in people.keepers:
            add(keeper, gone)
    return tuple(Recipient(user_id, why) for user_id, why in found.items())


# ---- entering a policy


def read_days(text: str) -> tuple[tuple[int, ...], str]:
    """Days as people write them (``-90, -60、+7``) and what is wrong with them (empty: nothing)."""
    pieces = text.replace("−", "-").replace("－", "-").replace("，", ",").replace("、", ",").replace(" ", ",").split(",")
    found = set[int]()
    for piece in filter(None, (p.strip().removesuffix("日") for p in pieces)):
        sign, digits = (piece[0], piece[1:]) if piece[0] in "+-" else ("+", piece)
        if not digits.isdecimal() or len(digits) > 5 or int(digits) > FARTHEST:
            return (), f"“{piece[:12]}”不是可用的天数（−{FARTHEST} 至 +{FARTHEST} 的整数，负数为到期前）"
        found.add(-int(digits) if sign == "-" else int(digits))
    if len(found) > MOST:
        return (), f"最多 {MOST} 个提醒日"
    return tuple(sorted(found)), ""


def show_days(days: Iterable[int]) -> str:
    return "、".join(f"+{d}" if d > 0 else str(d).replace("-", "−") for d in days)


def distance(due_on: date, today: date) -> str:
    """How far a date is, in words."""
    left = (due_on - today).days
    if left == 0:
        return "就是今天"
    return f"还有 {left} 天" if left > 0 else f"已过 {-left} 天"


def with_channels(policy: Policy, known: Iterable[str]) -> Policy:
    """Without channels that there are no more; mail always stands at the end, so that nothing is without a way."""
    kept = [c for c in policy.channels if c == MAIL or c in set(known)]
    return replace(policy, channels=tuple(kept if MAIL in kept else [*kept, MAIL]))
