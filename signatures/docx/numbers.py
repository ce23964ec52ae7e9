"""Numbers and fields as text: what a word processor would compute is written out, so that it can't compute it differently later."""

from __future__ import annotations

import copy
import re
from collections import defaultdict
from dataclasses import dataclass

from lxml import etree

from signatures.docx.package import MAIN, NUMBERING, STYLES, Parts, w
from signatures.errors import SignatureError

_DIGITS = "零一二三四五六七八九"
_PLACE = re.compile(r"%(\d)")


@dataclass(frozen=True, slots=True)
class _Level:
    start: int
    form: str
    text: str
    suffix: str
    element: etree._Element


@dataclass(frozen=True, slots=True)
class _List:
    key: str
    levels: dict[int, _Level]
    starts: dict[int, int]


def numbers_as_text(parts: Parts) -> int:
    """Write every automatic number of the main part into its paragraph; returns how many.

    Raises ``docx.numbers`` for a number format that is not known here.
    """
    if NUMBERING not in parts.content:
        return 0
    lists = _lists(parts.tree(NUMBERING))
    styled = _styled(parts.tree(STYLES), parts.tree(NUMBERING)) if STYLES in parts.content else {}
    counters: dict[str, dict[int, int]] = defaultdict(dict)
    begun: set[tuple[str, str]] = set()
    written = 0
    for paragraph in parts.tree(MAIN).iter(w("p")):
        place = _place(paragraph, styled)
        if place is None or place[0] not in lists:
            continue
        number, level = place
        found = lists[number]
        if level not in found.levels:
            continue
        if (number, found.key) not in begun:
            begun.add((number, found.key))
            for index, start in found.starts.items():
                counters[found.key][index] = start - 1
        text = _counted(found, counters[found.key], level)
        _write(paragraph, text, found.levels[level])
        written += 1
    return written


def _lists(root: etree._Element) -> dict[str, _List]:
    abstract = {
        a.get(w("abstractNumId"), ""): {int(lvl.get(w("ilvl"), "0")): _level(lvl) for lvl in a.iterfind(w("lvl"))}
        for a in root.iterfind(w("abstractNum"))
    }
    found = {}
    for number in root.iterfind(w("num")):
        reference = number.find(w("abstractNumId"))
        key = reference.get(w("val"), "") if reference is not None else ""
        levels, starts = dict(abstract.get(key, {})), {}
        for override in number.iterfind(w("lvlOverride")):
            index = int(override.get(w("ilvl"), "0"))
            start, replaced = override.find(w("startOverride")), override.find(w("lvl"))
            if replaced is not None:
                levels[index] = _level(replaced)
            if start is not None:
                starts[index] = int(start.get(w("val"), "1"))
        found[number.get(w("numId"), "")] = _List(key, levels, starts)
    return found


def _level(element: etree._Element) -> _Level:
    def value(name: str, otherwise: str) -> str:
        child = element.find(w(name))
        return otherwise if child is None else child.get(w("val"), otherwise)

    return _Level(int(value("start", "1")), value("numFmt", "decimal"), value("lvlText", ""), value("suff", "tab"), element)


def _styled(styles: etree._Element, numbering: etree._Element) -> dict[str, tuple[str, int]]:
    """Paragraph styles that carry a number: style → list, level. A level that names the style counts for it."""
    own, base = {}, {}
    for style in styles.iterfind(w("style")):
        name = style.get(w("styleId"), "")
        parent = style.find(w("basedOn"))
        base[name] = parent.get(w("val"), "") if parent is not None else ""
        properties = style.find(f"{w('pPr')}/{w('numPr')}")
        if properties is not None:
            own[name] = _numbering_properties(properties)
    linked = {
        lvl.find(w("pStyle")).get(w("val"), ""): int(lvl.get(w("ilvl"), "0"))  # type: ignore[union-attr]
        for lvl in numbering.iter(w("lvl"))
        if lvl.find(w("pStyle")) is not None
    }
    found = {}
    for name in base:
        ancestor, steps = name, 0
        while ancestor and ancestor not in own and steps < 50:
            ancestor, steps = base.get(ancestor, ""), steps + 1
        if ancestor in own:
            number, level = own[ancestor]
            found[name] = (number, linked.get(ancestor, level))
    return found


def _numbering_properties(properties: etree._Element) -> tuple[str, int]:
    number, level = properties.find(w("numId")), properties.find(w("ilvl"))
    return (
        number.get(w("val"), "") if number is not None else "",
        int(level.get(w("val"), "0")) if level is not None else 0,
    )


def _place(paragraph: etree._Element, styled: dict[str, tuple[str, int]]) -> tuple[str, int] | None:
    properties = paragraph.find(w("pPr"))
    if properties is None:
        return None
    own, style = properties.find(w("numPr")), properties.find(w("pStyle"))
    inherited = styled.get(style.get(w("val"), "")) if style is not None else None
    if own is None:
        place = inherited
    else:
        number, level = _numbering_properties(own)
        place = (number or (inherited[0] if inherited else ""), level)
    return None if place is None or place[0] in ("", "0") else place


def _counted(found: _List, counters: dict[int, int], level: int) -> str:
    for index in range(level):
        counters.setdefault(index, found.levels[index].start if index in found.levels else 1)
    counters[level] = counters.get(level, found.levels[level].start - 1) + 1
    for deeper in [i for i in counters if i > level]:
        del counters[deeper]

    def shown(match: re.Match[str]) -> str:
        index = int(match.group(1)) - 1
        return _figure(counters.get(index, 0), found.levels[index].form if index in found.levels else "decimal")

    return _PLACE.sub(shown, found.levels[level].text)


def _figure(value: int, form: str) -> str:
    if form in ("decimal", "none"):
        return str(value) if form == "decimal" else ""
    if form in ("chineseCounting", "chineseCountingThousand", "ideographDigital") and 0 < value < 100:
        return _chinese(value)
    if form in ("lowerLetter", "upperLetter") and 0 < value <= 26:
        return chr((97 if form == "lowerLetter" else 65) + value - 1)
    raise SignatureError("docx.numbers", f"DOCX 使用了不支持的编号格式“{form}”，无法写成文本。")


def _chinese(value: int) -> str:
    tens, ones = divmod(value, 10)
    if not tens:
        return _DIGITS[ones]
    return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[ones] if ones else "")


def _write(paragraph: etree._Element, text: str, level: _Level) -> None:
    properties = paragraph.find(w("pPr"))
    if properties is None:
        raise ValueError("a numbered paragraph has properties")
    _switch_off(properties, level)
    run = etree.Element(w("r"))
    look = level.element.find(w("rPr"))
    if look is not None:
        run.append(copy.deepcopy(look))
    words = etree.SubElement(run, w("t"))
    words.text = text + (" " if level.suffix == "space" else "")
    words.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
    if level.suffix == "tab":
        etree.SubElement(run, w("tab"))
    properties.addnext(run)


_BEFORE_NUMBERS = {w(n) for n in ("pStyle", "keepNext", "keepLines", "pageBreakBefore", "framePr", "widowControl")}
_BEFORE_INDENT = _BEFORE_NUMBERS | {
    w(n)
    for n in (
        "numPr", "suppressLineNumbers", "pBdr", "shd", "tabs", "suppressAutoHyphens", "kinsoku", "wordWrap", "overflowPunct",
        "topLinePunct", "autoSpaceDE", "autoSpaceDN", "bidi", "adjustRightInd", "snapToGrid", "spacing",
    )
}  # fmt: skip


def _switch_off(properties: etree._Element, level: _Level) -> None:
    """No number of its own any more, but the indent that its level gave it."""
    own = properties.find(w("numPr"))
    if own is not None:
        properties.remove(own)
    none = etree.Element(w("numPr"))
    etree.SubElement(none, w("numId")).set(w("val"), "0")
    _insert(properties, none, _BEFORE_NUMBERS)
    indent = level.element.find(f"{w('pPr')}/{w('ind')}")
    if indent is not None and properties.find(w("ind")) is None:
        _insert(properties, copy.deepcopy(indent), _BEFORE_INDENT)


def _insert(properties: etree._Element, child: etree._Element, before: set[str]) -> None:
    """The schema gives the children of paragraph properties an order."""
    position = 0
    for index, sibling in enumerate(properties):
        if sibling.tag in before:
            position = index + 1
    properties.insert(position, child)


def fields_as_text(parts: Parts) -> int:
    """Replace every field of the main part by its last result; returns how many. Page numbers of headers stay fields."""
    root, count = parts.tree(MAIN), 0
    for simple in list(root.iter(w("fldSimple"))):
        count += 1
        _unwrap(simple)
    depth: list[bool] = []  # for each open field: whether its result has begun
    for run in list(root.iter(w("r"))):
        mark = run.find(w("fldChar"))
        kind = mark.get(w("fldCharType")) if mark is not None else None
        if kind == "begin":
            depth.append(False)
            count += 1
        elif kind == "separate" and depth:
            depth[-1] = True
        elif kind == "end" and depth:
            depth.pop()
        elif not (depth and not all(depth)):
            continue
        parent = run.getparent()
        if parent is not None:
            parent.remove(run)
    return count


def _unwrap(element: etree._Element) -> None:
    parent = element.getparent()
    if parent is None:
        return
    index = parent.index(element)
    for child in list(element):
        parent.insert(index, child)
        index += 1
    parent.remove(element)
