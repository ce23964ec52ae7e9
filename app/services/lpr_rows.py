"""The register of the LPR between its rows and the law, for whoever reckons with it."""

from __future__ import annotations

from app.domain.calendar import WorkingCalendar
from app.domain.lpr import LprRegister, Quote
from app.domain.settlement.delays import Rates, late_rate, late_rates
from app.domain.settlement.terms import PayTerms
from app.store.lpr import LprRow, lpr_rows
from app.store.uow import UnitOfWork


def register_of(uow: UnitOfWork) -> LprRegister:
    return LprRegister(quote_of(row) for row in lpr_rows(uow.session))


def rates_of(uow: UnitOfWork, calendar: WorkingCalendar, terms: PayTerms) -> Rates:
    """The rates of damages for delay; ``calendar``: the official one, by which the LPR is published."""
    return late_rates(terms, register_of(uow), calendar) if terms.lpr_multiple else late_rate(terms)


def quote_of(row: LprRow) -> Quote:
    return Quote(row.published_on, row.one_year, row.five_year, row.until)
