"""Automatic numbers of a finished DOCX, computed from its own numbering.xml and styles.xml (ISO 29500-1 §17.9).

Independent of the renderer on purpose: nothing of the tree and none of the writer's code is used here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache

from lxml import etree

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_LEVELS = 9
_CHINESE = "零一二三四五六七八九"


@cache
def q(name: str) -> str:
    return f"{{{W}}}{name}"


def value(element: etree._Element | None, name: str = "val", default: str = "") -> str:
    return element.get(q(name), default) if element is not None else default


def chinese_counting(number: int) -> str:
    """ST_NumberFormat ``chineseCountingThousand``: 1 → 一, 10 → 十, 12 → 十二, 21 → 二十一, 105 → 一百零五."""
    if not 0 < number < 10_000:
        return str(number)
    digits, pending, started = [], False, False
    for power, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // power % 10
        if digit:
            if pending and started:
                digits.append("零")
            digits.append("十" if power == 10 and digit == 1 and not started else _CHINESE[digit] + unit)
            pending, started = False, True
        else:
            pending = True
    return "".join(digits)


def _roman(number: int) -> str:
    result = ""
    for figure, letters in ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"),
                            (10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I")):  # fmt: skip
        result += letters * (number // figure)
        number %= figure
    return result


def _letters(number: int) -> str:
    return chr(ord("A") + (number - 1) % 26) * ((number - 1) // 26 + 1) if number > 0 else str(number)


def format_number(number: int, form: str) -> str:
    """One counter in its number format; an unknown format reads as ``{format:number}`` so that no proof passes by chance."""
    match form:
        case "decimal" | "":
            return str(number)
        case "chineseCountingThousand" | "chineseCounting" | "taiwaneseCountingThousand":
            return chinese_counting(number)
        case "upperRoman":
            return _roman(number)
        case "lowerRoman":
            return _roman(number).lower()
        case "upperLetter":
            return _letters(number)
        case "lowerLetter":
            return _letters(number).lower()
        case "decimalZero":
            return f"{number:02d}"
        case "none" | "bullet":
            return ""
        case _:
            return f"{{{form}:{number}}}"


@dataclass(frozen=True, slots=True)
class _Level:
    start: int
    form: str
    text: str
    restart: int | None
    legal: bool
    style: str


@dataclass(slots=True)
class _List:
    definition: str
    levels: dict[int, _Level]
    overrides: dict[int, int]


@dataclass(slots=True)
class Numbers:
    """Counts a document's paragraphs in order. Lists that share a definition share their counters, as in Word."""

    lists: dict[str, _List] = field(default_factory=dict)
    style_links: dict[str, tuple[str, int]] = field(default_factory=dict)
    _counters: dict[str, list[int | None]] = field(default_factory=dict)
    _started: set[tuple[str, int]] = field(default_factory=set)

    @classmethod
    def read(cls, numbering: etree._Element | None, styles: etree._Element | None) -> Numbers:
        result = cls()
        definitions: dict[str, dict[int, _Level]] = {}
        if numbering is not None:
            for element in numbering.iterfind(q("abstractNum")):
                levels = {int(value(e, "ilvl", "0")): _level(e) for e in element.iterfind(q("lvl"))}
                definitions[value(element, "abstractNumId")] = levels
            for element in numbering.iterfind(q("num")):
                definition = value(element.find(q("abstractNumId")))
                levels = dict(definitions.get(definition, {}))
                overrides = {}
                for override in element.iterfind(q("lvlOverride")):
                    index = int(value(override, "ilvl", "0"))
                    inner = override.find(q("lvl"))
                    if inner is not None:
                        levels[index] = _level(inner)
                    start = override.find(q("startOverride"))
                    if start is not None:
                        overrides[index] = int(value(start, default="1"))
                result.lists[value(element, "numId")] = _List(definition, levels, overrides)
        if styles is not None:
            result._link(styles)
        return result

    def _link(self, styles: etree._Element) -> None:
        elements = {e.get(q("styleId"), ""): e for e in styles.iterfind(q("style")) if e.get(q("type")) == "paragraph"}
        for style_id in elements:
            seen: set[str] = set()
            current = style_id
            while current in elements and current not in seen:
                seen.add(current)
                numbered = elements[current].find(f"{q('pPr')}/{q('numPr')}")
                if numbered is not None:
                    number = value(numbered.find(q("numId")))
                    explicit = numbered.find(q("ilvl"))
                    level = int(value(explicit, default="0"))
                    if explicit is None and number in self.lists:
                        level = next((i for i, lv in self.lists[number].levels.items() if lv.style == current), 0)
                    self.style_links[style_id] = (number, level)
                    break
                current = value(elements[current].find(q("basedOn")))

    def of(self, paragraph: etree._Element) -> str:
        """The number printed before ``paragraph``; advances the counters. Call once for each paragraph, in order."""
        properties = paragraph.find(q("pPr"))
        number, level = "", 0
        if properties is not None:
            number, level = self.style_links.get(value(properties.find(q("pStyle"))), ("", 0))
            direct = properties.find(q("numPr"))
            if direct is not None:
                number = value(direct.find(q("numId")), default=number)
                level = int(value(direct.find(q("ilvl")), default=str(level)))
        found = self.lists.get(number)
        if found is None or level not in found.levels:
            return ""
        return self._advance(number, found, level)

    def _advance(self, number: str, found: _List, level: int) -> str:
        counters = self._counters.setdefault(found.definition, [None] * _LEVELS)
        override = found.overrides.get(level)
        if override is not None and (number, level) not in self._started:
            counters[level] = override
        else:
            current = counters[level]
            counters[level] = found.levels[level].start if current is None else current + 1
        self._started.add((number, level))
        for index in range(level + 1, _LEVELS):
            deeper = found.levels.get(index)
            if deeper is not None and deeper.restart is not None and (deeper.restart == 0 or level >= deeper.restart):
                continue
            counters[index] = None
        legal = found.levels[level].legal

        def shown(match: re.Match[str]) -> str:
            index = int(match.group(1)) - 1
            layer = found.levels.get(index)
            if layer is None:
                return ""
            count = counters[index]
            return format_number(layer.start if count is None else count, "decimal" if legal else layer.form)

        return re.sub(r"%([1-9])", shown, found.levels[level].text)


def _level(element: etree._Element) -> _Level:
    restart = element.find(q("lvlRestart"))
    legal = element.find(q("isLgl"))
    return _Level(
        start=int(value(element.find(q("start")), default="0")),
        form=value(element.find(q("numFmt"))),
        text=value(element.find(q("lvlText"))),
        restart=int(value(restart, default="0")) if restart is not None else None,
        legal=legal is not None and value(legal, default="1") not in ("0", "false", "off"),
        style=value(element.find(q("pStyle"))),
    )
