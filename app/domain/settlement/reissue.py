"""红冲重开 at the corrected amount: red-letter invoices and the blue ones in their place, which together are the difference of a correction.

The first sheet keeps the blue invoice that it had; its payment period starts with the invoice that stands in its place (section 8.2; VATR:38).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from app.domain.money import ZERO, TaxedAmount
from app.domain.settlement.invoices import Invoice, Owed, net_of

_NOTHING = (ZERO, ZERO)


def reissued(invoice: Invoice, sheet: Sequence[Invoice], left: Mapping[Decimal, tuple[Decimal, Decimal]]) -> tuple[Invoice, ...]:
    """What of a sheet is, with the blue ``invoice``, to the 分 the difference ``left`` of a correction: the red ones of what was reversed in
    full, and the other blue ones that came in its place since. Empty where nothing is.

    ``sheet``: what belongs to the sheet itself, in the order in which it came. The newest reversal is tried first, then all together.
    """
    gone = [b for b in sheet if not b.red_of and _cancelled([b, *reds_of(b, sheet)])]
    groups = [[b] for b in reversed(gone)] + ([gone] if len(gone) > 1 else [])
    for group in groups:
        reds = [r for b in group for r in reds_of(b, sheet)]
        begun = min(r.received_on for r in reds)
        since = [i for i in sheet if not i.red_of and i not in gone and i.received_on >= begun]
        for more in ([], since):
            found = [*reds, *more, *(r for b in more for r in reds_of(b, sheet))]
            net = {rate: sums for rate, sums in net_of([invoice, *found]).items() if sums != _NOTHING}
            if net and net == left:
                return tuple(found)
    return ()


def reds_of(blue: Invoice, invoices: Sequence[Invoice]) -> list[Invoice]:
    """The red ones that reverse it and belong where it does."""
    return [i for i in invoices if i.red_of == blue.id and i.correction == blue.correction]


def reversals(correction: str, recorded: Sequence[Invoice]) -> list[Invoice]:
    """The red ones of a correction that reverse in full what belongs elsewhere: its other half are the blue ones of the correction."""
    found = []
    for blue in (b for b in recorded if not b.red_of and b.correction != correction):
        reds = [i for i in recorded if i.red_of == blue.id and i.correction == correction]
        if reds and _cancelled([blue, *reds]):
            found += reds
    return found


def carrying(correction: Owed, others: Sequence[Invoice]) -> Owed:
    """The correction as what comes with ``others`` is weighed against it: the blue one may say what they take back on top."""
    own = tuple(replace(i, correction=correction.id) for i in others)
    known = {t.rate for t in correction.claimed.by_rate}
    rates = sorted({line.rate for i in own for line in i.lines} - known)
    wider = (*correction.claimed.by_rate, *(TaxedAmount(ZERO, rate, ZERO, ZERO) for rate in rates))
    return replace(correction, claimed=replace(correction.claimed, by_rate=wider), counted=(*correction.counted, *own))


def standing_since(right: date | None, recorded: Sequence[Invoice]) -> date | None:
    """``right``: from when the invoices of a sheet match it. Where one of them was reversed in full and issued anew at a corrected amount,
    the period starts with the new one. ``recorded``: everything that came for the sheet."""
    if right is None:
        return None
    corrections = {i.correction for i in recorded if i.red_of and i.correction}
    pairs = [c for c in corrections if reversals(c, recorded)]
    return max([right, *(i.received_on for i in recorded if i.correction in pairs and not i.red_of)])


def _cancelled(invoices: Sequence[Invoice]) -> bool:
    return len(invoices) > 1 and all(sums == _NOTHING for sums in net_of(invoices).values())
