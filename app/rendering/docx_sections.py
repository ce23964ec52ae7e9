"""Page sections: tables too wide for an upright page stand on a page laid across, as in the PDF."""

from __future__ import annotations

from copy import deepcopy

from lxml import etree

from app.domain.tree import Table
from app.rendering.docx_xml import w

WIDE_TABLE_COLUMNS = 9
"""A table of so many columns lies across; the same limit as in the PDF."""
_DEFAULT_WIDTH = 8820


def is_wide(table: Table) -> bool:
    return len(table.columns) >= WIDE_TABLE_COLUMNS


class PageLayout:
    """Upright and lying pages made from the section properties of the template."""

    def __init__(self, body: etree._Element) -> None:
        sections = list(body.iter(w("sectPr")))
        self._last = sections[-1] if sections else None
        self._first_written = False

    @property
    def width(self) -> int:
        """Text width of an upright page in twips."""
        return _text_width(self._last)

    @property
    def lying_width(self) -> int:
        return _text_width(self._lying())

    def _lying(self) -> etree._Element | None:
        if self._last is None:
            return None
        section = _without_title_page(deepcopy(self._last))
        size, margins = section.find(w("pgSz")), section.find(w("pgMar"))
        if size is not None:
            width, height = size.get(w("w"), "11906"), size.get(w("h"), "16838")
            size.set(w("w"), height)
            size.set(w("h"), width)
            size.set(w("orient"), "landscape")
        if margins is not None:
            for side in ("left", "right"):
                margins.set(w(side), "1134")
        return section

    def across(self, content: str, style: str) -> str:
        """``content`` on a page laid across; ``style`` is that of the small paragraphs that carry the section breaks."""
        if self._last is None:
            return content
        upright = deepcopy(self._last)
        if self._first_written:  # only the document's first section has a cover without a running header
            upright = _without_title_page(upright)
        self._first_written = True
        return f"{_break(upright, style)}{content}{_break(self._lying(), style)}"

    def finish(self) -> None:
        """The template's own section properties now describe the last section, which has no cover."""
        if self._first_written and self._last is not None:
            _without_title_page(self._last)


def _without_title_page(section: etree._Element) -> etree._Element:
    mark = section.find(w("titlePg"))
    if mark is not None:
        section.remove(mark)
    return section


def _break(section: etree._Element | None, style: str) -> str:
    properties = etree.tostring(section, encoding="unicode", with_tail=False) if section is not None else ""
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{properties}</w:pPr></w:p>'


def _text_width(section: etree._Element | None) -> int:
    """Page width less margins, in twips."""
    size = section.find(w("pgSz")) if section is not None else None
    margins = section.find(w("pgMar")) if section is not None else None
    if size is None or margins is None:
        return _DEFAULT_WIDTH
    inner = int(float(size.get(w("w"), "0")))
    return inner - sum(int(float(margins.get(w(side), "0"))) for side in ("left", "right"))
