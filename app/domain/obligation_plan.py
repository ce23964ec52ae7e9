"""The obligations of a contract as dated instances over its term: one-off, recurring, begun by an event, or standing.

Pure and repeatable: the same texts, terms, events and calendar give the same instances under the same keys, so that planning again
after an amendment, a renewal or an ending changes only what really changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache

from app.domain.calendar import WorkingCalendar
from app.domain.obligation_basis import (
    Basis,
    Due,
    Instance,
    Line,
    Occasion,
    Text,
    clock_words,
    month_step,
    remind_on,
    service_window,
    span_label,
    step_of,
    warning,
)
from app.domain.obligations import HOURS, Catalogue, Cause, Duty, Every, Once, Place, Standing
from app.domain.priorities import response_limit
from app.domain.reasoning import Reasoner
from app.domain.remembering import Same
from app.domain.term import BEIJING, Interval, LegalDate, Period, ServiceWindow, Unit, chinese_date, nth_working_day, service_due

_ONE_DAY = timedelta(days=1)
_START, _ROLL = "general.definitions.periods.start", "general.definitions.periods.end"
_HOURS, _PAUSE = "general.definitions.periods.hours", "scope.hours.pause"
RESPONSES = frozenset({"O-2.3-1", "O-2.3-2"})
"""First responses to a ticket, whose limit hangs on its level."""
AFTER_HOURS = "O-2.3-2"
MOST_REPORTS = 200
"""Reports on one open incident: more are no longer planned one by one."""
_WEEKDAY_NAMES = "一二三四五六日"


def plan(catalogue: Catalogue, basis: Basis, occasions: Iterable[Occasion] = ()) -> tuple[Instance, ...]:
    """Every instance, in the order of days. An event is governed by the text of its day, a period by the text of its last day."""
    happened = tuple(occasions)
    found: dict[str, Instance] = {}
    for number, text in enumerate(basis.texts):
        first = date.min if number == 0 else text.starts
        last = basis.texts[number + 1].starts - _ONE_DAY if number + 1 < len(basis.texts) else date.max
        planner = _Planner(catalogue, basis, text, first, last)
        dated, waiting = _by_calendar(planner)
        for instance in dated:
            found.setdefault(instance.key, instance)
        for duty in waiting:
            for instance in planner.begun(duty, happened):
                found.setdefault(instance.key, _labelled(instance, text.labels))
    return tuple(sorted(found.values(), key=lambda i: (i.due.day if i.due else date.max, i.key)))


@dataclass(frozen=True, slots=True, eq=False)
class _Planner:
    """Plans under one text for what falls into ``first``–``last``.

    Two are the same where everything is that a plan by the calendar rests on: by what they are where that is large and never changes.
    """

    catalogue: Catalogue
    basis: Basis
    text: Text
    first: date
    last: date

    def _key(self) -> tuple[object, ...]:
        basis, large = self.basis, Same(self.catalogue, self.text.values, self.text.labels, self.basis.official)
        return large, basis.chain, basis.effective_on, basis.ended_on, self.first, self.last

    def __hash__(self) -> int:
        return hash(self._key())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Planner) and self._key() == other._key()

    @property
    def calendar(self) -> WorkingCalendar:
        official = self.basis.official
        return official.without_make_up_days() if self.text.values.get("defs.workday_source") == "mon_fri_only" else official

    def governs(self, day: date) -> bool:
        return self.first <= day <= self.last

    def dated(self, duty: Duty) -> Iterator[Instance]:
        """What comes by the calendar alone, whatever happens."""
        match duty.cause:
            case Cause.DATE:
                yield from self._dated(duty)
            case Cause.EVERY if isinstance(duty.timing, Every):
                yield from self._weekly(duty, duty.timing) if duty.timing.months == 0 else self._spans(duty, duty.timing)
            case Cause.STATE if isinstance(duty.timing, Standing) and _all_along(duty):
                yield from self._standing(duty, duty.timing)
            case _:
                return

    def begun(self, duty: Duty, occasions: tuple[Occasion, ...]) -> Iterator[Instance]:
        """What waits for something to happen."""
        match duty.cause:
            case Cause.STATE if isinstance(duty.timing, Standing):
                yield from self._lasting(duty, duty.timing, occasions)
            case Cause.EVENT if isinstance(duty.timing, Once):
                for occasion in occasions:
                    if occasion.kind == duty.anchor and self.governs(occasion.day):
                        yield from self._begun(duty, duty.timing, occasion)
            case _:
                return

    # ---- one-off days of the term

    def _dated(self, duty: Duty) -> Iterator[Instance]:
        if duty.anchor == "term.start_date":
            anchor, name, place = self.basis.first_day, "服务起始日", "start"
        elif duty.anchor == "term.end_date":
            term = self.basis.chain.current
            anchor, name, place = term.last_day, f"{term.name}届满日", f"term{term.number}"
        else:
            return
        if not self.governs(anchor) or (self.basis.ended_on is not None and self.basis.ended_on < anchor and place != "start"):
            return
        for number, offset in enumerate(duty.offsets or (None,), 1):
            reasoner = Reasoner(self.calendar)
            day = reasoner.given(name, anchor, "general.term.period")
            if offset is not None:
                day = self._back(reasoner, duty.action, day, offset)
            suffix = f"#{number}" if len(duty.offsets) > 1 else ""
            due = self._due(duty, day, reasoner, offset)
            yield self._instance(duty, f"{place}{suffix}", name, min(day, self.basis.effective_on), due)

    # ---- recurring

    def _spans(self, duty: Duty, every: Every) -> Iterator[Instance]:
        for start, whole_end, part in self._periods(every):
            end = min(whole_end, self.basis.last_day)
            if not self.governs(end):
                continue
            label = span_label(start, whole_end, every, part, self._anchor(every))
            made = self._in_span(duty, every, max(start, self.basis.first_day), end, label, whole=end == whole_end)
            if made is not None:
                yield self._instance(
                    duty, f"{start.isoformat()}+{step_of(every)}M", label, max(start, self.basis.first_day), made
                )

    def _anchor(self, every: Every) -> date:
        return self.basis.effective_on if every.place is Place.ANNIVERSARY else self.basis.first_day

    def _periods(self, every: Every) -> Iterator[tuple[date, date, int]]:
        """First and last day of each period that touches the term, and its number within the contract year."""
        step, last = step_of(every), self.basis.last_day
        if every.contract:
            base = self._anchor(every)
        else:
            month = (self.basis.first_day.month - 1) // step * step + 1
            base = date(self.basis.first_day.year, month, 1)
        for number in range(1200):
            start = month_step(base, number * step)
            if start > last:
                return
            yield start, month_step(base, (number + 1) * step) - _ONE_DAY, number % every.parts + 1

    def _in_span(self, duty: Duty, every: Every, start: date, end: date, label: str, *, whole: bool) -> Due | None:
        reasoner, more = Reasoner(self.calendar), []
        where = (duty.provision,)
        match every.place:
            case Place.WORKDAY_AFTER | Place.WORKDAY_WITHIN:
                month = end if every.place is Place.WORKDAY_WITHIN else month_step(end.replace(day=1), 1)
                found = nth_working_day(month.year, month.month, every.on, self.calendar)
                if every.place is Place.WORKDAY_WITHIN and not start <= found.day <= self.basis.last_day:
                    return None
                return self._counted(duty, label, found, where)
            case Place.DAY_WITHIN:
                day = date(end.year, end.month, every.on)
                if not start <= day <= end:
                    return None
                reasoner.given(f"{label}的{every.on}日", day, *where)
                day = reasoner.earlier("截止日提前", day, _ROLL)
            case Place.END:
                reasoner.given(f"{label}末日" + ("" if whole else "（合同先行届满或者终止）"), end, *where)
                day = reasoner.earlier("截止日提前", end, _ROLL)
                if every.parts > 1:
                    more.append(Line(f"该合同年度共{every.parts}次，均匀排期；合同约定的最后期限为该合同年度末日", where))
            case Place.NEXT_MONTH:
                following = month_step(end.replace(day=1), 1)
                day = month_step(following, 1) - _ONE_DAY
                reasoner.given(f"{label}届满后次月的末日", day, *where)
                day = reasoner.earlier("截止日提前", day, _ROLL)
            case Place.AFTER if every.after is not None:
                reasoner.given(f"{label}末日", end, *where)
                day = reasoner.forward("届满后办理", end, every.after, _START, "CC:201")
                day = reasoner.later("末日顺延", day, _ROLL, "CC:203")
            case Place.ANNIVERSARY:
                if not whole:
                    return None
                reasoner.given("生效周年日", end + _ONE_DAY, *where)
                day = reasoner.back("周年日前", end + _ONE_DAY, Period(Decimal(1), Unit.DAYS), *where)
                day = reasoner.earlier("截止日提前", day, _ROLL)
            case _:
                return None
        return self._due(duty, day, reasoner, None, tuple(more))

    def _weekly(self, duty: Duty, every: Every) -> Iterator[Instance]:
        monday = self.basis.first_day - timedelta(days=self.basis.first_day.weekday())
        while monday <= self.basis.last_day:
            end = min(monday + 6 * _ONE_DAY, self.basis.last_day)
            if self.governs(end):
                reasoner = Reasoner(self.calendar)
                start = max(monday, self.basis.first_day)
                day = reasoner.given(f"次周星期{_WEEKDAY_NAMES[every.on]}", monday + timedelta(days=7 + every.on), duty.provision)
                day = reasoner.later("末日顺延", day, _ROLL, "CC:203")
                label = f"{chinese_date(start)}至{end.month}月{end.day}日"
                yield self._instance(duty, f"{monday.isoformat()}+1W", label, start, self._due(duty, day, reasoner, None))
            monday += timedelta(days=7)

    # ---- begun by an event

    def _begun(self, duty: Duty, once: Once, occasion: Occasion) -> Iterator[Instance]:
        label = occasion.subject or chinese_date(occasion.day)
        if any(p.unit in HOURS for p in once.periods) and occasion.stands_since is not None:
            lines = (
                self._stated(duty, once.periods[0]),
                Line(f"自{clock_words(occasion.stands_since)}起停钟，恢复计时后重算期限", (_PAUSE,)),
            )
            key = f"{duty.id}/{occasion.id}"
            yield Instance(key, duty, self._clause(duty), label, occasion.day, None, occasion.id, lines=lines)
            return
        if any(p.unit in HOURS for p in once.periods):
            due = self._response(duty, once.periods[0], occasion)
            if occasion.level:
                label = f"{label}（{occasion.level}）"
            yield self._instance(duty, occasion.id, label, occasion.day, due, occasion.id)
            return
        start, opens = occasion.day, occasion.day
        stages: tuple[Period | None, ...] = once.periods or (None,)
        for number, period in enumerate(stages, 1):
            reasoner = Reasoner(self.calendar)
            word = "计划日" if once.before else ("触发日" if number == 1 else f"第{number - 1}级期限届满")
            day = reasoner.given(word, start, duty.provision)
            if once.before:
                day = self._back(reasoner, duty.action, start, period or Period(Decimal(1), Unit.DAYS))
                opens = min(day, self.basis.effective_on)
            elif period is not None:
                day = reasoner.forward(duty.action, start, period, _START, "CC:201")
                if period.unit is not Unit.WORKING_DAYS:
                    day = reasoner.later("末日顺延", day, _ROLL, "CC:203")
            suffix, stage = (f"#{number}", f"{label}（第{number}级）") if len(stages) > 1 else ("", label)
            due = self._due(duty, day, reasoner, period, moment=occasion.moment if period is None and not once.before else None)
            yield self._instance(duty, f"{occasion.id}{suffix}", stage, opens, due, occasion.id)
            start = opens = day

    def _response(self, duty: Duty, period: Period, occasion: Occasion) -> Due:
        """The first response to a ticket by its level, unless the general limit is shorter (sections 2.3, 6.3); any other duty as it is."""
        limit = response_limit(occasion.level, self.text.values) if duty.id in RESPONSES else None
        if limit is None:
            return self._by_the_hour(duty, period, occasion)
        begun = occasion if limit.watched else self._from_next_hours(occasion)
        own = self._by_the_hour(replace(duty, linked=(limit.variable,)), limit.period, begun)
        told: list[Line] = []
        if begun is not occasion and begun.moment is not None:
            words = f"{limit.level}工单在服务时间外生成，没有值班处理，自次一服务时段开始即{clock_words(begun.moment)}起计时"
            told.append(Line(words, ("scope.hours.after",)))
        if duty.id == AFTER_HOURS:
            return replace(own, lines=(*told, *own.lines))
        general = self._by_the_hour(duty, period, begun)
        shorter, name = (own, f"{limit.level}级时限") if _ends(own) <= _ends(general) else (general, "通用时限")
        told.append(Line(f"{limit.level}级时限与通用时限取较短者，适用{name}", ("scope.hours.severity",)))
        return replace(shorter, lines=(*told, *shorter.lines))

    def _from_next_hours(self, occasion: Occasion) -> Occasion:
        """As if the ticket had come when the service next opens; the same where it is open."""
        moment = (occasion.moment or datetime.combine(occasion.day, time(0), BEIJING)).astimezone(BEIJING)
        window, holidays = self._window(Period(Decimal(0), Unit.SERVICE_HOURS), moment)
        opens = service_due(moment, Decimal(0), window, holidays).astimezone(BEIJING)
        return occasion if opens == moment else replace(occasion, moment=opens)

    def _by_the_hour(self, duty: Duty, period: Period, occasion: Occasion) -> Due:
        lines = [self._stated(duty, period)]
        moment = occasion.moment
        if moment is None:
            moment = datetime.combine(occasion.day, time(0), BEIJING)
            lines.append(Line("事件没有记录时刻，从当日零时起算（从严）"))
        pauses = tuple((a, b) for a, b in occasion.pauses if b > a)
        window, holidays = self._window(period, moment)
        hours = period.amount / 60 if period.unit is Unit.MINUTES else period.amount
        due = service_due(moment, hours, window, (*pauses, *holidays)).astimezone(BEIJING)
        start = moment.astimezone(BEIJING)
        if period.unit is Unit.SERVICE_HOURS:
            closes = window.end.strftime("%H:%M") if window.end else "24:00"
            rule = f"只在服务时间（每周{len(window.days)}天，{window.start:%H:%M}至{closes}）内走钟"
            lines.append(Line(rule, ("scope.hours.daily", "scope.hours.after")))
        if holidays:
            lines.append(Line("法定节假日仅值班，不计服务小时", ("scope.hours.days",)))
        for begin, end in pauses:
            lines.append(Line(f"停钟：{clock_words(begin)}至{clock_words(end)}不计", (_PAUSE,)))
        lines.append(
            Line(f"自{clock_words(start)}起{period.text}，至{clock_words(due)}（按小时计算，不顺延）", (_HOURS, "CC:201"))
        )
        return Due(due.date(), due, tuple(lines))

    def _window(self, period: Period, moment: datetime) -> tuple[ServiceWindow, tuple[Interval, ...]]:
        """The hours in which the clock runs, and the holidays on which it stands."""
        if period.unit is not Unit.SERVICE_HOURS:
            return ServiceWindow(time(0), None), ()
        window = service_window(self.text.values)
        if self.text.values.get("service.holiday_coverage") != "on_call_only":
            return window, ()
        day, ends = moment.astimezone(BEIJING).date(), []
        for offset in range(-1, 90):
            found = day + timedelta(days=offset)
            year = self.basis.official.years.get(found.year)
            if year is not None and found in year.holidays:
                opens = datetime.combine(found, time(0), BEIJING)
                ends.append((opens, opens + _ONE_DAY))
        return window, tuple(ends)

    # ---- as long as a state lasts

    def _standing(self, duty: Duty, standing: Standing) -> Iterator[Instance]:
        if self.first <= self.basis.last_day and self.last >= self.basis.first_day:
            last = self.basis.last_day
            lines = [Line(f"自{chinese_date(self.basis.first_day)}起持续至{chinese_date(last)}", (duty.provision,))]
            if standing.keep is not None:
                lines.append(self._stated(duty, standing.keep))
                lines.append(Line(f"形成后保存不少于{standing.keep.text}", (duty.provision,)))
            yield Instance(
                f"{duty.id}/standing", duty, self._clause(duty), "持续", self.basis.first_day, None, lines=tuple(lines)
            )

    def _lasting(self, duty: Duty, standing: Standing, occasions: tuple[Occasion, ...]) -> Iterator[Instance]:
        if standing.minutes:
            begins = {"p1_open": "p1_opened"}.get(duty.anchor, duty.anchor)
            for occasion in occasions:
                if occasion.kind == begins and self.governs(occasion.day):
                    yield from self._reports(duty, standing.minutes, occasion)
        else:
            for occasion in occasions:
                if occasion.kind == duty.anchor and self.governs(occasion.day):
                    line = Line(f"自{chinese_date(occasion.day)}起，至该状态解除", (duty.provision,))
                    label = occasion.subject or chinese_date(occasion.day)
                    key = f"{duty.id}/{occasion.id}"
                    yield Instance(key, duty, self._clause(duty), label, occasion.day, None, occasion.id, lines=(line,))

    def _reports(self, duty: Duty, minutes: int, occasion: Occasion) -> Iterator[Instance]:
        start = (occasion.moment or datetime.combine(occasion.day, time(0), BEIJING)).astimezone(BEIJING)
        limit = self.text.values.get("sla.p1_resolve_hours")
        latest = start + timedelta(hours=float(limit) if isinstance(limit, int | Decimal) else 24)
        end = min(occasion.until.astimezone(BEIJING), latest) if occasion.until else latest
        label = occasion.subject or chinese_date(occasion.day)
        for number in range(1, MOST_REPORTS + 1):
            moment = start + timedelta(minutes=minutes * number)
            if moment > end:
                return
            lines = (
                self._stated(duty, Period(Decimal(minutes), Unit.MINUTES)),
                Line(
                    f"自{clock_words(start)}起第{number}次，{clock_words(moment)}；恢复后不再通报，至多排至解决时限",
                    (duty.provision,),
                ),
            )
            due = Due(moment.date(), moment, lines)
            yield self._instance(duty, f"{occasion.id}#{number}", f"{label}（第{number}次）", occasion.day, due, occasion.id)

    # ---- common

    def _back(self, reasoner: Reasoner, rule: str, day: date, period: Period) -> date:
        found = reasoner.back(rule, day, Period(abs(period.amount), period.unit), _ROLL, "CC:204")
        return found if period.unit is Unit.WORKING_DAYS else reasoner.earlier("截止日提前", found, _ROLL)

    def _counted(self, duty: Duty, label: str, found: LegalDate, where: tuple[str, ...]) -> Due:
        lines = [self._stated(duty, None), Line(f"{label}：{found.steps[0]}", where)]
        if found.provisional_years:
            lines.append(warning(found.provisional_years))
        return Due(found.day, None, tuple(lines), found.provisional_years)

    def _due(
        self, duty: Duty, day: date, reasoner: Reasoner, period: Period | None, more: tuple[Line, ...] = (),
        moment: datetime | None = None,
    ) -> Due:  # fmt: skip
        found = reasoner.result(duty.action, day)
        steps = tuple(Line(s.sentence, s.source) for s in found.steps)
        told = (warning(found.provisional_years),) if found.provisional_years else ()
        return Due(day, moment, (self._stated(duty, period), *steps, *more, *told), found.provisional_years)

    def _stated(self, duty: Duty, period: Period | None) -> Line:
        """Where the period comes from: variables of the text, or its words."""
        variables = self.catalogue.variables
        names = "、".join(f"“{variables[name].label}”" for name in duty.linked if name in variables)
        told = f"期限{period.text}" if period is not None and period.amount else "期限"
        return Line(f"{told}取自合同变量{names}" if names else f"{told}按条款文字确定", (duty.provision,))

    def _clause(self, duty: Duty) -> str:
        return self.text.labels.get(duty.provision, "")

    def _instance(self, duty: Duty, place: str, label: str, opens: date, due: Due, occasion: str = "") -> Instance:
        return Instance(
            f"{duty.id}/{place}", duty, self._clause(duty), label, opens, due, occasion, remind_on(duty.lead, due, self.calendar)
        )


@lru_cache(maxsize=16)
def _by_calendar(planner: _Planner) -> tuple[tuple[Instance, ...], tuple[Duty, ...]]:
    """What a text plans by the calendar alone, and the duties that wait for something to happen: most of a plan is the former, which
    nothing that happens changes."""
    text, found, waiting = planner.text, list[Instance](), list[Duty]()
    for duty in planner.catalogue.duties(text.values, text.labels):
        if duty.cause is Cause.EVENT or (duty.cause is Cause.STATE and not _all_along(duty)):
            waiting.append(duty)
        else:
            found += [_labelled(instance, text.labels) for instance in planner.dated(duty)]
    return tuple(found), tuple(waiting)


def _all_along(duty: Duty) -> bool:
    """Whether it stands as long as the service goes on."""
    return isinstance(duty.timing, Standing) and not duty.timing.minutes and duty.anchor == "in_service"


def _ends(due: Due) -> datetime:
    assert due.moment is not None
    return due.moment


def _labelled(instance: Instance, labels: Mapping[str, str]) -> Instance:
    """With the provisions of its reasons as a reference to them reads; citation codes stay."""

    def read(lines: tuple[Line, ...]) -> tuple[Line, ...]:
        return tuple(Line(line.text, tuple(labels.get(code, code) for code in line.source)) for line in lines)

    due = replace(instance.due, lines=read(instance.due.lines)) if instance.due else None
    return replace(instance, due=due, lines=read(instance.lines))
