"""Assembly: library + answers → the numbered tree of one contract. Pure; the same input gives the same digest everywhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from app.domain.clauses import ClauseLibrary, ClauseSource, FormRowSource, SectionSource
from app.domain.conditions import Condition
from app.domain.markup import Literal, ReferenceToken, TermToken, VariableToken, parse
from app.domain.numbering import (
    annex_label,
    article_number,
    chapter_number,
    child_number,
    paper_chapter_number,
    reference_text,
)
from app.domain.presentation import present
from app.domain.repetition import cell, unrolled
from app.domain.tables import build_table
from app.domain.tree import (
    Blank,
    Box,
    Chapter,
    Deviation,
    FilledValue,
    FormRow,
    Instrument,
    Layout,
    Level,
    PartyBlock,
    Position,
    Provision,
    Reference,
    Section,
    Span,
    Table,
    TableColumn,
    TableRow,
    TermUse,
    Text,
)
from app.domain.variables import Answers, DeviationKind, DeviationRequest, FillStage, Requirement, VariableType, is_blank

DANGLING = "【引用失效】"
TERM_TABLE = "defs.term_table"


@dataclass(frozen=True, slots=True)
class _Numbered:
    """A clause that stands in this contract, with its number; ``owner`` is the number of the 条/款 that holds an item."""

    source: ClauseSource
    number: str
    owner: str
    owner_level: Level | None
    children: tuple[_Numbered, ...]
    position: Position
    topics: tuple[str, ...]
    deviation: Deviation | None

    def walk(self) -> Iterator[_Numbered]:
        yield self
        for child in self.children:
            yield from child.walk()


@dataclass(slots=True)
class _Assembler:
    library: ClauseLibrary
    answers: Answers
    foreign: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    labels: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Target id → (printed reference, its number)."""
    removed: list[Deviation] = field(default_factory=list)
    conditions: dict[str, Condition] = field(default_factory=dict)
    articles: int = 0

    def number(self, parent: str, level: Level, index: int) -> str:
        """The number of the index-th child; articles of a paper are counted through."""
        if self.library.layout is Layout.PAPER and level is Level.ARTICLE:
            self.articles += 1
            return article_number(self.articles)
        return child_number(parent, level, index)

    def holds(self, when: str) -> bool:
        if not when:
            return True
        condition = self.conditions.get(when)
        if condition is None:
            condition = self.conditions[when] = Condition.parse(when)
        return condition.holds(self.answers.values)

    def wordings(self) -> dict[str, tuple[str | None, str]]:
        """Provision id → (fallback text or None for removal, topic id) of the chosen fallback positions."""
        chosen: dict[str, tuple[str | None, str]] = {}
        for topic in self.library.topics():
            if self.answers.positions.get(topic.id) == Position.FALLBACK.value:
                for provision, text in topic.wording.items():
                    chosen[provision] = (text, topic.id)
        return chosen


def assemble(library: ClauseLibrary, answers: Answers, foreign: Mapping[str, tuple[str, str]] | None = None) -> Instrument:
    """The numbered tree of one contract or paper.

    ``foreign``: how references into a paper's contract read, by place (``numbering.reference_labels``).

    ``answers`` must already carry the computed values (``app.domain.derivation``). Faults of drafting (blanks, dangling
    references) stand in the tree and are reported by proofreading; nothing is raised for them.
    """
    work = _Assembler(library, answers, foreign or {})
    topics_of = _topics_by_provision(library)
    wordings = work.wordings()
    overrides = {d.provision: d for d in answers.deviations if d.kind is not DeviationKind.ADD}
    additions: dict[str, list[DeviationRequest]] = {}
    for deviation in answers.deviations:
        if deviation.kind is DeviationKind.ADD:
            additions.setdefault(deviation.after, []).append(deviation)

    numbered: dict[str, tuple[_Numbered, ...]] = {}
    for chapter in library.chapters:
        work.labels[f"ch.{chapter.index}"] = (chapter_number(chapter.index), chapter_number(chapter.index))
        for section in chapter.sections:
            annex = _annex(library, section.number)
            work.labels[f"s.{section.number}"] = (annex, annex) if annex else (f"第{section.number}节", section.number)
            sources = _with_additions(section.provisions, additions, f"s.{section.number}")
            numbered[section.number] = _number(work, sources, section.number, None, wordings, overrides, additions, topics_of)
    for tops in numbered.values():
        for top in tops:
            for item in top.walk():
                text = reference_text(item.source.level, item.number, item.owner, item.owner_level)
                work.labels[item.source.id] = (text, item.number.rstrip("."))

    chapters = _chapters(work, numbered)
    kept = tuple(p.deviation for c in chapters for s in c.sections for p in s.walk() if p.deviation is not None)
    return Instrument(
        form=library.form,
        title="".join(s.text for s in _render(work, library.title)),
        number=str(answers.get("paper.no" if library.layout is Layout.PAPER else "contract.no") or ""),
        version=str(answers.get("paper.version" if library.layout is Layout.PAPER else "contract.version") or ""),
        library_version=library.version,
        language=str(answers.get("contract.language") or "zh"),
        cover=_rows(work, library.cover),
        parties=tuple(PartyBlock(b.id, b.heading, _rows(work, b.rows)) for b in library.parties),
        preamble=_render(work, library.preamble),
        chapters=chapters,
        deviations=(*kept, *(_printed(work, d) for d in work.removed)),
        layout=library.layout,
    )


def _chapters(work: _Assembler, numbered: dict[str, tuple[_Numbered, ...]]) -> tuple[Chapter, ...]:
    """The chapters; a paper leaves out those in which nothing stands and numbers the headings that are left."""
    found: list[Chapter] = []
    for source in work.library.chapters:
        sections = tuple(_section(work, s, numbered[s.number]) for s in source.sections)
        if work.library.layout is Layout.BOOK:
            found.append(Chapter(source.index, chapter_number(source.index), source.title, sections))
        elif any(s.provisions or s.form for s in sections):
            number = paper_chapter_number(sum(1 for c in found if c.title) + 1) if source.title else ""
            found.append(Chapter(source.index, number, source.title, sections))
    return tuple(found)


def _annex(library: ClauseLibrary, number: str) -> str:
    return annex_label(library.annex_sections.index(number) + 1) if number in library.annex_sections else ""


def _topics_by_provision(library: ClauseLibrary) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for topic in library.topics():
        for provision in dict.fromkeys((*topic.provisions, *topic.wording)):
            found.setdefault(provision, []).append(topic.id)
    return {k: tuple(v) for k, v in found.items()}


def _with_additions(
    sources: tuple[ClauseSource, ...], additions: dict[str, list[DeviationRequest]], head: str
) -> tuple[ClauseSource, ...]:
    """The siblings with this contract's own provisions behind the ones they name (``s.8.2`` = first in the section)."""
    if not additions:
        return sources
    level = sources[0].level if sources else Level.ARTICLE
    result = [ClauseSource(a.provision, level, a.text, a.title) for a in additions.get(head, ())]
    for source in sources:
        result.append(source)
        pending = [(source.level, a) for a in additions.get(source.id, ())]
        while pending:
            sibling_level, addition = pending.pop(0)
            result.append(ClauseSource(addition.provision, sibling_level, addition.text, addition.title))
            pending = [(sibling_level, a) for a in additions.get(addition.provision, ())] + pending
    return tuple(result)


def _number(
    work: _Assembler,
    sources: tuple[ClauseSource, ...],
    parent: str,
    parent_level: Level | None,
    wordings: dict[str, tuple[str | None, str]],
    overrides: dict[str, DeviationRequest],
    additions: dict[str, list[DeviationRequest]],
    topics_of: dict[str, tuple[str, ...]],
) -> tuple[_Numbered, ...]:
    added = {a.provision: a for group in additions.values() for a in group}
    result: list[_Numbered] = []
    for source in unrolled(sources, work.answers):
        if not work.holds(source.when):
            continue
        text, position = source.text, Position.STANDARD
        if source.id in wordings:
            replacement, _topic = wordings[source.id]
            if replacement is None:
                continue
            text, position = replacement, Position.FALLBACK
        deviation: Deviation | None = None
        request = overrides.get(source.id)
        if request is not None:
            after = request.text if request.kind is DeviationKind.OVERRIDE else ""
            deviation = Deviation(request.kind, source.id, request.reason, text, after)
            if request.kind is DeviationKind.REMOVE:
                work.removed.append(deviation)
                continue
            text = request.text
        elif source.id in added:
            request = added[source.id]
            deviation = Deviation(DeviationKind.ADD, source.id, request.reason, "", text)
        number = work.number(parent, source.level, len(result) + 1)
        owner_number = parent if source.level is Level.ITEM and parent_level is not None else ""
        changed = ClauseSource(
            source.id, source.level, text, source.title, "", source.covers, source.laws, source.prominent, source.table
        )
        children = _number(
            work, _with_additions(source.children, additions, f"{source.id}#"), number if source.level is not Level.ITEM else parent,
            source.level, wordings, overrides, additions, topics_of,
        )  # fmt: skip
        result.append(
            _Numbered(changed, number, owner_number, parent_level, children, position, topics_of.get(source.id, ()), deviation)
        )
    return tuple(result)


def _printed(work: _Assembler, deviation: Deviation) -> Deviation:
    """The deviation with its texts as they print; possible only once every number is known."""
    return replace(
        deviation,
        library_text=_plain(work, deviation.library_text),
        contract_text=_plain(work, deviation.contract_text),
    )


def _plain(work: _Assembler, text: str) -> str:
    return "".join(s.text for s in _render(work, text))


def _render(work: _Assembler, text: str) -> tuple[Span, ...]:
    """Spans of a clause text. Text that is no valid markup (a person's own wording) stands as it was written."""
    try:
        tokens = parse(text)
    except ValueError:
        return (Text(text),)
    spans: list[Span] = []
    for token in tokens:
        match token:
            case Literal(literal):
                spans.append(Text(literal))
            case TermToken(term):
                spans.append(TermUse(term))
            case ReferenceToken(target, fmt, True):
                spans.append(Text(work.foreign.get(target, (DANGLING, ""))[0]))
            case ReferenceToken(target, fmt):
                label, number = work.labels.get(target, (DANGLING, ""))
                spans.append(Reference(target, number if fmt == "number" and number else label, number))
            case VariableToken(name, fmt):
                spans.append(_variable(work, name, fmt))
    return tuple(spans)


def _variable(work: _Assembler, name: str, fmt: str) -> Span:
    found = work.library.variables.get(name), work.answers.get(name)
    variable, value = cell(name, work.answers, work.library.variables) or found if found[0] is None else found
    if variable is None:
        return Text("{{" + name + (f"|{fmt}" if fmt else "") + "}}")
    name = variable.name
    if is_blank(value):
        if variable.required is Requirement.OPTIONAL and variable.stage is not FillStage.SIGNING:
            return FilledValue("无" if variable.type is VariableType.TABLE else "不适用", name)
        return Blank(name, variable.label, variable.stage)
    return FilledValue(present(variable, value, fmt), name)


def _rows(work: _Assembler, rows: tuple[FormRowSource, ...]) -> tuple[FormRow, ...]:
    result: list[FormRow] = []
    for row in rows:
        if not work.holds(row.when):
            continue
        content = _render(work, row.text) if row.text else ()
        if row.box is not None:
            content = (*content, Box(row.box.name, row.box.kind, row.box.width, row.box.height))
        result.append(FormRow(row.id, row.label, content))
    return tuple(result)


def _section(work: _Assembler, source: SectionSource, numbered: tuple[_Numbered, ...]) -> Section:
    provisions = tuple(_provision(work, n) for n in numbered)
    return Section(source.number, source.title, provisions, _rows(work, source.form), _annex(work.library, source.number))


def _provision(work: _Assembler, item: _Numbered) -> Provision:
    source = item.source
    return Provision(
        id=source.id,
        level=source.level,
        number=item.number,
        title=source.title,
        content=_render(work, source.text),
        children=tuple(_provision(work, c) for c in item.children),
        table=_table(work, source.table) if source.table else None,
        laws=source.laws,
        prominent=source.prominent,
        position=item.position,
        topics=item.topics,
        deviation=_printed(work, item.deviation) if item.deviation is not None else None,
    )


def _table(work: _Assembler, name: str) -> Table | None:
    if name == TERM_TABLE:
        return _term_table(work)
    variable = work.library.variables.get(name)
    return build_table(variable, work.answers.get(name)) if variable is not None else None


def _term_table(work: _Assembler) -> Table:
    columns = (TableColumn("term", "术语", 20), TableColumn("meaning", "含义", 68), TableColumn("first", "主要约定", 12))
    rows = tuple(
        TableRow(t.id, (t.term, _plain(work, t.meaning), work.labels.get(f"s.{t.first_used}", (t.first_used, ""))[0]))
        for t in work.library.terms
    )
    return Table(TERM_TABLE, "定义表", columns, rows)
