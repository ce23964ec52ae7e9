"""Numbers of chapters, articles and items, and the words a cross-reference uses.

章 第八章 · 节 第8.2节 · 条 第8.2.3条 · 款 第8.2.3.1款 · 项 第8.2.3条第（1）项 · 附件 附件二.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from app.domain.remembering import remembered
from app.domain.tree import Instrument, Level, Provision, Section

_BESIDE = "之"
_BESIDES = re.compile(r"^(?P<head>（?[\d.]+?)之(?P<count>[一二三四五六七八九十]+)(?P<tail>）?)$")
_DIGITS = "零一二三四五六七八九"


def chinese_number(value: int) -> str:
    """1–99 in Chinese counting figures: 1 → 一, 10 → 十, 14 → 十四, 20 → 二十. Raises ``ValueError`` outside."""
    if not 1 <= value <= 99:
        raise ValueError(f"chapter numbers run from 1 to 99, not {value}")
    tens, ones = divmod(value, 10)
    head = "" if tens == 0 else ("十" if tens == 1 else f"{_DIGITS[tens]}十")
    return head + (_DIGITS[ones] if ones else "")


def chapter_number(index: int) -> str:
    return f"第{chinese_number(index)}章"


def paper_chapter_number(index: int) -> str:
    """一、 二、 … in a short instrument."""
    return f"{chinese_number(index)}、"


def article_number(index: int) -> str:
    """``3.``: articles of a short instrument are counted through; 第3条 is what refers to it."""
    return f"{index}."


def annex_label(index: int) -> str:
    return f"附件{chinese_number(index)}"


def child_number(parent: str, level: Level, index: int) -> str:
    """The printed number of the index-th child (from 1) under ``parent``."""
    return f"（{index}）" if level is Level.ITEM else f"{parent}.{index}"


def reference_text(level: Level, number: str, owner: str, owner_level: Level | None) -> str:
    """How a reference to a provision reads; an item is named with the 条 or 款 that holds it."""
    if level is Level.ITEM and owner_level is not None:
        return f"{_named(owner, owner_level)}第{number}项"
    return _named(number, level)


def _named(number: str, level: Level) -> str:
    """第8.2.3条, 第8.2.3条之一: an inserted provision is named as in a statute."""
    beside = _BESIDES.match(number)
    if beside:
        return f"第{beside['head']}{level.value}{_BESIDE}{beside['count']}"
    return f"第{number.rstrip('.')}{level.value}"


def is_beside(number: str) -> bool:
    """Whether a provision was inserted between others and bears a number beside them (8.2.3之一, （2之一）)."""
    return _BESIDE in number


def number_behind(parent: str, level: Level, siblings: Sequence[str], after: int) -> tuple[str, int]:
    """The number of a provision inserted behind the sibling at place ``after``, and the place where it stands from 0.

    ``siblings``: numbers in their order, deleted ones too. At the end the next number of the row follows; in between
    8.2.3之一, 8.2.3之二 … behind 8.2.3 and those inserted there before. Numbers that stand never change.
    """
    if not siblings:
        return child_number(parent, level, 1), 0
    head = _head(siblings[after])
    place = after + 1
    while place < len(siblings) and _head(siblings[place]) == head:
        place += 1
    if place == len(siblings):
        return child_number(parent, level, max(_index(n) for n in siblings) + 1), place
    besides = [m for m in (_BESIDES.match(n) for n in siblings) if m and m["head"] + m["tail"] == head]
    beside = f"{_BESIDE}{chinese_number(len(besides) + 1)}"
    return (f"{head[:-1]}{beside}）" if head.endswith("）") else f"{head}{beside}"), place


def _head(number: str) -> str:
    """The number that an inserted one stands beside; any other number is its own."""
    beside = _BESIDES.match(number)
    return beside["head"] + beside["tail"] if beside else number


def _index(number: str) -> int:
    """The last figure of a number: 8.2.3 → 3, （2） → 2."""
    figures = re.findall(r"\d+", _head(number))
    return int(figures[-1]) if figures else 0


def reference_labels(instrument: Instrument) -> dict[str, tuple[str, str]]:
    """Every place a reference may point to → how the reference reads, and its number; what an assembly computes, read off a tree."""
    return dict(_labels_of(instrument))


@remembered(16)
def _labels_of(instrument: Instrument) -> Mapping[str, tuple[str, str]]:
    labels: dict[str, tuple[str, str]] = {}
    for chapter in instrument.chapters:
        labels[chapter.id] = (chapter.number, chapter.number)
        for section in chapter.sections:
            labels[section.id] = _section_label(section)
            for provision in section.provisions:
                _label(provision, "", None, labels)
    return labels


def _section_label(section: Section) -> tuple[str, str]:
    return (section.annex, section.annex) if section.annex else (f"第{section.number}节", section.number)


def _label(provision: Provision, owner: str, owner_level: Level | None, labels: dict[str, tuple[str, str]]) -> None:
    reads = reference_text(provision.level, provision.number, owner, owner_level)
    labels[provision.id] = (reads, provision.number.rstrip("."))
    keep = provision.level is Level.ITEM
    for child in provision.children:
        _label(child, owner if keep else provision.number, owner_level if keep else provision.level, labels)


_SPOKEN = str.maketrans({"(": "（", ")": "）", "第": None, "条": None, "款": None, "项": None, "节": None, " ": None})


def find_place(instrument: Instrument, said: str) -> str | None:
    """The place that a person means by ``8.2.2``, ``8.2.1(2)``, ``第8.2.3条之一``, ``附件二`` or by its id; None where there is none."""
    labels = reference_labels(instrument)
    if said in labels:
        return said
    spoken = said.strip().translate(_SPOKEN)
    return next((place for place, (reads, _) in labels.items() if spoken and reads.translate(_SPOKEN) == spoken), None)
