"""Which silence would confirm a month's figures or a 结算单, and after which day, as the record stands (sections 5.2, 8.2; CC:140)."""

from __future__ import annotations

from collections.abc import Mapping

from app.domain.calendar import WorkingCalendar
from app.domain.settlement.silence import OBJECTION, REVIEW, STATEMENT, Silence, silence_after
from app.domain.settlement.terms import PayTerms
from app.services.settlement_terms import MonthTerms
from app.store.service_months import ServiceMonthRow
from app.store.settlements import SettlementRow

SUBMITTED, OBJECTED, CONFIRMED = "submitted", "objected", "confirmed"
REVIEW_DAYS, OBJECTION_DAYS = "perf.review_workdays", "perf.objection_workdays"
_INSTEAD = 5
"""Working days of a period whose variable was never filled in: the default of the form."""


def month_silence(row: ServiceMonthRow, terms: MonthTerms, calendar: WorkingCalendar) -> Silence:
    """Party A is silent on what party B handed in; party B on the result of party A's review, once that was entered. Where the
    parties have both spoken and disagree, or a confirmation was taken back, nobody's silence says anything."""
    last = row.statements[-1] if row.statements else None
    if row.state == SUBMITTED:
        begins = last.on_day if last is not None else row.submitted_on
        return silence_after("a", REVIEW, begins, (_days(terms, REVIEW_DAYS),), terms.silent, calendar)
    if row.state != OBJECTED or last is None:
        return Silence("", "", None)
    if (last.party, last.kind) == ("a", "submitted"):
        return silence_after("b", OBJECTION, last.on_day, (_days(terms, OBJECTION_DAYS),), terms.silent, calendar)
    if (last.party, last.kind) == ("a", "objected"):
        return Silence("b", OBJECTION, None, "甲方提出了异议，但还没有录入审核结果，乙方的异议期不起算")
    if (last.party, last.kind) == ("b", "objected"):
        return Silence("", OBJECTION, None, "双方意见不一致，依合同第4.3节复核，任何一方的沉默都不产生确认的效果")
    return Silence("", OBJECTION, None, "确认已经撤销，须由双方重新确认")


def settlement_silence(row: SettlementRow, pay: PayTerms, silent: Mapping[str, str], calendar: WorkingCalendar) -> Silence:
    """The later end of the two periods, to confirm and to object, from the day on which party A had the sheet (section 8.2)."""
    if row.received_on is None:
        return Silence("a", STATEMENT, None, "还没有记录甲方收到结算单的日期，确认期和异议期不起算")
    return silence_after("a", STATEMENT, row.received_on, (pay.confirm_workdays, pay.objection_workdays), silent, calendar)


def _days(terms: MonthTerms, name: str) -> int:
    found = terms.answers.get(name)
    return found if isinstance(found, int) else _INSTEAD
