"""The living annex from the uploaded workbook to the month that is settled by the new rows."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from openpyxl import load_workbook

from app.domain.annex_change import FIXED, ITEMS, PRICES, RowKind
from app.domain.errors import ContractError, InputError
from app.domain.permissions import Actor, Forbidden, Role
from app.intake.service_list import read_service_list
from app.rendering.annexes import service_list_template
from app.services.annex_changing import compare_with, draft_list_change, list_in_force
from app.services.record import require_contract
from app.services.settlement_terms import TermsBook
from app.store.blobs import BlobStore
from tests.services.fixtures import LAWYER, reference
from tests.services.living import House, in_force
from tests.services.paper_house import Desk, kit
from tests.services.snapshots import filled

house = filled(in_force)
READER = Actor("审计员", "auditor", frozenset({Role.AUDITOR}))


@pytest.fixture
def desk(house: House, blobs: BlobStore) -> Desk:
    return Desk(house.units, blobs, house.contract_id)


def workbook(desk: Desk) -> bytes:
    with desk.units() as uow:
        found = list_in_force(uow, READER, desk.contract_id, desk.today)
    return service_list_template(reference().library.variables, found.values)


def tables(content: bytes) -> dict[str, list[dict[str, Any]]]:
    reading = read_service_list(content, "清单.xlsx", reference().library.variables)
    assert reading.faults == []
    return reading.tables()


def changed(desk: Desk) -> dict[str, list[dict[str, Any]]]:
    """The list in force with one cell, one row and two prices changed, as a person would in the workbook."""
    book = load_workbook(io.BytesIO(workbook(desk)))
    items, prices = book["服务项目"], book["价格"]
    columns = {str(c.value).removesuffix("*"): c.column for c in items[1]}
    items.cell(2, columns["服务时段"]).value = "全天"
    items.delete_rows(3)
    money = next(c.column for c in prices[1] if str(c.value).startswith("不含税"))
    prices.cell(2, money).value, prices.cell(3, money).value = "1,320,000.00", 144000
    target = io.BytesIO()
    book.save(target)
    return tables(target.getvalue())


def test_the_list_in_force_sent_back_unchanged_changes_nothing(desk: Desk) -> None:
    same = tables(workbook(desk))
    with desk.units() as uow:
        assert not compare_with(uow, READER, kit(), desk.contract_id, same, desk.today).changed
    with desk.units() as uow, pytest.raises(ContractError, match="没有需要变更"):
        draft_list_change(uow, LAWYER, desk.now, desk.today, kit(), desk.contract_id, same)


def test_from_the_effective_day_months_are_settled_by_the_new_rows(desk: Desk) -> None:
    new = changed(desk)
    with desk.units() as uow:
        change = compare_with(uow, READER, kit(), desk.contract_id, new, desk.today)
    assert [(t.variable, t.count(RowKind.CHANGED), t.count(RowKind.REMOVED)) for t in change.tables] == [
        (ITEMS, 1, 1), (PRICES, 2, 0),
    ]  # fmt: skip
    assert change.price is not None
    assert change.price.fixed_after == Decimal("110000.00")
    with desk.units() as uow, pytest.raises(Forbidden):
        draft_list_change(uow, READER, desk.now, desk.today, kit(), desk.contract_id, new)
    with desk.units() as uow:
        made = draft_list_change(uow, LAWYER, desk.now, desk.today, kit(), desk.contract_id, new)
    assert made.number == "SHFW-2025-0001-BC-01"
    desk.fill(made.id, **{"amendment.effective_rule": "on_date", "amendment.effective_date": "2026-03-01"})
    places = {str(c) for c in desk.study(made.id).redraft.operations}
    assert len([p for p in places if p.startswith("DropRow")]) == 1
    desk.freeze(made.id)
    desk.sign(made.id)
    with desk.units() as uow:
        book = TermsBook(uow, require_contract(uow, desk.contract_id))
        before, after = book.on(date(2026, 2, 1)).fees, book.on(date(2026, 3, 1)).fees
    assert (before.fixed, after.fixed) == (Decimal("100000.00"), Decimal("110000.00"))
    assert [i.total for i in before.instalments] == [Decimal("120000.00")]
    assert [i.total for i in after.instalments] == [Decimal("144000.00")]
    rows = desk.terms("2026-03-01").consolidated.standing.answers.get(ITEMS)
    assert isinstance(rows, tuple)
    assert len(rows) == len(new[ITEMS])
    assert desk.terms("2026-02-28").background.value(FIXED) == Decimal("100000.00")


def test_the_fee_stays_where_somebody_says_so(desk: Desk) -> None:
    with desk.units() as uow:
        made = draft_list_change(uow, LAWYER, desk.now, desk.today, kit(), desk.contract_id, changed(desk), with_fee=False)
    after = desk.study(made.id).redraft.after.answers
    assert after.get(FIXED) == Decimal("100000.00")


def test_every_fault_of_the_rows_is_named_at_once(desk: Desk) -> None:
    new = changed(desk)
    new[ITEMS].append(dict(new[ITEMS][0]))
    new[PRICES][0] |= {"excl_tax": "viel"}
    with desk.units() as uow, pytest.raises(InputError) as refused:
        compare_with(uow, READER, kit(), desk.contract_id, new, desk.today)
    assert {f.path.partition("[")[0] for f in refused.value.faults} == {ITEMS, PRICES}
    with desk.units() as uow, pytest.raises(InputError, match="没有服务项目或者价格"):
        compare_with(uow, READER, kit(), desk.contract_id, {}, desk.today)
