"""The canonical text of the demonstration contract, word for word, and what proofreading finds in it (brief §0.9)."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest

from app.domain.answers import read_answers
from app.domain.digest import canonical_text, digest
from app.domain.proofreading import Severity
from app.domain.tree import Blank
from app.domain.variables import FillStage
from app.library.answers_file import load_example
from app.library.calendars import load_calendar
from app.library.laws import load_laws
from app.library.loader import load_library
from app.services.drafting import Compiled, Reference, compile_draft

GOLDEN = Path(__file__).parent / "demonstration.txt"
LIMITS = (18_000, 30_000)
"""Characters of chapters 1 to 12 without numbers, titles and tables (brief §0.8: 2–3 万字, annexes not counted)."""


@pytest.fixture(scope="module")
def demonstration() -> Compiled:
    library = load_library()
    answers = read_answers(library.variables, load_example().data, topics=library.topics()).require()
    return compile_draft(Reference(library, load_laws(), load_calendar()), answers, date(2026, 11, 22))


def test_the_text_is_the_golden_text(demonstration: Compiled) -> None:
    text = canonical_text(demonstration.instrument)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text, encoding="utf-8")
    assert text == GOLDEN.read_text(encoding="utf-8")


def test_proofreading_finds_exactly_what_the_brief_expects(demonstration: Compiled) -> None:
    assert {(f.rule, f.severity) for f in demonstration.findings} == {
        ("R-35", Severity.WARN),
        ("R-46", Severity.WARN),
        ("R-47", Severity.INFO),
    }


def test_nothing_is_blank_that_a_final_text_needs(demonstration: Compiled) -> None:
    due = (FillStage.DRAFT, FillStage.FREEZE)
    assert [p for p, s in demonstration.instrument.spans() if isinstance(s, Blank) and s.stage in due] == []


def test_the_length_is_that_of_a_contract_people_read(demonstration: Compiled) -> None:
    characters = sum(
        len("".join(p.text.split()))
        for chapter in demonstration.instrument.chapters
        if chapter.index <= 12
        for section in chapter.sections
        for p in section.walk()
    )
    assert LIMITS[0] <= characters <= LIMITS[1]


def test_the_digest_names_the_words(demonstration: Compiled) -> None:
    import hashlib

    assert digest(demonstration.instrument) == hashlib.sha256(GOLDEN.read_bytes()).hexdigest()
