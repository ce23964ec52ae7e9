"""Where another room does an obligation by the way: a statement handed in or confirmed is that obligation done.

Inside the caller's transaction, who holds the contract's lock and commits. A contract whose obligations aren't planned has nothing to link.
"""

from __future__ import annotations

from datetime import date, datetime

from app.domain.obligations import Catalogue
from app.domain.permissions import Actor
from app.services.drafting import Reference
from app.services.obligation_keeping import UNPROVEN, Proof, fulfil, fulfil_keyed
from app.services.obligation_planning import Almanac, plan_quietly
from app.store.contracts import ContractRow
from app.store.obligations import ObligationRow, obligations_of
from app.store.uow import UnitOfWork

STATEMENT, CONFIRMATION = "O-8.2-1", "O-8.2-2"
FIGURES, REVIEW = "O-5.2-1", "O-5.2-2"


def statement_handed_in(
    uow: UnitOfWork, actor: Actor, now: datetime, reference: Reference, contract: ContractRow, start: date, on: date, number: str
) -> None:  # fmt: skip
    """The statement of the period that begins on ``start`` was handed in: the other party's period to confirm it begins."""
    row = _of_period(uow, contract.id, STATEMENT, start)
    if row is not None and row.state in UNPROVEN:
        fulfil(uow, actor, now, contract, row, Proof(on, f"结算单 {number}"))
        plan_quietly(uow, actor, now, contract, _almanac(reference))


def statement_confirmed(
    uow: UnitOfWork, actor: Actor, now: datetime, reference: Reference, contract: ContractRow, start: date, on: date, number: str
) -> None:  # fmt: skip
    """It was confirmed: invoice and payment have their periods from that day."""
    row = _of_period(uow, contract.id, STATEMENT, start)
    if row is not None:
        proof = Proof(on, f"结算单 {number} 已确认")
        fulfil_keyed(uow, actor, now, contract, _almanac(reference), f"{CONFIRMATION}/{row.id}", proof)


def figures_reviewed(
    uow: UnitOfWork, actor: Actor, now: datetime, reference: Reference, contract: ContractRow, month: date, submitted_on: date, on: date
) -> None:  # fmt: skip
    """The figures of a month were handed in on ``submitted_on`` and reviewed on ``on``."""
    row = _of_period(uow, contract.id, FIGURES, month)
    if row is None:
        return
    if row.state in UNPROVEN:
        fulfil(uow, actor, now, contract, row, Proof(submitted_on, f"{month:%Y年%m月}考核数据"))
        plan_quietly(uow, actor, now, contract, _almanac(reference))
    proof = Proof(on, f"{month:%Y年%m月}考核数据的审核结果")
    fulfil_keyed(uow, actor, now, contract, _almanac(reference), f"{REVIEW}/{row.id}", proof)


def _of_period(uow: UnitOfWork, contract_id: str, duty: str, day: date) -> ObligationRow | None:
    """The instance of a recurring obligation whose period the first day of a month lies in; a term may begin within that month."""
    month = (day.year, day.month)
    rows = [
        r for r in obligations_of(uow.session, contract_id) if r.duty == duty and (r.opens_on.year, r.opens_on.month) <= month
    ]
    return max(rows, key=lambda r: r.opens_on, default=None)


def _almanac(reference: Reference) -> Almanac:
    return Almanac(Catalogue.of(reference.library), reference.calendar)
