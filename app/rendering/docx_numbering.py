"""Native multi-level lists for the numbers of a contract.

Two arrangements that Word and LibreOffice compute alike (docs/adr on numbering):

* 第一章 … is a list of its own (``chineseCountingThousand``).
* Every chapter's body is one multi-level list whose level texts carry the chapter's figure as a literal: ``8.%1`` for the
  section, ``8.%1.%2`` for the article, ``8.%1.%2.%3`` for the paragraph, （%5） for items. No level stands for a chapter
  paragraph that another list holds, no level is skipped silently, and nothing relies on ``w:lvlRestart``, which
  LibreOffice ignores. An inserted article renumbers what follows it and every REF field that points there.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from lxml import etree

from app.domain.tree import Chapter, Level, Provision
from app.rendering.docx_styles import Style, Styles
from app.rendering.docx_xml import EAST_ASIAN, Ids, W, w

_LEVELS: tuple[tuple[str, Style, str], ...] = (
    ("{0}.%1", Style.SECTION, "space"),
    ("{0}.%1.%2", Style.ARTICLE, "tab"),
    ("{0}.%1.%2.%3", Style.PARAGRAPH, "tab"),
    ("{0}.%1.%2.%3.%4", Style.PARAGRAPH, "tab"),
    ("（%5）", Style.ITEM, "tab"),
    ("（%6）", Style.SUB_ITEM, "tab"),
    ("（%7）", Style.SUB_ITEM, "tab"),
)
_PAPER_TEXTS = ("%1", "%2.", "%2.%3", "%2.%3.%4", "（%5）", "（%6）", "（%7）")
"""Level texts of a paper's one list: articles 1. 2. 3. through the whole paper; the first level is never used."""
_ITEM_LEVEL = 4


@dataclass(slots=True)
class Numbering:
    """The lists of one document. ``chapter_list`` is the list of the chapter headings."""

    styles: Styles
    ids: Ids
    abstract: list[str] = field(default_factory=list)
    instances: list[str] = field(default_factory=list)
    next_abstract: int = 0
    next_instance: int = 1
    chapter_list: int = 0
    first_chapter_list: int = 0
    _chapter_next: int = 0
    _section_next: int = 0
    _body: int = 0
    _paper: int = 0

    @classmethod
    def beside(cls, root: etree._Element, styles: Styles, ids: Ids) -> Numbering:
        """Lists that take the ids behind those the template's ``numbering.xml`` already uses."""
        abstract = [int(e.get(w("abstractNumId"), "0")) for e in root.iterfind(w("abstractNum"))]
        instances = [int(e.get(w("numId"), "0")) for e in root.iterfind(w("num"))]
        return cls(styles, ids, next_abstract=max(abstract, default=-1) + 1, next_instance=max(instances, default=0) + 1)

    def chapter(self, chapter: Chapter, *, apart: bool = False) -> int:
        """The list of a chapter heading; chapters that leave a gap (or stand ``apart``) begin a list at their own figure."""
        if apart or chapter.index != self._chapter_next or not self.chapter_list:
            style = self.styles[Style.CHAPTER]
            level = _level(0, chapter.index, "chineseCountingThousand", "第%1章", "space", self.styles.indent(Style.CHAPTER),
                           "" if self.chapter_list else style)  # fmt: skip
            self._add(f"chapters:{chapter.index}", "singleLevel", level)
            self.chapter_list = self.next_instance - 1
            self.first_chapter_list = self.first_chapter_list or self.chapter_list
        self._chapter_next = chapter.index + 1
        self._body = 0
        return self.chapter_list

    def paper_chapter(self) -> int:
        """The list of a paper's headings: 一、 二、."""
        if not self.chapter_list:
            level = _level(
                0, 1, "chineseCountingThousand", "%1、", "nothing", self.styles.indent(Style.CHAPTER), self.styles[Style.CHAPTER]
            )
            self._add("paper:chapters", "singleLevel", level)
            self.chapter_list = self.first_chapter_list = self.next_instance - 1
        return self.chapter_list

    def paper_body(self) -> int:
        """The one list of all articles and items of a paper."""
        if not self._paper:
            levels = "".join(
                _level(i, 1, "decimal", text, suffix, self.styles.indent(style))
                for i, (text, (_, style, suffix)) in enumerate(zip(_PAPER_TEXTS, _LEVELS, strict=True))
            )
            self._add("paper:body", "multilevel", levels)
            self._paper = self.next_instance - 1
        return self._paper

    def section(self, chapter: Chapter, position: int, *, apart: bool = False) -> int:
        """The list of a section heading and of everything in it; ``position`` is the figure behind the chapter's."""
        if apart or not self._body or position != self._section_next:
            levels = "".join(
                _level(i, position if i == 0 else 1, "decimal", text.format(chapter.index), suffix, self.styles.indent(style))
                for i, (text, style, suffix) in enumerate(_LEVELS)
            )
            self._add(f"body:{chapter.index}:{position}", "multilevel", levels)
            self._body = self.next_instance - 1
        self._section_next = position + 1
        return self._body

    def _add(self, key: str, kind: str, levels: str) -> None:
        nsid = f"{self.ids.of('list', key):08X}"
        self.abstract.append(
            f'<w:abstractNum w:abstractNumId="{self.next_abstract}"><w:nsid w:val="{nsid}"/>'
            f'<w:multiLevelType w:val="{kind}"/><w:tmpl w:val="{nsid}"/>{levels}</w:abstractNum>'
        )
        self.instances.append(f'<w:num w:numId="{self.next_instance}"><w:abstractNumId w:val="{self.next_abstract}"/></w:num>')
        self.next_abstract += 1
        self.next_instance += 1

    def write_into(self, root: etree._Element) -> None:
        """Add the lists to the template's ``numbering.xml``; the schema wants every definition before the first list."""
        wrapper = etree.fromstring(f'<x xmlns:w="{W}">{"".join(self.abstract)}</x>')
        first = root.find(w("num"))
        position = root.index(first) if first is not None else _behind_definitions(root)
        root[position:position] = list(wrapper)
        wrapper = etree.fromstring(f'<x xmlns:w="{W}">{"".join(self.instances)}</x>')
        last = root.findall(w("num"))
        position = root.index(last[-1]) + 1 if last else _behind_definitions(root)
        root[position:position] = list(wrapper)


def _behind_definitions(root: etree._Element) -> int:
    """Behind the last picture bullet or definition; ``numIdMacAtCleanup`` must stay last."""
    found = [i for i, e in enumerate(root) if e.tag in (w("abstractNum"), w("numPicBullet"))]
    return found[-1] + 1 if found else 0


def _level(index: int, start: int, form: str, text: str, suffix: str, indent: str, style: str = "") -> str:
    linked = f'<w:pStyle w:val="{style}"/>' if style else ""
    suff = f'<w:suff w:val="{suffix}"/>' if suffix != "tab" else ""
    layout = f"<w:pPr>{indent}</w:pPr>" if indent else ""
    return (
        f'<w:lvl w:ilvl="{index}"><w:start w:val="{start}"/><w:numFmt w:val="{form}"/>{linked}{suff}'
        f'<w:lvlText w:val="{text}"/><w:lvlJc w:val="left"/>{layout}<w:rPr>{EAST_ASIAN}</w:rPr></w:lvl>'
    )


def list_level(provision: Provision, parent: Provision | None, parent_level: int) -> tuple[int, Style]:
    """The list level of a provision and the paragraph style that belongs to it."""
    if provision.level is Level.ITEM:
        level = _ITEM_LEVEL if parent is None or parent_level <= 1 else min(max(parent_level + 1, _ITEM_LEVEL + 1), 6)
    else:
        level = 1 if parent is None else min(parent_level + 1, 3)
    return level, _LEVELS[level][1]


def number_properties(instance: int, level: int) -> str:
    return f'<w:numPr><w:ilvl w:val="{level}"/><w:numId w:val="{instance}"/></w:numPr>'
