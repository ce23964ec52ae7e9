"""Order in two versions: which shared items kept their place, and both versions merged into one reading order."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from itertools import pairwise

_SMALL = 400


class Placement(Enum):
    """Where an entry of a comparison stands: in both versions, or only where the old or the new one has it."""

    BOTH = "both"
    OLD = "old"
    NEW = "new"


def kept(partners: Sequence[int], weights: Sequence[int] | None = None) -> frozenset[int]:
    """Indexes into ``partners`` of the items that did not move.

    ``partners``: for each shared item in the old order its place in the new order. What stays is the increasing subsequence
    of the greatest total weight (each item weighs 1 without ``weights``), so that as little as possible counts as moved.
    Weights are looked at for up to 400 items; beyond that the length alone counts.
    """
    if all(a < b for a, b in pairwise(partners)):
        return frozenset(range(len(partners)))
    if weights is not None and len(partners) <= _SMALL:
        return _heaviest(partners, weights)
    tails: list[int] = []
    places: list[int] = []
    previous: list[int] = []
    for index, partner in enumerate(partners):
        at = bisect_left(tails, partner)
        previous.append(places[at - 1] if at else -1)
        tails[at : at + 1] = [partner]
        places[at : at + 1] = [index]
    return _chain(previous, places[-1])


def _heaviest(partners: Sequence[int], weights: Sequence[int]) -> frozenset[int]:
    total = list(weights)
    previous = [-1] * len(partners)
    for i, partner in enumerate(partners):
        for j in range(i):
            if partners[j] < partner and total[j] + weights[i] > total[i]:
                total[i], previous[i] = total[j] + weights[i], j
    return _chain(previous, max(range(len(total)), key=total.__getitem__))


def _chain(previous: Sequence[int], last: int) -> frozenset[int]:
    found = set()
    while last >= 0:
        found.add(last)
        last = previous[last]
    return frozenset(found)


def merged(
    old_count: int,
    new_count: int,
    partner_of: Mapping[int, int],
    weight: Callable[[int], int] | None = None,
) -> list[tuple[Placement, int, int]]:
    """Both orders as one: ``(BOTH, old, new)``, ``(OLD, old, -1)``, ``(NEW, -1, new)``.

    ``partner_of``: place in the new order by place in the old. Items that kept their place appear once; every other one
    appears where its version has it, the old before the new.
    """
    shared = [i for i in range(old_count) if i in partner_of]
    partners = [partner_of[i] for i in shared]
    staying = kept(partners, [weight(i) for i in shared] if weight else None) if shared else frozenset()
    result: list[tuple[Placement, int, int]] = []
    next_old = next_new = 0

    def up_to(old_end: int, new_end: int) -> None:
        result.extend((Placement.OLD, i, -1) for i in range(next_old, old_end))
        result.extend((Placement.NEW, -1, i) for i in range(next_new, new_end))

    for position in sorted(staying):
        old, new = shared[position], partners[position]
        up_to(old, new)
        result.append((Placement.BOTH, old, new))
        next_old, next_new = old + 1, new + 1
    up_to(old_count, new_count)
    return result
