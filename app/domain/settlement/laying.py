"""What a payment is laid upon by itself: what it names, what it pays to the 分, what fell due first (CC:560)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


def mentioned(name: str, words: str) -> bool:
    """Whether ``words`` name it as a whole: FP-1 stands neither in FP-12 nor in FP-1-2. Width and case of letters don't matter."""
    wanted, text = (unicodedata.normalize("NFKC", x).casefold() for x in (name.strip(), words))
    if not wanted:
        return False
    return re.search(rf"(?<![0-9a-z])(?<![0-9a-z][-_]){re.escape(wanted)}(?![0-9a-z])(?![-_][0-9a-z])", text) is not None


def allotted(
    amount: Decimal, open_: Sequence[tuple[str, date | None, Decimal]]
) -> tuple[tuple[tuple[str, Decimal], ...], Decimal]:
    """A payment laid upon open settlements, the one due first first, in their order where several fall due together; what is left over
    is overpaid (CC:560).

    ``open_``: (id, due day, open amount). Returns ((id, amount) …, rest).
    """
    left, found = amount, []
    for key, _due, owed in sorted(open_, key=lambda x: x[1] or date.max):
        part = min(left, owed)
        if part > 0:
            found.append((key, part))
            left -= part
    return tuple(found), left


@dataclass(frozen=True, slots=True)
class OpenItem:
    """Something confirmed and not paid in full. ``names``: its number and those of its invoices."""

    key: str
    due: date | None
    owed: Decimal
    names: tuple[str, ...] = ()


def proposal(amount: Decimal, words: str, open_: Sequence[OpenItem]) -> tuple[tuple[tuple[str, Decimal], ...], Decimal]:
    """What a payment is laid upon by itself: first what its reference or note names, then the one that it pays to the 分, then what
    fell due first; among several such, too, the one due first, and what has no due day last (CC:560).

    Returns ((key, amount) …, rest).
    """
    by_day = sorted(open_, key=lambda x: x.due or date.max)
    named = [x for x in by_day if any(mentioned(name, words) for name in x.names)]
    first = named or [x for x in by_day if x.owed == amount][:1]
    order = [*first, *(x for x in by_day if x not in first)]
    given, rest = allotted(amount, [(x.key, None, x.owed) for x in order[: len(first)]]) if first else ((), amount)
    more, rest = allotted(rest, [(x.key, x.due, x.owed) for x in order[len(first) :]])
    return (*given, *more), rest
