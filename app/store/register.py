"""Reading the register: what an actor may see, filters, and pages in any order by keyset, so that the last page is as quick as the first.

An order is a sequence of segments, each of which an index can walk: the rows that have a value, then those that have none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    any_,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, Session, selectinload

from app.domain.lifecycle import Stage
from app.store.contracts import ContractPartyRow, ContractReaderRow, ContractRow

COUNTED = 1_000
"""Counting stops here: the page then says 1,000+."""
MANY = 1_000
"""Up to so many contracts of a party are looked up by it; of more, the register is walked and the party checked."""


class SortKey(Enum):
    """What the register is sorted by; the value is kept in views and addresses."""

    NUMBER = "number"
    TITLE = "title"
    PARTY_A = "party_a"
    PARTY_B = "party_b"
    STAGE = "stage"
    OWNER = "owner"
    VALUE = "value"
    EFFECT = "effect"
    LAST_DAY = "last_day"
    FORM = "form"
    CONFIDENTIAL = "confidential"
    CREATED = "created"
    UPDATED = "updated"


@dataclass(frozen=True, slots=True)
class Range:
    """Both ends inclusive; None: open."""

    low: Any = None
    high: Any = None

    def __bool__(self) -> bool:
        return self.low is not None or self.high is not None


@dataclass(frozen=True, slots=True)
class StoreFilter:
    """What is shown; empty parts don't narrow. ``parties``: names as registered; None: any. ``ids``: contracts found otherwise."""

    stages: frozenset[Stage] = frozenset()
    rectifying: bool = False
    disputed: bool = False
    owner_id: str = ""
    form: str = ""
    confidential: bool | None = None
    value: Range = field(default_factory=Range)
    effect: Range = field(default_factory=Range)
    last_day: Range = field(default_factory=Range)
    parties: tuple[str, ...] | None = None
    ids: tuple[str, ...] | None = None


def visible(actor_id: str) -> ColumnElement[bool]:
    """Open contracts, and confidential ones of which ``actor_id`` is owner or named reader. The same rule as ``permissions._sees``."""
    named = exists().where(ContractReaderRow.contract_id == ContractRow.id, ContractReaderRow.user_id == actor_id)
    return or_(ContractRow.confidential.is_(False), ContractRow.owner_id == actor_id, named)


def conditions(session: Session, wanted: StoreFilter, actor_id: str) -> list[ColumnElement[bool]]:
    """The filter and the actor's view as conditions on ``ContractRow``."""
    found = [visible(actor_id)]
    if wanted.stages:
        values = sorted(s.value for s in wanted.stages)
        found.append(ContractRow.stage == values[0] if len(values) == 1 else ContractRow.stage.in_(values))
    if wanted.rectifying:
        found.append(ContractRow.rectifying.is_(True))
    if wanted.disputed:
        found.append(ContractRow.disputed.is_(True))
    if wanted.owner_id:
        found.append(ContractRow.owner_id == wanted.owner_id)
    if wanted.form:
        found.append(ContractRow.form == wanted.form)
    if wanted.confidential is not None:
        found.append(ContractRow.confidential.is_(wanted.confidential))
    for column, limits in (
        (ContractRow.value, wanted.value),
        (ContractRow.took_effect_on, wanted.effect),
        (ContractRow.last_day, wanted.last_day),
    ):
        found += [column >= limits.low] if limits.low is not None else []
        found += [column <= limits.high] if limits.high is not None else []
    if wanted.parties is not None:
        found.append(_of_parties(session, wanted.parties))
    if wanted.ids is not None:
        found.append(ContractRow.id.in_(wanted.ids))
    return found


def _of_parties(session: Session, names: tuple[str, ...]) -> ColumnElement[bool]:
    if not names:
        return false()
    named = _any_of(session, names)
    theirs = select(ContractPartyRow.contract_id).where(named)
    few = list(session.scalars(theirs.limit(MANY + 1)))
    if len(few) <= MANY:
        return ContractRow.id.in_(few)
    return exists().where(ContractPartyRow.contract_id == ContractRow.id, named)


def _any_of(session: Session, names: tuple[str, ...]) -> ColumnElement[bool]:
    """PostgreSQL takes hundreds of names as one array, which it hashes, in a fraction of the time that so many parameters take."""
    if session.get_bind().dialect.name == "postgresql":
        return ContractPartyRow.name == any_(literal(list(names), ARRAY(String)))
    return ContractPartyRow.name.in_(names)


def count_filtered(session: Session, wanted: StoreFilter, where: Sequence[ColumnElement[bool]], actor_id: str) -> int:
    """How many match; counting stops at ``COUNTED`` + 1.

    Of a party's name that thousands bear, the first contracts that an index yields are tried alone: mostly they are enough for 1,000+.
    """
    if wanted.parties and session.get_bind().dialect.name == "postgresql":
        some = select(ContractPartyRow.contract_id).where(_any_of(session, wanted.parties)).limit(COUNTED + COUNTED // 2)
        others = conditions(session, replace(wanted, parties=None), actor_id)
        found = count(session, [*others, ContractRow.id.in_(some)])
        if found > COUNTED:
            return found
    return count(session, where)


def count(session: Session, where: Sequence[ColumnElement[bool]], most: int | None = None) -> int:
    """How many; counting stops at ``most``, or at ``COUNTED`` + 1."""
    inner = select(literal(1)).select_from(ContractRow).where(*where).limit(most or COUNTED + 1).subquery()
    return session.scalar(select(func.count()).select_from(inner)) or 0


# ---- order and pages

_COLUMNS: dict[SortKey, InstrumentedAttribute[Any]] = {
    SortKey.NUMBER: ContractRow.number,
    SortKey.TITLE: ContractRow.title,
    SortKey.PARTY_A: ContractPartyRow.name,
    SortKey.PARTY_B: ContractPartyRow.name,
    SortKey.OWNER: ContractRow.owner_name,
    SortKey.VALUE: ContractRow.value,
    SortKey.EFFECT: ContractRow.took_effect_on,
    SortKey.LAST_DAY: ContractRow.last_day,
    SortKey.FORM: ContractRow.form,
    SortKey.CREATED: ContractRow.created_at,
    SortKey.UPDATED: ContractRow.updated_at,
    SortKey.STAGE: ContractRow.updated_at,
    SortKey.CONFIDENTIAL: ContractRow.updated_at,
}
_MAY_BE_EMPTY = frozenset({SortKey.VALUE, SortKey.EFFECT, SortKey.LAST_DAY})


@dataclass(frozen=True, slots=True)
class Segment:
    """Rows that one index holds together, sorted by ``column`` and then by id; ``column`` None: by id alone."""

    where: ColumnElement[bool]
    column: InstrumentedAttribute[Any] | None
    descending: bool
    role: str = ""


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place between two rows: behind (or before) the row of segment ``segment`` with this key and id."""

    segment: int
    key: Any
    id: str


@dataclass(frozen=True, slots=True)
class Page:
    """Ids in order, and the places at both ends; None where there is nothing beyond."""

    ids: tuple[str, ...]
    before: Cursor | None
    after: Cursor | None


def segments(sort: SortKey, *, descending: bool) -> tuple[Segment, ...]:
    """The order as segments; rows without a value come last either way."""
    column = _COLUMNS[sort]
    if sort is SortKey.STAGE:
        order = sorted(Stage, key=list(Stage).index, reverse=descending)
        return tuple(Segment(ContractRow.stage == s.value, column, True) for s in order)
    if sort is SortKey.CONFIDENTIAL:
        return tuple(Segment(ContractRow.confidential.is_(secret), column, True) for secret in (descending, not descending))
    if sort in (SortKey.PARTY_A, SortKey.PARTY_B):
        return (Segment(true(), column, descending, sort.value[-1]),)
    if sort in _MAY_BE_EMPTY:
        return Segment(column.is_not(None), column, descending), Segment(column.is_(None), None, descending)
    return (Segment(true(), column, descending),)


def read_page(
    session: Session,
    where: Sequence[ColumnElement[bool]],
    order: Sequence[Segment],
    size: int,
    *,
    after: Cursor | None = None,
    before: Cursor | None = None,
) -> Page:
    """``size`` contracts behind ``after`` or before ``before``, else the first ones."""
    if before is not None:
        turned = [replace(s, descending=not s.descending) for s in reversed(order)]
        last = len(order) - 1
        page = read_page(session, where, turned, size, after=replace(before, segment=last - before.segment))
        ends = [c and replace(c, segment=last - c.segment) for c in (page.after, page.before)]
        return Page(page.ids[::-1], ends[0], ends[1])
    found = list(_rows(session, where, order, size + 1, after))
    shown = found[:size]
    first = Cursor(*shown[0]) if shown and after is not None else None
    return Page(tuple(r[2] for r in shown), first, Cursor(*shown[-1]) if len(found) > size else None)


def walk(session: Session, where: Sequence[ColumnElement[bool]], order: Sequence[Segment], most: int) -> Iterator[str]:
    """The first ``most`` ids in order."""
    return (row[2] for row in _rows(session, where, order, most, None))


def _rows(
    session: Session, where: Sequence[ColumnElement[bool]], order: Sequence[Segment], size: int, after: Cursor | None
) -> Iterator[tuple[int, Any, str]]:
    left = size
    for number, segment in enumerate(order):
        if left <= 0 or (after is not None and number < after.segment):
            continue
        here = after if after is not None and number == after.segment else None
        for key, contract_id in session.execute(_statement(segment, where, left, here)):
            left -= 1
            yield number, key, contract_id


def _statement(
    segment: Segment, where: Sequence[ColumnElement[bool]], size: int, after: Cursor | None
) -> Select[tuple[Any, str]]:
    # By party the index of the parties leads, so its own contract_id breaks ties.
    identity = ContractPartyRow.contract_id if segment.role else ContractRow.id
    keys: list[Any] = [identity] if segment.column is None else [segment.column, identity]
    statement: Select[Any] = select(keys[0] if len(keys) > 1 else literal(None), ContractRow.id).where(segment.where, *where)
    if segment.role:
        of_role = and_(ContractPartyRow.contract_id == ContractRow.id, ContractPartyRow.role == segment.role)
        statement = statement.select_from(ContractPartyRow).join(ContractRow, of_role)
    if after is not None:
        place = tuple_(*(literal(v, k.type) for v, k in zip([after.key, after.id][-len(keys) :], keys, strict=True)))
        mine = tuple_(*keys)
        statement = statement.where(mine < place if segment.descending else mine > place)
    return statement.order_by(*(k.desc() if segment.descending else k for k in keys)).limit(size)


def count_visible(session: Session, ids: Sequence[str], actor_id: str) -> int:
    """How many of these contracts ``actor_id`` sees today."""
    seen = 0
    for i in range(0, len(ids), 500):
        where = (ContractRow.id.in_(ids[i : i + 500]), visible(actor_id))
        seen += session.scalar(select(func.count()).select_from(ContractRow).where(*where)) or 0
    return seen


def contracts_in_order(session: Session, ids: Collection[str]) -> list[ContractRow]:
    """These contracts with parties and readers, in the order of ``ids``; those that are gone are left out."""
    wanted = list(ids)
    found: dict[str, ContractRow] = {}
    for i in range(0, len(wanted), 500):
        statement = select(ContractRow).where(ContractRow.id.in_(wanted[i : i + 500]))
        rows = session.scalars(statement.options(selectinload(ContractRow.parties), selectinload(ContractRow.readers)))
        found.update((r.id, r) for r in rows)
    return [found[i] for i in wanted if i in found]
