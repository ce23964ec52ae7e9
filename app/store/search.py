"""The index of the register's search: every passage once by its content, and from contracts to passages by way of bundles.

A contract has a thousand passages, nearly all of them word for word those of other contracts. So passages that come together are
kept as a bundle once, and a contract points to some fifty bundles. Nothing here is ever taken away but the head of a contract.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, Text, bindparam, delete, func, insert, select, text, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.domain.passages import Passage, PassageKind
from app.domain.searching import fold, grams
from app.store.base import Base, Instant

GRAMS = "search_grams"
"""The inverted index itself: an FTS5 table on SQLite, a ``tsvector`` with GIN on PostgreSQL; made by the migration."""
PARTY_MARK = "zparty"
"""Stands beside the grams of a party's name, so that names can be looked for alone."""
BUCKET = 12
LEVELS = (0, 2, 4, 6, 8, 10)
"""On PostgreSQL a passage also carries the number of its bucket of 4,096 · 2^level passages, so that the newest come first."""
ASKED_AT_ONCE = 500

Identity = BigInteger().with_variant(Integer, "sqlite")


class PassageRow(Base):
    """One text, once. ``id`` grows with time."""

    __tablename__ = "search_passages"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)
    text: Mapped[str] = mapped_column(Text)


class BundleRow(Base):
    """Passages with their places that some contracts have together; ``hash`` is over both."""

    __tablename__ = "search_bundles"

    id: Mapped[int] = mapped_column(Identity, primary_key=True)
    hash: Mapped[str] = mapped_column(String(64), unique=True)


class BundlePassageRow(Base):
    """A passage of a bundle and where it stands (``domain.passages.Passage``)."""

    __tablename__ = "search_bundle_passages"

    bundle_id: Mapped[int] = mapped_column(Identity, ForeignKey("search_bundles.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    passage_id: Mapped[int] = mapped_column(Identity, ForeignKey("search_passages.id"))
    kind: Mapped[str] = mapped_column(String(1))
    number: Mapped[str] = mapped_column(String(80))
    anchor: Mapped[str] = mapped_column(String(80))

    __table_args__ = (Index("ix_search_bundle_passages_passage_id", "passage_id", "bundle_id"), {"sqlite_with_rowid": False})


class IndexedContractRow(Base):
    """How far a contract is indexed: ``ordinal`` of its last version in the index (0: none), ``head`` the bundle of its head.

    ``seq`` stands for the contract in the index; it grows with time. ``seen_at`` is the contract's last change that was looked at.
    """

    __tablename__ = "search_contracts"

    seq: Mapped[int] = mapped_column(Identity, primary_key=True)
    contract_id: Mapped[str] = mapped_column(ForeignKey("contracts.id"), unique=True)
    ordinal: Mapped[int] = mapped_column(Integer, default=0)
    head: Mapped[int | None] = mapped_column(Identity, ForeignKey("search_bundles.id"))
    seen_at: Mapped[datetime] = mapped_column(Instant)


class PostingRow(Base):
    """A contract has a bundle, from version ``first`` to version ``last``; 0 for what stands in no version (head, files)."""

    __tablename__ = "search_postings"

    bundle_id: Mapped[int] = mapped_column(Identity, ForeignKey("search_bundles.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(Identity, ForeignKey("search_contracts.seq"), primary_key=True)
    first: Mapped[int] = mapped_column(Integer)
    last: Mapped[int] = mapped_column(Integer)

    __table_args__ = (Index("ix_search_postings_seq", "seq", "last", "bundle_id"), {"sqlite_with_rowid": False})


class IndexedDocumentRow(Base):
    """A file whose pages are in the index, or why they are not."""

    __tablename__ = "search_documents"

    document_id: Mapped[str] = mapped_column(ForeignKey("documents.id"), primary_key=True)
    pages: Mapped[int] = mapped_column(Integer)
    problem: Mapped[str] = mapped_column(Text, default="")


@lru_cache(maxsize=1 << 16)
def token(gram: str) -> str:
    """A gram in letters that no tokenizer takes apart: five hexadecimal digits a character."""
    return "".join(f"{ord(c):05x}" for c in gram)


def bucket(passage_id: int, level: int) -> str:
    return f"z{level}y{passage_id >> (BUCKET + level)}"


def is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


# ---- writing


def indexed_contract(session: Session, contract_id: str) -> IndexedContractRow | None:
    return session.scalars(select(IndexedContractRow).where(IndexedContractRow.contract_id == contract_id)).one_or_none()


def known_passages(session: Session, hashes: Collection[str]) -> dict[str, int]:
    """The ids of passages that are in the index already, by hash."""
    found: dict[str, int] = {}
    for part in _parts(sorted(hashes)):
        found.update((h, i) for h, i in session.execute(select(PassageRow.hash, PassageRow.id).where(PassageRow.hash.in_(part))))
    return found


def add_passages(session: Session, wanted: Iterable[Passage]) -> dict[str, int]:
    """Put passages that aren't there yet into the index; returns the ids by hash of all of them."""
    # Sorted, so that two transactions that add the same passages wait for each other in the same order.
    distinct = {p.hash: p for p in wanted}
    by_hash = {h: distinct[h] for h in sorted(distinct)}
    values = [{"hash": h, "text": p.text} for h, p in by_hash.items()]
    made = {h: i for i, h in _insert_missing(session, PassageRow, values)}
    _write_grams(session, {made[h]: p for h, p in by_hash.items() if h in made})
    return made | known_passages(session, by_hash.keys() - made.keys())


Placed = Sequence[tuple[int, Passage]]
"""Passages in their order, each with its id."""


def add_bundles(session: Session, groups: Sequence[Placed]) -> list[int]:
    """The bundles of these passages in their places, made where they aren't there yet; ids in the order of ``groups``."""
    digests = [_digest(group) for group in groups]
    known = _known_bundles(session, digests)
    missing = {d: g for d, g in zip(digests, groups, strict=True) if d not in known}
    made = {h: i for i, h in _insert_missing(session, BundleRow, [{"hash": d} for d in sorted(missing)])}
    rows = [
        {
            "bundle_id": bundle_id,
            "place": n,
            "passage_id": i,
            "kind": p.kind.value,
            "number": p.number[:80],
            "anchor": p.anchor[:80],
        }
        for digest, bundle_id in made.items()
        for n, (i, p) in enumerate(missing[digest])
    ]
    if rows:
        session.execute(insert(BundlePassageRow), rows)
    known |= made | _known_bundles(session, missing.keys() - made.keys())
    return [known[d] for d in digests]


def _digest(group: Placed) -> str:
    lines = "\n".join(f"{i}\t{p.kind.value}\t{p.number}\t{p.anchor}" for i, p in group)
    return hashlib.sha256(lines.encode("utf-8", "surrogatepass")).hexdigest()


def _known_bundles(session: Session, digests: Collection[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for part in _parts(sorted(digests)):
        found.update((h, i) for h, i in session.execute(select(BundleRow.hash, BundleRow.id).where(BundleRow.hash.in_(part))))
    return found


def bundles_at(session: Session, seq: int, ordinal: int) -> dict[int, list[tuple[int, str, str]]]:
    """The bundles that a contract has at a version: passage, number and anchor of each place."""
    statement = (
        select(PostingRow.bundle_id, BundlePassageRow.passage_id, BundlePassageRow.number, BundlePassageRow.anchor)
        .join(BundlePassageRow, BundlePassageRow.bundle_id == PostingRow.bundle_id)
        .where(PostingRow.seq == seq, PostingRow.last == ordinal)
        .order_by(PostingRow.bundle_id, BundlePassageRow.place)
    )
    found: dict[int, list[tuple[int, str, str]]] = {}
    for bundle_id, passage_id, number, anchor in session.execute(statement):
        found.setdefault(bundle_id, []).append((passage_id, number, anchor))
    return found


def post(session: Session, seq: int, bundles: Iterable[int], ordinal: int) -> None:
    """Say that a contract has these bundles at version ``ordinal``."""
    values = [{"bundle_id": b, "seq": seq, "first": ordinal, "last": ordinal} for b in sorted(set(bundles))]
    if values:
        statement = _insert(session, PostingRow)
        session.execute(
            statement.on_conflict_do_update(index_elements=["bundle_id", "seq"], set_={"last": statement.excluded.last}), values
        )


def extend(session: Session, seq: int, bundles: Collection[int], ordinal: int) -> None:
    """Say that a contract still has these bundles at version ``ordinal``."""
    for part in _parts(sorted(bundles)):
        session.execute(
            update(PostingRow)
            .where(PostingRow.seq == seq, PostingRow.bundle_id.in_(part))
            .values(last=ordinal)
            .execution_options(synchronize_session=False)
        )


def withdraw(session: Session, seq: int, bundle_id: int) -> None:
    """Take the old head of a contract out of the index."""
    session.execute(delete(PostingRow).where(PostingRow.seq == seq, PostingRow.bundle_id == bundle_id))


def _insert(session: Session, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    return postgresql.insert(table) if is_postgresql(session) else sqlite.insert(table)


def _insert_missing(
    session: Session, table: type[PassageRow] | type[BundleRow], values: Sequence[Mapping[str, str]]
) -> list[tuple[int, str]]:
    """Insert what isn't there; id and hash of those that were made here."""
    if not values:
        return []
    statement = _insert(session, table).on_conflict_do_nothing(index_elements=["hash"]).returning(table.id, table.hash)
    return [(i, h) for i, h in session.execute(statement, list(values))]


def _write_grams(session: Session, made: Mapping[int, Passage]) -> None:
    if not made:
        return
    rows = []
    for passage_id, passage in made.items():
        tokens = [token(g) for g in grams(fold(passage.text))]
        tokens += [PARTY_MARK] if passage.kind is PassageKind.PARTY else []
        rows.append((passage_id, tokens))
    write_grams(session, rows)


def write_grams(session: Session, rows: Iterable[tuple[int, list[str]]]) -> None:
    """Tokens by passage id into the inverted index."""
    if is_postgresql(session):
        # One statement: as many as there are passages would cost ten times what the server does for them.
        pairs = [(i, " ".join([*tokens, *(bucket(i, level) for level in LEVELS)])) for i, tokens in rows]
        statement = text(
            f"INSERT INTO {GRAMS} (id, grams)"  # noqa: S608  (a constant)
            " SELECT id, array_to_tsvector(string_to_array(tokens, ' ')) FROM unnest(:ids, :tokens) AS made (id, tokens)"
        ).bindparams(bindparam("ids", type_=postgresql.ARRAY(BigInteger)), bindparam("tokens", type_=postgresql.ARRAY(Text)))
        session.execute(statement, {"ids": [i for i, _ in pairs], "tokens": [words for _, words in pairs]})
    else:
        statement = text(f"INSERT INTO {GRAMS} (rowid, grams) VALUES (:id, :grams)")  # noqa: S608
        session.execute(statement, [{"id": i, "grams": " ".join(tokens)} for i, tokens in rows])


def _parts(items: Sequence[str] | Sequence[int]) -> Iterable[Sequence[str] | Sequence[int]]:
    return (items[i : i + ASKED_AT_ONCE] for i in range(0, len(items), ASKED_AT_ONCE))


def newest_passage(session: Session) -> int:
    return session.scalar(select(func.max(PassageRow.id))) or 0
