"""Incidents that ask for improvement by themselves: the same root cause behind several P1, and serious complaints (section 5.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from app.domain.settlement.laying import mentioned

WINDOW_MONTHS = 3
"""Calendar months in a row within which one root cause may not bring about a second P1 (section 5.3)."""
P1, SERIOUS = "p1", "serious"
_REPEATED = "重复P1 "


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
    """A reason to improve. ``subject``: short, always the same for the same incidents; ``sentence``: the facts; ``incidents``: numbers of
    those that first made it one; ``cause``: of a P1, its root cause, and ``chain``: all incidents of that cause with no longer gap."""

    kind: str
    subject: str
    sentence: str
    incidents: tuple[str, ...]
    chain: tuple[str, ...]
    cause: str = ""

    def names_in(self, words: str) -> int:
        """How many incidents of the chain ``words`` name."""
        return sum(mentioned(number, words) for number in self.chain)

    def told_by(self, words: str) -> bool:
        """Whether ``words`` name as many of the incidents as it takes to ask for improvement."""
        return self.names_in(words) >= len(self.incidents)

    def continues(self, subject: str, sentence: str) -> bool:
        """Whether an improvement that was raised earlier, perhaps when other incidents of the chain were known, is this one."""
        if self.kind == SERIOUS:
            return subject == self.subject
        same = subject.startswith(_REPEATED) and f"“{_folded(self.cause)}”" in _folded(sentence)
        return same and self.names_in(sentence) > 0


def improvements(incidents: Sequence[Incident]) -> tuple[Improvement, ...]:
    """Each serious complaint; and each root cause once for a row of P1 no two of which are farther apart than the window."""
    found = [
        Improvement(SERIOUS, f"重大投诉 {x.subject}", f"因乙方原因于{x.day.isoformat()}发生重大投诉{x.subject}", (x.subject,), (x.subject,))
        for x in sorted(incidents, key=lambda x: (x.day, x.subject)) if x.kind == SERIOUS
    ]  # fmt: skip
    causes: dict[str, list[Incident]] = {}
    for x in sorted(incidents, key=lambda x: (x.day, x.subject)):
        if x.kind == P1 and x.cause.strip():
            row = causes.setdefault(_folded(x.cause), [])
            if all(x.subject != known.subject for known in row):
                row.append(x)
    found += [_repeated(chain) for row in causes.values() for chain in _chains(row) if len(chain) > 1]
    return tuple(found)


def _chains(row: Sequence[Incident]) -> list[list[Incident]]:
    """Parts of a row in the order of days, none of which follows another within the window."""
    found: list[list[Incident]] = []
    for x in row:
        if found and _month(x.day) - _month(found[-1][-1].day) < WINDOW_MONTHS:
            found[-1].append(x)
        else:
            found.append([x])
    return found


def _repeated(chain: Sequence[Incident]) -> Improvement:
    before, after = chain[:2]
    words = f"{before.subject}（{before.day.isoformat()}）、{after.subject}（{after.day.isoformat()}）"
    sentence = f"因乙方原因，同一根因“{after.cause.strip()}”在连续三个公历月内重复引发P1：{words}"
    subject = f"{_REPEATED}{before.subject}、{after.subject}"[:100]
    return Improvement(P1, subject, sentence, (before.subject, after.subject), tuple(x.subject for x in chain), after.cause)


def _folded(words: str) -> str:
    return "".join(words.split()).casefold()


def _month(day: date) -> int:
    return day.year * 12 + day.month
