"""Every answer matters: it is printed, steers a condition, feeds a computed value, or is judged by a rule that names it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from app.domain.answers import read_answers
from app.domain.conditions import Condition
from app.domain.digest import digest
from app.domain.variables import Answers, Requirement, Value, Variable, VariableType
from app.library.answers_file import load_example
from app.library.calendars import load_calendar
from app.library.coverage import coverage
from app.library.laws import load_laws
from app.library.loader import load_library
from app.services.drafting import Reference, build

TODAY = date(2026, 11, 22)
NUMBERS = (VariableType.INT, VariableType.DECIMAL, VariableType.MONEY, VariableType.PERCENT)
RULES = Path(__file__).resolve().parents[2] / "app" / "domain" / "proofreading"


@pytest.fixture(scope="module")
def reference() -> Reference:
    return Reference(load_library(), load_laws(), load_calendar())


@pytest.fixture(scope="module")
def demonstration(reference: Reference) -> Answers:
    source = load_example()
    return read_answers(reference.library.variables, source.data, topics=reference.library.topics()).require()


def other(variable: Variable, value: Value) -> Value:
    if variable.type in NUMBERS:
        number = Decimal(str(value)) if value is not None else Decimal(0)
        return int(number) + 1 if variable.type is VariableType.INT else number + 1
    if variable.type is VariableType.BOOL:
        return not value
    if variable.type is VariableType.ENUM:
        return next((o.value for o in variable.options if o.value != value), None)
    return "另一个值" if variable.type in (VariableType.TEXT, VariableType.PARTY) else None


def test_no_answer_is_ignored(reference: Reference, demonstration: Answers) -> None:
    """Changing any answer changes the text, or a rule reads it, or it stands in a condition of the library."""
    library = reference.library
    rules = "\n".join(p.read_text(encoding="utf-8") for p in RULES.glob("*.py"))
    conditions = {n for c in library.clauses() if c.when for n in Condition.parse(c.when).names}
    before = digest(build(reference, demonstration, TODAY)[1])
    ignored = []
    for variable in library.variables:
        if variable.required is Requirement.COMPUTED or variable.name in conditions or f'"{variable.name}"' in rules:
            continue
        if any(variable.name in text for text in _texts(reference)) or _fixed(variable):
            continue
        changed = other(variable, demonstration.get(variable.name))
        if changed is not None:
            after = digest(build(reference, demonstration.with_values({variable.name: changed}), TODAY)[1])
            if after != before:
                continue
        ignored.append(variable.name)
    assert ignored == []


def _fixed(variable: Variable) -> bool:
    """A value that the law or the form leaves no choice of; another answer is refused."""
    return variable.constraint in (f"{variable.name} == True", f"{variable.name} == False", f"not {variable.name}", variable.name)


def _flat(data: Mapping[str, Any], prefix: str, reference: Reference) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in data.items():
        name = f"{prefix}{key}"
        flat |= {name: value} if name in reference.library.variables else _flat(value, f"{name}.", reference)
    return flat


def _texts(reference: Reference) -> list[str]:
    library = reference.library
    texts = [c.text for c in library.clauses()] + [c.table for c in library.clauses()]
    texts += [t.meaning for t in library.terms]
    texts += [t for topic in library.topics() for t in topic.wording.values() if t]
    for rows in (library.cover, *(b.rows for b in library.parties), *(s.form for s in library.sections())):
        texts += [r.text for r in rows] + [r.box.name for r in rows if r.box] + [r.when for r in rows]
    return texts


def test_every_point_of_the_brief_is_met() -> None:
    library = load_library()
    unmet = {p.point.id: p.lacks for p in coverage(library) if not p.met}
    assert unmet == {}
    assert len(library.points) == 296


def test_the_library_has_every_topic_and_obligation_of_the_brief() -> None:
    library = load_library()
    assert len(list(library.topics())) == 70
    assert sum(len(s.obligations) for s in library.sections()) == 159
    assert len(library.terms) == 31


def test_every_fallback_position_assembles_and_says_something_else(reference: Reference, demonstration: Answers) -> None:
    _, standard = build(reference, demonstration, TODAY)
    for topic in reference.library.topics():
        document = {k: v for k, v in _flat(load_example().data, "", reference).items() if k not in topic.presets}
        document["playbook"] = {topic.id: "fallback"}
        reading = read_answers(reference.library.variables, document, topics=reference.library.topics())
        assert reading.faults == (), topic.id
        _, changed = build(reference, reading.answers, TODAY)
        dangling = [s.target for _, s in changed.references() if not s.number]
        assert dangling == [], topic.id
        printed = [p for p in changed.provisions() if topic.id in p.topics]
        ids = {p.id for p in printed}
        assert any(p.position.value == "fallback" for p in printed) or not ids >= {
            p.id for p in standard.provisions() if topic.id in p.topics
        }, topic.id
