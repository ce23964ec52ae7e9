"""The definition table of section 1.1: one heading for its column, wherever it is named, and real sections in it."""

from __future__ import annotations

from datetime import date

from app.domain.answers import read_answers
from app.library.answers_file import load_example
from app.library.calendars import load_calendar
from app.library.laws import load_laws
from app.library.loader import load_library
from app.services.drafting import Reference, build


def test_the_last_column_names_the_section_with_the_main_provisions() -> None:
    reference = Reference(load_library(), load_laws(), load_calendar())
    library = reference.library
    answers = read_answers(library.variables, load_example().data, topics=library.topics()).require()
    _, contract = build(reference, answers, date(2026, 11, 22))
    table = next(p.table for p in contract.provisions() if p.table is not None and p.table.id == "defs.term_table")
    declared = library.variables.get("defs.term_table")
    assert declared is not None
    assert [c.label for c in table.columns] == ["术语", "含义", "主要约定"] == [c.label for c in declared.columns]
    assert all(row.cells[2].startswith("第") and row.cells[2].endswith("节") for row in table.rows)
