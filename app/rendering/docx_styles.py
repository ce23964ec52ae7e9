"""The styles that a contract template must have, found by name.

Ids are no use: WPS renumbers them on every save. A lawyer may change everything about a style except its name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from lxml import etree

from app.domain.errors import ContractError
from app.rendering.docx_xml import w


class Style(Enum):
    """Every style the program sets, with its type and name in the template."""

    CHAPTER = ("paragraph", "heading 1")
    SECTION = ("paragraph", "heading 2")
    CONTENTS_HEADING = ("paragraph", "TOC Heading")
    CONTENTS_CHAPTER = ("paragraph", "toc 1")
    CONTENTS_SECTION = ("paragraph", "toc 2")
    PARTY = ("paragraph", "合同当事人")
    PARTY_ROW = ("paragraph", "合同当事人信息")
    PREAMBLE = ("paragraph", "合同序言")
    ARTICLE = ("paragraph", "合同条")
    PARAGRAPH = ("paragraph", "合同款")
    ITEM = ("paragraph", "合同项")
    SUB_ITEM = ("paragraph", "合同款下项")
    LEAD_IN = ("character", "合同条名")
    PROMINENT = ("character", "合同重点条款")
    BLANK = ("character", "合同空白")
    CAPTION = ("paragraph", "合同表题")
    TABLE_HEAD = ("paragraph", "合同表头")
    TABLE_TEXT = ("paragraph", "合同表文")
    TABLE_NUMBER = ("paragraph", "合同表数字")
    TABLE_END = ("paragraph", "合同表后")
    TABLE = ("table", "合同表格")
    FORM_VALUE = ("paragraph", "合同签署内容")
    BOX = ("paragraph", "合同签署框")

    @property
    def kind(self) -> str:
        return self.value[0]

    @property
    def style_name(self) -> str:
        return self.value[1]


class TemplateError(ContractError):
    """A template that can't be used; ``problems`` names everything at once, in Chinese."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("template.invalid", "合同模板不能使用：\n" + "\n".join(problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Styles:
    """Style ids of one template by role, and the indents of the paragraph styles."""

    ids: Mapping[Style, str]
    indents: Mapping[Style, str]

    def __getitem__(self, style: Style) -> str:
        return self.ids[style]

    def indent(self, style: Style) -> str:
        """The ``w:ind`` element of a style (its own or inherited) as XML, or the empty string."""
        return self.indents.get(style, "")


def missing_styles(root: etree._Element) -> list[Style]:
    found = _by_name(root)
    return [s for s in Style if (s.kind, s.style_name.casefold()) not in found]


def read_styles(root: etree._Element) -> Styles:
    """Styles of a ``styles.xml``. Raises TemplateError that names every missing one."""
    missing = missing_styles(root)
    if missing:
        raise TemplateError([missing_style_problem(s) for s in missing])
    found = _by_name(root)
    by_id = {e.get(w("styleId"), ""): e for e in found.values()}
    elements = {s: found[s.kind, s.style_name.casefold()] for s in Style}
    ids = {s: e.get(w("styleId"), "") for s, e in elements.items()}
    indents = {s: _indent(e, by_id) for s, e in elements.items() if s.kind == "paragraph"}
    return Styles(ids, indents)


def missing_style_problem(style: Style) -> str:
    kind = {"paragraph": "段落", "character": "字符", "table": "表格"}[style.kind]
    return f"缺少{kind}样式“{style.style_name}”；请在模板中恢复该名称的样式，名称不得更改"


def _by_name(root: etree._Element) -> dict[tuple[str, str], etree._Element]:
    result: dict[tuple[str, str], etree._Element] = {}
    for element in root.iterfind(w("style")):
        name = element.find(w("name"))
        if name is not None:
            result.setdefault((element.get(w("type"), "paragraph"), name.get(w("val"), "").casefold()), element)
    return result


def _indent(element: etree._Element, by_id: Mapping[str, etree._Element]) -> str:
    seen: set[str] = set()
    current: etree._Element | None = element
    while current is not None and current.get(w("styleId"), "") not in seen:
        seen.add(current.get(w("styleId"), ""))
        indent = current.find(f"{w('pPr')}/{w('ind')}")
        if indent is not None:
            values = " ".join(f'w:{etree.QName(k).localname}="{v!s}"' for k, v in indent.items())
            return f"<w:ind {values}/>"
        base = current.find(w("basedOn"))
        current = by_id.get(base.get(w("val"), "")) if base is not None else None
    return ""
