"""Seals of organisations: the register, offices by written authority, applications, and the log of every use."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import Boolean, Date, ForeignKey, Index, Integer, String, Text, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from app.store.base import Base, Instant


class SealRow(Base):
    """One seal (``domain.seal_register.Seal``). ``owner``: the name in it; ``size``: width in tenths of a millimetre.

    ``image`` is the SHA-256 of the stored image, which lies sealed under the installation's key (``store.vault``); ``image_digest``
    that of the image itself; ``preview`` is a small striped picture that can't be used as a seal. ``width`` and ``height`` of the image
    in tenths of a millimetre. ``revision`` is the optimistic lock.
    """

    __tablename__ = "seals"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    organisation_id: Mapped[str] = mapped_column(ForeignKey("organisations.id"))
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(100))
    code: Mapped[str] = mapped_column(String(60), default="")
    owner: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(16))
    look: Mapped[str] = mapped_column(String(16))
    size: Mapped[int] = mapped_column(Integer)
    image: Mapped[str] = mapped_column(String(64), default="")
    image_digest: Mapped[str] = mapped_column(String(64), default="")
    preview: Mapped[str] = mapped_column(String(64), default="")
    width: Mapped[int] = mapped_column(Integer, default=0)
    height: Mapped[int] = mapped_column(Integer, default=0)
    image_by: Mapped[str] = mapped_column(String(100), default="")
    image_at: Mapped[datetime | None] = mapped_column(Instant)
    revision: Mapped[int] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)
    updated_by: Mapped[str] = mapped_column(String(100))

    grants: Mapped[list[SealGrantRow]] = relationship(order_by="SealGrantRow.granted_at")

    __table_args__ = (Index("ix_seals_organisation_id", "organisation_id", "kind"),)
    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  (SQLAlchemy's own form)


class SealGrantRow(Base):
    """An office by written authority (``domain.seal_register.Grant``); the authority's document lies under ``sha256``."""

    __tablename__ = "seal_grants"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    seal_id: Mapped[str] = mapped_column(ForeignKey("seals.id"))
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    office: Mapped[str] = mapped_column(String(16))
    number: Mapped[str] = mapped_column(String(100))
    valid_from: Mapped[date] = mapped_column(Date)
    valid_until: Mapped[date] = mapped_column(Date)
    file_name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    sha256: Mapped[str] = mapped_column(String(64))
    granted_at: Mapped[datetime] = mapped_column(Instant)
    granted_by: Mapped[str] = mapped_column(String(100))
    ended_on: Mapped[date | None] = mapped_column(Date)
    ended_why: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        Index("ix_seal_grants_seal_id", "seal_id", "office"),
        Index("ix_seal_grants_user_id", "user_id", "office"),
    )


class SealApplicationRow(Base):
    """An application to use a seal. ``digest``: SHA-256 of the approved text it is for; ``medium``: paper | electronic.

    ``party``: ``party_a`` or ``party_b``, whose seal it is in the contract. ``revision`` is the optimistic lock.
    """

    __tablename__ = "seal_applications"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    seal_id: Mapped[str] = mapped_column(ForeignKey("seals.id"))
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"))
    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id"))
    digest: Mapped[str] = mapped_column(String(64))
    party: Mapped[str] = mapped_column(String(16))
    medium: Mapped[str] = mapped_column(String(16))
    document: Mapped[str] = mapped_column(String(200))
    copies: Mapped[int] = mapped_column(Integer)
    seam: Mapped[bool] = mapped_column(Boolean, default=False)
    purpose: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(String(16))
    applicant_id: Mapped[str] = mapped_column(ForeignKey("users.id"))
    applied_at: Mapped[datetime] = mapped_column(Instant)
    decided_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    words: Mapped[str] = mapped_column(Text, default="")
    released_by: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    released_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    revision: Mapped[int] = mapped_column()

    __table_args__ = (
        Index("ix_seal_applications_contract_id", "contract_id", "applied_at"),
        Index("ix_seal_applications_seal_id", "seal_id", "state"),
    )
    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  (SQLAlchemy's own form)


class SealUseRow(Base):
    """One use of a seal: append-only, the database refuses to change or delete it. ``image``: SHA-256 of the image shown.

    ``place``: of the signing whose signature shows it, empty on paper. ``by`` is who applied it: the keeper, or the signatory whose
    signature shows the seal that the keeper had released.
    """

    __tablename__ = "seal_uses"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    seal_id: Mapped[str] = mapped_column(ForeignKey("seals.id"))
    application_id: Mapped[str] = mapped_column(ForeignKey("seal_applications.id"))
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"))
    at: Mapped[datetime] = mapped_column(Instant)
    used_on: Mapped[date] = mapped_column(Date)
    medium: Mapped[str] = mapped_column(String(16))
    document: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    copies: Mapped[int] = mapped_column(Integer)
    seam: Mapped[bool] = mapped_column(Boolean)
    by: Mapped[str] = mapped_column(String(100))
    handed_to: Mapped[str] = mapped_column(String(100), default="")
    remark: Mapped[str] = mapped_column(Text, default="")
    place: Mapped[str] = mapped_column(String(100), default="")
    serial: Mapped[str] = mapped_column(String(40), default="")
    image: Mapped[str] = mapped_column(String(64), default="")

    __table_args__ = (
        Index("ix_seal_uses_seal_id", "seal_id", "at"),
        Index("ix_seal_uses_contract_id", "contract_id", "at"),
        Index("ix_seal_uses_place", "place"),
        Index("uq_seal_uses_application_id", "application_id", unique=True),
    )


def find_seal(session: Session, seal_id: str, *, lock: bool = False) -> SealRow | None:
    """With its offices; ``lock`` keeps other writers out until the end of the transaction."""
    statement = select(SealRow).where(SealRow.id == seal_id).options(selectinload(SealRow.grants))
    return session.scalars(statement.with_for_update(of=SealRow) if lock else statement).one_or_none()


def all_seals(session: Session, organisation_ids: Collection[str] | None = None) -> list[SealRow]:
    """With their offices, in the order in which they were registered; of these organisations alone, if given."""
    statement = select(SealRow).options(selectinload(SealRow.grants)).order_by(SealRow.created_at, SealRow.id)
    if organisation_ids is not None:
        statement = statement.where(SealRow.organisation_id.in_(organisation_ids))
    return list(session.scalars(statement))


def find_grant(session: Session, grant_id: str) -> SealGrantRow | None:
    return session.get(SealGrantRow, grant_id)


def find_application(session: Session, application_id: str, *, lock: bool = False) -> SealApplicationRow | None:
    statement = select(SealApplicationRow).where(SealApplicationRow.id == application_id)
    return session.scalars(statement.with_for_update() if lock else statement).one_or_none()


def applications_of(session: Session, contract_id: str) -> list[SealApplicationRow]:
    """The newest first."""
    statement = select(SealApplicationRow).where(SealApplicationRow.contract_id == contract_id)
    return list(session.scalars(statement.order_by(SealApplicationRow.applied_at.desc(), SealApplicationRow.id)))


def open_applications(session: Session, seal_ids: Collection[str], states: Collection[str]) -> list[SealApplicationRow]:
    """Of these seals in these states, the oldest first."""
    statement = select(SealApplicationRow).where(SealApplicationRow.seal_id.in_(seal_ids), SealApplicationRow.state.in_(states))
    return list(session.scalars(statement.order_by(SealApplicationRow.applied_at, SealApplicationRow.id)))


def released_application(session: Session, contract_id: str, party: str, *, lock: bool = False) -> SealApplicationRow | None:
    """The newest application whose seal may show in the party's electronic signature."""
    statement = select(SealApplicationRow).where(
        SealApplicationRow.contract_id == contract_id,
        SealApplicationRow.party == party,
        SealApplicationRow.medium == "electronic",
        SealApplicationRow.state == "released",
    )
    statement = statement.order_by(SealApplicationRow.released_at.desc(), SealApplicationRow.id).limit(1)
    return session.scalars(statement.with_for_update() if lock else statement).first()


def use_at_place(session: Session, place: str) -> SealUseRow | None:
    """The use that a signed place of a signing is."""
    return session.scalars(select(SealUseRow).where(SealUseRow.place == place)).one_or_none() if place else None


def uses_of_seal(session: Session, seal_id: str, limit: int = 200) -> list[SealUseRow]:
    """The newest first."""
    statement = select(SealUseRow).where(SealUseRow.seal_id == seal_id).order_by(SealUseRow.at.desc(), SealUseRow.id)
    return list(session.scalars(statement.limit(limit)))


def uses_of_contract(session: Session, contract_id: str) -> list[SealUseRow]:
    """The oldest first."""
    statement = select(SealUseRow).where(SealUseRow.contract_id == contract_id).order_by(SealUseRow.at, SealUseRow.id)
    return list(session.scalars(statement))


def last_uses(session: Session) -> dict[str, datetime]:
    """When each seal was last used."""
    rows = session.execute(select(SealUseRow.seal_id, func.max(SealUseRow.at)).group_by(SealUseRow.seal_id))
    found: dict[str, datetime] = {}
    for seal_id, at in rows:
        found[seal_id] = at
    return found


def grants_between(session: Session, since: date, until: date) -> list[tuple[SealGrantRow, str]]:
    """Written authorities still in use whose last day lies between two days, each with the name of its seal."""
    statement = select(SealGrantRow, SealRow.name).join(SealRow, SealRow.id == SealGrantRow.seal_id)
    statement = statement.where(SealGrantRow.ended_on.is_(None), SealGrantRow.valid_until.between(since, until))
    return [(row[0], row[1]) for row in session.execute(statement.order_by(SealGrantRow.valid_until, SealGrantRow.id))]
