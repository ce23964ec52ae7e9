"""Killed at any boundary of signing and finishing: never a lost or doubled signature, never a half-written file."""

from __future__ import annotations

import json
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from app.services.auditing import verify_audit
from app.store import audit
from app.store.blobs import BlobStore
from app.store.contracts import ContractRow
from app.store.documents import DocumentRow
from app.store.engine import open_engine
from app.store.outbox import OutboxRow
from app.store.seal import AuditSeal
from app.store.signings import CertificateRow, SigningEventRow, SigningRow
from app.store.uow import UnitOfWork
from signatures.revisions import open_writer, signature_fields
from tests.services.signing_nursery import STEPS, prepare
from tests.services.test_killed import KILLED, Nursery

FEWEST = 12
"""Boundaries that the steps come to at least; fewer would mean that the hooks no longer see them."""
MOMENTS = 200


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    running = Nursery("tests.services.signing_nursery")
    yield running
    running.close()


def assert_whole(engine: Engine, folder: Path, said: list[dict[str, Any]]) -> SigningRow:
    """Rows, entries, certificates, the file's own signatures and mails are there together or not at all."""
    seal, blobs = AuditSeal(folder / "audit"), BlobStore(folder / "blobs")
    for name in blobs.names():
        blobs.get(name)  # raises where it is not what its name says
    with UnitOfWork(engine) as uow:
        report = verify_audit(uow, seal.verifier(), seal)
        assert report.verdict.sound, report.verdict.summary
        session = uow.session
        entries = [(e.action, json.loads(e.data)) for e in audit.entries(session)]
        row = session.scalars(select(SigningRow)).one()
        signed = {p.id for p in row.places if p.signed_at is not None}
        assert Counter(d["place"] for a, d in entries if a == "signing.signed") == Counter(signed)
        events = Counter(e.place_id for e in session.scalars(select(SigningEventRow)) if e.kind == "signed")
        assert events == Counter(signed)
        inside = {name for name, done in signature_fields(open_writer(blobs.get(row.file))).items() if done}
        assert inside == signed | {"system"}
        serials = {c.serial for c in session.scalars(select(CertificateRow))}
        assert serials == {row.system} | {p.serial for p in row.places if p.signed_at is not None}
        assert len(serials) == 1 + len(signed)
        assert (row.status == "complete") == (len(signed) == len(row.places))
        contract = session.scalars(select(ContractRow)).one()
        documents = [d.sha256 for d in session.scalars(select(DocumentRow))]
        copies = [k for k in session.scalars(select(OutboxRow.key)) if k.endswith(":copy")]
        if row.final:
            assert contract.stage in ("signed", "active")
            assert len(documents) == len(copies) == 2
            assert row.final in documents
            blobs.get(row.final)
        else:
            assert contract.stage == "signing"
            assert documents == copies == []
        told = [line["signed"] for line in said if "signed" in line]
        assert len(told) == len(set(told)) <= len(signed)
        assert not any("finished" in line for line in said) or row.final
        session.expunge_all()
        return row


def test_a_process_killed_at_any_boundary_of_a_signing_leaves_nothing_half_done(
    nursery: Nursery, database: str, tmp_path: Path
) -> None:
    prepare(database, tmp_path)
    said: list[dict[str, Any]] = []
    deaths, engine = 0, open_engine(database)
    for step in STEPS:
        at = 1
        while True:
            told, end = nursery.run(database, tmp_path, (step,), at=at)
            said += told
            if end == 0:
                break
            assert end == KILLED
            deaths, at = deaths + 1, at + 1
            assert_whole(engine, tmp_path, said)
    assert assert_whole(engine, tmp_path, said).final
    engine.dispose()
    assert deaths >= FEWEST


@pytest.mark.soak
def test_killed_at_two_hundred_moments_of_a_signing(nursery: Nursery, sqlite_template: Path, tmp_path: Path) -> None:
    rng = random.Random(20261128)
    begun = tmp_path / "begun"
    begun.mkdir()
    shutil.copy(sqlite_template, begun / "d.sqlite3")
    prepare(f"sqlite:///{begun / 'd.sqlite3'}", begun)
    deaths = 0
    while deaths < MOMENTS:
        folder = tmp_path / "life"
        shutil.copytree(begun, folder)
        url, said = f"sqlite:///{folder / 'd.sqlite3'}", list[dict[str, Any]]()
        engine = open_engine(url)
        while True:
            told, end = nursery.run(url, folder, STEPS, seconds=rng.uniform(0.01, 1.6))
            said += told
            final = assert_whole(engine, folder, said).final
            deaths += end == KILLED
            if final:
                break
        engine.dispose()
        shutil.rmtree(folder)
