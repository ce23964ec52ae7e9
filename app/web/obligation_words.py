"""Words, tones and filters that the pages of obligations share."""

from __future__ import annotations

import calendar
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from flask import request
from flask_babel import gettext as _

from app.domain.errors import InputFault
from app.domain.obligation_state import Shown
from app.domain.obligations import Obligor
from app.domain.term import BEIJING
from app.services.obligation_views import DutyLine
from app.store.obligations import DutyFilter

AHEAD = timedelta(days=60)
"""How far the list of what is to be done looks ahead unless a day is asked for."""
TONES = {
    Shown.STANDING: "plain", Shown.PAUSED: "note", Shown.LATER: "plain", Shown.SOON: "warn", Shown.LATE: "bad", Shown.DONE: "good",
    Shown.DONE_LATE: "good", Shown.WAIVED: "plain", Shown.DISPUTED: "bad", Shown.BEFORE: "plain",
}  # fmt: skip
OPEN = (Shown.LATE.value, Shown.SOON.value, Shown.LATER.value)
CHOICES: Mapping[str, tuple[str, ...]] = {
    "todo": OPEN, "late": (Shown.LATE.value,), "done": (Shown.DONE.value, Shown.DONE_LATE.value),
    "other": (Shown.DISPUTED.value, Shown.WAIVED.value, Shown.PAUSED.value), "before": (Shown.BEFORE.value,), "all": (),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """The filter as asked for; ``faults`` name what can't be read."""

    choice: str
    wanted: DutyFilter
    faults: tuple[InputFault, ...]

    def words(self, people: Mapping[str, str]) -> list[tuple[str, str]]:
        """The filter in words, for an export."""
        wanted, found = self.wanted, [(_("状态"), choice_name(self.choice))]
        found += [(_("义务人"), Obligor(wanted.obligor).label)] if wanted.obligor else []
        found += [(_("责任人"), people.get(wanted.person, wanted.person))] if wanted.person else []
        found += [(_("期限（起）"), wanted.first.isoformat())] if wanted.first else []
        found += [(_("期限（止）"), wanted.last.isoformat())] if wanted.last else []
        return [*found, (_("查找"), wanted.text)] if wanted.text else found


def asked(today: date) -> Asked:
    """What the query asks for; without any, what is to be done in the coming two months, and everything late."""
    choice = request.args.get("show", "todo")
    choice = choice if choice in CHOICES else "todo"
    faults: list[InputFault] = []
    first, last = _day("from", _("期限（起）"), faults), _day("to", _("期限（止）"), faults)
    if first and last and first > last:
        faults.append(InputFault("from", _("期限（起）"), _("晚于期限（止）")))
    if choice == "todo" and first is None and last is None:
        last = today + AHEAD
    obligor = request.args.get("party", "")
    wanted = DutyFilter(
        obligor if obligor in ("A", "B") else "", CHOICES[choice], request.args.get("person", "")[:32], first, last,
        request.args.get("q", "").strip()[:60],
    )  # fmt: skip
    return Asked(choice, wanted, tuple(faults))


def _day(name: str, label: str, faults: list[InputFault]) -> date | None:
    text = request.args.get(name, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        faults.append(InputFault(name, label, _("不是有效的日期"), "2026-11-22"))
        return None


def choice_name(choice: str) -> str:
    names = {
        "todo": _("待办"),
        "late": _("逾期"),
        "done": _("已完成"),
        "other": _("争议、豁免、停钟"),
        "before": _("接管前"),
        "all": _("全部"),
    }
    return str(names[choice])


def shown_name(shown: Shown) -> str:
    names = {
        Shown.STANDING: _("持续"), Shown.PAUSED: _("停钟中"), Shown.LATER: _("未到期"), Shown.SOON: _("即将到期"), Shown.LATE: _("已逾期"),
        Shown.DONE: _("已完成"), Shown.DONE_LATE: _("逾期完成"), Shown.WAIVED: _("已豁免"), Shown.DISPUTED: _("有争议"),
        Shown.BEFORE: _("接管前已办"),
    }  # fmt: skip
    return str(names[shown])


def obligor_name(obligor: Obligor) -> str:
    return str({Obligor.A: _("甲方"), Obligor.B: _("乙方"), Obligor.BOTH: _("双方"), Obligor.SYSTEM: _("系统")}[obligor])


def hour(moment: datetime | None) -> str:
    """The hour in Beijing."""
    return f"{moment.astimezone(BEIJING):%H:%M}" if moment else ""


def moment_field(moment: datetime | None) -> str:
    """For a field of type ``datetime-local``."""
    return f"{moment.astimezone(BEIJING):%Y-%m-%dT%H:%M}" if moment else ""


def by_month(lines: Sequence[DutyLine]) -> list[tuple[str, list[DutyLine]]]:
    """Lines under the month of their day, in the order in which they come."""
    found: dict[str, list[DutyLine]] = {}
    for line in lines:
        found.setdefault(line.due_on.strftime("%Y-%m") if line.due_on else "", []).append(line)
    return list(found.items())


@dataclass(frozen=True, slots=True)
class Month:
    """A month as weeks of days, each with its lines; days of the neighbouring months are None."""

    first: date
    weeks: tuple[tuple[date | None, ...], ...]
    lines: Mapping[date, Sequence[DutyLine]]

    @property
    def before(self) -> str:
        return (self.first - timedelta(days=1)).strftime("%Y-%m")

    @property
    def after(self) -> str:
        return (self.first + timedelta(days=31)).replace(day=1).strftime("%Y-%m")

    @property
    def last(self) -> date:
        return (self.first + timedelta(days=31)).replace(day=1) - timedelta(days=1)


def month_asked(today: date) -> date:
    """The first day of the month in the query, else of this month."""
    try:
        found = date.fromisoformat(f"{request.args.get('month', '')}-01")
    except ValueError:
        return today.replace(day=1)
    return found if 2000 <= found.year <= 2100 else today.replace(day=1)


def month_of(first: date, lines: Sequence[DutyLine]) -> Month:
    days: dict[date, list[DutyLine]] = {}
    for line in lines:
        if line.due_on is not None and (line.due_on.year, line.due_on.month) == (first.year, first.month):
            days.setdefault(line.due_on, []).append(line)
    weeks = tuple(
        tuple(d if d.month == first.month else None for d in week)
        for week in calendar.Calendar().monthdatescalendar(first.year, first.month)
    )
    return Month(first, weeks, days)


def query(**changes: Any) -> dict[str, str]:
    """The query of this page with ``changes``, for a link that keeps the filter."""
    kept = {k: v for k, v in request.args.items() if v}
    kept |= {k: str(v) for k, v in changes.items() if v}
    return {k: v for k, v in kept.items() if not (k in changes and not changes[k])}
