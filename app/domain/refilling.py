"""Words that follow values: the old content of a place with the changed values put in, and typed text bound to its values again."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

from app.domain.presentation import FORMATS, present
from app.domain.textual_change import HunkKind, TextDiff
from app.domain.tree import Blank, FilledValue, FormRow, Instrument, Provision, Reference, Section, Span, Text, plain
from app.domain.variables import Value, Variable, VariableSet, is_blank

Edit = Callable[[str, tuple[Span, ...]], tuple[Span, ...]]
"""Place and content → new content."""

_TRIED = ("", *sorted(FORMATS - {""}))


@dataclass(frozen=True, slots=True)
class Refilled:
    """``lost``: variables whose printed value could not be renewed, since nothing says in which form it was printed."""

    content: tuple[Span, ...]
    lost: tuple[str, ...] = ()


def refill(
    content: tuple[Span, ...],
    variables: VariableSet,
    old: Mapping[str, Value],
    new: Mapping[str, Value],
    changed: Collection[str],
) -> Refilled:
    """The content with every printed value of ``changed`` renewed; the form it is printed in is read off its old text."""
    lost: list[str] = []

    def renewed(span: Span) -> Span:
        if not isinstance(span, FilledValue | Blank) or span.variable not in changed:
            return span
        variable = variables.get(span.variable)
        text = _renewed(span, variable, old.get(span.variable), new.get(span.variable)) if variable is not None else None
        if text is None:
            lost.append(span.variable)
            return span
        return FilledValue(text, span.variable)

    return Refilled(tuple(renewed(s) for s in content), tuple(lost))


def _renewed(span: FilledValue | Blank, variable: Variable, old: Value, new: Value) -> str | None:
    if is_blank(new):
        return None
    if isinstance(span, Blank) or is_blank(old):
        return present(variable, new)
    for fmt in _TRIED:
        try:
            if present(variable, old, fmt) == span.text:
                return present(variable, new, fmt)
        except (ValueError, ArithmeticError):
            continue
    return None


@dataclass(frozen=True, slots=True)
class Bound:
    """Typed text as content. ``loosened``: variables whose printed value was overwritten by hand."""

    content: tuple[Span, ...]
    loosened: tuple[str, ...] = ()


def bind(old: tuple[Span, ...], text: str, differ: TextDiff) -> Bound:
    """``text`` with the values, references and terms of ``old`` where they stand untouched; everything else is plain words.

    So a person edits plain text and the provision still knows which figures come from which variables.
    """
    if plain(old) == text:
        return Bound(old)
    spans: list[Span] = []
    kept: set[int] = set()
    # Place of every untouched old character in the new text.
    position, where = 0, 0
    survived: dict[int, int] = {}
    for hunk in differ.diff(plain(old), text):
        length = len(hunk.text)
        if hunk.kind is HunkKind.EQUAL:
            survived.update({position + i: where + i for i in range(length)})
        position += length if hunk.kind is not HunkKind.INSERT else 0
        where += length if hunk.kind is not HunkKind.DELETE else 0
    offset, written = 0, 0
    for index, span in enumerate(old):
        start = offset
        offset += len(span.text)
        if isinstance(span, Text) or not span.text:
            continue
        places = [survived.get(i) for i in range(start, offset)]
        first = places[0]
        if first is None or places != list(range(first, first + len(places))):
            continue
        if first > written:
            spans.append(Text(text[written:first]))
        spans.append(span)
        kept.add(index)
        written = first + len(places)
    if written < len(text):
        spans.append(Text(text[written:]))
    loosened = [s.variable for i, s in enumerate(old) if isinstance(s, FilledValue | Blank) and i not in kept]
    return Bound(tuple(spans), tuple(dict.fromkeys(loosened)))


def relabelled(content: tuple[Span, ...], labels: Mapping[str, tuple[str, str]]) -> tuple[Span, ...]:
    """The content with every cross-reference reading as ``labels`` say (``numbering.reference_labels``)."""

    def renewed(span: Span) -> Span:
        if not isinstance(span, Reference) or span.target not in labels:
            return span
        text, number = labels[span.target]
        bare = span.number and span.text == span.number
        return replace(span, text=number if bare else text, number=number)

    return tuple(renewed(s) for s in content)


def rewritten(instrument: Instrument, edit: Edit) -> Instrument:
    """``edit`` gives the new content of every place that holds spans: lines, preamble, provisions."""

    def rows(items: tuple[FormRow, ...]) -> tuple[FormRow, ...]:
        return tuple(replace(r, content=edit(r.id, r.content)) for r in items)

    def provision(item: Provision) -> Provision:
        return replace(item, content=edit(item.id, item.content), children=tuple(provision(c) for c in item.children))

    def section(item: Section) -> Section:
        return replace(item, provisions=tuple(provision(p) for p in item.provisions), form=rows(item.form))

    return replace(
        instrument,
        cover=rows(instrument.cover),
        parties=tuple(replace(b, rows=rows(b.rows)) for b in instrument.parties),
        preamble=edit("preamble", instrument.preamble),
        chapters=tuple(replace(c, sections=tuple(section(s) for s in c.sections)) for c in instrument.chapters),
    )
