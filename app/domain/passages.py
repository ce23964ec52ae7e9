"""The passages of a contract: the pieces of text that the search of the register finds, section by section. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from app.domain.outline import titled
from app.domain.tree import FormRow, Instrument, Provision, Section, plain

RUN = 12
"""Passages of a section that are taken together. Fewer make more groups of a contract, more make it rarer that a group is met again."""
LONGEST_PAGE = 20_000
"""Characters of one page of a file that are taken as one passage; what is longer is cut."""


class PassageKind(Enum):
    """Where a passage stands. The value is kept in the index."""

    NUMBER = "n"
    """合同编号 as registered."""
    NAME = "t"
    """合同名称 as registered."""
    PARTY = "p"
    """A party's name as registered."""
    COVER = "c"
    """Title and cover of the text, the parties' particulars, the preamble."""
    TEXT = "s"
    """Headings, provisions and signature page."""
    ANNEX = "x"
    """附件, table rows among them."""
    PAGE = "d"
    """A page of a file."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One piece. ``number``: the printed number of its place (``8.2.3``, ``附件一 13.1``, a page's number) or empty; ``anchor``: the
    id of the place in the tree, or of the file. Equal text has an equal ``hash``; parties' names are kept apart from text, so that
    they can be looked for alone.
    """

    kind: PassageKind
    number: str
    anchor: str
    text: str

    @property
    def hash(self) -> str:
        salt = "party\n" if self.kind is PassageKind.PARTY else ""
        return hashlib.sha256(f"{salt}{self.text}".encode("utf-8", "surrogatepass")).hexdigest()


Group = tuple[Passage, ...]
"""Passages that usually come together; where one of them changes, the others stay known."""


def head_of(number: str, title: str, parties: tuple[tuple[str, str], ...]) -> Group:
    """What the register itself says. ``parties``: role and name."""
    found = [Passage(PassageKind.NUMBER, "", "number", number), Passage(PassageKind.NAME, "", "title", title)]
    found += [Passage(PassageKind.PARTY, "", role, name) for role, name in parties]
    return tuple(p for p in map(_clean, found) if p.text)


def passages(instrument: Instrument) -> tuple[Group, ...]:
    """Every printed piece of an instrument without its number, in reading order: cover, parties, preamble, sections in runs of ``RUN``."""
    groups = [_rows(instrument.cover, PassageKind.COVER, "", Passage(PassageKind.COVER, "", "title", instrument.title))]
    groups += [_rows(b.rows, PassageKind.COVER, "", Passage(PassageKind.COVER, "", b.id, b.heading)) for b in instrument.parties]
    if instrument.preamble:
        groups.append((_clean(Passage(PassageKind.COVER, "", "preamble", plain(instrument.preamble))),))
    for chapter in instrument.chapters:
        heading = Passage(PassageKind.TEXT, chapter.number, chapter.id, chapter.title)
        for section in chapter.sections:
            groups.append(tuple(_section(section, heading)))
            heading = Passage(PassageKind.TEXT, "", "", "")
    full = [[p for p in group if p.text] for group in groups]
    return tuple(tuple(group[i : i + RUN]) for group in full for i in range(0, len(group), RUN))


def pages(document_id: str, texts: tuple[str, ...]) -> Group:
    """The pages of a file, numbered from 1."""
    found = (Passage(PassageKind.PAGE, str(i), document_id, text[:LONGEST_PAGE]) for i, text in enumerate(texts, 1))
    return tuple(p for p in map(_clean, found) if p.text)


def _section(section: Section, chapter: Passage) -> Iterator[Passage]:
    kind, prefix = (PassageKind.ANNEX, f"{section.annex} ") if section.annex else (PassageKind.TEXT, "")
    yield chapter
    yield _clean(Passage(kind, f"{prefix}{section.number}", section.id, section.title))
    for provision in section.provisions:
        yield from _provision(provision, kind, prefix, "")
    yield from _rows(section.form, kind, f"{prefix}{section.number}")


def _provision(provision: Provision, kind: PassageKind, prefix: str, above: str) -> Iterator[Passage]:
    """``above``: the number that an item （1） belongs to."""
    own = f"{above}{provision.number}" if provision.number.startswith("（") else provision.number
    number, table = f"{prefix}{own}", provision.table
    yield _clean(Passage(kind, number, provision.id, titled(provision.title, provision.text)))
    if table is not None:
        lines = [table.caption, "　".join(c.label for c in table.columns), *("　".join(row.cells) for row in table.rows)]
        yield from (_clean(Passage(kind, number, provision.id, line)) for line in lines)
    for child in provision.children:
        yield from _provision(child, kind, prefix, own)


def _rows(rows: tuple[FormRow, ...], kind: PassageKind, number: str, *before: Passage) -> Group:
    return (*map(_clean, before), *(_clean(Passage(kind, number, r.id, f"{r.label}：{r.text}")) for r in rows))


def _clean(passage: Passage) -> Passage:
    """Without what a database can't keep (NUL, lone surrogates) and without space around it."""
    text = "".join(c for c in passage.text if c >= " " or c in "\t\n").encode("utf-8", "replace").decode("utf-8").strip()
    return passage if text == passage.text else Passage(passage.kind, passage.number, passage.anchor, text)
