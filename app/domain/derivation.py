"""Every computed variable of a contract, from its answers: dates, totals, capitals, annex tables. Pure.

What can't be computed yet, because an answer is missing, is left out; the draft shows a blank there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal

from app.domain import annex_tables
from app.domain.calendar import WorkingCalendar
from app.domain.capitals import to_capitals
from app.domain.laws import LawBook, StandardKind
from app.domain.presentation import number, with_unit
from app.domain.prices import price_table
from app.domain.score_example import score_example
from app.domain.term import Period, Unit, deadline_before, term_end
from app.domain.variables import Row, Value, is_blank

Values = Mapping[str, Value]
Computed = dict[str, Value]
MAX_YEAR = 2150
_NO_CALENDAR = WorkingCalendar.of(())


def derive(
    values: Values,
    today: date,
    calendar: WorkingCalendar | None = None,
    laws: LawBook | None = None,
    cited: Iterable[str] = (),
) -> Computed:
    """Dotted name → value of every computed variable that can be computed.

    ``today`` is the legal status day where the answers name none. ``cited`` are the citation codes of the form's
    provisions (``CC:585``); with none given annex 13.3 lists every law of the book.
    """
    computed: Computed = {}
    computed.update(_term(values, calendar or _NO_CALENDAR))
    computed.update(_prices(values))
    computed.update(_references(values))
    tables: tuple[tuple[str, Callable[[Values], tuple[Row, ...]]], ...] = (
        ("annex.metrics", annex_tables.metrics),
        ("annex.severity_matrix", annex_tables.severity_matrix),
        ("annex.system_params", annex_tables.system_params),
        ("annex.data_inventory", annex_tables.data_inventory),
        ("annex.score_example", score_example),
    )
    for name, table in tables:
        computed[name] = table(values)
    if laws is not None:
        computed.update(_laws(values, today, laws, cited))
    return {name: value for name, value in computed.items() if not is_blank(value)}


def _term(values: Values, calendar: WorkingCalendar) -> Computed:
    """End of the term (brief B1-5) and the last day for a notice of (non-)renewal, counted back (B1-7)."""
    start, years = values.get("term.start_date"), values.get("term.years")
    if not isinstance(start, date) or not isinstance(years, int) or years < 1 or start.year + years > MAX_YEAR:
        return {}
    end = term_end(start, years)
    found: Computed = {"term.end_date": end}
    notice = values.get("renew.notice_days")
    if isinstance(notice, int) and notice > 0:
        if values.get("defs.workday_source") == "mon_fri_only":  # the date must agree with the definition in section 1.1
            calendar = calendar.without_make_up_days()
        found["renew.notice_deadline"] = deadline_before(end, Period(Decimal(notice), Unit.DAYS), calendar).day
    return found


def _prices(values: Values) -> Computed:
    rows = values.get("fees.price_rows")
    table = price_table((r for r in rows if isinstance(r, Mapping)), values) if isinstance(rows, tuple) else None
    if table is None:
        return {}
    return {
        "fees.price_table": table.rows,
        "fees.total_excl_tax": table.totals.excl,
        "fees.total_tax": table.totals.tax,
        "fees.total_incl_tax": table.totals.incl,
        "fees.total_incl_tax_caps": to_capitals(table.totals.incl),
    }


def _references(values: Values) -> Computed:
    """Texts that only repeat figures which have their home elsewhere (brief §0.5)."""
    found: Computed = {}
    rate, cap = values.get("pay.late_daily_rate_bp"), values.get("pay.late_cap_pct")
    if rate is not None and cap is not None:
        found["penalty.a_late_payment"] = f"按逾期金额每日{with_unit(rate, '万分')}计算，累计不超过该笔逾期金额的{number(cap)}%"
    days = values.get("fm.terminate_days")
    if days is not None:
        found["terminate.fm_days_ref"] = with_unit(days, "自然日")
    return found


def _laws(values: Values, today: date, laws: LawBook, cited: Iterable[str]) -> Computed:
    status_day = values.get("annex.legal_status_date")
    on = status_day if isinstance(status_day, date) else today
    return {
        "annex.law_list": annex_tables.law_list(laws, cited, on),
        "annex.standard_list": annex_tables.standard_list(laws),
        "annex.standards_mandatory": annex_tables.standard_list(laws, (StandardKind.MANDATORY,)),
        "annex.standards_recommended": annex_tables.standard_list(laws, (StandardKind.RECOMMENDED, StandardKind.INDUSTRY)),
        "annex.standards_international": annex_tables.standard_list(laws, (StandardKind.INTERNATIONAL,)),
    }
