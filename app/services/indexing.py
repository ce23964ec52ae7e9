"""Keeping the search index: a contract's head and versions in the transaction that changes them, files and whatever is missing by the clock.

The contracts, versions and documents are the truth. The index can be emptied at any time; the clock fills it again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from app.domain.errors import ContractError
from app.domain.passages import Group, Passage, head_of, pages, passages
from app.services.ports import PdfReader
from app.store.blobs import BlobStore
from app.store.contracts import ContractRow, find_contract
from app.store.documents import find_document
from app.store.search import (
    IndexedContractRow,
    IndexedDocumentRow,
    Placed,
    add_bundles,
    add_passages,
    bundles_at,
    extend,
    indexed_contract,
    known_passages,
    post,
    withdraw,
)
from app.store.search_upkeep import documents_to_index, stale_contracts
from app.store.tree_json import read_tree
from app.store.uow import UnitOfWork
from app.store.versions import versions_after

BATCH = 50


@dataclass(frozen=True, slots=True)
class Indexed:
    """What one round did. ``unreadable``: files that gave no text; ``damaged``: contracts whose stored text can't be read."""

    contracts: int = 0
    documents: int = 0
    unreadable: int = 0
    damaged: tuple[str, ...] = ()


def index_contract(uow: UnitOfWork, contract: ContractRow) -> None:
    """Bring a contract's head and versions into the index, inside the caller's transaction; the caller holds its lock and commits."""
    session = uow.session
    session.flush()
    row = indexed_contract(session, contract.id)
    if row is None:
        row = IndexedContractRow(contract_id=contract.id, ordinal=0, seen_at=contract.updated_at)
        session.add(row)
        session.flush()
    _index_head(uow, row, contract)
    for version in versions_after(session, contract.id, row.ordinal):
        _index_version(uow, row, version.ordinal, passages(read_tree(version.tree)))
        row.ordinal = version.ordinal
    row.seen_at = contract.updated_at
    session.flush()


def index_missing(
    units: Callable[[], UnitOfWork], blobs: BlobStore, read_pdf: PdfReader, carry_on: Callable[[], bool] = lambda: True
) -> Indexed:
    """Find contracts and files that the index doesn't know, or not as they are now, and index them, each in its own transaction."""
    contracts = documents = unreadable = 0
    damaged: list[str] = []
    while carry_on():
        with units() as uow:
            stale = stale_contracts(uow.session, BATCH, damaged)
        for contract_id in stale:
            try:
                contracts += _index_contract(units, contract_id)
            except ContractError:
                damaged.append(contract_id)  # one that can't be read must not keep the others waiting
        if len(stale) < BATCH:
            break
    while carry_on():
        with units() as uow:
            waiting = documents_to_index(uow.session, BATCH)
        for document_id in waiting:
            read = _index_document(units, blobs, read_pdf, document_id)
            documents, unreadable = documents + read, unreadable + (not read)
            if not carry_on():
                break
        if len(waiting) < BATCH:
            break
    return Indexed(contracts, documents, unreadable, tuple(damaged))


def index_pages(uow: UnitOfWork, contract: ContractRow, document_id: str, texts: tuple[str, ...], problem: str = "") -> None:
    """Bring the pages of a file into the index, inside the caller's transaction. ``problem``: why there are none."""
    session = uow.session
    session.flush()
    row = indexed_contract(session, contract.id)
    if row is None:
        index_contract(uow, contract)
        row = indexed_contract(session, contract.id)
    assert row is not None
    group = pages(document_id, texts)
    if group:
        ids = add_passages(session, group)
        post(session, row.seq, add_bundles(session, [_placed(group, ids)]), 0)
    session.add(IndexedDocumentRow(document_id=document_id, pages=len(texts), problem=problem))
    session.flush()


def _index_contract(units: Callable[[], UnitOfWork], contract_id: str) -> int:
    with units() as uow:
        contract = find_contract(uow.session, contract_id, lock=True)
        if contract is None:
            return 0
        index_contract(uow, contract)
        uow.commit()
    return 1


def _index_document(units: Callable[[], UnitOfWork], blobs: BlobStore, read_pdf: PdfReader, document_id: str) -> bool:
    with units() as uow:
        document = find_document(uow.session, document_id)
        sha256 = document.sha256 if document else ""
    texts: tuple[str, ...] = ()
    problem = ""
    try:
        texts = read_pdf(blobs.get(sha256))
    except ContractError as error:
        problem = error.message
    with units() as uow:
        document = find_document(uow.session, document_id)
        contract = find_contract(uow.session, document.contract_id, lock=True) if document else None
        if contract is not None and uow.session.get(IndexedDocumentRow, document_id) is None:
            index_pages(uow, contract, document_id, texts, problem)
            uow.commit()
    return not problem


def _index_head(uow: UnitOfWork, row: IndexedContractRow, contract: ContractRow) -> None:
    group = head_of(contract.number, contract.title, tuple((p.role, p.name) for p in contract.parties))
    (bundle,) = add_bundles(uow.session, [_placed(group, add_passages(uow.session, group))])
    if row.head == bundle:
        return
    if row.head is not None:
        withdraw(uow.session, row.seq, row.head)
    post(uow.session, row.seq, [bundle], 0)
    row.head = bundle


def _index_version(uow: UnitOfWork, row: IndexedContractRow, ordinal: int, groups: tuple[Group, ...]) -> None:
    """What stands as it stood is extended; the rest of each section becomes a bundle of what is known and one of what is new."""
    session = uow.session
    wanted = {p.hash: p for group in groups for p in group}
    known = known_passages(session, wanted.keys())
    ids = known | add_passages(session, (p for h, p in wanted.items() if h not in known))
    placed: list[Placed] = [_placed(group, ids) for group in groups]
    kept, rest = keep_bundles(bundles_at(session, row.seq, row.ordinal) if row.ordinal else {}, placed)
    extend(session, row.seq, kept, ordinal)
    post(session, row.seq, add_bundles(session, split(rest, frozenset(known.values()))), ordinal)


Key = tuple[int, str, str]


def keep_bundles(before: dict[int, list[Key]], placed: list[Placed]) -> tuple[list[int], list[Placed]]:
    """The bundles of the version before that stand whole in this one, and what of this one they don't hold."""
    if not before:
        return [], placed
    left = Counter(_key(i, p) for group in placed for i, p in group)
    kept = []
    for bundle_id, keys in before.items():
        needed = Counter(keys)
        if all(left[k] >= n for k, n in needed.items()):
            left -= needed
            kept.append(bundle_id)
    rest = []
    for group in placed:
        part = []
        for i, p in group:
            if left[_key(i, p)] > 0:
                left[_key(i, p)] -= 1
                part.append((i, p))
        rest.append(part)
    return kept, [part for part in rest if part]


def split(groups: list[Placed], known: frozenset[int]) -> list[Placed]:
    """Each group as what other contracts have, too, and what is new: the first part is likely to be met again."""
    parts = [[x for x in group if (x[0] in known) is shared] for group in groups for shared in (True, False)]
    return [part for part in parts if part]


def _placed(group: Group, ids: dict[str, int]) -> list[tuple[int, Passage]]:
    return [(ids[p.hash], p) for p in group]


def _key(passage_id: int, passage: Passage) -> Key:
    return passage_id, passage.number[:80], passage.anchor[:80]
