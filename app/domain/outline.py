"""The printed blocks of an instrument as a plain tree, so that two versions can be held against each other.

A block is what a reader sees as one piece: a line of the cover, a heading, a provision, a table. Its text leaves out the
number, which the comparison looks at by itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from app.domain.tree import Chapter, FormRow, Instrument, PartyBlock, Provision, Reference, Section, Span, Table


class BlockKind(Enum):
    TITLE = "title"
    COVER = "cover"
    PARTY = "party"
    PARTY_ROW = "party_row"
    PREAMBLE = "preamble"
    CHAPTER = "chapter"
    SECTION = "section"
    PROVISION = "provision"
    TABLE = "table"
    FORM_ROW = "form_row"


Node = FormRow | PartyBlock | Chapter | Section | Provision | Table | Instrument


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """One block of one version.

    ``id``: id of the place; ``order``: its place in reading order from 0; ``text``: its words without the number;
    ``meaning``: the words with every cross-reference replaced by the id it points to; ``node``: the part of the tree that it
    prints (the instrument itself for title and preamble); ``parents``: the parts that hold it, outermost first.
    """

    kind: BlockKind
    id: str
    order: int
    number: str
    text: str
    meaning: str
    node: Node
    parents: tuple[Node, ...] = ()
    children: tuple[Block, ...] = ()

    def walk(self) -> Iterator[Block]:
        yield self
        for child in self.children:
            yield from child.walk()


def titled(title: str, text: str) -> str:
    """A provision's words as they are printed: the lead-in, an ideographic space, the text."""
    return f"{title}　{text}" if title and text else title or text


def meaning(content: tuple[Span, ...]) -> str:
    """The words with every cross-reference replaced by the id it points to; one that points nowhere stays as it is printed."""
    return "".join(f"\x00{s.target}\x00" if isinstance(s, Reference) and s.number else s.text for s in content)


class _Outliner:
    def __init__(self) -> None:
        self._next = 0

    def _order(self) -> int:
        self._next += 1
        return self._next - 1

    def rows(self, kind: BlockKind, rows: tuple[FormRow, ...], parents: tuple[Node, ...]) -> tuple[Block, ...]:
        return tuple(
            Block(kind, r.id, self._order(), "", f"{r.label}：{r.text}", f"{r.label}：{meaning(r.content)}", r, parents)
            for r in rows
        )

    def blocks(self, instrument: Instrument) -> tuple[Block, ...]:
        title = instrument.title
        result = [Block(BlockKind.TITLE, "title", self._order(), "", title, title, instrument)]
        result += self.rows(BlockKind.COVER, instrument.cover, ())
        for party in instrument.parties:
            order = self._order()
            children = self.rows(BlockKind.PARTY_ROW, party.rows, (party,))
            result.append(Block(BlockKind.PARTY, party.id, order, "", party.heading, party.heading, party, (), children))
        if instrument.preamble:
            text = "".join(s.text for s in instrument.preamble)
            result.append(
                Block(BlockKind.PREAMBLE, "preamble", self._order(), "", text, meaning(instrument.preamble), instrument)
            )
        return (*result, *(self.chapter(c) for c in instrument.chapters))

    def chapter(self, chapter: Chapter) -> Block:
        order = self._order()
        children = tuple(self.section(s, (chapter,)) for s in chapter.sections)
        return Block(BlockKind.CHAPTER, chapter.id, order, chapter.number, chapter.title, chapter.title, chapter, (), children)

    def section(self, section: Section, parents: tuple[Node, ...]) -> Block:
        order, inner = self._order(), (*parents, section)
        children = (
            *(self.provision(p, inner) for p in section.provisions),
            *self.rows(BlockKind.FORM_ROW, section.form, inner),
        )
        text = f"{section.annex}　{section.title}" if section.annex else section.title
        return Block(BlockKind.SECTION, section.id, order, section.number, text, text, section, parents, children)

    def provision(self, provision: Provision, parents: tuple[Node, ...]) -> Block:
        order, inner = self._order(), (*parents, provision)
        table = provision.table
        children: tuple[Block, ...] = ()
        if table is not None:
            children = (Block(BlockKind.TABLE, table.id, self._order(), "", table.caption, table.caption, table, inner),)
        children += tuple(self.provision(c, inner) for c in provision.children)
        text = titled(provision.title, provision.text)
        meant = titled(provision.title, meaning(provision.content))
        return Block(BlockKind.PROVISION, provision.id, order, provision.number, text, meant, provision, parents, children)


def outline(instrument: Instrument) -> tuple[Block, ...]:
    """The blocks of an instrument: title, cover, parties, preamble, chapters, each with its own below it."""
    return _Outliner().blocks(instrument)


_WHERE = {
    BlockKind.TITLE: "合同名称", BlockKind.COVER: "封面", BlockKind.PARTY: "合同当事人", BlockKind.PARTY_ROW: "当事人信息",
    BlockKind.PREAMBLE: "序言", BlockKind.FORM_ROW: "签署页",
}  # fmt: skip


def number_path(block: Block) -> str:
    """The number of a block; an item with the numbers of what holds it (``8.2.2.2（1）``), so that it is unique."""
    number = block.number
    for parent in reversed(block.parents):
        if not number.startswith("（") or not isinstance(parent, Provision):
            break
        number = parent.number + number
        if not parent.number.startswith("（"):
            break
    return number


def where(block: Block) -> str:
    """Where a block stands, in words: number and title, or the name of the line."""
    node = block.node
    if block.kind is BlockKind.TABLE:
        holder = block.parents[-1] if block.parents else None
        number = holder.number if isinstance(holder, Provision) else ""
        return f"{number} 表：{block.text}".strip() if block.text else f"{number} 表格".strip()
    if isinstance(node, Provision):
        return f"{number_path(block)} {node.title}".strip()
    if isinstance(node, FormRow):
        return f"{_WHERE[block.kind]}：{node.label}"
    return f"{block.number} {block.text}".strip() if block.kind in (BlockKind.CHAPTER, BlockKind.SECTION) else _WHERE[block.kind]
