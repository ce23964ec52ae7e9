"""The register as a workbook."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from app.domain.lifecycle import Stage
from app.domain.permissions import Forbidden, Role
from app.rendering.register_sheet import write_register
from app.services.register import Filter, Order
from app.services.register_export import Export, export_register, is_large, may_still_have
from app.services.register_settings import USUAL, Column, Settings
from app.store.audit import entries
from app.store.contracts import find_contract
from app.store.register import Range, SortKey
from tests.services.conftest import Units
from tests.services.fixtures import NOW
from tests.services.sharing import both_databases
from tests.services.shelf import Shelf


@pytest.fixture
def shelf(units: Units) -> Shelf:
    made = Shelf(units)
    made.contract("HT-1", title="=HYPERLINK(\"http://evil.example\")", party_a="+7公司", value=Decimal("1234567.89"), last_day=date(2027, 12, 31))  # fmt: skip
    made.contract("HT-2", title="-2+3", party_a="@SUM(A1)", stage="active", rectifying=True, value=None)
    made.contract(
        "HT-3", title="\t=1+1", party_a="三公司\x0b", confidential=True, owner=made.person("li", "李律师", Role.DRAFTER)
    )
    return made


def export(shelf: Shelf, settings: Settings | None = None, readers: Units | None = None, most: int = 100) -> Export:
    return export_register(
        readers or shelf.units, shelf.units, shelf.lawyer, NOW, settings or Settings(), write_register, most=most
    )


def rows(made: Export) -> list[list[object]]:
    return [list(row) for row in load_workbook(io.BytesIO(made.content))["合同台账"].iter_rows(values_only=True)]


def test_the_workbook_has_the_columns_and_the_order_of_the_view_with_typed_cells(shelf: Shelf, readers: Units) -> None:
    columns = (Column.NUMBER, Column.VALUE, Column.LAST_DAY, Column.STAGE, Column.UPDATED)
    made = export(shelf, Settings(Filter(), Order(SortKey.NUMBER, False), columns), readers)
    assert rows(made)[0] == ["合同编号", "合同总额（元）", "届满日", "阶段", "最近修改"]
    assert rows(made)[1][:4] == ["HT-1", 1234567.89, datetime(2027, 12, 31), "起草"]
    assert rows(made)[2][:4] == ["HT-2", None, None, "履行中（整改中）"]
    assert rows(made)[1][4] == datetime(2026, 11, 22, 16, 31)
    assert (made.count, made.capped) == (2, False)


def test_no_cell_is_a_formula_whatever_a_party_calls_itself(shelf: Shelf) -> None:
    sheet = load_workbook(io.BytesIO(export(shelf).content))["合同台账"]
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row if isinstance(cell.value, str)]
    assert {c.data_type for c in cells} == {"s"}
    risky = [c for c in cells if c.value[:1] in "=+-@\t"]
    assert len(risky) == 4
    assert all(c.quotePrefix for c in risky)
    assert {'=HYPERLINK("http://evil.example")', "-2+3", "+7公司", "@SUM(A1)"} == {c.value for c in risky}


def test_confidential_contracts_of_others_are_not_in_the_workbook(shelf: Shelf) -> None:
    assert "HT-3" not in str(rows(export(shelf)))


def test_a_view_that_is_too_long_is_cut_and_says_so(shelf: Shelf) -> None:
    made = export(shelf, most=1)
    assert (made.count, made.capped, len(rows(made))) == (1, True, 2)
    told = dict(load_workbook(io.BytesIO(made.content))["说明"].iter_rows(values_only=True))
    assert "超过1份" in told["未列全"]


@both_databases
def test_the_second_sheet_says_what_was_asked_for(shelf: Shelf) -> None:
    wanted = Filter(text="违约金", stages=frozenset({Stage.ACTIVE}), value=Range(Decimal(100)))
    told = dict(load_workbook(io.BytesIO(export(shelf, Settings(wanted)).content))["说明"].iter_rows(values_only=True))
    assert (told["正文查找"], told["阶段"], told["合同总额（起）"], told["排序"]) == (
        "违约金",
        "履行中",
        "100",
        "最近修改（降序）",
    )
    assert told["导出人"] == "王律师"


def test_every_export_is_logged_and_only_who_may_gets_one(shelf: Shelf, units: Units) -> None:
    export(shelf)
    with units() as uow:
        assert [e.action for e in entries(uow.session)][-1] == "register.exported"
    approver = shelf.person("qian", "钱审批", Role.APPROVER)
    with units() as uow, pytest.raises(Forbidden):
        is_large(uow, approver, Settings())
    with pytest.raises(Forbidden):
        export_register(units, units, approver, NOW, Settings(), write_register)


def test_all_columns_can_be_exported(shelf: Shelf) -> None:
    made = export(shelf, Settings(columns=tuple(Column)))
    assert len(rows(made)[0]) == len(Column) > len(USUAL)


def test_a_workbook_made_earlier_is_no_longer_for_one_to_whom_a_contract_of_it_was_closed(shelf: Shelf) -> None:
    made, colleague = export(shelf), shelf.person("sun", "孙律师", Role.DRAFTER)
    with shelf.units() as uow:
        assert may_still_have(uow, shelf.lawyer, made.ids)
    with shelf.units() as uow:
        row = find_contract(uow.session, made.ids[0])
        assert row
        row.confidential, row.owner_id = True, colleague.id
        uow.commit()
    with shelf.units() as uow:
        assert not may_still_have(uow, shelf.lawyer, made.ids)
        with pytest.raises(Forbidden):
            may_still_have(uow, replace(shelf.lawyer, roles=frozenset({Role.APPROVER})), made.ids)
