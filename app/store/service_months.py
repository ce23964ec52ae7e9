"""The figures of each month as reported, and what both parties said of them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import Date, ForeignKey, ForeignKeyConstraint, Index, String, Text, UniqueConstraint, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship

from app.store.base import Base, Instant, Yuan


class ServiceMonthRow(Base):
    """One month (its first day). ``figures``: ``domain.settlement.month`` as JSON. ``state``: submitted | objected | confirmed.

    ``score``: points as computed, NULL where nothing counted. ``confirmed_on``: from when the score stands.
    ``silent_on``: the last day to speak, after which silence confirms; NULL where silence does nothing.
    """

    __tablename__ = "service_months"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"))
    month: Mapped[date] = mapped_column(Date)
    figures: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    submitted_on: Mapped[date] = mapped_column(Date)
    confirmed_on: Mapped[date | None] = mapped_column(Date)
    score: Mapped[Decimal | None] = mapped_column(Yuan)
    silent_on: Mapped[date | None] = mapped_column(Date)
    rectification_id: Mapped[str | None] = mapped_column(ForeignKey("instruments.id"))
    revision: Mapped[int] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)
    updated_by: Mapped[str] = mapped_column(String(100))

    statements: Mapped[list[MonthStatementRow]] = relationship(cascade="all, delete-orphan", order_by="MonthStatementRow.ordinal")

    __table_args__ = (
        UniqueConstraint("contract_id", "month", name="uq_service_months_contract_id_month"),
        Index("ix_service_months_silent_on", "silent_on"),
    )
    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  (SQLAlchemy's own form)


class MonthStatementRow(Base):
    """What a party said of a month's figures, in order. ``kind``: submitted | agreed | objected | deemed | received; ``files``: evidence.

    ``figures_digest``: of the figures that were handed in (``domain.settlement.month.digest_of``), empty of any other statement.
    """

    __tablename__ = "service_month_statements"

    month_id: Mapped[str] = mapped_column(ForeignKey("service_months.id", ondelete="CASCADE"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    party: Mapped[str] = mapped_column(String(1))
    kind: Mapped[str] = mapped_column(String(16))
    on_day: Mapped[date] = mapped_column(Date)
    words: Mapped[str] = mapped_column(Text, default="")
    figures_digest: Mapped[str] = mapped_column(String(64), default="", server_default="")
    recorded_at: Mapped[datetime] = mapped_column(Instant)
    recorded_by: Mapped[str] = mapped_column(String(100))

    files: Mapped[list[MonthFileRow]] = relationship(cascade="all, delete-orphan", order_by="MonthFileRow.place")


class MonthFileRow(Base):
    """A file of evidence that came with a statement, in order."""

    __tablename__ = "service_month_files"

    month_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id"))

    __table_args__ = (
        ForeignKeyConstraint(
            ["month_id", "ordinal"], ["service_month_statements.month_id", "service_month_statements.ordinal"], ondelete="CASCADE"
        ),
        Index("ix_service_month_files_document_id", "document_id"),
    )


def service_months_of(session: Session, contract_id: str) -> list[ServiceMonthRow]:
    """In order of the calendar."""
    statement = select(ServiceMonthRow).where(ServiceMonthRow.contract_id == contract_id).order_by(ServiceMonthRow.month)
    return list(session.scalars(statement))


def find_service_month(session: Session, contract_id: str, month: date) -> ServiceMonthRow | None:
    statement = select(ServiceMonthRow).where(ServiceMonthRow.contract_id == contract_id, ServiceMonthRow.month == month)
    return session.scalars(statement).one_or_none()


def month_of_rectification(session: Session, instrument_id: str) -> ServiceMonthRow | None:
    """The month whose score raised this 整改通知."""
    statement = select(ServiceMonthRow).where(ServiceMonthRow.rectification_id == instrument_id)
    return session.scalars(statement).first()


def silent_months(session: Session, before: date) -> list[tuple[str, date]]:
    """(contract, month) whose last day to speak is over."""
    statement = select(ServiceMonthRow.contract_id, ServiceMonthRow.month).where(ServiceMonthRow.silent_on < before)
    return [(c, m) for c, m in session.execute(statement.order_by(ServiceMonthRow.silent_on, ServiceMonthRow.id))]


def recent_scores(session: Session, contract_ids: list[str]) -> list[ServiceMonthRow]:
    """Scored months of these contracts in order, for a trend."""
    statement = select(ServiceMonthRow).where(ServiceMonthRow.contract_id.in_(contract_ids), ServiceMonthRow.score.is_not(None))
    return list(session.scalars(statement.order_by(ServiceMonthRow.contract_id, ServiceMonthRow.month)))
