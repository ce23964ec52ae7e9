"""Further versions of a contract for the tests of comparison and redline: edits of the tree, then numbers made anew.

Every function returns a new instrument; ``renumbered`` computes numbers and cross-references again with the domain's own
numbering functions, as the assembly does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from app.domain.numbering import annex_label, chapter_number, child_number, reference_text
from app.domain.tree import (
    Chapter,
    FormRow,
    Instrument,
    Level,
    PartyBlock,
    Provision,
    Reference,
    Section,
    Span,
    Table,
    TableRow,
    Text,
)

Edit = Callable[[Provision], Iterable[Provision]]


def provision(id: str, text: str, *, title: str = "", children: tuple[Provision, ...] = (), level: Level = Level.ARTICLE,
              table: Table | None = None) -> Provision:  # fmt: skip
    return Provision(id, level, "", title, (Text(text),) if text else (), children, table)


def each(instrument: Instrument, edit: Edit) -> Instrument:
    """``edit`` replaces every provision by none, one or several; numbers are made anew."""

    def inner(items: tuple[Provision, ...]) -> tuple[Provision, ...]:
        return tuple(done for item in items for done in edit(replace(item, children=inner(item.children))))

    chapters = tuple(
        replace(c, sections=tuple(replace(s, provisions=inner(s.provisions)) for s in c.sections)) for c in instrument.chapters
    )
    return renumbered(replace(instrument, chapters=chapters))


def reworded(instrument: Instrument, id: str, old: str, new: str) -> Instrument:
    """The one span of a provision that contains ``old`` with ``new`` in its place."""

    def edit(p: Provision) -> Iterable[Provision]:
        if p.id != id:
            return (p,)
        assert any(old in s.text for s in p.content), f"{old} is not in {id}"
        return (replace(p, content=tuple(_with(s, old, new) for s in p.content)),)

    return each(instrument, edit)


def _with(span: Span, old: str, new: str) -> Span:
    return replace(span, text=span.text.replace(old, new)) if old in span.text else span  # type: ignore[call-arg]


def without(instrument: Instrument, id: str) -> Instrument:
    assert instrument.provision(id) is not None
    return each(instrument, lambda p: () if p.id == id else (p,))


def behind(instrument: Instrument, id: str, added: Provision) -> Instrument:
    """``added`` as the next sibling of a provision."""
    assert instrument.provision(id) is not None
    return each(instrument, lambda p: (p, replace(added, level=p.level)) if p.id == id else (p,))


def moved(instrument: Instrument, id: str, after: str) -> Instrument:
    found = instrument.provision(id)
    assert found is not None
    return behind(without(instrument, id), after, found)


def tabled(instrument: Instrument, table_id: str, edit: Callable[[Table], Table | None]) -> Instrument:
    """The table with that id edited."""
    return each(instrument, lambda p: (replace(p, table=edit(p.table)) if p.table is not None and p.table.id == table_id else p,))


def with_rows(table: Table, rows: Iterable[TableRow]) -> Table:
    return replace(table, rows=tuple(rows))


def rows_edited(instrument: Instrument, edit: Callable[[FormRow], Iterable[FormRow]]) -> Instrument:
    """Every labelled line of cover, parties and signature pages."""

    def done(rows: tuple[FormRow, ...]) -> tuple[FormRow, ...]:
        return tuple(r for row in rows for r in edit(row))

    parties = tuple(PartyBlock(b.id, b.heading, done(b.rows)) for b in instrument.parties)
    chapters = tuple(replace(c, sections=tuple(replace(s, form=done(s.form)) for s in c.sections)) for c in instrument.chapters)
    return replace(instrument, cover=done(instrument.cover), parties=parties, chapters=chapters)


def renumbered(instrument: Instrument) -> Instrument:
    labels: dict[str, tuple[str, str]] = {}
    chapters = []
    annexes = 0
    for chapter in instrument.chapters:
        number = chapter_number(chapter.index)
        labels[chapter.id] = (number, number)
        sections = []
        for section in chapter.sections:
            label = ""
            if section.annex:
                annexes += 1
                label = annex_label(annexes)
            labels[section.id] = (label, label) if label else (f"第{section.number}节", section.number)
            provisions = _numbered(section.provisions, section.number, None, labels)
            sections.append(Section(section.number, section.title, provisions, section.form, label))
        chapters.append(Chapter(chapter.index, number, chapter.title, tuple(sections)))
    resolved = tuple(
        replace(c, sections=tuple(replace(s, provisions=tuple(_resolved(p, labels) for p in s.provisions)) for s in c.sections))
        for c in chapters
    )
    return replace(instrument, chapters=resolved)


def _numbered(
    items: tuple[Provision, ...], parent: str, owner: tuple[str, Level] | None, labels: dict[str, tuple[str, str]]
) -> tuple[Provision, ...]:
    result = []
    for index, item in enumerate(items, 1):
        number = child_number(parent, item.level, index)
        labels[item.id] = (reference_text(item.level, number, owner[0] if owner else "", owner[1] if owner else None), number)
        result.append(replace(item, number=number, children=_numbered(item.children, number, (number, item.level), labels)))
    return tuple(result)


def _resolved(item: Provision, labels: dict[str, tuple[str, str]]) -> Provision:
    content = tuple(Reference(s.target, *labels.get(s.target, ("", ""))) if isinstance(s, Reference) else s for s in item.content)
    return replace(item, content=content, children=tuple(_resolved(c, labels) for c in item.children))
