"""Which block of the old version is which block of the new one.

Provisions and rows go by their stable ids. Chapters and sections have only their place for an id, so their titles come
first. What has no partner by then (a text typed anew, an import) is paired by its words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable

from app.domain.outline import Block, BlockKind
from app.domain.textual_change import TextDiff, fold_width

SIMILAR = 0.6
"""Provisions without a common id are one provision from this similarity on."""
_MOST_COMPARED = 2_500
"""Pairs looked at by similarity within one section; beyond that only equal words pair."""

_HEADINGS = frozenset({BlockKind.CHAPTER, BlockKind.SECTION})


class Pairs:
    """Partners by place in reading order, both ways."""

    def __init__(self) -> None:
        self.new_of: dict[int, Block] = {}
        self.old_of: dict[int, Block] = {}

    def add(self, old: Block, new: Block) -> None:
        self.new_of[old.order] = new
        self.old_of[new.order] = old


def pair_blocks(old: tuple[Block, ...], new: tuple[Block, ...], differ: TextDiff) -> Pairs:
    """Pair the blocks of two outlines. Tables are left out: a table goes with its provision."""
    pairs = Pairs()
    olds = [b for top in old for b in top.walk() if b.kind is not BlockKind.TABLE]
    news = [b for top in new for b in top.walk() if b.kind is not BlockKind.TABLE]

    def match(key: Callable[[Block], Hashable], kinds: Callable[[Block], bool], *, unique: bool = False) -> None:
        left, right = _by_key(olds, pairs.new_of, key, kinds), _by_key(news, pairs.old_of, key, kinds)
        for value, blocks in left.items():
            others = right.get(value, [])
            if unique and (len(blocks) != 1 or len(others) != 1):
                continue
            for a, b in zip(blocks, others, strict=False):
                pairs.add(a, b)

    def heading(b: Block) -> bool:
        return b.kind in _HEADINGS

    def body(b: Block) -> bool:
        return b.kind not in _HEADINGS

    match(lambda b: (b.kind, b.id, b.text), heading)
    match(lambda b: (b.kind, b.text), heading, unique=True)
    match(lambda b: (b.kind, b.id), heading)
    match(lambda b: (b.kind, b.id), body)
    match(lambda b: (b.kind, b.text), lambda b: b.kind is not BlockKind.TITLE and body(b) and bool(b.text), unique=True)
    _by_similarity(olds, news, pairs, differ)
    return pairs


def _by_key(
    blocks: Iterable[Block], taken: dict[int, Block], key: Callable[[Block], Hashable], kinds: Callable[[Block], bool]
) -> dict[Hashable, list[Block]]:
    result: dict[Hashable, list[Block]] = defaultdict(list)
    for block in blocks:
        if block.order not in taken and kinds(block):
            result[key(block)].append(block)
    return result


def _home(block: Block) -> str:
    """The section that holds a provision."""
    return next((str(getattr(p, "id", "")) for p in block.parents[1:2]), "")


def _by_similarity(olds: list[Block], news: list[Block], pairs: Pairs, differ: TextDiff) -> None:
    """Provisions left over in one section, the most similar first."""
    left: dict[str, list[Block]] = defaultdict(list)
    for block in olds:
        if block.kind is BlockKind.PROVISION and block.order not in pairs.new_of:
            left[_home(block)].append(block)
    right: dict[str, list[Block]] = defaultdict(list)
    for block in news:
        if block.kind is BlockKind.PROVISION and block.order not in pairs.old_of:
            right[_home(block)].append(block)
    for home, blocks in left.items():
        others = right.get(home, [])
        if not others or len(blocks) * len(others) > _MOST_COMPARED:
            continue
        scored = [(differ.similarity(fold_width(a.text), fold_width(b.text)), a, b) for a in blocks for b in others]
        for score, a, b in sorted(scored, key=lambda s: (-s[0], s[1].order, s[2].order)):
            if score >= SIMILAR and a.order not in pairs.new_of and b.order not in pairs.old_of:
                pairs.add(a, b)
