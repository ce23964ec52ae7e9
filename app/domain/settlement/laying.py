"""Upon which debts a payment is laid where several are open: as the debtor says, then as the law orders them (CC:560)."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from itertools import groupby

from app.domain.money import CENT, ZERO

Parts = tuple[tuple[str, Decimal], ...]


@dataclass(frozen=True, slots=True)
class OpenItem:
    """A part of a settlement that is not paid in full. ``key``: of the settlement, of which no two parts fall due on one day; ``names``: its
    number and those of its invoices; ``burden``: what a day of delay costs the debtor, in ten-thousandths of the debt; ``paused``: it is in
    dispute, and its payment suspended (section 8.2)."""

    key: str
    due: date | None
    owed: Decimal
    names: tuple[str, ...] = ()
    burden: Fraction = Fraction(0)
    paused: bool = False


def mentioned(name: str, words: str) -> bool:
    """Whether ``words`` name it as a whole: FP-1 stands neither in FP-12 nor in FP-1-2. Width and case of letters don't matter."""
    wanted, text = (unicodedata.normalize("NFKC", x).casefold() for x in (name.strip(), words))
    if not wanted:
        return False
    return re.search(rf"(?<![0-9a-z])(?<![0-9a-z][-_]){re.escape(wanted)}(?![0-9a-z])(?![-_][0-9a-z])", text) is not None


def proposal(amount: Decimal, words: str, open_: Sequence[OpenItem], paid_on: date) -> tuple[Parts, Decimal]:
    """What a payment of ``paid_on`` is laid upon by itself: first what the debtor named in its reference or note, then the settlement or
    part of one that it pays to the 分, which says as much unless two such stand alike, then by law.

    Returns ((key, amount) …, rest), each key once; the rest is more than is owed.
    """
    named = [x for x in open_ if any(mentioned(name, words) for name in x.names)]
    meant = named or _exactly(amount, open_, paid_on)
    given, rest = laid(amount, meant, paid_on)
    more, rest = laid(rest, [x for x in open_ if x not in meant], paid_on)
    return _summed([*given, *more]), rest


def laid(amount: Decimal, open_: Iterable[OpenItem], paid_on: date) -> tuple[Parts, Decimal]:
    """By law, where the debtor named none: what is due comes before what isn't; of what is due the debt that weighs more on the debtor,
    then the one that fell due first; debts that nothing tells apart share in proportion (CC:560 paragraph 2).

    None of the debts is secured, so security tells none of them apart. What has no due day comes last, and of that what is in dispute.
    """
    left, found = amount, list[tuple[str, Decimal]]()
    for _, group in groupby(sorted(open_, key=lambda x: _rank(x, paid_on)), lambda x: _rank(x, paid_on)):
        alike = list(group)
        share = min(left, sum((x.owed for x in alike), ZERO))
        for item, part in zip(alike, shared(share, [x.owed for x in alike]), strict=True):
            if part > 0:
                found.append((item.key, part))
        left -= share
    return _summed(found), left


def _summed(parts: Iterable[tuple[str, Decimal]]) -> Parts:
    found: dict[str, Decimal] = {}
    for key, part in parts:
        found[key] = found.get(key, ZERO) + part
    return tuple(found.items())


def shared(amount: Decimal, owed: Sequence[Decimal]) -> list[Decimal]:
    """``amount`` in proportion to debts of at least that sum: each part cut to the 分, and the 分 that are left over one by one to those
    that lost most by the cut, the earlier one where two lost as much. No part exceeds its debt."""
    whole = sum(owed, ZERO)
    if not whole or not amount:
        return [ZERO for _ in owed]
    exact = [Fraction(amount) * Fraction(debt) / Fraction(whole) for debt in owed]
    parts = [(Decimal(x.numerator) / Decimal(x.denominator)).quantize(CENT, ROUND_DOWN) for x in exact]
    over = int((amount - sum(parts, ZERO)) / CENT)
    lost = sorted(range(len(parts)), key=lambda i: (Fraction(parts[i]) - exact[i], i))
    for i in lost[:over]:
        parts[i] += CENT
    return parts


def _rank(item: OpenItem, paid_on: date) -> tuple[bool, Fraction, date, bool]:
    is_due = item.due is not None and item.due <= paid_on
    return not is_due, -item.burden if is_due else Fraction(0), item.due or date.max, item.paused


def _exactly(amount: Decimal, open_: Sequence[OpenItem], paid_on: date) -> list[OpenItem]:
    """The first by law of the settlements and parts that the payment pays to the 分; none where two of them stand alike. A round sum that
    is in dispute as well says nothing: money in dispute is meant only together with the rest of its settlement."""
    whole = [[x for x in open_ if x.key == key] for key in dict.fromkeys(x.key for x in open_)]
    parts = [[x] for alike in whole if len(alike) > 1 for x in alike]
    exact = [found for found in (*whole, *parts) if sum((x.owed for x in found), ZERO) == amount]
    ranked = sorted(
        (min(_rank(x, paid_on) for x in found), n) for n, found in enumerate(exact) if not all(x.paused for x in found)
    )
    if not ranked or (len(ranked) > 1 and ranked[0][0] == ranked[1][0]):
        return []
    return exact[ranked[0][1]]
