"""The monthly report: what began, ended and comes up, of what its reader may see."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from app.domain.errors import ContractError
from app.domain.monthly_report import MonthlyReport
from app.domain.months import Month
from app.domain.permissions import Actor, Role
from app.domain.reminders import Topic
from app.services.monthly_reporting import ROWS, monthly_report
from app.services.reminding import Subject, set_date
from app.store.endings import ExitRow
from app.store.terms import RenewalDecisionRow
from tests.services.conftest import Units
from tests.services.fixtures import NOW
from tests.services.shelf import Shelf

TODAY = date(2026, 11, 22)
OCTOBER = Month(2026, 10)


@pytest.fixture
def shelf(units: Units) -> Shelf:
    return Shelf(units)


def report(shelf: Shelf, actor: Actor | None = None, month: Month = OCTOBER) -> MonthlyReport:
    with shelf.units() as uow:
        return monthly_report(uow, actor or shelf.lawyer, NOW, TODAY, month)


def rows(found: MonthlyReport, title: str) -> list[str]:
    """The first cell of each row."""
    return [row[0] for row in next(t for t in found.tables if t.title == title).rows]


def test_a_month_tells_what_began_ended_and_was_decided_in_it_and_no_other(shelf: Shelf) -> None:
    for n, day in enumerate(("2026-09-30", "2026-10-01", "2026-10-31", "2026-11-01")):
        shelf.contract(f"B-{n}", stage="active", took_effect_on=date.fromisoformat(day), value=Decimal("1000.50"))
    for n, day in enumerate(("2026-10-31", "2026-11-01", "2027-01-31", "2027-02-01")):
        shelf.contract(f"L-{n}", stage="expiring", last_day=date.fromisoformat(day))
    gone = shelf.contract("E-1", stage="terminated")
    with shelf.units() as uow:
        uow.session.add(ExitRow(id="1" * 32, contract_id=gone, scope="whole", how="rescinded", ended_on=date(2026, 10, 9),
                                in_force=True, created_at=NOW))  # fmt: skip
        uow.session.add(RenewalDecisionRow(id="2" * 32, contract_id=gone, term=0, choice="not_renew", reason="价格", decided_by="x",
                                           decided_name="王律师", decided_at=NOW.replace(year=2026, month=9, day=30, hour=16)))  # fmt: skip
        uow.commit()
    found = report(shelf)
    assert rows(found, "本月生效的合同") == ["B-1", "B-2"]
    assert rows(found, "今后三个月届满的合同") == ["L-1", "L-2"]
    assert next(t for t in found.tables if t.title == "本月终止的合同").rows[0][3:] == ("2026-10-09", "单方解除")
    # 16:00 in Greenwich on 30 September is the first of October in Beijing.
    assert rows(found, "本月作出的续约决定") == ["E-1"]
    assert {f.label: f.value for f in found.figures} == {
        "履行中的合同": "8", "履行中的合同总额": "4,002.00", "本月生效": "2", "本月终止": "1", "今后三个月届满": "2", "逾期未办的事项": "0",
    }  # fmt: skip
    assert found.as_of == date(2026, 10, 31)


def test_what_is_overdue_is_counted_to_the_end_of_the_month_or_to_today(shelf: Shelf) -> None:
    contract = shelf.contract("HT-1", stage="active")
    for name, due in (("旧", "2026-10-20"), ("新", "2026-11-20"), ("未", "2026-11-22")):
        with shelf.units() as uow:
            set_date(uow, shelf.lawyer, NOW, Subject(Topic.OBLIGATION, name, name, "", contract), date.fromisoformat(due))
            uow.commit()
    late = next(t for t in report(shelf).tables if t.title == "逾期未办的事项").rows
    assert [(r[0], r[-1]) for r in late] == [("2026-10-20", "11")]
    late = next(t for t in report(shelf, month=Month(2026, 11)).tables if t.title == "逾期未办的事项").rows
    assert [(r[0], r[-1]) for r in late] == [("2026-10-20", "33"), ("2026-11-20", "2")]


def test_a_report_shows_what_its_reader_may_see_and_says_what_it_leaves_out(shelf: Shelf) -> None:
    other = shelf.person("li", "李律师", Role.DRAFTER)
    shelf.contract("S", stage="active", took_effect_on=date(2026, 10, 2), confidential=True)
    assert rows(report(shelf), "本月生效的合同") == ["S"]
    assert rows(report(shelf, other), "本月生效的合同") == []
    for n in range(ROWS + 3):
        shelf.contract(f"HT-{n:03}", took_effect_on=date(2026, 10, 3), stage="active")
    many = next(t for t in report(shelf, other).tables if t.title == "本月生效的合同")
    assert (len(many.rows), many.left_out) == (ROWS, 3)


def test_a_month_to_come_has_no_report(shelf: Shelf) -> None:
    with pytest.raises(ContractError, match="2026-12 尚未开始"):
        report(shelf, month=Month(2026, 12))
