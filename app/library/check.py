"""``clauses check``: everything that must hold of a clause library before a lawyer may rely on it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from app.domain.clauses import ClauseLibrary, ClauseSource, FormRowSource
from app.domain.conditions import Condition, ConditionError
from app.domain.laws import LawBook
from app.domain.markup import Literal, ReferenceToken, TermToken, Token, VariableToken, parse
from app.library.coverage import PointCoverage, coverage

MINIMUM_DUPLICATE = 24
"""Equal texts shorter than this (characters) are common phrases, not a clause written twice."""
ROW = "row."
"""What names the cells of a repeated provision begins with."""
LEAVES_OPEN = ("另行约定", "另行协商")
"""Words that put off what a contract has to say itself."""
_NAMES_WITH_DIGITS = re.compile(r"[PL][0-9]|[0-9]+×[0-9]+")


@dataclass(frozen=True, slots=True)
class LibraryReport:
    """Every problem found, and the coverage of the brief's points."""

    problems: tuple[str, ...]
    points: tuple[PointCoverage, ...]
    characters: int
    topics: int
    obligations: int

    @property
    def covered(self) -> int:
        return sum(1 for p in self.points if p.met)

    @property
    def clean(self) -> bool:
        return not self.problems and self.covered == len(self.points)


def check_library(library: ClauseLibrary, laws: LawBook, contract: ClauseLibrary | None = None) -> LibraryReport:
    """All checks at once; a report is clean only if nothing at all was found.

    ``contract``: the form that a paper belongs to; what the paper names of it must stand there.
    """
    points = coverage(library)
    problems = [
        *_ids(library),
        *_texts(library),
        *_repeated(library),
        *_foreign(library, contract),
        *_wording(library),
        *_conditions(library),
        *_conditional_references(library),
        *_citations(library, laws),
        *_terms(library),
        *_topics(library),
        *_obligations(library),
        *_duplicates(library),
        *(f"要点 {p.point.id} 未满足：{'；'.join(p.lacks)}" for p in points if not p.met),
        *_unknown_points(library),
    ]
    characters = sum(len("".join(c.text.split())) for c in library.clauses())
    return LibraryReport(
        tuple(problems),
        points,
        characters,
        sum(1 for _ in library.topics()),
        sum(len(s.obligations) for s in library.sections()),
    )


def _rows(library: ClauseLibrary) -> Iterator[FormRowSource]:
    yield from library.cover
    for block in library.parties:
        yield from block.rows
    for section in library.sections():
        yield from section.form


def _all_texts(library: ClauseLibrary) -> Iterator[tuple[str, str]]:
    """(place, marked-up text) of everything that can be printed."""
    for clause in library.clauses():
        yield from ((clause.id, text) for text in clause.texts() if text)
    for row in _rows(library):
        yield row.id, row.text
    for term in library.terms:
        yield term.id, term.meaning
    for topic in library.topics():
        for provision, text in topic.wording.items():
            yield f"{topic.id}→{provision}", text or ""
    yield "preamble", library.preamble
    yield "title", library.title


def _ids(library: ClauseLibrary) -> Iterator[str]:
    places = [c.id for c in library.clauses()] + [r.id for r in _rows(library)] + [t.id for t in library.terms]
    for place, count in Counter(places).items():
        if count > 1:
            yield f"标识 {place} 重复出现 {count} 次"


def _targets(library: ClauseLibrary) -> frozenset[str]:
    return frozenset(
        [c.id for c in library.clauses()]
        + [f"s.{s.number}" for s in library.sections()]
        + [f"ch.{c.index}" for c in library.chapters]
    )


def _tokens(text: str) -> tuple[Token, ...]:
    """Nothing where a text doesn't parse; ``_texts`` reports that."""
    try:
        return parse(text)
    except ValueError:
        return ()


def _texts(library: ClauseLibrary) -> Iterator[str]:
    targets = _targets(library)
    terms = {t.term for t in library.terms}
    introduced = "\n".join(c.text for c in library.clauses())
    for place, text in _all_texts(library):
        try:
            tokens = parse(text)
        except ValueError as error:
            yield f"{place}：{error}"
            continue
        for token in tokens:
            match token:
                case VariableToken(name, _) if name not in library.variables and not name.startswith(ROW):
                    yield f"{place}：未知变量 {name}"
                case ReferenceToken(target, _, False) if target not in targets:
                    yield f"{place}：引用的条款 {target} 不存在"
                case TermToken(term) if term not in terms and f"“{term}”" not in introduced:
                    yield f"{place}：术语“{term}”没有定义"
                case _:
                    pass
    for clause in library.clauses():
        if not any(clause.texts()) and not clause.title:
            yield f"{clause.id}：没有文字"
        if clause.table and clause.table not in library.variables:
            yield f"{clause.id}：表格变量 {clause.table} 不存在"


def _repeated(library: ClauseLibrary) -> Iterator[str]:
    """``row.<column>`` may stand only in a repeated provision, and must be a column of its table."""

    def visit(clause: ClauseSource, table: str) -> Iterator[str]:
        table = clause.each or table
        variable = library.variables.get(table) if table else None
        if clause.each and (variable is None or not variable.columns):
            yield f"{clause.id}：重复所依的 {clause.each} 不是表格变量"
        if clause.variants and not clause.each:
            yield f"{clause.id}：只有重复的条款可以有几种写法"
        columns = {f"{ROW}{c.key}" for c in variable.columns} if variable else set()
        used = {t.name for text in clause.texts() for t in _tokens(text) if isinstance(t, VariableToken)}
        for when in filter(None, (clause.when, *(v.when for v in clause.variants))):
            try:
                used |= Condition.parse(when).names
            except ConditionError as error:
                yield f"{clause.id}：条件有误：{error}"
        yield from (f"{clause.id}：{n} 不是所依表格的列" for n in sorted(used) if n.startswith(ROW) and n not in columns)
        for child in clause.children:
            yield from visit(child, table)

    for section in library.sections():
        for clause in section.provisions:
            yield from visit(clause, "")


def _foreign(library: ClauseLibrary, contract: ClauseLibrary | None) -> Iterator[str]:
    targets = _targets(contract) if contract is not None else frozenset()
    for place, text in _all_texts(library):
        for token in _tokens(text):
            if isinstance(token, ReferenceToken) and token.foreign and token.target not in targets:
                yield f"{place}：所指的合同条款 {token.target} 不存在"


def _wording(library: ClauseLibrary) -> Iterator[str]:
    """Figures come from variables alone, and nothing is left to a later agreement."""
    for place, text in _all_texts(library):
        words = "".join(t.text for t in _tokens(text) if isinstance(t, Literal))
        for digits in re.findall(r"[0-9][0-9.,%]*", _NAMES_WITH_DIGITS.sub("", words)):
            yield f"{place}：数字“{digits}”直接写在文字里，应由变量给出"
        yield from (f"{place}：“{w}”没有约定内容" for w in LEAVES_OPEN if w in words)


def _conditions(library: ClauseLibrary) -> Iterator[str]:
    places = [(c.id, c.when) for c in library.clauses()] + [(r.id, r.when) for r in _rows(library)]
    places += [(v.name, v.condition) for v in library.variables] + [(v.name, v.constraint) for v in library.variables]
    for place, text in places:
        if not text:
            continue
        try:
            condition = Condition.parse(text)
        except ConditionError as error:
            yield f"{place}：条件有误：{error}"
            continue
        unknown = (n for n in sorted(condition.names) if n not in library.variables and not n.startswith(ROW))
        yield from (f"{place}：条件引用未知变量 {n}" for n in unknown)


def _conditional_references(library: ClauseLibrary) -> Iterator[str]:
    """A provision may only point to one that stands whenever it stands itself."""
    guards: dict[str, tuple[str, ...]] = {}

    def visit(clause: ClauseSource, inherited: tuple[str, ...]) -> None:
        own = (*inherited, clause.when) if clause.when else inherited
        guards[clause.id] = own
        for child in clause.children:
            visit(child, own)

    for section in library.sections():
        for clause in section.provisions:
            visit(clause, ())
    for clause in library.clauses():
        for token in _tokens(clause.text):
            if isinstance(token, ReferenceToken) and not token.foreign:
                missing = [g for g in guards.get(token.target, ()) if g not in guards[clause.id]]
                if missing:
                    yield f"{clause.id}：引用 {token.target}，而后者仅在“{'；'.join(missing)}”时存在"


def _citations(library: ClauseLibrary, laws: LawBook) -> Iterator[str]:
    for clause in library.clauses():
        for code in clause.laws:
            if laws.citation(code) is None:
                yield f"{clause.id}：法条引用 {code} 不在 laws.yaml"


def _terms(library: ClauseLibrary) -> Iterator[str]:
    body = "\n".join(c.text for c in library.clauses())
    for name, count in Counter(t.term for t in library.terms).items():
        if count > 1:
            yield f"术语“{name}”定义了 {count} 次"
    sections = {s.number for s in library.sections()}
    for term in library.terms:
        names = term.term.replace(" P1–P4", "").split("/")
        if not any(name in body for name in names):
            yield f"术语“{term.term}”定义后从未使用"
        if term.first_used not in sections:
            yield f"术语“{term.term}”的主要约定所在节 {term.first_used} 不存在"


def _topics(library: ClauseLibrary) -> Iterator[str]:
    ids = {c.id for c in library.clauses()}
    for topic in library.topics():
        if not any(text for text in topic.wording.values()):
            yield f"议题 {topic.id}（{topic.title}）没有退让文本"
        yield from (f"议题 {topic.id}：条款 {p} 不存在" for p in (*topic.wording, *topic.provisions) if p not in ids)
        yield from (f"议题 {topic.id}：未知变量 {v}" for v in topic.presets if v not in library.variables)
        for provision, text in topic.wording.items():
            clause = library.clause(provision)
            if clause is not None and text is not None and text.strip() == clause.text:
                yield f"议题 {topic.id}：{provision} 的退让文本与标准文本相同"


def _obligations(library: ClauseLibrary) -> Iterator[str]:
    ids = {c.id for c in library.clauses()}
    for section in library.sections():
        for duty in section.obligations:
            if duty.provision not in ids:
                yield f"义务 {duty.id}：条款“{duty.provision}”不存在"
            if duty.variable and duty.variable not in library.variables:
                yield f"义务 {duty.id}：未知变量 {duty.variable}"


def _duplicates(library: ClauseLibrary) -> Iterator[str]:
    seen: dict[str, ClauseSource] = {}
    for clause in library.clauses():
        key = "".join(clause.text.split())
        if len(key) < MINIMUM_DUPLICATE:
            continue
        if key in seen:
            yield f"{clause.id} 与 {seen[key].id} 文字相同"
        seen[key] = clause


def _unknown_points(library: ClauseLibrary) -> Iterator[str]:
    known = {p.id for p in library.points}
    for clause in library.clauses():
        yield from (f"{clause.id}：要点 {p} 不存在" for p in clause.covers if p not in known)
