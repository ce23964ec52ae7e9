"""The diff of Chinese contract text: amounts, figures and Latin words are atoms, every other character stands alone.

``rapidfuzz`` finds the longest common subsequence of atoms; a clean-up after the manner of diff-match-patch (semantic
clean-up, N. Fraser) then makes of it what a person would have marked: short stretches between two changes are swallowed,
a change that may slide settles at a punctuation mark.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rapidfuzz.distance import Indel

from app.domain.textual_change import Hunk, HunkKind

_LATIN = "0-9A-Za-z\u00c0-\u024f\uff10-\uff19\uff21-\uff3a\uff41-\uff5a"
_COUNT = "零〇一二两三四五六七八九十百千万亿"
_ATOM = re.compile(
    rf"(?:(?<![{_LATIN}])[-+−－±](?=[0-9０-９]))?[¥￥$€£]?[{_LATIN}]+(?:[.,:/@_．\-][{_LATIN}]+)*[%‰％]?[十百千万亿]*"  # 1,200.00 8.2.3 30% 120万
    rf"|[百千万亿]分之[{_COUNT}]+(?:点[{_COUNT}]+)?"  # 万分之五
    rf"|[{_COUNT}]+(?:点[{_COUNT}]+)?"  # 三十, 三点五
    "|[壹贰叁肆伍陆柒捌玖零][壹贰叁肆伍陆柒捌玖拾佰仟万萬亿零元圆角分整正]*"  # 壹佰贰拾万元整
    "|\r\n"
    "|.[\u0300-\u036f\ufe00-\ufe0f\U000e0100-\U000e01ef]*",  # a character with its combining marks and variant selectors
    re.DOTALL,
)
_FIRST_SYMBOL = 0x10000

_SENTENCE_ENDS = "。；！？\n"
_PAUSES = "，、：,;"
_BRACKETS = "（）()《》“”【】"


def atoms(text: str) -> list[str]:
    """``text`` cut where a change may begin or end; joined again they are the text."""
    return [m.group() for m in _ATOM.finditer(text)]


@dataclass(slots=True)
class _Edit:
    """A change, and the stretch of equal atoms behind it."""

    deleted: list[str] = field(default_factory=list)
    inserted: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)

    @property
    def size(self) -> int:
        return max(len(self.deleted), len(self.inserted))


class ChineseDiff:
    """``app.domain.textual_change.TextDiff`` for Chinese contract text. Without state; safe to share."""

    def diff(self, old: str, new: str) -> tuple[Hunk, ...]:
        """Hunks that together are exactly both texts. No number is ever cut, and no single equal character stands between
        two changes."""
        before, after = atoms(old), atoms(new)
        head, edits = _edits(before, after)
        edits = _swallow(edits)
        for index, edit in enumerate(edits):
            left = edits[index - 1].after if index else head
            _factor(left, edit)
            _slide(left, edit, first=index == 0, last=index == len(edits) - 1)
        return tuple(_hunks(head, _swallow(edits)))

    def similarity(self, old: str, new: str) -> float:
        return Indel.normalized_similarity(old, new)


def _edits(before: Sequence[str], after: Sequence[str]) -> tuple[list[str], list[_Edit]]:
    """What both begin with, then the changes in order."""
    symbols: dict[str, str] = {}

    def encoded(items: Iterable[str]) -> str:
        return "".join(symbols.setdefault(a, chr(_FIRST_SYMBOL + len(symbols))) for a in items)

    head: list[str] = []
    edits: list[_Edit] = []
    changing = False
    for step in Indel.opcodes(encoded(before), encoded(after)):
        if step.tag == "equal":
            (edits[-1].after if edits else head).extend(before[step.src_start : step.src_end])
            changing = False
            continue
        if not changing:
            edits.append(_Edit())
            changing = True
        edits[-1].deleted += before[step.src_start : step.src_end]
        edits[-1].inserted += after[step.dest_start : step.dest_end]
    return head, edits


def _swallow(edits: list[_Edit]) -> list[_Edit]:
    """Join changes whose stretch between them is no longer than either of them, or a single character."""
    result: list[_Edit] = []
    for edit in edits:
        result.append(edit)
        while len(result) > 1 and _is_noise(result[-2], result[-1]):
            right, left = result.pop(), result.pop()
            result.append(
                _Edit(left.deleted + left.after + right.deleted, left.inserted + left.after + right.inserted, right.after)
            )
    return result


def _is_noise(left: _Edit, right: _Edit) -> bool:
    between = left.after
    if len(between) <= 1 and sum(map(len, between)) <= 1:
        return True
    if len(between) > left.size or len(between) > right.size:
        return False
    # A deletion before and an insertion behind a stretch (or the other way round) keep it: swallowed, it would be shown twice.
    apart = (not left.inserted and not right.deleted) or (not left.deleted and not right.inserted)
    return not (apart and 2 * len(between) >= min(left.size, right.size))


def _factor(left: list[str], edit: _Edit) -> None:
    """Give back what the deleted and the inserted text begin or end with in common."""
    deleted, inserted = edit.deleted, edit.inserted
    shared = 0
    while shared < min(len(deleted), len(inserted)) and deleted[shared] == inserted[shared]:
        shared += 1
    left += deleted[:shared]
    del deleted[:shared], inserted[:shared]
    shared = 0
    while shared < min(len(deleted), len(inserted)) and deleted[-1 - shared] == inserted[-1 - shared]:
        shared += 1
    if shared:
        edit.after[:0] = deleted[-shared:]
        del deleted[-shared:], inserted[-shared:]


def _slide(left: list[str], edit: _Edit, *, first: bool, last: bool) -> None:
    """Move a pure insertion or deletion to the best of its equivalent places; both sides keep two atoms between changes."""
    if edit.deleted and edit.inserted:
        return
    moving = edit.deleted or edit.inserted
    if not moving:
        return
    right = edit.after
    keep_left, keep_right = (0 if first else 2), (0 if last else 2)
    while len(left) > keep_left and left[-1] == moving[-1]:
        right.insert(0, left.pop())
        moving.insert(0, moving.pop())
    best, best_score, steps = 0, _score(left, moving, right), 0
    while len(right) > keep_right and moving[0] == right[0]:
        left.append(right.pop(0))
        moving.append(moving.pop(0))
        steps += 1
        score = _score(left, moving, right)
        if score >= best_score:
            best, best_score = steps, score
    for _ in range(steps - best):
        right.insert(0, left.pop())
        moving.insert(0, moving.pop())


def _score(left: Sequence[str], moving: Sequence[str], right: Sequence[str]) -> int:
    """How natural the two edges of a change are: behind the end of a sentence, behind a comma, at a bracket, anywhere."""
    return _edge(left[-1] if left else "\n", moving[0]) + _edge(moving[-1], right[0] if right else "\n")


def _edge(before: str, behind: str) -> int:
    if before in _SENTENCE_ENDS:
        return 4
    if before in _PAUSES:
        return 3
    if before in _BRACKETS or behind in _BRACKETS or behind in _PAUSES or behind in _SENTENCE_ENDS:
        return 2
    return 1


def _hunks(head: list[str], edits: Iterable[_Edit]) -> Iterable[Hunk]:
    if head:
        yield Hunk(HunkKind.EQUAL, "".join(head))
    for edit in edits:
        if edit.deleted:
            yield Hunk(HunkKind.DELETE, "".join(edit.deleted))
        if edit.inserted:
            yield Hunk(HunkKind.INSERT, "".join(edit.inserted))
        if edit.after:
            yield Hunk(HunkKind.EQUAL, "".join(edit.after))
