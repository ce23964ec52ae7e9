"""Two versions of a contract as one DOCX with native tracked changes (``w:ins`` / ``w:del``).

Accepting all changes gives exactly the words of the new version, rejecting all exactly those of the old; the tests prove it
through ``app.rendering.revisions`` and through LibreOffice. Written from the tree, not from two finished files: unchanged
provisions keep their content control, bookmark and ids; added and removed ones stand in bare paragraphs, because a tracked
control needs ranges that LibreOffice misreads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from pathlib import Path

from lxml import etree

from app.domain.comparison import Comparison, Entry
from app.domain.digest import digest
from app.domain.documents import DocumentMeta
from app.domain.outline import Block, BlockKind, outline
from app.domain.sequence import Placement
from app.domain.textual_change import TextDiff
from app.domain.tree import Chapter, FormRow, Instrument, PartyBlock, Provision, Section
from app.rendering.docx import PROPERTY_PREFIX, Sheet, open_template, template_context
from app.rendering.docx_contents import GAP, UNKNOWN_PAGE
from app.rendering.docx_numbering import Numbering, list_level, number_properties
from app.rendering.docx_runs import RunWriter, Targets
from app.rendering.docx_styles import Style
from app.rendering.docx_xml import (
    around_words,
    bookmark_name,
    bookmarked,
    control,
    control_tag,
    paragraph,
    run,
    run_properties,
    w,
)
from app.rendering.docx_xml import field as field_xml
from app.rendering.redline_forms import TITLE_MARK, RedlineForms, cover_context, fill_cover
from app.rendering.redline_tables import KINDS, RedlineTables
from app.rendering.tracked import DELETED, INSERTED, Tracker

REDLINE_MARK = "对比稿"

_NOTHING = "\u200b"
"""A zero-width space: no word of the contract, but not an empty paragraph either."""
_NEW_PAGE = "<w:pageBreakBefore/>"
_KEEP = "<w:keepNext/>"
_BEFORE_TRACKING = frozenset(
    w(n)
    for n in (
        "writeProtection", "view", "zoom", "removePersonalInformation", "removeDateAndTime", "doNotDisplayPageBoundaries",
        "displayBackgroundShape", "printPostScriptOverText", "printFractionalCharacterWidth", "printFormsData",
        "embedTrueTypeFonts", "embedSystemFonts", "saveSubsetFonts", "saveFormsData", "mirrorMargins",
        "alignBordersAndEdges", "bordersDoNotSurroundHeader", "bordersDoNotSurroundFooter", "gutterAtTop",
        "hideSpellingErrors", "hideGrammaticalErrors", "activeWritingStyle", "proofState", "formsDesign",
        "attachedTemplate", "linkStyles", "stylePaneFormatFilter", "stylePaneSortMethod", "documentType", "mailMerge",
        "revisionView",
    )
)  # fmt: skip


def render_redline_docx(
    comparison: Comparison,
    meta: DocumentMeta,
    differ: TextDiff,
    *,
    author: str,
    date: datetime,
    template: Path | None = None,
    pages: Mapping[str, int] | None = None,
) -> bytes:
    """The comparison as DOCX; ``author`` and ``date`` (aware) stand with every change, ``meta`` names the document.

    ``pages``: pages of the new version for its table of contents. Edits that a reader makes are tracked too. Equal input
    gives equal bytes. Raises TemplateError when the template can't be used.
    """
    old, new = comparison.old, comparison.new
    cover = [e for e in comparison.entries if e.kind is BlockKind.COVER]
    context = template_context(new, meta)
    context["cover"] = cover_context(cover)
    context["draft_mark"] = REDLINE_MARK
    furniture = {}
    if old.title != new.title:
        context["title"] = TITLE_MARK
        furniture[TITLE_MARK] = new.title
    sheet = open_template(context, template)
    tracker = Tracker(sheet.ids, author, date, differ)
    fill_cover(sheet.body, cover, tracker, (old.title, new.title))
    body = RedlineBody.of(sheet, tracker, comparison)
    contents = _contents(comparison, sheet, tracker, pages or {})
    text = body.write(comparison.entries)
    properties = {
        f"{PROPERTY_PREFIX}status": "redline",
        f"{PROPERTY_PREFIX}digest": digest(new),
        f"{PROPERTY_PREFIX}base_digest": digest(old),
        f"{PROPERTY_PREFIX}base_version": old.version,
    }
    return sheet.finish(
        contents, text, new, meta, update_fields=False, properties=properties, settings=_track_edits, furniture=furniture
    )


def _track_edits(settings: etree._Element) -> None:
    if settings.find(w("trackRevisions")) is None:
        position = sum(1 for e in settings if e.tag in _BEFORE_TRACKING)
        settings.insert(position, etree.Element(w("trackRevisions")))


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists that number chapters and sections of both versions, by figure.

    Where both versions have the same chapters (or a chapter the same sections), one list runs through, as in an ordinary
    contract; otherwise every heading begins a list of its own, so that what stays keeps its number whatever is rejected.
    """

    chapters: Mapping[int, int]
    sections: Mapping[tuple[int, str], int]

    @classmethod
    def of(cls, numbering: Numbering, old: Instrument, new: Instrument) -> Lists:
        before, after = {c.index: c for c in old.chapters}, {c.index: c for c in new.chapters}
        apart = list(before) != list(after)
        chapters: dict[int, int] = {}
        sections: dict[tuple[int, str], int] = {}
        for index in sorted({**before, **after}):
            holder = after.get(index) or before[index]
            chapters[index] = numbering.chapter(holder, apart=apart)
            figures = [list(dict.fromkeys(s.number for s in c.sections)) for c in (before.get(index), after.get(index)) if c]
            alone = len(figures) == 2 and figures[0] != figures[1]
            for number in sorted({n for f in figures for n in f}, key=_figure):
                sections[index, number] = numbering.section(holder, _figure(number), apart=alone)
        return cls(chapters, sections)


def _figure(number: str) -> int:
    return int(number.rsplit(".", 1)[-1])


@dataclass(slots=True)
class RedlineBody:
    """Writes the entries of one comparison."""

    sheet: Sheet
    tracker: Tracker
    lists: Lists
    old_runs: RunWriter
    new_runs: RunWriter
    tables: RedlineTables
    forms: RedlineForms
    new_places: frozenset[tuple[BlockKind, str]]
    _parts: list[str] = field(default_factory=list)
    _first: bool = True
    _before_table: bool = False

    @classmethod
    def of(cls, sheet: Sheet, tracker: Tracker, comparison: Comparison) -> RedlineBody:
        old_runs = RunWriter(sheet.styles, Targets.of(comparison.old))
        new_runs = RunWriter(sheet.styles, Targets.of(comparison.new))
        places = frozenset((b.kind, b.id) for top in outline(comparison.new) for b in top.walk())
        tables = RedlineTables(sheet.styles, sheet.ids, tracker, sheet.layout)
        forms = RedlineForms(sheet.styles, sheet.ids, tracker, sheet.frame, old_runs, new_runs)
        lists = Lists.of(sheet.numbering, comparison.old, comparison.new)
        return cls(sheet, tracker, lists, old_runs, new_runs, tables, forms, places)

    def write(self, entries: tuple[Entry, ...]) -> str:
        """The XML of the body in the merged reading order."""
        followers = (*(e.kind for e in entries[1:]), None)
        for is_form, group in groupby(zip(entries, followers, strict=True), lambda pair: pair[0].kind is BlockKind.FORM_ROW):
            if is_form:
                self._parts.append(self.forms.write([entry for entry, _ in group]))
                continue
            for entry, follower in group:
                self._before_table = follower in (BlockKind.TABLE, BlockKind.FORM_ROW)
                self._entry(entry)
        if entries[-1].placement is not Placement.BOTH:  # the last paragraph's mark cannot be removed
            self._parts.append(self._buffer())
        self.sheet.layout.finish()
        return "".join(self._parts)

    def _buffer(self) -> str:
        return paragraph(self.sheet.styles[Style.TABLE_END], run(_NOTHING))

    def _entry(self, entry: Entry) -> None:
        match entry.kind:
            case BlockKind.PARTY:
                self._paragraph(entry, Style.PARTY, self._heading)
            case BlockKind.PARTY_ROW:
                self._paragraph(entry, Style.PARTY_ROW, self._row)
            case BlockKind.PREAMBLE:
                self._paragraph(entry, Style.PREAMBLE, self._preamble)
            case BlockKind.CHAPTER:
                self._numbered(entry, lambda b: (Style.CHAPTER, *self._chapter(b)), self._heading)
            case BlockKind.SECTION:
                self._numbered(entry, lambda b: (Style.SECTION, *self._section(b)), self._heading)
            case BlockKind.PROVISION:
                self._numbered(entry, self._provision, self._words)
            case BlockKind.TABLE:
                self._parts.append(self.tables.write(entry))
            case _:
                return

    # What a block prints: runs of one side.

    def _runs(self, block: Block, *, old: bool) -> RunWriter:
        return self.old_runs if old else self.new_runs

    def _heading(self, block: Block, *, old: bool) -> str:
        node = block.node
        assert isinstance(node, PartyBlock | Chapter | Section)
        return run(node.heading if isinstance(node, PartyBlock) else node.title)

    def _row(self, block: Block, *, old: bool) -> str:
        assert isinstance(block.node, FormRow)
        return run(f"{block.node.label}：") + self._runs(block, old=old).write(block.node.content)

    def _preamble(self, block: Block, *, old: bool) -> str:
        assert isinstance(block.node, Instrument)
        return self._runs(block, old=old).write(block.node.preamble)

    def _words(self, block: Block, *, old: bool) -> str:
        node = block.node
        assert isinstance(node, Provision)
        words = self._runs(block, old=old).write(node.content, prominent=node.prominent)
        if node.title:
            words = run(node.title + ("　" if words else ""), run_properties(self.sheet.styles[Style.LEAD_IN])) + words
        return words

    # Style, list and level of a numbered block.

    def _chapter(self, block: Block) -> tuple[int, int]:
        assert isinstance(block.node, Chapter)
        return self.lists.chapters[block.node.index], 0

    def _section(self, block: Block) -> tuple[int, int]:
        assert isinstance(block.node, Section)
        chapter = block.parents[0]
        assert isinstance(chapter, Chapter)
        return self.lists.sections[chapter.index, block.node.number], 0

    def _provision(self, block: Block) -> tuple[Style, int, int]:
        chapter, section, *above = block.parents
        assert isinstance(chapter, Chapter)
        assert isinstance(section, Section)
        parent: Provision | None = None
        level, style = 0, Style.ARTICLE
        for node in (*above, block.node):
            assert isinstance(node, Provision)
            level, style = list_level(node, parent, level)
            parent = node
        return style, self.lists.sections[chapter.index, section.number], level

    # Paragraphs.

    def _composed(self, entry: Entry, words: Callable[..., str]) -> str:
        if entry.placement is Placement.BOTH:
            assert entry.old is not None
            assert entry.new is not None
            return self.tracker.changed(words(entry.old, old=True), words(entry.new, old=False))
        old = entry.placement is Placement.OLD
        return self.tracker.wrapped(KINDS[entry.placement], words(entry.block, old=old))

    def _paragraph(self, entry: Entry, style: Style, words: Callable[..., str]) -> None:
        kind = KINDS[entry.placement]
        content = self._anchored(entry, self._composed(entry, words))
        properties = self._page(entry.block) + self.tracker.paragraph_mark(kind)
        self._parts.append(paragraph(self.sheet.styles[style], content, properties))

    def _numbered(self, entry: Entry, layout: Callable[[Block], tuple[Style, int, int]], words: Callable[..., str]) -> None:
        """A numbered paragraph. One whose list or level changed is deleted and inserted: programs differ on tracked lists.

        LibreOffice cannot join a tracked paragraph with a table or an empty paragraph behind it: an empty paragraph with its
        number stays. A small one that is neither empty nor tracked stands between.
        """
        if entry.placement is Placement.BOTH:
            assert entry.old is not None
            assert entry.new is not None
            if layout(entry.old) != layout(entry.new):
                before_table, self._before_table = self._before_table, False
                self._numbered(_half(entry, Placement.OLD), layout, words)
                self._before_table = before_table
                self._numbered(_half(entry, Placement.NEW), layout, words)
                return
        block, kind = entry.block, KINDS[entry.placement]
        style, instance, level = layout(block)
        content = self._anchored(entry, self._annex(entry) + self._composed(entry, words))
        properties = self._lead(block) + self._page(block) + number_properties(instance, level)
        xml = paragraph(self.sheet.styles[style], content, properties + self.tracker.paragraph_mark(kind))
        if block.kind is BlockKind.PROVISION and not kind:
            number = self.sheet.ids.of("clause", block.id)
            xml = control(xml, control_tag("clause", block.id), f"条款 {block.id}", number)
        self._parts.append(xml)
        if kind and self._before_table:
            self._parts.append(self._buffer())

    def _annex(self, entry: Entry) -> str:
        """附件一 before the title of an annex, in the bookmark that references to the annex show."""
        blocks = [b for b in (entry.old, entry.new) if b is not None]
        if not any(isinstance(b.node, Section) and b.node.annex for b in blocks):
            return ""

        def label(block: Block, *, old: bool) -> str:
            return run(block.node.annex) if isinstance(block.node, Section) else ""

        def gap(block: Block, *, old: bool) -> str:
            return run("　") if isinstance(block.node, Section) and block.node.annex else ""

        words = self._composed(entry, label)
        if words and self._named(entry):
            words = bookmarked(words, bookmark_name(entry.block.id, "_an_"), self.sheet.ids.of("annex", entry.block.id))
        return words + self._composed(entry, gap)

    def _lead(self, block: Block) -> str:
        node = block.node
        if not isinstance(node, Provision) or not (node.children or node.table):
            return ""
        return _KEEP if not node.content or node.text.endswith(("：", ":")) else ""

    def _page(self, block: Block) -> str:
        """A page break before the first paragraph, before annexes and before signature pages, as in the contract itself."""
        first, self._first = self._first, False
        node = block.node
        if isinstance(node, Chapter):
            wanted = any(s.annex or s.form for s in node.sections[:1])
        elif isinstance(node, Section):
            chapter = block.parents[0]
            assert isinstance(chapter, Chapter)
            wanted = bool(node.annex or node.form) and chapter.sections[0] is not node
        else:
            wanted = False
        return _NEW_PAGE if first or wanted else ""

    def _named(self, entry: Entry) -> bool:
        """Whether this paragraph bears the bookmark of its place: not where it is deleted and the place lives on."""
        return entry.placement is not Placement.OLD or (entry.kind, entry.block.id) not in self.new_places

    def _anchored(self, entry: Entry, content: str) -> str:
        if not self._named(entry):
            return content
        return around_words(content, bookmark_name(entry.block.id), self.sheet.ids.of("place", entry.block.id))


def _half(entry: Entry, placement: Placement) -> Entry:
    return Entry(entry.change, placement, entry.old, entry.new, entry.nature)


def _contents(comparison: Comparison, sheet: Sheet, tracker: Tracker, pages: Mapping[str, int]) -> str:
    """The table of contents of both versions; the field stays open over tracked entries."""
    entries = [e for e in comparison.entries if e.kind in (BlockKind.CHAPTER, BlockKind.SECTION)]
    if not entries:
        return ""
    opening = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        '<w:r><w:instrText xml:space="preserve"> TOC \\o "1-2" \\h \\z \\u </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
    )
    body = []
    for index, entry in enumerate(entries):
        style = sheet.styles[Style.CONTENTS_CHAPTER if entry.kind is BlockKind.CHAPTER else Style.CONTENTS_SECTION]
        line = _contents_line(entry, tracker, pages)
        mark = tracker.paragraph_mark(KINDS[entry.placement])
        body.append(paragraph(style, (opening if index == 0 else "") + line, mark))
    # The field ends in a paragraph of its own: that of an entry may be accepted or rejected away.
    body.append(paragraph(sheet.styles[Style.TABLE_END], '<w:r><w:fldChar w:fldCharType="end"/></w:r>'))
    return (
        f'<w:sdt><w:sdtPr><w:id w:val="{sheet.ids.of("contents", "contents")}"/><w:docPartObj>'
        '<w:docPartGallery w:val="Table of Contents"/><w:docPartUnique/></w:docPartObj></w:sdtPr>'
        f"<w:sdtContent>{''.join(body)}</w:sdtContent></w:sdt>"
    )


def _contents_line(entry: Entry, tracker: Tracker, pages: Mapping[str, int]) -> str:
    def words(block: Block) -> str:
        return run(f"{block.number}{GAP}{block.text}")

    tab = f"<w:r>{run_properties()}<w:tab/></w:r>"
    if entry.placement is Placement.OLD:
        return tracker.wrapped(DELETED, words(entry.block) + tab)
    name = bookmark_name(entry.block.id)
    page = field_xml(f"PAGEREF {name} \\h", str(pages.get(entry.block.id, UNKNOWN_PAGE)))
    if entry.placement is Placement.NEW:
        content = tracker.wrapped(INSERTED, words(entry.block) + tab + page)
    else:
        assert entry.old is not None
        content = tracker.changed(words(entry.old), words(entry.block)) + tab + page
    return f'<w:hyperlink w:anchor="{name}" w:history="1">{content}</w:hyperlink>'
