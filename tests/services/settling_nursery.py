"""Children that score, settle and bill a contract, and are killed while they do: steps for ``tests.services.nursery``."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from sqlalchemy import select

from app.domain.settlement.invoices import InvoiceLine
from app.notify.mail_texts import write_mail
from app.services.billing import NewPayment, draft_dunning, record_payment, reverse_payment
from app.services.invoicing import NewInvoice, record_invoice
from app.services.matching import match_payment
from app.services.money_rows import sheet_of
from app.services.overdue import record_overdue
from app.services.service_levels import CONFIRMED, Evidence, enter_month, review_month
from app.services.settling import confirm_settlement, draw_up
from app.services.silence import confirm_silent
from app.services.stage_mails import Post
from app.store.contracts import ContractRow
from app.store.engine import open_engine
from app.store.service_months import find_service_month
from app.store.settlements import SettlementRow, payments_of, settlements_of
from app.store.uow import UnitOfWork
from tests.services import nursery
from tests.services.fixtures import LAWYER
from tests.services.living import d, in_force, noon
from tests.services.paper_house import kit
from tests.services.settling_house import BUYER, figures

say = nursery.say
DAY, LATE, MONTH = d("2026-03-06"), d("2026-04-17"), d("2026-02-01")
NEXT, NEXT_DAY = d("2026-03-01"), d("2026-04-07")
POST = Post(write_mail, lambda contract: f"https://example.com/contracts/{contract}/")
AT = (LAWYER, noon(DAY), DAY)


class SettlingLife(nursery.Life):
    """Each step finds its own work, so it may be taken again after a death; one that has none does nothing."""

    def _contract(self) -> str:
        with self.unit() as uow:
            return uow.session.scalars(select(ContractRow.id)).one()

    def _settlement(self, uow: UnitOfWork, contract: str) -> SettlementRow | None:
        return next(iter(settlements_of(uow.session, contract)), None)

    def enter(self) -> None:
        contract = self._contract()
        with self.unit() as uow:
            if find_service_month(uow.session, contract, MONTH) is not None:
                return
            enter_month(uow, *AT, kit(), contract, figures("2026-02", bad=True), DAY)
        say(month="2026-02")

    def review(self) -> None:
        contract = self._contract()
        with self.unit() as uow:
            row = find_service_month(uow.session, contract, MONTH)
            if row is None or row.state == CONFIRMED:
                return
            review_month(uow, *AT, kit(), contract, MONTH, row.revision, agrees=True, on=DAY, evidence=Evidence())
        say(reviewed="2026-02")

    def draw(self) -> None:
        contract = self._contract()
        with self.unit() as uow:
            if self._settlement(uow, contract) is not None:
                return
            made = draw_up(uow, *AT, kit(), contract, MONTH)
        say(settlement=made)

    def confirm(self) -> None:
        contract = self._contract()
        with self.unit() as uow:
            row = self._settlement(uow, contract)
            if row is None or row.state != "open":
                return
            confirm_settlement(uow, *AT, kit(), contract, row.id, row.revision, on=DAY, how="written", evidence="确认函")

    def invoice(self) -> None:
        contract = self._contract()
        with self.unit() as uow:
            row = self._settlement(uow, contract)
            if row is None or row.invoices:
                return
            lines = tuple(InvoiceLine(t.rate, t.excl, t.tax) for t in sheet_of(row).by_rate)
            record_invoice(uow, *AT, kit(), contract, row.id, row.revision, NewInvoice("FP-1", "special", DAY, DAY, lines, BUYER))
        say(invoice="FP-1")

    def dun(self) -> None:
        contract = self._contract()
        with self.unit() as uow:
            say(paper=draft_dunning(uow, LAWYER, noon(LATE), LATE, kit(), contract))

    def pay(self) -> None:
        contract = self._contract()
        with self.unit() as uow:
            row = self._settlement(uow, contract)
            if row is None or not row.open_amount or payments_of(uow.session, contract):
                return
            record_payment(uow, LAWYER, noon(LATE), LATE, kit(), contract, NewPayment(LATE, row.open_amount, "HD-1"))
        say(payment="HD-1")

    def reverse(self) -> None:
        contract = self._contract()
        with self.unit() as uow:
            found = next((p for p in payments_of(uow.session, contract) if p.reversed_on is None), None)
            if found is None:
                return
            reverse_payment(uow, LAWYER, noon(LATE), LATE, kit(), contract, found.id, found.revision, "银行退回")

    def match(self) -> None:
        contract = self._contract()
        with self.unit() as uow:
            found = next((p for p in payments_of(uow.session, contract) if p.reversed_on is None), None)
            row = self._settlement(uow, contract)
            if found is None or row is None or found.matched_at is not None:
                return
            wanted = {row.id: Decimal("100000.00")}
            match_payment(uow, LAWYER, noon(LATE), kit(), contract, found.id, found.revision, wanted, "其余另行核销")

    def enter_next(self) -> None:
        contract = self._contract()
        with self.unit() as uow:
            if find_service_month(uow.session, contract, NEXT) is None:
                enter_month(uow, LAWYER, noon(NEXT_DAY), NEXT_DAY, kit(), contract, figures("2026-03", bad=True), NEXT_DAY)

    def silence(self) -> None:
        confirm_silent(self.unit, kit(), noon(LATE), LATE, POST)

    def overdue(self) -> None:
        record_overdue(self.unit, kit(), noon(LATE), LATE)


LIFE = SettlingLife
STEPS = (
    "enter", "review", "draw", "confirm", "invoice", "overdue", "dun", "pay", "match", "reverse", "enter_next", "silence",
)  # fmt: skip


def prepare(url: str, _folder: Path) -> None:
    """The contract that every child finds."""
    engine = open_engine(url)
    in_force(lambda: UnitOfWork(engine))
    engine.dispose()
