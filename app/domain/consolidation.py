"""The text in force on a day: the signed base, and every amendment that works on that day, folded in the order of signing.

Who signed last prevails (section 10.3: 后签补充协议优先). An amendment works from its effective day, or from the day it
reaches back to where both parties agreed on that. Nothing is in force before; what is not signed yet never is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from app.domain.amendment import (
    AddRow,
    Assign,
    Delete,
    DropRow,
    Insert,
    Operation,
    Reword,
    SetLine,
    SetLines,
    SetRow,
    Standing,
    Substitute,
    place_of,
)
from app.domain.folding import apply
from app.domain.outline import titled
from app.domain.refilling import rewritten
from app.domain.remembering import remembered
from app.domain.tree import FilledValue, FormRow, Instrument, Span, plain
from app.domain.variables import Answers

VERSION = "contract.version"
_MINOR = re.compile(r"^(?P<head>.*?)(?P<minor>\d+)$")


@dataclass(frozen=True, slots=True)
class Amendment:
    """A signed amendment as consolidation sees it.

    ``sequence``: its place in the order of signing; ``label``: how it is named in text (补充协议二); ``clauses``: for each
    operation the article of the amendment that states it (第3条, empty for values that only follow).
    """

    id: str
    number: str
    label: str
    sequence: int
    signed_on: date
    effective_on: date
    operations: tuple[Operation, ...]
    clauses: tuple[str, ...] = ()
    retroactive_from: date | None = None

    @property
    def starts(self) -> date:
        """The first day whose rights and duties it governs."""
        return self.retroactive_from or self.effective_on

    def governs(self, day: date, known_on: date | None = None) -> bool:
        """Whether it is part of the text for ``day``, as far as that was known on ``known_on`` (None: all that is signed)."""
        return self.starts <= day and (known_on is None or self.signed_on <= known_on)

    def clause(self, place: int) -> str:
        return self.clauses[place] if place < len(self.clauses) else ""


@dataclass(frozen=True, slots=True)
class Mark:
    """One change of one place: by which article of which amendment, and the words before and after."""

    amendment: str
    label: str
    number: str
    clause: str
    starts: date
    how: str
    before: str
    after: str

    @property
    def sentence(self) -> str:
        """由补充协议二第3条修改"""
        return f"由{self.label}{self.clause}{self.how}"


@dataclass(frozen=True, slots=True)
class Consolidated:
    """The text in force on ``as_of``. ``marks``: place → its changes, the oldest first; a table row is ``table#row``.

    ``pending``: amendments signed and not working yet on that day, in the order in which they will.
    """

    standing: Standing
    as_of: date
    applied: tuple[Amendment, ...]
    pending: tuple[Amendment, ...]
    marks: Mapping[str, tuple[Mark, ...]] = field(default_factory=dict)

    def last(self, place: str) -> Mark | None:
        found = self.marks.get(place)
        return found[-1] if found else None


def consolidate(base: Standing, amendments: Iterable[Amendment], as_of: date, *, known_on: date | None = None) -> Consolidated:
    """What governs ``as_of``. Raises ``Unfit`` where an amendment does not fit what stands (``amendment fits`` says so before)."""
    signed = sorted(amendments, key=lambda a: a.sequence)
    applied = tuple(a for a in signed if a.governs(as_of, known_on))
    pending = tuple(
        sorted((a for a in signed if a not in applied and (known_on is None or a.signed_on <= known_on)), key=lambda a: a.starts)
    )
    if not applied:
        return Consolidated(base, as_of, applied, pending, {})
    standing, marks = _folded(base.instrument, base.answers, *applied)
    return Consolidated(standing, as_of, applied, pending, dict(marks))


@remembered(16)
def _folded(instrument: Instrument, answers: Answers, *applied: Amendment) -> tuple[Standing, Mapping[str, tuple[Mark, ...]]]:
    """The text with these amendments in it, and the changes of each place."""
    standing = Standing(instrument, answers)
    marks: dict[str, tuple[Mark, ...]] = {}
    for amendment in applied:
        after = apply(standing, amendment.operations)
        for place, mark in _marks(amendment, standing.instrument, after.instrument):
            marks[place] = (*marks.get(place, ()), mark)
        standing = after
    return _stamped(standing, next_version(str(answers.get(VERSION) or instrument.version), len(applied))), marks


def turning_days(amendments: Iterable[Amendment]) -> tuple[date, ...]:
    """The days on which the text in force changes, in order."""
    return tuple(sorted({a.starts for a in amendments}))


def next_version(version: str, steps: int = 1) -> str:
    """The version number after so many amendments took effect: 1.0 → 1.1 (brief C1)."""
    found = _MINOR.match(version)
    return f"{found['head']}{int(found['minor']) + steps}" if found else f"{version}.{steps}"


# ---- marks

_HOW: Mapping[type, str] = {
    Reword: "修改", Substitute: "修改", Insert: "增加", Delete: "删除", SetRow: "修改", AddRow: "增加", DropRow: "删除",
    SetLine: "修改", SetLines: "修改", Assign: "修改",
}  # fmt: skip


def _marks(amendment: Amendment, before: Instrument, after: Instrument) -> Iterable[tuple[str, Mark]]:
    old, new = _words(before), _words(after)
    for place, operation in enumerate(amendment.operations):
        if isinstance(operation, Assign):
            continue
        where = place_of(operation)
        last = operation.by.id if isinstance(operation, Substitute) else where
        mark = Mark(
            amendment.id, amendment.label, amendment.number, amendment.clause(place), amendment.starts, _HOW[type(operation)],
            old.get(where, ""), new.get(last, ""),
        )  # fmt: skip
        yield last, mark
        if isinstance(operation, Insert | Substitute):
            inner = operation.provision if isinstance(operation, Insert) else operation.by
            for part in list(inner.walk())[1:]:
                yield part.id, replace(mark, before=old.get(part.id, ""), after=new.get(part.id, ""))


def _words(instrument: Instrument) -> dict[str, str]:
    """Place → its printed words."""
    found: dict[str, str] = {"preamble": plain(instrument.preamble), "cover": _joined(instrument.cover)}
    found |= {row.id: row.text for row in instrument.cover}
    for block in instrument.parties:
        found[block.id] = _joined(block.rows)
        found |= {row.id: row.text for row in block.rows}
    for provision in instrument.provisions():
        found[provision.id] = titled(provision.title, provision.text)
        if provision.table is not None:
            found |= {f"{provision.table.id}#{r.id}": "；".join(r.cells) for r in provision.table.rows}
    return found


def _joined(rows: tuple[FormRow, ...]) -> str:
    return "\n".join(f"{r.label}：{r.text}" for r in rows)


# ---- the version number follows by itself


def _stamped(standing: Standing, version: str) -> Standing:
    """The version number wherever the text prints it; no amendment has to say so, and none can get it wrong."""

    def words(content: tuple[Span, ...]) -> tuple[Span, ...]:
        if not any(isinstance(s, FilledValue) and s.variable == VERSION for s in content):
            return content
        return tuple(replace(s, text=version) if isinstance(s, FilledValue) and s.variable == VERSION else s for s in content)

    instrument = rewritten(standing.instrument, lambda _place, content: words(content))
    return Standing(replace(instrument, version=version), standing.answers.with_values({VERSION: version}))
