"""Two amendments drafted side by side: where they meet when one of them is signed, and whether the other still fits.

The one that is signed first stands. The other is made again on the text with it: what both changed is shown with the words
before, theirs and ours; what only we changed is carried over by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from app.domain.amendment import Aspect, Assign, Grip, Operation, Standing, touched
from app.domain.consolidation import Amendment, consolidate, turning_days
from app.domain.folding import apply
from app.domain.numbering import reference_labels
from app.domain.outline import titled
from app.domain.presentation import present
from app.domain.redrafting import Edit, Workshop, redraft
from app.domain.tree import FilledValue, Instrument, Span, plain
from app.domain.variables import VariableSet, VariableType


@dataclass(frozen=True, slots=True)
class Conflict:
    """A place that a signed amendment and ours both change. ``before``: the words our draft began from."""

    place: str
    number: str
    what: str
    amendment: str
    label: str
    before: str
    theirs: str
    ours: str

    @property
    def sentence(self) -> str:
        return f"{self.label}已经修改{self.number or self.what}，本次变更也修改了同一处。"


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A day from which a signed amendment works after ours, and on which ours would have to read otherwise."""

    day: date
    label: str
    number: str

    @property
    def sentence(self) -> str:
        day = f"{self.day.year}年{self.day.month}月{self.day.day}日"
        return f"{self.label}自{day}起修改{self.number}，晚于本次变更的起算日，两者同改一处，不能确定其间的文本。"


def conflicts(
    ours: Sequence[Operation], basis: Standing, signed: Iterable[Amendment], now: Standing, variables: VariableSet
) -> tuple[Conflict, ...]:
    """Where ``ours``, made for ``basis``, meets the amendments signed since; ``now`` is the text with them."""
    mine = touched(ours, basis.instrument)
    after = _Words(apply(basis, ours), variables)
    before, theirs = _Words(basis, variables), _Words(now, variables)
    found: dict[str, Conflict] = {}
    for amendment in signed:
        for grip in sorted(
            mine.overlap(touched(amendment.operations, basis.instrument)), key=lambda g: (g.aspect.value, g.place)
        ):
            place = _shown(grip)
            if grip.aspect is Aspect.VALUE and not _decided(grip.place, ours):
                continue  # a computed value follows from others; they are named, or nothing needs a person
            found.setdefault(place, Conflict(
                place, before.label(place) or theirs.label(place), before.what(grip), amendment.id, amendment.label,
                before.text(place), theirs.text(place), after.text(place),
            ))  # fmt: skip
    values = _carried(found, before, theirs, after)
    order = {place: i for i, place in enumerate(before.order())}
    return tuple(sorted(found.values(), key=lambda c: order.get(values.get(c.place, c.place).partition("#")[0], len(order))))


def _carried(found: dict[str, Conflict], *standings: _Words) -> dict[str, str]:
    """Leave out of ``found`` the provisions in which both sides changed nothing but a value that is a conflict of its own.

    Nobody can decide such a provision otherwise than its value, which is shown with the provision's words instead. Returns the
    provision with which each such value is shown.
    """
    shown: dict[str, str] = {}
    for place in list(found):
        shapes = [words.shape(place) for words in standings]
        if shapes[0] is None or any(shape != shapes[0] for shape in shapes):
            continue
        carriers = [s.variable for s in shapes[0] if isinstance(s, FilledValue) and s.variable in found]
        if carriers:
            conflict = found.pop(place)
        for name in dict.fromkeys(carriers):
            if name not in shown:
                shown[name] = place
                found[name] = replace(
                    found[name],
                    number=f"{conflict.number}{found[name].what}",
                    before=conflict.before,
                    theirs=conflict.theirs,
                    ours=conflict.ours,
                )
    return shown


def unsettled(
    ours: Sequence[Operation],
    edits: Sequence[Edit],
    starts: date,
    base: Standing,
    signed: Sequence[Amendment],
    workshop: Workshop,
) -> tuple[Unsettled, ...]:
    """Days after ``starts`` on which a signed amendment begins to work that meets ours, or beside which ours would read otherwise.

    As long as there is none, the order of signing and the order of days give the same text on every day. Who signed last
    prevails, but whether both parties meant to undo what they had agreed for a later day is not for a program to say.
    """
    later = [d for d in turning_days(signed) if d > starts]
    found: list[Unsettled] = []
    for day in later:
        beginning = [a for a in signed if a.starts == day]
        there = consolidate(base, signed, day).standing
        again = redraft(there, edits, workshop)
        same = again.operations == tuple(ours) and not again.misplaced
        labels = reference_labels(there.instrument)
        mine = touched(ours, there.instrument)
        for amendment in beginning:
            met = mine.overlap(touched(amendment.operations, there.instrument))
            if same and not met:
                continue
            places = sorted({_shown(g).partition("#")[0] for g in met})
            named = "、".join(dict.fromkeys(labels[p][0] for p in places if p in labels))
            found.append(Unsettled(day, amendment.label, named or "相关约定"))
    return tuple(found)


def _shown(grip: Grip) -> str:
    """The place a person knows: a slot is shown as what it lies behind."""
    if grip.aspect is Aspect.SLOT:
        head, _, tail = grip.place.partition("/")
        return tail or head
    return grip.place


def _decided(name: str, operations: Sequence[Operation]) -> bool:
    return any(isinstance(o, Assign) and o.variable == name and not o.derived for o in operations)


class _Words:
    """What a standing prints at a place, and how the place is called."""

    def __init__(self, standing: Standing, variables: VariableSet) -> None:
        self._standing = standing
        self._variables = variables
        self._labels = reference_labels(standing.instrument)
        self._texts, self._names = _texts(standing.instrument)

    def order(self) -> tuple[str, ...]:
        return tuple(self._texts)

    def label(self, place: str) -> str:
        table = place.partition("#")[0]
        return self._labels.get(place, ("", ""))[0] or self._names.get(place, "") or self._names.get(table, "")

    def shape(self, place: str) -> tuple[Span, ...] | None:
        """A provision's content without what its values say; None where there is no such provision, or it is gone."""
        provision = self._standing.instrument.provision(place)
        if provision is None:
            return None
        return tuple(replace(span, text="") if isinstance(span, FilledValue) else span for span in provision.content)

    def what(self, grip: Grip) -> str:
        variable = self._variables.get(grip.place)
        if grip.aspect is Aspect.VALUE and variable is not None:
            return f"“{variable.label}”"
        return {Aspect.SLOT: "插入位置", Aspect.ROW: "表格行", Aspect.LINE: "当事人或者封面信息"}.get(grip.aspect, "条款")

    def text(self, place: str) -> str:
        if place in self._texts:
            return self._texts[place]
        variable = self._variables.get(place)
        if variable is None:
            return ""
        value = self._standing.answers.get(place)
        if variable.type is VariableType.TABLE:
            return f"{len(value)}行" if isinstance(value, tuple) else ""
        return present(variable, value)


def _texts(instrument: Instrument) -> tuple[dict[str, str], dict[str, str]]:
    """Place → words, in reading order; place → how it is called where it has no number."""
    texts: dict[str, str] = {}
    names: dict[str, str] = {}
    for row in instrument.cover:
        texts[row.id], names[row.id] = row.text, f"封面“{row.label}”"
    for block in instrument.parties:
        for row in block.rows:
            texts[row.id], names[row.id] = row.text, f"{block.heading}“{row.label}”"
    texts["preamble"], names["preamble"] = plain(instrument.preamble), "首部"
    labels = reference_labels(instrument)
    for provision in instrument.provisions():
        texts[provision.id] = titled(provision.title, provision.text)
        if provision.table is not None:
            names[provision.table.id] = f"{labels[provision.id][0]}所附表格"
            texts |= {f"{provision.table.id}#{r.id}": "；".join(r.cells) for r in provision.table.rows}
    return texts, names
