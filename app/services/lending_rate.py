"""The house's register of the LPR: read, entered month by month, put right with a reason; a new month settles its reminder (brief D)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from app.domain.calendar import WorkingCalendar
from app.domain.errors import ContractError, InputError, InputFault
from app.domain.lpr import LprRegister, Quote, months_missing, quote_faults
from app.domain.permissions import Action, Actor, may, require
from app.services.journal import note
from app.services.lpr_rows import quote_of, register_of
from app.services.reminder_rules import looked_at_lpr
from app.store.lpr import LprRow, find_lpr, lpr_rows
from app.store.reminders import settings_row
from app.store.uow import UnitOfWork

_MOST = 200


@dataclass(frozen=True, slots=True)
class QuoteLine:
    quote: Quote
    source: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class RegisterView:
    """The newest first. ``missing``: first days of the months whose publication is due and not on record."""

    lines: tuple[QuoteLine, ...]
    missing: tuple[date, ...]
    keeps: bool


def read_register(uow: UnitOfWork, actor: Actor, today: date, calendar: WorkingCalendar) -> RegisterView:
    require(actor, Action.READ_REMINDERS)
    rows = lpr_rows(uow.session)
    register = LprRegister(quote_of(row) for row in rows)
    lines = tuple(QuoteLine(quote_of(r), r.source, r.entered_by, r.entered_at) for r in reversed(rows))
    return RegisterView(lines, months_missing(register, today, calendar), may(actor, Action.KEEP_REMINDERS))


def set_quote(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, calendar: WorkingCalendar, *, published_on: date, one_year: Decimal,
    five_year: Decimal | None = None, until: date | None = None, source: str = "", reason: str = "",
) -> None:  # fmt: skip
    """Enter what was published, or put an entry of that day right, which needs a reason. The day of the LPR that the house was to look
    at again moves on to the newest publication on record. Raises ``InputError`` with every fault; commits."""
    require(actor, Action.KEEP_REMINDERS)
    new = Quote(published_on, one_year, five_year, until or published_on)
    settings_row(uow.session, lock=True)
    rows = lpr_rows(uow.session)
    row = next((r for r in rows if r.published_on == published_on), None)
    faults = quote_faults(new, LprRegister(quote_of(r) for r in rows if r is not row), today, calendar)
    if not source.strip() or len(source.strip()) > _MOST:
        faults.append(InputFault("source", "来源", f"请写明在哪里查得，不超过{_MOST}字", "例如 中国货币网 2026-09-21"))
    changed = row is not None and (row.one_year, row.five_year) != (one_year, five_year)
    if changed and len(reason.strip()) < 4:
        faults.append(InputFault("reason", "更正的理由", "该日已有登记，更正数值请写明理由（不少于4个字）"))
    if faults:
        raise InputError(faults)
    before, reached = (_plain(row), row.until) if row is not None else ("", None)
    if row is None:
        row = LprRow(published_on=published_on)
        uow.session.add(row)
    row.one_year, row.five_year, row.until, row.source = one_year, five_year, new.until, source.strip()
    row.entered_at, row.entered_by = now, actor.name
    note(
        uow,
        actor,
        now,
        "lpr.set",
        number=published_on.isoformat(),
        before=before,
        after=_plain(row),
        source=row.source,
        reason=reason.strip(),
    )
    uow.session.flush()
    looked_at_lpr(uow, actor, now, today, calendar, register_of(uow).looked_at, reached)
    uow.commit()


def drop_quote(
    uow: UnitOfWork, actor: Actor, now: datetime, today: date, calendar: WorkingCalendar, published_on: date, reason: str
) -> None:
    """Take an entry out that was never published so; the day of the LPR goes back to what is left. Raises ``lpr.missing``,
    ``InputError``; commits."""
    require(actor, Action.KEEP_REMINDERS)
    settings_row(uow.session, lock=True)
    row = find_lpr(uow.session, published_on)
    if row is None:
        raise ContractError("lpr.missing", f"没有{published_on.isoformat()}公布的LPR登记。")
    if len(reason.strip()) < 4:
        raise InputError([InputFault("reason", "删除的理由", "请写明（不少于4个字）")])
    before, reached = _plain(row), row.until
    uow.session.delete(row)
    uow.session.flush()
    note(uow, actor, now, "lpr.dropped", number=published_on.isoformat(), before=before, reason=reason.strip())
    looked_at_lpr(uow, actor, now, today, calendar, register_of(uow).looked_at, reached)
    uow.commit()


def _plain(row: LprRow) -> str:
    longer = f"，五年期以上{row.five_year}%" if row.five_year is not None else ""
    until = f"，核至{row.until.isoformat()}" if row.until > row.published_on else ""
    return f"一年期{row.one_year}%{longer}{until}"
