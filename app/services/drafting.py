"""Compiling a draft: answers → computed values → tree → findings. No store, no clock; everything is an argument."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from app.domain.approval_route import DEFAULT_POLICY, ApprovalPolicy
from app.domain.assembly import assemble
from app.domain.calendar import WorkingCalendar
from app.domain.clauses import ClauseLibrary
from app.domain.derivation import derive
from app.domain.laws import LawBook
from app.domain.proofreading import Draft, Finding, Severity, Stage, proofread, unresolved
from app.domain.remembering import Same
from app.domain.tree import Instrument
from app.domain.variables import Answers

FINAL_DATE = "contract.final_date"


@dataclass(frozen=True, slots=True)
class Reference:
    """What a draft is compiled against: library, law book, working-day calendar, installed fonts; and who must approve it."""

    library: ClauseLibrary
    laws: LawBook
    calendar: WorkingCalendar
    covered: Callable[[str], bool] | None = None
    policy: ApprovalPolicy = DEFAULT_POLICY


@dataclass(frozen=True, slots=True)
class Compiled:
    """A contract as it stands: completed answers, numbered tree, findings.

    ``blocking`` are the findings that keep it from being final: errors, and warnings without a recorded reason.
    """

    answers: Answers
    instrument: Instrument
    findings: tuple[Finding, ...]
    blocking: tuple[Finding, ...]

    def count(self, severity: Severity) -> int:
        return sum(1 for f in self.findings if f.severity is severity)


def cited(library: ClauseLibrary) -> tuple[str, ...]:
    """The citation codes of a form's provisions, each once."""
    return tuple(dict.fromkeys(code for clause in library.clauses() for code in clause.laws))


KEPT = 8
"""Texts, and findings, that are kept: one page, a submission, a comparison need the same again and again. Some two megabytes each."""


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """What a text or its findings are computed from, as a key: the very reference, and everything else by its contents.

    ``words`` spell the answers out, so that what is equal but prints otherwise (1.0 and 1.00) is told apart.
    """

    reference: Reference
    answers: Answers
    words: str
    today: date
    instrument: Instrument | None = None
    stage: Stage | None = None

    def _key(self) -> tuple[object, ...]:
        given = self.reference
        return Same(given.library, given.laws, given.calendar, given.covered), self.words, self.today, self.stage, self.instrument

    def __hash__(self) -> int:
        return hash(self._key())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Asked) and self._key() == other._key()


def _spelt(answers: Answers) -> str:
    return repr((answers.values, answers.positions, answers.deviations, answers.acknowledgements, sorted(answers.given)))


def build(reference: Reference, answers: Answers, today: date) -> tuple[Answers, Instrument]:
    """Computed values added, tree assembled; the quick part, for the live preview."""
    return _built(_Asked(reference, answers, _spelt(answers), today))


@lru_cache(maxsize=KEPT)
def _built(asked: _Asked) -> tuple[Answers, Instrument]:
    reference, answers = asked.reference, asked.answers
    computed = derive(answers.values, asked.today, reference.calendar, reference.laws, cited(reference.library))
    complete = answers.with_values(computed)
    return complete, assemble(reference.library, complete)


def dated_final(answers: Answers, today: date) -> Answers:
    """The answers with ``contract.final_date`` set to ``today`` where nobody gave it: the day the text is locked."""
    return answers if answers.get(FINAL_DATE) is not None else answers.with_values({FINAL_DATE: today})


def compile_draft(reference: Reference, answers: Answers, today: date, stage: Stage = Stage.REVIEW) -> Compiled:
    """The whole contract with every finding of ``stage``."""
    complete, instrument = build(reference, answers, today)
    return examine(reference, complete, instrument, today, stage)


def examine(
    reference: Reference, complete: Answers, instrument: Instrument, today: date, stage: Stage = Stage.REVIEW
) -> Compiled:
    """A text that stands already, a frozen version above all, with every finding that it has ``today``."""
    findings = _found(_Asked(reference, complete, _spelt(complete), today, instrument, stage))
    return Compiled(complete, instrument, findings, tuple(unresolved(findings, complete.acknowledgements)))


@lru_cache(maxsize=KEPT)
def _found(asked: _Asked) -> tuple[Finding, ...]:
    reference = asked.reference
    assert asked.instrument is not None
    assert asked.stage is not None
    draft = Draft(
        answers=asked.answers,
        instrument=asked.instrument,
        variables=reference.library.variables,
        laws=reference.laws,
        today=asked.today,
        calendar_years=reference.calendar.official_years,
        covered=reference.covered,
    )
    return proofread(draft, asked.stage)
