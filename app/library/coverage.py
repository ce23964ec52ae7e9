"""Coverage of the legal brief: is every required point really met by the text that claims it?

A claim (``covers:``) alone proves nothing. For each point the covering provisions together must name every actor, use one
of the modal words, use every variable, and contain every key word (docs/clause-format.md). A provision claims at most 3.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.domain.clauses import ClauseLibrary, ClauseSource, RequiredPoint, SectionSource
from app.domain.conditions import Condition, ConditionError
from app.domain.markup import Literal, TermToken, Token, VariableToken, parse


@dataclass(frozen=True, slots=True)
class PointCoverage:
    """How one point stands: who claims it and what the claiming text lacks."""

    point: RequiredPoint
    provisions: tuple[str, ...]
    lacks: tuple[str, ...]

    @property
    def met(self) -> bool:
        return bool(self.provisions) and not self.lacks


@dataclass(frozen=True, slots=True)
class _Evidence:
    words: str
    variables: frozenset[str]


def coverage(library: ClauseLibrary, without: Iterable[str] = ()) -> tuple[PointCoverage, ...]:
    """Coverage of every point, as if the provisions ``without`` (and what hangs below them) were deleted."""
    removed = frozenset(without)
    claims: dict[str, list[tuple[ClauseSource, SectionSource]]] = {}
    for section in library.sections():
        for clause in _standing(section.provisions, removed):
            for point in clause.covers:
                claims.setdefault(point, []).append((clause, section))
    return tuple(_point(library, p, claims.get(p.id, []), removed) for p in library.points)


def _standing(clauses: tuple[ClauseSource, ...], removed: frozenset[str]) -> Iterable[ClauseSource]:
    for clause in clauses:
        if clause.id not in removed:
            yield clause
            yield from _standing(clause.children, removed)


def _point(
    library: ClauseLibrary,
    point: RequiredPoint,
    claims: list[tuple[ClauseSource, SectionSource]],
    removed: frozenset[str],
) -> PointCoverage:
    evidence = [_evidence(library, clause, section, removed) for clause, section in claims]
    words = "\n".join(e.words for e in evidence)
    variables: frozenset[str] = frozenset().union(*(e.variables for e in evidence)) if evidence else frozenset()
    lacks: list[str] = []
    if not claims:
        lacks.append("没有条款声明覆盖")
    lacks += [f"缺主体“{a}”" for a in point.actors if a not in words]
    if point.modality and not any(m in words for m in point.modality):
        lacks.append(f"缺情态词“{'/'.join(point.modality)}”")
    lacks += [f"未使用变量 {v}" for v in point.variables if v not in variables]
    lacks += [f"缺关键词“{k}”" for k in point.keywords if k not in words]
    return PointCoverage(point, tuple(c.id for c, _ in claims), tuple(lacks))


def _evidence(library: ClauseLibrary, clause: ClauseSource, section: SectionSource, removed: frozenset[str]) -> _Evidence:
    words: list[str] = []
    variables: set[str] = set()
    for part in _standing((clause,), removed):
        words += [part.title, _words(part.text)]
        variables |= {t.name for t in _tokens(part.text) if isinstance(t, VariableToken)}
        if part.when:  # an answer that decides whether the words stand is used by them
            variables |= _names(part.when)
        if part.table:
            variables.add(part.table)
            table = library.variables.get(part.table)
            if table is not None:
                words += [table.label, *(c.label for c in table.columns)]
            if part.table == "defs.term_table":
                words += [f"{t.term} {_words(t.meaning)}" for t in library.terms]
                variables |= {v.name for t in library.terms for v in _tokens(t.meaning) if isinstance(v, VariableToken)}
    for row in section.form:
        words += [row.label, _words(row.text)]
        variables |= {t.name for t in _tokens(row.text) if isinstance(t, VariableToken)}
        if row.box is not None:
            variables.add(row.box.name)
    return _Evidence("\n".join(words), frozenset(variables))


def _tokens(text: str) -> tuple[Token, ...]:
    """Nothing where a text doesn't parse: the library check reports that by itself."""
    try:
        return parse(text)
    except ValueError:
        return ()


def _names(condition: str) -> frozenset[str]:
    try:
        return Condition.parse(condition).names
    except ConditionError:
        return frozenset()


def _words(text: str) -> str:
    return "".join(t.text for t in _tokens(text) if isinstance(t, Literal | TermToken))
