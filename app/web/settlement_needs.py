"""What the permission table is asked for each route of settlement; a part of ``gate.NEEDS``."""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.permissions import Action as _A

SETTLEMENT_NEEDS: Mapping[str, _A] = {
    "settlements.show": _A.READ_CONTRACTS,
    "settlements.draw": _A.KEEP_PERFORMANCE,
    "settlements.pay": _A.KEEP_PERFORMANCE,
    "settlements.reverse": _A.KEEP_PERFORMANCE,
    "payments.show": _A.READ_CONTRACTS,
    "payments.match": _A.KEEP_PERFORMANCE,
    "corrections.show": _A.READ_CONTRACTS,
    "corrections.from_figures": _A.KEEP_PERFORMANCE,
    "corrections.from_terms": _A.KEEP_PERFORMANCE,
    "corrections.accept": _A.KEEP_PERFORMANCE,
    "corrections.refuse": _A.KEEP_PERFORMANCE,
    "settlements.dun": _A.FILE_PAPER,
    "settlements.fail": _A.END_CONTRACT,
    "settlements.plan": _A.READ_CONTRACTS,
    "settlements.budget": _A.KEEP_PERFORMANCE,
    "settlement_months.show": _A.READ_CONTRACTS,
    "settlement_months.enter": _A.KEEP_PERFORMANCE,
    "settlement_months.upload": _A.KEEP_PERFORMANCE,
    "settlement_months.template": _A.READ_CONTRACTS,
    "settlement_months.review": _A.KEEP_PERFORMANCE,
    "settlement_months.answer": _A.KEEP_PERFORMANCE,
    "settlement_months.lapse": _A.KEEP_PERFORMANCE,
    "settlement_months.reopen": _A.KEEP_PERFORMANCE,
    "settlement_sheets.show": _A.READ_CONTRACTS,
    "settlement_sheets.workbook": _A.READ_CONTRACTS,
    "settlement_sheets.receive": _A.KEEP_PERFORMANCE,
    "settlement_sheets.confirm": _A.KEEP_PERFORMANCE,
    "settlement_sheets.objection": _A.KEEP_PERFORMANCE,
    "settlement_sheets.resolve": _A.KEEP_PERFORMANCE,
    "settlement_sheets.void": _A.KEEP_PERFORMANCE,
    "settlement_sheets.invoice": _A.KEEP_PERFORMANCE,
    "settlement_sheets.assign": _A.KEEP_PERFORMANCE,
    "money.index": _A.READ_CONTRACTS,
}
