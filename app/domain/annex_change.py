"""A changed service list against the one in force: rows added, removed and changed by cell, and what that costs in a year."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum

from app.domain.money import Totals, cents
from app.domain.presentation import money_digits
from app.domain.prices import price_table
from app.domain.variables import Column, Row, Scalar, Value, Variable, VariableType

ITEMS, PRICES, FIXED = "annex.service_items", "fees.price_rows", "fees.monthly_fixed"
KEYS: Mapping[str, tuple[str, str]] = {ITEMS: ("code", "name"), PRICES: ("code", "item")}
"""Of each table: the column that names a row, and the one that does where that is blank."""
WITH_FIXED = frozenset({"fixed_monthly", "hybrid"})
YEAR = Decimal(12)


class RowKind(Enum):
    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"

    @property
    def label(self) -> str:
        return {"added": "新增", "removed": "删除", "changed": "修改"}[self.value]


@dataclass(frozen=True, slots=True)
class CellChange:
    """One cell in print, before and after."""

    column: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row. ``cells``: of a changed row only those that changed, of any other those that are filled in. ``effect``: yuan without
    tax per year, None for a table without prices."""

    kind: RowKind
    key: str
    name: str
    cells: tuple[CellChange, ...]
    effect: Decimal | None = None


@dataclass(frozen=True, slots=True)
class TableChange:
    """``same``: rows that stay as they are; ``moved``: only their order differs."""

    variable: str
    label: str
    rows: tuple[RowChange, ...]
    same: int
    moved: bool

    def count(self, kind: RowKind) -> int:
        return sum(r.kind is kind for r in self.rows)

    @property
    def changed(self) -> bool:
        return bool(self.rows) or self.moved


@dataclass(frozen=True, slots=True)
class PriceEffect:
    """Totals of the price table before and after, over ``months`` of the term. ``fixed``: the monthly fee in force;
    ``fixed_after``: what it would have to be for the new service rows, None where it does not follow from them."""

    before: Totals
    after: Totals
    months: int
    fixed: Decimal | None = None
    fixed_after: Decimal | None = None

    @property
    def yearly_excl(self) -> Decimal:
        return per_year(self.after.excl - self.before.excl, self.months)

    @property
    def yearly_incl(self) -> Decimal:
        return per_year(self.after.incl - self.before.incl, self.months)


@dataclass(frozen=True, slots=True)
class AnnexChange:
    tables: tuple[TableChange, ...]
    price: PriceEffect | None

    @property
    def changed(self) -> bool:
        return any(t.changed for t in self.tables)


def per_year(amount: Decimal, months: int) -> Decimal:
    """An amount over the term, for twelve months."""
    return cents(amount * YEAR / Decimal(months)) if months else amount


def doubled(name: str, rows: Iterable[Row]) -> tuple[str, ...]:
    """Names of rows that the new list has twice: they can't be told apart."""
    counted = Counter(_key(name, row) for row in rows)
    return tuple(key for key, count in counted.items() if count > 1)


def compare_lists(
    variables: Mapping[str, Variable], before: Mapping[str, Value], after: Mapping[str, Value], months: int
) -> AnnexChange:
    """``after``: the tables that the new list has, by variable; a table that it doesn't have stays. ``before``: all answers in force."""
    tables = tuple(_table(variables[name], _rows(before.get(name)), _rows(after[name]), months) for name in KEYS if name in after)
    return AnnexChange(tables, _price(before, after, months))


def _table(variable: Variable, old: Sequence[Row], new: Sequence[Row], months: int) -> TableChange:
    name = variable.name
    was, now = {_key(name, r): r for r in old}, {_key(name, r): r for r in new}
    rows: list[RowChange] = []
    for key, row in now.items():
        if key not in was:
            rows.append(_whole(variable, RowKind.ADDED, key, row, months))
        elif cells := _cells(variable, was[key], row):
            effect = _amount(row) - _amount(was[key])
            told = per_year(effect, months) if name == PRICES else None
            rows.append(RowChange(RowKind.CHANGED, key, _name(name, row), cells, told))
    rows += [_whole(variable, RowKind.REMOVED, key, row, months) for key, row in was.items() if key not in now]
    common = [k for k in was if k in now]
    moved = common != [k for k in now if k in was]
    return TableChange(name, variable.label, tuple(rows), len(common) - sum(r.kind is RowKind.CHANGED for r in rows), moved)


def _whole(variable: Variable, kind: RowKind, key: str, row: Row, months: int) -> RowChange:
    gone = kind is RowKind.REMOVED
    shown = [(c.label, _shown(c, row.get(c.key))) for c in variable.columns]
    cells = tuple(CellChange(label, text if gone else "", "" if gone else text) for label, text in shown if text)
    effect = per_year(-_amount(row) if gone else _amount(row), months) if variable.name == PRICES else None
    return RowChange(kind, key, _name(variable.name, row), cells, effect)


def _cells(variable: Variable, old: Row, new: Row) -> tuple[CellChange, ...]:
    pairs = ((c, _shown(c, old.get(c.key)), _shown(c, new.get(c.key))) for c in variable.columns)
    return tuple(CellChange(c.label, before, after) for c, before, after in pairs if before != after)


def _price(before: Mapping[str, Value], after: Mapping[str, Value], months: int) -> PriceEffect | None:
    if PRICES not in after or not months:
        return None
    was, now = price_table(_rows(before.get(PRICES)), before), price_table(_rows(after[PRICES]), before)
    if was is None or now is None or was.totals == now.totals:
        return None
    fixed = before.get(FIXED)
    if before.get("fees.model") not in WITH_FIXED or not isinstance(fixed, Decimal | int):
        return PriceEffect(was.totals, now.totals, months)
    old, new = _services(_rows(before.get(PRICES))), _services(_rows(after[PRICES]))
    follows = old != new and Decimal(fixed) * months == old
    return PriceEffect(was.totals, now.totals, months, Decimal(fixed), cents(new / months) if follows else None)


def _services(rows: Iterable[Row]) -> Decimal:
    return sum((_amount(r) for r in rows if r.get("category") == "service"), Decimal(0))


def _amount(row: Row) -> Decimal:
    value = row.get("excl_tax")
    return Decimal(value) if isinstance(value, Decimal | int) else Decimal(0)


def _rows(value: Value) -> tuple[Row, ...]:
    return tuple(r for r in value if isinstance(r, Mapping)) if isinstance(value, tuple) else ()


def _key(name: str, row: Row) -> str:
    code, spare = KEYS[name]
    return str(row.get(code) or row.get(spare) or "").strip()


def _name(name: str, row: Row) -> str:
    return str(row.get(KEYS[name][1]) or "")


def _shown(column: Column, value: Scalar) -> str:
    if value is None or value == "":
        return ""
    if column.type is VariableType.MONEY and isinstance(value, Decimal | int):
        return money_digits(Decimal(value))
    if column.type is VariableType.ENUM:
        return next((o.label for o in column.options if o.value == value), str(value))
    return f"{value.normalize():f}" if isinstance(value, Decimal) else str(value)
