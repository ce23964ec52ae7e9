"""The life of a contract as days and spans, ready to be drawn or read out: what happened, what is due, what may follow."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from app.domain.term import chinese_date


class MarkKind(Enum):
    """What a marked day is; ``done`` ones lie in the past for good, ``due`` ones ask for something."""

    SIGNED = "signed"
    EFFECT = "effect"
    AMENDED = "amended"
    PAPER = "paper"
    """A notice, demand or agreement that arrived or was signed."""
    SAFE = "safe"
    """The last safe day to send a notice."""
    DEADLINE = "deadline"
    """The last day for a notice to arrive, or for a cure."""
    END = "end"
    TODAY = "today"


class SpanKind(Enum):
    TERM = "term"
    AHEAD = "ahead"
    """A further term that will follow unless something happens."""
    WINDOW = "window"
    """From the opening of the renewal window to the last day for notice."""
    CURE = "cure"
    TRANSITION = "transition"


@dataclass(frozen=True, slots=True)
class Mark:
    day: date
    kind: MarkKind
    label: str

    @property
    def sentence(self) -> str:
        return f"{chinese_date(self.day)}：{self.label}"


@dataclass(frozen=True, slots=True)
class Span:
    """Both days belong to it."""

    first: date
    last: date
    kind: SpanKind
    label: str

    @property
    def sentence(self) -> str:
        return f"{chinese_date(self.first)}至{chinese_date(self.last)}：{self.label}"


@dataclass(frozen=True, slots=True)
class Timeline:
    """Marks and spans in order of time; ``today`` is one of the marks."""

    marks: tuple[Mark, ...]
    spans: tuple[Span, ...]
    today: date

    @classmethod
    def of(cls, marks: Iterable[Mark], spans: Iterable[Span], today: date) -> Timeline:
        whole = {*marks, Mark(today, MarkKind.TODAY, "今天")}
        order = {kind: place for place, kind in enumerate(MarkKind)}
        return cls(
            tuple(sorted(whole, key=lambda m: (m.day, order[m.kind], m.label))),
            tuple(sorted(set(spans), key=lambda s: (s.first, s.last))),
            today,
        )

    @property
    def first(self) -> date:
        return min([m.day for m in self.marks] + [s.first for s in self.spans])

    @property
    def last(self) -> date:
        return max([m.day for m in self.marks] + [s.last for s in self.spans])

    @property
    def events(self) -> tuple[Mark | Span, ...]:
        """Marks and spans together in order of time: what a page says to those who don't see the drawing."""
        whole: list[Mark | Span] = [*self.spans, *self.marks]
        return tuple(sorted(whole, key=lambda e: e.first if isinstance(e, Span) else e.day))

    @property
    def next(self) -> Mark | None:
        """The next day on which something is due."""
        due = (
            m
            for m in self.marks
            if m.day > self.today - timedelta(days=1) and m.kind in (MarkKind.SAFE, MarkKind.DEADLINE, MarkKind.END)
        )
        return next(due, None)
