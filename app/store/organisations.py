"""Organisations: master data of the parties, with everything that is copied into a contract or checked before signing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, Date, ForeignKey, Index, Select, String, Text, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from app.store.base import Base, Instant


class OrganisationRow(Base):
    """One organisation. ``uscc`` is the 统一社会信用代码 without spaces, empty only for one registered abroad.

    ``size_class``: large | medium | small | micro, or empty where nobody asked (中小企业划型; it decides on payment terms).
    ``own`` marks the companies of the house. ``revision`` is the optimistic lock.
    """

    __tablename__ = "organisations"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    uscc: Mapped[str | None] = mapped_column(String(18), unique=True)
    legal_representative: Mapped[str] = mapped_column(String(100), default="")
    registered_address: Mapped[str] = mapped_column(String(300), default="")
    size_class: Mapped[str] = mapped_column(String(16), default="")
    own: Mapped[bool] = mapped_column(Boolean, default=False)
    note: Mapped[str] = mapped_column(Text, default="")
    revision: Mapped[int] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)
    updated_by: Mapped[str] = mapped_column(String(100))

    addresses: Mapped[list[AddressRow]] = relationship(cascade="all, delete-orphan", order_by="AddressRow.ordinal")
    bank_accounts: Mapped[list[BankAccountRow]] = relationship(cascade="all, delete-orphan", order_by="BankAccountRow.ordinal")
    licences: Mapped[list[LicenceRow]] = relationship(cascade="all, delete-orphan", order_by="LicenceRow.ordinal")
    contacts: Mapped[list[ContactRow]] = relationship(cascade="all, delete-orphan", order_by="ContactRow.ordinal")

    __table_args__ = (Index("ix_organisations_name", "name"),)
    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  (SQLAlchemy's own form)


def _owner() -> Mapped[str]:
    return mapped_column(ForeignKey("organisations.id", ondelete="CASCADE"), primary_key=True)


class AddressRow(Base):
    """An address for service (送达地址): ``kind`` is ``postal`` or ``email``; what arrives here counts as served."""

    __tablename__ = "organisation_addresses"

    organisation_id: Mapped[str] = _owner()
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(16))
    address: Mapped[str] = mapped_column(String(300))
    recipient: Mapped[str] = mapped_column(String(100), default="")
    phone: Mapped[str] = mapped_column(String(50), default="")


class BankAccountRow(Base):
    __tablename__ = "organisation_bank_accounts"

    organisation_id: Mapped[str] = _owner()
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    holder: Mapped[str] = mapped_column(String(200))
    bank: Mapped[str] = mapped_column(String(200))
    number: Mapped[str] = mapped_column(String(40))


class LicenceRow(Base):
    """A licence or certificate. ``valid_until`` is its last day, None for one without term."""

    __tablename__ = "organisation_licences"

    organisation_id: Mapped[str] = _owner()
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(100))
    number: Mapped[str] = mapped_column(String(100))
    issuer: Mapped[str] = mapped_column(String(200), default="")
    scope: Mapped[str] = mapped_column(String(500), default="")
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_until: Mapped[date | None] = mapped_column(Date)

    __table_args__ = (Index("ix_organisation_licences_valid_until", "valid_until"),)


class ContactRow(Base):
    """A person of the organisation. ``role``: what he or she stands for, for instance 项目负责人 or 个人信息保护负责人."""

    __tablename__ = "organisation_contacts"

    organisation_id: Mapped[str] = _owner()
    ordinal: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(100))
    role: Mapped[str] = mapped_column(String(100), default="")
    phone: Mapped[str] = mapped_column(String(50), default="")
    email: Mapped[str] = mapped_column(String(200), default="")


_PARTS = (OrganisationRow.addresses, OrganisationRow.bank_accounts, OrganisationRow.licences, OrganisationRow.contacts)


def find_organisation(session: Session, organisation_id: str, *, lock: bool = False) -> OrganisationRow | None:
    """The organisation with everything that belongs to it; ``lock`` keeps other writers out until the end of the transaction."""
    statement = select(OrganisationRow).where(OrganisationRow.id == organisation_id).options(*(selectinload(p) for p in _PARTS))
    return session.scalars(statement.with_for_update(of=OrganisationRow) if lock else statement).one_or_none()


def organisation_with_code(session: Session, uscc: str) -> OrganisationRow | None:
    return session.scalars(select(OrganisationRow).where(OrganisationRow.uscc == uscc)).one_or_none()


def organisation_without_code(session: Session, name: str) -> OrganisationRow | None:
    """The one registered abroad that bears exactly this name, the older of several."""
    statement = select(OrganisationRow).where(OrganisationRow.uscc.is_(None), OrganisationRow.name == name)
    return session.scalars(statement.order_by(OrganisationRow.created_at, OrganisationRow.id).limit(1)).one_or_none()


def organisations_matching(
    session: Session, words: Sequence[str], licences_until: date | None, limit: int, offset: int = 0
) -> list[OrganisationRow]:
    """By name, with their licences: those that contain every word, and of them those alone with a licence that ends by then."""
    statement = _matching(select(OrganisationRow), words, licences_until).options(selectinload(OrganisationRow.licences))
    return list(session.scalars(statement.order_by(OrganisationRow.name, OrganisationRow.id).limit(limit).offset(offset)))


def count_organisations(session: Session, words: Sequence[str] = (), licences_until: date | None = None) -> int:
    statement = _matching(select(func.count()).select_from(OrganisationRow), words, licences_until)
    return int(session.scalar(statement) or 0)


def _matching(statement: Select[Any], words: Sequence[str], licences_until: date | None) -> Select[Any]:
    for word in words:
        statement = statement.where(
            or_(
                OrganisationRow.name.icontains(word, autoescape=True),
                OrganisationRow.uscc.icontains(word, autoescape=True),
                OrganisationRow.legal_representative.icontains(word, autoescape=True),
                OrganisationRow.contacts.any(ContactRow.name.icontains(word, autoescape=True)),
                OrganisationRow.licences.any(LicenceRow.number.icontains(word, autoescape=True)),
            )
        )
    if licences_until is not None:
        statement = statement.where(OrganisationRow.licences.any(LicenceRow.valid_until <= licences_until))
    return statement


def licences_ending(session: Session, until: date) -> list[LicenceRow]:
    """Licences whose last day is not after ``until``, the earliest first."""
    statement = select(LicenceRow).where(LicenceRow.valid_until <= until).order_by(LicenceRow.valid_until, LicenceRow.number)
    return list(session.scalars(statement))


def licences_between(session: Session, since: date, until: date) -> list[tuple[LicenceRow, str]]:
    """Licences whose last day lies between two days, each with the name of its organisation."""
    statement = select(LicenceRow, OrganisationRow.name).join(OrganisationRow, OrganisationRow.id == LicenceRow.organisation_id)
    rows = session.execute(
        statement.where(LicenceRow.valid_until.between(since, until)).order_by(LicenceRow.valid_until, LicenceRow.number)
    )
    return [(row[0], row[1]) for row in rows]
