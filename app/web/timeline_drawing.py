"""A timeline as geometry: where each bar, line and word stands. The template only writes it down as SVG."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from app.domain.timeline import Mark, MarkKind, SpanKind, Timeline

WIDTH = 1120
Place = Callable[[date], float]
LEFT, RIGHT = 12, 12
LABEL, GAP = 36, 10
"""Height of a label (two lines), and free space beside it."""
BAR, SPACE = 26, 8
WIDE = 13.2
"""Pixels of a Chinese character at the size of the labels."""
_BELOW = {SpanKind.WINDOW: 0, SpanKind.CURE: 0, SpanKind.TRANSITION: 0}


@dataclass(frozen=True, slots=True)
class Bar:
    x: float
    y: float
    width: float
    height: float
    kind: str
    label: str
    title: str
    fits: bool
    """The label has room inside the bar."""


@dataclass(frozen=True, slots=True)
class Pin:
    """A marked day: a line from ``top`` down to the bars, its words at ``top``."""

    x: float
    top: float
    foot: float
    kind: str
    label: str
    day: str
    title: str


@dataclass(frozen=True, slots=True)
class Tick:
    x: float
    label: str
    major: bool


@dataclass(frozen=True, slots=True)
class Drawing:
    width: int
    height: float
    base: float
    """Top of the row of terms."""
    floor: float
    bars: tuple[Bar, ...]
    pins: tuple[Pin, ...]
    ticks: tuple[Tick, ...]
    today: Pin


def draw(timeline: Timeline) -> Drawing:
    first, last = timeline.first - timedelta(days=10), timeline.last + timedelta(days=10)
    room = 150  # words to the right of the last mark
    scale = (WIDTH - LEFT - RIGHT - room) / max((last - first).days, 1)

    def x(day: date) -> float:
        return round(LEFT + (day - first).days * scale, 1)

    marks = [m for m in timeline.marks if m.kind is not MarkKind.TODAY]
    levels = _levels(marks, x)
    depth = (max(levels) + 1 if levels else 0) * LABEL
    base = depth + 8
    below = any(s.kind in _BELOW for s in timeline.spans)
    floor = base + BAR + (SPACE + 16 if below else 0) + 6
    pins = tuple(
        Pin(
            x(m.day),
            depth - (level + 1) * LABEL + 2,
            base + BAR / 2,
            m.kind.value,
            m.label,
            m.day.isoformat(),
            f"{m.day.isoformat()} {m.label}",
        )
        for m, level in zip(marks, levels, strict=True)
    )
    today = Pin(
        x(timeline.today),
        0,
        floor,
        MarkKind.TODAY.value,
        "今天",
        timeline.today.isoformat(),
        f"今天 {timeline.today.isoformat()}",
    )
    return Drawing(WIDTH, floor + 44, base, floor, _bars(timeline, x, base), pins, _ticks(first, last, x), today)


@dataclass(frozen=True, slots=True)
class Strip:
    """The same life without words, for a narrow screen where the list below it says them: bars, marked days, today."""

    width: int
    height: int
    bars: tuple[Bar, ...]
    pins: tuple[Pin, ...]
    years: tuple[Tick, ...]
    today: float


STRIP, _HIGH, _LOW = 340, 14, 8


def strip(timeline: Timeline) -> Strip:
    first, last = timeline.first - timedelta(days=5), timeline.last + timedelta(days=5)
    scale = (STRIP - 12) / max((last - first).days, 1)

    def x(day: date) -> float:
        return round(6 + (day - first).days * scale, 1)

    bars = []
    for span in timeline.spans:
        low = span.kind in _BELOW
        width = round(max(x(span.last + timedelta(days=1)) - x(span.first), 2), 1)
        bars.append(Bar(x(span.first), 26 if low else 8, width, _LOW if low else _HIGH, span.kind.value, "", "", False))
    marks = [m for m in timeline.marks if m.kind is not MarkKind.TODAY]
    pins = tuple(Pin(x(m.day), 4, 15, m.kind.value, "", m.day.isoformat(), "") for m in marks)
    years = tuple(
        Tick(x(date(y, 1, 1)), str(y), major=True) for y in range(first.year + 1, last.year + 1) if x(date(y, 1, 1)) < STRIP - 30
    )
    return Strip(STRIP, 56, tuple(bars), pins, years, x(timeline.today))


def _levels(marks: list[Mark], place: Place) -> list[int]:
    """From the right: a label lies above every label that begins under its words, so that no line crosses any words."""
    levels = [0] * len(marks)
    for i in range(len(marks) - 1, -1, -1):
        start = place(marks[i].day)
        end = start + length(marks[i].label) + GAP
        under = [levels[j] for j in range(i + 1, len(marks)) if place(marks[j].day) < end]
        levels[i] = max(under) + 1 if under else 0
    return levels


def length(label: str) -> float:
    """Pixels that the words of a label take."""
    return max(sum(WIDE if ord(c) > 0x2E80 else 7.4 for c in label), 76)


def _bars(timeline: Timeline, place: Place, base: float) -> tuple[Bar, ...]:
    bars = []
    for span in timeline.spans:
        low = span.kind in _BELOW
        left, right = place(span.first), place(span.last + timedelta(days=1))
        width = max(right - left, 3)
        height = 16 if low else BAR
        bars.append(
            Bar(
                left, base + BAR + SPACE if low else base, round(width, 1), height, span.kind.value, span.label,
                f"{span.first.isoformat()} — {span.last.isoformat()} {span.label}",
                length(span.label) <= width - 8 if not low else False,
            )
        )  # fmt: skip
    return tuple(bars)


def _ticks(first: date, last: date, place: Place) -> tuple[Tick, ...]:
    """Years always; quarters under two years, half years under five."""
    days = (last - first).days
    months = (1, 4, 7, 10) if days < 800 else (1, 7) if days < 1900 else (1,)
    ticks = []
    for year in range(first.year, last.year + 1):
        for month in months:
            day = date(year, month, 1)
            if first <= day <= last:
                ticks.append(Tick(place(day), f"{year}年" if month == 1 else f"{month}月", month == 1))
    return tuple(ticks)
