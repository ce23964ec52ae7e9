"""What a proofreading rule finds, and what a rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from app.domain.laws import Citation
from app.domain.variables import Value

if TYPE_CHECKING:
    from app.domain.proofreading.facts import Draft


class Severity(Enum):
    ERROR = "error"
    """Blocks a final document; nobody may wave it through."""
    WARN = "warn"
    """Needs a recorded reason (rule, place, person, time, at least twenty characters)."""
    INFO = "info"
    """For information only."""

    @property
    def label(self) -> str:
        return {"error": "错误", "warn": "警告", "info": "提示"}[self.value]

    @property
    def rank(self) -> int:
        return list(Severity).index(self)


class Stage(Enum):
    """When proofreading runs (legal rules §4.1)."""

    SAVED = "saved"
    """On every save: rules over values and the tree."""
    REVIEW = "review"
    """On submission and before a final document: all rules."""
    SIGNING = "signing"
    """Once the signing has brought its facts (dates, marks, confirmations): all rules again, with those facts."""


EVERY_STAGE = frozenset(Stage)
FROM_REVIEW = frozenset({Stage.REVIEW, Stage.SIGNING})


@dataclass(frozen=True, slots=True)
class Place:
    """Where a finding points: a provision, form row or section id; ``number`` as a reference reads (第8.2.3条, 附件二);
    the variable behind it; for rules over text, the words that were hit."""

    provision_id: str = ""
    number: str = ""
    variable: str = ""
    excerpt: str = ""

    @property
    def label(self) -> str:
        return self.number or self.variable or "全文"


@dataclass(frozen=True, slots=True)
class SetVariable:
    """A mechanical fix: answer ``variable`` with ``value``."""

    variable: str
    value: Value


@dataclass(frozen=True, slots=True)
class ReplaceText:
    """A mechanical fix: in provision ``provision`` put ``new`` where ``old`` stands."""

    provision: str
    old: str
    new: str


Patch = SetVariable | ReplaceText


@dataclass(frozen=True, slots=True)
class Hit:
    """What a rule's function yields; the registry adds rule id, legal basis and the general fix.

    ``fix`` replaces the rule's general fix where a more precise one is known.
    """

    severity: Severity
    message: str
    place: Place = Place()
    patch: Patch | None = None
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of drafting: what, where, why in law, and how to mend it."""

    rule: str
    severity: Severity
    message: str
    place: Place
    basis: tuple[Citation, ...]
    fix: str
    patch: Patch | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One proofreading rule. ``basis`` are citation codes of the law book; ``check`` yields a hit per fault."""

    id: str
    name: str
    stages: frozenset[Stage]
    basis: tuple[str, ...]
    fix: str
    check: Callable[[Draft], Iterable[Hit]]


def rule(
    rule_id: str, name: str, basis: tuple[str, ...], fix: str, stages: frozenset[Stage] = EVERY_STAGE
) -> Callable[[Callable[[Draft], Iterable[Hit]]], Rule]:
    """Turns a function over a draft into a ``Rule``."""

    def wrap(check: Callable[[Draft], Iterable[Hit]]) -> Rule:
        return Rule(rule_id, name, stages, basis, fix, check)

    return wrap
