"""Killed at any moment: nothing committed is missing, nothing is half-done, the chain verifies."""

from __future__ import annotations

import json
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import selectinload

from app.domain.audit import Entry
from app.domain.numbering_pattern import missing_numbers
from app.services.auditing import verify_audit
from app.services.filing import read_document
from app.services.versions import read_version_unasked
from app.store import audit
from app.store.approvals import ApprovalRow
from app.store.blobs import BlobStore
from app.store.comments import CommentRow
from app.store.contracts import ContractRow, NumberSeriesRow
from app.store.documents import DocumentRow
from app.store.drafts import DraftRow, entered_names
from app.store.effects import FulfilmentRow, SigningDateRow
from app.store.engine import open_engine
from app.store.organisations import OrganisationRow
from app.store.outbox import OutboxRow
from app.store.seal import AuditSeal
from app.store.uow import UnitOfWork
from app.store.versions import VersionRow
from tests.services.fixtures import LAWYER, PATTERN
from tests.services.killing import Deaths, Nursery, killed_at_every_boundary, nursery_of, seeded_chance
from tests.services.nursery import STEPS
from tests.services.sharing import both_databases

pytestmark = both_databases

FEWEST = 70
"""Boundaries that the steps come to at least; fewer would mean that the hooks no longer see them."""


CAUSES = ("comments:", "approval:", "stage:", "renewed:", "damaged:", "owner:")
"""How the keys of mails begin that the program itself causes."""


nursery = nursery_of("tests.services.nursery")


@dataclass(frozen=True, slots=True)
class Log:
    """The entries of the log, read once for all that is held against them."""

    entries: tuple[Entry, ...]

    def of(self, *actions: str, about: str | None = None) -> list[Entry]:
        return [e for e in self.entries if e.action in actions and about in (None, e.subject)]

    def count(self, action: str, name: str) -> Counter[str]:
        return Counter(json.loads(e.data)[name] for e in self.of(action))


def assert_whole(engine: Engine, folder: Path, said: list[dict[str, Any]], *, texts: bool = True) -> None:
    """Everything that was told done is there; every row has its entry and every entry its row; every text and file reads.

    ``texts`` False spares reading every version again.
    """
    blobs, seal = BlobStore(folder / "blobs"), AuditSeal(folder / "audit")
    with UnitOfWork(engine) as uow:
        report = verify_audit(uow, seal.verifier(), seal)
        assert report.verdict.sound, report.verdict.summary
        log = Log(tuple(audit.entries(uow.session)))
        rows = {
            "organisation": (OrganisationRow.id, "organisation.created", "organisation"),
            "contract": (ContractRow.number, "contract.created", "number"),
            "version": (VersionRow.id, "version.saved", "version"),
            "document": (DocumentRow.id, "document.attached", "document"),
            "comment": (CommentRow.id, "comment.added", "comment"),
            "mail": (OutboxRow.key, "test.mailed", "key"),
        }
        for column, action, name in rows.values():
            found = Counter(x for x in uow.session.scalars(select(column)) if not x.startswith(CAUSES))
            assert found == log.count(action, name), action
        told = "".join(uow.session.scalars(select(OutboxRow.text)))
        assert all(text in told for text in uow.session.scalars(select(CommentRow.text))), "a comment of which nobody was told"
        contracts = list(uow.session.scalars(select(ContractRow)))
        rounds = list(uow.session.scalars(select(ApprovalRow).options(selectinload(ApprovalRow.seats))))
        assert_rounds(uow, log, contracts, rounds)
        assert_effects(uow, log, contracts)
        there = {
            "organisation": set(uow.session.scalars(select(OrganisationRow.id))),
            "draft": set(uow.session.scalars(select(DraftRow.id))),
            "contract": {c.id for c in contracts},
            "version": set(uow.session.scalars(select(VersionRow.id))),
            "document": set(uow.session.scalars(select(DocumentRow.id))),
            "comment": set(uow.session.scalars(select(CommentRow.id))),
            "mail": set(uow.session.scalars(select(OutboxRow.key))),
            "submitted": {a.id for a in rounds},
            "consented": {f"{a.id}:{s.function}" for a in rounds for s in a.seats if s.consent_by},
            "returned": {a.id for a in rounds if a.status == "returned"},
            "signed": set(uow.session.scalars(select(SigningDateRow.contract_id))),
            "checked": {f"{e.subject}:{json.loads(e.data)['condition']}" for e in log.of("effect.checked_off")},
            "checkpoint": {p.size for p in audit.checkpoints(uow.session)},
        }
        for line in said:
            for kind, value in line.items():
                assert kind not in there or value in there[kind], line
        sequences = [PATTERN.read(c.number).sequence for c in contracts]  # type: ignore[union-attr]
        assert missing_numbers(sequences) == ()
        assert sum(uow.session.scalars(select(NumberSeriesRow.last))) == len(contracts)
        printed = entered_names(uow.session, ("contract.no",))
        assert {c.number for c in contracts} == {printed[c.draft_id or ""]["contract.no"] for c in contracts}
        for version_id in there["version"] if texts else ():
            read_version_unasked(uow, version_id)
        for document in uow.session.scalars(select(DocumentRow)):
            read_document(uow, LAWYER, blobs, document.contract_id, document.id)
    for name in blobs.names():
        blobs.get(name)


def assert_rounds(uow: UnitOfWork, log: Log, contracts: list[ContractRow], rounds: list[ApprovalRow]) -> None:
    """A stage, its round, their entries and the mails they cause are there together or not at all."""
    assert Counter(a.id for a in rounds) == log.count("approval.submitted", "approval")
    seats = Counter(f"{a.id}:{s.function}" for a in rounds for s in a.seats if s.consent_by)
    told = (json.loads(e.data) for e in log.of("approval.consented"))
    assert seats == Counter(f"{d['approval']}:{d['function']}" for d in told)
    asked = {key.split(":")[1] for key in uow.session.scalars(select(OutboxRow.key)) if key.startswith("approval:")}
    assert {a.id for a in rounds} <= asked, "a submission of which no approver was told"
    signed = set(uow.session.scalars(select(SigningDateRow.contract_id)))
    for contract in contracts:
        if contract.id in signed:
            continue  # recorded as signed, without a round
        mine = sorted((a for a in rounds if a.contract_id == contract.id), key=lambda a: a.ordinal)
        assert [a.ordinal for a in mine] == list(range(1, len(mine) + 1))
        open_ones = {"open": "in_review", "approved": "approved"}
        assert contract.stage == (open_ones.get(mine[-1].status, "draft") if mine else "draft")
        assert all(a.status not in open_ones for a in mine[:-1])
        moved = log.of("contract.moved", about=contract.id)
        assert contract.stage == (json.loads(moved[-1].data)["after"][0] if moved else "draft")


def assert_effects(uow: UnitOfWork, log: Log, contracts: list[ContractRow]) -> None:
    """Signing dates, conditions, stages, the people of a contract and master data are as the log says, and each move is told."""
    signed = set(uow.session.scalars(select(SigningDateRow.contract_id)))
    assert signed == {e.subject for e in log.of("contract.signed")}
    checked: Counter[tuple[str, str]] = Counter()
    for entry in log.of("effect.checked_off", "effect.undone"):
        checked[entry.subject, json.loads(entry.data)["condition"]] += 1 if entry.action == "effect.checked_off" else -1
    assert {k for k, n in checked.items() if n} == {
        (r.contract_id, r.condition) for r in uow.session.scalars(select(FulfilmentRow))
    }
    assert set(checked.values()) <= {0, 1}
    keys = set(uow.session.scalars(select(OutboxRow.key)))
    for contract in contracts:
        moved = [(e.actor, json.loads(e.data)) for e in log.of("contract.moved", about=contract.id)]
        assert contract.stage == (moved[-1][1]["after"][0] if moved else "draft")
        assert (contract.took_effect_on is not None) == any(m["event"] == "took_effect" for _, m in moved)
        told = [f"stage:{contract.id}:{m['event']}:{m['due']}:{LAWYER.id}" for who, m in moved if who == "clock" and "due" in m]
        assert set(told) <= keys, "a move of which the owner was not told"
        closed = [json.loads(e.data) for e in log.of("contract.confidentiality", about=contract.id)]
        assert contract.confidential == (closed[-1]["confidential"] if closed else False)
        assert sorted(r.user_id for r in contract.readers) == (closed[-1]["after"] if closed else [])
    for row in uow.session.scalars(select(OrganisationRow)):
        changes = [json.loads(e.data)["after"] for e in log.of("organisation.changed", about=row.id)]
        assert row.note == (changes[-1]["note"] if changes else "")


def test_a_process_killed_at_any_commit_boundary_loses_nothing_and_leaves_nothing_half_done(
    nursery: Nursery, database: str, tmp_path: Path
) -> None:
    engine = open_engine(database)
    deaths = killed_at_every_boundary(
        nursery, database, tmp_path, STEPS, lambda d: assert_whole(engine, tmp_path, d.said, texts=False)
    )
    assert_whole(engine, tmp_path, deaths.said)
    with UnitOfWork(engine) as uow:
        assert {"returned", "approved"} <= set(uow.session.scalars(select(ApprovalRow.status)))
        log = Log(tuple(audit.entries(uow.session)))
        assert {"took_effect", "window_opened"} <= {json.loads(e.data)["event"] for e in log.of("contract.moved")}
    engine.dispose()
    assert deaths.count >= FEWEST
    kinds = {kind for line in deaths.said for kind in line}
    assert kinds >= {"draft", "contract", "version", "document", "comment", "mail", "submitted", "consented", "checked"}


@pytest.mark.soak
def test_a_process_killed_at_seeded_moments_loses_nothing_and_leaves_nothing_half_done(
    nursery: Nursery, database: str, tmp_path: Path
) -> None:
    chance, deaths = seeded_chance(), Deaths(nursery, database, tmp_path)
    began = time.monotonic()
    assert not deaths.run(STEPS)
    whole = time.monotonic() - began
    engine = open_engine(database)
    for turn in range(200):
        order, began = tuple(chance.sample(STEPS, len(STEPS))), time.monotonic()
        if not deaths.run(order, seconds=chance.uniform(0, whole)):
            # The first run was slow to start: moments behind the end of the work kill nothing.
            whole = min(whole, time.monotonic() - began)
        if turn % 5 == 0:
            assert_whole(engine, tmp_path, deaths.said)
    assert_whole(engine, tmp_path, deaths.said)
    engine.dispose()
    assert deaths.count > 100
