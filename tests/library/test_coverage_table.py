"""docs/coverage.md: every point of the brief judged once, by provisions that exist and claim it."""

from __future__ import annotations

import re
from pathlib import Path

from app.library.loader import load_library

TABLE = Path(__file__).resolve().parents[2] / "docs" / "coverage.md"
ROW = re.compile(r"^\| *(\d+\.\d-b\d+) *\|([^|]*)\|([^|]*)\|([^|]*)\|", re.MULTILINE)


def test_every_point_is_judged_exactly_once_and_met() -> None:
    rows = ROW.findall(TABLE.read_text(encoding="utf-8"))
    assert [r[0] for r in rows] == [p.id for p in load_library().points]
    assert {r[3].strip() for r in rows} == {"满足"}
    assert min(len(r[2].strip()) for r in rows) >= 12


def test_the_provisions_named_for_a_point_exist_and_one_of_them_claims_it() -> None:
    library = load_library()
    claims: dict[str, set[str]] = {}
    for article in (a for section in library.sections() for a in section.provisions):
        # A 款 or 项 may carry what its article claims, and the other way round.
        together = {point for clause in article.walk() for point in clause.covers}
        claims |= {clause.id: together for clause in article.walk()}
    wrong = []
    for point, named, _, _ in ROW.findall(TABLE.read_text(encoding="utf-8")):
        ids = re.findall(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+)+", named)
        missing = [i for i in ids if i not in claims]
        if missing or not any(point in claims[i] for i in ids if i in claims):
            wrong.append((point, missing))
    assert wrong == []
