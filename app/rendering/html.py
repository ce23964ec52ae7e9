"""The contract tree as HTML: the print document that the PDF is drawn from, and the fragment of the live preview.

Layout is in ``templates/documents``; this module hands the tree to it through Jinja's immutable sandbox with escaping on,
so that neither a template nor an answer can run anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Literal

from jinja2 import FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from app.domain.documents import DocumentMeta
from app.domain.remembering import remembered
from app.domain.tree import (
    Blank,
    Box,
    BoxKind,
    FilledValue,
    Instrument,
    Layout,
    Level,
    Note,
    Provision,
    Reference,
    Section,
    Span,
    Table,
)
from app.rendering.sandbox import Sandbox

TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "documents"
WIDE_TABLE_COLUMNS = 9
"""A table of this many columns or more stands on landscape pages."""

_STANDING_EM, _LYING_EM, _PADDING_EM = 49.0, 90.0, 1.0
"""Measure of a table in em of its own size on upright and on landscape pages; what a cell's padding takes."""
_MANY_LINES = 10
_SHORT_EM, _LEAST_EM, _ENOUGH_EM = 7.6, 4.0, 400.0

PRINT_TEMPLATES = {Layout.BOOK: "contract.html", Layout.PAPER: "paper.html"}
PRINT_SHEETS = {Layout.BOOK: ("print.css",), Layout.PAPER: ("print.css", "paper_print.css")}
"""Style sheets of the print document, each on top of the one before."""

Medium = Literal["print", "engine", "screen"]
"""A document that anybody may print, the markup that our own PDF is drawn from, the preview in a page."""

_UNSAFE_IN_ANCHOR = re.compile(r"[^A-Za-z0-9_-]|-")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@lru_cache(maxsize=8192)
def anchor_of(place: str) -> str:
    """The element id of a place (``fees.payment.invoice``, ``s.8.2``, ``table#row``): one to one, and a plain CSS identifier.

    A dot becomes ``-``; every other character outside ``[A-Za-z0-9_]`` becomes its code point in hex between underscores.
    """
    name = _UNSAFE_IN_ANCHOR.sub(lambda m: "-" if m.group() == "." else f"_x{ord(m.group()):x}_", place)
    return name if name[:1].isalpha() else f"p_{name}"


def box_anchor(name: str) -> str:
    """The element id of a signing box."""
    return f"box-{anchor_of(name)}"


def table_place(table: Table) -> str:
    """The place of a table; its own id is a variable's name, which a provision may bear too."""
    return f"{table.id}#table"


def render_html(instrument: Instrument, meta: DocumentMeta, *, styled: bool = True) -> str:
    """The whole contract as one HTML document.

    ``styled`` puts the style sheets inside, so that the file can be opened alone; the PDF renderer passes its own, parsed once.
    """
    styles = Markup(_styles(instrument.layout, meta.final)) if styled else None  # noqa: S704 - our own file, no answer in it
    template = _environment("print").get_template(PRINT_TEMPLATES[instrument.layout])
    return template.render(contract=instrument, meta=meta, styles=styles, numbers=None)


def headings(instrument: Instrument) -> Iterator[tuple[str, str]]:
    """Chapters and sections in order: place, and the words as the heading, the contents and the bookmarks print them."""
    for chapter in instrument.chapters:
        if chapter.title:
            gap = "" if chapter.number.endswith("、") else " "
            yield chapter.id, plain_text(f"{chapter.number}{gap}{chapter.title}")
        for section in chapter.sections:
            annex = f"{section.annex} " if section.annex else ""
            if section.title:
                yield section.id, plain_text(f"{section.number} {annex}{section.title}")


@dataclass(frozen=True, slots=True)
class PageNumbers:
    """What the contents print: the page of every chapter and section by its place, and the number of all pages."""

    pages: Mapping[str, int]
    total: int


def render_body(instrument: Instrument, meta: DocumentMeta, gap: int) -> str:
    """The contract for the PDF with ``gap`` empty pages where the contents belong. Places are in ``data-place``, not in ids."""
    template = _environment("engine").get_template("contract_body.html")
    return template.render(contract=instrument, meta=meta, styles=None, numbers=None, gap=gap)


def render_paper(instrument: Instrument, meta: DocumentMeta) -> str:
    """A short instrument for the PDF: no cover, no contents, so nothing is laid out apart."""
    template = _environment("engine").get_template(PRINT_TEMPLATES[instrument.layout])
    return template.render(contract=instrument, meta=meta, styles=None, numbers=None)


def render_front(instrument: Instrument, meta: DocumentMeta, numbers: PageNumbers) -> str:
    """Cover and contents alone, with page numbers as they stand."""
    template = _environment("engine").get_template("contract_front.html")
    return template.render(contract=instrument, meta=meta, styles=None, numbers=numbers)


def render_preview(instrument: Instrument, *, final: bool = False) -> str:
    """The contract as an embeddable fragment that looks like paper (styles: ``preview.css``).

    Every place is an element with its anchor as ``id`` and the place's own id in ``data-id``; ``data-variables`` lists, parted by
    spaces, the variables that it prints, so that a page can jump to what is being edited.
    """
    return _environment("screen").get_template("preview.html").render(contract=instrument, final=final)


KEPT = 4
"""Previews that are kept, half a megabyte each: who opens a text again, or turns its pages, sees the same one."""


@remembered(KEPT)
def kept_preview(instrument: Instrument) -> str:
    """``render_preview`` of a tree; of the very same tree again, what was drawn before."""
    return render_preview(instrument)


def document_markup(name: str, **values: object) -> str:
    """Another document from ``templates/documents`` as well-formed markup for the PDF renderer."""
    return _environment("engine").get_template(name).render(**values)


def template_text(name: str) -> str:
    """A file of ``templates/documents``."""
    return (TEMPLATES / name).read_text(encoding="utf-8")


@cache
def _styles(layout: Layout, final: bool) -> str:
    return "".join(template_text(sheet) for sheet in PRINT_SHEETS[layout]) + ("" if final else template_text("draft.css"))


@cache
def _environment(medium: Medium) -> Sandbox:
    environment = Sandbox(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["words"] = _screen_words if medium == "screen" else _print_words
    environment.filters["anchor"] = anchor_of
    environment.filters["cells"] = table_place
    environment.filters["variables"] = _variables
    environment.filters["short"] = lambda text: text[:16]
    environment.filters["clean"] = clean_text
    environment.globals.update(flat=flat, shares=column_shares, is_wide=is_wide, lies=_lies, leads=_leads, medium=medium)
    return environment


def flat(section: Section) -> Iterator[tuple[str, Provision]]:
    """The provisions of a section in reading order with their layout class: ``art``, ``par``, ``itm`` (under a 条) or ``sub``."""
    for provision in section.provisions:
        yield from _flat(provision, None)


def _flat(provision: Provision, parent: str | None) -> Iterator[tuple[str, Provision]]:
    kind = "art" if provision.level is Level.ARTICLE else "par"
    if provision.level is Level.ITEM:
        kind = "itm" if parent in (None, "art") else "sub"
    yield kind, provision
    for child in provision.children:
        yield from _flat(child, kind)


def _leads(provision: Provision) -> bool:
    """Whether the provision must stay with what follows it: a bare heading, or words that end in a colon."""
    return bool(provision.children or provision.table) and (not provision.content or provision.text.endswith(("：", ":")))


def column_shares(table: Table) -> tuple[str, ...]:
    """Column widths in percent of the table: the columns' own weights, unless those would stand a row many lines high.

    Then every column gets room for a short entry such as a date, and of the rest the square root of what its longest cell needs
    beyond that, which keeps the sum of lines small.
    """
    weights = [float(c.width) for c in table.columns]
    total = sum(weights) or 1.0
    needs = [_need(column.label) for column in table.columns]
    for row in table.rows:
        for index, cell in enumerate(row.cells[: len(needs)]):
            if len(cell) > needs[index] / 2:
                needs[index] = max(needs[index], _need(cell))
    measure = _LYING_EM if is_wide(table) else _STANDING_EM
    if max(need / (weight / total * measure - _PADDING_EM) for need, weight in zip(needs, weights, strict=True)) > _MANY_LINES:
        short = [(need if need <= _SHORT_EM else _LEAST_EM) + _PADDING_EM for need in needs]
        roots = [max(min(need, _ENOUGH_EM) - _LEAST_EM, 0.0) ** 0.5 if need > _SHORT_EM else 0.0 for need in needs]
        rest = max(measure - sum(short), 0.0) / (sum(roots) or 1.0)
        weights = [least + rest * root for least, root in zip(short, roots, strict=True)]
        total = sum(weights)
    return tuple(f"{100 * weight / total:.2f}%" for weight in weights)


def _need(text: str) -> float:
    """The width of a text in em: a Chinese character is one, everything else about half."""
    return sum(1.0 if char > "\u2e80" else 0.55 for char in text)


def is_wide(table: Table) -> bool:
    return len(table.columns) >= WIDE_TABLE_COLUMNS


def _lies(section: Section) -> bool:
    """Whether a whole annex stands on landscape pages, because one of its tables must."""
    return bool(section.annex) and any(p.table is not None and is_wide(p.table) for p in section.walk())


def plain_text(text: str) -> str:
    """``text`` without control characters, which HTML can't carry; line ends stay."""
    return _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def clean_text(text: str) -> Markup:
    """``plain_text`` escaped."""
    return escape(plain_text(text))


def _print_words(content: tuple[Span, ...]) -> Markup:
    parts: list[str] = []
    # A tick box stands before the words it confirms, as in the Word file; behind them it could end up alone on a line.
    for span in sorted(content, key=lambda s: not (isinstance(s, Box) and s.kind is BoxKind.CHECK)):
        match span:
            case Reference(target=target, text=text, number=number) if number:
                parts.append(f'<a href="#{anchor_of(target)}">{clean_text(text)}</a>')
            case Box(name=name, kind=kind, width=width, height=height):
                size = f"width:{float(width):g}mm;height:{float(height):g}mm"
                parts.append(f'<span class="box {kind.value}" id="{box_anchor(name)}" style="{size}"></span>')
            case Note(text=text):
                parts.append(f'<span class="note">{clean_text(text)}</span>')
            case _:
                parts.append(clean_text(span.text))
    return Markup("".join(parts))  # noqa: S704 - every part is escaped above


def _screen_words(content: tuple[Span, ...]) -> Markup:
    parts: list[str] = []
    for span in content:
        match span:
            case FilledValue(text=text, variable=variable):
                parts.append(f'<span class="value" data-variable="{escape(variable)}">{clean_text(text)}</span>')
            case Blank(variable=variable, label=label, text=text):
                title = f'title="{escape(label)}"'
                parts.append(f'<span class="blank" data-variable="{escape(variable)}" {title}>{text}</span>')
            case Reference(target=target, text=text, number=number):
                shown = clean_text(text)
                parts.append(
                    f'<a href="#{anchor_of(target)}">{shown}</a>' if number else f'<mark class="dangling">{shown}</mark>'
                )
            case Box(name=name, kind=kind):
                parts.append(f'<span class="box {kind.value}" id="{box_anchor(name)}"></span>')
            case Note(text=text):
                parts.append(f'<span class="note">{clean_text(text)}</span>')
            case _:
                parts.append(clean_text(span.text))
    return Markup("".join(parts))  # noqa: S704 - every part is escaped above


def _variables(content: tuple[Span, ...], table: Table | None = None) -> str:
    names = [s.variable for s in content if isinstance(s, FilledValue | Blank)]
    if table is not None:
        names.append(table.id)
    return " ".join(dict.fromkeys(names))
