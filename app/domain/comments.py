"""Comments on a contract's text: the place they stand at, whom they are meant for, whom they name.

A comment is bound to a place by its stable id, not by its number: numbers move when provisions come and go.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from app.domain.errors import ContractError
from app.domain.outline import Block, BlockKind, outline, where
from app.domain.tree import Instrument

LONGEST = 4000
"""Characters of one comment."""
WHOLE = ""
"""The place of a comment on the whole contract."""
_COMMENTED = frozenset({BlockKind.COVER, BlockKind.PARTY_ROW, BlockKind.PREAMBLE, BlockKind.PROVISION, BlockKind.FORM_ROW})
"""What has a stable id. Headings have only their position; a table is commented on at the provision that holds it."""


class Audience(Enum):
    """Whom a comment is meant for."""

    INTERNAL = "internal"
    """内部: for one's own side; it leaves the house in no document."""
    SHAREABLE = "shareable"
    """可对外: may go to the other party with the text."""

    @property
    def label(self) -> str:
        return {"internal": "内部", "shareable": "可对外"}[self.value]


class Standing(Enum):
    """What became of a comment's place in the text that is shown."""

    SAME = "same"
    """The words are those that were commented on."""
    REWORDED = "reworded"
    GONE = "gone"
    """The text has no such place any more; the comment stays, with the words of its day."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place as one text has it. ``label``: number and title in words; ``text``: its words without the number."""

    id: str
    label: str
    text: str


@dataclass(frozen=True, slots=True)
class SharedRemark:
    """What the other party reads of one remark. ``at``: aware."""

    author: str
    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class SharedThread:
    """A thread as it goes out with the text: nothing internal is left in it.

    ``place``: id, empty for the whole contract; ``label``: the place in words, as the text has it now or, where it is ``gone``,
    had it then.
    """

    place: str
    label: str
    remarks: tuple[SharedRemark, ...]
    resolved: bool
    gone: bool = False


class CommentRefused(ContractError):
    """A comment that can't be kept; the code says why."""

    def __init__(self, why: str, message: str) -> None:
        super().__init__(f"comment.{why}", message)


def places(instrument: Instrument) -> Mapping[str, Place]:
    """Every place that can be commented on, by id, in reading order."""
    return {b.id: Place(b.id, where(b), b.text) for b in _blocks(outline(instrument)) if b.kind in _COMMENTED}


FRONT = "文首与当事人"


def places_by_chapter(instrument: Instrument) -> tuple[tuple[str, tuple[Place, ...]], ...]:
    """The same places, each chapter's under its heading, to choose one from; what stands before the chapters comes first."""
    groups: dict[str, list[Place]] = {}
    for top in outline(instrument):
        head = f"{top.number} {top.text}".strip() if top.kind is BlockKind.CHAPTER else FRONT
        found = [Place(b.id, where(b), b.text) for b in top.walk() if b.kind in _COMMENTED]
        if found:
            groups.setdefault(head, []).extend(found)
    return tuple((head, tuple(found)) for head, found in groups.items())


def _blocks(tops: Iterable[Block]) -> Iterable[Block]:
    for top in tops:
        yield from top.walk()


def standing(place: str, text: str, there: Mapping[str, Place]) -> Standing:
    """What became of ``place``, whose words were ``text``, in the text that has the places ``there``."""
    if place == WHOLE:
        return Standing.SAME
    found = there.get(place)
    if found is None:
        return Standing.GONE
    return Standing.SAME if found.text == text else Standing.REWORDED


def comment_text(entered: str) -> str:
    """The words of a comment as they are kept: one kind of line end, no white space around.

    What a database can't hold (NUL, lone surrogates) becomes the replacement sign. Raises ``CommentRefused`` for one that is
    empty or too long.
    """
    text = entered.replace("\r\n", "\n").replace("\r", "\n").strip()
    if not text:
        raise CommentRefused("empty", "批注没有内容，请写明意见后再提交。")
    if len(text) > LONGEST:
        raise CommentRefused("long", f"批注过长（{len(text):,}字），上限为{LONGEST:,}字；请缩短，或者分成几条。")
    return "".join("\ufffd" if c == "\0" or 0xD800 <= ord(c) <= 0xDFFF else c for c in text)


def visible(text: str) -> str:
    """``text`` for a terminal or a mail: control characters, which could move a cursor, as the replacement sign."""
    return "".join("\ufffd" if unicodedata.category(c) == "Cc" and c not in "\n\t" else c for c in text)


def reply_audience(thread: Audience, wanted: Audience) -> Audience:
    """The audience of a reply. Under an internal comment nothing can be shareable: the other party would read half a talk."""
    if thread is Audience.INTERNAL and wanted is Audience.SHAREABLE:
        raise CommentRefused(
            "audience", "这条批注仅供内部，其下的回复不能对外。请先把首条批注改为可对外，或者另开一条可对外的批注。"
        )
    return wanted


def mentioned(text: str, names: Mapping[str, str]) -> frozenset[str]:
    """The ids of the people whom ``text`` names with ``@``. ``names``: id by name or login; the longest that fits counts."""
    ordered = sorted((n for n in names if n), key=len, reverse=True)
    found = set()
    for part in text.split("@")[1:]:
        folded = part.casefold()
        name = next((n for n in ordered if folded.startswith(n.casefold()) and _ends(n, part)), None)
        if name is not None:
            found.add(names[name])
    return frozenset(found)


def _ends(name: str, text: str) -> bool:
    """A login must not go on behind its end (``@li`` is not in ``@liu``); Chinese has no gaps between words."""
    behind = text[len(name) : len(name) + 1]
    return not (name[-1].isascii() and behind.isascii() and (behind.isalnum() or behind in ("_", "-")))
