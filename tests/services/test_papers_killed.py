"""Killed at any commit boundary of drafting, amending and serving: every amendment works once, every paper with its text and its entry."""

from __future__ import annotations

import json
import shutil
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from app.domain.digest import digest
from app.services.auditing import verify_audit
from app.services.consolidating import terms_as_of
from app.services.filing import read_document
from app.services.paper_freezing import read_frozen
from app.services.versions import read_version_unasked
from app.store import audit
from app.store.amendment_json import read_edits
from app.store.amendments import AmendmentRow
from app.store.blobs import BlobStore
from app.store.contracts import ContractRow
from app.store.deliveries import DeliveryRow
from app.store.documents import DocumentRow
from app.store.engine import open_engine
from app.store.instruments import InstrumentRow
from app.store.seal import AuditSeal
from app.store.uow import UnitOfWork
from app.store.versions import VersionRow
from tests.databases import clone
from tests.services.fixtures import LAWYER
from tests.services.killing import Deaths, Nursery, killed_at_every_boundary, nursery_of, seeded_chance
from tests.services.paper_nursery import EFFECT, REWORDED, STEPS, prepare
from tests.services.sharing import both_databases

pytestmark = both_databases

FEWEST = 30
"""Boundaries that the steps come to at least; fewer would mean that the hooks no longer see them."""
FROZEN = {"frozen", "sent", "arrived", "signed"}


nursery = nursery_of("tests.services.paper_nursery")


def assert_whole(engine: Engine, folder: Path, said: list[dict[str, Any]], *, texts: bool = True) -> None:
    """Everything that was told done is there; papers, texts, amendments and entries are there together or not at all.

    ``texts`` False spares reading every text again.
    """
    seal = AuditSeal(folder / "audit")
    with UnitOfWork(engine) as uow:
        report = verify_audit(uow, seal.verifier(), seal)
        assert report.verdict.sound, report.verdict.summary
        session = uow.session
        entries = [(e.action, json.loads(e.data)) for e in audit.entries(session)]

        def logged(action: str, name: str) -> Counter[str]:
            return Counter(str(data[name]) for found, data in entries if found == action)

        papers, rows = list(session.scalars(select(InstrumentRow))), list(session.scalars(select(AmendmentRow)))
        assert Counter(p.number for p in papers) == logged("paper.drafted", "number")
        assert Counter(p.id for p in papers if p.state == "void") == logged("paper.voided", "paper")
        signed = [r for r in rows if r.sequence is not None]
        assert Counter(r.instrument_id for r in signed) == logged("amendment.signed", "paper")
        assert sorted(r.sequence for r in signed if r.sequence) == list(range(1, len(signed) + 1))
        working = [p for p in papers if p.version_id is not None]
        assert Counter(p.id for p in working) == logged("amendment.took_effect", "paper")
        assert {p.id for p in working} <= {r.instrument_id for r in signed}
        versions = Counter(session.scalars(select(VersionRow.id)))
        assert versions == logged("version.saved", "version")
        assert Counter(session.scalars(select(DeliveryRow.id))) == logged("paper.sent", "delivery")
        there = {
            "paper": {p.id for p in papers},
            "edited": {r.instrument_id for r in rows if read_edits(r.edits)},
            "frozen": {p.id for p in papers if p.state in FROZEN} | {r["paper"] for a, r in entries if a == "paper.frozen"},
            "signed": {r.instrument_id for r in signed},
            "rebased": {r.instrument_id for r in rows if r.basis},
            "document": set(session.scalars(select(DocumentRow.id))),
            "delivery": set(session.scalars(select(DeliveryRow.id))),
            "arrived": {x.id for x in session.scalars(select(DeliveryRow)) if x.arrived_on},
            "dropped": {p.id for p in papers if p.state == "void"},
        }
        for line in said:
            for kind, value in line.items():
                assert kind not in there or value in there[kind], line
        if texts:
            _assert_texts(uow, papers, working, BlobStore(folder / "blobs"))


def _assert_texts(uow: UnitOfWork, papers: list[InstrumentRow], working: list[InstrumentRow], blobs: BlobStore) -> None:
    for paper in papers:
        if paper.state in FROZEN:
            read_frozen(uow, LAWYER, paper.id)
    for paper in working:
        assert paper.version_id is not None
        assert paper.effective_on is not None
        stored = read_version_unasked(uow, paper.version_id)
        if paper is max(working, key=lambda p: p.number):
            now = terms_as_of(uow, LAWYER, paper.contract_id, paper.effective_on).consolidated.standing.instrument
            assert digest(stored.instrument) == digest(now)
    for document in uow.session.scalars(select(DocumentRow)):
        read_document(uow, LAWYER, blobs, document.contract_id, document.id)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)  # both kinds in ``make soak``
def test_a_process_killed_at_any_commit_boundary_of_amending_and_serving_leaves_nothing_half_done(
    nursery: Nursery, database: str, tmp_path: Path
) -> None:
    prepare(database, tmp_path)
    engine = open_engine(database)
    deaths = killed_at_every_boundary(
        nursery, database, tmp_path, STEPS, lambda d: assert_whole(engine, tmp_path, d.said, texts=d.count % 8 == 0)
    )
    assert_whole(engine, tmp_path, deaths.said)
    with UnitOfWork(engine) as uow:
        contract = uow.session.scalars(select(ContractRow)).one()
        standing = terms_as_of(uow, LAWYER, contract.id, EFFECT).consolidated.standing
        assert standing.answers.get("pay.days_after_confirm") == 40
        assert standing.instrument.provision("process.flow.system").text == REWORDED  # type: ignore[union-attr]
        assert [r.sequence for r in uow.session.scalars(select(AmendmentRow).where(AmendmentRow.sequence.is_not(None)))] == [1, 2]
    engine.dispose()
    assert deaths.refused == []
    assert deaths.count >= FEWEST


@pytest.mark.soak
def test_a_process_killed_at_seeded_moments_of_amending_and_serving_leaves_nothing_half_done(
    nursery: Nursery, database: str, tmp_path: Path
) -> None:
    """Each life begins anew, so that every moment falls into the work however quick the machine is."""
    chance = seeded_chance()
    prepare(database, tmp_path)
    whole, deaths = 0.0, 0
    for turn in range(201):
        folder = tmp_path / str(turn)
        folder.mkdir()
        life = Deaths(nursery, clone(database, f"life_{turn}"), folder)
        began = time.monotonic()
        life.run(STEPS, seconds=chance.uniform(0.01, whole) if turn else None)
        whole = whole or time.monotonic() - began
        deaths += life.count
        engine = open_engine(life.url)
        assert_whole(engine, folder, life.said, texts=turn % 5 == 0)
        if turn % 10 == 0:
            assert not life.run(STEPS)
            assert_whole(engine, folder, life.said)
        engine.dispose()
        shutil.rmtree(folder)
    assert deaths > 100
