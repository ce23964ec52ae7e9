"""What the calendar brings to payments: a settlement that is not paid by its last day is recorded as overdue, which begins the damages
for delay (section 8.2). Idempotent; a payment that is moved or taken back meanwhile is seen as it stands."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date, datetime, timedelta

from app.services.guarding import guarded
from app.services.journal import CLOCK
from app.services.obligation_links import payment_overdue
from app.services.paper_texts import PaperKit
from app.services.record import require_contract
from app.store.instruments import find_instrument
from app.store.settlements import find_settlement, overdue_unrecorded
from app.store.uow import UnitOfWork

ONE_DAY = timedelta(days=1)
log = logging.getLogger(__name__)


def record_overdue(
    units: Callable[[], UnitOfWork], kit: PaperKit, now: datetime, today: date, *, carry_on: Callable[[], bool] = lambda: True
) -> int:
    """How many settlements became overdue, one transaction each; a contract that fails doesn't hold up the others."""
    with units() as uow:
        waiting = overdue_unrecorded(uow.session, today)
    done = 0
    for contract_id, settlement_id in waiting:
        if not carry_on():
            break
        with guarded(log, "记录付款逾期", f"合同 {contract_id}"):
            done += _record(units, kit, now, today, contract_id, settlement_id)
    return done


def _record(
    units: Callable[[], UnitOfWork], kit: PaperKit, now: datetime, today: date, contract_id: str, settlement_id: str
) -> bool:
    with units() as uow:
        contract = require_contract(uow, contract_id, lock=True)
        row = find_settlement(uow.session, settlement_id)
        if row is None or row.due_on is None or row.due_on >= today or row.open_amount <= 0:
            return False
        paper = find_instrument(uow.session, row.instrument_id)
        number = paper.number if paper else row.id
        new = payment_overdue(uow, CLOCK, now, contract, kit.reference, row.due_on + ONE_DAY, number)
        uow.commit()
        return new
