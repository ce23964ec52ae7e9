"""Price rows of section 8.1 → taxed rows, subtotals by rate and totals (brief B5; VATR:5, VATR:16)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from app.domain.money import TaxedAmount, Totals, from_excl, total
from app.domain.presentation import number
from app.domain.variables import Row, Value

RATE_VARIABLE = {"service": "tax.vat_rate_service", "repair": "tax.vat_rate_repair", "goods": "tax.vat_rate_repair"}
"""Where the rate of a tax category comes from; sale of goods is taxed like repair (增值税法 art. 10)."""


@dataclass(frozen=True, slots=True)
class PriceTable:
    """The rows of ``fees.price_table`` and the contract's totals. Keys that begin with ``_`` are marks, not columns."""

    rows: tuple[Row, ...]
    totals: Totals


def price_table(rows: Iterable[Row], values: Mapping[str, Value]) -> PriceTable | None:
    """The table for the input rows; a row without its own rate takes that of its tax category.

    Rows without an amount or a rate are left out; None where nothing remains. Subtotals appear where several rows share
    one of several rates.
    """
    body: list[Row] = []
    amounts: list[TaxedAmount] = []
    for row in rows:
        excl, rate = row.get("excl_tax"), _rate(row, values)
        if not isinstance(excl, Decimal) or rate is None:
            continue
        amount = from_excl(excl, rate)
        amounts.append(amount)
        body.append({"code": row.get("code"), "item": row.get("item"), "category": row.get("category"), **_cells(amount)})
    if not amounts:
        return None
    totals = total(amounts)
    if 1 < len(totals.by_rate) < len(amounts):
        body.extend(_sum(f"税率{number(part.rate)}%小计", part) for part in totals.by_rate)
    body.append(_sum("合计", totals))
    return PriceTable(tuple(body), totals)


def _rate(row: Row, values: Mapping[str, Value]) -> Decimal | None:
    own = row.get("rate")
    rate = own if own is not None else values.get(RATE_VARIABLE.get(str(row.get("category")), ""))
    return Decimal(rate) if isinstance(rate, Decimal | int) else None


def _cells(amount: TaxedAmount | Totals) -> dict[str, Decimal | None]:
    rate = amount.rate if isinstance(amount, TaxedAmount) else None
    return {"excl_tax": amount.excl, "rate": rate, "tax": amount.tax, "incl_tax": amount.incl}


def _sum(item: str, amount: TaxedAmount | Totals) -> Row:
    return {"code": None, "item": item, "category": None, **_cells(amount), "_total": True}
