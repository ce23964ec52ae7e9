"""A contract in force from 1 January 2026 that is scored and settled month by month, for the tests of settlement."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal as D
from typing import Any

from app.domain.permissions import Actor
from app.domain.settlement.invoices import InvoiceLine
from app.domain.settlement.month import MetricCount, MonthFigures
from app.services.billing import NewPayment, record_payment
from app.services.invoicing import NewInvoice, record_invoice
from app.services.money_rows import sheet_of
from app.services.service_levels import Evidence, answer_objection, enter_month, receive_result, review_month
from app.services.settling import confirm_settlement, draw_up, receive_settlement
from app.store.reminders import settings_row
from app.store.service_months import ServiceMonthRow, find_service_month
from app.store.settlements import SettlementRow, find_settlement
from app.store.uow import UnitOfWork
from tests.domain.settlement.terms import COUNTS
from tests.services.fixtures import LAWYER
from tests.services.living import d, in_force, noon
from tests.services.paper_house import kit

BUYER = "91110105MA00ABCD4R"
BAD = {"首次响应达标率": (80, 100), "接通率": (70, 100), "解决率": (70, 100), "满意度CSAT": (70, 100)}


def figures(month: str, tickets: int = 4100, bad: bool = False, **changes: Any) -> MonthFigures:
    counts = {**COUNTS, **(BAD if bad else {})}
    found = tuple(MetricCount(name, D(top), D(bottom)) for name, (top, bottom) in counts.items())
    values: dict[str, Any] = {
        "month": d(f"{month}-01"),
        "report_no": f"BB-{month}",
        "tickets": D(tickets),
        "counts": found,
        **changes,
    }
    return MonthFigures(**values)


@dataclass
class Till:
    """``today`` moves only where a test moves it. ``sheets``: ids of what a snapshot has drawn up already."""

    units: Callable[[], UnitOfWork]
    contract_id: str
    today: date = date(2026, 3, 6)
    actor: Actor = LAWYER
    sheets: tuple[str, ...] = ()

    @classmethod
    def open(cls, units: Callable[[], UnitOfWork], answers: Mapping[str, Any] | None = None) -> Till:
        return cls(units, in_force(units, answers).contract_id)

    @classmethod
    def prompt(cls, units: Callable[[], UnitOfWork]) -> Till:
        """Of a house without days of grace: silence is recorded on the day after the last one."""
        till = cls.open(units)
        with units() as uow:
            settings_row(uow.session).silence_grace = 0
            uow.commit()
        return till

    @property
    def now(self) -> datetime:
        return noon(self.today)

    def at(self, day: str) -> Till:
        self.today = d(day)
        return self

    def month(self, month: str) -> ServiceMonthRow:
        with self.units() as uow:
            row = find_service_month(uow.session, self.contract_id, d(f"{month}-01"))
            assert row is not None
            assert row.statements
            uow.session.expunge_all()
            return row

    def enter(self, found: MonthFigures, seen: int = 0, by: str = "b") -> None:
        with self.units() as uow:
            enter_month(uow, self.actor, self.now, self.today, kit(), self.contract_id, found, self.today, seen=seen, by=by)

    def review(self, month: str, agrees: bool = True, words: str = "") -> str:
        with self.units() as uow:
            return review_month(
                uow, self.actor, self.now, self.today, kit(), self.contract_id, d(f"{month}-01"), self.month(month).revision, agrees=agrees,
                on=self.today, evidence=Evidence(words),
            )  # fmt: skip

    def had_result(self, month: str, on: str = "") -> date | None:
        """Party B had the result of the review; the last day after which its silence confirms."""
        with self.units() as uow:
            return receive_result(
                uow, self.actor, self.now, self.today, kit(), self.contract_id, d(f"{month}-01"), self.month(month).revision,
                on=d(on) if on else self.today, evidence=Evidence(),
            ).last  # fmt: skip

    def answer(self, month: str, accepts: bool, words: str = "") -> str:
        with self.units() as uow:
            return answer_objection(
                uow, self.actor, self.now, self.today, kit(), self.contract_id, d(f"{month}-01"), self.month(month).revision,
                accepts=accepts, on=self.today, evidence=Evidence(words),
            )  # fmt: skip

    def confirmed(self, month: str, **changes: Any) -> str:
        self.enter(figures(month, **changes))
        return self.review(month)

    def draw(self, month: str) -> str:
        with self.units() as uow:
            return draw_up(uow, self.actor, self.now, self.today, kit(), self.contract_id, d(f"{month}-01"))

    def row(self, settlement_id: str) -> SettlementRow:
        with self.units() as uow:
            row = find_settlement(uow.session, settlement_id)
            assert row is not None
            assert row.invoices is not None
            uow.session.expunge_all()
            return row

    def receive(self, settlement_id: str) -> date | None:
        """The last day after which silence confirms it."""
        with self.units() as uow:
            return receive_settlement(
                uow, self.actor, self.now, self.today, kit(), self.contract_id, settlement_id, self.row(settlement_id).revision,
                on=self.today,
            ).last  # fmt: skip

    def confirm(self, settlement_id: str, how: str = "written", on: str = "") -> str:
        with self.units() as uow:
            return confirm_settlement(
                uow, self.actor, self.now, self.today, kit(), self.contract_id, settlement_id, self.row(settlement_id).revision,
                on=d(on) if on else self.today, how=how, evidence="确认函QR-1" if how != "silence" else "",
            )  # fmt: skip

    def invoice(
        self, settlement_id: str, number: str = "26112000000012345678", red_of: str = "", **changes: Any
    ) -> tuple[str, ...]:
        sign = -1 if red_of else 1
        lines = tuple(InvoiceLine(t.rate, sign * t.excl, sign * t.tax) for t in sheet_of(self.row(settlement_id)).by_rate)
        values: dict[str, Any] = {
            "number": number, "kind": "special", "issued_on": self.today, "received_on": self.today, "lines": lines,
            "buyer_uscc": BUYER, "red_of": red_of, **changes,
        }  # fmt: skip
        with self.units() as uow:
            return record_invoice(
                uow, self.actor, self.now, self.today, kit(), self.contract_id, settlement_id, self.row(settlement_id).revision,
                NewInvoice(**values),
            )  # fmt: skip

    def pay(self, amount: str, reference: str = "HD-1", **changes: Any) -> D:
        with self.units() as uow:
            payment = NewPayment(self.today, D(amount), reference, **changes)
            return record_payment(uow, self.actor, self.now, self.today, kit(), self.contract_id, payment)

    def owing(self, month: str = "2026-02", day: str = "2026-03-06") -> str:
        """A settlement of that month, confirmed and invoiced on ``day``."""
        self.at(day).confirmed(month)
        made = self.draw(month)
        self.confirm(made)
        self.invoice(made, number=f"FP-{month}")
        return made


# ---- what a test may begin from (``filled``): February of 2026 on 6 March, its sheet in ``sheets``


def with_drawn(units: Callable[[], UnitOfWork]) -> Till:
    till = Till.open(units)
    till.confirmed("2026-02")
    till.sheets = (till.draw("2026-02"),)
    return till


def with_settled(units: Callable[[], UnitOfWork]) -> Till:
    till = with_drawn(units)
    till.confirm(till.sheets[0])
    return till


def with_owing(units: Callable[[], UnitOfWork]) -> Till:
    """Confirmed and invoiced, due on 7 April."""
    till = with_settled(units)
    till.invoice(till.sheets[0], number="FP-2026-02")
    return till
