"""The monthly report as plain figures and tables; services fill it in, a renderer prints it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from app.domain.months import Month


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that stands by itself. ``unit``: 份, 元, 项."""

    label: str
    value: str
    unit: str


@dataclass(frozen=True, slots=True)
class Column:
    """``share``: of the table's width, in percent; figures stand to the right."""

    label: str
    share: int
    figure: bool = False


@dataclass(frozen=True, slots=True)
class ReportTable:
    """``empty``: what is said where there are no rows; ``left_out``: how many rows more there are than are printed."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    empty: str
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class MonthlyReport:
    """What one person may see, of one month, as it was known at ``made_at``. ``as_of``: the day to which overdue is counted."""

    month: Month
    as_of: date
    reader: str
    made_at: datetime
    figures: tuple[Figure, ...]
    tables: tuple[ReportTable, ...]
