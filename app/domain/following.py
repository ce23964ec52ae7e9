"""What follows from changed values: the provisions, lines and tables that print them or stand on a condition over them.

The clause library may have moved on since the contract was signed. So the library is asked only for the *difference* that the
values make (assembled before and after), and that difference is taken where the library still says, word for word, what the
contract says. Elsewhere the new value is put in where the old one is printed. What neither way can settle is a doubt for a person.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.domain.amendment import Standing, is_tombstone, numbered_below, tombstone
from app.domain.assembly import assemble
from app.domain.clauses import ClauseLibrary
from app.domain.numbering import number_behind, reference_labels
from app.domain.outline import meaning
from app.domain.refilling import refill, relabelled, rewritten
from app.domain.tables import build_table
from app.domain.tree import FormRow, Instrument, Provision, Section, Span, Table
from app.domain.variables import Answers


@dataclass(frozen=True, slots=True)
class Doubt:
    """A place where a person must say what the changed value means. ``place``: provision or line; ``number`` as it reads."""

    place: str
    number: str
    message: str


@dataclass(frozen=True, slots=True)
class Followed:
    standing: Standing
    doubts: tuple[Doubt, ...]


def follow(before: Standing, answers: Answers, library: ClauseLibrary) -> Followed:
    """``before`` with the values of ``answers``, and every word that follows from them."""
    changed = frozenset(
        n for n in {*before.answers.values, *answers.values} if before.answers.values.get(n) != answers.values.get(n)
    )
    if not changed:
        return Followed(Standing(before.instrument, answers), ())
    work = _Following(before, answers, library, changed)
    instrument = work.instrument()
    return Followed(Standing(_relabelled(instrument, work.touched), answers), tuple(work.doubts))


@dataclass(slots=True)
class _Following:
    before: Standing
    answers: Answers
    library: ClauseLibrary
    changed: frozenset[str]
    doubts: list[Doubt] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    """Provisions whose words came from the library just now; their references must read as this contract numbers."""
    _old: Mapping[str, Provision] = field(default_factory=dict)
    _new: Mapping[str, Provision] = field(default_factory=dict)
    _old_sections: Mapping[str, Section] = field(default_factory=dict)
    _new_sections: Mapping[str, Section] = field(default_factory=dict)
    _labels: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    _fixed: frozenset[str] = frozenset()

    def instrument(self) -> Instrument:
        source = self.before.instrument
        t0, t1 = assemble(self.library, self.before.answers), assemble(self.library, self.answers)
        self._old, self._new = _by_id(t0), _by_id(t1)
        self._old_sections, self._new_sections = {s.id: s for s in t0.sections()}, {s.id: s for s in t1.sections()}
        self._labels = reference_labels(source)
        self._fixed = frozenset(c.id for c in self.library.clauses() if c.fixed)
        chapters = tuple(replace(c, sections=tuple(self._section(s) for s in c.sections)) for c in source.chapters)
        later = {b.id: b.rows for b in t1.parties}
        earlier = {b.id: b.rows for b in t0.parties}
        return replace(
            source,
            cover=self._block(source.cover, t0.cover, t1.cover),
            parties=tuple(
                replace(b, rows=self._block(b.rows, earlier.get(b.id, ()), later.get(b.id, ()))) for b in source.parties
            ),
            preamble=self._words("preamble", "首部", source.preamble, t0.preamble, t1.preamble),
            chapters=chapters,
        )

    # ---- provisions

    def _section(self, section: Section) -> Section:
        """Signature pages are history: they keep saying who signed (section 14)."""
        if section.form:
            return section
        old, new = self._old_sections.get(section.id), self._new_sections.get(section.id)
        siblings = self._siblings(
            section.provisions, old.provisions if old else (), new.provisions if new else (), section.number
        )
        return replace(section, provisions=siblings)

    def _siblings(
        self, standing: Sequence[Provision], olds: Sequence[Provision], news: Sequence[Provision], parent: str
    ) -> tuple[Provision, ...]:
        offered, asked = {p.id for p in news}, {p.id for p in olds}
        here = {p.id for p in standing}
        leaving = [p.id for p in standing if p.id in asked and p.id not in offered and not is_tombstone(p)]
        coming = [p for p in news if p.id not in asked and p.id not in here]
        result = [self._provision(p) for p in standing]
        for arrival in coming:
            twin = _twin(arrival, leaving, olds, news)
            if twin is not None:
                leaving.remove(twin)
                place = next(i for i, p in enumerate(result) if p.id == twin)
                self._doubt_rewritten(standing[[p.id for p in standing].index(twin)])
                result[place] = self._arrived(numbered_below(arrival, result[place].number))
                continue
            self._insert(result, arrival, news, parent)
        for place, provision in enumerate(result):
            if provision.id in leaving:
                self._doubt_rewritten(provision)
                result[place] = tombstone(provision)
        return tuple(result)

    def _insert(self, result: list[Provision], arrival: Provision, news: Sequence[Provision], parent: str) -> None:
        """Behind the nearest earlier sibling of the library that stands here; at the end where there is none."""
        order = [p.id for p in news]
        earlier = order[: order.index(arrival.id)]
        known = [i for i, p in enumerate(result) if p.id in earlier]
        after = known[-1] if known else len(result) - 1
        number, place = number_behind(parent, arrival.level, [p.number for p in result], after)
        result.insert(place, self._arrived(numbered_below(arrival, number)))

    def _arrived(self, provision: Provision) -> Provision:
        self.touched |= {p.id for p in provision.walk()}
        return provision

    def _provision(self, provision: Provision) -> Provision:
        if is_tombstone(provision) or provision.id in self._fixed:
            return provision
        old, new = self._old.get(provision.id), self._new.get(provision.id)
        label = self._labels.get(provision.id, ("", ""))[0]
        content = self._words(provision.id, label, provision.content, old.content if old else None, new.content if new else None)
        children = self._siblings(provision.children, old.children if old else (), new.children if new else (), provision.number)
        prominent = new.prominent if old and new and old.prominent != new.prominent else provision.prominent
        return replace(provision, content=content, children=children, table=self._table(provision, old, new), prominent=prominent)

    def _words(
        self, place: str, label: str, standing: tuple[Span, ...], old: tuple[Span, ...] | None, new: tuple[Span, ...] | None
    ) -> tuple[Span, ...]:
        if old is not None and new is not None and meaning(old) == meaning(standing):
            if meaning(old) == meaning(new):
                return standing
            self.touched.add(place)
            return new
        done = refill(standing, self.library.variables, self.before.answers.values, self.answers.values, self.changed)
        for name in dict.fromkeys(done.lost):
            variable = self.library.variables.get(name)
            called = variable.label if variable else name
            self.doubts.append(Doubt(place, label, f"“{called}”在{label or '此处'}的新写法无法由系统确定，请直接修改该处文字。"))
        if old is not None and new is not None and meaning(old) != meaning(new) and meaning(done.content) == meaning(standing):
            self.doubts.append(Doubt(place, label, f"{label or '此处'}的文字与条款库不同，所改数值可能影响其含义，请核对。"))
        return done.content

    def _doubt_rewritten(self, provision: Provision) -> None:
        """A provision that the values take away although its words are no longer the library's."""
        old = self._old.get(provision.id)
        if old is not None and meaning(old.content) != meaning(provision.content):
            label = self._labels.get(provision.id, ("", ""))[0]
            self.doubts.append(Doubt(provision.id, label, f"{label}按所改数值应当删除或者替换，但其文字与条款库不同，请核对。"))

    def _table(self, provision: Provision, old: Provision | None, new: Provision | None) -> Table | None:
        table = provision.table
        if table is None:
            return None
        before, after = old.table if old else None, new.table if new else None
        if before is not None and after is not None and _cells(before) == _cells(table):
            return table if _cells(before) == _cells(after) else replace(table, rows=after.rows)
        if table.id not in self.changed:
            return table
        variable = self.library.variables.get(table.id)
        built = build_table(variable, self.answers.get(table.id)) if variable is not None else None
        if built is None or built.columns != table.columns:
            label = self._labels.get(provision.id, ("", ""))[0]
            self.doubts.append(Doubt(provision.id, label, f"{label}的表格与条款库的列不同，新的各行无法由系统填入，请核对。"))
            return table
        return replace(table, rows=built.rows)

    # ---- lines

    def _block(self, standing: tuple[FormRow, ...], olds: tuple[FormRow, ...], news: tuple[FormRow, ...]) -> tuple[FormRow, ...]:
        offered, asked = {r.id: r for r in news}, {r.id for r in olds}
        kept = tuple(
            replace(r, content=self._words(r.id, r.label, r.content, self._line(olds, r.id), self._line(news, r.id)))
            for r in standing
            if r.id not in asked or r.id in offered
        )
        here = {r.id for r in standing}
        return (*kept, *(r for r in news if r.id not in asked and r.id not in here))

    def _line(self, rows: tuple[FormRow, ...], row: str) -> tuple[Span, ...] | None:
        return next((r.content for r in rows if r.id == row), None)


def _twin(arrival: Provision, leaving: Sequence[str], olds: Sequence[Provision], news: Sequence[Provision]) -> str | None:
    """The leaving provision whose place the arriving one takes: both behind the same sibling that stays."""
    stays = {p.id for p in olds} & {p.id for p in news}

    def behind(row: Sequence[Provision], provision: str) -> tuple[str, int]:
        last, count = "", 0
        for p in row:
            if p.id == provision:
                return last, count
            last, count = (p.id, 0) if p.id in stays else (last, count + 1)
        return last, count

    slot = behind(news, arrival.id)
    return next((p for p in leaving if behind(olds, p) == slot), None)


def _cells(table: Table) -> list[tuple[str, ...]]:
    return [r.cells for r in table.rows]


def _by_id(instrument: Instrument) -> dict[str, Provision]:
    return {p.id: p for p in instrument.provisions()}


def _relabelled(instrument: Instrument, places: set[str]) -> Instrument:
    """References in the ``places`` read as this contract numbers its provisions."""
    labels = reference_labels(instrument)
    return rewritten(instrument, lambda place, content: relabelled(content, labels) if place in places else content)
