"""How every place of a text is named in a sentence: 第9.3.4.3款“解除权期限”, 附件一, 第1.2节."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from app.domain.numbering import reference_text
from app.domain.tree import Instrument, Level, Provision


def place_names(instrument: Instrument) -> Mapping[str, str]:
    """Names of sections, provisions and form rows by id; the title stands behind the number where there is one."""
    return dict(_names(instrument))


def _names(instrument: Instrument) -> Iterator[tuple[str, str]]:
    for block in instrument.parties:
        for row in block.rows:
            yield row.id, f"{block.heading}的“{row.label}”"
    for section in instrument.sections():
        yield section.id, section.annex or f"第{section.number}节“{section.title}”"
        for provision in section.provisions:
            yield from _below(provision, "", None)
        for row in section.form:
            yield row.id, f"第{section.number}节的“{row.label}”"


def _below(provision: Provision, owner: str, owner_level: Level | None) -> Iterator[tuple[str, str]]:
    words = reference_text(provision.level, provision.number, owner, owner_level)
    yield provision.id, f"{words}“{provision.title}”" if provision.title else words
    item = provision.level is Level.ITEM
    holder, level = (owner, owner_level) if item else (provision.number, provision.level)
    for child in provision.children:
        yield from _below(child, holder, level)
