"""The table of contents: a TOC field that is already filled in, so that it reads right in programs that update nothing."""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.tree import Instrument
from app.rendering.docx_styles import Style, Styles
from app.rendering.docx_xml import Ids, bookmark_name, field, run, run_properties

UNKNOWN_PAGE = "　"
GAP = "　"
"""What stands between a number and its title in an entry."""


def heading_words(instrument: Instrument) -> list[tuple[str, bool, str, str]]:
    """Every heading: place, whether it is a chapter, its number, its words (``附件一　服务项目详细列表`` for an annex)."""
    result = []
    for chapter in instrument.chapters:
        result.append((chapter.id, True, chapter.number, chapter.title))
        for section in chapter.sections:
            words = f"{section.annex}{GAP}{section.title}" if section.annex else section.title
            result.append((section.id, False, section.number, words))
    return result


def contents_xml(instrument: Instrument, styles: Styles, ids: Ids, pages: Mapping[str, int] | None) -> str:
    """The field in its building-block control. Page numbers are those of ``pages`` (``ch.8``, ``s.8.2`` → page from 1)."""
    entries = heading_words(instrument)
    if not entries:
        return ""
    begin = (
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
        '<w:r><w:instrText xml:space="preserve"> TOC \\o "1-2" \\h \\z \\u </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r>'
    )
    end = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
    body: list[str] = []
    plain = run_properties()
    for index, (place, is_chapter, number, words) in enumerate(entries):
        style = styles[Style.CONTENTS_CHAPTER if is_chapter else Style.CONTENTS_SECTION]
        name = bookmark_name(place)
        page = str(pages[place]) if pages and place in pages else UNKNOWN_PAGE
        number_field = field(f"PAGEREF {name} \\h", page)
        link = (
            f'<w:hyperlink w:anchor="{name}" w:history="1">{run(f"{number}{GAP}{words}")}<w:r>{plain}<w:tab/></w:r>'
            f"{number_field}</w:hyperlink>"
        )
        head = begin if index == 0 else ""
        tail = end if index == len(entries) - 1 else ""
        body.append(f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr>{head}{link}{tail}</w:p>')
    return (
        f'<w:sdt><w:sdtPr><w:id w:val="{ids.of("contents", "contents")}"/><w:docPartObj><w:docPartGallery w:val="Table of Contents"/>'
        f"<w:docPartUnique/></w:docPartObj></w:sdtPr><w:sdtContent>{''.join(body)}</w:sdtContent></w:sdt>"
    )
