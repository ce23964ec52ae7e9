"""Contracts: the record that people share; its texts are in ``versions``, its papers in ``instruments`` and ``documents``."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from functools import cache

from sqlalchemy import Boolean, Date, ForeignKey, Index, Integer, Select, String, bindparam, func, or_, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, joinedload, mapped_column, relationship, selectinload

from app.domain.lifecycle import Stage
from app.store.base import Base, Instant, Yuan

CLOSED = (Stage.ARCHIVED.value, Stage.VOID.value)
"""Stages in which nothing happens to a contract any more."""


class ContractRow(Base):
    """One contract. ``stage`` and the two flags are ``domain.lifecycle`` values and move only through ``advance``.

    ``draft_id`` is the working copy while the text may still change. ``confidential`` closes the record to everyone but
    its owner and the people of ``contract_readers``. ``took_effect_on`` and ``last_day`` are dates of law in Beijing.
    ``effective_from`` is the agreed day of effect where no text in this system says it. ``signing_deadline`` is the last day for
    signing while the text is before the signatories. ``clock_on`` is the day from which the clock must look at the contract
    (NULL: it has nothing to do there). ``taken_over_on``: what fell due before that day was done before this system kept it (NULL: nothing
    was). ``revision`` is the optimistic lock.
    """

    __tablename__ = "contracts"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[str] = mapped_column(String(40), unique=True)
    form: Mapped[str] = mapped_column(String(64))
    title: Mapped[str] = mapped_column(String(200))
    draft_id: Mapped[str | None] = mapped_column(ForeignKey("drafts.id"), unique=True)
    stage: Mapped[str] = mapped_column(String(16))
    rectifying: Mapped[bool] = mapped_column(Boolean, default=False)
    disputed: Mapped[bool] = mapped_column(Boolean, default=False)
    confidential: Mapped[bool] = mapped_column(Boolean, default=False)
    owner_id: Mapped[str | None] = mapped_column(ForeignKey("users.id"))
    owner_name: Mapped[str] = mapped_column(String(100), default="")
    value: Mapped[Decimal | None] = mapped_column(Yuan)
    took_effect_on: Mapped[date | None] = mapped_column(Date)
    last_day: Mapped[date | None] = mapped_column(Date)
    effective_from: Mapped[date | None] = mapped_column(Date)
    signing_deadline: Mapped[date | None] = mapped_column(Date)
    clock_on: Mapped[date | None] = mapped_column(Date)
    taken_over_on: Mapped[date | None] = mapped_column(Date)
    revision: Mapped[int] = mapped_column()
    created_at: Mapped[datetime] = mapped_column(Instant)
    updated_at: Mapped[datetime] = mapped_column(Instant)
    updated_by: Mapped[str] = mapped_column(String(100))

    parties: Mapped[list[ContractPartyRow]] = relationship(cascade="all, delete-orphan", order_by="ContractPartyRow.role")
    readers: Mapped[list[ContractReaderRow]] = relationship(cascade="all, delete-orphan", order_by="ContractReaderRow.user_id")

    __table_args__ = (
        # Each order of the register walks one index, and the filters that leave few contracts have theirs.
        Index("ix_contracts_updated_at", "updated_at", "id"),
        Index("ix_contracts_clock_on", "clock_on"),
        Index("ix_contracts_created_at", "created_at", "id"),
        Index("ix_contracts_title", "title", "id"),
        Index("ix_contracts_owner_name", "owner_name", "id"),
        Index("ix_contracts_value", "value", "id"),
        Index("ix_contracts_took_effect_on", "took_effect_on", "id"),
        Index("ix_contracts_last_day", "last_day", "id"),
        Index("ix_contracts_form", "form", "id"),
        Index("ix_contracts_stage", "stage", "updated_at", "id"),
        Index("ix_contracts_owner_id", "owner_id", "updated_at", "id"),
        Index("ix_contracts_confidential", "confidential", "updated_at", "id"),
        Index(
            "ix_contracts_rectifying",
            "updated_at",
            "id",
            sqlite_where=text("rectifying IS 1"),
            postgresql_where=text("rectifying IS true"),
        ),
        Index(
            "ix_contracts_disputed",
            "updated_at",
            "id",
            sqlite_where=text("disputed IS 1"),
            postgresql_where=text("disputed IS true"),
        ),
    )
    __mapper_args__ = {"version_id_col": revision}  # noqa: RUF012  (SQLAlchemy's own form)


class ContractPartyRow(Base):
    """A party as the text names it. ``role``: ``a`` or ``b``; the organisation is linked where its master data is known."""

    __tablename__ = "contract_parties"

    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"), primary_key=True)
    role: Mapped[str] = mapped_column(String(1), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    uscc: Mapped[str] = mapped_column(String(18), default="")
    organisation_id: Mapped[str | None] = mapped_column(ForeignKey("organisations.id"))

    __table_args__ = (
        Index("ix_contract_parties_organisation_id", "organisation_id"),
        Index("ix_contract_parties_name", "name"),
        Index("ix_contract_parties_role", "role", "name", "contract_id"),
    )


class ContractReaderRow(Base):
    """A person named to read a confidential contract."""

    __tablename__ = "contract_readers"

    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id", ondelete="CASCADE"), primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)


class NumberSeriesRow(Base):
    """The last number given out in a series; a series is a pattern with everything but its counter filled in."""

    __tablename__ = "number_series"

    series: Mapped[str] = mapped_column(String(80), primary_key=True)
    last: Mapped[int] = mapped_column(Integer)


def find_contract(session: Session, contract_id: str, *, lock: bool = False) -> ContractRow | None:
    """The contract with its parties and readers; ``lock`` keeps other writers out until the end of the transaction."""
    return session.scalars(_with_id(lock=lock), {"wanted": contract_id}).unique().one_or_none()


@cache
def _with_id(*, lock: bool) -> Select[ContractRow]:
    """Built once: to build it and to find out that it is the same as before costs more than to run it."""
    statement = select(ContractRow).where(ContractRow.id == bindparam("wanted"))
    if lock:  # parties and readers are read behind the lock: read with the row they would be those of before the wait for it
        statement = statement.with_for_update(of=ContractRow)
        return statement.options(selectinload(ContractRow.parties), selectinload(ContractRow.readers))
    return statement.options(joinedload(ContractRow.parties), joinedload(ContractRow.readers))


def rights_of(session: Session, contract_id: str) -> tuple[str | None, bool, frozenset[str]] | None:
    """Owner, confidentiality and readers of a contract; None where there is none."""
    rows = session.execute(_rights(), {"wanted": contract_id}).all()
    return (rows[0][0], rows[0][1], frozenset(row[2] for row in rows if row[2] is not None)) if rows else None


@cache
def _rights() -> Select[str | None, bool, str]:
    columns = select(ContractRow.owner_id, ContractRow.confidential, ContractReaderRow.user_id)
    return columns.outerjoin(ContractRow.readers).where(ContractRow.id == bindparam("wanted"))


def wake_contracts(session: Session, day: date, stages: Collection[str]) -> int:
    """Let the clock look at every contract of these stages from ``day`` on; how many. Nobody's edit is disturbed: the revision stays."""
    later = or_(ContractRow.clock_on.is_(None), ContractRow.clock_on > day)
    statement = update(ContractRow).where(ContractRow.stage.in_(stages))
    count = session.scalar(select(func.count()).select_from(ContractRow).where(ContractRow.stage.in_(stages))) or 0
    session.execute(statement.where(later).values(clock_on=day).execution_options(synchronize_session=False))
    return count


def contract_with_number(session: Session, number: str) -> ContractRow | None:
    return session.scalars(select(ContractRow).where(ContractRow.number == number)).one_or_none()


def numbers_taken(session: Session, numbers: Collection[str]) -> set[str]:
    """Those of ``numbers`` that a contract bears."""
    wanted, found = sorted(numbers), set[str]()
    for i in range(0, len(wanted), 500):
        found.update(session.scalars(select(ContractRow.number).where(ContractRow.number.in_(wanted[i : i + 500]))))
    return found


def contract_of_draft(session: Session, draft_id: str, *, lock: bool = False) -> ContractRow | None:
    """The contract that a draft is filed as; ``lock`` keeps other writers out until the end of the transaction."""
    statement = select(ContractRow).where(ContractRow.draft_id == draft_id)
    return session.scalars(statement.with_for_update(of=ContractRow) if lock else statement).one_or_none()


def recent_contracts(session: Session, limit: int, offset: int = 0) -> list[ContractRow]:
    """Contracts with their parties and readers, the one changed last first."""
    statement = select(ContractRow).order_by(ContractRow.updated_at.desc(), ContractRow.id).limit(limit).offset(offset)
    return list(session.scalars(statement.options(selectinload(ContractRow.parties), selectinload(ContractRow.readers))))


def contracts_of_organisation(session: Session, organisation_id: str) -> list[ContractRow]:
    """The contracts that an organisation is party to, with parties and readers, the one changed last first."""
    party = ContractRow.parties.any(ContractPartyRow.organisation_id == organisation_id)
    statement = select(ContractRow).where(party).order_by(ContractRow.updated_at.desc(), ContractRow.id)
    return list(session.scalars(statement.options(selectinload(ContractRow.parties), selectinload(ContractRow.readers))))


def contracts_with_ids(session: Session, ids: Collection[str]) -> list[ContractRow]:
    """These contracts with their parties and readers."""
    statement = select(ContractRow).where(ContractRow.id.in_(ids))
    return list(session.scalars(statement.options(selectinload(ContractRow.parties), selectinload(ContractRow.readers))))


def contracts_owned_by(session: Session, user_id: str, *, lock: bool = False) -> list[ContractRow]:
    """The contracts of one owner with their readers, by number; ``lock`` keeps other writers out."""
    statement = select(ContractRow).where(ContractRow.owner_id == user_id).order_by(ContractRow.number)
    statement = statement.options(selectinload(ContractRow.readers), selectinload(ContractRow.parties))
    return list(session.scalars(statement.with_for_update(of=ContractRow) if lock else statement))


def contracts_for_clock(session: Session, today: date, limit: int, without: Collection[str] = ()) -> list[str]:
    """Ids of contracts that the clock must look at, the longest overdue first."""
    due = select(ContractRow.id).where(ContractRow.clock_on <= today)
    if without:
        due = due.where(ContractRow.id.not_in(without))
    return list(session.scalars(due.order_by(ContractRow.clock_on, ContractRow.id).limit(limit)))


def confidential_contracts(session: Session) -> list[ContractRow]:
    """Contracts that only named people may read, with those people."""
    statement = select(ContractRow).where(ContractRow.confidential)
    return list(session.scalars(statement.options(selectinload(ContractRow.readers))))


def next_in_series(session: Session, series: str) -> int:
    """The next number of ``series``, from 1.

    The counter's row stays locked until this transaction ends; a rollback gives the number back. So contracts of one
    series come one after the other, without gaps and without doubles.
    """
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = insert(NumberSeriesRow).values(series=series, last=1)
    counted = statement.on_conflict_do_update(index_elements=["series"], set_={"last": NumberSeriesRow.last + 1})
    return int(session.execute(counted.returning(NumberSeriesRow.last)).scalar_one())
