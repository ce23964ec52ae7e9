"""Signings: one row for each signing of a frozen text, its places, what happened in the ceremony, and the certificates issued."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from sqlalchemy import Boolean, Date, ForeignKey, Index, Select, String, Text, false, func, or_, select
from sqlalchemy.orm import Mapped, Session, mapped_column, relationship, selectinload

from app.store.base import Base, Instant
from app.store.contracts import CLOSED, ContractRow


class SigningRow(Base):
    """One signing (``domain.execution.Execution``). ``terms`` and ``form`` are JSON: what the text says of its signing, and the
    boxes of its signature pages.

    ``frozen``, ``file`` and ``final`` are SHA-256 of stored files: as certified, as it stands with the signatures so far, and
    with its archive timestamp. ``docx`` is the approved DOCX. ``system`` is the serial of the certificate that certified.
    ``revision`` is the optimistic lock: signatures of one file are made one after the other.
    """

    __tablename__ = "signings"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"))
    version_id: Mapped[str] = mapped_column(ForeignKey("versions.id"))
    digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16))
    ordering: Mapped[str] = mapped_column(String(16))
    deadline: Mapped[date] = mapped_column(Date)
    terms: Mapped[str] = mapped_column(Text)
    form: Mapped[str] = mapped_column(Text)
    seams: Mapped[str] = mapped_column(Text, default="", server_default="")
    frozen: Mapped[str] = mapped_column(String(64))
    file: Mapped[str] = mapped_column(String(64))
    final: Mapped[str] = mapped_column(String(64), default="")
    archived_until: Mapped[datetime | None] = mapped_column(Instant)
    archive_lapsed: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    docx: Mapped[str] = mapped_column(String(64))
    system: Mapped[str] = mapped_column(String(40))
    pages: Mapped[int] = mapped_column()
    started_at: Mapped[datetime] = mapped_column(Instant)
    started_by: Mapped[str] = mapped_column(ForeignKey("users.id"))
    starter: Mapped[str] = mapped_column(String(100))
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_by: Mapped[str] = mapped_column(String(100), default="")
    reason: Mapped[str] = mapped_column(Text, default="")
    revision: Mapped[int] = mapped_column()

    places: Mapped[list[SigningPlaceRow]] = relationship(cascade="all, delete-orphan", order_by="SigningPlaceRow.ordinal")

    __table_args__ = (
        Index("ix_signings_contract_id", "contract_id", "started_at"),
        Index("ix_signings_status", "status", "final"),
        Index("ix_signings_archived_until", "archived_until"),
    )
    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  (SQLAlchemy's own form)


class SigningPlaceRow(Base):
    """One place of a signing. ``signatory`` is JSON of ``services.signing_rows.Details``.

    ``copy_token`` is the second link, to the finished copy. ``token``, ``code`` and ``session`` are SHA-256 of the link, of the one-time
    code and of the browser's secret; ``hand`` is that of the stored handwriting. ``read_pages`` counts pages in order, from 1, that the
    signatory has been shown. ``serial`` is the certificate that signs here. ``phone``: E.164. ``code_way`` (``domain.ceremony.CodeWay``) is
    how codes are to go, ``code_went`` how the last one did, ``code_problem`` why it did not arrive. ``authority_until``: last
    day of the power of attorney, if the person has one.
    """

    __tablename__ = "signing_places"

    signing_id: Mapped[str] = mapped_column(ForeignKey("signings.id", ondelete="CASCADE"), primary_key=True)
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    ordinal: Mapped[int] = mapped_column()
    party: Mapped[str] = mapped_column(String(16))
    mark: Mapped[str] = mapped_column(String(16))
    medium: Mapped[str] = mapped_column(String(16))
    stage: Mapped[int] = mapped_column()
    signatory: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(String(200))
    token: Mapped[str | None] = mapped_column(String(64), unique=True)
    expires_at: Mapped[datetime | None] = mapped_column(Instant)
    invited_at: Mapped[datetime | None] = mapped_column(Instant)
    reminded_at: Mapped[datetime | None] = mapped_column(Instant)
    code: Mapped[str] = mapped_column(String(64), default="")
    code_until: Mapped[datetime | None] = mapped_column(Instant)
    phone: Mapped[str] = mapped_column(String(20), default="", server_default="")
    code_way: Mapped[str] = mapped_column(String(8), default="mail", server_default="mail")
    code_went: Mapped[str] = mapped_column(String(8), default="", server_default="")
    code_problem: Mapped[str] = mapped_column(Text, default="", server_default="")
    authority_until: Mapped[date | None] = mapped_column(Date)
    code_tries: Mapped[int] = mapped_column(default=0)
    codes_sent: Mapped[int] = mapped_column(default=0)
    session: Mapped[str] = mapped_column(String(64), default="")
    session_until: Mapped[datetime | None] = mapped_column(Instant)
    read_pages: Mapped[int] = mapped_column(default=0)
    consented_at: Mapped[datetime | None] = mapped_column(Instant)
    serial: Mapped[str | None] = mapped_column(ForeignKey("certificates.serial"))
    signed_at: Mapped[datetime | None] = mapped_column(Instant)
    signed_on: Mapped[date | None] = mapped_column(Date)
    copy_token: Mapped[str | None] = mapped_column(String(64), unique=True)
    clock: Mapped[str] = mapped_column(Text, default="")
    hand: Mapped[str] = mapped_column(String(64), default="")

    __table_args__ = (Index("ix_signing_places_authority_until", "authority_until"),)


class SigningEventRow(Base):
    """What happened in a ceremony, for the evidence: append-only. ``data`` is JSON; ``address`` and ``agent`` are the browser's."""

    __tablename__ = "signing_events"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    signing_id: Mapped[str] = mapped_column(ForeignKey("signings.id"))
    place_id: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(Instant)
    kind: Mapped[str] = mapped_column(String(32))
    data: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(String(64))
    agent: Mapped[str] = mapped_column(String(300))

    __table_args__ = (Index("ix_signing_events_signing_id", "signing_id", "at"),)


class CertificateRow(Base):
    """A certificate of the built-in authority. ``sealed``: its private key at rest; empty where the key is elsewhere.

    ``tries`` counts wrong PINs in a row; the key is given up after five.
    """

    __tablename__ = "certificates"

    serial: Mapped[str] = mapped_column(String(40), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    name: Mapped[str] = mapped_column(String(200))
    organisation: Mapped[str] = mapped_column(String(200))
    reference: Mapped[str] = mapped_column(String(64))
    fingerprint: Mapped[str] = mapped_column(String(64))
    certificate: Mapped[str] = mapped_column(Text)
    sealed: Mapped[str] = mapped_column(Text)
    tries: Mapped[int] = mapped_column(default=0)
    issued_at: Mapped[datetime] = mapped_column(Instant)
    valid_until: Mapped[datetime] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_why: Mapped[str] = mapped_column(String(32), default="")

    __table_args__ = (
        Index("ix_certificates_kind", "kind", "valid_until"),
        Index("ix_certificates_revoked_at", "revoked_at"),
        Index("ix_certificates_reference", "reference"),
    )


_WHOLE = selectinload(SigningRow.places)


def find_signing(session: Session, signing_id: str, *, lock: bool = False) -> SigningRow | None:
    """With its places; ``lock`` keeps other writers out until the end of the transaction."""
    statement = select(SigningRow).where(SigningRow.id == signing_id).options(_WHOLE).execution_options(populate_existing=lock)
    return session.scalars(statement.with_for_update(of=SigningRow) if lock else statement).one_or_none()


def latest_signing(session: Session, contract_id: str) -> SigningRow | None:
    statement = select(SigningRow).where(SigningRow.contract_id == contract_id).options(_WHOLE)
    return session.scalars(statement.order_by(SigningRow.started_at.desc(), SigningRow.id).limit(1)).one_or_none()


def signings_of(session: Session, contract_id: str) -> list[SigningRow]:
    """The newest first."""
    statement = select(SigningRow).where(SigningRow.contract_id == contract_id).options(_WHOLE)
    return list(session.scalars(statement.order_by(SigningRow.started_at.desc(), SigningRow.id)))


def signings_to_finish(session: Session) -> list[str]:
    """Ids of those that everybody has signed and nobody has archived."""
    statement = select(SigningRow.id).where(SigningRow.status == "complete", SigningRow.final == "")
    return list(session.scalars(statement.order_by(SigningRow.started_at)))


def executed_text(session: Session, digest: str) -> SigningRow | None:
    """The completed and finished signing of a text."""
    statement = select(SigningRow).where(SigningRow.digest == digest, SigningRow.status == "complete", SigningRow.final != "")
    return session.scalars(statement.options(_WHOLE).order_by(SigningRow.started_at, SigningRow.id).limit(1)).one_or_none()


def signing_frozen_as(session: Session, digests: Collection[str]) -> SigningRow | None:
    """The one whose certified file has one of these digests."""
    statement = select(SigningRow).where(SigningRow.frozen.in_(digests)).options(_WHOLE)
    return session.scalars(statement.order_by(SigningRow.started_at.desc(), SigningRow.id).limit(1)).one_or_none()


def archives_ending(session: Session, by: datetime, limit: int | None = None) -> list[str]:
    """Ids of archived signings whose timestamp ends by then, or of which it isn't known yet; the earliest first."""
    statement = select(SigningRow.id).where(
        SigningRow.final != "",
        SigningRow.archive_lapsed.is_(False),
        or_(SigningRow.archived_until.is_(None), SigningRow.archived_until <= by),
    )
    return list(session.scalars(statement.order_by(SigningRow.archived_until, SigningRow.started_at).limit(limit)))


def powers_between(session: Session, since: date, until: date) -> list[tuple[SigningPlaceRow, SigningRow]]:
    """Places whose power of attorney ends between two days: not signed yet in an open signing, or signed in a contract that still runs."""
    statement = (
        select(SigningPlaceRow, SigningRow)
        .join(SigningRow, SigningRow.id == SigningPlaceRow.signing_id)
        .join(ContractRow, ContractRow.id == SigningRow.contract_id)
        .where(SigningPlaceRow.authority_until.between(since, until), ContractRow.stage.not_in(CLOSED))
        .where(
            or_(
                (SigningRow.status == "open") & SigningPlaceRow.signed_at.is_(None),
                (SigningRow.status == "complete") & SigningPlaceRow.signed_at.is_not(None),
            )
        )
    )
    order = (SigningPlaceRow.authority_until, SigningPlaceRow.signing_id, SigningPlaceRow.ordinal)
    return [(row[0], row[1]) for row in session.execute(statement.order_by(*order))]


def open_signings(session: Session) -> list[str]:
    return list(session.scalars(select(SigningRow.id).where(SigningRow.status == "open").order_by(SigningRow.started_at)))


def place_with_token(session: Session, token: str) -> SigningPlaceRow | None:
    """By the digest of the link to the ceremony, or of the later one to the finished copy."""
    either = or_(SigningPlaceRow.token == token, SigningPlaceRow.copy_token == token)
    return session.scalars(select(SigningPlaceRow).where(either)).one_or_none()


def events_of(session: Session, signing_id: str) -> list[SigningEventRow]:
    statement = select(SigningEventRow).where(SigningEventRow.signing_id == signing_id)
    return list(session.scalars(statement.order_by(SigningEventRow.at, SigningEventRow.id)))


def find_certificate(session: Session, serial: str, *, lock: bool = False) -> CertificateRow | None:
    statement = select(CertificateRow).where(CertificateRow.serial == serial)
    return session.scalars(statement.with_for_update() if lock else statement).one_or_none()


def certificates_with(session: Session, serials: Collection[str]) -> list[CertificateRow]:
    return list(session.scalars(select(CertificateRow).where(CertificateRow.serial.in_(serials))))


def usable_certificate(session: Session, kind: str, now: datetime) -> CertificateRow | None:
    """The newest certificate of a kind that is neither ended nor revoked."""
    statement = select(CertificateRow).where(
        CertificateRow.kind == kind, CertificateRow.valid_until > now, CertificateRow.revoked_at.is_(None)
    )
    return session.scalars(statement.order_by(CertificateRow.issued_at.desc()).limit(1)).one_or_none()


def certificate_for(session: Session, reference: str, now: datetime) -> CertificateRow | None:
    """The newest usable certificate of a person, by reference."""
    statement = select(CertificateRow).where(
        CertificateRow.reference == reference, CertificateRow.valid_until > now, CertificateRow.revoked_at.is_(None)
    )
    return session.scalars(statement.order_by(CertificateRow.issued_at.desc()).limit(1)).one_or_none()


def revoked_certificates(session: Session) -> list[CertificateRow]:
    return list(session.scalars(select(CertificateRow).where(CertificateRow.revoked_at.is_not(None))))


def certificates_by_date(session: Session, query: str, limit: int, offset: int) -> list[CertificateRow]:
    """The newest first; those with ``query`` in name, organisation or serial number."""
    statement = _certificates_like(select(CertificateRow), query).order_by(CertificateRow.issued_at.desc(), CertificateRow.serial)
    return list(session.scalars(statement.limit(limit).offset(offset)))


def count_certificates(session: Session, query: str = "") -> int:
    return int(session.scalar(_certificates_like(select(func.count()).select_from(CertificateRow), query)) or 0)


def _certificates_like(statement: Select[Any], query: str) -> Select[Any]:
    if not query:
        return statement
    columns = (CertificateRow.name, CertificateRow.organisation, CertificateRow.serial)
    return statement.where(or_(*(column.icontains(query, autoescape=True) for column in columns)))


def sealed_certificates(session: Session) -> list[CertificateRow]:
    """Those whose private key lies here, locked."""
    statement = select(CertificateRow).where(CertificateRow.sealed != "").order_by(CertificateRow.serial)
    return list(session.scalars(statement.with_for_update()))


def contracts_signed_with(session: Session, serial: str) -> list[str]:
    """Ids of contracts with a signature of this certificate."""
    statement = (
        select(SigningRow.contract_id)
        .join(SigningPlaceRow, SigningPlaceRow.signing_id == SigningRow.id)
        .where(SigningPlaceRow.serial == serial, SigningPlaceRow.signed_at.is_not(None))
    )
    return list(session.scalars(statement.distinct().order_by(SigningRow.contract_id)))
