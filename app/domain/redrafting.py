"""From a person's edits of the text in force to the text as it will stand, and to the operations that say so.

Edits are what was typed; they are kept, so that they can be taken back one by one and made again on another text when a
parallel amendment was signed first. Values come first, what follows from them next, then the words typed by hand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from app.domain.amendment import Operation, Standing, is_tombstone, tombstone
from app.domain.clauses import ClauseLibrary
from app.domain.defaults import complete
from app.domain.difference import operations_between
from app.domain.following import Doubt, follow
from app.domain.numbering import number_behind, reference_labels
from app.domain.refilling import bind
from app.domain.textual_change import TextDiff
from app.domain.tree import Instrument, Level, Provision, Section, Text
from app.domain.variables import Answers, Requirement, Value

Values = Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class SetValue:
    """Another answer to one question; a table is given whole."""

    variable: str
    value: Value


@dataclass(frozen=True, slots=True)
class Rewrite:
    """The words of one provision as they shall read, as plain text."""

    provision: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Add:
    """A new provision behind ``after``: a provision on the same level, or a section (``s.8.2``) where it comes last."""

    id: str
    after: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Strike:
    """The provision with everything below it shall stand no more."""

    provision: str


Edit = SetValue | Rewrite | Add | Strike


@dataclass(frozen=True, slots=True)
class Workshop:
    """What redrafting needs beside the text: the library as it is today, how values are computed, how texts differ."""

    library: ClauseLibrary
    derive: Callable[[Values], Values]
    differ: TextDiff


@dataclass(frozen=True, slots=True)
class Loosened:
    """A figure that a variable prints was overwritten by hand; other places that print it don't follow."""

    provision: str
    number: str
    variable: str
    label: str


@dataclass(frozen=True, slots=True)
class Misplaced:
    """An edit that finds nothing to work on in this text."""

    edit: Edit
    message: str


@dataclass(frozen=True, slots=True)
class Redraft:
    """The text as it will stand and the operations to it; ``doubts``, ``loosened`` and ``misplaced`` are for a person."""

    before: Standing
    after: Standing
    operations: tuple[Operation, ...]
    doubts: tuple[Doubt, ...] = ()
    loosened: tuple[Loosened, ...] = ()
    misplaced: tuple[Misplaced, ...] = ()


def redraft(before: Standing, edits: Sequence[Edit], workshop: Workshop) -> Redraft:
    """Carry out ``edits`` on ``before``. Nothing is raised for an edit that doesn't fit: it is named in ``misplaced``."""
    variables = workshop.library.variables
    misplaced: list[Misplaced] = []
    entered: dict[str, Value] = {}
    for edit in edits:
        if isinstance(edit, SetValue):
            known = variables.get(edit.variable)
            if known is None or known.required is Requirement.COMPUTED:
                misplaced.append(Misplaced(edit, f"变量“{edit.variable}”不存在，或者由系统计算，不能填写。"))
            else:
                entered[edit.variable] = edit.value
    followed = follow(before, answered(before.answers, entered, workshop), workshop.library)
    page = _Page(followed.standing.instrument, workshop)
    for edit in edits:
        if not isinstance(edit, SetValue):
            fault = page.carry_out(edit)
            misplaced += [Misplaced(edit, fault)] if fault else []
    after = Standing(page.instrument(), followed.standing.answers)

    def derived(name: str) -> bool:
        return name not in entered

    operations = operations_between(before, after, derived)
    return Redraft(before, after, operations, followed.doubts, tuple(page.loosened), tuple(misplaced))


def answered(answers: Answers, entered: Mapping[str, Value], workshop: Workshop) -> Answers:
    """``answers`` with other values, and with everything that defaults and computation make of them.

    Only the difference is taken over: what today's library, calendar or law book would compute differently from what was
    signed stays as it was signed.
    """
    if not entered:
        return answers
    given = {n: answers.values[n] for n in answers.given if n in answers.values}

    def whole(values: Mapping[str, Value]) -> dict[str, Value]:
        completed = complete(workshop.library.variables, values, _presets(answers, workshop.library))
        # What the contract holds beyond today's defaults is an input of the computation as well.
        base = {**{n: v for n, v in answers.values.items() if n not in given}, **completed}
        return {**base, **workshop.derive(base)}

    earlier, later = whole(given), whole({**given, **entered})
    values = dict(answers.values)
    for name in {*earlier, *later}:
        if earlier.get(name) != later.get(name):
            values[name] = later.get(name)
    values |= entered
    values = {n: v for n, v in values.items() if v is not None}
    return Answers(values, answers.positions, answers.deviations, answers.acknowledgements, answers.given | frozenset(entered))


def _presets(answers: Answers, library: ClauseLibrary) -> dict[str, Value]:
    """Values that the chosen fallback positions preset, as they stand in the contract."""
    chosen = (t for t in library.topics() if answers.positions.get(t.id) == "fallback")
    return {n: answers.values[n] for t in chosen for n in t.presets if n in answers.values}


class _Page:
    """The text under the pen: typed words, new provisions, strokes."""

    def __init__(self, instrument: Instrument, workshop: Workshop) -> None:
        self._instrument = instrument
        self._workshop = workshop
        self.loosened: list[Loosened] = []

    def instrument(self) -> Instrument:
        return self._instrument

    def carry_out(self, edit: Rewrite | Add | Strike) -> str:
        """Empty, or why the edit can't be made on this text."""
        match edit:
            case Rewrite():
                return self._rewrite(edit)
            case Strike(provision=place):
                return self._strike(place)
            case Add():
                return self._add(edit)

    def _found(self, place: str) -> Provision | None:
        found = self._instrument.provision(place)
        return found if found is not None and not is_tombstone(found) else None

    def _rewrite(self, edit: Rewrite) -> str:
        known = self._found(edit.provision)
        if known is None:
            return f"条款“{edit.provision}”在现行文本中不存在或者已经删除，不能改写。"
        bound = bind(known.content, edit.text.strip(), self._workshop.differ)
        label = reference_labels(self._instrument)[known.id][0]
        for name in bound.loosened:
            variable = self._workshop.library.variables.get(name)
            self.loosened.append(Loosened(known.id, label, name, variable.label if variable else name))
        self._put(known.id, (replace(known, title=edit.title.strip(), content=bound.content),))
        return ""

    def _strike(self, place: str) -> str:
        known = self._found(place)
        if known is None:
            return f"条款“{place}”在现行文本中不存在或者已经删除，不能再删。"
        self._put(place, (tombstone(known),))
        return ""

    def _add(self, edit: Add) -> str:
        if self._instrument.provision(edit.id) is not None:
            return f"标识“{edit.id}”已被使用。"
        section = next((s for s in self._instrument.sections() if s.id == edit.after), None)
        if section is not None:
            siblings, parent, after = section.provisions, section.number, len(section.provisions) - 1
        else:
            home = _home(self._instrument, edit.after)
            if home is None:
                return f"插入位置“{edit.after}”在现行文本中不存在。"
            siblings, parent = home
            after = next(i for i, p in enumerate(siblings) if p.id == edit.after)
        level = siblings[after].level if siblings else Level.ARTICLE
        number, place = number_behind(parent, level, [p.number for p in siblings], after)
        content = (Text(edit.text.strip()),) if edit.text.strip() else ()
        added = Provision(edit.id, level, number, edit.title.strip(), content)
        renewed = (*siblings[:place], added, *siblings[place:])
        if section is not None or not siblings:
            self._instrument = _with_section(self._instrument, edit.after, renewed)
        else:
            self._put_siblings(siblings, renewed)
        return ""

    def _put(self, place: str, by: tuple[Provision, ...]) -> None:
        self._instrument = _mapped(self._instrument, lambda items: _swapped(items, place, by))

    def _put_siblings(self, old: tuple[Provision, ...], new: tuple[Provision, ...]) -> None:
        first = old[0].id
        self._instrument = _mapped(self._instrument, lambda items: new if items and items[0].id == first else items)


def _home(instrument: Instrument, place: str) -> tuple[tuple[Provision, ...], str] | None:
    """The siblings of a provision, itself among them, and the number of what holds them."""

    def search(items: tuple[Provision, ...], parent: str) -> tuple[tuple[Provision, ...], str] | None:
        for item in items:
            if item.id == place:
                return items, parent
            found = search(item.children, item.number)
            if found is not None:
                return found
        return None

    return next((h for h in (search(s.provisions, s.number) for s in instrument.sections()) if h is not None), None)


def _swapped(items: tuple[Provision, ...], place: str, by: tuple[Provision, ...]) -> tuple[Provision, ...]:
    return tuple(new for item in items for new in (by if item.id == place else (item,)))


def _mapped(instrument: Instrument, edit: Callable[[tuple[Provision, ...]], tuple[Provision, ...]]) -> Instrument:
    """``edit`` gives every row of siblings anew, from the outside in."""

    def inner(items: tuple[Provision, ...]) -> tuple[Provision, ...]:
        return tuple(replace(p, children=inner(p.children)) if p.children else p for p in edit(items))

    def section(item: Section) -> Section:
        return replace(item, provisions=inner(item.provisions))

    chapters = tuple(replace(c, sections=tuple(section(s) for s in c.sections)) for c in instrument.chapters)
    return replace(instrument, chapters=chapters)


def _with_section(instrument: Instrument, place: str, provisions: tuple[Provision, ...]) -> Instrument:
    chapters = tuple(
        replace(c, sections=tuple(replace(s, provisions=provisions) if s.id == place else s for s in c.sections))
        for c in instrument.chapters
    )
    return replace(instrument, chapters=chapters)
