"""Two people in one draft: what somebody else changed since we looked is never overwritten unseen.

A door hands back the draft's revision that its page was drawn from. An answer that changed after it is left as it is and reported
with both values; the person decides, and saves again on the new revision to overwrite knowingly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.domain.clauses import ClauseLibrary
from app.domain.errors import ContractError
from app.store.drafts import DraftRow


@dataclass(frozen=True, slots=True)
class Conflict:
    """One answer that two people gave: ``mine`` was entered now, ``theirs`` is stored; None: cleared. Values as entered."""

    name: str
    label: str
    mine: Any
    theirs: Any
    by: str


class DeviationChanged(ContractError):
    """Somebody else changed the same provision since we looked; nothing of ours was stored. Carries what is stored now."""

    def __init__(self, provision: str, by: str, title: str, text: str, reason: str) -> None:
        super().__init__("draft.conflict", f"“{by}”刚刚修改了同一条款，您的改动没有保存。请对照对方的文字后再次提交。")
        self.provision = provision
        self.by = by
        self.title = title
        self.text = text
        self.reason = reason


Seen = int | Mapping[str, int]
"""The draft's revision that a page showed, of all answers or of each by its name."""


def conflicts(row: DraftRow, library: ClauseLibrary, entered: Mapping[str, Any], seen: Seen) -> tuple[Conflict, ...]:
    """The names in ``entered`` whose stored answer is younger than the one ``seen`` and says something else.

    A name that ``seen`` doesn't speak of was not shown with a value: any stored one is unseen.
    """
    stored = {a.name: a for a in row.answers}
    found = []
    for name, mine in entered.items():
        answer = stored.get(name)
        looked_at = seen if isinstance(seen, int) else seen.get(name, -1)
        if answer is not None and answer.revision > looked_at and answer.value != mine:
            found.append(Conflict(name, library.variables[name].label, mine, answer.value, answer.by))
    return tuple(found)


def require_seen(row: DraftRow, provision: str, seen: int) -> None:
    """Raises ``DeviationChanged`` where the provision's deviation is younger than revision ``seen``."""
    other = next((d for d in row.deviations if d.provision == provision), None)
    if other is not None and other.revision > seen:
        raise DeviationChanged(provision, other.by, other.title, other.text, other.reason)
