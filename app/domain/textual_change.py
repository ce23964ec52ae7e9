"""Changes inside one text: hunks, and what kind of change they are. The diff itself comes in through ``TextDiff``."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

REPLACED_BELOW = 0.35
"""Similarity under which two texts are shown as one replaced by the other: marks inside would be noise, not help."""


class HunkKind(Enum):
    EQUAL = "equal"
    DELETE = "delete"
    INSERT = "insert"


@dataclass(frozen=True, slots=True)
class Hunk:
    """A stretch of text that both versions share, or that only the old (DELETE) or the new one (INSERT) has."""

    kind: HunkKind
    text: str


class TextDiff(Protocol):
    """How two versions of one text differ."""

    def diff(self, old: str, new: str) -> tuple[Hunk, ...]:
        """Hunks in reading order, a deletion before the insertion that replaces it; together exactly both texts."""
        ...

    def similarity(self, old: str, new: str) -> float:
        """0 (nothing in common) to 1 (equal)."""
        ...


class Nature(Enum):
    """What a changed text amounts to; the first that fits."""

    NONE = "none"
    """The words are equal."""
    WIDTH = "width"
    """Only full-width and half-width forms differ (￥ / ¥, （ / ( )."""
    REFERENCE = "reference"
    """Only the numbers of cross-references follow a renumbering; they point to the same provisions as before."""
    WORDING = "wording"
    REWRITTEN = "rewritten"
    """So little is left of the old text that it is shown as replaced."""


_FOLDED = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0xFFE5: 0xA5, 0xFFE0: 0xA2, 0xFFE1: 0xA3}


def fold_width(text: str) -> str:
    """``text`` with full-width forms of ASCII and of currency signs made half-width; for comparing only."""
    return text.translate(_FOLDED)


def old_text(hunks: Iterable[Hunk]) -> str:
    return "".join(h.text for h in hunks if h.kind is not HunkKind.INSERT)


def new_text(hunks: Iterable[Hunk]) -> str:
    return "".join(h.text for h in hunks if h.kind is not HunkKind.DELETE)


def compare_texts(
    differ: TextDiff, old: str, new: str, old_meaning: str = "", new_meaning: str = ""
) -> tuple[Nature, tuple[Hunk, ...]]:
    """The nature of a change and its hunks; one EQUAL hunk (none for empty text) when nothing changed.

    ``old_meaning`` / ``new_meaning``: the texts with every cross-reference replaced by what it points to.
    """
    if old == new:
        return Nature.NONE, (Hunk(HunkKind.EQUAL, old),) if old else ()
    if not old or not new:
        return Nature.WORDING, replaced(old, new)
    if fold_width(old) == fold_width(new):
        return Nature.WIDTH, differ.diff(old, new)
    if old_meaning and old_meaning == new_meaning:
        return Nature.REFERENCE, differ.diff(old, new)
    if differ.similarity(fold_width(old), fold_width(new)) < REPLACED_BELOW:
        return Nature.REWRITTEN, replaced(old, new)
    return Nature.WORDING, differ.diff(old, new)


def replaced(old: str, new: str) -> tuple[Hunk, ...]:
    """The old text struck out as a whole, the new one put in its place."""
    hunks = (Hunk(HunkKind.DELETE, old), Hunk(HunkKind.INSERT, new))
    return tuple(h for h in hunks if h.text)
