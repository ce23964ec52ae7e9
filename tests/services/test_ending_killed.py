"""Killed at any commit boundary of renewing and ending: every term once, every end with its exit, nothing half done."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from app.domain.exit_plan import TaskKey
from app.services.auditing import verify_audit
from app.services.term_state import load_term_state
from app.store import audit
from app.store.contracts import ContractRow
from app.store.deliveries import DeliveryRow
from app.store.endings import EndingRow, ExitRow, ExitTaskRow
from app.store.engine import open_engine
from app.store.instruments import InstrumentRow
from app.store.outbox import OutboxRow
from app.store.seal import AuditSeal
from app.store.terms import RenewalDecisionRow, TermRow
from app.store.uow import UnitOfWork
from tests.services.ending_nursery import STEPS, prepare
from tests.services.killing import Deaths, Nursery, killed_at_every_boundary, nursery_of, seeded_chance
from tests.services.living import OFFICIAL
from tests.services.sharing import both_databases

pytestmark = both_databases

FEWEST = 20
"""Boundaries that the steps come to at least; fewer would mean that the hooks no longer see them."""


nursery = nursery_of("tests.services.ending_nursery")


def assert_whole(engine: Engine, folder: Path, said: list[dict[str, Any]]) -> None:
    """Everything that was told done is there; rows, entries, stages and mails are there together or not at all."""
    seal = AuditSeal(folder / "audit")
    with UnitOfWork(engine) as uow:
        report = verify_audit(uow, seal.verifier(), seal)
        assert report.verdict.sound, report.verdict.summary
        entries = [(e.action, e.subject, json.loads(e.data)) for e in audit.entries(uow.session)]

        def logged(action: str, name: str) -> Counter[str]:
            return Counter(str(data[name]) for found, _, data in entries if found == action)

        session = uow.session
        assert Counter(session.scalars(select(InstrumentRow.number))) == logged("paper.drafted", "number")
        assert Counter(session.scalars(select(DeliveryRow.id))) == logged("paper.sent", "delivery")
        arrived = Counter(session.scalars(select(DeliveryRow.id).where(DeliveryRow.arrived_on.is_not(None))))
        assert arrived == logged("paper.arrived", "delivery")
        assert Counter(session.scalars(select(EndingRow.id))) == logged("ending.opened", "ending")
        ended = Counter(session.scalars(select(EndingRow.id).where(EndingRow.state == "ended")))
        assert ended == logged("ending.ended", "ending")
        assert Counter(session.scalars(select(ExitRow.ending_id).where(ExitRow.ending_id.is_not(None)))) == ended
        done = Counter(f"{t.exit_id}:{t.key}" for t in session.scalars(select(ExitTaskRow)) if t.done_on)
        assert done == Counter(f"{d['exit']}:{d['task']}" for a, _, d in entries if a == "exit.task_done")
        assert len(list(session.scalars(select(RenewalDecisionRow)))) == sum(logged("renewal.decided", "choice").values())
        mails = Counter(k for k in session.scalars(select(OutboxRow.key)) if k.startswith("renewed:"))
        for contract in session.scalars(select(ContractRow)):
            _assert_contract(uow, contract, entries, mails)
        there = {
            "paper": set(session.scalars(select(InstrumentRow.number))),
            "term": {f"{t.contract_id}:{t.number}" for t in session.scalars(select(TermRow))},
            "case": set(session.scalars(select(EndingRow.id))),
            "delivery": set(session.scalars(select(DeliveryRow.id))),
            "arrived": set(arrived),
            "task": set(done),
        }
        for line in said:
            for kind, value in line.items():
                assert kind not in there or value in there[kind], line


def _assert_contract(
    uow: UnitOfWork, contract: ContractRow, entries: list[tuple[str, str, dict[str, Any]]], mails: Counter[str]
) -> None:
    rows = list(uow.session.scalars(select(TermRow).where(TermRow.contract_id == contract.id).order_by(TermRow.number)))
    mine = [(action, data) for action, subject, data in entries if subject == contract.id]
    assert [r.number for r in rows] == [d["number"] for a, d in mine if a == "term.renewed"]
    state = load_term_state(uow, contract, OFFICIAL)  # refuses a gap or an overlap
    assert contract.last_day == state.chain.current.last_day
    moved = [d for a, d in mine if a == "contract.moved"]
    assert contract.stage == moved[-1]["after"][0]
    automatic = [r for r in rows if r.origin == "automatic"]
    assert sum(n for k, n in mails.items() if k.split(":")[1] == contract.id) == len(automatic)
    assert sum(d["event"] in ("renewed_automatically", "renewed_by_agreement") for d in moved) == len(rows)
    assert (contract.stage == "terminated") == any(d["event"] == "rescinded" for d in moved)
    objected = [e for e in uow.session.scalars(select(EndingRow).where(EndingRow.contract_id == contract.id)) if e.objected_on]
    assert contract.disputed == any(not e.objection_outcome for e in objected)


def test_a_process_killed_at_any_commit_boundary_of_renewing_and_ending_leaves_nothing_half_done(
    nursery: Nursery, database: str, tmp_path: Path
) -> None:
    prepare(database, tmp_path)
    engine = open_engine(database)
    deaths = killed_at_every_boundary(nursery, database, tmp_path, STEPS, lambda d: assert_whole(engine, tmp_path, d.said))
    assert_whole(engine, tmp_path, deaths.said)
    with UnitOfWork(engine) as uow:
        renewed, rescinded = uow.session.scalars(select(ContractRow).order_by(ContractRow.number))
        assert (renewed.stage, str(renewed.last_day)) == ("expired", "2030-12-31")
        assert (rescinded.stage, rescinded.disputed) == ("terminated", False)
        assert {t.key for t in uow.session.scalars(select(ExitTaskRow)) if t.done_on} >= {TaskKey.STOP.value}
    engine.dispose()
    assert deaths.refused == []
    assert deaths.count >= FEWEST


@pytest.mark.soak
def test_a_process_killed_at_seeded_moments_of_renewing_and_ending_leaves_nothing_half_done(
    nursery: Nursery, database: str, tmp_path: Path
) -> None:
    chance = seeded_chance()
    prepare(database, tmp_path)
    engine, deaths = open_engine(database), Deaths(nursery, database, tmp_path)
    for turn in range(200):
        deaths.run(STEPS, seconds=chance.uniform(0.01, 2.0))
        if turn % 5 == 0:
            assert_whole(engine, tmp_path, deaths.said)
    assert not deaths.run(STEPS)
    assert_whole(engine, tmp_path, deaths.said)
    engine.dispose()
    assert deaths.count > 3
