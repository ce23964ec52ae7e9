"""The body of the contract as WordprocessingML: parties, preamble, numbered provisions, annex tables, signature pages."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import zip_longest

from app.domain.numbering import is_beside
from app.domain.tree import Chapter, Instrument, Layout, PartyBlock, Provision, Section, Table
from app.rendering.docx_forms import FormFrame
from app.rendering.docx_numbering import Numbering, list_level, number_properties
from app.rendering.docx_runs import RunWriter
from app.rendering.docx_sections import PageLayout, is_wide
from app.rendering.docx_styles import Style, Styles
from app.rendering.docx_tables import table_xml
from app.rendering.docx_xml import (
    Ids,
    around_words,
    bookmark_name,
    bookmarked,
    control,
    control_tag,
    paragraph,
    run,
    run_properties,
)

_NEW_PAGE = "<w:pageBreakBefore/>"
_KEEP = "<w:keepNext/>"
_STYLE = re.compile(r"(<w:pStyle [^>]*/>)(?!<w:keepNext/>)")


@dataclass(slots=True)
class BodyWriter:
    """Writes one instrument."""

    styles: Styles
    ids: Ids
    numbering: Numbering
    runs: RunWriter
    frame: FormFrame
    layout: PageLayout
    _parts: list[str] = field(default_factory=list)
    _first: bool = True
    _paper: bool = False

    def write(self, instrument: Instrument) -> str:
        """The XML of the body in reading order; behind a cover its first paragraph begins a new page.

        Text and not elements: moving thousands of table rows from one lxml document to another costs the square of
        their number (94 s for 5,000 rows, measured).
        """
        self._paper = instrument.layout is Layout.PAPER
        self._first = not self._paper
        for block in instrument.parties:
            self._party(block)
        if instrument.preamble:
            content = self._anchored("preamble", self.runs.write(instrument.preamble))
            self._parts.append(paragraph(self.styles[Style.PREAMBLE], content, self._page()))
        for chapter, following in zip_longest(instrument.chapters, instrument.chapters[1:]):
            if self._paper:
                self._paper_chapter(chapter, held=following is not None and any(s.one_sided for s in following.sections))
            else:
                self._chapter(chapter)
        self.layout.finish()
        return "".join(self._parts)

    def _page(self, wanted: bool = False) -> str:
        """A page break before the body's first paragraph, and wherever one is wanted."""
        first, self._first = self._first, False
        return _NEW_PAGE if first or wanted else ""

    def _anchored(self, place: str, content: str) -> str:
        return around_words(content, bookmark_name(place), self.ids.of("place", place))

    def _party(self, block: PartyBlock) -> None:
        heading = self._anchored(block.id, run(block.heading))
        self._parts.append(paragraph(self.styles[Style.PARTY], heading, self._page()))
        for row in block.rows:
            content = self._anchored(row.id, run(f"{row.label}：") + self.runs.write(row.content))
            self._parts.append(paragraph(self.styles[Style.PARTY_ROW], content))

    def _paper_chapter(self, chapter: Chapter, *, held: bool) -> None:
        """``held``: the last provision goes to the page of the signatures that follow, as in the printed notice."""
        if chapter.title:
            heading = self._anchored(chapter.id, run(chapter.title))
            self._parts.append(
                paragraph(self.styles[Style.CHAPTER], heading, number_properties(self.numbering.paper_chapter(), 0))
            )
        for section in chapter.sections:
            for provision in section.provisions:
                self._provision(provision, None, 0, self.numbering.paper_body())
            if held and section is chapter.sections[-1]:
                self._parts[-1] = _STYLE.sub(rf"\1{_KEEP}", self._parts[-1])
            if section.form:  # signatures of a short paper stay on one page
                block = self.frame.build(section.form, self.runs, self.styles, self.ids)
                self._parts.append(_STYLE.sub(rf"\1{_KEEP}", block))

    def _chapter(self, chapter: Chapter) -> None:
        apart = bool(chapter.sections) and any(s.annex or s.form for s in chapter.sections[:1])
        properties = self._page(apart) + number_properties(self.numbering.chapter(chapter), 0)
        heading = self._anchored(chapter.id, run(chapter.title))
        self._parts.append(paragraph(self.styles[Style.CHAPTER], heading, properties))
        for position, section in enumerate(chapter.sections):
            self._section(chapter, section, new_page=bool(section.annex or section.form) and not (apart and position == 0))

    def _section(self, chapter: Chapter, section: Section, *, new_page: bool) -> None:
        instance = self.numbering.section(chapter, int(section.number.rsplit(".", 1)[-1]))
        words = run(section.title)
        if section.annex:  # references to an annex show this bookmark's text
            words = bookmarked(run(section.annex), bookmark_name(section.id, "_an_"), self.ids.of("annex", section.id)) + run(
                f"　{section.title}"
            )
        properties = (_NEW_PAGE if new_page else "") + number_properties(instance, 0)
        self._parts.append(paragraph(self.styles[Style.SECTION], self._anchored(section.id, words), properties))
        for provision in section.provisions:
            self._provision(provision, None, 0, instance)
        if section.form:
            self._parts.append(self.frame.build(section.form, self.runs, self.styles, self.ids))

    def _table(self, table: Table) -> None:
        if is_wide(table):
            content = table_xml(table, self.styles, self.ids, self.layout.lying_width)
            self._parts.append(self.layout.across(content, self.styles[Style.TABLE_END]))
        else:
            self._parts.append(table_xml(table, self.styles, self.ids, self.layout.width))

    def _provision(
        self, provision: Provision, parent: Provision | None, parent_level: int, instance: int, *, beside: bool = False
    ) -> None:
        level, style = list_level(provision, parent, parent_level)
        # No list of a word processor counts 8.2.3之一: such a number, and every one below it, is written as text.
        beside = beside or is_beside(provision.number)
        words = self.runs.write(provision.content, prominent=provision.prominent)
        if provision.title:
            words = run(provision.title + ("　" if words else ""), run_properties(self.styles[Style.LEAD_IN])) + words
        leads = bool(provision.children or provision.table) and (not words or provision.text.endswith(("：", ":")))
        properties = (_KEEP if leads else "") + ("" if beside else number_properties(instance, level))
        if beside:
            words = run(f"{provision.number}　") + words
        content = paragraph(self.styles[style], self._anchored(provision.id, words), properties)
        self._parts.append(
            control(content, control_tag("clause", provision.id), f"条款 {provision.id}", self.ids.of("clause", provision.id))
        )
        if provision.table is not None:
            self._table(provision.table)
        for child in provision.children:
            self._provision(child, provision, level, instance, beside=beside)
