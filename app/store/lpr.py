"""The register of the 贷款市场报价利率 as published, in percent a year."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Date, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.base import Base, Instant, Percent


class LprRow(Base):
    """``until``: day of the last publication at which nothing had changed. ``source``: where it was read."""

    __tablename__ = "lpr_quotes"

    published_on: Mapped[date] = mapped_column(Date, primary_key=True)
    one_year: Mapped[Decimal] = mapped_column(Percent)
    five_year: Mapped[Decimal | None] = mapped_column(Percent)
    until: Mapped[date] = mapped_column(Date)
    source: Mapped[str] = mapped_column(String(200), default="")
    entered_at: Mapped[datetime] = mapped_column(Instant)
    entered_by: Mapped[str] = mapped_column(String(100))


def lpr_rows(session: Session) -> list[LprRow]:
    """The oldest first."""
    return list(session.scalars(select(LprRow).order_by(LprRow.published_on)))


def find_lpr(session: Session, published_on: date) -> LprRow | None:
    return session.get(LprRow, published_on)
