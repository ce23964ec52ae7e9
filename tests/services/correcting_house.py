"""Corrections as people make them: a settled month, a proposal, a decision; for the tests of correcting."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

from app.services.correcting import CorrectionLine, accept_correction, correct_for_terms, correct_month, corrections
from app.services.money_rows import sheet_of
from tests.services.settling_house import Till, figures


def settled(till: Till, month: str = "2026-02", day: str = "2026-03-06", **changes: Any) -> str:
    till.at(day).confirmed(month, **changes)
    made = till.draw(month)
    till.confirm(made)
    return made


def propose(till: Till, month: str, **changes: Any) -> CorrectionLine:
    with till.units() as uow:
        made = correct_month(uow, till.actor, till.now, till.contract_id, figures(month, **changes), "工单重复计数，见核对表")
    return next(x for x in listed(till) if x.id == made)


def recompute(till: Till, settlement: str) -> CorrectionLine:
    with till.units() as uow:
        made = correct_for_terms(uow, till.actor, till.now, till.contract_id, settlement, "核对条款")
    return next(x for x in listed(till) if x.id == made)


def listed(till: Till) -> tuple[CorrectionLine, ...]:
    with till.units() as uow:
        return corrections(uow, till.actor, till.contract_id)


def accept(till: Till, line: CorrectionLine) -> tuple[str, ...]:
    """Numbers of what was proposed for later sheets in consequence."""
    with till.units() as uow:
        return accept_correction(
            uow, till.actor, till.now, till.today, till.contract_id, line.id, line.revision, "双方邮件确认2026-04-07"
        )


def carried(till: Till, settlement: str) -> list[tuple[str, D, str]]:
    return [(x.item, x.amount.excl, x.voucher) for x in sheet_of(till.row(settlement)).extras if x.carry]
