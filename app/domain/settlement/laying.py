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
    """Something confirmed and not paid in full. ``names``: its number and those of its invoices; ``burden``: what a day of delay costs the
    debtor, in ten-thousandths of the debt."""

    key: str
    due: date | None
    owed: Decimal
    names: tuple[str, ...] = ()
    burden: Fraction = Fraction(0)


def mentioned(name: str, words: str) -> bool:
    """Whether ``words`` name it as a whole: FP-1 stands neither in FP-12 nor in FP-1-2. Width and case of letters don't matter."""
    wanted, text = (unicodedata.normalize("NFKC", x).casefold() for x in (name.strip(), words))
    if not wanted:
        return False
    return re.search(rf"(?<![0-9a-z])(?<![0-9a-z][-_]){re.escape(wanted)}(?![0-9a-z])(?![-_][0-9a-z])", text) is not None


def proposal(amount: Decimal, words: str, open_: Sequence[OpenItem], paid_on: date) -> tuple[Parts, Decimal]:
    """What a payment of ``paid_on`` is laid upon by itself: first what the debtor named in its reference or note, then the one that it
    pays to the 分, which says as much unless two such stand alike, then by law.

    Returns ((key, amount) …, rest); the rest is more than is owed.
    """
    named = [x for x in open_ if any(mentioned(name, words) for name in x.names)]
    meant = named or _exactly([x for x in open_ if x.owed == amount], paid_on)
    given, rest = laid(amount, meant, paid_on)
    more, rest = laid(rest, [x for x in open_ if x not in meant], paid_on)
    return (*given, *more), rest


def laid(amount: Decimal, open_: Iterable[OpenItem], paid_on: date) -> tuple[Parts, Decimal]:
    """By law, where the debtor named none: what is due comes before what isn't; of what is due the debt that weighs more on the debtor,
    then the one that fell due first; debts that nothing tells apart share in proportion (CC:560 paragraph 2).

    None of the debts is secured, so security tells none of them apart. What has no due day comes last.
    """
    left, found = amount, list[tuple[str, Decimal]]()
    for _, group in groupby(sorted(open_, key=lambda x: _rank(x, paid_on)), lambda x: _rank(x, paid_on)):
        alike = list(group)
        share = min(left, sum((x.owed for x in alike), ZERO))
        for item, part in zip(alike, shared(share, [x.owed for x in alike]), strict=True):
            if part > 0:
                found.append((item.key, part))
        left -= share
    return tuple(found), left


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


def _rank(item: OpenItem, paid_on: date) -> tuple[bool, Fraction, date]:
    is_due = item.due is not None and item.due <= paid_on
    return not is_due, -item.burden if is_due else Fraction(0), item.due or date.max


def _exactly(same: Sequence[OpenItem], paid_on: date) -> list[OpenItem]:
    """The first by law of those that the payment pays to the 分; none where two of them stand alike."""
    ranked = sorted(same, key=lambda x: _rank(x, paid_on))
    if len(ranked) > 1 and _rank(ranked[0], paid_on) == _rank(ranked[1], paid_on):
        return []
    return ranked[:1]
