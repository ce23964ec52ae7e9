"""Obligations of one contract: what the library's notation (brief §0.1) means under the answers of its text.

A linked variable is the period; the literal of the notation is only its default, used where nothing was answered. What the notation
says in words (即时, 每季末前, 合同年内) stands in the tables of this module.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import Enum

from app.domain.clauses import ClauseLibrary, ObligationSource
from app.domain.conditions import holds
from app.domain.remembering import remembered
from app.domain.term import Period, Recurrence, Unit
from app.domain.variables import Value, VariableSet, VariableType


class Obligor(Enum):
    """Who owes."""

    A = "A"
    B = "B"
    BOTH = "AB"
    SYSTEM = "SYS"
    """The program itself: nobody has to be reminded of it."""

    @property
    def label(self) -> str:
        return {"A": "甲方", "B": "乙方", "AB": "双方", "SYS": "系统"}[self.value]


class Cause(Enum):
    """What makes an obligation due."""

    EVENT = "event"
    DATE = "date"
    STATE = "state"
    EVERY = "every"


class Place(Enum):
    """Where in (or behind) a period of a recurring obligation its day lies."""

    WORKDAY_AFTER = "workday_after"
    """次月第n个工作日: the report on a month comes in the next one."""
    WORKDAY_WITHIN = "workday_within"
    """当月第n个工作日"""
    DAY_WITHIN = "day_within"
    """当月n日前"""
    END = "end"
    """期末前"""
    NEXT_MONTH = "next_month"
    """期末的次月内"""
    AFTER = "after"
    """期末后n日内"""
    ANNIVERSARY = "anniversary"
    """生效周年日前"""
    WEEKDAY = "weekday"
    """次周星期n"""


@dataclass(frozen=True, slots=True)
class Once:
    """Stages one after the other, each from the end of the one before; none: at once. ``before``: counted back from what is planned."""

    periods: tuple[Period, ...] = ()
    before: bool = False


@dataclass(frozen=True, slots=True)
class Every:
    """Recurring. ``months`` nought: weekly. ``contract``: spans of the contract's own time instead of calendar months and quarters.

    ``parts``: how often within a contract year, evenly; ``on``: place of the (working) day, or the weekday (Monday = 0).
    """

    months: int
    place: Place
    on: int = 0
    contract: bool = False
    after: Period | None = None
    parts: int = 1


@dataclass(frozen=True, slots=True)
class Standing:
    """Goes on as long as the state lasts. ``minutes``: to be repeated that often; ``keep``: what is kept must be kept that long."""

    keep: Period | None = None
    minutes: int = 0


Timing = Once | Every | Standing


@dataclass(frozen=True, slots=True)
class Duty:
    """One obligation as the answers of a text state it.

    ``anchor``: event, state or date variable; ``offsets``: for a date, how far from it (negative: before). ``linked``: the variables
    that the period was taken from. ``lead``: how long before its day somebody is reminded.
    """

    id: str
    section: str
    obligor: Obligor
    action: str
    provision: str
    cause: Cause
    anchor: str
    timing: Timing
    offsets: tuple[Period, ...] = ()
    lead: Period | None = None
    linked: tuple[str, ...] = ()

    @property
    def needs_moment(self) -> bool:
        """Whether the hour of the event counts."""
        timing = self.timing
        if isinstance(timing, Once):
            return any(p.unit in HOURS for p in timing.periods)
        return isinstance(timing, Standing) and timing.minutes > 0


HOURS = frozenset({Unit.HOURS, Unit.SERVICE_HOURS, Unit.MINUTES})

ROLES: Mapping[str, str] = {
    "3": "团队管理", "5": "质量管理", "6": "技术支持", "7": "信息安全", "8": "财务结算", "9": "法务", "10": "法务", "12.1": "法务", "14": "法务",
}  # fmt: skip


def role_of(section: str) -> str:
    """The function within a party that usually keeps the duties of a section; everything else is the project manager's."""
    return ROLES.get(section) or ROLES.get(section.partition(".")[0]) or "项目经理"


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The obligations of a form with the sections they stand in, and its variables."""

    sources: tuple[tuple[str, ObligationSource], ...]
    variables: VariableSet

    @classmethod
    def of(cls, library: ClauseLibrary) -> Catalogue:
        return _catalogue_of(library)

    def duties(self, values: Mapping[str, Value], provisions: Mapping[str, str]) -> tuple[Duty, ...]:
        """The obligations that exist: their provision is part of the text, their condition holds."""
        found = []
        for section, source in self.sources:
            if source.provision in provisions and (not source.when or holds(source.when, values)):
                duty = _Reading(source, section, values, self.variables).duty()
                if duty is not None:
                    found.append(duty)
        return tuple(found)

    def events(self) -> tuple[str, ...]:
        """Every event that an obligation of this form waits for, in the order of the sections."""
        names = [o.trigger.partition(":")[2] for _, o in self.sources if o.trigger.startswith("event:")]
        return tuple(dict.fromkeys(names))


@remembered(4)
def _catalogue_of(library: ClauseLibrary) -> Catalogue:
    return Catalogue(tuple((s.number, o) for s in library.sections() for o in s.obligations), library.variables)


AT_ONCE = frozenset({"", "-", "即时", "立即", "当日", "及时", "按日", "签约时", "签署时"})
BEFORE = frozenset({"事前", "上岗前"})
MONTHS: Mapping[str, int] = {"monthly": 1, "quarterly": 3, "half_yearly": 6, "yearly": 12}
WEEKDAYS: Mapping[str, int] = {name: n for n, name in enumerate(("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"))}
_UNITS: Mapping[str, Unit] = {
    "工作日": Unit.WORKING_DAYS, "自然日": Unit.DAYS, "服务小时": Unit.SERVICE_HOURS, "自然小时": Unit.HOURS, "分钟": Unit.MINUTES,
    "月": Unit.MONTHS, "年": Unit.YEARS,
}  # fmt: skip
_ORDINAL, _TIMES, _HOUR = "工作日序号", "次", "小时"
_SPANS: Mapping[str, tuple[Place, bool]] = {
    "每季末前": (Place.END, False), "每半年末前": (Place.END, False), "季末次月": (Place.NEXT_MONTH, False), "期末": (Place.END, True),
    "期末月": (Place.END, True), "合同年内": (Place.END, True), "依法": (Place.END, True), "周年日": (Place.ANNIVERSARY, True),
}  # fmt: skip
_MONTH_DAY = re.compile(r"每月(\d{1,2})日前")
_AFTER = re.compile(r"季后(\d{1,3}D)内")
_AT_MOST = re.compile(r"≤(\d{1,3}(?:min|H|SH))")
_CLOCKS = {"natural_hours": Unit.HOURS, "service_hours": Unit.SERVICE_HOURS}


class NotationError(ValueError):
    """A line of the library that this module can't read; the message (Chinese) names it."""


@dataclass(slots=True)
class _Reading:
    """Reads one line. ``linked`` collects the variables whose values took the place of a literal."""

    source: ObligationSource
    section: str
    values: Mapping[str, Value]
    variables: VariableSet
    linked: tuple[str, ...] = ()

    def duty(self) -> Duty | None:
        source = self.source
        kind, _, rest = source.trigger.partition(":")
        offsets: tuple[Period, ...] = ()
        timing: Timing | None
        if source.trigger.startswith("EVERY "):
            cause, anchor, timing = Cause.EVERY, "", self._every()
        elif kind == "date":
            cause, (anchor, _, tail) = Cause.DATE, rest.partition(" ")
            timing, offsets = Once(), self._offsets(tail)
        elif kind == "state":
            cause, anchor, timing = Cause.STATE, rest, self._standing()
        elif kind == "event":
            cause, anchor, timing = Cause.EVENT, rest, self._once()
        else:
            raise NotationError(f"义务 {source.id} 的触发“{source.trigger}”无法识别")
        if timing is None:
            return None
        lead = Period.parse(source.remind) if source.remind not in ("", "-") else None
        return Duty(
            source.id, self.section, Obligor(source.obligor), source.action, source.provision, cause, anchor, timing, offsets, lead,
            self.linked,
        )  # fmt: skip

    def _once(self) -> Once:
        source, due = self.source, self.source.due
        before = source.clock.endswith("(事前)")
        if due in BEFORE:
            return Once((), True)
        if due in AT_ONCE:
            return Once((), before)
        if due.startswith("见"):
            return Once((self._period("15min", source.further[0]),))
        most = _AT_MOST.search(due)
        parts = [most[1]] if most else due.removesuffix("内").split("→")
        names = (source.variable, *source.further)
        found = tuple(self._period(text, names[n] if n < len(names) else "") for n, text in enumerate(parts))
        clock = next((_CLOCKS[str(v)] for n in source.further if (v := self.values.get(n)) in _CLOCKS), None)
        if clock is not None:
            found = tuple(replace(p, unit=clock) for p in found)
            self.linked = (*self.linked, source.further[0])
        return Once(found, before)

    def _offsets(self, tail: str) -> tuple[Period, ...]:
        value = self.values.get(self.source.variable)
        if "/" in tail and isinstance(value, tuple) and value:
            self.linked = (self.source.variable,)
            return tuple(Period(-Decimal(str(v)), Unit.DAYS) for v in value)
        return tuple(self._period(text, self.source.variable) for text in tail.split("/") if text.strip())

    def _standing(self) -> Standing:
        due = self.source.due
        if due.startswith("EVERY"):
            recurrence = Recurrence.parse(due)
            minutes = self._period(f"{recurrence.amount}min", self.source.variable)
            return Standing(minutes=int(minutes.amount))
        return Standing(self._period(due[1:], self.source.variable)) if due.startswith("≥") else Standing()

    def _every(self) -> Every | None:
        source = self.source
        recurrence = Recurrence.parse(source.trigger)
        if recurrence.unit is Unit.WEEKS:
            return Every(0, Place.WEEKDAY, self._weekday(recurrence.weekday or 0))
        months = recurrence.amount * (12 if recurrence.unit is Unit.YEARS else 1)
        months = self._months(months)
        if recurrence.working:
            place = Place.WORKDAY_WITHIN if source.due == "当月" else Place.WORKDAY_AFTER
            return Every(months, place, self._ordinal(recurrence.on))
        if day := _MONTH_DAY.fullmatch(source.due):
            return Every(months, Place.DAY_WITHIN, int(day[1]))
        if after := _AFTER.fullmatch(source.due):
            return Every(months, Place.AFTER, after=Period.parse(after[1]))
        if source.due not in _SPANS:
            raise NotationError(f"义务 {source.id} 的期限“{source.due}”无法识别")
        place, contract = _SPANS[source.due]
        parts = self._times()
        if parts == 0:
            return None
        return Every(months, place, contract=contract, parts=parts)

    # ---- values in the place of literals

    def _period(self, literal: str, name: str) -> Period:
        """The literal, or what the variable says where it is a period of the same kind."""
        default = Period.parse(literal)
        variable = self.variables.get(name) if name and not self.source.fixed else None
        value = self.values.get(name)
        if variable is None or isinstance(value, bool) or not isinstance(value, int | Decimal):
            return default
        unit = default.unit if variable.unit == _HOUR else _UNITS.get(variable.unit)
        if unit is not default.unit:
            return default
        self.linked = (*self.linked, name)
        amount = Decimal(value)
        return Period(-amount if default.amount < 0 else amount, unit)

    def _months(self, literal: int) -> int:
        for name in (self.source.variable, *self.source.further):
            variable, value = self.variables.get(name) if name else None, self.values.get(name)
            if variable is not None and variable.type is VariableType.ENUM and isinstance(value, str) and value in MONTHS:
                self.linked = (*self.linked, name)
                return MONTHS[value]
        return literal

    def _ordinal(self, literal: int) -> int:
        for name in (self.source.variable, *self.source.further):
            variable, value = self.variables.get(name) if name else None, self.values.get(name)
            if variable is not None and variable.unit == _ORDINAL and isinstance(value, int):
                self.linked = (*self.linked, name)
                return value
        return literal

    def _weekday(self, literal: int) -> int:
        value = self.values.get(self.source.variable)
        if not isinstance(value, str) or value not in WEEKDAYS:
            return literal
        self.linked = (*self.linked, self.source.variable)
        return WEEKDAYS[value]

    def _times(self) -> int:
        name, value = self.source.variable, self.values.get(self.source.variable)
        variable = self.variables.get(name) if name else None
        if variable is None or variable.unit != _TIMES or isinstance(value, bool) or not isinstance(value, int):
            return 1
        self.linked = (*self.linked, name)
        return value
