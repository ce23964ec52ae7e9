"""Approvals: what was submitted, the seats of its route, and what each approver decided."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from app.store.base import Base, Instant


class ApprovalRow(Base):
    """One round over one version (``domain.approval.ApprovalRound``). ``digest`` is the text that it binds; ``ordinal`` counts from 1
    within the contract.

    ``route`` is the route as it was at submission, JSON: rules that change later don't change a round under way.
    ``closing`` is JSON too, empty while nothing closed the round; ``closer_id`` is who did.
    """

    __tablename__ = "approvals"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"))
    ordinal: Mapped[int] = mapped_column(server_default="0")
    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id"))
    digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16))
    route: Mapped[str] = mapped_column(Text)
    closing: Mapped[str] = mapped_column(Text, default="")
    closer_id: Mapped[str | None] = mapped_column(String(32))
    submitter_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    submitted_at: Mapped[datetime] = mapped_column(Instant)
    revision: Mapped[int] = mapped_column()

    seats: Mapped[list[ApprovalSeatRow]] = relationship(cascade="all, delete-orphan", order_by="ApprovalSeatRow.ordinal")

    __table_args__ = (
        Index("ix_approvals_contract_id", "contract_id", "submitted_at"),
        Index("ix_approvals_status", "status"),
        Index("ix_approvals_submitter_id", "submitter_id", "submitted_at"),
        Index("ix_approvals_closer_id", "closer_id"),
        Index("uq_approvals_contract_id", "contract_id", "ordinal", unique=True),
    )
    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  (SQLAlchemy's own form)


class ApprovalSeatRow(Base):
    """One seat of the route: its function, who consented to which digest, and to whom it was passed on.

    ``step`` counts from 1; seats of one step decide beside each other, the next step waits for all of them.
    """

    __tablename__ = "approval_seats"

    approval_id: Mapped[str] = mapped_column(ForeignKey("approvals.id", ondelete="CASCADE"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    step: Mapped[int] = mapped_column()
    function: Mapped[str] = mapped_column(String(32))
    consent_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    consent_for: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    consent_at: Mapped[datetime | None] = mapped_column(Instant)
    consent_digest: Mapped[str] = mapped_column(String(64), default="")
    note: Mapped[str] = mapped_column(Text, default="")
    delegate_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    principal_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    delegated_at: Mapped[datetime | None] = mapped_column(Instant)
    delegation_reason: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        Index("ix_approval_seats_delegate_id", "delegate_id"),
        Index("ix_approval_seats_function", "function"),
        Index("ix_approval_seats_consent_by", "consent_by"),
    )


def find_approval(session: Session, approval_id: str) -> ApprovalRow | None:
    statement = select(ApprovalRow).where(ApprovalRow.id == approval_id).options(selectinload(ApprovalRow.seats))
    return session.scalars(statement).one_or_none()


def approvals_of(session: Session, contract_id: str) -> list[ApprovalRow]:
    """Every submission of a contract, the newest first."""
    statement = select(ApprovalRow).where(ApprovalRow.contract_id == contract_id).options(selectinload(ApprovalRow.seats))
    return list(session.scalars(statement.order_by(ApprovalRow.ordinal.desc())))


def latest_approval(session: Session, contract_id: str) -> ApprovalRow | None:
    """The last submission of a contract, whatever became of it. To be asked under the lock of the contract where it is written."""
    statement = select(ApprovalRow).where(ApprovalRow.contract_id == contract_id).options(selectinload(ApprovalRow.seats))
    return session.scalars(statement.order_by(ApprovalRow.ordinal.desc()).limit(1)).one_or_none()


def open_approvals(session: Session) -> list[ApprovalRow]:
    """Every round under way, the longest waiting first."""
    statement = select(ApprovalRow).where(ApprovalRow.status == "open").options(selectinload(ApprovalRow.seats))
    return list(session.scalars(statement.order_by(ApprovalRow.submitted_at, ApprovalRow.id)))


def submitted_by(session: Session, user_id: str, limit: int) -> list[ApprovalRow]:
    """What somebody submitted, the latest first."""
    statement = select(ApprovalRow).where(ApprovalRow.submitter_id == user_id).options(selectinload(ApprovalRow.seats))
    return list(session.scalars(statement.order_by(ApprovalRow.submitted_at.desc(), ApprovalRow.id).limit(limit)))


def decided_by(session: Session, user_id: str, limit: int) -> list[ApprovalRow]:
    """Rounds in which somebody took a seat, or which somebody sent back or took back, the latest submitted first."""
    took = select(ApprovalSeatRow.approval_id).where(ApprovalSeatRow.consent_by == user_id)
    mine = ApprovalRow.id.in_(took) | ((ApprovalRow.closer_id == user_id) & ApprovalRow.status.in_(("returned", "revoked")))
    statement = select(ApprovalRow).where(mine).options(selectinload(ApprovalRow.seats))
    return list(session.scalars(statement.order_by(ApprovalRow.submitted_at.desc(), ApprovalRow.id).limit(limit)))
