"""Terms as the demonstration contract agrees on them, and one month of its figures (brief §0.9, B6)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D
from functools import cache
from typing import Any

from app.domain.answers import read_answers
from app.domain.calendar import WorkingCalendar
from app.domain.settlement.fees import span_of
from app.domain.settlement.month import MetricCount, MonthFigures
from app.domain.settlement.sheet import SheetMonth
from app.domain.settlement.terms import FeeTerms, PayTerms, ServiceTerms
from app.domain.variables import Answers
from app.library.answers_file import load_example
from app.library.calendars import load_calendar
from app.library.laws import load_laws
from app.library.loader import load_library
from app.services.drafting import Reference, build

MONTH = date(2027, 3, 1)
FIRST, LAST = date(2027, 1, 1), date(2027, 12, 31)
COUNTS = {
    "首次响应达标率": (3936, 4100), "接通率": (4400, 5000), "解决率": (3567, 4100), "恢复及时率": (40, 40), "满意度CSAT": (840, 1000),
    "投诉率": (8, 1000), "质检合格率": (190, 200),
}  # fmt: skip


@cache
def _built() -> Answers:
    reference = Reference(load_library(), load_laws(), load_calendar())
    answers = read_answers(reference.library.variables, load_example().data, topics=reference.library.topics()).answers
    return build(reference, answers, date(2026, 11, 22))[0]


def answers(positions: dict[str, str] | None = None, **changes: Any) -> Answers:
    """The demonstration's answers; ``fees__model="tiered"`` changes ``fees.model``."""
    found = _built().with_values({name.replace("__", "."): value for name, value in changes.items()})
    return Answers(found.values, {**found.positions, **(positions or {})}, found.deviations, found.acknowledgements, found.given)


def service(positions: dict[str, str] | None = None, **changes: Any) -> ServiceTerms:
    return ServiceTerms.from_answers(answers(positions, **changes))


def fees(positions: dict[str, str] | None = None, **changes: Any) -> FeeTerms:
    return FeeTerms.from_answers(answers(positions, **changes))


def pay(positions: dict[str, str] | None = None, **changes: Any) -> PayTerms:
    return PayTerms.from_answers(answers(positions, **changes))


def calendar() -> WorkingCalendar:
    return load_calendar()


def counts(**changes: tuple[int, int] | MetricCount) -> tuple[MetricCount, ...]:
    found = []
    for name, (top, bottom) in COUNTS.items():
        given = changes.get(name, (top, bottom))
        found.append(given if isinstance(given, MetricCount) else MetricCount(name, D(given[0]), D(given[1])))
    return tuple(found)


def figures(month: date = MONTH, tickets: int = 4100, **changes: Any) -> MonthFigures:
    values: dict[str, Any] = {
        "month": month,
        "report_no": f"BB-{month:%Y%m}",
        "tickets": D(tickets),
        "counts": counts(),
        **changes,
    }
    return MonthFigures(**values)


def sheet_month(found: MonthFigures | None = None, positions: dict[str, str] | None = None, **changes: Any) -> SheetMonth:
    found = found or figures()
    span = span_of(found.month, FIRST, LAST)
    assert span is not None
    return SheetMonth(found, service(positions, **changes), fees(positions, **changes), span)
