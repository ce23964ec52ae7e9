"""Finding contracts by their text: which contracts have a passage with every word, and where it stands."""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import TypeVar

from sqlalchemy import ColumnElement

from app.domain.passages import PassageKind
from app.domain.permissions import Action, Actor
from app.domain.searching import Piece, Query, excerpt, fold, parse_query
from app.services.record import opened
from app.store.register import count
from app.store.search import PARTY_MARK
from app.store.search_reading import (
    Sighting,
    StoredHit,
    admitted,
    bundles_with,
    contracts_among,
    contracts_where,
    contracts_with,
    count_with,
    fattest,
    hits_of,
    passages_among,
    passages_of,
    passages_with,
    seqs_of,
    texts_of,
)
from app.store.uow import UnitOfWork

CAP = 1_000
"""So many contracts are found at most; the page then says 1,000+ and shows those with the newest wording."""
FEW = 2_000
"""Where no more contracts than these can be found, they are looked at one by one."""
FIRST_PROBED = 16
FIRST_BATCH, LARGEST_BATCH = 32, 512
FIRST_HELD, LARGEST_HELD = 512, 32_768
WORTH = 150
"""To read a contract costs about as much as to look at so many bundles."""
MOST_NAMES = 20_000
ALL_HITS = 200
_FIGURES = re.compile(r"[0-9]+")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage in its contract. ``first`` and ``last``: the versions that have it, 0 where none does; ``current``: the newest has it."""

    kind: PassageKind
    number: str
    anchor: str
    first: int
    last: int
    current: bool
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """Contracts by id; ``capped`` where there are more than ``CAP``: then those with the newest wording first. ``seen``: one place in each."""

    ids: tuple[str, ...]
    capped: bool
    seen: Mapping[str, Sighting]


def find_contracts(uow: UnitOfWork, query: Query, conditions: Sequence[ColumnElement[bool]], wanted: int = CAP) -> Found:
    """Contracts that ``conditions`` hold for with a passage that has every word. The caller puts the actor's view into ``conditions``.

    Of many contracts the newest wording is read first, until enough are found. Where only a few can be found at all, they are held against what
    matches, the oldest first: that is the common text, which most of them have. ``wanted``: of more than ``CAP`` only so many are looked for.
    """
    if count(uow.session, conditions, FEW + 1) <= FEW:
        return _of_few(uow, query, contracts_where(uow.session, conditions))
    return _of_many(uow, query, conditions, min(wanted, CAP) if _surely_many(uow, query, conditions) else CAP + 1)


def _surely_many(uow: UnitOfWork, query: Query, conditions: Sequence[ColumnElement[bool]]) -> bool:
    """Whether the common text alone gives more than ``CAP``; then nobody has to count them."""
    common = dict(itertools.islice(_bundles(uow, query, oldest_first=True), FIRST_PROBED))
    if not common:
        return False
    bundle_id, size = fattest(uow.session, common, CAP + 1)
    return size > CAP and count_with(uow.session, bundle_id, conditions, CAP + 1) > CAP


def _of_many(uow: UnitOfWork, query: Query, conditions: Sequence[ColumnElement[bool]], enough: int) -> Found:
    seen: dict[str, Sighting] = {}
    for part in _batches(_sighted(uow, query), FIRST_BATCH, LARGEST_BATCH):
        known = admitted(uow.session, part.keys(), conditions)
        for seq, (bundle_id, passage_id) in part.items():
            if seq in known:
                seen[known[seq]] = Sighting(passage_id, bundle_id, known[seq])
        if len(seen) >= enough:
            return Found(tuple(seen)[:CAP], True, seen)
    return Found(tuple(seen), False, seen)


def _of_few(uow: UnitOfWork, query: Query, possible: dict[int, str]) -> Found:
    seen: dict[str, Sighting] = {}
    left, examined = set(possible), 0
    for bundles in _batches(_bundles(uow, query, oldest_first=True), FIRST_HELD, LARGEST_HELD):
        found = contracts_among(uow.session, left, bundles)
        seen |= {possible[seq]: Sighting(bundles[bundle], bundle, possible[seq]) for seq, bundle in found.items()}
        left.difference_update(found)
        examined += len(bundles)
        if len(left) * WORTH < examined:
            seen |= _read(uow, query, left, possible)
            break
    return Found(tuple(seen), False, seen)


def _read(uow: UnitOfWork, query: Query, seqs: Collection[int], possible: Mapping[int, str]) -> dict[str, Sighting]:
    """The contracts of a few that match, by reading them."""
    known: dict[int, bool] = {}
    seen: dict[str, Sighting] = {}
    for seq, bundle_id, passage_id, text in passages_among(uow.session, seqs) if seqs else ():
        if passage_id not in known:
            known[passage_id] = query.matches(fold(text))
        if known[passage_id]:
            seen.setdefault(possible[seq], Sighting(passage_id, bundle_id, possible[seq]))
    return seen


def _sighted(uow: UnitOfWork, query: Query) -> Iterator[tuple[int, tuple[int, int]]]:
    """Contracts by ``seq``, each once, with the bundle and the passage by which it came up."""
    contracts: set[int] = set()
    for bundles in _batches(_bundles(uow, query), FIRST_BATCH, LARGEST_BATCH):
        with closing(contracts_with(uow.session, list(bundles))) as stream:
            for seq, bundle_id in stream:
                if seq not in contracts:
                    contracts.add(seq)
                    yield seq, (bundle_id, bundles[bundle_id])


def _bundles(uow: UnitOfWork, query: Query, *, oldest_first: bool = False) -> Iterator[tuple[int, int]]:
    """Bundles, each once, with the passage by which it came up."""
    known: set[int] = set()
    for chunk in _matching(uow, query, oldest_first=oldest_first):
        with closing(bundles_with(uow.session, chunk)) as stream:
            for bundle_id, passage_id in stream:
                if bundle_id not in known:
                    known.add(bundle_id)
                    yield bundle_id, passage_id


def _batches(items: Iterator[tuple[int, T]], size: int, largest: int) -> Iterator[dict[int, T]]:
    """The items in batches of growing size, so that the first come soon and many cost few questions."""
    while batch := dict(itertools.islice(items, size)):
        yield batch
        size = min(size * 4, largest)


def party_names(uow: UnitOfWork, typed: str) -> tuple[str, ...]:
    """The names of parties, as registered, that contain every word. Raises ``UnusableQuery``."""
    query = parse_query(typed)
    names: set[str] = set()
    for chunk in _matching(uow, query, PARTY_MARK):
        names.update(texts_of(uow.session, chunk).values())
        if len(names) >= MOST_NAMES:
            break
    return tuple(sorted(names))


def show_hits(uow: UnitOfWork, query: Query, sighted: Collection[Sighting]) -> dict[str, Hit]:
    """The hits of a page of contracts, one for each, by contract id; one of the newest version where that has any."""
    if not sighted:
        return {}
    found = {h.contract_id: h for h in hits_of(uow.session, sighted)}
    old = [contract_id for contract_id, h in found.items() if not h.current]
    if old:
        found |= {h.contract_id: h for h in hits_of(uow.session, _current(uow, query, old))}
    return {contract_id: _hit(query, stored) for contract_id, stored in found.items()}


def _current(uow: UnitOfWork, query: Query, contracts: Collection[str]) -> list[Sighting]:
    """Hits in the newest versions of these contracts, among the text that most contracts have in common."""
    common = dict(itertools.islice(_bundles(uow, query, oldest_first=True), FIRST_HELD))
    seqs = seqs_of(uow.session, contracts)
    known = contracts_among(uow.session, seqs, common, current=True) if common else {}
    return [Sighting(common[bundle], bundle, seqs[seq]) for seq, bundle in known.items()]


def all_hits(uow: UnitOfWork, actor: Actor, contract_id: str, typed: str) -> tuple[Hit, ...]:
    """Every hit in one contract, the current text first and in the order of the text. Raises ``ContractMissing``, ``UnusableQuery``."""
    opened(uow, actor, Action.READ_CONTRACTS, contract_id)
    query = parse_query(typed)
    places: dict[tuple[int, str, str], StoredHit] = {}
    for stored in passages_of(uow.session, contract_id):
        key = (stored.passage_id, stored.number, stored.anchor)
        known = places.get(key)
        places[key] = stored if known is None else _joined(known, stored)
    matching = [p for p in places.values() if query.matches(fold(p.text))]
    matching.sort(key=lambda p: (not p.current, _order(p.number)))
    return tuple(_hit(query, p) for p in matching[:ALL_HITS])


def _matching(uow: UnitOfWork, query: Query, mark: str = "", *, oldest_first: bool = False) -> Iterator[list[int]]:
    """Chunks of passages that really match; the index proposes, the text decides."""
    for chunk in passages_with(uow.session, query.grams(), mark, oldest_first=oldest_first):
        if chunk and not query.exact:
            texts = texts_of(uow.session, chunk)
            chunk = [i for i in chunk if query.matches(fold(texts[i]))]
        if chunk:
            yield chunk


def _hit(query: Query, stored: StoredHit) -> Hit:
    kind, pieces = PassageKind(stored.kind), excerpt(query, stored.text)
    return Hit(kind, stored.number, stored.anchor, stored.first, stored.last, stored.current, pieces)


def _joined(one: StoredHit, other: StoredHit) -> StoredHit:
    return replace(one, first=min(one.first, other.first), last=max(one.last, other.last))


def _order(number: str) -> tuple[tuple[int, ...], str]:
    """``4.10`` behind ``4.9``; what has no number first, annexes last."""
    annexed, _, tail = number.rpartition(" ")
    place = (0,) if not number else (2 if annexed else 1, *(int(part) for part in _FIGURES.findall(tail)))
    return place, number
