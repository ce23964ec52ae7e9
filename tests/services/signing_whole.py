"""What must hold of a signing whenever a process that worked on it was killed: rows, log, mails, files and seals together or not at all."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from app.services.auditing import verify_audit
from app.services.filing import DocumentKind
from app.store import audit
from app.store.blobs import BlobStore
from app.store.contracts import ContractRow
from app.store.documents import DocumentRow
from app.store.outbox import OutboxRow
from app.store.seal import AuditSeal
from app.store.seals import SealApplicationRow, SealUseRow
from app.store.signings import CertificateRow, SigningEventRow, SigningRow
from app.store.uow import UnitOfWork
from signatures.revisions import open_writer, signature_fields

Said = list[dict[str, Any]]
Entries = list[tuple[str, dict[str, Any]]]


def assert_whole(engine: Engine, folder: Path, said: Said) -> bool:
    """Whether everything is done; raises where anything is there by half. ``said``: what the children were told by the services."""
    seal, blobs = AuditSeal(folder / "audit"), BlobStore(folder / "blobs")
    for name in blobs.names():
        blobs.get(name)  # raises where it is not what its name says
    with UnitOfWork(engine) as uow:
        report = verify_audit(uow, seal.verifier(), seal)
        assert report.verdict.sound, report.verdict.summary
        session = uow.session
        entries: Entries = [(e.action, json.loads(e.data)) for e in audit.entries(session)]
        rows = list(session.scalars(select(SigningRow)))
        contract = session.scalars(select(ContractRow)).one()
        assert [r.id for r in rows] == [d["signing"] for a, d in entries if a == "signing.started"]
        assert [r.id for r in rows] in ([], told(said, "started") or [r.id for r in rows])
        if not rows:
            assert contract.stage == "approved"
            assert not told(said, "started")
            assert list(session.scalars(select(SigningEventRow))) == []
            return False
        (row,) = rows
        events = list(session.scalars(select(SigningEventRow)))
        _assert_asked(session, row, entries, events)
        _assert_agreed(row, events, said)
        _assert_signed(session, blobs, row, entries, events, said)
        _assert_sealed(session, row, entries)
        _assert_finished(session, blobs, row, contract, entries, said)
        return any(a == "evidence.made" for a, _ in entries)


def told(said: Said, what: str) -> list[Any]:
    return [line[what] for line in said if what in line]


def _assert_asked(session: Session, row: SigningRow, entries: Entries, events: list[SigningEventRow]) -> None:
    """Everybody whose turn has come got one link, and nobody else; every code that was made was mailed."""
    keys = [str(k) for k in session.scalars(select(OutboxRow.key))]
    links = Counter(k.split(":")[2] for k in keys if ":link:" in k)
    early = {p.id for p in row.places if p.stage == 1}
    turn = early if any(p.signed_at is None for p in row.places if p.stage == 1) else {p.id for p in row.places}
    assert links == Counter(turn)
    assert Counter(e.place_id for e in events if e.kind == "invited") == links
    assert Counter(d["place"] for a, d in entries if a == "signing.invited") == links
    codes = Counter(k.split(":")[2] for k in keys if ":code:" in k)
    assert codes == Counter(e.place_id for e in events if e.kind == "code_sent")


def _assert_agreed(row: SigningRow, events: list[SigningEventRow], said: Said) -> None:
    agreed = [e for e in events if e.kind == "consented"]
    assert Counter(e.place_id for e in agreed) == Counter(p.id for p in row.places if p.consented_at is not None)
    for event in agreed:
        data = json.loads(event.data)
        assert hashlib.sha256(data["text"].encode()).hexdigest() == data["sha256"]
    by_address = {p.email: p for p in row.places}
    assert all(by_address[address].consented_at is not None for address in told(said, "consented"))
    for place in row.places:
        read = [json.loads(e.data)["pages"] for e in events if e.kind == "read" and e.place_id == place.id]
        assert read == ([place.read_pages] if place.read_pages else [])
        assert place.consented_at is None or place.read_pages == row.pages


def _assert_signed(
    session: Session, blobs: BlobStore, row: SigningRow, entries: Entries, events: list[SigningEventRow], said: Said
) -> None:
    """The file holds the signatures that the record tells of, each made once with a certificate of its own."""
    signed = {p.id for p in row.places if p.signed_at is not None}
    assert Counter(d["place"] for a, d in entries if a == "signing.signed") == Counter(signed)
    assert Counter(e.place_id for e in events if e.kind == "signed") == Counter(signed)
    inside = {name for name, done in signature_fields(open_writer(blobs.get(row.file))).items() if done}
    assert inside == signed | {"system"}
    serials = {c.serial for c in session.scalars(select(CertificateRow))}
    assert serials == {row.system} | {p.serial for p in row.places if p.signed_at is not None}
    assert len(serials) == 1 + len(signed)
    assert (row.status == "complete") == (len(signed) == len(row.places))
    addresses = told(said, "signed")
    assert len(addresses) == len(set(addresses))
    assert set(addresses) <= {p.email for p in row.places if p.id in signed}


def _assert_sealed(session: Session, row: SigningRow, entries: Entries) -> None:
    """The log of the seal tells of one use for each sealing signature, and of no other."""
    uses, (application,) = list(session.scalars(select(SealUseRow))), list(session.scalars(select(SealApplicationRow)))
    sealed = {f"{row.id}:{p.id}": p.serial for p in row.places if p.mark == "seal" and p.signed_at is not None}
    assert {u.place: u.serial for u in uses} == sealed
    assert len(uses) == len(sealed) == len([a for a, _ in entries if a == "seal.used"])
    assert application.state == ("used" if sealed else "released")


def _assert_finished(
    session: Session, blobs: BlobStore, row: SigningRow, contract: ContractRow, entries: Entries, said: Said
) -> None:
    documents = list(session.scalars(select(DocumentRow)))
    finals = [d.sha256 for d in documents if d.kind == DocumentKind.SIGNED.value]
    packages = [d for d in documents if d.kind == DocumentKind.EVIDENCE.value]
    copies = [k for k in session.scalars(select(OutboxRow.key)) if k.endswith(":copy")]
    archived = [d["final"] for a, d in entries if a == "signing.archived"]
    if row.final:
        assert contract.stage in ("signed", "active")
        assert len(finals) == 2
        assert len(copies) == len(row.places)
        assert row.final in finals
        assert archived == [row.final]
        blobs.get(row.final)
    else:
        assert contract.stage == "signing"
        assert finals == copies == archived == packages == []
        assert not told(said, "finished")
    assert [d["document"] for a, d in entries if a == "evidence.made"] == [d.id for d in packages]
    assert len(packages) <= 1
    assert set(told(said, "evidence")) <= {d.id for d in packages}
    for package in packages:
        with zipfile.ZipFile(io.BytesIO(blobs.get(package.sha256))) as archive:
            assert archive.testzip() is None
            assert archive.read("signed.pdf") == blobs.get(row.final)
