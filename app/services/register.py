"""The register 合同台账: filtered, sorted, searched and paged; what somebody may not see is neither shown nor counted."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement

from app.domain.errors import ContractError
from app.domain.lifecycle import Flag, Stage
from app.domain.permissions import Action, Actor, require
from app.domain.searching import Query, parse_query
from app.services.filing import ContractView, view_contract
from app.services.searching import Found, Hit, find_contracts, party_names, show_hits
from app.store.register import (
    COUNTED,
    Cursor,
    Range,
    SortKey,
    StoreFilter,
    conditions,
    contracts_in_order,
    count_filtered,
    read_page,
    segments,
    walk,
)
from app.store.uow import UnitOfWork
from app.store.users import user_names

PAGE = 25
RECORDED = "recorded"
"""The form of a contract that was signed before the system came in and is here by its signed copy alone."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What somebody looks for. ``text``: words in the contracts; ``party``: words in a party's name; ``owner``: a user's id."""

    text: str = ""
    stages: frozenset[Stage] = frozenset()
    flags: frozenset[Flag] = frozenset()
    party: str = ""
    owner: str = ""
    form: str = ""
    confidential: bool | None = None
    value: Range = field(default_factory=Range)
    effect: Range = field(default_factory=Range)
    last_day: Range = field(default_factory=Range)

    @property
    def narrows(self) -> bool:
        """Whether anything but ``text`` is asked for."""
        return replace(self, text="") != Filter()


@dataclass(frozen=True, slots=True)
class Order:
    key: SortKey = SortKey.UPDATED
    descending: bool = True


@dataclass(frozen=True, slots=True)
class Line:
    """One contract of the register; ``hit`` where a text was looked for."""

    contract: ContractView
    hit: Hit | None = None


@dataclass(frozen=True, slots=True)
class RegisterPage:
    """``count`` stops at ``COUNTED``: ``more`` says that there are more. ``capped``: more hits than are kept, so ``order`` doesn't apply.

    ``before`` and ``after`` lead to the pages beside this one; empty where there is none.
    """

    lines: tuple[Line, ...]
    count: int
    more: bool
    capped: bool
    before: str
    after: str


class BadPlace(ContractError):
    def __init__(self) -> None:
        super().__init__("register.place", "这一页的地址已不适用，请从第一页重新翻阅。")


def read_register(
    uow: UnitOfWork, actor: Actor, wanted: Filter, order: Order = Order(), *, after: str = "", before: str = "", size: int = PAGE
) -> RegisterPage:
    """A page of the contracts that ``actor`` may read. Raises ``UnusableQuery``, ``BadPlace``."""
    require(actor, Action.READ_CONTRACTS)
    query = parse_query(wanted.text) if wanted.text.strip() else None
    stored = _stored(uow, wanted)
    where = conditions(uow.session, stored, actor.id)
    if query is None:
        return _page(uow, actor, where, order, after, before, size, count_filtered(uow.session, stored, where, actor.id))
    start = _start(after or before)
    found = find_contracts(uow, query, where, start + size + 1)
    if found.capped:
        return _capped_page(uow, query, found, start, size)
    only = conditions(uow.session, StoreFilter(ids=found.ids), actor.id)
    page = _page(uow, actor, only, order, after, before, size, len(found.ids))
    return _with_hits(uow, query, page, found)


def register_ids(uow: UnitOfWork, actor: Actor, wanted: Filter, order: Order, most: int) -> tuple[tuple[str, ...], bool]:
    """The ids of the first ``most`` contracts in order, and whether there are more. Raises ``UnusableQuery``."""
    require(actor, Action.READ_CONTRACTS)
    query = parse_query(wanted.text) if wanted.text.strip() else None
    where = conditions(uow.session, _stored(uow, wanted), actor.id)
    if query is not None:
        found = find_contracts(uow, query, where)
        if found.capped:
            return found.ids[:most], True
        where = conditions(uow.session, StoreFilter(ids=found.ids), actor.id)
    ids = tuple(walk(uow.session, where, segments(order.key, descending=order.descending), most + 1))
    return ids[:most], len(ids) > most


def owners(uow: UnitOfWork, actor: Actor) -> dict[str, str]:
    """Whoever may be the owner of a contract: name by id, by name."""
    require(actor, Action.READ_CONTRACTS)
    return dict(sorted(user_names(uow.session).items(), key=lambda item: item[1]))


def _stored(uow: UnitOfWork, wanted: Filter) -> StoreFilter:
    return StoreFilter(
        stages=wanted.stages,
        rectifying=Flag.RECTIFYING in wanted.flags,
        disputed=Flag.DISPUTED in wanted.flags,
        owner_id=wanted.owner,
        form=wanted.form,
        confidential=wanted.confidential,
        value=wanted.value,
        effect=wanted.effect,
        last_day=wanted.last_day,
        parties=party_names(uow, wanted.party) if wanted.party.strip() else None,
    )


def _page(
    uow: UnitOfWork,
    _actor: Actor,
    where: list[ColumnElement[bool]],
    order: Order,
    after: str,
    before: str,
    size: int,
    counted: int,
) -> RegisterPage:
    way = segments(order.key, descending=order.descending)
    places = {"after": _cursor(order, after), "before": _cursor(order, before)}
    page = read_page(uow.session, where, way, size, **places)
    lines = tuple(Line(view_contract(row)) for row in contracts_in_order(uow.session, page.ids))
    return RegisterPage(
        lines, min(counted, COUNTED), counted > COUNTED, False, _place(page.before), _place(page.after)
    )  # fmt: skip


def _capped_page(uow: UnitOfWork, query: Query, found: Found, start: int, size: int) -> RegisterPage:
    """More hits than are kept: those with the newest wording, in that order."""
    ids = found.ids[start : start + size]
    lines = tuple(Line(view_contract(row)) for row in contracts_in_order(uow.session, ids))
    before = str(max(0, start - size)) if start else ""
    after = str(start + size) if start + size < len(found.ids) else ""
    return _with_hits(uow, query, RegisterPage(lines, COUNTED, True, True, before, after), found)


def _start(place: str) -> int:
    """The first line of a page of a list that has an order of its own."""
    return int(place) if place.isdecimal() and place.isascii() and len(place) <= 4 else 0


def _with_hits(uow: UnitOfWork, query: Query, page: RegisterPage, found: Found) -> RegisterPage:
    sighted = [found.seen[line.contract.id] for line in page.lines if line.contract.id in found.seen]
    hits = show_hits(uow, query, sighted)
    return replace(page, lines=tuple(replace(line, hit=hits.get(line.contract.id)) for line in page.lines))


# ---- places between rows, as they stand in addresses


def _place(cursor: Cursor | None) -> str:
    if cursor is None:
        return ""
    key = cursor.key
    plain = key.isoformat() if isinstance(key, date) else str(key) if isinstance(key, Decimal) else key
    packed = json.dumps([cursor.segment, plain, cursor.id], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(packed.encode()).decode().rstrip("=")


_DATES = frozenset({SortKey.EFFECT, SortKey.LAST_DAY})
_INSTANTS = frozenset({SortKey.CREATED, SortKey.UPDATED, SortKey.STAGE, SortKey.CONFIDENTIAL})


def _cursor(order: Order, place: str) -> Cursor | None:
    if not place:
        return None
    try:
        segment, key, contract_id = json.loads(base64.urlsafe_b64decode(place + "=" * (-len(place) % 4)))
        if not (
            isinstance(segment, int)
            and 0 <= segment < len(segments(order.key, descending=order.descending))
            and isinstance(contract_id, str)
        ):
            raise BadPlace
        return Cursor(segment, None if key is None else _typed(order.key, key), contract_id)
    except (binascii.Error, ValueError, TypeError, ArithmeticError) as error:
        raise BadPlace from error


def _typed(key: SortKey, value: Any) -> Any:
    text = str(value)
    if key in _DATES:
        return date.fromisoformat(text)
    if key in _INSTANTS:
        return datetime.fromisoformat(text)
    return Decimal(text) if key is SortKey.VALUE else text
