"""Signing with keys that are elsewhere: outside roots that are trusted, tokens of programs, and signatures that wait for their device."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.store.base import Base, Instant

DONE, GIVEN_UP = "done", "given_up"


class TrustedRootRow(Base):
    """A certificate of an outside authority that was trusted from ``added_at`` until ``removed_at``. ``certificate``: PEM."""

    __tablename__ = "trusted_roots"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    fingerprint: Mapped[str] = mapped_column(String(64))
    subject: Mapped[str] = mapped_column(String(300))
    organisation: Mapped[str] = mapped_column(String(300))
    valid_until: Mapped[datetime] = mapped_column(Instant)
    certificate: Mapped[str] = mapped_column(Text)
    added_at: Mapped[datetime] = mapped_column(Instant)
    added_by: Mapped[str] = mapped_column(String(100))
    removed_at: Mapped[datetime | None] = mapped_column(Instant)
    removed_by: Mapped[str] = mapped_column(String(100), default="")
    reason: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (Index("ix_trusted_roots_fingerprint", "fingerprint"),)


class ApiTokenRow(Base):
    """A token of a program, which acts with the permissions of ``user_id``. ``digest``: SHA-256 of what was shown once.

    ``scope``: names with blanks between; ``contract_id`` None: every contract that the person may lead.
    """

    __tablename__ = "api_tokens"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    scope: Mapped[str] = mapped_column(String(200))
    contract_id: Mapped[str | None] = mapped_column(ForeignKey("contracts.id"))
    created_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (Index("ix_api_tokens_user_id", "user_id"),)


class RemoteSigningRow(Base):
    """A signature that waits for its device. ``state`` is JSON of ``signatures.remote.Pending``; ``file``: SHA-256 of its revision with the gap.

    ``file`` is empty once the copy was cleared away. ``base``: SHA-256 of the file that it continues; ``asked``: SHA-256 of who was to sign, and
    by which power; ``ended``: empty, ``done`` or ``given_up``.
    """

    __tablename__ = "remote_signings"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    signing_id: Mapped[str] = mapped_column(ForeignKey("signings.id", ondelete="CASCADE"))
    place_id: Mapped[str] = mapped_column(String(64))
    token_id: Mapped[str] = mapped_column(ForeignKey("api_tokens.id", ondelete="CASCADE"))
    base: Mapped[str] = mapped_column(String(64))
    file: Mapped[str] = mapped_column(String(64))
    asked: Mapped[str] = mapped_column(String(64), default="", server_default="")
    state: Mapped[str] = mapped_column(Text)
    begun_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    ended: Mapped[str] = mapped_column(String(16), default="")
    result: Mapped[str] = mapped_column(String(64), default="")

    __table_args__ = (Index("ix_remote_signings_signing_id", "signing_id", "place_id"),)


def roots_in_force(session: Session) -> list[TrustedRootRow]:
    """The oldest first."""
    statement = select(TrustedRootRow).where(TrustedRootRow.removed_at.is_(None))
    return list(session.scalars(statement.order_by(TrustedRootRow.added_at, TrustedRootRow.id)))


def roots_removed(session: Session, limit: int = 50) -> list[TrustedRootRow]:
    """The latest first."""
    statement = select(TrustedRootRow).where(TrustedRootRow.removed_at.is_not(None))
    return list(session.scalars(statement.order_by(TrustedRootRow.removed_at.desc(), TrustedRootRow.id).limit(limit)))


def token_with_digest(session: Session, digest: str, *, lock: bool = False) -> ApiTokenRow | None:
    statement = select(ApiTokenRow).where(ApiTokenRow.digest == digest)
    return session.scalars(statement.with_for_update() if lock else statement).one_or_none()


def find_token(session: Session, token_id: str) -> ApiTokenRow | None:
    return session.get(ApiTokenRow, token_id)


def tokens_of(session: Session, user_id: str = "") -> list[ApiTokenRow]:
    """Of one person, or of all; the newest first."""
    statement = select(ApiTokenRow).order_by(ApiTokenRow.created_at.desc(), ApiTokenRow.id)
    return list(session.scalars(statement.where(ApiTokenRow.user_id == user_id) if user_id else statement))


def find_remote(session: Session, remote_id: str, *, lock: bool = False) -> RemoteSigningRow | None:
    statement = select(RemoteSigningRow).where(RemoteSigningRow.id == remote_id)
    return session.scalars(statement.with_for_update() if lock else statement).one_or_none()


def give_up_remotes(session: Session, signing_id: str, place_id: str = "") -> None:
    """What waits for its device at a place, or anywhere in the signing, is finished no more."""
    mine = [RemoteSigningRow.signing_id == signing_id, RemoteSigningRow.ended == ""]
    if place_id:
        mine.append(RemoteSigningRow.place_id == place_id)
    for row in session.scalars(select(RemoteSigningRow).where(*mine).with_for_update()):
        row.ended = GIVEN_UP


def open_remotes(session: Session, signing_id: str, place_id: str) -> list[RemoteSigningRow]:
    """Those of a place that still wait."""
    mine = (RemoteSigningRow.signing_id == signing_id, RemoteSigningRow.place_id == place_id, RemoteSigningRow.ended == "")
    return list(session.scalars(select(RemoteSigningRow).where(*mine)))


def remotes_over(session: Session, before: datetime, limit: int) -> list[RemoteSigningRow]:
    """Those whose time was over ``before``, whatever became of them, and whose copy is still kept; kept from others."""
    statement = select(RemoteSigningRow).where(RemoteSigningRow.expires_at < before, RemoteSigningRow.file != "")
    return list(session.scalars(statement.order_by(RemoteSigningRow.expires_at).limit(limit).with_for_update(skip_locked=True)))


def remote_files(session: Session, files: Collection[str]) -> set[str]:
    """Which of these copies signatures still refer to."""
    return set(session.scalars(select(RemoteSigningRow.file).where(RemoteSigningRow.file.in_(files))))
