"""The questionnaire of a form: which questions apply, which must be answered, how far a draft has come. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from app.domain.clauses import ClauseLibrary
from app.domain.conditions import holds
from app.domain.errors import InputFault
from app.domain.numbering import chapter_number
from app.domain.variables import FillStage, Requirement, Value, Variable, is_blank

FRONT = 0
"""The chapter index of the cover and the parties, which stand before chapter 1 (section ``0``)."""
FRONT_TITLE = "合同主体与基本信息"


@dataclass(frozen=True, slots=True)
class Group:
    """The questions that one section owns."""

    section: str
    title: str
    variables: tuple[Variable, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One chapter of the questionnaire. ``number`` reads 第八章; empty for what stands before chapter 1."""

    index: int
    number: str
    title: str
    groups: tuple[Group, ...]

    def variables(self) -> Iterator[Variable]:
        for group in self.groups:
            yield from group.variables


@dataclass(frozen=True, slots=True)
class Progress:
    """``answered`` of ``needed`` questions that no default answers; ``faults`` entries that can't be used."""

    answered: int
    needed: int
    faults: int = 0

    @property
    def done(self) -> bool:
        return self.answered >= self.needed and not self.faults


def parts(library: ClauseLibrary) -> tuple[Part, ...]:
    """The questionnaire in the order of the contract; computed variables are never asked."""
    asked: dict[str, list[Variable]] = {}
    for variable in library.variables:
        if variable.required is not Requirement.COMPUTED:
            asked.setdefault(variable.section, []).append(variable)
    front = Part(FRONT, "", FRONT_TITLE, (Group("0", "", tuple(asked.get("0", ()))),))
    chapters = tuple(
        Part(
            chapter.index,
            chapter_number(chapter.index),
            chapter.title,
            tuple(Group(s.number, s.title, tuple(asked[s.number])) for s in chapter.sections if s.number in asked),
        )
        for chapter in library.chapters
    )
    return (front, *chapters)


_CLOSING = ("sign.", "deliver.")
_OF_SENDER = ("paper.sender", "sender.", "sign.sender_", "deliver.")
_OF_BOTH = ("sign.party_",)


def paper_groups(library: ClauseLibrary, *, both: bool) -> tuple[Group, ...]:
    """The questions of a short instrument: what it is about by chapter, then its date and who signs. ``both``: both parties sign."""
    hidden = _OF_SENDER if both else _OF_BOTH
    asked: dict[str, list[Variable]] = {}
    for variable in library.variables:
        if variable.required is not Requirement.COMPUTED and not variable.name.startswith(hidden):
            late = variable.section == "0" and variable.name.startswith(_CLOSING)
            asked.setdefault("sign" if late else variable.section, []).append(variable)
    titles = {str(c.index): c.title for c in library.chapters} | {"0": "文书", "sign": "签署" if both else "送达与签发"}
    order = ["0", *(str(c.index) for c in library.chapters), "sign"]
    return tuple(Group(key, titles[key], tuple(asked[key])) for key in order if key in asked)


def part_of(library: ClauseLibrary, variable: str) -> int:
    """The chapter index that asks for a variable; the front where it is unknown."""
    found = library.variables.get(variable)
    return int(found.section.split(".")[0]) if found is not None else FRONT


def applies(variable: Variable, values: Mapping[str, Value]) -> bool:
    """Whether the question is asked at all under these answers."""
    return holds(variable.condition, values)


def must_answer(variable: Variable) -> bool:
    """True where nothing but a person can know the answer, and it is needed before signing."""
    return (
        variable.required in (Requirement.REQUIRED, Requirement.CONDITIONAL)
        and variable.default is None
        and not variable.default_from
        and variable.stage in (FillStage.DRAFT, FillStage.FREEZE)
    )


def progress(variables: Iterator[Variable], values: Mapping[str, Value], faults: tuple[InputFault, ...]) -> Progress:
    """How far the given questions are answered."""
    needed = answered = wrong = 0
    for variable in variables:
        wrong += any(fault_belongs(f, variable.name) for f in faults)
        if must_answer(variable) and applies(variable, values):
            needed += 1
            answered += not is_blank(values.get(variable.name))
    return Progress(answered, needed, wrong)


def fault_belongs(fault: InputFault, name: str) -> bool:
    """Whether a fault is one of the variable ``name``, its cells and fields included."""
    return fault.path == name or fault.path.startswith((f"{name}.", f"{name}["))
