"""Standings and random edits for the tests of amendments: a small text with tables and nested provisions, and the demonstration."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from functools import cache

from hypothesis import strategies as st

from app.domain.amendment import Standing, is_tombstone, tombstone
from app.domain.answers import read_answers
from app.domain.derivation import derive
from app.domain.numbering import number_behind
from app.domain.redrafting import Workshop
from app.domain.tree import Instrument, Provision, Table, TableRow, Text
from app.domain.variables import Answers
from app.library.answers_file import load_example
from app.rendering.textdiff import ChineseDiff
from app.services.drafting import build, cited
from tests.rendering.sample import small
from tests.services.fixtures import TODAY, reference

DIFF = ChineseDiff()
BASE = Standing(small(), Answers({"contract.version": "1.0", "pay.days": 30, "note": "甲"}))
PLACES = tuple(p.id for p in BASE.instrument.provisions())
TABLES = tuple(dict.fromkeys(p.table.id for p in BASE.instrument.provisions() if p.table is not None))
WORDS = st.text("甲乙方应当在内付款。，；0123456789（）%“”", min_size=1, max_size=24)


@cache
def demonstration() -> Standing:
    library = reference().library
    answers = read_answers(library.variables, load_example().data, topics=library.topics()).require()
    complete, instrument = build(reference(), answers, TODAY)
    return Standing(instrument, complete)


@cache
def workshop(today: date = TODAY) -> Workshop:
    found = reference()
    codes = cited(found.library)
    return Workshop(found.library, lambda values: derive(values, today, found.calendar, found.laws, codes), DIFF)


@st.composite
def edited(draw: st.DrawFn, places: tuple[str, ...] = PLACES, tables: tuple[str, ...] = TABLES) -> Standing:
    """The small text after some edits at ``places`` and in ``tables``: what a person might make of it."""
    instrument = BASE.instrument
    for place in draw(st.lists(st.sampled_from(places), max_size=4, unique=True)) if places else ():
        how = draw(st.sampled_from(["reword", "title", "strike", "add", "substitute"]))
        words = draw(WORDS)
        instrument = with_edit(instrument, place, how, words, f"new.{place}")
    for table in draw(st.lists(st.sampled_from(tables), max_size=2, unique=True)) if tables else ():
        seed, words = draw(st.integers(0, 5)), draw(WORDS)
        instrument = with_table(instrument, table, lambda t, s=seed, w=words: _rows_changed(t, s, w))  # type: ignore[misc]
    values = {**BASE.answers.values, **draw(st.fixed_dictionaries({}, optional={"pay.days": st.integers(1, 90)}))}
    return Standing(instrument, Answers(values))


def _rows_changed(table: Table, seed: int, words: str) -> Table:
    rows = list(table.rows)
    place = seed % max(len(rows), 1)
    width = len(table.columns)
    match seed % 3:
        case 0 if rows:
            rows[place] = replace(rows[place], cells=(words, *rows[place].cells[1:]))
        case 1 if rows:
            del rows[place]
        case _:
            rows.insert(place, TableRow(f"N{seed}", (words,) * width))
    return replace(table, rows=tuple(rows))


def with_table(instrument: Instrument, table: str, edit: object) -> Instrument:
    def inner(p: Provision) -> Provision:
        own = edit(p.table) if p.table is not None and p.table.id == table else p.table  # type: ignore[operator]
        return replace(p, table=own, children=tuple(inner(c) for c in p.children))

    return _mapped(instrument, lambda items: tuple(inner(p) for p in items))


def with_edit(instrument: Instrument, place: str, how: str, words: str, new_id: str) -> Instrument:
    """One edit of one provision; nothing where the place stands no more."""
    found = instrument.provision(place)
    if found is None or is_tombstone(found):
        return instrument

    def edit(items: tuple[Provision, ...], parent: str) -> tuple[Provision, ...]:
        result: list[Provision] = []
        for item in items:
            if item.id != place:
                result.append(replace(item, children=edit(item.children, item.number)))
                continue
            match how:
                case "reword":
                    result.append(replace(item, content=(Text(words),)))
                case "title":
                    result.append(replace(item, title=words, prominent=not item.prominent))
                case "strike":
                    result.append(tombstone(item))
                case "substitute":
                    result.append(Provision(new_id, item.level, item.number, words, (Text(words),)))
                case _:
                    result.append(item)
        if how == "add" and any(p.id == place for p in items):
            at = next(i for i, p in enumerate(items) if p.id == place)
            number, where = number_behind(parent, items[at].level, [p.number for p in items], at)
            result.insert(where, Provision(new_id, items[at].level, number, "", (Text(words),)))
        return tuple(result)

    chapters = tuple(
        replace(c, sections=tuple(replace(s, provisions=edit(s.provisions, s.number)) for s in c.sections))
        for c in instrument.chapters
    )
    return replace(instrument, chapters=chapters)


def _mapped(instrument: Instrument, edit: object) -> Instrument:
    chapters = tuple(
        replace(c, sections=tuple(replace(s, provisions=edit(s.provisions)) for s in c.sections))  # type: ignore[operator]
        for c in instrument.chapters
    )
    return replace(instrument, chapters=chapters)
