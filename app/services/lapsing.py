"""Which silence would confirm a month's figures or a 结算单, and after which day, as the record stands (sections 5.2, 8.2; CC:140)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from app.domain.calendar import WorkingCalendar
from app.domain.errors import ContractError
from app.domain.settlement.silence import OBJECTION, REVIEW, STATEMENT, Said, Silence, is_disputed, silence_after, with_grace
from app.domain.settlement.terms import PayTerms
from app.domain.term import add_working_days
from app.services.money_rows import OPEN, VOID
from app.services.settlement_terms import MonthTerms, TermsBook
from app.services.versions import VersionDamaged
from app.store.contracts import ContractRow
from app.store.reminders import settings_row
from app.store.service_months import ServiceMonthRow, service_months_of
from app.store.settlements import SettlementRow, settlements_of
from app.store.uow import UnitOfWork

SUBMITTED, OBJECTED, CONFIRMED = "submitted", "objected", "confirmed"
REVIEW_DAYS, OBJECTION_DAYS = "perf.review_workdays", "perf.objection_workdays"
_INSTEAD = 5
"""Working days of a period whose variable was never filled in: the default of the form."""


def month_silence(row: ServiceMonthRow, terms: MonthTerms, calendar: WorkingCalendar) -> Silence:
    """Party A is silent on what party B handed in; party B on the result of party A's review, from the day on which it had that. Where
    the parties have both spoken and disagree, or a confirmation was taken back, nobody's silence says anything any more: whatever is
    entered later, somebody has to agree. Nor does it of figures that the silent party has spoken against before."""
    last, own = row.statements[-1] if row.statements else None, terms.pay.calendar(calendar)
    if row.state not in (SUBMITTED, OBJECTED):
        return Silence("", "", None)
    if any(s.kind in ("agreed", "deemed") for s in row.statements):
        return Silence("", OBJECTION, None, "确认已经撤销，须由双方重新确认")
    if any((s.party, s.kind) == ("b", "objected") for s in row.statements):
        return Silence("", OBJECTION, None, "双方意见不一致，依合同第4.3节复核，任何一方的沉默都不产生确认的效果")
    if row.state == SUBMITTED and is_contested(row):
        return Silence(
            "", REVIEW, None,
            "乙方再次提交的数据与甲方已提出异议的相同，异议仍然有效，甲方的沉默不产生确认的效果；请记录甲方的答复，或者录入甲方的审核结果",
        )  # fmt: skip
    if row.state == SUBMITTED:
        begins = last.on_day if last is not None else row.submitted_on
        return silence_after("a", REVIEW, begins, (_days(terms, REVIEW_DAYS),), terms.silent, own)
    if last is not None and (last.party, last.kind) in (("b", "received"), ("a", "submitted")) and is_contested(row):
        return Silence(
            "",
            OBJECTION,
            None,
            "甲方再次录入的审核结果与乙方已以自己的数据表示反对的相同，乙方的沉默不产生确认的效果；请记录乙方的答复",
        )
    if last is not None and (last.party, last.kind) == ("b", "received"):
        return silence_after("b", OBJECTION, last.on_day, (_days(terms, OBJECTION_DAYS),), terms.silent, own)
    if last is not None and (last.party, last.kind) == ("a", "submitted"):
        return Silence("b", OBJECTION, None, "还没有记录乙方收到审核结果的日期，乙方的异议期不起算")
    return Silence("b", OBJECTION, None, "甲方提出了异议，但还没有录入审核结果，乙方的异议期不起算")


def is_contested(row: ServiceMonthRow) -> bool:
    """Whether the figures that stand there were spoken against before by the party that is asked about them."""
    return is_disputed([Said(s.party, s.kind, s.figures_digest) for s in row.statements])


def settlement_silence(
    uow: UnitOfWork, row: SettlementRow, pay: PayTerms, silent: Mapping[str, str], calendar: WorkingCalendar
) -> Silence:
    """The later end of the two periods, to confirm and to object, from the day on which party A had the sheet (section 8.2); none for a
    sheet drawn anew with the amounts that party A objected to before."""
    same = (row.start, row.excl, row.tax, row.incl)
    for old in settlements_of(uow.session, row.contract_id):
        objected = old.objected is not None and (old.resolved_on is None or bool(old.reduced))
        if old.state == VOID and objected and (old.start, old.excl, old.tax, old.incl) == same:
            why = "本结算单与作废前甲方已提出异议的金额相同，异议仍然有效，甲方的沉默不产生确认的效果；请按甲方的书面表示记录"
            return Silence("a", STATEMENT, None, why)
    if row.received_on is None:
        return Silence("a", STATEMENT, None, "还没有记录甲方收到结算单的日期，确认期和异议期不起算")
    days = (pay.confirm_workdays, pay.objection_workdays)
    return silence_after("a", STATEMENT, row.received_on, days, silent, pay.calendar(calendar))


def objection_over(row: SettlementRow, pay: PayTerms, calendar: WorkingCalendar) -> date | None:
    """The last day to object to a 结算单 (section 8.3); None where no period runs yet, or where nobody can say when it ends."""
    if row.received_on is None:
        return None
    last = add_working_days(row.received_on, pay.objection_workdays, pay.calendar(calendar))
    return None if last.provisional else last.day


def until_recorded(uow: UnitOfWork, silence: Silence, calendar: WorkingCalendar) -> Silence:
    """With the house's days of grace, for whoever reads when the clock will record it."""
    return with_grace(silence, settings_row(uow.session).silence_grace, calendar)


def replan_silence(uow: UnitOfWork, calendar: WorkingCalendar, contract: ContractRow) -> None:
    """For the clock, in its transaction: the last days to speak by the calendar as it is now. Where nothing moved, nothing is touched."""
    months = [row for row in service_months_of(uow.session, contract.id) if row.state != CONFIRMED]
    sheets = [row for row in settlements_of(uow.session, contract.id) if row.state == OPEN and row.received_on is not None]
    if not months and not sheets:
        return
    try:
        book = TermsBook(uow, contract)
        days = [(row, month_silence(row, book.on(row.month), calendar).last) for row in months]
        found = [(row, book.on(row.start.replace(day=1))) for row in sheets]
    except VersionDamaged:
        raise
    except ContractError:
        return
    for month, last in days:
        if month.silent_on != last:
            month.silent_on = last
    for sheet, terms in found:
        if sheet.silent_on != (last := settlement_silence(uow, sheet, terms.pay, terms.silent, calendar).last):
            sheet.silent_on = last


def _days(terms: MonthTerms, name: str) -> int:
    found = terms.answers.get(name)
    return found if isinstance(found, int) else _INSTEAD
