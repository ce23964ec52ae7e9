"""Spans of the tree as runs: text, blanks, live cross-references."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from app.domain.numbering import is_beside
from app.domain.tree import Blank, Box, Instrument, Layout, Level, Note, Provision, Reference, Span
from app.rendering.docx_styles import Style, Styles
from app.rendering.docx_xml import EAST_ASIAN, bookmark_name, field, run, run_properties

_NOTE = f'<w:rPr>{EAST_ASIAN}<w:color w:val="666666"/><w:sz w:val="16"/><w:szCs w:val="16"/></w:rPr>'


@dataclass(frozen=True, slots=True)
class Targets:
    """Where the cross-references of one instrument point: every printed place, and the 条/款 that holds each item."""

    places: frozenset[str]
    """Those whose number a list counts; a number written as text can't be asked for by a field."""
    annexes: Mapping[str, str]
    owners: Mapping[str, Provision]

    @classmethod
    def of(cls, instrument: Instrument) -> Targets:
        if instrument.layout is Layout.PAPER:
            return cls(frozenset(), {}, {})
        places: set[str] = {c.id for c in instrument.chapters}
        owners: dict[str, Provision] = {}
        for section in instrument.sections():
            places.add(section.id)
            for provision in section.provisions:
                _own(provision, None, places, owners, beside=False)
        return cls(frozenset(places), {s.id: s.annex for s in instrument.annexes()}, owners)


def _own(provision: Provision, owner: Provision | None, places: set[str], owners: dict[str, Provision], *, beside: bool) -> None:
    beside = beside or is_beside(provision.number)
    if not beside:
        places.add(provision.id)
    if provision.level is Level.ITEM and owner is not None:
        owners[provision.id] = owner
    inner = owner if provision.level is Level.ITEM else provision
    for child in provision.children:
        _own(child, inner, places, owners, beside=beside)


@dataclass(frozen=True, slots=True)
class RunWriter:
    """Turns spans into runs in one document's styles."""

    styles: Styles
    targets: Targets

    def write(self, content: tuple[Span, ...], *, prominent: bool = False) -> str:
        """Runs of ``content``; neighbouring words of one look share a run. Boxes are left out: only a form prints them."""
        base = run_properties(self.styles[Style.PROMINENT]) if prominent else run_properties()
        blank = run_properties(self.styles[Style.BLANK], bold=prominent)
        parts: list[str] = []
        pending: list[str] = []

        def flush() -> None:
            if pending:
                parts.append(run("".join(pending), base))
                pending.clear()

        for span in content:
            match span:
                case Blank():
                    flush()
                    parts.append(run(span.text, blank))
                case Note(text=text):
                    flush()
                    parts.append(run(text, _NOTE))
                case Reference():
                    flush()
                    parts.append(self._reference(span, base))
                case Box():
                    continue
                case _:
                    pending.append(span.text)
        flush()
        return "".join(parts)

    def _reference(self, reference: Reference, properties: str) -> str:
        """The words of a reference with its numbers as REF fields: 第 [8.2.3] 条, 第 [1.1.1] 条第 [（2）] 项, [附件一]."""
        text, number, target = reference.text, reference.number, reference.target
        where = text.rfind(number) if number else -1
        if where < 0 or target not in self.targets.places:
            return run(text, properties)
        before, after = text[:where], text[where + len(number) :]
        if self.targets.annexes.get(target) == number:
            shown = field(f"REF {bookmark_name(target, '_an_')} \\h \\* CHARFORMAT", number, properties)
        else:
            shown = field(f"REF {bookmark_name(target)} \\n \\h", number, properties)
        return self._owner(target, before, properties) + shown + run(after, properties)

    def _owner(self, target: str, before: str, properties: str) -> str:
        owner = self.targets.owners.get(target)
        if owner is None or not before:
            return run(before, properties)
        where = before.find(owner.number)
        if where < 0:
            return run(before, properties)
        shown = field(f"REF {bookmark_name(owner.id)} \\n \\h", owner.number, properties)
        return run(before[:where], properties) + shown + run(before[where + len(owner.number) :], properties)
