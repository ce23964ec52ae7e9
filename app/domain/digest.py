"""Canonical text: the one encoding of an instrument's words, and its SHA-256 (DESIGN rule 8).

The canonical text is a sequence of lines, each anchored to the place that prints it. The digest is taken over the lines'
text alone, so equal words have an equal digest whatever ids they carry. Boxes that only the signing fills have no text.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from app.domain.tree import Instrument, Provision, Table

CELL_SEPARATOR = "\t"


@dataclass(frozen=True, slots=True)
class CanonicalLine:
    """One printed block. ``anchor``: provision id, ``table#row`` or form-row id; ``number``: the printed number of the place."""

    anchor: str
    number: str
    text: str


def _provision_line(provision: Provision) -> CanonicalLine:
    body = f"{provision.title}　{provision.text}" if provision.title and provision.text else provision.title or provision.text
    separator = "" if provision.number.startswith("（") else " "
    return CanonicalLine(provision.id, provision.number, f"{provision.number}{separator}{body}")


def _table_lines(table: Table, number: str) -> Iterator[CanonicalLine]:
    if table.caption:
        yield CanonicalLine(f"{table.id}#caption", number, table.caption)
    yield CanonicalLine(f"{table.id}#head", number, CELL_SEPARATOR.join(c.label for c in table.columns))
    for row in table.rows:
        yield CanonicalLine(f"{table.id}#{row.id}", number, CELL_SEPARATOR.join(row.cells))


def canonical_lines(instrument: Instrument) -> tuple[CanonicalLine, ...]:
    """Every printed block in reading order; page furniture and the contents list are no part of it."""
    return tuple(_lines(instrument))


def _lines(instrument: Instrument) -> Iterator[CanonicalLine]:
    yield CanonicalLine("title", "", instrument.title)
    for row in instrument.cover:
        yield CanonicalLine(row.id, "", f"{row.label}：{row.text}")
    for block in instrument.parties:
        yield CanonicalLine(block.id, "", block.heading)
        for row in block.rows:
            yield CanonicalLine(row.id, "", f"{row.label}：{row.text}")
    if instrument.preamble:
        yield CanonicalLine("preamble", "", "".join(s.text for s in instrument.preamble))
    for chapter in instrument.chapters:
        if chapter.title:
            separator = "" if chapter.number.endswith("、") else " "
            yield CanonicalLine(chapter.id, chapter.number, f"{chapter.number}{separator}{chapter.title}")
        for section in chapter.sections:
            label = f"{section.annex} " if section.annex else ""
            if section.title:
                yield CanonicalLine(section.id, section.number, f"{section.number} {label}{section.title}")
            for provision in section.walk():
                yield _provision_line(provision)
                if provision.table is not None:
                    yield from _table_lines(provision.table, provision.number)
            for row in section.form:
                yield CanonicalLine(row.id, section.number, f"{row.label}：{row.text}")


def canonical_text(instrument: Instrument) -> str:
    """Lines joined by LF with a final LF; cells of a table row are separated by a tab."""
    return "".join(f"{line.text}\n" for line in canonical_lines(instrument))


def digest(instrument: Instrument) -> str:
    """SHA-256 of the canonical text in UTF-8, 64 lower-case hex digits."""
    return hashlib.sha256(canonical_text(instrument).encode("utf-8")).hexdigest()
