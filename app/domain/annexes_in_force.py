"""The annexes of the text in force on a day, each with the instrument that last changed it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from app.domain.consolidation import Consolidated, Mark
from app.domain.tree import Section


@dataclass(frozen=True, slots=True)
class AnnexInForce:
    """One annex. ``name``: 附件一; ``number``: of its section (13.1); ``marks``: what changed it, the oldest first, empty: as signed."""

    section: str
    name: str
    number: str
    title: str
    marks: tuple[Mark, ...]

    @property
    def last(self) -> Mark | None:
        return self.marks[-1] if self.marks else None

    @property
    def since(self) -> date | None:
        """The day from which it reads as it does; None: since the contract was signed."""
        return self.last.starts if self.last is not None else None


def annexes_in_force(consolidated: Consolidated) -> tuple[AnnexInForce, ...]:
    """In the order of the text."""
    order = {a.id: place for place, a in enumerate(consolidated.applied)}
    return tuple(
        AnnexInForce(s.id, s.annex, s.number, s.title, tuple(sorted(_marks(consolidated, s), key=lambda m: order[m.amendment])))
        for s in consolidated.standing.instrument.annexes()
    )


def _marks(consolidated: Consolidated, section: Section) -> Iterator[Mark]:
    """Changes of the provisions of the section and of the rows of their tables; one that took rows out counts as well."""
    provisions = {p.id for top in section.provisions for p in top.walk()}
    tables = {p.table.id for top in section.provisions for p in top.walk() if p.table is not None}
    for place, marks in consolidated.marks.items():
        if place.partition("#")[0] in (tables if "#" in place else provisions):
            yield from marks
