"""Incidents that ask for improvement by themselves: the same root cause behind several P1, and serious complaints (section 5.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

WINDOW_MONTHS = 3
"""Calendar months in a row within which one root cause may not bring about a second P1 (section 5.3)."""
P1, SERIOUS = "p1", "serious"


@dataclass(frozen=True, slots=True)
class Incident:
    """What happened for reasons of party B. ``kind``: ``p1`` | ``serious``; ``subject``: number of the incident, ticket or complaint;
    ``cause``: its root cause, of a P1."""

    kind: str
    subject: str
    day: date
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Improvement:
    """A reason to improve. ``subject``: short, always the same for the same incidents; ``sentence``: the facts; ``incidents``: their
    numbers."""

    kind: str
    subject: str
    sentence: str
    incidents: tuple[str, ...]


def improvements(incidents: Sequence[Incident]) -> tuple[Improvement, ...]:
    """Each serious complaint; and each root cause once for a row of P1 no two of which are farther apart than the window."""
    found = [
        Improvement(SERIOUS, f"重大投诉 {x.subject}", f"因乙方原因于{x.day.isoformat()}发生重大投诉{x.subject}", (x.subject,))
        for x in sorted(incidents, key=lambda x: (x.day, x.subject)) if x.kind == SERIOUS
    ]  # fmt: skip
    causes: dict[str, list[Incident]] = {}
    for x in sorted(incidents, key=lambda x: (x.day, x.subject)):
        if x.kind == P1 and x.cause.strip():
            row = causes.setdefault("".join(x.cause.split()).casefold(), [])
            if all(x.subject != known.subject for known in row):
                row.append(x)
    for row in causes.values():
        begun = False
        for before, after in pairwise(row):
            near = _month(after.day) - _month(before.day) < WINDOW_MONTHS
            if near and not begun:
                words = f"{before.subject}（{before.day.isoformat()}）、{after.subject}（{after.day.isoformat()}）"
                sentence = f"因乙方原因，同一根因“{after.cause.strip()}”在连续三个公历月内重复引发P1：{words}"
                found.append(
                    Improvement(P1, f"重复P1 {before.subject}、{after.subject}"[:100], sentence, (before.subject, after.subject))
                )
            begun = near
    return tuple(found)


def _month(day: date) -> int:
    return day.year * 12 + day.month
