"""Numbers of chapters, articles and items, and the words a cross-reference uses.

章 第八章 · 节 第8.2节 · 条 第8.2.3条 · 款 第8.2.3.1款 · 项 第8.2.3条第（1）项 · 附件 附件二.
"""

from __future__ import annotations

from app.domain.tree import Level

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


def annex_label(index: int) -> str:
    return f"附件{chinese_number(index)}"


def child_number(parent: str, level: Level, index: int) -> str:
    """The printed number of the index-th child (from 1) under ``parent``."""
    return f"（{index}）" if level is Level.ITEM else f"{parent}.{index}"


def reference_text(level: Level, number: str, owner: str, owner_level: Level | None) -> str:
    """How a reference to a provision reads; an item is named with the 条 or 款 that holds it."""
    if level is Level.ITEM and owner_level is not None:
        return f"第{owner}{owner_level.value}第{number}项"
    return f"第{number}{level.value}"
