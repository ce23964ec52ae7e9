"""What a settled period would come to with other inputs or other terms, and the lines that carry the difference to the next sheet.

What is settled stays; the difference is a correction (section 8.3: 上期尾差和更正), by tax rate, unfolded to both computations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.domain.money import ZERO, TaxedAmount, from_excl
from app.domain.presentation import money_digits, number
from app.domain.settlement.figure import Figure
from app.domain.settlement.month import ExtraItem, ItemKind
from app.domain.settlement.sheet import PastMonth, Sheet

CLAUSE = "fees.adjustment.statement.other"


@dataclass(frozen=True, slots=True)
class Settled:
    """A settled period as it stands: its totals without tax by rate, what accepted corrections added since, and its working."""

    number: str
    by_rate: Mapping[Decimal, Decimal]
    since: Mapping[Decimal, Decimal]
    figure: Figure


@dataclass(frozen=True, slots=True)
class Correction:
    """``items``: a line for each rate that differs, none where nothing does; ``months``: fee and score as corrected, which later caps
    and quarters count from."""

    items: tuple[ExtraItem, ...]
    months: tuple[PastMonth, ...]
    figure: Figure

    @property
    def amount(self) -> TaxedAmount:
        """The difference over all rates; ``rate`` nought where there are several."""
        parts = [from_excl(i.excl, i.rate) for i in self.items]
        rate = parts[0].rate if len(parts) == 1 else ZERO
        return TaxedAmount(
            sum((p.excl for p in parts), ZERO), rate, sum((p.tax for p in parts), ZERO), sum((p.incl for p in parts), ZERO)
        )


def correction(before: Settled, after: Sheet, voucher: str) -> Correction:
    """``after``: the same period replayed. ``voucher``: number of the correction, which its lines bear."""
    new = {t.rate: t.excl for t in after.totals.by_rate}
    items = []
    for rate in sorted({*new, *before.by_rate, *before.since}):
        had = before.by_rate.get(rate, ZERO) + before.since.get(rate, ZERO)
        difference = new.get(rate, ZERO) - had
        if difference:
            working = _working(before, after, rate, new.get(rate, ZERO))
            item = f"更正{before.number}（税率{number(rate)}%）"
            items.append(ExtraItem(ItemKind.CORRECTION, item, difference, rate, voucher, working))
    months = tuple(
        PastMonth(fee.month, fee.amount, scored.total, scored.ramp)
        for fee, scored in zip(after.months, after.scores, strict=True)
    )
    whole = sum((i.excl for i in items), ZERO)
    figure = Figure(
        f"更正{before.number}", whole, how="各税率的更正额之和", clause=CLAUSE,
        parts=tuple(i.working for i in items if i.working is not None),
    )  # fmt: skip
    return Correction(tuple(items), months, figure)


def _working(before: Settled, after: Sheet, rate: Decimal, new: Decimal) -> Figure:
    old, since = before.by_rate.get(rate, ZERO), before.since.get(rate, ZERO)
    how = f"更正后{money_digits(new)}－已结算{money_digits(old)}" + (f"－此前更正{money_digits(since)}" if since else "")
    earlier = (Figure("此前已接受的更正", since, source=before.number),) if since else ()
    return Figure(
        f"更正额（税率{number(rate)}%）", new - old - since, how=how, clause=CLAUSE,
        parts=(
            Figure(f"更正后的不含税额（税率{number(rate)}%）", new, how="以更正后的数据和条款重新计算", clause=CLAUSE, parts=(after.figure,)),
            Figure(f"已结算的不含税额（税率{number(rate)}%）", old, how="原结算单", clause=CLAUSE, source=before.number, parts=(before.figure,)),
            *earlier,
        ),
    )  # fmt: skip


def corrected(past: Sequence[PastMonth], months: Sequence[PastMonth]) -> list[PastMonth]:
    """Earlier months with those that were corrected since in their place."""
    found = {p.month: p for p in past} | {m.month: m for m in months}
    return [found[m] for m in sorted(found)]
