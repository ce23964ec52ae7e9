"""A settled period computed again from what its record holds: the inputs and the past of its sheet, as corrections left them since."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from app.domain.money import ZERO
from app.domain.settlement.correction import Correction, Settled, corrected, correction
from app.domain.settlement.month import ExtraItem, ItemKind, MonthFigures, plain_month, read_item, read_month
from app.domain.settlement.sheet import PastMonth, Sheet, settle
from app.domain.settlement.view import plain_past, read_past
from app.services.money_rows import sheet_of
from app.services.settlement_terms import BY_FIRST_DAY, BY_HAND, TermsBook
from app.store.corrections import CorrectionRow
from app.store.instruments import find_instrument
from app.store.settlements import SettlementRow
from app.store.uow import UnitOfWork

PROPOSED, ACCEPTED, REFUSED = "proposed", "accepted", "refused"
FIGURES, TERMS, FOLLOWS = "figures", "terms", "follows"
_SINCE = re.compile(r"自(\d{4})年(\d{1,2})月\d{1,2}日")
"""The day from which an amendment governs, as notices and reasons write it."""


@dataclass(frozen=True, slots=True)
class Replay:
    """``number``: of the correction that is made of it. ``basis``: SHA-256 of what it was computed from and of what it came to; while
    that stays the same, so does the difference."""

    number: str
    found: Correction
    basis: str


def replayed(
    uow: UnitOfWork, book: TermsBook, row: SettlementRow, changed: Mapping[date, MonthFigures], made: Sequence[CorrectionRow], number: str = ""
) -> Replay:  # fmt: skip
    """The period computed again by the terms that are in force for it now, with ``changed`` figures in the place of its inputs; what
    earlier corrections of it were accepted is no longer due, and months before it count as corrected. ``made``: every correction of the
    contract; ``number``: of one that there is already. A month whose difference was left to somebody to enter stays with the terms of
    its first day (``by_hand``). Raises ``ValueError`` for figures that can't be settled."""
    past = _past(row, made)
    inputs, months, left = inputs_of(row, made), [], by_hand(row, made)
    for figures in inputs:
        terms = book.on(figures.month)
        used = _carrying(changed[figures.month], figures) if figures.month in changed else figures
        months.append(terms.by_first_day(used) if figures.month in left else terms.reckoned(used)[0])
    after = settle(months, past)
    paper = find_instrument(uow.session, row.instrument_id)
    named = paper.number if paper else row.id
    mine = [c for c in made if c.settlement_id == row.id]
    since: dict[Decimal, Decimal] = {}
    for item in (i for c in mine if c.state == ACCEPTED for i in items_of(c)):
        since[item.rate] = since.get(item.rate, ZERO) + item.excl
    sheet = sheet_of(row)
    before = Settled(named, {t.rate: t.excl for t in sheet.by_rate}, since, sheet.figure)
    own = number or f"GZ-{named}-{len(mine) + 1}"[:60]
    found = correction(before, after, own)
    return Replay(own, found, _basis(row, inputs, past, since, after, found))


def inputs_of(row: SettlementRow, made: Sequence[CorrectionRow]) -> list[MonthFigures]:
    """The figures of each month of a settlement, as what was accepted since left them."""
    return [_latest(read_month(m), made, row.id) for m in json.loads(row.sheet)["inputs"]]


def by_hand(row: SettlementRow, made: Sequence[CorrectionRow]) -> frozenset[date]:
    """The months of a settlement within which terms change and whose difference somebody was told to enter as a 更正 of the next month, by
    the sheet itself or by a proposal without an amount, decided or not: what was entered then would be paid a second time if a replay
    reckoned it, whatever data came since."""
    said = [n for n in sheet_of(row).notices if BY_FIRST_DAY in n]
    said += [c.reason for c in made if (c.settlement_id, c.cause) == (row.id, TERMS) and BY_HAND in c.reason and not items_of(c)]
    return frozenset(date(int(found[1]), int(found[2]), 1) for words in said for found in _SINCE.finditer(words))


def items_of(row: CorrectionRow) -> tuple[ExtraItem, ...]:
    return tuple(read_item(i) for i in json.loads(row.items))


def figures_of_correction(row: CorrectionRow) -> dict[date, MonthFigures]:
    """The corrected figures that were entered, by month; none where only terms changed."""
    return {m.month: m for m in (read_month(m) for m in json.loads(row.figures or "[]"))}


def months_corrected(rows: Sequence[CorrectionRow]) -> list[PastMonth]:
    """Fee and score of settled months as accepted corrections left them."""
    return [read_past(m) for row in rows if row.state == ACCEPTED for m in json.loads(row.months)]


def _past(row: SettlementRow, made: Sequence[CorrectionRow]) -> list[PastMonth]:
    """The months that a sheet was computed on, as what was accepted since left them."""
    kept = [read_past(p) for p in json.loads(row.sheet)["past"]]
    known = {p.month for p in kept}
    return corrected(kept, [m for m in months_corrected(made) if m.month in known])


def _latest(settled: MonthFigures, made: Sequence[CorrectionRow], settlement_id: str) -> MonthFigures:
    figures = settled
    for row in made:
        if row.settlement_id == settlement_id and row.state == ACCEPTED:
            figures = figures_of_correction(row).get(settled.month, figures)
    return figures if figures is settled else _carrying(figures, settled)


def _carrying(figures: MonthFigures, settled: MonthFigures) -> MonthFigures:
    """With the lines of other corrections that the settled month holds; nobody enters them, and they stay as they are."""
    carried = tuple(i for i in settled.items if i.kind is ItemKind.CORRECTION and i.working is not None)
    return replace(figures, items=(*figures.items, *carried))


def _basis(
    row: SettlementRow, inputs: Sequence[MonthFigures], past: Sequence[PastMonth], since: Mapping[Decimal, Decimal], after: Sheet,
    found: Correction,
) -> str:  # fmt: skip
    def text(sums: Mapping[Decimal, Decimal]) -> list[list[str]]:
        return [[format(rate, "f"), format(sums[rate], "f")] for rate in sorted(sums)]

    whole = {
        "inputs": [plain_month(m) for m in inputs], "past": [plain_past(p) for p in past], "since": text(since),
        "after": text({t.rate: t.excl for t in after.totals.by_rate}), "months": [plain_past(m) for m in found.months],
        "objection": [str(x) for x in (row.objected_on, row.objected, row.resolved_on, row.reduced)],
    }  # fmt: skip
    return hashlib.sha256(json.dumps(whole, ensure_ascii=False, sort_keys=True).encode()).hexdigest()
