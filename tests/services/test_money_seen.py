"""Money and scores at a glance: sums by when they fall due, of what the reader may see; and their sections of the monthly report."""

from __future__ import annotations

import itertools
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from app.domain.months import Month
from app.domain.permissions import Role
from app.services.money_seen import SECTIONS, Amount, read_money, read_trends
from app.services.monthly_reporting import monthly_report
from app.store.instruments import InstrumentRow
from app.store.service_months import ServiceMonthRow
from app.store.settlements import PaymentRow, SettlementRow
from tests.services.conftest import Units
from tests.services.fixtures import NOW
from tests.services.sharing import both_databases
from tests.services.shelf import Shelf

pytestmark = both_databases

TODAY = date(2026, 11, 22)
_ids = itertools.count(1)
D = Decimal


@pytest.fixture
def shelf(units: Units) -> Shelf:
    return Shelf(units)


def settlement(shelf: Shelf, contract: str, amount: str, due: str | None, **more: Any) -> None:
    n = next(_ids)
    fields = {"state": "confirmed", "confirmed_on": date(2026, 10, 5), "open_amount": D(amount)} | more
    with shelf.units() as uow:
        uow.session.add(
            InstrumentRow(id=f"{n:032x}", contract_id=contract, kind="settlement", number=f"JS-{n}", state="frozen", title="结算单",
                          created_at=NOW, created_by="王律师")
        )  # fmt: skip
        uow.session.flush()
        uow.session.add(
            SettlementRow(id=f"{n:032x}", contract_id=contract, instrument_id=f"{n:032x}", start=date(2026, 9, 1), end=date(2026, 9, 30),
                          sheet="{}", digest="", excl=D(amount), tax=D(0), incl=D(amount), submitted_on=date(2026, 10, 1),
                          due_on=date.fromisoformat(due) if due else None, created_at=NOW, created_by="王律师", **fields)
        )  # fmt: skip
        uow.commit()


def score(shelf: Shelf, contract: str, month: str, points: str | None) -> None:
    with shelf.units() as uow:
        uow.session.add(
            ServiceMonthRow(id=f"{next(_ids):032x}", contract_id=contract, month=date.fromisoformat(f"{month}-01"), figures="{}",
                            state="confirmed", submitted_on=TODAY, score=D(points) if points else None, created_at=NOW, updated_at=NOW,
                            updated_by="王律师")
        )  # fmt: skip
        uow.commit()


def test_what_is_owed_falls_into_overdue_soon_and_waiting(shelf: Shelf) -> None:
    one, secret = shelf.contract("HT-1", stage="active"), shelf.contract("HT-2", stage="active", confidential=True)
    other = shelf.person("li", "李律师", Role.DRAFTER)
    settlement(shelf, one, "100.10", "2026-11-21")
    settlement(shelf, one, "200.00", "2026-11-22")
    settlement(shelf, one, "0.05", "2026-12-22")
    settlement(shelf, one, "7.00", "2026-12-23")
    settlement(shelf, one, "50.00", None)
    settlement(shelf, one, "60.00", "2026-11-01", open_amount=D(0))
    settlement(shelf, one, "70.00", "2026-11-01", state="void")
    settlement(shelf, secret, "1000.00", "2026-11-01")
    with shelf.units() as uow:
        mine, theirs = read_money(uow, shelf.lawyer, TODAY), read_money(uow, other, TODAY)
    assert (mine.overdue, mine.soon, mine.waiting) == (Amount(2, D("1100.10")), Amount(2, D("200.05")), Amount(1, D("50.00")))
    assert theirs.overdue == Amount(1, D("100.10"))


def test_scores_run_by_month_own_contracts_and_low_scores_first(shelf: Shelf) -> None:
    other = shelf.person("li", "李律师", Role.DRAFTER)
    good, bad = shelf.contract("HT-good", stage="active"), shelf.contract("HT-bad", stage="active")
    foreign = shelf.contract("HT-li", stage="active", owner=other)
    over = shelf.contract("HT-over", stage="archived")
    for contract, points in ((good, "95.50"), (bad, "70.00"), (foreign, "10.00"), (over, "1.00")):
        score(shelf, contract, "2026-10", points)
    score(shelf, good, "2026-08", "99.00")
    score(shelf, good, "2026-09", None)
    score(shelf, good, "2025-10", "50.00")
    with shelf.units() as uow:
        found = read_trends(uow, shelf.lawyer, TODAY)
    assert [t.number for t in found.lines] == ["HT-bad", "HT-good", "HT-li"]
    assert {str(m): p for m, p in found.lines[1].points.items()} == {"2026-08": D("99.00"), "2026-10": D("95.50")}
    assert (str(found.months[0]), str(found.months[-1])) == ("2025-11", "2026-10")


def test_the_monthly_report_has_the_money_and_the_scores_of_its_month(shelf: Shelf) -> None:
    contract = shelf.contract("HT-1", stage="active")
    settlement(shelf, contract, "300.00", "2026-10-20")
    settlement(shelf, contract, "80.00", "2026-11-02", confirmed_on=date(2026, 11, 1))
    score(shelf, contract, "2026-10", "88.00")
    with shelf.units() as uow:
        for day, amount, back in (("2026-10-31", "40.00", None), ("2026-11-01", "9.00", None), ("2026-10-02", "5.00", TODAY)):
            uow.session.add(
                PaymentRow(id=f"{next(_ids):032x}", contract_id=contract, paid_on=date.fromisoformat(day), amount=D(amount), reference="x",
                           reversed_on=back, created_at=NOW, created_by="王律师")
            )  # fmt: skip
        uow.commit()
        report = monthly_report(uow, shelf.lawyer, NOW, TODAY, Month(2026, 10), SECTIONS)
    figures = {f.label: f.value for f in report.figures}
    assert (figures["本月确认结算"], figures["本月付款"], figures["逾期未付"]) == ("300.00", "40.00", "300.00")
    tables = {t.title: t.rows for t in report.tables}
    assert [row[3:] for row in tables["逾期未付的结算单"]] == [("2026-10-20", "11", "300.00")]
    assert [(row[0], row[3]) for row in tables["本月服务水平得分"]] == [("HT-1", "88.00")]
