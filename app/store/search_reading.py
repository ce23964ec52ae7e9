"""Reading the search index: passages that have some grams, the newest first, and the contracts that have those passages.

Both come as streams, so that whoever has enough stops reading: a common word costs no more among a hundred thousand contracts than
among a thousand.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, lateral, literal, select, text, true, tuple_
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.types import BigInteger

from app.store.contracts import ContractRow
from app.store.search import (
    BUCKET,
    GRAMS,
    LEVELS,
    BundlePassageRow,
    BundleRow,
    IndexedContractRow,
    PassageRow,
    PostingRow,
    bucket,
    is_postgresql,
    newest_passage,
    token,
)

FIRST_CHUNK, LARGEST_CHUNK = 64, 2048
PART = 256
"""Of what a window of PostgreSQL holds so many are handed on at a time."""
Column = InstrumentedAttribute[int]


@dataclass(frozen=True, slots=True)
class Sighting:
    """A contract has a passage, by way of a bundle."""

    passage_id: int
    bundle_id: int
    contract_id: str


@dataclass(frozen=True, slots=True)
class StoredHit:
    """Where a passage stands in a contract; versions ``first`` to ``last``, 0 for what stands in none. ``newest``: the contract's last version."""

    contract_id: str
    passage_id: int
    kind: str
    number: str
    anchor: str
    first: int
    last: int
    newest: int
    text: str

    @property
    def current(self) -> bool:
        return self.last in (0, self.newest)


def passages_with(session: Session, wanted: Sequence[str], mark: str = "", *, oldest_first: bool = False) -> Iterator[list[int]]:
    """Chunks of passages that have all of these grams, the newest (or the oldest) first; a chunk may be empty."""
    tokens = [token(g) for g in wanted] + ([mark] if mark else [])
    return (_postgresql if is_postgresql(session) else _sqlite)(session, tokens, oldest_first)


def _sqlite(session: Session, tokens: list[str], oldest_first: bool) -> Iterator[list[int]]:
    """FTS5 walks its lists both ways from any row, so each chunk costs what it yields."""
    beyond, way, place = (">", "ASC", 0) if oldest_first else ("<", "DESC", 2**62)
    condition = f"{GRAMS} MATCH :query AND rowid {beyond} :place"
    statement = text(f"SELECT rowid FROM {GRAMS} WHERE {condition} ORDER BY rowid {way} LIMIT :size")  # noqa: S608  (constants)
    query, size = " ".join(f'"{t}"' for t in tokens), FIRST_CHUNK
    while True:
        found = list(session.scalars(statement, {"query": query, "place": place, "size": size}))
        yield found
        if len(found) < size:
            return
        place, size = found[-1], min(size * 4, LARGEST_CHUNK)


def _postgresql(session: Session, tokens: list[str], oldest_first: bool) -> Iterator[list[int]]:
    """GIN has no order, but it joins quickly with the short list of a bucket: windows of growing size."""
    way = "ASC" if oldest_first else "DESC"
    statement = text(f"SELECT id FROM {GRAMS} WHERE grams @@ CAST(:query AS tsquery) ORDER BY id + 0 {way}")  # noqa: S608
    words = " & ".join(f"'{t}'" for t in tokens)
    for window in windows(newest_passage(session), oldest_first=oldest_first):
        places = " | ".join(f"'{b}'" for b in window)
        found = list(session.scalars(statement, {"query": f"{words} & ({places})"}))
        yield from (found[i : i + PART] for i in range(0, len(found), PART))


def windows(newest: int, *, oldest_first: bool = False) -> Iterator[list[str]]:
    """Buckets that together hold every id up to ``newest``, in windows of growing size from one end."""
    whole = (newest >> BUCKET) + 1
    done, size = 0, 1
    while done < whole:
        step = min(size, whole - done)
        low = done if oldest_first else whole - done - step
        yield _blocks(low, low + step)
        done, size = done + step, min(size * 4, 1 << LEVELS[-1])


def _blocks(low: int, high: int) -> list[str]:
    """The few largest buckets that make up the buckets ``low`` to ``high`` (exclusive) of the lowest level."""
    found = []
    while low < high:
        level = next(n for n in reversed(LEVELS) if low % (1 << n) == 0 and low + (1 << n) <= high)
        found.append(bucket(low << BUCKET, level))
        low += 1 << level
    return found


def texts_of(session: Session, ids: Collection[int]) -> dict[int, str]:
    """The texts of passages."""
    wanted = sorted(ids)
    found: dict[int, str] = {}
    for i in range(0, len(wanted), 1000):
        rows = session.execute(select(PassageRow.id, PassageRow.text).where(PassageRow.id.in_(wanted[i : i + 1000])))
        found.update((i, t) for i, t in rows)
    return found


def bundles_with(session: Session, passages: Sequence[int]) -> Generator[tuple[int, int]]:
    """Bundle and passage, for every bundle (the oldest of a passage first) that has one of ``passages``; read row by row.

    Close it when there are enough.
    """
    return _streamed(session, BundlePassageRow.passage_id, BundlePassageRow.bundle_id, passages, newest_first=False)


def contracts_with(session: Session, bundles: Sequence[int]) -> Generator[tuple[int, int]]:
    """Contract (by ``seq``, the newest of a bundle first) and bundle, for every contract that has one of ``bundles``; read row by row."""
    return _streamed(session, PostingRow.bundle_id, PostingRow.seq, bundles, newest_first=True)


def _streamed(
    session: Session, key: Column, other: Column, wanted: Sequence[int], *, newest_first: bool
) -> Generator[tuple[int, int]]:
    """The pairs (other, key) of the index on both, key by key in the order of ``wanted``. SQLite's indexes have this order themselves."""
    ids: Any
    if is_postgresql(session):
        # LATERAL with OFFSET keeps the planner to the index, key by key; it can't know that reading may stop early.
        order = (key.desc(), other.desc()) if newest_first else (key, other)
        names = func.unnest(bindparam("ids", type_=ARRAY(BigInteger))).table_valued("value", name="wanted").render_derived()
        rows = lateral(select(other).where(key == names.c.value).order_by(*order).offset(0)).alias("rows")
        statement = select(rows.c[other.key], names.c.value).select_from(names).join(rows, true())
        ids = list(wanted)
    else:
        names = func.json_each(bindparam("ids")).table_valued("value", name="wanted")
        statement = select(other, key).select_from(names).join(key.class_, key == names.c.value)
        ids = json.dumps(list(wanted))
    # On the connection itself: the session would fetch every row before it hands on the first.
    options = {"stream_results": True, "max_row_buffer": 500}
    result = session.connection().execute(statement, {"ids": ids}, execution_options=options)
    try:
        for row in result:
            yield row[0], row[1]
    finally:
        result.close()


def contracts_among(
    session: Session, seqs: Collection[int], bundles: Collection[int], *, current: bool = False
) -> dict[int, int]:
    """Of these contracts those that have one of ``bundles``, with the oldest of those; ``current``: in their newest version."""
    statement = select(PostingRow.seq, func.min(PostingRow.bundle_id)).group_by(PostingRow.seq)
    if current:
        statement = statement.join(IndexedContractRow, IndexedContractRow.seq == PostingRow.seq).where(
            PostingRow.last == IndexedContractRow.ordinal
        )
    if is_postgresql(session):
        either = (
            PostingRow.seq == func.any(bindparam("seqs", type_=ARRAY(BigInteger))),
            PostingRow.bundle_id == func.any(bindparam("bundles", type_=ARRAY(BigInteger))),
        )
        values: dict[str, Any] = {"seqs": list(seqs), "bundles": list(bundles)}
    else:
        # The plus keeps SQLite to the index by contract: a fat bundle has many more rows than a contract has bundles.
        names = [select(func.json_each(bindparam(n)).table_valued("value").c.value) for n in ("seqs", "bundles")]
        either = (PostingRow.seq.in_(names[0]), (PostingRow.bundle_id + 0).in_(names[1]))
        values = {"seqs": json.dumps(list(seqs)), "bundles": json.dumps(list(bundles))}
    return {seq: bundle for seq, bundle in session.execute(statement.where(*either), values)}  # noqa: C416


def passages_among(session: Session, seqs: Collection[int]) -> Iterator[tuple[int, int, int, str]]:
    """Every passage of a few contracts: contract, bundle, passage, text."""
    statement = (
        select(PostingRow.seq, PostingRow.bundle_id, PassageRow.id, PassageRow.text)
        .join(BundlePassageRow, BundlePassageRow.bundle_id == PostingRow.bundle_id)
        .join(PassageRow, PassageRow.id == BundlePassageRow.passage_id)
        .where(PostingRow.seq.in_(seqs))
    )
    return iter(session.execute(statement))


def fattest(session: Session, bundles: Collection[int], most: int) -> tuple[int, int]:
    """The bundle that most contracts have, and how many; counting stops at ``most``."""
    few = select(literal(1)).select_from(PostingRow).where(PostingRow.bundle_id == BundleRow.id).limit(most)
    size = select(func.count()).select_from(few.correlate(BundleRow).subquery()).correlate(BundleRow).scalar_subquery()
    rows = session.execute(select(BundleRow.id, size).where(BundleRow.id.in_(bundles))).all()
    return max(((r[0], r[1]) for r in rows), key=lambda r: r[1], default=(0, 0))


def count_with(session: Session, bundle_id: int, conditions: Sequence[ColumnElement[bool]], most: int) -> int:
    """How many contracts that ``conditions`` hold for have a bundle; counting stops at ``most``."""
    known = exists().where(ContractRow.id == IndexedContractRow.contract_id, *conditions)
    rows = (
        select(literal(1))
        .select_from(PostingRow)
        .join(IndexedContractRow, IndexedContractRow.seq == PostingRow.seq)
        .where(PostingRow.bundle_id == bundle_id, known)
        .limit(most)
    )
    return session.scalar(select(func.count()).select_from(rows.subquery())) or 0


def contracts_where(session: Session, conditions: Sequence[ColumnElement[bool]]) -> dict[int, str]:
    """Contracts of the index that ``conditions`` hold for, id by ``seq``; to be asked where they are few."""
    statement = select(IndexedContractRow.seq, IndexedContractRow.contract_id)
    rows = session.execute(statement.join(ContractRow, ContractRow.id == IndexedContractRow.contract_id).where(*conditions))
    return {seq: contract_id for seq, contract_id in rows}  # noqa: C416  (typed)


def seqs_of(session: Session, contracts: Collection[str]) -> dict[int, str]:
    """Contracts by the number that stands for them in the index."""
    statement = select(IndexedContractRow.seq, IndexedContractRow.contract_id).where(
        IndexedContractRow.contract_id.in_(contracts)
    )
    return {seq: contract_id for seq, contract_id in session.execute(statement)}  # noqa: C416  (typed)


def admitted(session: Session, seqs: Collection[int], conditions: Sequence[ColumnElement[bool]]) -> dict[int, str]:
    """Of these contracts those that ``conditions`` on ``ContractRow`` hold for: id by ``seq``."""
    # The conditions hide in a sub-select, so that no index of theirs tempts the planner to begin there.
    known = exists().where(ContractRow.id == IndexedContractRow.contract_id, *conditions)
    rows = session.execute(
        select(IndexedContractRow.seq, IndexedContractRow.contract_id).where(IndexedContractRow.seq.in_(seqs), known)
    )
    return {seq: contract_id for seq, contract_id in rows}  # noqa: C416  (typed)


def hits_of(session: Session, sighted: Collection[Sighting]) -> list[StoredHit]:
    """Where the sighted passages stand."""
    pairs = [(s.bundle_id, s.passage_id) for s in sighted]
    seqs = {s.contract_id for s in sighted}
    statement = _hits().where(
        tuple_(BundlePassageRow.bundle_id, BundlePassageRow.passage_id).in_(pairs), IndexedContractRow.contract_id.in_(seqs)
    )
    known = {(s.contract_id, s.bundle_id, s.passage_id) for s in sighted}
    rows = session.execute(statement.add_columns(PostingRow.bundle_id))
    return [StoredHit(*row[:-1]) for row in rows if (row[0], row[-1], row[1]) in known]


def passages_of(session: Session, contract_id: str) -> list[StoredHit]:
    """Every passage of a contract, as it stands in the index."""
    statement = _hits().where(IndexedContractRow.contract_id == contract_id)
    return [StoredHit(*row) for row in session.execute(statement.order_by(PostingRow.bundle_id, BundlePassageRow.place))]


def _hits() -> Select[*tuple[Any, ...]]:
    statement: Select[*tuple[Any, ...]] = (
        select(
            IndexedContractRow.contract_id,
            BundlePassageRow.passage_id,
            BundlePassageRow.kind,
            BundlePassageRow.number,
            BundlePassageRow.anchor,
            PostingRow.first,
            PostingRow.last,
            IndexedContractRow.ordinal,
            PassageRow.text,
        )
        .join(PostingRow, PostingRow.seq == IndexedContractRow.seq)
        .join(BundlePassageRow, BundlePassageRow.bundle_id == PostingRow.bundle_id)
        .join(PassageRow, PassageRow.id == BundlePassageRow.passage_id)
    )
    return statement
