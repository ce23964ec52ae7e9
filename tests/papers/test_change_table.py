"""What the table of changes says of values that print nowhere."""

from __future__ import annotations

from app.domain.change_table import Changes, changes_of
from app.domain.redrafting import SetValue, redraft
from app.domain.variables import Row
from tests.domain.standings import demonstration, workshop
from tests.services.fixtures import reference


def changed(name: str, rows: tuple[Row, ...]) -> Changes:
    made = redraft(demonstration(), [SetValue(name, rows)], workshop())
    return changes_of(made.before, made.after, made.operations, reference().library.variables)


def rows_of(name: str) -> tuple[Row, ...]:
    found = demonstration().answers.get(name)
    assert isinstance(found, tuple)
    return tuple(r for r in found if isinstance(r, dict | type(found[0])))  # type: ignore[misc]


def test_what_is_typed_into_the_price_list_is_said_by_the_printed_one():
    rows = rows_of("fees.price_rows")
    made = changed("fees.price_rows", ({**rows[0], "excl_tax": rows[0]["excl_tax"] + 100}, *rows[1:]))  # type: ignore[operator]
    said = [line.place for line in made.lines]
    assert any("价格表（含税额与合计）" in place for place in said)
    assert not any("价格表（输入）" in place for place in said)


def test_a_table_that_prints_nowhere_is_said_by_the_rows_that_differ():
    column = reference().library.variables.get("party_b.certs")
    assert column is not None
    key = column.columns[0].key
    before = rows_of("party_b.certs") if demonstration().answers.get("party_b.certs") else ()
    made = changed("party_b.certs", (*before, {key: "信息安全管理体系认证"}))
    line = next(x for x in made.lines if "乙方资质证书" in x.place)
    assert "信息安全管理体系认证" in line.after
    assert line.before == "无"
