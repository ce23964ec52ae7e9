"""What is compiled is kept for whoever asks the same again, and for nobody who asks anything else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from functools import cache

import pytest

from app.domain.answers import read_answers
from app.domain.proofreading import Stage
from app.domain.variables import Acknowledgement, Answers, Value
from app.library.answers_file import load_example
from app.services.drafting import Reference, build, compile_draft, examine
from tests.services.approving import REASON
from tests.services.fixtures import NOW, TODAY, reference


@cache
def answers() -> Answers:
    return read_answers(reference().library.variables, load_example().data).answers


def again() -> Answers:
    """The same answers, read anew."""
    return read_answers(reference().library.variables, load_example().data).answers


def test_the_same_question_has_the_answer_that_was_found() -> None:
    assert again() is not answers()
    assert build(reference(), again(), TODAY)[1] is build(reference(), answers(), TODAY)[1]
    assert compile_draft(reference(), again(), TODAY).findings is compile_draft(reference(), answers(), TODAY).findings


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [("contract.sign_place", "北京市", "上海市"), ("price.total", Decimal("1.0"), Decimal("1.00")), ("term.years", 1, True)],
)
def test_another_answer_is_another_text(name: str, one: Value, other: Value) -> None:
    """Also one that Python calls equal."""
    first, second = (build(reference(), answers().with_values({name: value}), TODAY) for value in (one, other))
    assert first[0] is not second[0]
    assert repr(first[0].get(name)) == repr(one)
    assert repr(second[0].get(name)) == repr(other)


def test_another_day_stage_reference_or_acknowledgement_is_asked_anew() -> None:
    complete, instrument = build(reference(), answers(), TODAY)
    assert build(reference(), answers(), TODAY + timedelta(days=1))[0] is not complete
    found = examine(reference(), complete, instrument, TODAY)
    assert found.blocking
    assert examine(reference(), complete, instrument, TODAY, Stage.SAVED).findings is not found.findings
    let = tuple(Acknowledgement(f.rule, f.place.provision_id, "王律师", NOW, REASON) for f in found.blocking)
    assert len(examine(reference(), replace(complete, acknowledgements=let), instrument, TODAY).blocking) < len(found.blocking)
    known = reference()
    blind = Reference(known.library, known.laws, known.calendar, lambda char: char != "乙")
    assert examine(blind, complete, instrument, TODAY).findings != found.findings
    renamed = replace(instrument, number="SHFW-2026-0099")
    assert examine(reference(), complete, renamed, TODAY).findings is not found.findings
