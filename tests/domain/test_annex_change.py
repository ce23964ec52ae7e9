"""A changed service list against the one in force: rows, cells, money."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

from hypothesis import given, settings
from hypothesis import strategies as st

from app.domain.annex_change import FIXED, ITEMS, PRICES, AnnexChange, RowKind, compare_lists, doubled, per_year
from app.domain.variables import Row, Value
from tests.domain.standings import demonstration
from tests.services.fixtures import reference


@cache
def in_force() -> dict[str, Value]:
    return dict(demonstration().answers.values)


def rows(name: str) -> list[dict[str, object]]:
    value = in_force()[name]
    assert isinstance(value, tuple)
    return [dict(r) for r in value if not isinstance(r, str)]


def compared(months: int = 12, **tables: list[dict[str, object]]) -> AnnexChange:
    library = reference().library.variables
    after: dict[str, Value] = {n.replace("__", "."): tuple(r) for n, r in tables.items()}  # type: ignore[misc]
    return compare_lists({n: library[n] for n in (ITEMS, PRICES)}, in_force(), after, months)


def test_the_same_list_changes_nothing() -> None:
    assert not compared(annex__service_items=rows(ITEMS), fees__price_rows=rows(PRICES)).changed
    assert compared(fees__price_rows=rows(PRICES)).price is None


def test_rows_and_cells_are_named() -> None:
    items = rows(ITEMS)
    items[0] |= {"hours": "全天", "category": "tech_support", "remark": None}
    gone = items.pop(1)
    items.append({**items[0], "code": "XZ-001", "name": "新项目"})
    (table,) = compared(annex__service_items=items).tables
    assert [(r.kind, r.key) for r in table.rows] == [
        (RowKind.CHANGED, items[0]["code"]), (RowKind.ADDED, "XZ-001"), (RowKind.REMOVED, gone["code"]),
    ]  # fmt: skip
    cells = {c.column: (c.before, c.after) for c in table.rows[0].cells}
    assert cells == {"类别": ("咨询", "技术支持"), "服务时段": ("服务时间", "全天"), "备注": ("知识库可答的即时答复", "")}
    assert table.same == len(rows(ITEMS)) - 2
    assert all(r.effect is None for r in table.rows)
    assert not table.moved


def test_only_another_order_is_said_to_be_that() -> None:
    (table,) = compared(annex__service_items=rows(ITEMS)[::-1]).tables
    assert (table.rows, table.moved, table.changed) == ((), True, True)


def test_what_it_costs_in_a_year_with_tax_and_the_monthly_fee_that_follows() -> None:
    prices = rows(PRICES)
    prices[0]["excl_tax"] = Decimal("1320000.00")
    prices[1]["excl_tax"] = Decimal("90000.00")
    change = compared(fees__price_rows=prices)
    assert [r.effect for r in change.tables[0].rows] == [Decimal("120000.00"), Decimal("-30000.00")]
    price = change.price
    assert price is not None
    assert (price.yearly_excl, price.yearly_incl) == (Decimal("90000.00"), Decimal("93300.00"))  # 127,200 − 33,900
    assert (price.fixed, price.fixed_after) == (Decimal("100000.00"), Decimal("110000.00"))
    two_years = compared(24, fees__price_rows=prices).price
    assert two_years is not None
    assert two_years.yearly_excl == Decimal("45000.00")
    assert two_years.fixed_after is None  # 24 × 100,000 was never the total of the service rows
    prices[0]["excl_tax"] = Decimal("1200000.00")
    repair_only = compared(fees__price_rows=prices).price
    assert repair_only is not None
    assert repair_only.fixed_after is None


def test_rows_that_cannot_be_told_apart_are_named() -> None:
    twice = [*rows(ITEMS), rows(ITEMS)[0]]
    assert doubled(ITEMS, twice) == ("ZX-001",)  # type: ignore[arg-type]
    assert doubled(PRICES, rows(PRICES)) == ()  # type: ignore[arg-type]


@settings(max_examples=50)
@given(st.lists(st.sampled_from(["ZX-001", "JS-001", "WX-001", "N-1", "N-2"]), unique=True, max_size=5), st.integers(1, 60))
def test_every_row_is_accounted_for_once(codes: list[str], months: int) -> None:
    known = {str(r["code"]): r for r in rows(ITEMS)}
    new: list[Row] = [known.get(c, {**rows(ITEMS)[0], "code": c}) for c in codes]  # type: ignore[misc,list-item]
    (table,) = compared(months, annex__service_items=new).tables  # type: ignore[arg-type]
    assert table.count(RowKind.ADDED) + table.count(RowKind.CHANGED) + table.same == len(codes)
    assert table.count(RowKind.REMOVED) + table.count(RowKind.CHANGED) + table.same == len(known)


def test_an_amount_of_the_term_is_told_for_twelve_months() -> None:
    assert per_year(Decimal("100.00"), 36) == Decimal("33.33")
    assert FIXED in in_force()
